"""Binance market data of many instruments: frames off the wire, or from a recording, as inputs.

Takes combined-stream frames (`{"stream":..,"data":..}`), bare events, and the REST snapshots. One
feed is of one market: spot, USD-M or COIN-M futures. The venue sends changes of books alone, so
each book needs a snapshot that is fetched by HTTP: events wait for it (`depth.py`).

Source: the venue's documentation of its WebSocket market streams, "How to manage a local order
book correctly", for the three markets.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fairlead.gateways.binance.frames import Envelope, Market
from fairlead.gateways.binance.snapshots import STREAM, Snapshots
from fairlead.gateways.binance.streams import Handler, InstrumentStreams
from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.feed import SnapshotRequest
from fairlead.gateways.json_frames import decode
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import Topic, venue_symbol
from fairlead.gateways.venue_feed import VenueFeed
from fairlead.model.inputs import BookSnapshot, Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

_URLS: Final = {
    Market.SPOT: "wss://stream.binance.com:9443/stream",
    Market.USDM: "wss://fstream.binance.com/stream",
    Market.COINM: "wss://dstream.binance.com/stream",
}
_TRADES: Final = {Market.SPOT: "trade", Market.USDM: "trade", Market.COINM: "aggTrade"}
_DEPTH_STREAMS: Final = ("depth", "depth@0ms", "depth@100ms", "depth@250ms", "depth@500ms")
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


class BinanceFeed(VenueFeed):
    """The market data of instruments of one market; symbols begin with the venue's own."""

    def __init__(
        self,
        instruments: Instrument | Sequence[Instrument],
        market: Market,
        limits: Mapping[DataClass, Nanos] | None = None,
    ) -> None:
        """Begin without snapshots: depth events wait for them."""
        listed = [instruments] if isinstance(instruments, Instrument) else list(instruments)
        super().__init__(listed, _topics(listed, market), limits)
        self.url = _URLS[market]
        self._by_symbol = {
            streams.symbol: streams
            for streams in (InstrumentStreams(each, market, self.counts) for each in listed)
        }
        self._by_id = {streams.id: streams for streams in self._by_symbol.values()}
        self._snapshots = Snapshots(market, {each.id: each.symbol for each in self._by_id.values()})
        self._streams: dict[str, tuple[InstrumentStreams, Handler]] = {
            name: (streams, handler)
            for streams in self._by_id.values()
            for name, handler in _handlers(streams, self._on_snapshot(streams))
        }

    # --- frames ----------------------------------------------------------------------------------

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """The instruments whose books cannot go on without a snapshot from the venue."""
        return tuple(each.id for each in self._by_id.values() if each.depth.needs_snapshot)

    def lose(self, instrument: InstrumentId, reason: str) -> list[Input]:
        """Stop believing a book; return the gap, or nothing where it was not believed."""
        return self._by_id[instrument].lose(reason)

    def _read(self, frame: bytes) -> list[Input]:
        envelope = decode(_ENVELOPE, frame, "frame")
        if envelope.stream is not None:
            found = self._streams.get(envelope.stream)
            if found is None:
                symbol = envelope.stream.partition("@")[0].upper()
                return self._drop(
                    "stream_unknown" if symbol in self._by_symbol else "symbol_unknown"
                )
            return self._handle(*found, envelope.data)
        if envelope.e is not None or envelope.u is not None:
            return self._bare(envelope, frame)
        if envelope.last_update is not None:
            streams = self._asked_for(envelope)
            if streams is None:
                return self._drop("snapshot_of_nobody")
            return self._handle(streams, self._on_snapshot(streams), frame)
        return self._answer(envelope)

    def _handle(
        self, streams: InstrumentStreams, handler: Handler, payload: bytes | msgspec.Raw
    ) -> list[Input]:
        try:
            return handler(payload)
        except MalformedNumber as error:
            raise MalformedNumber(f"{streams.symbol}: {error}") from error

    def _bare(self, envelope: Envelope, frame: bytes) -> list[Input]:
        """Read an event without a stream name. The best bid and ask of spot has no type either."""
        kind = envelope.e or "bookTicker"
        if kind not in ("depthUpdate", "bookTicker", "trade", "aggTrade"):
            return self._drop("event_unknown")
        if envelope.s is None:
            raise MalformedFrame("fields", f"{kind}: no symbol `s`")
        streams = self._by_symbol.get(envelope.s)
        if streams is None:
            return self._drop("symbol_unknown")
        handler = {
            "depthUpdate": streams.on_depth,
            "bookTicker": streams.on_ticker,
            "trade": streams.on_trade,
            "aggTrade": streams.on_aggregate,
        }[kind]
        return self._handle(streams, handler, frame)

    def _asked_for(self, envelope: Envelope) -> InstrumentStreams | None:
        """Return whose snapshot a bare one is: it names nobody outside of COIN-M."""
        if envelope.symbol is not None:
            return self._by_symbol.get(envelope.symbol)
        waiting = self._snapshots.asked if len(self._by_id) > 1 else tuple(self._by_id)
        return self._by_id[waiting[0]] if len(waiting) == 1 else None

    def _on_snapshot(self, streams: InstrumentStreams) -> Handler:
        """Return who reads the snapshots of an instrument, and asks again if one is not enough."""

        def read(payload: bytes | msgspec.Raw) -> list[Input]:
            try:
                return streams.on_snapshot(payload)
            finally:
                if streams.depth.needs_snapshot:
                    self._snapshots.failed(streams.id, self.last_time)

        return read

    def _answer(self, envelope: Envelope) -> list[Input]:
        """Read what the venue says to a request of ours."""
        error = envelope.error
        if error is not None or envelope.code is not None:
            code, words = (error.code, error.msg) if error else (envelope.code, envelope.msg)
            self.subscriptions.refuse(f"{code}: {words}")
            return self._drop("answer_refused")
        if envelope.id is None:
            return self._drop("event_unknown")
        if isinstance(envelope.id, int):
            for topic in self.subscriptions.confirm_request(envelope.id):
                if topic.what is DataClass.BOOK:
                    self._want_snapshot(topic.instrument, self.last_time)
        return self._drop("answer")

    # --- the connection --------------------------------------------------------------------------

    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that subscribes to streams; the answer names the request."""
        return [_request("SUBSCRIBE", topics, request)]

    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the message that ends subscriptions."""
        return [_request("UNSUBSCRIBE", topics, request)]

    def _ping(self) -> bytes:
        """Ask for what is subscribed to: the venue sends nothing of a pair that stands still."""
        return b'{"method":"LIST_SUBSCRIPTIONS","id":0}'

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection: subscriptions first, then the snapshots of their books."""
        self._snapshots.begin()
        super().connected(time)

    def disconnected(self, reason: str, time: Nanos) -> list[Input]:
        """Return a gap for every book that was believed; what waited is dropped."""
        gaps = super().disconnected(reason, time)
        self._snapshots.begin()
        for streams in self._by_id.values():
            streams.depth.forget()
        return gaps

    def snapshot_requests(self) -> list[SnapshotRequest]:
        """Return what is to be fetched, each once until it failed or was not enough."""
        return self._snapshots.requests()

    def snapshot_failed(self, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        """Take note that a fetch failed; it is asked for again after a while."""
        self._snapshots.failed(instrument, time)

    def tick(self, time: Nanos) -> list[Input]:
        """Return what silence means; ask again for snapshots that do not come."""
        inputs = super().tick(time)
        if self.subscriptions.connected:
            self._snapshots.tick(time)
        return inputs

    def _follow(self, inputs: list[Input], time: Nanos) -> None:
        super()._follow(inputs, time)
        self._snapshots.tick(time)
        self._snapshots.arrived(got.instrument for got in inputs if type(got) is BookSnapshot)
        if self.counts.waiting:
            for streams in self._by_id.values():
                if streams.depth.waits:
                    self._want_snapshot(streams.id, time)

    def _repair(self, instrument: InstrumentId, time: Nanos) -> None:
        """Fetch a snapshot: the stream itself goes on."""
        self._want_snapshot(instrument, time)

    def _want_snapshot(self, instrument: InstrumentId, time: Nanos) -> None:
        if self._by_id[instrument].depth.needs_snapshot:
            self._snapshots.want(instrument, time)


def _topics(instruments: Sequence[Instrument], market: Market) -> list[Topic]:
    found = []
    for each in instruments:
        symbol = venue_symbol(each).lower()
        found += [
            Topic(f"{symbol}@depth@100ms", each.instrument, DataClass.BOOK),
            Topic(f"{symbol}@bookTicker", each.instrument, DataClass.QUOTE),
            Topic(f"{symbol}@{_TRADES[market]}", each.instrument, DataClass.TRADE),
        ]
    return found


def _handlers(streams: InstrumentStreams, on_snapshot: Handler) -> list[tuple[str, Handler]]:
    prefix = streams.symbol.lower() + "@"
    return [
        (prefix + "bookTicker", streams.on_ticker),
        (prefix + "trade", streams.on_trade),
        (prefix + "aggTrade", streams.on_aggregate),
        (streams.symbol.lower() + STREAM, on_snapshot),
        *((prefix + name, streams.on_depth) for name in _DEPTH_STREAMS),
    ]


def _request(method: str, topics: Sequence[Topic], request: int) -> bytes:
    names = [topic.name for topic in topics]
    return msgspec.json.encode({"method": method, "params": names, "id": request})
