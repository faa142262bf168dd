"""What Bybit frames tell of instruments: prices and quantities, and what a name says."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

_FEES: Final = (Rate(2 * BASIS_POINT), Rate(5 * BASIS_POINT))
_QUOTES: Final = ("USDT", "USDC", "USD")


class _Frame(msgspec.Struct):
    topic: str
    data: Any = None


class _First(msgspec.Struct):
    """A level or a trade of version 1; prices of trades are numbers."""

    price: msgspec.Raw = msgspec.Raw(b"")
    size: int = 0


class _FirstDelta(msgspec.Struct):
    delete: list[_First] = []
    update: list[_First] = []
    insert: list[_First] = []


class _FirstFrame(msgspec.Struct):
    topic: str
    data: list[_First] | _FirstDelta = []


_FRAME: Final = msgspec.json.Decoder(_Frame)
_FIRST: Final = msgspec.json.Decoder(_FirstFrame)


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame of version 5 with its quantity; nothing of any other frame."""
    try:
        read = _FRAME.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    symbol = read.topic.rpartition(".")[2]
    if isinstance(read.data, dict):
        rows = [row for side in "ba" for row in read.data.get(side) or ()]
        pairs = [(row[0], row[1]) for row in rows if isinstance(row, list) and len(row) == 2]
    else:
        trades = read.data if isinstance(read.data, list) else []
        pairs = [(t.get("p"), t.get("v")) for t in trades if isinstance(t, dict)]
    for price, quantity in pairs:
        if isinstance(price, str) and isinstance(quantity, str):
            yield Sighting(symbol, price, quantity)


def sightings_first(frame: bytes) -> Iterator[Sighting]:
    """Yield as much of a frame of version 1."""
    try:
        read = _FIRST.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    data = read.data
    levels = data if isinstance(data, list) else [*data.delete, *data.update, *data.insert]
    for level in levels:
        price = bytes(level.price).decode("ascii", "replace").strip('"')
        yield Sighting(read.topic.rpartition(".")[2], price, str(level.size))


def terms(symbol: str) -> Terms:
    """Return what a symbol of version 5, linear, says: `BTCUSDT`."""
    currency = next((quote for quote in _QUOTES if symbol.endswith(quote)), symbol)
    return Terms("BYBIT-LINEAR", currency, InstrumentKind.PERPETUAL, *_FEES)


def terms_first(symbol: str) -> Terms:
    """Return what a symbol of version 1 says: `BTCUSD`, contracts of one dollar."""
    return Terms("BYBIT", symbol.removesuffix("USD"), InstrumentKind.INVERSE, *_FEES)
