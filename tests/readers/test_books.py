"""A book outside the machine is the book inside it."""

from random import Random

import pytest

from fairlead.machine.books import Book
from fairlead.machine.machine import Machine
from fairlead.model.inputs import InstrumentDefinition
from fairlead.model.outputs import InputRefused
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.books import follow
from tests.machine.book_feeds import ONE, Feeder
from tests.machine.build import PERPETUAL
from tests.machine.naive_books import BUY, SELL, NaiveBook


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("told", [True, False])
def test_a_book_that_follows_a_feed_is_that_of_the_machine(seed: int, told: bool) -> None:
    """Whether somebody tells it what the machine refused, or it has to see for itself."""
    naive = NaiveBook()
    feeder = Feeder(Random(seed), naive)
    machine, followed = Machine(), Book(ONE)
    machine.apply(Sequence(1), Nanos(1), InstrumentDefinition(PERPETUAL))
    for number in range(2, 2_000):
        fed, time = feeder.next(), Nanos(number)
        naive.take(fed)
        outputs = machine.apply(Sequence(number), time, fed)
        refused = any(isinstance(output, InputRefused) for output in outputs)
        follow(followed, fed, refused if told else None, time)
        book = machine.books.get(ONE)
        assert book is not None
        assert shown(followed) == shown(book)


def shown(book: Book) -> list[object]:
    """Return what a book shows, but for why it is not to be believed."""
    touch = (book.bid_price, book.bid_quantity, book.ask_price, book.ask_quantity)
    last = (book.last_price, book.last_time, book.last_aggressor)
    levels = (book.levels(BUY, 99), book.levels(SELL, 99))
    orders = None if book.orders is None else book.orders.whole()
    return [book.stale, touch, book.touch_time, last, levels, orders]
