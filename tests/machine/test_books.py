"""Books by price level: against a naive twin, and every way in which a book is not believed."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.books import NEVER, Book, Books
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Levels, Quote
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.machine.build import BUY, NO_TIME, SELL, quote

NOW: Final = Nanos(1_000)


def levels(*pairs: tuple[int, int]) -> Levels:
    """Return price levels."""
    return tuple((Price(price), Quantity(quantity)) for price, quantity in pairs)


def a_book() -> Book:
    """Return a book with two levels on each side, as of update 10."""
    book = Book(InstrumentId(1))
    book.snapshot(levels((99, 5), (98, 7)), levels((101, 4), (102, 6)), UpdateId(10), NOW)
    return book


def touch(book: Book) -> tuple[int, int, int, int]:
    """Return the best bid and ask with their quantities."""
    return (book.bid_price, book.bid_quantity, book.ask_price, book.ask_quantity)


# --- a whole book against a naive twin ------------------------------------------------------------

Feed = Quote | BookSnapshot | BookChange | BookGap


class Twin:
    """The rules of a book in the fewest words, at any cost."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.touch = (0, 0, 0, 0)
        self.update = 0
        self.confirmed = NEVER
        self.lost = False

    def take(self, data: Feed, time: Nanos) -> None:
        """Follow a feed of levels that began with a snapshot."""
        if isinstance(data, BookGap):
            self.lost, self.update = True, 0
        elif isinstance(data, Quote):
            if data.update >= self.update or data.update == 0:
                touch = (data.bid_price, data.bid_quantity, data.ask_price, data.ask_quantity)
                self.touch, self.update, self.confirmed = touch, data.update, time
        else:
            if isinstance(data, BookSnapshot):
                self.bids, self.asks, self.lost = {}, {}, False
            self.bids.update(data.bids)
            self.asks.update(data.asks)
            if data.update >= self.update and not self.lost:
                bid = max((price for price, quantity in self.bids.items() if quantity), default=0)
                ask = min((price for price, quantity in self.asks.items() if quantity), default=0)
                self.touch = (bid, self.bids.get(bid, 0), ask, self.asks.get(ask, 0))
                self.update, self.confirmed = data.update, time

    @property
    def stale(self) -> bool:
        """Whether no price may be read."""
        bid, _, ask, _ = self.touch
        high = max((price for price, quantity in self.bids.items() if quantity), default=0)
        low = min((price for price, quantity in self.asks.items() if quantity), default=high + 1)
        return self.lost or bool(bid and ask and bid >= ask) or high >= low


def tell(book: Book, data: Feed, time: Nanos) -> None:
    """Let a book follow a feed."""
    if isinstance(data, Quote):
        book.quote(data, time)
    elif isinstance(data, BookSnapshot):
        book.snapshot(data.bids, data.asks, data.update, time)
    elif isinstance(data, BookChange):
        book.change(data.bids, data.asks, data.update, time)
    else:
        book.lose(data.reason)


def some_levels(low: int, high: int) -> st.SearchStrategy[Levels]:
    """Return levels between two prices."""
    level = st.tuples(st.integers(low, high).map(Price), st.integers(0, 5).map(Quantity))
    return st.lists(level, max_size=4, unique_by=lambda level: level[0]).map(tuple)


# The ranges of bids and asks overlap, so that some books are crossed; updates jump back and forth.
updates = st.integers(0, 30)
whole_or_part = st.sampled_from([BookSnapshot, BookChange])
feeds = st.one_of(
    st.builds(
        lambda kind, *what: kind(InstrumentId(1), *what, NO_TIME),
        whole_or_part,
        some_levels(90, 101),
        some_levels(99, 110),
        updates.map(UpdateId),
    ),
    st.builds(quote, st.integers(90, 101), st.integers(99, 110), update=updates),
    st.just(BookGap(InstrumentId(1), "hole")),
)


@given(st.lists(feeds, max_size=25))
def test_a_book_is_what_its_naive_twin_is(feed: list[Feed]) -> None:
    """Levels, touch, freshness and staleness agree after every step of any feed."""
    book, twin = Book(InstrumentId(1)), Twin()
    start = BookSnapshot(InstrumentId(1), levels((99, 1)), levels((101, 1)), UpdateId(0), NO_TIME)
    for number, data in enumerate([start, *feed]):
        tell(book, data, Nanos(number))
        twin.take(data, Nanos(number))
        assert touch(book) == twin.touch
        assert book.touch_time == twin.confirmed
        assert book.stale is twin.stale
        for side, naive in ((BUY, twin.bids), (SELL, twin.asks)):
            standing = {price: quantity for price, quantity in naive.items() if quantity}
            assert dict(book.levels(side, 99)) == standing


# --- touch ----------------------------------------------------------------------------------------


def test_levels_are_given_best_first() -> None:
    """A strategy reads the market from the top."""
    book = a_book()
    assert book.levels(BUY, 5) == [(99, 5), (98, 7)]
    assert book.levels(SELL, 1) == [(101, 4)]
    assert book.levels(BUY, 0) == []


def test_the_touch_comes_from_a_quote_that_is_newer_than_the_levels() -> None:
    """A venue publishes its touch faster than its levels."""
    book = a_book()
    book.quote(quote(100, 101, 1, 2, update=11), NOW)
    assert touch(book) == (100, 1, 101, 2)
    assert book.levels(BUY, 1) == [(99, 5)]


def test_the_touch_never_goes_back() -> None:
    """Older levels change the levels, an older quote changes nothing."""
    book = a_book()
    book.quote(quote(100, 101, 1, 2, update=20), NOW)
    book.change(levels((98, 0)), (), UpdateId(15), NOW)
    book.quote(quote(90, 110, update=19), NOW)
    assert touch(book) == (100, 1, 101, 2)
    assert book.levels(BUY, 2) == [(99, 5)]
    book.change(levels((97, 1)), (), UpdateId(20), NOW)
    assert touch(book) == (99, 5, 101, 4)


def test_what_is_older_than_the_touch_does_not_make_it_fresh() -> None:
    """Invariant 11: a late depth feed says nothing about a quote that nobody repeated."""
    book = a_book()
    book.quote(quote(100, 101, update=20), NOW)
    late = Nanos(NOW + 5)
    book.change(levels((98, 1)), (), UpdateId(15), late)
    book.quote(quote(90, 110, update=19), late)
    assert book.touch_time == NOW
    book.change((), (), UpdateId(20), late)
    assert book.touch_time == late


def test_quotes_without_numbers_are_taken_as_they_come() -> None:
    """Some venues number nothing."""
    book = Book(InstrumentId(1))
    for bid in (99, 98, 99):
        book.quote(quote(bid, 101), NOW)
        assert book.bid_price == bid


def test_nobody_quoting_is_a_price_of_zero_and_no_reason_to_disbelieve() -> None:
    """An empty side is a fact about the market."""
    book = a_book()
    book.change(levels((99, 0), (98, 0)), (), UpdateId(11), NOW)
    assert touch(book) == (0, 0, 101, 4)
    assert not book.stale


def test_a_trade_is_remembered_and_moves_no_touch() -> None:
    """The last price stands beside the book."""
    book = a_book()
    book.trade(Price(105), NOW)
    assert (book.last_price, book.last_time, book.ask_price) == (105, NOW, 101)


# --- what is not to be believed -------------------------------------------------------------------


def test_a_book_begins_stale() -> None:
    """Invariant 11: no data is no price."""
    book = Book(InstrumentId(1))
    assert book.stale
    assert book.reason == "no market data yet"
    assert touch(book) == (0, 0, 0, 0)


@pytest.mark.parametrize("bid", [101, 102])
def test_a_locked_or_crossed_touch_is_stale_until_the_venue_uncrosses_it(bid: int) -> None:
    """Control 31: crossed; the reason shows both prices."""
    book = a_book()
    book.quote(quote(bid, 101, update=11), NOW)
    assert book.stale
    assert book.reason == f"crossed: bid {bid} >= ask 101 (increments)"
    book.quote(quote(100, 101, update=12), NOW)
    assert not book.stale


def test_levels_that_were_lost_are_mended_by_a_snapshot_alone() -> None:
    """Control 31: sequence hole. Neither a quote nor a change puts the levels right."""
    book = a_book()
    book.lose("3 updates are missing")
    book.quote(quote(99, 101, update=14), NOW)
    book.change(levels((99, 1)), (), UpdateId(15), NOW)
    assert book.reason == "3 updates are missing"
    book.snapshot(levels((97, 1)), levels((103, 1)), UpdateId(13), NOW)
    assert not book.stale
    assert touch(book) == (99, 10, 101, 10)  # the quote is newer than the snapshot


def test_levels_that_are_not_whole_give_no_touch() -> None:
    """Invariant 11: a change on a lost book has a number, but what it leaves is no price."""
    book = a_book()
    book.lose("gap")
    book.change(levels((50, 1), (99, 0)), (), UpdateId(30), NOW)
    book.snapshot(levels((97, 1)), levels((103, 1)), UpdateId(20), NOW)
    assert touch(book) == (97, 1, 103, 1)


def test_a_change_before_any_snapshot_is_not_a_book() -> None:
    """Invariant 11: a few levels are not the market."""
    book = Book(InstrumentId(1))
    book.change(levels((99, 1)), levels((101, 1)), UpdateId(1), NOW)
    assert book.reason == "a change came before any snapshot"
    assert touch(book) == (0, 0, 0, 0)
    book.quote(quote(99, 101, update=2), NOW)
    assert book.reason == "a change came before any snapshot"
    book.snapshot(levels((99, 1)), levels((101, 1)), UpdateId(3), NOW)
    assert not book.stale


def test_a_feed_of_quotes_finds_its_place_with_the_next_quote() -> None:
    """Where no levels are kept, a quote is the whole book."""
    book = Book(InstrumentId(1))
    book.quote(quote(99, 101), NOW)
    book.lose("the feed lost its place")
    assert book.stale
    book.quote(quote(98, 101), NOW)
    assert not book.stale


# --- what moved -----------------------------------------------------------------------------------


def test_a_book_says_whether_a_price_that_positions_are_valued_at_moved() -> None:
    """A size alone moves none; a gap takes the value away, and its end brings it back."""
    book = Book(InstrumentId(1))
    assert book.quote(quote(99, 101, 1, 1), NOW) is True
    assert book.quote(quote(99, 101, 5, 6), NOW) is False
    assert book.quote(quote(98, 101), NOW) is True
    assert book.lose("hole") is True
    assert book.lose("hole") is False
    assert book.quote(quote(98, 101), NOW) is True
    assert book.trade(Price(100), NOW) is True
    assert book.trade(Price(100), NOW) is False
    assert book.snapshot(levels((98, 1)), levels((101, 1)), UpdateId(0), NOW) is False
    assert book.change(levels((98, 0)), (), UpdateId(1), NOW) is True


def test_the_reference_is_the_middle_of_the_touch_else_the_last_price() -> None:
    """And nothing where the book is stale, or nobody ever traded."""
    book = Book(InstrumentId(1))
    assert book.reference == 0
    book.quote(quote(99, 0), NOW)
    assert book.reference == 0
    book.trade(Price(95), NOW)
    assert book.reference == 95
    book.quote(quote(99, 102), NOW)
    assert book.reference == 100
    book.lose("hole")
    assert book.reference == 0


# --- all books ------------------------------------------------------------------------------------


def test_there_is_a_book_for_every_instrument_that_is_known() -> None:
    """And none for the others."""
    books = Books()
    books.add(InstrumentId(2))
    books.add(InstrumentId(1))
    assert [book.instrument for book in books.all()] == [2, 1]
    assert books.get(InstrumentId(3)) is None


def test_levels_that_cross_stay_stale_whatever_the_quotes_say() -> None:
    """S0-MD-02: a good quote does not make bad levels true; levels that agree again do."""
    book = a_book()
    book.change(levels((200, 5)), (), UpdateId(11), NOW)
    assert book.stale
    book.quote(quote(99, 101, 5, 5, 12), NOW)
    assert book.stale
    book.change(levels((200, 0)), (), UpdateId(13), NOW)
    assert not book.stale
