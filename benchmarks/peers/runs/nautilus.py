"""NautilusTrader 2: its backtest engine, with the risk engine it begins with, and a strategy.

It checks every order (trading state, precision, quantity, notional, balance), keeps it with its
position and account, and fills it by its matching engine at the touch of the same quote. Its limits
on the rate of orders are set so high that none is refused. No logs, no analysis after the run.
"""

import time

_BEGAN = time.perf_counter()
import nautilus_trader
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.model import (
    AccountType,
    AggressorSide,
    BarType,
    BookAction,
    BookOrder,
    BookType,
    Currency,
    Equity,
    InstrumentId,
    Money,
    OmsType,
    OrderBookDelta,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    Symbol,
    TradeId,
    TraderId,
    TradeTick,
    Venue,
)
from nautilus_trader.risk import RiskEngineConfig
from nautilus_trader.trading import Strategy, StrategyConfig

IMPORTING = time.perf_counter() - _BEGAN

from decimal import Decimal
from time import perf_counter_ns
from typing import Any, Final

from benchmarks.peers.workload import (
    INTERVAL_SECONDS,
    ORDER_QUANTITY,
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

SYSTEM: Final = "nautilus"
VENUE: Final = Venue("SIM")
DOLLARS: Final = Currency.from_str("USD")
CASH: Final = 1_000_000_000
RATE: Final = "100000000/00:00:01"  # of orders: never reached
LAST_OF_BATCH: Final = 128  # the flag of a change that is complete


def instruments(count: int) -> list[Any]:
    """Return shares in cents."""
    ids = [InstrumentId(Symbol(f"S{number}"), VENUE) for number in range(count)]
    tick, lot = Price.from_str("0.01"), Quantity.from_int(1)
    return [Equity(one, one.symbol, DOLLARS, 2, tick, 0, 0, lot_size=lot) for one in ids]


class Counting(Strategy):
    """Sees what it subscribed to, and counts it."""

    def __init__(self, config: StrategyConfig) -> None:
        """Begin at nothing; NautilusTrader makes strategies with their configuration alone."""
        super().__init__(config)
        self.ticks = self.orders = self.fills = 0
        self.spans: list[int] = []

    def see(self, of: Options, ids: list[Any]) -> None:
        """Be told what is to be seen."""
        self.of = of
        self.ids = ids

    def on_start(self) -> None:
        """Subscribe."""
        for one in self.ids:
            if self.of.what in ("trades", "idle"):
                bars = f"{one}-{INTERVAL_SECONDS // 60}-MINUTE-LAST-INTERNAL"
                self.subscribe_bars(BarType.from_str(bars))
            elif self.of.what == "levels":
                self.subscribe_book_deltas(one, BookType.L2_MBP)
            else:
                self.subscribe_quotes(one)

    def on_quote(self, quote: QuoteTick) -> None:
        """Count."""
        self.ticks += 1

    def on_bar(self, bar: Any) -> None:
        """Count."""
        self.ticks += 1

    def on_book_deltas(self, deltas: Any) -> None:
        """Count."""
        self.ticks += 1


class Taking(Counting):
    """Also sends an order on every nth quote of the whole stream."""

    def see(self, of: Options, ids: list[Any]) -> None:
        """Prepare what does not change."""
        super().see(of, ids)
        self.every = of.every
        self.limits = of.order == "limit"
        self.alternates = of.pattern == "alt"
        self.timed = of.lat
        self.asked = 0
        self.buys = dict.fromkeys(ids, True)
        self.quantity = Quantity.from_int(ORDER_QUANTITY)

    def on_start(self) -> None:
        """Subscribe."""
        super().on_start()
        self.factory = self.order_factory

    def on_quote(self, quote: QuoteTick) -> None:
        """Count, and send."""
        self.ticks += 1
        if self.ticks % self.every:
            return
        one = quote.instrument_id
        buy = self.buys[one]
        if self.alternates:
            self.buys[one] = not buy
        if self.timed:
            self.asked = perf_counter_ns()
        side = OrderSide.BUY if buy else OrderSide.SELL
        if self.limits:
            price = quote.ask_price if buy else quote.bid_price
            order = self.factory.limit(one, side, self.quantity, price)
        else:
            order = self.factory.market(one, side, self.quantity)
        self.orders += 1
        self.submit_order(order)

    def on_order_filled(self, event: Any) -> None:
        """Count, and keep the span."""
        self.fills += 1
        if self.timed:
            self.spans.append(perf_counter_ns() - self.asked)


def engine(of: Options) -> Any:
    """Return an engine with one venue, before its instruments and data."""
    risk = RiskEngineConfig(max_order_submit_rate=RATE, max_order_modify_rate=RATE)
    config = BacktestEngineConfig(
        trader_id=TraderId("T-001"),
        logging=LoggerConfig(
            bypass_logging=True
        ),  # that of the engine itself leaves six lines an order
        run_analysis=False,
        risk_engine=risk,
    )
    made = BacktestEngine(config)
    made.add_venue(
        VENUE,
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(float(CASH), DOLLARS)],
        base_currency=DOLLARS,
        default_leverage=Decimal(1),
        book_type=BookType.L2_MBP if of.what == "levels" else BookType.L1_MBP,
        fee_model=MakerTakerFeeModel(Decimal(0), Decimal(0)),
    )
    return made


def events(of: Options, ids: list[Any]) -> list[Any]:
    """Return what the engine is given, as its own objects."""
    if of.what == "levels":
        return [_level(number, row, ids[0]) for number, row in enumerate(level_rows(of))]
    if of.what == "trades":
        return [_trade(row, ids[row.sym]) for row in quote_rows(of)]
    return [_quote(row, ids[row.sym]) for row in quote_rows(of)]


def _quote(row: Any, one: Any) -> QuoteTick:
    bid, ask = Price(row.bid / 100.0, 2), Price(row.ask / 100.0, 2)
    sizes = Quantity(float(row.bid_size), 0), Quantity(float(row.ask_size), 0)
    return QuoteTick(one, bid, ask, *sizes, row.ts_ns, row.ts_ns)


def _trade(row: Any, one: Any) -> TradeTick:
    price, size = Price(row.bid / 100.0, 2), Quantity(float(row.bid_size), 0)
    name = TradeId(str(row.seq))
    return TradeTick(one, price, size, AggressorSide.SELL, name, row.ts_ns, row.ts_ns)


def _level(number: int, row: Any, one: Any) -> OrderBookDelta:
    side = OrderSide.BUY if row.side > 0 else OrderSide.SELL
    size = Quantity(float(row.size), 0)
    order = BookOrder(side, Price(row.price / 100.0, 2), size, row.price)
    action = BookAction.UPDATE if row.size else BookAction.DELETE
    return OrderBookDelta(one, action, order, LAST_OF_BATCH, number, row.ts_ns, row.ts_ns)


def run(of: Options) -> None:
    """Run the engine over the data, and tell."""
    made = engine(of)
    listed = instruments(of.nsym)
    for one in listed:
        made.add_instrument(one)
    ids = [one.id for one in listed]
    with Stopwatch() as loading:
        made.add_data(events(of, ids))
    kind = Taking if of.every else Counting
    strategy = kind(StrategyConfig(log_events=False, log_commands=False))
    strategy.see(of, ids)
    made.add_strategy(strategy)
    with settled() as watch:
        made.run()
    done = made.get_result().iterations
    ticks = strategy.ticks if of.what in ("quotes", "levels") else done
    counts = (ticks, strategy.orders, strategy.fills)
    ran = Ran(SYSTEM, nautilus_trader.__version__, IMPORTING, loading, watch, *counts)
    fields: dict[str, object] = {"seen": strategy.ticks, "lat_ns": percentiles(strategy.spans)}
    if of.every:
        fills, cash = outcome(of)
        account = made.portfolio.account(VENUE)
        fields["balance_change"] = round(account.balance_total(DOLLARS).as_double() - CASH, 2)
        fields["expected"] = cash / 100
        assert strategy.fills == fills, f"{strategy.fills} fills, expected {fills}"
    tell(of, ran, **fields)


if __name__ == "__main__":
    run(options())
