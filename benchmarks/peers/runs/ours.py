"""Ours: the sequencer, the machine with all its checks, the last mile, and a strategy by the port.

As `fairlead backtest` wires it, without a report. The venue fills at the touch of the same quote,
as NautilusTrader's does; with `--venue recorded` it is the one of a backtest, which never fills on
the quote that triggered an order, and goes through a recorded book. Every limit is set, and none is
reached.
"""

import time

_BEGAN = time.perf_counter()
from benchmarks.filling import CASH, FillingWorld
from benchmarks.market import instruments
from benchmarks.trading import session
from fairlead import __version__
from fairlead.model.inputs import BookChange, BookSnapshot, Input, Quote, Trade
from fairlead.model.outputs import OrderFilled
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_SECOND,
    AccountId,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)
from fairlead.node.build import running_build
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.session import Session
from fairlead.simulator.latency import LatencyModel
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import World
from fairlead.strategy import Bar, BookEvent, Context, Strategy

IMPORTING = time.perf_counter() - _BEGAN

from time import perf_counter_ns
from typing import Final

from benchmarks.peers.workload import (
    INTERVAL_SECONDS,
    ORDER_QUANTITY,
    START_NS,
    LevelRow,
    Options,
    QuoteRow,
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

SYSTEM: Final = "fairlead"
ACCOUNT: Final = AccountId(1)
QUANTITY: Final = Quantity(ORDER_QUANTITY)
AT_ONCE: Final = VenueConfig(
    order_latency=LatencyModel(Nanos(1)), report_latency=LatencyModel(Nanos(1))
)
INTERVAL: Final = Nanos(INTERVAL_SECONDS * NANOS_PER_SECOND)


class Seeing(Strategy):
    """What all of them have: counts, and spans where orders are timed."""

    def on_start(self, context: Context) -> None:
        """Begin at nothing."""
        self.ticks = self.orders = self.fills = 0
        self.spans: list[int] = []


class Counting(Seeing):
    """Sees every quote, and counts it."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count."""
        self.ticks += 1


class Reading(Seeing):
    """Sees every change of a book, and counts it."""

    def on_book(self, context: Context, event: BookEvent) -> None:
        """Count."""
        self.ticks += 1


class Barring(Seeing):
    """Has bars made of the trades, and counts those; it sees nothing else."""

    def on_start(self, context: Context) -> None:
        """Subscribe."""
        super().on_start(context)
        for one in context.instruments:
            context.subscribe(one.instrument, quotes=False, trades=False, book=False)
            context.subscribe_bars(one.instrument, INTERVAL)

    def on_bar(self, context: Context, bar: Bar) -> None:
        """Count."""
        self.ticks += 1


class Taking(Seeing):
    """Sends an order on every nth quote of the whole stream."""

    class Parameters(Strategy.Parameters, frozen=True):
        """As in `Options`."""

        every: int = 1
        limits: bool = False
        alternates: bool = True

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Begin with buys."""
        super().on_start(context)
        self.buys: dict[InstrumentId, bool] = {}

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count, and send."""
        self.ticks += 1
        if self.ticks % self.parameters.every:
            return
        self.send(context, quote)

    def send(self, context: Context, quote: Quote) -> None:
        """Send an order."""
        one = quote.instrument
        buy = self.buys.get(one, True)
        if self.parameters.alternates:
            self.buys[one] = not buy
        self.orders += 1
        limits = self.parameters.limits
        if buy:
            context.buy(one, QUANTITY, quote.ask_price if limits else None)
        else:
            context.sell(one, QUANTITY, quote.bid_price if limits else None)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Count."""
        self.fills += 1


class TimedTaking(Taking):
    """Also keeps how long each order took until its fill."""

    asked = 0

    def send(self, context: Context, quote: Quote) -> None:
        """Remember when."""
        self.asked = perf_counter_ns()
        super().send(context, quote)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Keep the span."""
        self.spans.append(perf_counter_ns() - self.asked)
        super().on_fill(context, fill)


def strategy(of: Options) -> Seeing:
    """Return the strategy that the work is for."""
    if of.what in ("trades", "idle"):
        return Barring(Barring.Parameters())
    if of.what == "levels":
        return Reading(Reading.Parameters())
    if not of.every:
        return Counting(Counting.Parameters())
    kind = TimedTaking if of.lat else Taking
    parameters = Taking.Parameters(
        every=of.every, limits=of.order == "limit", alternates=of.pattern == "alt"
    )
    return kind(parameters)


def quote(row: QuoteRow) -> Quote:
    """Return a quote as an input."""
    return Quote(
        InstrumentId(row.sym + 1),
        Price(row.bid),
        Quantity(row.bid_size),
        Price(row.ask),
        Quantity(row.ask_size),
        UpdateId(row.seq + 1),
        Nanos(row.ts_ns),
    )


def trade(row: QuoteRow) -> Trade:
    """Return a quote's bid as a trade."""
    price, quantity = Price(row.bid), Quantity(row.bid_size)
    name, time = str(row.seq), Nanos(row.ts_ns)
    return Trade(InstrumentId(row.sym + 1), price, quantity, Side.SELL, name, time)


def change(number: int, row: LevelRow) -> BookChange:
    """Return a change of a level as an input."""
    level = ((Price(row.price), Quantity(row.size)),)
    bids, asks = (level, ()) if row.side > 0 else ((), level)
    return BookChange(InstrumentId(1), bids, asks, UpdateId(number), Nanos(row.ts_ns))


def world(of: Options) -> tuple[World, list[Input]]:
    """Return the venue, and the data that it tells."""
    if of.what == "levels":
        changes: list[Input] = [change(2 + each, row) for each, row in enumerate(level_rows(of))]
        return recorded([_empty_book(), *changes], touch_only=False), changes
    if of.what == "trades":
        trades: list[Input] = [trade(row) for row in quote_rows(of)]
        return recorded(trades, touch_only=False, instrument_count=of.nsym), trades
    quotes = [quote(row) for row in quote_rows(of)]
    if of.venue == "touch":
        return FillingWorld(quotes), [*quotes]
    return recorded([*quotes], touch_only=True, instrument_count=of.nsym), [*quotes]


def _empty_book() -> BookSnapshot:
    return BookSnapshot(InstrumentId(1), (), (), UpdateId(1), Nanos(START_NS + 1))


def recorded(inputs: list[Input], touch_only: bool, instrument_count: int = 1) -> RecordedWorld:
    """Return the market of a backtest, which tells the inputs at their times."""
    events = [(_time(one), [one]) for one in inputs]
    config = RecordedConfig(touch_only=touch_only, venue=AT_ONCE)
    return RecordedWorld(iter(events), instruments(instrument_count), config)


def _time(one: Input) -> Nanos:
    assert isinstance(one, Quote | Trade | BookChange | BookSnapshot), "market data has its time"
    return one.venue_time


def run(of: Options) -> None:
    """Run a session over the data, and tell."""
    with Stopwatch() as loading:
        venue, told = world(of)  # kept: memory that grows is then the run's
    seeing = strategy(of)
    made = session([], seeing, of.nsym, venue)
    pace = FullSpeed(StopRequest())
    with settled() as watch:
        made.run(pace)
    ran = Ran(
        SYSTEM, __version__, IMPORTING, loading, watch, len(told), seeing.orders, seeing.fills
    )
    fields: dict[str, object] = {"seen": seeing.ticks, "build": running_build().reason}
    if of.every:
        fields["balance_change"], fields["expected"] = money(made, seeing, of)
    tell(of, ran, lat_ns=percentiles(seeing.spans), **fields)


def money(of: Session, seen: Seeing, asked: Options) -> tuple[float, float]:
    """Return by how much the cash changed, and by how much it was to change: alike to the cent."""
    fills, cash = outcome(asked, later=asked.venue == "recorded")
    account = of.path.machine.state.positions.account(ACCOUNT)
    assert account is not None, "the opening made the account"
    assert seen.fills == fills, f"{seen.fills} fills, expected {fills}"
    assert account.cash - CASH == cash, f"cash {account.cash - CASH}, expected {cash}"
    return (account.cash - CASH) / 100, cash / 100


if __name__ == "__main__":
    run(options())
