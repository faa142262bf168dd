"""Bitget market data of many instruments: frames off the wire, or from a recording, as inputs.

A change of a book carries a checksum over the best 25 levels as the venue wrote them, as at OKX,
and no number that names the message before. Versions 1 and 2 differ in their trades alone.

Source: the venue's documentation of its public WebSocket channels `books` and `trade`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.json_frames import decode, milliseconds, only
from fairlead.gateways.level_checksum import level_text, signed_checksum
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import Proof, TextSides
from fairlead.gateways.venue_instrument import TextTrade, VenueInstrument, numbered
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

_CHANNELS: Final = {"books": DataClass.BOOK, "trade": DataClass.TRADE}
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


class _Arg(msgspec.Struct, rename="camel", gc=False):
    channel: str
    inst_id: str = ""
    inst_type: str = ""


class _Envelope(msgspec.Struct, gc=False):
    arg: _Arg | None = None
    event: str | None = None
    action: Literal["snapshot", "update"] = "update"
    code: int | str = ""
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class _Book(msgspec.Struct, gc=False):
    asks: list[tuple[str, str]]
    bids: list[tuple[str, str]]
    ts: str
    checksum: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)] = 0


class _Trade(msgspec.Struct, rename="camel", gc=False):
    ts: str
    price: str
    size: str
    side: Literal["buy", "sell"]
    trade_id: str = ""


_FirstTrade = tuple[str, str, str, Literal["buy", "sell"]]  # of version 1: time, price, quantity
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_BOOK: Final = msgspec.json.Decoder(list[_Book])
_TRADES: Final = msgspec.json.Decoder(list[_Trade | _FirstTrade])


class BitgetFeed(BooksFeed):
    """The market data of instruments of one market at Bitget: `ETHUSDT.BITGET-USDM`."""

    url = "wss://ws.bitget.com/v2/ws/public"
    numbered = False

    def __init__(
        self,
        instruments: Sequence[Instrument],
        limits: Mapping[DataClass, Nanos] | None = None,
        market: str = "USDT-FUTURES",
    ) -> None:
        """Begin without books; `market` is the venue's `instType`."""
        self._market = market
        topics = topics_of(instruments, _CHANNELS)
        super().__init__(instruments, topics, limits)

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes; each topic is confirmed by its name."""
        return [self._request("subscribe", topics)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [self._request("unsubscribe", topics)]

    def _proof(self) -> Proof:
        return Proof(level_text, signed_checksum, self._oracle("checksum"))

    def _ping(self) -> bytes:
        return b"ping"

    def _read(self, frame: bytes) -> list[Input]:
        if frame == b"pong":
            self._about(None)
            return self._drop("heartbeat")
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.event is not None or envelope.arg is None:
            return self._answer(envelope)
        channel = envelope.arg.channel
        instrument = self._by_symbol.get(envelope.arg.inst_id)
        self._about(instrument if channel == "books" else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if channel == "books":
            return self._book(instrument, envelope)
        if channel != "trade":
            return self._drop("channel_unknown")
        trades = decode(_TRADES, envelope.data, "trade")
        if envelope.action == "snapshot":
            return self._drop("trades_before")  # those of the last minutes, newest first
        return instrument.trades(map(_text_trade, trades))

    def _book(self, instrument: VenueInstrument, envelope: _Envelope) -> list[Input]:
        message = only(decode(_BOOK, envelope.data, "books"), "books")
        sides, time = TextSides(message.bids, message.asks), milliseconds(message.ts)
        apply = instrument.book.change
        if envelope.action == "snapshot":
            apply = instrument.book.snapshot
        return apply(sides, 0, time, message.checksum or None)

    def _answer(self, envelope: _Envelope) -> list[Input]:
        self._about(None)
        if envelope.event == "error":
            self.subscriptions.refuse(f"{envelope.code}: {envelope.msg}")
            return self._drop("answer_refused")
        if envelope.event == "subscribe" and envelope.arg is not None:
            self.subscriptions.confirm(f"{envelope.arg.channel}:{envelope.arg.inst_id}")
        return self._drop("answer" if envelope.event else "event_unknown")

    def _request(self, operation: str, topics: Sequence[Topic]) -> bytes:
        split = [topic.name.partition(":") for topic in topics]
        args = [
            {"instType": self._market, "channel": channel, "instId": symbol}
            for channel, _, symbol in split
        ]
        return msgspec.json.encode({"op": operation, "args": args})


def _text_trade(trade: _Trade | _FirstTrade) -> TextTrade:
    if isinstance(trade, _Trade):
        number, time = numbered(trade.trade_id), milliseconds(trade.ts)
        side = _SIDES[trade.side]
        return TextTrade(trade.price, trade.size, side, trade.trade_id, time, number)
    told, price, quantity, taker = trade
    return TextTrade(price, quantity, _SIDES[taker], told, milliseconds(told))
