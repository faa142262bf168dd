"""OKX market data of many instruments: frames off the wire, or from a recording, as inputs.

A book is proved twice. Each message names the one before it (`prevSeqId`), and carries a checksum
over the best 25 levels as the venue wrote them. Recordings before 2022 have no numbers, messages
since 2024 may have no checksum: what is there is checked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.json_frames import decode, milliseconds, only
from fairlead.gateways.level_checksum import level_text, signed_checksum
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.okx.frames import Arg, Book, Envelope, Level, PublicTrade, Ticker
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import Proof, TextSides
from fairlead.gateways.venue_instrument import TextQuote, TextTrade, VenueInstrument, numbered
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

CHANNELS: Final[Mapping[str, DataClass]] = {
    "books": DataClass.BOOK,
    "bbo-tbt": DataClass.QUOTE,
    "trades": DataClass.TRADE,
}
_BOOKS: Final = ("books", "books-l2-tbt", "books50-l2-tbt")  # a snapshot, then what changes
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_BOOK: Final = msgspec.json.Decoder(list[Book])
_TRADES: Final = msgspec.json.Decoder(list[PublicTrade])
_TICKER: Final = msgspec.json.Decoder(list[Ticker])


class OkxFeed(BooksFeed):
    """The market data of instruments at OKX."""

    url = "wss://ws.okx.com:8443/ws/v5/public"
    numbered = False  # old recordings are not, and a checksum covers the best 25 levels alone

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, CHANNELS)
        super().__init__(instruments, topics, limits)
        self._chain = self._oracle("sequence")

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes; each topic is confirmed by its name."""
        return [_request("subscribe", topics)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [_request("unsubscribe", topics)]

    def _proof(self) -> Proof:
        return Proof(level_text, signed_checksum, self._oracle("checksum"))

    def _ping(self) -> bytes:
        return b"ping"

    def _read(self, frame: bytes) -> list[Input]:
        if frame == b"pong":
            return self._drop("heartbeat")
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.event is not None:
            return self._answer(envelope)
        if envelope.arg is None:
            raise MalformedFrame("fields", "frame: neither `arg` nor `event`")
        instrument = self._by_symbol.get(envelope.arg.inst_id)
        if instrument is None:
            self._about(None)
            return self._drop("symbol_unknown")
        return self._data(envelope.arg.channel, instrument, envelope)

    def _data(self, channel: str, instrument: VenueInstrument, envelope: Envelope) -> list[Input]:
        if channel in _BOOKS:
            self._about(instrument)
            return self._book(instrument, envelope)
        self._about(None)
        if channel == "trades":
            trades = decode(_TRADES, envelope.data, "trades")
            return instrument.trades(map(_trade, trades))
        if channel == "tickers":
            ticker = only(decode(_TICKER, envelope.data, "tickers"), "tickers")
            quote = TextQuote(ticker.bid_px, ticker.bid_sz, ticker.ask_px, ticker.ask_sz)
            return instrument.quote(quote, 0, milliseconds(ticker.ts))
        if channel == "bbo-tbt":
            return self._touch(instrument, envelope)
        if channel == "books5":
            self._about(instrument)
            book = only(decode(_BOOK, envelope.data, "books5"), "books5")
            return instrument.book.snapshot(
                _sides(book), book.seq_id or 0, milliseconds(book.ts), book.checksum or None
            )
        return self._drop("channel_unknown")

    def _book(self, instrument: VenueInstrument, envelope: Envelope) -> list[Input]:
        message = only(decode(_BOOK, envelope.data, "books"), "books")
        time, checksum = milliseconds(message.ts), message.checksum or None
        update = 0 if message.seq_id is None else message.seq_id
        book = instrument.book
        if envelope.action == "snapshot":
            return book.snapshot(_sides(message), update, time, checksum)
        if envelope.action != "update":
            raise MalformedFrame("fields", f"books: action {str(envelope.action)[:20]!r}")
        if book.believed and message.prev_seq_id is not None:
            if message.prev_seq_id != book.update and update <= book.update:
                return self._drop("book_old")
            follows = message.prev_seq_id == book.update
            found = f"expected prevSeqId {book.update}, found {message.prev_seq_id}"
            self._chain.compare(follows, f"{instrument.symbol}: {found}")
            if not follows:
                return book.broken("book_gap", f"book gap: {found}")
        return book.change(_sides(message), update, time, checksum)

    def _touch(self, instrument: VenueInstrument, envelope: Envelope) -> list[Input]:
        book = only(decode(_BOOK, envelope.data, "bbo-tbt"), "bbo-tbt")
        bid = book.bids[0] if book.bids else ("", "", "", "")
        ask = book.asks[0] if book.asks else ("", "", "", "")
        quote = TextQuote(bid[0], bid[1], ask[0], ask[1])
        return instrument.quote(quote, book.seq_id or 0, milliseconds(book.ts))

    def _answer(self, envelope: Envelope) -> list[Input]:
        self._about(None)
        if envelope.event == "error":
            self.subscriptions.refuse(f"{envelope.code}: {envelope.msg}")
            return self._drop("answer_refused")
        if envelope.event == "subscribe" and envelope.arg is not None:
            self.subscriptions.confirm(_name(envelope.arg))
        return self._drop("answer" if envelope.event in ("subscribe", "unsubscribe") else "notice")


def _name(arg: Arg) -> str:
    return f"{arg.channel}:{arg.inst_id}"


def _request(operation: str, topics: Sequence[Topic]) -> bytes:
    split = [topic.name.partition(":") for topic in topics]
    args = [{"channel": channel, "instId": symbol} for channel, _, symbol in split]
    return msgspec.json.encode({"op": operation, "args": args})


def _sides(book: Book) -> TextSides:
    return TextSides(_levels(book.bids), _levels(book.asks))


def _levels(levels: list[Level]) -> list[tuple[str, str]]:
    return [(level[0], level[1]) for level in levels]


def _trade(trade: PublicTrade) -> TextTrade:
    side = _SIDES.get(trade.side)
    if side is None:
        raise MalformedFrame("side", f"trades: side {trade.side[:20]!r}, expected buy or sell")
    number = numbered(trade.trade_id)
    return TextTrade(trade.px, trade.sz, side, trade.trade_id, milliseconds(trade.ts), number)
