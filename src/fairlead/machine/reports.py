"""What venues say about orders: legal steps, and faults that are kept.

A report never vanishes. It moves an order, or it is recorded as faulted (no such step). Executions
are in `fills.py`; answers to questions in `resolution.py`.
"""

from typing import Final

from fairlead.machine import breaks, confirmation
from fairlead.machine.deadlines import Due
from fairlead.machine.fills import absurd
from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import Hold, Order
from fairlead.machine.requests import query, resume
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.model.inputs import (
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueConnected,
    VenueDisconnected,
    VenueDoneForDay,
    VenueExpired,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
    VenueReport,
    VenueResumed,
    VenueSuspended,
    VenueTriggered,
)
from fairlead.model.outputs import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderResumed,
    OrderRetried,
    OrderSuspended,
    OrderTriggered,
    OrderUnknown,
    Output,
    ReplaceRejected,
    ReportFaulted,
)
from fairlead.model.terms import BreakKind, Status
from fairlead.model.units import Nanos, Price

_HELD: Final = Status.HELD
_UNKNOWN: Final = Status.UNKNOWN
_DIFFERS: Final = BreakKind.ORDER_DIFFERS
_TERMS: Final = "terms"


def accepted(state: State, report: VenueAccepted, time: Nanos, outputs: list[Output]) -> None:
    """The venue knows the order; a cancel that waited for this goes out."""
    order = _step(state, report, Event.ACCEPTED, outputs)
    if order is None:
        return
    order.venue_time = report.venue_time
    venue = state.instruments[order.instrument].venue
    state.orders.name(order, venue, report.venue_order)
    if order.live:
        outputs.append(
            OrderAccepted(order.order, order.strategy, order.instrument, report.venue_order)
        )
        resume(state, order, time, outputs)
    elif order.ended_by:
        outputs.append(_fault(state, report, f"it was ended by evidence: {order.ended_by}"))
        breaks.contradicted(state, order, "accepted", time, outputs)
    settle(state, order, time, outputs)


def rejected(state: State, report: VenueRejected, time: Nanos, outputs: list[Output]) -> None:
    """The venue said no to a new order, for now or for good.

    One that it took before, it cannot reject any more.
    """
    known = state.orders.get(report.order)
    if known is not None and (known.venue_order or known.filled):
        outputs.append(_fault(state, report, "the venue took the order before"))
        return
    if known is not None and report.request and report.request != known.known_request:
        outputs.append(_fault(state, report, _not_pending(report.request)))
        return
    if known is not None and _may_retry(state, known, report):
        _retry(state, known, report, time, outputs)
        return
    order = _step(state, report, Event.REJECTED, outputs)
    if order is not None:
        order.failure = report.reason
        order.venue_time = report.venue_time
        outputs.append(OrderRejected(order.order, order.strategy, order.instrument, report.reason))
        settle(state, order, time, outputs)


def canceled(state: State, report: VenueCanceled, time: Nanos, outputs: list[Output]) -> None:
    """The order is gone, by our wish or by the venue's."""
    order = _step(state, report, Event.CANCELED, outputs)
    if order is not None:
        order.venue_time = report.venue_time
        outputs.append(
            OrderCanceled(
                order.order, order.strategy, order.instrument, order.canceled, report.reason
            )
        )
        settle(state, order, time, outputs)


def expired(state: State, report: VenueExpired, time: Nanos, outputs: list[Output]) -> None:
    """The order's time ran out."""
    order = _step(state, report, Event.EXPIRED, outputs)
    if order is not None:
        order.venue_time = report.venue_time
        outputs.append(OrderExpired(order.order, order.strategy, order.instrument, order.canceled))
        settle(state, order, time, outputs)


def cancel_rejected(
    state: State, report: VenueCancelRejected, time: Nanos, outputs: list[Output]
) -> None:
    """The order stands as it stood; too late is no fault."""
    order = _step(state, report, Event.CANCEL_REJECTED, outputs)
    if order is None:
        return
    order.venue_time = report.venue_time
    resume(state, order, time, outputs)
    outputs.append(
        CancelRejected(order.order, order.strategy, order.instrument, order.status, report.reason)
    )
    settle(state, order, time, outputs)


def replaced(state: State, report: VenueReplaced, time: Nanos, outputs: list[Output]) -> None:
    """The order works under the terms that the venue names, whatever we asked for.

    A late copy of the answer to an earlier replace says nothing about the terms of now.

    Terms that nobody asked for close the instrument: risk never saw them.
    """
    problem = absurd(report.price, report.quantity)
    if problem:
        outputs.append(_fault(state, report, problem))
        return
    known = state.orders.get(report.order)
    if known is not None and report.request and report.request < known.replace_request:
        outputs.append(_fault(state, report, _not_pending(report.request)))
        return
    terms = (report.quantity, report.price)
    order = _step(state, report, Event.REPLACED, outputs)
    if order is None:
        if known is not None and known.working and terms != (known.quantity, known.price):
            _terms_break(state, known, report, time, outputs)
        return
    order.venue_time = report.venue_time
    venue = state.instruments[order.instrument].venue
    state.orders.name(order, venue, report.venue_order)
    if terms != (order.new_quantity or order.quantity, order.new_price or order.price):
        outputs.append(_fault(state, report, "the terms are not those that were asked for"))
        _terms_break(state, order, report, time, outputs)
    order.replaced(report.quantity, report.price)
    outputs.append(
        OrderReplaced(order.order, order.strategy, order.instrument, report.quantity, report.price)
    )
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)


def replace_rejected(
    state: State, report: VenueReplaceRejected, time: Nanos, outputs: list[Output]
) -> None:
    """The order keeps its old terms. An answer to an earlier replace changes nothing."""
    known = state.orders.get(report.order)
    if known is not None and report.request and known.replace_request != report.request:
        outputs.append(_fault(state, report, _not_pending(report.request)))
        return
    order = _step(state, report, Event.REPLACE_REJECTED, outputs)
    if order is None:
        return
    order.venue_time = report.venue_time
    order.settle_terms()
    outputs.append(
        ReplaceRejected(order.order, order.strategy, order.instrument, order.status, report.reason)
    )
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)


def triggered(state: State, report: VenueTriggered, time: Nanos, outputs: list[Output]) -> None:
    """A stop of the venue's own has fired."""
    order = _step(state, report, Event.TRIGGERED, outputs)
    if order is not None:
        fact = OrderTriggered(order.order, order.strategy, order.instrument, Price(0))
        _go_on(state, order, report.venue_time, fact, time, outputs)


def suspended(state: State, report: VenueSuspended, time: Nanos, outputs: list[Output]) -> None:
    """The venue keeps the order and does not match it."""
    order = _step(state, report, Event.SUSPENDED, outputs)
    if order is not None:
        fact = OrderSuspended(order.order, order.strategy, order.instrument, report.reason)
        _go_on(state, order, report.venue_time, fact, time, outputs)


def resumed(state: State, report: VenueResumed, time: Nanos, outputs: list[Output]) -> None:
    """The venue matches the order again."""
    order = _step(state, report, Event.RESUMED, outputs)
    if order is not None:
        fact = OrderResumed(order.order, order.strategy, order.instrument)
        _go_on(state, order, report.venue_time, fact, time, outputs)


def done_for_day(state: State, report: VenueDoneForDay, time: Nanos, outputs: list[Output]) -> None:
    """The order waits for the next trading day."""
    order = _step(state, report, Event.DONE_FOR_DAY, outputs)
    if order is not None:
        fact = OrderDoneForDay(order.order, order.strategy, order.instrument)
        _go_on(state, order, report.venue_time, fact, time, outputs)


def disconnected(
    state: State, report: VenueDisconnected, time: Nanos, outputs: list[Output]
) -> None:
    """Whatever works at the venue has an outcome that is not known."""
    state.disconnected[report.venue] = report.reason or "the session broke"
    for order in state.orders.all_working():
        if state.instruments[order.instrument].venue == report.venue:
            lose(state, order, Event.DISCONNECTED, report.reason, time, outputs)
    confirmation.disconnected(state, report.venue, time, outputs)


def connected(state: State, report: VenueConnected, time: Nanos, outputs: list[Output]) -> None:
    """The session stands: what is not known is asked for, and what we have is to be confirmed."""
    state.disconnected.pop(report.venue, None)
    outputs.extend(
        query(order)
        for order in state.orders.all_working()
        if order.status is _UNKNOWN and state.instruments[order.instrument].venue == report.venue
    )
    confirmation.connected(state, report.venue, time, outputs)


def lose(
    state: State, order: Order, event: Event, reason: str, time: Nanos, outputs: list[Output]
) -> None:
    """Stop knowing what becomes of an order: it counts at its worst, and blocks its instrument."""
    if order.status is not _UNKNOWN:
        order.unknown_since = time
    stepped = order.step(event)
    assert stepped, "every working order can become unknown"
    outputs.append(OrderUnknown(order.order, order.strategy, order.instrument, reason))
    if event is Event.TIMED_OUT:
        outputs.append(query(order))
    settle(state, order, time, outputs)


def _go_on(
    state: State,
    order: Order,
    venue_time: Nanos,
    fact: Output,
    time: Nanos,
    outputs: list[Output],
) -> None:
    order.venue_time = venue_time
    outputs.append(fact)
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)


def _may_retry(state: State, order: Order, report: VenueRejected) -> bool:
    """Whether the venue may be asked again: it has surely not taken the order."""
    policy = state.policy_of(order)
    return (
        report.transient
        and policy is not None
        and order.attempts < policy.attempts_max
        and order.status is Status.SENT
        and not order.cancel_wanted
    )


def _retry(
    state: State, order: Order, report: VenueRejected, time: Nanos, outputs: list[Output]
) -> None:
    policy = state.policy_of(order)
    assert policy is not None, "a retry follows a policy"
    stepped = order.step(Event.RETURNED)
    assert stepped, "an order that was sent can come back"
    order.hold = Hold.RETRY
    order.failure = report.reason
    order.venue_time = report.venue_time
    state.deadlines.set(Due.RETRY, order, Nanos(time + policy.retry_delay))
    attempt = order.attempts + 1
    outputs.append(
        OrderRetried(order.order, order.strategy, order.instrument, attempt, report.reason)
    )
    settle(state, order, time, outputs)


def _terms_break(
    state: State, order: Order, report: VenueReplaced, time: Nanos, outputs: list[Output]
) -> None:
    """Open a break: the order works under terms that nobody asked for."""
    account = state.strategies[order.strategy].account
    ours = f"{order.new_quantity or order.quantity} at {order.new_price or order.price}"
    theirs = f"{report.quantity} at {report.price}"
    place = (account, order.instrument, order.order, _TERMS)
    breaks.open_break(state, _DIFFERS, *place, ours, theirs, time, outputs)


def _step(state: State, report: VenueReport, event: Event, outputs: list[Output]) -> Order | None:
    """Take a step of the table; record a fault, and return None, where there is none."""
    order = state.orders.get(report.order)
    if order is None:
        outputs.append(_fault(state, report, "unknown order"))
        return None
    if order.instrument != report.instrument:
        outputs.append(_fault(state, report, "the order is in another instrument"))
        return None
    if order.requests == 0:
        outputs.append(_fault(state, report, "the order never left"))
        return None
    if not order.step(event):
        outputs.append(_fault(state, report, f"no such step from {order.status.name}"))
        return None
    return order


def _not_pending(request: int) -> str:
    return f"it answers message {request}, which is not pending"


def _fault(state: State, report: VenueReport, reason: str) -> ReportFaulted:
    order = state.orders.get(report.order)
    status = order.status if order is not None else None
    return ReportFaulted(report.order, report.instrument, type(report).__name__, status, reason)
