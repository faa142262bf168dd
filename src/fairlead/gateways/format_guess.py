"""Which format a recording is in, told from its first bytes and its name; never at a venture."""

import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fairlead.gateways.errors import FormatUnknown, RecordingUnreadable
from fairlead.gateways.formats import FORMATS

_SEEN_BYTES: Final = 4_096
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_PCAP: Final = (
    *(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"),
    b"\x0a\x0d\x0d\x0a",  # pcapng
)
# The first message of a day of ITCH: 12 bytes, a system event.
_ITCH: Final = b"\x00\x0cS"
_BINANCE: Final = re.compile(rb"\d{1,19} \{")
_WEBSOCKET: Final = re.compile(
    rb"\d{10}\.\d{1,9}: |(?:wss|https)://\S{1,2000} (?:<->|<-|->) \d{10}"
)
_LOBSTER: Final = re.compile(r"_(message|orderbook)_\d+\.csv(\.gz)?$")


def guess_format(files: Sequence[Path]) -> str:
    """Return the name of the format of all files. Raises `FormatUnknown`, `RecordingUnreadable`."""
    names = {path: _guess(path, _beginning(path)) for path in files}
    for path, name in names.items():
        if name not in FORMATS:
            raise FormatUnknown(f"{path}: what it is in is not clear, say --format {_listed()}")
    if len(set(names.values())) != 1:
        found = ", ".join(f"{path.name} is {name}" for path, name in names.items())
        raise FormatUnknown(f"files of several formats: {found}")
    return next(iter(names.values()))


def _guess(path: Path, start: bytes) -> str:
    """Return the format that a file begins like, empty if it begins like none."""
    if start.startswith(_PCAP):
        return "itch-pcap"
    if start.startswith((b"DBN", _ZSTD)):
        return "databento"
    if start.startswith(_ITCH):
        return "itch"
    if _WEBSOCKET.match(start):
        return "ws-recording"
    if _BINANCE.match(start):
        return "binance-raw"
    if _LOBSTER.search(path.name):
        return "lobster"
    if b"ts_event" in start.partition(b"\n")[0].split(b","):
        return "databento"
    return "lean" if path.suffix == ".zip" and "lean" in FORMATS else ""


def _beginning(path: Path) -> bytes:
    """Return how a file begins, decompressed. Raises `RecordingUnreadable`."""
    try:
        with path.open("rb") as file:
            start = file.read(_SEEN_BYTES)
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error
    if not start.startswith(_GZIP):
        return start
    try:
        return zlib.decompressobj(wbits=31).decompress(start, _SEEN_BYTES)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise RecordingUnreadable(f"{path}: compression is broken: {error}") from error


def _listed() -> str:
    return "|".join(FORMATS)
