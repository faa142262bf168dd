"""The bytes of a journal segment, and nothing about files.

A segment is a header and records. All integers are little-endian.

    header   "FAIRLEAD" | version u16 | flags u16 | epoch u32 | first sequence u64
             | chain before 32 bytes | CRC32C of the 56 bytes before u32
    record   CRC32C u32 | payload length u32 | sequence u64 | time i64 | kind u8 | payload
             the CRC covers everything after itself

Kinds: an input (msgpack), the outputs of that input (msgpack; left out when there are none), a
commit that ends a group of them, a seal that ends a segment, and the schema: since format 2 the
first record of the first group of each segment, which says what the payloads mean; bytes to us. A
commit carries the chain: BLAKE2b-256 over the chain before it and the bytes of its group. Only what
a commit has closed was ever acknowledged.

Where the header has the flag `ENCRYPTED`, the payloads of inputs, outputs and schema are sealed
(`sealing.py`), and the mark that says by which key stands before the schema, in the same group.

Format 1 had no schema and no flags. It is read for ever.
"""

import hashlib
import struct
from typing import Final

from crc32c import crc32c

from fairlead.journal.sealing import MARK_BYTES
from fairlead.model.units import Nanos, Sequence

VERSION: Final = 2
FORMAT_1: Final = 1
MAGIC: Final = b"FAIRLEAD"
CHAIN_BYTES: Final = 32
GENESIS: Final = bytes(CHAIN_BYTES)  # the chain before the first segment

INPUT: Final = 1
OUTPUTS: Final = 2
COMMIT: Final = 3
SEAL: Final = 4
SCHEMA: Final = 5
MARK: Final = 6
BEGINNING: Final = (SCHEMA, MARK)  # what stands before the first input of a segment

ENCRYPTED: Final = 1  # a flag: the payloads are sealed
FLAGS_KNOWN: Final = ENCRYPTED  # bits of a header that this build understands

SECTOR_BYTES: Final = 512  # the least that a disk writes as a whole
_ZEROS_MIN: Final = 16  # more than any record has of its own
_ZEROS_AT_END_MIN: Final = 2  # more than a chain ends with, but in one of 65,536

_HEADER: Final = struct.Struct("<8sHHIQ32s")
_CRC: Final = struct.Struct("<I")
_REST: Final = struct.Struct("<IQqB")
_CRC_BYTES: Final = 4
_unpack_frame: Final = struct.Struct("<IIQqB").unpack_from  # the CRC, and the rest after it
HEADER_BYTES: Final = _HEADER.size + _CRC_BYTES
FRAME_BYTES: Final = 25  # of a record, before its payload
PAYLOAD_BYTES_MAX: Final = 16 * 1024 * 1024  # a snapshot of the deepest book is far below this


class Header:
    """What a segment says of itself."""

    def __init__(
        self,
        epoch: int,
        first: Sequence,
        chain: bytes,
        flags: int = 0,
        version: int = VERSION,
    ) -> None:
        """Take the writer's epoch, the first sequence and the chain as it stood before."""
        self.epoch = epoch
        self.first = first
        self.chain = chain
        self.flags = flags
        self.version = version

    def encode(self) -> bytes:
        """Return the bytes."""
        head = _HEADER.pack(MAGIC, self.version, self.flags, self.epoch, self.first, self.chain)
        return head + _CRC.pack(crc32c(head))


class BadHeader(Exception):
    """The bytes are not a header."""


class NewerFormat(Exception):
    """The header is of a format that this build does not know."""


def decode_header(content: bytes) -> Header:
    """Return the header at the beginning of `content`. Raises `BadHeader`, `NewerFormat`."""
    if len(content) < HEADER_BYTES:
        raise BadHeader(f"{len(content)} bytes, a header has {HEADER_BYTES}")
    magic, version, flags, epoch, first, chain = _HEADER.unpack_from(content)
    if magic != MAGIC:
        raise BadHeader(f"begins with {magic!r}, a journal segment begins with {MAGIC!r}")
    if crc32c(content[: _HEADER.size]) != _CRC.unpack_from(content, _HEADER.size)[0]:
        raise BadHeader("the checksum of the header is wrong")
    if version > VERSION:
        raise NewerFormat(
            f"has format {version}, this build reads up to {VERSION}: use the build that wrote it"
        )
    if flags & ~FLAGS_KNOWN:
        raise NewerFormat(
            f"has flags {flags:#06x}, this build knows {FLAGS_KNOWN:#06x}:"
            " use the build that wrote it"
        )
    if flags and version == FORMAT_1:
        raise BadHeader(f"has flags {flags:#06x}, format {FORMAT_1} has none")
    return Header(epoch, Sequence(first), chain, flags, version)


def encode_record(kind: int, sequence: Sequence, time: Nanos, payload: bytes) -> bytes:
    """Return the bytes of one record."""
    assert len(payload) <= PAYLOAD_BYTES_MAX, "a record is bounded"
    body = _REST.pack(len(payload), sequence, time, kind) + payload
    return _CRC.pack(crc32c(body)) + body


class Record:
    """One record as it was read."""

    def __init__(
        self, kind: int, sequence: Sequence, time: Nanos, payload: bytes, end: int
    ) -> None:
        """Take what was read; `end` is the offset after the record."""
        self.kind = kind
        self.sequence = sequence
        self.time = time
        self.payload = payload
        self.end = end


def decode_record(content: bytes, offset: int) -> Record | str:
    """Return the record at `offset`, or what is wrong with the bytes there."""
    start = offset + FRAME_BYTES
    if start > len(content):
        return f"{len(content) - offset} bytes, a record begins with {FRAME_BYTES}"
    # Typed, so that what is compiled computes with machine integers from here on.
    frame: tuple[int, int, Sequence, Nanos, int] = _unpack_frame(content, offset)
    checksum, length, sequence, time, kind = frame
    end = start + length
    if length > PAYLOAD_BYTES_MAX or end > len(content):
        return f"a payload of {length} bytes, {len(content) - start} are there"
    checked: int = crc32c(content[offset + _CRC_BYTES : end])
    if checked != checksum:
        return "its checksum is wrong"
    if not INPUT <= kind <= MARK:
        return f"kind {kind} is not known"
    return Record(kind, sequence, time, content[start:end], end)


def misplaced(header: Header, record: Record, offset: int) -> str:
    """Return what is wrong if a segment does not begin with its mark and its schema; else ""."""
    begin = HEADER_BYTES
    if header.flags & ENCRYPTED:
        end = begin + FRAME_BYTES + MARK_BYTES
        if (record.kind == MARK) != (offset == begin) or (offset == begin and record.end != end):
            return "an encrypted segment says its mark first, and once"
        begin = end
    elif record.kind == MARK:
        return "a mark in a segment that is not encrypted"
    has_schema = header.version != FORMAT_1
    if (record.kind == SCHEMA) != (has_schema and offset == begin):
        return "a segment says its schema first, and once"
    return ""


def next_chain(chain: bytes, group: bytes | bytearray) -> bytes:
    """Return the chain after a group of records."""
    return hashlib.blake2b(chain + group, digest_size=CHAIN_BYTES).digest()


def find_closing_record(content: bytes, offset: int) -> int:
    """Return where the next intact commit or seal begins after `offset`, -1 if there is none.

    It tells a torn end (nothing whole follows) from damage in the middle.
    """
    mark = _CRC.pack(CHAIN_BYTES)  # the length of a closing record's payload
    found = content.find(mark, offset)
    while found >= 0:
        begin = found - _CRC_BYTES
        if begin > offset:
            record = decode_record(content, begin)
            if isinstance(record, Record) and record.kind in (COMMIT, SEAL):
                return begin
        found = content.find(mark, found + 1)
    return -1


def is_torn(content: bytes, group_start: int, offset: int) -> bool:
    """Whether the record at `offset`, which cannot be read, is in a group that a crash cut short.

    The file ends within it then; or sectors of it never reached the disk, which takes them in any
    order, and nothing whole follows but the commit of this very group. Such sectors read as zeros
    up to their end. Anything else was all there, and was changed after it had been written: also in
    the last record of all, which may have been acknowledged.
    """
    closing = find_closing_record(content, offset)
    if closing < 0:
        end = len(content)
        return _is_cut(content, offset) or _lacks_sector(content, group_start, offset, end)
    record = decode_record(content, closing)
    assert isinstance(record, Record), "what was found can be read"
    rest = content[record.end :]
    if record.kind != COMMIT or rest.strip(b"\0"):
        return False
    return _lacks_sector(content, group_start, offset, closing)


def _is_cut(content: bytes, offset: int) -> bool:
    """Whether the file ends within the record at `offset`, as far as that says how long it is."""
    start = offset + FRAME_BYTES
    if start > len(content):
        return True
    length, _, _, kind = _REST.unpack_from(content, offset + _CRC_BYTES)
    if kind in (COMMIT, SEAL) and length != CHAIN_BYTES:
        return False
    is_one = INPUT <= kind <= MARK and length <= PAYLOAD_BYTES_MAX
    return bool(is_one and start + length > len(content))


def _lacks_sector(content: bytes, group_start: int, offset: int, before: int) -> bool:
    """Whether a sector that the record at `offset` reaches into was not written to its end.

    What begins at `before` is there.
    """
    end = offset + FRAME_BYTES
    if end <= before:
        length = _REST.unpack_from(content, offset + _CRC_BYTES)[0]
        if end + length <= before:
            end += length
    sector_start = offset - offset % SECTOR_BYTES
    while sector_start < min(end, before):
        sector_end = min(sector_start + SECTOR_BYTES, len(content))
        begin = max(group_start, sector_start)
        written = content[begin:sector_end].rstrip(b"\0")
        zeros_from = begin + len(written)
        missing = sector_end - zeros_from
        whole = sector_end <= before
        # The last bytes of a file are those of a chain, which has no zeros: fewer of them tell.
        least = _ZEROS_MIN if sector_end < len(content) else _ZEROS_AT_END_MIN
        if whole and zeros_from < end and (missing >= least or (missing and not written)):
            return True
        sector_start += SECTOR_BYTES
    return False
