"""The only reader of the clock. Gives every input its number and its time.

Numbers are gapless. Time never goes back: when the clock does, the last time is used again until
the clock has caught up, so order is by number alone and a timer can never fire twice.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol

from fairlead.model.units import Nanos, Sequence

_EPOCH: Final = Nanos(0)
_LOOK_SPAN: Final = 20_000  # two looks this close bound the error to a tenth of the first tier
_LOOKS_MAX: Final = 5


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


class SteadyClock:
    """The time of day as it passes: read once, and carried on by a clock that only goes forward.

    Whatever happens to the time of day of this machine afterwards (a step, a leap second, a
    daylight saving that somebody set by hand, a clock that stands still), this one goes on evenly.
    How far the two are apart is written down (`ClockChecked`).
    """

    def __init__(
        self,
        not_before: Nanos = _EPOCH,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin now, or at `not_before` where that is later: what was stamped before is past."""
        self._wall = wall
        self._monotonic = monotonic
        self._began = monotonic()
        self._start = max(wall(), not_before)
        self._last = self._start

    def now(self) -> Nanos:
        """Return nanoseconds since the epoch; never less than the last time."""
        now = self._start + self._monotonic() - self._began
        self._last = max(self._last, now)
        return Nanos(self._last)

    def compare(self) -> tuple[Nanos, Nanos]:
        """Return this clock and the machine's time of day, both at one moment.

        The other one is read between two looks at this one; where the process was held up in
        between, it is read again, and the closest pair of looks counts (Cristian 1989).
        """
        before = self.now()
        wall = self._wall()
        after = self.now()
        for _ in range(_LOOKS_MAX):
            if after - before <= _LOOK_SPAN:
                break
            again, seen, done = self.now(), self._wall(), self.now()
            if done - again < after - before:
                before, wall, after = again, seen, done
        return Nanos((before + after) // 2), Nanos(wall)


class VirtualClock:
    """A clock that stands where it was put: for simulated and recorded worlds."""

    def __init__(self, start: Nanos) -> None:
        """Stand at `start`."""
        self.time = start

    def now(self) -> Nanos:
        """Return where the clock stands."""
        return self.time

    def set(self, now: Nanos) -> None:
        """Put the clock; it may be put back, the sequencer does not follow."""
        self.time = now


class Sequencer:
    """Numbers and times, one at a time."""

    def __init__(self, clock: Clock, last: Sequence, last_time: Nanos) -> None:
        """Go on after `last`, which was stamped `last_time`."""
        self.last = last
        self.last_time = last_time
        self._clock = clock

    def stamp(self) -> Nanos:
        """Take the next number (`last`) and return its time."""
        return self.stamp_at(self._clock.now())

    def stamp_at(self, now: Nanos) -> Nanos:
        """Do so for who knows what the clock says: they have put it there."""
        self.last = Sequence(self.last + 1)
        self.last_time = max(self.last_time, now)
        return self.last_time
