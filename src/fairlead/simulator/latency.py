"""How long things take on their way, and the wires on which they keep their order.

A wire is a session over TCP or a numbered feed: what was sent later never arrives earlier, whatever
the jitter. So a queue in order of arrival is all a wire needs, and an accept can never overtake the
fill that follows it.
"""

from collections import deque
from typing import Final, Generic, TypeVar

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.world import NEVER

Item = TypeVar("Item")


_NO_JITTER: Final = Nanos(0)


class LatencyModel:
    """A latency: at least 1 ns, plus jitter that is equally likely from 0 to `jitter`."""

    def __init__(self, constant: Nanos, jitter: Nanos = _NO_JITTER) -> None:
        """Take both in nanoseconds. Raises `ValueError`."""
        if constant < 1 or jitter < 0:
            raise ValueError(
                f"latency: found constant {constant} ns and jitter {jitter} ns,"
                " expected at least 1 ns and 0 ns"
            )
        self.constant = constant
        self.jitter = jitter


class Wire(Generic[Item]):
    """What is on its way in one direction; the next item arrives at `next_time`, or `NEVER`."""

    def __init__(self, latency: LatencyModel, chance: Chance) -> None:
        """Begin with nothing on the way."""
        self.next_time: Nanos = NEVER
        self._latency = latency
        self._chance = chance
        self._last: Nanos = Nanos(0)
        self._items: deque[tuple[Nanos, Item]] = deque()

    def send(self, item: Item, time: Nanos) -> None:
        """Put an item on the wire; it arrives after the latency and after what was sent before."""
        arrival = time + self._latency.constant
        if self._latency.jitter:
            arrival += self._chance.below(self._latency.jitter + 1)
        arrival = max(arrival, self._last)
        self._last = Nanos(arrival)
        if not self._items:
            self.next_time = self._last
        self._items.append((self._last, item))

    def receive(self) -> Item:
        """Return the next item; it is no longer on the wire."""
        item = self._items.popleft()[1]
        self.next_time = self._items[0][0] if self._items else NEVER
        return item
