"""Monitoring, alerting, logging, audit, data and backup in a configuration."""

from decimal import Decimal

from fairlead.node.data_settings import DataValidationSettings
from fairlead.node.loading import read_model
from fairlead.node.safety_settings import SafetyFile
from fairlead.node.watch_settings import (
    AuditSettings,
    BackupSettings,
    LoggingSettings,
    MonitoringSettings,
    PrometheusSettings,
)

SECOND = 10**9
YEAR = 365 * 86_400 * SECOND


def read(text: str) -> SafetyFile:
    return read_model(SafetyFile, text, "safety.yaml", {})[0]


def test_health_checks_may_be_short_names_or_written_out() -> None:
    short = read("monitoring: {health_checks: {interval: 30s, checks: [data]}}\n")
    long = read(
        "monitoring: {health_checks: {interval: 30s, checks: [{name: data, check: data_age < 2h}]}}"
    )
    assert short == long
    own = read("monitoring: {health_checks: [{name: a, check: broker_ping, interval: 5s}]}\n")
    health = own.monitoring.health_checks
    assert [(one.check, one.interval) for one in health.checks] == [("broker_ping", 5 * SECOND)]
    assert len(MonitoringSettings().health_checks.checks) == 4


def test_the_port_of_prometheus_itself_is_not_the_default() -> None:
    """B-CFG-04."""
    assert PrometheusSettings().port not in (9090, 9100)


def test_what_is_kept_is_kept_for_seven_years() -> None:
    assert LoggingSettings().retention == 7 * YEAR
    assert AuditSettings().storage.retention == 7 * YEAR


def test_the_audit_has_other_names_for_the_same() -> None:
    """B-CFG-01."""
    text = "audit: {capture: [all_orders, position_changes, config_changes, user_actions]}\n"
    assert read(text).audit.events == ("orders", "positions", "config", "user_actions")
    assert read("audit: {storage: immutable}\n").audit == AuditSettings()


def test_a_factor_and_for_ever_are_read() -> None:
    text = (
        "data: {anomaly_detection: {checks: [{type: volume_spike, threshold: 10x}]}}\n"
        "backup: {config: {retain: forever}, state: {retain: 90d}}\n"
    )
    safety = read(text)
    assert safety.data.anomaly_detection.checks[0].threshold == Decimal(10)
    assert safety.backup.config.retain is None
    assert safety.backup.state.retain == 90 * 86_400 * SECOND
    assert BackupSettings().config.frequency == "on_change"
    assert DataValidationSettings().price_check_action == "exclude"
