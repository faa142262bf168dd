"""The oracle itself: what is equal, what is different, and what proves nothing."""

from itertools import permutations

import pytest

from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Levels, Quote
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, Sequence, UpdateId
from fairlead.readers.book_comparison import (
    CHANGES_HELD_MAX,
    DIFFERENCES_KEPT_MAX,
    BookComparison,
)

ONE = InstrumentId(1)
TWO = InstrumentId(2)
NOW = Nanos(0)


def levels(*pairs: tuple[int, int]) -> Levels:
    return tuple((Price(price), Quantity(quantity)) for price, quantity in pairs)


def snapshot(update: int, instrument: InstrumentId = ONE) -> BookSnapshot:
    """A book of 5 at 99 and 98, and 5 at 101 and 102."""
    bids, asks = levels((99, 5), (98, 5)), levels((101, 5), (102, 5))
    return BookSnapshot(instrument, bids, asks, UpdateId(update), NOW)


def bid(update: int, price: int, quantity: int) -> BookChange:
    return BookChange(ONE, levels((price, quantity)), (), UpdateId(update), NOW)


def quote(update: int, bid_price: int = 99, bid_quantity: int = 5, ask_price: int = 101) -> Quote:
    price, quantity = Price(bid_price), Quantity(bid_quantity)
    return Quote(ONE, price, quantity, Price(ask_price), Quantity(5), UpdateId(update), NOW)


def compared(*inputs: Input) -> BookComparison:
    comparison = BookComparison()
    for sequence, each in enumerate(inputs, start=1):
        comparison.follow(Sequence(sequence), NOW, each, [])
    comparison.finish()
    return comparison


def counts(comparison: BookComparison) -> tuple[int, int, int, dict[str, int]]:
    assert comparison.compared == comparison.equal + comparison.different
    skipped = comparison.skipped
    return comparison.compared, comparison.equal, comparison.different, skipped


def test_a_book_equals_the_last_quote_that_is_not_newer() -> None:
    got = compared(quote(5), snapshot(10), bid(11, 99, 7), quote(11, 99, 7), quote(12))
    assert counts(got) == (2, 2, 0, {})


CHANGES: list[Input] = [snapshot(10), bid(14, 99, 7), bid(20, 100, 1)]
QUOTES: list[Input] = [quote(9), quote(12, 99, 7), quote(17, 100, 1), quote(21)]


@pytest.mark.parametrize("turns", sorted(set(permutations("cccqqqq"))))
def test_how_the_two_streams_overtake_each_other_makes_no_difference(turns: tuple[str]) -> None:
    changes, quotes = iter(CHANGES), iter(QUOTES)
    got = compared(*[next(changes) if turn == "c" else next(quotes) for turn in turns])
    assert counts(got) == (3, 3, 0, {})


@pytest.mark.parametrize(
    "wrong",
    [
        quote(11, 98, 7),  # price
        quote(11, 99, 6),  # quantity
        quote(11, 99, 7, 102),  # the other side
    ],
)
def test_a_difference_is_counted_and_kept_with_both_sides_of_it(wrong: Quote) -> None:
    got = compared(quote(5), snapshot(10), bid(11, 99, 7), wrong, quote(12))
    assert counts(got) == (2, 1, 1, {})
    [difference] = got.differences
    assert difference.instrument == ONE
    assert (difference.book.sequence, difference.book.update) == (3, 11)
    assert (difference.book.bid_price, difference.book.bid_quantity) == (99, 7)
    assert (difference.quote.sequence, difference.quote.update) == (4, 11)


def test_a_lost_change_is_a_difference() -> None:
    got = compared(quote(5), snapshot(10), quote(11, 100, 1), bid(12, 98, 4), quote(13))
    assert counts(got) == (2, 1, 1, {})


def test_a_level_that_is_removed_is_gone() -> None:
    got = compared(quote(5), snapshot(10), bid(11, 99, 0), quote(11, 98, 5), quote(12))
    assert counts(got) == (2, 2, 0, {})


def test_an_empty_side_equals_nobody() -> None:
    empty = BookSnapshot(ONE, (), levels((101, 5)), UpdateId(10), NOW)
    assert counts(compared(quote(9, 0, 0), empty, quote(11))) == (1, 1, 0, {})


def test_only_the_first_differences_are_kept() -> None:
    changes = [bid(update, 97, 1) for update in range(11, 60)]
    got = compared(quote(5), snapshot(10), *changes, quote(10, 99, 6), quote(99))
    assert got.different == 50
    assert len(got.differences) == DIFFERENCES_KEPT_MAX


def test_without_a_later_quote_nothing_is_proved() -> None:
    got = compared(quote(5), snapshot(10), bid(11, 99, 7), quote(11, 99, 7))
    assert counts(got) == (1, 1, 0, {"no later quote": 1})


def test_without_an_earlier_quote_nothing_is_proved() -> None:
    assert counts(compared(snapshot(10), quote(11))) == (0, 0, 0, {"no earlier quote": 1})


def test_without_a_snapshot_there_is_no_book() -> None:
    assert counts(compared(quote(5), bid(11, 99, 7), quote(12))) == (0, 0, 0, {"no snapshot": 1})


def test_without_an_update_id_nothing_belongs_together() -> None:
    assert counts(compared(quote(0), snapshot(0), quote(0))) == (0, 0, 0, {"no update id": 1})


def test_a_gap_ends_all_comparing_until_the_next_snapshot() -> None:
    got = compared(
        quote(5),
        snapshot(10),
        BookGap(ONE, "lost"),
        bid(12, 99, 7),
        quote(13),
        snapshot(20),
        quote(21),
    )
    assert counts(got) == (1, 1, 0, {"gap": 1, "no snapshot": 1})


def test_what_is_held_is_bounded() -> None:
    changes = [bid(update, 98, 5) for update in range(11, 11 + CHANGES_HELD_MAX + 5)]
    got = compared(quote(5), snapshot(10), *changes)
    assert counts(got) == (0, 0, 0, {"no later quote": CHANGES_HELD_MAX + 6})


def test_instruments_are_compared_each_with_its_own_quotes() -> None:
    got = compared(quote(5), snapshot(10), snapshot(10, TWO), quote(11))
    assert counts(got) == (1, 1, 0, {"no later quote": 1})
