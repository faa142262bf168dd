"""A session over quotes in memory: the real path and host, a world that costs next to nothing.

The world fills every order wholly, at the touch of the quote that triggered it, without a delay.
That is no model of a venue (`simulator/` has those); it makes the outcome exact, so that a run can
be checked to the last cent, and it leaves the time to the parts that are measured.
"""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from pathlib import Path as FilePath
from time import perf_counter_ns, process_time_ns
from typing import Final

from benchmarks.market import START, instruments
from fairlead.journal.format import GENESIS
from fairlead.journal.log import Durability, Log
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    Quote,
    StartCommand,
    StrategyDefinition,
    VenueAccepted,
    VenueFilled,
)
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Action, OrderFilled, SendOrder
from fairlead.model.terms import Liquidity, Side, StopPolicy
from fairlead.model.units import (
    NANOS_PER_SECOND,
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    Sequence,
    StrategyId,
)
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.path import Path
from fairlead.node.session import Session
from fairlead.readers.reader import Reader
from fairlead.simulator.world import World
from fairlead.strategy import Context, Strategy
from fairlead.strategy.host import Host

CASH: Final = Money(10**15)
ORDER_QUANTITY: Final = Quantity(100)
_ACCOUNT: Final = AccountId(1)
_STRATEGY: Final = StrategyId(1)
_SESSION_DATE: Final = 20_240_102
_NO_FEE: Final = Money(0)
_BUY: Final = Side.BUY  # the world runs inside of what is measured: no look-up in it twice
_TAKER: Final = Liquidity.TAKER


class Counting(Strategy):
    """Sees every quote and counts it."""

    def on_start(self, context: Context) -> None:
        """Begin at nothing."""
        self.quotes = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count."""
        self.quotes += 1


class Taking(Strategy):
    """Takes the touch on every nth quote: buys and sells by turns in each instrument."""

    class Parameters(Strategy.Parameters, frozen=True):
        """On which quotes it takes."""

        every: int = 10

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Begin at nothing, with a buy."""
        self.quotes = 0
        self.orders = 0
        self.fills = 0
        self.holds: dict[InstrumentId, bool] = {}

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count, and take on every nth quote."""
        self.quotes += 1
        if self.quotes % self.parameters.every:
            return
        held = self.holds.get(quote.instrument, False)
        self.holds[quote.instrument] = not held
        self.orders += 1
        if held:
            context.sell(quote.instrument, ORDER_QUANTITY, quote.bid_price)
        else:
            context.buy(quote.instrument, ORDER_QUANTITY, quote.ask_price)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Count."""
        self.fills += 1


def taking(every: int) -> Taking:
    """Return a strategy that takes on every nth quote."""
    return Taking(Taking.Parameters(every=every))


class TimedTaking(Taking):
    """Also takes the time from before it asks for an order until it is told of the fill."""

    def on_start(self, context: Context) -> None:
        """Begin with no span."""
        super().on_start(context)
        self.spans: list[int] = []
        self.asked = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Remember when; the last one counts."""
        self.asked = perf_counter_ns()
        super().on_quote(context, quote)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Keep the span."""
        self.spans.append(perf_counter_ns() - self.asked)
        super().on_fill(context, fill)


class FillingWorld:
    """Quotes at their times; every order is taken and filled at the touch at once."""

    def __init__(self, quotes: Many[Quote]) -> None:
        """Stand before the first quote."""
        self._coming = iter(quotes)
        self._next = next(self._coming, None)
        self._touch = self._next  # the quote that came last
        self._reports: list[Input] = []
        self._executions = 0

    def next_time(self) -> Nanos | None:
        """Return when the reports that wait, or else the next quote, reach us."""
        if self._reports and self._touch is not None:
            return self._touch.venue_time
        quote = self._next
        return None if quote is None else quote.venue_time

    def take(self, time: Nanos) -> list[Input]:
        """Return the reports that wait, then the quotes up to `time`."""
        inputs = self._reports
        self._reports = []
        quote = self._next
        while quote is not None and quote.venue_time <= time:
            inputs.append(quote)
            self._touch = quote
            self._next = quote = next(self._coming, None)
        return inputs

    def act(self, action: Action, time: Nanos) -> None:
        """Accept and fill an order; nothing is ever left to cancel or replace."""
        assert isinstance(action, SendOrder), "every order is filled before it could be changed"
        order, touch = action.approved, self._touch
        assert touch is not None, "an order follows a quote"
        assert touch.instrument == order.instrument, "the strategy takes what it was just shown"
        price = touch.ask_price if order.side is _BUY else touch.bid_price
        assert price == order.price, "the strategy asks for the touch"
        self._executions += 1
        number = str(self._executions)
        self._reports.append(VenueAccepted(order.order, order.instrument, number, time))
        self._reports.append(
            VenueFilled(
                order.order,
                order.instrument,
                number,
                _SESSION_DATE,
                price,
                order.quantity,
                _NO_FEE,
                _TAKER,
                time,
            )
        )


def session(
    quotes: Many[Quote],
    strategy: Strategy,
    instrument_count: int = 1,
    world: World | None = None,
    log: Log | None = None,
    readers: Iterable[Reader] = (),
) -> Session:
    """Return a session that has started, before its first quote; `world` plays them its own way."""
    machine = Machine()
    clock = VirtualClock(START)
    path = Path(machine, Sequencer(clock, Sequence(0), Nanos(0)), log, readers)
    host = Host(machine)
    host.add(_STRATEGY, strategy)
    made = Session(path, world or FillingWorld(quotes), host, clock)
    made.start(opening(instrument_count))
    return made


def journal(directory: FilePath, durability: Durability = Durability.PROCESS) -> Log:
    """Return a new journal in a new directory."""
    directory.mkdir(parents=True)
    return Log(directory, durability, 1, Sequence(0), GENESIS)


def run(of: Session, until: Nanos | None = None) -> int:
    """Run a session to its end, or until a time; return the nanoseconds of processor it took."""
    pace = FullSpeed(StopRequest())
    began = process_time_ns()
    of.run(pace, until)
    return process_time_ns() - began


def finish(of: Session) -> None:
    """End a session in order and seal its journal."""
    of.stop(StopPolicy.CANCEL, "benchmark", "it is over")


def opening(instrument_count: int) -> list[Input]:
    """Return what opens a session: limits that are all set, and that nothing here reaches."""
    inputs: list[Input] = [
        NodeStarted(1, "benchmark", "benchmark", "benchmark"),
        AccountDefinition(_ACCOUNT, "benchmark", "USD", 2, CASH),
    ]
    for instrument in instruments(instrument_count):
        inputs.append(InstrumentDefinition(instrument))
        limits = Limits(
            instrument.instrument,
            order_quantity_max=Quantity(10_000),
            order_notional_max=Money(10**10),
            position_quantity_max=Quantity(100_000),
            collar=BasisPoints(500),
            reference_age_max=Nanos(NANOS_PER_SECOND),
        )
        inputs.append(LimitChange(limits, "benchmark", "set"))
    rate = MessageRate(100_000, 100_000, Nanos(NANOS_PER_SECOND))
    inputs.append(MessageRateChange(rate, "benchmark", "set"))
    inputs.append(StrategyDefinition(_STRATEGY, "benchmark", _ACCOUNT, "{}"))
    inputs.append(StartCommand("benchmark", "measure"))
    return inputs


def expected_cash(quotes: Many[Quote], every: int) -> Money:
    """Return the cash after `Taking`, worked out from the quotes alone."""
    cash = int(CASH)
    holds: dict[InstrumentId, bool] = {}
    for quote in quotes[every - 1 :: every]:
        held = holds.get(quote.instrument, False)
        holds[quote.instrument] = not held
        cash += ORDER_QUANTITY * (quote.bid_price if held else -quote.ask_price)
    return Money(cash)


def check(of: Session, quotes: Many[Quote], strategy: Taking, every: int) -> None:
    """Stop unless every order was filled and the money is what it must be."""
    account = of.path.machine.positions.account(_ACCOUNT)
    assert account is not None, "the opening made the account"
    assert strategy.quotes == len(quotes), "the strategy saw every quote"
    assert strategy.fills == strategy.orders == len(quotes) // every, "every order was filled"
    assert account.cash == expected_cash(quotes, every), "the money ties out"
