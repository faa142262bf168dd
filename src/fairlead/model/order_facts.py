"""Facts about orders and fills."""

from fairlead.model.actions import FailedCheck
from fairlead.model.record import Record
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)


class OrderRefused(Record, frozen=True, tag=128):
    """A request of a strategy did not pass.

    All checks that failed, not the first. Nothing left the node.
    """

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    request: str  # "submit", "cancel" or "replace"
    failed: tuple[FailedCheck, ...]


class OrderAccepted(Record, frozen=True, tag=129):
    """The venue took the order. Late, after a fill, it may be done already."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    venue_order: str


class OrderRejected(Record, frozen=True, tag=130):
    """The venue said no."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    reason: str


class OrderFilled(Record, frozen=True, tag=131):
    """A fill, applied the first and only time. `filled` and `leaves` stand after it."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    price: Price
    quantity: Quantity
    fee: Money
    liquidity: Liquidity
    execution: str
    filled: Quantity
    leaves: Quantity


class OrderCanceled(Record, frozen=True, tag=132):
    """The order is gone; `canceled` of it was not filled."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    canceled: Quantity
    reason: str


class OrderExpired(Record, frozen=True, tag=133):
    """The order's time ran out; `canceled` of it was not filled."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    canceled: Quantity


class OrderReplaced(Record, frozen=True, tag=134):
    """The order works under these terms now."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    quantity: Quantity
    price: Price


class CancelRejected(Record, frozen=True, tag=135):
    """The venue did not cancel; the order stands as `status` says."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    status: Status
    reason: str


class ReplaceRejected(Record, frozen=True, tag=136):
    """The venue kept the old terms; the order stands as `status` says."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    status: Status
    reason: str


class OrderUnknown(Record, frozen=True, tag=137):
    """The outcome of the order is not known.

    It counts at its worst case until evidence resolves it.
    """

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    reason: str


class OrderOverfilled(Record, frozen=True, tag=138):
    """The venue filled more than the order asked for. Booked as it is, and an alarm."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    excess: Quantity


class FillIgnored(Record, frozen=True, tag=139):
    """A fill that was applied before: the same venue, session date and execution id."""

    order: OrderId
    instrument: InstrumentId
    execution: str


class FillQuarantined(Record, frozen=True, tag=140):
    """A fill that cannot be booked:

    unknown order, or it contradicts itself. Its instrument is closed to new orders.
    """

    order: OrderId
    instrument: InstrumentId
    execution: str
    price: Price
    quantity: Quantity
    reason: str


class ReportFaulted(Record, frozen=True, tag=141):
    """A venue report that the table of legal steps does not know for this order.

    The order is left as it was.
    """

    order: OrderId
    instrument: InstrumentId
    report: str
    status: Status | None
    reason: str


class OrderHeld(Record, frozen=True, tag=142):
    """The order waits in the machine, and why. Nothing of it is at a venue."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    reason: str


class OrderTriggered(Record, frozen=True, tag=143):
    """A stop has fired, in the machine or at the venue."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    price: Price  # that fired it; 0 where the venue does not say


class OrderSuspended(Record, frozen=True, tag=144):
    """The venue keeps the order and does not match it."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    reason: str


class OrderResumed(Record, frozen=True, tag=145):
    """The venue matches the order again."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId


class OrderDoneForDay(Record, frozen=True, tag=146):
    """The order is not matched any more before the next trading day."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId


class FillBusted(Record, frozen=True, tag=147):
    """A fill was taken back, or makes room for a corrected one. `filled` stands after it."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    price: Price
    quantity: Quantity
    fee: Money
    execution: str
    filled: Quantity
    leaves: Quantity
    reason: str


class OrderRetried(Record, frozen=True, tag=148):
    """The venue did not take the order this time; it is tried again, as the same order."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    attempt: int  # the one that comes
    reason: str


class OrderTimedOut(Record, frozen=True, tag=149):
    """The order was not filled in the time that it had."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    after: Nanos


class OrderResolved(Record, frozen=True, tag=152):
    """What became of an order that was not known is known now, and by which evidence."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    status: Status
    evidence: str


class SlippageExceeded(Record, frozen=True, tag=153):
    """The market went too far from the price of the decision; the rest of the order is canceled."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    decision_price: Price
    market_price: Price
    limit: BasisPoints


class FillBeyondLimit(Record, frozen=True, tag=198):
    """A fill at a price worse than the limit of its order. Booked as it is, and an alarm."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    price: Price
    limit: Price
    execution: str


class FillDiscarded(Record, frozen=True, tag=154):
    """A person explained a quarantined fill as none of ours."""

    instrument: InstrumentId
    execution: str
    person: str
    reason: str
