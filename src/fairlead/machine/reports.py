"""What venues say about orders: legal steps, fills booked exactly once, and faults that are kept.

A report never vanishes. It moves an order, or it is recorded as ignored (a fill seen before),
faulted (no such step), or quarantined (a fill that cannot be booked; its instrument closes until a
person explains).
"""

from typing import Final

from fairlead.machine.orders import Event, Order
from fairlead.machine.state import Execution, ExecutionKey, State
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
from fairlead.model.units import INCREMENTS_MAX, MONEY_MAX, Nanos, notional

_OPEN: Final = Status.OPEN


def accepted(state: State, report: VenueAccepted, time: Nanos, outputs: list[Output]) -> None:
    """The venue knows the order; a cancel that waited for this goes out."""
    order = _step(state, report, Event.ACCEPTED, outputs)
    if order is None:
        return
    order.venue_order = report.venue_order
    outputs.append(OrderAccepted(order.order, order.strategy, order.instrument, report.venue_order))
    _resume(state, order, time, outputs)
    _settle(state, order, outputs)


def rejected(state: State, report: VenueRejected, time: Nanos, outputs: list[Output]) -> None:
    """The venue said no to a new order. One that it took before, it cannot reject any more."""
    known = state.orders.get(report.order)
    if known is not None and (known.venue_order or known.filled):
        outputs.append(_fault(state, report, "the venue took the order before"))
        return
    order = _step(state, report, Event.REJECTED, outputs)
    if order is not None:
        outputs.append(OrderRejected(order.order, order.strategy, order.instrument, report.reason))
        _settle(state, order, outputs)


def canceled(state: State, report: VenueCanceled, time: Nanos, outputs: list[Output]) -> None:
    """The order is gone, by our wish or by the venue's."""
    order = _step(state, report, Event.CANCELED, outputs)
    if order is not None:
        outputs.append(
            OrderCanceled(
                order.order, order.strategy, order.instrument, order.canceled, report.reason
            )
        )
        _settle(state, order, outputs)


def expired(state: State, report: VenueExpired, time: Nanos, outputs: list[Output]) -> None:
    """The order's time ran out."""
    order = _step(state, report, Event.EXPIRED, outputs)
    if order is not None:
        outputs.append(OrderExpired(order.order, order.strategy, order.instrument, order.canceled))
        _settle(state, order, outputs)


def cancel_rejected(
    state: State, report: VenueCancelRejected, time: Nanos, outputs: list[Output]
) -> None:
    """The order stands as it stood; too late is no fault."""
    order = _step(state, report, Event.CANCEL_REJECTED, outputs)
    if order is None:
        return
    _resume(state, order, time, outputs)
    outputs.append(
        CancelRejected(order.order, order.strategy, order.instrument, order.status, report.reason)
    )
    _settle(state, order, outputs)


def replaced(state: State, report: VenueReplaced, time: Nanos, outputs: list[Output]) -> None:
    """The order works under the terms that the venue names, whatever we asked for.

    Terms that nobody asked for close the instrument: risk never saw them.
    """
    problem = _absurd(report.price, report.quantity)
    if problem:
        outputs.append(_fault(state, report, problem))
        return
    order = _step(state, report, Event.REPLACED, outputs)
    if order is None:
        known = state.orders.get(report.order)
        if known is not None and known.working:
            state.gate.close(known.instrument, f"order {report.order} was replaced, nobody asked")
        return
    if (report.quantity, report.price) != (order.new_quantity, order.new_price):
        outputs.append(_fault(state, report, "the terms are not those that were asked for"))
        state.gate.close(order.instrument, f"order {order.order} has terms nobody asked for")
    order.replaced(report.quantity, report.price)
    outputs.append(
        OrderReplaced(order.order, order.strategy, order.instrument, report.quantity, report.price)
    )
    _resume(state, order, time, outputs)
    _settle(state, order, outputs)


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
    _settle(state, order, outputs)


def filled(state: State, report: VenueFilled, time: Nanos, outputs: list[Output]) -> None:
    """Book an execution: once, and never silently dropped."""
    order = state.orders.get(report.order)
    key = _execution_key(state, report)
    execution: Execution = (report.order, report.price, report.quantity)
    seen = state.executions.get(key)
    if seen == execution:
        outputs.append(FillIgnored(report.order, report.instrument, report.execution))
        return
    problem = ""
    if seen is not None:
        problem = f"its id was used for order {seen[0]}, {seen[2]} at {seen[1]} (increments)"
    problem = problem or _fill_problem(state, order, report)
    if order is None or problem:
        _quarantine(state, report, problem, outputs)
        return
    if not order.fill(report.price, report.quantity):
        _quarantine(state, report, f"the order is {order.status.name}", outputs)
        return
    state.executions[key] = execution
    _book(state, order, report, outputs)
    _resume(state, order, time, outputs)
    _settle(state, order, outputs)


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
            _settle(state, order, outputs)


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


def _resume(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Go on with what was asked of an order that turns out to be open.

    A cancel that was asked for before the venue knew the order, or that a broken session may have
    lost, goes out; a replace that is not answered yet is pending again.
    """
    if order.status is not _OPEN:
        return
    if order.cancel_wanted:
        order.cancel_wanted = False
        order.step(Event.CANCEL_REQUESTED)
        state.gate.throttle.count(time)
        outputs.append(CancelOrder(order.order, order.instrument))
    elif order.new_quantity:
        order.step(Event.REPLACE_REQUESTED)


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
    why = f"fill {report.execution} is not explained: {reason}"
    state.gate.close(instrument, why)
    if report.instrument != instrument and report.instrument in state.instruments:
        state.gate.close(report.instrument, why)
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
    return _absurd(report.price, report.quantity) or _money_problem(state, order, report)


def _money_problem(state: State, order: Order, report: VenueFilled) -> str:
    """Return why the money of a fill could not be written down, empty if it can."""
    unit = state.instruments[order.instrument].money_unit
    position = state.positions.get(order.strategy, order.instrument)
    account = state.positions.account(state.strategies[order.strategy].account)
    assert account is not None, "a strategy is only known with its account"
    moved = notional(report.price, report.quantity, unit) + abs(report.fee)
    moved += abs(position.open_cost)  # closing takes it out
    largest = max(
        abs(account.cash),
        abs(account.realised),
        abs(account.fees),
        abs(account.paid_cost),
        abs(position.realised),
        abs(position.fees),
        order.filled_cost * unit,
    )
    return "" if largest + moved <= MONEY_MAX else f"it takes money beyond {MONEY_MAX} units"


def _absurd(price: int, quantity: int) -> str:
    if not 0 < price <= INCREMENTS_MAX or not 0 < quantity <= INCREMENTS_MAX:
        return f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"
    return ""


def _settle(state: State, order: Order, outputs: list[Output]) -> None:
    excess = order.take_excess()
    if excess:
        outputs.append(OrderOverfilled(order.order, order.strategy, order.instrument, excess))
    state.orders.settle(order)
    state.gate.exposure.settle(order)
