"""The loop, its stops and its rehearsals:

nothing leaves early, nothing is sent twice, all comes back.
"""

import random
from pathlib import Path as FilePath

import pytest

from fairlead.journal.history import History
from fairlead.journal.log import Durability, Lock, Log
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    KillCommand,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    Quote,
    StartCommand,
    StrategyDefinition,
)
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Action, Output, SendOrder
from fairlead.model.terms import Status, StopPolicy
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
from fairlead.node.errors import WorldDiverged
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.path import Path
from fairlead.node.recovery import replay, verify
from fairlead.node.session import REQUESTS_PER_TURN_MAX, Session
from fairlead.simulator.market import SimulatedWorld, demo_market, simulated_world
from fairlead.simulator.venue import VenueConfig
from fairlead.strategy import Context, Strategy
from fairlead.strategy.host import Host

START = Nanos(1_700_000_000 * NANOS_PER_SECOND)
SECONDS = 20


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
        self.outputs: list[Output] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        self.outputs.extend(outputs)

    def of(self, name: str) -> list[Output]:
        return [output for output in self.outputs if type(output).__name__ == name]


class WatchedWorld:
    """A world that notes whether anything was still to be written when an action left."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
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


class Run:
    """One session with everything a test looks at."""

    def __init__(self, *strategies: Strategy, seed: int = 7) -> None:
        until = Nanos(START + SECONDS * NANOS_PER_SECOND)
        self.market = demo_market(seed)
        self.world = WatchedWorld(simulated_world(self.market, VenueConfig(), START, until))
        self.machine = Machine()
        self.recorder = Recorder()
        clock = VirtualClock(START)
        sequencer = Sequencer(clock, Sequence(0), Nanos(0))
        self.path = Path(self.machine, sequencer, None, [self.recorder])
        host = Host(self.machine)
        for number, strategy in enumerate(strategies, start=1):
            host.add(StrategyId(number), strategy)
        self.names = [type(strategy).__name__ for strategy in strategies]
        self.session = Session(self.path, self.world, host, clock)
        self.stop_request = StopRequest()

    def first(self, epoch: int = 1) -> list[Input]:
        opening: list[Input] = [NodeStarted(epoch, "build", "configuration", "paper")]
        if epoch == 1:
            account = AccountId(1)
            opening.append(AccountDefinition(account, "main", "USD", 6, Money(10**12)))
            for instrument in self.market.instruments():
                opening.append(InstrumentDefinition(instrument))
                limits = Limits(
                    instrument.instrument,
                    order_quantity_max=Quantity(100),
                    order_notional_max=Money(10**12),
                    position_quantity_max=Quantity(1_000),
                    collar=BasisPoints(500),
                    reference_age_max=Nanos(5 * NANOS_PER_SECOND),
                )
                opening.append(LimitChange(limits, "test", "test"))
            for number, name in enumerate(self.names, start=1):
                opening.append(StrategyDefinition(StrategyId(number), name, account, "{}"))
            rate = MessageRate(10_000, 1_000, Nanos(NANOS_PER_SECOND))
            opening.append(MessageRateChange(rate, "test", "test"))
        return [*opening, StartCommand("test", "test")]

    def write_to(self, directory: FilePath, history: History | None = None) -> None:
        end = history.end if history is not None else History(directory).end
        log = Log(directory, Durability.PROCESS, end.epoch + 1, end.last, end.chain)
        self.world.log = log
        self.path.write_to(log)

    def whole(self) -> "Run":
        self.session.start(self.first())
        self.session.run(FullSpeed(self.stop_request))
        self.session.stop(StopPolicy.CANCEL, "test", "the end")
        return self

    def accounts(self) -> list[tuple[int, int, int]]:
        return [(a.cash, a.realised, a.fees) for a in self.machine.positions.accounts()]

    def positions(self) -> list[tuple[int, int, int]]:
        return [(p.instrument, p.quantity, p.realised) for p in self.machine.positions.all()]


def recorded_run(directory: FilePath) -> Run:
    """Return a whole session that left its journal in `directory`."""
    lock = Lock(directory)
    run = Run(Quoting())
    run.write_to(directory)
    run.whole()
    lock.close()
    return run


def resumed_run(directory: FilePath, run: Run) -> History:
    """Recover a journal into a new session and return what was read; the session stands."""
    history = History(directory)
    for entry in history.entries():
        run.session.rehearse(entry)
    history.mend()
    run.write_to(directory, history)
    return history


def test_no_action_leaves_before_everything_up_to_it_is_written(tmp_path: FilePath) -> None:
    """Invariant 3."""
    run = recorded_run(tmp_path / "journal")
    assert len(run.world.sent) > 50
    assert run.world.left_early == 0


def test_a_session_cut_anywhere_comes_back_as_it_was_and_ends_as_it_would_have(
    tmp_path: FilePath,
) -> None:
    """Invariants 1 and 2; S0-ARCH-04: the resumed run equals the uninterrupted one."""
    whole = recorded_run(tmp_path / "journal")
    (segment,) = (tmp_path / "journal").glob("*.journal")
    content = segment.read_bytes()
    chance = random.Random(20261120)
    for number in range(12):
        directory = tmp_path / f"cut-{number}"
        directory.mkdir()
        (directory / segment.name).write_bytes(content[: chance.randrange(100, len(content))])
        run = Run(Quoting())
        history = resumed_run(directory, run)
        past = replay(tmp_path / "journal", to=history.end.last)
        assert run.machine.digest() == past.path.machine.digest()
        epoch = history.end.epoch + 1
        run.session.resume(run.first(epoch))
        run.session.run(FullSpeed(run.stop_request))
        run.session.stop(StopPolicy.CANCEL, "test", "the end")
        assert run.session.diverged == 0
        assert run.accounts() == whole.accounts()
        assert run.positions() == whole.positions()
        assert run.world.sent == whole.world.sent
        assert len(set(run.world.sent)) == len(run.world.sent)
        assert verify(directory).passed


def test_a_session_that_was_ended_in_order_goes_on_trading_when_it_is_resumed(
    tmp_path: FilePath,
) -> None:
    """What a person stopped, a person may go on with: the strategies begin anew."""
    directory = tmp_path / "journal"
    lock = Lock(directory)
    first = Run(Quoting())
    first.write_to(directory)
    first.session.start(first.first())
    first.session.run(FullSpeed(first.stop_request), Nanos(START + 5 * NANOS_PER_SECOND))
    first.session.stop(StopPolicy.CANCEL, "ann", "lunch")
    lock.close()
    run = Run(Quoting())
    history = resumed_run(directory, run)
    assert run.world.sent == first.world.sent
    run.session.resume(run.first(history.end.epoch + 1))
    run.session.run(FullSpeed(run.stop_request))
    run.session.stop(StopPolicy.CANCEL, "ann", "the end")
    assert len(run.world.sent) > len(first.world.sent)
    assert len(set(run.world.sent)) == len(run.world.sent)
    assert run.session.diverged == 0
    assert verify(directory).passed


def test_a_world_of_another_seed_is_not_taken_for_the_recorded_one(tmp_path: FilePath) -> None:
    recorded_run(tmp_path / "journal")
    with pytest.raises(WorldDiverged, match="seed"):
        resumed_run(tmp_path / "journal", Run(Quoting(), seed=8))


def test_a_strategy_that_asks_otherwise_after_a_restart_is_noticed_and_the_journal_wins(
    tmp_path: FilePath,
) -> None:
    whole = recorded_run(tmp_path / "journal")
    run = Run(Failing())
    resumed_run(tmp_path / "journal", run)
    assert run.session.diverged > 0
    assert run.positions() == whole.positions()


def test_a_failing_strategy_is_taken_off_its_orders_are_canceled_and_others_trade_on() -> None:
    """S0-ARCH-15; faults.md 17."""
    run = Run(Failing(), Quoting()).whole()
    (disabled,) = run.recorder.of("StrategyDisabled")
    assert "the model has no more parameters" in str(disabled)
    assert not run.machine.orders.working(StrategyId(1))
    at = run.recorder.outputs.index(disabled)
    later = [o for o in run.recorder.outputs[at:] if isinstance(o, SendOrder)]
    assert later, "the other strategy trades on"
    assert all(one.approved.strategy == 2 for one in later)


def test_a_strategy_that_asks_again_on_every_refusal_is_stopped_within_its_turn() -> None:
    run = Run(Insisting(), Quoting()).whole()
    (disabled,) = run.recorder.of("StrategyDisabled")
    assert "StrategyDisabled(strategy=1" in str(disabled)
    refused = [o for o in run.recorder.of("OrderRefused") if "strategy=1" in str(o)]
    assert len(refused) <= REQUESTS_PER_TURN_MAX + 1
    assert run.world.sent


def test_a_kill_cancels_what_works_and_nothing_new_leaves_after_it() -> None:
    """Invariant 9."""
    run = Run(Quoting())
    run.session.start(run.first())
    run.session.run(FullSpeed(run.stop_request), Nanos(START + 10 * NANOS_PER_SECOND))
    run.session.command(KillCommand("a person", "a reason"))
    for order in run.machine.orders.all_working():
        assert order.status is Status.CANCEL_PENDING or order.cancel_wanted
    sent = len(run.world.sent)
    run.session.run(FullSpeed(run.stop_request))
    assert len(run.world.sent) == sent
    assert run.machine.orders.working_count == 0


@pytest.mark.parametrize(("policy", "left"), [(StopPolicy.CANCEL, False), (StopPolicy.KEEP, True)])
def test_a_stop_cancels_or_keeps_working_orders_by_policy(policy: StopPolicy, left: bool) -> None:
    run = Run(Quoting())
    run.session.start(run.first())
    until = START + 5 * NANOS_PER_SECOND
    run.session.run(FullSpeed(run.stop_request), Nanos(until))
    while not run.machine.orders.working_count:
        until += NANOS_PER_SECOND // 10
        run.session.run(FullSpeed(run.stop_request), Nanos(until))
    run.session.stop(policy, "test", "policy")
    assert (run.machine.orders.working_count > 0) is left
    assert run.machine.gate.stopped


def test_the_same_session_twice_gives_the_same_outputs_and_the_same_state() -> None:
    """S2-ARCH-04."""
    first, second = Run(Quoting()).whole(), Run(Quoting()).whole()
    assert first.path.digest.hexadecimal() == second.path.digest.hexadecimal()
    assert first.machine.digest() == second.machine.digest()
