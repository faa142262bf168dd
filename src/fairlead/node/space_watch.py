"""The disk of the journal and the machine, kept of one mind: who has no room trades nothing new.

Looked at in time, once in a second of the session: below what must be free, nothing waits for the
disk to be full. When it is full all the same, the journal has given its reserve up
(`journal/reserve.py`), and that is seen before the next turn. The machine hears each change once.
"""

from typing import Final

from fairlead.journal.reserve import Reserve
from fairlead.model.inputs import Input, JournalSpaceBack, JournalSpaceLow
from fairlead.model.units import NANOS_PER_SECOND, Nanos

LOOK_EVERY: Final = NANOS_PER_SECOND


class SpaceWatch:
    """What one node does about the room for one journal."""

    def __init__(self, reserve: Reserve, *, cancels: bool) -> None:
        """Take the reserve, and whether orders that work are canceled when room is short."""
        self._reserve = reserve
        self._cancels = cancels
        self._look_at = Nanos(0)

    def due(self, known: bool, time: Nanos) -> Input | None:
        """Return what the machine is to be told now; `known` is whether it knows of a problem."""
        reserve = self._reserve
        if time >= self._look_at:
            self._look_at = Nanos(time + LOOK_EVERY)
            reserve.look()
        if reserve.is_short is known:
            return None
        place = str(reserve.path.parent)
        if known:
            return JournalSpaceBack(place, reserve.free_bytes)
        return JournalSpaceLow(place, reserve.free_bytes, reserve.free_bytes_min, self._cancels)
