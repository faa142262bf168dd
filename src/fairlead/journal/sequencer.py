"""The only reader of the clock. Gives every input its number and its time.

Numbers are gapless. Time never goes back: when the clock does, the last time is used again until
the clock has caught up, so order is by number alone and a timer can never fire twice.
"""

import time
from typing import Protocol

from fairlead.model.units import Nanos, Sequence


def monotonic_ns() -> Nanos:
    """Return a clock that only goes forward, for spans of time."""
    return Nanos(time.monotonic_ns())


class Clock(Protocol):
    """What says what time it is."""

    def now(self) -> Nanos:
        """Return nanoseconds since the epoch."""


class WallClock:
    """The time of day of this machine."""

    def now(self) -> Nanos:
        """Return the time of day."""
        return Nanos(time.time_ns())


class VirtualClock:
    """A clock that stands where it was put: for simulated and recorded worlds."""

    def __init__(self, start: Nanos) -> None:
        """Stand at `start`."""
        self._now = start

    def now(self) -> Nanos:
        """Return where the clock stands."""
        return self._now

    def set(self, now: Nanos) -> None:
        """Put the clock; it may be put back, the sequencer does not follow."""
        self._now = now


class Sequencer:
    """Numbers and times, one at a time."""

    def __init__(self, clock: Clock, last: Sequence, last_time: Nanos) -> None:
        """Go on after `last`, which was stamped `last_time`."""
        self.last = last
        self.last_time = last_time
        self._clock = clock

    def stamp(self) -> Nanos:
        """Take the next number (`last`) and return its time."""
        self.last = Sequence(self.last + 1)
        now = self._clock.now()
        self.last_time = max(self.last_time, now)
        return self.last_time
