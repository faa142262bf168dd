"""Kraken market data of many pairs, WebSocket version 2, as inputs.

The rules of the book are those of version 1 (`feed.py`). Prices are JSON numbers, so the checksum
is made of whole increments: digits at the venue's precision, which the instrument has.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import increments
from fairlead.gateways.json_frames import decode, iso_time, only, plain
from fairlead.gateways.kraken.checksum import checksum
from fairlead.gateways.kraken.feed import DEPTH
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import LevelText, Proof, TextSides
from fairlead.gateways.venue_instrument import TextTrade, VenueInstrument
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

_CHANNELS: Final = {"book": DataClass.BOOK, "trade": DataClass.TRADE}
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


class _Result(msgspec.Struct, frozen=True, gc=False):
    channel: str = ""
    symbol: str = ""


class _Envelope(msgspec.Struct, gc=False):
    channel: str | None = None
    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")
    method: str | None = None
    success: bool = True
    error: str = ""
    symbol: str = ""
    result: _Result = _Result()


class _Level(msgspec.Struct, gc=False):
    price: msgspec.Raw
    qty: msgspec.Raw


class _Book(msgspec.Struct, gc=False):
    symbol: str
    bids: list[_Level]
    asks: list[_Level]
    checksum: int | None = None
    timestamp: str = ""


class _Status(msgspec.Struct, gc=False):
    system: str


class _Trade(msgspec.Struct, gc=False):
    symbol: str
    side: str
    price: msgspec.Raw
    qty: msgspec.Raw
    trade_id: int
    timestamp: str


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_BOOK: Final = msgspec.json.Decoder(list[_Book])
_STATUS: Final = msgspec.json.Decoder(list[_Status])
_TRADES: Final = msgspec.json.Decoder(list[_Trade])


class KrakenSecondFeed(BooksFeed):
    """The market data of pairs at Kraken; symbols are as version 2 names them: `BTC/USD.KRAKEN`."""

    url = "wss://ws.kraken.com/v2"
    numbered = False

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, _CHANNELS)
        super().__init__(instruments, topics, limits)

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel; each pair is confirmed by its name."""
        return _requests("subscribe", topics)

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel that ends subscriptions."""
        return _requests("unsubscribe", topics)

    def _make(self, instrument: Instrument, counts: FeedCounts) -> VenueInstrument:
        proof = Proof(_level_text(instrument), checksum, self._oracle("checksum"))
        return VenueInstrument(instrument, counts, proof, DEPTH)

    def _ping(self) -> bytes:
        return b'{"method":"ping"}'

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.method is not None:
            return self._answer(envelope)
        if envelope.channel == "book":
            return self._book(envelope)
        self._about(None)
        if envelope.channel == "trade":
            return self._trades(decode(_TRADES, envelope.data, "trade"))
        if envelope.channel is None:
            raise MalformedFrame("fields", "frame: neither `channel` nor `method`")
        if envelope.channel == "status":
            return self._venue_is(only(decode(_STATUS, envelope.data, "status"), "status").system)
        return self._drop("heartbeat" if envelope.channel == "heartbeat" else "channel_unknown")

    def _book(self, envelope: _Envelope) -> list[Input]:
        book = only(decode(_BOOK, envelope.data, "book"), "book")
        instrument = self._by_symbol.get(book.symbol)
        self._about(instrument)
        if instrument is None:
            return self._drop("symbol_unknown")
        time = iso_time(book.timestamp) if book.timestamp else Nanos(0)
        sides = TextSides(_levels(book.bids), _levels(book.asks))
        if envelope.type == "snapshot":
            return instrument.book.snapshot(sides, 0, time, book.checksum)
        return instrument.book.change(sides, 0, time, book.checksum)

    def _trades(self, trades: list[_Trade]) -> list[Input]:
        symbols = {trade.symbol for trade in trades}
        if len(symbols) != 1:
            raise MalformedFrame("fields", f"trade: {len(symbols)} symbols in a frame, expected 1")
        instrument = self._by_symbol.get(trades[0].symbol)
        if instrument is None:
            return self._drop("symbol_unknown")
        return instrument.trades(map(_text_trade, trades))

    def _answer(self, envelope: _Envelope) -> list[Input]:
        self._about(None)
        if envelope.method == "pong":
            return self._drop("heartbeat")
        if not envelope.success:
            self.subscriptions.refuse(f"{envelope.error} ({envelope.symbol})")
            return self._drop("answer_refused")
        if envelope.method == "subscribe":
            self.subscriptions.confirm(f"{envelope.result.channel}:{envelope.result.symbol}")
        return self._drop("answer")


def _requests(method: str, topics: Sequence[Topic]) -> list[bytes]:
    symbols: dict[str, list[str]] = {}
    for topic in topics:
        channel, _, symbol = topic.name.partition(":")
        symbols.setdefault(channel, []).append(symbol)
    return [
        msgspec.json.encode({"method": method, "params": _params(channel, named)})
        for channel, named in symbols.items()
    ]


def _params(channel: str, symbols: list[str]) -> dict[str, object]:
    params: dict[str, object] = {"channel": channel, "symbol": symbols}
    return params | {"depth": DEPTH} if channel == "book" else params


def _level_text(instrument: Instrument) -> LevelText:
    def text(price: str, quantity: str) -> str:
        whole = increments(price, instrument.price_decimals)
        return f"{whole}{increments(quantity, instrument.quantity_decimals)}"

    return text


def _levels(levels: list[_Level]) -> list[tuple[str, str]]:
    return [(plain(level.price), plain(level.qty)) for level in levels]


def _text_trade(trade: _Trade) -> TextTrade:
    side = _SIDES.get(trade.side)
    if side is None:
        raise MalformedFrame("side", f"trade: side {trade.side[:20]!r}, expected buy or sell")
    price, quantity, time = plain(trade.price), plain(trade.qty), iso_time(trade.timestamp)
    return TextTrade(price, quantity, side, str(trade.trade_id), time, trade.trade_id)
