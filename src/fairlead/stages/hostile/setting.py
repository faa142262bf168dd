"""What is traded in a hostile world, and within which limits: with little headroom."""

import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind, OrderType, TimeInForce
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
)
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.check_settings import PreTradeSettings
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    JournalSettings,
    LimitSettings,
    MessageRateSettings,
    SessionSettings,
    StrategySettings,
)
from fairlead.node.limit_settings import Bound, RiskLimitSettings
from fairlead.node.policy_settings import OrderSettings, ReconciliationSettings
from fairlead.node.risk_profiles import PROFILES
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.venue_settings import SimulatedInstrumentSettings, SimulatedVenueSettings

VENUE: Final = "HOSTILE"
MIDNIGHT: Final = Nanos(1_767_657_600 * NANOS_PER_SECOND)  # Tuesday, 2026-01-06T00:00:00Z
START: Final = Nanos(MIDNIGHT - 8 * NANOS_PER_SECOND)  # so that a trading day ends in every run
POSITION_MAX: Final = 60
ORDER_MAX: Final = 20
MONEY_DECIMALS: Final = 2
CASH: Final = Money(10_000_000 * 10**MONEY_DECIMALS)
STRATEGIES: Final = ("ordinary", "hyperactive", "failing", "nonsensical")
SNAPSHOT_INPUTS: Final = 200
RESERVE_BYTES: Final = 16 * 1024
SEGMENT_BYTES: Final = 64 * 1024  # the least: so that segments roll and are sealed

_MS: Final = NANOS_PER_MILLISECOND


def _instrument(number: int, symbol: str, price_decimals: int) -> Instrument:
    return Instrument(
        instrument=InstrumentId(number),
        symbol=symbol,
        venue=VENUE,
        currency="USD",
        kind=InstrumentKind.SPOT,
        price_decimals=price_decimals,
        quantity_decimals=0,
        money_decimals=MONEY_DECIMALS,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(1_000),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
        order_types=(OrderType.MARKET, OrderType.LIMIT),
        times_in_force=(TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK),
    )


INSTRUMENTS: Final = [_instrument(1, "ONE.HOSTILE", 2), _instrument(2, "TWO.HOSTILE", 1)]


@functools.cache
def configuration(
    durability: Literal["process", "disk"], *, strict: bool, snapshots: bool
) -> Configuration:
    """Return a configuration of the nodes of a hostile world.

    `strict`: with the breakers of the strictest profile, which halt nearly all that is here.
    """
    return Configuration(
        journal=JournalSettings(
            durability=durability,
            segment_bytes=SEGMENT_BYTES,
            reserve_bytes=RESERVE_BYTES,
            free_bytes_min=RESERVE_BYTES,
            snapshot_inputs=SNAPSHOT_INPUTS if snapshots else 0,
        ),
        venue=SimulatedVenueSettings(
            kind="simulated",
            instruments=tuple(
                SimulatedInstrumentSettings(symbol=one.symbol, price_start=Decimal(100))
                for one in INSTRUMENTS
            ),
        ),
        account=AccountSettings(
            currency="USD", money_decimals=MONEY_DECIMALS, cash=Decimal(10_000_000)
        ),
        strategies=tuple(StrategySettings(name=name, strategy=name) for name in STRATEGIES),
        limits=_limits(),
        risk=_risk(strict),
        orders=OrderSettings(
            timeout=Nanos(3_000 * _MS),
            retry_delay=Nanos(100 * _MS),
            answer_timeout=Nanos(500 * _MS),
        ),
        reconciliation=ReconciliationSettings(interval=Nanos(4_000 * _MS)),
        session=SessionSettings(duration=Nanos(NANOS_PER_SECOND), start_time=START),
    )


def _limits() -> LimitSettings:
    return LimitSettings(
        default=InstrumentLimitSettings(
            order_quantity_max=Decimal(ORDER_MAX),
            order_notional_max=Decimal(100_000),
            position_quantity_max=Decimal(POSITION_MAX),
            collar_bps=200,
        ),
        message_rate=MessageRateSettings(count_max=200, cancel_reserve=100),
    )


def _risk(strict: bool) -> RiskSettings:
    """Return limits wide enough for a position of each instrument; breakers where it is strict."""
    wide = Bound(hard=Decimal(10))
    return RiskSettings(
        pre_trade_checks=PreTradeSettings(duplicate_window=Nanos(0), self_trade="allow"),
        limits=RiskLimitSettings(
            max_order_value=Bound(hard=Decimal(100_000)),
            max_position=wide,
            max_position_value=Bound(hard=Decimal(10_000_000)),
            max_sector=wide,
            gross_value=Bound(hard=Decimal(10_000_000)),
            gross_exposure=wide,
            net_exposure=(Decimal(-10), Decimal(10)),
        ),
        circuit_breakers=() if strict else tuple(_switched_off()),
    )


def _switched_off() -> Iterator[BreakerSettings]:
    """Yield the breakers of the strictest profile, off: they would halt nearly all that is here."""
    for breaker in PROFILES[None].breakers:
        yield breaker.model_copy(update={"enabled": False})
