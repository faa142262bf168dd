"""Bybit market data of many instruments, version 5, as inputs.

Messages of a book are numbered without holes (`u`); the venue begins at 1 again when its service
starts anew, with a snapshot.

Source: the venue's documentation of its public WebSocket topics `orderbook` and `publicTrade`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.json_frames import Milliseconds, Number, decode
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import TextSides
from fairlead.gateways.venue_instrument import TextTrade, VenueInstrument, numbered
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

_TOPICS: Final = {"orderbook.50": DataClass.BOOK, "publicTrade": DataClass.TRADE}
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}  # of the taker


class _Envelope(msgspec.Struct, gc=False):
    topic: str | None = None
    type: Literal["snapshot", "delta"] = "delta"
    ts: Milliseconds = 0
    data: msgspec.Raw = msgspec.Raw(b"null")
    success: bool = True
    ret_msg: str = ""
    op: str = ""
    req_id: str = ""


class _Book(msgspec.Struct, gc=False):
    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]
    u: Number


class _Trade(msgspec.Struct, gc=False):
    T: Milliseconds
    S: Literal["Buy", "Sell"]
    v: str
    p: str
    i: str


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_BOOK: Final = msgspec.json.Decoder(_Book)
_TRADES: Final = msgspec.json.Decoder(list[_Trade])


class BybitFeed(BooksFeed):
    """The market data of instruments of one market at Bybit: `BTCUSDT.BYBIT-LINEAR`."""

    numbered = True

    def __init__(
        self,
        instruments: Sequence[Instrument],
        limits: Mapping[DataClass, Nanos] | None = None,
        market: str = "linear",
    ) -> None:
        """Begin without books; `market` is the end of the venue's address."""
        self.url = f"wss://stream.bybit.com/v5/public/{market}"
        topics = topics_of(instruments, _TOPICS, "{name}.{symbol}")
        super().__init__(instruments, topics, limits)
        self._chain = self._oracle("sequence")

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes; the answer names the request."""
        return [_request("subscribe", topics, request)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [_request("unsubscribe", topics, request)]

    def _ping(self) -> bytes:
        return b'{"op":"ping"}'

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.topic is None:
            return self._answer(envelope)
        name, _, symbol = envelope.topic.rpartition(".")
        instrument = self._by_symbol.get(symbol)
        is_book = name.startswith("orderbook.")
        self._about(instrument if is_book else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if is_book:
            return self._book(instrument, envelope)
        if name != "publicTrade":
            return self._drop("channel_unknown")
        trades = decode(_TRADES, envelope.data, "publicTrade")
        return instrument.trades(map(_text_trade, trades))

    def _book(self, instrument: VenueInstrument, envelope: _Envelope) -> list[Input]:
        message = decode(_BOOK, envelope.data, "orderbook")
        time = Nanos(envelope.ts * NANOS_PER_MILLISECOND)
        sides, book = TextSides(message.b, message.a), instrument.book
        if envelope.type == "snapshot":
            return book.snapshot(sides, message.u, time)
        if book.believed:
            if message.u <= book.update:
                return self._drop("book_old")
            follows = message.u == book.update + 1
            found = f"expected u {book.update + 1}, found {message.u}"
            self._chain.compare(follows, f"{instrument.symbol}: {found}")
            if not follows:
                return book.broken("book_gap", f"book gap: {found}")
        return book.change(sides, message.u, time)

    def _answer(self, envelope: _Envelope) -> list[Input]:
        self._about(None)
        if envelope.op == "ping" or envelope.ret_msg == "pong":
            return self._drop("heartbeat")
        if not envelope.success:
            self.subscriptions.refuse(envelope.ret_msg)
            return self._drop("answer_refused")
        if envelope.op not in ("subscribe", "unsubscribe"):
            return self._drop("event_unknown")
        request = numbered(envelope.req_id)
        if envelope.op == "subscribe":
            self.subscriptions.confirm_request(request)
        return self._drop("answer")


def _request(operation: str, topics: Sequence[Topic], number: int) -> bytes:
    args = [topic.name for topic in topics]
    return msgspec.json.encode({"op": operation, "args": args, "req_id": str(number)})


def _text_trade(trade: _Trade) -> TextTrade:
    time = Nanos(trade.T * NANOS_PER_MILLISECOND)
    return TextTrade(trade.p, trade.v, _SIDES[trade.S], trade.i, time, numbered(trade.i))
