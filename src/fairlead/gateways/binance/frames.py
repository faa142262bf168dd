"""Binance's JSON as typed structs with the venue's own field names. Shape only, no meaning.

Source: the venue's documentation of its WebSocket market streams and of `GET depth`, for spot
(`/api/v3`), USD-M (`/fapi/v1`) and COIN-M futures (`/dapi/v1`). Unknown fields are ignored: the
venue adds some at will.
"""

from enum import StrEnum

import msgspec

from fairlead.gateways.json_frames import Milliseconds, Number

PriceLevels = list[tuple[str, str]]


class Market(StrEnum):
    """Which of the venue's markets: each numbers its updates by rules of its own."""

    SPOT = "spot"
    USDM = "usdm"
    COINM = "coinm"  # inverse: quantities are contracts of a fixed worth in USD


class Refusal(msgspec.Struct, gc=False):
    """Why the venue does not do what it was asked for."""

    code: int = 0
    msg: str = ""


class Envelope(msgspec.Struct, gc=False):
    """As much of any frame as tells what it is: stream, bare event, snapshot, or an answer."""

    stream: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    e: str | None = None
    s: str | None = None
    u: int | None = None
    last_update: int | None = msgspec.field(default=None, name="lastUpdateId")
    symbol: str | None = None  # of a snapshot of COIN-M; the others do not say
    id: int | str | None = None
    error: Refusal | None = None
    code: int | None = None
    msg: str = ""


class SpotDepth(msgspec.Struct, gc=False):
    """`depthUpdate` of spot: new quantities at price levels, updates `U` to `u`."""

    E: Milliseconds
    s: str
    U: Number
    u: Number
    b: PriceLevels
    a: PriceLevels
    T: Milliseconds = 0
    pu: Number = 0


class FuturesDepth(SpotDepth, kw_only=True, gc=False):
    """`depthUpdate` of futures; `pu` is the `u` of the event before."""

    T: Milliseconds
    pu: Number


class BookTicker(msgspec.Struct, gc=False):
    """`bookTicker`: best bid and ask as of update `u`. Spot tells no time."""

    u: Number
    s: str
    b: str
    B: str
    a: str
    A: str
    T: Milliseconds = 0


class TradeEvent(msgspec.Struct, gc=False):
    """`trade`. `m`: the buyer was the maker. `X` (futures): what kind of trade, `MARKET` or not."""

    s: str
    t: Number
    p: str
    q: str
    T: Milliseconds
    m: bool
    X: str = "MARKET"


class AggregateTrade(msgspec.Struct, gc=False):
    """`aggTrade`: what one order took at one price; trades `f` to `l`."""

    s: str
    a: Number
    p: str
    q: str
    T: Milliseconds
    m: bool


class DepthSnapshot(msgspec.Struct, gc=False):
    """The answer to `GET depth`: best first. Spot tells no time."""

    last_update: Number = msgspec.field(name="lastUpdateId")
    bids: PriceLevels
    asks: PriceLevels
    T: Milliseconds = 0
