"""The time of day as it passes, in a session that trades with a world outside.

There nobody puts the clock: turns are taken when something arrived or when it is time. A session
that is rehearsed lives at the times of its journal first; then the clock goes, and never goes back.
"""

import os
from collections.abc import Callable
from typing import Protocol

from fairlead.journal.sequencer import SteadyClock
from fairlead.model.inputs import ClockChecked
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.node.clock_watch import ClockSettings, ClockWatch

_AT_ONCE = Nanos(0)
_SLICE = Nanos(50 * NANOS_PER_MILLISECOND)  # how long a wait trusts that nothing arrives


class Arrivals(Protocol):
    """What arrives from outside."""

    def wait(self, span: Nanos) -> bool:
        """Return as soon as something waits to be taken, or after a span; whether it does."""

    def tell(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever something came, from whichever thread."""


class Others(Protocol):
    """Who else may want something while a session waits."""

    def wait(self, span: Nanos) -> bool:
        """Return when one of them wants something, when `wake` is called, or after a span."""

    def wake(self) -> None:
        """End the wait, or the next one. Any thread may call it."""


class Waiting(Protocol):
    """Where a session waits whose time passes by itself."""

    def wait_until(self, time: Nanos) -> None:
        """Return when it is time, or when something waits to be taken."""

    def now(self) -> Nanos:
        """Return the time of day as it passes."""

    def checked(self) -> ClockChecked | None:
        """Return what is to be recorded of the clock now, None for nothing."""


class NodeClock:
    """Stands where it is put until it goes; then it goes by itself."""

    def __init__(self) -> None:
        """Stand at the beginning of time."""
        self._stands = Nanos(0)
        self._steady: SteadyClock | None = None

    @property
    def steady(self) -> SteadyClock | None:
        """What it goes by; None while it stands."""
        return self._steady

    def go(self, not_before: Nanos) -> None:
        """Go from now on, or from a time that was stamped before if that is later."""
        self._steady = SteadyClock(not_before)

    def now(self) -> Nanos:
        """Return nanoseconds since the epoch."""
        return self._stands if self._steady is None else self._steady.now()

    def set(self, now: Nanos) -> None:
        """Stand there; a clock that goes is not put."""
        self._stands = now


class HeldClock:
    """Stands where it was put: in a turn, and where a command came, all happens at one time.

    For a world that is lived through again from its journal: what one turn takes has one time
    there, whether it happens or is rehearsed.
    """

    def __init__(self) -> None:
        """Stand at the beginning of time."""
        self._stands = Nanos(0)

    def now(self) -> Nanos:
        """Return where it stands."""
        return self._stands

    def set(self, now: Nanos) -> None:
        """Stand there; it does not go back."""
        self._stands = max(self._stands, now)


class Present:
    """Waits for a time or for what arrives, whichever comes first."""

    def __init__(
        self, clock: NodeClock, arrivals: Arrivals, settings: ClockSettings | None = None
    ) -> None:
        """Take what tells the time, what may arrive, and how closely the clock is watched."""
        self.clock = clock
        self._arrivals = arrivals
        self._settings = settings or ClockSettings()
        self._watch: ClockWatch | None = None
        self._others: Others | None = None
        self._spins = False

    def share(self, others: Others, spins: bool = False) -> None:
        """Wait for others as well: for whoever is first. A session that spins looks at all by
        turns, and sleeps for none.
        """
        self._others = others
        self._spins = spins
        self._arrivals.tell(others.wake)

    def checked(self) -> ClockChecked | None:
        """Return what is to be recorded of the clock now, None for nothing."""
        if self._watch is None:
            if self.clock.steady is None:
                return None
            self._watch = ClockWatch(self.clock.steady, self._settings)
        return self._watch.due()

    def now(self) -> Nanos:
        """Return the time of day as it passes."""
        return self.clock.now()

    def wait(self, span: Nanos) -> bool:
        """Return as soon as something waits to be taken, or after a span; whether it does. Where
        others want something, return as well.
        """
        if span and self._others is not None:
            if not self._spins and not self._arrivals.wait(_AT_ONCE):
                self._others.wait(span)
            span = _AT_ONCE
        if self._arrivals.wait(span):
            return True
        if self._spins:
            os.sched_yield()  # where there are fewer cores than who spin, the others go on
        return False

    def wait_until(self, time: Nanos) -> None:
        """Return when it is time, or when something waits to be taken."""
        while (left := time - self.clock.now()) > 0:
            if self.wait(Nanos(min(left, _SLICE))):
                return
