"""How long a strategy waits from asking for an order until it is told of the fill.

And from a tick to the order that leaves, all checks and the journal included. Both in real time,
while quotes come as fast as they are taken: there is no idle time to hide work in.
"""

import shutil
from collections.abc import Iterator
from collections.abc import Sequence as Many
from typing import Final, NamedTuple

from benchmarks import trading
from benchmarks.floors import PlainLoop, TimedPlainTaking
from benchmarks.market import quotes
from benchmarks.measuring import Place, Row, Sizes, Skipped, limit_row, percentile, row
from fairlead.model.inputs import Quote
from fairlead.node.collector import collected_when_idle

NAME: Final = "latency"
EVERY: Final = 50  # an order on every 50th quote, as when peers were measured
# Where this loop takes 0.75 us (p50) and 1.2 (p99), NautilusTrader 2 takes 25 and 52: 33 and 43
# loops. The goals are 10 and 20 us there.
GOAL_P50: Final = 13.3
GOAL_P99: Final = 16.7
MAX_NS: Final = 1_000_000
TICK_TO_ORDER_NS: Final = 100_000
_PLAIN: Final = "a plain loop"


class Spans(NamedTuple):
    """Percentiles of one repetition, in nanoseconds."""

    p50: int
    p99: int
    max: int


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield rows for order to fill, and for tick to order."""
    stream = quotes(sizes.quotes)
    pairs = [(_ours(stream), _theirs(stream)) for _ in range(sizes.repetitions + 1)][1:]
    goals = {"p50": GOAL_P50, "p99": GOAL_P99, "max": None}
    for name, goal in goals.items():
        values = [(float(getattr(a, name)), float(getattr(b, name))) for a, b in pairs]
        yield row(NAME, f"order to fill, {name}", "ns", _PLAIN, values, goal)
    worst = [float(ours.max) for ours, _ in pairs]
    yield limit_row(NAME, "order to fill, max", "ns", worst, MAX_NS, "the limit of 1 ms")
    dense = quotes(sizes.orders)
    ticks = [_tick_to_order(dense, place) for _ in range(sizes.repetitions + 1)][1:]
    limit = "the limit of 100 us"
    for name in ("p50", "p99", "max"):
        values_ns = [float(getattr(spans, name)) for spans in ticks]
        what = f"tick to order, journal `process`, {name}"
        goal = 1.0 if name == "p99" else None
        yield limit_row(NAME, what, "ns", values_ns, TICK_TO_ORDER_NS, limit, goal)


def _ours(stream: Many[Quote]) -> Spans:
    strategy = trading.TimedTaking(trading.Taking.Parameters(every=EVERY))
    session = trading.session(stream, strategy)
    with collected_when_idle(waits=True):  # as a session in real time: no collector in the path
        trading.run(session)
    trading.check(session, stream, strategy)
    return _spans(strategy.spans)


def _theirs(stream: Many[Quote]) -> Spans:
    loop = PlainLoop()
    strategy = TimedPlainTaking(loop, EVERY)
    with collected_when_idle(waits=True):
        loop.run(stream, strategy)
    assert strategy.fills == len(stream) // EVERY, "every order was filled"
    return _spans(strategy.spans)


def _tick_to_order(stream: Many[Quote], place: Place) -> Spans:
    """Return what the session itself measures, with an order on every quote."""
    directory = place.scratch / "latency"
    strategy = trading.taking(1)
    session = trading.session(stream, strategy, log=trading.journal(directory))
    with collected_when_idle(waits=True):
        trading.run(session)
    trading.check(session, stream, strategy)
    trading.finish(session)
    shutil.rmtree(directory)
    spans = session.tick_to_order
    return Spans(spans.percentile(500), spans.percentile(990), spans.max)


def _spans(spans: list[int]) -> Spans:
    return Spans(percentile(spans, 500), percentile(spans, 990), max(spans))
