"""What the machine answers to one input: facts (past tense) and actions (imperative).

An action may leave only after its input is in the journal. `SendOrder` and `ReplaceOrder` are made
from `Approved` alone, and only the risk gate makes an `Approved` (`machine/risk/gate.py`;
`tests/test_tidy.py` holds it to that).
"""

from fairlead.model.inputs import Record
from fairlead.model.terms import Liquidity, OrderType, Side, Status, StopPolicy, TimeInForce, Unit
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)


class FailedCheck(Record, frozen=True):
    """One check that said no:

    what was measured, and what would have passed. `None` where nothing could be measured.
    """

    check: str
    measured: int | None
    limit: int | None
    unit: Unit


class Approved(Record, frozen=True):
    """An order as risk let it pass, with what risk saw. Made by the risk gate alone."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Quantity
    price: Price  # 0 for a market order
    price_worst: Price  # the worst price it may trade at: its limit, or the edge of the collar
    reference_price: Price
    notional: Money
    position_worst: (
        SignedQuantity  # position if every working order on this side, this one included, fills
    )


# --- facts about orders ---------------------------------------------------------------------------


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


# --- facts about positions, money, books, and who may trade ---------------------------------------


class PositionChanged(Record, frozen=True, tag=150):
    """A position after a fill. `open_cost` is what the open quantity cost: negative for a short."""

    strategy: StrategyId
    instrument: InstrumentId
    quantity: SignedQuantity
    open_cost: Money
    realised: Money
    fees: Money


class AccountChanged(Record, frozen=True, tag=151):
    """An account after a fill: cash, and the realised profit and the fees since the beginning."""

    account: AccountId
    cash: Money
    realised: Money
    fees: Money


class BookStale(Record, frozen=True, tag=155):
    """The book of an instrument is not to be believed. Orders that need it are refused."""

    instrument: InstrumentId
    reason: str


class BookRestored(Record, frozen=True, tag=156):
    """The book of an instrument can be believed again."""

    instrument: InstrumentId


class InputRefused(Record, frozen=True, tag=157):
    """An input that says nothing that could be true; it changed nothing."""

    kind: str
    reason: str


class StrategyDisabled(Record, frozen=True, tag=160):
    """A strategy may no longer send orders."""

    strategy: StrategyId
    reason: str


class KillEngaged(Record, frozen=True, tag=161):
    """Nothing new leaves until a named person releases."""

    person: str
    reason: str


class KillReleased(Record, frozen=True, tag=162):
    """Trading may go on."""

    person: str
    reason: str


class TradingStopped(Record, frozen=True, tag=163):
    """The session ends: no new orders."""

    policy: StopPolicy
    person: str
    reason: str


class TradingStarted(Record, frozen=True, tag=164):
    """Orders may leave from now on."""

    person: str
    reason: str


class InstrumentReopened(Record, frozen=True, tag=165):
    """New orders may enter the instrument again."""

    instrument: InstrumentId
    person: str
    reason: str


# --- actions --------------------------------------------------------------------------------------


class SendOrder(Record, frozen=True, tag=200):
    """Send a new order to its venue."""

    approved: Approved

    def __post_init__(self) -> None:
        """Refuse to exist without a risk decision."""
        assert isinstance(self.approved, Approved), "SendOrder is made from Approved alone"


class CancelOrder(Record, frozen=True, tag=201):
    """Ask the venue to cancel."""

    order: OrderId
    instrument: InstrumentId


class ReplaceOrder(Record, frozen=True, tag=202):
    """Ask the venue for other terms; `approved.quantity` is the total, what is filled included."""

    approved: Approved

    def __post_init__(self) -> None:
        """Refuse to exist without a risk decision."""
        assert isinstance(self.approved, Approved), "ReplaceOrder is made from Approved alone"


Action = SendOrder | CancelOrder | ReplaceOrder
OrderFact = (
    OrderRefused
    | OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderCanceled
    | OrderExpired
    | OrderReplaced
    | CancelRejected
    | ReplaceRejected
    | OrderUnknown
    | OrderOverfilled
)
Fact = (
    OrderFact
    | FillIgnored
    | FillQuarantined
    | ReportFaulted
    | PositionChanged
    | AccountChanged
    | BookStale
    | BookRestored
    | InputRefused
    | StrategyDisabled
    | KillEngaged
    | KillReleased
    | TradingStopped
    | TradingStarted
    | InstrumentReopened
)
Output = Fact | Action
