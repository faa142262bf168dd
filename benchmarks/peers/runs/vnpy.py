"""vnpy 4: the backtest engine of its CTA module, and its event engine (`--what events`).

The backtest engine has no risk checks and no account; it sends limit orders alone and matches them
on the next tick, so orders go five cents beyond the touch and fill at the next one. The event
engine is a queue and a thread: each event is put, taken, and given to one handler.
"""

import time

_BEGAN = time.perf_counter()
import vnpy
from vnpy.event import Event, EventEngine
from vnpy.trader.constant import Direction, Exchange, Interval
from vnpy.trader.object import BarData, TickData
from vnpy.trader.utility import BarGenerator
from vnpy_ctastrategy import CtaTemplate
from vnpy_ctastrategy.backtesting import BacktestingEngine, BacktestingMode

IMPORTING = time.perf_counter() - _BEGAN

import threading
from datetime import datetime, timedelta
from typing import Any, Final

from benchmarks.peers.workload import (
    ORDER_QUANTITY,
    START_NS,
    Options,
    QuoteRow,
    Ran,
    Stopwatch,
    options,
    outcome,
    quote_rows,
    settled,
    tell,
)

SYSTEM: Final = "vnpy"
EVENT_SYSTEM: Final = "vnpy events"
START: Final = datetime(2024, 1, 2, 14, 30)
BEYOND: Final = 0.05
CENT: Final = 0.01
CASH: Final = 1_000_000_000


class Counting(CtaTemplate):
    """Sees every tick, and counts it."""

    of: Options

    def on_init(self) -> None:
        """Begin at nothing."""
        self.ticks = self.orders = self.fills = 0

    def on_start(self) -> None:
        """Do nothing."""

    def on_stop(self) -> None:
        """Do nothing."""

    def on_tick(self, tick: TickData) -> None:
        """Count."""
        self.ticks += 1


class Barring(Counting):
    """Has vnpy make bars of a minute of the ticks, as its strategies do, and counts those."""

    def on_init(self) -> None:
        """Begin at nothing."""
        super().on_init()
        self.bars = BarGenerator(self.on_bar)

    def on_tick(self, tick: TickData) -> None:
        """Hand it on."""
        self.bars.update_tick(tick)

    def on_bar(self, bar: BarData) -> None:
        """Count."""
        self.ticks += 1


class Taking(Counting):
    """Also sends an order on every nth tick."""

    def on_init(self) -> None:
        """Begin with a buy."""
        super().on_init()
        self.buys = True

    def on_tick(self, tick: TickData) -> None:
        """Count, and send."""
        self.ticks += 1
        if self.ticks % self.of.every:
            return
        self.orders += 1
        if self.buys:
            self.buy(tick.ask_price_1 + BEYOND, ORDER_QUANTITY)
        else:
            self.sell(tick.bid_price_1 - BEYOND, ORDER_QUANTITY)
        if self.of.pattern == "alt":
            self.buys = not self.buys

    def on_trade(self, trade: Any) -> None:
        """Count."""
        self.fills += 1


def ticks(of: Options) -> list[TickData]:
    """Return the quotes, or the trades, as ticks."""
    return [_tick(row, row.bid / 100 if of.what == "trades" else None) for row in quote_rows(of)]


def _tick(row: QuoteRow, traded: float | None) -> TickData:
    return TickData(
        gateway_name="B",
        symbol=f"S{row.sym}",
        exchange=Exchange.LOCAL,
        datetime=START + timedelta(microseconds=(row.ts_ns - START_NS) // 1000),
        last_price=(row.bid + row.ask) / 200 if traded is None else traded,
        bid_price_1=row.bid / 100,
        ask_price_1=row.ask / 100,
        bid_volume_1=row.bid_size,
        ask_volume_1=row.ask_size,
    )


def run_backtest(of: Options) -> None:
    """Run the backtest engine over the data, and tell."""
    made = BacktestingEngine()
    made.output = lambda _message: None
    made.set_parameters(
        vt_symbol="S0.LOCAL",
        interval=Interval.TICK,
        start=datetime(2024, 1, 1),
        end=datetime(2024, 1, 4),
        rate=0,
        slippage=0,
        size=1,
        pricetick=CENT,
        capital=CASH,
        mode=BacktestingMode.TICK,
    )
    kind = Barring if of.what == "trades" else Taking if of.every else Counting
    made.add_strategy(type(kind.__name__, (kind,), {"of": of}), {})
    with Stopwatch() as loading:
        made.history_data = ticks(of)
    with settled() as watch:
        made.run_backtesting()
    strategy = made.strategy
    done = len(made.history_data)
    counts = (done, strategy.orders, strategy.fills)
    fields: dict[str, object] = {"seen": strategy.ticks}
    if of.every:
        fields["balance_change"], fields["expected"] = _money(made, of)
    ran = Ran(SYSTEM, vnpy.__version__, IMPORTING, loading, watch, *counts)
    tell(of, ran, **fields)


def _money(made: Any, of: Options) -> tuple[float, float]:
    """Return what the trades left of the cash, and what they should."""
    fills, cash = outcome(of, later=True)
    assert len(made.trades) == fills, f"{len(made.trades)} trades, expected {fills}"
    left = 0.0
    for trade in made.trades.values():
        side = -1 if trade.direction is Direction.LONG else 1
        left += side * trade.price * trade.volume
    return round(left, 2), cash / 100


def run_events(of: Options) -> None:
    """Put all ticks into the event engine; stop the watch when the last has been handled."""
    with Stopwatch() as loading:
        given = ticks(of)
    made = EventEngine()
    handled, expected, over = 0, len(given), threading.Event()

    def on_tick(_event: Event) -> None:
        nonlocal handled
        handled += 1
        if handled == expected:
            over.set()

    made.register("eTick.", on_tick)
    made.start()
    with settled() as watch:
        for tick in given:
            made.put(Event("eTick.", tick))
        over.wait()
    made.stop()
    tell(of, Ran(EVENT_SYSTEM, vnpy.__version__, IMPORTING, loading, watch, handled), seen=handled)


if __name__ == "__main__":
    chosen = options()
    (run_events if chosen.what == "events" else run_backtest)(chosen)
