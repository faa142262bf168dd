"""The parts of one session, put together from a configuration. The same for every stage.

`wire` makes everything and starts nothing; `opening.py` says which inputs open the session.
`Wired.release` lets trading begin once the statements that were asked for then have come: what we
have is confirmed before the first order leaves. Both stages call the same, so a backtest and a
paper session of one configuration answer byte for byte the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fairlead.gateways.last_mile import LastMile, NoSwitch
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.inputs import StartCommand
from fairlead.model.terms import StopPolicy
from fairlead.model.units import Nanos, Sequence, StrategyId
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError, Problem
from fairlead.node.mailbox import Mailbox
from fairlead.node.path import Path
from fairlead.node.session import Pace, Session
from fairlead.node.switch_watch import SwitchWatch
from fairlead.node.yaml_text import KeyPath
from fairlead.readers.book_comparison import BookComparison
from fairlead.readers.equity import EquityCurve
from fairlead.readers.reader import Reader
from fairlead.readers.summary import SessionSummary
from fairlead.stages.bounds import last_mile_limits
from fairlead.stages.worlds import Surroundings, surroundings
from fairlead.strategy.errors import InvalidParameters, StrategyError
from fairlead.strategy.host import Host
from fairlead.strategy.loading import load

POLICY = "policy"  # who releases and ends a session that no person has to watch
RELEASE = StartCommand(POLICY, "this stage trades without a person's release")
OVER = "the session is over"  # why a session ends that nobody stopped


@dataclass(frozen=True)
class Ears:
    """How people reach a session while it runs. A backtest has none."""

    watch: SwitchWatch
    mailbox: Mailbox


@dataclass(frozen=True)
class Wired:
    """One session with everything that follows it."""

    configuration: Configuration
    surroundings: Surroundings
    session: Session
    path: Path
    host: Host
    summary: SessionSummary
    curve: EquityCurve
    comparison: BookComparison | None

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


def wire(
    configuration: Configuration,
    readers: Iterable[Reader] = (),
    ears: Ears | None = None,
) -> Wired:
    """Put a session together. Raises `ConfigurationError`, and the errors of worlds."""
    around = surroundings(configuration)
    machine = Machine()
    clock = VirtualClock(around.start)
    curve = EquityCurve()
    summary = SessionSummary(curve.ledger)
    comparison = BookComparison() if around.recording is not None else None
    following: list[Reader] = [curve, summary, *readers]  # the curve feeds the ledger of both
    if comparison is not None:
        following.append(comparison)
    watch, mailbox = (ears.watch, ears.mailbox) if ears is not None else (None, None)
    if mailbox is not None:
        following.append(mailbox)
    switch = watch.switch if watch is not None else NoSwitch()
    last_mile = LastMile(last_mile_limits(configuration, around), switch)
    path = Path(machine, Sequencer(clock, Sequence(0), Nanos(0)), None, following)
    host = Host(machine)
    _seat_strategies(configuration, host)
    session = Session(path, around.world, host, clock, last_mile, watch, mailbox)
    return Wired(configuration, around, session, path, host, summary, curve, comparison)


def _seat_strategies(configuration: Configuration, host: Host) -> None:
    """Load every strategy; say at which place of the configuration one is wrong."""
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
        host.add(StrategyId(index + 1), strategy)


def _misfit(configuration: Configuration, index: int, error: InvalidParameters) -> Problem:
    """Return what is wrong with a parameter at its place in the file, which hides what is secret.

    What no file says, such as `--set size=abc`, is told in the strategy's own words.
    """
    place: KeyPath = ("strategies", index, "parameters")
    problem = configuration.problem((*place, error.key) if error.key else place, error.expected)
    return problem if problem.line and error.expected else replace(problem, text=str(error))
