"""How many messages left in a sliding window, and whether one more may. Cancels have a reserve."""

from typing import Final

from fairlead.model.limits import MessageRate
from fairlead.model.units import Nanos

_DEAD_MAX: Final = 64  # times past the window that are kept, before half of all must be


class Times:
    """When something happened, within a sliding window.

    Bounded: what is past the window is dropped by halves.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._times: list[int] = []  # a list with its first place is faster, compiled, than a deque
        self._first = 0

    def add(self, time: Nanos) -> None:
        """Count one more, at a time that is not before the last."""
        self._times.append(time)

    def since(self, time: Nanos) -> int:
        """Return how many happened after `time`, and forget the older ones."""
        times, first = self._times, self._first
        count = len(times)
        while first < count and times[first] <= time:
            first += 1
        if first > _DEAD_MAX and first * 2 > count:
            del times[:first]
            first = 0
        self._first = first
        return len(times) - first

    def all(self) -> list[int]:
        """Return all that are kept, for the state digest."""
        return self._times[self._first :]


class MessageThrottle:
    """A sliding window over the messages that left. Without a rate set, nothing may leave."""

    def __init__(self) -> None:
        """Begin closed: no rate is set."""
        self._times = Times()
        self._rate: MessageRate | None = None
        self.count_max = 0
        self.cancel_reserve = 0
        self._window = Nanos(0)

    @property
    def rate(self) -> MessageRate | None:
        """The rate, None before one is set."""
        return self._rate

    @rate.setter
    def rate(self, rate: MessageRate | None) -> None:
        """Hold messages against a rate from now on."""
        self._rate = rate
        if rate is not None:
            self.count_max = rate.count_max
            self.cancel_reserve = rate.cancel_reserve
            self._window = rate.window

    def used(self, now: Nanos) -> int:
        """Return how many messages left within the window before `now`."""
        return self._times.since(Nanos(now - self._window)) if self._rate is not None else 0

    def count(self, now: Nanos) -> None:
        """Count one message that leaves."""
        self._times.add(now)

    def times(self) -> list[int]:
        """Return when the messages of the window left, for the state digest."""
        return self._times.all()
