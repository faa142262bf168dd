"""One instrument as an exchange trades it: its book, and what else waits for a market.

Here is everything of matching that is more than a book: stops that fire, pegs that follow, calls
that collect. It knows orders and participants; it knows no accounts, no reports and no clock.
"""

from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, Price, Quantity
from fairlead.simulator.auction import Call, Crossing
from fairlead.simulator.bands import Bands
from fairlead.simulator.book_log import BookLog
from fairlead.simulator.matching import Execution, Matched, OrderBook, Rest
from fairlead.simulator.pegs import Pegged, Pegs
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.stops import Stop, Stops
from fairlead.simulator.world import Handling

_BUY: Final = Side.BUY
_LIMIT: Final = Handling.LIMIT
_MARKET_TO_LIMIT: Final = Handling.MARKET_TO_LIMIT
_CONTINUOUS: Final = Phase.CONTINUOUS
_CLOSED: Final = Phase.CLOSED
DEFAULT_RULES: Final = ExchangeRules()


class Outcome:
    """What came of an order that entered by itself: a stop that fired, or a peg that moved."""

    def __init__(self, order: BookOrder, matched: Matched, fired: bool) -> None:
        """Take the order and how it met the book."""
        self.order = order
        self.matched = matched
        self.fired = fired


class Listing:
    """One instrument: its orders, its phase, and what was last said about it in public."""

    def __init__(self, instrument: Instrument, rules: ExchangeRules = DEFAULT_RULES) -> None:
        """Begin with an empty book, in continuous trading."""
        self.instrument = instrument
        self.book = OrderBook(rules.self_trade)
        if rules.publishes_orders:
            self.book.log = BookLog()
        self.stops = Stops()
        self.pegs = Pegs(self.book, instrument.price_tick)
        self.call = Call(self.book, instrument.price_tick)
        self.ticks = rules.tick_tables.get(instrument.instrument)
        self.bands: Bands | None = None
        if rules.bands is not None:
            self.bands = Bands(rules.bands, instrument.price_tick)
        self.phase: Phase = _CONTINUOUS
        self.halted: bool = False
        self.called: Nanos = Nanos(0)  # since when orders are collected
        self.last: Price = Price(0)  # of a trade; 0 before the first one
        self.plain: bool = True  # nothing but a book has to be looked after
        self.update: int = 0
        self.bid: tuple[Price, Quantity] = (Price(0), Quantity(0))
        self.ask: tuple[Price, Quantity] = (Price(0), Quantity(0))
        self.look()

    @property
    def collects(self) -> bool:
        """Whether orders wait for an auction."""
        return self.phase is not _CONTINUOUS and self.phase is not _CLOSED

    def look(self) -> None:
        """See anew whether there is more to look after than a book."""
        self.plain = (
            self.phase is _CONTINUOUS
            and not self.halted
            and self.bands is None
            and self.ticks is None
            and not self.stops.waiting
            and not self.pegs.orders
        )

    def enter(self, order: BookOrder, handling: Handling) -> Matched:
        """Let an order meet the book, or wait for the auction."""
        if self.collects:
            self.call.add(order)
            return Matched([], order.leaves, Rest.WAITS)
        if handling is _MARKET_TO_LIMIT:
            if not self._price_at_touch(order):
                return Matched([], order.leaves, Rest.NO_LIQUIDITY)
            handling = _LIMIT
        if self.bands is not None:
            self.bands.hold(order)
        matched = self.book.add(order, handling)
        if matched.executions:
            self.last = matched.executions[-1].price
        return matched

    def stop(self, stop: Stop) -> None:
        """Let a stop wait for its trigger price; `follow` looks at it at once."""
        self.stops.add(stop)
        self.plain = False

    def peg(self, pegged: Pegged) -> None:
        """Let an order follow the book; `follow` prices it at once."""
        self.pegs.add(pegged)
        self.plain = False

    def follow(self) -> Outcome | None:
        """Let the next order enter that the last change of the book asks for; None: it is quiet."""
        if self.phase is not _CONTINUOUS or self.halted:
            return None
        stop = self.stops.fired(self.last)
        if stop is not None:
            return Outcome(stop.order, self.enter(stop.order, stop.handling), True)
        moved = self.pegs.moved()
        if moved is None:
            return None
        matched = self.enter(moved, _LIMIT)
        if matched.rest is not Rest.WAITS:
            self.pegs.cancel(moved.order)
        return Outcome(moved, matched, False)

    def cancel(self, order: int) -> Quantity:
        """Remove an order, wherever it waits. Return what was left of it, 0 if it is not here."""
        if self.plain:
            return self.book.cancel(order)
        return Quantity(
            self.pegs.cancel(order)
            or self.stops.cancel(order)
            or self.call.cancel(order)
            or self.book.cancel(order)
        )

    def replace(self, order: int, price: Price, leaves: Quantity) -> Matched:
        """Give an order that waits in the book other terms."""
        found = self.book.orders[order]
        keeps_place = price == found.price and leaves <= found.leaves
        if self.collects and not keeps_place:
            self.call.add(self.book.successor(order, price, leaves))
            return Matched([], leaves, Rest.WAITS)
        matched = self.book.replace(order, price, leaves)
        if matched.executions:
            self.last = matched.executions[-1].price
        return matched

    def crossing(self) -> Crossing:
        """Return what an auction would do now."""
        return self.call.crossing(self.last)

    def begin_call(self, phase: Phase) -> None:
        """Collect orders from now on; pegs wait outside."""
        self.phase = phase
        self.plain = False
        self.pegs.park()

    def uncross(self) -> list[Execution]:
        """Let trade at one price what was collected. Who comes after that is the caller's."""
        executions = self.call.uncross(self.last)
        if executions:
            self.last = executions[-1].price
        return executions

    def _price_at_touch(self, order: BookOrder) -> bool:
        """Price an order at the best price on offer. Return whether its limit allows it."""
        buys = order.side is _BUY
        sign = 1 if buys else -1
        shown = self.book.asks if buys else self.book.bids
        touch = shown.prices.best()
        if not touch or (order.price and touch * sign > order.price * sign):
            return False
        order.price = touch
        return True
