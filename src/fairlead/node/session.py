"""The loop: what happens in the world becomes inputs, what the machine orders goes out, in one
order.

One turn: the clock is put to the time of the next happening; everything that reaches us at that
time is taken, venue reports before market data; strategies then see it and ask; what they ask is
taken at the same time. An action leaves only after everything up to it is durable. A session that
comes back after a crash first *rehearses* its journal: the same turns, with the recorded inputs,
nothing written and nothing decided anew, so that machine, world and strategies stand where they
stood.
"""

from collections import deque
from typing import Final, Protocol

from fairlead.journal.history import Entry
from fairlead.journal.sequencer import VirtualClock, monotonic_ns
from fairlead.model.codec import decode_input, encode_input
from fairlead.model.inputs import (
    CancelRequest,
    Input,
    MarketData,
    ReplaceRequest,
    StartCommand,
    StopCommand,
    StrategyFailed,
    SubmitRequest,
    TimerFired,
    VenueConnected,
    VenueDisconnected,
    VenueReport,
)
from fairlead.model.outputs import CancelOrder, Output, ReplaceOrder, SendOrder
from fairlead.model.terms import StopPolicy
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.errors import WorldDiverged
from fairlead.node.latency import Latencies
from fairlead.node.path import Path
from fairlead.simulator.world import World
from fairlead.strategy.host import Host

# A strategy that asks again on every refusal would hold the clock for ever; this ends it.
REQUESTS_PER_TURN_MAX: Final = 1_000
# How long, in the time of the world, a stop waits for the venue to confirm the cancels.
STOP_DEADLINE: Final = Nanos(10 * NANOS_PER_SECOND)

_ACTIONS: Final = (SendOrder, CancelOrder, ReplaceOrder)
_REQUESTS: Final = (SubmitRequest, CancelRequest, ReplaceRequest, StrategyFailed)
_HAPPENINGS: Final = MarketData | VenueReport | VenueDisconnected | VenueConnected


class Pace(Protocol):
    """How fast the clock of the world runs against ours, and whether to go on."""

    def wait_until(self, time: Nanos) -> bool:
        """Return when it is `time` in the world; False if the session is to stop instead."""


class Session:
    """One run of the path against one world."""

    def __init__(self, path: Path, world: World, host: Host, clock: VirtualClock) -> None:
        """Take the parts, wired but not started."""
        self.path = path
        self.world = world
        self.host = host
        self.clock = clock
        self.stopping = False
        self.tick_to_order = Latencies()  # from the beginning of a turn to each action that leaves
        self.diverged = 0  # requests of strategies that were not the recorded ones
        self._begun = False
        self._turn_began = Nanos(0)  # by our own clock
        self._turn_time = Nanos(-1)
        self._happened: deque[Input] = deque()  # in rehearsal: what is not yet found in the journal
        self._timers: deque[Input] = deque()
        self._asked: deque[Input] = deque()

    def start(self, first: list[Input]) -> None:
        """Take the inputs that open a session, `NodeStarted` first and `StartCommand` last."""
        for input in first:
            self._take(input)
        self._answer_requests()
        self.path.commit()

    def run(self, pace: Pace, until: Nanos | None = None) -> None:
        """Turn until the world ends, `until` is past, or the pace says stop."""
        while not self.stopping:
            time = self._next_time()
            if time is None or (until is not None and time > until):
                break
            if not pace.wait_until(time):
                break
            self.turn(time)
        self.path.commit()

    def turn(self, time: Nanos) -> None:
        """Take everything that happens at `time`, and what strategies make of it."""
        self.clock.set(time)
        self._turn_began = monotonic_ns()
        for input in self.world.take(time):
            self._take(input)
        for input in self.host.take(time):
            self._take(input)
        self._answer_requests()

    def command(self, command: Input) -> list[Output]:
        """Take an operator's command; durable on return."""
        outputs = self._take(command)
        self._answer_requests()
        self.path.commit()
        return outputs

    def stop(self, policy: StopPolicy, person: str, reason: str) -> None:
        """End the session: nothing new, working orders canceled or kept, the journal sealed."""
        self.stopping = True
        self.command(StopCommand(policy, person, reason))
        if policy is StopPolicy.CANCEL:
            deadline = Nanos(self.clock.now() + STOP_DEADLINE)
            while self.path.machine.orders.working_count:
                time = self.world.next_time()
                if time is None or time > deadline:
                    break
                self.turn(time)
        self.path.close()

    def rehearse(self, entry: Entry) -> None:
        """Live through a recorded input again. Raises `OutputsDiffer` and `WorldDiverged`."""
        input = decode_input(entry.input)
        self._turn_began = monotonic_ns()
        if entry.time != self._turn_time:
            self._turn_time = entry.time
            self.clock.set(entry.time)
            self._happened.extend(self.world.take(entry.time))
        if isinstance(input, _REQUESTS):
            self._rehearse_request(entry)
        elif isinstance(input, TimerFired):
            self._rehearse_timer(entry)
        elif isinstance(input, _HAPPENINGS):
            self._rehearse_happening(entry, input)
        outputs = self.path.replay(entry, input)
        self._release(entry.time, input, outputs)
        self._asked.extend(self.host.requests())

    def resume(self, first: list[Input]) -> None:
        """Go on after the last recorded input: open the session, then take what is still owed."""
        for input in first:
            self._take(input)
        while self._happened:
            self._take(self._happened.popleft())
        self._timers.extend(self.host.take(self.clock.now()))
        while self._timers:
            self._take(self._timers.popleft())
        while self._asked:
            self._take(self._asked.popleft())
        self._answer_requests()
        self.path.commit()

    def _next_time(self) -> Nanos | None:
        world, host = self.world.next_time(), self.host.next_time()
        if world is None:
            return None  # timers alone do not keep a session alive
        return min(world, host) if host is not None else world

    def _take(self, input: Input) -> list[Output]:
        outputs = self.path.take(input)
        self._release(self.path.sequencer.last_time, input, outputs)
        return outputs

    def _release(self, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Let actions out, durable before the first one leaves; then tell strategies."""
        committed = False
        for output in outputs:
            if isinstance(output, _ACTIONS):
                if not committed:
                    self.path.commit()
                    self.tick_to_order.record(Nanos(monotonic_ns() - self._turn_began))
                    committed = True
                self.world.act(output, time)
        if isinstance(input, StartCommand) and not self._begun:
            self._begun = True  # after a crash they have begun already, and stand
            self.host.start(time)
        elif isinstance(input, StopCommand):
            self._begun = False
            self.host.stop(time)
        self.host.deliver(time, input, outputs)

    def _answer_requests(self) -> None:
        """Take what strategies ask for, and what they ask for because of the answers."""
        asked = 0
        requests = self.host.requests()
        while requests:
            for request in requests:
                asked += 1
                self._take(request if asked <= REQUESTS_PER_TURN_MAX else _too_many(request))
            requests = self.host.requests()

    def _rehearse_request(self, entry: Entry) -> None:
        if self._asked and encode_input(self._asked[0]) == entry.input:
            self._asked.popleft()
        else:
            self.diverged += 1
            self._asked.clear()
            self.host.forget_requests()

    def _rehearse_timer(self, entry: Entry) -> None:
        if not self._timers:
            self._timers.extend(self.host.take(entry.time))
        if self._timers and encode_input(self._timers[0]) == entry.input:
            self._timers.popleft()
        else:
            self.diverged += 1
            self._timers.clear()

    def _rehearse_happening(self, entry: Entry, input: Input) -> None:
        if not self._happened:
            self._happened.extend(self.world.take(entry.time))
        happened = self._happened.popleft() if self._happened else None
        if happened is None or encode_input(happened) != entry.input:
            raise WorldDiverged(entry.sequence, input, happened)


def _too_many(request: Input) -> Input:
    """Return the failure that takes the place of one request too many."""
    assert isinstance(request, _REQUESTS), "strategies make requests alone"
    return StrategyFailed(
        request.strategy, f"asked more than {REQUESTS_PER_TURN_MAX} times in one turn"
    )
