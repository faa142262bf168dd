"""A crash drill: a real node is killed again and again, and must come back each time.

The kill is SIGKILL: nothing can be prepared for it. Its moment is drawn: while the node starts,
while it recovers, before it trades, while it writes a snapshot, or after so many inputs of a busy
session; often soon after the one before. At the end the node is started once more, trades, and is
stopped in order; then its journal is held against the exchange's own books. Nothing of it is
simulated but the market.
"""

from collections import Counter
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal.sequencer import Clock, monotonic_ns
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.operations.crash_check import Evidence, Seen, checked
from fairlead.operations.crash_parts import (
    Books,
    Bystander,
    DrillExchange,
    Life,
    Patience,
    journal_of,
    prepare,
)
from fairlead.operations.drill_record import CrashDrill, Step
from fairlead.operations.errors import DrillBroken
from fairlead.simulator.chance import Chance

KILLS: Final = 20
INPUTS_MAX: Final = 600  # that a life takes in before it is killed: a second of a busy session
_FIRST_INPUTS: Final = 30  # that open a session: before the node trades
_KEEPING: Final = 40 * NANOS_PER_MILLISECOND  # how long a snapshot takes, or somewhat longer
_LAST_ORDERS: Final = 50  # of the last life, so that it has traded before it is stopped
_STATE_NAME: Final = "exchange.jsonl"
_STREAM: Final = 1
_THOUSAND: Final = 1_000


class Moment(Enum):
    """Where a node was in its life when it was killed."""

    STARTING = "starting"  # it does not hold its journal yet
    RECOVERING = "recovering"  # it reads, and has written nothing
    OPENING = "opening"  # it has written, and asked for no order
    KEEPING = "in a snapshot"  # a copy of it writes a snapshot while it trades on
    TRADING = "trading"


_MOMENTS: Final = (  # each as likely
    Moment.STARTING,
    *(Moment.RECOVERING, Moment.RECOVERING),
    Moment.OPENING,
    Moment.KEEPING,
    *(Moment.TRADING, Moment.TRADING, Moment.TRADING, Moment.TRADING, Moment.TRADING),
)


class Plan(NamedTuple):
    """When a node is to be killed."""

    moment: Moment
    inputs: int  # that it has taken in, where it trades
    part: int  # how far it has come, in thousandths of what that takes, where it starts


class Drilling:
    """One drill, in a directory of its own."""

    def __init__(
        self, directory: Path, seed: int, tell: Callable[[int], None] = lambda kills: None
    ) -> None:
        """Take where everything is kept; `tell` is told how many kills there were."""
        self.evidence: Evidence | None = None  # what was found, when it is over
        self._directory = directory
        self._seed = seed
        self._tell = tell
        self._chance = Chance(seed, _STREAM)
        self._bystander = Bystander(journal_of(directory))
        self._kills: Counter[Moment] = Counter()
        self._seen: list[Seen] = []
        self._unrecorded: list[str] = []
        self._back: list[Nanos] = []
        self._trading: list[Nanos] = []
        self._recovering = Nanos(0)  # how long the last whole recovery took

    def hold(self, kills: int, clock: Clock, person: str) -> CrashDrill:
        """Kill so often, then look. Raises `DrillBroken`, `JournalError`."""
        began, time = monotonic_ns(), clock.now()
        exchange = DrillExchange(self._directory, self._seed, "--state", _STATE_NAME)
        try:
            prepare(self._directory, exchange.address)
            for number in range(1, kills + 1):
                self._live(number, exchange)
                self._tell(number)
            self._live_to_the_end(kills + 1)
            books = exchange.books()
        finally:
            exchange.end()
        journal = journal_of(self._directory)
        self.evidence = Evidence(journal, books, self._seen, self._unrecorded)
        steps = checked(self.evidence)
        return self._result(time, person, books, steps, Nanos(monotonic_ns() - began))

    def _result(
        self, time: Nanos, person: str, books: Books, steps: tuple[Step, ...], took: Nanos
    ) -> CrashDrill:
        return CrashDrill(
            time=time,
            person=person,
            passed=all(step.passed for step in steps),
            steps=steps,
            seed=self._seed,
            kills={one.value: self._kills[one] for one in Moment},
            recoveries=len(self._back),
            snapshots=self._bystander.snapshots,
            inputs=self._bystander.last,
            messages=len(books.messages),
            duplicates=sum(times - 1 for times in books.messages.values()),
            executions=len(books.executions),
            back_after_p50=_middle(self._back),
            back_after_max=max(self._back),
            trading_after_p50=_middle(self._trading),
            trading_after_max=max(self._trading),
            took=took,
        )

    def _live(self, number: int, exchange: DrillExchange) -> None:
        """Let the node live until its moment, kill it, and ask what it left behind."""
        watched = _Watched(Life(self._directory, number), self._bystander)
        try:
            self._await(watched, self._plan())
        finally:
            moment = watched.moment
            watched.life.kill()
        self._bystander.look()
        self._kills[moment] += 1
        self._note(watched)
        self._seen.append(Seen(self._bystander.last, self._bystander.chain))
        self._compare(exchange.books())

    def _live_to_the_end(self, number: int) -> None:
        watched = _Watched(Life(self._directory, number), self._bystander)
        try:
            patience = Patience("the node trades a last time")
            while watched.orders < _LAST_ORDERS:
                watched.look()
                patience.pause()
        except BaseException:
            watched.life.kill()
            raise
        watched.life.stop()
        self._bystander.look()
        self._note(watched)

    def _plan(self) -> Plan:
        """Draw a moment: half of them while it trades, and the others before, or in a snapshot."""
        chance = self._chance
        drawn = chance.below(len(_MOMENTS))
        moment = _MOMENTS[drawn]
        most = _FIRST_INPUTS if moment is Moment.OPENING else INPUTS_MAX
        return Plan(moment, chance.below(most), chance.below(_THOUSAND))

    def _await(self, watched: "_Watched", plan: Plan) -> None:
        patience = Patience(f"the node is {plan.moment.value}")
        while not watched.has_come_to(plan, self._starting, self._recovering):
            watched.look()
            patience.pause()

    @property
    def _starting(self) -> Nanos:
        """How long a start takes before the journal is held, as far as is known."""
        whole = _middle(self._back) if self._back else NANOS_PER_SECOND
        return Nanos(max(0, whole - self._recovering))

    def _note(self, watched: "_Watched") -> None:
        if watched.wrote_at is not None:
            self._back.append(watched.wrote_at)
            if watched.held_at is not None:
                self._recovering = Nanos(watched.wrote_at - watched.held_at)
        if watched.traded_at is not None:
            self._trading.append(watched.traded_at)

    def _compare(self, books: Books) -> None:
        """Note what the exchange got and the node that is dead had not written down."""
        wanted = self._bystander.wanted
        self._unrecorded += [name for name in books.messages if name not in wanted]


class _Watched:
    """A life of the node, as far as one sees it from outside; times are from its start."""

    def __init__(self, life: Life, bystander: Bystander) -> None:
        self.life = life
        self.held_at: Nanos | None = None
        self.wrote_at: Nanos | None = None
        self.traded_at: Nanos | None = None
        self.keeps_at: Nanos | None = None  # when it was first seen to take a snapshot
        self._bystander = bystander
        self._epoch = bystander.epoch
        self._last = bystander.last
        self._orders = bystander.orders

    @property
    def inputs(self) -> int:
        """How many inputs of this life were seen."""
        return self._bystander.last - self._last

    @property
    def orders(self) -> int:
        """How many messages about orders it made."""
        return self._bystander.orders - self._orders

    @property
    def moment(self) -> Moment:
        """Where it is, or was."""
        if self.life.takes_snapshot:
            return Moment.KEEPING
        if self.orders:
            return Moment.TRADING
        if self.inputs:
            return Moment.OPENING
        return Moment.STARTING if self.held_at is None else Moment.RECOVERING

    def look(self) -> None:
        """See what became of it. Raises `DrillBroken` if it ended by itself."""
        self.life.refuse_end()
        self._bystander.look()
        if self.held_at is None and self.life.holds_journal:
            self.held_at = self.life.age
        if self.wrote_at is None and self.inputs:
            self.wrote_at = self.life.age
        if self.keeps_at is None and self.life.takes_snapshot:
            self.keeps_at = self.life.age
        if self.traded_at is None and self.orders:
            self.traded_at = self.life.age

    def has_come_to(self, plan: Plan, starting: Nanos, recovering: Nanos) -> bool:
        """Return whether it is time to kill it. What was missed counts as come."""
        if plan.moment is Moment.STARTING:
            return self.inputs > 0 or self.life.age * _THOUSAND >= starting * plan.part
        if plan.moment is Moment.RECOVERING:
            if self.held_at is None:
                return False
            held = self.life.age - self.held_at
            return self.inputs > 0 or held * _THOUSAND >= recovering * plan.part
        if plan.moment is Moment.OPENING:
            return self.inputs > plan.inputs
        if plan.moment is Moment.KEEPING and self.keeps_at is not None:
            return (self.life.age - self.keeps_at) * _THOUSAND >= _KEEPING * plan.part
        if plan.moment is Moment.KEEPING:
            return self.inputs > INPUTS_MAX
        return self.orders > 0 and self.inputs > plan.inputs


def _middle(spans: list[Nanos]) -> Nanos:
    if not spans:
        raise DrillBroken("the node never wrote")
    return sorted(spans)[len(spans) // 2]
