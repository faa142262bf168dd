"""What the same work costs without a trading system: the least that Python can do it in.

Not products. The plain loop calls one method per quote and does nothing else; peers were once
measured beside the same loop, so a number of loops compares with them (docs/reference). The event
engine is the smallest thing that deserves the name: handlers by type, subscribers by instrument,
one try.
"""

from collections.abc import Callable
from collections.abc import Sequence as Many
from time import perf_counter_ns, process_time_ns
from typing import Any

from benchmarks.filling import CASH
from benchmarks.trading import ORDER_QUANTITY
from fairlead.model.inputs import Quote
from fairlead.model.units import InstrumentId, Nanos


class Order:
    """An order of the floor: what a dictionary of orders has to hold."""

    __slots__ = ("average", "filled", "instrument", "number", "quantity", "side", "status")

    def __init__(self, number: int, instrument: InstrumentId, side: int, quantity: int) -> None:
        """Take the terms; `side` is 1 or -1."""
        self.number = number
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.status = 0
        self.filled = 0
        self.average = 0


class PlainTaking:
    """Counts quotes; takes the touch on every nth, by turns; every 0 means never."""

    def __init__(self, loop: "PlainLoop", every: int) -> None:
        """Send orders to `loop`."""
        self.quotes = 0
        self.orders = 0
        self.fills = 0
        self.spans: list[int] = []
        self._loop = loop
        self._every = every
        self._holds: dict[InstrumentId, bool] = {}

    def on_quote(self, quote: Quote) -> None:
        """Count, and take on every nth quote."""
        self.quotes += 1
        if not self._every or self.quotes % self._every:
            return
        self.take(quote)

    def take(self, quote: Quote) -> None:
        """Send an order."""
        held = self._holds.get(quote.instrument, False)
        self._holds[quote.instrument] = not held
        self.orders += 1
        side = -1 if held else 1
        self._loop.submit(Order(self.orders, quote.instrument, side, ORDER_QUANTITY))

    def on_fill(self, order: Order) -> None:
        """Count."""
        self.fills += 1


class TimedPlainTaking(PlainTaking):
    """Also takes the time from before the order object is made until the fill callback."""

    def take(self, quote: Quote) -> None:
        """Remember when."""
        self._asked = perf_counter_ns()
        super().take(quote)

    def on_fill(self, order: Order) -> None:
        """Keep the span."""
        self.spans.append(perf_counter_ns() - self._asked)
        super().on_fill(order)


class PlainLoop:
    """Orders in a dictionary, eight checks in one line, a fill at the touch at once."""

    def __init__(self) -> None:
        """Begin with cash."""
        self.cash = int(CASH)
        self.stopped = False
        self._orders: dict[int, Order] = {}
        self._positions: dict[InstrumentId, int] = {}
        self._sent = 0
        self._quote: Quote
        self._strategy: PlainTaking

    def run(self, quotes: Many[Quote], strategy: PlainTaking) -> int:
        """Show every quote to the strategy; return the nanoseconds of processor that it took."""
        self._strategy = strategy
        began = process_time_ns()
        on_quote = strategy.on_quote
        for quote in quotes:
            self._quote = quote
            on_quote(quote)
        return process_time_ns() - began

    def submit(self, order: Order) -> None:
        """Check, keep and fill an order."""
        quote = self._quote
        position = self._positions.get(order.instrument, 0)
        price = quote.ask_price if order.side > 0 else quote.bid_price
        if (
            self.stopped
            or order.quantity <= 0
            or order.quantity > 10_000
            or order.quantity * price > 10**9
            or abs(position + order.side * order.quantity) > 10**9
            or abs(price - quote.bid_price) > 500
            or self.cash < -(10**15)
            or self._sent > 10**9
        ):
            return
        self._sent += 1
        self._orders[order.number] = order
        order.status = 1
        order.status = 2
        order.filled = order.quantity
        order.average = price
        self._positions[order.instrument] = position + order.side * order.quantity
        self.cash -= order.side * order.quantity * price
        self._strategy.on_fill(order)


class EventEngine:
    """Handlers by type, the last quote by instrument, subscribers by instrument; one try."""

    def __init__(self) -> None:
        """Begin without subscribers."""
        self.time = Nanos(0)
        self.last: dict[InstrumentId, Quote] = {}
        self.failed: list[Exception] = []
        self._handlers: dict[type, list[Callable[[Any], None]]] = {Quote: [self._on_quote]}
        self._subscribers: dict[InstrumentId, list[Callable[[Quote], None]]] = {}

    def subscribe(self, instrument: InstrumentId, on_quote: Callable[[Quote], None]) -> None:
        """Call `on_quote` for each quote of an instrument."""
        self._subscribers.setdefault(instrument, []).append(on_quote)

    def run(self, events: Many[Quote]) -> int:
        """Hand every event to its handlers; return the nanoseconds of processor that it took."""
        began = process_time_ns()
        for event in events:
            self.time = event.venue_time
            for handler in self._handlers[type(event)]:
                handler(event)
        return process_time_ns() - began

    def _on_quote(self, quote: Quote) -> None:
        self.last[quote.instrument] = quote
        for on_quote in self._subscribers[quote.instrument]:
            try:
                on_quote(quote)
            except ArithmeticError as error:  # which kind it is costs nothing
                self.failed.append(error)
