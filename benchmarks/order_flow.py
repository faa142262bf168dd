"""What an order costs: strategy, risk, orders, venue, reports, fill, position, callback.

A marketable limit order that an exact venue fills at once: three inputs and five outputs each. And
whether a later one costs what the first did: time and memory must not grow with history.
"""

import gc
import tracemalloc
from collections.abc import Iterator
from collections.abc import Sequence as Many
from typing import Final

from benchmarks import trading
from benchmarks.floors import PlainLoop, PlainTaking
from benchmarks.market import quotes
from benchmarks.measuring import (
    Pairs,
    Place,
    Row,
    Sizes,
    Skipped,
    by_turns,
    limit_row,
    row,
    settled,
)
from fairlead.model.inputs import Quote

NAME: Final = "orders"
# Where this loop takes 0.64 us for an order on every quote and 1.39 for one on every 10th,
# NautilusTrader 2 takes 48.8 and 65.8: 76 and 47 loops. The goal is five times that speed.
GOAL_EVERY: Final = 15.2
GOAL_TENTH: Final = 9.5
FLAT: Final = 1.1  # "the same", with room for the noise of a shared machine
BYTES_MAX: Final = 1_000  # per order, with everything that is kept for it
_UNIT: Final = "ns per order"
_PLAIN: Final = "a plain loop"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each frequency of orders, and for the growth of time and memory."""
    dense, sparse = quotes(sizes.orders), quotes(sizes.orders * 10)
    what = "an order on every quote"
    yield row(NAME, what, _UNIT, _PLAIN, _flow(dense, 1, sizes), GOAL_EVERY)
    what = "an order on every 10th, the quotes included"
    yield row(NAME, what, _UNIT, _PLAIN, _flow(sparse, 10, sizes), GOAL_TENTH)
    few, many = sizes.orders_few, sizes.orders_many
    what = f"the last {few:,} of {many:,} orders"
    yield row(NAME, what, _UNIT, f"the first {few:,}", _growth(sizes), FLAT)
    first, rest = _memory(few, many)
    what = f"memory, from {few:,} to {many:,} orders"
    yield row(NAME, what, "bytes per order", f"the first {few:,}", [(rest, first)], FLAT)
    what = f"memory, {many:,} orders"
    average = (first * few + rest * (many - few)) / many
    yield limit_row(NAME, what, "bytes per order", [average], BYTES_MAX, "the limit of 1 kB")


def _flow(stream: Many[Quote], every: int, sizes: Sizes) -> Pairs:
    def ours() -> int:
        strategy = trading.taking(every)
        session = trading.session(stream, strategy)
        took = trading.run(session)
        trading.check(session, stream, strategy, every)
        return took

    def theirs() -> int:
        loop = PlainLoop()
        strategy = PlainTaking(loop, every)
        took = loop.run(stream, strategy)
        assert strategy.fills == len(stream) // every, "every order was filled"
        assert loop.cash == trading.expected_cash(stream, every), "the money ties out"
        return took

    return by_turns(ours, theirs, sizes, len(stream) // every)


def _growth(sizes: Sizes) -> Pairs:
    """Return the time of the last and of the first orders of the same session."""
    stream = quotes(sizes.orders_many)
    few = sizes.orders_few
    pairs: Pairs = []

    def once() -> int:
        strategy = trading.taking(1)
        session = trading.session(stream, strategy)
        first = trading.run(session, stream[few - 1].venue_time)
        between = trading.run(session, stream[-few - 1].venue_time)
        last = trading.run(session)
        trading.check(session, stream, strategy, 1)
        pairs.append((last / few, first / few))
        return first + between + last

    for _ in range(sizes.repetitions + 1):
        settled(once)
    return pairs[1:]


def _memory(few: int, many: int) -> tuple[float, float]:
    """Return the bytes per order of the first few, and of those from there on; exact, so once."""
    stream = quotes(many)
    session = trading.session(stream, trading.taking(1))
    tracemalloc.start()
    try:
        before = _traced()
        trading.run(session, stream[few - 1].venue_time)
        between = _traced()
        trading.run(session)
        after = _traced()
    finally:
        tracemalloc.stop()
    return (between - before) / few, (after - between) / (many - few)


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
