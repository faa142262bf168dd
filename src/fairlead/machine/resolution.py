"""How an order whose outcome is not known becomes known again: by evidence, or by a person.

Evidence is what the venue says of the order itself, or a complete statement. That a query finds
nothing is none: the order may still be on its way. A statement tells when it has had the time to
arrive, so one is asked for then.
"""

from typing import Final

from fairlead.machine import breaks, confirmation
from fairlead.machine.fills import compare_cumulative
from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import Order
from fairlead.machine.requests import resume
from fairlead.machine.settling import settle
from fairlead.machine.state import DEFAULT_POLICY, State
from fairlead.model.inputs import ResolveOrderCommand, VenueOrderStatus
from fairlead.model.outputs import (
    InputRefused,
    OrderReplaced,
    OrderResolved,
    OrderUnknown,
    Output,
    ReplaceRejected,
    ReportFaulted,
)
from fairlead.model.terms import Status
from fairlead.model.units import Nanos, Price, Quantity

_UNKNOWN: Final = Status.UNKNOWN
_FILLED: Final = Status.FILLED
_ANSWER: Final = "the venue's answer to a query"
# What a status at the venue means for an order that we hold for working.
_EVIDENCE: Final[dict[Status, Event]] = {
    Status.OPEN: Event.ACCEPTED,
    Status.TRIGGERED: Event.TRIGGERED,
    Status.SUSPENDED: Event.SUSPENDED,
    Status.DONE_FOR_DAY: Event.DONE_FOR_DAY,
    Status.CANCELED: Event.CANCELED,
    Status.REJECTED: Event.REJECTED,
    Status.EXPIRED: Event.EXPIRED,
}


def order_status(
    state: State, report: VenueOrderStatus, time: Nanos, outputs: list[Output]
) -> None:
    """Take the venue's answer to a query."""
    order = state.orders.get(report.order)
    if order is None or order.instrument != report.instrument or order.requests == 0:
        outputs.append(_fault(order, report, "no order of ours that was sent"))
        return
    if not report.found:
        if order.status is _UNKNOWN:
            reason = "the venue does not find it, which proves nothing"
            outputs.append(OrderUnknown(order.order, order.strategy, order.instrument, reason))
            _ask_when_it_tells(state, order)
        else:
            outputs.append(_fault(order, report, "the venue does not find it"))
        return
    order.venue_time = report.venue_time
    venue = state.instruments[order.instrument].venue
    state.orders.name(order, venue, report.venue_order)
    if report.filled != order.filled:
        compare_cumulative(state, order, report.filled, time, outputs)
        if report.filled > order.filled:
            confirmation.ask_statement(state, order, "fills that we do not have", outputs)
    if order.working and order.new_quantity and report.quantity > 0:
        _settle_terms(state, order, report, time, outputs)
    if order.status is _UNKNOWN:
        _resolve_unknown(state, order, report, time, outputs)
    elif order.working and report.status in _EVIDENCE and report.status is not Status.OPEN:
        resolve(state, order, report.status, _ANSWER, time, outputs)
    elif not order.live and report.status is Status.OPEN:
        outputs.append(_fault(order, report, f"the order is {order.status.name} here"))
        breaks.contradicted(state, order, "open", time, outputs)


def command(state: State, command: ResolveOrderCommand, time: Nanos, outputs: list[Output]) -> None:
    """Take the word of a person for the outcome of an order."""
    order = state.orders.get(command.order)
    problem = ""
    if not command.person.strip() or not command.reason.strip():
        problem = "it names no person or no reason"
    elif order is None or order.status is not _UNKNOWN:
        problem = "the outcome of the order is not unknown"
    elif command.status not in _EVIDENCE:
        problem = (
            f"an order cannot be resolved as {command.status.name.lower()}: executions are booked"
            " from a statement, the rest is open, canceled, rejected or expired"
        )
    elif command.status is Status.REJECTED and (order.filled or order.venue_order):
        problem = "the venue took the order: it was not rejected"
    if order is None or problem:
        outputs.append(InputRefused("ResolveOrderCommand", problem))
        return
    evidence = f"{command.person}: {command.reason}"
    resolve(state, order, command.status, evidence, time, outputs)


def resolve(
    state: State,
    order: Order,
    status: Status,
    evidence: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Let an order be what the evidence says, by a step of the table."""
    took = status is Status.REJECTED and order.filled > 0  # what traded was not rejected
    stepped = not took and order.step(_EVIDENCE[status])
    if not stepped:
        reason = f"evidence ({evidence}) that it is {status.name}, from {order.status.name}"
        outputs.append(
            ReportFaulted(order.order, order.instrument, "evidence", order.status, reason)
        )
        return
    if not order.working and evidence != _ANSWER:
        order.ended_by = evidence
    outputs.append(
        OrderResolved(order.order, order.strategy, order.instrument, order.status, evidence)
    )
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)


def _ask_when_it_tells(state: State, order: Order) -> None:
    """Ask for a statement once it can prove that an order which is not found never got there.

    After twice the time for an answer, since the venue's clock may be behind ours.
    """
    policy = state.policy_of(order) or DEFAULT_POLICY
    confirmation.ask_by(state, Nanos(order.unknown_since + 2 * policy.answer_timeout))


def _settle_terms(
    state: State, order: Order, report: VenueOrderStatus, time: Nanos, outputs: list[Output]
) -> None:
    """Let an answer end a replace that was not answered; an order that it says is over, is."""
    if report.status is _FILLED and report.filled == order.filled:
        order.replaced(report.filled, order.price)  # and all that it filled is booked
        outputs.append(
            OrderResolved(order.order, order.strategy, order.instrument, order.status, _ANSWER)
        )
    else:
        terms = (report.quantity, report.price)
        settle_replace(state, order, *terms, report.venue_time, outputs)
        if terms not in ((order.quantity, order.price), (order.new_quantity, order.new_price)):
            breaks.contradicted(state, order, f"{terms[0]} at {terms[1]}", time, outputs)
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)


def settle_replace(
    state: State,
    order: Order,
    quantity: Quantity,
    price: Price,
    as_of: Nanos,
    outputs: list[Output],
) -> None:
    """Let the terms that the venue has say whether a replace that it did not answer was taken.

    That it has the old ones proves that only as of a time when it must have had the replace.
    """
    if (quantity, price) == (order.new_quantity, order.new_price):
        if order.status is not _UNKNOWN:
            order.step(Event.REPLACED)
        order.replaced(quantity, price)
        outputs.append(
            OrderReplaced(order.order, order.strategy, order.instrument, quantity, price)
        )
        return
    policy = state.policy_of(order) or DEFAULT_POLICY
    late = as_of > order.replace_time + policy.answer_timeout
    if late and (quantity, price) == (order.quantity, order.price):
        order.step(Event.REPLACE_REJECTED)
        order.settle_terms()
        reason = "the venue has the old terms"
        outputs.append(
            ReplaceRejected(order.order, order.strategy, order.instrument, order.status, reason)
        )


def _resolve_unknown(
    state: State, order: Order, report: VenueOrderStatus, time: Nanos, outputs: list[Output]
) -> None:
    """Believe the venue, but not that all is filled before the executions are booked."""
    if report.status is Status.FILLED and order.filled < order.quantity:
        reason = "the venue says that it is filled, and the executions are missing"
        outputs.append(OrderUnknown(order.order, order.strategy, order.instrument, reason))
    elif report.status is Status.FILLED:
        stepped = order.step(Event.FILLED_WHOLLY)
        assert stepped, "an order that is not known can be filled"
        names = (order.order, order.strategy, order.instrument)
        outputs.append(OrderResolved(*names, order.status, _ANSWER))
        settle(state, order, time, outputs)
    elif report.status in _EVIDENCE:
        resolve(state, order, report.status, _ANSWER, time, outputs)
    else:
        resolve(state, order, Status.OPEN, _ANSWER, time, outputs)


def _fault(order: Order | None, report: VenueOrderStatus, reason: str) -> ReportFaulted:
    status = order.status if order is not None else None
    return ReportFaulted(report.order, report.instrument, type(report).__name__, status, reason)
