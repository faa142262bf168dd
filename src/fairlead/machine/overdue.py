"""What happens when time is up: no answer, no fill, an expiry, the next attempt, a statement.

Called by the machine before an input is applied, with everything that is due at its time, in the
order in which it became due.
"""

from collections.abc import Callable
from typing import Final

from fairlead.machine import confirmation, killing, proposals, quality_findings, risk_rules
from fairlead.machine.deadlines import Due
from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import Hold, Order
from fairlead.machine.reports import lose
from fairlead.machine.requests import release, request_cancel
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.model.outputs import OrderExpired, OrderTimedOut, Output
from fairlead.model.terms import Status, TimeoutAction
from fairlead.model.units import Nanos

OWN: Final[dict[Due, Callable[[State, Nanos, list[Output]], None]]] = {  # of no order
    Due.STATEMENT: confirmation.statement_due,
    Due.RISK: risk_rules.due,
    Due.KILL: killing.due,
    Due.CHANGE: proposals.due,
    Due.QUALITY: quality_findings.due,
}

_HELD: Final = Status.HELD
_IN_FLIGHT: Final = (Status.SENT, Status.CANCEL_PENDING, Status.REPLACE_PENDING)


def run(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Do what is due at `time` or before."""
    while True:
        found = state.deadlines.take(time)
        if found is None:
            return
        due, number = found
        if due in OWN:
            OWN[due](state, time, outputs)
            continue
        order = state.orders.get(number)
        assert order is not None, "a deadline is of an order that is known"
        order.due_kinds &= ~(1 << due)
        assert order.live, "what is done has no deadlines"
        if due is Due.ANSWER:
            _no_answer(state, order, time, outputs)
        elif due is Due.TIMEOUT:
            _not_filled(state, order, time, outputs)
        elif due is Due.EXPIRY:
            _expire(state, order, time, outputs)
        else:
            assert due is Due.RETRY, "there is no other deadline"
            assert order.hold is Hold.RETRY, "only what came back is tried again"
            release(state, order, time, outputs)


def _no_answer(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    assert order.status in _IN_FLIGHT, "only what is on its way is to be answered"
    lose(state, order, Event.TIMED_OUT, "no answer in time", time, outputs)


def _not_filled(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Give up an order that had its time, or say that it had."""
    after = Nanos(time - order.time)
    outputs.append(OrderTimedOut(order.order, order.strategy, order.instrument, after))
    policy = state.policy_of(order)
    if policy is None or policy.timeout_action is TimeoutAction.CANCEL:
        request_cancel(state, order, time, outputs, reason="it was not filled in time")


def _expire(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """End a good-till-date order: in the machine at once, at a venue by a cancel.

    A venue that keeps the date itself may be slower than we are; asking it to cancel then does no
    harm.
    """
    if order.status is _HELD:
        order.step(Event.EXPIRED)
        outputs.append(OrderExpired(order.order, order.strategy, order.instrument, order.canceled))
        settle(state, order, time, outputs)
    else:
        request_cancel(state, order, time, outputs)
