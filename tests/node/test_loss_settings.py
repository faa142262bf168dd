"""Limits of losses in a configuration."""

from fairlead.model.risk_terms import BreakerState, LimitKind, ResetPolicy
from fairlead.node.loading import read_model
from fairlead.node.loss_settings import LossSettings

MINUTE = 60 * 10**9


def read(text: str) -> LossSettings:
    return read_model(LossSettings, text, "losses.yaml", {})[0]


def test_every_span_has_a_share_and_an_amount() -> None:
    text = "".join(
        f"{span}: {{warning: 0.01, hard: 0.02, warning_value: 100, hard_value: 200}}\n"
        for span in ("daily", "weekly", "monthly", "drawdown")
    )
    text += "rapid_loss: {hard: 0.01, window: 1h}\nconsecutive_losses: {warning: 3, hard: 5}\n"
    limits = {one.kind: one for one in read(text).limits()}
    assert sorted(limits) == [kind for kind in LimitKind if kind >= LimitKind.LOSS_DAY]
    for kind in (LimitKind.LOSS_WEEK, LimitKind.DRAWDOWN):
        assert (limits[kind].warning, limits[kind].hard) == (100 * 10**6, 200 * 10**6)
    assert limits[LimitKind.LOSS_MONTH_SHARE].hard == 20_000
    assert limits[LimitKind.LOSS_RATE_SHARE].window == 60 * MINUTE
    assert limits[LimitKind.LOSSES_IN_A_ROW].hard == 5 * 10**6


def test_an_action_makes_a_breaker_of_the_strictest_state() -> None:
    """S4-RISK-14: halt_new_trades, flatten_positions, notify_admin."""
    text = (
        "daily: {hard: 0.030, action: [notify_admin, halt_new_trades, flatten_positions]}\n"
        "weekly: {hard: 0.05, action: pause, reset: 30m}\nmonthly: {hard: 0.1}\n"
    )
    [day, week] = read(text).breakers("firm")
    assert (day.name, day.condition) == ("loss_limits.daily", "daily_loss > 0.030")
    assert (day.state, day.flatten, day.reset) == (BreakerState.HALTED, True, ResetPolicy.MANUAL)
    assert (week.state, week.flatten) == (BreakerState.REDUCE_ONLY, False)
    assert (week.reset, week.cool_down) == (ResetPolicy.COOL_DOWN, 30 * MINUTE)
    [scoped] = read("daily: {hard: 0.03, action: kill}\n").breakers("strategy maker")
    assert (scoped.name, scoped.kills) == ("loss_limits.daily of strategy maker", True)
    assert str(scoped.scope) == "strategy maker"


def test_what_is_not_said_is_as_in_the_profile_and_a_warning_goes_with_its_hard_bound() -> None:
    profile = read("daily: {warning: 0.02, hard: 0.03, hard_value: 10000}\nweekly: {hard: 0.05}\n")
    own = read("daily: {hard: 0.01}\n").over(profile)
    assert own.daily is not None
    assert (own.daily.warning, str(own.daily.hard)) == (None, "0.01")
    assert str(own.daily.hard_value) == "10000"
    assert own.weekly == profile.weekly
    early = read("daily: {warning: 0.01}\n").over(profile).daily
    assert early is not None
    assert (str(early.warning), str(early.hard)) == ("0.01", "0.03")
