"""A configuration for a recording that comes without one:

sizes from the price, nothing guessed else.

`fairlead run --feed FILE` and `fairlead backtest ... --data FILE` use the same one, so that the
same strategy on the same data answers the same in both.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from fairlead.model.inputs import BookOrderAdded, BookSnapshot, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.check_settings import PreTradeSettings, RiskInstrumentSettings
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    LimitSettings,
    MessageRateSettings,
    StrategySettings,
)
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.stages.errors import WrongWiring
from fairlead.stages.recordings import Recordings

CASH = Decimal(1_000_000)
ORDER_WORTH = Decimal(1_000)  # of one quote of the default strategy, in the quote currency
BINANCE = "binance-raw"
DEFAULT_STRATEGY = "market_making"
_FIRST_EVENTS_MAX = 5_000  # where the snapshot must be, at some 100 events a second
_POSITION_ORDERS = 5  # how many such orders the default strategy may hold
_VOLUME_ORDERS = 100  # how many of the largest orders a day has: each is at most 1 % of its volume
_LIMIT_ORDERS = 20  # how many one order may be worth at most; a position five times that


def configuration_for(
    files: tuple[Path, ...],
    market: str = "auto",
    strategy: str = DEFAULT_STRATEGY,
    parameters: Mapping[str, Any] | None = None,
    format: str = BINANCE,
) -> Configuration:
    """Return the configuration of a session on a recording. Raises gateway and stage errors."""
    venue = RecordedVenueSettings(kind="recorded", format=format, files=files, market=market)
    instrument = Recordings((venue,)).instruments[0]
    quantity = _quantity_worth(ORDER_WORTH, instrument, venue)
    chosen = dict(parameters or {})
    if strategy == DEFAULT_STRATEGY and not chosen:
        chosen = _market_making(instrument, quantity)
    return Configuration(
        venue=venue,
        account=AccountSettings(
            currency=instrument.currency, money_decimals=instrument.money_decimals, cash=CASH
        ),
        strategies=(
            StrategySettings(name=name_of(strategy), strategy=strategy, parameters=chosen),
        ),
        limits=LimitSettings(
            default=InstrumentLimitSettings(
                order_quantity_max=quantity * _LIMIT_ORDERS,
                order_notional_max=ORDER_WORTH * _LIMIT_ORDERS * 2,
                position_quantity_max=quantity * _LIMIT_ORDERS * _POSITION_ORDERS,
                collar_bps=100,
            ),
            message_rate=MessageRateSettings(count_max=100, cancel_reserve=100),
        ),
        risk=_risk(instrument, quantity * _LIMIT_ORDERS),
    )


def _risk(instrument: Instrument, order_quantity_max: Decimal) -> RiskSettings:
    """Return what a recording does not say, and what making a market needs.

    The volume of a day is taken for what the largest order is a hundredth of. A quote that was
    filled may be made anew at once, and the venue turns down many that would have taken.
    """
    volume = order_quantity_max * _VOLUME_ORDERS
    known = RiskInstrumentSettings(average_daily_volume=volume)
    return RiskSettings(
        pre_trade_checks=PreTradeSettings(duplicate_window=Nanos(20 * NANOS_PER_MILLISECOND)),
        circuit_breakers=(BreakerSettings(name="reject_rate", condition="reject_rate > 0.5"),),
        instruments={instrument.symbol: known},
    )


def name_of(strategy: str) -> str:
    """Return how a strategy without a name of its own is called: as its file or class is."""
    return Path(strategy.partition(":")[0]).stem.replace(".", "_")[:32]


def _market_making(instrument: Instrument, quantity: Decimal) -> dict[str, Any]:
    return {
        "instruments": [instrument.symbol],
        "quantity": quantity,
        "position_max": quantity * _POSITION_ORDERS,
        "half_spread_bps": Decimal("0.5"),
        "skew_bps": Decimal("1.0"),
        "tolerance_bps": Decimal("0.25"),
    }


def _quantity_worth(
    worth: Decimal, instrument: Instrument, venue: RecordedVenueSettings
) -> Decimal:
    """Return how much of the instrument is worth this, in whole lots, at the first known price."""
    price = _first_price(instrument, venue)
    lot = Decimal(instrument.quantity_lot).scaleb(-instrument.quantity_decimals)
    lots = (worth / price / lot).to_integral_value(ROUND_DOWN)
    return max(lots, Decimal(1)) * lot


def _first_price(instrument: Instrument, venue: RecordedVenueSettings) -> Decimal:
    """Return the best bid of the first book, or what was paid first where there is no book."""
    paid = 0
    for _, inputs in islice(Recordings((venue,)).events(), _FIRST_EVENTS_MAX):
        for input in inputs:
            if getattr(input, "instrument", None) != instrument.instrument:
                continue
            if isinstance(input, BookSnapshot) and input.bids:
                return Decimal(input.bids[0][0]).scaleb(-instrument.price_decimals)
            if isinstance(input, BookOrderAdded | Trade):
                paid = paid or input.price
    if not paid:
        raise WrongWiring(f"{venue.files[0]}: no book with bids and no trade in the first frames")
    return Decimal(paid).scaleb(-instrument.price_decimals)
