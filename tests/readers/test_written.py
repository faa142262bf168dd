"""Numbers and times are written exactly, or rounded half to even and never otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.readers.written import grouped, printable, rounded_text, span_text, time_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (100_500, "1.00"),
        (101_500, "1.02"),
        (-100_501, "-1.01"),
        (-100_500, "-1.00"),
        (4_999, "0.05"),
    ],
)
def test_an_amount_is_rounded_half_to_even(amount: int, text: str) -> None:
    assert rounded_text(amount, 5, 2) == text


def test_an_amount_with_few_decimals_is_not_padded() -> None:
    assert rounded_text(15, 1, 2) == "1.5"


@given(st.integers())
def test_grouping_changes_no_digit(number: int) -> None:
    assert grouped(f"{number}.50").replace(",", "") == f"{number}.50"
    assert grouped(str(number)) == f"{number:,}"


def test_a_small_negative_amount_keeps_its_sign() -> None:
    assert grouped("-0.05") == "-0.05"


def test_a_time_is_written_to_the_nanosecond_in_utc() -> None:
    time = Nanos(1_723_075_200 * NANOS_PER_SECOND + 7)
    assert time_text(time) == "2024-08-08T00:00:00.000000007Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.1, "0.1 s"),
        (59.9994, "59.999 s"),
        (65, "1 min 5 s"),
        (3_661, "1 h 1 min"),
        (86_400 * 3 + 7_200, "3 d 2 h"),
    ],
)
def test_a_span_is_written_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert span_text(Nanos(int(seconds * NANOS_PER_SECOND))) == text


def test_what_could_steer_a_terminal_is_replaced() -> None:
    assert printable("no \x1b[31mmoney\n\u202e") == "no \ufffd[31mmoney\ufffd\ufffd"
