"""What is said to the layers of risk: set-up, the outside world, parents, commands."""

from fairlead.model.record import Record
from fairlead.model.risk import (
    Breaker,
    DynamicLimit,
    KillPolicy,
    Limit,
    NamedCheck,
    Permission,
    PreTradePolicy,
    Profile,
    Restriction,
    Scope,
)
from fairlead.model.risk_terms import BreakerState, LimitKind, NamedThing, Phase
from fairlead.model.terms import Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)

# --- set-up ---


class RiskLimitChange(Record, frozen=True, tag=12):
    """A person sets limits of a scope.

    What is looser than before waits for a second person; what is tighter holds at once.
    """

    scope: Scope
    limits: tuple[Limit, ...]
    person: str
    reason: str
    removed: tuple[LimitKind, ...] = ()
    effective: Nanos = Nanos(0)  # not before; 0: at once


class ProfileChange(Record, frozen=True, tag=13):
    """A person says what risk needs to know of an instrument."""

    profile: Profile
    person: str
    reason: str


class PreTradePolicyChange(Record, frozen=True, tag=14):
    """A person sets how orders are checked one by one."""

    policy: PreTradePolicy
    person: str
    reason: str


class BreakerDefinition(Record, frozen=True, tag=15):
    """A person defines a trading breaker, or defines the one of its name anew."""

    breaker: Breaker
    person: str
    reason: str


class DynamicLimitDefinition(Record, frozen=True, tag=16):
    """A person defines limits that hold while a condition does."""

    dynamic: DynamicLimit
    person: str
    reason: str


class NamedCheckDefinition(Record, frozen=True, tag=17):
    """A person defines a check that every order must pass."""

    check: NamedCheck
    person: str
    reason: str


class PermissionChange(Record, frozen=True, tag=18):
    """A person sets what a strategy may trade: all its permissions at once; none takes them."""

    strategy: StrategyId
    permissions: tuple[Permission, ...]
    person: str
    reason: str


class RestrictionChange(Record, frozen=True, tag=19):
    """A person puts an instrument on the restricted list, or takes it off."""

    restriction: Restriction
    listed: bool
    person: str
    reason: str


# --- the outside world ---


class OutsideValue(Record, frozen=True, tag=29):
    """A value from outside, by name: `vix`. None says that it cannot be measured now."""

    name: str
    value: Millionths | None
    venue_time: Nanos


class PriceBands(Record, frozen=True, tag=30):
    """The prices within which a venue trades an instrument (LULD); zeros: there are none."""

    instrument: InstrumentId
    lower: Price
    upper: Price
    limit_state: bool
    venue_time: Nanos


class SessionPhase(Record, frozen=True, tag=31):
    """A venue's session, or (instrument not 0) one instrument there, is in another phase."""

    venue: str
    phase: Phase
    venue_time: Nanos
    instrument: InstrumentId = InstrumentId(0)


class MarketHalt(Record, frozen=True, tag=32):
    """A market-wide halt (`venue` "": of every venue) began or ended."""

    venue: str
    level: int  # 1, 2 or 3
    halted: bool
    reason: str
    venue_time: Nanos


class LocateChange(Record, frozen=True, tag=33):
    """How much of an instrument an account may sell short on a day: what was located in all."""

    account: AccountId
    instrument: InstrumentId
    session_date: int
    quantity: Quantity
    reference: str


class ShortSaleRestriction(Record, frozen=True, tag=36):
    """Short sales of an instrument must be priced above the best bid (Reg SHO 201)."""

    instrument: InstrumentId
    active: bool
    session_date: int  # it holds that day and the next one
    venue_time: Nanos


# --- parents ---


class ParentRequest(Record, frozen=True, tag=66):
    """A strategy opens a parent: its children never exceed it, whatever an algorithm believes.

    A basket is a parent without an instrument: its value alone is bounded.
    """

    strategy: StrategyId
    order: OrderId
    instrument: InstrumentId  # 0: a basket
    side: Side
    quantity: Quantity
    notional_max: Money
    reason: str = ""


class ParentEnd(Record, frozen=True, tag=67):
    """A strategy ends a parent: no child of it leaves any more."""

    strategy: StrategyId
    order: OrderId


# --- commands ---


class ApproveCommand(Record, frozen=True, tag=99):
    """A second person approves exactly what was proposed: its number and its digest."""

    number: int
    digest: str
    person: str
    reason: str


class DeclineCommand(Record, frozen=True, tag=100):
    """A person declines or withdraws what was proposed."""

    number: int
    person: str
    reason: str


class OverrideRequest(Record, frozen=True, tag=101):
    """A person asks that checks be waived for one order; a second person must approve it."""

    strategy: StrategyId
    instrument: InstrumentId
    side: Side
    quantity_max: Quantity
    checks: tuple[str, ...]
    expires: Nanos
    person: str
    reason: str


class AttestCommand(Record, frozen=True, tag=102):
    """A person attests the limits as they stand, by their digest."""

    digest: str
    person: str
    reason: str


class BreakerCommand(Record, frozen=True, tag=107):
    """A person puts a scope into a state, or lets go (`active`) what tripped there."""

    scope: Scope
    state: BreakerState
    person: str
    reason: str


class ErrorReported(Record, frozen=True, tag=108):
    """Something of ours went wrong outside the machine. It is counted."""

    source: str
    text: str


class RetireCommand(Record, frozen=True, tag=109):
    """A person retires a name for ever: no strategy, no flag is ever called so again."""

    thing: NamedThing
    name: str
    person: str
    reason: str


class WarningRaised(Record, frozen=True, tag=110):
    """Something must be looked at by a person before trading begins."""

    name: str
    text: str


class AcknowledgeCommand(Record, frozen=True, tag=111):
    """A person has looked at a warning."""

    name: str
    person: str
    reason: str


class FlagChange(Record, frozen=True, tag=112):
    """A person sets a flag that strategies and configuration may ask for."""

    name: str
    value: str
    person: str
    reason: str


class KillPolicyChange(Record, frozen=True, tag=114):
    """A person sets how a kill is carried out."""

    policy: KillPolicy
    person: str
    reason: str


class StrategyStartCommand(Record, frozen=True, tag=113):
    """A named person has looked at a strategy that was taken off: it may trade again."""

    strategy: StrategyId
    person: str
    reason: str


class JournalSpaceLow(Record, frozen=True, tag=115):
    """The disk of the journal is full or nearly: orders stop, cancels go on."""

    path: str
    free_bytes: int
    free_bytes_min: int
    cancels: bool = True  # what works is canceled; else it stays


class JournalSpaceBack(Record, frozen=True, tag=116):
    """The disk of the journal has room again. Trading waits for a person all the same."""

    path: str
    free_bytes: int
