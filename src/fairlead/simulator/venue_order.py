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
_LIMIT: Final = OrderType.LIMIT
_STOP: Final = OrderType.STOP
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_MARKET_TO_LIMIT: Final = OrderType.MARKET_TO_LIMIT
_PEGGED: Final = OrderType.PEGGED
_FOK: Final = TimeInForce.FOK
_IOC: Final = TimeInForce.IOC
_GTC: Final = TimeInForce.GTC
_DAY: Final = TimeInForce.DAY
_GTD: Final = TimeInForce.GTD
_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_NO_PEG: Final = Peg.NONE
_OPEN: Final = Status.OPEN
_FILLED: Final = Status.FILLED
_CANCELED: Final = Status.CANCELED
SELF_TRADE: Final = "self_trade"  # why an order is canceled that would meet one of its own
BUSTED: Final = "busted"  # ... of which an execution was taken back
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
        self.accepted: Nanos = Nanos(0)  # when
        self.side = approved.side
        self.handling = handling(approved)
        self.limit: Price = limit(approved)
        self.quantity: Quantity = approved.quantity
        self.order_type = approved.order_type
        self.time_in_force = approved.time_in_force
        self.trigger: Price = approved.trigger_price
        self.display: Quantity = approved.display_quantity
        self.peg: Peg = approved.peg
        self.peg_offset: Price = approved.peg_offset
        self.expire_time: Nanos = approved.expire_time
        self.plain: bool = is_plain(approved)
        self.filled: Quantity = Quantity(0)
        self.gone: Quantity = Quantity(0)  # neither filled nor working
        self.gone_reason: str = ""  # what became of that
        self.status: Status = _OPEN
        self.reason: str = ""  # why it is done
        self.ended: Nanos = Nanos(0)  # when

    @property
    def leaves(self) -> Quantity:
        """What can still be filled."""
        return Quantity(self.quantity - self.filled - self.gone)

    def lose(self, quantity: Quantity, reason: str) -> None:
        """Take it that so much will neither be filled nor work; a filled order is so no more."""
        if not quantity:
            return
        self.gone = Quantity(self.gone + quantity)
        self.gone_reason = reason
        if self.status is _FILLED:
            self.status, self.reason = _CANCELED, reason

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

    def keeps_type(self, approved: Approved) -> bool:
        """Return whether new terms are of the same type: a stop with another trigger."""
        return approved.order_type is self.order_type and self.order_type is _STOP_LIMIT

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


def is_plain(approved: Approved) -> bool:
    """Return whether an order meets the book as it comes, or waits in it until it is canceled."""
    time_in_force = approved.time_in_force
    return (
        (approved.order_type is _LIMIT or approved.order_type is _MARKET)
        and (time_in_force is _GTC or time_in_force is _IOC or time_in_force is _FOK)
        and not approved.display_quantity
    )


def handling(approved: Approved) -> Handling:
    """Return how the venue handles an order; a stop once it has fired."""
    if approved.time_in_force is _FOK:
        return Handling.FOK
    if approved.order_type is _MARKET or approved.order_type is _STOP:
        return Handling.MARKET
    if approved.order_type is _MARKET_TO_LIMIT:
        return Handling.MARKET_TO_LIMIT
    if approved.time_in_force is _IOC:
        return Handling.IOC
    return Handling.POST_ONLY if approved.post_only else Handling.LIMIT


def limit(approved: Approved) -> Price:
    """Return the price beyond which the order does not trade, 0 for none.

    One without a limit goes with the worst price that risk allowed as its protection price, as
    venues offer it; so does a peg that names no limit.
    """
    if approved.order_type is _LIMIT or approved.order_type is _STOP_LIMIT:
        return approved.price
    return approved.price or approved.price_worst


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
    if rule := "" if is_plain(approved) else _broken_condition(instrument, approved):
        return rule
    if approved.order_type is _LIMIT or approved.order_type is _STOP_LIMIT:
        return _broken_price(instrument, approved)
    return "post_only_cannot_wait" if approved.post_only else ""


def _broken_price(instrument: Instrument, approved: Approved) -> str:
    """Return the rule that the limit of an order breaks, "" for none."""
    if approved.price <= 0:
        return "price_not_positive"
    if approved.price % instrument.price_tick:
        return "price_not_on_tick"
    if worth(instrument, approved.price, approved.quantity) < instrument.notional_min:
        return "notional_below_minimum"
    if approved.post_only and approved.time_in_force in _AT_ONCE:
        return "post_only_cannot_wait"
    return ""


def _broken_condition(instrument: Instrument, approved: Approved) -> str:
    """Return the rule that the triggers, slices and times of an order break, "" for none."""
    display, quantity = approved.display_quantity, approved.quantity
    if display and (display % instrument.quantity_lot or not 0 < display <= quantity):
        return "display_quantity_not_fitting"
    if approved.time_in_force in _AT_ONCE and approved.order_type not in (_LIMIT, _MARKET):
        return "time_in_force_not_fitting"
    if (approved.time_in_force is _GTD) != (approved.expire_time > 0):
        return "expire_time_not_fitting"
    if approved.order_type is _STOP or approved.order_type is _STOP_LIMIT:
        if approved.trigger_price <= 0 or approved.trigger_price % instrument.price_tick:
            return "trigger_price_not_on_tick"
        if approved.time_in_force not in (_GTC, _DAY, _GTD):
            return "time_in_force_not_fitting"
    return ""


def not_offered(instrument: Instrument, approved: Approved) -> str:
    """Return what the order asks for that the venue does not list, "" if it lists all."""
    if approved.order_type not in instrument.order_types:
        return "order_type_not_offered"
    if approved.time_in_force not in instrument.times_in_force:
        return "time_in_force_not_offered"
    if approved.display_quantity and not instrument.icebergs:
        return "display_quantity_not_offered"
    stops = approved.order_type is _STOP or approved.order_type is _STOP_LIMIT
    pegs = approved.order_type is _PEGGED
    if (approved.trigger_price and not stops) or (approved.peg is not _NO_PEG) != pegs:
        return "order_type_not_offered"
    return ""


def worth(instrument: Instrument, price: Price, quantity: int) -> Money:
    """Return what a quantity is worth at a price, in whole money: fees are shares of it."""
    if instrument.kind is _INVERSE:
        return Money(divide_half_even(quantity * instrument.money_unit, price))
    return Money(price * quantity * instrument.money_unit)
