"""Quantiles of the normal distribution: against the standard library, and against 60 digits."""

from decimal import Decimal, localcontext
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.risk.normal import NORMAL_UNIT, quantile, shortfall_factor
from fairlead.model.units import RATE_UNIT, Rate

CONFIDENCES = st.integers(RATE_UNIT // 2 + 1, RATE_UNIT - 1)
COMMON = (90_000_000, 95_000_000, 97_500_000, 99_000_000, 99_500_000, 99_900_000, 99_999_999)
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def probability(place: Decimal) -> Decimal:
    """Return Phi from the alternating series of the error function, with digits to spare."""
    with localcontext() as context:
        context.prec = 60
        total = term = place
        count = 0
        while abs(term) > Decimal("1e-50"):
            count += 1
            term *= -place * place / (2 * count)
            total += term / (2 * count + 1)
        return total / (2 * PI).sqrt() + Decimal("0.5")


@pytest.mark.parametrize("confidence", COMMON)
def test_a_quantile_is_that_of_the_standard_library(confidence: int) -> None:
    tail = (RATE_UNIT - confidence) / RATE_UNIT
    expected = -NormalDist().inv_cdf(tail)
    assert quantile(Rate(confidence)) / NORMAL_UNIT == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("confidence", "digits"),
    [
        (90_000_000, "1.28155156554460046697"),
        (95_000_000, "1.64485362695147271486"),
        (97_500_000, "1.95996398454005423552"),
        (99_000_000, "2.32634787404084110089"),
    ],
)
def test_a_quantile_is_that_of_the_printed_tables(confidence: int, digits: str) -> None:
    assert Decimal(quantile(Rate(confidence))) / NORMAL_UNIT == Decimal(digits)


@given(CONFIDENCES)
def test_a_quantile_is_less_than_one_part_away_from_the_truth(confidence: int) -> None:
    found = quantile(Rate(confidence))
    wanted = Decimal(confidence) / RATE_UNIT
    assert probability(Decimal(found - 1) / NORMAL_UNIT) < wanted
    assert probability(Decimal(found + 1) / NORMAL_UNIT) > wanted


def test_the_median_is_nothing() -> None:
    assert quantile(Rate(RATE_UNIT // 2)) == 0


def test_beyond_the_median_half_a_normal_loses_the_root_of_two_over_pi() -> None:
    # phi(0) / (1 / 2) = 2 / sqrt(2 pi)
    assert shortfall_factor(Rate(RATE_UNIT // 2)) == 79_788_456_080_286_535_588


@pytest.mark.parametrize("confidence", COMMON)
def test_the_shortfall_is_the_density_over_the_tail(confidence: int) -> None:
    tail = (RATE_UNIT - confidence) / RATE_UNIT
    expected = NormalDist().pdf(NormalDist().inv_cdf(tail)) / tail
    assert shortfall_factor(Rate(confidence)) / NORMAL_UNIT == pytest.approx(expected, rel=1e-11)


@given(CONFIDENCES)
def test_more_is_lost_beyond_a_quantile_than_at_it(confidence: int) -> None:
    assert shortfall_factor(Rate(confidence)) > quantile(Rate(confidence))


@pytest.mark.parametrize("confidence", [RATE_UNIT // 2 - 1, RATE_UNIT, RATE_UNIT + 1])
def test_below_the_median_and_from_certainty_on_nothing_is_answered(confidence: int) -> None:
    with pytest.raises(AssertionError, match="confidence"):
        quantile(Rate(confidence))
