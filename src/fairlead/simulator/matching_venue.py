"""A venue that matches: our orders and those of the crowd stand in the same queues.

What shows itself stands in the public book, whoever it belongs to. Market data goes out after every
change of a book (`publishing.py`). Reports and market data travel over different wires; nothing
reaches us before the event that caused it. When it is open and what its operator does is the
business of `exchange.py`.
"""

from typing import Final

from fairlead.model.inputs import MarketData, VenueTriggered
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import Nanos, OrderId, Price, Quantity
from fairlead.simulator.bands import Bands
from fairlead.simulator.chance import Chance
from fairlead.simulator.hours import Agenda, Due, Occasion
from fairlead.simulator.latency import Wire
from fairlead.simulator.listing import DEFAULT_RULES, Listing
from fairlead.simulator.matching import Execution, Matched, Rest
from fairlead.simulator.pegs import Pegged
from fairlead.simulator.publishing import Publisher, trade_name
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.stops import Stop
from fairlead.simulator.venue import DATA_STREAM, Venue, VenueConfig
from fairlead.simulator.venue_order import SELF_TRADE, VenueOrder
from fairlead.simulator.world import CROWD, NEVER, US, Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_MAKER: Final = Liquidity.MAKER
_TAKER: Final = Liquidity.TAKER
_LIMIT: Final = Handling.LIMIT
_POST_ONLY: Final = Handling.POST_ONLY
_MARKET: Final = Handling.MARKET
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT)
_PEGGED: Final = OrderType.PEGGED
_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_DAY: Final = TimeInForce.DAY
_GTD: Final = TimeInForce.GTD
_AT_OPEN: Final = TimeInForce.AT_OPEN
_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_CONTINUOUS: Final = Phase.CONTINUOUS
_CLOSED: Final = Phase.CLOSED
_BEFORE_OPEN: Final = (Phase.PRE_OPEN, Phase.OPENING_AUCTION)
_CLOSING_AUCTION: Final = Phase.CLOSING_AUCTION
_NO_QUANTITY: Final = Quantity(0)

# Why a venue cancels by itself: the reason in its report.
_REASONS: Final[dict[Rest, str]] = {
    Rest.IOC: "ioc",
    Rest.FOK: "fok",
    Rest.NO_LIQUIDITY: "no_liquidity",
    Rest.SELF_TRADE: SELF_TRADE,
    Rest.WOULD_TAKE: "post_only_would_take",  # a stop that had fired
}


class MatchingVenue(Venue):
    """Order entry and matching."""

    def __init__(
        self,
        instruments: list[Instrument],
        config: VenueConfig,
        rules: ExchangeRules = DEFAULT_RULES,
    ) -> None:
        """List the instruments. Nothing is traded or published before the exchange opens."""
        super().__init__(instruments, config)
        self.rules = rules
        self.listings = {one.instrument: Listing(one, rules) for one in instruments}
        self.data: Wire[MarketData] = Wire(config.data_latency, Chance(config.seed, DATA_STREAM))
        self.publisher = Publisher(self.data)
        self.agenda = Agenda()
        self.is_open: bool = False
        self._at_close: dict[OrderId, VenueOrder] = {}  # they wait for the closing auction
        self._crowd_orders: int = 0

    # --- the crowd --------------------------------------------------------------------------------

    def enter(
        self,
        listing: Listing,
        side: Side,
        price: Price,
        quantity: Quantity,
        handling: Handling,
        time: Nanos,
        display: Quantity = _NO_QUANTITY,
        hidden: bool = False,
    ) -> int:
        """Enter an order of the crowd. Return its number: negative, so that it is none of ours.

        One that the market does not take now is gone without a word, as is one that found nobody.
        """
        self._crowd_orders += 1
        number = -self._crowd_orders
        if not listing.plain:
            if listing.ticks is not None:
                price = listing.ticks.rounded(price, side)
            if self._is_kept_out(listing, side, price, handling):
                return number
        order = BookOrder(number, CROWD, side, price, quantity, display, hidden)
        matched = listing.enter(order, handling)
        self._report(matched, time)
        self._publish(listing, matched, time)
        if not listing.plain:
            self._settle(listing, time)
        return number

    def withdraw(self, listing: Listing, order: int, time: Nanos) -> Quantity:
        """Cancel an order of the crowd. Return what was left of it, 0 if it was gone."""
        assert order < 0, "the crowd's orders have negative numbers"
        leaves = listing.book.cancel(order)
        if leaves:
            self._publish_levels(listing, time)
            if not listing.plain:
                self._settle(listing, time)
        return leaves

    # --- our orders -------------------------------------------------------------------------------

    def _place(self, order: VenueOrder, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        if rule := "" if self.is_open else "market_closed":
            self._turn_away(order, rule, time)
        elif not order.plain or not listing.plain:
            self._place_in(listing, order, time)
        elif order.handling is _POST_ONLY and listing.book.would_take(order.side, order.limit):
            self._turn_away(order, "post_only_would_take", time)
        else:
            self._accept(order, time)
            entry = BookOrder(order.order, US, order.side, order.limit, order.leaves)
            self._conclude_ours(order, listing, listing.enter(entry, order.handling), time)

    def _place_in(self, listing: Listing, order: VenueOrder, time: Nanos) -> None:
        """Take in an order of any kind, in a market of any phase."""
        if rule := self._broken_now(listing, order, time):
            self._turn_away(order, rule, time)
            return
        self._accept(order, time)
        self._watch_expiry(order, time)
        entry = BookOrder(order.order, US, order.side, order.limit, order.leaves, order.display)
        if order.time_in_force is _AT_CLOSE and listing.phase is not _CLOSING_AUCTION:
            self._at_close[order.order] = order
        elif order.order_type in _STOPS:
            listing.stop(Stop(entry, order.handling, order.trigger))
        elif order.order_type is _PEGGED:
            entry.hidden, entry.display = True, Quantity(0)
            listing.peg(Pegged(entry, order.peg, order.peg_offset, order.limit))
        else:
            matched = listing.enter(entry, order.handling)
            if order.handling is Handling.MARKET_TO_LIMIT:
                order.limit = entry.price  # what is left rests there
            self._conclude_ours(order, listing, matched, time)
        self._settle(listing, time)

    def _broken_now(self, listing: Listing, order: VenueOrder, time: Nanos) -> str:
        """Return the first rule of the market as it is now that an order breaks, "" for none."""
        phase, time_in_force = listing.phase, order.time_in_force
        if phase is _CLOSED:
            return "market_closed"
        if listing.halted:
            return "halted"
        if time_in_force is _AT_OPEN and phase not in _BEFORE_OPEN:
            return "auction_is_over"
        if time_in_force is _GTD and order.expire_time <= time:
            return "expire_time_passed"
        if (
            listing.ticks is not None
            and order.limit
            and order.limit % listing.ticks.tick(order.limit)
        ):
            return "price_not_on_tick"
        if listing.collects:
            if time_in_force in _AT_ONCE or order.handling is Handling.MARKET_TO_LIMIT:
                return "not_in_an_auction"
            return "post_only_cannot_wait" if order.handling is _POST_ONLY else ""
        priced = order.handling is not _MARKET and order.order_type is not _PEGGED
        bands = listing.bands
        if bands is not None and priced and bands.is_beyond(order.side, order.limit):
            return "price_outside_bands"
        if order.handling is _POST_ONLY and listing.book.would_take(order.side, order.limit):
            return "post_only_would_take" if order.order_type not in _STOPS else ""
        return ""

    def _is_kept_out(self, listing: Listing, side: Side, price: Price, handling: Handling) -> bool:
        """Return whether the market takes no such order of the crowd now."""
        if listing.phase is _CLOSED or listing.halted:
            return True
        if listing.collects:
            return handling is not _LIMIT
        return listing.bands is not None and listing.bands.is_beyond(side, price)

    def _remove(self, order: VenueOrder, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        if self._at_close.pop(order.order, None) is not None:
            return
        canceled = listing.cancel(order.order)
        assert canceled == order.leaves, f"canceled {canceled} of {order.leaves}"
        self._publish_levels(listing, time)
        if not listing.plain:
            self._settle(listing, time)

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        listing = self.listings[order.instrument.instrument]
        post_only = order.handling is _POST_ONLY and not listing.collects
        if listing.halted or listing.phase is _CLOSED:
            self._keep(approved, "halted" if listing.halted else "market_closed", time)
        elif post_only and listing.book.would_take(order.side, approved.price):
            self._keep(approved, "post_only_would_take", time)
        elif listing.bands is not None and listing.bands.is_beyond(order.side, approved.price):
            self._keep(approved, "price_outside_bands", time)
        elif order.order in listing.book.orders and order.order not in listing.pegs.orders:
            self._replaced(order, approved, time)
            matched = listing.replace(order.order, order.limit, order.leaves)
            self._conclude_ours(order, listing, matched, time)
        elif order.order in listing.stops.waiting and order.keeps_type(approved):
            listing.stops.cancel(order.order)
            self._replaced(order, approved, time)
            entry = BookOrder(order.order, US, order.side, order.limit, order.leaves)
            listing.stop(Stop(entry, order.handling, order.trigger))
        else:
            self._keep(approved, "only_price_and_quantity_change", time)
        if not listing.plain:
            self._settle(listing, time)

    def _watch_expiry(self, order: VenueOrder, time: Nanos) -> None:
        number = order.order
        if order.time_in_force is _GTD:
            self.agenda.set(order.expire_time, Due(Occasion.ORDER_EXPIRES, order=number))
        elif order.time_in_force is _DAY and not self.rules.hours.phases:
            day_ends = self.rules.hours.next_change(time)
            self.agenda.set(day_ends, Due(Occasion.ORDER_EXPIRES, order=number))

    # --- what comes of it -------------------------------------------------------------------------

    def _conclude_ours(
        self, order: VenueOrder, listing: Listing, matched: Matched, time: Nanos
    ) -> None:
        """Report and publish what came of an order of ours that met the book."""
        order.lose(Quantity(matched.lost), SELF_TRADE)
        self._report(matched, time)
        if order.filled + order.gone < order.quantity:
            assert order.leaves == matched.leaves, "the book and the order agree on what is left"
            reason = _REASONS.get(matched.rest)
            if reason is not None:
                self._canceled(order, reason, time)
        elif matched.lost and order.order in self.orders:
            self._canceled(order, SELF_TRADE, time)  # the last of it went without a fill
        self._publish(listing, matched, time)

    def _report(self, matched: Matched, time: Nanos) -> None:
        """Report the executions in which we are a party, and what self-trades were prevented."""
        trade = self.publisher.trades
        for one in matched.executions:
            trade += 1
            if one.maker.participant == US:
                order = self.orders[OrderId(one.maker.order)]
                self._fill(order, one.price, one.quantity, _MAKER, time, trade_name(trade))
            if one.taker.participant == US:
                order = self.orders[OrderId(one.taker.order)]
                self._fill(order, one.price, one.quantity, _TAKER, time, trade_name(trade))
        for lost in matched.prevented or ():
            order = self.orders[OrderId(lost.maker.order)]
            if lost.maker.leaves:
                order.lose(lost.quantity, SELF_TRADE)
            else:
                self._canceled(order, SELF_TRADE, time)

    def _report_auction(self, executions: list[Execution], time: Nanos) -> None:
        """Report the executions of an auction; both sides pay as takers."""
        trade = self.publisher.trades
        for one in executions:
            trade += 1
            for party in (one.maker, one.taker):
                if party.participant == US:
                    order = self.orders[OrderId(party.order)]
                    self._fill(order, one.price, one.quantity, _TAKER, time, trade_name(trade))

    def _publish(self, listing: Listing, matched: Matched, time: Nanos) -> None:
        self.publisher.traded(listing, matched.executions, time)
        if listing.bands is not None:
            self._take_in_trades(listing.bands, listing, matched.executions, time)
        self._publish_levels(listing, time)

    def _publish_levels(self, listing: Listing, time: Nanos) -> None:
        if not self.is_open:
            return
        self.publisher.levels(listing, time)
        if listing.bands is not None and not listing.collects:
            bid, ask = listing.book.bids.prices.best(), listing.book.asks.prices.best()
            if listing.bands.looked_at(bid, ask, time):
                self._limit_state_changed(listing.bands, listing, time)

    def _settle(self, listing: Listing, time: Nanos) -> None:
        """Let stops fire and pegs follow, and conclude what comes of each."""
        while (outcome := listing.follow()) is not None:
            order = self.orders[OrderId(outcome.order.order)]
            if outcome.fired:
                triggered = VenueTriggered(order.order, order.instrument.instrument, time)
                self.reports.send(triggered, time)
            self._conclude_ours(order, listing, outcome.matched, time)
        listing.look()

    # --- bands ------------------------------------------------------------------------------------

    def _take_in_trades(
        self, bands: Bands, listing: Listing, executions: list[Execution], time: Nanos
    ) -> None:
        moved = False
        for one in executions:
            moved = bands.traded(one.price, time) or moved
        if moved and self.is_open:
            self.publisher.bands(listing, bands, time)

    def _limit_state_changed(self, bands: Bands, listing: Listing, time: Nanos) -> None:
        """Say that a limit state began or ended; one that lasts is looked at again."""
        self.publisher.bands(listing, bands, time)
        if bands.limit_since != NEVER:
            instrument = listing.instrument.instrument
            due = Due(Occasion.LIMIT_STATE, instrument, since=bands.limit_since)
            self.agenda.set(Nanos(time + bands.terms.limit_state), due)
