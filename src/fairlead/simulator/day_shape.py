"""How lively a market is by the time of day: volume, volatility and spread, in percent of usual.

Markets are busy when they open and before they close, and quiet between: a curve like the letter U
(Wood, McInish and Ord, "An investigation of transactions data for NYSE stocks", Journal of Finance
40, 1985). The day is cut into equal parts; outside of it all is as usual.
"""

from typing import Final

from fairlead.model.units import Nanos
from fairlead.simulator.days import DAY

USUAL: Final = 100  # percent
# Half hours of six and a half; each curve has a mean of 100.
U_VOLUME: Final = (190, 125, 105, 90, 80, 75, 70, 70, 72, 78, 85, 100, 160)
U_VOLATILITY: Final = (190, 135, 110, 95, 85, 80, 75, 75, 78, 82, 85, 90, 120)
U_SPREAD: Final = (200, 120, 100, 95, 90, 85, 85, 85, 85, 85, 85, 85, 100)


class DayShape:
    """The curves of one day that opens at `opens` after midnight UTC and is `length` long."""

    def __init__(
        self,
        opens: Nanos,
        length: Nanos,
        volume: tuple[int, ...] = U_VOLUME,
        volatility: tuple[int, ...] = U_VOLATILITY,
        spread: tuple[int, ...] = U_SPREAD,
    ) -> None:
        """Take the curves, as fine as one likes. Raises `ValueError`."""
        if not 0 <= opens < DAY or not 0 < length <= DAY - opens:
            raise ValueError(
                f"shape of the day: opens at {opens} ns for {length} ns, expected within one day"
            )
        for name, curve in (("volume", volume), ("volatility", volatility), ("spread", spread)):
            if not curve or min(curve) < 1:
                raise ValueError(
                    f"shape of the day: {name} is {curve}, expected percentages of at least 1"
                )
        self._opens = opens
        self._length = length
        self._volume = volume
        self._volatility = volatility
        self._spread = spread

    def volume(self, time: int) -> int:
        """Return how much is going on at a time, in percent."""
        return self._of(self._volume, time)

    def volatility(self, time: int) -> int:
        """Return how much the value moves, in percent."""
        return self._of(self._volatility, time)

    def spread(self, time: int) -> int:
        """Return how far market makers stay from the value, in percent."""
        return self._of(self._spread, time)

    def _of(self, curve: tuple[int, ...], time: int) -> int:
        since = time % DAY - self._opens
        if not 0 <= since < self._length:
            return USUAL
        return curve[since * len(curve) // self._length]
