"""Numbers of limits and checks as people read them: exact, and stable for who compares them."""

from typing import Any

import pytest

from fairlead.cli.measured import (
    bar,
    check_text,
    measured_text,
    short_money,
    span_phrase,
    used_percent,
)
from fairlead.model.units import Nanos


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (None, "money", ""),
        ("12000.00000000", "money", "12,000.00"),
        ("-0.00012000", "money", "-0.00012"),
        ("0.030000", "share", "3 %"),
        ("1.500000", "share", "150 %"),
        ("0.008001", "share", "0.8001 %"),
        ("0.000000", "share", "0 %"),
        ("-0.050000", "share", "-5 %"),
        ("12.345678", "share", "1,234.5678 %"),
        ("20.000000", "quantity", "20"),
        ("0.50000", "quantity", "0.5"),
        ("1000", "count", "1,000"),
        (1_000_000_000, "nanos", "1 s"),
        (500, "basis_points", "500 bp"),
        ("100.00", "price", "100.00"),
    ],
)
def test_a_number_is_read_as_its_unit_is(value: Any, unit: str, told: str) -> None:
    assert measured_text(value, unit) == told


def check(measured: Any, limit: Any, unit: str = "money", **terms: str) -> dict[str, Any]:
    """Return a check in text form."""
    found = {"check": "order_notional", "scope": "", "measured": measured, "limit": limit}
    return {**found, "unit": unit, **terms}


@pytest.mark.parametrize(
    ("failed", "told"),
    [
        (
            check("12000.00", "10000.00", scope="account main"),
            "order_notional of account main: 12,000.00 > 10,000.00",
        ),
        (check("0.50", "1.00"), "order_notional: 0.50 < 1.00"),
        (check("1.00", "1.00"), "order_notional: 1.00 = 1.00"),
        (check(None, "1.00"), "order_notional: cannot be measured, limit 1.00"),
        (check(None, None, "none"), "order_notional"),
        (check(None, None, "none", scope="firm"), "order_notional of firm"),
        (
            check("100.05", "0.10", "price", check="price_tick"),
            "price_tick: 100.05 is no multiple of 0.10",
        ),
        (check("0.031000", "0.030000", "share"), "order_notional: 3.1 % > 3 %"),
        (check(str(2**63), str(2**62), "quantity", check="quantity_max"), None),
    ],
)
def test_a_refusal_is_said_with_its_numbers(failed: dict[str, Any], told: str | None) -> None:
    """S1-RISK-10: "order_notional of account main: 12,000.00 > 10,000.00"."""
    said = check_text(failed)
    assert said == told or (told is None and f"{2**63:,} > {2**62:,}" in said)


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        ("0.000000", "0.0 %"),
        ("0.000001", "0.1 %"),
        ("0.800000", "80.0 %"),
        ("0.999001", "100.0 %"),
        ("1.000001", "100.1 %"),
        ("123.000000", "12,300.0 %"),
    ],
)
def test_a_use_is_rounded_up_never_down(share: str, percent: str) -> None:
    """What is used looks like less nowhere."""
    assert used_percent(share) == percent


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        ("0.000000", "....."),
        ("0.000001", "#...."),
        ("0.200000", "#...."),
        ("0.200001", "##..."),
        ("1.000000", "#####"),
        ("9.000000", "#####"),
    ],
)
def test_a_bar_is_as_full_as_the_limit(share: str, drawn: str) -> None:
    assert bar(share, 5, plain=True) == drawn
    assert len(bar(share, 5, plain=False)) == 5


@pytest.mark.parametrize(
    ("span", "phrase"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1 us"),
        (1_500, "1.5 us"),
        (1_000_001, "1.000001 ms"),
        (-200_000, "-200 us"),
        (1_000_000_000, "1 s"),
        (59_999_999_999, "59.999999999 s"),
        (60_000_000_000, "1 min"),
        (3_600_000_000_000, "1 h"),
        (3_723_000_000_004, "1 h 2 min 3.000000004 s"),
        (90_000_000_000_000, "25 h"),
    ],
)
def test_a_span_is_exact_in_the_unit_that_a_person_takes(span: int, phrase: str) -> None:
    assert span_phrase(Nanos(span)) == phrase


@pytest.mark.parametrize(
    ("amount", "short"),
    [("1.00000000", "1.00"), ("-0.00012000", "-0.00012"), ("5", "5"), ("0.1", "0.1")],
)
def test_zeros_at_the_end_of_money_are_left_out_but_the_cents(amount: str, short: str) -> None:
    assert short_money(amount) == short
