"""Coinbase Advanced Trade market data of many products: one chain of numbers for a connection.

Every message of a connection has the next `sequence_num`, whatever its channel. A missing one may
have been about any book, so all of them are stale then, and all are subscribed to anew. That is
why heartbeats, which come every second, are subscribed to as well: they end a silence in which a
lost message would not show.

Source: the venue's documentation of its Advanced Trade WebSocket channels `level2`,
`market_trades` and `heartbeats`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.json_frames import Number, decode, iso_time, only
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import TextSides
from fairlead.gateways.venue_instrument import TextTrade, VenueInstrument, numbered
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

_CHANNELS: Final = {"level2": DataClass.BOOK, "market_trades": DataClass.TRADE}
_TAKER: Final = {"BUY": Side.SELL, "SELL": Side.BUY}  # by the side of the maker


class _Envelope(msgspec.Struct, gc=False):
    channel: str = ""
    sequence_num: Number | None = None
    events: msgspec.Raw = msgspec.Raw(b"[]")
    type: str = ""
    message: str = ""


class _Level(msgspec.Struct, gc=False):
    side: Literal["bid", "offer"]
    price_level: str
    new_quantity: str
    event_time: str = ""


class _Book(msgspec.Struct, gc=False):
    type: Literal["snapshot", "update"]
    product_id: str
    updates: list[_Level]


class _Trade(msgspec.Struct, gc=False):
    trade_id: str
    product_id: str
    price: str
    size: str
    side: Literal["BUY", "SELL"]
    time: str


class _Trades(msgspec.Struct, gc=False):
    type: Literal["snapshot", "update"]
    trades: list[_Trade]


class _Subscriptions(msgspec.Struct, gc=False):
    subscriptions: dict[str, list[str]] = {}


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_BOOK: Final = msgspec.json.Decoder(list[_Book])
_TRADES: Final = msgspec.json.Decoder(list[_Trades])
_SUBSCRIPTIONS: Final = msgspec.json.Decoder(list[_Subscriptions])


class CoinbaseAdvancedFeed(BooksFeed):
    """The market data of products at Coinbase: `BTC-USD.COINBASE`."""

    url = "wss://advanced-trade-ws.coinbase.com"
    numbered = False  # a frame without its number has taken a link out of the chain

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, _CHANNELS)
        super().__init__(instruments, topics, limits)
        self._chain = self._oracle("sequence")
        self._number: int | None = None  # of the last message

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel; the answer lists all that is sent now."""
        return _requests("subscribe", topics)

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel that ends subscriptions."""
        return _requests("unsubscribe", topics)

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection: its messages count from the beginning."""
        self._number = None
        super().connected(time)
        self.subscriptions.answer(b'{"type":"subscribe","channel":"heartbeats"}')

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.type == "error":
            self._about(None)
            self.subscriptions.refuse(envelope.message)
            return self._drop("answer_refused")
        number = envelope.sequence_num
        if number is None:
            raise MalformedFrame("fields", "frame: no `sequence_num`")
        if self._number is not None and number <= self._number:
            self._about(None)
            return self._drop("message_old")
        gaps = self._gaps_before(number)
        return [*gaps, *self._events(envelope)]

    def _gaps_before(self, number: int) -> list[Input]:
        """Return a gap for every book, where a message is missing before this one."""
        last, self._number = self._number, number
        if last is None:
            return []
        found = f"expected sequence_num {last + 1}, found {number}"
        self._chain.compare(number == last + 1, found)
        if number == last + 1:
            return []
        return [
            gap for each in self._by_id.values() for gap in each.lose(f"lost messages: {found}")
        ]

    def _events(self, envelope: _Envelope) -> list[Input]:
        if envelope.channel == "l2_data":
            return self._book(envelope)
        self._about(None)
        if envelope.channel == "market_trades":
            return self._trades(envelope)
        if envelope.channel == "heartbeats":
            return self._drop("heartbeat")
        if envelope.channel == "subscriptions":
            for event in decode(_SUBSCRIPTIONS, envelope.events, "subscriptions"):
                for channel, products in event.subscriptions.items():
                    for product in products:
                        self.subscriptions.confirm(f"{channel}:{product}")
            return self._drop("answer")
        return self._drop("channel_unknown")

    def _book(self, envelope: _Envelope) -> list[Input]:
        message = only(decode(_BOOK, envelope.events, "l2_data"), "l2_data")
        instrument = self._by_symbol.get(message.product_id)
        self._about(instrument)
        if instrument is None:
            return self._drop("symbol_unknown")
        updates = message.updates
        sides = TextSides(
            [(each.price_level, each.new_quantity) for each in updates if each.side == "bid"],
            [(each.price_level, each.new_quantity) for each in updates if each.side == "offer"],
        )
        time = iso_time(updates[-1].event_time) if updates and updates[-1].event_time else Nanos(0)
        if message.type == "snapshot":
            return instrument.book.snapshot(sides, 0, time)
        return instrument.book.change(sides, 0, time)

    def _trades(self, envelope: _Envelope) -> list[Input]:
        message = only(decode(_TRADES, envelope.events, "market_trades"), "market_trades")
        if message.type == "snapshot":
            return self._drop("trades_before")  # the last ones before we came, newest first
        products = {trade.product_id for trade in message.trades}
        if len(products) != 1:
            found = f"{len(products)} products, expected one"
            raise MalformedFrame("fields", f"market_trades: {found}")
        instrument: VenueInstrument | None = self._by_symbol.get(message.trades[0].product_id)
        if instrument is None:
            return self._drop("symbol_unknown")
        told = sorted(map(_text_trade, message.trades), key=lambda trade: trade.number)
        return instrument.trades(told)


def _requests(kind: str, topics: Sequence[Topic]) -> list[bytes]:
    products: dict[str, list[str]] = {}
    for topic in topics:
        channel, _, product = topic.name.partition(":")
        products.setdefault(channel, []).append(product)
    return [
        msgspec.json.encode({"type": kind, "product_ids": named, "channel": channel})
        for channel, named in products.items()
    ]


def _text_trade(trade: _Trade) -> TextTrade:
    number, time = numbered(trade.trade_id), iso_time(trade.time)
    return TextTrade(trade.price, trade.size, _TAKER[trade.side], trade.trade_id, time, number)
