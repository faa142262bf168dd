"""Recordings of any format: what one is opened with, how its frames meet a feed, what it proves."""

from collections.abc import Callable, Iterator
from typing import Final, Protocol, runtime_checkable

import msgspec

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import Feed, FeedCounts
from fairlead.gateways.recording import OnBadLine, RecordingCounts
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos

EXAMPLES_MAX: Final = 5  # differences that are kept for a person to look at

Frames = Iterator[tuple[Nanos, bytes]]  # receive time and frame, in the order they came


class FormatOptions(msgspec.Struct, frozen=True):
    """What a person may say about a recording, or has to where it does not say so itself."""

    symbols: tuple[str, ...] = ()  # only these, all of them where empty
    market: str | None = None  # which of the venue's markets, where the frames do not tell
    date: str | None = None  # yyyy-mm-dd, where a file does not say its day
    on_bad_line: OnBadLine | None = None  # told of what is no record; else it is raised
    # Frames pass through here before the feed sees them: a demonstration may damage one.
    between: Callable[[Frames], Frames] | None = None


class PlacedFrames(Protocol):
    """Frames out of files, with the place of the last one for a person to find it."""

    @property
    def place(self) -> str:
        """Where the frame that was read last stands: `file:line`, `file:byte`."""

    def __iter__(self) -> Frames:
        """Yield every frame with its receive time. Raises `RecordingError`."""


class Oracle:
    """What a recording itself says about the result: compared, never assumed."""

    def __init__(self, name: str) -> None:
        """Begin with nothing compared."""
        self.name = name
        self.compared = 0
        self.equal = 0
        self.different = 0
        self.skipped: dict[str, int] = {}  # by reason
        self.examples: list[str] = []  # the first few differences, in words

    def compare(self, equal: bool, difference: Callable[[], str] | str = "") -> None:
        """Count one comparison; `difference` is put into words only where it is one."""
        self.compared += 1
        if equal:
            self.equal += 1
            return
        self.different += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(difference if isinstance(difference, str) else difference())

    def skip(self, reason: str) -> None:
        """Count what cannot be compared. It is never counted as equal."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


@runtime_checkable
class Checked(Protocol):
    """A feed, or an opened recording, that compares its result with what the venue says of it."""

    @property
    def oracles(self) -> tuple[Oracle, ...]:
        """What was compared."""


@runtime_checkable
class Recorded(Protocol):
    """An opened recording that also counts what was in its files."""

    records: RecordingCounts


@runtime_checkable
class Doubting(Protocol):
    """A feed that can say which books a frame has cost that it refused."""

    def untold(self) -> list[Input]:
        """Return the gaps that nobody was told of yet."""


class FramesThroughFeed:
    """A recording of frames, each handed to a feed: a `RecordedFeed`."""

    def __init__(self, frames: PlacedFrames, feed: Feed, options: FormatOptions) -> None:
        """Take the frames and who understands them. Nothing is read before `events`."""
        self.counts: FeedCounts = feed.counts
        self.records = RecordingCounts()
        self._frames = frames
        self._feed = feed
        self._between = options.between

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What the recording is of, as far as it was read."""
        return self._feed.instruments

    @property
    def oracles(self) -> tuple[Oracle, ...]:
        """What the recording says of the result, as far as it was read."""
        return self._feed.oracles if isinstance(self._feed, Checked) else ()

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield what each frame means, with its receive time, where it means something.

        Malformed frames are counted and do not end it; times that go back are passed on as they
        are, and counted. Raises `RecordingError`.
        """
        frames = iter(self._frames)
        for time, frame in self._between(frames) if self._between else frames:
            self.records.record(time)
            try:
                inputs = self._feed.receive(frame, time)
            except MalformedFrame as error:
                self.records.refuse(error, self._frames.place)
                inputs = self._feed.untold() if isinstance(self._feed, Doubting) else []
            if inputs:
                yield time, inputs
