"""Closing the positions of a killed scope: in stages, capped, and only what is certain.

*The problem.* Positions that are all sold at once move the market against themselves, and several
strategies that hold the same do it together; a position that is sold at any price becomes the loss
that the kill was to prevent; and an order that may still fill makes it too much.

*Stages.* In one stage a few orders leave, of the strategies in turn and never two in one
instrument, each for a share of what the other side shows. The next stage waits until they are
answered.

*Caps.* They are limit orders that take at once or not at all (IOC), priced a little beyond the
touch, and pass every check of the gate but the kill itself: an order that is too large for a limit
is halved, one that lies beyond the collar or a price band is priced at the touch, and where the
book is stale, a session down or an order unknown the instrument waits, and is reported with the
reason.

*What is certain.* A position is closed as far as it is the account's: what another strategy of the
account holds against it offsets it, and selling it would make a position, not close one. Whatever
works in the same direction already counts as filled. An instrument with an order whose outcome is
not known waits for the evidence.
"""

from typing import Final

from fairlead.machine.holdings import Position
from fairlead.machine.orders import CLOSING_STRATEGY_MAX, Order
from fairlead.machine.pricing import price_beyond
from fairlead.machine.requests import request_cancel, send_closing
from fairlead.machine.risk.kills import Kill
from fairlead.machine.risk.tree import Node
from fairlead.machine.state import State
from fairlead.model.inputs import SubmitRequest
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import FailedCheck, Output, PositionChanged
from fairlead.model.risk_terms import KillStep, ScopeKind
from fairlead.model.terms import OrderType, Side, TimeInForce, Unit
from fairlead.model.units import (
    MILLIONTHS,
    AccountId,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    StrategyId,
)

_FLATTENING: Final = KillStep.FLATTENING
_FIRM: Final = ScopeKind.FIRM
_DESK: Final = ScopeKind.DESK
_ACCOUNT: Final = ScopeKind.ACCOUNT
_STRATEGY: Final = ScopeKind.STRATEGY
_VENUE: Final = ScopeKind.VENUE
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_LIMIT: Final = OrderType.LIMIT
_IOC: Final = TimeInForce.IOC
_SIZES: Final = (Unit.QUANTITY, Unit.MONEY, Unit.SHARE)  # what a smaller order measures less of
_COLLARS: Final = ("price_collar", "price_collar_share", "price_bands")  # too far from it
_TRIES_MAX: Final = 64  # an order is halved down to a lot, and priced anew once


# --- the scope ---


def covers(
    state: State,
    node: Node,
    account: AccountId,
    strategy: StrategyId,
    instrument: InstrumentId,
) -> bool:
    """Whether what a strategy (0: none of the account's) has in an instrument is in a scope."""
    kind = node.scope.kind
    if kind is _FIRM:
        return True
    if kind is _DESK:
        return state.desks.get(account, "") == node.scope.name
    if kind is _ACCOUNT:
        return account == node.number
    if kind is _STRATEGY:
        return strategy == node.number
    if kind is _VENUE:
        return state.instruments[instrument].venue == node.scope.name
    return instrument == node.number


def is_in(state: State, kill: Kill, changed: PositionChanged) -> bool:
    """Whether a position that moved is in a killed scope."""
    for position in state.positions.open_in(changed.instrument):
        if position.strategy == changed.strategy and _covers(state, kill, position):
            return True
    return False


def positions(state: State, kill: Kill) -> list[Position]:
    """Return the positions of a killed scope that are not flat.

    What strategies of one account hold against each other is flat, but for who kills one of them.
    """
    offsets_count = kill.node.scope.kind is _STRATEGY
    return [one for one in _open(state, kill) if offsets_count or _of_account(state, one)]


def on_their_way(state: State, kill: Kill) -> list[Order]:
    """Return the orders of a killed scope that close positions and may still trade."""
    found = []
    for order in state.gate.kills.closing.values():
        account = state.strategies[order.strategy].account
        if order.working and covers(state, kill.node, account, order.strategy, order.instrument):
            found.append(order)
    return found


def forget_closed(state: State) -> None:
    """Forget the orders that have closed positions, or have not, and are done."""
    closing = state.gate.kills.closing
    for order in list(closing.values()):
        if not order.working:
            del closing[order.order]


# --- the work ---


def begin(state: State, kill: Kill, time: Nanos) -> None:
    """Begin to close what is open in a scope."""
    kill.step = _FLATTENING
    kill.deadline = Nanos(time + state.gate.kills.policy.flatten)
    kill.next_time = time
    kill.stage_time = Nanos(time - state.gate.kills.policy.stage)
    kill.problems = {}
    kill.asked = len(positions(state, kill))


def work(state: State, kill: Kill, time: Nanos, outputs: list[Output]) -> bool:
    """Go on closing positions; return whether no more can be done: all is flat, or time is up."""
    policy = state.gate.kills.policy
    live = on_their_way(state, kill)
    closable = [one for one in positions(state, kill) if not _unclosable(state, one)]
    if (not closable and not live) or time >= kill.deadline:
        for order in live:
            request_cancel(state, order, time, outputs)
        return True
    patience = policy.confirm if live else policy.stage
    if time < kill.stage_time + patience:
        kill.next_time = Nanos(kill.stage_time + patience)
        return False
    for order in live:  # it should have been gone at once
        request_cancel(state, order, time, outputs, insist=True)
    sent = _send_stage(state, kill, closable, time, outputs)
    kill.stage_time = time
    kill.next_time = Nanos(time + (policy.confirm if live or sent else policy.stage))
    return False


def told(state: State, kill: Kill, position: Position) -> str:
    """Return a position that is not closed, and why."""
    known = kill.problems.get((position.strategy, position.instrument), "")
    reason = _unclosable(state, position) or known
    return f"{named(state, position)} ({reason})" if reason else named(state, position)


def named(state: State, position: Position) -> str:
    """Return a position in words."""
    strategy = state.strategies.get(position.strategy)
    owner = strategy.name if strategy is not None else "no strategy"
    return f"{state.instruments[position.instrument].symbol} of {owner}"


def _send_stage(
    state: State, kill: Kill, closable: list[Position], time: Nanos, outputs: list[Output]
) -> bool:
    """Send the orders of one stage: of the strategies in turn, one in each instrument at most.

    Return whether any left.
    """
    taken = {order.instrument: True for order in state.gate.kills.closing.values()}
    queues = _queues(kill, closable)
    most = state.gate.kills.policy.stage_orders_max
    sent = 0
    while queues and sent < most:
        for strategy in list(queues):
            queue = queues[strategy]
            if sent < most and _close_one(state, kill, queue, taken, time, outputs):
                kill.turn = strategy
                sent += 1
            if not queue:
                del queues[strategy]
    return sent > 0


def _close_one(
    state: State,
    kill: Kill,
    queue: list[Position],
    taken: dict[InstrumentId, bool],
    time: Nanos,
    outputs: list[Output],
) -> bool:
    """Send an order for the first position of a strategy that can be closed now, if one can."""
    while queue:
        position = queue.pop()
        if position.instrument in taken:
            continue
        problem = _close(state, kill, position, time, outputs)
        kill.problems[position.strategy, position.instrument] = problem
        if not problem:
            taken[position.instrument] = True
            return True
    return False


def _queues(kill: Kill, closable: list[Position]) -> dict[StrategyId, list[Position]]:
    """Return what each strategy has to close, those that come after the last turn first."""
    found: dict[StrategyId, list[Position]] = {}
    for position in reversed(closable):  # they are taken from the end
        found.setdefault(position.strategy, []).append(position)
    numbers = sorted(found)
    after = [number for number in numbers if number > kill.turn]
    before = [number for number in numbers if number <= kill.turn]
    return {number: found[number] for number in (*after, *before)}


def _close(state: State, kill: Kill, position: Position, time: Nanos, outputs: list[Output]) -> str:
    """Send the largest order that may leave now; return why none may, empty if one left."""
    instrument = state.instruments[position.instrument]
    book = state.books.get(position.instrument)
    assert book is not None, "every instrument has a book"
    if book.stale:
        return "the book is stale"
    buys = position.quantity < 0
    touch = book.ask_price if buys else book.bid_price
    if touch <= 0:
        return "nobody is on the other side"
    offset = state.gate.kills.policy.price_offset
    price = price_beyond(touch, buys, instrument.price_tick, offset)
    shown = book.ask_quantity if buys else book.bid_quantity
    quantity = _size(state, position, instrument, shown)
    reason = "what works may close it already"
    for _ in range(_TRIES_MAX):
        if quantity < instrument.quantity_min or quantity == 0:
            break
        order = _order(state, kill, position, quantity, price, time)
        failed = send_closing(state, order, time, outputs)
        if not failed:
            return ""
        reason = failed[0].check
        for one in failed:
            if not _is_too_large(one) and one.check not in _COLLARS:
                return one.check
        if price != touch and any(one.check in _COLLARS for one in failed):
            price = touch
        elif all(_is_too_large(one) for one in failed):
            lot = instrument.quantity_lot
            quantity = Quantity(quantity // 2 // lot * lot)
        else:
            break
    return reason


def _size(state: State, position: Position, instrument: Instrument, shown: Quantity) -> Quantity:
    """Return how much of a position an order of this stage is for: whole lots."""
    lot = instrument.quantity_lot
    share = shown * state.gate.kills.policy.stage_share // MILLIONTHS // lot * lot
    least = -(-max(lot, instrument.quantity_min) // lot) * lot
    most = min(max(share, least), instrument.quantity_max)
    limits = state.gate.limits(instrument.instrument)
    if limits is not None:
        most = min(most, limits.order_quantity_max)
    return Quantity(min(_certain(state, position), most) // lot * lot)


def _certain(state: State, position: Position) -> int:
    """Return how much of a position may be closed whatever works fills meanwhile."""
    own = abs(position.quantity)
    whole = _of_account(state, position)
    side = _BUY if position.quantity < 0 else _SELL
    for order in state.orders.working_in(position.instrument):
        if order.side is side and state.strategies[order.strategy].account == position.account:
            whole -= order.leaves_worst
            own -= order.leaves_worst if order.strategy == position.strategy else 0
    return max(0, min(own, whole))


def _order(
    state: State, kill: Kill, position: Position, quantity: Quantity, price: Price, time: Nanos
) -> Order:
    """Return the order that closes so much of a position."""
    number = state.orders.closing_id(position.strategy)
    request = SubmitRequest(
        position.strategy,
        number,
        position.instrument,
        _BUY if position.quantity < 0 else _SELL,
        _LIMIT,
        _IOC,
        False,
        quantity,
        price,
        tag="kill",
        reason=f"{kill.node.name} is killed",
    )
    return Order(request, time)


def _is_too_large(failed: FailedCheck) -> bool:
    """Whether a smaller order would measure less."""
    if failed.unit not in _SIZES or failed.measured is None or failed.limit is None:
        return False
    return failed.measured > failed.limit and failed.check not in _COLLARS


# --- what is open ---


def _open(state: State, kill: Kill) -> list[Position]:
    found: list[Position] = []
    for instrument in state.instruments:
        found += [one for one in state.positions.open_in(instrument) if _covers(state, kill, one)]
    return found


def _covers(state: State, kill: Kill, position: Position) -> bool:
    return covers(state, kill.node, position.account, position.strategy, position.instrument)


def _of_account(state: State, position: Position) -> int:
    """Return how much of a position its account has too: what others hold against it offsets it."""
    net = state.positions.account_net(position.account, position.instrument)
    return max(0, min(abs(position.quantity), net if position.quantity > 0 else -net))


def _unclosable(state: State, position: Position) -> str:
    """Return why a position can never be closed by an order, empty if it can."""
    if position.strategy == 0:
        return "it is held for no strategy"
    if position.strategy > CLOSING_STRATEGY_MAX:
        return "its strategy's number leaves no room for orders"
    closable = _of_account(state, position)
    if closable == 0:
        return "others of its account hold as much against it"
    terms = state.instruments[position.instrument]
    least = max(terms.quantity_lot, terms.quantity_min)
    return "it is less than may be traded" if closable < least else ""
