"""What a venue does with cancels that come over the emergency line: for tests, drills, practice.

It holds the ids of working orders, and nothing of their terms. No socket and no protocol.
"""

from enum import Enum
from typing import Final

ENDED_MAX: Final = 100_000  # ids of which it is known that they ended; older ones are unknown again


class CancelOutcome(Enum):
    """What became of a cancel."""

    CANCELED = 1
    GONE = 2  # it ended before
    UNKNOWN = 3  # there is no such order


class EmergencyVenue:
    """The working orders of one client at one venue."""

    def __init__(self, knows_all: bool = False) -> None:
        """Begin with none. Where it `knows_all`, an order never heard of counts as working."""
        self._knows_all = knows_all
        self._working: dict[str, bool] = {}
        self._ended: dict[str, bool] = {}

    @property
    def working(self) -> int:
        """How many orders work."""
        return len(self._working)

    def place(self, client_order: str) -> None:
        """Take an order; it works until it is canceled."""
        self._working[client_order] = True
        self._ended.pop(client_order, None)

    def cancel(self, client_order: str) -> CancelOutcome:
        """Cancel one order."""
        if self._working.pop(client_order, False):
            self._end(client_order)
            return CancelOutcome.CANCELED
        if client_order in self._ended:
            return CancelOutcome.GONE
        if self._knows_all:
            self._end(client_order)
            return CancelOutcome.CANCELED
        return CancelOutcome.UNKNOWN

    def cancel_all(self) -> int:
        """Cancel everything, and return how much that was."""
        ids = list(self._working)
        for client_order in ids:
            self.cancel(client_order)
        return len(ids)

    def _end(self, client_order: str) -> None:
        self._ended[client_order] = True
        if len(self._ended) > ENDED_MAX:
            del self._ended[next(iter(self._ended))]
