"""What strategies ask for: through the gate, or refused with every reason. And the cancels."""

from typing import Final

from fairlead.machine.orders import Event, Order
from fairlead.machine.risk.gate import Terms
from fairlead.machine.state import State
from fairlead.model.inputs import CancelRequest, ReplaceRequest, SubmitRequest
from fairlead.model.outputs import (
    Approved,
    CancelOrder,
    FailedCheck,
    OrderRefused,
    Output,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.terms import OrderType, Status, Unit
from fairlead.model.units import InstrumentId, Nanos, OrderId, StrategyId

_NONE: Final = Unit.NONE
_SENT: Final = Status.SENT
_OPEN: Final = Status.OPEN
_UNKNOWN: Final = Status.UNKNOWN
_MARKET: Final = OrderType.MARKET


def submit(state: State, request: SubmitRequest, time: Nanos, outputs: list[Output]) -> None:
    """Make an order of a request and put it before the gate. Refused or not, it is kept."""
    failed = _identity_problems(state, request)
    if failed:
        _refuse(request.order, request.strategy, request.instrument, "submit", failed, outputs)
        return
    order = Order(
        request.order,
        request.strategy,
        request.instrument,
        request.side,
        request.order_type,
        request.time_in_force,
        request.post_only,
        request.quantity,
        request.price,
        request.tag,
        time,
    )
    state.orders.add(order)
    verdict = _review(state, Terms(order, request.quantity, request.price), time)
    if isinstance(verdict, Approved):
        order.status = _SENT
        _settle(state, order)
        state.gate.throttle.count(time)
        outputs.append(SendOrder(verdict))
    else:
        _refuse(order.order, order.strategy, order.instrument, "submit", verdict, outputs)


def cancel(state: State, request: CancelRequest, time: Nanos, outputs: list[Output]) -> None:
    """Ask the venue to cancel a strategy's own working order. Asking twice sends once."""
    order = state.orders.get(request.order)
    problem = _cancel_problem(order, request.strategy)
    failed = FailedCheck(problem, None, None, _NONE) if problem else None
    if failed is None:
        failed = state.gate.review_cancel(time)
    if order is None or failed is not None:
        assert failed is not None, "an order that does not exist is a problem"
        instrument = order.instrument if order is not None else InstrumentId(0)
        _refuse(request.order, request.strategy, instrument, "cancel", [failed], outputs)
        return
    request_cancel(state, order, time, outputs)


def replace(state: State, request: ReplaceRequest, time: Nanos, outputs: list[Output]) -> None:
    """Put new terms for a working order before the gate."""
    order = state.orders.get(request.order)
    failed = _replace_problems(order, request)
    if order is None or failed:
        _refuse(request.order, request.strategy, request.instrument, "replace", failed, outputs)
        return
    verdict = _review(state, Terms(order, request.quantity, request.price), time)
    if isinstance(verdict, Approved):
        stepped = order.step(Event.REPLACE_REQUESTED)
        assert stepped, "an open order can be replaced"
        order.ask_replace(request.quantity, request.price)
        _settle(state, order)
        state.gate.throttle.count(time)
        outputs.append(ReplaceOrder(verdict))
    else:
        _refuse(order.order, order.strategy, order.instrument, "replace", verdict, outputs)


def request_cancel(
    state: State, order: Order, time: Nanos, outputs: list[Output], insist: bool = False
) -> None:
    """Cancel a working order, now or as soon as the venue knows it.

    With `insist` a cancel that was sent before is sent again: the first one may be lost.
    """
    assert order.working, "only a working order can be canceled"
    asked_before = order.status is Status.CANCEL_PENDING
    stepped = order.step(Event.CANCEL_REQUESTED)
    assert stepped, "every working order can be asked to cancel"
    if order.status is _SENT or order.status is _UNKNOWN:
        order.cancel_wanted = True  # until the venue shows that it knows the order
    if order.status is not _SENT and (insist or not asked_before):
        state.gate.throttle.count(time)
        outputs.append(CancelOrder(order.order, order.instrument))
    _settle(state, order)


def cancel_all(
    state: State,
    strategy: StrategyId | None,
    time: Nanos,
    outputs: list[Output],
    insist: bool = False,
) -> None:
    """Cancel the working orders of one strategy, or of all. Never held back by a rate."""
    orders = state.orders
    working = orders.all_working() if strategy is None else orders.working(strategy)
    for order in working:
        request_cancel(state, order, time, outputs, insist)


def _review(state: State, terms: Terms, time: Nanos) -> Approved | list[FailedCheck]:
    instrument = state.instruments[terms.order.instrument]
    book = state.books.get(instrument.instrument)
    assert book is not None, "every instrument has a book"
    net = state.positions.net(instrument.instrument)
    return state.gate.review(terms, instrument, book, net, time)


def _settle(state: State, order: Order) -> None:
    state.orders.settle(order)
    state.gate.exposure.settle(order)


def _refuse(
    order: OrderId,
    strategy: StrategyId,
    instrument: InstrumentId,
    request: str,
    failed: list[FailedCheck],
    outputs: list[Output],
) -> None:
    outputs.append(OrderRefused(order, strategy, instrument, request, tuple(failed)))


def _identity_problems(state: State, request: SubmitRequest) -> list[FailedCheck]:
    """Return which names in a request mean nothing, none if all mean something."""
    failed: list[FailedCheck] = []
    strategy = state.strategies.get(request.strategy)
    instrument = state.instruments.get(request.instrument)
    if strategy is None:
        failed.append(FailedCheck("strategy_known", None, None, _NONE))
    if instrument is None:
        failed.append(FailedCheck("instrument_known", None, None, _NONE))
    if request.order < 1 or state.orders.is_burned(request.strategy, request.order):
        failed.append(FailedCheck("order_id_new", None, None, _NONE))
    if strategy is not None and instrument is not None:
        account = state.positions.account(strategy.account)
        assert account is not None, "a strategy is only known with its account"
        if account.currency != instrument.currency:
            failed.append(FailedCheck("account_currency", None, None, _NONE))
        if account.money_decimals != instrument.money_decimals:
            # Two units of one currency must never be added.
            failed.append(FailedCheck("account_money_decimals", None, None, _NONE))
    return failed


def _cancel_problem(order: Order | None, strategy: StrategyId) -> str:
    if order is None:
        return "order_known"
    if order.strategy != strategy:
        return "order_own"
    return "" if order.working else "order_working"


def _replace_problems(order: Order | None, request: ReplaceRequest) -> list[FailedCheck]:
    if order is None:
        return [FailedCheck("order_known", None, None, _NONE)]
    if order.strategy != request.strategy or order.instrument != request.instrument:
        return [FailedCheck("order_own", None, None, _NONE)]
    failed: list[FailedCheck] = []
    if order.status is not _OPEN:
        failed.append(FailedCheck("order_open", None, None, _NONE))
    if order.order_type is _MARKET:
        failed.append(FailedCheck("order_limit", None, None, _NONE))
    if request.quantity <= order.filled:
        failed.append(
            FailedCheck("quantity_above_filled", request.quantity, order.filled + 1, Unit.QUANTITY)
        )
    return failed
