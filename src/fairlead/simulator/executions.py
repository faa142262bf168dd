"""The executions of a venue that can still be taken back or corrected: the newest.

Venues bust trades within minutes or hours (FINRA rule 11890, Nasdaq rule 11890: by the end of the
day at the latest), so a bound on how many are kept is no loss.
"""

from collections import deque
from typing import Final

from fairlead.model.inputs import VenueFilled
from fairlead.simulator.venue_order import VenueOrder

EXECUTIONS_MAX: Final = 10_000


class Executed:
    """One execution: what was reported, of which order, and its public name."""

    def __init__(self, report: VenueFilled, order: VenueOrder, trade: str) -> None:
        """Take it."""
        self.report = report
        self.order = order
        self.trade = trade


class RecentExecutions:
    """The newest executions, by their ids."""

    def __init__(self) -> None:
        """Begin with none."""
        self._in_order: deque[str] = deque()  # ids, the oldest first
        self._kept: dict[str, Executed] = {}

    def add(self, report: VenueFilled, order: VenueOrder, trade: str) -> None:
        """Keep one more, and forget the oldest if there is no room."""
        self._in_order.append(report.execution)
        self._kept[report.execution] = Executed(report, order, trade)
        if len(self._in_order) > EXECUTIONS_MAX:
            self._kept.pop(self._in_order.popleft(), None)

    def find(self, execution: str) -> Executed | None:
        """Return an execution, `None` if it is not known or taken back already."""
        return self._kept.get(execution)

    def take(self, execution: str) -> Executed:
        """Return an execution, and let go of it: it stands no more."""
        return self._kept.pop(execution)
