"""Positions and cash of a statement held against ours, each as it was when the statement was made.

What a covered section does not list is not there: a position is flat, cash is nothing. A position
is taken back to the `as_of` of the statement by the executions after it (by the venue's clock).
Where something else has moved it since (a correction, by our clock), or an execution is of that
very time, it is *undecided*. So is cash that anything has moved since, and the cash of one venue
where the account trades at several: with us it is not divided between them.
"""

from typing import Final

from fairlead.machine.accounts import Account
from fairlead.machine.differences import Break, Difference, Place
from fairlead.machine.state import State
from fairlead.machine.statements import in_scope
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import Statement
from fairlead.model.terms import BreakKind, Side
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    InstrumentId,
    Money,
    OrderId,
    SignedQuantity,
)

_CASH: Final = BreakKind.CASH_DIFFERS
_POSITION: Final = BreakKind.POSITION_DIFFERS
_BUY: Final = Side.BUY


class Balances:
    """What came of comparing the positions and the cash of a statement."""

    def __init__(self, state: State, statement: Statement, account: Account) -> None:
        """Begin with nothing compared."""
        self.state = state
        self.statement = statement
        self.account = account
        self.lines = 0  # that were compared, of both sides together; a pair is one
        self.differences: list[Difference] = []
        self._gaps: dict[InstrumentId, SignedQuantity] = {}  # theirs less ours, where they differ
        self._open_positions: dict[InstrumentId, bool] = {}  # undecided
        self._open_cash: dict[str, bool] = {}  # undecided

    def compare_positions(self) -> None:
        """Compare the net position of the account in every instrument that is covered."""
        theirs = {line.instrument: line.quantity for line in self.statement.positions or ()}
        after = self._after_statement()
        for terms in self.state.instruments.values():
            if not in_scope(self.statement, terms):
                continue
            number = terms.instrument
            now = self.state.positions.account_net(self.account.account, number)
            if now or number in theirs or number in after:
                self.lines += 1
            if number in self._open_positions:
                continue
            ours = SignedQuantity(now - after.get(number, 0))
            listed = theirs.get(number, SignedQuantity(0))
            if not self._tolerated(number, ours, listed):
                self._gaps[number] = SignedQuantity(listed - ours)
                decimals = terms.quantity_decimals
                texts = (decimal_text(ours, decimals), decimal_text(listed, decimals))
                self._differ(_POSITION, number, "", *texts)

    def compare_cash(self) -> None:
        """Compare the cash of every currency."""
        theirs = {line.currency: line.amount for line in self.statement.cash or ()}
        ours = {ledger.currency: ledger.cash.rounded for ledger in self.account.ledgers()}
        moved = self._currencies_moved()
        for currency in [*ours, *[one for one in sorted(theirs) if one not in ours]]:
            have, listed = ours.get(currency, Money(0)), theirs.get(currency, Money(0))
            if have or currency in theirs:
                self.lines += 1
            if self._is_cash_open(currency, moved):
                self._open_cash[currency] = True
            elif have != listed:
                decimals = self.account.money_decimals
                texts = (decimal_text(have, decimals), decimal_text(listed, decimals))
                self._differ(_CASH, InstrumentId(0), currency, *texts)

    def gap(self, instrument: InstrumentId) -> SignedQuantity:
        """Return by how much their position is above ours, where it differs."""
        return self._gaps[instrument]

    def decides(self, known: Break) -> bool:
        """Whether the statement would show the difference of a break if it were still there."""
        if known.kind is _CASH:
            return self.statement.cash is not None and known.item not in self._open_cash
        return (
            self.statement.positions is not None
            and known.instrument not in self._open_positions
            and in_scope(self.statement, self.state.instruments[known.instrument])
        )

    def _after_statement(self) -> dict[InstrumentId, int]:
        """Return what executions after the statement have moved; remember what is undecided."""
        state, as_of, account = self.state, self.statement.as_of, self.account.account
        coverage = state.reconciliation.coverage
        for number in state.instruments:
            if coverage.moved(account, number) > as_of:
                self._open_positions[number] = True
        after: dict[InstrumentId, int] = {}
        for _, execution in coverage.booked(account, self.statement.venue):
            if execution.venue_time < as_of:
                continue
            number = execution.instrument
            order = state.orders.get(execution.order)
            assert order is not None, "what is booked is of an order of ours"
            signed = execution.quantity if order.side is _BUY else -execution.quantity
            after[number] = after.get(number, 0) + signed
            if execution.venue_time == as_of:
                self._open_positions[number] = True
        return after

    def _tolerated(
        self, instrument: InstrumentId, ours: SignedQuantity, theirs: SignedQuantity
    ) -> bool:
        reconciliation = self.state.reconciliation
        gap = abs(ours - theirs)
        own = reconciliation.tolerances.get(instrument)
        if own is not None:
            return gap <= own
        return gap * BASIS_POINTS_UNIT <= reconciliation.policy.tolerance * abs(ours)

    def _currencies_moved(self) -> dict[str, bool]:
        """Return the currencies in which executions after the statement are booked."""
        coverage = self.state.reconciliation.coverage
        return {
            self.state.instruments[execution.instrument].currency: True
            for _, execution in coverage.booked(self.account.account, "")
            if execution.venue_time >= self.statement.as_of
        }

    def _is_cash_open(self, currency: str, moved: dict[str, bool]) -> bool:
        """Whether the statement cannot say anything about the cash of a currency."""
        statement, account = self.statement, self.account.account
        coverage = self.state.reconciliation.coverage
        if currency in moved or coverage.cash_moved(account, currency) > statement.as_of:
            return True
        return statement.venue != "" and coverage.trades_elsewhere(account, statement.venue)

    def _differ(
        self, kind: BreakKind, instrument: InstrumentId, item: str, ours: str, theirs: str
    ) -> None:
        place: Place = (kind, self.account.account, instrument, OrderId(0), item, 0)
        self.differences.append(Difference(place, ours, theirs))
