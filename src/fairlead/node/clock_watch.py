"""Holds our clock against the machine's time of day: about once a minute, and at once on a jump.

RTS 25 asks for the divergence from UTC to be known and recorded. What is recorded goes through the
journal like everything else; what follows from it, the machine decides.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.journal.sequencer import SteadyClock
from fairlead.model.inputs import ClockChecked
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.settings import Contradiction, Duration, PositiveDuration, Section

SOURCE: Final = "CLOCK_REALTIME of this machine, against CLOCK_MONOTONIC since the start"
# However the other clock behaves, not more often than this is written down: after a jump beyond the
# last bound, and after a smaller one.
_APART_JUMP: Final = Nanos(100 * NANOS_PER_MILLISECOND)
_APART: Final = Nanos(NANOS_PER_SECOND)


class ClockSettings(Section):
    """How often the clocks are compared, and how far they may be apart."""

    interval: PositiveDuration = Nanos(60 * NANOS_PER_SECOND)
    warning: Duration = Nanos(100_000)
    alarm: Duration = Nanos(NANOS_PER_MILLISECOND)
    halt: PositiveDuration = Nanos(NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the bounds that are out of order."""
        if self.warning > self.alarm:
            yield Contradiction(("warning",), "at most alarm")
        if self.alarm > self.halt:
            yield Contradiction(("alarm",), "at most halt")


class ClockWatch:
    """What was found the last time, and when to look again."""

    def __init__(self, clock: SteadyClock, settings: ClockSettings) -> None:
        """Begin without a look."""
        self._clock = clock
        self._settings = settings
        self._looked = Nanos(0)  # when, by our clock; 0: never
        self._offset = 0

    def due(self) -> ClockChecked | None:
        """Return what is to be recorded now, None for nothing."""
        ours, wall = self._clock.compare()
        settings = self._settings
        moved, since = abs(ours - wall - self._offset), ours - self._looked
        jumped = moved > settings.halt and since >= _APART_JUMP
        drifted = moved > settings.alarm and since >= _APART
        if self._looked and not jumped and not drifted and since < settings.interval:
            return None
        self._looked, self._offset = ours, ours - wall
        bounds = (settings.warning, settings.alarm, settings.halt)
        return ClockChecked(ours, wall, SOURCE, *bounds)
