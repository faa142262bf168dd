"""Amounts against plain integers: whole units and a rest are one number, however they are added."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.amounts import Amount, parts, share
from fairlead.model.units import FINE_UNIT, Fine, Money, fine, rounded

wholes = st.integers(-(2**62), 2**62)
rests = st.integers(-3 * FINE_UNIT, 3 * FINE_UNIT)


@given(wholes, st.lists(st.tuples(wholes, rests), max_size=20))
def test_an_amount_is_the_sum_of_what_was_added(
    start: int, added: Sequence[tuple[int, int]]
) -> None:
    """B-POS-12: exactly, beyond 64 bits too, and the rest stays less than one unit."""
    amount = Amount(Money(start))
    expected = start * FINE_UNIT
    for whole, rest in added:
        amount.add(whole, rest)
        expected += whole * FINE_UNIT + rest
        assert amount.fine == expected
        assert 0 <= amount.rest < FINE_UNIT


@given(wholes, rests)
def test_an_amount_is_written_half_to_even(whole: int, rest: int) -> None:
    """B-POS-12: Python rounds a Fraction half to even, as the rule is."""
    amount = Amount(Money(whole))
    amount.add(0, rest)
    assert amount.rounded == rounded(amount.fine) == round(Fraction(amount.fine, FINE_UNIT))


@pytest.mark.parametrize(
    ("halves", "written"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (4, 2)]
)
def test_a_half_goes_to_the_even_side(halves: int, written: int) -> None:
    """B-POS-12: above zero and below it."""
    amount = Amount()
    amount.add(0, halves * FINE_UNIT // 2)
    assert (amount.rounded, rounded(amount.fine)) == (written, written)


@given(wholes, st.integers(0, FINE_UNIT - 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_share_is_exact_to_half_a_part(whole: int, rest: int, part: int, of: int) -> None:
    """B-POS-12: rounded half to even at the fine part, and nowhere before."""
    taken, taken_rest = share(whole, rest, part, of)
    expected = Fraction((whole * FINE_UNIT + rest) * part, of)
    assert taken * FINE_UNIT + taken_rest == round(expected)
    assert 0 <= taken_rest < FINE_UNIT


@given(st.integers(-(10**6), 10**6), st.integers(1, 16), st.integers(1, 16))
def test_shares_of_small_lots_are_exact(whole: int, part: int, of: int) -> None:
    """B-POS-12: what the fine unit is chosen for."""
    taken, rest = share(whole, 0, part, of)
    assert Fraction(taken * FINE_UNIT + rest, FINE_UNIT) == Fraction(whole * part, of)


@given(st.integers(-(2**120), 2**120))
def test_parts_are_the_amount(amount: int) -> None:
    """B-POS-12: taking apart and putting together changes nothing."""
    whole, rest = parts(amount)
    assert whole * FINE_UNIT + rest == amount
    assert 0 <= rest < FINE_UNIT


@pytest.mark.parametrize(
    ("one", "other", "more"),
    [
        ((2, 0), (1, 5), True),
        ((1, 6), (1, 5), True),
        ((1, 5), (1, 5), False),
        ((-1, 0), (0, 0), False),
    ],
)
def test_amounts_are_compared_to_the_last_part(
    one: tuple[int, int], other: tuple[int, int], more: bool
) -> None:
    """B-POS-10: a high is one only if it is higher."""
    left, right = Amount(), Amount()
    left.set(*one)
    right.set(*other)
    assert left.exceeds(right) is more


def test_a_rest_that_is_a_whole_unit_is_none() -> None:
    """A contradiction of ourselves stops the machine."""
    with pytest.raises(AssertionError, match="less than one unit"):
        Amount().set(1, FINE_UNIT)
    assert fine(Money(1)) == Fine(FINE_UNIT)
