"""What a simulated disk does wrong, and when: by schedule, or by chance from the seed.

Calls are counted by name, from 1: the fault that is scheduled for write 7 strikes the seventh
write. A sticky one strikes every later call of that name too.
"""

import errno
from typing import Final, NamedTuple

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance

SHORT: Final = 0  # in the place of an error: a write takes a part and says so
_OF: Final = 1_000_000


class Fault(NamedTuple):
    """A fault of one call, or of all calls of one name from there on."""

    call: str  # "write", "sync", "create", "open", "truncate", "rename", "remove", "read", ...
    number: int  # which of them, from 1
    error: int  # an `errno`, or `SHORT`
    sticky: bool = False


class Odds(NamedTuple):
    """How many calls in a million go wrong."""

    short_write: int = 0
    write_error: int = 0  # EIO
    sync_error: int = 0  # EIO, and the pages that were to be written are forgotten
    slow_sync: int = 0
    slow: Nanos = Nanos(0)  # what a slow sync takes on average


class Trouble:
    """Counts the calls of a disk and says which of them fail."""

    def __init__(self, chance: Chance) -> None:
        """Begin without any trouble."""
        self.odds = Odds()
        self.calls: dict[str, int] = {}
        self._chance: Final = chance
        self._faults: list[Fault] = []

    def schedule(self, fault: Fault) -> None:
        """Let this happen."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Let nothing happen any more: the disk was mended, or space was made."""
        self._faults.clear()
        self.odds = Odds()

    def of(self, call: str) -> int:
        """Count a call; return the error that it meets, `SHORT`, or -1 for none."""
        number = self.calls.get(call, 0) + 1
        self.calls[call] = number
        for fault in self._faults:
            if fault.call == call and (
                fault.number == number or (fault.sticky and fault.number < number)
            ):
                return fault.error
        return self._drawn(call)

    def delay(self) -> Nanos:
        """Return how long a sync takes beyond what it always takes."""
        odds = self.odds
        if odds.slow_sync and self._chance.below(_OF) < odds.slow_sync:
            return self._chance.wait(odds.slow)
        return Nanos(0)

    def _drawn(self, call: str) -> int:
        odds = self.odds
        if call == "write":
            drawn = self._chance.below(_OF) if odds.short_write or odds.write_error else _OF
            if drawn < odds.short_write:
                return SHORT
            return errno.EIO if drawn < odds.short_write + odds.write_error else -1
        if call == "sync" and odds.sync_error and self._chance.below(_OF) < odds.sync_error:
            return errno.EIO
        return -1
