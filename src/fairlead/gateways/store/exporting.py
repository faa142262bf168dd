"""Inputs as lines of text that any program can read, and back: JSON lines or CSV.

The first line says what it is and has the instruments; then comes one input to a line, with its
frame and receive time, and the record as the journal writes it: an array that begins with its tag.
Nothing is rounded and nothing left out: what is read back is what was written.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from fairlead.gateways.errors import MalformedFrame, RecordingUnreadable
from fairlead.gateways.feed import FeedCounts, RecordedFeed
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.recording import RecordingCounts
from fairlead.gateways.research_files import lines
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos

_FORM: Final = "fairlead inputs"
_VERSION: Final = 1
_COLUMNS: Final = ("time", "frame", "kind", "record")
_WHOLE: Final = re.compile(r"[0-9]{1,19}")
_encode: Final = msgspec.json.Encoder().encode


class _Head(msgspec.Struct, frozen=True):
    form: str
    version: int
    instruments: tuple[Instrument, ...]


class _Line(msgspec.Struct, frozen=True):
    time: Nanos
    frame: int
    kind: str
    record: msgspec.Raw


_INPUT: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Input)
_HEAD: Final = msgspec.json.Decoder(_Head)
_LINE: Final = msgspec.json.Decoder(_Line)


def export(recording: RecordedFeed, out: BinaryIO, *, as_csv: bool) -> int:
    """Write all inputs of a recording; return how many there were."""
    head = _encode(_Head(_FORM, _VERSION, recording.instruments))
    out.write(b"# " + head + b"\n" if as_csv else head + b"\n")
    if as_csv:
        out.write(",".join(_COLUMNS).encode() + b"\n")
    written = 0
    for frame, (time, inputs) in enumerate(recording.events(), 1):
        for input in inputs:
            written += 1
            record = _encode(input)
            kind = type(input).__name__
            if as_csv:
                out.write(_csv_line(time, frame, kind, record))
            else:
                out.write(_encode(_Line(time, frame, kind, msgspec.Raw(record))) + b"\n")
    return written


def open_exported(files: Sequence[Path], options: FormatOptions) -> "ExportedFeed":
    """Open files that `export` wrote. Raises `GatewayError`."""
    return ExportedFeed(files, options)


class ExportedFeed:
    """Exported files, joined: a `RecordedFeed`."""

    def __init__(self, files: Sequence[Path], options: FormatOptions) -> None:
        """Read the first lines. Raises `RecordingUnreadable`."""
        heads = [_read_head(path) for path in files]
        if any(head.instruments != heads[0].instruments for head in heads):
            raise RecordingUnreadable(f"{files[0]}: the files have different instruments")
        wanted = set(options.symbols)
        self.instruments: tuple[Instrument, ...] = tuple(
            each for each in heads[0].instruments if not wanted or each.symbol in wanted
        )
        self.counts = FeedCounts()
        self.records = RecordingCounts()
        self._files = files
        self._known = {each.instrument for each in heads[0].instruments}
        self._wanted = {each.instrument for each in self.instruments}

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield what each frame meant with its receive time. Raises `RecordingError`."""
        for path in self._files:
            frame, time, inputs = 0, Nanos(0), list[Input]()
            for read in self._lines(path):
                if read[0] != frame and inputs:
                    yield self._event(time, inputs)
                    inputs = []
                frame, time = read[0], read[1]
                inputs.append(read[2])
            if inputs:
                yield self._event(time, inputs)

    def _event(self, time: Nanos, inputs: list[Input]) -> tuple[Nanos, list[Input]]:
        self.counts.frames += 1
        self.counts.passed(type(inputs[0]).__name__)
        self.records.record(time)
        return time, inputs

    def _lines(self, path: Path) -> Iterator[tuple[int, Nanos, Input]]:
        as_csv = False
        for number, line in lines(path):
            if number == 1:
                as_csv = line.startswith(b"#")
                continue
            if not line or (as_csv and number == 2):
                continue
            try:
                frame, time, input = _read_line(line, as_csv)
            except MalformedFrame as error:
                self.counts.frames += 1
                self.counts.drop(f"malformed_{error.reason}")
                self.records.refuse(error, f"{path}:{number}")
                continue
            instrument = getattr(input, "instrument", 0)
            if instrument not in self._known or instrument in self._wanted:
                yield frame, time, input


def _read_head(path: Path) -> _Head:
    line = next(lines(path), (0, b""))[1].removeprefix(b"# ")
    try:
        head = _HEAD.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingUnreadable(f"{path}: no exported inputs: {error}") from error
    if head.form != _FORM or head.version != _VERSION:
        found = f"{head.form!r} of version {head.version}"
        raise RecordingUnreadable(f"{path}: {found}, expected {_FORM!r} of version {_VERSION}")
    return head


def _read_line(line: bytes, as_csv: bool) -> tuple[int, Nanos, Input]:
    try:
        if as_csv:
            fields = next(csv.reader([line.decode()]), [])
            if len(fields) != len(_COLUMNS):
                raise MalformedFrame("fields", f"{len(fields)} fields, expected {len(_COLUMNS)}")
            if not all(_WHOLE.fullmatch(field) for field in fields[:2]):
                raise MalformedFrame("number", f"{fields[:2]} are no time and no frame"[:200])
            return int(fields[1]), Nanos(int(fields[0])), _INPUT.decode(fields[3])
        read = _LINE.decode(line)
        return read.frame, read.time, _INPUT.decode(read.record)
    except (msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError) as error:
        raise MalformedFrame("record", f"no input: {error}"[:200]) from error


def _csv_line(time: Nanos, frame: int, kind: str, record: bytes) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((time, frame, kind, record.decode()))
    return line.getvalue().encode()
