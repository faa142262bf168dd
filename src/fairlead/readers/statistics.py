"""Measures of a session, each with one stated convention (docs/reference/statistics.md).

A measure that cannot be formed is undefined and says why: never 0, never infinite, never
not-a-number. Ratios are floats; the money they are formed from is exact until then. Nothing here
decides anything.

Returns are simple returns between neighbouring points of an even grid in calendar time; a return is
left out where equity at either end is not known. A year has 365 days of 24 hours, because equity
moves whenever its market does. What is annualised is scaled by the number of grid intervals in a
year (means) or its root (deviations), as if returns were independent; below a day of history that
is not done.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from fairlead.model.units import NANOS_PER_SECOND, Money, Nanos

NANOS_PER_DAY: Final = 86_400 * NANOS_PER_SECOND
NANOS_PER_YEAR: Final = 365 * NANOS_PER_DAY
ANNUALISED_SPAN_MIN: Final = Nanos(NANOS_PER_DAY)
GROWTH_SPAN_MIN: Final = Nanos(30 * NANOS_PER_DAY)
_RETURNS_MIN: Final = 2
_SAME: Final = 1e-12  # deviations below this share of the mean are the rounding of floats


class Measured(NamedTuple):
    """A measure: its value, or None and why; a value may come with a note as well."""

    value: float | None
    note: str = ""


class Drawdown(NamedTuple):
    """The deepest fall below an earlier peak: indices into the points, `end` is the recovery.

    Where it was not recovered, `end` is the last point and `recovered` is False.
    """

    depth: float  # as a share of the peak, positive
    peak: int
    trough: int
    end: int
    recovered: bool


def undefined(reason: str) -> Measured:
    """Return a measure that cannot be formed."""
    return Measured(None, reason)


def ratio(numerator: float, denominator: float, reason: str) -> Measured:
    """Return a quotient, undefined with `reason` where the denominator is not above 0."""
    return Measured(numerator / denominator) if denominator > 0 else undefined(reason)


def without_flows(equity: Sequence[Money | None], flows: Sequence[Money]) -> Sequence[float | None]:
    """Return what equity would be, had nothing been paid in or out: a fund at the price of a unit.

    `flows` is what was paid in, less what was paid out, until each point. What came between two
    points counts as if it came with the later one. Without any it is equity itself.
    """
    if all(flow == flows[0] for flow in flows):
        return equity
    steady: list[float | None] = []
    level = before = 0.0
    flow_before = 0
    for value, flow in zip(equity, flows, strict=True):
        if value is None:
            steady.append(None)
            continue
        level = level * (value - flow + flow_before) / before if before > 0 else float(value)
        before, flow_before = value, flow
        steady.append(level)
    return steady


def returns_of(equity: Sequence[float | None]) -> list[float]:
    """Return the simple returns between neighbours, without those where an end is not known.

    A return on equity of 0 or less means nothing: it is left out as well.
    """
    pairs = pairwise(equity)
    return [
        (after - before) / before
        for before, after in pairs
        if before is not None and after is not None and before > 0
    ]


def total_return(first: float, last: float) -> Measured:
    """Return the profit as a share of the initial equity."""
    return ratio(last - first, first, "the initial equity is not above 0")


def annual_growth(first: float, last: float, span: Nanos) -> Measured:
    """Return the compound annual growth rate: what one year at this pace would bring."""
    if span < GROWTH_SPAN_MIN:
        return undefined("fewer than 30 days say nothing about a year")
    if first <= 0 or last <= 0:
        return undefined("equity is not above 0 at both ends")
    return Measured(math.expm1(math.log(last / first) * NANOS_PER_YEAR / span))


def mean_of(returns: Sequence[float]) -> float:
    """Return the arithmetic mean of one or more returns."""
    return math.fsum(returns) / len(returns)


def volatility(returns: Sequence[float], periods: float = 1.0) -> Measured:
    """Return the standard deviation (divisor n - 1), times the root of `periods`."""
    if len(returns) < _RETURNS_MIN:
        return undefined("fewer than two returns")
    mean = mean_of(returns)
    variance = math.fsum((each - mean) ** 2 for each in returns) / (len(returns) - 1)
    return Measured(math.sqrt(variance * periods))


def sharpe(returns: Sequence[float], periods: float = 1.0, riskless: float = 0.0) -> Measured:
    """Return mean excess return over its standard deviation, times the root of `periods`.

    `riskless` is the riskless return of one interval.
    """
    excess = [each - riskless for each in returns]
    deviation = volatility(excess)
    if deviation.value is None:
        return deviation
    mean = mean_of(excess)
    if deviation.value <= _SAME * abs(mean):
        return undefined("returns do not vary")
    return Measured(mean / deviation.value * math.sqrt(periods))


def sortino(returns: Sequence[float], periods: float = 1.0, target: float = 0.0) -> Measured:
    """Return mean excess return over the downside deviation, times the root of `periods`.

    The downside deviation is the root of the mean over *all* returns of min(return - target, 0)**2.
    """
    if len(returns) < _RETURNS_MIN:
        return undefined("fewer than two returns")
    excess = [each - target for each in returns]
    downside = math.sqrt(math.fsum(min(each, 0.0) ** 2 for each in excess) / len(excess))
    mean = mean_of(excess)
    if downside <= _SAME * abs(mean):
        return undefined("no return lies below the target")
    return Measured(mean / downside * math.sqrt(periods))


def drawdowns(equity: Sequence[float | None]) -> list[float | None]:
    """Return at each point how far equity lies below its peak so far, as a share; 0 or negative."""
    peak: float = 0
    falls: list[float | None] = []
    for value in equity:
        if value is not None:
            peak = max(peak, value)
        falls.append((value - peak) / peak if value is not None and peak > 0 else None)
    return falls


def deepest_drawdown(equity: Sequence[float | None]) -> Drawdown | None:
    """Return the deepest fall, the earliest of equals; None where equity never fell."""
    deepest: Drawdown | None = None
    peak: float = 0  # equity of 0 or less has no share that could be lost
    peak_index = 0
    for index, value in enumerate(equity):
        if value is None or (peak == 0 and value <= 0):
            continue
        if value >= peak:
            peak, peak_index = value, index
        elif deepest is None or (peak - value) / peak > deepest.depth:
            depth = (peak - value) / peak
            deepest = Drawdown(depth, peak_index, index, index, False)
    return None if deepest is None else _until_recovered(deepest, equity)


def _until_recovered(fall: Drawdown, equity: Sequence[float | None]) -> Drawdown:
    peak = equity[fall.peak]
    assert peak is not None, "a peak is a known equity"
    for index in range(fall.trough, len(equity)):
        value = equity[index]
        if value is not None and value >= peak:
            return fall._replace(end=index, recovered=True)
    return fall._replace(end=len(equity) - 1)


def calmar(growth: Measured, depth: float) -> Measured:
    """Return the annual growth over the deepest drawdown."""
    if growth.value is None:
        return growth
    return ratio(growth.value, depth, "equity never fell below a peak")
