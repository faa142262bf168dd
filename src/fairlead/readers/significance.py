"""How much a Sharpe ratio is worth that was found by trying: its standard error, its luck.

Who tries a hundred strategies without any skill and keeps the best one has a fine Sharpe ratio. The
*deflated* ratio is the probability that the true one is above what the best of so many trials is
expected to show by luck alone (Bailey and Lopez de Prado, The Deflated Sharpe Ratio, Journal of
Portfolio Management 40/5, 2014; the standard error of a ratio of returns that are not normal is
that of Mertens, 2002, in their form). All ratios here are of one sampling interval, never
annualised, and returns are taken as independent of each other.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from fairlead.readers.statistics import Measured, mean_of, sharpe, undefined

_EULER: Final = 0.5772156649015329  # the constant of Euler and Mascheroni
_NORMAL: Final = NormalDist()
_MOMENTS_MIN: Final = 4  # returns, below which a fourth moment says nothing
_TRIALS_MIN: Final = 2


def skewness(returns: Sequence[float]) -> Measured:
    """Return the third standardised moment (divisor n); 0 for what is symmetric."""
    return _moment(returns, 3)


def kurtosis(returns: Sequence[float]) -> Measured:
    """Return the fourth standardised moment (divisor n), not less 3: 3 for what is normal."""
    return _moment(returns, 4)


def probabilistic_sharpe(returns: Sequence[float], benchmark: float = 0.0) -> Measured:
    """Return the probability that the true Sharpe ratio of one interval is above `benchmark`."""
    ratio, skew, tails = sharpe(returns), skewness(returns), kurtosis(returns)
    if ratio.value is None:
        return ratio
    if skew.value is None or tails.value is None:
        return undefined(skew.note or tails.note)
    found = ratio.value
    error = 1 - skew.value * found + (tails.value - 1) / 4 * found**2
    if error <= 0:
        return undefined("the returns are too skewed for a standard error")
    distance = (found - benchmark) * math.sqrt((len(returns) - 1) / error)
    return Measured(_NORMAL.cdf(distance))


def luckiest_sharpe(trials: Sequence[float]) -> Measured:
    """Return the Sharpe ratio that the best of such trials is expected to show without any skill.

    `trials` are the ratios that were found, all of them: their spread and their number count.
    """
    if len(trials) < _TRIALS_MIN:
        return undefined("fewer than two trials")
    mean = mean_of(trials)
    spread = math.sqrt(math.fsum((each - mean) ** 2 for each in trials) / (len(trials) - 1))
    count = len(trials)
    first = _NORMAL.inv_cdf(1 - 1 / count)
    second = _NORMAL.inv_cdf(1 - 1 / (count * math.e))
    return Measured(spread * ((1 - _EULER) * first + _EULER * second))


def deflated_sharpe(returns: Sequence[float], trials: Sequence[float]) -> Measured:
    """Return the probability that the best of `trials`, with these returns, is more than luck."""
    luck = luckiest_sharpe(trials)
    return luck if luck.value is None else probabilistic_sharpe(returns, luck.value)


def _moment(returns: Sequence[float], power: int) -> Measured:
    if len(returns) < _MOMENTS_MIN:
        return undefined(f"fewer than {_MOMENTS_MIN} returns")
    mean = mean_of(returns)
    variance = math.fsum((each - mean) ** 2 for each in returns) / len(returns)
    deviation = math.sqrt(variance)
    if deviation <= 1e-12 * abs(mean) or variance == 0:
        return undefined("returns do not vary")
    return Measured(
        math.fsum(((each - mean) / deviation) ** power for each in returns) / len(returns)
    )
