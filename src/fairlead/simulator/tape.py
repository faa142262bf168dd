"""The recorded market of one instrument: its book as recorded, and what of ours waits in it.

The rules by which our orders meet it are told in `recorded.py`. Quotes and level changes may come
on two feeds; both carry the venue's update number, and the older never overwrites what the newer
said. Where the orders of the book are recorded, they alone make it: quotes and levels of the same
instrument are passed on and move nothing here.
"""

from collections.abc import Iterator
from typing import Final

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Levels,
    Quote,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Approved, CancelOrder
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, Price, Quantity
from fairlead.simulator.impact import Costs
from fairlead.simulator.recorded_book import OwnSide, Queued, RecordedConfig, RecordedSide
from fairlead.simulator.recorded_orders import RecordedOrder, RecordedOrders
from fairlead.simulator.venue_order import VenueOrder

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_BUY: Final = Side.BUY


class Unseen:
    """What arrived and was not looked at yet: an order, other terms (`approved`), or a cancel."""

    def __init__(
        self,
        order: VenueOrder,
        approved: Approved | None,
        time: Nanos,
        canceling: CancelOrder | None = None,
    ) -> None:
        """Take the order, its new terms if it is a replace, and when it arrived."""
        self.order = order
        self.approved = approved
        self.time = time
        self.canceling = canceling


class Tape:
    """The recorded market of one instrument, and our orders that wait in it."""

    def __init__(self, instrument: Instrument, config: RecordedConfig) -> None:
        """Begin with a book that is not known."""
        self.bids = RecordedSide(_BUY)
        self.asks = RecordedSide(Side.SELL)
        self.own_bids = OwnSide(_BUY)
        self.own_asks = OwnSide(Side.SELL)
        self.unseen: list[Unseen] = []
        self.known: bool = False
        self.halted: bool = False
        self.orders: RecordedOrders | None = None  # where the recording has them
        self.costs = Costs(instrument, config.impacts.get(instrument.instrument), config.slippage)
        self._config = config
        self._update: int = 0  # the newest of quotes and changes
        self._quote_update: int = 0
        self._quote_bid: Price = Price(0)
        self._quote_ask: Price = Price(0)

    def is_idle(self) -> bool:
        """Return whether nothing of ours waits for this market."""
        return not (self.unseen or self.own_bids.levels or self.own_asks.levels)

    def is_credible(self) -> bool:
        """Return whether the book is known, traded, and not crossed."""
        bid, ask = self.bids.prices.best(), self.asks.prices.best()
        return self.known and not self.halted and not (bid and ask and bid >= ask)

    def side(self, side: Side) -> RecordedSide:
        """Return the recorded side on which an order of this side waits."""
        return self.bids if side is _BUY else self.asks

    def opposite(self, side: Side) -> RecordedSide:
        """Return the recorded side from which an order of this side takes."""
        return self.asks if side is _BUY else self.bids

    def own(self, side: Side) -> OwnSide:
        """Return our waiting orders of a side."""
        return self.own_bids if side is _BUY else self.own_asks

    def own_in_the_way(self, side: Side, limit: Price) -> Price:
        """Return the best price of ours that such an order would trade with, 0 if there is none."""
        prices = (self.own_asks if side is _BUY else self.own_bids).prices
        return prices.best() if prices.reached_by(limit) else Price(0)

    def offers(self, side: Side, limit: Price) -> Iterator[tuple[Price, Quantity]]:
        """Iterate over what such an order can take before an order of ours is in the way."""
        opposite = self.opposite(side)
        sign, blocked = opposite.prices.sign, self.own_in_the_way(side, limit)
        for price, quantity in opposite.within(limit):
            if blocked and price * sign <= blocked * sign:
                return
            yield price, quantity

    def would_take(self, side: Side, limit: Price) -> bool:
        """Return whether such an order would trade at once, with others or with us."""
        if self.own_in_the_way(side, limit):
            return True
        return next(self.offers(side, limit), None) is not None

    def consume(self, side: Side, price: Price, quantity: Quantity) -> None:
        """Remember that an order of ours of this side took `quantity` at a price."""
        self.opposite(side).consume(price, quantity)
        if self.orders is not None:
            self.orders.consume(Side.SELL if side is _BUY else _BUY, price, quantity)

    def queued(self, order: VenueOrder) -> Queued:
        """Let an order of ours wait, behind everybody who is at its price now."""
        side = self.side(order.side)
        if self.orders is None:
            queued = Queued(order, side.ahead_of_newcomer(order.limit))
        else:
            queued = Queued(order, side.displayed(order.limit), self.orders.next_place())
        self.own(order.side).append(queued)
        return queued

    # --- the recording by level -------------------------------------------------------------------

    def snapshot(self, snapshot: BookSnapshot) -> None:
        """Replace the book."""
        if self.orders is not None:
            return
        self._replace(self.bids, snapshot.bids, self.own_bids)
        self._replace(self.asks, snapshot.asks, self.own_asks)
        self._update = snapshot.update
        self._quote_update = 0
        self.known = True

    def change(self, change: BookChange, time: Nanos) -> None:
        """Change some levels; a change older than the quote does not touch what the quote said."""
        if not self.known or self.orders is not None:
            return
        old = 0 < change.update < self._quote_update
        self._change_side(
            self.bids, self.own_bids, change.bids, self._quote_bid if old else Price(0), time
        )
        self._change_side(
            self.asks, self.own_asks, change.asks, self._quote_ask if old else Price(0), time
        )
        self._update = max(self._update, change.update)

    def quote(self, quote: Quote, time: Nanos) -> None:
        """Set the touch: nobody is better than it."""
        if self.orders is not None:
            return
        if self._config.touch_only:
            self.known = True
        elif not self.known or 0 < quote.update < self._update:
            return
        self._touch(self.bids, self.own_bids, quote.bid_price, quote.bid_quantity, time)
        self._touch(self.asks, self.own_asks, quote.ask_price, quote.ask_quantity, time)
        self._update = self._quote_update = max(self._update, quote.update)
        self._quote_bid, self._quote_ask = quote.bid_price, quote.ask_price

    def told(self, input: Input) -> bool:
        """Take in what comes seldom. Return whether it was anything about the book."""
        if isinstance(input, BookSnapshot):
            self.snapshot(input)
        elif isinstance(input, BookOrders):
            self.whole(input)
        elif isinstance(input, BookGap):
            self.lose()
        elif isinstance(input, TradingStatus):
            self.halted = not input.tradable
        else:
            return False
        return True

    def lose(self) -> None:
        """Stop believing the book."""
        self.known = False

    # --- the recording by order -------------------------------------------------------------------

    def whole(self, whole: BookOrders) -> None:
        """Replace the book by its orders. From now on they are the book."""
        if self.orders is None:
            self.orders = RecordedOrders()
        self.orders.replace_all(whole)
        self._show_all(self.bids, _BUY, self.own_bids)
        self._show_all(self.asks, Side.SELL, self.own_asks)
        self.known = True

    def standing(self, order: int) -> RecordedOrder | None:
        """Return an order of the recorded book, `None` if it is not known."""
        return self.orders.find(order) if self.orders is not None else None

    def order(self, change: BookOrder) -> None:
        """Let the orders of the book follow. What cannot be true of them is passed over.

        The machine refuses it and says so; here it moves nothing.
        """
        orders = self.orders
        if orders is None or not self.known:
            return
        if isinstance(change, BookOrderAdded):
            self._join(change.order, change.side, change.price, change.quantity)
            return
        found = orders.find(change.order)
        if found is None:
            return
        if isinstance(change, BookOrderExecuted | BookOrderReduced):
            if change.quantity > 0:
                self._take_off(change.order, found, min(change.quantity, found.leaves))
            return
        self._take_off(change.order, found, found.leaves)
        if isinstance(change, BookOrderReplaced):
            self._join(change.new_order, found.side, change.price, change.quantity)

    def _join(self, number: int, side: Side, price: Price, quantity: Quantity) -> None:
        orders = self.orders
        assert orders is not None, "an order joins a book by order"
        if quantity > 0 and price > 0 and orders.find(number) is None:
            orders.add(number, side, price, quantity)
            self._show(side, price)

    def _take_off(self, number: int, found: RecordedOrder, quantity: Quantity) -> None:
        """Let some of an order go, and those of ours behind it move up by as much."""
        orders = self.orders
        assert orders is not None, "an order stands in a book by order"
        orders.take_off(number, quantity)
        for queued in self.own(found.side).levels.get(found.price, ()):
            if queued.place > found.place:
                queued.ahead -= quantity
                assert queued.ahead >= 0, "an order is never before the front of its queue"
        self._show(found.side, found.price)

    def _show(self, side: Side, price: Price) -> None:
        """Display what the orders of a price come to."""
        orders = self.orders
        assert orders is not None, "this is a book by order"
        queue = orders.at(side, price)
        if queue is None:
            self.side(side).keep(price, Quantity(0), Quantity(0))
        else:
            self.side(side).keep(price, queue.quantity, queue.taken)

    def _show_all(self, displayed: RecordedSide, side: Side, own: OwnSide) -> None:
        orders = self.orders
        assert orders is not None, "this is a book by order"
        displayed.clear()
        for price in orders.prices(side):
            self._show(side, price)
        for queued in own.all():
            if not queued.place:  # it joined a book by level: all that stands there is before it
                queued.place = orders.next_place()
            queued.ahead = orders.ahead(side, queued.order.limit, queued.place)

    # --- levels -----------------------------------------------------------------------------------

    def _replace(self, side: RecordedSide, levels: Levels, own: OwnSide) -> None:
        side.clear()
        for price, quantity in levels:
            if price > 0 and quantity >= 0:
                side.set(price, quantity)
        for queued in own.all():
            queued.restart(side.ahead_of_newcomer(queued.order.limit))

    def _change_side(
        self, side: RecordedSide, own: OwnSide, levels: Levels, newer: Price, time: Nanos
    ) -> None:
        """Set levels, except those at the price `newer` or better."""
        sign = side.prices.sign
        for price, quantity in levels:
            if not newer or price * sign < newer * sign:
                self._set(side, own, price, quantity, time)

    def _touch(
        self, side: RecordedSide, own: OwnSide, price: Price, quantity: Quantity, time: Nanos
    ) -> None:
        keys, reach = side.prices.keys, side.prices.reach(price)
        while keys and keys[-1] > reach:
            self._set(side, own, side.prices.best(), Quantity(0), time)
        if self._config.touch_only and keys and keys[-1] < reach:
            side.clear()  # hidden behind a better touch, not gone
        if price:
            self._set(side, own, price, quantity, time)

    def _set(
        self, side: RecordedSide, own: OwnSide, price: Price, quantity: Quantity, time: Nanos
    ) -> None:
        if price <= 0 or quantity < 0:
            return  # says nothing that could be true; the machine refuses and records it
        before = side.set(price, quantity)
        if own.levels and before != quantity:
            own.level_changed(price, before, quantity, self._config, time)
