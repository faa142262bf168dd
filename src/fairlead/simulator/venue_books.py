"""Everything that a venue ever took from us and traded for us, for who checks us afterwards.

Nothing here is forgotten or shared with the machine: it is the other side's word. Orders stand
under the client order id that they came with; how often a message came is counted, so that one that
was sent twice is found even where the venue turned the second one away.
"""

from typing import Final

from fairlead.model.inputs import VenueFilled
from fairlead.model.outputs import Action, Approved, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.terms import Side, Status
from fairlead.model.units import InstrumentId, OrderId, Price, Quantity, SignedQuantity
from fairlead.simulator.venue_order import VenueOrder

_BUY: Final = Side.BUY
_OPEN: Final = Status.OPEN
_REJECTED: Final = Status.REJECTED


class BookedOrder:
    """One client order id that came, and what became of it."""

    def __init__(self, approved: Approved) -> None:
        """Take it as it came."""
        self.client_order: Final = approved.client_order
        self.order: Final = approved.order
        self.instrument: Final = approved.instrument
        self.side: Final = approved.side
        self.quantity: Quantity = approved.quantity
        self.price: Price = approved.price
        self.sent: int = 0  # how often it came
        self.replaces: Final[list[str]] = []  # client order ids of replaces that were taken
        self.filled: Quantity = Quantity(0)
        self.status: Status = _REJECTED
        self.reason: str = "not taken"

    def content(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "client_order": self.client_order,
            "order": self.order,
            "instrument": self.instrument,
            "side": self.side.name.lower(),
            "quantity": self.quantity,
            "price": self.price,
            "sent": self.sent,
            "replaces": list(self.replaces),
            "filled": self.filled,
            "status": self.status.name.lower(),
            "reason": self.reason,
        }


class VenueBooks:
    """The record of one account."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.orders: Final[dict[str, BookedOrder]] = {}  # by the client order id it came with
        self.messages: Final[dict[str, int]] = {}  # how often each came, by `message_name`
        self.positions: Final[dict[InstrumentId, int]] = {}
        self._executions: Final[list[tuple[VenueFilled, str]]] = []  # with the client order id
        self._fills_of: Final[dict[OrderId, list[VenueFilled]]] = {}
        self._busted: Final[dict[str, None]] = {}  # ids of executions, in order
        self._attempts: Final[dict[OrderId, BookedOrder]] = {}  # the last one under our number

    def came(self, action: Action) -> None:
        """Take note of a message that came, whatever will be made of it."""
        name = message_name(action)
        if name:
            self.messages[name] = self.messages.get(name, 0) + 1

    def sent(self, approved: Approved) -> None:
        """Take note of a new order that came, whatever will be made of it."""
        booked = self.orders.get(approved.client_order)
        if booked is None:
            booked = BookedOrder(approved)
            self.orders[approved.client_order] = booked
        booked.sent += 1

    def taken(self, approved: Approved) -> None:
        """Take note that it is an order here from now on."""
        booked = self.orders[approved.client_order]
        booked.status, booked.reason = _OPEN, ""
        self._attempts[approved.order] = booked

    def replaced(self, order: VenueOrder, approved: Approved) -> None:
        """Take note of new terms that were taken."""
        booked = self._attempts[order.order]
        booked.quantity, booked.price = approved.quantity, approved.price
        booked.replaces.append(approved.client_order)

    def filled(self, report: VenueFilled, order: VenueOrder) -> None:
        """Take note of an execution."""
        booked = self._attempts[order.order]
        booked.filled = order.filled
        self._executions.append((report, booked.client_order))
        self._fills_of.setdefault(report.order, []).append(report)
        signed = report.quantity if order.side is _BUY else -report.quantity
        self.positions[report.instrument] = self.positions.get(report.instrument, 0) + signed

    def busted(self, report: VenueFilled, order: VenueOrder, less: Quantity) -> None:
        """Take note that an execution was taken back; `less` is what the order lost with it."""
        booked = self._attempts[order.order]
        booked.filled = Quantity(booked.filled - less)
        self._busted[report.execution] = None
        signed = report.quantity if order.side is _BUY else -report.quantity
        self.positions[report.instrument] -= signed

    def ended(self, order: VenueOrder) -> None:
        """Take note that an order is done."""
        booked = self._attempts[order.order]
        booked.status, booked.reason = order.status, order.reason

    def fills(self) -> list[VenueFilled]:
        """Return all executions that stand, in order."""
        return [one for one, _ in self._executions if one.execution not in self._busted]

    def fills_of(self, order: OrderId) -> list[VenueFilled]:
        """Return the executions of one order that stand, in order."""
        fills = self._fills_of.get(order, [])
        return [one for one in fills if one.execution not in self._busted]

    def knows(self, client_order: str) -> bool:
        """Return whether an order ever came under this client order id."""
        return client_order in self.orders

    def position(self, instrument: InstrumentId) -> SignedQuantity:
        """Return what we have of an instrument."""
        return SignedQuantity(self.positions.get(instrument, 0))

    def content(self) -> dict[str, object]:
        """Return all of it as plain values: messages, orders, executions, positions."""
        return {
            "messages": dict(self.messages),
            "orders": {name: booked.content() for name, booked in self.orders.items()},
            "executions": [
                {
                    "execution": report.execution,
                    "session_date": report.session_date,
                    "client_order": client_order,
                    "order": report.order,
                    "instrument": report.instrument,
                    "price": report.price,
                    "quantity": report.quantity,
                    "fee": report.fee,
                    "venue_time": report.venue_time,
                    **({"busted": True} if report.execution in self._busted else {}),
                }
                for report, client_order in self._executions
            ],
            "positions": {str(number): held for number, held in self.positions.items() if held},
        }


def message_name(action: object) -> str:
    """Return what a message about an order is known by: no two of one account have the same name.

    Empty for whatever is no such message.
    """
    if isinstance(action, SendOrder):
        return f"new {action.approved.client_order}"
    if isinstance(action, ReplaceOrder):
        return f"replace {action.approved.client_order}"
    if isinstance(action, CancelOrder):
        return f"cancel {action.order}/{action.request}"
    return ""
