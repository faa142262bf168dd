"""What an exchange says in public, in the order in which it came about.

After every change of a book: the trades, then the levels that changed (or, where orders are
published, each order's change, executions among them in the place of trades), then the touch if it
moved. While orders are collected for an auction no book is shown, only what the auction would do.
"""

from collections import deque
from typing import Final

from fairlead.model.inputs import (
    AuctionIndication,
    BookChange,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrders,
    BookSnapshot,
    MarketData,
    PriceBands,
    Quote,
    Trade,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.simulator.bands import Bands
from fairlead.simulator.book_log import BookLog, Change
from fairlead.simulator.latency import Wire
from fairlead.simulator.listing import Listing
from fairlead.simulator.matching import Execution
from fairlead.simulator.world import NEVER

SNAPSHOT_DEPTH: Final = 1_000  # levels per side; what is deeper becomes known when it changes
AUCTION: Final = "auction"  # the condition of a trade in one
_BUY: Final = Side.BUY
_ADDED: Final = Change.ADDED
_EXECUTED: Final = Change.EXECUTED
_REDUCED: Final = Change.REDUCED
_NOBODY: Final = (Price(0), Quantity(0))


class Publisher:
    """The public feed of one exchange."""

    def __init__(self, data: Wire[MarketData]) -> None:
        """Publish over a wire."""
        self.data = data
        self.trades: int = 0  # so far
        self._told_by_orders: deque[str] = deque()  # names of trades that changes of orders tell

    def book(self, listing: Listing, time: Nanos) -> None:
        """Publish all of a book; of one that collects orders, that there is nothing to see."""
        instrument = listing.instrument.instrument
        update = UpdateId(listing.update)
        book = listing.book
        if listing.collects:
            self.data.send(BookSnapshot(instrument, (), (), update, time), time)
        elif book.log is not None:
            book.log.take()
            orders = tuple(
                [
                    (one.public, one.side, one.price, Quantity(one.leaves - one.reserve))
                    for side in (book.bids, book.asks)
                    for one in side.in_turn()
                ]
            )
            self.data.send(BookOrders(instrument, orders, update, time), time)
        else:
            bids = book.levels(_BUY, SNAPSHOT_DEPTH)
            asks = book.levels(Side.SELL, SNAPSHOT_DEPTH)
            self.data.send(BookSnapshot(instrument, bids, asks, update, time), time)
        self.touch(listing, time)

    def traded(self, listing: Listing, executions: list[Execution], time: Nanos) -> None:
        """Publish trades, where no order tells them."""
        instrument: InstrumentId = listing.instrument.instrument
        log = listing.book.log
        for one in executions:
            self.trades += 1
            trade_id = trade_name(self.trades)
            if log is not None and not one.maker.hidden:
                self._told_by_orders.append(trade_id)
                continue
            trade = Trade(instrument, one.price, one.quantity, one.taker.side, trade_id, time)
            self.data.send(trade, time)

    def crossed(self, listing: Listing, executions: list[Execution], time: Nanos) -> None:
        """Publish the trades of an auction."""
        instrument: InstrumentId = listing.instrument.instrument
        for one in executions:
            self.trades += 1
            trade_id = trade_name(self.trades)
            trade = Trade(instrument, one.price, one.quantity, None, trade_id, time, AUCTION)
            self.data.send(trade, time)

    def levels(self, listing: Listing, time: Nanos) -> None:
        """Publish what changed in a book."""
        bids = listing.book.bids.take_changes()
        asks = listing.book.asks.take_changes()
        if (not bids and not asks) or listing.collects:
            return
        listing.update += 1
        instrument = listing.instrument.instrument
        log = listing.book.log
        if log is not None:
            self._orders(listing, log, time)
        else:
            update = UpdateId(listing.update)
            self.data.send(BookChange(instrument, bids, asks, update, time), time)
        self.touch(listing, time)

    def touch(self, listing: Listing, time: Nanos) -> None:
        """Publish the best prices, if they are others."""
        bid = listing.book.bids.touch() if not listing.collects else _NOBODY
        ask = listing.book.asks.touch() if not listing.collects else _NOBODY
        if bid == listing.bid and ask == listing.ask:
            return
        listing.bid, listing.ask = bid, ask
        instrument = listing.instrument.instrument
        quote = Quote(instrument, bid[0], bid[1], ask[0], ask[1], UpdateId(listing.update), time)
        self.data.send(quote, time)

    def indication(self, listing: Listing, time: Nanos) -> None:
        """Publish what an auction would do now."""
        crossing = listing.crossing()
        side = None
        if crossing.imbalance:
            side = _BUY if crossing.imbalance > 0 else Side.SELL
        indication = AuctionIndication(
            listing.instrument.instrument,
            crossing.price,
            crossing.paired,
            Quantity(abs(crossing.imbalance)),
            side,
            crossing.price,
            Price(0),
            listing.last,
            time,
        )
        self.data.send(indication, time)

    def bands(self, listing: Listing, bands: Bands, time: Nanos) -> None:
        """Publish the price bands, and whether the market stands at one of them."""
        instrument = listing.instrument.instrument
        limited = bands.limit_since != NEVER
        self.data.send(PriceBands(instrument, bands.lower, bands.upper, limited, time), time)

    def _orders(self, listing: Listing, log: BookLog, time: Nanos) -> None:
        instrument = listing.instrument.instrument
        for one in log.take():
            data: MarketData
            public, quantity = one.public, one.quantity
            if one.change is _ADDED:
                data = BookOrderAdded(instrument, public, one.side, one.price, quantity, time)
            elif one.change is _EXECUTED:
                name = self._told_by_orders.popleft()
                data = BookOrderExecuted(instrument, public, quantity, Price(0), name, time)
            elif one.change is _REDUCED:
                data = BookOrderReduced(instrument, public, quantity, time)
            else:
                data = BookOrderRemoved(instrument, public, time)
            self.data.send(data, time)


def trade_name(number: int) -> str:
    """Return the public name of a trade."""
    return f"T{number:09d}"
