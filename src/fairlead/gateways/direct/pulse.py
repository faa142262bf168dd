"""Who is still there: when to say that we are, when to ask, and when to give up.

Time is that of a clock that only goes forward, and comes in with every call.
"""

from typing import Final

from fairlead.model.units import Nanos

ASK_AFTER: Final = 2  # silent intervals, after which the other side is asked
GIVE_UP_AFTER: Final = 3  # silent intervals, after which it counts as gone


class Pulse:
    """The liveness of one connection."""

    def __init__(self, interval: Nanos, now: Nanos) -> None:
        """Begin as if both sides had spoken now."""
        assert interval > 0, "a heart beats at intervals"
        self.interval = interval
        self._heard = now
        self._said = now
        self._asked = False

    def heard(self, now: Nanos) -> None:
        """Anything came."""
        self._heard = now
        self._asked = False

    def said(self, now: Nanos) -> None:
        """Anything left."""
        self._said = now

    @property
    def next_time(self) -> Nanos:
        """Return when something is due."""
        silent = GIVE_UP_AFTER if self._asked else ASK_AFTER
        return Nanos(min(self._said + self.interval, self._heard + silent * self.interval))

    def beat_due(self, now: Nanos) -> bool:
        """Whether it is time to say that we are there."""
        return now >= self._said + self.interval

    def ask_due(self, now: Nanos) -> bool:
        """Whether it is time to ask whether the other side is there; true once."""
        if self._asked or now < self._heard + ASK_AFTER * self.interval:
            return False
        self._asked = True
        return True

    def is_lost(self, now: Nanos) -> bool:
        """Whether the other side was silent for too long, although it was asked."""
        return self._asked and now >= self._heard + GIVE_UP_AFTER * self.interval
