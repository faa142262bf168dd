"""Each key of the safety file: what is changed in it, and what shows that it has an effect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from fairlead.model.inputs import (
    BreakerDefinition,
    RiskLimitChange,
)
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.configuration import Configuration
from fairlead.node.loading import with_safety
from fairlead.stages.opening import opening
from fairlead.stages.risk_opening import warnings
from fairlead.stages.wiring import wire
from tests.stages.risk_desk import ALPHA, BETA, GAMMA, PRICES, Desk, roomy
from tests.stages.sessions import SECOND

SAFETY: Final = Path(__file__).parents[2] / "examples" / "safety.yaml"
ENVIRONMENT: Final = {"SLACK_WEBHOOK": "https://hooks.test/x", "PAGERDUTY_KEY": "canary"}


def under(text: str, directory: Path, **sections: Any) -> Configuration:
    """Return the roomy demonstration with a safety file over it."""
    file = directory / "safety.yaml"
    file.write_text(text, "utf-8")
    return with_safety(roomy(**sections), file, ENVIRONMENT)


def said(settings: Configuration, kind: type, stage: str = "paper") -> list[Any]:
    """Return the inputs of a kind that open a session."""
    return [one for one in opening(wire(settings), 1, stage) if isinstance(one, kind)]


def firm(settings: Configuration) -> dict[LimitKind, int]:
    """Return the hard bounds of the firm, in millionths."""
    [change] = [one for one in said(settings, RiskLimitChange) if one.scope == FIRM]
    return {limit.kind: limit.hard for limit in change.limits}


def warned(settings: Configuration) -> dict[LimitKind, int | None]:
    """Return from where on the limits of the firm warn."""
    [change] = [one for one in said(settings, RiskLimitChange) if one.scope == FIRM]
    return {limit.kind: limit.warning for limit in change.limits}


def breakers(settings: Configuration) -> dict[str, tuple[str, BreakerState]]:
    """Return the condition and the state of each breaker."""
    found = [one.breaker for one in said(settings, BreakerDefinition)]
    return {one.name: (one.condition, one.state) for one in found}


def answer(quantity: int, **order: Any) -> Callable[[Configuration], bool]:
    """Return whether an order leaves under a configuration."""
    return lambda settings: Desk(settings).ask(quantity, **order) == []


def bound(kind: LimitKind) -> Callable[[Configuration], int | None]:
    return lambda settings: firm(settings).get(kind)


def warning(kind: LimitKind) -> Callable[[Configuration], int | None]:
    return lambda settings: warned(settings).get(kind)


def breaker(name: str) -> Callable[[Configuration], tuple[str, BreakerState] | None]:
    return lambda settings: breakers(settings).get(name)


def losing(loss: int) -> Callable[[Configuration], list[str]]:
    """Return the checks that refuse a buy after so much money was lost within a second."""

    def measure(settings: Configuration) -> list[str]:
        desk = Desk(settings)
        bought = {ALPHA: 250, BETA: 1_000, GAMMA: 50}
        worth = sum(PRICES[one] * quantity for one, quantity in bought.items())
        for instrument, quantity in bought.items():
            assert desk.ask(quantity, instrument) == []
            desk.fill()
        fallen = {one: price - price * loss * 100 // worth for one, price in PRICES.items()}
        for instrument, price in fallen.items():
            desk.quote(instrument, price, after=SECOND)
        return desk.ask(1, BETA, price=fallen[BETA])

    return measure


def secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value is not None else None


HALTED, WARNING = BreakerState.HALTED, BreakerState.WARNING
LOST: Final = ["loss_day", "loss_rate_share"]  # 10 000 in a day, and 1 % in an hour
CHECKS: Final = "pre_trade_checks:\n    enabled: true"
KILL: Final = "kill_switch:\n    enabled: true"
PROMETHEUS: Final = "prometheus:\n    enabled: true"
AUDIT: Final = "audit:\n  enabled: true"

# Each key of safety.yaml: what is changed, what shows the effect, before and after.
EFFECTS: Final[list[tuple[str, str, str, Callable[[Configuration], object], object, object]]] = [
    (
        "safety.pre_trade_checks.enabled",
        CHECKS,
        CHECKS.replace("true", "false"),
        bound(LimitKind.ORDER_VOLUME_SHARE),
        10_000,
        None,
    ),
    (
        "safety.pre_trade_checks.checks",
        "      - price_reasonableness\n",
        "",
        bound(LimitKind.PRICE_COLLAR),
        50_000,
        None,
    ),
    (
        "safety.pre_trade_checks.checks",
        "      - price_reasonableness\n",
        "",
        answer(10, price=10_600),
        False,
        True,
    ),
    (
        "safety.pre_trade_checks.checks",
        "      - size_limit\n",
        "",
        bound(LimitKind.ORDER_NOTIONAL),
        50_000_000_000,
        None,
    ),
    (
        "safety.pre_trade_checks.checks",
        "      - liquidity\n",
        "",
        bound(LimitKind.ORDER_VOLUME_SHARE),
        10_000,
        None,
    ),
    (
        "safety.limits.max_position",
        "max_position: 0.03",
        "max_position: 0.02",
        answer(250),
        True,
        False,
    ),
    (
        "safety.limits.max_sector",
        "max_sector: 0.20",
        "max_sector: 0.02",
        answer(250),
        True,
        False,
    ),
    (
        "safety.limits.gross_exposure",
        "gross_exposure: 2.0",
        "gross_exposure: 0.02",
        answer(250),
        True,
        False,
    ),
    (
        "safety.limits.net_exposure",
        "net_exposure: [-0.1, 0.1]",
        "net_exposure: [-0.1, 0.02]",
        answer(250),
        True,
        False,
    ),
    (
        "safety.limits.net_exposure",
        "net_exposure: [-0.1, 0.1]",
        "net_exposure: [-0.02, 0.1]",
        answer(250, side=Side.SELL),
        True,
        False,
    ),
    (
        "safety.loss_limits.daily.warning",
        "warning: 0.02\n",
        "warning: 0.01\n",
        warning(LimitKind.LOSS_DAY_SHARE),
        20_000,
        10_000,
    ),
    (
        "safety.loss_limits.daily.hard",
        "hard: 0.03",
        "hard: 0.025",
        bound(LimitKind.LOSS_DAY_SHARE),
        30_000,
        25_000,
    ),
    (
        "safety.loss_limits.daily.hard",
        "hard: 0.03",
        "hard: 0.025",
        losing(27_000),
        LOST,
        ["loss_day", "loss_day_share", "loss_rate_share"],
    ),
    (
        "safety.loss_limits.drawdown.warning",
        "warning: 0.10",
        "warning: 0.05",
        warning(LimitKind.DRAWDOWN_SHARE),
        100_000,
        50_000,
    ),
    (
        "safety.loss_limits.drawdown.hard",
        "hard: 0.15",
        "hard: 0.12",
        bound(LimitKind.DRAWDOWN_SHARE),
        150_000,
        120_000,
    ),
    (
        "safety.circuit_breakers[].name",
        "name: daily_loss",
        "name: loss_of_the_day",
        breaker("loss_of_the_day"),
        None,
        ("daily_pnl < -0.03", HALTED),
    ),
    (
        "safety.circuit_breakers[].trigger",
        "daily_pnl < -0.03",
        "daily_pnl < -0.02",
        breaker("daily_loss"),
        ("daily_pnl < -0.03", HALTED),
        ("daily_pnl < -0.02", HALTED),
    ),
    (
        "safety.circuit_breakers[].trigger",
        "daily_pnl < -0.03",
        "daily_pnl < -0.02",
        losing(27_000),
        LOST,
        ["breaker_halted", *LOST],
    ),
    (
        "safety.circuit_breakers[].action",
        "trigger: max_divergence > 0.10\n      action: halt",
        "trigger: max_divergence > 0.10\n      action: reduce_only",
        breaker("position_divergence"),
        ("max_divergence > 0.10", HALTED),
        ("max_divergence > 0.10", BreakerState.REDUCE_ONLY),
    ),
    (
        "safety.kill_switch.enabled",
        KILL,
        KILL.replace("true", "false"),
        lambda settings: settings.risk.kill_switch.endpoint,
        "/api/kill",
        None,
    ),
    (
        "safety.kill_switch.methods",
        "methods: [api, slack, watchdog]",
        "methods: [api, slack]",
        lambda settings: settings.risk.kill_switch.watchdog,
        5 * NANOS_PER_SECOND,
        None,
    ),
    (
        "safety.kill_switch.methods",
        "methods: [api, slack, watchdog]",
        "methods: [api, watchdog]",
        lambda settings: settings.risk.kill_switch.command,
        "/kill trading",
        None,
    ),
    (
        "monitoring.health_checks.interval",
        "interval: 60s",
        "interval: 30s",
        lambda settings: settings.monitoring.health_checks.interval,
        60 * SECOND,
        30 * SECOND,
    ),
    (
        "monitoring.health_checks.checks",
        "checks: [daemon, broker, data, positions]",
        "checks: [daemon, data]",
        lambda settings: [one.check for one in settings.monitoring.health_checks.checks],
        ["process_alive", "broker_ping", "data_age < 2h", "position_reconciliation"],
        ["process_alive", "data_age < 2h"],
    ),
    (
        "monitoring.prometheus.enabled",
        PROMETHEUS,
        PROMETHEUS.replace("true", "false"),
        lambda settings: settings.monitoring.prometheus.enabled,
        True,
        False,
    ),
    (
        "monitoring.prometheus.port",
        "    port: 9090\n",
        "",
        lambda settings: settings.monitoring.prometheus.port,
        9090,
        9464,
    ),
    (
        "alerting.channels[].type",
        "type: slack",
        "type: webhook",
        lambda settings: settings.alerting.channels[0].type,
        "slack",
        "webhook",
    ),
    (
        "alerting.channels[].webhook",
        "webhook: ${SLACK_WEBHOOK}",
        "webhook: https://other.test",
        lambda settings: secret(settings.alerting.channels[0].webhook),
        "https://hooks.test/x",
        "https://other.test",
    ),
    (
        "alerting.channels[].key",
        "key: ${PAGERDUTY_KEY}",
        "key: other",
        lambda settings: secret(settings.alerting.channels[1].key),
        "canary",
        "other",
    ),
    (
        "alerting.rules[].condition",
        "daily_loss > 0.02",
        "daily_loss > 0.01",
        breaker("alert warning: daily_loss > 0.01"),
        None,
        ("daily_loss > 0.01", WARNING),
    ),
    (
        "alerting.rules[].severity",
        "daily_loss > 0.02\n      severity: warning",
        "daily_loss > 0.02\n      severity: emergency",
        breaker("alert emergency: daily_loss > 0.02"),
        None,
        ("daily_loss > 0.02", WARNING),
    ),
    (
        "logging.level",
        "level: info",
        "level: debug",
        lambda settings: settings.logging.level,
        "info",
        "debug",
    ),
    (
        "logging.output",
        "output: /var/log/sigc/",
        "output: logs",
        lambda settings: str(settings.logging.output),
        "/var/log/sigc",
        "logs",
    ),
    (
        "logging.retention",
        "retention: 7y",
        "retention: 5y",
        lambda settings: settings.logging.retention // (365 * 86_400 * SECOND),
        7,
        5,
    ),
    (
        "audit.enabled",
        AUDIT,
        AUDIT.replace("true", "false"),
        lambda settings: [problem.key for problem in warnings(settings)],
        [],
        ["audit.enabled"],
    ),
    (
        "audit.events",
        "events: [trades, positions, config]",
        "events: [trades]",
        lambda settings: settings.audit.events,
        ("trades", "positions", "config"),
        ("trades",),
    ),
    (
        "audit.storage",
        "  storage: immutable\n",
        "  storage: {type: immutable, retention: 9y}\n",
        lambda settings: settings.audit.storage.retention // (365 * 86_400 * SECOND),
        7,
        9,
    ),
]
