"""Decimal text and exact integers: nothing is rounded, nothing absurd is taken."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.decimals import (
    RECORD_MAX,
    RECORD_MIN,
    InexactAmount,
    decimal_text,
    exact_amount,
)

AMOUNTS = st.integers(RECORD_MIN, RECORD_MAX)
DECIMALS = st.integers(0, 18)


@given(AMOUNTS, DECIMALS)
def test_text_is_the_amount_exactly(amount: int, decimals: int) -> None:
    text = decimal_text(amount, decimals)
    assert Fraction(text) * 10**decimals == amount
    assert exact_amount(text, decimals) == amount
    assert exact_amount(Decimal(text), decimals) == amount


@given(AMOUNTS, DECIMALS)
def test_all_decimals_are_written(amount: int, decimals: int) -> None:
    assert len(decimal_text(amount, decimals).partition(".")[2]) == decimals


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (268381, 2, "2683.81"),
        (-5, 2, "-0.05"),
        (0, 3, "0.000"),
        (-1234, 0, "-1234"),
        (10_000, 8, "0.00010000"),
    ],
)
def test_an_amount_is_written_as_a_person_would(amount: int, decimals: int, text: str) -> None:
    assert decimal_text(amount, decimals) == text


@pytest.mark.parametrize(
    ("number", "decimals", "amount"),
    [
        ("100", 2, 10_000),
        ("1.5e3", 0, 1_500),
        ("1.50", 1, 15),  # a trailing zero is no decimal
        ("1E-2", 2, 1),
        (7, 3, 7_000),
        ("-0", 2, 0),
    ],
)
def test_a_number_is_read_exactly(number: str | int, decimals: int, amount: int) -> None:
    assert exact_amount(number, decimals) == amount


@pytest.mark.parametrize(
    ("number", "decimals", "expected"),
    [
        ("2683.815", 2, "at most 2 decimals"),
        ("0.5", 0, "a whole number"),
        ("nan", 2, "a finite number"),
        ("-Infinity", 2, "a finite number"),
        ("1e400", 2, "an exponent"),
        ("1e-400", 2, "an exponent"),
        ("1" * 41, 0, "40 digits"),
        ("1e30", 0, "between"),
        ("", 2, "a decimal number"),
        ("abc", 2, "a decimal number"),
        ("1,000", 2, "a decimal number"),
        ("1_000", 2, "a decimal number"),
        (" 1", 2, "a decimal number"),
        ("0x10", 2, "a decimal number"),
        ("\N{ARABIC-INDIC DIGIT ONE}", 2, "a decimal number"),
        (2**64, 0, "between"),
    ],
)
def test_what_is_no_amount_is_refused(number: str | int, decimals: int, expected: str) -> None:
    with pytest.raises(InexactAmount, match=expected):
        exact_amount(number, decimals)


@given(st.text(max_size=30), DECIMALS)
def test_any_text_is_an_amount_or_refused(text: str, decimals: int) -> None:
    try:
        amount = exact_amount(text, decimals)
    except InexactAmount:
        return
    assert Fraction(text) * 10**decimals == amount
