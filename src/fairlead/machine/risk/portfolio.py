"""What a portfolio may lose: value at risk, expected shortfall, beta, concentration. Exact.

The sample is the profit that the present positions would have made on each day of the history, the
worst first. Profits are in *grains*, `GRAIN_UNIT` of them to a unit of money, so that a value in
fine parts times a return is a whole number of them and nothing is rounded before the end. With the
tail alpha = 1 - confidence, an exact decimal, and n profits x_(1) <= x_(2) <= ... <= x_(n):

    value at risk       = -x_(k), k = ceil(n * alpha)
    expected shortfall  = -(x_(1) + ... + x_(m) + (n * alpha - m) * x_(m + 1)) / (n * alpha),
                          m = floor(n * alpha)

The first is the order statistic, the second the estimator of Acerbi and Tasche ("On the coherence
of expected shortfall", 2002), which takes the part of an observation that the tail still needs. A
loss is positive; a negative figure says that even the tail made a profit. The tail must hold at
least one whole observation: with fewer there is a problem, and never a number.

Over several days the sample is the sum of every h days that follow each other. They overlap, so
that no bad week is missed because a block happened to begin in its middle; since they then say less
than so many independent ones, the least number is counted in blocks that do not overlap.

The parametric figures take the profits as normal with the deviation of the sample (divisor n - 1)
and without its mean, which is mostly noise and would make a lucky year look safe: z * s * sqrt(h),
and phi(z) / alpha * s * sqrt(h). Their only errors are those of `normal.py`, less than 10**-20 of
the figure, and one grain.
"""

from math import isqrt
from typing import Final, NamedTuple

from fairlead.machine.risk.normal import NORMAL_UNIT, quantile, shortfall_factor
from fairlead.model.units import (
    FINE_UNIT,
    MONEY_MAX,
    RATE_UNIT,
    Fine,
    Money,
    Rate,
    divide_half_even,
)

GRAIN_UNIT: Final = FINE_UNIT * RATE_UNIT
HORIZON_MAX: Final = 250  # trading days: a year
BETA_DAYS_MIN: Final = 20  # a line through fewer points follows their noise
_LARGEST: Final = 5


class Ratio(NamedTuple):
    """An exact rational; the denominator is above zero."""

    numerator: int
    denominator: int


class Concentration(NamedTuple):
    """How much of the gross value is in few names."""

    largest: Rate  # the largest name
    largest_five: Rate
    herfindahl: Rate  # the sum of the squared shares: 1 for one name, 1 / n for n equal ones


def terms_problem(confidence: Rate, horizon: int) -> str:
    """Return why nothing can be measured on such terms, empty if it can."""
    if not RATE_UNIT < 2 * confidence < 2 * RATE_UNIT:
        return "the confidence is not between 0.5 and 1, both excluded"
    return "" if 1 <= horizon <= HORIZON_MAX else f"the horizon is not from 1 to {HORIZON_MAX} days"


def days_min(confidence: Rate, horizon: int) -> int:
    """Return the least number of days whose tail has a whole observation: h * ceil(1 / alpha)."""
    tail = RATE_UNIT - confidence
    return horizon * -(-RATE_UNIT // tail)


def days_problem(days: int, confidence: Rate, horizon: int) -> str:
    """Return why so many days are too few, empty if they are enough."""
    least = days_min(confidence, horizon)
    if days >= least:
        return ""
    return f"too few samples: {days} days, at least {least} for a horizon of {horizon}"


def profit(value: Fine, change: Rate, inverse: bool) -> int:
    """Return what a position would have made of a return, in grains.

    An inverse contract is worth less the higher its price, so it makes r / (1 + r) of its value:
    more is lost in a fall than a straight line would say. Rounded down to a grain.
    """
    if inverse:
        return value * change * RATE_UNIT // (RATE_UNIT + change)
    return value * change


def summed(rows: list[list[int]]) -> list[int]:
    """Return the profits of a portfolio, day by day, from those of its positions."""
    return [sum(day) for day in zip(*rows, strict=True)]


def windows(profits: list[int], horizon: int) -> list[int]:
    """Return the profits of every `horizon` days that follow each other."""
    count = len(profits) - horizon + 1
    total = sum(profits[:horizon])
    found = [total]
    for place in range(1, count):
        total += profits[place + horizon - 1] - profits[place - 1]
        found.append(total)
    return found


def tail_rank(count: int, confidence: Rate) -> int:
    """Return k = ceil(n * alpha): how many observations the tail takes, the last one in part."""
    return -(-count * (RATE_UNIT - confidence) // RATE_UNIT)


def value_at_risk(profits: list[int], confidence: Rate) -> int:
    """Return -x_(k)."""
    return -sorted(profits)[tail_rank(len(profits), confidence) - 1]


def expected_shortfall(profits: list[int], confidence: Rate) -> Ratio:
    """Return the mean loss of the tail, its last observation counted in part."""
    weight = len(profits) * (RATE_UNIT - confidence)  # n * alpha
    whole, rest = divmod(weight, RATE_UNIT)
    ordered = sorted(profits)
    total = RATE_UNIT * sum(ordered[:whole])
    if rest:
        total += rest * ordered[whole]
    return Ratio(-total, weight)


def variance(profits: list[int]) -> Ratio:
    """Return the variance of a sample, with the divisor n - 1."""
    count = len(profits)
    assert count > 1, "one observation does not vary"
    total = sum(profits)
    squares = sum([each * each for each in profits])
    return Ratio(count * squares - total * total, count * (count - 1))


def normal_value_at_risk(profits: list[int], confidence: Rate, horizon: int) -> int:
    """Return z * s * sqrt(h), rounded down to a grain."""
    return _deviations(quantile(confidence), variance(profits), horizon)


def normal_shortfall(profits: list[int], confidence: Rate, horizon: int) -> int:
    """Return phi(z) / alpha * s * sqrt(h), rounded down to a grain."""
    return _deviations(shortfall_factor(confidence), variance(profits), horizon)


def beta_problem(market: list[Rate]) -> str:
    """Return why there is no beta to such a benchmark, empty if there is one."""
    if len(market) < BETA_DAYS_MIN:
        return f"too few samples: {len(market)} days, at least {BETA_DAYS_MIN} for a beta"
    return "the benchmark does not vary" if max(market) == min(market) else ""


def beta(profits: list[int], market: list[Rate]) -> Ratio:
    """Return cov(profit, benchmark) / var(benchmark): fine money for each 100 % that it moves."""
    count = len(profits)
    mean_market = sum(market)
    both = sum([mine * theirs for mine, theirs in zip(profits, market, strict=True)])
    squares = sum([each * each for each in market])
    common = count * both - sum(profits) * mean_market
    return Ratio(common, count * squares - mean_market * mean_market)


def concentration(values: list[Fine]) -> Concentration:
    """Return how the gross value is spread over names, from the signed value of each."""
    sizes = sorted([abs(value) for value in values], reverse=True)
    gross = sum(sizes)
    if gross == 0:
        return Concentration(Rate(0), Rate(0), Rate(0))
    squares = sum([size * size for size in sizes])
    return Concentration(
        Rate(divide_half_even(sizes[0] * RATE_UNIT, gross)),
        Rate(divide_half_even(sum(sizes[:_LARGEST]) * RATE_UNIT, gross)),
        Rate(divide_half_even(squares * RATE_UNIT, gross * gross)),
    )


def money(grains: int, divisor: int = 1) -> Money | None:
    """Return grains over a divisor in whole units, half to even; None where no record holds it."""
    whole = divide_half_even(grains, divisor * GRAIN_UNIT)
    return Money(whole) if abs(whole) <= MONEY_MAX else None


def _deviations(factor: int, spread: Ratio, horizon: int) -> int:
    """Return a factor in parts of `NORMAL_UNIT` times the root of `horizon` variances."""
    square = factor * factor * horizon * spread.numerator
    return isqrt(square // (spread.denominator * NORMAL_UNIT * NORMAL_UNIT))
