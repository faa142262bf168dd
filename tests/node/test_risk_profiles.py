"""The profiles as they are ruled, and as the reference shows them."""

from decimal import Decimal
from typing import Any

import pytest

from fairlead.model.risk import LEAST, Limit
from fairlead.model.risk_terms import BreakerState, LimitKind, ResetPolicy
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.limit_settings import KINDS
from fairlead.node.risk_profiles import PROFILES, RiskProfile
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.time_text import duration_text
from tests.node.documented import profile_rows

NAMES: tuple[str | None, ...] = (None, "conservative", "standard", "outline")


def limits(profile: str | None) -> dict[LimitKind, Limit]:
    """Return what a profile comes to, nothing else set."""
    settings = RiskSettings.model_validate({"profile": profile}).resolved()
    return {limit.kind: limit for _, held in settings.all_limits() for limit in held}


def breakers(profile: str | None, *outside: str) -> dict[str, tuple[str, BreakerState]]:
    settings = RiskSettings.model_validate({"profile": profile, "outside_values": outside})
    return {one.name: (one.condition, one.state) for one in settings.resolved().all_breakers()}


# By topic of the ruling: the default and what each document says, in millionths.
RULED: list[tuple[LimitKind, int, int | None, int | None, int | None]] = [
    (LimitKind.POSITION_SHARE, 30_000, 30_000, 100_000, 200_000),
    (LimitKind.POSITION_VALUE, 50_000 * 10**6, 50_000 * 10**6, None, None),
    (LimitKind.SECTOR_SHARE, 200_000, 200_000, 300_000, 400_000),
    (LimitKind.ORDER_VOLUME_SHARE, 10_000, 10_000, None, 100_000),
    (LimitKind.GROSS_SHARE, 1_500_000, 2_000_000, None, 1_500_000),
    (LimitKind.PRICE_COLLAR, 50_000, 50_000, 50_000, 50_000),
    (LimitKind.DRAWDOWN_SHARE, 150_000, 150_000, 150_000, 100_000),
    (LimitKind.LOSS_DAY_SHARE, 30_000, 30_000, None, None),
    (LimitKind.LOSS_DAY, 10_000 * 10**6, None, 10_000 * 10**6, None),
    (LimitKind.ORDER_QUANTITY, 10_000 * 10**6, None, 10_000 * 10**6, None),
    (LimitKind.POSITION_QUANTITY, 50_000 * 10**6, None, 50_000 * 10**6, None),
    (LimitKind.GROSS, 1_000_000 * 10**6, None, 1_000_000 * 10**6, None),
    (LimitKind.POSITIONS, 200 * 10**6, 200 * 10**6, None, None),
    (LimitKind.NET_LONG_SHARE, 100_000, 100_000, None, None),
    (LimitKind.NET_SHORT_SHARE, 100_000, 100_000, None, None),
    (LimitKind.PRICE_FLOOR, 10**6, 10**6, None, None),
]


@pytest.mark.parametrize(("kind", "bounds"), [(row[0], row[1:]) for row in RULED])
def test_each_number_is_the_one_that_was_ruled(
    kind: LimitKind, bounds: tuple[int | None, ...]
) -> None:
    found = [limits(name).get(kind) for name in NAMES]
    assert tuple(one and one.hard for one in found) == bounds


def test_the_default_is_the_strictest_of_all_profiles() -> None:
    default = limits(None)
    for name in NAMES[1:]:
        for kind, limit in limits(name).items():
            if kind is LimitKind.DRAWDOWN_SHARE:
                continue  # graduated: what the outline halts at, the default pauses at
            if kind in LEAST:
                assert default[kind].hard >= limit.hard
            elif limit.window == default[kind].window:
                assert default[kind].hard <= limit.hard
        assert breakers(name, "vix").keys() <= breakers(None, "vix").keys()


def test_drawdown_warns_pauses_and_halts() -> None:
    """5, 10 and 15 percent, with two points of hysteresis."""
    known = limits(None)[LimitKind.DRAWDOWN_SHARE]
    assert (known.warning, known.hard) == (50_000, 150_000)
    found = breakers(None)
    assert found["drawdown_warning"] == ("drawdown > 0.05", BreakerState.WARNING)
    assert found["drawdown_pause"] == ("drawdown > 0.10", BreakerState.REDUCE_ONLY)
    assert found["drawdown_halt"] == ("drawdown > 0.15", BreakerState.HALTED)
    held = {one.name: one for one in RiskSettings().resolved().all_breakers()}
    assert held["drawdown_warning"].recovered == "drawdown < 0.03"
    assert held["drawdown_pause"].recovered == "drawdown < 0.08"
    assert held["drawdown_pause"].cool_down == 15 * 60 * 10**9
    assert held["drawdown_halt"].reset is ResetPolicy.MANUAL


def test_daily_losses_are_held_in_money_and_as_a_share_with_a_warning_before() -> None:
    """B-RISK-14: 10 000 warned nobody before it halted."""
    for kind in (LimitKind.LOSS_DAY, LimitKind.LOSS_DAY_SHARE):
        known = limits(None)[kind]
        assert known.warning is not None
        assert known.warning < known.hard


def test_volatility_is_graduated_where_it_is_said() -> None:
    """S0-CB-04, S4-RISK-10: 30 reduces, 40 halts."""
    assert breakers(None, "vix")["volatility"] == ("vix > 40", BreakerState.HALTED)
    assert "volatility" not in breakers(None)
    dynamic = {one.name: one for one in RiskSettings().resolved().all_dynamic()}
    assert dynamic["high_volatility"].condition == "vix > 30"
    assert [limit.hard for limit in dynamic["high_volatility"].limits] == [1_500_000]
    assert dynamic["losing_month"].condition == "mtd_return < -0.05"
    assert [limit.hard for limit in dynamic["losing_month"].limits] == [20_000]


def test_a_key_that_is_set_holds_in_the_place_of_the_profile_s() -> None:
    settings = RiskSettings.model_validate(
        {
            "profile": "conservative",
            "limits": {"max_position": Decimal("0.01")},
            "loss_limits": {"daily": {"hard": Decimal("0.01")}},
            "circuit_breakers": [
                {"name": "daily_loss", "condition": "daily_pnl < -0.01", "action": "kill"}
            ],
        }
    ).resolved()
    [(_, held)] = settings.all_limits()
    known = {limit.kind: limit for limit in held}
    assert known[LimitKind.POSITION_SHARE].hard == 10_000
    assert known[LimitKind.SECTOR_SHARE].hard == 200_000
    assert known[LimitKind.LOSS_DAY_SHARE].hard == 10_000
    assert known[LimitKind.LOSS_DAY_SHARE].warning is None, "70 % of the hard bound"
    found = [(one.name, one.kills) for one in settings.all_breakers()]
    assert found == [("daily_loss", True), ("position_divergence", False), ("error_count", False)]


def told(name: str, profile: RiskProfile) -> str:
    """Return what the table of the reference must say in one cell."""
    if name in KINDS:
        bound = getattr(profile.limits, name)
        return "-" if bound is None else f"{bound.hard}"
    if name == "net_exposure":
        net = profile.limits.net_exposure
        return "-" if net is None else f"[{net[0]}, {net[1]}]"
    if name in type(profile.losses).model_fields:
        return told_loss(getattr(profile.losses, name))
    for breaker in profile.breakers:
        if breaker.name == name:
            return told_breaker(breaker)
    for dynamic in profile.dynamic:
        if dynamic.name == name:
            [(key, bound)] = dynamic.action.bounds()
            return f"`{dynamic.condition}`: {key} {bound.hard}"
    return "-"


def told_loss(span: Any) -> str:
    if span is None:
        return "-"
    if hasattr(span, "window"):
        return f"{span.hard} in {duration_text(span.window)}"
    pairs = [(span.warning, span.hard), (span.warning_value, span.hard_value)]
    return "; ".join(
        f"{early} / {late}" if early is not None else f"{late}"
        for early, late in pairs
        if late is not None
    )


def told_breaker(breaker: BreakerSettings) -> str:
    reset = breaker.reset if isinstance(breaker.reset, str) else duration_text(breaker.reset)
    return f"`{breaker.condition}`, {' '.join(breaker.action)}, {reset}"


def test_the_reference_shows_the_profiles_as_they_are() -> None:
    rows = profile_rows()
    for name, cells in rows.items():
        assert cells == [told(name, PROFILES[profile]) for profile in NAMES], name
    strictest = PROFILES[None]
    named = {name for name in KINDS if getattr(strictest.limits, name) is not None}
    named |= {one.name for one in strictest.breakers}
    named |= {one.name or "" for one in strictest.dynamic}
    assert named <= rows.keys()
