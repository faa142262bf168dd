"""The limit: what the same work costs in Python without any trading system.

Quotes, trades and levels: one call of an empty callback per event. Orders: an order object, eight
checks in one line, a dictionary of orders, a fill at the touch, position and cash; nothing else.
"""

from bisect import bisect_left, insort
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

from benchmarks.peers.workload import (
    ORDER_QUANTITY,
    LevelRow,
    Options,
    Ran,
    Stopwatch,
    level_rows,
    options,
    outcome,
    percentiles,
    quote_rows,
    settled,
    tell,
)

SYSTEM: Final = "floor"


class Quote:
    """A quote as an object with slots: the least that a callback can be given."""

    __slots__ = ("ask", "ask_size", "bid", "bid_size", "sym", "ts")

    def __init__(self, ts: int, sym: int, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
        """Take the fields."""
        self.ts = ts
        self.sym = sym
        self.bid = bid
        self.ask = ask
        self.bid_size = bid_size
        self.ask_size = ask_size


class Order:
    """What a dictionary of orders has to hold."""

    __slots__ = ("average", "filled", "number", "quantity", "side", "status", "sym")

    def __init__(self, number: int, sym: int, side: int, quantity: int) -> None:
        """Take the terms; `side` is 1 or -1."""
        self.number = number
        self.sym = sym
        self.side = side
        self.quantity = quantity
        self.status = 0
        self.filled = 0
        self.average = 0


class Strategy:
    """Counts, and sends an order on every nth quote."""

    def __init__(self, of: Options, engine: "Engine") -> None:
        """Send orders to `engine`."""
        self.ticks = 0
        self.orders = 0
        self.fills = 0
        self.spans: list[int] = []
        self._asked = 0
        self._every = of.every
        self._alternates = of.pattern == "alt"
        self._timed = of.lat
        self._buys: dict[int, bool] = {}
        self._engine = engine

    def on_quote(self, quote: Quote) -> None:
        """Count, and send."""
        self.ticks += 1
        if not self._every or self.ticks % self._every:
            return
        if self._timed:
            self._asked = perf_counter_ns()
        buy = self._buys.get(quote.sym, True)
        if self._alternates:
            self._buys[quote.sym] = not buy
        self.orders += 1
        order = Order(self.orders, quote.sym, 1 if buy else -1, ORDER_QUANTITY)
        self._engine.submit(quote, order, self.on_fill)

    def on_fill(self, order: Order) -> None:
        """Count, and keep the span."""
        self.fills += 1
        if self._timed:
            self.spans.append(perf_counter_ns() - self._asked)


class Engine:
    """Orders in a dictionary, eight checks in one line, a fill at the touch at once."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.cash = 0
        self._orders: dict[int, Order] = {}
        self._positions: dict[int, int] = {}
        self._stopped = False
        self._sent = 0

    def submit(self, quote: Quote, order: Order, on_fill: Callable[[Order], None]) -> None:
        """Check, keep and fill an order."""
        position = self._positions.get(order.sym, 0)
        price = quote.ask if order.side > 0 else quote.bid
        if (
            self._stopped
            or order.quantity <= 0
            or order.quantity > 10_000
            or order.quantity * price > 10**9
            or abs(position + order.side * order.quantity) > 10**9
            or abs(price - quote.bid) > 500
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
        self._positions[order.sym] = position + order.side * order.quantity
        self.cash -= order.side * order.quantity * price
        on_fill(order)


def run_quotes(of: Options) -> None:
    """Call the callback with every quote."""
    with Stopwatch() as loading:
        quotes = [Quote(*row[:6]) for row in quote_rows(of)]
    engine = Engine()
    strategy = Strategy(of, engine)
    on_quote = strategy.on_quote
    with settled() as watch:
        for quote in quotes:
            on_quote(quote)
    fills, cash = outcome(of)
    assert (strategy.fills, engine.cash) == (fills, cash), "the floor is exact"
    counts = (strategy.ticks, strategy.orders, strategy.fills)
    ran = Ran(SYSTEM, "", 0.0, loading, watch, *counts)
    money = {"balance_change": engine.cash / 100, "expected": cash / 100}
    tell(of, ran, **money, lat_ns=percentiles(strategy.spans))


class Book:
    """Quantities by price and sorted prices: what one writes in an afternoon."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.sides: dict[int, tuple[dict[int, int], list[int]]] = {1: ({}, []), -1: ({}, [])}

    def change(self, level: LevelRow) -> None:
        """Take a new quantity at a price. The best price is the last key of its side."""
        quantities, keys = self.sides[level.side]
        key = level.price * level.side
        if level.size:
            if level.price not in quantities:
                insort(keys, key)
            quantities[level.price] = level.size
        elif quantities.pop(level.price, None) is not None:
            del keys[bisect_left(keys, key)]

    def touch(self) -> tuple[int, int]:
        """Return the best bid and ask; 0 for nobody."""
        bids, asks = self.sides[1][1], self.sides[-1][1]
        return (bids[-1] if bids else 0, -asks[-1] if asks else 0)


def run_levels(of: Options) -> None:
    """Call a callback with the touch after every change of a level."""
    with Stopwatch() as loading:
        levels = list(level_rows(of))
    book, ticks = Book(), 0

    def on_book(_touch: tuple[int, int]) -> None:
        nonlocal ticks
        ticks += 1

    with settled() as watch:
        for level in levels:
            book.change(level)
            on_book(book.touch())
    tell(of, Ran(SYSTEM, "", 0.0, loading, watch, ticks), touch=book.touch())


if __name__ == "__main__":
    chosen = options()
    (run_levels if chosen.what == "levels" else run_quotes)(chosen)
