"""The section `risk`: all six layers in one place. `safety` is another name for it.

What is not set is as the profile says, and without a profile the strictest safe value. `resolved`
fills that in; nobody else looks into a profile.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from fairlead.model.risk import FIRM, Breaker, DynamicLimit, Limit, Scope
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.breaker_settings import (
    BreakerSettings,
    DynamicLimitSettings,
    MarketHaltSettings,
)
from fairlead.node.check_settings import (
    BUILT_IN,
    REQUIRED,
    PermissionSettings,
    PreTradeSettings,
    Restricted,
    RiskInstrumentSettings,
)
from fairlead.node.conditions import misplaced, outside_names
from fairlead.node.kill_settings import KillSwitchSettings
from fairlead.node.limit_settings import Bound, RiskLimitSettings
from fairlead.node.loss_settings import LossSettings
from fairlead.node.reaction_settings import ScopeName, scope_of
from fairlead.node.risk_profiles import PROFILES
from fairlead.node.settings import (
    Contradiction,
    Duration,
    Section,
    Symbol,
    matching,
    spelled,
    twice,
)
from fairlead.node.yaml_text import KeyPath

CAPITAL_SMALL: Final = Decimal(10_000)  # of the stage `small`, where nothing else is set (S3)
_SMALL: Final = "small"

OutsideName = Annotated[
    str,
    matching(r"[a-z][a-z0-9_]{0,31}", "a name: a small letter, then up to 31 more, digits or _"),
]


class ScopeSettings(Section):
    """The limits of one scope below the firm."""

    limits: RiskLimitSettings = RiskLimitSettings()
    loss_limits: LossSettings = LossSettings()


class RiskSettings(Section):
    """What the layers of risk hold every order and every loss against."""

    profile: Literal["conservative", "standard", "outline"] | None = None
    pre_trade_checks: PreTradeSettings = PreTradeSettings()
    limits: RiskLimitSettings = RiskLimitSettings()
    loss_limits: LossSettings = LossSettings()
    scopes: Mapping[ScopeName, ScopeSettings] = {}
    dynamic_limits: Annotated[tuple[DynamicLimitSettings, ...], Strict(False)] = Field(
        default=(), max_length=100
    )
    circuit_breakers: Annotated[tuple[BreakerSettings, ...], Strict(False)] = Field(
        default=(), max_length=100
    )
    market_circuit_breakers: MarketHaltSettings = MarketHaltSettings()
    kill_switch: KillSwitchSettings = KillSwitchSettings()
    instruments: Mapping[Symbol, RiskInstrumentSettings] = {}
    permissions: Annotated[tuple[PermissionSettings, ...], Strict(False)] = Field(
        default=(), max_length=1000
    )
    restricted_list: Annotated[tuple[Restricted, ...], Strict(False)] = Field(
        default=(), validation_alias=spelled("restricted_list", "restricted"), max_length=10_000
    )
    outside_values: Annotated[tuple[OutsideName, ...], Strict(False)] = ()
    outside_age_max: Duration = Nanos(86_400 * NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the names that are there twice, and limits of the firm in two places."""
        names = [breaker.name for breaker in self.circuit_breakers]
        yield from twice("circuit_breakers", names, "name")
        titles = [dynamic.title for dynamic in self.dynamic_limits]
        yield from twice("dynamic_limits", titles, "name")
        if "firm" in self.scopes:
            yield Contradiction(("scopes", "firm"), "the limits of the firm in limits", "key")
        yield from self._unmeasured()

    def _unmeasured(self) -> Iterator[Contradiction]:
        """Return the conditions and actions that nothing measures in their scope."""
        for index, breaker in enumerate(self.circuit_breakers):
            yield from _misplaced(("circuit_breakers", index), breaker)
        for index, dynamic in enumerate(self.dynamic_limits):
            yield from _misplaced(("dynamic_limits", index), dynamic)
        spans: list[tuple[KeyPath, LossSettings]] = [
            (("loss_limits",), self.loss_limits.over(PROFILES[self.profile].losses))
        ]
        for name, own in self.scopes.items():
            spans.append((("scopes", name, "loss_limits"), own.loss_limits))
        for path, losses in spans:
            for below in losses.shareless():
                yield Contradiction((*path, *below), "hard beside it: breakers count shares", "key")

    def resolved(self, stage: str = "") -> "RiskSettings":
        """Return these settings with everything that the profile says where nothing is set."""
        profile = PROFILES[self.profile]
        known = profile.limits
        if stage == _SMALL:
            known = known.model_copy(update={"capital_limit": Bound(hard=CAPITAL_SMALL)})
        return self.model_copy(
            update={
                "limits": _over(self.limits, known, self._left_out()),
                "loss_limits": self.loss_limits.over(profile.losses),
                "circuit_breakers": self._with_breakers(profile.breakers),
                "dynamic_limits": self._with_dynamic(profile.dynamic),
            }
        )

    def all_limits(self) -> Iterator[tuple[Scope, tuple[Limit, ...]]]:
        """Return the limits of each scope, the firm first. For resolved settings."""
        firm = _in_order((*self.limits.limits(), *self.loss_limits.limits()))
        yield FIRM, firm
        for name, own in self.scopes.items():
            yield scope_of(name), _in_order((*own.limits.limits(), *own.loss_limits.limits()))

    def all_breakers(self) -> Iterator[Breaker]:
        """Return the breakers that are on. For resolved settings."""
        for breaker in self.circuit_breakers:
            if breaker.enabled:
                yield breaker.breaker()
        yield from self.loss_limits.breakers("firm")
        for name, own in self.scopes.items():
            yield from own.loss_limits.breakers(name)

    def all_dynamic(self) -> Iterator[DynamicLimit]:
        """Return the dynamic limits. For resolved settings."""
        for dynamic in self.dynamic_limits:
            yield dynamic.dynamic()

    def switched_off(self) -> Iterator[tuple[KeyPath, str]]:
        """Return what is switched off: its key, and what does not protect then."""
        checks = self.pre_trade_checks
        if not checks.enabled:
            yield ("pre_trade_checks", "enabled"), "the pre-trade checks"
        missing = [name for name in REQUIRED if name not in checks.built_in()]
        if checks.enabled and missing:
            yield ("pre_trade_checks", "checks"), f"the built-in {', '.join(missing)}"
        for index, breaker in enumerate(self.circuit_breakers):
            if not breaker.enabled:
                yield ("circuit_breakers", index, "enabled"), f"the breaker {breaker.name}"
        if not self.market_circuit_breakers.enabled:
            yield ("market_circuit_breakers", "enabled"), "the delay after a market-wide halt"
        if not self.kill_switch.enabled:
            yield ("kill_switch", "enabled"), "the triggers of the kill switch"

    def unfed(self) -> Iterator[tuple[KeyPath, str]]:
        """Return the conditions that ask for an outside value that never comes: they hold."""
        for key, conditions in (
            ("circuit_breakers", [one.condition for one in self.circuit_breakers]),
            ("dynamic_limits", [one.condition for one in self.dynamic_limits]),
        ):
            for index, condition in enumerate(conditions):
                for name in outside_names(condition):
                    if name not in self.outside_values:
                        yield (key, index, "condition"), name

    def unknown_names(
        self, account: str, strategies: list[str], symbols: list[str] | None
    ) -> Iterator[Contradiction]:
        """Return what names nothing; without `symbols` nobody knows them before the session."""
        for index, permission in enumerate(self.permissions):
            if permission.strategy not in strategies:
                yield Contradiction(("permissions", index, "strategy"), "a strategy of this file")
        for index, restriction in enumerate(self.restricted_list):
            if restriction.account not in (None, account):
                yield Contradiction(("restricted_list", index, "account"), f"{account}, or none")
        known = {ScopeKind.ACCOUNT: [account], ScopeKind.STRATEGY: strategies}
        if symbols is not None:
            known[ScopeKind.INSTRUMENT] = symbols
            yield from self._unknown_symbols(symbols)
        for path, name in self._scope_names():
            scope = scope_of(name)
            if scope.kind in known and scope.name not in known[scope.kind]:
                expected = f"one of this file: {', '.join(known[scope.kind]) or 'there is none'}"
                yield Contradiction(path, expected, "key" if path[0] == "scopes" else "value")

    def _unknown_symbols(self, symbols: list[str]) -> Iterator[Contradiction]:
        for symbol in self.instruments:
            if symbol not in symbols:
                yield Contradiction(("instruments", symbol), "a symbol of the venue", "key")
        for index, restriction in enumerate(self.restricted_list):
            if restriction.instrument not in symbols:
                path: KeyPath = ("restricted_list", index, "instrument")
                yield Contradiction(path, "a symbol of the venue")
        for index, permission in enumerate(self.permissions):
            for place, symbol in enumerate(permission.instruments):
                if symbol not in symbols:
                    path = ("permissions", index, "instruments", place)
                    yield Contradiction(path, "a symbol of the venue")

    def _scope_names(self) -> Iterator[tuple[KeyPath, str]]:
        for name in self.scopes:
            yield ("scopes", name), name
        for index, breaker in enumerate(self.circuit_breakers):
            yield ("circuit_breakers", index, "scope"), breaker.scope
        for index, dynamic in enumerate(self.dynamic_limits):
            yield ("dynamic_limits", index, "scope"), dynamic.scope

    def _left_out(self) -> list[str]:
        """Return the limits of the built-in checks that are off."""
        on = self.pre_trade_checks.built_in()
        return [limit for name, limits in BUILT_IN.items() if name not in on for limit in limits]

    def _with_breakers(self, others: tuple[BreakerSettings, ...]) -> tuple[BreakerSettings, ...]:
        """Return the breakers, then those of a profile that have another name and can measure."""
        own = [breaker.name for breaker in self.circuit_breakers]
        added = [one for one in others if one.name not in own and self._is_fed(one.condition)]
        return (*self.circuit_breakers, *added)

    def _with_dynamic(
        self, others: tuple[DynamicLimitSettings, ...]
    ) -> tuple[DynamicLimitSettings, ...]:
        own = [dynamic.title for dynamic in self.dynamic_limits]
        return (*self.dynamic_limits, *(one for one in others if one.title not in own))

    def _is_fed(self, condition: str) -> bool:
        return all(name in self.outside_values for name in outside_names(condition))


def _misplaced(
    path: KeyPath, rule: BreakerSettings | DynamicLimitSettings
) -> Iterator[Contradiction]:
    scope = scope_of(rule.scope).kind
    yield from misplaced((*path, "condition"), rule.condition, scope)
    if rule.recovered is not None:
        yield from misplaced((*path, "recovered"), rule.recovered, scope)


def _over(
    own: RiskLimitSettings, profile: RiskLimitSettings, left_out: list[str]
) -> RiskLimitSettings:
    """Return the limits that are set, and those of a profile for the rest."""
    known = {
        name: getattr(profile, name)
        for name in RiskLimitSettings.model_fields
        if getattr(own, name) is None and name not in left_out
    }
    return own.model_copy(update={name: bound for name, bound in known.items() if bound})


def _in_order(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    return tuple(sorted(limits, key=lambda limit: limit.kind))
