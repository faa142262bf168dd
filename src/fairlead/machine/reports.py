"""What venues say about orders: legal steps, fills booked exactly once, and faults that are kept.

A report never vanishes. It moves an order, or it is recorded as ignored (a fill seen before),
faulted (no such step), or quarantined (a fill that cannot be booked; its instrument closes until a
person explains).
"""

from typing import Final

from fairlead.machine.orders import Event, Order
from fairlead.machine.state import ExecutionKey, State
from fairlead.model.inputs import (
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueDisconnected,
    VenueExpired,
    VenueFilled,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
    VenueReport,
)
from fairlead.model.outputs import (
    CancelOrder,
    CancelRejected,
    FillIgnored,
    FillQuarantined,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderOverfilled,
    OrderRejected,
    OrderReplaced,
    OrderUnknown,
    Output,
    ReplaceRejected,
    ReportFaulted,
)
from fairlead.model.terms import Status
from fairlead.model.units import INCREMENTS_MAX, MONEY_MAX, Nanos, Quantity, notional

_OPEN: Final = Status.OPEN


def accepted(state: State, report: VenueAccepted, time: Nanos, outputs: list[Output]) -> None:
    """The venue knows the order; a cancel that waited for this goes out."""
    order = _step(state, report, Event.ACCEPTED, outputs)
    if order is None:
        return
    order.venue_order = report.venue_order
    outputs.append(OrderAccepted(order.order, order.strategy, order.instrument, report.venue_order))
    _send_kept_cancel(state, order, time, outputs)
    _settle(state, order)


def rejected(state: State, report: VenueRejected, time: Nanos, outputs: list[Output]) -> None:
    """The venue said no to a new order."""
    order = _step(state, report, Event.REJECTED, outputs)
    if order is not None:
        outputs.append(OrderRejected(order.order, order.strategy, order.instrument, report.reason))
        _settle(state, order)


def canceled(state: State, report: VenueCanceled, time: Nanos, outputs: list[Output]) -> None:
    """The order is gone, by our wish or by the venue's."""
    order = _step(state, report, Event.CANCELED, outputs)
    if order is not None:
        outputs.append(
            OrderCanceled(
                order.order, order.strategy, order.instrument, order.canceled, report.reason
            )
        )
        _settle(state, order)


def expired(state: State, report: VenueExpired, time: Nanos, outputs: list[Output]) -> None:
    """The order's time ran out."""
    order = _step(state, report, Event.EXPIRED, outputs)
    if order is not None:
        outputs.append(OrderExpired(order.order, order.strategy, order.instrument, order.canceled))
        _settle(state, order)


def cancel_rejected(
    state: State, report: VenueCancelRejected, time: Nanos, outputs: list[Output]
) -> None:
    """The order stands as it stood; too late is no fault."""
    order = _step(state, report, Event.CANCEL_REJECTED, outputs)
    if order is not None:
        outputs.append(
            CancelRejected(
                order.order, order.strategy, order.instrument, order.status, report.reason
            )
        )
        _settle(state, order)


def replaced(state: State, report: VenueReplaced, time: Nanos, outputs: list[Output]) -> None:
    """The order works under the terms that the venue names."""
    problem = _absurd(report.price, report.quantity)
    if problem:
        outputs.append(_fault(state, report, problem))
        return
    order = _step(state, report, Event.REPLACED, outputs)
    if order is None:
        return
    order.replaced(report.quantity, report.price)
    outputs.append(
        OrderReplaced(order.order, order.strategy, order.instrument, report.quantity, report.price)
    )
    _settle(state, order)


def replace_rejected(
    state: State, report: VenueReplaceRejected, time: Nanos, outputs: list[Output]
) -> None:
    """The order keeps its old terms."""
    order = _step(state, report, Event.REPLACE_REJECTED, outputs)
    if order is None:
        return
    order.settle_terms()
    outputs.append(
        ReplaceRejected(order.order, order.strategy, order.instrument, order.status, report.reason)
    )
    _settle(state, order)


def filled(state: State, report: VenueFilled, time: Nanos, outputs: list[Output]) -> None:
    """Book an execution: once, and never silently dropped."""
    order = state.orders.get(report.order)
    key = _execution_key(state, report)
    seen = state.executions.get(key)
    if seen is not None and seen == report.order:
        outputs.append(FillIgnored(report.order, report.instrument, report.execution))
        return
    problem = f"execution id was used for order {seen}" if seen is not None else ""
    problem = problem or _fill_problem(state, order, report)
    if order is None or problem:
        _quarantine(state, report, problem, outputs)
        return
    quantity_worst = order.quantity_worst
    if not order.fill(report.price, report.quantity):
        _quarantine(state, report, f"the order is {order.status.name}", outputs)
        return
    state.executions[key] = order.order
    _book(state, order, report, outputs)
    if order.filled > quantity_worst:
        excess = Quantity(min(report.quantity, order.filled - quantity_worst))
        outputs.append(OrderOverfilled(order.order, order.strategy, order.instrument, excess))
    _send_kept_cancel(state, order, time, outputs)
    _settle(state, order)


def disconnected(
    state: State, report: VenueDisconnected, time: Nanos, outputs: list[Output]
) -> None:
    """Whatever works at the venue has an outcome that is not known."""
    for order in state.orders.all_working():
        if state.instruments[order.instrument].venue == report.venue:
            order.step(Event.DISCONNECTED)
            outputs.append(
                OrderUnknown(order.order, order.strategy, order.instrument, report.reason)
            )
            _settle(state, order)


def _book(state: State, order: Order, report: VenueFilled, outputs: list[Output]) -> None:
    strategy = state.strategies[order.strategy]
    account = state.positions.account(strategy.account)
    assert account is not None, "a strategy is only known with its account"
    outputs.append(
        OrderFilled(
            order.order,
            order.strategy,
            order.instrument,
            order.side,
            report.price,
            report.quantity,
            report.fee,
            report.liquidity,
            report.execution,
            order.filled,
            order.leaves,
        )
    )
    position_changed, account_changed = state.positions.fill(
        account,
        order.strategy,
        state.instruments[order.instrument],
        order.side,
        report.price,
        report.quantity,
        report.fee,
    )
    outputs.append(position_changed)
    outputs.append(account_changed)


def _send_kept_cancel(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Send the cancel that was asked for before the venue knew the order."""
    if order.cancel_wanted and order.status is _OPEN:
        order.cancel_wanted = False
        order.step(Event.CANCEL_REQUESTED)
        state.gate.throttle.count(time)
        outputs.append(CancelOrder(order.order, order.instrument))


def _step(state: State, report: VenueReport, event: Event, outputs: list[Output]) -> Order | None:
    """Take a step of the table; record a fault, and return None, where there is none."""
    order = state.orders.get(report.order)
    if order is None:
        outputs.append(_fault(state, report, "unknown order"))
        return None
    if order.instrument != report.instrument:
        outputs.append(_fault(state, report, "the order is in another instrument"))
        return None
    if not order.step(event):
        outputs.append(_fault(state, report, f"no such step from {order.status.name}"))
        return None
    return order


def _fault(state: State, report: VenueReport, reason: str) -> ReportFaulted:
    order = state.orders.get(report.order)
    status = order.status if order is not None else None
    return ReportFaulted(report.order, report.instrument, type(report).__name__, status, reason)


def _quarantine(state: State, report: VenueFilled, reason: str, outputs: list[Output]) -> None:
    order = state.orders.get(report.order)
    instrument = order.instrument if order is not None else report.instrument
    state.gate.close(instrument, f"fill {report.execution} is not explained: {reason}")
    outputs.append(
        FillQuarantined(
            report.order, instrument, report.execution, report.price, report.quantity, reason
        )
    )


def _execution_key(state: State, report: VenueFilled) -> ExecutionKey:
    instrument = state.instruments.get(report.instrument)
    venue = instrument.venue if instrument is not None else ""
    return (venue, report.session_date, report.execution)


def _fill_problem(state: State, order: Order | None, report: VenueFilled) -> str:
    """Return why a fill cannot be booked, empty if it can."""
    if order is None:
        return "unknown order"
    if order.instrument != report.instrument:
        return "the order is in another instrument"
    if not report.execution:
        return "it has no execution id"
    unit = state.instruments[order.instrument].money_unit
    value = notional(report.price, report.quantity, unit)
    if value > MONEY_MAX or abs(report.fee) > MONEY_MAX:
        return f"its worth or its fee is beyond {MONEY_MAX} units of money"
    return _absurd(report.price, report.quantity)


def _absurd(price: int, quantity: int) -> str:
    if not 0 < price <= INCREMENTS_MAX or not 0 < quantity <= INCREMENTS_MAX:
        return f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"
    return ""


def _settle(state: State, order: Order) -> None:
    state.orders.settle(order)
    state.gate.exposure.settle(order)
