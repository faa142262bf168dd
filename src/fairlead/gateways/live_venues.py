"""Every venue whose market data can be had live, by name: one line each, for all who connect.

`fairlead record`, `fairlead preflight` and `venue.kind: live` take the same names.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.bitget import BitgetFeed
from fairlead.gateways.bybit import BybitFeed
from fairlead.gateways.coinbase import CoinbaseAdvancedFeed
from fairlead.gateways.deribit import DeribitFeed
from fairlead.gateways.errors import VenueUnknown
from fairlead.gateways.feed import LiveFeed
from fairlead.gateways.kraken import KrakenFeed
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.okx import OkxFeed
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    INCREMENTS_MAX,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
)

Limits = Mapping[DataClass, Nanos]  # how long each class of data may stay away

_DECIMALS: Final = 8  # finer than any of these venues writes a price or a quantity
_CURRENCY_UNTOLD: Final = "UNTOLD"  # nobody is paid: it is only looked at


class LiveVenue(NamedTuple):
    """A venue, or a market of one, that has a feed of its own."""

    name: str
    what: str  # in one line
    venue: str  # as instruments name it
    format: str  # of what is recorded there, for `fairlead feed --format`
    kind: InstrumentKind
    feed: Callable[[Sequence[Instrument], Limits | None], LiveFeed]


def live_venue(name: str) -> LiveVenue:
    """Return the venue. Raises `VenueUnknown`, which lists those that there are."""
    found = LIVE_VENUES.get(name)
    if found is None:
        raise VenueUnknown(f"no live venue {name!r}, expected one of {', '.join(LIVE_VENUES)}")
    return found


def listed(venue: LiveVenue, symbols: Sequence[str]) -> list[Instrument]:
    """Return instruments that are only looked at: every price that the venue writes fits them."""
    return [
        _looked_at(venue, InstrumentId(number), symbol)
        for number, symbol in enumerate(symbols, start=1)
    ]


def _looked_at(venue: LiveVenue, number: InstrumentId, symbol: str) -> Instrument:
    name = symbol if "." in symbol else f"{symbol}.{venue.venue}"
    return Instrument(
        instrument=number,
        symbol=name,
        venue=venue.venue,
        currency=_CURRENCY_UNTOLD,
        kind=InstrumentKind.SPOT,
        price_decimals=_DECIMALS,
        quantity_decimals=_DECIMALS,
        money_decimals=2 * _DECIMALS,
        price_tick=Price(1),
        quantity_lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(INCREMENTS_MAX),
        notional_min=Money(0),
        maker_fee=Rate(0),
        taker_fee=Rate(0),
    )


def _binance(market: Market) -> Callable[[Sequence[Instrument], Limits | None], LiveFeed]:
    def feed(instruments: Sequence[Instrument], limits: Limits | None) -> LiveFeed:
        return BinanceFeed(instruments, market, limits)

    return feed


_RAW: Final = "binance-raw"
_WS: Final = "ws-recording"
_LINEAR: Final = InstrumentKind.PERPETUAL
_SPOT: Final = InstrumentKind.SPOT
_ALL: Final = (
    LiveVenue("binance", "Binance spot", "BINANCE", _RAW, _SPOT, _binance(Market.SPOT)),
    LiveVenue(
        "binance-usdm",
        "Binance USD-M futures",
        "BINANCE-USDM",
        _RAW,
        InstrumentKind.PERPETUAL,
        _binance(Market.USDM),
    ),
    LiveVenue(
        "binance-coinm",
        "Binance COIN-M futures",
        "BINANCE-COINM",
        _RAW,
        InstrumentKind.INVERSE,
        _binance(Market.COINM),
    ),
    LiveVenue("bybit", "Bybit USDT perpetuals", "BYBIT-LINEAR", _WS, _LINEAR, BybitFeed),
    LiveVenue("bitget", "Bitget USDT perpetuals", "BITGET-USDM", _WS, _LINEAR, BitgetFeed),
    LiveVenue("coinbase", "Coinbase Advanced Trade", "COINBASE", _WS, _SPOT, CoinbaseAdvancedFeed),
    LiveVenue("deribit", "Deribit", "DERIBIT", _WS, InstrumentKind.INVERSE, DeribitFeed),
    LiveVenue("kraken", "Kraken, by its first version", "KRAKEN", _WS, _SPOT, KrakenFeed),
    LiveVenue("okx", "OKX, spot and derivatives", "OKX", _WS, _SPOT, OkxFeed),
)
LIVE_VENUES: Final[Mapping[str, LiveVenue]] = {each.name: each for each in _ALL}
