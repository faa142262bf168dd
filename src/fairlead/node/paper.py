"""The configuration of `fairlead run` without a file: paper trading on a simulated market.

examples/paper.yaml says the same, for people to copy and change; a test holds the two together.
"""

from decimal import Decimal

from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.check_settings import PreTradeSettings, RiskInstrumentSettings
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
    SessionSettings,
    StrategySettings,
)
from fairlead.node.limit_settings import Bound, RiskLimitSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.venue_settings import (
    FeeSettings,
    SimulatedInstrumentSettings,
    SimulatedVenueSettings,
)


def default() -> Configuration:
    """Return the default configuration."""
    return Configuration(
        venue=_venue(),
        account=AccountSettings(currency="USD", cash=Decimal(1_000_000)),
        strategies=(_market_making(),),
        limits=_limits(),
        risk=_risk(),
        session=SessionSettings(duration=Nanos(600 * NANOS_PER_SECOND)),
    )


def _venue() -> SimulatedVenueSettings:
    """Return the market: a share near 100, a cheap and lively one, an expensive and calm one."""
    return SimulatedVenueSettings(
        kind="simulated",
        seed=7,
        instruments=(
            _instrument("ALPHA.SIM", "100.00", "0.01", 250),
            _instrument("BETA.SIM", "25.00", "0.01", 400),
            _instrument("GAMMA.SIM", "480.00", "0.05", 150),
        ),
        fees=FeeSettings(maker_bps=Decimal("0.2"), taker_bps=Decimal("0.5")),
    )


def _instrument(
    symbol: str, price: str, tick: str, volatility_daily_bps: int
) -> SimulatedInstrumentSettings:
    return SimulatedInstrumentSettings(
        symbol=symbol,
        price_start=Decimal(price),
        price_tick=Decimal(tick),
        volatility_daily_bps=volatility_daily_bps,
    )


def _market_making() -> StrategySettings:
    return StrategySettings(
        name="maker",
        strategy="market_making",
        parameters={
            "instruments": ["ALPHA.SIM", "BETA.SIM", "GAMMA.SIM"],
            "quantity": 50,
            "position_max": 200,
            "half_spread_bps": Decimal("1.0"),
            "skew_bps": Decimal("1.0"),
        },
    )


def _limits() -> LimitSettings:
    """Return limits that fit all three; the cheap one may be traded in larger numbers."""
    return LimitSettings(
        default=InstrumentLimitSettings(
            order_quantity_max=Decimal(500),
            order_notional_max=Decimal(100_000),
            position_quantity_max=Decimal(1_000),
            collar_bps=100,
        ),
        instruments={
            "BETA.SIM": InstrumentLimitSettings(
                order_quantity_max=Decimal(2_000), position_quantity_max=Decimal(4_000)
            ),
        },
        message_rate=MessageRateSettings(count_max=100, cancel_reserve=100),
    )


def _risk() -> RiskSettings:
    """Return what is wider than the default: three instruments, and one of them is expensive."""
    return RiskSettings(
        pre_trade_checks=PreTradeSettings(duplicate_window=Nanos(20 * NANOS_PER_MILLISECOND)),
        limits=RiskLimitSettings(
            max_position=Bound(hard=Decimal("0.15")),
            max_position_value=Bound(hard=Decimal(150_000)),
            net_exposure=(Decimal("-0.2"), Decimal("0.2")),
        ),
        instruments={
            "ALPHA.SIM": RiskInstrumentSettings(sector="industry"),
            "BETA.SIM": RiskInstrumentSettings(sector="energy"),
            "GAMMA.SIM": RiskInstrumentSettings(sector="health"),
        },
    )
