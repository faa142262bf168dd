"""Which of our orders work at which venue, from the recorded outputs of a journal alone.

No machine: this is for a process that must know it while the node is hung, dead or wrong. It is
late by one commit at most. What is in flight, waits for a cancel, or is UNKNOWN counts as working.
It holds the orders that work, and the last of those that ended: a few of these come back.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

from fairlead.journal.history import Entry
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.names import Names
from fairlead.model.outputs import (
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderResumed,
    OrderRetried,
    OrderSuspended,
    OrderUnknown,
    ReplaceOrder,
    ReplaceRejected,
    SendOrder,
)
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, OrderId, Quantity

ENDED_MAX: Final = 4_096  # those that may come back were sent or filled moments ago
_IDS_MAX: Final = 3  # the id that the venue knows, the one it may know, and one that was late
_ENDED: Final = (Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED)
_TAGS: Final = frozenset((3, 96))  # InstrumentDefinition, InstrumentRenamed
_ARRAY: Final = 0x90  # msgpack: an array of up to 15; the tag is its first element


class WorkingOrder(NamedTuple):
    """An order that may trade at a venue."""

    venue: str  # "" where the journal does not say
    symbol: str
    session: str  # whose journal it is in: each counts its orders from 1
    order: OrderId
    client_orders: tuple[str, ...]  # the newest last; empty where it cannot be named any more


class _Order:
    """What is kept of an order."""

    def __init__(self, instrument: InstrumentId) -> None:
        self.instrument = instrument
        self.client_orders: list[str] = []
        self.wanted = Quantity(0)  # by a replace that was sent and not answered
        self.filled = Quantity(0)

    def name(self, client_order: str) -> None:
        if client_order not in self.client_orders:
            self.client_orders.append(client_order)
            del self.client_orders[:-_IDS_MAX]


class WorkingOrders:
    """Takes the entries of one journal in their order."""

    def __init__(self, session: str = "") -> None:
        """Begin with nothing at any venue."""
        self._session = session
        self._names = Names()
        self._working: dict[OrderId, _Order] = {}
        self._ended: OrderedDict[OrderId, _Order] = OrderedDict()

    def __len__(self) -> int:
        """Return how many work."""
        return len(self._working)

    def apply(self, entry: Entry) -> None:
        """Take an entry. Raises `UndecodableRecord`."""
        payload = entry.input
        if len(payload) > 1 and payload[0] & 0xF0 == _ARRAY and payload[1] in _TAGS:
            self._names.learn(decode_input(payload))
        if entry.outputs:
            for output in decode_outputs(entry.outputs):
                take = _TAKERS.get(type(output))
                if take is not None:
                    take(self, output)

    def orders(self) -> list[WorkingOrder]:
        """Return what works, the oldest first."""
        return [self._working_order(number, order) for number, order in self._working.items()]

    def _working_order(self, number: OrderId, order: _Order) -> WorkingOrder:
        terms = self._names.instrument(order.instrument)
        venue = terms.venue if terms is not None else ""
        symbol = self._names.instruments.name(order.instrument)
        return WorkingOrder(venue, symbol, self._session, number, tuple(order.client_orders))

    def _sent(self, output: SendOrder | ReplaceOrder) -> None:
        approved = output.approved
        order = self._works(approved.order, approved.instrument)
        order.name(approved.client_order)
        order.wanted = approved.quantity if isinstance(output, ReplaceOrder) else Quantity(0)

    def _works(self, number: OrderId, instrument: InstrumentId) -> _Order:
        found = self._working.get(number)
        if found is None:
            found = self._ended.pop(number, None) or _Order(instrument)
            self._working[number] = found
        return found

    def _ends(self, number: OrderId) -> None:
        found = self._working.pop(number, None)
        if found is not None:
            found.wanted = Quantity(0)
            self._ended[number] = found
            if len(self._ended) > ENDED_MAX:
                self._ended.popitem(last=False)

    def _returned(
        self, output: OrderAccepted | OrderSuspended | OrderResumed | OrderUnknown
    ) -> None:
        """The venue has it, or may have it, whatever was thought before."""
        self._works(output.order, output.instrument)

    def _over(self, output: OrderRejected | OrderCanceled | OrderExpired | OrderRetried) -> None:
        self._ends(output.order)

    def _filled(self, output: OrderFilled) -> None:
        """An order that is filled by the terms we know may work on by those that nobody confirmed:
        a replace may make it larger. Where no fact says that it did not, it is canceled in vain.
        """
        order = self._works(output.order, output.instrument)
        order.filled = output.filled
        if output.leaves == 0 and order.wanted <= output.filled:
            self._ends(output.order)

    def _resolved(self, output: OrderResolved) -> None:
        if output.status in _ENDED:
            self._ends(output.order)
        else:
            self._works(output.order, output.instrument)

    def _replaced(self, output: OrderReplaced) -> None:
        """The newest id is the one that counts; the one before is kept, since a split says so too.

        Said of an order that is not at the venue, it changes nothing.
        """
        found = self._working.get(output.order)
        if found is not None:
            del found.client_orders[:-2]
            found.wanted = Quantity(0)
            if 0 < output.quantity <= found.filled:
                self._ends(output.order)

    def _replace_rejected(self, output: ReplaceRejected) -> None:
        found = self._working.get(output.order)
        if found is not None:
            found.wanted = Quantity(0)
            if len(found.client_orders) > 1:
                found.client_orders.pop()
            if output.status in _ENDED:
                self._ends(output.order)


_TAKERS: Final[dict[type, Any]] = {
    SendOrder: WorkingOrders._sent,
    ReplaceOrder: WorkingOrders._sent,
    OrderAccepted: WorkingOrders._returned,
    OrderSuspended: WorkingOrders._returned,
    OrderResumed: WorkingOrders._returned,
    OrderUnknown: WorkingOrders._returned,
    OrderFilled: WorkingOrders._filled,
    OrderRejected: WorkingOrders._over,
    OrderCanceled: WorkingOrders._over,
    OrderExpired: WorkingOrders._over,
    OrderRetried: WorkingOrders._over,
    OrderResolved: WorkingOrders._resolved,
    OrderReplaced: WorkingOrders._replaced,
    ReplaceRejected: WorkingOrders._replace_rejected,
}
