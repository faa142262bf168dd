"""What strategies see of their orders and positions: values to read, and never the state itself.

A strategy that could write to an order or a book by accident would make the machine disagree with
its journal.
"""

from fractions import Fraction
from typing import Final

import msgspec

from fairlead.machine.holdings import Position
from fairlead.machine.orders import PLAIN, Conditions, Hold, Order
from fairlead.model.inputs import SubmitRequest
from fairlead.model.terms import (
    Contingency,
    OrderType,
    Peg,
    Side,
    Status,
    TimeInForce,
    Trigger,
)
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)

_SENT: Final = Status.SENT
_NO_HOLD: Final = Hold.NONE


class ConditionsView(msgspec.Struct, frozen=True, gc=False):
    """What few orders have beside a price. Nothing of it means 0, or the first of its kind."""

    trigger_price: Price = Price(0)  # of a trailing stop, as it stands now
    trigger: Trigger = Trigger.LAST
    trail: Price = Price(0)
    trail_share: BasisPoints = BasisPoints(0)
    display_quantity: Quantity = Quantity(0)
    peg: Peg = Peg.NONE
    peg_offset: Price = Price(0)
    reduce_only: bool = False
    expire_time: Nanos = Nanos(0)
    timeout: Nanos = Nanos(0)  # its own or that of the order policy
    slippage_max: BasisPoints = BasisPoints(0)  # likewise
    after: OrderId = OrderId(0)
    group: OrderId = OrderId(0)
    contingency: Contingency = Contingency.NONE


NO_CONDITIONS: Final = ConditionsView()


class OrderView(msgspec.Struct, frozen=True, gc=False):
    """An own order as it stands; what was just asked for counts as on its way."""

    order: OrderId
    instrument: InstrumentId
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Quantity
    price: Price  # 0 for an order without a limit
    filled: Quantity
    leaves: Quantity
    status: Status
    time: Nanos  # when it was asked for
    tag: str
    conditions: ConditionsView
    hold: Hold  # what a held order waits for
    cancel_wanted: bool  # asked to cancel; the venue is told as soon as it knows the order
    attempts: int  # how often it was sent
    filled_cost: int  # the sum of price times quantity over its fills
    updated: Nanos  # when it last changed
    client_order: str  # what the venue knows our last message about it by; empty before the first
    venue_order: str  # what the venue calls it; empty before it said so
    failure: str  # why it was refused, rejected or came back
    decision_price: Price  # 0 where nobody knew one
    parent: OrderId
    reason: str

    @property
    def average_price(self) -> Fraction | None:
        """The average price of its fills in price increments, exactly; None before the first."""
        return Fraction(self.filled_cost, self.filled) if self.filled else None


class PositionView(msgspec.Struct, frozen=True, gc=False):
    """What a strategy holds of an instrument: from its own fills alone."""

    instrument: InstrumentId
    quantity: SignedQuantity  # long is positive
    open_cost: Money  # what the open quantity cost: negative for a short
    realised: Money  # before fees
    fees: Money


def order_view(order: Order, asked_for: Status | None) -> OrderView:
    """Return an order as it stands, a change that the machine has not seen yet included."""
    conditions = order.conditions
    return OrderView(
        order.order,
        order.instrument,
        order.side,
        order.order_type,
        order.time_in_force,
        order.post_only,
        order.quantity,
        order.price,
        order.filled,
        order.leaves,
        asked_for if asked_for is not None and order.live else order.status,
        order.time,
        order.tag,
        NO_CONDITIONS if conditions is PLAIN else _conditions(conditions),
        order.hold,
        order.cancel_wanted,
        order.attempts,
        order.filled_cost,
        order.updated,
        order.client_order,
        order.venue_order,
        order.failure,
        order.decision_price,
        order.parent,
        order.reason,
    )


def requested_view(request: SubmitRequest, asked_for: Status | None, now: Nanos) -> OrderView:
    """Return an order that was asked for and that the machine has not seen yet."""
    return OrderView(
        request.order,
        request.instrument,
        request.side,
        request.order_type,
        request.time_in_force,
        request.post_only,
        request.quantity,
        request.price,
        Quantity(0),
        request.quantity,
        asked_for if asked_for is not None else _SENT,
        now,
        request.tag,
        _conditions(request),
        _NO_HOLD,
        False,
        0,
        0,
        now,
        "",
        "",
        "",
        request.decision_price,
        request.parent,
        request.reason,
    )


def _conditions(of: Conditions | SubmitRequest) -> ConditionsView:
    return ConditionsView(
        of.trigger_price,
        of.trigger,
        of.trail,
        of.trail_share,
        of.display_quantity,
        of.peg,
        of.peg_offset,
        of.reduce_only,
        of.expire_time,
        of.timeout,
        of.slippage_max,
        of.after,
        of.group,
        of.contingency,
    )


def position_view(position: Position) -> PositionView:
    """Return a position as it stands."""
    return PositionView(
        position.instrument,
        position.quantity,
        position.open_cost,
        position.realised,
        position.fees,
    )
