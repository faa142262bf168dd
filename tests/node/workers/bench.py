"""A node and a worker in one process: a real machine, path and crew, and lines that a test moves.

Nothing happens by itself: a test says when the worker works and when the node looks. The venue
takes every order and fills some of them, by a stream of chance.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path as FilePath
from random import Random

from fairlead.journal.history import Entry
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model import units
from fairlead.model.codec import decode_input, encode_input, encode_outputs
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    Quote,
    StartCommand,
    StrategyDefinition,
    StrategyFailed,
    SubmitRequest,
    TimePassed,
    VenueAccepted,
    VenueCanceled,
    VenueFilled,
)
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import CancelOrder, Output, SendOrder
from fairlead.model.terms import Liquidity
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
    UpdateId,
)
from fairlead.node.path import Path
from fairlead.node.workers.crew import Crew, Member, Recorded
from fairlead.node.workers.messages import Message, Over, decode_from_node, encode
from fairlead.node.workers.node_side import Line, Patience
from fairlead.node.workers.worker_end import MakeStrategy, WorkerEnd
from fairlead.strategy import Context, OrderFilled, Strategy
from fairlead.strategy.host import Host
from tests.strategy.rig import AAA, SECOND, SESSION_DATE, instrument

PATIENCE = Patience(catch_up=Nanos(60 * SECOND), hang=Nanos(SECOND))
STEP = SECOND // 10
ONE, TWO = StrategyId(1), StrategyId(2)


class Busy(Strategy):
    """Asks for something on most of what it hears, with timers that it sets, moves and cancels."""

    second = 2  # the timer that quotes set

    def on_start(self, context: Context) -> None:
        self.seen = 0
        self.filled = 0
        context.log("begins")
        context.set_timer(Nanos(3 * STEP), 1)

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.seen += 1
        if self.seen % 3 == 0:
            context.buy(quote.instrument, Quantity(2), quote.bid_price)
        if self.seen % 7 == 0:
            context.cancel_all()
        if self.seen % 5 == 0:
            context.set_timer(Nanos(2 * STEP), self.second)
        if self.seen % 11 == 0:
            context.cancel_timer(self.second)

    def on_timer(self, context: Context, timer: int) -> None:
        context.sell(AAA, Quantity(1))
        context.set_timer(Nanos(4 * STEP), timer)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        self.filled += fill.quantity


class FakeLine:
    """A worker in this process. It works when a test moves it."""

    def __init__(self, end: WorkerEnd, journal: Sequence[Entry], room: int) -> None:
        self.end = end
        self.room = room
        self.killed = ""
        self.closed = False
        self.is_over = False
        self.inbox: deque[bytes] = deque()
        self.outbox: deque[bytes] = deque()
        self._journal = journal
        self._caught_up = False

    def send(self, content: bytes) -> bool:
        if len(self.inbox) >= self.room:
            return False
        self.inbox.append(content)
        return True

    def receive(self) -> bytes | None:
        return self.outbox.popleft() if self.outbox else None

    def progress(self) -> units.Sequence:
        return self.end.last

    def ended(self, now: Nanos) -> str:
        return self.killed

    def close(self) -> None:
        self.closed = True

    def finish(self) -> None:
        self.work()

    def kill(self) -> None:
        """Die, as of `kill -9`: what was sent stays sent."""
        self.killed = "was killed by signal 9"

    def work(self, messages: int = 1_000_000) -> None:
        """Live through what is there, so many messages at most."""
        if self.killed or self.closed or self.is_over:
            return
        if not self._caught_up:
            self._caught_up = True
            for entry in self._journal:
                self.end.live_again(entry)
            self._say(*self.end.catch_up())
        while self.inbox and messages > 0:
            messages -= 1
            told = decode_from_node(self.inbox.popleft())
            if isinstance(told, Over):
                self.is_over = True
                return
            self._say(*self.end.take(told))

    def _say(self, *messages: Message) -> None:
        self.outbox.extend(map(encode, messages))


class Stepping:
    """A clock of ours that goes where a test puts it."""

    def __init__(self) -> None:
        self.time = Nanos(1)

    def now(self) -> Nanos:
        return self.time


class Bench:
    """A node whose strategies run in one worker, or in the node itself."""

    def __init__(
        self,
        strategies: dict[StrategyId, MakeStrategy],
        journal: Sequence[Entry] = (),
        in_process: bool = False,
        room: int = 1_000,
        seed: int = 1,
    ) -> None:
        """Define everything, or live through a journal again; nothing has started."""
        self.strategies = strategies
        self.journal: list[Entry] = []
        self.inputs: list[Input] = []
        self.lines: list[FakeLine] = []
        self.ours = Stepping()
        self.clock = VirtualClock(Nanos(0))
        self.chance = Random(seed)
        self.reports: list[Input] = []
        self.executions = 0
        members = [] if in_process else [Member("w", tuple(strategies))]
        self.crew = Crew(members, self, PATIENCE, self.ours.now)
        sequencer = Sequencer(self.clock, units.Sequence(0), Nanos(0))
        self.path = Path(Machine(), sequencer, None, [self, self.crew])
        self.host = Host(self.path.machine)
        if in_process:
            for strategy, make in strategies.items():
                self.host.add(strategy, make())
        self._room = room
        for entry in journal:
            self.path.replay(entry, decode_input(entry.input))
        self.clock.set(self.path.sequencer.last_time)
        if not journal:
            self._define()
        self.crew.begin(self.path, FilePath("nowhere"))

    # --- the launcher, and a reader

    def launch(self, member: Member, recorded: Recorded) -> Line:
        """Start a worker on what is in the journal now."""
        assert recorded.last == self.path.sequencer.last
        own = {one: self.strategies[one] for one in member.strategies}
        end = WorkerEnd(own, self.failed())
        self.lines.append(FakeLine(end, list(self.journal), self._room))
        return self.lines[-1]

    def wait(self, lines: Sequence[Line], span: Nanos) -> bool:
        """Let all workers work."""
        for line in self.lines:
            line.work()
        return True

    def wake(self) -> None:
        """Nobody waits here."""

    def follow(
        self, sequence: units.Sequence, time: Nanos, input: Input, outputs: list[Output]
    ) -> None:
        """Write the journal."""
        entry = Entry(sequence, time, encode_input(input))
        entry.outputs = encode_outputs(outputs) if outputs else b""
        self.journal.append(entry)
        self.inputs.append(input)

    # --- what a test does

    @property
    def line(self) -> FakeLine:
        """The line of the worker that was started last."""
        return self.lines[-1]

    @property
    def machine(self) -> Machine:
        """The node's."""
        return self.path.machine

    def take(self, input: Input) -> list[Output]:
        """Take an input, as a session does."""
        outputs = self.path.take(input)
        time = self.path.sequencer.last_time
        for output in outputs:
            self._venue_hears(output, time)
        if isinstance(input, StartCommand):
            self.host.start(time)
        self.host.deliver(time, input, outputs)
        return outputs

    def look(self) -> bool:
        """Take what strategies ask for; return whether there was anything."""
        asked = [*self.crew.take(self.clock.now()), *self.host.requests()]
        for request in asked:
            self.take(request)
        return bool(asked)

    def settle(self) -> None:
        """Let node and worker go on until neither has anything to do."""
        quiet = 0
        while quiet < 2:  # after something, a crew answers nothing once
            for line in self.lines:
                line.work()
            quiet = 0 if self.look() else quiet + 1

    def start(self) -> None:
        """Let trading begin."""
        self.take(StartCommand("p", "r"))

    def pass_time(self, span: int = STEP) -> None:
        """Let time pass, with what is due in the node."""
        self.clock.set(Nanos(self.clock.now() + span))
        due = self.machine.next_due()
        if due is not None and due <= self.clock.now():
            self.take(TimePassed())
        for fired in self.host.take(self.clock.now()):
            self.take(fired)

    def quote(self) -> None:
        """Let the market say a price."""
        bid, size = Price(10_000 + self.chance.randrange(-20, 20)), Quantity(5_000)
        self.take(Quote(AAA, bid, size, Price(bid + 2), size, UpdateId(0), self.clock.now()))

    def report(self) -> None:
        """Let the venue say what it has to say next."""
        if self.reports:
            self.take(self.reports.pop(0))

    def submitted(self) -> list[OrderId]:
        """Return the orders that were asked for, in the order of the journal."""
        return [one.order for one in self.inputs if isinstance(one, SubmitRequest)]

    def failed(self) -> dict[StrategyId, units.Sequence]:
        """Return with which input strategies have failed the last time."""
        return {
            one.strategy: units.Sequence(number)
            for number, one in enumerate(self.inputs, 1)
            if isinstance(one, StrategyFailed)
        }

    def failures(self) -> list[str]:
        """Return why strategies failed."""
        return [one.error for one in self.inputs if isinstance(one, StrategyFailed)]

    def lived_again(self) -> tuple[WorkerEnd, list[Message]]:
        """Return a worker that lived through the journal, and what it owes."""
        end = WorkerEnd(self.strategies, self.failed())
        for entry in self.journal:
            end.live_again(entry)
        return end, list(end.catch_up())

    def _venue_hears(self, output: Output, time: Nanos) -> None:
        if isinstance(output, SendOrder):
            sent = output.approved
            self.reports.append(VenueAccepted(sent.order, sent.instrument, f"v{sent.order}", time))
            if self.chance.random() < 0.5:
                self.executions += 1
                self.reports.append(
                    VenueFilled(
                        sent.order,
                        sent.instrument,
                        f"x{self.executions}",
                        SESSION_DATE,
                        Price(10_000),
                        sent.quantity,
                        Money(0),
                        Liquidity.MAKER,
                        time,
                    )
                )
        elif isinstance(output, CancelOrder):
            self.reports.append(VenueCanceled(output.order, output.instrument, "", time))

    def _define(self) -> None:
        most = Quantity(10**9)
        self.take(AccountDefinition(AccountId(1), "main", "USD", 8, Money(10**15)))
        self.take(MessageRateChange(MessageRate(10**6, 10**6, Nanos(SECOND)), "p", "r"))
        self.take(InstrumentDefinition(instrument(1, "AAA")))
        limits = Limits(
            InstrumentId(1), most, Money(10**18), most, BasisPoints(5_000), Nanos(10**15)
        )
        self.take(LimitChange(limits, "p", "r"))
        for strategy in sorted(self.strategies):
            self.take(StrategyDefinition(strategy, f"s{strategy}", AccountId(1), "{}"))
