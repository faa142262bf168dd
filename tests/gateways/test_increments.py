"""Decimal text as increments: exact, or refused with what was expected."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.errors import MalformedNumber
from fairlead.gateways.increments import (
    increments,
    positive_increments,
    reader,
    significant_decimals,
)
from fairlead.model.decimals import decimal_text
from fairlead.model.units import INCREMENTS_MAX


@given(st.integers(0, INCREMENTS_MAX), st.integers(0, 12), st.integers(0, 8), st.integers(0, 3))
def test_every_amount_is_read_back_from_its_text(
    amount: int, decimals: int, zeros_behind: int, zeros_before: int
) -> None:
    text = decimal_text(amount, decimals)
    if decimals:
        text += "0" * zeros_behind
    text = "0" * zeros_before + text
    assert increments(text, decimals) == amount


@given(st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,9})?", fullmatch=True), st.integers(0, 9))
def test_text_is_either_exact_or_refused(text: str, decimals: int) -> None:
    exact = Fraction(text) * 10**decimals
    if exact.denominator == 1:
        assert increments(text, decimals) == exact
    else:
        with pytest.raises(MalformedNumber, match=f"expected at most {decimals} decimals"):
            increments(text, decimals)


@given(st.text(max_size=50), st.integers(0, 12))
def test_any_text_is_a_number_or_a_malformed_number(text: str, decimals: int) -> None:
    try:
        found = increments(text, decimals)
    except MalformedNumber:
        return
    assert Fraction(found, 10**decimals) == Fraction(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("2683.80000000", 268380), ("2683.8", 268380), ("2683", 268300), ("0.00", 0), ("007.5", 750)],
)
def test_zeros_behind_the_last_decimal_are_no_decimals(text: str, found: int) -> None:
    assert increments(text, 2) == found


@pytest.mark.parametrize(
    "text",
    ["", ".", "5.", ".5", "NaN", "Infinity", "-Infinity", "inf", "-1", "+1", "1e5", "1E5", "1_0",
     " 1", "1 ", "1,5", "1.2.3", "0x10", "\u0661", "1.\u0662", "\u00b2", "--1", "1.-2", "1\n"],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedNumber, match="is not a decimal number"):
        increments(text, 2)


def test_a_digit_behind_the_last_decimal_is_refused() -> None:
    with pytest.raises(MalformedNumber, match=r"'2683\.805' is not exact.* at most 2 decimals"):
        increments("2683.805", 2)


def test_an_absurd_number_is_refused() -> None:
    assert increments(str(INCREMENTS_MAX), 0) == INCREMENTS_MAX
    with pytest.raises(MalformedNumber, match="absurd"):
        increments(str(INCREMENTS_MAX + 1), 0)
    with pytest.raises(MalformedNumber, match="a number of 5000 characters"):
        increments("9" * 5_000, 0)


def test_zero_is_refused_where_more_is_expected() -> None:
    assert positive_increments("0.01", 2) == 1
    with pytest.raises(MalformedNumber, match=r"'0\.00' is zero"):
        positive_increments("0.00", 2)


def test_a_reader_answers_as_the_function_does_the_second_time_too() -> None:
    read = reader(2, positive_increments)
    assert [read("26.50"), read("26.50")] == [2650, 2650]
    for _ in range(2):
        with pytest.raises(MalformedNumber):
            read("0")


@pytest.mark.parametrize(
    ("text", "decimals"), [("26.5100", 2), ("26.0", 0), ("26", 0), ("0.00000001", 8)]
)
def test_significant_decimals_leave_out_the_zeros_behind(text: str, decimals: int) -> None:
    assert significant_decimals(text) == decimals


def test_significant_decimals_of_no_number_are_refused() -> None:
    with pytest.raises(MalformedNumber):
        significant_decimals("1e5")
