"""Frames of any recording through any feed: each accounted for, oracles that can fail."""

from collections.abc import Iterator

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import (
    EXAMPLES_MAX,
    FormatOptions,
    Frames,
    FramesThroughFeed,
    Oracle,
)
from fairlead.model.inputs import BookGap, Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos
from tests.gateways.binance.venue import ETHUSDT


class Letters:
    """A feed of one letter a frame: `g` is a gap, `x` cannot be read, anything else is nothing."""

    instruments: tuple[Instrument, ...] = (ETHUSDT,)
    needs_snapshots: tuple[InstrumentId, ...] = ()

    def __init__(self) -> None:
        self.counts = FeedCounts()
        self.oracles = (Oracle("letters"),)

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        self.counts.frames += 1
        if frame == b"x":
            self.counts.drop("malformed_letter")
            raise MalformedFrame("letter", "no x")
        if frame == b"g":
            self.counts.passed("BookGap")
            return [BookGap(InstrumentId(1), "asked for")]
        self.counts.drop("nothing")
        return []


class Word:
    """Frames out of a word; the place is the letter's."""

    def __init__(self, word: bytes) -> None:
        self.place = "nowhere"
        self._word = word

    def __iter__(self) -> Iterator[tuple[Nanos, bytes]]:
        """Yield the letters."""
        for place in range(len(self._word)):
            self.place = f"word:{place + 1}"
            yield Nanos(10 + place), self._word[place : place + 1]


def test_each_frame_is_handed_to_the_feed_and_accounted_for() -> None:
    opened = FramesThroughFeed(Word(b"agxg"), Letters(), FormatOptions())
    assert [(time, len(inputs)) for time, inputs in opened.events()] == [(11, 1), (13, 1)]
    assert opened.instruments == (ETHUSDT,)
    assert opened.counts.balanced
    assert opened.records.records == 4
    assert opened.records.malformed_examples == ["word:3: malformed frame: no x"]
    assert [oracle.name for oracle in opened.oracles] == ["letters"]


def test_what_stands_between_may_damage_frames() -> None:
    def lose_the_second(frames: Frames) -> Frames:
        return (frame for place, frame in enumerate(frames) if place != 1)

    opened = FramesThroughFeed(Word(b"agxg"), Letters(), FormatOptions(between=lose_the_second))
    assert [time for time, _ in opened.events()] == [13]


def test_an_oracle_keeps_the_first_differences_and_counts_the_rest() -> None:
    oracle = Oracle("checksum")
    for number in range(10):
        oracle.compare(number < 3, lambda number=number: f"at {number}")  # type: ignore[misc]
    oracle.compare(False, "after")
    oracle.skip("no checksum")
    assert (oracle.compared, oracle.equal, oracle.different) == (11, 3, 8)
    assert oracle.examples == [f"at {number}" for number in range(3, 3 + EXAMPLES_MAX)]
    assert oracle.skipped == {"no checksum": 1}
