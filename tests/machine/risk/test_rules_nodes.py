"""What a condition answers where something is not known."""

import itertools
from typing import Final

import pytest

from fairlead.machine.risk.rules import Value
from tests.machine.risk.conditions import NO, YES, holds, rule

BOUND: Final = 2**128
UNKNOWN: Final[list[Value | None]] = [
    None,
    (1, 0),
    (0, 0),
    (1, -1),
    (BOUND + 1, 1),
    (-BOUND - 1, 1),
    (1, BOUND + 1),
]


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize(
    "text",
    [
        "vix > 1",
        "vix <= 1",
        "1 != vix",
        "-vix < 1",
        "abs(vix) >= 0",
        "min(vix, 1) <= 1",
        "min(1, vix) <= 1",
        "max(1, 2, vix) >= 1",
        "vix - vix == 0",
        "vix * 0 == 0",
        "0 / vix == 0",
        "vix / 2 == 0",
        "1 / (1 / vix) > 0",
        "not vix > 1",
    ],
)
def test_what_cannot_be_known_is_neither_yes_nor_no(text: str, value: Value | None) -> None:
    """B-RISK-13: missing, absurd or not finite; no operation makes it known again."""
    assert rule(text).holds({"vix": value}) is None


def test_the_largest_value_is_still_a_value() -> None:
    assert rule("vix > 1").holds({"vix": (BOUND, 1)}) is True
    assert rule("vix > -1").holds({"vix": (-BOUND, 1)}) is False
    assert rule("vix > 0").holds({"vix": (1, BOUND)}) is True


@pytest.mark.parametrize("value", [*UNKNOWN, (2, 1), (-1, 1), (1, 2)])
def test_a_truth_is_one_or_zero_and_nothing_else(value: Value | None) -> None:
    assert rule("system_error").holds({"system_error": value}) is None
    assert rule("not system_error").holds({"system_error": value}) is None


@pytest.mark.parametrize(
    "text", ["1 / vix > 0", "vix / vix == 1", "not 1 / vix > 0", "1 / (2 + 1 / vix) > 0"]
)
def test_what_is_divided_by_zero_is_not_known(text: str) -> None:
    """B-RISK-05, B-RISK-15: last_price 0."""
    assert holds(text, vix="0") is None
    assert holds(text, vix="0.000001") is not None


TRUTHS: Final[dict[bool | None, Value | None]] = {True: YES, False: NO, None: None}


@pytest.mark.parametrize(("one", "other"), list(itertools.product(TRUTHS, repeat=2)))
def test_what_does_not_matter_need_not_be_known(one: bool | None, other: bool | None) -> None:
    values = {"system_error": TRUTHS[one], "process_alive": TRUTHS[other]}
    both: bool | None = None if None in (one, other) else True
    either: bool | None = None if None in (one, other) else False
    both = False if False in (one, other) else both
    either = True if True in (one, other) else either
    assert rule("system_error and process_alive").holds(values) is both
    assert rule("system_error or process_alive").holds(values) is either


def test_a_chain_is_no_as_soon_as_one_pair_is() -> None:
    assert holds("vix < 30 < error_count_1h", vix="31") is False
    assert holds("vix < 30 < error_count_1h", vix="29") is None
    assert holds("error_count_1h < 30 < vix", vix="30") is False
