"""Recorded connections: files of lines `epoch.micros: frame`, plain or gzip.

What a recorder of WebSockets and HTTP wrote down, one file a connection:

    wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.53            the connection was made
    wss://ws.okx.com:8443/ws/v5/public <- 1652459225.29: {"op":..   what was said
    1652459225.50: {"event":"subscribe",..                          what came
    https://api.binance.com/api/v3/depth?symbol=.. -> 1633998512.32: {..   the answer to a request

Several files are one recording: what came is put in the order of its times. Lines of our own
recorder (`receive_ns frame`, `frame_recorder.py`) are taken too; those say no address, so a person
has to say whose they are.
"""

import gzip
import heapq
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

import msgspec

from fairlead.gateways.binance.snapshots import STREAM
from fairlead.gateways.errors import BadLine, RecordingDamaged, RecordingUnreadable
from fairlead.gateways.recording import LINE_BYTES_MAX, MARK, OnBadLine
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_GZIP_MAGIC: Final = b"\x1f\x8b"
_LINE: Final = re.compile(
    rb"(?:(?P<url>(?:wss|https?)://\S{1,2000}) (?P<way><->|<-|->) )?"
    rb"(?P<seconds>\d{9,11})(?:\.(?P<fraction>\d{1,9}))?(?:: ?(?P<frame>.*))?",
    re.DOTALL,
)
_DEPTH: Final = re.compile(rb"https://[^?]+/depth\?(?:\S*&)?symbol=(\w+)(?:&\S*)?")
_OURS: Final = re.compile(rb"(?P<nanos>\d{16,19}) (?P<frame>.*)", re.DOTALL)
_CONFIGURATION: Final = b"configuration: "
_SHOWN_BYTES_MAX: Final = 60


class _Mark(msgspec.Struct):
    base64: bytes = b""  # a frame that is no JSON object; msgspec reads bytes as base64


_MARK: Final = msgspec.json.Decoder(_Mark)


class _Record(NamedTuple):
    time: Nanos
    frame: bytes
    place: str


class WsRecording:
    """Recorded connections of one venue. Iterate for (receive time, frame); once."""

    def __init__(self, paths: Iterable[Path], on_bad_line: OnBadLine | None = None) -> None:
        """Take the files, and who is told of lines that are no records; else they are raised."""
        self._paths = [Path(path) for path in paths]
        self._on_bad_line = on_bad_line
        self._place = ""

    @property
    def place(self) -> str:
        """Where the record that was read last stands: `file:line`."""
        return self._place

    def __iter__(self) -> Iterator[tuple[Nanos, bytes]]:
        """Yield what came, in the order of its times. Raises `RecordingError`."""
        files = [self._records(path) for path in self._paths]
        for time, frame, self._place in heapq.merge(*files, key=lambda record: record.time):
            yield time, frame

    def urls(self) -> list[str]:
        """Return where the connections went, as their lines say. Raises `RecordingError`."""
        found = []
        for path in self._paths:
            with _open(path) as file:
                for line in _lines(file, path):
                    match = _LINE.fullmatch(line)
                    if match is not None and match["url"] and match["way"] == b"<->":
                        found.append(match["url"].decode("ascii", "replace"))
        return found

    def _records(self, path: Path) -> Iterator[_Record]:
        with _open(path) as file:
            for number, line in enumerate(_lines(file, path), start=1):
                if not line.strip() or line.startswith(_CONFIGURATION):
                    continue
                record = _record(line, f"{path}:{number}")
                if isinstance(record, _Record):
                    yield record
                elif record:
                    self._refuse(BadLine(f"{path}:{number}: {record}"))

    def _refuse(self, problem: BadLine) -> None:
        if self._on_bad_line is None:
            raise problem
        self._on_bad_line(problem)


def _record(line: bytes, place: str) -> _Record | str:
    """Return what came, why a line says nothing that can be read, or "" where nothing came."""
    ours = _OURS.fullmatch(line)
    if ours is not None:
        frame = _recorded(ours["frame"])
        return _Record(Nanos(int(ours["nanos"])), frame, place) if frame else ""
    match = _LINE.fullmatch(line)
    if match is None:
        return f"{line[:_SHOWN_BYTES_MAX]!r} is no record, expected 'epoch.micros: frame'"
    if match["way"] in (b"<->", b"<-"):
        return ""
    if match["frame"] is None:
        return f"{line[:_SHOWN_BYTES_MAX]!r} has a time and no frame"
    fraction = (match["fraction"] or b"").ljust(9, b"0")
    time = Nanos(int(match["seconds"]) * NANOS_PER_SECOND + int(fraction))
    frame = match["frame"]
    return _Record(time, frame if match["url"] is None else _answer(match["url"], frame), place)


def _recorded(text: bytes) -> bytes:
    """Return the frame of a line of our recorder, empty for a mark that has none."""
    if not text.startswith(MARK):
        return text
    try:
        return _MARK.decode(text).base64
    except msgspec.DecodeError:
        return b""


def _answer(url: bytes, body: bytes) -> bytes:
    """Return the answer to a request as the frame that a feed receives: it says whose it is."""
    asked = _DEPTH.fullmatch(url)
    if asked is None:
        return body
    return b'{"stream":"%s","data":%s}' % (asked[1].lower() + STREAM.encode(), body)


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield lines without their ends. Raises `RecordingError` where a file cannot be read on."""
    number = 0
    while line := _guarded(lambda: file.readline(LINE_BYTES_MAX + 1), f"{path}:{number + 1}"):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise RecordingDamaged(f"{path}:{number}: a line of more than {LINE_BYTES_MAX} bytes")
        yield line.rstrip(b"\r\n")


def _guarded(read: Callable[[], bytes], place: str) -> bytes:
    try:
        return read()
    except EOFError as error:
        raise RecordingDamaged(f"{place}: the compressed file ends in the middle") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise RecordingDamaged(f"{place}: compression is broken: {error}") from error
    except OSError as error:
        raise RecordingUnreadable(f"{place}: {error.strerror}") from error


def _open(path: Path) -> BinaryIO:
    """Open a file for reading, decompressed. Raises `RecordingUnreadable`."""
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _GZIP_MAGIC
        return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error
