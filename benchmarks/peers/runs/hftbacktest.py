"""hftbacktest 2: a simulator whose strategy is compiled by numba; no order of it passes any risk.

Its feed is changes of levels: of a quote the old price of each side at nothing where it moved, then
the new one. The strategy cannot be a Python object: it is a loop over the feed, compiled before the
watch starts (`--mode py` runs the same loop interpreted). Orders are immediate-or-cancel limits
beyond the touch; there is no order table, position book, fill callback or journal.
"""

import time

_BEGAN = time.perf_counter()
import hftbacktest
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.order import IOC
from hftbacktest.types import event_dtype
from numba import njit

IMPORTING = time.perf_counter() - _BEGAN

from collections.abc import Callable
from typing import Any, Final

import numpy

from benchmarks.peers.workload import (
    ORDER_QUANTITY,
    Options,
    Ran,
    Stopwatch,
    options,
    settled,
    tell,
)

SYSTEM: Final = "hftbacktest"
FEED_ENDS: Final = 10**15  # ns to wait for the next event: longer than the data is
WARM: Final = 1_000  # events that numba compiles with
EVENT: Final = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
NEXT_EVENT: Final = 2
QUOTE_FIELDS: Final = (
    *(("ts_ns", "<i8"), ("sym", "<i4"), ("bid", "<i4"), ("ask", "<i4")),
    *(("bid_size", "<i4"), ("ask_size", "<i4"), ("seq", "<i8"), ("pad", "<i4")),
)
LEVEL_FIELDS: Final = tuple(
    (name, "<i8" if name == "ts_ns" else "<i4")
    for name in ("ts_ns", "side", "price", "size", "last")
)


def quote_feed(of: Options) -> Any:
    """Return the quotes as changes of levels."""
    quotes = _records(of, QUOTE_FIELDS)
    every: Any = numpy.ones(len(quotes), bool)
    parts = []
    for place, (side, price, size) in enumerate(
        ((SELL_EVENT, "ask", "ask_size"), (BUY_EVENT, "bid", "bid_size"))
    ):
        before = numpy.concatenate([[-1], quotes[price][:-1]])
        moved = (before != quotes[price]) & (before > 0)
        parts.append(_changes(quotes, side, before, numpy.zeros(len(quotes)), moved, place))
        parts.append(_changes(quotes, side, quotes[price], quotes[size], every, place + 2))
    rows = numpy.concatenate([part for part, _ in parts])
    order = numpy.argsort(numpy.concatenate([places for _, places in parts]), kind="stable")
    return numpy.ascontiguousarray(rows[order])


def _changes(quotes: Any, side: int, price: Any, size: Any, which: Any, place: int) -> Any:
    """Return changes of one kind, and where each stands among those of its quote."""
    chosen = numpy.nonzero(which)[0]
    rows = numpy.zeros(len(chosen), event_dtype)
    rows["ev"] = EVENT | side
    rows["exch_ts"] = quotes["ts_ns"][chosen]
    rows["local_ts"] = quotes["ts_ns"][chosen] + 1_000
    rows["px"] = price[chosen] / 100.0
    rows["qty"] = size[chosen]
    return rows, chosen * 4 + place


def level_feed(of: Options) -> Any:
    """Return the changes of levels."""
    levels = _records(of, LEVEL_FIELDS)
    rows = numpy.zeros(len(levels), event_dtype)
    kinds = numpy.where(levels["side"] > 0, EVENT | BUY_EVENT, EVENT | SELL_EVENT)
    rows["ev"] = kinds.astype(numpy.uint64)
    rows["exch_ts"] = levels["ts_ns"]
    rows["local_ts"] = levels["ts_ns"] + 1
    rows["px"] = levels["price"] / 100.0
    rows["qty"] = levels["size"]
    return rows


def _records(of: Options, fields: tuple[tuple[str, str], ...]) -> Any:
    return numpy.fromfile(of.data, numpy.dtype(list(fields)), count=of.limit_n or -1)


def taking(simulator: Any, every: int) -> tuple[int, int]:
    """Go through the feed, with an order on every nth event; return both counts."""
    events, orders, side = 0, 0, 1
    while simulator.wait_next_feed(False, FEED_ENDS) == NEXT_EVENT:
        events += 1
        if every > 0 and events % every == 0:
            depth = simulator.depth(0)
            orders += 1
            if side > 0:
                price = depth.best_ask + 0.05
                simulator.submit_buy_order(0, orders, price, ORDER_QUANTITY, IOC, LIMIT, False)
            else:
                price = depth.best_bid - 0.05
                simulator.submit_sell_order(0, orders, price, ORDER_QUANTITY, IOC, LIMIT, False)
            side = -side
            simulator.clear_inactive_orders(0)
    return events, orders


def reading(simulator: Any, every: int) -> tuple[int, int]:
    """Go through the feed, and read the touch after each change; return counts."""
    events, total = 0, 0
    while simulator.wait_next_feed(False, FEED_ENDS) == NEXT_EVENT:
        depth = simulator.depth(0)
        total += depth.best_bid_tick - depth.best_ask_tick
        events += 1
    return events, 0


def simulator(feed: Any, of: Options) -> Any:
    """Return a simulator over a feed: no latencies, no fees."""
    lowest, highest = (800.0, 1_200.0) if of.what == "levels" else (50.0, 200.0)
    asset = (
        BacktestAsset()
        .data(feed)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(0.01)
        .lot_size(1.0)
        .last_trades_capacity(0)
        .roi_lb(lowest)
        .roi_ub(highest)
    )
    return ROIVectorMarketDepthBacktest([asset])


def run(of: Options) -> None:
    """Run the loop over the feed, and tell."""
    with Stopwatch() as loading:
        feed = level_feed(of) if of.what == "levels" else quote_feed(of)
    loop: Callable[[Any, int], tuple[int, int]] = reading if of.what == "levels" else taking
    with Stopwatch() as compiling:
        if of.mode == "jit":
            loop = njit(loop)
            warm = simulator(feed[:WARM].copy(), of)
            loop(warm, of.every)
            warm.close()
    made = simulator(feed, of)
    with settled() as watch:
        events, orders = loop(made, of.every)
    state = made.state_values(0)
    counts = (events, orders, int(state.num_trades))
    ran = Ran(SYSTEM, hftbacktest.__version__, IMPORTING, loading, watch, *counts)
    tell(of, ran, rows=len(feed), t_jit=compiling.wall, balance_change=float(state.balance))


if __name__ == "__main__":
    run(options())
