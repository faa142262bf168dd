"""The loop: what happens in the world becomes inputs, what the machine orders goes out, in one
order.

One turn: the clock is put to the time of the next happening; a day that begins then is said, and
that time has passed if something in the machine is due; everything that reaches us at that time is
taken, venue reports before market data; strategies then see it and ask; what they ask is taken at
the same time. An action leaves only after everything up to it is durable, and only past the last
mile. Before every turn, and while it waits, the kill switch is looked at. A session that comes back
after a crash first *rehearses* its journal: the same turns, with the recorded inputs, nothing
written and nothing decided anew, so that machine, world and strategies stand where they stood. A
world outside of us is not rehearsed: it is taken at its recorded word, and asked where it stands
when the session goes on.
"""

from collections import deque
from collections.abc import Collection
from typing import Final, cast

from fairlead.gateways.last_mile import LastMile
from fairlead.journal.history import Entry
from fairlead.journal.sequencer import VirtualClock, monotonic_ns
from fairlead.model.codec import decode_input
from fairlead.model.inputs import (
    Input,
    ReconcileCommand,
    StartCommand,
    StopCommand,
    StrategyFailed,
    TimePassed,
    VenueConnected,
)
from fairlead.model.outputs import (
    KillEngaged,
    KillReleased,
    Output,
)
from fairlead.model.terms import StopPolicy
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.elsewhere import Workers
from fairlead.node.mailbox import Letter, Mailbox
from fairlead.node.pace import FullSpeed, Pace, TurnClock
from fairlead.node.path import Path
from fairlead.node.present import Waiting
from fairlead.node.rehearsal import Rehearsal
from fairlead.node.release import Release
from fairlead.node.space_watch import SpaceWatch
from fairlead.node.standing import Keeper, Standing
from fairlead.node.switch_watch import SwitchWatch
from fairlead.node.trading_days import TradingDays
from fairlead.node.wire import Wire
from fairlead.simulator.stretch import Quotes
from fairlead.simulator.world import NEVER, ForeseenWorld, World
from fairlead.strategy.host import Host

# A strategy that asks again on every refusal would hold the clock for ever; this ends it.
REQUESTS_PER_TURN_MAX: Final = 1_000
_TOO_MANY: Final = f"asked more than {REQUESTS_PER_TURN_MAX} times in one turn"
# How much known market data is taken at full speed before the pace is asked: well under a
# millisecond, which nobody who wants to stop notices.
TURNS_AT_ONCE_MAX: Final = 1_000
# How long, in the time of the world, a stop waits for the venue: for cancels and a last statement.
STOP_DEADLINE: Final = Nanos(10 * NANOS_PER_SECOND)
# How long, in the time of the world, a session waits for the statements that it begins with. After
# that it trades on, but for the instruments that nothing has confirmed.
CONFIRM_DEADLINE: Final = Nanos(10 * NANOS_PER_SECOND)

_SWITCHED: Final = frozenset((KillEngaged, KillReleased))
_NOBODY: Final = (None, None, None, None, None, None)
_AFTER_DAY: Final = (VenueConnected, StartCommand)


class Session:
    """One run of the path against one world."""

    def __init__(
        self,
        path: Path,
        world: World,
        host: Host,
        clock: TurnClock,
        last_mile: LastMile,
        watch: SwitchWatch | None = None,
        mailbox: Mailbox | None = None,
        present: Waiting | None = None,
        standing: Standing | None = None,
        days_told: Collection[str] = (),
        workers: Workers | None = None,
    ) -> None:
        """Take the parts, wired but not started, or as they stood in a snapshot. Nobody can reach
        into a backtest: no `watch`. Where time passes by itself, there is a `present` to wait in.
        The days of the venues in `days_told` come from the world; all others begin with UTC's.
        """
        self._workers = workers
        self.path = path
        self.world = world
        self.host = host
        self.clock = clock
        self.wire = Wire(world, last_mile)
        self.watch = watch
        self.mailbox = mailbox
        self.present = present
        self.space: SpaceWatch | None = None  # where there is a journal with a reserve
        self.stopping = False
        self.release = Release(path, self.wire, host)
        self.tick_to_order = self.release.tick_to_order
        self.keeper: Keeper | None = None  # who takes snapshots
        elsewhere = workers.strategies if workers is not None else ()
        self.rehearsal = Rehearsal(path.machine, world, host, self._days_begun, elsewhere)
        self._virtual = clock if isinstance(clock, VirtualClock) else None  # stands where it is put
        self._foreseen: ForeseenWorld | None = None  # where it is known what comes
        if self._virtual is not None and hasattr(world, "stretch"):
            self._foreseen = cast(ForeseenWorld, world)
        self._attended = 0  # commands that came between turns
        self._days = TradingDays(path.machine.instruments, days_told)
        if standing is not None:
            self.release.begun, self._days.end = standing.begun, standing.day_end
            clock.set(standing.time)

    @property
    def diverged(self) -> int:
        """How many requests, timers and days were not the recorded ones in the rehearsal."""
        return self.rehearsal.diverged

    @property
    def standing(self) -> Standing:
        """What is to be given to a session that goes on where this one stands."""
        assert not self.rehearsal.owes, "a session is kept between turns"
        return Standing(self.release.begun, self._days.end, self.clock.now())

    def start(self, first: list[Input]) -> None:
        """Take the inputs that open a session, `NodeStarted` first."""
        self._open(first)
        self._answer_requests()
        self.path.commit()

    def run(self, pace: Pace, until: Nanos | None = None) -> None:
        """Turn until the world ends, `until` is past, or the pace says stop.

        At full speed, where nobody can come in between, known market data is taken by the stretch.
        """
        while not self.stopping:
            if type(pace) is FullSpeed and self._is_alone():
                self._play(until)
            time = self._next_time_by(until)
            if time is None or not self._advance(pace, time):
                break
        self.path.commit()

    def confirm(self, pace: Pace, until: Nanos | None = None) -> bool:
        """Turn until no statement is awaited, or none came in time; False if the pace says stop."""
        limit = Nanos(self.clock.now() + CONFIRM_DEADLINE)
        limit = limit if until is None else min(limit, until)
        while self._awaits_statement() and (time := self._next_time_by(limit)) is not None:
            if not self._advance(pace, time):
                return False
        self.path.commit()
        return True

    def listen(self) -> str:
        """Begin to watch the kill switch and to hear commands, before anything may leave.

        Returns why the session is killed, or nothing.
        """
        watch, gate = self.watch, self.path.machine.gate
        assert watch is not None, "there is a switch to watch"
        standing = watch.begin(gate.kills)
        self.attend()
        if self.mailbox is not None and watch.claimed:
            for letter in self.mailbox.begin():
                self._obey(self.mailbox, letter)
        return standing.why or ("the journal says so" if gate.killed else "")

    def attend(self) -> bool:
        """Take what disk, clock, switch, operators and workers want; return whether they wanted
        anything.

        Called before every turn, and by who waits: never from within a turn.
        """
        return self._attend_people() or (self._workers is not None and self._attend(self._workers))

    def _attend_people(self) -> bool:
        watch, mailbox = self.watch, self.mailbox
        machine = self.path.machine
        seen = self._looked_at()
        if seen is not None:
            self._attended += 1
            self.command(seen)
            return True
        if watch is None:
            return False
        command = watch.due(machine.gate.killed, machine.orders.working_count)
        if command is not None:
            self._attended += 1
            self.command(command)
            watch.look_again()
            return True
        letter = mailbox.poll() if mailbox is not None and watch.claimed else None
        if letter is None or mailbox is None:
            return False
        self._obey(mailbox, letter)
        return True

    def turn(self, time: Nanos) -> None:
        """Take everything that happens at `time`, and what strategies make of it."""
        self.clock.set(time)
        self.release.turn_began = monotonic_ns()
        happened = self.world.take(time)
        if time >= self._days.end:
            self._begin_days()
        due = self.path.machine.next_due()
        if due is not None and due <= time:
            self._let_time_pass()
        for input in happened:
            self._take(input)
        for input in self.host.take(time):
            self._take(input)
        self._answer_requests()

    def command(self, command: Input) -> list[Output]:
        """Take an operator's command; durable on return."""
        self.release.turn_began = monotonic_ns()
        self.clock.set(self._now())
        outputs = self._take(command)
        self._answer_requests()
        self.path.commit()
        return outputs

    def stop(self, policy: StopPolicy, person: str, reason: str) -> None:
        """End the session: nothing new, working orders canceled or kept, our record compared with
        the venue's a last time where that is required, the journal sealed.
        """
        self.stopping = True
        machine = self.path.machine
        self.command(StopCommand(policy, person, reason))
        limit = Nanos(self.clock.now() + STOP_DEADLINE)
        if policy is StopPolicy.CANCEL:
            assert not machine.orders.held(), "what was held back is gone at once"
            while machine.orders.working_count and (time := self._next_time_by(limit)) is not None:
                self._turn_at(time)
        reconciliation = machine.state.reconciliation
        if reconciliation.connected and reconciliation.policy.required:
            self.command(ReconcileCommand(person, reason))
            limit = Nanos(self.clock.now() + STOP_DEADLINE)
            while self._awaits_statement() and (time := self._next_time_by(limit)) is not None:
                self._turn_at(time)
        self.path.close()

    def rehearse(self, entry: Entry) -> None:
        """Live through a recorded input again. Raises `OutputsDiffer` and `WorldDiverged`."""
        input = decode_input(entry.input)
        self.release.turn_began = monotonic_ns()
        self.wire.rehearse(input)
        if entry.time != self.rehearsal.time:
            self.clock.set(entry.time)
            self.rehearsal.begin_turn(entry.time)
        self.rehearsal.meet(entry, input)
        outputs = self.path.replay(entry, input)
        self.wire.observe(input)
        self.release.release(entry.time, input, outputs)
        self.rehearsal.asked.extend(self.host.requests())

    def resume(self, first: list[Input]) -> None:
        """Go on after the last recorded input: open the session, then take what is still owed."""
        self.wire.resume()
        self._take_blocked()
        self._open(first)
        rehearsal = self.rehearsal
        self._take_all(rehearsal.happened)
        rehearsal.timers.extend(self.host.take(self.clock.now()))
        self._take_all(rehearsal.timers)
        self._take_all(rehearsal.asked)
        self._answer_requests()
        self.path.commit()

    def _is_alone(self) -> bool:
        """Return whether nothing happens but what the world says, and time is what it says."""
        parts = (self.watch, self.mailbox, self.present, self.space, self.keeper, self._workers)
        return self._foreseen is not None and parts == _NOBODY

    def _play(self, until: Nanos | None) -> None:
        """Take the turns of market data to come, until an action leaves or something else is due.

        Each is a `turn`: at one time all that came, then what strategies make of it.
        """
        clock, world = self._virtual, self._foreseen
        assert clock is not None, "a session that is alone puts the clock"
        assert world is not None, "a session that is alone knows what comes"
        if (stretch := world.stretch()) is None:
            return
        quotes = stretch if isinstance(stretch, Quotes) and self.path.silent else None
        timers, deadlines = self.host.timers, self.path.machine.state.deadlines
        last = NEVER if until is None else until
        left = self.release.left
        end = min(len(stretch.times), stretch.next + TURNS_AT_ONCE_MAX)
        while stretch.next < end and self.release.left == left:
            place = stretch.next
            time = stretch.times[place]
            if time > last or time >= self._days.end:
                return
            if time >= timers.next_time or time >= deadlines.next_time:
                return
            stretch.next = stretch.end_of_moment(place)  # before anything can leave
            clock.time = time
            while place < stretch.next:
                if quotes is None or self.host.hears_quotes(quotes.instruments[place]):
                    self.release.show(time, stretch.input(place))
                else:
                    self.release.pass_by(time, quotes, place)
                if self.wire.blocked:
                    self._take_blocked()
                place += 1
            if self.host.asks:
                self._answer_requests()

    def _next_time(self) -> Nanos | None:
        """Return when the next turn is. Without a world nothing else keeps a session alive."""
        time = self.world.next_time()
        if time is None:
            return None
        host = self.host.next_time()
        if host is not None and host < time:
            time = host
        if self._workers is not None:
            timer = self._workers.next_time()
            time = time if timer is None else min(time, timer)
        due = self.path.machine.next_due()
        if due is not None and due < time:
            time = max(due, self.clock.now())
        return min(time, self._days.end)

    def _next_time_by(self, limit: Nanos | None) -> Nanos | None:
        """Return when the next turn is, None if it is beyond a limit.

        What will arrive from outside nobody knows: there the limit itself is waited for.
        """
        time = self._next_time()
        if time is None or limit is None or time <= limit:
            return time
        return limit if self.present is not None and self.clock.now() < limit else None

    def _awaits_statement(self) -> bool:
        state = self.path.machine.state
        unreached = self.present is not None and bool(state.disconnected)
        return unreached or bool(state.reconciliation.asked)

    def _open(self, first: list[Input]) -> None:
        """Take what opens a session. Its day begins before a venue is asked for anything."""
        self.release.turn_began = monotonic_ns()
        for input in first:
            if isinstance(input, _AFTER_DAY):
                self._begin_days()
            self._take(input)
        self._begin_days()

    def _let_time_pass(self) -> None:
        self._take(TimePassed())
        due = self.path.machine.next_due()
        assert due is None or due > self.path.sequencer.last_time, (
            "what is due happens when time has passed"
        )

    def _begin_days(self) -> None:
        days = self.rehearsal.days
        days.extend(self._days_begun())
        self._take_all(days)

    def _take_all(self, owed: deque[Input]) -> None:
        while owed:
            self._take(owed.popleft())

    def _days_begun(self) -> list[Input]:
        """Return the trading days that begin now: those of every venue, then the firm's."""
        return self._days.begun(self.clock.now())

    def _advance(self, pace: Pace, time: Nanos) -> bool:
        """Take the turn of `time`, or what is more pressing. False if the pace says stop."""
        if self.keeper is not None and (kept := self.keeper.look()) is not None:
            self.command(kept)
        if self.attend():
            return True  # what comes next may come earlier now
        attended = self._attended
        if not pace.wait_until(time):
            return False
        if self._attended == attended:
            self.turn(self._turn_time_of(time))
        return True

    def _looked_at(self) -> Input | None:
        """Return what is to be recorded of the disk or the clock, None for nothing."""
        if self.space is not None:
            problem = self.path.machine.state.space_problem
            seen = self.space.due(problem != "", self._now())
            if seen is not None:
                return seen
        return self.present.checked() if self.present is not None else None

    def _turn_at(self, time: Nanos) -> None:
        """Take a turn that nothing can keep the session from."""
        if self.present is not None:
            self.present.wait_until(time)
        self.turn(self._turn_time_of(time))

    def _turn_time_of(self, planned: Nanos) -> Nanos:
        """Return when a turn is that was waited for: in a world outside something may have come
        before it was due, and the clock may have gone further.
        """
        if self.world.repeats and self.present is None:
            return planned
        sooner = self.world.next_time()
        return max(planned if sooner is None else min(planned, sooner), self._now())

    def _now(self) -> Nanos:
        """Return the time of day where it passes by itself, else where the clock was put."""
        return self.clock.now() if self.present is None else self.present.now()

    def _obey(self, mailbox: Mailbox, letter: Letter) -> None:
        """Take an operator's command from the box, and answer it when it is durable."""
        self._attended += 1
        outputs = self.command(letter.input)
        mailbox.answer(letter, self.path.sequencer.last, outputs)

    def _attend(self, workers: Workers) -> bool:
        """Take what strategies elsewhere ask for; return whether they asked for anything."""
        asked = workers.take(self._now())
        if not asked:
            return False
        self._attended += 1
        self.release.turn_began = monotonic_ns()
        self.clock.set(self._now())
        for input in asked:
            self._take(input)
        self._answer_requests()
        return True

    def _take(self, input: Input) -> list[Output]:
        outputs = self._take_one(input)
        self._take_blocked()
        return outputs

    def _take_blocked(self) -> None:
        """Take what the last mile held back, before anything else happens."""
        blocked = self.wire.blocked
        while blocked:
            self._take_one(blocked.popleft())

    def _take_one(self, input: Input) -> list[Output]:
        outputs = self.path.take(input)
        self.wire.observe(input)
        self.release.release(self.path.sequencer.last_time, input, outputs)
        if self.watch is not None:
            for output in outputs:
                if type(output) in _SWITCHED:
                    self.watch.follow(output)
        return outputs

    def _answer_requests(self) -> None:
        """Take what strategies ask for, and what they ask for because of the answers."""
        asked = 0
        while self.host.asks:
            for request in self.host.requests():
                asked += 1
                if asked > REQUESTS_PER_TURN_MAX:
                    self._take(StrategyFailed(request.strategy, _TOO_MANY))
                else:
                    self._take(request)
