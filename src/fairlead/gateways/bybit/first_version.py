"""Bybit's inverse contracts, version 1, of which there are recordings. Nothing is subscribed to.

Messages say what becomes of each level: it is new, other, or gone. Their numbers grow and have
holes, so what proves a book is that a level which is new was not there, and that one which is other
or gone was. A message that is lost shows only where a level of it came or went.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.json_frames import Milliseconds, Number, decode, plain
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic
from fairlead.gateways.venue_book import TextLevel, TextSides
from fairlead.gateways.venue_instrument import TextTrade, VenueInstrument
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_NANOS_PER_MICROSECOND: Final = 1_000
_MICROSECONDS_MAX: Final = (2**63 - 1) // _NANOS_PER_MICROSECOND


class _Envelope(msgspec.Struct, gc=False):
    topic: str | None = None
    type: Literal["snapshot", "delta"] = "delta"
    data: msgspec.Raw = msgspec.Raw(b"null")
    cross_seq: Number = 0
    timestamp_e6: Number = 0


class _Level(msgspec.Struct, gc=False):
    price: str
    side: Literal["Buy", "Sell"]
    size: Number = 0


class _Delta(msgspec.Struct, gc=False):
    delete: list[_Level] = []
    update: list[_Level] = []
    insert: list[_Level] = []


class _Trade(msgspec.Struct, gc=False):
    trade_time_ms: Milliseconds
    side: Literal["Buy", "Sell"]
    size: Number
    price: msgspec.Raw
    trade_id: str


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_SNAPSHOT: Final = msgspec.json.Decoder(list[_Level])
_DELTA: Final = msgspec.json.Decoder(_Delta)
_TRADES: Final = msgspec.json.Decoder(list[_Trade])


class BybitFirstFeed(BooksFeed):
    """The market data of inverse contracts at Bybit as they were recorded: `BTCUSD.BYBIT`."""

    url = "wss://stream.bybit.com/realtime"
    numbered = False

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        super().__init__(instruments, (), limits)
        self._levels = self._oracle("levels")

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return nothing: the venue does not speak it any more."""
        return []

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return nothing, likewise."""
        return []

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.topic is None:
            self._about(None)
            return self._drop("answer")
        name, _, symbol = envelope.topic.rpartition(".")
        instrument = self._by_symbol.get(symbol)
        is_book = name.startswith("orderBookL2")
        self._about(instrument if is_book else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if is_book:
            return self._book(instrument, envelope)
        if name != "trade":
            return self._drop("channel_unknown")
        trades = decode(_TRADES, envelope.data, "trade")
        return instrument.trades(map(_text_trade, trades))

    def _book(self, instrument: VenueInstrument, envelope: _Envelope) -> list[Input]:
        book, update = instrument.book, envelope.cross_seq
        time = Nanos(min(envelope.timestamp_e6, _MICROSECONDS_MAX) * _NANOS_PER_MICROSECOND)
        if envelope.type == "snapshot":
            whole = decode(_SNAPSHOT, envelope.data, "snapshot")
            return book.snapshot(_sides(whole), update, time)
        delta = decode(_DELTA, envelope.data, "delta")
        if book.believed:
            if update <= book.update:
                return self._drop("book_old")
            wrong = self._wrong_level(instrument, delta)
            self._levels.compare(not wrong, f"{instrument.symbol}: {wrong}")
            if wrong:
                return book.broken("book_gap", f"book gap: {wrong}")
        gone = [_Level(each.price, each.side) for each in delta.delete]
        return book.change(_sides([*gone, *delta.update, *delta.insert]), update, time)

    def _wrong_level(self, instrument: VenueInstrument, delta: _Delta) -> str:
        """Return which level cannot be what the message says, empty if all can."""
        for each in (*delta.delete, *delta.update):
            if not instrument.book.has(_SIDES[each.side], each.price):
                return f"{each.side} {each.price} changes and was not there"
        gone = {(each.side, each.price) for each in delta.delete}
        for each in delta.insert:
            there = instrument.book.has(_SIDES[each.side], each.price)
            if there and (each.side, each.price) not in gone:
                return f"{each.side} {each.price} is new and was there"
        return ""


def _sides(levels: Sequence[_Level]) -> TextSides:
    bids: list[TextLevel] = []
    asks: list[TextLevel] = []
    for each in levels:
        (bids if each.side == "Buy" else asks).append((each.price, str(each.size)))
    return TextSides(bids, asks)


def _text_trade(trade: _Trade) -> TextTrade:
    time = Nanos(trade.trade_time_ms * NANOS_PER_MILLISECOND)
    side = _SIDES[trade.side]
    return TextTrade(plain(trade.price), str(trade.size), side, trade.trade_id, time)
