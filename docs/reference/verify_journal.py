"""Check a Fairlead journal by its documented format (journal-format.md) and nothing of Fairlead's.

    python verify_journal.py JOURNAL

Checksums, numbers, chain and seals, with the standard library alone. What was signed is for
verify_checkpoints.py beside it. Exit code 0: it is what was written. 1: it is not; says where.
"""

import gzip
import hashlib
import struct
import sys
from pathlib import Path

INPUT, OUTPUTS, COMMIT, SEAL, SCHEMA, MARK = 1, 2, 3, 4, 5, 6
HEADER, FRAME = struct.Struct("<8sHHIQ32sI"), struct.Struct("<IIQqB")


def shifted(byte):
    """Return the entry of the CRC32C table for one byte."""
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


TABLE = [shifted(byte) for byte in range(256)]


def crc32c(content):
    """Return the CRC32C."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def record(content, offset):
    """Return kind, sequence, payload and end of the record at offset; None if it is not whole."""
    if offset + FRAME.size > len(content):
        return None
    crc, length, sequence, _time, kind = FRAME.unpack_from(content, offset)
    end = offset + FRAME.size + length
    whole = end <= len(content) and crc32c(content[offset + 4 : end]) == crc
    return (kind, sequence, content[offset + FRAME.size : end], end) if whole else None


def is_torn(content, offset):
    """Return whether no whole commit or seal follows: their payloads have 32 bytes."""
    marks = (at for at in range(offset, len(content)) if content[at + 4 : at + 8] == b" \0\0\0")
    return not any(
        found and found[0] in (COMMIT, SEAL) for at in marks if (found := record(content, at))
    )


def epoch_of(path, content, expected, before):
    """Return the epoch of a segment; exit where it does not begin as expected."""
    magic, version, _flags, epoch, first, chain, crc = HEADER.unpack_from(content)
    if magic != b"FAIRLEAD" or version > 2 or crc != crc32c(content[: HEADER.size - 4]):
        sys.exit(f"{path}: byte 0: not the header of a segment of format 1 or 2")
    if (first, chain) != expected or epoch < before:
        sys.exit(f"{path}: byte 0: does not continue the file before it")
    return epoch


def segments(directory):
    """Yield path and content of each segment, and whether it is the last one."""
    endings = (".journal", ".journal.gz")
    paths = sorted(path for path in Path(directory).iterdir() if path.name.endswith(endings))
    for path in paths:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if path == paths[-1] and len(content) <= HEADER.size:
            return  # a crash while the file was made: nothing was acknowledged in it
        yield path, content, path == paths[-1]


def groups(directory):
    """Yield the bytes, the last input and the chain of each group; exit where one is wrong."""
    chain, last, epoch = bytes(32), 0, 0
    for path, content, is_last in segments(directory):
        epoch = epoch_of(path, content, (last + 1, chain), epoch)
        begin, offset, kind = HEADER.size, HEADER.size, 0
        while offset < len(content):
            found = record(content, offset) if kind != SEAL else None
            if found is None and is_last and kind != SEAL and is_torn(content, offset):
                return  # cut short by a crash, and never acknowledged
            if found is None:
                sys.exit(f"{path}: byte {offset}: damaged, or behind the seal")
            kind, sequence, payload, end = found
            last += kind == INPUT
            if sequence != last and kind not in (SCHEMA, MARK):
                sys.exit(f"{path}: byte {offset}: a record of input {sequence}, expected {last}")
            if kind == COMMIT:
                chain = hashlib.blake2b(chain + content[begin:offset], digest_size=32).digest()
            if kind in (COMMIT, SEAL) and payload != chain:
                sys.exit(f"{path}: byte {offset}: the chain does not match: records were changed")
            if kind == COMMIT:
                yield content[begin:offset], last, chain
            begin, offset = end if kind in (COMMIT, SEAL) else begin, end
        if not is_last and kind != SEAL:
            sys.exit(f"{path}: byte {offset}: not sealed, yet another file follows")


if __name__ == "__main__":
    found = list(groups(sys.argv[1])) or [(b"", 0, bytes(32))]
    print(f"{found[-1][1]} inputs in {len(found)} groups, chain {found[-1][2].hex()}")
