"""backtrader: every quote as a bar at its middle, delivered one by one.

`runonce` and `preload` are off, for with them `next` would not be called as the data comes. Orders
are filled at the next bar. It checks that there is cash enough, and has no other risk checks.
"""

import time

_BEGAN = time.perf_counter()
import backtrader

IMPORTING = time.perf_counter() - _BEGAN

from collections.abc import Iterator
from typing import Any, Final

from benchmarks.peers.workload import (
    ORDER_QUANTITY,
    START_NS,
    Options,
    Ran,
    Stopwatch,
    options,
    quote_rows,
    settled,
    tell,
)

SYSTEM: Final = "backtrader"
FIRST_DAY: Final = 738_887.0  # as matplotlib counts days
DAY_NS: Final = 86_400e9
CASH: Final = 1e9

Row = tuple[float, float]  # time in days, price


class Feed(backtrader.feed.DataBase):
    """Rows as bars of one price."""

    def __init__(self, rows: list[Row]) -> None:
        """Stand before the first row."""
        super().__init__()
        self.rows = rows

    def start(self) -> None:
        """Begin."""
        super().start()
        self.coming: Iterator[Row] = iter(self.rows)

    def _load(self) -> bool:
        row = next(self.coming, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0] = row[0]
        lines.open[0] = lines.high[0] = lines.low[0] = lines.close[0] = row[1]
        lines.volume[0] = 1
        lines.openinterest[0] = 0
        return True


class Taking(backtrader.Strategy):
    """Counts, and sends an order on every nth bar."""

    params: Any = (("of", None),)  # backtrader makes attributes of them

    def __init__(self) -> None:
        """Begin with a buy."""
        self.ticks = self.orders_sent = self.fills = 0
        self.buys = True
        self.every = self.params.of.every
        self.alternates = self.params.of.pattern == "alt"

    def next(self) -> None:
        """Count, and send."""
        self.ticks += 1
        if not self.every or self.ticks % self.every:
            return
        self.orders_sent += 1
        if self.buys:
            self.buy(size=ORDER_QUANTITY)
        else:
            self.sell(size=ORDER_QUANTITY)
        if self.alternates:
            self.buys = not self.buys

    def notify_order(self, order: Any) -> None:
        """Count."""
        if order.status == order.Completed:
            self.fills += 1


def run(of: Options) -> None:
    """Run backtrader over the data, and tell."""
    with Stopwatch() as loading:
        rows = [
            (FIRST_DAY + (row.ts_ns - START_NS) / DAY_NS, (row.bid + row.ask) / 200)
            for row in quote_rows(of)
        ]
    made = backtrader.Cerebro(stdstats=False, runonce=False, preload=False)
    if of.what == "trades":
        made.resampledata(Feed(rows), timeframe=backtrader.TimeFrame.Minutes, compression=1)
    else:
        made.adddata(Feed(rows))
    made.addstrategy(Taking, of=of)
    made.broker.setcash(CASH)
    with settled() as watch:
        (strategy,) = made.run()
    sent = strategy.orders_sent
    assert sent - strategy.fills <= 1, "every order but the last one meets a next bar"
    counts = (len(rows), sent, strategy.fills)
    ran = Ran(SYSTEM, backtrader.__version__, IMPORTING, loading, watch, *counts)
    tell(of, ran, seen=strategy.ticks)


if __name__ == "__main__":
    run(options())
