"""What OKX frames tell of instruments: prices and quantities, and what a name says."""

from collections.abc import Iterator
from typing import Final

import msgspec

from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

VENUE: Final = "OKX"
_CONTRACT_USD: Final = {"BTC": 100}  # of coin-margined contracts; 10 for all others
_SPOT_FEES: Final = (Rate(8 * BASIS_POINT), Rate(10 * BASIS_POINT))
_FUTURES_FEES: Final = (Rate(2 * BASIS_POINT), Rate(5 * BASIS_POINT))


class _Arg(msgspec.Struct, rename="camel"):
    inst_id: str = ""


class _Item(msgspec.Struct, rename="camel"):
    asks: list[tuple[str, str, str, str]] = []
    bids: list[tuple[str, str, str, str]] = []
    px: str = ""
    sz: str = ""
    ask_px: str = ""
    ask_sz: str = ""
    bid_px: str = ""
    bid_sz: str = ""


class _Frame(msgspec.Struct):
    arg: _Arg
    data: list[_Item] = []


_FRAME: Final = msgspec.json.Decoder(_Frame)


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its quantity; nothing of a frame that is no market data."""
    try:
        read = _FRAME.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    symbol = read.arg.inst_id
    for item in read.data:
        for level in (*item.bids, *item.asks):
            yield Sighting(symbol, level[0], level[1])
        pairs = ((item.px, item.sz), (item.ask_px, item.ask_sz), (item.bid_px, item.bid_sz))
        for price, quantity in pairs:
            if price and quantity:
                yield Sighting(symbol, price, quantity)


def terms(symbol: str) -> Terms:
    """Return what a symbol says: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-220527`.

    What a linear contract is worth in its underlying is not told by the name and is taken as 1.
    """
    base, _, rest = symbol.partition("-")
    quote, _, contract = rest.partition("-")
    if not contract:
        return Terms(VENUE, quote or base, InstrumentKind.SPOT, *_SPOT_FEES)
    if quote == "USD":
        worth = _CONTRACT_USD.get(base, 10)
        return Terms(VENUE, base, InstrumentKind.INVERSE, *_FUTURES_FEES, multiplier=worth)
    return Terms(VENUE, quote, InstrumentKind.PERPETUAL, *_FUTURES_FEES)
