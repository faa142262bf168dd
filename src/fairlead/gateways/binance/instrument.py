"""What a recording is of, told from its first frames. For recordings that come without a word.

A session with a venue takes its instruments from configuration. Here the grid is the finest that
was seen, and the fees are the venue's for a new customer.

A quantity needs more decimals than its grid has: when a venue coarsens the grid, old orders stay in
the book. (ETHUSDT of 2024 trades in steps of 0.0001, and 2292.22972 rests far from the touch; the
first frames do not show it.) So a quantity gets as many decimals as the venue writes, as far as
money keeps its usual 8.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

import msgspec

from fairlead.gateways.binance.frames import Market
from fairlead.gateways.errors import InstrumentNotInferred, MalformedNumber
from fairlead.gateways.increments import significant_decimals
from fairlead.gateways.recorded_terms import BASIS_POINT, Sighting, Terms
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import INCREMENTS_MAX, InstrumentId, Money, Price, Quantity, Rate

# The snapshot is asked for at the start: it is there within seconds, at some 100 frames a second.
FIRST_FRAMES_MAX: Final = 5_000
_FRAMES_BEHIND_SNAPSHOT: Final = 200  # quotes and trades have finer quantities than old levels

_MONEY_DECIMALS: Final = 8
_NOTIONAL_MIN: Final = {"USDT": 5}  # in whole units of the currency: the filter of most pairs
_QUOTE_ASSETS: Final = (
    "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "GBP", "TRY", "BRL", "JPY"
)  # fmt: skip


_Value = TypeVar("_Value", str, Market)


_VENUES: Final = {
    Market.SPOT: ("BINANCE", InstrumentKind.SPOT, Rate(10 * BASIS_POINT), Rate(10 * BASIS_POINT)),
    Market.USDM: (
        *("BINANCE-USDM", InstrumentKind.PERPETUAL),
        *(Rate(2 * BASIS_POINT), Rate(5 * BASIS_POINT)),
    ),
    Market.COINM: (
        *("BINANCE-COINM", InstrumentKind.INVERSE),
        *(Rate(2 * BASIS_POINT), Rate(5 * BASIS_POINT)),
    ),
}
_CONTRACT_USD: Final = {"BTC": 100}  # of COIN-M; 10 for all others


class _Frame(msgspec.Struct):
    """Everything that tells something, of any frame; what is not there is None."""

    e: str | None = None
    s: str | None = None
    T: int | None = None
    pu: int | None = None
    ps: str | None = None  # the pair of a contract: COIN-M alone says it
    b: str | int | list[tuple[str, str]] | None = None  # a number: an order, in trades
    B: str | None = None
    a: str | int | list[tuple[str, str]] | None = None
    A: str | None = None
    p: str | None = None
    q: str | None = None
    last_update: int | None = msgspec.field(default=None, name="lastUpdateId")
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []


class _Combined(msgspec.Struct):
    data: _Frame
    stream: str = ""


_COMBINED: Final = msgspec.json.Decoder(_Combined)
_BARE: Final = msgspec.json.Decoder(_Frame)


def infer(
    instrument: InstrumentId, frames: Iterable[bytes], market: Market | None = None
) -> tuple[Instrument, Market]:
    """Return the instrument of a recording, named `ETHUSDT.BINANCE` or so, and its market.

    Looks at the first frames, which must have the snapshot among them; those that are no market
    data are passed over. `market` overrides what the frames look like. Raises
    `InstrumentNotInferred`.
    """
    seen = _Seen()
    for frame in _first_frames(frames, seen):
        seen.add(frame)
    symbol = _only(seen.symbols, "symbol", seen.frames)
    if not seen.snapshot:
        raise InstrumentNotInferred(
            f"no snapshot among the first {seen.frames} frames, expected one with lastUpdateId"
        )
    market = market or _only(seen.markets, "market", seen.frames)
    try:
        return _instrument(instrument, symbol, terms(symbol, market), seen), market
    except ValueError as error:
        raise InstrumentNotInferred(str(error)) from error


def terms(symbol: str, market: Market) -> Terms:
    """Return what a symbol says: `ETHUSDT`, or of COIN-M `BTCUSD_PERP`. Raises
    `InstrumentNotInferred`.
    """
    venue, kind, maker, taker = _VENUES[market]
    if market is Market.COINM:
        base = symbol.partition("_")[0].removesuffix("USD")
        worth = _CONTRACT_USD.get(base, 10)
        return Terms(venue, base or symbol, kind, maker, taker, multiplier=worth)
    pair = symbol.partition("_")[0]
    currency = next((asset for asset in _QUOTE_ASSETS if pair.endswith(asset)), "")
    if not currency or currency == pair:
        raise InstrumentNotInferred(f"{symbol!r} ends in no quote currency that is known")
    return Terms(venue, currency, kind, maker, taker)


def sightings(frame: bytes) -> Iterator[Sighting]:
    """Yield every price of a frame with its quantity; nothing of a frame that is no market data."""
    combined = frame.startswith(b'{"stream"')
    try:
        read = _COMBINED.decode(frame) if combined else _Combined(_BARE.decode(frame))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    symbol = read.data.s or read.stream.partition("@")[0].upper()
    for price, quantity in _prices(read.data) if symbol else ():
        yield Sighting(symbol, price, quantity)


class _Seen:
    """What the frames so far have told."""

    def __init__(self) -> None:
        self.frames = 0
        self.snapshot = False
        self.symbols: list[str] = []
        self.markets: list[Market] = []
        self.price_decimals = 0
        self.quantity_decimals = 0
        self.quantity_decimals_written = 0

    def add(self, frame: _Frame) -> None:
        """Take in one frame; numbers that are none are left for the feed to refuse."""
        if frame.last_update is not None:
            self.snapshot = True
        if frame.s is not None and frame.s not in self.symbols:
            self.symbols.append(frame.s)
        market = _market(frame)
        if market is not None and market not in self.markets:
            self.markets.append(market)
        for price, quantity in _prices(frame):
            try:
                decimals = significant_decimals(price), significant_decimals(quantity)
            except MalformedNumber:
                continue
            self.price_decimals = max(self.price_decimals, decimals[0])
            self.quantity_decimals = max(self.quantity_decimals, decimals[1])
            written = len(quantity.partition(".")[2])
            self.quantity_decimals_written = max(self.quantity_decimals_written, written)


def _first_frames(frames: Iterable[bytes], seen: _Seen) -> Iterator[_Frame]:
    """Yield what is readable of the first frames, until enough have followed the snapshot."""
    behind = 0
    for raw in islice(frames, FIRST_FRAMES_MAX):
        seen.frames += 1
        behind += seen.snapshot
        if behind > _FRAMES_BEHIND_SNAPSHOT:
            return
        try:
            combined = raw.startswith(b'{"stream"')
            yield _COMBINED.decode(raw).data if combined else _BARE.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue


def _market(frame: _Frame) -> Market | None:
    """Return the market that writes such frames, None if several do."""
    if frame.ps is not None:
        return Market.COINM
    if frame.e == "depthUpdate":
        return Market.SPOT if frame.pu is None else Market.USDM
    if frame.B is not None:
        return Market.SPOT if frame.e is None and frame.T is None else Market.USDM
    return None


def _prices(frame: _Frame) -> Iterator[tuple[str, str]]:
    """Yield every price of the frame with its quantity."""
    yield from frame.bids
    yield from frame.asks
    for price, quantity in ((frame.b, frame.B), (frame.a, frame.A), (frame.p, frame.q)):
        if isinstance(price, list):
            yield from price
        elif isinstance(price, str) and quantity is not None:
            yield price, quantity


def _only(found: list[_Value], what: str, frames: int) -> _Value:
    """Return the one thing that was found. Raises `InstrumentNotInferred` unless it is one."""
    if len(found) == 1:
        return found[0]
    listed = ", ".join(map(str, found)) or "none"
    raise InstrumentNotInferred(
        f"{what} in the first {frames} frames: {listed}, expected exactly one"
    )


def _instrument(instrument: InstrumentId, symbol: str, terms: Terms, seen: _Seen) -> Instrument:
    room = min(seen.quantity_decimals_written, _MONEY_DECIMALS - seen.price_decimals)
    quantity_decimals = max(seen.quantity_decimals, room)
    money_decimals = max(_MONEY_DECIMALS, seen.price_decimals + quantity_decimals)
    lot = Quantity(10 ** (quantity_decimals - seen.quantity_decimals))
    return Instrument(
        instrument=instrument,
        symbol=f"{symbol}.{terms.venue}",
        venue=terms.venue,
        currency=terms.currency,
        kind=terms.kind,
        price_decimals=seen.price_decimals,
        quantity_decimals=quantity_decimals,
        money_decimals=money_decimals,
        price_tick=Price(1),
        quantity_lot=lot,
        quantity_min=lot,
        quantity_max=Quantity(INCREMENTS_MAX),
        notional_min=Money(_NOTIONAL_MIN.get(terms.currency, 0) * 10**money_decimals),
        maker_fee=terms.maker_fee,
        taker_fee=terms.taker_fee,
        multiplier=terms.multiplier,
    )
