"""Limits, breakers, dynamic limits, permissions and restrictions: what the layers of risk hold.

They are inputs: replay sees the same ones at the same point. Shares, money, whole quantities and
counts stand as exact millionths.
"""

from typing import Final

import msgspec

from fairlead.model.risk_terms import (
    BreakerState,
    LimitKind,
    ResetPolicy,
    ScopeKind,
    SelfTrade,
)
from fairlead.model.terms import OrderType, Side
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    AccountId,
    BasisPoints,
    InstrumentId,
    Millionths,
    Nanos,
    StrategyId,
)

CONDITION_LENGTH_MAX: Final = 500
WINDOWED: Final = (
    LimitKind.MESSAGES,
    LimitKind.REPEATED_EXECUTIONS,
    LimitKind.VALUE_WINDOW,
    LimitKind.LOSS_RATE_SHARE,
)
LEAST: Final = (LimitKind.PRICE_FLOOR, LimitKind.DEPTH, LimitKind.CASH)  # not the most


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a limit, a breaker or a kill is about, by name; the firm has none."""

    kind: ScopeKind
    name: str = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a scope without its name, or a firm with one."""
        if (self.kind is ScopeKind.FIRM) != (self.name == ""):
            raise ValueError(
                f"scope {self.kind.name.lower()} {self.name!r}: all but the firm have a name"
            )

    def __str__(self) -> str:
        """Return it as people say it: `firm`, `account main`."""
        return f"{self.kind.name.lower()} {self.name}".strip()


FIRM: Final = Scope(ScopeKind.FIRM)


class Limit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One limit: its hard bound, from where on it warns, and over which window it counts.

    Without a `warning` it warns at 70 % of the hard bound.
    """

    kind: LimitKind
    hard: Millionths
    warning: Millionths | None = None
    window: Nanos = Nanos(0)

    def __post_init__(self) -> None:
        """Raise `ValueError` for a bound below zero, a late warning or a missing window."""
        name = self.kind.name.lower()
        if self.hard < 0:
            raise ValueError(f"limit {name}: it is negative, expected 0 or more")
        if (self.kind in WINDOWED) != (self.window > 0):
            needed = "needs a window" if self.kind in WINDOWED else "has no window"
            raise ValueError(f"limit {name}: it {needed}")
        if self.warning is not None:
            late = self.warning < self.hard if self.kind in LEAST else self.warning > self.hard
            if late or self.warning < 0:
                raise ValueError(f"limit {name}: its warning must come before the hard bound")


class Breaker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule that restricts trading in a scope while, and after, its condition holds.

    A condition that cannot be measured counts as holding.
    """

    name: str
    scope: Scope
    condition: str
    state: BreakerState = BreakerState.HALTED  # that it puts the scope in
    reset: ResetPolicy = ResetPolicy.MANUAL
    cool_down: Nanos = Nanos(0)  # after which COOL_DOWN lets go
    recovered: str = ""  # the condition under which it may let go; "": its own has ended
    recovery: Nanos = Nanos(0)  # for how long the scope then is in RECOVERY
    size_share: Millionths = Millionths(500_000)  # of the order limits, in WARNING and RECOVERY
    collar_share: Millionths = Millionths(500_000)
    trips_max: int = 3  # within a trading day; one more escalates to a kill; 0: never
    flatten: bool = False  # positions of the scope are closed
    kills: bool = False  # it engages the kill switch of its scope at once

    def __post_init__(self) -> None:
        """Raise `ValueError` for a breaker that could not work."""
        where = f"breaker {self.name!r}"
        if not self.name.strip() or not self.condition.strip():
            raise ValueError(f"{where}: it needs a name and a condition")
        if self.state is BreakerState.RECOVERY:
            raise ValueError(f"{where}: recovery comes after a trip, it is none")
        if (self.reset is ResetPolicy.COOL_DOWN) != (self.cool_down > 0):
            raise ValueError(f"{where}: cool_down goes with reset cool_down")
        if not 0 <= self.size_share <= 1_000_000 or not 0 <= self.collar_share <= 1_000_000:
            raise ValueError(f"{where}: size_share and collar_share are 0 to 1")
        if self.trips_max < 0 or self.recovery < 0:
            raise ValueError(f"{where}: trips_max and recovery are 0 or more")


class DynamicLimit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Limits that hold while a condition does. What cannot be measured counts as holding."""

    name: str
    scope: Scope
    condition: str
    limits: tuple[Limit, ...]
    recovered: str = ""  # the condition under which they end; "": their own has ended


class NamedCheck(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A check that every order must pass, and what the trader is told if it does not."""

    name: str
    condition: str
    message: str = ""


class PreTradePolicy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How orders are checked one by one, where a limit alone does not say it. 0 switches off."""

    duplicate_window: Nanos = Nanos(500_000_000)
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    permissions_required: bool = False  # nobody trades what no permission names
    order_types_forbidden: tuple[OrderType, ...] = ()
    life_max: Nanos = Nanos(0)  # how long an order may work
    halt_resume_delay: Nanos = Nanos(300_000_000_000)  # after a halt of the whole market
    instrument_resume_delay: Nanos = Nanos(0)  # after the halt of one instrument
    unacknowledged_age_max: Nanos = Nanos(10_000_000_000)
    adverse_collar_only: bool = False  # only a price that is worse than the reference is held
    outside_age_max: Nanos = Nanos(86_400_000_000_000)  # an older value from outside is none


class Permission(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a strategy and its trader may trade. An empty list means everything."""

    strategy: StrategyId
    trader: str = ""  # "": any
    instruments: tuple[InstrumentId, ...] = ()
    venues: tuple[str, ...] = ()
    order_types: tuple[OrderType, ...] = ()


class Restriction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An instrument that an account (0: nobody) may not trade, and in which direction."""

    instrument: InstrumentId
    account: AccountId = AccountId(0)
    side: Side | None = None  # None: both
    closing_allowed: bool = False


class Profile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What risk needs to know of an instrument beyond the terms on which it trades."""

    instrument: InstrumentId
    sector: str = ""  # "": a bucket of its own, `unclassified`
    issuer: str = ""
    average_daily_volume: Millionths | None = None  # whole units; None: not known
    locate_required: bool = False  # to sell it short
    marked: bool = False  # sells are marked long or short
    previous_close: Millionths | None = None  # the reference of auctions
    delta: Millionths = Millionths(0)  # of one whole unit, of options
    gamma: Millionths = Millionths(0)
    vega: Millionths = Millionths(0)


class KillPolicy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a kill is carried out: how long each step may take, and how gently positions are closed.

    Positions are closed in stages: in one stage a few orders, of different strategies in turn and
    in different instruments, each for a share of what the market shows.
    """

    confirm: Nanos = Nanos(5_000_000_000)  # how long cancels, and the end of a session, may take
    retry: Nanos = Nanos(1_000_000_000)  # before a cancel is sent again
    flatten: Nanos = Nanos(300_000_000_000)  # how long the closing of positions may take
    stage: Nanos = Nanos(1_000_000_000)  # from one stage to the next
    stage_orders_max: int = 4
    stage_share: Millionths = Millionths(250_000)  # of the quantity displayed at the touch
    price_offset: BasisPoints = BasisPoints(50)  # how far beyond the touch they may trade
    flatten_by: tuple[str, ...] = ()  # who may have positions closed: everybody, if nobody is named

    def __post_init__(self) -> None:
        """Raise `ValueError` for a policy by which a kill would not work."""
        for name in ("confirm", "retry", "flatten", "stage", "stage_orders_max", "stage_share"):
            if getattr(self, name) <= 0:
                raise ValueError(f"kill policy: {name} is {getattr(self, name)}, expected above 0")
        if self.stage_share > 1_000_000:
            raise ValueError("kill policy: stage_share is above 1: more than the market shows")
        if not 0 <= self.price_offset < BASIS_POINTS_UNIT:
            raise ValueError(f"kill policy: price_offset is not 0 to {BASIS_POINTS_UNIT - 1}")
