"""When a venue trades: the phases of its day, and what becomes due at which time.

All days are alike, and are those of the venue (`days.py`): midnight to midnight UTC. Without any
hours a venue trades continuously, and its day ends at midnight.
"""

from enum import Enum
from heapq import heappop, heappush
from typing import Final

from fairlead.model.risk_terms import Phase
from fairlead.model.units import InstrumentId, Nanos, OrderId
from fairlead.simulator.days import DAY, next_day
from fairlead.simulator.world import NEVER

_NO_ORDER: Final = OrderId(0)
_NO_INSTRUMENT: Final = InstrumentId(0)


class Hours:
    """The phases of a day: from which time of day on which one."""

    def __init__(self, phases: tuple[tuple[Nanos, Phase], ...] = ()) -> None:
        """Take (time of day, phase), rising. Raises `ValueError`."""
        times = [time for time, _ in phases]
        if times != sorted(dict.fromkeys(times)) or (
            times and not 0 <= times[0] <= times[-1] < DAY
        ):
            raise ValueError(f"hours: phases at {times}, expected rising times of one day")
        self.phases = phases

    def at(self, time: Nanos) -> Phase:
        """Return the phase at a time."""
        if not self.phases:
            return Phase.CONTINUOUS
        found = self.phases[-1][1]  # from the day before
        for begin, phase in self.phases:
            if begin <= time % DAY:
                found = phase
        return found

    def next_change(self, time: Nanos) -> Nanos:
        """Return when the next phase begins after `time`; without hours, when the next day does."""
        for begin, _ in self.phases:
            if begin > time % DAY:
                return Nanos(time - time % DAY + begin)
        return Nanos(next_day(time) + (self.phases[0][0] if self.phases else 0))


class Occasion(Enum):
    """What can become due."""

    PHASE = 1  # the next one by the hours
    ORDER_EXPIRES = 2
    DAY_ENDS = 3  # where no hours close it
    INDICATION = 4  # of what an auction would do
    LIMIT_STATE = 5  # it has lasted long enough, if it still lasts
    PAUSE_ENDS = 6  # a call follows
    CALL_ENDS = 7  # the auction after a halt


class Due:
    """Something that happens at a time, to an order, an instrument, or (neither) to all."""

    def __init__(
        self,
        occasion: Occasion,
        instrument: InstrumentId = _NO_INSTRUMENT,
        order: OrderId = _NO_ORDER,
        since: Nanos = NEVER,
    ) -> None:
        """Take what it is and whom it is about; `since` tells one of its kind from a later one."""
        self.occasion = occasion
        self.instrument = instrument
        self.order = order
        self.since = since


class Agenda:
    """What is due, by time and then in the order in which it was set."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.next_time: Nanos = NEVER
        self._numbers: int = 0
        self._due: list[tuple[Nanos, int]] = []
        self._what: dict[int, Due] = {}

    def set(self, time: Nanos, due: Due) -> None:
        """Set something for a time."""
        self._numbers += 1
        self._what[self._numbers] = due
        heappush(self._due, (time, self._numbers))
        self.next_time = self._due[0][0]

    def take(self) -> Due:
        """Return what is due next, and let go of it."""
        _, number = heappop(self._due)
        self.next_time = self._due[0][0] if self._due else NEVER
        return self._what.pop(number)
