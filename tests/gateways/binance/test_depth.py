"""The venue's rules for snapshots and depth events, at their borders."""

import pytest

from fairlead.gateways.binance.depth import (
    OLD_IN_A_ROW_MAX,
    WAITING_EVENTS_MAX,
    DepthEvent,
    DepthOrder,
)
from fairlead.gateways.binance.frames import Market
from fairlead.gateways.feed import FeedCounts
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input
from fairlead.model.units import InstrumentId, Nanos, UpdateId

ME = InstrumentId(7)


def snapshot(update: int) -> BookSnapshot:
    return BookSnapshot(ME, (), (), UpdateId(update), Nanos(0))


def event(first: int, last: int, previous: int = 0) -> DepthEvent:
    return DepthEvent(first, previous, BookChange(ME, (), (), UpdateId(last), Nanos(0)))


def order(market: Market) -> tuple[DepthOrder, FeedCounts]:
    counts = FeedCounts()
    return DepthOrder(ME, market, counts), counts


def updates(inputs: list[Input]) -> list[int]:
    return [got.update for got in inputs if isinstance(got, BookSnapshot | BookChange)]


def reason(inputs: list[Input]) -> str:
    [gap] = [got for got in inputs if isinstance(got, BookGap)]
    return gap.reason


# market, first and last update of the event after snapshot 100, what becomes of it
FIRST_EVENTS = [
    (Market.SPOT, 90, 99, "dropped"),
    (Market.SPOT, 90, 100, "dropped"),
    (Market.SPOT, 90, 101, "applied"),
    (Market.SPOT, 101, 101, "applied"),
    (Market.SPOT, 101, 110, "applied"),
    (Market.SPOT, 102, 110, "gap"),
    (Market.USDM, 90, 99, "dropped"),
    (Market.USDM, 90, 100, "applied"),
    (Market.USDM, 100, 100, "applied"),
    (Market.USDM, 100, 110, "applied"),
    (Market.USDM, 101, 110, "gap"),
]


@pytest.mark.parametrize(("market", "first", "last", "outcome"), FIRST_EVENTS)
def test_the_first_event_after_a_snapshot_overlaps_it(
    market: Market, first: int, last: int, outcome: str
) -> None:
    depth, counts = order(market)
    depth.snapshot(snapshot(100))
    got = depth.event(event(first, last))
    expected = {"applied": ["BookChange"], "dropped": [], "gap": ["BookGap"]}[outcome]
    assert [type(each).__name__ for each in got] == expected
    assert depth.needs_snapshot == (outcome == "gap")
    assert sum(counts.dropped.values()) == (outcome == "dropped")
    assert counts.waiting == (outcome == "gap")


@pytest.mark.parametrize(("market", "first", "last", "outcome"), FIRST_EVENTS)
def test_an_event_that_waited_for_the_snapshot_meets_the_same_rule(
    market: Market, first: int, last: int, outcome: str
) -> None:
    depth, counts = order(market)
    assert depth.event(event(first, last)) == []
    got = updates(depth.snapshot(snapshot(100)))
    assert got == {"applied": [100, last], "dropped": [100], "gap": []}[outcome]
    assert depth.needs_snapshot == (outcome == "gap")
    assert counts.dropped.get("snapshot_too_old", 0) == (outcome == "gap")


# the event after one that ended at 110
@pytest.mark.parametrize(
    ("market", "next_event", "outcome"),
    [
        (Market.SPOT, event(111, 111), "applied"),
        (Market.SPOT, event(111, 120), "applied"),
        (Market.SPOT, event(112, 120), "depth gap: expected U 111, found 112"),
        (Market.SPOT, event(110, 120), "depth gap: expected U 111, found 110"),
        (Market.SPOT, event(101, 110), "depth_duplicate"),
        (Market.SPOT, event(90, 99), "depth_old"),
        (Market.USDM, event(111, 120, 110), "applied"),
        (Market.USDM, event(115, 120, 110), "applied"),
        (Market.USDM, event(115, 120, 111), "depth gap: expected pu 110, found 111"),
        (Market.USDM, event(111, 120, 109), "depth gap: expected pu 110, found 109"),
        (Market.USDM, event(101, 110, 99), "depth_duplicate"),
        (Market.USDM, event(90, 109, 80), "depth_old"),
    ],
)
def test_the_next_event_follows_without_a_hole(
    market: Market, next_event: DepthEvent, outcome: str
) -> None:
    depth, counts = order(market)
    depth.snapshot(snapshot(100))
    assert updates(depth.event(event(100, 110))) == [110]
    got = depth.event(next_event)
    if outcome == "applied":
        assert got == [next_event.change]
    elif outcome.startswith("depth gap"):
        assert reason(got) == outcome
        assert depth.needs_snapshot
    else:
        assert got == []
        assert counts.dropped == {outcome: 1}


def test_events_that_waited_are_applied_in_order_behind_the_snapshot() -> None:
    depth, counts = order(Market.SPOT)
    for first in (91, 96, 101, 106):
        assert depth.event(event(first, first + 4)) == []
    assert counts.waiting == 4
    assert updates(depth.snapshot(snapshot(98))) == [98, 100, 105, 110]
    assert counts.waiting == 0
    assert counts.dropped == {"depth_old": 1}


def test_a_hole_among_the_events_that_waited_is_a_gap_behind_the_snapshot() -> None:
    depth, counts = order(Market.SPOT)
    for got in (event(101, 105), event(107, 110), event(111, 112)):
        depth.event(got)
    inputs = depth.snapshot(snapshot(100))
    assert updates(inputs) == [100, 105]
    assert reason(inputs) == "depth gap: expected U 106, found 107"
    assert counts.waiting == 2
    assert updates(depth.snapshot(snapshot(106))) == [106, 110, 112]


def test_a_snapshot_older_than_the_book_is_dropped_and_a_newer_one_replaces_it() -> None:
    depth, counts = order(Market.SPOT)
    depth.snapshot(snapshot(100))
    depth.event(event(101, 110))
    assert depth.snapshot(snapshot(110)) == []
    assert counts.dropped == {"snapshot_old": 1}
    assert updates(depth.snapshot(snapshot(115))) == [115]
    assert depth.event(event(111, 115)) == []
    assert updates(depth.event(event(116, 117))) == [117]


def test_waiting_is_bounded_and_a_full_queue_is_said_once() -> None:
    depth, counts = order(Market.SPOT)
    said = []
    for update in range(1, WAITING_EVENTS_MAX + 4):
        said += depth.event(event(update, update))
    assert counts.waiting == WAITING_EVENTS_MAX
    assert counts.dropped == {"depth_waited_too_long": 3}
    assert "no snapshot came" in reason(said)
    got = updates(depth.snapshot(snapshot(WAITING_EVENTS_MAX)))
    assert got == [WAITING_EVENTS_MAX + ahead for ahead in range(4)]


def test_events_that_stay_old_for_ever_are_a_gap() -> None:
    depth, _ = order(Market.SPOT)
    depth.snapshot(snapshot(10**12))
    got: list[Input] = []
    for update in range(1, OLD_IN_A_ROW_MAX + 1):
        assert got == []
        got = depth.event(event(update, update))
    assert "were older than update 1000000000000" in reason(got)
    assert depth.needs_snapshot
