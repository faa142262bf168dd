"""DBN files: what the head says, and the records after it, one by one, uninterpreted.

Source: Databento's documentation of DBN, versions 1 to 3. A file is `DBN`, a version, a head whose
length is told, and records that begin with their own length.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final, NamedTuple

from fairlead.gateways.databento.records import HEADER_BYTES, WORD_BYTES
from fairlead.gateways.errors import RecordingDamaged, RecordingUnreadable
from fairlead.gateways.research_files import opened

MAGIC: Final = b"DBN"
VERSIONS: Final = (1, 2, 3)

_BEGIN: Final = Struct("<3sBI")
_HEAD_BYTES_MAX: Final = 64 * 1024 * 1024  # of all US options of a day: some 30 MB
_DATASET: Final = Struct("<16sHQQQ")  # dataset, schema, start, end, limit
_FIXED_BYTES: Final = 100
_SYMBOL_LENGTH_AT: Final = 45  # not in version 1, where symbols have 22 bytes
_SYMBOL_BYTES_V1: Final = 22
_COUNT: Final = Struct("<I")
_DATES: Final = Struct("<II")
_DBZ: Final = b"\x50\x2a\x4d\x18"  # the predecessor of DBN: a skippable frame of zstd
_NO_SCHEMA: Final = 2**16 - 1


class Symbol(NamedTuple):
    """Which number a symbol had from one day to another, not included. Days are yyyymmdd."""

    symbol: str
    first: int
    end: int
    number: str  # as text: it may be a symbol of another kind


class Head(NamedTuple):
    """What a file says of itself."""

    version: int
    dataset: str
    schema: int | None  # None: records of several kinds
    symbols: tuple[Symbol, ...]


class DbnFile:
    """One file. The head is read at once, the records as they are asked for."""

    def __init__(self, path: Path) -> None:
        """Read the head. Raises `RecordingError`."""
        self.path = path
        self.place = str(path)
        with opened(path) as file:
            self.head, self._begin = _head(path, file)

    def records(self) -> Iterator[bytes]:
        """Yield the bytes of each record. Raises `RecordingDamaged` where one is not whole."""
        with opened(self.path) as file:
            _read(self.path, file, self._begin, "the head")
            at = self._begin
            while first := file.read(1):
                self.place = f"{self.path}:{at}"
                length = first[0] * WORD_BYTES
                if length < HEADER_BYTES:
                    found = f"a record of {length} bytes, expected {HEADER_BYTES} or more"
                    raise RecordingDamaged(f"{self.place}: {found}")
                yield first + _read(self.place, file, length - 1, "a record")
                at += length


def is_dbn(path: Path) -> bool:
    """Return whether a file begins as DBN does. Raises `RecordingError`."""
    with opened(path) as file:
        begin = file.read(_BEGIN.size)
    if begin[4:8] == _DBZ or begin[:4] == _DBZ:
        raise RecordingUnreadable(
            f"{path}: DBZ, the predecessor of DBN; convert it with Databento's `dbn` tool"
        )
    return begin.startswith(MAGIC)


def _head(path: Path, file: BinaryIO) -> tuple[Head, int]:
    """Return the head, and the byte at which the first record begins."""
    magic, version, length = _BEGIN.unpack(_read(path, file, _BEGIN.size, "the head"))
    if magic != MAGIC:
        raise RecordingUnreadable(f"{path}: begins with {magic!r}, expected {MAGIC!r}")
    if version not in VERSIONS:
        raise RecordingUnreadable(f"{path}: DBN version {version}, expected one of {VERSIONS}")
    if not _FIXED_BYTES <= length <= _HEAD_BYTES_MAX:
        raise RecordingDamaged(f"{path}: a head of {length} bytes")
    content = _read(path, file, length, "the head")
    try:
        return _content(version, content), _BEGIN.size + length
    except (struct.error, UnicodeDecodeError) as error:
        raise RecordingDamaged(f"{path}: the head makes no sense: {error}") from error


def _content(version: int, content: bytes) -> Head:
    dataset, schema, _, _, _ = _DATASET.unpack_from(content)
    symbol_bytes = _SYMBOL_BYTES_V1
    if version > 1:
        symbol_bytes = int.from_bytes(content[_SYMBOL_LENGTH_AT : _SYMBOL_LENGTH_AT + 2], "little")
    at = _FIXED_BYTES
    (definition_bytes,) = _COUNT.unpack_from(content, at)  # reserved: a schema of their own
    at += _COUNT.size + definition_bytes
    for _ in ("symbols", "partial", "not found"):
        (count,) = _COUNT.unpack_from(content, at)
        at += _COUNT.size + count * symbol_bytes
    return Head(
        version,
        _text(dataset),
        None if schema == _NO_SCHEMA else schema,
        tuple(_mappings(content, at, symbol_bytes)),
    )


def _mappings(content: bytes, at: int, symbol_bytes: int) -> Iterator[Symbol]:
    (count,) = _COUNT.unpack_from(content, at)
    at += _COUNT.size
    for _ in range(count):
        symbol = _text(content[at : at + symbol_bytes])
        at += symbol_bytes
        (intervals,) = _COUNT.unpack_from(content, at)
        at += _COUNT.size
        for _ in range(intervals):
            first, end = _DATES.unpack_from(content, at)
            at += _DATES.size
            yield Symbol(symbol, first, end, _text(content[at : at + symbol_bytes]))
            at += symbol_bytes


def _read(place: object, file: BinaryIO, size: int, what: str) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise RecordingDamaged(f"{place}: the file ends in the middle of {what}")
    return found


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("ascii")
