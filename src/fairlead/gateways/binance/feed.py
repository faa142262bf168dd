"""Binance market data of one instrument: frames as they come off the wire, or from a recording.

Takes combined-stream frames (`{"stream":..,"data":..}`), bare events, and the REST snapshot. A
frame that says something impossible is `MalformedFrame`; one that is legal but not for us, late, or
repeated is dropped and counted by reason; what is left becomes inputs. Nothing is guessed.
"""

from collections.abc import Callable
from typing import Final, cast

import msgspec

from fairlead.gateways.binance.depth import OLD_IN_A_ROW_MAX, DepthEvent, DepthOrder
from fairlead.gateways.binance.frames import (
    FRAME_BYTES_MAX,
    BookTicker,
    DepthSnapshot,
    Envelope,
    Market,
    PriceLevels,
    SpotDepth,
    TradeEvent,
    UsdmDepth,
    decode,
)
from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import positive_increments, reader
from fairlead.model.inputs import BookChange, BookSnapshot, Input, Levels, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)

Payload = bytes | msgspec.Raw
Handler = Callable[[Payload], list[Input]]

_ReadPrice = Callable[[str], Price]  # by type alone: a NewType that is called costs time per level
_ReadQuantity = Callable[[str], Quantity]

_DEPTH_STREAMS: Final = ("depth", "depth@0ms", "depth@100ms", "depth@250ms", "depth@500ms")
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_TICKER: Final = msgspec.json.Decoder(BookTicker)
_TRADE: Final = msgspec.json.Decoder(TradeEvent)
_SNAPSHOT: Final = msgspec.json.Decoder(DepthSnapshot)
_DEPTH: Final[dict[Market, msgspec.json.Decoder[SpotDepth]]] = {
    Market.SPOT: msgspec.json.Decoder(SpotDepth),
    Market.USDM: msgspec.json.Decoder(UsdmDepth),
}


class BinanceFeed:
    """The market data of one instrument; its symbol begins with the venue's: `ETHUSDT.BINANCE`."""

    def __init__(self, instrument: Instrument, market: Market) -> None:
        """Begin without a snapshot: depth events wait for one."""
        self.instruments: tuple[Instrument, ...] = (instrument,)
        self.counts = FeedCounts()
        self.last_time = Nanos(0)  # when the last frame came: silence is for the shell to judge
        self._id = instrument.instrument
        self._market = market
        self._venue_symbol = instrument.symbol.partition(".")[0]
        self._depth = DepthOrder(self._id, market, self.counts)
        self._depth_decoder = _DEPTH[market]
        self._quotes = _Newest()
        self._trades = _Newest()
        self._price = cast(_ReadPrice, reader(instrument.price_decimals))
        self._quantity = cast(_ReadQuantity, reader(instrument.quantity_decimals))
        level_price = reader(instrument.price_decimals, positive_increments)
        self._level_price = cast(_ReadPrice, level_price)
        self._events: dict[str, Handler] = {
            "depthUpdate": self._on_depth,
            "bookTicker": self._on_ticker,
            "trade": self._on_trade,
        }
        prefix = self._venue_symbol.lower() + "@"
        self._streams: dict[str, Handler] = {
            prefix + "bookTicker": self._on_ticker,
            prefix + "trade": self._on_trade,
            **{prefix + name: self._on_depth for name in _DEPTH_STREAMS},
        }

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """The instrument, where its book cannot go on without a snapshot from the venue."""
        return (self._id,) if self._depth.needs_snapshot else ()

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what `frame`, which reached us at `time`, says. Raises `MalformedFrame`."""
        self.counts.frames += 1
        self.last_time = time
        try:
            return self._receive(frame)
        except MalformedFrame as error:
            self.counts.drop(f"malformed_{error.reason}")
            raise
        except MalformedNumber as error:
            self.counts.drop("malformed_number")
            raise MalformedFrame("number", f"{self._venue_symbol}: {error}") from error

    def _receive(self, frame: bytes) -> list[Input]:
        if len(frame) > FRAME_BYTES_MAX:
            found = f"{len(frame)} bytes, expected at most {FRAME_BYTES_MAX}"
            raise MalformedFrame("length", found)
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.stream is not None:
            handler = self._streams.get(envelope.stream)
            if handler is not None:
                return handler(envelope.data)
            ours = envelope.stream.startswith(self._venue_symbol.lower() + "@")
            return self._drop("stream_unknown" if ours else "symbol_unknown")
        handler = self._bare(envelope)
        return self._drop("event_unknown") if handler is None else handler(frame)

    def _bare(self, envelope: Envelope) -> Handler | None:
        """Return who handles a frame without a stream name, None if nobody does."""
        if envelope.e is not None:
            return self._events.get(envelope.e)
        if envelope.last_update is not None:
            return self._on_snapshot
        return None if envelope.u is None else self._on_ticker  # of spot: it has no type

    def _on_depth(self, payload: Payload) -> list[Input]:
        event = decode(self._depth_decoder, payload, "depthUpdate")
        if event.s != self._venue_symbol:
            return self._drop("symbol_unknown")
        if event.u < event.U:
            raise MalformedFrame("order", f"depthUpdate: U {event.U} is above u {event.u}")
        change = BookChange(
            self._id,
            self._levels(event.b),
            self._levels(event.a),
            UpdateId(event.u),
            Nanos((event.T or event.E) * NANOS_PER_MILLISECOND),
        )
        return self._depth.event(DepthEvent(event.U, event.pu, change))

    def _on_snapshot(self, payload: Payload) -> list[Input]:
        snapshot = decode(_SNAPSHOT, payload, "snapshot")
        bids, asks = self._levels(snapshot.bids), self._levels(snapshot.asks)
        _require_whole_side("bids", bids, descending=True)
        _require_whole_side("asks", asks, descending=False)
        time = Nanos(snapshot.T * NANOS_PER_MILLISECOND)
        update = UpdateId(snapshot.last_update)
        return self._depth.snapshot(BookSnapshot(self._id, bids, asks, update, time))

    def _on_ticker(self, payload: Payload) -> list[Input]:
        ticker = decode(_TICKER, payload, "bookTicker")
        if ticker.s != self._venue_symbol:
            return self._drop("symbol_unknown")
        bid, bid_quantity = self._price(ticker.b), self._quantity(ticker.B)
        ask, ask_quantity = self._price(ticker.a), self._quantity(ticker.A)
        if (bid == 0) != (bid_quantity == 0) or (ask == 0) != (ask_quantity == 0):
            raise MalformedFrame("touch", f"bookTicker {ticker.u}: a price or quantity alone is 0")
        if not self._quotes.advance(ticker.u):
            return self._drop_old(self._quotes, "quote")
        if bid and ask and bid >= ask:
            self.counts.drop("quote_crossed")
            return self._depth.lose(f"crossed quote {ticker.u}: bid {ticker.b}, ask {ticker.a}")
        self.counts.passed("Quote")
        time = Nanos(ticker.T * NANOS_PER_MILLISECOND)
        update = UpdateId(ticker.u)
        return [Quote(self._id, bid, bid_quantity, ask, ask_quantity, update, time)]

    def _on_trade(self, payload: Payload) -> list[Input]:
        trade = decode(_TRADE, payload, "trade")
        if trade.s != self._venue_symbol:
            return self._drop("symbol_unknown")
        if trade.X != "MARKET":  # insurance fund, auto-deleveraging, not available
            return self._drop("trade_off_market")
        price, quantity = self._price(trade.p), self._quantity(trade.q)
        if price == 0 and self._market is Market.USDM:  # the venue's way to say the same
            return self._drop("trade_off_market")
        if price == 0 or quantity == 0:
            raise MalformedFrame("trade", f"trade {trade.t}: {trade.q!r} at {trade.p!r}")
        if not self._trades.advance(trade.t):
            return self._drop_old(self._trades, "trade")
        self.counts.passed("Trade")
        side = Side.SELL if trade.m else Side.BUY  # the maker bought, so the aggressor sold
        time = Nanos(trade.T * NANOS_PER_MILLISECOND)
        return [Trade(self._id, price, quantity, side, str(trade.t), time)]

    def _levels(self, levels: PriceLevels) -> Levels:
        price, quantity = self._level_price, self._quantity
        return tuple([(price(p), quantity(q)) for p, q in levels])

    def _drop(self, reason: str) -> list[Input]:
        self.counts.drop(reason)
        return []

    def _drop_old(self, newest: "_Newest", what: str) -> list[Input]:
        self.counts.drop(f"{what}_old")
        if newest.old_in_a_row < OLD_IN_A_ROW_MAX:
            return []
        reason = f"{OLD_IN_A_ROW_MAX} {what}s in a row were older than number {newest.number}"
        newest.forget()
        return self._depth.lose(reason)


class _Newest:
    """The newest number of a stream in which numbers only grow."""

    def __init__(self) -> None:
        self.number = -1
        self.old_in_a_row = 0

    def advance(self, number: int) -> bool:
        """Return whether `number` is newer than all before."""
        if number > self.number:
            self.number = number
            self.old_in_a_row = 0
            return True
        self.old_in_a_row += 1
        return False

    def forget(self) -> None:
        """Begin anew."""
        self.number = -1
        self.old_in_a_row = 0


def _require_whole_side(name: str, levels: Levels, *, descending: bool) -> None:
    """Raise `MalformedFrame` unless a side of a snapshot stands best first, and nothing is 0."""
    prices = [price for price, _ in levels]
    if prices != sorted(set(prices), reverse=descending):
        raise MalformedFrame("snapshot", f"snapshot: {name} do not stand best first, each once")
    if any(quantity == 0 for _, quantity in levels):
        raise MalformedFrame("snapshot", f"snapshot: a quantity in {name} is 0, expected more")
