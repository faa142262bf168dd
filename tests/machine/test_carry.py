"""Prices carried over corporate actions: as exact as rationals, and what a book does with them."""

from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.books import Book
from fairlead.machine.carry import Carry
from fairlead.model.inputs import Levels
from fairlead.model.units import (
    FINE_UNIT,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    UpdateId,
)
from tests.machine.build import BUY, SELL, quote

NOW: Final = Nanos(1_000)
UNIT: Final = Money(10)
SPLIT: Final = "corporate action: split"


def levels(*pairs: tuple[int, int]) -> Levels:
    """Return price levels."""
    return tuple((Price(price), Quantity(quantity)) for price, quantity in pairs)


def touch(book: Book) -> tuple[int, int, int, int]:
    """Return the best bid and ask with their quantities."""
    return (book.bid_price, book.bid_quantity, book.ask_price, book.ask_quantity)


def a_book() -> Book:
    """Return a book with two levels on each side, as of update 10."""
    book = Book(InstrumentId(1))
    book.snapshot(levels((99, 5), (98, 7)), levels((101, 4), (102, 6)), UpdateId(10), NOW)
    return book


def held(quantity: int) -> SignedQuantity:
    """Return a quantity that is held, or (negative) owed."""
    return SignedQuantity(quantity)


def split_book(new: int = 2, old: int = 1) -> Book:
    """Return a book of quotes, 99 to 101 with the last trade at 100, after a split."""
    book = Book(InstrumentId(1))
    book.quote(quote(99, 101, 7, 8), NOW)
    book.trade(Price(100), NOW)
    book.adjust_split(new, old, UNIT, SPLIT)
    return book


actions = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        st.tuples(st.integers(1, 50_000), st.sampled_from([1, 10, 1_000])),
    ),
    max_size=4,
)
kinds = st.lists(st.sampled_from(["split", "dividend"]), min_size=4, max_size=4)


@given(actions, kinds, st.integers(1, 10**6), st.integers(-(10**6), 10**6), st.integers(1, 100))
def test_a_carried_price_is_worth_what_the_exact_rational_is(
    pairs: list[tuple[int, int]], kinds: list[str], price: int, quantity: int, unit: int
) -> None:
    """B-POS-08: after any splits and dividends, rounded half to even once, at the fine part."""
    carry, worth, increment = Carry(), Fraction(price * unit), Fraction(unit)
    for (first, second), kind in zip(pairs, kinds, strict=False):
        if kind == "split":
            carry.split(first, second)
            worth *= Fraction(second, first)
            increment *= Fraction(second, first)
        else:
            carry.dividend(Money(first), Quantity(second))
            worth -= Fraction(first, second)
    value = carry.value(Price(price), held(quantity), Money(unit))
    assert value == round(FINE_UNIT * quantity * worth)
    middle = carry.mid_value(Price(price), Price(price + 1), held(quantity), Money(unit))
    assert middle == round(FINE_UNIT * quantity * (worth + increment / 2))
    assert carry.price(Price(price), Money(unit)) == max(1, min(round(worth / unit), 10**15))
    assert carry.price(Price(0), Money(unit)) == 0


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 10_000),
    st.integers(1, 500),
    st.integers(1, 500),
)
def test_what_a_book_is_worth_does_not_move_by_actions(
    ratio: tuple[int, int], amount: int, bid: int, spread: int
) -> None:
    """B-POS-08: what was held is worth the same after a split, and a dividend's amount less."""
    new, old = ratio
    book = Book(InstrumentId(1))
    book.quote(quote(bid, bid + spread), NOW)
    book.trade(Price(bid), NOW)
    before, after = held(old * 60), held(new * 60)
    worths = [book.bid_value, book.ask_value, book.mid_value, book.last_value]
    expected = [worth(before, UNIT) for worth in worths]
    book.adjust_split(new, old, UNIT, SPLIT)
    assert [worth(after, UNIT) for worth in worths] == expected
    book.adjust_dividend(Money(amount), Quantity(60), UNIT, "corporate action: dividend")
    paid = FINE_UNIT * new * amount
    assert [worth(after, UNIT) + paid for worth in worths] == expected


def test_after_a_split_the_prices_stand_in_the_new_units() -> None:
    """To the nearest increment, half to even: 99 / 2, 101 / 2, 100 / 2."""
    book = split_book()
    assert (book.bid_price, book.ask_price, book.last_price) == (50, 50, 50)
    assert split_book(1, 10).ask_price == 1_010


def test_a_price_never_becomes_the_zero_that_says_nobody() -> None:
    """And nobody stays nobody."""
    book = Book(InstrumentId(1))
    book.quote(quote(3, 0), NOW)
    book.adjust_split(100, 1, UNIT, SPLIT)
    assert (book.bid_price, book.ask_price, book.last_price) == (1, 0, 0)
    assert book.bid_value(held(100), UNIT) == FINE_UNIT * 3 * 10


def test_a_dividend_above_the_price_leaves_an_exact_debt() -> None:
    """B-POS-08: worth less than nothing is a value too; it is what leaves equity unchanged."""
    book = Book(InstrumentId(1))
    book.quote(quote(3, 4), NOW)
    book.adjust_dividend(Money(50), Quantity(1), UNIT, "corporate action: dividend")
    assert book.bid_value(held(2), UNIT) == -FINE_UNIT * 2 * 20
    assert book.bid_price == 1


def test_after_an_action_no_order_may_read_a_price_but_positions_are_valued() -> None:
    """The rounded prices meet at 50, and yet the touch is not crossed: it was not said so."""
    book = split_book()
    assert book.reason == SPLIT
    assert book.reference == 0
    assert book.mark_problem == ""
    assert book.levels(BUY, 9) == book.levels(SELL, 9) == []


def test_a_quote_ends_what_an_action_began() -> None:
    """The market has said what the new prices are."""
    book = split_book()
    assert book.quote(quote(50, 51), NOW) is True
    assert not book.stale
    assert book.touch_exact
    assert book.bid_value(held(2), UNIT) == FINE_UNIT * 2 * 50 * 10
    assert not book.last_exact
    assert book.last_value(held(2), UNIT) == FINE_UNIT * 100 * 10
    assert book.trade(Price(50), NOW) is True
    assert book.last_exact


def test_a_quote_of_the_rounded_price_moves_the_value_all_the_same() -> None:
    """99 is carried as 49 and a half; 50 is what the market says now."""
    book = Book(InstrumentId(1))
    book.quote(quote(99, 0), NOW)
    book.adjust_split(2, 1, UNIT, SPLIT)
    assert book.bid_price == 50
    assert book.quote(quote(50, 0), NOW) is True


def test_levels_from_before_an_action_are_mended_by_a_snapshot_alone() -> None:
    """A change says what is new, and the rest is in the old units. A quote gives a value."""
    book = a_book()
    book.adjust_split(2, 1, UNIT, SPLIT)
    book.change(levels((50, 5)), levels((51, 5)), UpdateId(11), NOW)
    assert (book.reason, book.touch_exact) == (SPLIT, False)
    book.quote(quote(49, 51, update=12), NOW)
    assert (book.reason, book.touch_exact, book.bid_price) == (SPLIT, True, 49)
    book.snapshot(levels((48, 1)), levels((52, 1)), UpdateId(13), NOW)
    assert not book.stale
    assert book.levels(BUY, 9) == [(48, 1)]


def test_what_comes_after_an_action_is_newer_whatever_its_number() -> None:
    """A venue may count anew on the day."""
    book = a_book()
    book.adjust_split(2, 1, UNIT, SPLIT)
    book.snapshot(levels((49, 1)), levels((51, 1)), UpdateId(1), NOW)
    assert touch(book) == (49, 1, 51, 1)


@pytest.mark.parametrize("what", ["gap", "crossed", "levels", "nothing"])
def test_what_was_not_believed_before_an_action_is_not_after_it(what: str) -> None:
    """Invariant 11: forgetting the levels makes no bad touch good."""
    book = Book(InstrumentId(1)) if what == "nothing" else a_book()
    if what == "gap":
        book.lose("hole")
    elif what == "crossed":
        book.quote(quote(102, 101, update=11), NOW)
    elif what == "levels":
        book.change(levels((200, 5)), (), UpdateId(11), NOW)
        book.quote(quote(99, 101, update=12), NOW)
    problem = book.mark_problem
    assert problem != ""
    book.adjust_split(2, 1, UNIT, SPLIT)
    assert book.mark_problem == book.reason == problem


def test_a_feed_that_loses_its_place_after_an_action_takes_the_value_away() -> None:
    """A gap is a gap."""
    book = split_book()
    assert book.lose("hole") is True
    assert (book.mark_problem, book.reason) == ("hole", "hole")


def test_an_action_that_could_not_be_written_down_is_told_before() -> None:
    """2**62 is the most that a record holds; a new price forgets the fractions."""
    book = split_book(10**15 - 1, 10**15)
    assert book.can_split(2, 1)
    assert not book.can_split(10**15 - 3, 10**15 - 2)
    assert not book.can_pay_dividend(Money(1), Quantity(10**12))
    assert not book.can_pay_dividend(Money(10**6), Quantity(1))
    book.quote(quote(50, 51), NOW)
    assert not book.can_split(10**15 - 3, 10**15 - 2)  # the last trade is carried still
    book.trade(Price(50), NOW)
    assert book.can_split(10**15 - 3, 10**15 - 2)


def test_asking_whether_an_action_is_possible_changes_nothing() -> None:
    """What is carried already stays as it is."""
    book = split_book()
    before = book.content()
    assert book.can_split(7, 3)
    assert book.can_pay_dividend(Money(5), Quantity(1))
    assert book.content() == before


def test_what_is_carried_is_part_of_the_state() -> None:
    """Equal rounded prices are not equal worth: the digest must tell them apart."""
    one, other = split_book(2, 1), split_book(200, 101)
    other.bid_price, other.ask_price, other.last_price = Price(50), Price(50), Price(50)
    assert one.content() != other.content()
