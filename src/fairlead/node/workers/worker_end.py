"""The worker's end: a machine of its own, lived through the same inputs, and its strategies on it.

A worker is a replica. It is told every input with its number and its time and applies it, so what
its strategies see of books, orders and positions is what the node knows after that input, to the
byte; the digest of all answers comes with each input and is compared. What strategies ask for goes
to the node and comes back as an input, in its place among the others.

So a worker needs no memory of its own. After a crash, of itself or of the node, it lives through
the journal again: its strategies are shown the same and ask for the same. What they ask for is held
against what is recorded; what is not recorded is sent when the journal is at its end. A strategy
that asks otherwise than recorded is not the one that traded, and is taken off.

Nothing here reads a clock. Which timer is next is told to the node, whose clock fires it, and a
timer runs out only where the input comes that says so.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, cast

from fairlead.journal.history import Entry
from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input, encode_outputs
from fairlead.model.inputs import (
    CancelRequest,
    Input,
    ReplaceRequest,
    StartCommand,
    StopCommand,
    StrategyFailed,
    SubmitRequest,
    TimerFired,
)
from fairlead.model.outputs import Output, StrategyEnabled
from fairlead.model.units import Nanos, Sequence, StrategyId
from fairlead.node.path import OutputsDigest
from fairlead.node.workers.messages import (
    NO_TIMER,
    Asked,
    CaughtUp,
    Message,
    Said,
    Taken,
    TimerSet,
    answers_of,
)
from fairlead.strategy.host import Host
from fairlead.strategy.outbox import Request
from fairlead.strategy.strategy import Strategy

MakeStrategy = Callable[[], Strategy]
_REQUESTS: Final = frozenset((SubmitRequest, CancelRequest, ReplaceRequest, StrategyFailed))
NONE_FAILED: Final[Mapping[StrategyId, Sequence]] = MappingProxyType({})


class ReplicaDiffers(Exception):
    """The worker's machine answers otherwise than the node's: nothing it shows can be believed."""


class WorkerEnd:
    """The strategies of one worker, over a machine that follows the node's."""

    def __init__(
        self,
        strategies: Mapping[StrategyId, MakeStrategy],
        failed: Mapping[StrategyId, Sequence] = NONE_FAILED,
    ) -> None:
        """Make the strategies; each is made anew where a person lets it begin again.

        One that has `failed`, as the journal says of a last time, is shown nothing up to then: what
        had killed it would kill it again, and nothing of that life is left.
        """
        self.machine = Machine()
        self.last = Sequence(0)
        self._made_by = dict(strategies)
        self._host = Host(self.machine)
        for strategy, make in self._made_by.items():
            self._host.add(strategy, make())
        self._failed = dict(failed)
        for strategy in self._failed:
            self._host.take_off(strategy, "it failed later on")
        self._digest = OutputsDigest()
        self._begun = False
        self._is_live = False
        self._asked: deque[Request] = deque()  # what has not come back as an input yet
        self._diverged: dict[StrategyId, str] = {}  # how, until the journal says that it is off
        self._told = NO_TIMER

    def live_again(self, entry: Entry) -> None:
        """Live through a recorded input again. Raises `ReplicaDiffers`."""
        assert not self._is_live, "the journal comes before what is live"
        input = decode_input(entry.input)
        outputs = self._apply(entry.sequence, entry.time, input)
        if (encode_outputs(outputs) if outputs else b"") != entry.outputs:
            raise ReplicaDiffers(f"input {entry.sequence}: the journal has other outputs")
        self._show(entry.sequence, entry.time, input, outputs)
        self._asked.extend(self._host.requests())

    def catch_up(self) -> Iterator[Message]:
        """End the journal: yield what is owed, which never reached it, and go on live."""
        self._is_live = True
        for strategy, how in sorted(self._diverged.items()):
            self._asked.append(StrategyFailed(strategy, how))
        for request in self._asked:
            yield Asked(request)
        yield from self._beside()
        yield CaughtUp(self.last)

    def take(self, taken: Taken) -> Iterator[Message]:
        """Live through an input, and yield what is asked for. Raises `ReplicaDiffers`."""
        assert self._is_live, "the journal comes before what is live"
        outputs = self._apply(taken.sequence, taken.time, taken.input)
        if answers_of(self._digest) != taken.answers:
            raise ReplicaDiffers(f"input {taken.sequence}: the node answers otherwise")
        self._show(taken.sequence, taken.time, taken.input, outputs)
        for request in self._host.requests():
            self._asked.append(request)
            yield Asked(request)
        yield from self._beside()

    def _apply(self, sequence: Sequence, time: Nanos, input: Input) -> list[Output]:
        assert sequence == self.last + 1, f"input {sequence} after {self.last}"
        self.last = sequence
        outputs = self.machine.apply(sequence, time, input)
        if outputs:
            self._digest.add(sequence, encode_outputs(outputs))
        return outputs

    def _show(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Show strategies an input as a session does."""
        kind = type(input)
        if kind in _REQUESTS:
            self._meet(sequence, cast(Request, input))
        elif kind is TimerFired:
            self._told = NO_TIMER  # if it was that one; otherwise it is only told again
        elif kind is StartCommand and not self._begun:
            self._begun = True
            self._host.start(time)
        elif kind is StopCommand:
            self._begun = False
            self._host.stop(time)
        self._host.deliver(time, input, outputs)
        for output in outputs:
            if type(output) is StrategyEnabled:
                self._renew(output.strategy, sequence, time)

    def _meet(self, sequence: Sequence, input: Request) -> None:
        """Hold what was taken against what the strategy had asked for."""
        strategy = input.strategy
        if strategy not in self._made_by or sequence <= self._failed.get(strategy, 0):
            return
        if type(input) is StrategyFailed:
            self._diverged.pop(strategy, None)
            self._forget(strategy)
        elif strategy not in self._diverged:
            owed = next((each for each in self._asked if each.strategy == strategy), None)
            if owed != input:
                self._diverge(strategy, sequence, input, owed)
            else:
                self._asked.remove(input)

    def _diverge(
        self, strategy: StrategyId, sequence: Sequence, taken: Request, owed: Request | None
    ) -> None:
        """Take a strategy off that does not do again what it did."""
        if self._is_live:
            raise ReplicaDiffers(f"input {sequence} was asked for by nobody here")
        did = f"a {type(taken).__name__}"
        does = "nothing" if owed is None else f"a {type(owed).__name__}"
        if does == did:
            does = "another"
        how = f"it asked for {did} as input {sequence}, and lived through again for {does}"
        self._diverged[strategy] = how
        self._forget(strategy)
        self._host.take_off(strategy, how)

    def _forget(self, strategy: StrategyId) -> None:
        kept = [each for each in self._asked if each.strategy != strategy]
        self._asked.clear()
        self._asked.extend(kept)

    def _renew(self, strategy: StrategyId, sequence: Sequence, time: Nanos) -> None:
        if strategy not in self._made_by or sequence <= self._failed.get(strategy, 0):
            return
        self._diverged.pop(strategy, None)
        self._host.renew(strategy, self._made_by[strategy](), time)

    def _beside(self) -> Iterator[Message]:
        """Yield what is no request: lines for people, and the next timer if it is another one."""
        for line in self._host.log_lines():
            yield Said(line.time, line.strategy, line.text)
        first = self._host.next_timer()
        timer = NO_TIMER if first is None else TimerSet(first[1], first[2], first[0])
        if timer != self._told:
            self._told = timer
            yield timer
