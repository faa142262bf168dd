"""How far our clock and the machine's time of day are apart, and what is to be said about it.

An alert ends when they are a tenth below its bound again, so that it does not flap.
"""

from typing import Final

from fairlead.model.inputs import ClockChecked
from fairlead.model.risk_terms import AlertLevel
from fairlead.model.units import Nanos

_ENDED: Final = AlertLevel.ENDED
_WARNING: Final = AlertLevel.WARNING
_HARD: Final = AlertLevel.HARD
_AGAIN: Final = 9  # tenths of a bound, below which its alert ends


class Drift:
    """What the last look at both clocks showed."""

    def __init__(self) -> None:
        """Begin as if both agreed."""
        self.level: AlertLevel = _ENDED
        self._accepted: int = 0  # nanoseconds apart that nobody is to be asked about any more

    def begin(self) -> None:
        """Take note of a start: our clock was set by the machine's time of day."""
        self._accepted = 0

    def see(self, checked: ClockChecked) -> bool:
        """Take in a look at both; return whether they say something new about the level."""
        offset = abs(checked.ours - checked.wall)
        level = self._level(offset, checked)
        changed = level is not self.level
        self.level = level
        return changed

    def jumped(self, checked: ClockChecked) -> Nanos:
        """Return by how much they moved against each other, where that is more than may go on.

        It is accepted with that: the next jump counts from here.
        """
        offset = checked.ours - checked.wall
        moved = abs(offset - self._accepted)
        if moved <= checked.halt:
            return Nanos(0)
        self._accepted = offset
        return Nanos(moved)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [self.level, self._accepted]

    def bound(self, checked: ClockChecked) -> Nanos:
        """Return the bound that the level is about."""
        return checked.alarm if self.level is _HARD else checked.warning

    def _level(self, offset: int, checked: ClockChecked) -> AlertLevel:
        if offset > checked.alarm:
            return _HARD
        if self.level is _HARD and offset * 10 > checked.alarm * _AGAIN:
            return _HARD
        if offset > checked.warning:
            return _WARNING
        if self.level is not _ENDED and offset * 10 > checked.warning * _AGAIN:
            return _WARNING
        return _ENDED
