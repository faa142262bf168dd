"""The orders that are done, as a venue remembers them: for a while.

A query can come after the end of an order. Memory must not grow with history, so only the newest
`ENDED_MAX` are kept, and of the attempts at one order the last. What is older is "not found", which
is what real venues say, too, and which proves nothing.
"""

from collections import deque
from typing import Final

from fairlead.model.outputs import Approved, QueryOrder
from fairlead.model.units import OrderId
from fairlead.simulator.venue_order import VenueOrder

ENDED_MAX: Final = 10_000


class EndedOrders:
    """The newest orders that are done, by our numbers."""

    def __init__(self, most: int = ENDED_MAX) -> None:
        """Remember none yet, and never more than `most`."""
        assert most > 0, "a venue remembers at least the last order"
        self._most = most
        self._in_order: deque[VenueOrder] = deque()  # oldest first
        self._by_number: dict[OrderId, VenueOrder] = {}

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._by_number)

    def add(self, order: VenueOrder) -> None:
        """Remember an order that is done, and forget the oldest if there is no room."""
        self._in_order.append(order)
        self._by_number[order.order] = order
        if len(self._in_order) > self._most:
            oldest = self._in_order.popleft()
            if self._by_number.get(oldest.order) is oldest:
                del self._by_number[oldest.order]

    def has_used(self, approved: Approved) -> bool:
        """Return whether the client order id of a new order was used for it before."""
        known = self._by_number.get(approved.order)
        if known is None or not approved.client_order:
            return False
        return known.client_order == approved.client_order

    def by_number(self, number: OrderId) -> VenueOrder | None:
        """Return the last attempt at an order, `None` if it is not remembered."""
        return self._by_number.get(number)

    def find(self, query: QueryOrder) -> VenueOrder | None:
        """Return the order that is asked for, `None` if it is not remembered."""
        known = self._by_number.get(query.order)
        return known if known is not None and known.is_meant(query) else None
