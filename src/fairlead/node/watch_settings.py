"""Monitoring, alerting, logging, audit and backup in a configuration.

What the journal does anyway is checked here: it records everything and changes nothing. Alert rules
become breakers that alert only. The rest is held for the rooms that will use it, each value checked
as if it were used today.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr, Strict

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.breaker_settings import AlertRuleSettings, Title
from fairlead.node.conditions import HealthCondition
from fairlead.node.reaction_settings import Severity
from fairlead.node.settings import (
    Contradiction,
    Location,
    PositiveDuration,
    Section,
    refuse,
    spelled,
    twice,
)

_YEAR: Final = 365 * 86_400 * NANOS_PER_SECOND
_MINUTE: Final = Nanos(60 * NANOS_PER_SECOND)
RETENTION: Final = Nanos(7 * _YEAR)
PROMETHEUS_PORT: Final = 9464  # 9090 is the one of Prometheus itself (B-CFG-04)

# The short names of health checks, and what each asks.
HEALTH_CHECKS: Final[Mapping[str, str]] = {
    "daemon": "process_alive",
    "broker": "broker_ping",
    "data": "data_age < 2h",
    "positions": "position_reconciliation",
}


class HealthCheckSettings(Section):
    """One thing that is looked at again and again."""

    name: Title
    check: HealthCondition
    interval: PositiveDuration | None = None


def _looked_at(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in HEALTH_CHECKS:
        refuse(f"{', '.join(HEALTH_CHECKS)}, or a mapping with name and check")
    return {"name": value, "check": HEALTH_CHECKS[value]}


def _listed(value: object) -> object:
    return {"checks": value} if isinstance(value, list) else value


HealthCheck = Annotated[HealthCheckSettings, BeforeValidator(_looked_at)]


class HealthSettings(Section):
    """What is looked at, and how often where a check does not say it."""

    interval: PositiveDuration = _MINUTE
    checks: Annotated[tuple[HealthCheck, ...], Strict(False)] = Field(
        default=tuple(
            HealthCheckSettings(name=name, check=check) for name, check in HEALTH_CHECKS.items()
        ),
        max_length=100,
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the checks that are there twice."""
        yield from twice("checks", [check.name for check in self.checks], "name")


class PrometheusSettings(Section):
    """Where metrics can be read."""

    enabled: bool = False
    port: int = Field(default=PROMETHEUS_PORT, ge=1, le=65_535)


class MonitoringSettings(Section):
    """What is watched."""

    health_checks: Annotated[HealthSettings, BeforeValidator(_listed)] = HealthSettings()
    prometheus: PrometheusSettings = PrometheusSettings()


class ChannelSettings(Section):
    """Where alerts go. Webhooks and keys are secrets."""

    type: Literal["slack", "pagerduty", "email", "sms", "webhook"]
    name: Title | None = None
    webhook: SecretStr | None = None
    key: SecretStr | None = None
    target: str | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what is missing for the channel to be reached."""
        needed = {"pagerduty": "key", "email": "target", "sms": "target"}.get(self.type, "webhook")
        if getattr(self, needed) is None:
            yield Contradiction((needed,), f"it: a channel of type {self.type} needs one")


class EscalationSettings(Section):
    """One step of an escalation: a channel, and whom it reaches there."""

    channel: Literal["slack", "pagerduty", "email", "sms", "webhook"]
    target: str | None = None


class AlertingSettings(Section):
    """What people are told, and how."""

    channels: Annotated[tuple[ChannelSettings, ...], Strict(False)] = ()
    rules: Annotated[tuple[AlertRuleSettings, ...], Strict(False)] = Field(
        default=(), max_length=100
    )
    escalation: Mapping[Severity, Annotated[tuple[EscalationSettings, ...], Strict(False)]] = {}
    acknowledge_within: PositiveDuration = Nanos(300 * NANOS_PER_SECOND)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the rules that are there twice."""
        names = [rule.breaker().name for rule in self.rules]
        yield from twice("rules", names, "condition")


LogLevel = Literal["debug", "info", "warning", "error", "critical"]


class LogEventSettings(Section):
    """How one kind of event is logged, and for how long it is kept."""

    type: Literal["trade", "signal_computation", "error", "config_change", "order", "risk"]
    level: LogLevel = "info"
    retain: PositiveDuration = Field(
        default=RETENTION, validation_alias=spelled("retain", "retention")
    )


class LoggingSettings(Section):
    """What is logged, where to, and for how long it is kept."""

    level: LogLevel = "info"
    output: Location | None = None
    retention: PositiveDuration = Field(
        default=RETENTION, validation_alias=spelled("retention", "retain")
    )
    events: Annotated[tuple[LogEventSettings, ...], Strict(False)] = ()

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the events that are there twice."""
        yield from twice("events", [event.type for event in self.events], "type")


AuditEvent = Literal["trades", "orders", "positions", "config", "user_actions"]
_AUDITED: Final = {
    "all_orders": "orders",
    "position_changes": "positions",
    "config_changes": "config",
}


def _audited(value: object) -> object:
    return _AUDITED.get(value, value) if isinstance(value, str) else value


def _stored(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class AuditStorageSettings(Section):
    """How the audit trail is kept. The journal is never changed: there is no other way."""

    type: Literal["immutable"] = "immutable"
    retention: PositiveDuration = RETENTION


class AuditSettings(Section):
    """What is written down for ever. The journal holds all of it; a shorter list hides nothing."""

    enabled: bool = True
    events: Annotated[
        tuple[Annotated[AuditEvent, BeforeValidator(_audited)], ...], Strict(False)
    ] = Field(
        default=("trades", "orders", "positions", "config", "user_actions"),
        validation_alias=spelled("events", "capture"),
        min_length=1,
    )
    storage: Annotated[AuditStorageSettings, BeforeValidator(_stored)] = AuditStorageSettings()
    key: Location | None = None
    checkpoint_records: int = Field(default=10_000, ge=1, le=10_000_000)
    checkpoint_seconds: int = Field(default=60, ge=1, le=86_400)
    copy_to: Location | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the events that are there twice, and a copy of what is never signed."""
        yield from twice("events", list(self.events), "")
        if self.copy_to is not None and self.key is None:
            yield Contradiction(("copy_to",), "audit.key as well: checkpoints are signed")


def _kept(value: object) -> Any:
    return None if value == "forever" else value


class ReadModelSettings(Section):
    """Where the SQL read model is: a URL, which may hold a password and so is a secret."""

    url: SecretStr | None = None


class BackupClassSettings(Section):
    """How often one class of files is saved, where to, and for how long it is kept."""

    frequency: Literal["hourly", "daily", "weekly", "on_change"] = "daily"
    destination: str = ""
    retain: Annotated[PositiveDuration | None, BeforeValidator(_kept)] = None


class BackupSettings(Section):
    """What is saved elsewhere. `retain: forever` is the default."""

    state: BackupClassSettings = BackupClassSettings()
    config: BackupClassSettings = BackupClassSettings(frequency="on_change")
    logs: BackupClassSettings = BackupClassSettings()
