"""What a configuration says about risk opens a session, and every key of it has an effect."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from fairlead.machine.governance import LIVE_STAGES
from fairlead.model.inputs import (
    BreakerCommand,
    BreakerDefinition,
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
from fairlead.model.outputs import BreakerChanged, ChangeProposed, InputRefused
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import BreakerState, LimitKind, ResetPolicy, ScopeKind, SelfTrade
from fairlead.model.terms import OrderType, Side
from fairlead.model.units import Millionths
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import read_model
from fairlead.node.safety_settings import SafetyFile
from fairlead.stages.opening import opening
from fairlead.stages.risk_opening import refuse_unsafe, warnings
from fairlead.stages.wiring import Wired, wire
from tests.stages.risk_desk import ALPHA, BETA, GAMMA, Desk, roomy
from tests.stages.safety_effects import EFFECTS, ENVIRONMENT, HALTED, SAFETY, breakers, said, under
from tests.stages.sessions import SECOND


@pytest.mark.parametrize(
    ("old", "new", "effect", "before", "after"),
    [row[1:] for row in EFFECTS],
    ids=[f"{row[0]}-{number}" for number, row in enumerate(EFFECTS)],
)
def test_every_key_of_the_safety_file_has_an_effect(
    old: str,
    new: str,
    effect: Callable[[Configuration], object],
    before: object,
    after: object,
    tmp_path: Path,
) -> None:
    """S4-CFG-01: what is changed in the file changes what the system does."""
    text = SAFETY.read_text("utf-8")
    assert text.count(old) >= 1
    assert effect(under(text, tmp_path)) == before
    assert effect(under(text.replace(old, new, 1), tmp_path)) == after


def test_no_key_of_the_safety_file_is_left_out_of_the_table() -> None:
    _, source = read_model(SafetyFile, SAFETY.read_text("utf-8"), "safety.yaml", ENVIRONMENT)
    keys = set()
    for path, written in source.written.items():
        if path and path[0] != "risk" and written.is_scalar:
            shown = ".".join(str(one) for one in path if isinstance(one, str))
            keys.add(shown)
    covered = {row[0].replace("[]", "") for row in EFFECTS}
    assert keys == covered


def test_the_restricted_list_is_held_only_while_its_check_is_on(tmp_path: Path) -> None:
    """S4-RISK-06."""
    text = "safety:\n  restricted: [BETA.SIM]\n"
    desk = Desk(under(text, tmp_path))
    assert desk.ask(10, BETA) == ["restricted"]
    assert desk.ask(10, ALPHA) == []
    off = text + "  pre_trade_checks: {checks: [price_reasonableness, size_limit, liquidity]}\n"
    settings = under(off, tmp_path)
    assert Desk(settings).ask(10, BETA) == []
    assert [problem.key for problem in warnings(settings)] == ["safety.pre_trade_checks.checks"]


def test_the_checks_of_the_source_document_are_held_at_their_boundaries(tmp_path: Path) -> None:
    """S4-RISK-01 to 04: strict comparisons, as they are written there."""
    text = """\
safety:
  limits: {max_order_value: 20000, max_order_volume: 1}
  instruments: {ALPHA.SIM: {adv: 10000}}
  pre_trade_checks:
    enabled: true
    checks:
      - name: "Size Check"
        condition: order_value < max_order_value
        message: "Order exceeds maximum size"
      - name: "Price Floor"
        condition: price > 1.0
        message: "Stock price below $1"
      - name: "Liquidity"
        condition: order_size < avg_daily_volume * 0.01
        message: "Order exceeds 1% of ADV"
"""
    assert Desk(under(text, tmp_path)).ask(99) == []
    assert Desk(under(text, tmp_path)).ask(100) == ["Liquidity"]
    assert Desk(under(text, tmp_path)).ask(199) == ["Liquidity"]
    assert Desk(under(text, tmp_path)).ask(200) == ["Size Check", "Liquidity"]


def test_checks_of_ones_own_do_not_switch_off_the_built_in_ones(tmp_path: Path) -> None:
    text = "risk: {pre_trade_checks: {checks: [{name: Even, condition: price > 1}]}}\n"
    settings = under(text, tmp_path)
    assert warnings(settings) == []
    assert Desk(settings).ask(10, price=10_600) == ["price_collar_share"]
    assert [one.check.name for one in said(settings, NamedCheckDefinition)] == ["Even"]


def test_an_order_may_not_work_longer_than_it_may_live(tmp_path: Path) -> None:
    text = "risk: {pre_trade_checks: {max_order_life: 1h}}\n"
    assert Desk(under(text, tmp_path)).ask(10) == ["life_max"]


def test_static_limits_of_the_source_document(tmp_path: Path) -> None:
    """S4-RISK-05, 08: equality passes, one more does not."""
    text = (
        "risk: {limits: {max_position: 0.03, max_position_value: 50000, max_sector: 0.20,"
        " max_positions: 1}}\n"
    )
    assert Desk(under(text, tmp_path)).ask(300) == []
    assert Desk(under(text, tmp_path)).ask(301) == ["position_share"]
    desk = Desk(under(text, tmp_path))
    assert desk.ask(10, ALPHA) == []
    assert desk.ask(10, BETA) == ["positions"]


def test_what_is_not_measured_holds_and_the_dynamic_limit_applies(tmp_path: Path) -> None:
    """S4-RISK-10: missing VIX, stricter limit."""
    text = """\
risk:
  limits: {gross_exposure: 2.0, max_position: 1, net_exposure: [-1, 1], max_sector: 1}
  dynamic_limits:
    - condition: vix > 30
      action: {gross_exposure: 0.01}
"""
    settings = under(text, tmp_path)
    assert Desk(settings).ask(100) == []
    assert Desk(settings).ask(101) == ["gross_share"]
    [problem] = warnings(settings)
    assert str(problem).endswith(
        "safety.yaml:4:18: risk.dynamic_limits[0].condition: asks for vix, which nobody says: it"
        " counts as holding (risk.outside_values)"
    )


def test_a_value_that_is_declared_may_be_asked_for_before_it_is_first_said(tmp_path: Path) -> None:
    text = """\
risk:
  outside_values: [index_change]
  circuit_breakers: [{name: crash, trigger: index_change < -0.07, action: reduce_only}]
"""
    desk = Desk(under(text, tmp_path))
    assert not [one for one in desk.outputs if isinstance(one, InputRefused)]
    assert desk.ask(1) == ["breaker_reduce_only"]
    desk.say(OutsideValue("index_change", Millionths(-10_000), desk.time))
    desk.say(BreakerCommand(FIRM, BreakerState.ACTIVE, "ann", "it is said now"))
    assert desk.ask(1) == []


def test_a_fresh_machine_refuses_nothing_of_any_profile(tmp_path: Path) -> None:
    for profile in ("conservative", "standard", "outline"):
        text = f"risk: {{profile: {profile}, outside_values: [vix]}}\n"
        desk = Desk(under(text, tmp_path))
        assert not [one for one in desk.outputs if isinstance(one, InputRefused)]
    safety = Desk(under(SAFETY.read_text("utf-8"), tmp_path))
    assert not [one for one in safety.outputs if isinstance(one, InputRefused)]
    assert not [one for one in safety.outputs if isinstance(one, BreakerChanged)]


def test_everything_that_can_be_said_about_risk_becomes_an_input(tmp_path: Path) -> None:
    text = """\
risk:
  scopes:
    account paper: {limits: {gross_value: 500000}, loss_limits: {daily: {hard: 0.01}}}
    strategy maker: {limits: {max_working_orders: 10}}
    instrument ALPHA.SIM: {limits: {max_position_size: 100}}
  loss_limits:
    daily: {hard: 0.03, action: [halt_new_trades, flatten_positions, notify_admin]}
  market_circuit_breakers: {enabled: true, resume_delay: 60}
  kill_switch: {confirm_timeout: 2s, flatten_by: [ann]}
  permissions:
    - {strategy: maker, instruments: [ALPHA.SIM, BETA.SIM], order_types: [limit]}
  restricted_list: [{instrument: GAMMA.SIM, account: paper, side: buy, closing_allowed: true}]
  instruments: {ALPHA.SIM: {sector: tech, issuer: Alpha plc, previous_close: 99.5, marked: true}}
  pre_trade_checks: {require_limit_price: true, self_trade: decrement}
  outside_age_max: 2h
"""
    settings = under(text, tmp_path)
    scopes = [str(one.scope) for one in said(settings, RiskLimitChange)]
    assert scopes == ["firm", "account paper", "strategy maker", "instrument ALPHA.SIM"]
    [loss] = [
        one.breaker
        for one in said(settings, BreakerDefinition)
        if one.breaker.name == "loss_limits.daily"
    ]
    assert (loss.condition, loss.state) == ("daily_loss > 0.03", HALTED)
    assert (loss.flatten, loss.reset) == (True, ResetPolicy.MANUAL)
    [pretrade] = said(settings, PreTradePolicyChange)
    assert pretrade.policy.halt_resume_delay == 60 * SECOND
    assert pretrade.policy.outside_age_max == 2 * 3_600 * SECOND
    assert pretrade.policy.self_trade is SelfTrade.DECREMENT
    assert OrderType.MARKET in pretrade.policy.order_types_forbidden
    [kill] = said(settings, KillPolicyChange)
    assert (kill.policy.confirm, kill.policy.flatten_by) == (2 * SECOND, ("ann",))
    [permission] = said(settings, PermissionChange)
    assert permission.permissions[0].instruments == (ALPHA, BETA)
    [restriction] = said(settings, RestrictionChange)
    assert restriction.restriction.instrument == GAMMA
    assert (restriction.restriction.account, restriction.restriction.side) == (1, Side.BUY)
    alpha = said(settings, ProfileChange)[0].profile
    assert (alpha.sector, alpha.issuer, alpha.marked) == ("tech", "Alpha plc", True)
    assert alpha.previous_close == 99_500_000
    desk = Desk(settings)
    assert not [one for one in desk.outputs if isinstance(one, InputRefused)]
    assert desk.ask(10, ALPHA) == []
    assert desk.ask(91, ALPHA) == ["position_quantity"]
    assert "permission" in desk.ask(1, GAMMA)
    assert "restricted" in desk.ask(1, GAMMA)
    assert "order_type_allowed" in desk.ask(1, ALPHA, order_type=OrderType.MARKET)


def test_the_order_of_the_inputs_is_fixed(tmp_path: Path) -> None:
    text = (
        "risk:\n  restricted: [BETA.SIM]\n  permissions: [{strategy: maker}]\n"
        "  kill_switch: {retry_interval: 2s}\n"
        "  pre_trade_checks: {checks: [{name: Floor, condition: price > 1}]}\n"
    )
    kinds = [type(one).__name__ for one in opening(wire(under(text, tmp_path)), 1, "paper")]
    assert list(dict.fromkeys(kinds)) == [
        "NodeStarted",
        "AccountDefinition",
        "OrderPolicyChange",
        "ReconciliationPolicyChange",
        "MarkPolicyChange",
        "InstrumentDefinition",
        "LimitChange",
        "MessageRateChange",
        "StrategyDefinition",
        "ProfileChange",
        "RiskLimitChange",
        "BreakerDefinition",
        "DynamicLimitDefinition",
        "NamedCheckDefinition",
        "PreTradePolicyChange",
        "KillPolicyChange",
        "PermissionChange",
        "RestrictionChange",
        "VenueConnected",
    ]


def again(desk: Desk, settings: Configuration) -> list[Input]:
    """Return what a second opening under other settings says about risk."""
    names = list(Wired.__dataclass_fields__)[1:]
    changed = Wired(settings, *(getattr(desk.wired, name) for name in names))
    wanted = (
        BreakerDefinition,
        DynamicLimitDefinition,
        KillPolicyChange,
        NamedCheckDefinition,
        PermissionChange,
        PreTradePolicyChange,
        ProfileChange,
        RestrictionChange,
        RiskLimitChange,
    )
    return [one for one in opening(changed, 2, "backtest") if isinstance(one, wanted)]


def test_after_a_recovery_only_what_differs_is_said(tmp_path: Path) -> None:
    text = (
        "risk:\n  restricted: [BETA.SIM]\n  permissions: [{strategy: maker}]\n"
        "  kill_switch: {retry_interval: 2s}\n"
        "  pre_trade_checks: {checks: [{name: Floor, condition: price > 1}]}\n"
    )
    settings = under(text, tmp_path)
    desk = Desk(settings)
    assert again(desk, settings) == []
    wider = under(text + "  limits: {max_position: 0.04, max_sector: 0.10}\n", tmp_path)
    [change] = again(desk, wider)
    assert isinstance(change, RiskLimitChange)
    kinds = [limit.kind for limit in change.limits]
    assert kinds == [LimitKind.POSITION_SHARE, LimitKind.SECTOR_SHARE]


def test_a_looser_limit_after_a_recovery_waits_for_a_second_person(tmp_path: Path) -> None:
    desk = Desk(under("risk: {}\n", tmp_path))
    [wider] = again(desk, under("risk: {limits: {max_position: 0.04}}\n", tmp_path))
    outputs = desk.say(wider)
    assert [type(one) for one in outputs] == [ChangeProposed]
    assert desk.ask(350) == ["position_share"]


def test_a_limit_that_is_no_longer_there_is_taken_away_by_proposal(tmp_path: Path) -> None:
    desk = Desk(under("risk: {limits: {max_working_orders: 1}}\n", tmp_path))
    [change] = again(desk, under("risk: {}\n", tmp_path))
    assert isinstance(change, RiskLimitChange)
    assert change.removed == (LimitKind.WORKING_ORDERS,)


OFF: Final = [
    ("safety: {pre_trade_checks: {enabled: false}}\n", "safety.pre_trade_checks.enabled"),
    ("safety: {pre_trade_checks: {checks: [size_limit]}}\n", "safety.pre_trade_checks.checks"),
    (
        "safety:\n  circuit_breakers:\n"
        "    - {name: daily_loss, trigger: daily_pnl < 0, enabled: false}\n",
        "safety.circuit_breakers[0].enabled",
    ),
    (
        "safety: {market_circuit_breakers: {enabled: false}}\n",
        "safety.market_circuit_breakers.enabled",
    ),
    ("safety: {kill_switch: {enabled: false}}\n", "safety.kill_switch.enabled"),
    ("audit: {enabled: false}\n", "audit.enabled"),
]


@pytest.mark.parametrize(("text", "key"), OFF, ids=[key for _, key in OFF])
@pytest.mark.parametrize("stage", LIVE_STAGES)
def test_a_live_stage_begins_with_all_layers_or_not_at_all(
    text: str, key: str, stage: str, tmp_path: Path
) -> None:
    """S2-RISK-02: in paper it is only said."""
    settings = under(text, tmp_path)
    refuse_unsafe(settings, "paper")
    assert [problem.key for problem in warnings(settings)] == [key]
    with pytest.raises(ConfigurationError, match=f"expected it switched on: the {stage} stage"):
        refuse_unsafe(settings, stage)


def test_a_breaker_that_is_switched_off_is_not_there(tmp_path: Path) -> None:
    assert "daily_loss" in breakers(under("risk: {}\n", tmp_path))
    assert "daily_loss" not in breakers(under(OFF[2][0], tmp_path))


def test_the_small_stage_has_a_cap_on_capital() -> None:
    """S3-RISK-02: 10 000, unless another one is set."""
    [small] = said(roomy(), RiskLimitChange, "small")
    [paper] = said(roomy(), RiskLimitChange, "paper")
    capital = [limit.hard for limit in small.limits if limit.kind is LimitKind.CAPITAL]
    assert capital == [10_000 * 10**6]
    assert LimitKind.CAPITAL not in [limit.kind for limit in paper.limits]


def test_a_symbol_that_the_venue_does_not_have_is_named_with_its_place(tmp_path: Path) -> None:
    text = "risk:\n  restricted: [OMEGA.SIM]\n"
    with pytest.raises(ConfigurationError, match=r"2:16: risk.restricted\[0\]: found"):
        under(text, tmp_path)


def test_an_alert_changes_nothing_but_is_recorded(tmp_path: Path) -> None:
    text = (
        "alerting: {rules: [{condition: gross_exposure > 0.01, severity: warning}]}\n"
        "risk: {limits: {max_position: 1, net_exposure: [-1, 1], max_sector: 1}}\n"
    )
    desk = Desk(under(text, tmp_path))
    scopes = [one.breaker.scope.kind for one in desk.opened if isinstance(one, BreakerDefinition)]
    assert set(scopes) == {ScopeKind.FIRM}
    assert desk.ask(400) == []


def test_the_volume_of_a_simulated_market_is_known(tmp_path: Path) -> None:
    profiles = [one.profile for one in said(roomy(), ProfileChange)]
    plain = Decimal(100 * 18 * 86_400) / 10
    assert [one.average_daily_volume for one in profiles] == [int(plain * 10**6)] * 3
    own = under("risk: {instruments: {ALPHA.SIM: {adv: 5}}}\n", tmp_path)
    assert said(own, ProfileChange)[0].profile.average_daily_volume == 5_000_000
