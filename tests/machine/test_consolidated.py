"""The books of several venues as one: merged by price, nothing invented, what is wrong told."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.books import Book
from fairlead.machine.consolidated import (
    ConsolidatedBook,
    Listing,
    MarketState,
    book_levels,
    thing_listed,
    unlike,
)
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.machine.build import BUY, PERPETUAL, SELL, quote

NOW = Nanos(1_000)
VENUES = ("BINANCE", "KRAKEN", "OKX")
Levels = list[tuple[int, int]]


def listing(number: int, bids: Levels, asks: Levels, **terms: Any) -> Listing:
    """Return a listing of ETHUSDT with a book of these levels."""
    venue = VENUES[number - 1]
    of_venue = {"instrument": InstrumentId(number), "venue": venue, "symbol": f"ETHUSDT.{venue}"}
    instrument = msgspec.structs.replace(PERPETUAL, **{**of_venue, **terms})
    book = Book(InstrumentId(number))
    whole = [tuple((Price(p), Quantity(q)) for p, q in side) for side in (bids, asks)]
    book.snapshot(whole[0], whole[1], UpdateId(1), NOW)
    return Listing(instrument, book)


def told(book: ConsolidatedBook, side: Side, depth: int = 9) -> list[tuple[int, int, str]]:
    """Return price, quantity and who has it, best first."""
    return [
        (level.price, level.quantity, " ".join(f"{p.venue}:{p.quantity}" for p in level.parts))
        for level in book.levels(side, depth, NOW)
    ]


def test_levels_of_one_price_are_added_up_and_say_whose_they_are() -> None:
    both = ConsolidatedBook(
        [
            listing(1, [(99, 5), (98, 7)], [(101, 4)]),
            listing(2, [(99, 1), (97, 2)], [(102, 6), (101, 1)]),
        ]
    )
    assert told(both, BUY) == [
        (99, 6, "BINANCE:5 KRAKEN:1"),
        (98, 7, "BINANCE:7"),
        (97, 2, "KRAKEN:2"),
    ]
    assert told(both, SELL) == [(101, 5, "BINANCE:4 KRAKEN:1"), (102, 6, "KRAKEN:6")]
    assert told(both, SELL, 1) == [(101, 5, "BINANCE:4 KRAKEN:1")]
    assert told(both, SELL, 0) == []
    assert (both.state(NOW), both.explanation(NOW)) == (MarketState.NORMAL, "")


def test_everything_is_counted_in_the_finest_decimals_of_all_venues() -> None:
    """99.5 with one decimal is 99.50 with two; 3 whole ones are 3.000."""
    coarse = listing(1, [(995, 3)], [], price_decimals=1, money_decimals=8)
    fine = listing(2, [(9_951, 2_500)], [], quantity_decimals=3, money_decimals=8)
    both = ConsolidatedBook([coarse, fine])
    assert (both.price_decimals, both.quantity_decimals) == (2, 3)
    assert told(both, BUY) == [(9_951, 2_500, "KRAKEN:2500"), (9_950, 3_000, "BINANCE:3000")]


@pytest.mark.parametrize(
    ("bid", "state", "explanation"),
    [
        (100, MarketState.NORMAL, ""),
        (101, MarketState.LOCKED, "locked: KRAKEN bids 101, BINANCE asks 101 (increments)"),
        (102, MarketState.CROSSED, "crossed: KRAKEN bids 102, BINANCE asks 101 (increments)"),
    ],
)
def test_venues_that_lock_or_cross_each_other_are_told(
    bid: int, state: MarketState, explanation: str
) -> None:
    """Each of them is true by itself: nothing is left out."""
    both = ConsolidatedBook([listing(1, [(99, 5)], [(101, 4)]), listing(2, [(bid, 1)], [(103, 1)])])
    assert (both.state(NOW), both.explanation(NOW)) == (state, explanation)
    assert told(both, BUY, 1) == [(bid, 1, "KRAKEN:1")]


def test_a_venue_that_is_not_to_be_believed_does_not_count_and_is_named() -> None:
    """Invariant 11: stale, crossed by itself, halted, too old."""
    stale, halted = listing(1, [(99, 5)], [(101, 4)]), listing(2, [(100, 5)], [(101, 4)])
    good = listing(3, [(98, 1)], [(103, 1)])
    stale.book.lose("a hole")
    halted.book.halted = "volatility"
    every = ConsolidatedBook([stale, halted, good])
    assert told(every, BUY) == [(98, 1, "OKX:1")]
    assert [(one.venue, one.reason) for one in every.excluded(NOW)] == [
        ("BINANCE", "a hole"),
        ("KRAKEN", "the venue does not trade it: volatility"),
    ]
    aged = ConsolidatedBook([good], age_max=Nanos(10))
    assert aged.state(Nanos(NOW + 10)) is MarketState.NORMAL
    assert aged.state(Nanos(NOW + 11)) is MarketState.EMPTY
    assert aged.explanation(Nanos(NOW + 11)) == (
        "OKX does not count: its touch is 11 ns old, expected at most 10"
    )


def test_a_market_without_one_side_says_so() -> None:
    one = ConsolidatedBook([listing(1, [(99, 5)], []), listing(2, [], [])])
    assert one.state(NOW) is MarketState.ONE_SIDED
    assert one.best(SELL, NOW) is None
    assert ConsolidatedBook([listing(1, [], [])]).state(NOW) is MarketState.EMPTY


def test_a_quote_that_is_newer_than_the_levels_comes_first() -> None:
    """What stands better than it in the levels is gone; what stands at it has its quantity."""
    one = listing(1, [(99, 5), (98, 4), (97, 3), (96, 2)], [(101, 4), (102, 1)])
    one.book.quote(quote(97, 100, 9, 8, update=2), NOW)
    assert book_levels(one.book, BUY, 2) == [(97, 9), (96, 2)]
    assert book_levels(one.book, BUY, 1) == [(97, 9)]
    assert book_levels(one.book, BUY, 0) == []
    assert book_levels(one.book, SELL, 9) == [(100, 8), (101, 4), (102, 1)]


def test_a_book_of_quotes_alone_is_one_level() -> None:
    book = Book(InstrumentId(1))
    book.quote(quote(99, 101, 5, 6), NOW)
    assert (book_levels(book, BUY, 9), book_levels(book, SELL, 9)) == ([(99, 5)], [(101, 6)])


sides = st.dictionaries(st.integers(90, 99), st.integers(1, 9), max_size=6)


@given(books=st.lists(st.tuples(sides, sides), min_size=1, max_size=3), depth=st.integers(0, 8))
def test_the_view_is_what_all_levels_in_one_heap_are(
    books: list[tuple[dict[int, int], dict[int, int]]], depth: int
) -> None:
    listings = [
        listing(
            number,
            sorted(bids.items(), reverse=True),
            sorted((price + 10, quantity) for price, quantity in asks.items()),
        )
        for number, (bids, asks) in enumerate(books, 1)
    ]
    tested = ConsolidatedBook(listings)
    for side, away in ((BUY, 0), (SELL, 10)):
        heap: dict[int, list[str]] = {}
        for venue, of_venue in zip(VENUES, books, strict=False):
            for price, quantity in of_venue[side is SELL].items():
                heap.setdefault(price + away, []).append(f"{venue}:{quantity}")
        prices = sorted(heap, reverse=side is BUY)[:depth]
        expected = [
            (price, sum(int(part.split(":")[1]) for part in heap[price]), " ".join(heap[price]))
            for price in prices
        ]
        assert told(tested, side, depth) == expected


def test_a_name_says_what_is_listed_where() -> None:
    def named(symbol: str, venue: str) -> str:
        return thing_listed(msgspec.structs.replace(PERPETUAL, symbol=symbol, venue=venue))

    assert named("ETHUSDT.KRAKEN", "KRAKEN") == "ETHUSDT"
    assert named("BRK.B.NASDAQ", "NASDAQ") == "BRK.B"
    assert named("BRK.B", "NASDAQ") == "BRK.B"
    assert named("ETHUSDT", "KRAKEN") == "ETHUSDT"


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"kind": InstrumentKind.SPOT}, "ETHUSDT.KRAKEN is spot, ETHUSDT.BINANCE is not"),
        ({"currency": "EUR"}, "ETHUSDT.KRAKEN is priced in EUR, ETHUSDT.BINANCE is not"),
        ({"multiplier": 10}, "a contract of ETHUSDT.KRAKEN is another amount"),
        ({"multiplier": 10, "multiplier_decimals": 1, "money_decimals": 8}, ""),
    ],
)
def test_what_is_not_the_same_thing_is_not_added_up(terms: dict[str, Any], problem: str) -> None:
    listings = [listing(1, [], []), listing(2, [], [], **terms)]
    assert unlike(listings).startswith(problem)
    assert bool(unlike(listings)) is bool(problem)
    if problem:
        with pytest.raises(AssertionError, match=problem):
            ConsolidatedBook(listings)
