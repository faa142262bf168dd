"""What Deribit frames tell of instruments: prices and amounts, and what a name says."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fairlead.gateways.deribit.frames import Book, PublicTrade, Ticker
from fairlead.gateways.errors import MalformedNumber
from fairlead.gateways.json_frames import plain
from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import Rate

VENUE: Final = "DERIBIT"
_FEES: Final = (Rate(0), Rate(5 * BASIS_POINT))
_OPTION_FEES: Final = (Rate(3 * BASIS_POINT), Rate(3 * BASIS_POINT))


class _Params(msgspec.Struct):
    channel: str
    data: msgspec.Raw


class _Frame(msgspec.Struct):
    params: _Params


_FRAME: Final = msgspec.json.Decoder(_Frame)
_DATA: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "book": msgspec.json.Decoder(Book),
    "trades": msgspec.json.Decoder(list[PublicTrade]),
    "ticker": msgspec.json.Decoder(Ticker),
}


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its amount; nothing of a frame that is no market data."""
    try:
        params = _FRAME.decode(frame).params
        kind, _, rest = params.channel.partition(".")
        decoder = _DATA.get(kind)
        read = decoder.decode(params.data) if decoder else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for price, amount in _pairs(read):
        try:
            yield Sighting(rest.rpartition(".")[0], plain(price), plain(amount))
        except MalformedNumber:
            continue


def terms(symbol: str) -> Terms:
    """Return what a name says: `BTC-PERPETUAL`, `ETH_USDC-PERPETUAL`, `BTC-24SEP21-8000-P`.

    Options are kept as instruments that are paid in their coin, one unit of the coin a contract.
    """
    base, _, contract = symbol.partition("-")
    coin, _, quote = base.partition("_")
    if contract.endswith(("-C", "-P")):
        return Terms(VENUE, quote or coin, InstrumentKind.SPOT, *_OPTION_FEES)
    if not contract:
        return Terms(VENUE, quote or coin, InstrumentKind.SPOT, *_FEES)
    if quote:
        return Terms(VENUE, quote, InstrumentKind.PERPETUAL, *_FEES)
    return Terms(VENUE, coin, InstrumentKind.INVERSE, *_FEES)


def _pairs(read: object) -> Iterator[tuple[msgspec.Raw, msgspec.Raw]]:
    if isinstance(read, Book):
        yield from ((level[1], level[2]) for level in (*read.bids, *read.asks))
    elif isinstance(read, Ticker):
        yield read.best_bid_price, read.best_bid_amount
        yield read.best_ask_price, read.best_ask_amount
    elif isinstance(read, list):
        yield from ((trade.price, trade.amount) for trade in read)
