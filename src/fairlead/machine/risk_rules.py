"""The conditions of risk, asked when something has happened that they may be about.

After fills, movements of money, outside values, errors, rejects and statements they are asked with
the same input; while nothing but the market moves, at most every `RISK_INTERVAL`, and always before
an order is put before the gate. Limits of losses do not wait for that: see `risk/losses.py`. What
cannot be measured counts as holding: breakers trip, and dynamic limits apply.

Nothing is canceled or killed here: what a transition has yet to do is kept as a consequence and
done at the end of the input (`breakers.py`), so that this may run while an order is under review.
"""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine import measuring, performance
from fairlead.machine.deadlines import Due
from fairlead.machine.risk.breakers import TRIPS, Consequence, Event, Standing, Trip
from fairlead.machine.risk.conditions import Dynamic
from fairlead.machine.risk.rules import Rule
from fairlead.machine.risk.tree import Node
from fairlead.machine.scopes import path_of
from fairlead.machine.state import State
from fairlead.model.outputs import (
    BookRestored,
    BookStale,
    BreakChanged,
    BreakClosed,
    BreakerChanged,
    BreakerEscalated,
    BreakOpened,
    DynamicLimitChanged,
    OrderRefused,
    OrderRejected,
    OrderRetried,
    Output,
    ReplaceOrder,
    ReportFaulted,
    SendOrder,
    StrategyDisabled,
)
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import BreakerState, KillMode, ResetPolicy, ScopeKind
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    StrategyId,
)

TICK: Final = Nanos(500 * NANOS_PER_MILLISECOND)  # while what the clock alone changes is asked for
INSIST: Final = Nanos(1_000 * NANOS_PER_MILLISECOND)  # between two cancels of what is halted
HALTS: Final = "it is halted"
DAY_BEGAN: Final = "the next trading day began"

_RISK: Final = Due.RISK
_HALTED: Final = BreakerState.HALTED
_ACTIVE: Final = BreakerState.ACTIVE
_RECOVERY: Final = BreakerState.RECOVERY
_REDUCE_ONLY: Final = BreakerState.REDUCE_ONLY
_NEXT_DAY: Final = ResetPolicy.NEXT_DAY
_COOL_DOWN: Final = ResetPolicy.COOL_DOWN
_NO_INSTRUMENT: Final = InstrumentId(0)
_NO_STRATEGY: Final = StrategyId(0)


def due(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Have everything asked with the input that comes now, and before anything leaves."""
    state.risk_pending = True


def run(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Ask everything now."""
    state.risk_pending = False
    state.risk_moved = False
    state.deadlines.cancel_own(_RISK)
    gate = state.gate
    if gate.breakers.begin_day(state.performance.session_date):
        _release_of_the_day(state, time, outputs)
    take_limits(state, time)
    for account in state.positions.accounts():
        performance.refresh(state, account)
    _ask_losses(state, time, outputs)
    for standing in gate.breakers.standings.values():
        _ask_breaker(state, standing, time, outputs)
    for dynamic in gate.conditions.dynamics.values():
        _ask_dynamic(state, dynamic, time, outputs)
    if take_limits(state, time):  # a dynamic limit may be one of losses
        _ask_losses(state, time, outputs)
    state.risk_pending = False
    _insist(state, time)
    _schedule(state, time)


def take_limits(state: State, time: Nanos) -> bool:
    """Find anew whether anything is to be asked at all; return whether limits have changed."""
    gate = state.gate
    changed = gate.losses.version != gate.tree.version
    watched = gate.losses.take_limits(gate.tree, time)
    watched = watched or bool(gate.breakers.standings) or bool(gate.conditions.dynamics)
    state.risk_watched = watched
    if gate.losses.behind:
        performance.follow(state)
    return changed


def observe(state: State, outputs: list[Output]) -> None:
    """Count what conditions may be about in the outputs of an input."""
    for output in outputs:
        found = _OBSERVED.get(type(output))
        if found is not None:
            found(state, output)


def count_error(state: State, source: str) -> None:
    """Count an error of ours: it is the firm's, and that of the strategy whose name it bears."""
    named = [one.strategy for one in state.strategies.values() if one.name == source]
    _count(state, named[0] if named else _NO_STRATEGY, _NO_INSTRUMENT, "errors", 1)


def may_let_go(state: State, standing: Standing, trip: Trip, time: Nanos) -> tuple[bool, str]:
    """Return whether what a breaker tripped for is over, and what was measured."""
    node = standing.node
    held, measured = _asked(state, node, trip.rule, time)
    if held is not False or trip.recovered is None:
        return held is False, _said(trip.rule, measured)
    recovered, measured = _asked(state, node, trip.recovered, time)
    return recovered is True, _said(trip.recovered, measured)


def let_go(
    state: State, standing: Standing, cause: str, time: Nanos, outputs: list[Output]
) -> bool:
    """Let a breaker go: active at once, or after its recovery. Return False if it is not held."""
    trip = standing.trip
    slowly = trip is not None and trip.breaker.recovery > 0 and standing.state is not _RECOVERY
    event = Event.RECOVERING if slowly else Event.RELEASED
    return step(state, standing, event, cause, time, outputs)


def step(
    state: State, standing: Standing, event: Event, cause: str, time: Nanos, outputs: list[Output]
) -> bool:
    """Take a step of the table and record it; return False if there is none."""
    before = standing.state
    if not standing.step(event, time):
        return False
    after = standing.state
    outputs.append(BreakerChanged(standing.name, standing.node.scope, before, after, cause))
    breakers = state.gate.breakers
    breakers.settle(standing.node)
    if after is _HALTED:
        standing.insisted = time
        state.risk_pending = True  # whether anything works there still
        breakers.consequences.append(Consequence(standing.node, None, standing.name, cause))
    return True


# --- losses ---


def _ask_losses(state: State, time: Nanos, outputs: list[Output]) -> None:
    losses = state.gate.losses
    losses.ask(time)
    for scope, kind, reached, cause in losses.take_changes():
        before, after = (_ACTIVE, _REDUCE_ONLY) if reached else (_REDUCE_ONLY, _ACTIVE)
        outputs.append(BreakerChanged(kind.name.lower(), scope, before, after, cause))
    outputs.extend(losses.alerts.take())


def _asked(
    state: State, node: Node, rule: Rule, time: Nanos
) -> tuple[bool | None, measuring.Measured]:
    """Return whether a condition of a scope holds, and what was measured; None: not known."""
    measured = measuring.values(state, node, rule.names, time)
    return rule.holds(measured), measured


def _said(rule: Rule, measured: measuring.Measured) -> str:
    """Return a condition with what was measured: only who records it needs the text."""
    return f"{rule.text}: {measuring.said(measured)}"


# --- breakers ---


def _ask_breaker(state: State, standing: Standing, time: Nanos, outputs: list[Output]) -> None:
    trip = standing.trip
    assert trip is not None, "what is asked has a condition"
    if standing.state is _RECOVERY and time - standing.since >= trip.breaker.recovery:
        step(state, standing, Event.RECOVERED, "its recovery is over", time, outputs)
    held, measured = _asked(state, standing.node, trip.rule, time)
    if held is not False:
        standing.clear_since = None
        _trip(state, standing, trip, _said(trip.rule, measured), time, outputs)
        return
    if trip.breaker.reset is not _COOL_DOWN or not standing.tripped:
        return
    over, said = may_let_go(state, standing, trip, time)
    if not over:
        standing.clear_since = None
    elif standing.clear_since is None:
        standing.clear_since = time
    if standing.clear_since is not None and time - standing.clear_since >= trip.breaker.cool_down:
        let_go(state, standing, f"it has cooled down: {said}", time, outputs)


def _trip(
    state: State, standing: Standing, trip: Trip, said: str, time: Nanos, outputs: list[Output]
) -> None:
    """Trip a breaker, unless it stands there or stricter already."""
    breaker = trip.breaker
    event = TRIPS.get(breaker.state)
    if event is None or not step(state, standing, event, said, time, outputs):
        return
    standing.trips += 1
    escalates = 0 < breaker.trips_max < standing.trips
    if escalates:
        outputs.append(BreakerEscalated(breaker.name, standing.node.scope, standing.trips))
    if escalates or breaker.kills or breaker.flatten:
        mode = KillMode.FLATTEN if breaker.flatten else KillMode.CANCEL
        consequence = Consequence(standing.node, mode, breaker.name, said)
        state.gate.breakers.consequences.append(consequence)


def _release_of_the_day(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Let go what was to stay until the next trading day."""
    for standing in state.gate.breakers.standings.values():
        trip = standing.trip
        if standing.tripped and trip is not None and trip.breaker.reset is _NEXT_DAY:
            let_go(state, standing, DAY_BEGAN, time, outputs)


def _insist(state: State, time: Nanos) -> None:
    """Have what still works in a halted scope canceled again: a venue may have said no."""
    breakers = state.gate.breakers
    for standing in breakers.all():
        if standing.state is not _HALTED or not _works(state, standing.node):
            continue
        if time - standing.insisted >= INSIST:
            standing.insisted = time
            breakers.consequences.append(Consequence(standing.node, None, standing.name, HALTS))
        state.deadlines.bring_forward(_RISK, Nanos(standing.insisted + INSIST))


def _works(state: State, node: Node) -> bool:
    """Whether anything works in a scope."""
    return any(
        node in path_of(state, order.strategy, state.instruments[order.instrument]).nodes
        for order in state.orders.all_working()
    )


def _schedule(state: State, time: Nanos) -> None:
    """See to it that what time alone brings is asked for when it has come."""
    deadlines = state.deadlines
    for standing in state.gate.breakers.standings.values():
        trip = standing.trip
        if trip is not None and standing.state is _RECOVERY:
            deadlines.bring_forward(_RISK, Nanos(standing.since + trip.breaker.recovery))
        elif trip is not None and standing.clear_since is not None:
            deadlines.bring_forward(_RISK, Nanos(standing.clear_since + trip.breaker.cool_down))
        elif standing.tripped and trip is not None and trip.breaker.reset is _COOL_DOWN:
            deadlines.bring_forward(_RISK, Nanos(time + TICK))  # what is counted fades away
    conditions, age_max = state.gate.conditions, state.gate.pretrade.policy.outside_age_max
    old = conditions.outside.next_old(conditions.asked, age_max, time)
    if old is not None:
        deadlines.bring_forward(_RISK, old)
    if (
        state.gate.conditions.ticking
        and state.gate.exposure.valued(state.gate.tree.firm).instruments
    ):
        deadlines.bring_forward(_RISK, Nanos(time + TICK))


# --- dynamic limits ---


def _ask_dynamic(state: State, dynamic: Dynamic, time: Nanos, outputs: list[Output]) -> None:
    node = dynamic.node
    rule = dynamic.rule
    held, measured = _asked(state, node, rule, time)
    if not dynamic.applied:
        if held is not False:
            _apply(state, dynamic, True, _said(rule, measured), outputs)
        return
    if held is not False:
        return
    if dynamic.recovered is not None:
        rule = dynamic.recovered
        recovered, measured = _asked(state, node, rule, time)
        if recovered is not True:
            return
    _apply(state, dynamic, False, _said(rule, measured), outputs)


def _apply(
    state: State, dynamic: Dynamic, applied: bool, cause: str, outputs: list[Output]
) -> None:
    dynamic.applied = applied
    definition = dynamic.definition
    limits = definition.limits if applied else None
    state.gate.tree.apply(dynamic.node, definition.name, limits)
    outputs.append(DynamicLimitChanged(definition.name, dynamic.node.scope, applied, cause))


# --- counting ---


def _sent(state: State, action: SendOrder | ReplaceOrder) -> None:
    approved = action.approved
    performance.ask_soon(state)
    _count(state, approved.strategy, approved.instrument, "orders", 1)
    _count(state, approved.strategy, approved.instrument, "requests", 1)
    _count(state, approved.strategy, approved.instrument, "notional", approved.notional)


def _refused(state: State, fact: OrderRefused) -> None:
    _count(state, fact.strategy, fact.instrument, "requests", 1)
    _count(state, fact.strategy, fact.instrument, "refusals", 1)


def _rejected(state: State, fact: OrderRejected | OrderRetried) -> None:
    _count(state, fact.strategy, fact.instrument, "rejects", 1)


def _faulted(state: State, fact: ReportFaulted) -> None:
    known = state.orders.get(fact.order)
    strategy = known.strategy if known is not None else _NO_STRATEGY
    _count(state, strategy, fact.instrument, "errors", 1)


def _disabled(state: State, fact: StrategyDisabled) -> None:
    _count(state, fact.strategy, _NO_INSTRUMENT, "errors", 1)


def _told(state: State, fact: Output) -> None:
    """Have everything asked: a difference, or the trust in a book, has changed."""
    state.risk_pending = True


# What is seen of the outputs; the table is what pairs the two.
_OBSERVED: Final[dict[type, Callable[[State, Any], None]]] = {
    SendOrder: _sent,
    ReplaceOrder: _sent,
    OrderRefused: _refused,
    OrderRejected: _rejected,
    OrderRetried: _rejected,
    ReportFaulted: _faulted,
    StrategyDisabled: _disabled,
    BreakOpened: _told,
    BreakChanged: _told,
    BreakClosed: _told,
    BookStale: _told,
    BookRestored: _told,
}


def _count(
    state: State, strategy: StrategyId, instrument: InstrumentId, what: str, count: int
) -> None:
    """Count something in every scope that it is in and that asks for it."""
    counters = state.gate.conditions.counters
    if not counters.counting:
        return
    for node in _scopes(state, strategy, instrument):
        counted = counters.scope(node)
        if counted is not None:
            for rolling in counted.get(what, ()):
                rolling.add(state.time, count)
                state.risk_pending = True


def _scopes(state: State, strategy: StrategyId, instrument: InstrumentId) -> list[Node]:
    """Return the scopes that something of a strategy in an instrument is in."""
    definition = state.strategies.get(strategy)
    terms = state.instruments.get(instrument)
    tree = state.gate.tree
    if definition is None:
        return [tree.firm]
    if terms is not None:
        return path_of(state, strategy, terms).nodes
    return [tree.firm, tree.node(Scope(ScopeKind.STRATEGY, definition.name), strategy)]
