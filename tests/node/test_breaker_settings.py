"""Breakers, dynamic limits and alerts in a configuration."""

from fairlead.model.risk import Breaker
from fairlead.model.risk_terms import BreakerState, LimitKind, ResetPolicy
from fairlead.node.breaker_settings import (
    ALERT_COOL_DOWN,
    AlertRuleSettings,
    BreakerSettings,
    DynamicLimitSettings,
)
from fairlead.node.loading import read_model


def read(text: str) -> Breaker:
    return read_model(BreakerSettings, text, "breaker.yaml", {})[0].breaker()


def test_without_a_reset_a_person_must_let_go() -> None:
    """B-CFG-01."""
    plain = read("name: a\ntrigger: drawdown > 0.1\n")
    assert (plain.state, plain.reset) == (BreakerState.HALTED, ResetPolicy.MANUAL)
    assert str(plain.scope) == "firm"


def test_every_key_of_a_breaker_reaches_the_machine() -> None:
    text = (
        "name: a\ncondition: drawdown > 0.1\naction: [reduce, notify_admin]\nreset: 15m\n"
        "scope: strategy maker\nrecovered: drawdown < 0.08\nrecovery: 5m\nsize_share: 0.25\n"
        "collar_share: 0.75\nmax_trips: 2\n"
    )
    breaker = read(text)
    assert str(breaker.scope) == "strategy maker"
    assert (breaker.state, breaker.reset) == (BreakerState.WARNING, ResetPolicy.COOL_DOWN)
    assert (breaker.cool_down, breaker.recovery) == (900 * 10**9, 300 * 10**9)
    assert (breaker.condition, breaker.recovered) == ("drawdown > 0.1", "drawdown < 0.08")
    assert (breaker.size_share, breaker.collar_share, breaker.trips_max) == (250_000, 750_000, 2)


def test_an_alert_leaves_sizes_and_collars_as_they_are_and_never_escalates() -> None:
    breaker = read("name: a\ntrigger: system_error\naction: alert_only\n")
    assert (breaker.size_share, breaker.collar_share) == (10**6, 10**6)
    assert (breaker.state, breaker.trips_max) == (BreakerState.WARNING, 0)
    assert (breaker.reset, breaker.cool_down) == (ResetPolicy.COOL_DOWN, ALERT_COOL_DOWN)
    assert not breaker.flatten
    assert not breaker.kills


def test_an_alert_rule_is_known_by_its_severity() -> None:
    rule = AlertRuleSettings(condition="daily_loss > 0.02", severity="critical")
    assert rule.breaker().name == "alert critical: daily_loss > 0.02"
    named = AlertRuleSettings(condition="system_error", severity="info", name="ours")
    assert named.breaker().name == "alert info: ours"


def test_a_dynamic_limit_is_known_by_its_name_or_its_condition() -> None:
    text = "condition: mtd_return < -0.05\naction: {max_position: 0.02, net_exposure: [0, 0.05]}\n"
    dynamic = read_model(DynamicLimitSettings, text, "dynamic.yaml", {})[0].dynamic()
    assert dynamic.name == dynamic.condition == "mtd_return < -0.05"
    assert [limit.kind for limit in dynamic.limits] == [
        LimitKind.POSITION_SHARE,
        LimitKind.NET_LONG_SHARE,
        LimitKind.NET_SHORT_SHARE,
    ]
