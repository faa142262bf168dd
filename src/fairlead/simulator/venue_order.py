"""An order of ours as a venue sees it, and the rules that the venue holds it against."""

from typing import Final

from fairlead.model.inputs import VenueOrderStatus
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved, QueryOrder
from fairlead.model.statements import StatementOrder
from fairlead.model.terms import InstrumentKind, OrderType, Peg, Status, TimeInForce
from fairlead.model.units import Money, Nanos, Price, Quantity, divide_half_even
from fairlead.simulator.world import Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_MARKET: Final = OrderType.MARKET
_FOK: Final = TimeInForce.FOK
_IOC: Final = TimeInForce.IOC
_GTC: Final = TimeInForce.GTC
_NO_PEG: Final = Peg.NONE
_OPEN: Final = Status.OPEN
_INVERSE: Final = InstrumentKind.INVERSE


class VenueOrder:
    """An order of ours as the venue knows it. `limit` 0 is no limit.

    `venue_order` is empty until the order is accepted. `client_order` is that of the last message
    that the venue took.
    """

    def __init__(self, instrument: Instrument, approved: Approved) -> None:
        """Take the terms that risk approved."""
        self.instrument = instrument
        self.order = approved.order
        self.request = approved.request
        self.client_order: str = approved.client_order
        self.venue_order: str = ""
        self.side = approved.side
        self.handling = handling(approved)
        self.limit: Price = limit(approved)
        self.quantity: Quantity = approved.quantity
        self.filled: Quantity = Quantity(0)
        self.status: Status = _OPEN
        self.reason: str = ""  # why it is done
        self.ended: Nanos = Nanos(0)  # when

    @property
    def leaves(self) -> Quantity:
        """What is not filled."""
        return Quantity(self.quantity - self.filled)

    def end(self, status: Status, reason: str, time: Nanos) -> None:
        """Take it that the order is done."""
        assert self.status is _OPEN, f"order {self.order} ends once"
        self.status = status
        self.reason = reason
        self.ended = time

    def answer(self, time: Nanos) -> VenueOrderStatus:
        """Return what a query for it is answered at `time`."""
        return VenueOrderStatus(
            self.order,
            self.instrument.instrument,
            True,
            self.ended or time,
            self.status,
            self.quantity,
            self.limit,
            self.filled,
            self.venue_order,
            self.reason,
        )

    def line(self) -> StatementOrder:
        """Return its line in a statement."""
        return StatementOrder(
            self.instrument.instrument,
            self.side,
            self.quantity,
            self.filled,
            self.limit,
            self.order,
            self.client_order,
            self.venue_order,
        )

    def is_meant(self, query: QueryOrder) -> bool:
        """Return whether a query for an order of this number means this one.

        By the venue's id, where the query has it. Else one that works is meant by whichever message
        of ours is named; of one that is done there may have been a later attempt, so that it is
        meant by its own last message alone. One that nobody has looked at yet is not known.
        """
        if query.venue_order:
            return query.venue_order == self.venue_order
        if self.status is _OPEN:
            return self.venue_order != ""
        return query.client_order == self.client_order


def handling(approved: Approved) -> Handling:
    """Return how the venue handles an order."""
    if approved.time_in_force is _FOK:
        return Handling.FOK
    if approved.order_type is _MARKET:
        return Handling.MARKET
    if approved.time_in_force is _IOC:
        return Handling.IOC
    return Handling.POST_ONLY if approved.post_only else Handling.LIMIT


def limit(approved: Approved) -> Price:
    """Return the price beyond which the order does not trade, 0 for none.

    A market order goes with the worst price that risk allowed as its protection price, as venues
    offer it.
    """
    return approved.price_worst if approved.order_type is _MARKET else approved.price


def broken_rule(instrument: Instrument, approved: Approved) -> str:
    """Return the name of the first rule of the venue that the order breaks, "" for none."""
    quantity = approved.quantity
    if lacking := not_offered(instrument, approved):
        return lacking
    if quantity < instrument.quantity_min:
        return "quantity_below_minimum"
    if quantity > instrument.quantity_max:
        return "quantity_above_maximum"
    if quantity % instrument.quantity_lot:
        return "quantity_not_on_lot"
    if approved.order_type is _MARKET:
        return "post_only_cannot_wait" if approved.post_only else ""
    if approved.price <= 0:
        return "price_not_positive"
    if approved.price % instrument.price_tick:
        return "price_not_on_tick"
    if worth(instrument, approved.price, quantity) < instrument.notional_min:
        return "notional_below_minimum"
    if approved.post_only and approved.time_in_force is not _GTC:
        return "post_only_cannot_wait"
    return ""


def not_offered(instrument: Instrument, approved: Approved) -> str:
    """Return what the order asks for that the venue does not list, "" if it lists all."""
    if approved.order_type not in instrument.order_types:
        return "order_type_not_offered"
    if approved.time_in_force not in instrument.times_in_force:
        return "time_in_force_not_offered"
    if approved.display_quantity and not instrument.icebergs:
        return "display_quantity_not_offered"
    if approved.trigger_price or approved.peg is not _NO_PEG:
        return "order_type_not_offered"
    return ""


def worth(instrument: Instrument, price: Price, quantity: int) -> Money:
    """Return what a quantity is worth at a price, in whole money: fees are shares of it."""
    if instrument.kind is _INVERSE:
        return Money(divide_half_even(quantity * instrument.money_unit, price))
    return Money(price * quantity * instrument.money_unit)
