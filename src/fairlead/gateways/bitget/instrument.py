"""What Bitget frames tell of instruments: prices and quantities, and what a name says."""

from collections.abc import Iterator
from typing import Final

import msgspec

from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

_FEES: Final = (Rate(2 * BASIS_POINT), Rate(6 * BASIS_POINT))
_QUOTES: Final = ("USDT", "USDC", "USD", "BTC", "ETH")


class _Arg(msgspec.Struct, rename="camel"):
    channel: str
    inst_id: str


class _Book(msgspec.Struct):
    asks: list[tuple[str, str]] = []
    bids: list[tuple[str, str]] = []
    price: str = ""
    size: str = ""


class _Frame(msgspec.Struct):
    arg: _Arg
    data: list[_Book | list[str]] = []


_FRAME: Final = msgspec.json.Decoder(_Frame)


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its quantity; nothing of a frame that is no market data."""
    try:
        read = _FRAME.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for item in read.data:
        if isinstance(item, _Book):
            for price, quantity in (*item.bids, *item.asks):
                yield Sighting(read.arg.inst_id, price, quantity)
            if item.price and item.size:
                yield Sighting(read.arg.inst_id, item.price, item.size)
        elif read.arg.channel == "trade" and len(item) >= 3:
            yield Sighting(read.arg.inst_id, item[1], item[2])


def terms(symbol: str) -> Terms:
    """Return what a symbol says: `DASHUSDT`, a perpetual; of spot, version 1, `DASHUSDT_SPBL`."""
    pair, _, market = symbol.partition("_")
    currency = next((quote for quote in _QUOTES if pair.endswith(quote)), pair)
    if market == "SPBL":
        return Terms("BITGET", currency, InstrumentKind.SPOT, *_FEES)
    return Terms("BITGET-USDM", currency, InstrumentKind.PERPETUAL, *_FEES)
