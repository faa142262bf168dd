"""The orders and executions of a statement held against ours, over the union of both sides.

Nothing is changed here. A section that is None is not covered, and proves nothing; in one that is,
what is not listed is not there.

A statement is as of a time of the venue's clock (`as_of`). What the venue reported at that time or
after (`venue_time`, the same clock), and an order that changed after it (by our clock), is not held
against it: it is *undecided*, and neither opens a break nor closes one. What is in flight is
undecided as far as it is in flight: an order that is not yet answered need not be listed, and with
an unanswered replace it may have its old terms or the new ones.
"""

from typing import Final

from fairlead.machine.accounts import Account
from fairlead.machine.coverage import NEVER_MOVED
from fairlead.machine.differences import Break, Difference, Place
from fairlead.machine.executions import Execution, ExecutionKey
from fairlead.machine.orders import Order
from fairlead.machine.state import State
from fairlead.machine.statements import all_fills_since, fill_key, in_scope, order_of
from fairlead.machine.wording import fill_text, line_text, order_text
from fairlead.model.inputs import Statement
from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import BreakKind, OrderType, Side, Status
from fairlead.model.units import (
    InstrumentId,
    Nanos,
    OrderId,
)

_OF_ORDERS: Final = (
    BreakKind.ORDER_NOT_AT_VENUE,
    BreakKind.ORDER_NOT_OURS,
    BreakKind.ORDER_DIFFERS,
)
_OF_FILLS: Final = (BreakKind.FILL_NOT_AT_VENUE, BreakKind.FILL_DIFFERS)
_IN_FLIGHT: Final = (Status.SENT, Status.CANCEL_PENDING, Status.REPLACE_PENDING)
_UNKNOWN: Final = Status.UNKNOWN
_LIMITED: Final = (OrderType.LIMIT, OrderType.STOP_LIMIT)  # whose price is ours to say
TERMS: Final = "terms"  # the item of a break about the terms of an order
CUMULATIVE: Final = "cumulative"  # and of one about how much of it is filled in all
NOT_LISTED: Final = "not listed"
_NOT_KNOWN: Final = "not known"


class Comparison:
    """What came of comparing the working orders and the executions of a statement."""

    def __init__(self, state: State, statement: Statement, account: Account) -> None:
        """Begin with nothing compared, before anything is booked from the statement."""
        self.state = state
        self.statement = statement
        self.account = account
        self.lines = 0  # that were compared, of both sides together; a pair is one
        self.differences: list[Difference] = []
        self.agreed: list[ExecutionKey] = []  # executions that both sides have
        self._judged: dict[OrderId, bool] = {}  # listed orders, and whether they agree
        self._undecided: dict[OrderId, bool] = {}
        self._listed: dict[ExecutionKey, bool] = {}
        self._changed_since: dict[OrderId, bool] = {}  # orders
        for order in state.orders.all_working():
            if order.updated > statement.as_of:
                self._changed_since[order.order] = True

    # --- working orders ---

    def compare_orders(
        self, matched: dict[OrderId, StatementOrder], strangers: list[StatementOrder]
    ) -> None:
        """Compare the working orders; `matched` and `strangers` are the lines."""
        state = self.state
        working = [order for order in state.orders.all_working() if self._is_ours(order)]
        listed = [state.orders.get(number) for number in matched]
        also = [order for order in listed if order is not None and not order.working]
        for order in [*working, *also]:
            self.lines += 1
            line = matched.get(order.order)
            if self._is_open_question(order) or (line is None and order.status in _IN_FLIGHT):
                self._undecided[order.order] = True
            elif line is None:
                self._differ_order(BreakKind.ORDER_NOT_AT_VENUE, order, "", NOT_LISTED)
            else:
                agrees = order.working and _same_terms(order, line)
                self._judged[order.order] = agrees
                if not agrees:
                    theirs = line_text(self._terms(order.instrument), line)
                    self._differ_order(BreakKind.ORDER_DIFFERS, order, TERMS, theirs)
        for line in strangers:
            self.lines += 1
            item = line.venue_order or line.client_order or f"order {line.order}"
            theirs = line_text(self._terms(line.instrument), line)
            self._differ(
                BreakKind.ORDER_NOT_OURS, line.instrument, OrderId(0), item, _NOT_KNOWN, theirs
            )

    def _is_open_question(self, order: Order) -> bool:
        """Whether the statement cannot say anything about an order."""
        if order.status is _UNKNOWN or order.venue_time >= self.statement.as_of:
            return True
        if order.order in self._changed_since:
            return True
        return not order.working and order.updated > self.statement.as_of

    def _is_ours(self, order: Order) -> bool:
        account = self.state.strategies[order.strategy].account
        return account == self.account.account and in_scope(
            self.statement, self._terms(order.instrument)
        )

    # --- executions ---

    def compare_fills(self, lines: tuple[StatementFill, ...]) -> None:
        """Compare the executions that are booked. One that is not, is quarantined or explained."""
        state, statement = self.state, self.statement
        for line in lines:
            key = fill_key(state, line)
            self._listed[key] = True
            self.lines += 1
            booked = state.executions.get(key)
            if booked is not None:
                self._compare_fill(key, booked, line)
        coverage = state.reconciliation.coverage
        for key, execution in coverage.booked(self.account.account, statement.venue):
            if key not in self._listed and self._in_period(execution.venue_time):
                self.lines += 1
                ours = self._execution_text(execution)
                self._miss_fill(key, execution, ours)

    def _compare_fill(self, key: ExecutionKey, booked: Execution, line: StatementFill) -> None:
        problem = self._fill_problem(booked, line)
        if not problem:
            self.agreed.append(key)
            return
        order, price, quantity, fee = booked.order, booked.price, booked.quantity, booked.fee
        terms = self._terms(line.instrument)
        side = self._side(order)
        ours = fill_text(terms, side, price, quantity, fee)
        theirs = fill_text(terms, line.side, line.price, line.quantity, line.fee)
        place: Place = (
            BreakKind.FILL_DIFFERS,
            self.account.account,
            line.instrument,
            order,
            line.execution,
            line.session_date,
        )
        more = "" if ours != theirs else f", {problem}"
        self.differences.append(Difference(place, ours + more, theirs, line.venue_time))

    def _fill_problem(self, booked: Execution, line: StatementFill) -> str:
        """Return how an execution that both sides have differs, empty if it does not."""
        number = booked.order
        if booked.closed and self._was_taken_back(line):
            return "and taken back"
        if (booked.price, booked.quantity, booked.fee) != (line.price, line.quantity, line.fee):
            return "other figures"
        side = self._side(number)
        if side is not None and side is not line.side:
            return "the other side"
        named = order_of(self.state, self.account.account, line)
        if number and named is not None and named.order != number:
            return f"of order {number}"
        mine = self.state.orders.get(number)
        if mine is not None and not self._is_ours(mine):
            return "of another account"
        return ""

    def _was_taken_back(self, line: StatementFill) -> bool:
        """Whether an execution that cannot be taken back any more was taken back.

        One from before a split may be closed for that alone.
        """
        reconciliation = self.state.reconciliation
        if line.venue_time <= reconciliation.units_changed.get(line.instrument, NEVER_MOVED):
            return False
        moved = reconciliation.coverage.moved(self.account.account, line.instrument)
        return moved < self.statement.as_of

    def _in_period(self, time: Nanos) -> bool:
        """Whether the statement would list an execution of this time."""
        since = self.statement.fills_since
        return (since < time or since == 0) and time < self.statement.as_of

    # --- what follows for the breaks that are open ---

    def decides(self, known: Break) -> bool:
        """Whether the statement would show the difference of a break if it were still there."""
        statement = self.statement
        terms = self.state.instruments.get(known.instrument)
        if terms is None or not in_scope(statement, terms):
            return False
        if known.item == CUMULATIVE:
            return self._counts_the_same(known.order)
        if known.kind in _OF_ORDERS:
            return statement.orders is not None and known.order not in self._undecided
        if known.kind in _OF_FILLS and statement.fills is not None:
            key = (terms.venue, known.session_date, known.item)
            return key in self._listed or self._in_period(known.venue_time)
        return False

    def _counts_the_same(self, number: OrderId) -> bool:
        """Whether the venue counts as much of an order as filled as we do."""
        order = self.state.orders.get(number)
        assert order is not None, "a break about a count is about an order"
        if order.filled == order.cumulative or self._judged.get(number, False):
            return True
        over = not order.live and order.venue_time < self.statement.as_of
        return over and all_fills_since(self.state, self.statement, order)

    # --- how a difference is written ---

    def _differ_order(self, kind: BreakKind, order: Order, item: str, theirs: str) -> None:
        ours = order_text(self._terms(order.instrument), order)
        self._differ(kind, order.instrument, order.order, item, ours, theirs)

    def _miss_fill(self, key: ExecutionKey, booked: Execution, ours: str) -> None:
        _, date, item = key
        account, kind = self.account.account, BreakKind.FILL_NOT_AT_VENUE
        place: Place = (kind, account, booked.instrument, booked.order, item, date)
        self.differences.append(Difference(place, ours, NOT_LISTED, booked.venue_time))

    def _differ(
        self,
        kind: BreakKind,
        instrument: InstrumentId,
        order: OrderId,
        item: str,
        ours: str,
        theirs: str,
    ) -> None:
        place: Place = (kind, self.account.account, instrument, order, item, 0)
        self.differences.append(Difference(place, ours, theirs))

    def _execution_text(self, execution: Execution) -> str:
        side = self._side(execution.order)
        terms = self._terms(execution.instrument)
        return fill_text(terms, side, execution.price, execution.quantity, execution.fee)

    def _side(self, number: OrderId) -> Side | None:
        order = self.state.orders.get(number)
        return None if order is None else order.side

    def _terms(self, instrument: InstrumentId) -> Instrument:
        return self.state.instruments[instrument]


def _same_terms(order: Order, line: StatementOrder) -> bool:
    """Whether an order works as a line says; under a replace that is not answered: either way."""
    if line.side is not order.side or line.filled != order.filled:
        return False
    own_price = order.sent_type in _LIMITED
    now = line.quantity == order.quantity and (not own_price or line.price == order.price)
    if now or not order.new_quantity:
        return now
    return line.quantity == order.new_quantity and (not own_price or line.price == order.new_price)
