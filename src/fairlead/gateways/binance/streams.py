"""The streams of one instrument: depth, best bid and ask, trades, and the snapshot, as inputs.

A frame that says something impossible is `MalformedFrame`; one that is legal but late, repeated or
of somebody else is dropped and counted by reason. Nothing is guessed.
"""

from collections.abc import Callable
from typing import Final, cast

import msgspec

from fairlead.gateways.binance.depth import OLD_IN_A_ROW_MAX, DepthEvent, DepthOrder
from fairlead.gateways.binance.frames import (
    AggregateTrade,
    BookTicker,
    DepthSnapshot,
    FuturesDepth,
    Market,
    PriceLevels,
    SpotDepth,
    TradeEvent,
)
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import positive_increments, reader
from fairlead.gateways.json_frames import decode
from fairlead.gateways.subscriptions import venue_symbol
from fairlead.gateways.venue_book import BookSide
from fairlead.model.inputs import BookChange, BookSnapshot, Input, Levels, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)

Payload = bytes | msgspec.Raw
Handler = Callable[[Payload], list[Input]]

_ReadPrice = Callable[[str], Price]  # by type alone: a NewType that is called costs time per level
_ReadQuantity = Callable[[str], Quantity]

_TICKER: Final = msgspec.json.Decoder(BookTicker)
_TRADE: Final = msgspec.json.Decoder(TradeEvent)
_AGGREGATE: Final = msgspec.json.Decoder(AggregateTrade)
_SNAPSHOT: Final = msgspec.json.Decoder(DepthSnapshot)
_DEPTH: Final[dict[Market, msgspec.json.Decoder[SpotDepth]]] = {
    Market.SPOT: msgspec.json.Decoder(SpotDepth),
    Market.USDM: msgspec.json.Decoder(FuturesDepth),
    Market.COINM: msgspec.json.Decoder(FuturesDepth),
}


class InstrumentStreams:
    """What comes of one instrument; its symbol begins with the venue's: `ETHUSDT.BINANCE`."""

    def __init__(self, instrument: Instrument, market: Market, counts: FeedCounts) -> None:
        """Begin without a snapshot: depth events wait for one."""
        self.id = instrument.instrument
        self.symbol = venue_symbol(instrument)
        self.depth = DepthOrder(self.id, market, counts)
        self._counts = counts
        self._market = market
        self._depth_decoder = _DEPTH[market]
        self._bids, self._asks = BookSide(1), BookSide(-1)
        self._quoted = False  # a best bid and ask is believed
        self._one_by_one = False  # trades come each by itself, so aggregates say them again
        self._quotes = _Newest()
        self._trades = _Newest()
        self._aggregates = _Newest()
        self._price = cast(_ReadPrice, reader(instrument.price_decimals))
        self._quantity = cast(_ReadQuantity, reader(instrument.quantity_decimals))
        level_price = reader(instrument.price_decimals, positive_increments)
        self._level_price = cast(_ReadPrice, level_price)

    def lose(self, reason: str) -> list[Input]:
        """Stop believing what was believed."""
        if self.depth.needs_snapshot and not self._quoted:
            return []
        self._quoted = False
        return self.depth.lose(reason)

    def on_depth(self, payload: Payload) -> list[Input]:
        """Read `depthUpdate`."""
        event = decode(self._depth_decoder, payload, "depthUpdate")
        if event.s != self.symbol:
            return self._drop("symbol_unknown")
        if event.u < event.U:
            raise MalformedFrame("order", f"depthUpdate: U {event.U} is above u {event.u}")
        change = BookChange(
            self.id,
            self._levels(event.b),
            self._levels(event.a),
            UpdateId(event.u),
            Nanos((event.T or event.E) * NANOS_PER_MILLISECOND),
        )
        return self._watched(self.depth.event(DepthEvent(event.U, event.pu, change)))

    def on_snapshot(self, payload: Payload) -> list[Input]:
        """Read the answer to `GET depth`."""
        snapshot = decode(_SNAPSHOT, payload, "snapshot")
        bids, asks = self._levels(snapshot.bids), self._levels(snapshot.asks)
        _require_whole_side("bids", bids, descending=True)
        _require_whole_side("asks", asks, descending=False)
        if bids and asks and bids[0][0] >= asks[0][0]:
            found = f"bid {snapshot.bids[0][0]}, ask {snapshot.asks[0][0]}"
            raise MalformedFrame("snapshot", f"snapshot {snapshot.last_update} is crossed: {found}")
        time = Nanos(snapshot.T * NANOS_PER_MILLISECOND)
        update = UpdateId(snapshot.last_update)
        return self._watched(self.depth.snapshot(BookSnapshot(self.id, bids, asks, update, time)))

    def on_ticker(self, payload: Payload) -> list[Input]:
        """Read `bookTicker`."""
        ticker = decode(_TICKER, payload, "bookTicker")
        if ticker.s != self.symbol:
            return self._drop("symbol_unknown")
        bid, bid_quantity = self._price(ticker.b), self._quantity(ticker.B)
        ask, ask_quantity = self._price(ticker.a), self._quantity(ticker.A)
        if (bid == 0) != (bid_quantity == 0) or (ask == 0) != (ask_quantity == 0):
            raise MalformedFrame("touch", f"bookTicker {ticker.u}: a price or quantity alone is 0")
        if not self._quotes.advance(ticker.u):
            return self._drop_old(self._quotes, "quote")
        if bid and ask and bid >= ask:
            self._counts.drop("quote_crossed")
            return self.depth.lose(f"crossed quote {ticker.u}: bid {ticker.b}, ask {ticker.a}")
        self._counts.passed("Quote")
        self._quoted = True
        time = Nanos(ticker.T * NANOS_PER_MILLISECOND)
        update = UpdateId(ticker.u)
        return [Quote(self.id, bid, bid_quantity, ask, ask_quantity, update, time)]

    def on_trade(self, payload: Payload) -> list[Input]:
        """Read `trade`."""
        trade = decode(_TRADE, payload, "trade")
        if trade.s != self.symbol:
            return self._drop("symbol_unknown")
        if trade.X != "MARKET":  # insurance fund, auto-deleveraging, not available
            return self._drop("trade_off_market")
        price, quantity = self._price(trade.p), self._quantity(trade.q)
        if price == 0 and self._market is not Market.SPOT:  # the venue's way to say the same
            return self._drop("trade_off_market")
        if price == 0 or quantity == 0:
            raise MalformedFrame("trade", f"trade {trade.t}: {trade.q!r} at {trade.p!r}")
        if not self._trades.advance(trade.t):
            return self._drop_old(self._trades, "trade")
        self._one_by_one = True
        return self._pass_trade(price, quantity, trade.m, trade.t, trade.T)

    def on_aggregate(self, payload: Payload) -> list[Input]:
        """Read `aggTrade`, where trades do not come one by one."""
        trade = decode(_AGGREGATE, payload, "aggTrade")
        if trade.s != self.symbol:
            return self._drop("symbol_unknown")
        if self._one_by_one:
            return self._drop("trade_aggregate")
        price, quantity = self._price(trade.p), self._quantity(trade.q)
        if price == 0 or quantity == 0:
            raise MalformedFrame("trade", f"aggTrade {trade.a}: {trade.q!r} at {trade.p!r}")
        if not self._aggregates.advance(trade.a):
            return self._drop_old(self._aggregates, "trade")
        return self._pass_trade(price, quantity, trade.m, trade.a, trade.T)

    def _watched(self, inputs: list[Input]) -> list[Input]:
        """Return what came of depth, up to where the book crosses: then it is not believed."""
        for place, got in enumerate(inputs, start=1):
            if isinstance(got, BookSnapshot):
                self._bids.clear()
                self._asks.clear()
            if isinstance(got, BookSnapshot | BookChange):
                self._bids.follow(got.bids)
                self._asks.follow(got.asks)
                bid, ask = self._bids.best, self._asks.best
                if bid >= ask > 0:
                    reason = f"crossed book {got.update}: bid {bid} >= ask {ask} (increments)"
                    gaps = [] if self.depth.needs_snapshot else self.depth.lose(reason)
                    return [*inputs[:place], *(gaps or inputs[place:])]
        return inputs

    def _pass_trade(
        self, price: Price, quantity: Quantity, buyer_made: bool, number: int, milliseconds: int
    ) -> list[Input]:
        self._counts.passed("Trade")
        side = Side.SELL if buyer_made else Side.BUY  # the maker bought, so the aggressor sold
        time = Nanos(milliseconds * NANOS_PER_MILLISECOND)
        return [Trade(self.id, price, quantity, side, str(number), time)]

    def _levels(self, levels: PriceLevels) -> Levels:
        price, quantity = self._level_price, self._quantity
        return tuple([(price(p), quantity(q)) for p, q in levels])

    def _drop(self, reason: str) -> list[Input]:
        self._counts.drop(reason)
        return []

    def _drop_old(self, newest: "_Newest", what: str) -> list[Input]:
        self._counts.drop(f"{what}_old")
        if newest.old_in_a_row < OLD_IN_A_ROW_MAX:
            return []
        reason = f"{OLD_IN_A_ROW_MAX} {what}s in a row were older than number {newest.number}"
        newest.forget()
        return self.depth.lose(reason)


class _Newest:
    """The newest number of a stream in which numbers only grow."""

    def __init__(self) -> None:
        self.number = -1
        self.old_in_a_row = 0

    def advance(self, number: int) -> bool:
        """Return whether `number` is newer than all before."""
        if number > self.number:
            self.number = number
            self.old_in_a_row = 0
            return True
        self.old_in_a_row += 1
        return False

    def forget(self) -> None:
        """Begin anew."""
        self.number = -1
        self.old_in_a_row = 0


def _require_whole_side(name: str, levels: Levels, *, descending: bool) -> None:
    """Raise `MalformedFrame` unless a side of a snapshot stands best first, and nothing is 0."""
    prices = [price for price, _ in levels]
    if prices != sorted(set(prices), reverse=descending):
        raise MalformedFrame("snapshot", f"snapshot: {name} do not stand best first, each once")
    if any(quantity == 0 for _, quantity in levels):
        raise MalformedFrame("snapshot", f"snapshot: a quantity in {name} is 0, expected more")
