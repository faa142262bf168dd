"""What follows every change of an order: the lists, the exposure and the deadlines stay true."""

from typing import Final

from fairlead.machine import breaks
from fairlead.machine.deadlines import Due
from fairlead.machine.orders import PLAIN, Order
from fairlead.machine.state import State
from fairlead.model.outputs import OrderOverfilled, Output
from fairlead.model.terms import InstrumentKind, Status
from fairlead.model.units import Nanos

_SENT: Final = Status.SENT
_CANCEL_PENDING: Final = Status.CANCEL_PENDING
_REPLACE_PENDING: Final = Status.REPLACE_PENDING
_HELD: Final = Status.HELD
_ANSWER: Final = Due.ANSWER
_RETRY: Final = Due.RETRY


def settle(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Record an over-fill, and keep everything true that is derived from the order."""
    excess = order.take_excess()
    if excess:
        outputs.append(OrderOverfilled(order.order, order.strategy, order.instrument, excess))
    order.updated = time
    state.orders.settle(order)
    state.gate.exposure.settle(order)
    state.gate.pretrade.settled(order)
    if order.parent:
        _settle_parent(state, order, outputs)
    if order.due_kinds:
        _settle_deadlines(state, order)
    if state.reconciliation.any_open and not order.live:
        breaks.order_ended(state, order, outputs)
    links = state.links
    if order.conditions is not PLAIN or order.order in links.children or links.reducing:
        state.changed.append(order)


def _settle_parent(state: State, order: Order, outputs: list[Output]) -> None:
    terms = state.instruments[order.instrument]
    inverse = terms.kind is InstrumentKind.INVERSE
    filled = state.gate.parents.settle(order, terms.money_unit, inverse)
    if filled is not None:
        outputs.append(filled.changed())


def await_answer(state: State, order: Order, time: Nanos) -> None:
    """Expect an answer to a message that leaves now, by the order policy."""
    policy = state.policy_of(order)
    if policy is not None and policy.answer_timeout:
        state.deadlines.set(_ANSWER, order, Nanos(time + policy.answer_timeout))


def _settle_deadlines(state: State, order: Order) -> None:
    status = order.status
    if not order.live:
        state.deadlines.drop(order)
        return
    if status is not _HELD:
        state.deadlines.cancel(_RETRY, order)
    if status is not _SENT and status is not _CANCEL_PENDING and status is not _REPLACE_PENDING:
        state.deadlines.cancel(_ANSWER, order)
