"""Stops of the venue's own: orders that wait until the last trade reaches their trigger price.

A stop to buy fires once something traded at its trigger price or above, one to sell at it or below.
Of several that one trade fires, the nearest trigger goes first, then the oldest; what they trade
may fire others. A stop that would fire at once when it comes does so.
"""

from bisect import insort
from typing import Final

from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.world import Handling

_BUY: Final = Side.BUY


class Stop:
    """An order that is not in the book yet, and when it enters."""

    def __init__(self, order: BookOrder, handling: Handling, trigger: Price) -> None:
        """Take the order as it will meet the book, and its trigger price."""
        self.order = order
        self.handling = handling
        self.trigger = trigger


class Stops:
    """The stops of one instrument."""

    def __init__(self) -> None:
        """Begin with none."""
        self.waiting: dict[int, Stop] = {}
        self._numbers: int = 0
        self._buys: list[tuple[int, int, int]] = []  # trigger, number, order: ascending
        self._sells: list[tuple[int, int, int]] = []  # the trigger negated, so ascending as well

    def add(self, stop: Stop) -> None:
        """Let a stop wait."""
        order = stop.order
        assert order.order not in self.waiting, f"order {order.order} is a stop already"
        self._numbers += 1
        self.waiting[order.order] = stop
        if order.side is _BUY:
            insort(self._buys, (stop.trigger, self._numbers, order.order))
        else:
            insort(self._sells, (-stop.trigger, self._numbers, order.order))

    def cancel(self, order: int) -> Quantity:
        """Remove a stop. Return its quantity, 0 if there is none."""
        found = self.waiting.pop(order, None)
        if found is None:
            return Quantity(0)
        kept = self._buys if found.order.side is _BUY else self._sells
        kept[:] = [one for one in kept if one[2] != order]
        return found.order.leaves

    def fired(self, last: Price) -> Stop | None:
        """Return the next stop that a last trade at this price fires, if any; it waits no more."""
        if not last or not self.waiting:
            return None
        if self._buys and self._buys[0][0] <= last:
            return self.waiting.pop(self._buys.pop(0)[2])
        if self._sells and -self._sells[0][0] >= last:
            return self.waiting.pop(self._sells.pop(0)[2])
        return None
