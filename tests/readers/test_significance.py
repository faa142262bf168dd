"""What a Sharpe ratio is worth: against an independent library, a published example, and chance."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.readers import significance
from fairlead.readers.statistics import Measured, sharpe

varied = st.lists(st.floats(-0.5, 0.5), min_size=4, max_size=60)


def defined(measured: Measured) -> float:
    """Return the value of a measure that must have one."""
    assert measured.value is not None, measured.note
    return measured.value


@given(varied)
def test_an_independent_library_finds_the_same_moments(returns: list[float]) -> None:
    stats = pytest.importorskip("scipy.stats", reason="the reference library is not installed")
    spread = max(returns) - min(returns)
    skew, tails = significance.skewness(returns), significance.kurtosis(returns)
    if spread < 1e-6:
        return  # the rounding of floats is all there is
    assert defined(skew) == pytest.approx(float(stats.skew(returns)), rel=1e-6, abs=1e-6)
    reference = float(stats.kurtosis(returns, fisher=False))
    assert defined(tails) == pytest.approx(reference, rel=1e-6)


def test_a_normal_return_has_the_standard_error_of_lo() -> None:
    """Without skew its variance is (1 + (kurtosis - 1) / 4 * ratio**2) / (n - 1)."""
    returns = [0.03, -0.01, 0.03, -0.01] * 30
    ratio, tails = defined(sharpe(returns)), defined(significance.kurtosis(returns))
    error = math.sqrt((1 + (tails - 1) / 4 * ratio**2) / (len(returns) - 1))
    expected = 0.5 * (1 + math.erf(ratio / error / math.sqrt(2)))
    assert defined(significance.probabilistic_sharpe(returns)) == pytest.approx(expected)


def test_the_published_example_of_a_deflated_ratio() -> None:
    """Bailey and Lopez de Prado, 2014, page 12: 100 trials, a variance of 1/2 a year, 250 days."""
    trials = _spread_trials(100, math.sqrt(0.5 / 250))
    luck = defined(significance.luckiest_sharpe(trials))
    assert luck == pytest.approx(0.1132, abs=5e-5)


def test_the_best_of_many_strategies_without_skill_is_taken_for_luck() -> None:
    chance = random.Random(7)
    without_skill = [[chance.gauss(0, 0.01) for _ in range(250)] for _ in range(60)]
    ratios = [defined(sharpe(each)) for each in without_skill]
    best = without_skill[ratios.index(max(ratios))]
    assert defined(significance.probabilistic_sharpe(best)) > 0.95, "by itself it looks like skill"
    assert defined(significance.deflated_sharpe(best, ratios)) < 0.9


def test_skill_is_seen_among_many_trials() -> None:
    chance = random.Random(8)
    ratios = [defined(sharpe([chance.gauss(0, 0.01) for _ in range(250)])) for _ in range(60)]
    skilled = [chance.gauss(0.004, 0.01) for _ in range(250)]
    assert (
        defined(significance.deflated_sharpe(skilled, [*ratios, defined(sharpe(skilled))])) > 0.95
    )


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.2, 0.3]])
def test_few_returns_say_nothing(returns: list[float]) -> None:
    assert significance.skewness(returns).note == "fewer than 4 returns"
    assert significance.probabilistic_sharpe(returns).value is None


def test_returns_that_do_not_vary_say_nothing() -> None:
    assert significance.kurtosis([0.1] * 9).note == "returns do not vary"
    assert significance.deflated_sharpe([0.1] * 9, [0.1, 0.2]).note == "returns do not vary"


def test_one_trial_cannot_be_deflated() -> None:
    returns = [0.01, -0.02, 0.03, 0.01]
    assert significance.deflated_sharpe(returns, [0.2]).note == "fewer than two trials"


@given(varied, st.lists(st.floats(-2, 2), min_size=2, max_size=20))
def test_a_probability_lies_between_0_and_1(returns: list[float], trials: list[float]) -> None:
    value = significance.deflated_sharpe(returns, trials).value
    assert value is None or 0 <= value <= 1


def _spread_trials(count: int, deviation: float) -> list[float]:
    """Return ratios around 0 whose standard deviation is exactly `deviation`."""
    half = [(-1.0) ** index for index in range(count)]
    scale = deviation / math.sqrt(count / (count - 1))
    return [each * scale for each in half]
