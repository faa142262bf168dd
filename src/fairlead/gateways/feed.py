"""The ports of all market data gateways: raw frames in, inputs out, every frame accounted for.

A feed opens no socket and reads no clock. A shell (live) or a recording (research, backtest, paper)
hands it what came; both drive the very same feed. A frame is what a protocol numbers or answers by
itself: a WebSocket message, an ITCH message, a line of a file.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos


class FeedCounts:
    """What came in and what became of it.

    Conservation: frames = inputs + dropped + waiting. A `BookGap` is no frame of the venue and is
    counted beside them, in `gaps`.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.frames = 0
        self.waiting = 0  # changes that wait for the snapshot they build upon
        self.gaps = 0
        self.inputs: dict[str, int] = {}  # by kind of input
        self.dropped: dict[str, int] = {}  # by reason; the words are few and fixed

    def passed(self, kind: str) -> None:
        """Count a frame that became an input."""
        self.inputs[kind] = self.inputs.get(kind, 0) + 1

    def drop(self, reason: str) -> None:
        """Count a frame that became nothing."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    @property
    def balanced(self) -> bool:
        """Whether every frame is accounted for."""
        out = sum(self.inputs.values()) + sum(self.dropped.values()) + self.waiting
        return self.frames == out


class Feed(Protocol):
    """Market data of one venue, of one or many instruments."""

    instruments: tuple[Instrument, ...]
    counts: FeedCounts

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """The instruments whose books cannot go on without a snapshot that has to be fetched."""

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what `frame`, which reached us at `time`, says. Raises `MalformedFrame`."""


class SnapshotRequest(NamedTuple):
    """What a shell fetches by HTTP for a book that cannot go on; the answer is a frame like any.

    What is received, and recorded, is `frame(body)`: the body alone may not say of whom it is.
    """

    instrument: InstrumentId
    url: str
    stream: str = ""  # how the frame names it, as the venue's own frames name their streams

    def frame(self, body: bytes) -> bytes:
        """Return the answer as the frame that the feed receives."""
        return b'{"stream":"%s","data":%s}' % (self.stream.encode(), body) if self.stream else body


class LiveFeed(Feed, Protocol):
    """A feed with a connection: what to say on it, and when to give it up. No socket, no clock."""

    url: str  # where a shell connects

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection: subscriptions collect in what `outgoing` returns."""

    def disconnected(self, reason: str, time: Nanos) -> list[Input]:
        """Return what the end of the connection means: a gap for every book that was believed."""

    def outgoing(self) -> list[bytes]:
        """Return the messages that are to leave now, once: subscriptions, pings, repairs."""

    def snapshot_requests(self) -> list[SnapshotRequest]:
        """Return what is to be fetched, each once until it failed or was not enough."""

    def snapshot_failed(self, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        """Take note that a fetch failed; it is asked for again after a while."""

    @property
    def next_time(self) -> Nanos:
        """When `tick` is due."""

    def tick(self, time: Nanos) -> list[Input]:
        """Return what silence means: a gap for each instrument of which nothing came for too long.

        A subscription that the venue did not confirm, and a line that went silent, set `failed`.
        """

    @property
    def failed(self) -> str:
        """Why the connection is to be closed and made anew, empty if it is fine."""


class RecordedFeed(Protocol):
    """A recording of any format, opened: what it is of, and what happened, in the order it came."""

    counts: FeedCounts

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What it is of, as far as it was read: some formats tell as they go."""

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield what each frame means with its receive time, once. Raises `RecordingError`.

        Frames that cannot be read are counted as dropped, with their reason, and end nothing.
        """
