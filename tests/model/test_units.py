"""Units: the few places where one becomes another, against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Money, Price, Quantity, Rate, divide_half_even, notional, share_of

AMOUNTS = st.integers(-(2**80), 2**80)


@given(AMOUNTS, st.integers(1, 2**64))
def test_a_quotient_is_rounded_half_to_even(numerator: int, denominator: int) -> None:
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(-(2**40), 2**40), st.integers(1, 2**20))
def test_an_exact_half_goes_to_the_even_neighbour(whole: int, half: int) -> None:
    rounded = divide_half_even((2 * whole + 1) * half, 2 * half)
    assert rounded % 2 == 0
    assert rounded in (whole, whole + 1)


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_denominator_that_is_not_positive_is_our_mistake(denominator: int) -> None:
    with pytest.raises(AssertionError):
        divide_half_even(1, denominator)


@given(AMOUNTS, st.integers(-(10**8), 10**8))
def test_a_fee_and_its_rebate_are_equal(amount: int, rate: int) -> None:
    fee = share_of(Money(amount), Rate(rate))
    assert fee == round(Fraction(amount * rate, 10**8))
    assert share_of(Money(amount), Rate(-rate)) == -fee


def test_a_basis_point_of_ten_thousand_is_one() -> None:
    assert share_of(Money(10_000), Rate(10_000)) == 1


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 18))
def test_what_a_quantity_is_worth_is_exact(price: int, quantity: int, exponent: int) -> None:
    worth = notional(Price(price), Quantity(quantity), Money(10**exponent))
    assert Fraction(worth, 10**exponent) == Fraction(price) * Fraction(quantity)
