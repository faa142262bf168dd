"""Deribit market data of many instruments: frames off the wire, or from a recording, as inputs.

Each change of a book names the change before it, so a missing message shows in the next one. The
venue asks from time to time whether we are there (`test_request`) and hangs up on those who do not
answer.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.deribit.frames import Book, Envelope, Level, PublicTrade, Ticker
from fairlead.gateways.deribit.touch import TouchCheck
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.json_frames import decode, plain
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import TextSides
from fairlead.gateways.venue_instrument import TextQuote, TextTrade, VenueInstrument
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

HEARTBEAT_SECONDS: Final = 15
_CHANNELS: Final = {"book": DataClass.BOOK, "trades": DataClass.TRADE}
_INTERVAL: Final = "100ms"  # `raw` needs a key
_RAW: Final = ".raw"  # every change by itself
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_BOOK: Final = msgspec.json.Decoder(Book)
_TRADES: Final = msgspec.json.Decoder(list[PublicTrade])
_TICKER: Final = msgspec.json.Decoder(Ticker)
_RESULT: Final = msgspec.json.Decoder(list[str] | str | None)
_OURS: Final = 0  # the id of what is said beside subscriptions; those count from 1


class DeribitFeed(BooksFeed):
    """The market data of instruments at Deribit."""

    url = "wss://www.deribit.com/ws/api/v2"
    numbered = True

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, _CHANNELS, f"{{name}}.{{symbol}}.{_INTERVAL}")
        super().__init__(instruments, topics, limits)
        self._chain = self._oracle("sequence")
        self._trade_chain = self._oracle("trades")
        touch = self._oracle("touch")
        self._touches = {each.id: TouchCheck(each.book, touch) for each in self._by_id.values()}

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes; the answer lists what is sent from now on."""
        return [_request("public/subscribe", {"channels": [t.name for t in topics]}, request)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [_request("public/unsubscribe", {"channels": [t.name for t in topics]}, request)]

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection; the venue is asked to show that it is alive."""
        super().connected(time)
        interval = {"interval": HEARTBEAT_SECONDS}
        self.subscriptions.answer(_request("public/set_heartbeat", interval, _OURS))

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.method == "subscription":
            return self._message(envelope)
        self._about(None)
        if envelope.method == "heartbeat":
            if envelope.params.type == "test_request":
                self.subscriptions.answer(_request("public/test", {}, _OURS))
            return self._drop("heartbeat")
        return self._answer(envelope)

    def _message(self, envelope: Envelope) -> list[Input]:
        kind, _, rest = envelope.params.channel.partition(".")
        symbol = rest.rpartition(".")[0]
        instrument = self._by_symbol.get(symbol)
        self._about(instrument if kind == "book" else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if kind == "book":
            return self._book(instrument, decode(_BOOK, envelope.params.data, "book"))
        is_raw = rest.endswith(_RAW)
        if kind == "trades":
            trades = decode(_TRADES, envelope.params.data, "trades")
            return instrument.trades(map(_trade, trades), self._trade_chain)
        if kind == "ticker":
            ticker = decode(_TICKER, envelope.params.data, "ticker")
            return self._ticker(instrument, ticker, is_raw=is_raw)
        return self._drop("channel_unknown")

    def _book(self, instrument: VenueInstrument, message: Book) -> list[Input]:
        book, touch = instrument.book, self._touches[instrument.id]
        if message.instrument_name != instrument.symbol:
            raise MalformedFrame("fields", f"book: {message.instrument_name[:40]!r} in the channel")
        time = Nanos(message.timestamp * NANOS_PER_MILLISECOND)
        sides = TextSides(_levels(message.bids), _levels(message.asks))
        touch.settle(time)
        if message.type == "snapshot":
            return book.snapshot(sides, message.change_id, time)
        if book.believed:
            if message.change_id <= book.update:
                return self._drop("book_old")
            follows = message.prev_change_id == book.update
            found = f"expected prev_change_id {book.update}, found {message.prev_change_id}"
            self._chain.compare(follows, f"{instrument.symbol}: {found}")
            if not follows:
                return book.broken("book_gap", f"book gap: {found}")
        return book.change(sides, message.change_id, time)

    def _ticker(self, instrument: VenueInstrument, ticker: Ticker, *, is_raw: bool) -> list[Input]:
        quote = TextQuote(
            plain(ticker.best_bid_price),
            plain(ticker.best_bid_amount),
            plain(ticker.best_ask_price),
            plain(ticker.best_ask_amount),
        )
        time = Nanos(ticker.timestamp * NANOS_PER_MILLISECOND)
        if is_raw and instrument.book.believed:
            self._touches[instrument.id].ticker(instrument.touch(quote), time)
        return instrument.quote(quote, 0, time)

    def _answer(self, envelope: Envelope) -> list[Input]:
        if envelope.error is not None:
            self.subscriptions.refuse(f"{envelope.error.code}: {envelope.error.message}")
            return self._drop("answer_refused")
        if envelope.id is None:
            return self._drop("method_unknown")
        result = decode(_RESULT, envelope.result, "result") if envelope.id != _OURS else None
        for name in result if isinstance(result, list) else ():
            self.subscriptions.confirm(name)
        return self._drop("answer")


def _request(method: str, params: Mapping[str, object], number: int) -> bytes:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return msgspec.json.encode(message)


def _levels(levels: list[Level]) -> list[tuple[str, str]]:
    return [
        (plain(price), "0" if action == "delete" else plain(amount))
        for action, price, amount in levels
    ]


def _trade(trade: PublicTrade) -> TextTrade:
    time = Nanos(trade.timestamp * NANOS_PER_MILLISECOND)
    price, amount, side = plain(trade.price), plain(trade.amount), _SIDES[trade.direction]
    return TextTrade(price, amount, side, trade.trade_id, time, trade.trade_seq)
