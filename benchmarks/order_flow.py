"""What an order costs: strategy, risk, orders, venue, reports, fill, position, callback.

A marketable limit order that an exact venue fills at once: three inputs and five outputs each.
Whether a later one costs what the first did is another question (`growth.py`).
"""

from collections.abc import Iterator
from collections.abc import Sequence as Many
from typing import Final

from benchmarks import trading
from benchmarks.floors import PlainLoop, PlainTaking
from benchmarks.market import quotes
from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, by_turns, row
from fairlead.model.inputs import Quote

NAME: Final = "orders"
# Where this loop takes 0.64 us for an order on every quote and 1.39 for one on every 10th,
# NautilusTrader 2 takes 48.8 and 65.8: 76 and 47 loops. The goal is five times that speed.
GOAL_EVERY: Final = 15.2
GOAL_TENTH: Final = 9.5
_UNIT: Final = "ns per order"
_PLAIN: Final = "a plain loop"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for each frequency of orders."""
    dense, sparse = quotes(sizes.orders), quotes(sizes.orders * 10)
    what = "an order on every quote"
    yield row(NAME, what, _UNIT, _PLAIN, _flow(dense, 1, sizes), GOAL_EVERY)
    what = "an order on every 10th, the quotes included"
    yield row(NAME, what, _UNIT, _PLAIN, _flow(sparse, 10, sizes), GOAL_TENTH)


def _flow(stream: Many[Quote], every: int, sizes: Sizes) -> Pairs:
    def ours() -> int:
        strategy = trading.taking(every)
        session = trading.session(stream, strategy)
        took = trading.run(session)
        trading.check(session, stream, strategy)
        return took

    def theirs() -> int:
        loop = PlainLoop()
        strategy = PlainTaking(loop, every)
        took = loop.run(stream, strategy)
        assert strategy.fills == len(stream) // every, "every order was filled"
        assert loop.cash == trading.expected_cash(stream, every), "the money ties out"
        return took

    return by_turns(ours, theirs, sizes, len(stream) // every)
