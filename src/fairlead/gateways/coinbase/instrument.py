"""What Coinbase frames tell of products: prices and quantities, and what a name says."""

from collections.abc import Iterator
from typing import Final

import msgspec

from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

VENUE: Final = "COINBASE"
_FEES: Final = (Rate(40 * BASIS_POINT), Rate(60 * BASIS_POINT))


class _Frame(msgspec.Struct):
    product_id: str
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []
    changes: list[tuple[str, str, str]] = []
    price: str = ""
    size: str = ""


class _Level(msgspec.Struct):
    price_level: str
    new_quantity: str


class _Event(msgspec.Struct):
    product_id: str = ""
    updates: list[_Level] = []
    trades: list[_Frame] = []


class _Advanced(msgspec.Struct):
    events: list[_Event]


_FRAME: Final = msgspec.json.Decoder(_Frame)
_ADVANCED: Final = msgspec.json.Decoder(_Advanced)


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its quantity; nothing of a frame that is no market data."""
    try:
        read = _FRAME.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for price, quantity in (*read.bids, *read.asks):
        yield Sighting(read.product_id, price, quantity)
    for _, price, quantity in read.changes:
        yield Sighting(read.product_id, price, quantity)
    if read.price and read.size:
        yield Sighting(read.product_id, read.price, read.size)


def sightings_advanced(frame: bytes) -> Iterator[Sighting]:
    """Yield as much of a frame of the Advanced Trade feed."""
    try:
        events = _ADVANCED.decode(frame).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for event in events:
        for level in event.updates:
            yield Sighting(event.product_id, level.price_level, level.new_quantity)
        for trade in event.trades:
            yield Sighting(trade.product_id, trade.price, trade.size)


def terms(symbol: str) -> Terms:
    """Return what a product says: `BTC-USD`."""
    return Terms(VENUE, symbol.partition("-")[2] or symbol, InstrumentKind.SPOT, *_FEES)
