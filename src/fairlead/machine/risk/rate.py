"""How many messages left in a sliding window, and whether one more may. Cancels have a reserve."""

from collections import deque

from fairlead.model.limits import MessageRate
from fairlead.model.units import Nanos


class MessageThrottle:
    """A sliding window over the messages that left. Without a rate set, nothing may leave."""

    def __init__(self) -> None:
        """Begin closed: no rate is set."""
        self.rate: MessageRate | None = None
        self._times: deque[int] = (
            deque()
        )  # bounded: one past the window is dropped before a new one

    def used(self, now: Nanos) -> int:
        """Return how many messages left within the window before `now`."""
        rate = self.rate
        if rate is None:
            return 0
        times = self._times
        while times and now - times[0] >= rate.window:
            times.popleft()
        return len(times)

    def count(self, now: Nanos) -> None:
        """Count one message that leaves."""
        self._times.append(now)

    def times(self) -> list[int]:
        """Return when the messages of the window left, for the state digest."""
        return list(self._times)
