"""How fast the time of the world passes: as fast as it can be, or against our own clock.

A session that waits sleeps, unless it is told to spin: then it looks again and again, and is there
at once when it is time. That takes a processor of its own, and nobody else's in this process: what
comes over a thread comes late.
"""

import time as sleeping
from collections.abc import Callable
from typing import Protocol

from fairlead.journal.sequencer import Clock, monotonic_ns
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.present import Present

_AT_ONCE = Nanos(0)
SLICE = Nanos(5 * NANOS_PER_MILLISECOND)  # how long a wait may be deaf to a stop or a kill


class TurnClock(Clock, Protocol):
    """What a session reads the time from."""

    def set(self, now: Nanos) -> None:
        """Take the time of a turn. A clock that goes by itself leaves it."""


class Pace(Protocol):
    """How fast the clock of the world runs against ours, and whether to go on."""

    def wait_until(self, time: Nanos) -> bool:
        """Return when it is `time` in the world; False if the session is to stop instead.

        In a world outside, something may be there earlier: then it returns at once.
        """


def nobody() -> bool:
    """Want nothing."""
    return False


def sleep(span: Nanos) -> None:
    """Do nothing for a span."""
    sleeping.sleep(span / NANOS_PER_SECOND)


class StopRequest:
    """Set by a signal, read by the pace: the session is to end in order."""

    def __init__(self) -> None:
        """Begin unset."""
        self.reason = ""

    def set(self, reason: str) -> None:
        """Ask for the end; the first reason counts."""
        self.reason = self.reason or reason


class FullSpeed:
    """Never waits. A session that nobody can reach into asks it once in many turns."""

    def __init__(self, stop: StopRequest, passing: Callable[[Nanos], None] | None = None) -> None:
        """Take what may end the session, and who is told now and then what time it is."""
        self._stop = stop
        self._passing = passing

    def wait_until(self, time: Nanos) -> bool:
        """Return at once: True to go on, False to stop."""
        if self._passing is not None:
            self._passing(time)
        return not self._stop.reason


class LiveTime:
    """Goes with the time of day: a turn is when something arrives or when it is time for it."""

    def __init__(
        self,
        stop: StopRequest,
        present: Present,
        before_wait: Callable[[], None],
        idle: Callable[[], None],
        attend: Callable[[], bool] = nobody,
    ) -> None:
        """Take what may end the session, what to do before a wait (commit), and during one.

        How it waits, asleep or not, is for the world that things arrive from.
        """
        self._stop = stop
        self._present = present
        self._before_wait = before_wait
        self._idle = idle
        self._attend = attend

    def wait_until(self, time: Nanos) -> bool:
        """Return when it is time, something arrived, or `attend` took something; False to stop."""
        clock = self._present.clock
        if clock.now() < time and not self._present.wait(_AT_ONCE):
            self._before_wait()
        while not self._stop.reason:
            left = time - clock.now()
            if left <= 0 or self._attend():
                return True
            self._idle()
            if self._present.wait(Nanos(min(left, SLICE))):
                return True
        return False


class RealTime:
    """Lets the world run `speed` times as fast as our clock; late turns are not waited for."""

    def __init__(
        self,
        stop: StopRequest,
        speed: int,
        before_wait: Callable[[], None],
        idle: Callable[[], None],
        attend: Callable[[], bool] = nobody,
        *,
        spin: bool = False,
        now: Callable[[], Nanos] = monotonic_ns,
        rest: Callable[[Nanos], object] = sleep,
    ) -> None:
        """Take what may end the session, what to do before a wait (commit), and during one.

        `attend` takes what comes from outside, and ends the wait where it took anything. `now` is
        our own clock, and `rest` ends early where somebody wants something.
        """
        assert speed >= 1, "the world does not stand still"
        self._stop = stop
        self._speed = speed
        self._before_wait = before_wait
        self._idle = idle
        self._attend = attend
        self._spin = spin
        self._now = now
        self._rest = rest
        self._world_start = -1
        self._our_start = 0

    def wait_until(self, time: Nanos) -> bool:
        """Return when it is `time` in the world, or `attend` took something; False to stop."""
        if self._world_start < 0:
            self._world_start = time
            self._our_start = self._now()
        due = self.due(time)
        if self._now() < due:
            self._before_wait()
        while not self._stop.reason:
            left = due - self._now()
            if left <= 0 or self._attend():
                return True
            self._idle()
            if not self._spin:
                self._rest(Nanos(min(left, SLICE)))
        return False

    def due(self, time: Nanos) -> Nanos:
        """Return when, by our own clock, it is `time` in the world: told once it passes."""
        assert self._world_start >= 0, "time has begun to pass"
        return Nanos(self._our_start + (time - self._world_start) // self._speed)
