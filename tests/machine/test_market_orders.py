"""What the orders of others, their trades and the word of a venue do to a book."""

import pytest

from fairlead.machine.books import NEVER, Book
from fairlead.machine.performance import figures
from fairlead.model.inputs import (
    AuctionIndication,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderRemoved,
    BookOrders,
    FeedSourceChanged,
    InstrumentSplit,
    MarkPolicyChange,
    Trade,
    TradeBusted,
)
from fairlead.model.outputs import BookStale, InputRefused
from fairlead.model.terms import MarkPolicy, Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.node import image
from tests.machine.build import BUY, CASH, NO_TIME, SELL, Rig, accepted, filled, submit

ONE = InstrumentId(1)
WHOLE = BookOrders(
    ONE,
    (
        (1, BUY, Price(99), Quantity(5)),
        (2, BUY, Price(99), Quantity(3)),
        (3, SELL, Price(101), Quantity(4)),
    ),
    UpdateId(0),
    NO_TIME,
)


def trade(price: int, name: str, aggressor: Side | None = BUY) -> Trade:
    """Return a trade of others."""
    return Trade(ONE, Price(price), Quantity(1), aggressor, name, NO_TIME)


def executed(order: int, quantity: int, price: int = 0, name: str = "T") -> BookOrderExecuted:
    """Return a trade of an order in the book."""
    return BookOrderExecuted(ONE, order, Quantity(quantity), Price(price), name, NO_TIME)


def bust(name: str) -> TradeBusted:
    """Return the end of a trade that never was."""
    return TradeBusted(ONE, name, NO_TIME)


def book(rig: Rig) -> Book:
    """Return the book of instrument 1."""
    found = rig.machine.books.get(ONE)
    assert found is not None
    return found


def last(rig: Rig) -> tuple[int, int]:
    """Return the last price, and when it was."""
    return book(rig).last_price, book(rig).last_time


# --- executions are trades ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "price", "expected", "took"),
    [(1, 0, 99, SELL), (3, 0, 101, BUY), (3, 100, 100, BUY)],
)
def test_an_execution_is_a_trade_at_the_price_of_the_order_or_its_own(
    order: int, price: int, expected: int, took: Side
) -> None:
    rig = Rig(WHOLE, executed(order, 2, price))
    assert last(rig) == (expected, rig.time)
    assert book(rig).last_aggressor is took


def test_the_last_of_an_order_trades_at_its_price_too() -> None:
    rig = Rig(WHOLE, executed(3, 4))
    assert last(rig) == (101, rig.time)
    assert (book(rig).ask_price, book(rig).last_aggressor) == (0, BUY)


def test_a_refused_execution_is_no_trade() -> None:
    rig = Rig(WHOLE, trade(100, "A"))
    before = last(rig)
    refused, stale = rig.give(executed(1, 6))
    assert isinstance(refused, InputRefused)
    assert isinstance(stale, BookStale)
    assert last(rig) == before


def test_in_a_lost_book_only_an_execution_that_says_its_price_is_a_trade() -> None:
    rig = Rig(WHOLE, BookOrderRemoved(ONE, 77, NO_TIME))
    assert book(rig).stale
    assert rig.give(executed(1, 1)) == []
    assert last(rig) == (0, NEVER)
    assert rig.give(executed(1, 1, 98), executed(1, 0, 97)) == []
    assert book(rig).last_price == 98


# --- busts ----------------------------------------------------------------------------------------


def test_a_busted_trade_gives_way_to_the_one_before() -> None:
    rig = Rig(WHOLE, trade(100, "A"))
    before = last(rig)
    rig.give(trade(150, "B"))
    assert rig.give(bust("B")) == []
    assert last(rig) == before
    assert book(rig).last_aggressor is None
    rig.give(bust("A"))  # of the one before nothing but its price is known
    assert last(rig) == before


def test_a_bust_of_another_trade_or_of_one_without_a_name_changes_nothing() -> None:
    rig = Rig(trade(100, ""), bust(""), bust("X"))
    assert book(rig).last_price == 100


def test_no_price_from_before_a_split_comes_back_with_a_bust() -> None:
    rig = Rig(trade(100, "A"), trade(102, "B"), InstrumentSplit(ONE, 2, 1, "s"))
    assert book(rig).last_price == 51
    rig.give(bust("B"))
    assert last(rig) == (0, NEVER)


def test_positions_are_valued_anew_after_a_bust() -> None:
    """B-POS-10: eight at 100 stand 400 higher by the trade that is the last again."""
    rig = Rig(trade(150, "A"), trade(100, "B"))
    rig.give(MarkPolicyChange(MarkPolicy.LAST, Nanos(0), "ann", "as agreed"))
    rig.give(submit(1), accepted(1), filled(1, 8, "E1"))
    assert figures(rig.machine.state, rig.account()).high_water == CASH
    rig.give(bust("B"))
    assert figures(rig.machine.state, rig.account()).high_water == CASH + 400


# --- what a venue says beside its orders ----------------------------------------------------------


def test_the_last_indication_and_the_source_are_kept() -> None:
    indication = AuctionIndication(
        *(ONE, Price(100), Quantity(50), Quantity(7), BUY, Price(100), Price(99), Price(100)),
        venue_time=NO_TIME,
    )
    rig = Rig(WHOLE)
    digest = rig.machine.digest()
    assert rig.give(indication, FeedSourceChanged(ONE, "backup", "silent")) == []
    assert (book(rig).indication, book(rig).source) == (indication, "backup")
    assert not book(rig).stale
    assert book(rig).reference == 100
    assert rig.machine.digest() != digest


def test_an_indication_does_not_outlive_a_split() -> None:
    indication = AuctionIndication(
        *(ONE, Price(100), Quantity(50), Quantity(7), None, Price(0), Price(0), Price(0)),
        venue_time=NO_TIME,
    )
    rig = Rig(indication, InstrumentSplit(ONE, 2, 1, "s"))
    assert book(rig).indication is None


# --- by order and a corporate action ------------------------------------------------------------


def test_orders_do_not_outlive_a_split() -> None:
    """Their prices meant something else; the venue says all of them again."""
    rig = Rig(WHOLE, InstrumentSplit(ONE, 2, 1, "s"))
    assert book(rig).levels(BUY, 9) == []
    assert rig.give(BookOrderAdded(ONE, 9, BUY, Price(49), Quantity(1), NO_TIME)) == []
    assert book(rig).stale
    rig.give(BookOrders(ONE, ((9, BUY, Price(49), Quantity(1)),), UpdateId(0), NO_TIME))
    assert not book(rig).stale


# --- what others make of it -----------------------------------------------------------------------


def test_a_book_by_order_comes_back_from_an_image_and_goes_on() -> None:
    rig = Rig(WHOLE, executed(1, 2))
    kept = image.decode(image.encode(rig.machine, {}), {})
    assert kept.digest() == rig.machine.digest()
    found = kept.books.get(ONE)
    for each in (book(rig), found):
        each.order_change(executed(1, 3), Nanos(9))
    assert found.content() == book(rig).content()
    assert found.bids.best_quantity == found.bid_quantity == 3
