"""Facts about positions, money, breaks, books, and who may trade."""

from fairlead.model.record import Record
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import KillMode
from fairlead.model.terms import BreakKind, BreakState, CashKind, StopPolicy
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)


class PositionChanged(Record, frozen=True, tag=150):
    """A position after a fill. `open_cost` is what the open quantity cost: negative for a short."""

    strategy: StrategyId
    instrument: InstrumentId
    quantity: SignedQuantity
    open_cost: Money
    realised: Money
    fees: Money


class AccountChanged(Record, frozen=True, tag=151):
    """A currency of an account: cash, and the realised profit and the fees since the beginning.

    Of what is not a whole unit of money, each is rounded half to even. `flows` are deposits less
    withdrawals; `converted` is what exchanges of currencies brought less what they took.
    """

    account: AccountId
    cash: Money
    realised: Money
    fees: Money
    currency: str = ""  # "": the base currency
    flows: Money = Money(0)
    converted: Money = Money(0)


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
    """Nothing new leaves in a scope until a named person releases it."""

    person: str
    reason: str
    scope: Scope = FIRM
    mode: KillMode = KillMode.CANCEL
    source: str = ""


class KillReleased(Record, frozen=True, tag=162):
    """Trading in a scope may go on."""

    person: str
    reason: str
    scope: Scope = FIRM


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


class PositionCorrected(Record, frozen=True, tag=166):
    """A position was changed without a fill: by a person, or by the policy that allows it."""

    account: AccountId
    strategy: StrategyId
    instrument: InstrumentId
    quantity: SignedQuantity
    price: Price
    cause: str


class CashBooked(Record, frozen=True, tag=167):
    """Cash moved without a fill."""

    account: AccountId
    currency: str
    kind: CashKind
    amount: Money
    reference: str
    strategy: StrategyId
    instrument: InstrumentId


class CashExchanged(Record, frozen=True, tag=168):
    """One currency was exchanged for another."""

    account: AccountId
    paid_currency: str
    paid: Money
    received_currency: str
    received: Money
    reference: str


class BreakOpened(Record, frozen=True, tag=169):
    """Our record and theirs differ. The instrument is closed to new orders until it is over."""

    number: int
    kind: BreakKind
    account: AccountId
    instrument: InstrumentId  # 0 for cash
    order: OrderId  # 0 where no order of ours is meant
    item: str  # the execution, the venue's order id, or the currency that is meant
    ours: str
    theirs: str
    owner: str


class BreakChanged(Record, frozen=True, tag=170):
    """A break is seen again with other figures, or has another owner."""

    number: int
    ours: str
    theirs: str
    owner: str


class BreakClosed(Record, frozen=True, tag=171):
    """A break is over, and how."""

    number: int
    state: BreakState
    cause: str


class StatementReconciled(Record, frozen=True, tag=172):
    """A statement was compared, line by line and both ways."""

    account: AccountId
    venue: str
    source: str
    as_of: Nanos
    compared: int  # lines, of both sides together
    booked: int  # fills that we had missed
    differences: int
    open_breaks: int  # of the account, after it


class InstrumentUnconfirmed(Record, frozen=True, tag=173):
    """What we have in an instrument is to be confirmed before new orders may enter it."""

    instrument: InstrumentId
    reason: str


class InstrumentConfirmed(Record, frozen=True, tag=174):
    """A statement has confirmed what we have in an instrument."""

    instrument: InstrumentId


class DayStarted(Record, frozen=True, tag=175):
    """The daily profit of an account begins anew. Without a mark, at the first one that comes."""

    account: AccountId
    session_date: int
    equity: Money | None


class DaySignedOff(Record, frozen=True, tag=176):
    """A trading day was signed off by a person, with what it ended with."""

    account: AccountId
    session_date: int
    person: str
    fills: int  # of the day
    working_orders: int
    open_breaks: int
    cash: Money
    equity: Money | None
    daily_profit: Money | None


class InstrumentAdjusted(Record, frozen=True, tag=177):
    """A corporate action changed an instrument and what depends on it."""

    instrument: InstrumentId
    action: str  # "split 2 for 1", "dividend 0.5", "renamed XYZ"
    reference: str


class CorrectionReversed(Record, frozen=True, tag=178):
    """A person undid a correction."""

    correction: int
    person: str
    reason: str


class LimitsAdjusted(Record, frozen=True, tag=179):
    """A split changed the quantity limits of an instrument with it."""

    instrument: InstrumentId
    order_quantity_max: Quantity
    position_quantity_max: Quantity
