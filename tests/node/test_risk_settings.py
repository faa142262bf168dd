"""The section `risk` as a whole."""

from decimal import Decimal

import pytest

from fairlead.model.risk_terms import LimitKind
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import dump, read
from fairlead.node.risk_settings import RiskSettings

PLAIN = """\
venue: {kind: simulated, instruments: [{symbol: A, price_start: 5}]}
account: {currency: USD, cash: 7, desk: rates}
strategies: [{name: m, strategy: s}]
session: {speed: 1x}
"""


def configuration(text: str) -> Configuration:
    return read(PLAIN + text, "a.yaml", {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "risk: {scopes: {account other: {}}}",
            '17: risk.scopes["account other"]: found this key, expected one of this file: paper',
        ),
        (
            "risk: {circuit_breakers: [{name: a, trigger: drawdown > 1, scope: strategy n}]}",
            '67: risk.circuit_breakers[0].scope: found "strategy n", expected one of this file: m',
        ),
        (
            "risk: {instruments: {B: {sector: x}}}",
            "22: risk.instruments.B: found this key, expected a symbol of the venue",
        ),
        (
            "risk: {restricted: [B]}",
            '21: risk.restricted[0]: found "B", expected a symbol of the venue',
        ),
        (
            "risk: {permissions: [{strategy: m, instruments: [A, B]}]}",
            '53: risk.permissions[0].instruments[1]: found "B", expected a symbol of the venue',
        ),
        (
            "risk: {restricted: [{instrument: A, account: other}]}",
            '46: risk.restricted[0].account: found "other", expected paper, or none',
        ),
        (
            "risk: {scopes: {firm: {}}}",
            "17: risk.scopes.firm: found this key, expected the limits of the firm in limits",
        ),
        (
            "risk: {dynamic_limits: [{condition: vix > 1, action: {}}]}",
            "54: risk.dynamic_limits[0].action: found a mapping, expected at least one limit",
        ),
    ],
)
def test_what_names_nothing_is_told_with_its_place(text: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration(text + "\n")
    assert str(caught.value) == f"a.yaml:5:{line}"


def test_a_configuration_of_risk_is_dumped_and_read_again() -> None:
    text = """\
risk:
  profile: outline
  scopes: {desk rates: {limits: {gross_value: 5}}, instrument A: {}}
  pre_trade_checks: {checks: [liquidity, {name: x, condition: price > 1}]}
  loss_limits: {daily: {hard: 0.02, action: [halt, alert], reset: 15m}}
  circuit_breakers: [{name: b, trigger: drawdown > 0.1, reset: next_trading_day}]
  dynamic_limits: [{condition: vix > 20, action: {max_position: {hard: 0.1, warning: 0.05}}}]
  restricted: [A]
  outside_values: [vix, other]
alerting: {rules: [{condition: other > 1, severity: info}], escalation: {info: []}}
"""
    one = configuration(text)
    two = read(dump(one), "dump.yaml", {})
    assert one == two
    assert one.digest() == two.digest()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("profile: outline", "profile: standard"),
        ("max_position: 0.1", "max_position: 0.11"),
        ("reset: 15m", "reset: 16m"),
        ("enabled: true", "enabled: false"),
        ("level: info", "level: debug"),
        ("severity: info", "severity: warning"),
    ],
)
def test_the_digest_changes_with_every_value(before: str, after: str) -> None:
    text = (
        "risk:\n  profile: outline\n  limits: {max_position: 0.1}\n"
        "  circuit_breakers: [{name: b, trigger: drawdown > 0.1, reset: 15m, enabled: true}]\n"
        "logging: {level: info}\n"
        "alerting: {rules: [{condition: system_error, severity: info}]}\n"
    )
    assert text.count(before) == 1
    assert configuration(text).digest() != configuration(text.replace(before, after)).digest()


def test_resolved_settings_are_complete_and_resolve_to_themselves() -> None:
    for profile in (None, "conservative", "standard", "outline"):
        once = RiskSettings.model_validate({"profile": profile}).resolved()
        assert once.resolved() == once


def test_the_cap_of_the_small_stage_gives_way_to_a_key() -> None:
    settings = configuration("risk: {limits: {capital_limit: 500}}\n").risk
    for stage in ("small", "full"):
        [(_, limits)] = settings.resolved(stage).all_limits()
        capital = [one.hard for one in limits if one.kind is LimitKind.CAPITAL]
        assert capital == [int(Decimal(500) * 10**6)]
