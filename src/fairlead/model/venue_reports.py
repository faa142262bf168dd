"""What venues and brokers say about our orders and what we have: reports and statements."""

from fairlead.model.record import Record
from fairlead.model.statements import (
    StatementCash,
    StatementFill,
    StatementOrder,
    StatementPosition,
)
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import AccountId, InstrumentId, Money, Nanos, OrderId, Price, Quantity


class VenueAccepted(Record, frozen=True, tag=40):
    """The venue took the order into its book."""

    order: OrderId
    instrument: InstrumentId
    venue_order: str
    venue_time: Nanos


class VenueRejected(Record, frozen=True, tag=41):
    """The venue said no to a new order.

    `transient`: the order never reached matching, and the same order may be taken later (the
    session was not up, the venue was busy, a rate was exceeded).
    """

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos
    transient: bool = False
    request: int = 0  # which of our messages is answered; 0 where the venue does not say


class VenueFilled(Record, frozen=True, tag=42):
    """An execution. Applied once per (venue, session date, execution id)."""

    order: OrderId
    instrument: InstrumentId
    execution: str
    session_date: int  # yyyymmdd of the venue's trading day
    price: Price
    quantity: Quantity
    fee: Money  # paid; negative is a rebate
    liquidity: Liquidity
    venue_time: Nanos
    cumulative: Quantity | None = None  # filled in all, as the venue counts; None if it does not
    side: Side | None = None  # as the venue says; None if it does not


class VenueCanceled(Record, frozen=True, tag=43):
    """The order no longer works; what was left of it is gone.

    Asked for by us, or the venue's own doing.
    """

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueCancelRejected(Record, frozen=True, tag=44):
    """The venue did not cancel: too late, or unknown to it."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos
    request: int = 0  # which of our messages is answered; 0 where the venue does not say


class VenueReplaced(Record, frozen=True, tag=45):
    """The order works under new terms: total quantity (what is filled included) and price."""

    order: OrderId
    instrument: InstrumentId
    quantity: Quantity
    price: Price
    venue_time: Nanos
    request: int = 0  # which of our messages is answered; 0 where the venue does not say
    venue_order: str = ""  # its new id, where a replace changes it


class VenueReplaceRejected(Record, frozen=True, tag=46):
    """The venue kept the old terms."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos
    request: int = 0  # which of our messages is answered; 0 where the venue does not say


class VenueExpired(Record, frozen=True, tag=47):
    """The order's time in force ran out."""

    order: OrderId
    instrument: InstrumentId
    venue_time: Nanos


class VenueDisconnected(Record, frozen=True, tag=48):
    """The session with a venue broke: the outcome of what was in flight is not known."""

    venue: str
    reason: str


class VenueConnected(Record, frozen=True, tag=49):
    """The session with a venue stands (again)."""

    venue: str


class VenueTriggered(Record, frozen=True, tag=50):
    """A stop order of the venue's own has fired."""

    order: OrderId
    instrument: InstrumentId
    venue_time: Nanos


class VenueSuspended(Record, frozen=True, tag=51):
    """The venue keeps the order and does not match it for now."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueResumed(Record, frozen=True, tag=52):
    """A suspended order, or one that was done for the day, works again."""

    order: OrderId
    instrument: InstrumentId
    venue_time: Nanos


class VenueDoneForDay(Record, frozen=True, tag=53):
    """The order is not matched any more before the next trading day."""

    order: OrderId
    instrument: InstrumentId
    venue_time: Nanos


class VenueBusted(Record, frozen=True, tag=54):
    """The venue takes an execution back."""

    order: OrderId
    instrument: InstrumentId
    execution: str  # the one that is taken back
    session_date: int  # of that execution
    reason: str
    venue_time: Nanos


class VenueCorrected(Record, frozen=True, tag=55):
    """The venue puts an execution in the place of another one."""

    order: OrderId
    instrument: InstrumentId
    original: str  # the execution that is replaced
    execution: str  # its own id
    session_date: int  # of the original
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: Liquidity
    reason: str
    venue_time: Nanos


class VenueOrderStatus(Record, frozen=True, tag=56):
    """The answer to a query: what the venue says of one order.

    `found` false proves nothing: the order may still be on its way.
    """

    order: OrderId
    instrument: InstrumentId
    found: bool
    venue_time: Nanos
    status: Status = Status.UNKNOWN  # open, filled, canceled, rejected, expired, ...
    quantity: Quantity = Quantity(0)
    price: Price = Price(0)
    filled: Quantity = Quantity(0)
    venue_order: str = ""
    reason: str = ""


class SendBlocked(Record, frozen=True, tag=68):
    """The last mile held a message back, directly before the wire: nothing of it left."""

    order: OrderId
    instrument: InstrumentId
    request: int  # which of our messages
    reason: str


class Statement(Record, frozen=True, tag=57):
    """What a venue or broker has of an account, as of a time of its own.

    A section that is None is not covered: nothing follows from what is not in it. `fills` has all
    executions since `fills_since`.
    """

    account: AccountId
    venue: str  # "" for a broker's, over all venues
    as_of: Nanos
    source: str = ""  # who made it: the venue's session, a drop copy, a file
    orders: tuple[StatementOrder, ...] | None = None
    fills: tuple[StatementFill, ...] | None = None
    positions: tuple[StatementPosition, ...] | None = None
    cash: tuple[StatementCash, ...] | None = None
    fills_since: Nanos = Nanos(0)
