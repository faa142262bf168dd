"""What people order, book and explain."""

from fairlead.model.record import Record
from fairlead.model.risk import FIRM, Scope
from fairlead.model.risk_terms import KillMode
from fairlead.model.terms import CashKind, Side, Status, StopPolicy
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Price,
    Sequence,
    SignedQuantity,
    StrategyId,
)


class KillCommand(Record, frozen=True, tag=80):
    """Stop a scope, the whole firm if none is named: block what is new, cancel all, and more by
    its mode.
    """

    person: str
    reason: str
    scope: Scope = FIRM
    mode: KillMode = KillMode.CANCEL
    source: str = ""  # what triggered it: a command, a watchdog, a breaker


class ReleaseCommand(Record, frozen=True, tag=81):
    """A named person lets trading go on in a scope after a kill."""

    person: str
    reason: str
    scope: Scope = FIRM


class StopCommand(Record, frozen=True, tag=82):
    """End of the session: no new orders; working ones are canceled or kept."""

    policy: StopPolicy
    person: str
    reason: str


class StrategyStopCommand(Record, frozen=True, tag=83):
    """A person takes one strategy off; its working orders are canceled."""

    strategy: StrategyId
    person: str
    reason: str


class StartCommand(Record, frozen=True, tag=84):
    """Trading may begin. Every node starts halted and is released by a person or by policy."""

    person: str
    reason: str


class ReopenCommand(Record, frozen=True, tag=85):
    """A person has explained what closed an instrument: new orders may enter it again."""

    instrument: InstrumentId
    person: str
    reason: str


class AdoptFillCommand(Record, frozen=True, tag=86):
    """A person explains a fill that could not be booked: it is a strategy's, or (0) not ours."""

    venue: str
    session_date: int
    execution: str
    strategy: StrategyId
    person: str
    reason: str
    side: Side | None = None  # of a fill whose side neither its order nor the venue says


class ResolveOrderCommand(Record, frozen=True, tag=87):
    """A person says what became of an order whose outcome is not known."""

    order: OrderId
    status: Status  # open, filled, canceled, rejected or expired
    person: str
    reason: str


class CloseBreakCommand(Record, frozen=True, tag=88):
    """A person explains a break; nothing is booked."""

    number: int
    person: str
    reason: str


class AssignBreakCommand(Record, frozen=True, tag=89):
    """A person gives a break to somebody."""

    number: int
    owner: str
    person: str
    reason: str


class PositionCorrection(Record, frozen=True, tag=90):
    """A person changes a position without a fill; undone by `ReverseCommand`.

    Strategy 0 is what the account holds for no strategy.
    """

    account: AccountId
    strategy: StrategyId
    instrument: InstrumentId
    quantity: SignedQuantity  # added
    price: Price
    person: str
    reason: str
    number: int = 0  # of the break that it answers


class CashMoved(Record, frozen=True, tag=91):
    """Cash came or went without a fill. Booked once per account and reference."""

    account: AccountId
    currency: str
    kind: CashKind
    amount: Money  # received; negative is paid
    reference: str
    person: str
    reason: str
    strategy: StrategyId = StrategyId(0)
    instrument: InstrumentId = InstrumentId(0)
    number: int = 0  # of the break that it answers


class CashConverted(Record, frozen=True, tag=92):
    """One currency was exchanged for another. Booked once per account and reference."""

    account: AccountId
    paid_currency: str
    paid: Money
    received_currency: str
    received: Money
    reference: str
    person: str
    reason: str


class ReverseCommand(Record, frozen=True, tag=93):
    """A person undoes an earlier correction of a position or movement of cash."""

    correction: Sequence  # the number of the input that is undone
    person: str
    reason: str


class InstrumentSplit(Record, frozen=True, tag=94):
    """`old` units become `new` ones: 2 for 1 is new 2, old 1. `lieu_price` pays fractions."""

    instrument: InstrumentId
    new: int
    old: int
    reference: str
    lieu_price: Price = Price(0)  # after the split; 0: there may be no fraction


class CashDividend(Record, frozen=True, tag=95):
    """Every unit that is held receives an amount, and is worth so much less."""

    instrument: InstrumentId
    amount: Money  # per whole unit
    reference: str


class InstrumentRenamed(Record, frozen=True, tag=96):
    """An instrument is called otherwise from now on."""

    instrument: InstrumentId
    symbol: str
    reference: str


class ReconcileCommand(Record, frozen=True, tag=97):
    """A person asks for statements now."""

    person: str
    reason: str


class SignOffCommand(Record, frozen=True, tag=98):
    """A person signs off a trading day of an account."""

    account: AccountId
    session_date: int
    person: str
    reason: str
