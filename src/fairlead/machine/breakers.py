"""Breakers and dynamic limits: defined, ordered and let go by persons, and what a trip has done.

What may be looser than before waits for a second person (`proposals.py`). A breaker whose condition
still holds is not let go by anybody: its cause is mended first, or it is defined anew.
"""

from typing import Final

from fairlead.machine import killing, risk_rules
from fairlead.machine.requests import request_cancel
from fairlead.machine.risk.breakers import ORDERED, ORDERS, TRIPS, Consequence, Trip
from fairlead.machine.risk.conditions import Dynamic
from fairlead.machine.risk.errors import RuleError
from fairlead.machine.risk.losses import KINDS
from fairlead.machine.risk.measures import ANYWHERE, LOSS_RATES, MARKET, RESULTS, vocabulary
from fairlead.machine.risk.rules import FUNCTIONS, RESERVED, Rule, compile_rule
from fairlead.machine.risk.tree import Node
from fairlead.machine.scopes import node_of, path_of
from fairlead.machine.state import State
from fairlead.model.inputs import (
    BreakerCommand,
    BreakerDefinition,
    DynamicLimitDefinition,
    ErrorReported,
    OutsideValue,
)
from fairlead.model.outputs import DynamicLimitChanged, InputRefused, Output
from fairlead.model.risk import Breaker, Scope
from fairlead.model.risk_terms import BreakerState
from fairlead.model.units import Nanos

OUTSIDE_MAX: Final = 1_000  # names: one that is made up each time must not fill the memory
SOURCE: Final = "breaker"  # of the kills that breakers engage

_ACTIVE: Final = BreakerState.ACTIVE
_NOT_NAMES: Final = (ORDERED, *[kind.name.lower() for kind in KINDS])  # in `BreakerChanged`
_ANY_NUMBER: Final = 2**62
_NOBODY: Final = "it names no person or no reason"
_TAKEN: Final = (*RESERVED, *FUNCTIONS, *RESULTS, *MARKET, *ANYWHERE)


def breaker_problem(state: State, definition: BreakerDefinition) -> str:
    """Return why a breaker cannot be defined, empty if it can."""
    breaker = definition.breaker
    node = node_of(state, breaker.scope)
    known = state.gate.breakers.standings.get(breaker.name)
    if not definition.person.strip():
        return "it names no person"
    if node is None:
        return f"{breaker.scope} is not known"
    if known is not None and known.node is not node:
        return f"breaker {breaker.name!r} is that of {known.node.scope}"
    if breaker.name in _NOT_NAMES:
        return f"{breaker.name!r} is no name for a breaker: it means something else"
    problem = _rule_problem(state, node, breaker.condition, breaker.recovered)
    return f"breaker {breaker.name!r}: {problem}" if problem else ""


def dynamic_problem(state: State, definition: DynamicLimitDefinition) -> str:
    """Return why a dynamic limit cannot be defined, empty if it can."""
    dynamic = definition.dynamic
    node = node_of(state, dynamic.scope)
    known = state.gate.conditions.dynamics.get(dynamic.name)
    if not definition.person.strip():
        return "it names no person"
    if node is None:
        return f"{dynamic.scope} is not known"
    if not dynamic.name.strip() or not dynamic.limits:
        return "it has no name or no limit"
    if known is not None and known.node is not node:
        return f"dynamic limit {dynamic.name!r} is that of {known.node.scope}"
    problem = _rule_problem(state, node, dynamic.condition, dynamic.recovered)
    return f"dynamic limit {dynamic.name!r}: {problem}" if problem else ""


def loosens_breaker(state: State, definition: BreakerDefinition) -> bool:
    """Whether a breaker may let more by than it did: whatever is not surely as strict."""
    known = state.gate.breakers.standings.get(definition.breaker.name)
    if known is None or known.trip is None:
        return False
    old, new = known.trip.breaker, definition.breaker
    return (
        (new.condition, new.recovered, new.reset) != (old.condition, old.recovered, old.reset)
        or new.state < old.state
        or new.cool_down < old.cool_down
        or new.recovery < old.recovery
        or new.size_share > old.size_share
        or new.collar_share > old.collar_share
        or _trips_allowed(new) > _trips_allowed(old)
        or (old.flatten and not new.flatten)
        or (old.kills and not new.kills)
    )


def loosens_dynamic(state: State, definition: DynamicLimitDefinition) -> bool:
    """Whether a dynamic limit is another than it was: which of two is stricter, nobody knows."""
    known = state.gate.conditions.dynamics.get(definition.dynamic.name)
    return known is not None and known.definition != definition.dynamic


def define(state: State, definition: BreakerDefinition, time: Nanos) -> None:
    """Hold a scope to a breaker from now on, or to its new definition; where it stands it stays."""
    breaker = definition.breaker
    node = node_of(state, breaker.scope)
    assert node is not None, "what was accepted names a scope that is known"
    rules = _compiled(state, node, breaker.condition, breaker.recovered)
    _use(state, node, rules, time)
    trip = Trip(breaker, rules[0], rules[1] if len(rules) > 1 else None)
    state.gate.breakers.define(node, trip)
    _watch(state)


def define_dynamic(
    state: State, definition: DynamicLimitDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Let limits hold while a condition does, from now on or by a new definition."""
    dynamic = definition.dynamic
    node = node_of(state, dynamic.scope)
    assert node is not None, "what was accepted names a scope that is known"
    rules = _compiled(state, node, dynamic.condition, dynamic.recovered)
    _use(state, node, rules, time)
    known = state.gate.conditions.dynamics.get(dynamic.name)
    if known is not None and known.applied:
        state.gate.tree.apply(node, dynamic.name, None)
        cause = "it is defined anew"
        outputs.append(DynamicLimitChanged(dynamic.name, node.scope, False, cause))
    recovered = rules[1] if len(rules) > 1 else None
    state.gate.conditions.dynamics[dynamic.name] = Dynamic(dynamic, node, rules[0], recovered)
    _watch(state)


def command(state: State, command: BreakerCommand, time: Nanos, outputs: list[Output]) -> None:
    """Put a scope into a state, or let go what tripped there; only a named person can."""
    node = node_of(state, command.scope)
    if not command.person.strip() or not command.reason.strip():
        outputs.append(InputRefused("BreakerCommand", _NOBODY))
    elif node is None:
        outputs.append(InputRefused("BreakerCommand", f"{command.scope} is not known"))
    elif command.state is _ACTIVE:
        _let_go(state, node, command, time, outputs)
    else:
        standing = state.gate.breakers.order(node)
        cause = f"{command.person}: {command.reason}"
        event = ORDERS[command.state]
        if not risk_rules.step(state, standing, event, cause, time, outputs):
            said = f"{command.scope} is {command.state.name.lower()} already"
            outputs.append(InputRefused("BreakerCommand", said))
        _watch(state)  # what follows from it is done with this input


def trip(
    state: State,
    scope: Scope,
    strict: BreakerState,
    cause: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Put a scope into a state that is stricter than its own, until a person lets go of it."""
    node = node_of(state, scope)
    assert node is not None, "a scope that is tripped is known"
    standing = state.gate.breakers.order(node)
    if risk_rules.step(state, standing, TRIPS[strict], cause, time, outputs):
        _watch(state)


def outside(state: State, value: OutsideValue, time: Nanos, outputs: list[Output]) -> None:
    """Take a value from outside; None says that nobody knows it now."""
    values = state.gate.conditions.outside.values
    if not value.name.isidentifier() or not value.name.isascii() or value.name in _TAKEN:
        outputs.append(InputRefused("OutsideValue", f"{value.name!r} is no name for one"))
    elif value.name not in values and len(values) >= OUTSIDE_MAX:
        outputs.append(InputRefused("OutsideValue", f"there are {OUTSIDE_MAX} already"))
    else:
        state.gate.conditions.outside.take(value.name, value.value, time)
        state.risk_pending = state.risk_watched


def error(state: State, reported: ErrorReported, time: Nanos, outputs: list[Output]) -> None:
    """Count an error of ours outside the machine."""
    risk_rules.count_error(state, reported.source)


# --- at the end of an input ---


def follow_up(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Ask what is to be asked after an input, and do what follows from it."""
    if outputs:
        risk_rules.observe(state, outputs)
    gate = state.gate
    if state.risk_pending or gate.losses.version != gate.tree.version:
        risk_rules.run(state, time, outputs)
    finish(state, time, outputs)


def finish(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Do what transitions have yet to do."""
    consequences = state.gate.breakers.consequences
    while consequences:
        _carry_out(state, consequences.pop(0), time, outputs)


def _carry_out(state: State, one: Consequence, time: Nanos, outputs: list[Output]) -> None:
    if one.mode is None:
        reason = f"breaker {one.breaker!r} halted {one.node.scope}"
        _cancel_all(state, one.node, reason, time, outputs)
        return
    person = f"breaker {one.breaker}"
    killing.engage(state, one.node.scope, one.mode, person, one.reason, SOURCE, time, outputs)


def _cancel_all(state: State, node: Node, reason: str, time: Nanos, outputs: list[Output]) -> None:
    """Cancel everything in a scope that is live. Never held back by a rate."""
    for order in [*state.orders.held(), *state.orders.all_working()]:
        path = path_of(state, order.strategy, state.instruments[order.instrument])
        if order.live and node in path.nodes:
            request_cancel(state, order, time, outputs, reason=reason)


def _let_go(
    state: State, node: Node, command: BreakerCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Let go all that a person may let go in a scope; say what still holds."""
    cause = f"{command.person}: {command.reason}"
    some = state.gate.losses.let_go(node.name, cause, time)
    refused: list[str] = []
    for standing in state.gate.breakers.of(node):
        if standing.state is _ACTIVE:
            continue
        if standing.trip is not None and standing.tripped:
            over, said = risk_rules.may_let_go(state, standing, standing.trip, time)
            if not over:
                refused.append(f"breaker {standing.name!r} still holds: {said}")
                continue
        some = risk_rules.let_go(state, standing, cause, time, outputs) or some
    _watch(state)
    if refused or not some:
        said = "; ".join(refused) or f"nothing has tripped in {command.scope}"
        outputs.append(InputRefused("BreakerCommand", said))


def _rule_problem(state: State, node: Node, condition: str, recovered: str) -> str:
    """Return why conditions mean nothing in a scope, empty if they mean something."""
    try:
        _compiled(state, node, condition, recovered)
    except RuleError as error:
        return str(error)
    return ""


def _compiled(state: State, node: Node, condition: str, recovered: str) -> list[Rule]:
    """Return the compiled condition, and the one under which it is over if there is such.

    Raise `RuleError` for one that means nothing.
    """
    names = vocabulary(node.scope.kind, state.gate.conditions.outside.values)
    rules = [compile_rule(condition, names)]
    if recovered.strip():
        rules.append(compile_rule(recovered, names))
    return rules


def _use(state: State, node: Node, rules: list[Rule], time: Nanos) -> None:
    """Measure and count what conditions of a scope need from now on."""
    state.gate.conditions.use(node, rules)
    result = state.gate.losses.result(node.name)
    for rule in rules:
        for name in rule.names:
            if name in RESULTS:
                state.gate.losses.watch(node.name)
            if name in LOSS_RATES and result is not None:
                window = result.follow(Nanos(LOSS_RATES[name]))
                window.point(time, result.record.profit.fine)


def _trips_allowed(breaker: Breaker) -> int:
    return breaker.trips_max or _ANY_NUMBER


def _watch(state: State) -> None:
    state.risk_watched = True
    state.risk_pending = True
