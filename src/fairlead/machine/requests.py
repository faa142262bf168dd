"""What strategies ask for: through the gate, or refused with every reason. And the cancels.

An order that cannot go yet is *held*: a stop until its trigger, a child until its parent fills, one
that came back until its next attempt. Held orders are nothing at the venue and no exposure; they
pass the gate when they go (`release`).
"""

from typing import Final

from fairlead.machine import performance, portfolio, risk_rules
from fairlead.machine.deadlines import Due
from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import PLAIN, STOPS, Hold, Order
from fairlead.machine.pricing import price_of
from fairlead.machine.risk.parents import dearer
from fairlead.machine.risk.terms import Terms
from fairlead.machine.scopes import follow, lane_of
from fairlead.machine.settling import await_answer, settle
from fairlead.machine.state import State
from fairlead.machine.validation import problems
from fairlead.model.inputs import CancelRequest, ReplaceRequest, SubmitRequest
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    Approved,
    CancelOrder,
    FailedCheck,
    OrderCanceled,
    OrderHeld,
    OrderRefused,
    Output,
    OverrideUsed,
    QueryOrder,
    ReplaceOrder,
    SendOrder,
)
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import OrderType, Side, Status, TimeInForce, Unit
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId

_NONE: Final = Unit.NONE
_AT_RISK: Final = LimitKind.VALUE_AT_RISK_SHARE
_SHORTFALL: Final = LimitKind.EXPECTED_SHORTFALL_SHARE
_SENT: Final = Status.SENT
_OPEN: Final = Status.OPEN
_HELD: Final = Status.HELD
_TRIGGERED: Final = Status.TRIGGERED
_UNKNOWN: Final = Status.UNKNOWN
_CANCEL_PENDING: Final = Status.CANCEL_PENDING
_UNSET: Final = OrderType.UNSET
_BUY: Final = Side.BUY
_GTD: Final = TimeInForce.GTD
_AT_VENUE: Final = (Status.OPEN, Status.TRIGGERED, Status.SUSPENDED, Status.DONE_FOR_DAY)
_HOLDS: Final[dict[Hold, str]] = {
    Hold.TRIGGER: "until its trigger price",
    Hold.PARENT: "until its parent fills",
    Hold.GROUP: "until the others of its group are gone",
    Hold.RETRY: "until its next attempt",
    Hold.OWN: "until orders of ours that it would trade with are gone",
}


def submit(state: State, request: SubmitRequest, time: Nanos, outputs: list[Output]) -> None:
    """Make an order of a request: held, sent, or refused. Refused or not, it is kept."""
    failed = _identity_problems(state, request)
    if failed:
        _refuse(request.order, request.strategy, request.instrument, "submit", failed, outputs)
        return
    order = Order(request, time)
    order.stage = state.stage
    state.orders.add(order)
    instrument = state.instruments[order.instrument]
    _decide(state, order, time)
    _take_policy(state, order)
    failed = problems(state, order, instrument, time)
    hold = _first_hold(state, order, instrument, failed)
    if failed or hold is not Hold.NONE:
        failed += state.gate.review_held(terms_of(state, order, order.quantity, order.price, time))
    if failed:
        order.failure = failed[0].check
        _refuse(order.order, order.strategy, order.instrument, "submit", failed, outputs)
        _settle_refused(state, order, time)
        return
    if order.conditions is not PLAIN:
        state.links.join(order)
    if hold is Hold.NONE:
        _send(state, order, Event.REJECTED, time, outputs)
    else:
        order.status = _HELD
        hold_back(state, order, hold, time, outputs)
        _set_expiry(state, order)


def cancel(state: State, request: CancelRequest, time: Nanos, outputs: list[Output]) -> None:
    """Ask the venue to cancel a strategy's own working order. Asking twice sends once."""
    order = state.orders.get(request.order)
    problem = _cancel_problem(order, request.strategy)
    failed = FailedCheck(problem, None, None, _NONE) if problem else None
    if failed is None and order is not None and order.status is not _HELD:
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
    verdict = _replace(state, order, request.quantity, request.price, time, outputs)
    if not verdict:
        state.links.want(order, request.quantity)
    else:
        _refuse(order.order, order.strategy, order.instrument, "replace", verdict, outputs)


def release(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Let a held order go: past the gate to the venue, or refused with every reason."""
    assert order.status is _HELD, "only a held order is released"
    _send(state, order, Event.RELEASE_REFUSED, time, outputs)


def hold_back(state: State, order: Order, hold: Hold, time: Nanos, outputs: list[Output]) -> None:
    """Keep a held order in the machine until what it waits for has come."""
    assert order.status is _HELD, "only a held order waits"
    order.hold = hold
    outputs.append(OrderHeld(order.order, order.strategy, order.instrument, _HOLDS[hold]))
    settle(state, order, time, outputs)


def send_closing(
    state: State, order: Order, time: Nanos, outputs: list[Output]
) -> list[FailedCheck]:
    """Send an order that closes a position after a kill; return why not, empty if it is sent.

    One that is not sent was never asked for: its id is not used up.
    """
    terms = terms_of(state, order, order.quantity, order.price, time)
    terms.closing = True
    verdict = _review(state, terms, outputs)
    if isinstance(verdict, list):
        return verdict
    order.stage = state.stage
    state.orders.add_closing(order)
    _decide(state, order, time)
    state.gate.kills.closing[order.order] = order
    _let_go(state, terms, verdict, time, outputs)
    return []


def resize(
    state: State, order: Order, quantity: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    """Give an order another total quantity: now, or as soon as it can be replaced.

    What is refused by risk is recorded, and the order stays as it is.
    """
    assert quantity > order.filled, "an order is resized to what is more than filled"
    if order.status is _HELD:
        order.quantity = quantity
        settle(state, order, time, outputs)
    elif order.status is _OPEN or order.status is _TRIGGERED:
        order.wanted_quantity = Quantity(0)
        if quantity == order.quantity:
            return
        failed = _replace(state, order, quantity, order.price, time, outputs)
        if failed:
            _refuse(order.order, order.strategy, order.instrument, "replace", failed, outputs)
    else:
        order.wanted_quantity = quantity
        settle(state, order, time, outputs)


def resume(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    """Go on with what was asked of an order that turns out to be open.

    A cancel that was asked for before the venue knew the order, or that a broken session may have
    lost, goes out; a replace that is not answered yet is pending again; another quantity that was
    wanted meanwhile is asked for.
    """
    if order.status not in _AT_VENUE:
        return
    if order.cancel_wanted:
        order.cancel_wanted = False
        order.step(Event.CANCEL_REQUESTED)
        _send_cancel(state, order, time, outputs)
    elif order.new_quantity:
        order.step(Event.REPLACE_REQUESTED)
        await_answer(state, order, time)
    elif order.wanted_quantity > order.filled:
        state.gate.exposure.settle(order)  # it may have been unknown until now
        resize(state, order, order.wanted_quantity, time, outputs)


def request_cancel(
    state: State,
    order: Order,
    time: Nanos,
    outputs: list[Output],
    insist: bool = False,
    reason: str = "canceled before it left",
) -> None:
    """Cancel a live order, now or as soon as the venue knows it; a held one is gone at once.

    With `insist` a cancel that was sent before is sent again: the first one may be lost.
    """
    assert order.live, "only a live order can be canceled"
    asked_before = order.status is _CANCEL_PENDING
    held = order.status is _HELD
    stepped = order.step(Event.CANCEL_REQUESTED)
    assert stepped, "every live order can be asked to cancel"
    if held:
        outputs.append(
            OrderCanceled(order.order, order.strategy, order.instrument, order.canceled, reason)
        )
    if order.status is _SENT or order.status is _UNKNOWN:
        order.cancel_wanted = True  # until the venue shows that it knows the order
    if not held and order.status is not _SENT and (insist or not asked_before):
        _send_cancel(state, order, time, outputs)
    settle(state, order, time, outputs)


def cancel_all(
    state: State,
    strategy: StrategyId | None,
    time: Nanos,
    outputs: list[Output],
    insist: bool = False,
) -> None:
    """Cancel the live orders of one strategy, or of all. Never held back by a rate."""
    orders = state.orders
    for order in orders.held():
        if strategy is None or order.strategy == strategy:
            request_cancel(state, order, time, outputs)
    working = orders.all_working() if strategy is None else orders.working(strategy)
    for order in working:
        request_cancel(state, order, time, outputs, insist)


def _send(state: State, order: Order, refusal: Event, time: Nanos, outputs: list[Output]) -> None:
    """Put an order before the gate, and send it or refuse it."""
    if state.risk_pending or state.risk_moved:
        risk_rules.run(state, time, outputs)
    terms = terms_of(state, order, order.quantity, order.price, time)
    problem = price_of(state, terms, terms.instrument, terms.book)
    verdict = _review(state, terms, outputs)
    if problem is not None:
        verdict = [problem, *verdict] if isinstance(verdict, list) else [problem]
    if isinstance(verdict, list):
        if state.gate.pretrade.holds_back(terms, verdict):
            order.status = _HELD
            hold_back(state, order, Hold.OWN, time, outputs)
            _set_expiry(state, order)
            return
        if refusal is Event.RELEASE_REFUSED:
            order.step(refusal)
        order.failure = verdict[0].check
        _refuse(order.order, order.strategy, order.instrument, "submit", verdict, outputs)
        _settle_refused(state, order, time)
        return
    _let_go(state, terms, verdict, time, outputs)


def _let_go(
    state: State, terms: Terms, approved: Approved, time: Nanos, outputs: list[Output]
) -> None:
    """Send an order as it was approved."""
    order = terms.order
    if order.status is _HELD:
        order.step(Event.RELEASED)
    else:
        order.status = _SENT
    order.price = terms.price
    order.sent_type = terms.order_type
    order.sent_time_in_force = terms.time_in_force
    order.requests += 1
    order.known_request = order.requests
    order.attempts += 1
    order.hold = Hold.NONE
    _set_expiry(state, order)
    timeout = order.conditions.timeout
    if timeout and order.attempts == 1:  # from when it first left: what is held has all the time
        state.deadlines.set(Due.TIMEOUT, order, Nanos(time + timeout))
    order.price_worst = terms.price_dearest
    await_answer(state, order, time)
    settle(state, order, time, outputs)
    state.gate.sent(terms)
    outputs.append(SendOrder(approved))
    if terms.override:
        outputs.append(OverrideUsed(terms.override, order.order, order.strategy, terms.waived))


def _replace(
    state: State,
    order: Order,
    quantity: Quantity,
    price: Price,
    time: Nanos,
    outputs: list[Output],
) -> list[FailedCheck]:
    """Put new terms before the gate and send them; return why not, empty if they are sent."""
    if state.risk_pending or state.risk_moved:
        risk_rules.run(state, time, outputs)
    terms = terms_of(state, order, quantity, price, time)
    terms.order_type = order.sent_type
    terms.time_in_force = order.sent_time_in_force
    verdict = _review(state, terms, outputs)
    if isinstance(verdict, list):
        state.gate.pretrade.holds_back(terms, verdict)
        return verdict
    stepped = order.step(Event.REPLACE_REQUESTED)
    assert stepped, "an open order can be replaced"
    order.requests += 1
    order.ask_replace(quantity, price)
    order.replace_time = time
    order.price_worst = dearer(terms)
    await_answer(state, order, time)
    settle(state, order, time, outputs)
    state.gate.sent(terms)
    outputs.append(ReplaceOrder(verdict))
    return []


def query(order: Order) -> QueryOrder:
    """Return the question what became of an order, by all the names that it has."""
    return QueryOrder(order.order, order.instrument, order.client_order, order.venue_order)


def _send_cancel(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    order.requests += 1
    state.gate.throttle.count(time)
    state.gate.pretrade.canceling(order, time)
    await_answer(state, order, time)
    outputs.append(CancelOrder(order.order, order.instrument, order.requests, order.client_order))


def terms_of(state: State, order: Order, quantity: Quantity, price: Price, time: Nanos) -> Terms:
    """Return what is asked of the gate: an order with a total quantity and a price."""
    lane = lane_of(state, order)
    return Terms(order, quantity, price, lane.market, lane.path, time)


def _review(state: State, terms: Terms, outputs: list[Output]) -> Approved | list[FailedCheck]:
    order = terms.order
    if order.conditions.reduce_only and not (order.working and terms.quantity <= order.quantity):
        terms.reducible = reducible(state, order)  # to be made smaller is never too much
    if order.epoch == 0:
        order.epoch = state.epoch  # the id of a message that was refused is burned with it
    terms.problem = state.reconciliation.gate_problem(order.instrument)
    terms.disconnected = terms.instrument.venue in state.disconnected
    if state.positions.moved():
        follow(state)
    account = state.positions.account(terms.path.account)
    assert account is not None, "a path belongs to an account"
    performance.refresh(state, account)
    if terms.path.tightest(_AT_RISK) is not None or terms.path.tightest(_SHORTFALL) is not None:
        portfolio.refresh(state, account)
        added = max(0, terms.quantity - order.filled - order.reserved)
        slot = state.gate.exposure.slot_of_account(terms)
        terms.tail_risk = portfolio.projected(state, account, slot, terms.buys, added)
    verdict = state.gate.review(terms, state.positions.net(order.instrument))
    alerts = state.gate.exposure.alerts
    if alerts.due:
        outputs.extend(alerts.take())
    return verdict


def reducible(state: State, order: Order) -> Quantity:
    """Return how much a reduce-only order may trade: the position less what reduces it already."""
    position = state.positions.get(order.strategy, order.instrument).quantity
    held = -position if order.side is _BUY else position
    if held <= 0:
        return Quantity(0)
    for other in state.orders.working(order.strategy):
        if other.instrument == order.instrument and other.side is order.side and other is not order:
            held -= other.leaves_worst
    return Quantity(max(0, held))


def _decide(state: State, order: Order, time: Nanos) -> None:
    """Remember the price and time that the order was decided at, and who answers for it."""
    if order.decision_time == 0:
        order.decision_time = time
    if not order.trader:
        order.trader = state.strategies[order.strategy].trader
    if order.decision_price == 0:
        book = state.books.get(order.instrument)
        assert book is not None, "every instrument has a book"
        order.decision_price = book.reference


def _take_policy(state: State, order: Order) -> None:
    """Take the time and the slippage that the order policy gives, where the order names none."""
    unset = order.order_type is _UNSET
    policy = state.policy_of(order)
    if policy is None or not (unset or policy.all_orders):
        return
    conditions = order.conditions
    if policy.timeout and conditions.timeout == 0:
        conditions = order.own_conditions()
        conditions.timeout = policy.timeout
    if policy.slippage_max and conditions.slippage_max == 0:
        conditions = order.own_conditions()
        conditions.slippage_max = policy.slippage_max


def _first_hold(
    state: State, order: Order, instrument: Instrument, failed: list[FailedCheck]
) -> Hold:
    """Return what a new order waits for; say what is wrong with its parent."""
    after = order.conditions.after
    if after:
        parent = state.orders.get(after)
        if parent is None or parent.strategy != order.strategy or parent is order:
            failed.append(FailedCheck("parent_known", None, None, _NONE))
        elif not parent.live and not parent.filled:
            failed.append(FailedCheck("parent_live", None, None, _NONE))
        return Hold.PARENT
    if order.order_type in STOPS:
        trails = order.order_type is OrderType.TRAILING_STOP
        offered = order.order_type in instrument.order_types and not trails
        if order.conditions.group or not offered:
            return Hold.TRIGGER  # of a group one alone may trade: the machine keeps its stops
    return Hold.NONE


def _set_expiry(state: State, order: Order) -> None:
    if order.time_in_force is _GTD:
        state.deadlines.set(Due.EXPIRY, order, order.conditions.expire_time)


def _settle_refused(state: State, order: Order, time: Nanos) -> None:
    """Keep the lists true; a refused order has no exposure, and nothing to record."""
    settle(state, order, time, [])


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
        if account.ledger(instrument.currency) is None:
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
    return "" if order.live else "order_working"


def _replace_problems(order: Order | None, request: ReplaceRequest) -> list[FailedCheck]:
    if order is None:
        return [FailedCheck("order_known", None, None, _NONE)]
    if order.strategy != request.strategy or order.instrument != request.instrument:
        return [FailedCheck("order_own", None, None, _NONE)]
    failed: list[FailedCheck] = []
    if order.status is not _OPEN and order.status is not _TRIGGERED:
        failed.append(FailedCheck("order_open", None, None, _NONE))
    if order.price == 0:
        failed.append(FailedCheck("order_limit", None, None, _NONE))
    if request.quantity <= order.filled:
        failed.append(
            FailedCheck("quantity_above_filled", request.quantity, order.filled + 1, Unit.QUANTITY)
        )
    return failed
