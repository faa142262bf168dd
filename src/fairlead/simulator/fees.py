"""What executions cost: by the volume of the last thirty days, in tiers.

The tier of an execution is that of the volume before it. The day at hand counts, and the 29 before
it; days are those of the venue (`days.py`).
"""

from collections import deque
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.units import Money, Nanos, Rate
from fairlead.simulator.days import DAY

_DAYS: Final = 30


class FeeTier:
    """From which volume on which rates hold."""

    def __init__(self, volume_min: Money, maker: Rate, taker: Rate) -> None:
        """Take the terms; a negative rate is a rebate."""
        self.volume_min = volume_min
        self.maker = maker
        self.taker = taker


class Fees:
    """The fees of one account at one venue."""

    def __init__(self, tiers: tuple[FeeTier, ...] = ()) -> None:
        """Begin without volume. Without tiers an instrument's own rates hold.

        Raises `ValueError` unless tiers begin at 0 and rise.
        """
        volumes = [tier.volume_min for tier in tiers]
        if tiers and (volumes[0] != 0 or volumes != sorted(dict.fromkeys(volumes))):
            raise ValueError(f"fees: tiers from {volumes}, expected from 0 on and rising")
        self.volume: int = 0  # of the thirty days
        self._tiers = tiers
        self._days: deque[tuple[int, int]] = deque()  # day, volume

    def rate(self, instrument: Instrument, is_maker: bool, time: Nanos) -> Rate:
        """Return the rate of an execution."""
        if not self._tiers:
            return instrument.maker_fee if is_maker else instrument.taker_fee
        self._forget(time)
        held = self._tiers[0]
        for tier in self._tiers:
            if tier.volume_min <= self.volume:
                held = tier
        return held.maker if is_maker else held.taker

    def traded(self, worth: Money, time: Nanos) -> None:
        """Count an execution."""
        if not self._tiers:
            return
        self._forget(time)
        day = time // DAY
        before = self._days.pop()[1] if self._days and self._days[-1][0] == day else 0
        self._days.append((day, before + worth))
        self.volume += worth

    def _forget(self, time: Nanos) -> None:
        oldest = time // DAY - _DAYS + 1
        while self._days and self._days[0][0] < oldest:
            self.volume -= self._days.popleft()[1]
