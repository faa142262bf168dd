"""The log-normal distribution, as a table that is the same everywhere."""

import hashlib
from math import exp, log
from statistics import NormalDist

import pytest

from fairlead.model.units import RATE_UNIT, Nanos
from fairlead.simulator.latency_shapes import lognormal_quantiles

MEDIAN = Nanos(1_000_000)
P99 = Nanos(5_000_000)


def test_the_quantiles_are_those_of_the_distribution() -> None:
    sigma = log(P99 / MEDIAN) / NormalDist().inv_cdf(0.99)
    table = lognormal_quantiles(MEDIAN, P99)
    assert (table[0][0], table[-1][0]) == (0, RATE_UNIT)
    for share, time in table[1:-1]:
        expected = MEDIAN * exp(sigma * NormalDist().inv_cdf(share / RATE_UNIT))
        assert time == pytest.approx(expected, rel=1e-4)


def test_the_table_is_the_same_to_the_nanosecond_on_every_machine() -> None:
    digest = hashlib.sha256(repr(lognormal_quantiles(MEDIAN, P99)).encode()).hexdigest()
    assert digest[:16] == "4a5bf0d7eed2be8a"


def test_without_a_spread_all_take_the_median() -> None:
    assert {time for _, time in lognormal_quantiles(MEDIAN, MEDIAN)} == {MEDIAN}


@pytest.mark.parametrize(("median", "p99"), [(0, 5), (6, 5)])
def test_a_tail_below_the_median_is_refused(median: int, p99: int) -> None:
    with pytest.raises(ValueError, match=f"found median {median} ns and p99 {p99} ns"):
        lognormal_quantiles(Nanos(median), Nanos(p99))
