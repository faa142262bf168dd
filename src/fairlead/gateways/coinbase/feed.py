"""Coinbase Exchange market data of many products: frames off the wire, or from a recording.

Changes of books have no numbers and no checksum: of a change that is missing, nothing in the book
tells. What is numbered are trades, and every second a heartbeat names the last one. A trade that is
missing shows that messages were lost, so the book of that product is not believed either. The
Advanced Trade feed numbers all its messages (`advanced.py`): prefer it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.coinbase.frames import (
    Change,
    Envelope,
    Heartbeat,
    Match,
    Snapshot,
    Ticker,
)
from fairlead.gateways.json_frames import decode, iso_time
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, topics_of
from fairlead.gateways.venue_book import TextSides
from fairlead.gateways.venue_instrument import NO_NUMBER, TextQuote, TextTrade, VenueInstrument
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, Nanos

# Each product has a heartbeat a second: silence of that is no quiet market.
LIMITS: Final[Mapping[DataClass, Nanos]] = {DataClass.PULSE: Nanos(10 * NANOS_PER_SECOND)}
_CHANNELS: Final = {
    "level2_batch": DataClass.BOOK,
    "matches": DataClass.TRADE,
    "heartbeat": DataClass.PULSE,
}
_TAKER: Final = {"buy": Side.SELL, "sell": Side.BUY}  # by the side of the maker
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_SNAPSHOT: Final = msgspec.json.Decoder(Snapshot)
_CHANGE: Final = msgspec.json.Decoder(Change)
_MATCH: Final = msgspec.json.Decoder(Match)
_TICKER: Final = msgspec.json.Decoder(Ticker)
_HEARTBEAT: Final = msgspec.json.Decoder(Heartbeat)


class CoinbaseFeed(BooksFeed):
    """The market data of products at Coinbase Exchange: `BTC-USD.COINBASE`."""

    url = "wss://ws-feed.exchange.coinbase.com"
    numbered = False

    def __init__(
        self, instruments: Sequence[Instrument], limits: Mapping[DataClass, Nanos] | None = None
    ) -> None:
        """Begin without books."""
        topics = topics_of(instruments, _CHANNELS)
        super().__init__(instruments, topics, LIMITS if limits is None else limits)
        self._trade_chain = self._oracle("trades")

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes; the answer lists all that is sent now."""
        return [_request("subscribe", topics)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [_request("unsubscribe", topics)]

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        kind = envelope.type
        if kind in ("subscriptions", "error"):
            return self._answer(envelope)
        instrument = self._by_symbol.get(envelope.product_id)
        self._about(instrument if kind in ("snapshot", "l2update") else None)
        if instrument is None:
            return self._drop("symbol_unknown")
        if kind == "l2update":
            change = decode(_CHANGE, frame, "l2update")
            return instrument.book.change(_changed(change), 0, _time(change.time))
        if kind == "snapshot":
            snapshot = decode(_SNAPSHOT, frame, "snapshot")
            sides = TextSides(snapshot.bids, snapshot.asks)
            return instrument.book.snapshot(sides, 0, _time(snapshot.time))
        return self._other(kind, instrument, frame)

    def _other(self, kind: str, instrument: VenueInstrument, frame: bytes) -> list[Input]:
        if kind in ("match", "last_match"):
            return self._match(instrument, decode(_MATCH, frame, kind))
        if kind == "ticker":
            return self._ticker(instrument, decode(_TICKER, frame, kind))
        if kind == "heartbeat":
            self._heard(instrument.id, DataClass.PULSE)
            self.counts.drop("heartbeat")
            return self._behind(instrument, decode(_HEARTBEAT, frame, kind).last_trade_id)
        return self._drop("channel_unknown")

    def _match(self, instrument: VenueInstrument, match: Match) -> list[Input]:
        gaps = self._behind(instrument, match.trade_id - 1)
        side, time = _TAKER[match.side], _time(match.time)
        number = match.trade_id
        trade = TextTrade(match.price, match.size, side, str(number), time, number)
        return instrument.trades([trade], self._trade_chain) + gaps

    def _behind(self, instrument: VenueInstrument, last: int) -> list[Input]:
        """Return the gap where trades up to `last` have not all come."""
        known = instrument.last_trade
        if known == NO_NUMBER or known >= last:
            return []
        return instrument.lose(f"lost messages: expected trade {known + 1}, found {last} done")

    def _ticker(self, instrument: VenueInstrument, ticker: Ticker) -> list[Input]:
        if not (ticker.best_bid_size and ticker.best_ask_size):
            return self._drop("quote_without_quantity")
        quote = TextQuote(
            ticker.best_bid, ticker.best_bid_size, ticker.best_ask, ticker.best_ask_size
        )
        return instrument.quote(quote, 0, _time(ticker.time))

    def _answer(self, envelope: Envelope) -> list[Input]:
        self._about(None)
        if envelope.type == "error":
            self.subscriptions.refuse(f"{envelope.message}: {envelope.reason}")
            return self._drop("answer_refused")
        for channel in envelope.channels:
            # The venue calls `level2_batch` by several names once it sends it.
            name = "level2_batch" if channel.name.startswith("level2") else channel.name
            for product in channel.product_ids:
                self.subscriptions.confirm(f"{name}:{product}")
        return self._drop("answer")


def _request(kind: str, topics: Sequence[Topic]) -> bytes:
    products: dict[str, list[str]] = {}
    for topic in topics:
        channel, _, product = topic.name.partition(":")
        products.setdefault(channel, []).append(product)
    channels = [{"name": name, "product_ids": named} for name, named in products.items()]
    return msgspec.json.encode({"type": kind, "channels": channels})


def _changed(change: Change) -> TextSides:
    return TextSides(
        [(price, size) for side, price, size in change.changes if side == "buy"],
        [(price, size) for side, price, size in change.changes if side == "sell"],
    )


def _time(text: str) -> Nanos:
    return iso_time(text) if text else Nanos(0)
