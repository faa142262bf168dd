"""Which scopes an order or a position is in, and their exposure kept up with the positions."""

from fairlead.machine.holdings import Position
from fairlead.machine.orders import NO_LANE, Order
from fairlead.machine.risk.lanes import Lane
from fairlead.machine.risk.tree import Node, Path
from fairlead.machine.state import State
from fairlead.model.instruments import Instrument
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import ScopeKind
from fairlead.model.units import AccountId, InstrumentId, StrategyId


def lane_of(state: State, order: Order) -> Lane:
    """Return the lane of an order, with the limits that hold now."""
    gate = state.gate
    if order.lane == NO_LANE:
        instrument = state.instruments[order.instrument]
        order.lane = _lane(state, order.strategy, instrument).number
    lane = gate.lanes.of(order)
    gate.tree.freshen(lane.path)
    return lane


def path_of(state: State, strategy: StrategyId, instrument: Instrument) -> Path:
    """Return the scopes of the orders of a strategy in an instrument."""
    path = _lane(state, strategy, instrument).path
    state.gate.tree.freshen(path)
    return path


def follow(state: State) -> None:
    """Take every position that has moved into the exposure."""
    for position in state.positions.moved():
        follow_position(state, position)


def follow_position(state: State, position: Position) -> None:
    """Take a position into the exposure as it is now."""
    change = position.quantity - position.followed
    if change == 0:
        return
    position.followed = position.quantity
    strategy = position.strategy or StrategyId(-position.account)
    lane = state.gate.lanes.find(strategy, position.instrument)
    if lane is None:
        instrument = state.instruments[position.instrument]
        if position.strategy:
            lane = _lane(state, strategy, instrument)
        else:  # what an account holds for no strategy
            lane = _lay(state, strategy, "", position.account, instrument)
    state.gate.exposure.hold(lane, change)


def node_of(state: State, scope: Scope) -> Node | None:
    """Return the node of a scope, made if it names something that is known; else None."""
    number = _number(state, scope)
    return None if number is None else state.gate.tree.node(scope, number)


def covers(state: State, scope: Scope, strategy: StrategyId, instrument: InstrumentId) -> bool:
    """Whether the orders of a strategy in an instrument are in a scope."""
    terms = state.instruments[instrument]
    path = path_of(state, strategy, terms)
    return any(node.scope == scope for node in path.nodes)


def _lane(state: State, strategy: StrategyId, instrument: Instrument) -> Lane:
    found = state.gate.lanes.find(strategy, instrument.instrument)
    if found is not None:
        return found
    definition = state.strategies[strategy]
    return _lay(state, strategy, definition.name, definition.account, instrument)


def _lay(
    state: State, strategy: StrategyId, name: str, account: AccountId, instrument: Instrument
) -> Lane:
    owner = state.positions.account(account)
    assert owner is not None, "a strategy is only known with its account"
    gate = state.gate
    desk = state.desks.get(account, "")
    path = gate.tree.lay(strategy, name, account, owner.name, desk, instrument)
    return gate.exposure.lay(strategy, path, instrument)


def _number(state: State, scope: Scope) -> int | None:
    kind, name = scope.kind, scope.name
    if kind is ScopeKind.FIRM:
        return 0
    if kind is ScopeKind.DESK:
        return 0 if name in state.desks.values() else None
    if kind is ScopeKind.VENUE:
        known = [terms.venue for terms in state.instruments.values()]
        return 0 if name in known else None
    if kind is ScopeKind.ACCOUNT:
        accounts = [one.account for one in state.positions.accounts() if one.name == name]
        return accounts[0] if accounts else None
    if kind is ScopeKind.STRATEGY:
        strategies = [one.strategy for one in state.strategies.values() if one.name == name]
        return strategies[0] if strategies else None
    instruments = [one.instrument for one in state.instruments.values() if one.symbol == name]
    return instruments[0] if instruments else None
