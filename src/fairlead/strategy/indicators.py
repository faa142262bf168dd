"""Streaming indicators: feed them with `update`, read `value`, which is None until they are warm.

They are for signals, so floats are allowed; no price that is sent to a venue comes out of here
unrounded. Sums over whole numbers (prices are whole numbers of increments) stay exact however long
the indicator runs.
"""

import math
from collections import deque

from fairlead.strategy.bars import Bar


class SMA:
    """The simple moving average: the mean of the last `period` values."""

    def __init__(self, period: int) -> None:
        """Begin cold. Raises `ValueError` if `period` is below 1."""
        self.period = _checked(period)
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=period)
        self._sum: float = 0

    def update(self, value: float) -> float | None:
        """Take the next value; return the mean, None until `period` values were seen."""
        values = self._values
        if len(values) == self.period:
            self._sum -= values[0]
        values.append(value)
        self._sum += value
        if len(values) == self.period:
            self.value = self._sum / self.period
        return self.value


class EMA:
    """The exponential moving average of weight 2 / (period + 1), begun at the mean of the first."""

    def __init__(self, period: int) -> None:
        """Begin cold. Raises `ValueError` if `period` is below 1."""
        self.period = _checked(period)
        self.value: float | None = None
        self._weight = 2 / (period + 1)
        self._seed = SMA(period)

    def update(self, value: float) -> float | None:
        """Take the next value; return the average, None until `period` values were seen."""
        if self.value is None:
            self.value = self._seed.update(value)
        else:
            self.value += self._weight * (value - self.value)
        return self.value


class Volatility:
    """The sample standard deviation of the last `period` log returns, per step."""

    def __init__(self, period: int) -> None:
        """Begin cold. Raises `ValueError` if `period` is below 2: one return has no deviation."""
        self.period = _checked(period, least=2)
        self.value: float | None = None
        self._last = 0.0
        self._returns: deque[float] = deque(maxlen=period)

    def update(self, value: float) -> float | None:
        """Take the next price; return the deviation, None until `period` returns were seen.

        Takes time in proportion to `period`: the sums are made anew, so that no error builds up.
        Raises `ValueError` for a price that is not above 0.
        """
        if not value > 0:
            raise ValueError(f"the price is {value}, expected above 0: it has no log return")
        if self._last:
            self._returns.append(math.log(value / self._last))
        self._last = value
        if len(self._returns) == self.period:
            mean = math.fsum(self._returns) / self.period
            squares = math.fsum((r - mean) ** 2 for r in self._returns)
            self.value = math.sqrt(squares / (self.period - 1))
        return self.value


class ATR:
    """The average true range of bars, in price increments, smoothed as its author did.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """

    def __init__(self, period: int) -> None:
        """Begin cold. Raises `ValueError` if `period` is below 1."""
        self.period = _checked(period)
        self.value: float | None = None
        self._close: int | None = None
        self._seed = SMA(period)

    def update(self, bar: Bar) -> float | None:
        """Take the next bar; return the average range, None until `period` bars were seen."""
        last = bar.open if self._close is None else self._close
        self._close = bar.close
        true_range = max(bar.high, last) - min(bar.low, last)
        if self.value is None:
            self.value = self._seed.update(true_range)
        else:
            self.value += (true_range - self.value) / self.period
        return self.value


def _checked(period: int, least: int = 1) -> int:
    if period < least:
        raise ValueError(f"the period is {period}, expected {least} or more")
    return period
