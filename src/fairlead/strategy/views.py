"""What strategies see of the machine's state: values to read, and never the state itself.

A strategy that could write to an order or a book by accident would make the machine disagree with
its journal.
"""

from fractions import Fraction
from typing import Final

import msgspec

from fairlead.machine.books import Book
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
    UpdateId,
)

_SENT: Final = Status.SENT
_NO_HOLD: Final = Hold.NONE


class Touch(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask of a book that can be believed and has both."""

    instrument: InstrumentId
    bid_price: Price
    bid_quantity: Quantity
    ask_price: Price
    ask_quantity: Quantity
    time: Nanos  # when the venue last confirmed it

    @property
    def mid(self) -> float:
        """The middle of bid and ask, in price increments; it may lie on a half."""
        return (self.bid_price + self.ask_price) / 2

    @property
    def spread(self) -> int:
        """The distance of bid and ask, in price increments."""
        return self.ask_price - self.bid_price


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


class BookView:
    """The book of an instrument, to read: it always shows the book as it is now."""

    __slots__ = ("_book",)

    def __init__(self, book: Book) -> None:
        """Look at `book`."""
        self._book = book

    @property
    def stale(self) -> bool:
        """Whether no price may be read from this book."""
        return self._book.stale

    @property
    def reason(self) -> str:
        """Why the book is stale, empty if it is not."""
        return self._book.reason

    @property
    def bid_price(self) -> Price:
        """The best bid, 0 where nobody bids."""
        return self._book.bid_price

    @property
    def bid_quantity(self) -> Quantity:
        """What stands at the best bid."""
        return self._book.bid_quantity

    @property
    def ask_price(self) -> Price:
        """The best ask, 0 where nobody offers."""
        return self._book.ask_price

    @property
    def ask_quantity(self) -> Quantity:
        """What stands at the best ask."""
        return self._book.ask_quantity

    @property
    def update(self) -> UpdateId:
        """The venue's number of the last change of the touch."""
        return self._book.update

    @property
    def last_price(self) -> Price:
        """The last price at which others traded, 0 before the first trade."""
        return self._book.last_price

    def levels(self, side: Side, depth: int = 10) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` price levels of one side, best first."""
        return self._book.levels(side, depth)


def touch(instrument: InstrumentId, book: Book) -> Touch | None:
    """Return the touch of a book, None if it is stale or one side is empty."""
    bid, ask = book.bid_price, book.ask_price
    if book.stale or not bid or not ask:
        return None
    return Touch(instrument, bid, book.bid_quantity, ask, book.ask_quantity, book.touch_time)


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
