"""How orders are checked one by one: what people set for layer 1, and who looked at a strategy.

Every change is by a named person. What could not be true is refused, and the rule before it stays.
"""

from typing import Final

from fairlead.machine import requests
from fairlead.machine.orders import Order
from fairlead.machine.risk.check_names import is_reserved
from fairlead.machine.risk.pretrade_named import CHECKS_MAX, Named, NamedChecks
from fairlead.machine.risk.pretrade_permits import is_restricted
from fairlead.machine.risk.rules import RuleError
from fairlead.machine.state import State
from fairlead.model.inputs import (
    NamedCheckDefinition,
    PermissionChange,
    PreTradePolicyChange,
    ProfileChange,
    RestrictionChange,
    StrategyStartCommand,
)
from fairlead.model.outputs import InputRefused, Output, StrategyDisabled, StrategyEnabled
from fairlead.model.risk import CONDITION_LENGTH_MAX, NamedCheck, PreTradePolicy, Profile
from fairlead.model.risk_terms import NamedThing
from fairlead.model.units import AccountId, Nanos, Quantity

NAME_LENGTH_MAX: Final = 100
_NOBODY: Final = "it names no person"


def profile_problem(state: State, change: ProfileChange) -> str:
    """Return why a profile cannot be taken in, empty if it can."""
    if not change.person.strip():
        return _NOBODY
    if change.profile.instrument not in state.instruments:
        return "unknown instrument"
    return _absurd_profile(change.profile)


def profile(state: State, change: ProfileChange, time: Nanos, outputs: list[Output]) -> None:
    """Take in what risk needs to know of an instrument."""
    state.gate.pretrade.describe(change.profile)
    state.gate.exposure.classify(change.profile)


def policy_problem(state: State, change: PreTradePolicyChange) -> str:
    """Return why a policy cannot be meant, empty if it can."""
    return _absurd_policy(change.policy) if change.person.strip() else _NOBODY


def policy(state: State, change: PreTradePolicyChange, time: Nanos, outputs: list[Output]) -> None:
    """Check orders one by one by a policy from now on."""
    state.gate.pretrade.set_policy(change.policy)
    state.risk_pending = state.risk_watched  # what was said from outside may be too old now


def named_check_problem(state: State, definition: NamedCheckDefinition) -> str:
    """Return why a check cannot be defined or taken away, empty if it can."""
    named, check = state.gate.pretrade.named, definition.check
    problem = _check_problem(named, check) if definition.person.strip() else _NOBODY
    if problem or not check.condition.strip():
        return problem
    try:
        Named(check)
    except RuleError as error:
        return f"check {check.name!r}: {error}"
    return ""


def named_check(
    state: State, definition: NamedCheckDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Hold every order against a check from now on; one without a condition is taken away."""
    named, check = state.gate.pretrade.named, definition.check
    if check.condition.strip():
        named.define(check)
    else:
        named.remove(check.name)


def permission_problem(state: State, change: PermissionChange) -> str:
    """Return why permissions cannot be set, empty if they can."""
    if not change.person.strip():
        return _NOBODY
    if change.strategy not in state.strategies:
        return f"unknown strategy {change.strategy}"
    for each in change.permissions:
        if each.strategy != change.strategy:
            return f"a permission is of strategy {each.strategy}"
        for instrument in each.instruments:
            if instrument not in state.instruments:
                return f"unknown instrument {instrument}"
    return ""


def permission(state: State, change: PermissionChange, time: Nanos, outputs: list[Output]) -> None:
    """Let a strategy trade what its permissions name and nothing else; without any, nothing."""
    state.gate.pretrade.permits.permit(change.strategy, change.permissions)


def restriction_problem(state: State, change: RestrictionChange) -> str:
    """Return why the restricted list cannot be changed so, empty if it can."""
    restricted = change.restriction
    if not change.person.strip():
        return _NOBODY
    if restricted.instrument not in state.instruments:
        return "unknown instrument"
    if restricted.account and state.positions.account(restricted.account) is None:
        return f"unknown account {restricted.account}"
    if not change.listed and state.gate.pretrade.permits.listed(restricted) is None:
        return "it is not on the list"
    return ""


def restriction(
    state: State, change: RestrictionChange, time: Nanos, outputs: list[Output]
) -> None:
    """Put an instrument on the restricted list, or take it off.

    What works there on the restricted side is canceled; closing orders, where the list allows them,
    are asked for anew.
    """
    restricted = change.restriction
    state.gate.pretrade.permits.restrict(restricted, change.listed)
    if not change.listed:
        return
    for order in [*state.orders.held(), *state.orders.working_in(restricted.instrument)]:
        concerned = order.instrument == restricted.instrument
        if concerned and is_restricted(restricted, _account(state, order), order.side):
            requests.request_cancel(state, order, time, outputs, reason="it is restricted")


def strategy_start(
    state: State, command: StrategyStartCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Let a strategy trade again that was taken off: a named person had a look at it."""
    problem = ""
    if not command.person.strip() or not command.reason.strip():
        problem = "it names no person or no reason"
    elif command.strategy not in state.strategies:
        problem = f"unknown strategy {command.strategy}"
    elif state.registry.is_retired(NamedThing.STRATEGY, state.strategies[command.strategy].name):
        problem = "its name is retired: it never trades again"
    elif not state.gate.enable(command.strategy):
        problem = "the strategy is not off"
    if problem:
        outputs.append(InputRefused("StrategyStartCommand", problem))
        return
    state.gate.pretrade.repeats.looked(command.strategy)
    outputs.append(StrategyEnabled(command.strategy, command.person, command.reason))


def executed(
    state: State, order: Order, quantity: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    """Count an execution; take the strategy off if it trades on and on with nobody looking."""
    reason = state.gate.pretrade.filled(order, quantity, time)
    alerts = state.gate.exposure.alerts
    if alerts.due:
        outputs.extend(alerts.take())
    if reason and state.gate.disable(order.strategy, reason):
        outputs.append(StrategyDisabled(order.strategy, reason))
        requests.cancel_all(state, order.strategy, time, outputs)


def _account(state: State, order: Order) -> AccountId:
    return state.strategies[order.strategy].account


def _check_problem(named: NamedChecks, check: NamedCheck) -> str:
    """Return why a check cannot be defined or taken away, whatever its condition says."""
    if not check.name.strip() or len(check.name) > NAME_LENGTH_MAX:
        return f"its name is empty, or longer than {NAME_LENGTH_MAX}"
    if is_reserved(check.name):
        return f"{check.name} is a check of our own"
    if max(len(check.condition), len(check.message)) > CONDITION_LENGTH_MAX:
        return f"its condition or message is longer than {CONDITION_LENGTH_MAX}"
    if not check.condition.strip() and not named.has(check.name):
        return f"there is no check {check.name!r} to be taken away"
    if len(named) >= CHECKS_MAX and not named.has(check.name):
        return f"there are {CHECKS_MAX} already"
    return ""


def _absurd_profile(profile: Profile) -> str:
    """Return why a profile cannot be true, empty if it can."""
    volume, close = profile.average_daily_volume, profile.previous_close
    if volume is not None and volume < 0:
        return "the average daily volume is negative"
    if close is not None and close <= 0:
        return "the previous close is not above 0"
    return ""


def _absurd_policy(policy: PreTradePolicy) -> str:
    """Return why a policy cannot be meant, empty if it can."""
    spans = (
        policy.duplicate_window,
        policy.life_max,
        policy.halt_resume_delay,
        policy.instrument_resume_delay,
        policy.unacknowledged_age_max,
        policy.outside_age_max,
    )
    return "a span of time is negative, expected 0 or more" if min(spans) < 0 else ""
