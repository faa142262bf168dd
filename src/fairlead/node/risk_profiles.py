"""The named profiles of risk, as ruled in the specification: whose numbers hold where none is set.

`conservative` has the numbers of source document S4, `standard` those of S1 and S3, `outline` those
of S0. Without a profile the strictest safe value of each holds: that table stands at the end.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.breaker_settings import BreakerSettings, DynamicLimitSettings
from fairlead.node.limit_settings import Bound, RiskLimitSettings
from fairlead.node.loss_settings import LossLimitSettings, LossSettings, RapidLossSettings

_MINUTE: Final = 60 * NANOS_PER_SECOND
_HOUR: Final = Nanos(60 * _MINUTE)


class RiskProfile(NamedTuple):
    """What holds where a configuration sets nothing."""

    limits: RiskLimitSettings
    losses: LossSettings
    breakers: tuple[BreakerSettings, ...]
    dynamic: tuple[DynamicLimitSettings, ...] = ()


def _bound(hard: str) -> Bound:
    return Bound(hard=Decimal(hard))


def _loss(**amounts: str) -> LossLimitSettings:
    known = {name: Decimal(amount) for name, amount in amounts.items()}
    return LossLimitSettings.model_validate(known)


_DAILY_LOSS: Final = BreakerSettings(
    name="daily_loss", condition="daily_pnl < -0.03", reset="next_trading_day"
)
_DIVERGENCE: Final = BreakerSettings(
    name="position_divergence", condition="max_position_divergence > 0.10"
)
_ERROR_COUNT: Final = BreakerSettings(name="error_count", condition="error_count_1h > 10")
_REJECT_RATE: Final = BreakerSettings(name="reject_rate", condition="reject_rate > 0.01")
_ERROR_RATE: Final = BreakerSettings(name="error_rate", condition="error_rate > 0.01")
_ORDER_RATE: Final = BreakerSettings(
    name="order_rate", condition="order_rate > 100", action=("kill",)
)
_VOLATILITY: Final = BreakerSettings(name="volatility", condition="vix > 40", recovered="vix < 38")
_DRAWDOWN_WARNING: Final = BreakerSettings(
    name="drawdown_warning",
    condition="drawdown > 0.05",
    action=("reduce",),
    reset=Nanos(15 * _MINUTE),
    recovered="drawdown < 0.03",
)
_DRAWDOWN_PAUSE: Final = BreakerSettings(
    name="drawdown_pause",
    condition="drawdown > 0.10",
    action=("pause",),
    reset=Nanos(15 * _MINUTE),
    recovered="drawdown < 0.08",
)
_LOSING_MONTH: Final = DynamicLimitSettings(
    name="losing_month",
    condition="mtd_return < -0.05",
    action=RiskLimitSettings(max_position=_bound("0.02")),
    recovered="mtd_return > -0.04",
)
_HIGH_VOLATILITY: Final = DynamicLimitSettings(
    name="high_volatility",
    condition="vix > 30",
    action=RiskLimitSettings(gross_exposure=_bound("1.5")),
    recovered="vix < 28",
)

CONSERVATIVE: Final = RiskProfile(
    RiskLimitSettings(
        max_order_value=_bound("50000"),  # no order is worth more than its position may be
        max_order_volume=_bound("0.01"),
        price_collar=_bound("0.05"),
        price_floor=_bound("1"),
        max_position=_bound("0.03"),
        max_position_value=_bound("50000"),
        max_positions=_bound("200"),
        max_sector=_bound("0.20"),
        gross_exposure=_bound("2.0"),
        net_exposure=(Decimal("-0.1"), Decimal("0.1")),
    ),
    LossSettings(
        daily=_loss(warning="0.02", hard="0.03"),
        weekly=_loss(hard="0.05"),
        monthly=_loss(hard="0.10"),
        drawdown=_loss(warning="0.10", hard="0.15"),
        rapid_loss=RapidLossSettings(hard=Decimal("0.01"), window=_HOUR),
    ),
    (_DAILY_LOSS, _DIVERGENCE, _ERROR_COUNT),
    (_LOSING_MONTH, _HIGH_VOLATILITY),
)

STANDARD: Final = RiskProfile(
    RiskLimitSettings(
        max_order_size=_bound("10000"),
        price_collar=_bound("0.05"),
        max_position=_bound("0.10"),
        max_position_size=_bound("50000"),
        max_sector=_bound("0.30"),
        gross_value=_bound("1000000"),
    ),
    LossSettings(
        daily=_loss(warning_value="7000", hard_value="10000"), drawdown=_loss(hard="0.15")
    ),
    (_REJECT_RATE,),
)

OUTLINE: Final = RiskProfile(
    RiskLimitSettings(
        max_order_volume=_bound("0.10"),
        price_collar=_bound("0.05"),
        max_position=_bound("0.20"),
        max_sector=_bound("0.40"),
        gross_exposure=_bound("1.5"),
    ),
    LossSettings(
        drawdown=_loss(warning="0.05", hard="0.10"),
        rapid_loss=RapidLossSettings(hard=Decimal("0.05"), window=Nanos(5 * _MINUTE)),
    ),
    (
        _DRAWDOWN_WARNING,
        BreakerSettings(name="drawdown_halt", condition="drawdown > 0.10"),
        _ERROR_RATE,
        _VOLATILITY,
        _ORDER_RATE,
    ),
)

STRICTEST: Final = RiskProfile(
    RiskLimitSettings(
        max_order_size=_bound("10000"),
        max_order_value=_bound("50000"),
        max_order_volume=_bound("0.01"),
        price_collar=_bound("0.05"),
        price_floor=_bound("1"),
        max_position=_bound("0.03"),
        max_position_size=_bound("50000"),
        max_position_value=_bound("50000"),
        max_positions=_bound("200"),
        max_sector=_bound("0.20"),
        gross_value=_bound("1000000"),
        gross_exposure=_bound("1.5"),
        net_exposure=(Decimal("-0.1"), Decimal("0.1")),
    ),
    LossSettings(
        daily=_loss(warning="0.02", hard="0.03", warning_value="7000", hard_value="10000"),
        weekly=_loss(hard="0.05"),
        monthly=_loss(hard="0.10"),
        drawdown=_loss(warning="0.05", hard="0.15"),
        rapid_loss=RapidLossSettings(hard=Decimal("0.01"), window=_HOUR),
    ),
    (
        _DAILY_LOSS,
        _DIVERGENCE,
        _ERROR_COUNT,
        _REJECT_RATE,
        _ERROR_RATE,
        _DRAWDOWN_WARNING,
        _DRAWDOWN_PAUSE,
        BreakerSettings(name="drawdown_halt", condition="drawdown > 0.15"),
        _VOLATILITY,
        _ORDER_RATE,
    ),
    (_LOSING_MONTH, _HIGH_VOLATILITY),
)

PROFILES: Final = {
    "conservative": CONSERVATIVE,
    "standard": STANDARD,
    "outline": OUTLINE,
    None: STRICTEST,
}
