"""The parts of one session, put together from a configuration. The same for every stage.

`wire` makes everything and starts nothing; `opening.py` says which inputs open the session.
`Wired.release` lets trading begin once the statements that were asked for then have come: what we
have is confirmed before the first order leaves. Both stages call the same, so a backtest and a
paper session of one configuration answer byte for byte the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fairlead.gateways.last_mile import KillFlag, LastMile, NoSwitch
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.journal.snapshot import Snapshot
from fairlead.machine.machine import Machine
from fairlead.model.inputs import StartCommand, StrategyFailed
from fairlead.model.names import Names
from fairlead.model.terms import StopPolicy
from fairlead.model.units import Nanos, StrategyId
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError, Problem
from fairlead.node.mailbox import Mailbox
from fairlead.node.pace import Pace, TurnClock
from fairlead.node.path import OutputsDigest, Path
from fairlead.node.present import Waiting
from fairlead.node.session import Session
from fairlead.node.switch_watch import SwitchWatch
from fairlead.node.workers.crew import Crew
from fairlead.node.yaml_text import KeyPath
from fairlead.readers.book_comparison import BookComparison
from fairlead.readers.equity import EquityCurve
from fairlead.readers.reader import Reader
from fairlead.readers.summary import SessionSummary
from fairlead.stages import keeping
from fairlead.stages.bounds import last_mile_limits
from fairlead.stages.keeping import Parts
from fairlead.stages.worlds import Surroundings, surroundings
from fairlead.strategy.errors import InvalidParameters, StrategyError
from fairlead.strategy.host import Host
from fairlead.strategy.loading import load
from fairlead.strategy.outbox import LogLine
from fairlead.strategy.strategy import Strategy

POLICY = "policy"  # who releases and ends a session that no person has to watch
RELEASE = StartCommand(POLICY, "this stage trades without a person's release")
OVER = "the session is over"  # why a session ends that nobody stopped


@dataclass(frozen=True)
class Ears:
    """How people reach a session while it runs. A backtest has none."""

    watch: SwitchWatch
    mailbox: Mailbox


@dataclass(frozen=True)
class Outside:
    """What takes the place of the simulated world and its time, and of strategies from files."""

    surroundings: Surroundings
    clock: TurnClock
    switch: KillFlag
    strategies: tuple[Strategy, ...]
    present: Waiting | None = None


@dataclass(frozen=True)
class Wired:
    """One session with everything that follows it."""

    configuration: Configuration
    surroundings: Surroundings
    session: Session
    path: Path
    parts: Parts
    readers: tuple[Reader, ...]
    ears: Ears | None
    outside: Outside | None
    crew: Crew | None  # who runs strategies in processes of their own

    @property
    def host(self) -> Host:
        """Who runs the strategies of this process."""
        return self.parts.host

    @property
    def failures(self) -> tuple[StrategyFailed, ...]:
        """The strategies that failed, by id, and why."""
        elsewhere = () if self.crew is None else self.crew.failures
        return tuple(sorted((*self.host.failures, *elsewhere), key=lambda one: one.strategy))

    def log_lines(self) -> list[LogLine]:
        """Return what strategies said since the last call, in the order of its time."""
        elsewhere = [] if self.crew is None else self.crew.log_lines()
        return sorted((*self.host.log_lines(), *elsewhere), key=lambda line: line.time)

    @property
    def summary(self) -> SessionSummary:
        """What the session did."""
        return self.parts.summary

    @property
    def curve(self) -> EquityCurve:
        """How it did over time."""
        return self.parts.curve

    @property
    def comparison(self) -> BookComparison | None:
        """How our books compare with what a recording says, None without one."""
        return self.parts.comparison

    def release(self, pace: Pace, until: Nanos | None = None) -> None:
        """Let trading begin once statements have confirmed what we have; not after a stop."""
        if self.session.confirm(pace, until):
            self.session.command(RELEASE)

    def stop(self, reason: str) -> None:
        """End the session in order, by the policy of the configuration."""
        policy = StopPolicy[self.configuration.session.stop_policy.upper()]
        self.session.stop(policy, POLICY, reason)
        if self.comparison is not None:
            self.comparison.finish()

    def written(self) -> bytes:
        """Return the image of all that the session knows. Raises `NotKept`."""
        standing = self.parts._replace(standing=self.session.standing)
        return keeping.write(standing, _switch(self.ears, self.outside))

    def brought_back(self, snapshot: Snapshot) -> "Wired":
        """Return this session as it stood in a snapshot. It has not begun. Raises `BadImage`."""
        parts = keeping.read(snapshot, self.parts, _switch(self.ears, self.outside))
        around = replace(self.surroundings, world=parts.world)
        beside = (self.ears, self.outside, self.crew)
        return _assembled(self.configuration, around, parts, self.readers, *beside)


def wire(
    configuration: Configuration,
    readers: Iterable[Reader] = (),
    ears: Ears | None = None,
    outside: Outside | None = None,
    crew: Crew | None = None,
) -> Wired:
    """Put a session together. Raises `ConfigurationError`, and the errors of worlds.

    The world is that of the configuration, unless another one is given. Without a crew all
    strategies run in this process: there they do the same, only sooner.
    """
    around = outside.surroundings if outside is not None else surroundings(configuration)
    machine = Machine()
    curve = EquityCurve()
    host = Host(machine)
    parts = Parts(
        machine=machine,
        world=around.world,
        host=host,
        last_mile=LastMile(last_mile_limits(configuration, around), _switch(ears, outside)),
        curve=curve,
        summary=SessionSummary(curve.ledger),
        comparison=BookComparison() if around.recordings is not None else None,
        outputs=OutputsDigest(),
        names=Names(),
        standing=None,
    )
    strategies = outside.strategies if outside is not None else seated(configuration)
    elsewhere = crew.strategies if crew is not None else ()
    for number, strategy in enumerate(strategies, start=1):
        if number not in elsewhere:
            host.add(StrategyId(number), strategy)
    return _assembled(configuration, around, parts, tuple(readers), ears, outside, crew)


def _assembled(
    configuration: Configuration,
    around: Surroundings,
    parts: Parts,
    readers: tuple[Reader, ...],
    ears: Ears | None,
    outside: Outside | None,
    crew: Crew | None,
) -> Wired:
    """Put the parts together: of a session that begins, or of one that is brought back."""
    following: list[Reader] = [parts.curve, parts.summary, *readers]  # the curve feeds the ledger
    if parts.comparison is not None:
        following.append(parts.comparison)
    watch, mailbox = (ears.watch, ears.mailbox) if ears is not None else (None, None)
    if mailbox is not None:
        mailbox.names = parts.names
        following.append(mailbox)
    if crew is not None:
        following.append(crew)
    clock = _clock(around, outside)
    state = parts.machine.state
    sequencer = Sequencer(clock, state.sequence, state.time)
    path = Path(parts.machine, sequencer, None, following, parts.outputs)
    ears_of = (watch, mailbox, _present(around, outside))
    session = Session(
        path,
        parts.world,
        parts.host,
        clock,
        parts.last_mile,
        *ears_of,
        parts.standing,
        around.days_told,
        crew,
    )
    return Wired(configuration, around, session, path, parts, readers, ears, outside, crew)


def _switch(ears: Ears | None, outside: Outside | None) -> KillFlag:
    if outside is not None:
        return outside.switch
    return ears.watch.switch if ears is not None else NoSwitch()


def _clock(around: Surroundings, outside: Outside | None) -> TurnClock:
    if outside is not None:
        return outside.clock
    return around.venue.clock if around.venue is not None else VirtualClock(around.start)


def _present(around: Surroundings, outside: Outside | None) -> Waiting | None:
    if outside is not None:
        return outside.present
    return around.venue.present if around.venue is not None else None


def seated(configuration: Configuration) -> tuple[Strategy, ...]:
    """Load every strategy; say at which place of the configuration one is wrong."""
    found = []
    for index, settings in enumerate(configuration.strategies):
        try:
            strategy = load(settings.strategy).with_parameters(settings.parameters)
        except InvalidParameters as error:
            raise ConfigurationError([_misfit(configuration, index, error)]) from None
        except StrategyError as error:
            problem = configuration.problem(
                ("strategies", index, "strategy"), f"a strategy: {error}"
            )
            raise ConfigurationError([problem]) from error
        found.append(strategy)
    return tuple(found)


def _misfit(configuration: Configuration, index: int, error: InvalidParameters) -> Problem:
    """Return what is wrong with a parameter at its place in the file, which hides what is secret.

    What no file says, such as `--set size=abc`, is told in the strategy's own words.
    """
    place: KeyPath = ("strategies", index, "parameters")
    problem = configuration.problem((*place, error.key) if error.key else place, error.expected)
    return problem if problem.line and error.expected else replace(problem, text=str(error))
