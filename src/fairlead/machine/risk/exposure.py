"""What could still trade: the working quantity of each instrument, each order at its worst case.

An order is counted from the moment it is approved until nothing of it can trade any more.
In-flight, cancel-pending and UNKNOWN orders count in full; a replace that is not answered counts at
the larger of its two quantities. Two orders can never use the same headroom.
"""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.model.terms import Side, Status
from fairlead.model.units import InstrumentId, Quantity

_BUY: Final = Side.BUY
_UNKNOWN: Final = Status.UNKNOWN


class Working:
    """What may still trade in one instrument."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.buys = Quantity(0)
        self.sells = Quantity(0)
        self.unknown: dict[int, bool] = {}  # orders whose outcome is not known


class Exposure:
    """The working quantities of all instruments."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._working: dict[InstrumentId, Working] = {}

    def of(self, instrument: InstrumentId) -> Working:
        """Return what may still trade in an instrument."""
        found = self._working.get(instrument)
        if found is None:
            found = self._working[instrument] = Working()
        return found

    def settle(self, order: Order) -> None:
        """Count an order anew after it changed."""
        working = self.of(order.instrument)
        worst = order.leaves_worst
        if order.side is _BUY:
            working.buys = Quantity(working.buys + worst - order.reserved)
        else:
            working.sells = Quantity(working.sells + worst - order.reserved)
        order.reserved = worst
        if order.status is _UNKNOWN:
            working.unknown[order.order] = True
        elif working.unknown:
            working.unknown.pop(order.order, None)
        assert working.buys >= 0, "working quantities are never negative"
        assert working.sells >= 0, "working quantities are never negative"
