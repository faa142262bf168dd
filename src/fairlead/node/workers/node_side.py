"""The node's side of one worker: what it is shown, what it asks for, and when it is given up.

The node never waits for a worker and believes nothing that it says: what is no request of one of
its own strategies, what does not even decode, costs the worker its strategies and nobody else
anything. So does a worker that dies, that has fallen so far behind that the ring is full, that
makes no progress while inputs wait for it, or that asks without end. What it had asked for before
is taken all the same; its strategies have then failed, each for the reason that is said.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from fairlead.model.inputs import Input, SubmitRequest, TimerFired
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence, StrategyId
from fairlead.node.workers.messages import (
    NO_TIMER,
    Asked,
    CaughtUp,
    FromWorker,
    Garbage,
    Said,
    TimerSet,
    decode_from_worker,
)
from fairlead.strategy.outbox import LogLine, Request
from fairlead.strategy.seat import COUNTER_BITS

MESSAGES_MAX: Final = 64  # taken at once: what the world says may wait no longer than for these
# A runaway fills the disk with what is refused. No strategy that trades asks as often in a second.
REQUESTS_MAX: Final = 50_000
_REASON_LENGTH_MAX: Final = 400

Say = Callable[[LogLine], None]


class Line(Protocol):
    """What node and worker speak over. It never waits."""

    def send(self, content: bytes) -> bool:
        """Send a message; return whether there was room for it."""

    def receive(self) -> bytes | None:
        """Return the next message, None where there is none. Raises `Garbage`."""

    def progress(self) -> Sequence:
        """Return up to which input the worker has come."""

    def ended(self, now: Nanos) -> str:
        """Return how the worker ended; empty while it runs."""

    def close(self) -> None:
        """End the worker, whatever it does."""

    def finish(self) -> None:
        """Wait a moment for a worker that knows that it is over, or was ended, to be gone."""


class Patience(NamedTuple):
    """How long a worker may take."""

    catch_up: Nanos  # to live through the journal
    hang: Nanos  # without any progress while inputs wait


class NodeSide:
    """One worker, from its start until it is given up."""

    def __init__(
        self,
        name: str,
        strategies: Collection[StrategyId],
        line: Line,
        patience: Patience,
        last: Sequence,
        now: Nanos,
    ) -> None:
        """Take a worker that was started `now`, by a clock that only goes forward, after an input:
        up to that it finds everything in the journal.
        """
        self.name = name
        self.strategies = strategies
        self.fault = ""  # why it was given up
        self.is_ready = False  # it has lived through the journal
        self.timer = NO_TIMER  # the next one, of strategy 0 for none
        self.line = line
        self._patience = patience
        self._shown = last
        self._progress = Sequence(0)
        self._moved = now  # when it last made progress, or had nothing to do
        self._looked = now
        self._asked = 0  # since `_counted`
        self._counted = now

    def show(self, sequence: Sequence, message: bytes) -> None:
        """Show it an input. It is given up if it has fallen too far behind."""
        if self.fault:
            return
        self._shown = sequence
        if not self.line.send(message):
            behind = sequence - max(self.line.progress(), 0)
            self._give_up(f"has fallen {behind} inputs behind: no room for more")

    def take(self, time: Nanos, now: Nanos, say: Say) -> list[Input]:
        """Return what it asks for, and its timer if that has run out by `time`."""
        taken: list[Input] = []
        if self.fault:
            return taken
        try:
            self._read_all(taken, now, say)
        except Garbage as garbage:
            self._give_up(f"sends what is no message: {garbage}")
        self._count(now)
        timer = self.timer
        if timer.strategy and timer.due <= time:
            self.timer = NO_TIMER
            taken.append(TimerFired(timer.strategy, timer.timer))
        return taken

    def drain(self, say: Say) -> None:
        """Hear what a worker said last. What it asked for then comes too late."""
        with suppress(Garbage):
            while (message := self.line.receive()) is not None:
                told = decode_from_worker(message)
                if isinstance(told, Said) and told.strategy in self.strategies:
                    say(LogLine(told.time, told.strategy, told.text))

    def _read_all(self, taken: list[Input], now: Nanos, say: Say) -> None:
        """Read what it sent, but not more than the world may wait for. Raises `Garbage`."""
        for _ in range(MESSAGES_MAX):
            message = self.line.receive()
            if message is None:
                self._look(now)
                return
            self._read(decode_from_worker(message), taken, say)
            if self.fault:
                return

    def _read(self, told: FromWorker, taken: list[Input], say: Say) -> None:
        if isinstance(told, Asked):
            self._asked += 1
            if self._may_ask(told.request):
                taken.append(told.request)
        elif isinstance(told, TimerSet):
            if told.strategy and told.strategy not in self.strategies:
                self._give_up(f"sets a timer of strategy {told.strategy}, which is not here")
            else:
                self.timer = told
        elif isinstance(told, Said):
            if told.strategy in self.strategies:
                say(LogLine(told.time, told.strategy, told.text))
        elif isinstance(told, CaughtUp):
            self.is_ready = True
        else:
            self._give_up(told.reason)

    def _may_ask(self, request: Request) -> bool:
        """Whether a request is about what is its strategy's own."""
        strategy = request.strategy
        if strategy not in self.strategies:
            self._give_up(f"asks for strategy {strategy}, which is not here")
        elif type(request) is SubmitRequest and request.order >> COUNTER_BITS != strategy:
            self._give_up(f"gives an order of strategy {strategy} the id {request.order}")
        return not self.fault

    def _look(self, now: Nanos) -> None:
        """Give up a worker that has ended, or makes no progress."""
        ended = self.line.ended(now)
        away, self._looked = now - self._looked, now
        if away > self._patience.hang // 4:
            self._moved = Nanos(self._moved + away)  # the node was away: no worker's fault
        progress = self.line.progress()
        waits = progress >= self._shown and self.is_ready
        if ended:
            self._give_up(ended)
        elif progress != self._progress or waits:
            self._progress, self._moved = progress, now
        elif not self.is_ready:
            if now - self._moved > self._patience.catch_up:
                self._give_up("does not live through the journal in time")
        elif now - self._moved > self._patience.hang:
            self._give_up(f"hangs at input {progress + 1}")

    def _count(self, now: Nanos) -> None:
        """Give up a worker that asks without end."""
        if now - self._counted >= NANOS_PER_SECOND:
            self._asked, self._counted = 0, now
        elif self._asked > REQUESTS_MAX and not self.fault:
            self._give_up(f"asked more than {REQUESTS_MAX} times in a second")

    def _give_up(self, reason: str) -> None:
        self.fault = f"its worker {self.name} {reason}"[:_REASON_LENGTH_MAX]
        self.timer = NO_TIMER
        self.line.close()
