"""Logarithms and halvings in whole numbers, against those of the platform."""

from math import log2 as float_log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.simulator.fixed import LOG_UNIT, decayed, log2


@given(st.integers(1, 10**15))
def test_a_logarithm_is_below_the_truth_by_less_than_two_parts(number: int) -> None:
    missing = float_log2(number) * LOG_UNIT - log2(number)
    assert -1e-3 < missing < 2


@given(st.integers(0, 200))
def test_powers_of_two_have_exact_logarithms(power: int) -> None:
    assert log2(1 << power) == power * LOG_UNIT


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**11))
def test_what_decays_halves_once_per_half_life(number: int, time: int, half_life: int) -> None:
    expected = number * 2.0 ** (-time / half_life)
    assert decayed(number, time, half_life) == pytest.approx(expected, rel=1e-5, abs=1.5)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=2, max_size=10))
def test_more_time_never_leaves_more(number: int, times: list[int]) -> None:
    left = [decayed(number, time, 1_000) for time in sorted(times)]
    assert left == sorted(left, reverse=True)


def test_without_a_half_life_nothing_decays() -> None:
    assert decayed(123, 10**18, 0) == 123


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(AssertionError, match="0 has no logarithm"):
        log2(0)
