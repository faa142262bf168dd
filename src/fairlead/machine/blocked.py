"""What the last mile held back: a message that was decided here and never left.

A new order ends as rejected, by us and not by the venue; a replace leaves the old terms. Nothing of
it is at the venue, so nothing is asked of the venue.
"""

from typing import Final

from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import Order
from fairlead.machine.requests import resume
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.model.inputs import SendBlocked
from fairlead.model.outputs import OrderRejected, Output, ReplaceRejected, ReportFaulted
from fairlead.model.units import Nanos

_REJECTED: Final = Event.REJECTED
_REPLACE_REJECTED: Final = Event.REPLACE_REJECTED


def send_blocked(state: State, blocked: SendBlocked, time: Nanos, outputs: list[Output]) -> None:
    """End the new order, or give up the replace, that could not leave."""
    order = state.orders.get(blocked.order)
    if order is None:
        outputs.append(_fault(None, blocked, "unknown order"))
        return
    problem = _unfit(order, blocked)
    is_replace = blocked.request == order.replace_request
    if not problem and not order.step(_REPLACE_REJECTED if is_replace else _REJECTED):
        problem = f"no such step from {order.status.name}"
    if problem:
        outputs.append(_fault(order, blocked, problem))
        return
    place = (order.order, order.strategy, order.instrument)
    if is_replace:
        order.settle_terms()
        outputs.append(ReplaceRejected(*place, order.status, blocked.reason))
        resume(state, order, time, outputs)
    else:
        order.failure = blocked.reason
        outputs.append(OrderRejected(*place, blocked.reason))
    settle(state, order, time, outputs)


def _unfit(order: Order, blocked: SendBlocked) -> str:
    """Return why nothing follows from it; it is recorded then."""
    if order.instrument != blocked.instrument:
        return "the order is in another instrument"
    pending = f"message {blocked.request} is not pending"
    if blocked.request == 0:
        return pending
    if blocked.request == order.replace_request:
        return "" if order.new_quantity else pending
    if blocked.request != order.known_request:
        return pending
    return "the venue took the order before" if order.venue_order or order.filled else ""


def _fault(order: Order | None, blocked: SendBlocked, problem: str) -> ReportFaulted:
    status = order.status if order is not None else None
    return ReportFaulted(blocked.order, blocked.instrument, "SendBlocked", status, problem)
