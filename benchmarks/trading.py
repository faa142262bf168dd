"""A session over quotes in memory: the real path and host, a world that costs next to nothing.

The world makes the outcome exact (`filling.py`), so that a run can be checked to the last cent.
"""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from pathlib import Path as FilePath
from time import perf_counter_ns, process_time_ns
from typing import Final, NamedTuple

from benchmarks.filling import CASH, FillingWorld
from benchmarks.market import START, VENUE, instruments
from fairlead.gateways.last_mile import LastMile, NoSwitch
from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.journal.format import GENESIS
from fairlead.journal.log import Durability, Log
from fairlead.journal.sealing import Cipher
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    OrderPolicyChange,
    Quote,
    ReconciliationPolicyChange,
    StartCommand,
    StrategyDefinition,
    VenueConnected,
)
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import OrderFilled
from fairlead.model.policies import OrderPolicy, ReconciliationPolicy
from fairlead.model.terms import CostBasis, StopPolicy
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
from fairlead.node.reading import written_schema
from fairlead.node.session import Session
from fairlead.readers.reader import Reader
from fairlead.simulator.world import World
from fairlead.strategy import Context, Strategy
from fairlead.strategy.host import Host

ORDER_QUANTITY: Final = Quantity(100)
_ACCOUNT: Final = AccountId(1)
_STRATEGY: Final = StrategyId(1)


class Setting(NamedTuple):
    """How a session is set up, beside its quotes."""

    cost_basis: CostBasis = CostBasis.AVERAGE
    policy: OrderPolicy | None = None
    statements: Nanos = Nanos(0)  # how much time lies between two of them; 0: there are none


PLAIN: Final = Setting()


class Counting(Strategy):
    """Sees every quote and counts it."""

    def on_start(self, context: Context) -> None:
        """Begin at nothing."""
        self.quotes = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count."""
        self.quotes += 1


class Taking(Strategy):
    """Takes the touch on every nth quote: some buys, then as many sells, in each instrument.

    So the position goes flat with every round trip, and opens anew with the next one.
    """

    class Parameters(Strategy.Parameters, frozen=True):
        """On which quotes it takes, and how many orders it buys with, and then sells with."""

        every: int = 10
        legs: int = 1

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Begin at nothing, with a buy."""
        self.quotes = 0
        self.orders = 0
        self.fills = 0
        self.taken: dict[InstrumentId, int] = {}

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Count, and take on every nth quote."""
        self.quotes += 1
        if self.quotes % self.parameters.every:
            return
        taken = self.taken.get(quote.instrument, 0)
        self.taken[quote.instrument] = taken + 1
        self.orders += 1
        if sells(taken, self.parameters.legs):
            context.sell(quote.instrument, ORDER_QUANTITY, quote.bid_price)
        else:
            context.buy(quote.instrument, ORDER_QUANTITY, quote.ask_price)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Count."""
        self.fills += 1


def taking(every: int, legs: int = 1) -> Taking:
    """Return a strategy that takes on every nth quote."""
    return Taking(Taking.Parameters(every=every, legs=legs))


def sells(taken: int, legs: int) -> bool:
    """Return whether an order sells, after so many in its instrument."""
    return taken // legs % 2 == 1


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


def session(
    quotes: Many[Quote],
    strategy: Strategy,
    instrument_count: int = 1,
    world: World | None = None,
    log: Log | None = None,
    readers: Iterable[Reader] = (),
    setting: Setting = PLAIN,
) -> Session:
    """Return a session that has started, before its first quote; `world` plays them its own way."""
    machine = Machine()
    clock = VirtualClock(START)
    path = Path(machine, Sequencer(clock, Sequence(0), Nanos(0)), log, readers)
    host = Host(machine)
    host.add(_STRATEGY, strategy)
    last_mile = LastMile(_last_mile_limits(instrument_count), NoSwitch())
    made = Session(path, world or FillingWorld(quotes), host, clock, last_mile)
    made.start(opening(instrument_count, setting))
    return made


def _last_mile_limits(instrument_count: int) -> LastMileLimits:
    """Return limits of the last mile that are asked and never reached."""
    most = Money(2**62)
    bounds = InstrumentBounds(
        order_quantity_max=Quantity(10**9),
        order_notional_max=most,
        window_quantity_max=Quantity(10**15),
    )
    return LastMileLimits(
        instruments={InstrumentId(each): bounds for each in range(1, instrument_count + 1)},
        orders_per_second_max=10**9,
        window=Nanos(10**9),
        window_notional_max=most,
        day_notional_max=most,
    )


def journal(
    directory: FilePath,
    durability: Durability = Durability.PROCESS,
    cipher: Cipher | None = None,
) -> Log:
    """Return a new journal in a new directory; encrypted where there is a cipher."""
    directory.mkdir(parents=True)
    where = (1, Sequence(0), GENESIS)
    return Log(directory, durability, *where, schema=written_schema(), cipher=cipher)


def run(of: Session, until: Nanos | None = None) -> int:
    """Run a session to its end, or until a time; return the nanoseconds of processor it took."""
    pace = FullSpeed(StopRequest())
    began = process_time_ns()
    of.run(pace, until)
    return process_time_ns() - began


def finish(of: Session) -> None:
    """End a session in order and seal its journal."""
    of.stop(StopPolicy.CANCEL, "benchmark", "it is over")


def opening(instrument_count: int, setting: Setting) -> list[Input]:
    """Return what opens a session: limits that are all set, and that nothing here reaches."""
    inputs: list[Input] = [
        NodeStarted(1, "benchmark", "benchmark", "benchmark"),
        AccountDefinition(_ACCOUNT, "benchmark", "USD", 2, CASH, setting.cost_basis),
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
    if setting.policy is not None:
        inputs.append(OrderPolicyChange(setting.policy, "benchmark", "set"))
    if setting.statements:
        reconciliation = ReconciliationPolicy(interval=setting.statements)
        inputs.append(ReconciliationPolicyChange(reconciliation, "benchmark", "set"))
        inputs.append(VenueConnected(VENUE))
    inputs.append(StartCommand("benchmark", "measure"))
    return inputs


def expected_cash(quotes: Many[Quote], every: int, legs: int = 1) -> Money:
    """Return the cash after `Taking`, worked out from the quotes alone."""
    cash = int(CASH)
    taken: dict[InstrumentId, int] = {}
    for quote in quotes[every - 1 :: every]:
        before = taken.get(quote.instrument, 0)
        taken[quote.instrument] = before + 1
        price = quote.bid_price if sells(before, legs) else -quote.ask_price
        cash += ORDER_QUANTITY * price
    return Money(cash)


def check(of: Session, quotes: Many[Quote], strategy: Taking) -> None:
    """Stop unless every order was filled and the money is what it must be."""
    every, legs = strategy.parameters.every, strategy.parameters.legs
    state = of.path.machine.state
    account = state.positions.account(_ACCOUNT)
    assert account is not None, "the opening made the account"
    assert strategy.quotes == len(quotes), "the strategy saw every quote"
    assert strategy.fills == strategy.orders == len(quotes) // every, "every order was filled"
    assert account.cash == expected_cash(quotes, every, legs), "the money ties out"
    assert not state.reconciliation.all(), "both sides say the same"
