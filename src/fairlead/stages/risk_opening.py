"""The inputs about risk that open a session: limits, breakers, checks, policies, instruments.

A fresh machine gets all of them, always in the same order. After a recovery only what differs is
said; what is looser than before then waits for a second person, and what the configuration names no
more stays in force until a person takes it away.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from fairlead.machine.governance import LIVE_STAGES
from fairlead.model.inputs import (
    BreakerDefinition,
    DataQualityPolicyChange,
    DynamicLimitDefinition,
    Input,
    KillPolicyChange,
    NamedCheckDefinition,
    OutsideValue,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    RestrictionChange,
    RiskLimitChange,
)
from fairlead.model.risk import Permission, Profile, Restriction
from fairlead.model.terms import OrderType, Side
from fairlead.model.units import AccountId, InstrumentId, Millionths, Nanos, StrategyId
from fairlead.node.check_settings import PermissionSettings
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError, Problem
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.settings import millionths
from fairlead.node.venue_settings import SimulatedVenueSettings
from fairlead.node.yaml_text import KeyPath
from fairlead.stages.venue_models import ACCOUNT
from fairlead.stages.wiring import POLICY, Wired

REASON: Final = "the configuration"  # the same in every stage: it is part of what is answered
# Of the arrivals of a simulated market that trade, carefully: more would allow larger orders.
_TRADING_ARRIVALS: Final = Decimal("0.1")
_SECONDS_A_DAY: Final = 86_400


def risk_opening(wired: Wired, stage: str) -> list[Input]:
    """Return the inputs about risk that the machine does not know yet.

    Raises `ConfigurationError` where a live stage would trade without one of its layers.
    """
    refuse_unsafe(wired.configuration, stage)
    settings = wired.configuration.risk.resolved(stage)
    return [
        *_instruments(wired, settings),
        *_outside_values(wired, settings),
        *_limits(wired, settings),
        *_breakers(wired, settings),
        *_dynamic_limits(wired, settings),
        *_checks(wired, settings),
        *_policies(wired, settings),
        *_permissions(wired, settings),
        *_restrictions(wired, settings),
        *_data_rules(wired),
    ]


def refuse_unsafe(configuration: Configuration, stage: str) -> None:
    """Raise `ConfigurationError` if a live stage would trade with a layer switched off."""
    if stage in LIVE_STAGES:
        problems = [
            configuration.problem(path, f"it switched on: the {stage} stage needs {what}")
            for path, what in configuration.switched_off()
        ]
        if problems:
            raise ConfigurationError(problems)


def warnings(configuration: Configuration) -> list[Problem]:
    """Return what a person should know of a configuration that will trade all the same."""
    found = [
        configuration.warning(path, f"switches off {what}; a live stage refuses that")
        for path, what in configuration.switched_off()
    ]
    for path, name in configuration.risk.unfed():
        text = f"asks for {name}, which nobody says: it counts as holding (risk.outside_values)"
        found.append(configuration.warning(("risk", *path), text))
    return found


def _outside_values(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    """Return that the values which will be said from outside are not known yet."""
    known = wired.path.machine.state.gate.conditions.outside.values
    for name in settings.outside_values:
        if name not in known:
            yield OutsideValue(name, None, wired.surroundings.start)


def _limits(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    tree = wired.path.machine.state.gate.tree
    for scope, limits in settings.all_limits():
        node = tree.find(scope)
        known = node.limits if node is not None else {}
        changed = tuple(limit for limit in limits if known.get(limit.kind) != limit)
        kinds = [limit.kind for limit in limits]
        removed = tuple(sorted(kind for kind in known if kind not in kinds))
        if changed or removed:
            yield RiskLimitChange(scope, changed, POLICY, REASON, removed)


def _breakers(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    configuration, standings = wired.configuration, wired.path.machine.state.gate.breakers.standings
    alerts = [rule.breaker() for rule in configuration.alerting.rules]
    for breaker in (*settings.all_breakers(), *alerts):
        known = standings.get(breaker.name)
        if known is None or known.trip is None or known.trip.breaker != breaker:
            yield BreakerDefinition(breaker, POLICY, REASON)


def _dynamic_limits(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    dynamics = wired.path.machine.state.gate.conditions.dynamics
    for dynamic in settings.all_dynamic():
        known = dynamics.get(dynamic.name)
        if known is None or known.definition != dynamic:
            yield DynamicLimitDefinition(dynamic, POLICY, REASON)


def _checks(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    known = wired.path.machine.state.gate.pretrade.named.all()
    for check in settings.pre_trade_checks.named():
        if check not in known:
            yield NamedCheckDefinition(check, POLICY, REASON)


def _policies(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    gate = wired.path.machine.state.gate
    halts = settings.market_circuit_breakers
    delay = halts.resume_delay if halts.enabled else Nanos(0)
    pretrade = settings.pre_trade_checks.policy(
        delay, halts.instrument_resume_delay, settings.outside_age_max
    )
    if gate.pretrade.policy != pretrade:
        yield PreTradePolicyChange(pretrade, POLICY, REASON)
    kill = settings.kill_switch.policy()
    if gate.kills.policy != kill:
        yield KillPolicyChange(kill, POLICY, REASON)


def _instruments(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    """Return what risk needs to know of each instrument."""
    pretrade = wired.path.machine.state.gate.pretrade
    volumes = _simulated_volumes(wired.configuration)
    for instrument in wired.surroundings.instruments:
        own = settings.instruments.get(instrument.symbol)
        known = own.known() if own is not None else {}
        if known.get("average_daily_volume") is None:
            known["average_daily_volume"] = volumes.get(instrument.symbol)
        profile = Profile(instrument.instrument, **known)
        if pretrade.profile(instrument.instrument) != profile:
            yield ProfileChange(profile, POLICY, REASON)


def _simulated_volumes(configuration: Configuration) -> dict[str, Millionths]:
    """Return what a simulated market trades in a day: it is made so, and needs no history."""
    venue = configuration.venue
    if not isinstance(venue, SimulatedVenueSettings):
        return {}
    return {
        one.symbol: millionths(
            one.quantity_typical * one.arrivals_per_second * _SECONDS_A_DAY * _TRADING_ARRIVALS
        )
        for one in venue.instruments
    }


def _permissions(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    permits = wired.path.machine.state.gate.pretrade.permits
    for number, strategy in enumerate(wired.configuration.strategies, start=1):
        named = [one for one in settings.permissions if one.strategy == strategy.name]
        if not named:
            continue
        permissions = tuple(_permission(wired, StrategyId(number), one) for one in named)
        if permits.of(StrategyId(number)) != permissions:
            yield PermissionChange(StrategyId(number), permissions, POLICY, REASON)


def _permission(wired: Wired, strategy: StrategyId, settings: PermissionSettings) -> Permission:
    index = wired.configuration.risk.permissions.index(settings)
    return Permission(
        strategy,
        settings.trader or "",
        tuple(
            _instrument(wired, symbol, ("risk", "permissions", index, "instruments", place))
            for place, symbol in enumerate(settings.instruments)
        ),
        settings.venues,
        tuple(OrderType[name.upper()] for name in settings.order_types),
    )


def _restrictions(wired: Wired, settings: RiskSettings) -> Iterator[Input]:
    listed = wired.path.machine.state.gate.pretrade.permits.restricted()
    if "restricted_list" not in settings.pre_trade_checks.built_in():
        return
    for index, one in enumerate(settings.restricted_list):
        restriction = Restriction(
            _instrument(wired, one.instrument, ("risk", "restricted_list", index, "instrument")),
            ACCOUNT if one.account is not None else AccountId(0),
            Side[one.side.upper()] if one.side is not None else None,
            one.closing_allowed,
        )
        if restriction not in listed:
            yield RestrictionChange(restriction, True, POLICY, REASON)


def _data_rules(wired: Wired) -> Iterator[Input]:
    """Return what market data is held to."""

    def identify(symbol: str, path: KeyPath) -> InstrumentId:
        return _instrument(wired, symbol, ("data", *path))

    rules = wired.configuration.data.all_rules(identify)
    if wired.path.machine.state.quality.rules != rules:
        yield DataQualityPolicyChange(rules, POLICY, REASON)


def _instrument(wired: Wired, symbol: str, path: tuple[str | int, ...]) -> InstrumentId:
    """Return the instrument of a symbol. Raises `ConfigurationError` that names its place."""
    for instrument in wired.surroundings.instruments:
        if instrument.symbol == symbol:
            return instrument.instrument
    known = ", ".join(one.symbol for one in wired.surroundings.instruments)
    raise ConfigurationError([wired.configuration.problem(path, f"a symbol of the venue: {known}")])
