"""What was booked under the id of an execution: enough to know it again, and to take it back."""

from typing import Final

import msgspec
from mypy_extensions import mypyc_attr

from fairlead.machine.holdings import Move
from fairlead.model.inputs import VenueBusted, VenueCorrected, VenueFilled
from fairlead.model.units import OrderId

# What may wait for an execution that may never come. A chain of corrections is followed by calls
# within calls, so there are fewer of them than Python allows.
AHEAD_MAX: Final = 100
ExecutionKey = tuple[str, int, str]  # venue, session date, execution id


@mypyc_attr(acyclic=True)
class Execution:
    """One booked execution."""

    def __init__(self, report: VenueFilled, order: OrderId) -> None:
        """Take its terms; `order` is 0 for one that a person adopted."""
        self.order = order
        self.instrument = report.instrument
        self.price = report.price
        self.quantity = report.quantity
        self.move: Move | None = None  # of the position; None for one that a person adopted
        self.fee = report.fee
        self.venue_time = report.venue_time
        self.closed = False  # it was taken back, or cannot be any more

    def says(self, report: VenueFilled) -> bool:
        """Whether a report tells of this very execution."""
        return (
            self.order == report.order
            and self.price == report.price
            and self.quantity == report.quantity
        )

    def is_adopted(self, report: VenueFilled) -> bool:
        """Whether a person gave this very execution to a strategy, under no order."""
        terms = (self.instrument, self.price, self.quantity)
        return self.order == 0 and terms == (report.instrument, report.price, report.quantity)

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        return [
            [self.order, self.instrument, self.price, self.quantity, self.fee, self.venue_time],
            [self.closed, self.move is None],
        ]


class Executions:
    """Everything that was ever booked, by venue, session date and id: nothing is booked twice."""

    def __init__(self) -> None:
        """Begin without any."""
        self._booked: dict[tuple[str, int], dict[str, Execution]] = {}
        # Busts and corrections that overtook their execution; the oldest goes when there are many.
        self._ahead: dict[ExecutionKey, VenueBusted | VenueCorrected] = {}

    def __contains__(self, key: ExecutionKey) -> bool:
        """Return whether an execution was booked."""
        return self.get(key) is not None

    def get(self, key: ExecutionKey) -> Execution | None:
        """Return an execution, None if none was booked under its id."""
        day = self._day(key)
        return day.get(key[2]) if day is not None else None

    def add(self, key: ExecutionKey, execution: Execution) -> None:
        """Keep an execution that was booked."""
        day = self._day(key)
        if day is None:
            day = self._booked[key[0], key[1]] = {}
        day[key[2]] = execution

    def await_fill(self, key: ExecutionKey, report: VenueBusted | VenueCorrected) -> None:
        """Keep what takes an execution back that is not booked yet."""
        self._ahead[key] = report
        if len(self._ahead) > AHEAD_MAX:
            del self._ahead[next(iter(self._ahead))]

    def overtaken_by(self, key: ExecutionKey) -> VenueBusted | VenueCorrected | None:
        """Return what took an execution back before it came, and forget it."""
        return self._ahead.pop(key, None) if self._ahead else None

    def all(self) -> list[Execution]:
        """Return every execution, by day."""
        return [execution for day in self._booked.values() for execution in day.values()]

    def _day(self, key: ExecutionKey) -> dict[str, Execution] | None:
        """Return what was booked on the day of a key at its venue, None if nothing was."""
        return self._booked.get((key[0], key[1]))

    def content(self) -> list[object]:
        """Return all of them with their keys, for the state digest."""
        return [
            [list(place), name, execution.content()]
            for place, day in self._booked.items()
            for name, execution in day.items()
        ] + [[list(key), list(msgspec.structs.astuple(one))] for key, one in self._ahead.items()]
