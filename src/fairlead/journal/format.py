"""The bytes of a journal segment, and nothing about files.

A segment is a header and records. All integers are little-endian.

    header   "FAIRLEAD" | version u16 | 0 u16 | epoch u32 | first sequence u64
             | chain before 32 bytes | CRC32C of the 56 bytes before u32
    record   CRC32C u32 | payload length u32 | sequence u64 | time i64 | kind u8 | payload
             the CRC covers everything after itself

Kinds: an input (msgpack), the outputs of that input (msgpack; left out when there are none), a
commit that ends a group of them, a seal that ends a segment. A commit carries the chain:
BLAKE2b-256 over the chain before it and the bytes of its group. Only what a commit has closed was
ever acknowledged.
"""

import hashlib
import struct
from typing import Final

from crc32c import crc32c

from fairlead.model.units import Nanos, Sequence

VERSION: Final = 1
MAGIC: Final = b"FAIRLEAD"
CHAIN_BYTES: Final = 32
GENESIS: Final = bytes(CHAIN_BYTES)  # the chain before the first segment

INPUT: Final = 1
OUTPUTS: Final = 2
COMMIT: Final = 3
SEAL: Final = 4

_HEADER: Final = struct.Struct("<8sHHIQ32s")
_CRC: Final = struct.Struct("<I")
_REST: Final = struct.Struct("<IQqB")
HEADER_BYTES: Final = _HEADER.size + _CRC.size
FRAME_BYTES: Final = _CRC.size + _REST.size
PAYLOAD_BYTES_MAX: Final = 16 * 1024 * 1024  # a snapshot of the deepest book is far below this


class Header:
    """What a segment says of itself."""

    def __init__(self, epoch: int, first: Sequence, chain: bytes) -> None:
        """Take the writer's epoch, the first sequence and the chain as it stood before."""
        self.epoch = epoch
        self.first = first
        self.chain = chain

    def encode(self) -> bytes:
        """Return the bytes."""
        head = _HEADER.pack(MAGIC, VERSION, 0, self.epoch, self.first, self.chain)
        return head + _CRC.pack(crc32c(head))


class BadHeader(Exception):
    """The bytes are not a header."""


class NewerFormat(Exception):
    """The header is of a format that this build does not know."""


def decode_header(content: bytes) -> Header:
    """Return the header at the beginning of `content`. Raises `BadHeader`, `NewerFormat`."""
    if len(content) < HEADER_BYTES:
        raise BadHeader(f"{len(content)} bytes, a header has {HEADER_BYTES}")
    magic, version, _, epoch, first, chain = _HEADER.unpack_from(content)
    if magic != MAGIC:
        raise BadHeader(f"begins with {magic!r}, a journal segment begins with {MAGIC!r}")
    if crc32c(content[: _HEADER.size]) != _CRC.unpack_from(content, _HEADER.size)[0]:
        raise BadHeader("the checksum of the header is wrong")
    if version > VERSION:
        raise NewerFormat(
            f"has format {version}, this build reads up to {VERSION}: use the build that wrote it"
        )
    return Header(epoch, Sequence(first), chain)


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
    length, sequence, time, kind = _REST.unpack_from(content, offset + _CRC.size)
    end = start + length
    if length > PAYLOAD_BYTES_MAX or end > len(content):
        return f"a payload of {length} bytes, {len(content) - start} are there"
    if crc32c(content[offset + _CRC.size : end]) != _CRC.unpack_from(content, offset)[0]:
        return "its checksum is wrong"
    if not INPUT <= kind <= SEAL:
        return f"kind {kind} is not known"
    return Record(kind, Sequence(sequence), Nanos(time), content[start:end], end)


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
        begin = found - _CRC.size
        if begin > offset:
            record = decode_record(content, begin)
            if isinstance(record, Record) and record.kind in (COMMIT, SEAL):
                return begin
        found = content.find(mark, found + 1)
    return -1
