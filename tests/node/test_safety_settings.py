"""A safety file: the one of the specification loads as it stands, and broken ones say where."""

from pathlib import Path

import pytest

from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import read_model
from fairlead.node.safety_settings import SafetyFile
from tests.node.broken_safety import BROKEN
from tests.node.documented import documented, keys

SAFETY = Path(__file__).parents[2] / "examples" / "safety.yaml"
ENVIRONMENT = {"SLACK_WEBHOOK": "https://hooks.test/x", "PAGERDUTY_KEY": "canary"}

# The snippets of source document S4, each as it stands there.
SNIPPETS = {
    "checks": """\
safety:
  pre_trade_checks:
    enabled: true
    checks:
      # Price reasonableness
      - name: "Price Check"
        condition: abs(order_price - last_price) / last_price < 0.05
        message: "Order price >5% from last price"
      # Size limits
      - name: "Size Check"
        condition: order_value < max_order_value
        message: "Order exceeds maximum size"
      # No penny stocks
      - name: "Price Floor"
        condition: price > 1.0
        message: "Stock price below $1"
      # Liquidity check
      - name: "Liquidity"
        condition: order_size < avg_daily_volume * 0.01
        message: "Order exceeds 1% of ADV"
""",
    "static limits": """\
risk:
  limits:
    max_position: 0.03
    max_position_value: 50000
    max_sector: 0.20
    max_positions: 200
""",
    "dynamic limits": """\
risk:
  dynamic_limits:
    # Scale down after losses
    - condition: mtd_return < -0.05
      action:
        max_position: 0.02
    # Scale down in high vol
    - condition: vix > 30
      action:
        gross_exposure: 1.5
""",
    "actions on breach": """\
safety:
  loss_limits:
    daily:
      hard: 0.03
      action:
        - halt_new_trades
        - flatten_positions
        - notify_admin
""",
    "breakers": """\
safety:
  circuit_breakers:
    - name: "Daily Loss"
      condition: daily_pnl < -0.03
      action: halt_trading
      reset: next_trading_day
    - name: "Position Divergence"
      condition: max_position_divergence > 0.10
      action: halt_trading
      reset: manual
    - name: "Error Count"
      condition: error_count_1h > 10
      action: halt_trading
      reset: manual
""",
    "market-wide halts": """\
safety:
  market_circuit_breakers:
    enabled: true
    resume_delay: 300
""",
    "kill switch": """\
safety:
  kill_switch:
    enabled: true
    triggers:
      - type: slack_command
        command: "/kill trading"
      - type: api
        endpoint: "/api/kill"
        auth: api_key
      - type: watchdog
        timeout: 300
""",
    "data": """\
data:
  validation:
    max_age: 2h
    stale_action: alert
    min_assets: 100
    missing_action: warn
    price_change_limit: 0.50
    price_check_action: exclude
  anomaly_detection:
    enabled: true
    checks:
      - type: price_change
        threshold: 3
        action: flag
      - type: volume_spike
        threshold: 10x
        action: flag
      - type: gaps
        max_gap: 5
        action: alert
""",
    "execution": """\
execution:
  order_settings:
    default_type: limit
    limit_offset_bps: 5
    timeout_seconds: 30
    timeout_action: cancel
    max_retries: 3
  slippage_protection:
    max_slippage_bps: 20
    action_on_breach: cancel
  reconciliation:
    frequency: hourly
    tolerance: 0.01
    on_mismatch:
      - alert
      - log_discrepancy
      - auto_correct
""",
    "monitoring": """\
monitoring:
  health_checks:
    - name: "Daemon Running"
      check: process_alive
      interval: 60s
    - name: "Broker Connected"
      check: broker_ping
      interval: 30s
    - name: "Data Fresh"
      check: data_age < 2h
      interval: 300s
    - name: "Positions Match"
      check: position_reconciliation
      interval: 3600s
""",
    "escalation": """\
alerting:
  escalation:
    warning:
      - channel: slack
        target: "#trading-alerts"
    critical:
      - channel: slack
        target: "#trading-alerts"
      - channel: pagerduty
        target: "trading-oncall"
      - channel: sms
        target: "+1234567890"
""",
    "logging": """\
logging:
  events:
    - type: trade
      level: info
      retain: 7y
    - type: signal_computation
      level: debug
      retain: 30d
    - type: error
      level: error
      retain: 7y
    - type: config_change
      level: info
      retain: 7y
""",
    "audit": """\
audit:
  enabled: true
  capture:
    - all_orders
    - position_changes
    - config_changes
    - user_actions
  storage:
    type: immutable
    retention: 7y
""",
    "backup": """\
backup:
  state:
    frequency: daily
    destination: s3://backups/state/
    retain: 90d
  config:
    frequency: on_change
    destination: git
    retain: forever
  logs:
    frequency: daily
    destination: s3://backups/logs/
    retain: 7y
""",
}


def read(text: str) -> SafetyFile:
    return read_model(SafetyFile, text, "safety.yaml", ENVIRONMENT)[0]


def test_the_file_of_the_specification_loads_as_it_stands() -> None:
    """S4-CFG-01: and says nothing that the safety file does not show."""
    safety = read(SAFETY.read_text("utf-8"))
    assert [check.name for check in safety.risk.pre_trade_checks.checks] == [
        "price_reasonableness",
        "size_limit",
        "liquidity",
        "restricted_list",
    ]
    assert [breaker.reset for breaker in safety.risk.circuit_breakers] == ["manual", "manual"]
    assert "canary" not in repr(safety)


@pytest.mark.parametrize("text", SNIPPETS.values(), ids=SNIPPETS)
def test_the_snippets_of_the_source_document_load(text: str) -> None:
    """B-CFG-01: one schema, aliases accepted."""
    safety = read(text)
    [section] = safety.model_fields_set
    assert getattr(safety, section).model_fields_set


@pytest.mark.parametrize(
    ("text", "lines"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_what_is_wrong_is_said_exactly(text: str, lines: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert str(caught.value).splitlines() == [f"safety.yaml:{line}" for line in lines]


def test_twenty_files_are_broken() -> None:
    assert len(BROKEN) >= 20
    assert len({text for _, text, _ in BROKEN}) == len(BROKEN)


def test_a_safety_file_has_the_sections_of_a_configuration() -> None:
    for name, field in SafetyFile.model_fields.items():
        assert Configuration.model_fields[name].annotation == field.annotation
        assert Configuration.model_fields[name].default == field.default


def test_every_key_is_documented_and_no_other() -> None:
    assert documented().keys() == keys().keys()


def test_the_documented_defaults_are_the_defaults() -> None:
    said = documented()
    differing = {
        key: (said[key], default)
        for key, default in keys().items()
        if said[key] not in (default, "profile", "as above")
    }
    assert differing == {}
    profile = {key for key, default in said.items() if default == "profile"}
    assert all(keys()[key] == "null" for key in profile)
