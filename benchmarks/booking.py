"""What a change of a book costs, by level and by order, beside reading a record of its size.

Every feed of books is a stream of small records: beside ours stands `struct.unpack` of one of 36
bytes, the size of an added order in ITCH, into plain numbers: the least that anybody has to do who
looks at it. Beside a change of a level stands also what one would write in an afternoon: a
dictionary of quantities and a sorted list of prices, without staleness, checks or another side.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from functools import partial
from itertools import repeat
from random import Random
from struct import Struct
from time import process_time_ns
from typing import Final

from benchmarks.measuring import Place, Row, Sizes, by_turns, row
from fairlead.machine.book_side import BookSide
from fairlead.machine.books import Book
from fairlead.model.inputs import (
    BookOrder,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderRemoved,
    BookOrderReplaced,
    Levels,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

NAME: Final = "books"
GOAL: Final = 0.89  # of dictionary and list: 165 of 186 ns, what the fastest peer takes
RECORD: Final = Struct(">cHHQQcIQH")  # as an added order: 36 bytes
PACKED: Final = RECORD.pack(b"A", 1, 2, 3, 4, b"B", 100, 1_000_000, 7)
SEED: Final = 36
MIDDLE: Final = 100_000
AWAY: Final = 30  # ticks from the touch, on average
AWAY_MAX: Final = 400
BOOK: Final = 5_000  # orders in a book: a busy stock has a few thousand
ONE: Final = InstrumentId(1)
NO_TIME: Final = Nanos(0)
UNPACK: Final = "struct.unpack of 36 bytes"
PLAIN: Final = "a dictionary and a sorted list"

Change = tuple[Price, Quantity]
Orders = tuple[list[BookOrder], list[BookOrder]]  # those that come before, and those that count


def measure(sizes: Sizes, place: Place) -> Iterator[Row]:
    """Yield rows for levels, then for orders."""
    changes = _changes(sizes.quotes)
    count = len(changes)
    side, book = partial(_side, changes), partial(_book, _of_a_book(changes))
    plain, unpack = partial(_plain, changes), partial(_unpack, count)
    for what, ours, theirs, against, goal in (
        ("a level of one side", side, plain, PLAIN, GOAL),
        ("a level of a book", book, plain, PLAIN, GOAL),
        ("a level of a book", book, unpack, UNPACK, None),
    ):
        pairs = by_turns(ours, theirs, sizes, count)
        yield row(NAME, what, "ns per change", against, pairs, goal)
    for what, orders in _orders(sizes.quotes):
        count = sum(len(counted) for _, counted in orders)
        pairs = by_turns(partial(_by_order, orders), partial(_unpack, count), sizes, count)
        yield row(NAME, f"an order {what}", "ns per order", UNPACK, pairs)


# --- what is measured -----------------------------------------------------------------------------


def _side(changes: list[Change]) -> int:
    """Change the levels of one side; what stands at the best price is known after each."""
    side = BookSide(1)
    change = side.set
    began = process_time_ns()
    for price, quantity in changes:
        change(price, quantity)
    took = process_time_ns() - began
    assert side.best_quantity > 0, "there is a market"
    return took


def _book(changes: list[tuple[Levels, Levels]]) -> int:
    """Change one level at a time of a book: touch, staleness and what moved are known after it."""
    book = Book(ONE)
    book.snapshot(((Price(MIDDLE), Quantity(1)),), (), UpdateId(0), NO_TIME)
    change, update = book.change, UpdateId(1)
    began = process_time_ns()
    for bids, asks in changes:
        change(bids, asks, update, NO_TIME)
    took = process_time_ns() - began
    assert not book.stale, "the changes cross nothing"
    return took


def _by_order(days: list[Orders]) -> int:
    """Apply what becomes of orders in books that are kept by order."""
    took = 0
    for before, counted in days:
        book = Book(ONE)
        book.all_orders((), UpdateId(0), NO_TIME)
        change = book.order_change
        for one in before:
            change(one, NO_TIME)
        began = process_time_ns()
        for one in counted:
            change(one, NO_TIME)
        took += process_time_ns() - began
        assert not book.stale, "the orders are true, and cross nothing"
    return took


# --- what stands beside it ------------------------------------------------------------------------


class _PlainSide:
    def __init__(self) -> None:
        self.quantities: dict[int, int] = {}
        self.prices: list[int] = []

    def set(self, price: int, quantity: int) -> int:
        """Return the best price after the change."""
        if quantity:
            if price not in self.quantities:
                insort(self.prices, price)
            self.quantities[price] = quantity
        elif price in self.quantities:
            del self.quantities[price]
            del self.prices[bisect_left(self.prices, price)]
        return self.prices[-1] if self.prices else 0


def _plain(changes: list[Change]) -> int:
    side = _PlainSide()
    change = side.set
    began = process_time_ns()
    for price, quantity in changes:
        change(price, quantity)
    took = process_time_ns() - began
    assert side.prices, "there is a market"
    return took


def _unpack(count: int) -> int:
    unpack = RECORD.unpack
    began = process_time_ns()
    for _ in repeat(None, count):
        unpack(PACKED)
    return process_time_ns() - began


# --- from one seed --------------------------------------------------------------------------------


def _changes(count: int) -> list[Change]:
    """Return changes of bids, most of them near the touch; three of ten take a level away."""
    chance = Random(SEED)  # noqa: S311 - a benchmark, from a fixed seed
    return [
        (
            Price(MIDDLE - min(int(chance.expovariate(1 / AWAY)), AWAY_MAX)),
            Quantity(0 if chance.random() < 0.3 else chance.randrange(1, 1_000)),
        )
        for _ in range(count)
    ]


def _of_a_book(changes: list[Change]) -> list[tuple[Levels, Levels]]:
    """Return the same changes, every other one as an ask that is as far away."""
    found: list[tuple[Levels, Levels]] = []
    for number, (price, quantity) in enumerate(changes):
        ask = Price(2 * MIDDLE + 1 - price)
        found.append(((), ((ask, quantity),)) if number % 2 else (((price, quantity),), ()))
    return found


def _orders(count: int) -> Iterator[tuple[str, list[Orders]]]:
    """Yield what can become of orders, in books of so many: in any order but that of adding."""
    books = [_added(min(BOOK, count - begun)) for begun in range(0, count, BOOK)]
    yield "added", [([], added) for added in books]
    for what, made in (("executed in part", _executed), ("removed", _removed), ("replaced", _new)):
        # Made in the order in which they come: a feed has just made what it gives to a book.
        yield what, [(added, [made(one) for one in _shuffled(added)]) for added in books]


def _added(count: int) -> list[BookOrder]:
    return [
        BookOrderAdded(
            ONE,
            number,
            Side.SELL if number % 2 else Side.BUY,
            Price(2 * MIDDLE + 1 - price) if number % 2 else price,
            Quantity(100),
            NO_TIME,
        )
        for number, (price, _) in enumerate(_changes(count))
    ]


def _executed(added: BookOrder) -> BookOrder:
    return BookOrderExecuted(ONE, added.order, Quantity(1), Price(0), "t", NO_TIME)


def _removed(added: BookOrder) -> BookOrder:
    return BookOrderRemoved(ONE, added.order, NO_TIME)


def _new(added: BookOrder) -> BookOrder:
    assert isinstance(added, BookOrderAdded)
    number = added.order + BOOK
    return BookOrderReplaced(ONE, added.order, number, added.price, Quantity(7), NO_TIME)


def _shuffled(orders: list[BookOrder]) -> list[BookOrder]:
    return Random(SEED).sample(orders, len(orders))  # noqa: S311 - likewise
