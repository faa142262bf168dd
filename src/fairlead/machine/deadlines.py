"""What is due when. The machine has no clock: what is due happens with the first input after it.

A deadline is dropped as soon as what it waits for has come, so there are never more of them than
live orders, and `next_time` is always a time at which something is really due: the session sends a
`TimePassed` then, if nothing else happens.
"""

from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import Final

from fairlead.machine.orders import Order
from fairlead.model.units import Nanos, OrderId

NEVER_DUE: Final = Nanos(2**62 - 1)  # the largest integer that mypyc keeps unboxed
_KINDS: Final = 16  # of deadlines; a key is order * 16 + kind
_SLACK: Final = 64  # dead entries that are not worth a sweep


class Due(IntEnum):
    """What a deadline is for."""

    ANSWER = 0  # the venue should have answered
    TIMEOUT = 1  # the order should have been filled
    EXPIRY = 2  # its time in force ends
    RETRY = 3  # its next attempt
    # Of no order.
    STATEMENT = 4  # statements are to be asked for
    RISK = 5  # the conditions of risk are to be asked again
    KILL = 6  # the next step of a kill
    CHANGE = 7  # a change of limits, or the end of a proposal
    QUALITY = 8  # market data is to be looked at for its age


class Deadlines:
    """All deadlines. At most one of each kind for an order."""

    def __init__(self) -> None:
        """Begin without any."""
        self.next_time = NEVER_DUE
        self._set: dict[int, Nanos] = {}
        self._heap: list[tuple[int, int]] = []  # (time, key): may hold dead ones, never on top

    def set(self, due: Due, order: Order, time: Nanos) -> None:
        """Set a deadline of an order, or move it."""
        kind: int = due  # compiled, what is computed with a plain number makes no objects
        order.due_kinds |= 1 << kind
        self._put(order.order * _KINDS + kind, time)

    def cancel(self, due: Due, order: Order) -> None:
        """Drop one deadline of an order, if it has it."""
        kind: int = due
        if order.due_kinds & (1 << kind):
            order.due_kinds -= 1 << kind
            del self._set[order.order * _KINDS + kind]
            self._sweep()

    def drop(self, order: Order) -> None:
        """Drop all deadlines of an order."""
        if order.due_kinds:
            kinds = order.due_kinds
            while kinds:
                kind = kinds.bit_length() - 1
                del self._set[order.order * _KINDS + kind]
                kinds -= 1 << kind
            order.due_kinds = 0
            self._sweep()

    def set_own(self, due: Due, time: Nanos) -> None:
        """Set a deadline of no order, or move it."""
        assert due >= Due.STATEMENT, "what is due of an order names the order"
        self._put(int(due), time)

    def bring_forward(self, due: Due, time: Nanos) -> None:
        """Set a deadline of no order, unless it is set and earlier."""
        known = self._set.get(int(due))
        if known is None or known > time:
            self.set_own(due, time)

    def cancel_own(self, due: Due) -> None:
        """Drop a deadline of no order, if it is set."""
        if self._set.pop(int(due), None) is not None:
            self._sweep()

    def take(self, time: Nanos) -> tuple[Due, OrderId] | None:
        """Return the earliest deadline at or before `time`, and forget it; None if none is due.

        The bit of its kind in `Order.due_kinds` is for the caller to clear (`done`).
        """
        if not self._heap or self.next_time > time:
            return None
        _, key = heappop(self._heap)
        del self._set[key]
        self._sweep()
        return Due(key % _KINDS), OrderId(key // _KINDS)

    def content(self) -> list[object]:
        """Return all deadlines in order, for the state digest."""
        return [list(entry) for entry in sorted(self._set.items())]

    def _put(self, key: int, time: Nanos) -> None:
        if self._set.get(key) == time:
            return
        self._set[key] = time
        heappush(self._heap, (time, key))
        self._sweep()

    def _sweep(self) -> None:
        heap = self._heap
        live = self._set
        while heap and live.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        if len(heap) > _SLACK and len(heap) > 2 * len(live):
            heap[:] = [(time, key) for key, time in live.items()]
            heapify(heap)
        self.next_time = Nanos(heap[0][0]) if heap else NEVER_DUE
