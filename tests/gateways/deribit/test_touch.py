"""A ticker is compared with the book once the book has gone past it, and never before."""

from fairlead.gateways.deribit.touch import TouchCheck
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.venue_book import TextSides, VenueBook
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from tests.gateways.venues import instrument

WHOLE = TextSides([("9.00", "1")], [("10.00", "2")])
TOUCH = (900, 1_000, 1_000, 2_000)


def checked() -> tuple[TouchCheck, VenueBook, Oracle]:
    book = VenueBook(instrument("BTC-PERPETUAL.VENUE"), FeedCounts())
    book.snapshot(WHOLE, 1, Nanos(10))
    oracle = Oracle("touch")
    return TouchCheck(book, oracle), book, oracle


def test_a_ticker_waits_for_changes_of_its_own_time() -> None:
    check, book, oracle = checked()
    after = (950, 5_000, 1_000, 2_000)
    check.ticker(after, Nanos(20))
    check.settle(Nanos(20))
    book.change(TextSides([("9.50", "5")], []), 2, Nanos(20))
    assert oracle.compared == 0
    check.settle(Nanos(21))
    assert (oracle.compared, oracle.equal) == (1, 1)


def test_a_ticker_that_shows_another_book_is_different_and_is_told() -> None:
    check, _, oracle = checked()
    check.ticker((901, 1_000, 1_000, 2_000), Nanos(20))
    check.settle(Nanos(21))
    assert (oracle.compared, oracle.different) == (1, 1)
    assert oracle.examples == [
        "BTC-PERPETUAL at 20: ticker (901, 1000, 1000, 2000), book (900, 1000, 1000, 2000)"
    ]


def test_a_later_ticker_settles_one_that_is_a_second_old() -> None:
    check, _, oracle = checked()
    check.ticker(TOUCH, Nanos(20))
    check.ticker(TOUCH, Nanos(20 + NANOS_PER_SECOND))
    assert oracle.compared == 0
    check.ticker(TOUCH, Nanos(21 + NANOS_PER_SECOND))
    assert (oracle.compared, oracle.equal) == (1, 1)


def test_what_cannot_be_compared_is_skipped() -> None:
    check, book, oracle = checked()
    check.ticker(TOUCH, Nanos(20))
    book.lose("silent")
    check.settle(Nanos(21))
    assert oracle.skipped == {"no book": 1}
    for _ in range(101):
        check.ticker(TOUCH, Nanos(30))
    assert oracle.skipped == {"no book": 1, "the book did not go on": 1}
    assert oracle.compared == 0
