"""Databento files, opened: DBN or CSV, of one dataset, joined in the order they are given.

They are read twice: once for what there is to trade and how fine its prices are, once for the
market itself. Both times as a stream.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from fairlead.gateways.bar_trades import last_moment
from fairlead.gateways.databento.dbn import DbnFile, is_dbn
from fairlead.gateways.databento.directory import Directory
from fairlead.gateways.databento.feed import DatabentoFeed
from fairlead.gateways.databento.records import (
    BAR_SECONDS,
    UNDEFINED_TIME,
    Bar,
    ByOrder,
    ByPrice,
    Passed,
    Record,
    read_record,
    received,
)
from fairlead.gateways.databento.table import Columns
from fairlead.gateways.errors import InstrumentNotInferred, MalformedFrame, RecordingUnreadable
from fairlead.gateways.recorded import FormatOptions, Frames, FramesThroughFeed
from fairlead.gateways.research_files import lines
from fairlead.model.units import NANOS_PER_SECOND, Nanos

_CSV_DATASET: Final = "DATABENTO"  # of CSV files, which do not say it, unless `market` does
_TIME_MAX: Final = 2**62


def open_databento(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    """Open files of Databento's. Raises `GatewayError`."""
    kinds = {is_dbn(path) for path in files}
    if len(kinds) != 1:
        raise RecordingUnreadable(f"{files[0]}: DBN and CSV together, expected one of them")
    frames: _DbnFrames | _CsvFrames
    if kinds == {True}:
        opened = [DbnFile(path) for path in files]
        datasets = sorted({each.head.dataset for each in opened})
        if len(datasets) != 1:
            raise InstrumentNotInferred(f"data of {', '.join(datasets)}, expected one dataset")
        symbols = [symbol for each in opened for symbol in each.head.symbols]
        directory = Directory(datasets[0], symbols)
        frames = _DbnFrames(opened)
    else:
        directory = Directory(options.market or _CSV_DATASET, ())
        frames = _CsvFrames(files)
    _survey(frames, directory)
    instruments = directory.settle(options.symbols)
    if not instruments:
        wanted = ", ".join(options.symbols) or "any instrument"
        raise InstrumentNotInferred(f"{files[0]}: no market data of {wanted}")
    feed = DatabentoFeed(directory, instruments, frames.read)
    return FramesThroughFeed(frames, feed, options)


def _survey(frames: "_DbnFrames | _CsvFrames", directory: Directory) -> None:
    for _, frame in frames:
        try:
            record, symbol = frames.read(frame)
        except MalformedFrame:
            continue  # it is counted when it comes again
        if not isinstance(record, Passed):
            directory.learn(record, symbol)


class _DbnFrames:
    """The records of DBN files."""

    def __init__(self, files: Sequence[DbnFile]) -> None:
        self._files = files
        self._current = files[0]

    @property
    def place(self) -> str:
        """The file and the byte at which the last record begins."""
        return self._current.place

    def __iter__(self) -> Frames:
        """Yield every record with its time. Raises `RecordingError`."""
        last = Nanos(0)
        for file in self._files:
            self._current = file
            for frame in file.records():
                last = _believed(received(frame), last)
                yield last, frame

    @staticmethod
    def read(frame: bytes) -> tuple[Record, str]:
        """Return a frame as a record. Raises `MalformedFrame`."""
        return read_record(frame), ""


class _CsvFrames:
    """The lines of CSV files, all with the same header."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self.place = str(files[0])
        header = _header(files[0])
        for path in files:
            if _header(path) != header:
                raise RecordingUnreadable(f"{path}: another header than {files[0]}")
        self._columns = Columns(header, str(files[0]))

    def __iter__(self) -> Frames:
        """Yield every line with its time. Raises `RecordingError`."""
        last = Nanos(0)
        for path in self._files:
            for number, line in lines(path):
                if number == 1 or not line:
                    continue
                self.place = f"{path}:{number}"
                last = _believed(self._time(line), last)
                yield last, line

    def read(self, frame: bytes) -> tuple[Record, str]:
        """Return a line as a record. Raises `MalformedFrame`."""
        try:
            return self._columns.record(frame.decode("ascii"))
        except UnicodeDecodeError as error:
            raise MalformedFrame("text", f"no ASCII at byte {error.start}") from error

    def _time(self, line: bytes) -> int:
        try:
            record, _ = self.read(line)
        except MalformedFrame:
            return 0
        if isinstance(record, Bar):
            return last_moment(record.ts_event + BAR_SECONDS[record.rtype] * NANOS_PER_SECOND)
        assert isinstance(record, ByOrder | ByPrice), "a CSV has no other records"
        return record.ts_event if record.ts_recv == UNDEFINED_TIME else record.ts_recv


def _header(path: Path) -> bytes:
    read: Iterator[tuple[int, bytes]] = lines(path)
    return next(read, (0, b""))[1]


def _believed(time: int, last: Nanos) -> Nanos:
    """Return the time of a record; that of the one before where it cannot be one."""
    return Nanos(time) if 0 < time < _TIME_MAX else last
