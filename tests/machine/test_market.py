"""What market data does, and what it does not get to do: absurd, crossed, lost, unknown."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fairlead.machine.books import Book
from fairlead.machine.performance import figures
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    MarkPolicyChange,
    Trade,
    TradingStatus,
)
from fairlead.model.outputs import BookRestored, BookStale, InputRefused
from fairlead.model.terms import MarkPolicy
from fairlead.model.units import INCREMENTS_MAX, InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.machine.build import (
    BUY,
    CASH,
    NO_TIME,
    Rig,
    accepted,
    filled,
    instrument,
    quote,
    submit,
)

ONE = InstrumentId(1)
Pairs = Sequence[tuple[int, int]]


def snapshot(bids: Pairs, asks: Pairs, update: int = 1, number: int = 1) -> BookSnapshot:
    """Return a whole book."""
    return BookSnapshot(
        InstrumentId(number),
        tuple((Price(price), Quantity(quantity)) for price, quantity in bids),
        tuple((Price(price), Quantity(quantity)) for price, quantity in asks),
        UpdateId(update),
        NO_TIME,
    )


def change(bids: Pairs, asks: Pairs, update: int = 2, number: int = 1) -> BookChange:
    """Return a few levels."""
    whole = snapshot(bids, asks, update, number)
    return BookChange(whole.instrument, whole.bids, whole.asks, whole.update, NO_TIME)


def trade(price: int, quantity: int, number: int = 1) -> Trade:
    """Return a trade of others."""
    return Trade(InstrumentId(number), Price(price), Quantity(quantity), BUY, "T1", NO_TIME)


def book(rig: Rig) -> Book:
    """Return the book of instrument 1."""
    found = rig.machine.books.get(ONE)
    assert found is not None
    return found


WHOLE = snapshot([(99, 5)], [(101, 4)])


@pytest.mark.parametrize(
    "data",
    [
        quote(99, 101, instrument=7),
        trade(100, 1, number=7),
        snapshot([], [], number=7),
        change([], [], number=7),
        BookGap(InstrumentId(7), "hole"),
        TradingStatus(InstrumentId(7), True),
    ],
    ids=lambda data: type(data).__name__,
)
def test_data_of_an_unknown_instrument_is_refused(data: Input) -> None:
    """Invariant 12: it changes nothing, and is recorded with its kind."""
    rig = Rig()
    assert rig.give(data) == [InputRefused(type(data).__name__, "unknown instrument")]


@pytest.mark.parametrize(
    ("absurd", "reason"),
    [
        (msgspec.structs.replace(quote(99, 101), bid_price=Price(-1)), "negative or absurd"),
        (quote(99, INCREMENTS_MAX + 1), "negative or absurd"),
        (quote(99, 2**63 - 1), "negative or absurd"),
        (quote(99, 101, -1), "quantity is negative"),
        (quote(99, 101, 5, 0), "ask has a price or a quantity"),
        (msgspec.structs.replace(quote(0, 101), bid_quantity=Quantity(5)), "bid has a price"),
        (trade(0, 1), "absurd"),
        (trade(-5, 1), "absurd"),
        (trade(100, 0), "absurd"),
        (trade(INCREMENTS_MAX + 1, 1), "absurd"),
        (snapshot([(0, 1)], []), "not above 0"),
        (snapshot([(99, -1)], []), "quantity is negative"),
        (snapshot([], [(2**63 - 1, 1)]), "absurd"),
    ],
)
def test_data_that_cannot_be_true_is_refused_and_changes_nothing(
    absurd: Input, reason: str
) -> None:
    """Invariant 11, B-SOR-04: an absurd number never becomes a price."""
    rig = Rig(WHOLE)
    before = book(rig)
    kept = (before.bid_price, before.ask_price, before.last_price, before.reason)
    [refused] = rig.give(absurd)
    assert isinstance(refused, InputRefused)
    assert reason in refused.reason
    assert (before.bid_price, before.ask_price, before.last_price, before.reason) == kept


def test_the_largest_and_the_smallest_price_that_can_be_true_are_taken() -> None:
    """The borders themselves pass."""
    rig = Rig()
    assert rig.give(quote(1, INCREMENTS_MAX, 1, 1), trade(INCREMENTS_MAX, 1), trade(1, 1)) == []
    assert (book(rig).bid_price, book(rig).ask_price) == (1, INCREMENTS_MAX)
    assert rig.give(snapshot([(1, 1)], [(INCREMENTS_MAX, 1)])) == []
    assert (book(rig).bid_price, book(rig).last_price) == (1, 1)


def test_a_change_sets_levels_and_the_touch() -> None:
    """The life of a quote: what the venue changed is what the book shows."""
    rig = Rig(WHOLE)
    assert rig.give(change([(100, 2)], [(101, 0), (102, 7)])) == []
    assert book(rig).levels(BUY, 5) == [(100, 2), (99, 5)]
    assert (book(rig).bid_price, book(rig).ask_price) == (100, 102)


def test_a_change_out_of_order_loses_the_book() -> None:
    """Invariant 11: the levels without it are no book that ever was."""
    rig = Rig(WHOLE, change([(98, 1)], [], update=5))
    refused, stale = rig.give(change([(97, 1)], [], update=4))
    assert isinstance(refused, InputRefused)
    assert "older than the book" in refused.reason
    assert isinstance(stale, BookStale)
    assert rig.give(snapshot([(99, 5)], [(101, 4)], update=3)) == [BookRestored(ONE)]
    assert rig.give(change([(97, 1)], [], update=4), change([(97, 1)], [], update=4)) == []


def test_a_trade_becomes_the_last_price() -> None:
    """It stands with the time at which it reached us, not with the venue's."""
    rig = Rig()
    rig.give(trade(103, 2))
    assert (book(rig).last_price, book(rig).last_time) == (103, rig.time)


def test_a_refused_change_loses_the_book() -> None:
    """Invariant 11: what it meant is not known, so the levels are not either."""
    rig = Rig(WHOLE)
    refused, stale = rig.give(change([(99, -1)], []))
    assert isinstance(refused, InputRefused)
    assert stale == BookStale(ONE, "a refused change: a quantity is negative")
    assert rig.give(snapshot([(99, 5)], [(101, 4)], update=9)) == [BookRestored(ONE)]


def test_a_book_says_once_that_it_is_crossed_and_once_that_it_is_not() -> None:
    """B-MON-03: a fact for each change, none for each quote."""
    rig = Rig()
    crossed = rig.give(quote(101, 101, update=1), quote(101, 101, update=2))
    assert crossed == [BookStale(ONE, "crossed: bid 101 >= ask 101 (increments)")]
    assert rig.give(quote(99, 101, update=3), quote(99, 102, update=4)) == [BookRestored(ONE)]


def test_a_new_reason_to_disbelieve_is_told() -> None:
    """A book that is crossed more, or lost as well, is another fact."""
    rig = Rig(WHOLE, quote(101, 101, update=2))
    assert rig.give(quote(102, 101, update=3), BookGap(ONE, "hole")) == [
        BookStale(ONE, "crossed: bid 102 >= ask 101 (increments)"),
        BookStale(ONE, "hole"),
    ]


def test_a_gap_without_a_reason_still_has_one() -> None:
    """A stale book always says why: an empty reason would read as a good book."""
    rig = Rig(WHOLE)
    assert rig.give(BookGap(ONE, "")) == [BookStale(ONE, "the feed lost its place")]
    assert book(rig).stale


def test_a_lost_book_stays_stale_until_its_snapshot() -> None:
    """Control 31: nothing but the venue's own whole book mends it."""
    rig = Rig(WHOLE, BookGap(ONE, "hole"))
    assert rig.give(change([(98, 1)], []), quote(99, 101, update=5)) == []
    assert book(rig).stale
    assert rig.give(snapshot([(99, 1)], [(101, 1)], update=6)) == [BookRestored(ONE)]


def test_the_first_data_makes_a_book_believable() -> None:
    """And that is a fact too: until then nobody may read a price."""
    third = InstrumentId(3)
    rig = Rig(instrument(instrument=third, symbol="NEW"))
    assert rig.give(quote(99, 101, instrument=3)) == [BookRestored(third)]


def test_books_of_two_instruments_do_not_touch_each_other() -> None:
    """A gap in one is no gap in the other."""
    rig = Rig(WHOLE, snapshot([(50, 1)], [(60, 1)], number=2))
    rig.give(BookGap(ONE, "hole"))
    other = rig.machine.books.get(InstrumentId(2))
    assert other is not None
    assert not other.stale
    assert other.touch_time == Nanos(rig.time)


# --- halts ----------------------------------------------------------------------------------------


def test_a_halt_lets_no_order_in_until_the_venue_trades_again() -> None:
    """Control 31: the book may be good; there is nobody to trade with."""
    rig = Rig()
    assert rig.give(TradingStatus(ONE, False, "volatility")) == []
    assert book(rig).halted == "volatility"
    assert not book(rig).stale
    assert "instrument_tradable" in rig.refused(submit(1))
    rig.give(TradingStatus(ONE, True, "volatility"))
    rig.give(submit(2))
    assert rig.working() == 8


def test_a_halt_without_a_reason_still_has_one() -> None:
    """An empty reason would read as tradable."""
    rig = Rig(TradingStatus(ONE, False))
    assert book(rig).halted == "the venue does not trade it"


def test_a_halt_leaves_what_works_as_it_is() -> None:
    """The venue keeps its orders, and says so where it does not."""
    rig = Rig(submit(1), accepted(1))
    rig.give(TradingStatus(ONE, False))
    assert rig.working() == 8


# --- what it is worth -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "rise", "fall"),
    [
        (MarkPolicy.TOUCH, quote(110, 111), quote(99, 101)),
        (MarkPolicy.MID, quote(109, 111), quote(99, 101)),
        (MarkPolicy.LAST, trade(110, 1), trade(99, 1)),
        (MarkPolicy.TOUCH, snapshot([(110, 1)], [(111, 1)]), snapshot([(99, 1)], [(101, 1)])),
        (MarkPolicy.TOUCH, change([(110, 1)], [(111, 1)], 3), change([(110, 0)], [], 4)),
    ],
    ids=["quote", "mid", "trade", "snapshot", "change"],
)
def test_every_price_that_moves_is_a_point_of_the_track_record(
    policy: MarkPolicy, rise: Input, fall: Input
) -> None:
    """B-POS-10: 8 at 100 stood 80 higher, if only for a moment."""
    rig = Rig(submit(1), accepted(1), filled(1, 8, "E1"))
    whole = snapshot([(99, 5)], [(112, 4)])
    rig.give(MarkPolicyChange(policy, Nanos(0), "ann", "as agreed"), trade(100, 1), whole)
    rig.give(rise, fall)
    assert figures(rig.machine.state, rig.account()).high_water == CASH + 80


def test_what_a_lost_book_held_last_is_no_point_of_the_track_record() -> None:
    """B-POS-07: while a mark is missing nothing is known, and no high is invented."""
    two: dict[str, Any] = {"instrument": InstrumentId(2)}
    rig = Rig(submit(1), accepted(1), filled(1, 8, "E1"))
    rig.give(submit(2, **two), accepted(2, 2), filled(2, 8, "E2", **two))
    rig.give(BookGap(ONE, "hole"), quote(110, 111, instrument=2), quote(99, 101, instrument=2))
    assert figures(rig.machine.state, rig.account()).high_water == CASH
