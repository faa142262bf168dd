"""Set-up and command: who may trade, with what, within which limits, and whether at all.

Definitions come once; one that contradicts an earlier one is refused, since orders and money
already rest on it. Kills are in `killing.py`.
"""

from typing import Final

from fairlead.machine import breaks, cash, confirmation, registrations, requests, sign_off
from fairlead.machine.accounts import Account
from fairlead.machine.dates import is_date
from fairlead.machine.state import State
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    NodeStarted,
    OrderPolicyChange,
    ReopenCommand,
    StartCommand,
    StopCommand,
    StrategyDefinition,
    StrategyFailed,
    StrategyStopCommand,
    TradingDayBegan,
)
from fairlead.model.outputs import (
    InputRefused,
    InstrumentReopened,
    Output,
    StrategyDisabled,
    TradingStarted,
    TradingStopped,
)
from fairlead.model.risk_terms import NamedThing
from fairlead.model.terms import StopPolicy, TimeInForce
from fairlead.model.units import MONEY_MAX, Nanos, StrategyId

LIVE_STAGES: Final = ("small", "full")  # where real money trades

_CANCEL: Final = StopPolicy.CANCEL
_DAY: Final = TimeInForce.DAY


def recorded(state: State, input: Input, time: Nanos, outputs: list[Output]) -> None:
    """Change nothing: the input is in the journal because a strategy saw it."""


def node_started(state: State, start: NodeStarted, time: Nanos, outputs: list[Output]) -> None:
    """Take the epoch of a new start. A node starts halted: `StartCommand` lets orders leave."""
    if start.epoch <= state.epoch:
        outputs.append(
            InputRefused("NodeStarted", f"epoch {start.epoch} does not follow {state.epoch}")
        )
        return
    state.epoch = start.epoch
    state.stage = start.stage
    state.live = start.stage in LIVE_STAGES
    state.gate.stopped = True
    state.drift.begin()
    confirmation.node_started(state)


def account(
    state: State, definition: AccountDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Make an account known, once."""
    if state.positions.account(definition.account) is not None:
        outputs.append(InputRefused("AccountDefinition", "the account is known already"))
    elif not 0 <= definition.money_decimals <= 18:
        outputs.append(InputRefused("AccountDefinition", "money_decimals is not 0 to 18"))
    elif not _is_new_name(definition.name, [one.name for one in state.positions.accounts()]):
        outputs.append(InputRefused("AccountDefinition", "its name is empty or taken"))
    elif abs(definition.cash) > MONEY_MAX:
        outputs.append(InputRefused("AccountDefinition", f"cash is beyond {MONEY_MAX} units"))
    else:
        new = Account(
            definition.account,
            definition.name,
            definition.currency,
            definition.money_decimals,
            definition.cash,
            definition.cost_basis,
        )
        state.positions.add_account(new)
        if definition.desk:
            state.desks[definition.account] = definition.desk
        state.gate.exposure.add_account(new, definition.desk)
        record = state.performance.kept(new)
        state.gate.losses.add_account(new, definition.desk, record)


def instrument(
    state: State, definition: InstrumentDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Make an instrument known, once."""
    terms = definition.instrument
    if terms.instrument in state.instruments:
        outputs.append(InputRefused("InstrumentDefinition", "the instrument is known already"))
        return
    if not _is_new_name(terms.symbol, [known.symbol for known in state.instruments.values()]):
        outputs.append(InputRefused("InstrumentDefinition", "its symbol is empty or taken"))
        return
    state.instruments[terms.instrument] = terms
    state.books.add(terms.instrument)
    book = state.books.get(terms.instrument)
    assert book is not None, "every instrument has a book"
    state.gate.exposure.add_instrument(terms, book)
    state.gate.pretrade.add_instrument(terms)


def strategy(
    state: State, definition: StrategyDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Make a strategy known, once, with an account that is known."""
    if definition.strategy in state.strategies:
        outputs.append(InputRefused("StrategyDefinition", "the strategy is known already"))
    elif not _is_new_name(definition.name, [one.name for one in state.strategies.values()]):
        outputs.append(InputRefused("StrategyDefinition", "its name is empty or taken"))
    elif state.registry.is_retired(NamedThing.STRATEGY, definition.name):
        outputs.append(InputRefused("StrategyDefinition", "its name is retired: take another"))
    else:
        owner = state.positions.account(definition.account)
        if owner is None:
            outputs.append(InputRefused("StrategyDefinition", "its account is not known"))
            return
        state.strategies[definition.strategy] = definition
        state.gate.losses.add_strategy(definition.strategy, definition.name, owner)


def order_policy(
    state: State, change: OrderPolicyChange, time: Nanos, outputs: list[Output]
) -> None:
    """Make and give up orders by a policy from now on; orders that were sent keep their times."""
    if change.strategy and change.strategy not in state.strategies:
        outputs.append(InputRefused("OrderPolicyChange", "unknown strategy"))
    else:
        state.order_policies[change.strategy] = change.policy


def day_began(state: State, day: TradingDayBegan, time: Nanos, outputs: list[Output]) -> None:
    """End the orders of the day before at a venue, or begin the day that profit is counted in."""
    if not is_date(day.session_date):
        outputs.append(InputRefused("TradingDayBegan", "session_date is no yyyymmdd"))
        return
    if day.venue == "":
        if day.session_date > state.performance.session_date:
            state.gate.exposure.begin_day()
        state.gate.pretrade.day_began("", day.session_date)
        sign_off.day_began(state, day.session_date, outputs)  # what the day before ended with
        cash.day_began(state, day, time, outputs)
        return
    if state.session_dates.get(day.venue, 0) >= day.session_date:
        outputs.append(InputRefused("TradingDayBegan", "the day, or a later one, began before"))
        return
    state.session_dates[day.venue] = day.session_date
    state.gate.pretrade.day_began(day.venue, day.session_date)
    for order in [*state.orders.held(), *state.orders.all_working()]:
        venue = state.instruments[order.instrument].venue
        if order.time_in_force is _DAY and venue == day.venue:
            requests.request_cancel(state, order, time, outputs, reason="its day is over")


def strategy_failed(
    state: State, failure: StrategyFailed, time: Nanos, outputs: list[Output]
) -> None:
    """Take a strategy off that raised an error."""
    reason = f"failed: {failure.error}"
    _disable(state, "StrategyFailed", failure.strategy, reason, time, outputs)


def strategy_stop(
    state: State, command: StrategyStopCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Take a strategy off because a person said so."""
    reason = f"stopped by {command.person}: {command.reason}"
    _disable(state, "StrategyStopCommand", command.strategy, reason, time, outputs)


def stop(state: State, command: StopCommand, time: Nanos, outputs: list[Output]) -> None:
    """End the session: nothing new, and the working orders canceled or kept."""
    state.gate.stopped = True
    outputs.append(TradingStopped(command.policy, command.person, command.reason))
    if command.policy is _CANCEL:
        requests.cancel_all(state, None, time, outputs)


def start(state: State, command: StartCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let orders leave; only a named person or policy with a reason can. A kill stays a kill."""
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("StartCommand", "it names no person or no reason"))
        return
    problem = registrations.start_problem(state)
    if problem:
        outputs.append(InputRefused("StartCommand", problem))
        return
    state.gate.stopped = False
    state.begun = True
    outputs.append(TradingStarted(command.person, command.reason))


def reopen(state: State, command: ReopenCommand, time: Nanos, outputs: list[Output]) -> None:
    """Let new orders into an instrument again; only a named person who explains it can."""
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("ReopenCommand", "it names no person or no reason"))
        return
    person, reason = command.person, command.reason
    if not breaks.explain_all(state, command.instrument, person, reason, outputs):
        outputs.append(InputRefused("ReopenCommand", "the instrument is not closed"))
    else:
        outputs.append(InstrumentReopened(command.instrument, command.person, command.reason))


def _is_new_name(name: str, taken: list[str]) -> bool:
    """Whether people can tell what is called so from everything else."""
    return name.strip() != "" and name not in taken


def _disable(
    state: State,
    kind: str,
    strategy: StrategyId,
    reason: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    if strategy not in state.strategies:
        outputs.append(InputRefused(kind, f"unknown strategy {strategy}"))
        return
    if state.gate.disable(strategy, reason):
        outputs.append(StrategyDisabled(strategy, reason))
    requests.cancel_all(state, strategy, time, outputs)  # asking again sends again what is open
