"""What a statement proves: executions that we missed, and outcomes that were not known.

An execution is booked as the venue would have reported it. What cannot be booked is quarantined.
"""

from typing import Final

from fairlead.machine import breaks, resolution
from fairlead.machine.executions import ExecutionKey
from fairlead.machine.fills import filled
from fairlead.machine.orders import Order
from fairlead.machine.state import DEFAULT_POLICY, State
from fairlead.machine.statements import all_fills_since, fill_key, in_scope, order_of
from fairlead.machine.wording import fill_text
from fairlead.model.inputs import Statement, VenueFilled
from fairlead.model.outputs import Output
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import BreakKind, BreakState, Status
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId

_UNKNOWN: Final = Status.UNKNOWN
_RESOLVED: Final = BreakState.RESOLVED
_BOOKED: Final = "booked from the statement"


def book_missed(
    state: State,
    statement: Statement,
    lines: tuple[StatementFill, ...],
    time: Nanos,
    outputs: list[Output],
) -> tuple[int, int]:
    """Book what we do not have; return how many, and how many could not be booked."""
    booked = unexplained = 0
    for line in lines:
        key = fill_key(state, line)
        if key in state.executions or _is_settled(state, key, line):
            continue
        if _book(state, statement.account, line, time, outputs):
            booked += 1
        else:
            unexplained += 1
    return booked, unexplained


def resolve_unknown(
    state: State,
    statement: Statement,
    matched: dict[OrderId, StatementOrder],
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Let evidence end the UNKNOWN of orders: listed they work, else they are gone.

    They are gone only by a statement of orders and of every fill since before the order was sent,
    and that was made when the venue must have had it, if it ever got it.
    """
    if statement.orders is None or statement.fills is None:
        return
    for order in state.orders.all_working():
        terms = state.instruments[order.instrument]
        mine = state.strategies[order.strategy].account == statement.account
        if order.status is not _UNKNOWN or not mine or not in_scope(statement, terms):
            continue
        policy = state.policy_of(order) or DEFAULT_POLICY
        made = min(statement.as_of, time)  # the venue's clock may be ahead of ours
        if made <= order.unknown_since + policy.answer_timeout:
            continue
        line = matched.get(order.order)
        if line is not None:
            state.orders.name(order, terms.venue, line.venue_order)
            if order.new_quantity:
                has = (line.quantity, line.price)
                resolution.settle_replace(state, order, *has, statement.as_of, outputs)
            resolution.resolve(state, order, Status.OPEN, "statement", time, outputs)
        elif all_fills_since(state, statement, order):
            resolution.resolve(state, order, Status.CANCELED, "statement", time, outputs)


def _is_settled(state: State, key: ExecutionKey, line: StatementFill) -> bool:
    """Whether a person has explained just this execution, and not another one of its id."""
    says = (line.instrument, line.price, line.quantity, line.fee)
    return any(
        says == (one.instrument, one.price, one.quantity, one.fee)
        for one in state.reconciliation.settled.get(key, [])
    )


def fill_order(line: StatementFill) -> tuple[Nanos, int, str, InstrumentId]:
    """Return where an execution stands in time, whatever the order of the lines."""
    return (line.venue_time, line.session_date, line.execution, line.instrument)


def _book(
    state: State,
    account: AccountId,
    line: StatementFill,
    time: Nanos,
    outputs: list[Output],
) -> bool:
    """Book an execution if it can be one of ours; return False if it is quarantined instead."""
    order = order_of(state, account, line)
    report = _report(line, line.order if order is None else order.order)
    if order is None:
        reason = f"the statement names no order of this account that we know{_names(line)}"
        breaks.quarantine(state, report, reason, time, outputs, account)
        return False
    if order.side is not line.side:
        reason = f"order {order.order} is a {order.side.name.lower()} order"
        breaks.quarantine(state, report, reason, time, outputs, account)
        return False
    answers: list[Output] = []
    filled(state, report, time, answers)
    if fill_key(state, line) not in state.executions:
        outputs.extend(answers)
        return False
    number = _open_missed(state, order, account, line, time, outputs)
    outputs.extend(answers)
    breaks.close_break(state, number, _RESOLVED, _BOOKED, outputs)
    return True


def _open_missed(
    state: State,
    order: Order,
    account: AccountId,
    line: StatementFill,
    time: Nanos,
    outputs: list[Output],
) -> int:
    terms = state.instruments[line.instrument]
    theirs = fill_text(terms, line.side, line.price, line.quantity, line.fee)
    place = (account, line.instrument, order.order, line.execution)
    kind = BreakKind.FILL_MISSED
    return breaks.open_break(
        state, kind, *place, "not booked", theirs, time, outputs, line.session_date
    )


def _names(line: StatementFill) -> str:
    """Return the ids under which a statement has an order."""
    client = f", client order {line.client_order!r}" if line.client_order else ""
    return f"{client}, venue order {line.venue_order!r}" if line.venue_order else client


def _report(line: StatementFill, order: OrderId) -> VenueFilled:
    return VenueFilled(
        order,
        line.instrument,
        line.execution,
        line.session_date,
        line.price,
        line.quantity,
        line.fee,
        line.liquidity,
        line.venue_time,
        None,
        line.side,
    )
