"""Sessions for the tests of the loop: a world, strategies, and everything that a test looks at."""

from pathlib import Path as FilePath

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.last_mile import LastMile, NoSwitch
from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.journal.history import History
from fairlead.journal.log import Durability, Log
from fairlead.journal.sequencer import Sequencer, VirtualClock, WallClock
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
    StartCommand,
    StrategyDefinition,
    VenueConnected,
)
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Action, Output, SendOrder
from fairlead.model.policies import OrderPolicy
from fairlead.model.statements import StatementCash
from fairlead.model.terms import StopPolicy
from fairlead.model.units import (
    NANOS_PER_SECOND,
    AccountId,
    BasisPoints,
    Money,
    Nanos,
    OrderId,
    Quantity,
    Sequence,
    StrategyId,
)
from fairlead.node.letters import BOX_NAME
from fairlead.node.mailbox import Mailbox
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.path import Path
from fairlead.node.reading import written_schema
from fairlead.node.session import Session
from fairlead.node.switch_watch import SwitchWatch
from fairlead.readers.reader import Reader
from fairlead.simulator.market import MarketConfig, demo_market, simulated_world
from fairlead.simulator.venue import VenueConfig
from fairlead.simulator.world import World
from fairlead.strategy import Context, Strategy
from fairlead.strategy.host import Host

SECOND = NANOS_PER_SECOND
MIDNIGHT = Nanos(1_700_006_400 * SECOND)  # 2023-11-15T00:00:00Z
START = Nanos(MIDNIGHT - 10 * SECOND)
SECONDS = 20  # of a session: half of it on each day
CASH = Money(10**12)
POLICY = OrderPolicy(timeout=Nanos(SECOND // 20), answer_timeout=Nanos(2 * SECOND), all_orders=True)
CLOCK = WallClock()
START_COMMAND = StartCommand("test", "test")


class Quoting(Strategy):
    """Keeps one bid a little below the market, and takes now and then."""

    def on_start(self, context: Context) -> None:
        self.seen = 0
        self.bid = OrderId(0)

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.seen += 1
        if quote.bid_price == 0 or self.seen % 7:
            return
        if self.seen % 21 == 0:
            context.buy(quote.instrument, Quantity(5))
        elif self.seen % 14 == 0:
            context.sell(quote.instrument, Quantity(5))
        else:
            context.cancel_all()
            context.buy(quote.instrument, Quantity(3), quote.bid_price)


class Failing(Strategy):
    """Works for a while, with an order in the market, then breaks."""

    def on_start(self, context: Context) -> None:
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.seen += 1
        if self.seen == 1 and quote.bid_price:
            context.buy(quote.instrument, Quantity(1), quote.bid_price)
        if self.seen == 200:
            raise RuntimeError("the model has no more parameters")


class Insisting(Strategy):
    """Asks again on every refusal: without a bound the turn would never end."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        context.buy(quote.instrument, Quantity(10**9))

    def on_order(self, context: Context, fact: object) -> None:
        context.buy(context.instruments[0].instrument, Quantity(10**9))


class Recorder:
    """Follows, and keeps what a test asks about."""

    def __init__(self) -> None:
        self.inputs: list[tuple[Nanos, Input]] = []
        self.outputs: list[Output] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        self.inputs.append((time, input))
        self.outputs.extend(outputs)

    def at(self, after: int) -> list[Input]:
        """Return the inputs of a time, in nanoseconds after the start."""
        return [input for time, input in self.inputs if time == START + after]

    def of(self, name: str) -> list[Output]:
        return [output for output in self.outputs if type(output).__name__ == name]


class ScriptedWorld:
    """A world that says what it was told to say, and answers nothing."""

    repeats = True

    def __init__(self, *script: tuple[int, Input]) -> None:
        self.script = [(Nanos(START + after), input) for after, input in script]
        self.acted: list[tuple[int, Action]] = []  # with the time after the start

    def next_time(self) -> Nanos | None:
        return self.script[0][0] if self.script else None

    def take(self, time: Nanos) -> list[Input]:
        taken = [input for due, input in self.script if due <= time]
        self.script = self.script[len(taken) :]
        return taken

    def act(self, action: Action, time: Nanos) -> None:
        self.acted.append((time - START, action))


class WatchedWorld:
    """A world that notes whether anything was still to be written when an action left."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.repeats = world.repeats
        self.log: Log | None = None
        self.sent: list[OrderId] = []
        self.left_early = 0

    def next_time(self) -> Nanos | None:
        return self.world.next_time()

    def take(self, time: Nanos) -> list[Input]:
        return self.world.take(time)

    def act(self, action: Action, time: Nanos) -> None:
        if self.log is not None and self.log.pending:
            self.left_early += 1
        if isinstance(action, SendOrder):
            self.sent.append(action.approved.order)
        self.world.act(action, time)


class Crash(Exception):
    """The process is gone."""


class OutsideWorld:
    """A world that outlives the sessions that trade with it, and can see one of them die."""

    repeats = False

    def __init__(self, world: World) -> None:
        self.world = world
        self.got: list[Action] = []
        self.dies_at = 0  # which action is the last that a session wants; 0: it lives
        self.arrives = False  # whether the last one leaves before the session dies

    def next_time(self) -> Nanos | None:
        return self.world.next_time()

    def take(self, time: Nanos) -> list[Input]:
        return self.world.take(time)

    def act(self, action: Action, time: Nanos) -> None:
        dies = len(self.got) + 1 == self.dies_at
        if not dies or self.arrives:
            self.got.append(action)
            self.world.act(action, time)
        if dies:
            raise Crash


def last_mile_limits(market: MarketConfig) -> LastMileLimits:
    """Return limits that no session of these tests reaches by itself."""
    bounds = InstrumentBounds(
        order_quantity_max=Quantity(100),
        order_notional_max=Money(10**12),
        window_quantity_max=Quantity(10**9),
    )
    return LastMileLimits(
        instruments={one.instrument: bounds for one in market.instruments()},
        orders_per_second_max=10_000,
        window=Nanos(10 * SECOND),
        window_notional_max=Money(10**18),
        day_notional_max=Money(10**18),
    )


class Run:
    """One session with everything a test looks at."""

    def __init__(
        self,
        *strategies: Strategy,
        seed: int = 7,
        cash: int = CASH,
        world: World | None = None,
        limits: LastMileLimits | None = None,
        place: FilePath | None = None,
    ) -> None:
        """Put a session together; with a `place` people can reach into it."""
        until = Nanos(START + SECONDS * SECOND)
        self.market = demo_market(seed)
        venue = VenueConfig(cash=(StatementCash("USD", Money(cash)),))
        self.world = WatchedWorld(world or simulated_world(self.market, venue, START, until))
        self.machine = Machine()
        self.recorder = Recorder()
        clock = VirtualClock(START)
        sequencer = Sequencer(clock, Sequence(0), Nanos(0))
        watch = mailbox = None
        readers: list[Reader] = [self.recorder]
        if place is not None:
            watch = SwitchWatch(Switch(place / SWITCH_NAME, now=CLOCK.now()), CLOCK)
            mailbox = Mailbox(place / BOX_NAME)
            readers.append(mailbox)
        self.path = Path(self.machine, sequencer, None, readers)
        host = Host(self.machine)
        for number, strategy in enumerate(strategies, start=1):
            host.add(StrategyId(number), strategy)
        self.names = [type(strategy).__name__ for strategy in strategies]
        switch = watch.switch if watch is not None else NoSwitch()
        self.last_mile = LastMile(limits or last_mile_limits(self.market), switch)
        self.session = Session(self.path, self.world, host, clock, self.last_mile, watch, mailbox)
        self.stop_request = StopRequest()
        self.pace = FullSpeed(self.stop_request)

    def definitions(self) -> list[Input]:
        account = AccountId(1)
        inputs: list[Input] = [AccountDefinition(account, "main", "USD", 6, CASH)]
        inputs.append(OrderPolicyChange(POLICY, "test", "test"))
        for instrument in self.market.instruments():
            inputs.append(InstrumentDefinition(instrument))
            limits = Limits(
                instrument.instrument,
                order_quantity_max=Quantity(100),
                order_notional_max=Money(10**12),
                position_quantity_max=Quantity(1_000),
                collar=BasisPoints(500),
                reference_age_max=Nanos(5 * SECOND),
            )
            inputs.append(LimitChange(limits, "test", "test"))
        for number, name in enumerate(self.names, start=1):
            inputs.append(StrategyDefinition(StrategyId(number), name, account, "{}"))
        rate = MessageRate(10_000, 1_000, Nanos(SECOND))
        return [*inputs, MessageRateChange(rate, "test", "test")]

    def first(self, epoch: int = 1) -> list[Input]:
        """Return what opens a session and releases it at once."""
        started = NodeStarted(epoch, "build", "configuration", "paper")
        return [
            started,
            *([] if self.machine.instruments else self.definitions()),
            START_COMMAND,
        ]

    def connecting(self) -> list[Input]:
        """Return what opens a session that is to be confirmed before it is released."""
        started = NodeStarted(1, "build", "configuration", "paper")
        return [started, *self.definitions(), VenueConnected("SIM")]

    def write_to(self, directory: FilePath, history: History | None = None) -> None:
        end = history.end if history is not None else History(directory).end
        log = Log(
            directory,
            Durability.PROCESS,
            end.epoch + 1,
            end.last,
            end.chain,
            schema=written_schema(),
        )
        self.world.log = log
        self.path.write_to(log)

    def whole(self) -> "Run":
        self.session.start(self.first())
        self.session.run(self.pace)
        self.session.stop(StopPolicy.CANCEL, "test", "the end")
        return self

    def accounts(self) -> list[tuple[int, int, int]]:
        return [(a.cash, a.realised, a.fees) for a in self.machine.positions.accounts()]

    def positions(self) -> list[tuple[int, int, int]]:
        return [(p.instrument, p.quantity, p.realised) for p in self.machine.positions.all()]
