"""A venue that matches: our orders and those of the crowd stand in the same queues.

Everybody's orders stand in the public book. Market data goes out after every change of a book, in
the order in which it came about: the trades, then the levels that changed, then the touch if it
moved. Reports and market data travel over different wires; nothing reaches us before the event that
caused it.
"""

from typing import Final

from fairlead.model.inputs import BookChange, BookSnapshot, Input, MarketData, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, UpdateId
from fairlead.simulator.chance import Chance
from fairlead.simulator.latency import Wire
from fairlead.simulator.matching import BookOrder, Matched, OrderBook, Rest
from fairlead.simulator.venue import DATA_STREAM, Venue, VenueConfig
from fairlead.simulator.venue_order import VenueOrder
from fairlead.simulator.world import CROWD, NEVER, US, Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_MAKER: Final = Liquidity.MAKER
_TAKER: Final = Liquidity.TAKER
_POST_ONLY: Final = Handling.POST_ONLY
_SNAPSHOT_DEPTH: Final = 1_000  # levels per side; what is deeper becomes known when it changes

# Why a venue cancels by itself: the reason in its report.
_REASONS: Final[dict[Rest, str]] = {
    Rest.IOC: "ioc",
    Rest.FOK: "fok",
    Rest.NO_LIQUIDITY: "no_liquidity",
    Rest.SELF_TRADE: "self_trade",
}


class Listing:
    """One instrument as it is traded here: its book, and what was last said about it in public."""

    def __init__(self, instrument: Instrument) -> None:
        """Begin with an empty book."""
        self.instrument = instrument
        self.book = OrderBook()
        self.update: int = 0
        self.bid: tuple[Price, Quantity] = (Price(0), Quantity(0))
        self.ask: tuple[Price, Quantity] = (Price(0), Quantity(0))


class Exchange(Venue):
    """The venue. By itself a world without a crowd; `market.SimulatedWorld` adds one."""

    def __init__(self, instruments: list[Instrument], config: VenueConfig) -> None:
        """List the instruments. Nothing is traded or published before `open`."""
        super().__init__(instruments, config)
        self.listings = {one.instrument: Listing(one) for one in instruments}
        self.data: Wire[MarketData] = Wire(config.data_latency, Chance(config.seed, DATA_STREAM))
        self.is_open: bool = False
        self._delay_min = min(config.report_latency.constant, config.data_latency.constant)
        self._crowd_orders: int = 0
        self._trades: int = 0

    def open(self, time: Nanos) -> None:
        """Begin to trade: publish what stands in every book."""
        assert not self.is_open, "the exchange is open already"
        self.is_open = True
        for listing in self.listings.values():
            listing.book.bids.take_changes()
            listing.book.asks.take_changes()
            self._publish_book(listing, time)

    def refresh(self, time: Nanos) -> None:
        """Publish all books anew, for who has lost a place in them or has just come."""
        for listing in self.listings.values():
            listing.bid = listing.ask = (Price(0), Quantity(0))  # so that the touch is said again
            self._publish_book(listing, time)

    # --- the crowd --------------------------------------------------------------------------------

    def enter(
        self,
        listing: Listing,
        side: Side,
        price: Price,
        quantity: Quantity,
        handling: Handling,
        time: Nanos,
    ) -> int:
        """Enter an order of the crowd. Return its number: negative, so that it is none of ours."""
        self._crowd_orders += 1
        order = BookOrder(-self._crowd_orders, CROWD, side, price, quantity)
        matched = listing.book.add(order, handling)
        self._report(matched, time)
        self._publish(listing, matched, time)
        return order.order

    def withdraw(self, listing: Listing, order: int, time: Nanos) -> Quantity:
        """Cancel an order of the crowd. Return what was left of it, 0 if it was gone."""
        assert order < 0, "the crowd's orders have negative numbers"
        leaves = listing.book.cancel(order)
        if leaves:
            self._publish_levels(listing, time)
        return leaves

    # --- the world --------------------------------------------------------------------------------

    @property
    def repeats(self) -> bool:
        """It is a function of its seed and our actions."""
        return True

    def next_time(self) -> Nanos | None:
        """Return the time before which nothing reaches us, `None` if nothing is on its way."""
        time = self.output_time(self.actions.next_time)
        return time if time != NEVER else None

    def output_time(self, event: Nanos) -> Nanos:
        """Return the time before which nothing reaches us, `event` being the venue's next."""
        time = min(self.reports.next_time, self.data.next_time)
        return min(time, Nanos(event + self._delay_min)) if event != NEVER else time

    def take(self, time: Nanos) -> list[Input]:
        """Return what reaches us up to `time`, after what arrives at the venue up to then."""
        while self.actions.next_time <= time:
            self.arrive()
        return self.collect(time)

    def collect(self, time: Nanos) -> list[Input]:
        """Return what reaches us up to `time` of what happened so far, reports first."""
        assert time >= self.now, f"time went back from {self.now} to {time}"
        self.now = time
        inputs: list[Input] = []
        reports, data = self.reports, self.data
        while True:
            if reports.next_time <= data.next_time:
                if reports.next_time > time:
                    return inputs
                inputs.append(reports.receive())
            elif data.next_time <= time:
                inputs.append(data.receive())
            else:
                return inputs

    # --- our orders -------------------------------------------------------------------------------

    def _place(self, order: VenueOrder, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        if not self.is_open:
            self._turn_away(order, "market_closed", time)
            return
        if order.handling is _POST_ONLY and listing.book.would_take(order.side, order.limit):
            self._turn_away(order, "post_only_would_take", time)
            return
        self._accept(order, time)
        entry = BookOrder(order.order, US, order.side, order.limit, order.leaves)
        self._conclude(order, listing, listing.book.add(entry, order.handling), time)

    def _remove(self, order: VenueOrder, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        canceled = listing.book.cancel(order.order)
        assert canceled == order.leaves, f"canceled {canceled} of {order.leaves}"
        self._publish_levels(listing, time)

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        if order.handling is _POST_ONLY and listing.book.would_take(order.side, approved.price):
            self._keep(approved, "post_only_would_take", time)
            return
        self._replaced(order, approved, time)
        matched = listing.book.replace(order.order, order.limit, order.leaves)
        self._conclude(order, listing, matched, time)

    def _conclude(self, order: VenueOrder, listing: Listing, matched: Matched, time: Nanos) -> None:
        """Report and publish what came of an order of ours that met the book."""
        self._report(matched, time)
        assert order.leaves == matched.leaves, "the book and the order agree on what is left"
        reason = _REASONS.get(matched.rest)
        if reason is not None:
            self._canceled(order, reason, time)
        self._publish(listing, matched, time)

    def _report(self, matched: Matched, time: Nanos) -> None:
        """Report the executions in which we are a party."""
        for one in matched.executions:
            if one.maker.participant == US:
                order = self.orders[OrderId(one.maker.order)]
                self._fill(order, one.price, one.quantity, _MAKER, time)
            elif one.taker.participant == US:
                order = self.orders[OrderId(one.taker.order)]
                self._fill(order, one.price, one.quantity, _TAKER, time)

    # --- market data ------------------------------------------------------------------------------

    def _publish_book(self, listing: Listing, time: Nanos) -> None:
        book = listing.book
        snapshot = BookSnapshot(
            listing.instrument.instrument,
            book.levels(Side.BUY, _SNAPSHOT_DEPTH),
            book.levels(Side.SELL, _SNAPSHOT_DEPTH),
            UpdateId(listing.update),
            time,
        )
        self.data.send(snapshot, time)
        self._publish_touch(listing, time)

    def _publish(self, listing: Listing, matched: Matched, time: Nanos) -> None:
        instrument: InstrumentId = listing.instrument.instrument
        for one in matched.executions:
            self._trades += 1
            trade_id = f"T{self._trades:09d}"
            trade = Trade(instrument, one.price, one.quantity, one.taker.side, trade_id, time)
            self.data.send(trade, time)
        self._publish_levels(listing, time)

    def _publish_levels(self, listing: Listing, time: Nanos) -> None:
        if not self.is_open:
            return
        bids = listing.book.bids.take_changes()
        asks = listing.book.asks.take_changes()
        if not bids and not asks:
            return
        listing.update += 1
        instrument = listing.instrument.instrument
        self.data.send(BookChange(instrument, bids, asks, UpdateId(listing.update), time), time)
        self._publish_touch(listing, time)

    def _publish_touch(self, listing: Listing, time: Nanos) -> None:
        bid = listing.book.bids.touch()
        ask = listing.book.asks.touch()
        if bid == listing.bid and ask == listing.ask:
            return
        listing.bid, listing.ask = bid, ask
        instrument = listing.instrument.instrument
        quote = Quote(instrument, bid[0], bid[1], ask[0], ask[1], UpdateId(listing.update), time)
        self.data.send(quote, time)
