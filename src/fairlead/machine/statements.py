"""Statements as they come: whether one can be true, and which of our orders its lines mean.

Nothing here changes anything. A statement with one line that cannot be true is not believed at all:
who writes nonsense in one place may have left out another.
"""

from typing import Final

from fairlead.machine.executions import ExecutionKey
from fairlead.machine.orders import Order
from fairlead.machine.state import State
from fairlead.model.inputs import Statement
from fairlead.model.instruments import Instrument
from fairlead.model.statements import (
    StatementCash,
    StatementFill,
    StatementOrder,
    StatementPosition,
)
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    NANOS_PER_SECOND,
    AccountId,
    InstrumentId,
    Nanos,
    OrderId,
)

# A clock that is further ahead is no clock; a statement of the future would silence all until then.
AHEAD_MAX: Final = Nanos(86_400 * NANOS_PER_SECOND)


def statement_problem(state: State, statement: Statement, time: Nanos) -> str:
    """Return why a statement is not to be believed, with the place; empty if it is."""
    return (
        _scope_problem(state, statement)
        or _time_problem(state, statement, time)
        or _orders_problem(state, statement)
        or _fills_problem(state, statement)
        or _positions_problem(state, statement)
        or _cash_problem(statement)
    )


def in_scope(statement: Statement, instrument: Instrument) -> bool:
    """Whether a statement speaks of an instrument."""
    return statement.venue in ("", instrument.venue)


def fill_key(state: State, line: StatementFill) -> ExecutionKey:
    """Return what the execution of a line is known by."""
    return (state.instruments[line.instrument].venue, line.session_date, line.execution)


def order_of(
    state: State, account: AccountId, line: StatementOrder | StatementFill
) -> Order | None:
    """Return the order of an account that a line names by any of its ids, None if none is ours.

    Our number goes before our client order id, and that before the venue's id, which venues may use
    again. An order in another instrument is not the one that is meant.
    """
    order = state.orders.get(line.order) if line.order else None
    if order is None and line.client_order:
        order = state.orders.by_client(line.client_order)
    if order is None and line.venue_order:
        venue = state.instruments[line.instrument].venue
        order = state.orders.by_venue(venue, line.venue_order)
    if order is None or order.instrument != line.instrument:
        return None
    return order if state.strategies[order.strategy].account == account else None


def all_fills_since(state: State, statement: Statement, order: Order) -> bool:
    """Whether a statement, and those that agreed before it, show every fill of an order."""
    if statement.fills is None:
        return False
    coverage = state.reconciliation.coverage
    venue = state.instruments[order.instrument].venue
    agreed = max(coverage.agreed(statement.account, one) for one in ("", venue))
    return statement.fills_since <= max(order.time, agreed)


def match_orders(
    state: State, statement: Statement
) -> tuple[dict[OrderId, StatementOrder], list[StatementOrder]]:
    """Return the lines of working orders by our orders, and those of orders that are not ours.

    Two lines may mean one order of ours. The one that has its present id at the venue is its own;
    the other one is a stranger.
    """
    matched: dict[OrderId, StatementOrder] = {}
    strangers: list[StatementOrder] = []
    for line in sorted(statement.orders or (), key=order_line_key):
        order = order_of(state, statement.account, line)
        if order is None:
            strangers.append(line)
        elif order.order not in matched:
            matched[order.order] = line
        elif line.venue_order and line.venue_order == order.venue_order:
            strangers.append(matched[order.order])
            matched[order.order] = line
        else:
            strangers.append(line)
    return matched, strangers


def order_line_key(line: StatementOrder) -> tuple[InstrumentId, OrderId, str, str]:
    """Return what the line of a working order is known by."""
    return (line.instrument, line.order, line.client_order, line.venue_order)


def _scope_problem(state: State, statement: Statement) -> str:
    if state.positions.account(statement.account) is None:
        return f"account {statement.account} is not known: define it before its statements"
    if statement.venue == "":
        return ""
    for instrument in state.instruments.values():
        if instrument.venue == statement.venue:
            return ""
    return f"no instrument is of venue {statement.venue!r}: leave it empty for a broker's statement"


def _time_problem(state: State, statement: Statement, time: Nanos) -> str:
    if statement.as_of < 0 or statement.fills_since < 0:
        return "as_of or fills_since is negative: give nanoseconds since 1970"
    if statement.as_of > time + AHEAD_MAX:
        return f"as_of is {statement.as_of}, more than a day after {time}: give nanoseconds"
    if statement.fills is not None and statement.fills_since > statement.as_of:
        return f"fills_since is {statement.fills_since}, after as_of, {statement.as_of}"
    made = state.reconciliation.coverage.made(statement.account, statement.venue)
    if statement.as_of < made:
        return f"as_of is {statement.as_of}, and one of {made} was reconciled: bring a newer one"
    return ""


def _orders_problem(state: State, statement: Statement) -> str:
    seen: dict[tuple[InstrumentId, OrderId, str, str], bool] = {}
    for number, line in enumerate(statement.orders or ()):
        problem = _instrument_problem(state, statement, line.instrument) or _order_problem(line)
        if not problem and order_line_key(line) in seen:
            problem = "the order stands in another line already"
        if problem:
            return f"orders[{number}]: {problem}"
        seen[order_line_key(line)] = True
    return ""


def _order_problem(line: StatementOrder) -> str:
    if not (line.order or line.client_order or line.venue_order):
        return "it names no order: give order, client_order or venue_order"
    if not 0 < line.quantity <= INCREMENTS_MAX or not 0 <= line.filled <= line.quantity:
        return f"expected 0 <= filled <= quantity, quantity between 1 and {INCREMENTS_MAX}"
    if not 0 <= line.price <= INCREMENTS_MAX:
        return f"price is not between 0 and {INCREMENTS_MAX} increments"
    return ""


def _fills_problem(state: State, statement: Statement) -> str:
    seen: dict[ExecutionKey, bool] = {}
    for number, line in enumerate(statement.fills or ()):
        problem = _instrument_problem(state, statement, line.instrument) or _fill_problem(line)
        if not problem and fill_key(state, line) in seen:
            problem = f"execution {line.execution} stands in another line already"
        if problem:
            return f"fills[{number}]: {problem}"
        seen[fill_key(state, line)] = True
    return ""


def _fill_problem(line: StatementFill) -> str:
    if not line.execution:
        return "it has no execution id"
    if not 0 < line.price <= INCREMENTS_MAX or not 0 < line.quantity <= INCREMENTS_MAX:
        return f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"
    if abs(line.fee) > MONEY_MAX:
        return f"fee is beyond {MONEY_MAX} units"
    if line.session_date <= 0 or line.venue_time < 0:
        return "session_date is no yyyymmdd, or venue_time is negative"
    return ""


def _positions_problem(state: State, statement: Statement) -> str:
    seen: dict[InstrumentId, StatementPosition] = {}
    for number, line in enumerate(statement.positions or ()):
        problem = _instrument_problem(state, statement, line.instrument)
        if not problem and abs(line.quantity) > INCREMENTS_MAX:
            problem = f"quantity is beyond {INCREMENTS_MAX} increments"
        if not problem and line.instrument in seen:
            problem = "the instrument stands in another line already"
        if problem:
            return f"positions[{number}]: {problem}"
        seen[line.instrument] = line
    return ""


def _cash_problem(statement: Statement) -> str:
    seen: dict[str, StatementCash] = {}
    for number, line in enumerate(statement.cash or ()):
        problem = ""
        if not line.currency:
            problem = "it names no currency"
        elif abs(line.amount) > MONEY_MAX:
            problem = f"amount is beyond {MONEY_MAX} units"
        elif line.currency in seen:
            problem = f"{line.currency} stands in another line already"
        if problem:
            return f"cash[{number}]: {problem}"
        seen[line.currency] = line
    return ""


def _instrument_problem(state: State, statement: Statement, number: InstrumentId) -> str:
    instrument = state.instruments.get(number)
    if instrument is None:
        return f"instrument {number} is not known: define it first"
    if not in_scope(statement, instrument):
        return f"{instrument.symbol} is not of venue {statement.venue}"
    return ""
