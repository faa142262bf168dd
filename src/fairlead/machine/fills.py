"""Executions: booked exactly once, taken back where the venue takes them back, never dropped.

An execution is known by its venue, session date and id. Seen again it is ignored; seen with other
terms, or of an order that cannot have it, it is quarantined: its instrument closes until it is
explained. A bust takes back exactly what its fill did, and what overtook its fill waits for it: the
facts of both stay in the record.

A venue may say what it filled in all. Fills that arrive out of order make that differ for a moment;
while it differs the instrument is closed, by a break that ends as soon as both agree.
"""

from typing import Final

from fairlead.machine import breaks, performance
from fairlead.machine.accounts import Account
from fairlead.machine.executions import Execution, ExecutionKey
from fairlead.machine.lifecycle import Event
from fairlead.machine.order_rules import executed
from fairlead.machine.orders import Order
from fairlead.machine.requests import query, resume
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import VenueBusted, VenueCorrected, VenueFilled
from fairlead.model.outputs import (
    FillBeyondLimit,
    FillBusted,
    FillIgnored,
    OrderFilled,
    OrderUnknown,
    Output,
    ReportFaulted,
)
from fairlead.model.terms import BreakKind, BreakState, Side, Status
from fairlead.model.units import (
    INCREMENTS_MAX,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
)

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_FILLED: Final = Status.FILLED
_BUSTED: Final = Event.BUSTED
_OVERTAKEN: Final = Event.OVERTAKEN
_UNKNOWN: Final = Status.UNKNOWN
_MISSED: Final = BreakKind.FILL_MISSED
_EXCESS: Final = BreakKind.FILL_NOT_AT_VENUE
_CUMULATIVE: Final = "cumulative"  # what the break is about: no single execution


def filled(state: State, report: VenueFilled, time: Nanos, outputs: list[Output]) -> None:
    """Book an execution: once, and never silently dropped."""
    order = state.orders.get(report.order)
    key = execution_key(state, report)
    seen = state.executions.get(key)
    problem = ""
    if seen is not None:
        if seen.says(report):
            outputs.append(FillIgnored(report.order, report.instrument, report.execution))
            return
        terms = f"{seen.quantity} at {seen.price} (increments)"
        problem = f"its id was used for order {seen.order}, {terms}"
    problem = problem or _fill_problem(state, order, report)
    if order is None or problem:
        breaks.quarantine(state, report, problem, time, outputs)
        return
    limit = _limit_passed(order, report)
    if not order.fill(report.price, report.quantity):
        reason = f"the order is {order.status.name}"
        breaks.quarantine(state, report, reason, time, outputs)
        return
    order.venue_time = max(order.venue_time, report.venue_time)
    account = _book(state, order, report, outputs)
    if limit:
        names = (order.order, order.strategy, order.instrument)
        outputs.append(FillBeyondLimit(*names, report.price, limit, report.execution))
    execution = Execution(report, report.order)
    execution.move = state.positions.last_move
    state.executions.add(key, execution)
    breaks.booked(state, key, order, execution, report, outputs)
    if report.cumulative is not None:
        compare_cumulative(state, order, report.cumulative, time, outputs)
    elif order.cumulative:  # it counted once, in answer to a query: what comes now is in its count
        compare_cumulative(state, order, max(order.cumulative, order.filled), time, outputs)
    resume(state, order, time, outputs)
    settle(state, order, time, outputs)
    executed(state, order, report.quantity, time, outputs)
    ahead = state.executions.overtaken_by(key)
    if ahead is not None:
        if isinstance(ahead, VenueBusted):
            busted(state, ahead, time, outputs)
        else:
            corrected(state, ahead, time, outputs)
    performance.moved(state, account)  # once, after what took it back: no time lies in between


def busted(state: State, report: VenueBusted, time: Nanos, outputs: list[Output]) -> None:
    """Take an execution back, once."""
    order = state.orders.get(report.order)
    key = (_venue(state, report.instrument), report.session_date, report.execution)
    booked = state.executions.get(key)
    problem = _bust_problem(order, report.order, booked)
    if order is None or booked is None or problem:
        if booked is None:
            breaks.withdraw(state, key, report.reason, outputs)
            state.executions.await_fill(key, report)
        outputs.append(_fault(order, report, problem))
        if order is not None and booked is not None and booked.move is None:
            breaks.contradicted(state, order, f"fill {key[2]} taken back", time, outputs)
        return
    overtaken = _is_overtaken(order, report.venue_time)
    account = _take_back(state, order, key, booked, report.reason, overtaken, outputs)
    performance.moved(state, account)
    breaks.busted(state, key, order, report.venue_time, outputs)
    if overtaken:
        order.unknown_since = time
        _doubt(order, outputs)
    settle(state, order, time, outputs)


def corrected(state: State, report: VenueCorrected, time: Nanos, outputs: list[Output]) -> None:
    """Put an execution in the place of another: the old one taken back, the new one booked.

    The new one may be known already, from a statement, or because a person adopted it while the old
    one was missing: then the old one alone is taken back.
    """
    order = state.orders.get(report.order)
    venue = _venue(state, report.instrument)
    key = (venue, report.session_date, report.original)
    booked = state.executions.get(key)
    new = VenueFilled(
        report.order,
        report.instrument,
        report.execution,
        report.session_date,
        report.price,
        report.quantity,
        report.fee,
        report.liquidity,
        report.venue_time,
    )
    problem = _bust_problem(order, report.order, booked) or _fill_problem(state, order, new)
    known = state.executions.get(execution_key(state, new))
    told = known is not None and (known.says(new) or known.is_adopted(new))
    if not problem and known is not None and (not told or report.execution == report.original):
        problem = f"the id {report.execution} of the new execution was used before"
    if order is None or booked is None or problem:
        outputs.append(_fault(order, report, problem))
        if booked is None:
            breaks.withdraw(state, key, report.reason, outputs)
            state.executions.await_fill(key, report)
        if not told:  # a fill that is not booked: it waits for a person, or for the original
            breaks.quarantine(state, new, f"a correction: {problem}", time, outputs)
        return
    overtaken = _is_overtaken(order, report.venue_time) or (told and order.status is _FILLED)
    reason = report.reason or "corrected"
    account = _take_back(state, order, key, booked, reason, overtaken, outputs)
    breaks.busted(state, key, order, report.venue_time, outputs)
    if overtaken:
        order.unknown_since = time
    settle(state, order, time, outputs)
    filled(state, new, time, outputs)
    performance.moved(state, account)  # once: there was no time between the two halves
    if overtaken and order.status is _UNKNOWN:  # the new execution has not completed it again
        _doubt(order, outputs)


def compare_cumulative(
    state: State, order: Order, theirs: Quantity, time: Nanos, outputs: list[Output]
) -> None:
    """Hold what is booked against the most that the venue ever said it filled."""
    if theirs > order.cumulative:
        order.cumulative = theirs
    elif theirs < order.cumulative and order.filled > order.cumulative:
        reason = f"the cumulative quantity goes backwards: {theirs} after {order.cumulative}"
        outputs.append(
            ReportFaulted(order.order, order.instrument, "VenueFilled", order.status, reason)
        )
    if order.filled == order.cumulative and not state.reconciliation.any_open:
        return
    account = state.strategies[order.strategy].account
    place = (account, order.instrument, order.order, _CUMULATIVE)
    differs = _EXCESS if order.filled > order.cumulative else _MISSED
    for kind in (_MISSED, _EXCESS):
        known = breaks.find(state, kind, *place)
        if known is not None and (kind is not differs or order.filled == order.cumulative):
            cause = "both count the same"
            breaks.close_break(state, known.number, BreakState.RESOLVED, cause, outputs)
    if order.filled != order.cumulative:
        terms = state.instruments[order.instrument]
        ours = decimal_text(order.filled, terms.quantity_decimals)
        counted = decimal_text(order.cumulative, terms.quantity_decimals)
        breaks.open_break(state, differs, *place, ours, counted, time, outputs)


def _doubt(order: Order, outputs: list[Output]) -> None:
    reason = "a fill was taken back, and it was filled or over-filled since"
    outputs.append(OrderUnknown(order.order, order.strategy, order.instrument, reason))
    outputs.append(query(order))


def execution_key(state: State, report: VenueFilled) -> ExecutionKey:
    """Return what an execution is known by."""
    return (_venue(state, report.instrument), report.session_date, report.execution)


def _book(state: State, order: Order, report: VenueFilled, outputs: list[Output]) -> Account:
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
    return account


def _take_back(
    state: State,
    order: Order,
    key: ExecutionKey,
    booked: Execution,
    reason: str,
    overtaken: bool,
    outputs: list[Output],
) -> Account:
    """Take out of order, position and account what an execution has done to them.

    Return the account: it is valued when all that an input does to it is done.
    """
    price, quantity, fee = booked.price, booked.quantity, booked.fee
    taken = order.bust(price, quantity, _OVERTAKEN if overtaken else _BUSTED)
    assert taken, "an order that was filled can have the fill taken back"
    order.cumulative = Quantity(max(0, order.cumulative - quantity))
    booked.closed = True
    account = state.positions.account(state.strategies[order.strategy].account)
    assert account is not None, "a strategy is only known with its account"
    outputs.append(
        FillBusted(
            order.order,
            order.strategy,
            order.instrument,
            order.side,
            price,
            quantity,
            fee,
            key[2],
            order.filled,
            order.leaves,
            reason,
        )
    )
    instrument = state.instruments[order.instrument]
    assert booked.move is not None, "what an order filled has moved its position"
    outputs.extend(state.positions.bust(account, order.strategy, instrument, booked.move, fee))
    return account


def _limit_passed(order: Order, report: VenueFilled) -> Price:
    """Return the limit that a fill is worse than, 0 if it is not.

    While a replace is not answered either limit may hold. Of an order that was replaced, a fill
    from before what the venue said last may have had a limit that is forgotten here.
    """
    limit = order.price
    if limit == 0:
        return limit
    if order.known_request > order.attempts and report.venue_time < order.venue_time:
        return Price(0)
    if order.side is _BUY:
        limit = max(limit, order.new_price)
        return limit if report.price > limit else Price(0)
    limit = min(limit, order.new_price or limit)
    return limit if report.price < limit else Price(0)


def _is_overtaken(order: Order, venue_time: Nanos) -> bool:
    """Whether a fill was taken back before another one that we booked completed the order.

    The order worked at the venue then, for what was taken back too; whether it works still, nobody
    here knows. Compares times of the venue alone; what is over-filled here had room there.
    """
    return order.status is _FILLED and (venue_time < order.venue_time or order.excess > 0)


def _venue(state: State, instrument: InstrumentId) -> str:
    known = state.instruments.get(instrument)
    return known.venue if known is not None else ""


def _fault(order: Order | None, report: VenueBusted | VenueCorrected, reason: str) -> ReportFaulted:
    status = order.status if order is not None else None
    return ReportFaulted(report.order, report.instrument, type(report).__name__, status, reason)


def _bust_problem(order: Order | None, named: OrderId, booked: Execution | None) -> str:
    """Return why an execution cannot be taken back, empty if it can."""
    if order is None:
        return "unknown order"
    if booked is None:
        return "the execution was never booked"
    if booked.move is None and booked.order == named:
        return "it was booked before a split: the position is to be corrected by hand"
    if booked.order != named:
        return f"the execution is of order {booked.order}"
    return "the execution was taken back before" if booked.closed else ""


def _fill_problem(state: State, order: Order | None, report: VenueFilled) -> str:
    """Return why a fill cannot be booked, empty if it can."""
    if order is None:
        return "unknown order"
    if order.instrument != report.instrument:
        return "the order is in another instrument"
    if order.requests == 0:
        return f"the order is {order.status.name}: it never left"
    if report.side is not None and report.side is not order.side:
        return f"the order is a {order.side.name.lower()} order"
    if not report.execution:
        return "it has no execution id"
    return absurd(report.price, report.quantity) or _money_problem(state, order, report)


def _money_problem(state: State, order: Order, report: VenueFilled) -> str:
    """Return why the money of a fill could not be written down, empty if it can."""
    account = state.positions.account(state.strategies[order.strategy].account)
    assert account is not None, "a strategy is only known with its account"
    terms = state.instruments[order.instrument]
    return state.positions.fill_problem(
        account, order.strategy, terms, report.price, report.quantity, report.fee
    )


def absurd(price: int, quantity: int) -> str:
    """Return why a price and a quantity cannot be true, empty if they can."""
    if not 0 < price <= INCREMENTS_MAX or not 0 < quantity <= INCREMENTS_MAX:
        return f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"
    return ""
