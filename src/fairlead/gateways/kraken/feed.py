"""Kraken market data of many pairs, WebSocket version 1, as inputs.

Messages are not numbered: the proof of a book is the checksum that comes with each change, over the
best ten levels. The venue sends a fixed number of levels and does not say which fall out of it, so
a book is trimmed after each change, and the change says so. A frame that cannot be read may have
been about any book, so all of them are stale then.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.json_frames import decode, seconds
from fairlead.gateways.kraken.checksum import checksum, level_text
from fairlead.gateways.kraken.frames import (
    Data,
    Event,
    Level,
    PublicTrade,
    Sides,
    Spread,
    Ticker,
)
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import Proof, TextSides
from fairlead.gateways.venue_instrument import TextQuote, TextTrade, VenueInstrument
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos

DEPTH: Final = 100
_NAMES: Final = {"book": DataClass.BOOK, "trade": DataClass.TRADE}
_SIDES: Final = {"b": Side.BUY, "s": Side.SELL}
_PARTS_MIN: Final = 4  # of a message with data
_CHECKSUM_DIGITS_MAX: Final = 10
_EVENT: Final = msgspec.json.Decoder(Event)
_DATA: Final = msgspec.json.Decoder(Data)
_NAME: Final = msgspec.json.Decoder(str)
_SIDES_OF_BOOK: Final = msgspec.json.Decoder(Sides)
_TRADES: Final = msgspec.json.Decoder(list[PublicTrade])
_TICKER: Final = msgspec.json.Decoder(Ticker)
_SPREAD: Final = msgspec.json.Decoder(Spread)


class KrakenFeed(BooksFeed):
    """The market data of pairs at Kraken; symbols are as it names them: `XBT/USD.KRAKEN`."""

    url = "wss://ws.kraken.com"
    numbered = False

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, _NAMES)
        super().__init__(instruments, topics, limits)

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel; each pair is confirmed by its name."""
        return _requests("subscribe", topics)

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return a message for each channel that ends subscriptions."""
        return _requests("unsubscribe", topics)

    def _make(self, instrument: Instrument, counts: FeedCounts) -> VenueInstrument:
        proof = Proof(level_text, checksum, self._oracle("checksum"))
        return VenueInstrument(instrument, counts, proof, DEPTH)

    def _ping(self) -> bytes:
        return b'{"event":"ping"}'

    def _read(self, frame: bytes) -> list[Input]:
        if frame.startswith(b"{"):
            return self._event(decode(_EVENT, frame, "event"))
        parts = decode(_DATA, frame, "data")
        if len(parts) < _PARTS_MIN:
            raise MalformedFrame("fields", f"data: {len(parts)} parts, expected four or five")
        name = decode(_NAME, parts[-2], "channel name")
        instrument = self._by_symbol.get(decode(_NAME, parts[-1], "pair"))
        self._about(instrument if name.startswith("book-") else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if name.startswith("book-"):
            return self._book(instrument, name, parts[1:-2])
        return self._other(name, instrument, parts[1])

    def _other(self, name: str, instrument: VenueInstrument, payload: msgspec.Raw) -> list[Input]:
        if name == "trade":
            trades = decode(_TRADES, payload, "trade")
            return instrument.trades(map(_trade, trades))
        if name == "spread":
            bid, ask, time, bid_quantity, ask_quantity = decode(_SPREAD, payload, "spread")
            return instrument.quote(
                TextQuote(bid, bid_quantity, ask, ask_quantity), 0, seconds(time)
            )
        if name == "ticker":
            ticker = decode(_TICKER, payload, "ticker")
            quote = TextQuote(ticker.b[0], ticker.b[2], ticker.a[0], ticker.a[2])
            return instrument.quote(quote, 0, Nanos(0))
        return self._drop("channel_unknown")

    def _book(self, instrument: VenueInstrument, name: str, payloads: Data) -> list[Input]:
        sides = [decode(_SIDES_OF_BOOK, payload, "book") for payload in payloads]
        depth = name.removeprefix("book-")
        if not (depth.isascii() and depth.isdigit() and len(depth) <= len("1000")):
            raise MalformedFrame("fields", f"book: a channel {name[:40]!r}, expected book-10 or so")
        whole = [s for s in sides if s.whole_asks is not None or s.whole_bids is not None]
        if whole:
            instrument.book.depth = int(depth)
            asks, bids = whole[0].whole_asks or [], whole[0].whole_bids or []
            return instrument.book.snapshot(
                TextSides(_levels(bids), _levels(asks)), 0, _newest([*bids, *asks])
            )
        bids = [level for side in sides for level in side.b]
        asks = [level for side in sides for level in side.a]
        told = next((side.c for side in reversed(sides) if side.c), "")
        return instrument.book.change(
            TextSides(_levels(bids), _levels(asks)), 0, _newest([*bids, *asks]), _told(told)
        )

    def _event(self, event: Event) -> list[Input]:
        self._about(None)
        if event.event in ("heartbeat", "pong"):
            return self._drop("heartbeat")
        if event.event == "systemStatus":
            return self._venue_is(event.status)
        if event.event != "subscriptionStatus":
            return self._drop("event_unknown")
        if event.status == "error":
            self.subscriptions.refuse(f"{event.error_message} ({event.pair})")
            return self._drop("answer_refused")
        if event.status == "subscribed":
            self.subscriptions.confirm(f"{event.subscription.name}:{event.pair}")
        return self._drop("answer")


def _requests(event: str, topics: Sequence[Topic]) -> list[bytes]:
    pairs: dict[str, list[str]] = {}
    for topic in topics:
        name, _, pair = topic.name.partition(":")
        pairs.setdefault(name, []).append(pair)
    return [
        msgspec.json.encode({"event": event, "pair": named, "subscription": _subscription(name)})
        for name, named in pairs.items()
    ]


def _subscription(name: str) -> dict[str, object]:
    return {"name": name, "depth": DEPTH} if name == "book" else {"name": name}


def _levels(levels: Sequence[Level]) -> list[tuple[str, str]]:
    return [(level[0], level[1]) for level in levels]


def _newest(levels: Sequence[Level]) -> Nanos:
    return max([seconds(level[2]) for level in levels], default=Nanos(0))


def _told(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _CHECKSUM_DIGITS_MAX):
        raise MalformedFrame("checksum", f"book: {text[:40]!r} is no checksum")
    return int(text)


def _trade(trade: PublicTrade) -> TextTrade:
    price, quantity, time, side = trade[:4]
    aggressor = _SIDES.get(side)
    if aggressor is None:
        raise MalformedFrame("side", f"trade: side {side[:20]!r}, expected b or s")
    return TextTrade(price, quantity, aggressor, time, seconds(time))  # the venue has no trade ids
