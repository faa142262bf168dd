"""The parts of one session, put together from a configuration. The same for every stage.

`wire` makes everything and starts nothing. `opening` says which inputs open the session: on a fresh
machine all definitions and limits; after a recovery only what is new. Both stages call the same
two, so a backtest and a paper session of one configuration answer byte for byte the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    LimitChange,
    MessageRateChange,
    NodeStarted,
    StartCommand,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.terms import StopPolicy
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    Money,
    Nanos,
    Quantity,
    Sequence,
    StrategyId,
)
from fairlead.node.build import sources_hash
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError, Problem
from fairlead.node.path import Path
from fairlead.node.session import Session
from fairlead.node.yaml_text import KeyPath
from fairlead.readers.book_comparison import BookComparison
from fairlead.readers.equity import EquityCurve
from fairlead.readers.reader import Reader
from fairlead.readers.summary import SessionSummary
from fairlead.stages.errors import WrongWiring
from fairlead.stages.worlds import Surroundings, increments, surroundings
from fairlead.strategy.errors import InvalidParameters, StrategyError
from fairlead.strategy.host import Host
from fairlead.strategy.loading import load

POLICY = "policy"  # who releases and ends a session that no person has to watch
RELEASE = StartCommand(POLICY, "this stage trades without a person's release")
OVER = "the session is over"  # why a session ends that nobody stopped
_ACCOUNT = AccountId(1)


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

    def stop(self, reason: str) -> None:
        """End the session in order, by the policy of the configuration."""
        policy = StopPolicy[self.configuration.session.stop_policy.upper()]
        self.session.stop(policy, POLICY, reason)
        if self.comparison is not None:
            self.comparison.finish()


def wire(configuration: Configuration, readers: Iterable[Reader] = ()) -> Wired:
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
    path = Path(machine, Sequencer(clock, Sequence(0), Nanos(0)), None, following)
    host = Host(machine)
    _seat_strategies(configuration, host)
    session = Session(path, around.world, host, clock)
    return Wired(configuration, around, session, path, host, summary, curve, comparison)


def opening(wired: Wired, epoch: int, stage: str) -> list[Input]:
    """Return the inputs that open a session: who writes, and what the machine does not know yet."""
    configuration, machine = wired.configuration, wired.path.machine
    inputs: list[Input] = [NodeStarted(epoch, sources_hash(), configuration.digest(), stage)]
    account = configuration.account
    if machine.positions.account(_ACCOUNT) is None:
        cash = Money(increments(account.cash, account.money_decimals))
        inputs.append(
            AccountDefinition(
                _ACCOUNT, account.name, account.currency, account.money_decimals, cash
            )
        )
    for instrument in wired.surroundings.instruments:
        if instrument.instrument not in machine.instruments:
            inputs.append(InstrumentDefinition(instrument))
        limits = _limits(configuration, instrument)
        if machine.gate.limits(instrument.instrument) != limits:
            inputs.append(LimitChange(limits, POLICY, f"configuration of the {stage} stage"))
    rate = _message_rate(configuration)
    if machine.gate.throttle.rate != rate:
        inputs.append(MessageRateChange(rate, POLICY, f"configuration of the {stage} stage"))
    for number, strategy in enumerate(configuration.strategies, start=1):
        if StrategyId(number) not in machine.state.strategies:
            inputs.append(
                StrategyDefinition(
                    StrategyId(number), strategy.name, _ACCOUNT, strategy.parameters_text()
                )
            )
    return inputs


def refuse_another(wired: Wired) -> None:
    """Raise `WrongWiring` if a recovered machine knows accounts or strategies under other terms.

    Ids are places in the configuration: a strategy in another's place would inherit its position.
    Instruments need no look: another one would have made the world diverge.
    """
    configuration, state = wired.configuration, wired.path.machine.state
    account, settings = state.positions.account(_ACCOUNT), configuration.account
    if account is None:
        return  # the session ended before it knew anything
    cash = increments(settings.cash, settings.money_decimals)
    if (account.name, account.currency, account.money_decimals, account.initial) != (
        *(settings.name, settings.currency, settings.money_decimals, cash),
    ):
        raise WrongWiring(
            f"the journal's account is {account.name}, {account.currency}, beginning with"
            f" {account.initial} units of 10**-{account.money_decimals}; the configuration has"
            " another one: resume with the configuration that the session began with"
        )
    recorded = [definition.name for definition in state.strategies.values()]
    configured = [strategy.name for strategy in configuration.strategies]
    if configured[: len(recorded)] != recorded:
        raise WrongWiring(
            f"the journal's strategies are {', '.join(recorded)}, the configuration's"
            f" {', '.join(configured) or 'none'}: resume with the same ones in the same places;"
            " new ones may follow them"
        )


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


def _limits(configuration: Configuration, instrument: Instrument) -> Limits:
    own = configuration.limits.of(instrument.symbol)
    places = instrument.quantity_decimals
    return Limits(
        instrument.instrument,
        order_quantity_max=Quantity(increments(own.order_quantity_max, places)),
        order_notional_max=Money(increments(own.order_notional_max, instrument.money_decimals)),
        position_quantity_max=Quantity(increments(own.position_quantity_max, places)),
        collar=BasisPoints(own.collar_bps),
        reference_age_max=own.reference_age_max,
    )


def _message_rate(configuration: Configuration) -> MessageRate:
    rate = configuration.limits.message_rate
    return MessageRate(rate.count_max, rate.cancel_reserve, rate.window)
