"""A shadow says in one input what the machine's own book would be after all of them."""

import pytest

from fairlead.gateways.shadow_book import ShadowBook
from fairlead.machine.books import Book
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Quote,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.simulator.chance import Chance

ONE = InstrumentId(1)
ZERO = Nanos(0)


def levels(*pairs: tuple[int, int]) -> tuple[tuple[Price, Quantity], ...]:
    return tuple((Price(price), Quantity(quantity)) for price, quantity in pairs)


def book(
    bids: tuple[tuple[int, int], ...], asks: tuple[tuple[int, int], ...], update: int
) -> Input:
    return BookSnapshot(ONE, levels(*bids), levels(*asks), UpdateId(update), ZERO)


def change(
    bids: tuple[tuple[int, int], ...], asks: tuple[tuple[int, int], ...], update: int
) -> Input:
    return BookChange(ONE, levels(*bids), levels(*asks), UpdateId(update), ZERO)


def quote(bid: int, ask: int) -> Input:
    return Quote(ONE, Price(bid), Quantity(1), Price(ask), Quantity(1), UpdateId(3), ZERO)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_shadow_is_the_book(seed: int) -> None:
    chance, shadow, real = Chance(seed, 1), ShadowBook(ONE), Book(ONE)
    shadow.apply(book(((99, 5),), ((101, 5),), 1))
    real.snapshot(levels((99, 5)), levels((101, 5)), UpdateId(1), ZERO)
    for update in range(2, 300):
        bids = levels((99 - chance.below(20), chance.below(3)))
        asks = levels((101 + chance.below(20), chance.below(3)))
        shadow.apply(BookChange(ONE, bids, asks, UpdateId(update), ZERO))
        real.change(bids, asks, UpdateId(update), ZERO)
    said = shadow.said()
    assert isinstance(said, BookSnapshot)
    assert list(said.bids) == list(real.levels(Side.BUY, 100))
    assert list(said.asks) == list(real.levels(Side.SELL, 100))
    assert said.update == 299
    assert shadow.doubled_mid() == real.bid_price + real.ask_price


def test_by_order_places_are_kept() -> None:
    shadow = ShadowBook(ONE)
    begin = ((1, Side.BUY, Price(99), Quantity(5)), (2, Side.BUY, Price(99), Quantity(6)))
    shadow.apply(BookOrders(ONE, begin, UpdateId(1), ZERO))
    happened: list[Input] = [
        BookOrderAdded(ONE, 3, Side.SELL, Price(101), Quantity(7), ZERO),
        BookOrderReplaced(ONE, 1, 4, Price(99), Quantity(5), ZERO),  # loses its place
        BookOrderReduced(ONE, 2, Quantity(1), ZERO),
        BookOrderExecuted(ONE, 3, Quantity(2), Price(0), "t", ZERO),
        BookOrderAdded(ONE, 5, Side.SELL, Price(102), Quantity(1), ZERO),
        BookOrderRemoved(ONE, 5, ZERO),
        BookOrderAdded(ONE, 6, Side.SELL, Price(102), Quantity(1), ZERO),
        BookOrderExecuted(ONE, 6, Quantity(1), Price(0), "t", ZERO),
        BookOrderReduced(ONE, 77, Quantity(1), ZERO),  # of nobody
    ]
    for input in happened:
        shadow.apply(input)
    assert shadow.doubled_mid() == 200
    said = shadow.said()
    assert isinstance(said, BookOrders)
    assert said.orders == (
        (2, Side.BUY, 99, 5),
        (3, Side.SELL, 101, 5),
        (4, Side.BUY, 99, 5),
    )


def test_after_a_gap_nothing_is_said_until_the_next_book() -> None:
    shadow = ShadowBook(ONE)
    assert shadow.said() is None
    shadow.apply(book(((99, 5),), ((101, 5),), 1))
    shadow.apply(BookGap(ONE, "lost"))
    shadow.apply(change(((98, 1),), (), 5))
    shadow.apply(quote(98, 102))  # a touch makes no book whole
    assert not shadow.known
    assert shadow.said() is None
    assert shadow.doubled_mid() == 0
    shadow.apply(book(((90, 5),), (), 9))
    assert shadow.doubled_mid() == 0  # nobody sells
    assert shadow.said() == book(((90, 5),), (), 9)


def test_where_there_is_a_touch_alone_it_is_the_book() -> None:
    shadow = ShadowBook(ONE)
    shadow.apply(quote(98, 102))
    assert shadow.known
    assert shadow.doubled_mid() == 200
    assert shadow.said() == book(((98, 1),), ((102, 1),), 3)
