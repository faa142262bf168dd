"""A book by order is what a list of orders is, after every one of very many changes."""

import os
from random import Random

import pytest

from fairlead.machine.book_side import BookSide
from fairlead.machine.books import Book
from fairlead.machine.machine import Machine
from fairlead.machine.order_book import OrderBook, absurd_orders
from fairlead.model.inputs import (
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReplaced,
    InstrumentDefinition,
    QueuedOrders,
)
from fairlead.model.outputs import BookRestored, BookStale, InputRefused, Output
from fairlead.model.units import Nanos, Price, Quantity, Sequence
from tests.machine.book_feeds import NO_TIME, ONE, Feeder
from tests.machine.build import BUY, PERPETUAL, SELL
from tests.machine.naive_books import Fed, NaiveBook

OPERATIONS = int(os.environ.get("FAIRLEAD_BOOK_OPERATIONS", "100000"))
SEEDS = 8


class Twins:
    """A machine and a naive book that hear the same."""

    def __init__(self, seed: int) -> None:
        """Begin with one instrument."""
        self.chance = Random(seed)
        self.naive = NaiveBook()
        self.feeder = Feeder(self.chance, self.naive)
        self.machine = Machine()
        self.machine.apply(Sequence(1), Nanos(1), InstrumentDefinition(PERPETUAL))
        found = self.machine.books.get(ONE)
        assert found is not None
        self.book: Book = found

    def step(self, number: int) -> tuple[Fed, bool]:
        """Let both take what comes next; hold one against the other. Return it, and if refused."""
        fed = self.feeder.next()
        reason = self.book.reason
        sequence = Sequence(number + 2)
        outputs = self.machine.apply(sequence, Nanos(number + 2), fed)
        refused = self.naive.take(fed)
        self.compare_facts(fed, outputs, refused, reason)
        self.compare_levels()
        return fed, refused

    def compare_facts(self, fed: Fed, outputs: list[Output], refused: bool, reason: str) -> None:
        """Check that a refusal is recorded first, and a book that changed its mind says so."""
        expected: list[type] = [InputRefused] if refused else []
        if self.book.reason != reason:
            expected.append(BookStale if self.naive.stale else BookRestored)
        assert [type(output) for output in outputs] == expected, (fed, outputs)
        assert self.book.stale is self.naive.stale, (fed, self.book.reason)
        assert self.book.last_price == self.naive.last, fed

    def compare_levels(self) -> None:
        """Check levels, counts and touch, as far as there is a book."""
        naive, book = self.naive, self.book
        if naive.lost:
            return
        bids, asks = naive.side(BUY), naive.side(SELL)
        assert (book.orders is not None) is (naive.kind == "orders")
        if book.orders is not None:
            assert book.orders.levels(BUY, 99) == bids
            assert book.orders.levels(SELL, 99) == asks
            assert len(book.orders) == len(naive.orders)
        assert book.levels(BUY, 99) == [level[:2] for level in bids]
        assert book.levels(SELL, 99) == [level[:2] for level in asks]
        touch = (book.bid_price, book.bid_quantity, book.ask_price, book.ask_quantity)
        nobody = [(0, 0, 0)]
        assert touch == (*(bids or nobody)[0][:2], *(asks or nobody)[0][:2])

    def compare_places(self) -> None:
        """Check where every order stands in its queue."""
        orders = self.book.orders
        if self.naive.lost or orders is None:
            return
        queues = [
            one
            for side in (BUY, SELL)
            for price, _, _ in self.naive.side(side)
            for one in self.naive.queue(side, price)
        ]
        assert orders.whole() == tuple(
            (one.number, one.side, one.price, one.quantity) for one in queues
        )
        for one in queues:
            place = orders.place_of(one.number)
            assert place is not None
            assert (place.orders_ahead, place.quantity_ahead) == self.naive.place(one.number)
            assert (place.side, place.price, place.quantity) == (one.side, one.price, one.quantity)
        assert orders.place_of(-5) is None


@pytest.mark.timeout(0 if OPERATIONS > 100_000 else 120)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_book_is_what_a_list_of_orders_is(seed: int) -> None:
    """`FAIRLEAD_BOOK_OPERATIONS=3000000` runs as many over all seeds."""
    twins = Twins(seed)
    kinds: dict[type, int] = {}
    refusals = 0
    for number in range(OPERATIONS // SEEDS):
        fed, refused = twins.step(number)
        kinds[type(fed)] = kinds.get(type(fed), 0) + 1
        refusals += refused
        if number % 50 == 0:
            twins.compare_places()
    assert len(kinds) == 9, f"every kind of input came: {kinds}"
    assert refusals > 0


def an_order_book(*orders: tuple[int, int]) -> OrderBook:
    """Return a book of bids at 100 with these numbers and quantities."""
    book = OrderBook(BookSide(1), BookSide(-1))
    for number, quantity in orders:
        assert not book.add(number, BUY, Price(100), Quantity(quantity))
    return book


def ahead(book: OrderBook, order: int) -> tuple[int, int]:
    """Return how many orders stand before one, and how much has to trade before it does."""
    place = book.place_of(order)
    assert place is not None
    return place.orders_ahead, place.quantity_ahead


def test_an_order_that_is_reduced_keeps_its_place_and_one_that_is_replaced_loses_it() -> None:
    book = an_order_book((1, 5), (2, 7), (3, 9))
    assert not book.take(1, Quantity(4))
    assert ahead(book, 3) == (2, 8)
    same = BookOrderReplaced(ONE, 1, 1, Price(100), Quantity(1), NO_TIME)
    assert not book.apply(same)
    assert (ahead(book, 2), ahead(book, 3), ahead(book, 1)) == ((0, 0), (1, 7), (2, 16))


def test_an_order_of_which_nothing_is_left_is_gone() -> None:
    book = an_order_book((1, 5), (2, 7))
    assert not book.apply(BookOrderExecuted(ONE, 1, Quantity(5), Price(0), "t", NO_TIME))
    assert (len(book), ahead(book, 2), book.count_at(BUY, Price(100))) == (1, (0, 0), 1)
    assert not book.remove(2)
    assert (len(book), book.queue_at(BUY, Price(100)), book.levels(BUY, 9)) == (0, None, [])


def test_a_change_that_cannot_be_true_changes_nothing() -> None:
    book = an_order_book((1, 5), (2, 7))
    before = book.content()
    for change in (
        BookOrderAdded(ONE, 1, SELL, Price(101), Quantity(1), NO_TIME),
        BookOrderExecuted(ONE, 1, Quantity(6), Price(0), "t", NO_TIME),
        BookOrderReplaced(ONE, 1, 2, Price(99), Quantity(1), NO_TIME),
        BookOrderReplaced(ONE, 1, 3, Price(0), Quantity(1), NO_TIME),
    ):
        assert book.apply(change)
        assert book.content() == before


@pytest.mark.parametrize(
    ("orders", "problem"),
    [
        (((1, BUY, 99, 1), (1, SELL, 101, 1)), "order 1 stands there twice"),
        (((1, BUY, 0, 1),), "a price is not above 0"),
        (((1, BUY, 99, 0),), "a quantity is not above 0"),
        (((1, BUY, 99, 1), (2, BUY, 99, 1)), ""),
        ((), ""),
    ],
)
def test_a_whole_book_that_cannot_be_true_says_why(orders: QueuedOrders, problem: str) -> None:
    assert absurd_orders(orders).startswith(problem)
    assert bool(absurd_orders(orders)) is bool(problem)
