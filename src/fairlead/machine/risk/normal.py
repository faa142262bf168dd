"""The normal distribution in whole numbers: its density and its quantiles, with a stated error.

A quantile has no closed form, and the usual rational fits are floats with an error of their own. So
it is solved for: Phi is concave above its median, hence Newton's method begun there never
overshoots and only climbs; it ends when a step is below 10**-21.

All is done in parts of `_SCALE`. Both series have terms of one sign, so nothing cancels: each of
their at most 200 divisions loses less than one part, which leaves 10**-37 of Phi, and as the
density of every quantile that can be asked for is above 10**-8, 10**-28 of the quantile. What is
returned is rounded to `NORMAL_UNIT`: it is less than one part of that away from the truth.
"""

from typing import Final

from fairlead.model.units import RATE_UNIT, Rate, divide_half_even

NORMAL_UNIT: Final = 10**20  # quantiles and factors are in parts of it

_SCALE: Final = 10**40
_STEP_MIN: Final = 10**19  # 10**-21
_ROOT_OF_TWO_PI: Final = 25_066_282_746_310_005_024_157_652_848_110_452_530_070


def quantile(confidence: Rate) -> int:
    """Return z with Phi(z) = confidence, in parts of `NORMAL_UNIT`; from one half up."""
    return divide_half_even(_solved(confidence), _SCALE // NORMAL_UNIT)


def shortfall_factor(confidence: Rate) -> int:
    """Return how many deviations are lost on average beyond the quantile: phi(z) / alpha.

    In parts of `NORMAL_UNIT`.
    """
    tail = RATE_UNIT - confidence
    density = _density(_solved(confidence))
    return divide_half_even(density * RATE_UNIT, tail * (_SCALE // NORMAL_UNIT))


def _solved(confidence: Rate) -> int:
    assert RATE_UNIT <= 2 * confidence < 2 * RATE_UNIT, "a confidence is from one half to below one"
    wanted = confidence * (_SCALE // RATE_UNIT)
    found = 0
    step = _SCALE
    while step >= _STEP_MIN:
        density = _density(found)
        missing = wanted - _SCALE // 2 - density * _area(found) // _SCALE
        step = missing * _SCALE // density
        found += step
    return found


def _density(place: int) -> int:
    """Return exp(-place**2 / 2) / sqrt(2 pi), from the series of exp(place**2 / 2)."""
    exponent = place * place // (2 * _SCALE)
    total = term = _SCALE
    count = 0
    while term > 0:
        count += 1
        term = term * exponent // (_SCALE * count)
        total += term
    return _SCALE * _SCALE * _SCALE // (total * _ROOT_OF_TWO_PI)


def _area(place: int) -> int:
    """Return the area from 0 to a place, over the density there: z + z**3/3 + z**5/15 + ..."""
    square = place * place // _SCALE
    total = term = place
    odd = 1
    while term > 0:
        odd += 2
        term = term * square // (_SCALE * odd)
        total += term
    return total
