"""Recorded frames: files of lines `receive_ns {json}`, plain or gzip, joined in order.

Read as a stream: memory does not grow with the recording. A line that is no record, or a file that
ends in the middle, is an error with its place, never a silent end. Nothing is put in another order.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from fairlead.gateways.errors import (
    BadLine,
    MalformedFrame,
    RecordingDamaged,
    RecordingUnreadable,
)
from fairlead.gateways.feed import Feed
from fairlead.model.inputs import Input
from fairlead.model.units import NANOS_PER_SECOND, Nanos

LINE_BYTES_MAX: Final = 32_000_000  # twice the largest frame of any venue; a longer line is no text
EXAMPLES_MAX: Final = 5  # malformed frames that are kept for a person to look at
MARK: Final = b'{"fairlead":'  # begins what our recorder says itself: no frame of the venue
_TIME_MAX: Final = 2**61  # the year 2043: later is no time that was recorded
# Venues close for a week at most; a longer step is a broken clock, and would be lived through.
TIME_STEP_MAX: Final = Nanos(10 * 86_400 * NANOS_PER_SECOND)
_TIME_DIGITS_MAX: Final = 19
_SHOWN_BYTES_MAX: Final = 40
_GZIP_MAGIC: Final = b"\x1f\x8b"

OnBadLine = Callable[[BadLine], None]


class Recording:
    """Recorded files, joined in order. Iterate for (receive time, frame); once."""

    def __init__(
        self,
        paths: Iterable[Path],
        on_bad_line: OnBadLine | None = None,
        with_marks: bool = False,
    ) -> None:
        """Take the files, and who is told of lines that are no records; else they are raised.

        Marks of our own recorder are passed over, unless they are asked for.
        """
        self._with_marks = with_marks
        self._paths = [Path(path) for path in paths]
        self._on_bad_line = on_bad_line
        self._last_time = Nanos(0)
        self._path = Path()
        self._line = 0

    @property
    def place(self) -> str:
        """Where the record that was read last stands: `file:line`."""
        return f"{self._path}:{self._line}"

    def __iter__(self) -> Iterator[tuple[Nanos, bytes]]:
        """Yield every record. Raises `RecordingError` at the place where it cannot go on."""
        for path in self._paths:
            self._path, self._line = path, 0
            with _open(path) as file:
                yield from self._records(file)

    def _records(self, file: BinaryIO) -> Iterator[tuple[Nanos, bytes]]:
        while line := self._read_line(file):
            self._line += 1
            time, _, frame = line.rstrip().partition(b" ")
            ended = line.endswith(b"\n") or frame.endswith(b"}") or len(line) > LINE_BYTES_MAX
            if not ended:
                raise RecordingDamaged(f"{self.place}: the file ends in the middle of a record")
            problem = _problem(line, time, frame) or self._misstep(int(time))
            if not problem:
                self._last_time = Nanos(int(time))
                if self._with_marks or not frame.startswith(MARK):
                    yield self._last_time, frame
                continue
            while not line.endswith(b"\n") and (line := self._read_line(file)):
                pass
            self._refuse(BadLine(f"{self.place}: {problem}, expected 'receive_ns {{json}}'"))

    def _misstep(self, time: int) -> str:
        """Return why a record cannot follow the last one in time, empty if it can."""
        if 0 < self._last_time < time - TIME_STEP_MAX:
            days = (time - self._last_time) // (86_400 * NANOS_PER_SECOND)
            return f"a receive time {days} days after the one before it"
        return ""

    def _read_line(self, file: BinaryIO) -> bytes:
        """Return the next line, or as much of it as a line may have; empty at the end."""
        try:
            return file.readline(LINE_BYTES_MAX + 1)
        except EOFError as error:
            reached = f"{self.place}: the compressed file ends in the middle"
            raise RecordingDamaged(f"{reached}; all lines up to here were read") from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise RecordingDamaged(f"{self.place}: compression is broken: {error}") from error
        except OSError as error:
            raise RecordingUnreadable(f"{self.place}: {error.strerror}") from error

    def _refuse(self, problem: BadLine) -> None:
        if self._on_bad_line is None:
            raise problem
        self._on_bad_line(problem)


class RecordingCounts:
    """What was in a recording, beside what its feed counts."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.records = 0
        self.times_backwards = 0  # records that came before the one before them
        self.malformed: dict[str, int] = {}  # by reason
        self.malformed_examples: list[str] = []  # the first few, with their place
        self.first_time = Nanos(0)
        self.last_time = Nanos(0)

    def record(self, time: Nanos) -> None:
        """Count a record."""
        if self.records == 0:
            self.first_time = time
        elif time < self.last_time:
            self.times_backwards += 1
        self.records += 1
        self.last_time = time

    def refuse(self, error: MalformedFrame, place: str) -> None:
        """Count a frame that the feed could not read."""
        self.malformed[error.reason] = self.malformed.get(error.reason, 0) + 1
        if len(self.malformed_examples) < EXAMPLES_MAX:
            self.malformed_examples.append(f"{place}: {error}")


def read_recording(
    paths: Iterable[Path], on_bad_line: OnBadLine | None = None
) -> Iterator[tuple[Nanos, bytes]]:
    """Yield every record of the files as (receive time, frame). Raises `RecordingError`."""
    return iter(Recording(paths, on_bad_line))


def recorded_inputs(
    paths: Iterable[Path],
    feed: Feed,
    counts: RecordingCounts,
    on_bad_line: OnBadLine | None = None,
) -> Iterator[tuple[Nanos, list[Input]]]:
    """Yield what each record means to `feed`, with its receive time, where it means something.

    Malformed frames are counted and do not end it; times that go back are passed on as they are,
    and counted. Raises `RecordingError`.
    """
    recording = Recording(paths, on_bad_line)
    for time, frame in recording:
        counts.record(time)
        try:
            inputs = feed.receive(frame, time)
        except MalformedFrame as error:
            counts.refuse(error, recording.place)
            continue
        if inputs:
            yield time, inputs


def _open(path: Path) -> BinaryIO:
    """Open a file for reading, decompressed. Raises `RecordingUnreadable`."""
    try:
        with path.open("rb") as file:
            compressed = path.suffix == ".gz" or file.read(2) == _GZIP_MAGIC
        return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}") from error


def _problem(line: bytes, time: bytes, frame: bytes) -> str:
    """Return why a line is no record, empty if it is one. What the JSON says is for the feed."""
    if len(line) > LINE_BYTES_MAX:
        return f"a line of more than {LINE_BYTES_MAX} bytes"
    shown = line[:_SHOWN_BYTES_MAX]
    if not time.isdigit() or len(time) > _TIME_DIGITS_MAX or int(time) > _TIME_MAX:
        return f"no receive time in {shown!r}"
    if not frame.startswith(b"{"):
        return f"no JSON object in {shown!r}"
    if not frame.isascii():
        try:
            frame.decode()
        except UnicodeDecodeError as error:
            return f"not UTF-8 ({error.reason} at byte {error.start} of the JSON)"
    return ""
