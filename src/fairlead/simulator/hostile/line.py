"""One direction of a network: things come late, twice, in another order, or never.

A line that is *cut* loses what is under way and all that is put on it; the other direction knows
nothing of that. What becomes of everything is counted: put and repeated is delivered, lost or still
under way.
"""

from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.world import NEVER

Item = TypeVar("Item")

_BAD: Final = [0, 0, 5, 20, 35]  # percent: how often a line does wrong, by the seed
_HOP: Final = 200_000  # the least that a way takes, in nanoseconds


class Line(Generic[Item]):
    """What is on its way in one direction."""

    def __init__(self, chance: Chance, late_max: Nanos, numbered: bool = False) -> None:
        """Be as bad as `chance` has it. Nothing takes longer than `late_max`; what is `numbered`
        arrives in the order in which it was put, if it arrives.
        """
        self.next_time: Nanos = NEVER
        self.lost: Final = chance.pick(_BAD)
        self.twice: Final = chance.pick(_BAD)
        self.late: Final = chance.pick(_BAD)
        self.is_cut = False
        self.put_count = 0
        self.repeated = 0
        self.dropped = 0
        self.delivered = 0
        self._healed = False
        self._chance: Final = chance
        self._late_max: Final = late_max
        self._numbered: Final = numbered
        self._last = Nanos(0)
        self._count = 0
        self._under_way: list[tuple[Nanos, int, Item]] = []

    @property
    def under_way(self) -> int:
        """How many things are on their way."""
        return len(self._under_way)

    @property
    def unaccounted(self) -> int:
        """What was put or repeated and is neither delivered, nor dropped, nor under way."""
        put = self.put_count + self.repeated
        return put - self.delivered - self.dropped - len(self._under_way)

    def put(self, item: Item, now: Nanos) -> None:
        """Send something, once, twice or not at all."""
        self.put_count += 1
        if self.is_cut or (not self._healed and self._chance.percent(self.lost)):
            self.dropped += 1
            return
        self._send(item, now)
        if not self._healed and self._chance.percent(self.twice):
            self.repeated += 1
            self._send(item, now)

    def take(self) -> Item:
        """Return the next thing that arrives."""
        item = heappop(self._under_way)[2]
        self.next_time = self._under_way[0][0] if self._under_way else NEVER
        self.delivered += 1
        return item

    def cut(self) -> None:
        """Lose what is under way, and all that is put on the line until it is joined."""
        self.is_cut = True
        self.clear()

    def join(self) -> None:
        """Carry again what is put on the line."""
        self.is_cut = False

    def clear(self) -> None:
        """Lose what is under way."""
        self.dropped += len(self._under_way)
        self._under_way.clear()
        self.next_time = NEVER

    def heal(self) -> None:
        """Lose, repeat and delay nothing from now on."""
        self._healed = True
        self.is_cut = False

    def _send(self, item: Item, now: Nanos) -> None:
        arrival = now + _HOP
        if not self._healed and self._chance.percent(self.late):
            arrival += self._chance.below(self._late_max)
        if self._numbered:
            arrival = max(arrival, self._last)
            self._last = Nanos(arrival)
        self._count += 1
        heappush(self._under_way, (Nanos(arrival), self._count, item))
        self.next_time = self._under_way[0][0]
