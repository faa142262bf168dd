"""Checks of single orders in a configuration: named ones, permissions, and what is restricted."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, Strict

from fairlead.machine.risk.check_names import is_reserved
from fairlead.model.risk import NamedCheck, PreTradePolicy
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.breaker_settings import Title
from fairlead.node.conditions import OrderCondition
from fairlead.node.settings import (
    Amount,
    Contradiction,
    Duration,
    ExactNumber,
    Name,
    Person,
    Section,
    Symbol,
    millionths,
    spelled,
    twice,
)

# The checks that exist without a condition of a person, and the limits that each is made of.
BUILT_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "price_reasonableness": ("price_collar",),
    "size_limit": ("max_order_size", "max_order_value"),
    "price_floor": ("price_floor",),
    "liquidity": ("max_order_volume",),
    "restricted_list": (),
}
# Without these no live stage begins; the price floor is a matter of taste.
REQUIRED: Final = ("price_reasonableness", "size_limit", "liquidity", "restricted_list")

OrderTypeName = Literal[
    "limit",
    "market",
    "stop",
    "stop_limit",
    "trailing_stop",
    "market_to_limit",
    "pegged",
    "unset",
]
_WITHOUT_LIMIT: Final = (
    OrderType.MARKET,
    OrderType.STOP,
    OrderType.TRAILING_STOP,
    OrderType.MARKET_TO_LIMIT,
)


class NamedCheckSettings(Section):
    """A built-in check by its name, or a condition that every order must meet."""

    name: Title
    condition: OrderCondition | None = Field(
        default=None, validation_alias=spelled("condition", "trigger")
    )
    message: str = Field(default="", max_length=200)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a name that says no check, and a condition under the name of a built-in one."""
        if self.condition is None and self.name not in BUILT_IN:
            yield Contradiction(("name",), f"{', '.join(BUILT_IN)}, or a condition beside it")
        if self.condition is not None and self.name in BUILT_IN:
            yield Contradiction(("name",), "another name: this is a built-in check")
        elif self.condition is not None and is_reserved(self.name):
            yield Contradiction(("name",), "another name: a check of the risk gate is called so")

    def check(self) -> NamedCheck:
        """Return it as the machine holds it."""
        assert self.condition is not None, "a built-in check has limits and no condition"
        return NamedCheck(self.name, self.condition, self.message)


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Check = Annotated[NamedCheckSettings, BeforeValidator(_named)]


class PreTradeSettings(Section):
    """How orders are checked one by one. 0 switches a window off."""

    enabled: bool = True
    checks: Annotated[tuple[Check, ...], Strict(False)] = Field(
        default=tuple(NamedCheckSettings(name=name) for name in BUILT_IN), max_length=100
    )
    duplicate_window: Duration = Nanos(NANOS_PER_SECOND // 2)
    self_trade: Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "allow"] = (
        "cancel_newest"
    )
    permissions_required: bool = False
    require_limit_price: bool = False
    order_types_forbidden: Annotated[tuple[OrderTypeName, ...], Strict(False)] = ()
    max_order_life: Duration = Nanos(0)
    max_unacknowledged_age: Duration = Nanos(10 * NANOS_PER_SECOND)
    collar_adverse_only: bool = False

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the checks that are there twice."""
        yield from twice("checks", [check.name for check in self.checks], "name")

    def built_in(self) -> tuple[str, ...]:
        """Return the built-in checks that are on: those named, or all where none is named."""
        on = [check.name for check in self.checks if check.condition is None] or list(BUILT_IN)
        return tuple(name for name in BUILT_IN if name in on) if self.enabled else ()

    def named(self) -> tuple[NamedCheck, ...]:
        """Return the checks with conditions, as the machine holds them."""
        if not self.enabled:
            return ()
        return tuple(check.check() for check in self.checks if check.condition is not None)

    def policy(
        self, resume_delay: Nanos, instrument_resume_delay: Nanos, outside_age_max: Nanos
    ) -> PreTradePolicy:
        """Return the policy that this section says, with what other sections say of it."""
        forbidden = [OrderType[name.upper()] for name in self.order_types_forbidden]
        if self.require_limit_price:
            forbidden.extend(_WITHOUT_LIMIT)
        return PreTradePolicy(
            self.duplicate_window,
            SelfTrade[self.self_trade.upper()],
            self.permissions_required,
            tuple(sorted(dict.fromkeys(forbidden))),
            self.max_order_life,
            resume_delay,
            instrument_resume_delay,
            self.max_unacknowledged_age,
            self.collar_adverse_only,
            outside_age_max,
        )


class PermissionSettings(Section):
    """What a strategy and its trader may trade. An empty list means everything."""

    strategy: Name
    trader: Person | None = None
    instruments: Annotated[tuple[Symbol, ...], Strict(False)] = ()
    venues: Annotated[tuple[str, ...], Strict(False)] = ()
    order_types: Annotated[tuple[OrderTypeName, ...], Strict(False)] = ()


class RestrictionSettings(Section):
    """An instrument that nobody, or one account, may trade, or only in one direction."""

    instrument: Symbol
    account: Name | None = None
    side: Literal["buy", "sell"] | None = None
    closing_allowed: bool = False


def _listed(value: object) -> object:
    return {"instrument": value} if isinstance(value, str) else value


Restricted = Annotated[RestrictionSettings, BeforeValidator(_listed)]


class RiskInstrumentSettings(Section):
    """What risk needs to know of an instrument beyond the terms on which it trades."""

    sector: Name | None = None
    issuer: str = Field(default="", max_length=64)
    average_daily_volume: Amount | None = Field(
        default=None, validation_alias=spelled("average_daily_volume", "adv")
    )
    locate_required: bool = False
    marked: bool = False
    previous_close: Amount | None = None
    delta: ExactNumber = Decimal(0)
    gamma: ExactNumber = Decimal(0)
    vega: ExactNumber = Decimal(0)

    def known(self) -> dict[str, Any]:
        """Return it in the words of the machine's profiles, without the instrument."""
        volume, close = self.average_daily_volume, self.previous_close
        return {
            "sector": self.sector or "",
            "issuer": self.issuer,
            "average_daily_volume": None if volume is None else millionths(volume),
            "locate_required": self.locate_required,
            "marked": self.marked,
            "previous_close": None if close is None else millionths(close),
            "delta": millionths(self.delta),
            "gamma": millionths(self.gamma),
            "vega": millionths(self.vega),
        }
