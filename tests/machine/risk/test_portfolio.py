"""Value at risk, shortfall, beta, concentration: against exact rationals, and against numpy."""

import math
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairlead.machine.risk import portfolio
from fairlead.machine.risk.portfolio import GRAIN_UNIT
from fairlead.model.units import FINE_UNIT, MONEY_MAX, RATE_UNIT, Fine, Rate

C90, C95, C99 = Rate(90_000_000), Rate(95_000_000), Rate(99_000_000)
PROFITS = st.integers(-(10**6), 10**6)
CONFIDENCES = st.integers(50_000_001, 99_999_999).map(Rate)
COMMON = st.sampled_from([C90, C95, Rate(97_500_000), C99])


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[int], Rate]:
    """Return a sample whose tail has at least one observation, and its confidence."""
    confidence = draw(COMMON)
    least = portfolio.days_min(confidence, 1)
    return draw(st.lists(PROFITS, min_size=least, max_size=least + 60)), confidence


def alpha(confidence: Rate) -> Fraction:
    """Return the probability of the tail."""
    return 1 - Fraction(confidence, RATE_UNIT)


def worst(profits: list[int], confidence: Rate) -> int:
    """Return x_(ceil(n * alpha))."""
    return sorted(profits)[math.ceil(len(profits) * alpha(confidence)) - 1]


def tail_mean(profits: list[int], confidence: Rate) -> Fraction:
    """Return the loss of the tail by Acerbi and Tasche, as an integral of the quantiles.

    Each observation weighs 1 / n; the tail takes weights from the worst on until it has alpha.
    """
    left = tail = alpha(confidence)
    total = Fraction(0)
    for each in sorted(profits):
        weight = min(left, Fraction(1, len(profits)))
        total += weight * each
        left -= weight
    return -total / tail


def shortfall(profits: list[int], confidence: Rate) -> Fraction:
    """Return the expected shortfall that the code under test computes."""
    return Fraction(*portfolio.expected_shortfall(profits, confidence))


@pytest.mark.parametrize(("count", "rank"), [(100, 10), (250, 25), (500, 50), (1000, 100)])
def test_at_90_percent_the_rank_is_exact_where_a_float_falls_one_short(
    count: int, rank: int
) -> None:
    """B-VAR-02: floor((1 - c) n) in floats is 9, 24, 49, 99."""
    assert math.floor((1 - 0.90) * count) == rank - 1  # the bug
    assert portfolio.tail_rank(count, C90) == rank
    assert portfolio.value_at_risk(list(range(count)), C90) == -(rank - 1)


@pytest.mark.parametrize(
    ("count", "confidence", "least"),
    [
        (9, 90_000_000, 10),
        (10, 95_000_000, 20),
        (10, 97_500_000, 40),
        (10, 99_000_000, 100),
        (20, 97_500_000, 40),
        (20, 99_000_000, 100),
        (0, 90_000_000, 10),
    ],
)
def test_a_sample_without_a_whole_observation_in_its_tail_is_too_small(
    count: int, confidence: int, least: int
) -> None:
    """B-VAR-01: the mean of nothing is no number."""
    problem = portfolio.days_problem(count, Rate(confidence), 1)
    assert problem == (f"too few samples: {count} days, at least {least} for a horizon of 1")


@pytest.mark.parametrize(("count", "confidence"), [(10, C90), (20, C95), (100, C99)])
def test_the_smallest_sample_has_its_worst_observation_in_the_tail(
    count: int, confidence: Rate
) -> None:
    """B-VAR-01: the observation of the value at risk is in the tail."""
    profits = list(range(-5, count - 5))
    assert portfolio.days_problem(count, confidence, 1) == ""
    assert portfolio.value_at_risk(profits, confidence) == 5
    assert shortfall(profits, confidence) == 5


@given(CONFIDENCES, st.integers(1, 10))
def test_the_least_number_of_days_is_h_times_one_over_alpha(confidence: Rate, horizon: int) -> None:
    least = horizon * math.ceil(1 / alpha(confidence))
    assert portfolio.days_problem(least, confidence, horizon) == ""
    assert str(least) in portfolio.days_problem(least - 1, confidence, horizon)


def test_the_tail_takes_the_part_of_an_observation_that_it_still_needs() -> None:
    # n * alpha = 25 * 0.05 = 1.25: the worst, and a quarter of the next one.
    profits = [-100, -60, *range(23)]
    assert portfolio.value_at_risk(profits, C95) == 60
    assert shortfall(profits, C95) == (100 + Fraction(60, 4)) / Fraction(5, 4) == 92


@given(samples())
def test_value_at_risk_is_the_order_statistic(sample: tuple[list[int], Rate]) -> None:
    """S1-RISK-12: x_(ceil(n * alpha)), as positive money."""
    profits, confidence = sample
    assert portfolio.value_at_risk(profits, confidence) == -worst(profits, confidence)


@given(samples())
def test_shortfall_is_the_mean_of_the_quantiles_of_the_tail(
    sample: tuple[list[int], Rate],
) -> None:
    profits, confidence = sample
    assert shortfall(profits, confidence) == tail_mean(profits, confidence)


@given(samples())
def test_more_is_lost_on_average_beyond_the_value_at_risk_than_at_it(
    sample: tuple[list[int], Rate],
) -> None:
    profits, confidence = sample
    assert shortfall(profits, confidence) >= portfolio.value_at_risk(profits, confidence)


@given(st.lists(PROFITS, min_size=100, max_size=150), st.lists(CONFIDENCES, min_size=2))
def test_both_grow_with_the_confidence(profits: list[int], confidences: list[Rate]) -> None:
    risks = [portfolio.value_at_risk(profits, each) for each in sorted(confidences)]
    shortfalls = [shortfall(profits, each) for each in sorted(confidences)]
    assert risks == sorted(risks)
    assert shortfalls == sorted(shortfalls)


@given(samples(), st.integers(0, 1000), st.integers(-1000, 1000))
def test_both_scale_with_the_position_and_move_with_a_certain_profit(
    sample: tuple[list[int], Rate], scale: int, certain: int
) -> None:
    profits, confidence = sample
    changed = [scale * each + certain for each in profits]
    at_risk = portfolio.value_at_risk(profits, confidence)
    assert portfolio.value_at_risk(changed, confidence) == scale * at_risk - certain
    assert shortfall(changed, confidence) == scale * shortfall(profits, confidence) - certain


@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_the_days_does_not_matter_within_one_day(
    sample: tuple[list[int], Rate], chance: Any
) -> None:
    profits, confidence = sample
    shuffled = list(profits)
    chance.shuffle(shuffled)
    assert portfolio.value_at_risk(shuffled, confidence) == portfolio.value_at_risk(
        profits, confidence
    )
    assert shortfall(shuffled, confidence) == shortfall(profits, confidence)
    assert portfolio.variance(shuffled) == portfolio.variance(profits)


@given(st.lists(st.tuples(PROFITS, PROFITS), min_size=20, max_size=120))
def test_two_portfolios_together_never_fall_shorter_than_apart(
    pairs: list[tuple[int, int]],
) -> None:
    """Acerbi-Tasche: expected shortfall is sub-additive."""
    one, other = [first for first, _ in pairs], [second for _, second in pairs]
    both = [first + second for first, second in pairs]
    assert shortfall(both, C95) <= shortfall(one, C95) + shortfall(other, C95)


def test_value_at_risk_is_not_sub_additive_which_is_why_shortfall_stands_beside_it() -> None:
    # Each loses 100 on one day of forty, so its second worst day is a gain; together on two.
    one = [-100, *[1] * 39]
    other = [1, -100, *[1] * 38]
    assert portfolio.value_at_risk(one, C95) == portfolio.value_at_risk(other, C95) == -1
    both = [first + second for first, second in zip(one, other, strict=True)]
    assert portfolio.value_at_risk(both, C95) == 99 > -2
    assert shortfall(both, C95) == 99 <= shortfall(one, C95) + shortfall(other, C95)


@given(st.lists(PROFITS, min_size=5, max_size=40), st.integers(1, 5))
def test_several_days_are_every_window_of_days_that_follow_each_other(
    profits: list[int], horizon: int
) -> None:
    count = len(profits) - horizon + 1
    expected = [sum(profits[place : place + horizon]) for place in range(count)]
    assert portfolio.windows(profits, horizon) == expected


@given(st.lists(PROFITS, min_size=2, max_size=60))
def test_the_variance_has_the_divisor_n_less_1(profits: list[int]) -> None:
    mean = Fraction(sum(profits), len(profits))
    expected = sum((each - mean) ** 2 for each in profits) / (len(profits) - 1)
    assert Fraction(*portfolio.variance(profits)) == expected


@given(
    st.lists(st.integers(-(10**30), 10**30), min_size=20, max_size=60),
    COMMON,
    st.sampled_from([1, 5]),
)
def test_the_normal_figures_are_deviations_times_the_root_of_the_horizon(
    profits: list[int], confidence: Rate, horizon: int
) -> None:
    """Parametric: the divisor n - 1, without the mean, against the library's normal."""
    mean = Fraction(sum(profits), len(profits))
    spread = sum((each - mean) ** 2 for each in profits) / (len(profits) - 1)
    tail = float(alpha(confidence))
    place = -NormalDist().inv_cdf(tail)
    deviation = math.sqrt(spread * horizon)
    found = portfolio.normal_value_at_risk(profits, confidence, horizon)
    beyond = portfolio.normal_shortfall(profits, confidence, horizon)
    assert found == pytest.approx(place * deviation, rel=1e-10, abs=2)
    assert beyond == pytest.approx(NormalDist().pdf(place) / tail * deviation, rel=1e-10, abs=2)


@given(st.lists(st.integers(-(10**30), 10**30), min_size=20, max_size=40), st.integers(1, 1000))
def test_the_normal_figures_scale_with_the_position_but_for_a_grain(
    profits: list[int], scale: int
) -> None:
    one = portfolio.normal_value_at_risk(profits, C95, 1)
    many = portfolio.normal_value_at_risk([scale * each for each in profits], C95, 1)
    assert 0 <= many - scale * one <= scale


def test_what_does_not_vary_has_no_normal_loss() -> None:
    """The mean is left out: a certain profit hides nothing, and a certain loss adds nothing."""
    for certain in (-50, 0, 50):
        assert portfolio.normal_value_at_risk([certain] * 20, C95, 5) == 0


@given(st.lists(st.tuples(PROFITS, PROFITS), min_size=20, max_size=60))
def test_beta_is_the_covariance_over_the_variance(pairs: list[tuple[int, int]]) -> None:
    profits, market = [mine for mine, _ in pairs], [Rate(theirs) for _, theirs in pairs]
    assume(len(set(market)) > 1)
    mean, mean_market = Fraction(sum(profits), len(pairs)), Fraction(sum(market), len(pairs))
    common = sum((mine - mean) * (theirs - mean_market) for mine, theirs in pairs)
    expected = common / sum((each - mean_market) ** 2 for each in market)
    assert portfolio.beta_problem(market) == ""
    assert Fraction(*portfolio.beta(profits, market)) == expected


@given(st.lists(PROFITS.map(Rate), min_size=20, max_size=40), st.integers(-9, 9))
def test_a_portfolio_of_the_benchmark_has_its_value_as_beta(market: list[Rate], value: int) -> None:
    assume(len(set(market)) > 1)
    profits = [portfolio.profit(Fine(value), each, False) for each in market]
    assert Fraction(*portfolio.beta(profits, market)) == value


def test_a_benchmark_that_is_short_or_does_not_vary_has_no_beta() -> None:
    short = [Rate(each) for each in range(19)]
    assert portfolio.beta_problem(short) == "too few samples: 19 days, at least 20 for a beta"
    assert portfolio.beta_problem([Rate(7)] * 20) == "the benchmark does not vary"
    assert portfolio.beta_problem([*short, Rate(19)]) == ""


@given(st.integers(-(10**30), 10**30), st.integers(1 - RATE_UNIT, 100 * RATE_UNIT))
def test_a_contract_makes_its_value_times_the_return(value: int, change: int) -> None:
    assert portfolio.profit(Fine(value), Rate(change), False) == value * change


@given(st.integers(-(10**30), 10**30), st.integers(1 - RATE_UNIT, 100 * RATE_UNIT))
def test_an_inverse_contract_makes_what_its_worth_falls(value: int, change: int) -> None:
    ratio = 1 + Fraction(change, RATE_UNIT)
    exact = (value - value / ratio) * RATE_UNIT  # it is worth value / ratio afterwards
    found = portfolio.profit(Fine(value), Rate(change), True)
    assert exact - 1 < found <= exact


@given(st.lists(st.integers(-(10**9), 10**9).map(Fine), max_size=12))
def test_concentration_is_of_the_gross_value(values: list[Fine]) -> None:
    gross = sum(map(abs, values))
    assume(gross > 0)
    shares = sorted((Fraction(abs(each), gross) for each in values), reverse=True)
    found = portfolio.concentration(values)
    assert found.largest == round(shares[0] * RATE_UNIT)
    assert found.largest_five == round(sum(shares[:5]) * RATE_UNIT)
    assert found.herfindahl == round(sum(each**2 for each in shares) * RATE_UNIT)


def test_a_short_counts_as_much_as_a_long_and_nothing_has_no_concentration() -> None:
    hedged = portfolio.concentration([Fine(50), Fine(-50)])
    assert hedged == (RATE_UNIT // 2, RATE_UNIT, RATE_UNIT // 2)
    assert portfolio.concentration([]) == portfolio.concentration([Fine(0)]) == (0, 0, 0)


@pytest.mark.parametrize("confidence", [0, 50_000_000, 100_000_000, 100_000_001])
def test_a_confidence_is_between_one_half_and_one(confidence: int) -> None:
    problem = portfolio.terms_problem(Rate(confidence), 1)
    assert problem == "the confidence is not between 0.5 and 1, both excluded"
    assert portfolio.terms_problem(Rate(50_000_001), 1) == ""
    assert portfolio.terms_problem(Rate(99_999_999), 250) == ""


@pytest.mark.parametrize("horizon", [-1, 0, 251])
def test_a_horizon_is_a_day_to_a_year(horizon: int) -> None:
    assert portfolio.terms_problem(C95, horizon) == "the horizon is not from 1 to 250 days"


def test_money_is_rounded_once_half_to_even_and_fits_a_record() -> None:
    assert GRAIN_UNIT == FINE_UNIT * RATE_UNIT
    halves = [portfolio.money(half * GRAIN_UNIT // 2) for half in (1, 3, 5, -1, -3)]
    assert halves == [0, 2, 2, 0, -2]
    assert portfolio.money(7 * GRAIN_UNIT, 2) == 4  # 3.5
    assert portfolio.money(MONEY_MAX * GRAIN_UNIT) == MONEY_MAX
    assert portfolio.money((MONEY_MAX + 1) * GRAIN_UNIT) is None


@pytest.mark.parametrize("count", [20, 57, 100, 250, 999])
def test_all_agree_with_numpy(count: int) -> None:
    """S1-RISK-12: on fixed data, where numpy is installed. It is no dependency."""
    numpy = pytest.importorskip("numpy")
    made = numpy.random.default_rng(count).normal(0, 1e6, (2, count)).round().astype(int)
    profits, market = made[0].tolist(), made[1].tolist()
    quantile = numpy.quantile(made[0], 0.05, method="inverted_cdf")
    assert portfolio.value_at_risk(profits, C95) == -quantile
    assert float(Fraction(*portfolio.variance(profits))) == pytest.approx(
        numpy.var(made[0], ddof=1), rel=1e-12
    )
    covariance = numpy.cov(made, ddof=1)
    assert float(Fraction(*portfolio.beta(profits, market))) == pytest.approx(
        covariance[0, 1] / covariance[1, 1], rel=1e-9
    )
    whole = count * 5 // 100
    ordered = numpy.sort(made[0])
    tail = ordered[:whole].sum() + (count * 0.05 - whole) * ordered[whole]
    assert float(shortfall(profits, C95)) == pytest.approx(-tail / (count * 0.05), rel=1e-9)
    windows = numpy.convolve(made[0], numpy.ones(5, int), "valid").tolist()
    assert portfolio.windows(profits, 5) == windows
