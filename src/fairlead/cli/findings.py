"""What the doctor finds, and what it finds in a configuration: the layers of risk as they hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairlead.node.capacity_check import (
    CapacityUnknown,
    capacity_of,
    messages_per_second,
    override_note,
)
from fairlead.node.configuration import Configuration
from fairlead.node.kill_settings import KillSwitchSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.settings import Section
from fairlead.node.time_text import duration_text
from fairlead.node.watch_settings import AuditSettings
from fairlead.stages.risk_opening import warnings

KEPT = "kept, checked, and without an effect yet"
_KEPT = ("data", "monitoring", "alerting", "logging", "backup")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do; needed where it is not fit."""

    name: str
    found: str
    fit: bool = True
    advice: str = ""


def configuration_findings(configuration: Configuration) -> Iterator[Finding]:
    """Yield what holds under a configuration, and what a person should know of it."""
    yield Finding("configuration", f"digest {configuration.digest()[:16]}")
    yield from _risk_findings(configuration.risk.resolved())
    yield _capacity(configuration)
    yield Finding("kill switch", _kill_switch(configuration.risk.kill_switch))
    yield Finding("audit", _audit(configuration.audit))
    for rule in configuration.alerting.rules:
        yield Finding(f"alert, {rule.severity}", rule.condition)
    for name in _KEPT:
        section: Section = getattr(configuration, name)
        if section.model_fields_set:
            keys = ", ".join(sorted(section.model_fields_set))
            yield Finding(name, f"{keys}: {KEPT}")
    for problem in warnings(configuration):
        yield Finding("warning", str(problem), advice="a live stage needs every layer")


def resolved(configuration: Configuration) -> dict[str, Any]:
    """Return the whole configuration, what the profile says filled in and secrets hidden."""
    return configuration.model_copy(update={"risk": configuration.risk.resolved()}).plain()


def _risk_findings(settings: RiskSettings) -> Iterator[Finding]:
    yield Finding("risk profile", settings.profile or "none: the strictest safe values")
    for scope, limits in settings.all_limits():
        names = [f"{limit.kind.name.lower()} {_number(limit.hard)}" for limit in limits]
        yield Finding(f"limits of {scope}", ", ".join(names) or "none of its own")
    checks = [*settings.pre_trade_checks.built_in()]
    checks += [check.name for check in settings.pre_trade_checks.named()]
    yield Finding("checks", ", ".join(checks) or "none but those of the gate itself")
    for breaker in settings.all_breakers():
        what = f"{breaker.condition}: {breaker.state.name.lower()}, {breaker.scope}"
        yield Finding(f"breaker {breaker.name}", what)
    for dynamic in settings.all_dynamic():
        names = [f"{limit.kind.name.lower()} {_number(limit.hard)}" for limit in dynamic.limits]
        yield Finding("dynamic limit", f"{dynamic.condition}: {', '.join(names)}")


def _capacity(configuration: Configuration) -> Finding:
    """Return how much of what this machine was measured to take may be sent."""
    sent = messages_per_second(configuration.limits.message_rate)
    try:
        capacity = capacity_of(configuration)
    except CapacityUnknown as unknown:
        note = override_note(configuration)
        return Finding("capacity", f"{unknown}{note}", advice="fairlead capacity measure")
    share = f"{100 * sent // capacity} %" if capacity else "more"
    found = f"{capacity:,} orders a second at a p99 of 100 us; {sent:,} messages may leave: {share}"
    return Finding("capacity", f"{found}{override_note(configuration)}")


def _audit(settings: AuditSettings) -> str:
    kept = f"the journal, kept for {duration_text(settings.storage.retention)}"
    if not settings.enabled or settings.key is None:
        return f"{kept}; not signed: no audit.key"
    pace = f"every {settings.checkpoint_records:,} inputs or {settings.checkpoint_seconds} s"
    copied = f", also to {settings.copy_to}" if settings.copy_to is not None else ""
    return f"{kept}; signed {pace}{copied}"


def _kill_switch(settings: KillSwitchSettings) -> str:
    watched = [
        f"POST {settings.endpoint}" if settings.endpoint else "",
        f"Slack {settings.command}" if settings.command else "",
        f"watchdog {duration_text(settings.watchdog)}" if settings.watchdog else "",
    ]
    said = ", ".join(one for one in watched if one) or "no trigger of the guard"
    return f"{settings.mode}; command line, kill file, flag; {said}"


def _number(millionths: int) -> str:
    """Return a bound as people write it."""
    whole, rest = divmod(millionths, 1_000_000)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")
