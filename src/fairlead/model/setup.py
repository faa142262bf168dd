"""Set-up: what there is to trade, with what, by whom, and within which limits."""

from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.record import Record
from fairlead.model.terms import CostBasis, MarkPolicy
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    Sequence,
    StrategyId,
)


class NodeStarted(Record, frozen=True, tag=1):
    """A node began to write this journal. `epoch` grows with every start: it fences older nodes."""

    epoch: int
    build: str
    configuration: str
    stage: str


class SnapshotTaken(Record, frozen=True, tag=120):
    """The node keeps what stood after an input in a file. Without this word of the journal for it,
    the file is not believed.
    """

    after: Sequence
    digest: str  # of the file, in hexadecimal


class AccountDefinition(Record, frozen=True, tag=2):
    """An account: its base currency, its precision, the cash it begins with, and its cost basis."""

    account: AccountId
    name: str
    currency: str
    money_decimals: int
    cash: Money
    cost_basis: CostBasis = CostBasis.AVERAGE
    desk: str = ""  # that it belongs to; "": none


class InstrumentDefinition(Record, frozen=True, tag=3):
    """An instrument becomes known."""

    instrument: Instrument


class StrategyDefinition(Record, frozen=True, tag=4):
    """A strategy becomes known:

    it may send orders from now on. `parameters` is JSON, for the audit.
    """

    strategy: StrategyId
    name: str
    account: AccountId
    parameters: str
    trader: str = ""  # who answers for its orders; a live stage needs one


class LimitChange(Record, frozen=True, tag=5):
    """A person set the limits of one instrument."""

    limits: Limits
    person: str
    reason: str


class MessageRateChange(Record, frozen=True, tag=6):
    """A person set how many messages the node may send."""

    rate: MessageRate
    person: str
    reason: str


class OrderPolicyChange(Record, frozen=True, tag=7):
    """A person set the order policy of one strategy, or (strategy 0) of all that have no own."""

    policy: OrderPolicy
    person: str
    reason: str
    strategy: StrategyId = StrategyId(0)


class ReconciliationPolicyChange(Record, frozen=True, tag=8):
    """A person set when statements are asked for, and what differences lead to."""

    policy: ReconciliationPolicy
    person: str
    reason: str


class ToleranceChange(Record, frozen=True, tag=9):
    """A person set by how much the position in an instrument may differ from a statement."""

    instrument: InstrumentId
    quantity: Quantity
    person: str
    reason: str


class MarkPolicyChange(Record, frozen=True, tag=10):
    """A person set at which price positions are valued, and how old it may be (0: any age)."""

    policy: MarkPolicy
    age_max: Nanos
    person: str
    reason: str


class CurrencyDefinition(Record, frozen=True, tag=11):
    """An account holds a further currency, in the money decimals of the account."""

    account: AccountId
    currency: str
    cash: Money = Money(0)  # what it begins with
