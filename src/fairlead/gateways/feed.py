"""The port of all market data gateways: raw frames in, inputs out, and every frame accounted for.

A feed opens no socket and reads no clock. A shell (live) or a recording (backtest, paper) hands it
frames; where `needs_snapshot` is true a live shell fetches one and hands it in like any frame.
"""

from typing import Protocol

from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos


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
    """Market data of one instrument at one venue."""

    instrument: Instrument
    counts: FeedCounts

    @property
    def needs_snapshot(self) -> bool:
        """Whether the book cannot go on without a snapshot from the venue."""

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what `frame`, which reached us at `time`, says. Raises `MalformedFrame`."""
