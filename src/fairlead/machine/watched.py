"""Which orders the market moves: stops that wait, trails, and those protected from slippage.

Asked with every quote, so whether there is any is one look. What is remembered here is what the
orders themselves do not know: whether others have traded since one is watched, and whether it was
said that the market went too far for it.
"""

from fairlead.machine.orders import Order
from fairlead.model.units import InstrumentId, OrderId


class Watched:
    """The watched orders of each instrument."""

    def __init__(self) -> None:
        """Begin without any."""
        self._orders: dict[InstrumentId, dict[OrderId, Order]] = {}
        self._untraded: dict[OrderId, bool] = {}  # nobody has traded since they are watched
        self._exceeded: dict[OrderId, bool] = {}  # the market went further than they allow

    def __contains__(self, instrument: InstrumentId) -> bool:
        """Return whether any order of an instrument is watched."""
        return self.has(instrument)

    def has(self, instrument: InstrumentId) -> bool:
        """Return whether any order of an instrument is watched: `in`, as compiled code asks it."""
        return bool(self._orders) and instrument in self._orders

    def add(self, order: Order) -> bool:
        """Watch an order from now on; return False if it is watched already."""
        watched = self._orders.get(order.instrument)
        if watched is None:
            watched = self._orders[order.instrument] = {}
        elif order.order in watched:
            return False
        watched[order.order] = order
        self._untraded[order.order] = True
        return True

    def remove(self, order: Order) -> None:
        """Watch an order no longer, and forget all about it; nothing happens if it is not."""
        watched = self._orders.get(order.instrument)
        if watched is None or watched.pop(order.order, None) is None:
            return
        self._untraded.pop(order.order, None)
        self._exceeded.pop(order.order, None)
        if not watched:
            del self._orders[order.instrument]

    def of(self, instrument: InstrumentId) -> list[Order]:
        """Return the watched orders of an instrument, in the order in which they came."""
        watched = self._orders.get(instrument)
        return list(watched.values()) if watched is not None else []

    def traded(self, instrument: InstrumentId) -> None:
        """Others have traded: the last price is one that every order watched now has seen."""
        watched = self._orders.get(instrument)
        if watched is not None and self._untraded:
            for order in watched:
                self._untraded.pop(order, None)

    def has_seen_trade(self, order: Order) -> bool:
        """Return whether others have traded since an order is watched."""
        return order.order not in self._untraded

    def exceed(self, order: Order) -> bool:
        """Remember that the market went too far for an order; return False if it is known."""
        if order.order in self._exceeded:
            return False
        self._exceeded[order.order] = True
        return True

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [[instrument, list(watched)] for instrument, watched in self._orders.items()],
            list(self._untraded),
            list(self._exceeded),
        ]
