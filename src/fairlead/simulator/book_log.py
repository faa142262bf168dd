"""What becomes of each order of a book, for who publishes it: added, executed, reduced, removed.

The public knows an order by a number of its own, which tells neither participant nor venue order.
The next slice of an iceberg is a new order to the public, as it is on Nasdaq. What shows nothing is
not told.
"""

from enum import Enum
from typing import Final

from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.queues import BookOrder


class Change(Enum):
    """What happened to an order."""

    ADDED = 1  # it joined the end of its queue
    EXECUTED = 2
    REDUCED = 3  # it lost a part and kept its place
    REMOVED = 4


_ADDED: Final = Change.ADDED
_EXECUTED: Final = Change.EXECUTED
_REDUCED: Final = Change.REDUCED
_REMOVED: Final = Change.REMOVED


class OrderChange:
    """One change of one order, by its public number."""

    def __init__(
        self, change: Change, public: int, side: Side, price: Price, quantity: Quantity
    ) -> None:
        """Take what happened; `quantity` is what was added, executed or taken off."""
        self.change = change
        self.public = public
        self.side = side
        self.price = price
        self.quantity = quantity


class BookLog:
    """The changes of the orders of a book since they were last taken."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._numbers: int = 0
        self._changes: list[OrderChange] = []

    def added(self, order: BookOrder) -> None:
        """Take note of an order that joined its queue: it has a new number."""
        if order.hidden:
            return
        self._numbers += 1
        order.public = self._numbers
        self._write(_ADDED, order, Quantity(order.leaves - order.reserve))

    def executed(self, maker: BookOrder, quantity: Quantity, refreshed: bool) -> None:
        """Take note of an execution; where a next slice came forward, that is a new order."""
        if maker.hidden:
            return
        self._write(_EXECUTED, maker, quantity)
        if refreshed:
            self.added(maker)

    def reduced(self, order: BookOrder, quantity: Quantity) -> None:
        """Take note that an order lost a part of what it shows."""
        if not order.hidden:
            self._write(_REDUCED, order, quantity)

    def removed(self, order: BookOrder) -> None:
        """Take note that an order left."""
        if not order.hidden:
            self._write(_REMOVED, order, Quantity(order.leaves - order.reserve))

    def take(self) -> list[OrderChange]:
        """Return the changes since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def _write(self, change: Change, order: BookOrder, quantity: Quantity) -> None:
        self._changes.append(OrderChange(change, order.public, order.side, order.price, quantity))
