"""How an order is brought to another size: asked of the venue, or canceled where that cannot be.

A working order is cut or grown by a replace, now or as soon as it can be replaced. What the venue
turned down is not asked for again at the speed of the wire: a smaller quantity that was turned down
becomes a cancel, a larger one waits until it is to be another one, and a cancel is asked for again
after a while.

**Reduce-only** orders never stand for more than the position that they reduce. When it shrinks,
the newest lose first: who came first keeps its place, as at a venue. Orders that are not
reduce-only are not counted here: a quote must not take a way out, and what it fills cuts at once. A
held one is cut when it goes.
"""

from typing import Final

from fairlead.machine.orders import Hold, Order
from fairlead.machine.requests import reducible, request_cancel, resize
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.machine.triggers import PATIENCE, is_leaving
from fairlead.model.outputs import OrderReplaced, Output
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, Quantity, StrategyId

_BUY: Final = Side.BUY
_HELD: Final = Status.HELD
_LIMIT: Final = OrderType.LIMIT
_ON_RETRY: Final = Hold.RETRY
_STILL: Final = (Status.OPEN, Status.TRIGGERED)  # nothing that was asked for is on its way
_RESTS: Final = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)
_NOTHING_TO_REDUCE: Final = "nothing is left to reduce"


def hold_to_position(
    state: State,
    strategy: StrategyId,
    instrument: InstrumentId,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Cut the reduce-only orders that together could turn a position; the newest lose first."""
    orders = state.links.reducing_in(strategy, instrument)
    if not orders:
        return
    position = state.positions.get(strategy, instrument).quantity
    lot = state.instruments[instrument].quantity_lot
    buys, sells = max(0, -position), max(0, position)
    for order in orders:
        waits = order.status is _HELD
        if waits and order.hold is not _ON_RETRY:
            continue  # it is cut when it goes
        left = buys if order.side is _BUY else sells
        leaves = order.quantity if waits else order.leaves_worst
        most = Quantity(order.filled + left // lot * lot)
        if leaves > left and not is_leaving(order) and aim_of(order) > most:
            _reduce(state, order, most, time, outputs)
        if order.side is _BUY:
            buys = max(0, buys - leaves)
        else:
            sells = max(0, sells - leaves)


def cut(
    state: State,
    order: Order,
    quantity: Quantity,
    reason: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Bring an order down to a total quantity, or cancel it where that cannot be."""
    link = state.links.get(order.order)
    assert link is not None, "only what hangs on others is cut"
    turned_down = link.asked == quantity and order.status in _STILL
    if quantity <= order.filled or turned_down or not is_resizable(order):
        give_up(state, order, reason, time, outputs)
        return
    link.asked = quantity
    resize(state, order, quantity, time, outputs)
    if aim_of(order) != quantity:
        give_up(state, order, reason, time, outputs)


def grow(
    state: State, order: Order, quantity: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    """Give a resting order more, as far as it is still a reduction where it must be one."""
    link = state.links.get(order.order)
    assert link is not None, "only what hangs on others grows"
    if not is_resizable(order):
        return
    if order.conditions.reduce_only:
        more = reducible_lots(state, order, Quantity(quantity - order.filled))
        quantity = Quantity(order.filled + more)
    most = max(aim_of(order), order.filled)  # what is over-filled wants no more
    if quantity > most and link.asked != quantity:
        link.asked = quantity
        resize(state, order, quantity, time, outputs)


def give_up(state: State, order: Order, reason: str, time: Nanos, outputs: list[Output]) -> None:
    """Cancel an order; again, with patience, if the venue turned that down before."""
    if is_leaving(order):
        return
    link = state.links.get(order.order)
    assert link is not None, "only what hangs on others is given up"
    if link.asked == 0 and time - order.updated < PATIENCE:
        return
    link.asked = Quantity(0)
    request_cancel(state, order, time, outputs, reason=reason)


def aim_of(order: Order) -> Quantity:
    """Return the total quantity that an order is on its way to."""
    return order.wanted_quantity or order.new_quantity or order.quantity


def is_resizable(order: Order) -> bool:
    """Return whether an order rests at a limit, or will, so that it can be given another size."""
    return order.sent_type is _LIMIT and order.time_in_force in _RESTS


def reducible_lots(state: State, order: Order, quantity: Quantity) -> Quantity:
    """Return how much of a quantity still reduces the position, in whole lots."""
    lot = state.instruments[order.instrument].quantity_lot
    return Quantity(min(quantity, reducible(state, order) // lot * lot))


def restate(order: Order, quantity: Quantity, outputs: list[Output]) -> None:
    """Give a held order another quantity, and say so."""
    if quantity != order.quantity:
        order.quantity = quantity
        outputs.append(
            OrderReplaced(
                order.order, order.strategy, order.instrument, order.quantity, order.price
            )
        )


def _reduce(
    state: State, order: Order, quantity: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    if order.status is not _HELD or quantity == order.filled:
        cut(state, order, quantity, _NOTHING_TO_REDUCE, time, outputs)
    else:
        restate(order, quantity, outputs)
        settle(state, order, time, outputs)
