"""What is done about orders that would trade with our own, after the input that found it.

The gate has said no, or the new order waits (`risk/pretrade_own.py` has the modes). Here those that
rest are canceled or made smaller, and an order that waited goes when they are gone.
"""

from typing import Final

from fairlead.machine.orders import Hold, Order
from fairlead.machine.requests import release, request_cancel, resize
from fairlead.machine.risk.pretrade_own import Meeting, rest_of
from fairlead.machine.state import State
from fairlead.model.outputs import OrderResized, Output, SelfTradePrevented
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import Status
from fairlead.model.units import Nanos, Quantity

_HELD: Final = Status.HELD
_ON_OWN: Final = Hold.OWN
_NEWEST: Final = SelfTrade.CANCEL_NEWEST
_OLDEST: Final = SelfTrade.CANCEL_OLDEST
_DECREMENT: Final = SelfTrade.DECREMENT

_REFUSED: Final = "the new one is refused"
_CANCELED: Final = "the old one is canceled"
_BOTH: Final = "both are canceled"
_SMALLER: Final = "the old one is made smaller"


def run(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Act upon what one input found, and let those go that nothing stands in the way of."""
    own = state.gate.pretrade.own
    while own.pending:
        meetings, own.meetings = own.meetings, []
        for meeting in meetings:
            _act(state, meeting, time, outputs)
        free, own.free = own.free, []
        for number in free:
            order = state.orders.get(number)
            assert order is not None, "who waits is known"
            if order.status is _HELD and order.hold is _ON_OWN:  # it may be canceled since
                release(state, order, time, outputs)


def _act(state: State, meeting: Meeting, time: Nanos, outputs: list[Output]) -> None:
    mode = state.gate.pretrade.policy.self_trade
    if meeting.replaces or mode is _NEWEST:
        _tell(meeting.order, meeting.others[0], _REFUSED, outputs)
    elif mode is _DECREMENT:
        _decrement(state, meeting, time, outputs)
    else:
        if mode is _OLDEST:
            state.gate.pretrade.own.wait(meeting.order, meeting.others)
        for other in meeting.others:
            _tell(meeting.order, other, _CANCELED if mode is _OLDEST else _BOTH, outputs)
            request_cancel(state, other, time, outputs)


def _decrement(state: State, meeting: Meeting, time: Nanos, outputs: list[Output]) -> None:
    """Take from both what they would have traded, in the order in which they would have."""
    order, left = meeting.order, int(meeting.order.leaves)
    rest = rest_of(order, meeting.others)
    gone: list[Order] = []
    for other in meeting.others:
        if left == 0:
            break
        worst = other.leaves_worst
        kept = Quantity(worst - min(left, worst))
        left -= min(left, worst)
        if kept < state.instruments[other.instrument].quantity_min:
            _tell(order, other, _CANCELED, outputs)
            gone.append(other)
        else:
            _tell(order, other, _SMALLER, outputs)
            _shrink(state, other, Quantity(other.filled + kept), time, outputs)
    if rest:
        _state_anew(order, Quantity(rest), outputs)
        state.gate.pretrade.own.wait(order, gone)
    for other in gone:
        request_cancel(state, other, time, outputs)


def _shrink(
    state: State, other: Order, quantity: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    _say_resized(other, other.quantity_worst, quantity, outputs)
    resize(state, other, quantity, time, outputs)


def _state_anew(order: Order, quantity: Quantity, outputs: list[Output]) -> None:
    _say_resized(order, order.quantity, quantity, outputs)
    order.quantity = quantity


def _say_resized(order: Order, asked: Quantity, quantity: Quantity, outputs: list[Output]) -> None:
    cause = "self-trade prevention"
    outputs.append(
        OrderResized(order.order, order.strategy, order.instrument, asked, quantity, cause)
    )


def _tell(order: Order, other: Order, action: str, outputs: list[Output]) -> None:
    outputs.append(SelfTradePrevented(order.order, other.order, order.instrument, action))
