"""Facts of the layers of risk."""

from fairlead.model.record import Record
from fairlead.model.risk import Limit, Scope
from fairlead.model.risk_terms import (
    AlertLevel,
    BreakerState,
    KillMode,
    KillStep,
    LimitKind,
    NamedThing,
)
from fairlead.model.units import (
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Quantity,
    StrategyId,
)


class WarningOpened(Record, frozen=True, tag=158):
    """A warning stands until a person acknowledges it; trading cannot begin before."""

    name: str
    text: str


class WarningAcknowledged(Record, frozen=True, tag=159):
    """A person has looked at a warning."""

    name: str
    person: str
    reason: str


class RiskLimitsChanged(Record, frozen=True, tag=180):
    """Limits of a scope hold from now on."""

    scope: Scope
    limits: tuple[Limit, ...]
    removed: tuple[LimitKind, ...]
    version: int
    person: str
    reason: str


class ChangeProposed(Record, frozen=True, tag=181):
    """Something waits for a second person: approve it by number and digest before it expires."""

    number: int
    digest: str
    what: str
    person: str
    reason: str
    expires: Nanos


class ProposalEnded(Record, frozen=True, tag=182):
    """What was proposed is approved, declined or expired."""

    number: int
    outcome: str  # "approved", "declined", "expired", "overtaken"
    person: str
    reason: str


class LimitAlert(Record, frozen=True, tag=183):
    """The use of a limit has come near it, reached it, or gone back."""

    scope: Scope
    kind: LimitKind
    level: AlertLevel
    measured: Millionths | None  # None: it cannot be measured, which counts as reached
    hard: Millionths


class BreakerChanged(Record, frozen=True, tag=184):
    """A trading breaker has put a scope into another state, and why."""

    breaker: str
    scope: Scope
    before: BreakerState
    after: BreakerState
    cause: str


class BreakerEscalated(Record, frozen=True, tag=185):
    """A breaker has tripped too often: it engages the kill switch of its scope."""

    breaker: str
    scope: Scope
    trips: int


class KillStepped(Record, frozen=True, tag=186):
    """A step of a kill is done or given up, and with what success."""

    scope: Scope
    mode: KillMode
    step: KillStep
    done: int  # orders canceled, positions closed, venues left ...
    left: int  # ... and not
    note: str


class DynamicLimitChanged(Record, frozen=True, tag=187):
    """A dynamic limit applies, or applies no more."""

    name: str
    scope: Scope
    applied: bool
    cause: str


class OverrideUsed(Record, frozen=True, tag=188):
    """An order left although checks said no: two persons had allowed it, for this one order."""

    number: int
    order: OrderId
    strategy: StrategyId
    checks: tuple[str, ...]


class NameRetired(Record, frozen=True, tag=189):
    """A name is never used again."""

    thing: NamedThing
    name: str
    person: str
    reason: str


class OrderResized(Record, frozen=True, tag=191):
    """An order left with another quantity than it was asked for, and why."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    asked: Quantity
    quantity: Quantity
    cause: str


class ParentChanged(Record, frozen=True, tag=193):
    """A parent was opened, filled or ended."""

    order: OrderId
    strategy: StrategyId
    instrument: InstrumentId
    quantity: Quantity
    filled: Quantity
    notional_max: Money
    state: str  # "open", "filled", "ended"


class SelfTradePrevented(Record, frozen=True, tag=194):
    """An order would have traded with one of our own, and what was done about it."""

    order: OrderId
    other: OrderId
    instrument: InstrumentId
    action: str


class LimitsAttested(Record, frozen=True, tag=195):
    """A person has attested the limits as they stand."""

    digest: str
    person: str
    reason: str


class FlagChanged(Record, frozen=True, tag=196):
    """A flag has another value."""

    name: str
    value: str
    person: str
    reason: str


class StrategyEnabled(Record, frozen=True, tag=197):
    """A strategy that was taken off may trade again."""

    strategy: StrategyId
    person: str
    reason: str


class ClockAlert(Record, frozen=True, tag=199):
    """Our clock and the machine's time of day are further apart than they may be, or no more.

    Said once, when the level changes.
    """

    level: AlertLevel
    offset: Nanos  # how far they are apart
    ahead: bool  # whether ours is the later one
    bound: Nanos  # that the level begins at; the warning's where it has ended
