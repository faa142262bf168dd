"""Rows of fills: each execution once, by venue, session date and its id there."""

from typing import Any, NamedTuple

from fairlead.model.inputs import Statement, VenueBusted, VenueCorrected, VenueFilled
from fairlead.model.outputs import FillBusted, OrderFilled
from fairlead.model.statements import StatementFill
from fairlead.readers.sql.entries import AppliedEntry, times
from fairlead.readers.sql.knowledge import Knowledge
from fairlead.readers.sql.tables import FILLS
from fairlead.readers.sql.workspace import Row, Workspace, number, text


class _Said(NamedTuple):
    """When an execution was, as the venue says."""

    session_date: int
    venue_time: int


class FillRows:
    """Follows executions that are booked, and those that are taken back."""

    def __init__(self, workspace: Workspace, knowledge: Knowledge) -> None:
        """Write into a workspace."""
        self._rows = workspace
        self._knowledge = knowledge
        self._lines: list[StatementFill] = []  # of the statement at hand that are not booked yet
        self._last_date = 0  # of the execution that was booked or taken back last

    def begin(self, entry: AppliedEntry) -> None:
        """Take what says when the executions of an entry were."""
        input = entry.input
        self._lines = []
        if isinstance(input, Statement):
            self._lines = sorted(input.fills or (), key=_order_of_booking)

    def filled(self, entry: AppliedEntry, order: Row, position: int, fact: OrderFilled) -> Row:
        """Add the row of an execution, and return it."""
        terms = self._knowledge.instrument(fact.instrument)
        assert terms is not None, "a fill is in an instrument that is known"
        said = self._said(entry, fact)
        self._last_date = number(said.session_date)
        row = {
            "fill_id": entry.event_id(position),
            "order_id": fact.order,
            "strategy_id": fact.strategy,
            "account_id": order["account_id"],
            "instrument_id": fact.instrument,
            "symbol": terms.symbol,
            "side": fact.side.name.lower(),
            "fill_quantity": fact.quantity,
            "fill_price": fact.price,
            "commission": fact.fee,
            "currency": terms.currency,
            "liquidity": fact.liquidity.name.lower(),
            "venue": terms.venue,
            "session_date": number(said.session_date),
            "exec_id": fact.execution,
            **entry.at("fill_time"),
            **times("venue_time", said.venue_time),
            "sequence": entry.sequence,
            "busted_sequence": None,
            **times("busted_at", 0),
            "busted_reason": None,
        }
        return self._rows.add(FILLS, row)

    def busted(self, entry: AppliedEntry, fact: FillBusted) -> Row:
        """Say of a fill that it was taken back, and return its row."""
        standing = FILLS.c.busted_sequence.is_(None)
        named = (
            FILLS.c.order_id == fact.order,
            FILLS.c.exec_id == text(fact.execution),
        )
        found = self._rows.find(FILLS, *named, standing)
        assert found, f"execution {fact.execution} of order {fact.order} was booked before"
        date = self._busted_date(entry)
        row = next((one for one in found if one["session_date"] == date), found[-1])
        self._last_date = row["session_date"]
        self._rows.change(
            FILLS,
            row,
            busted_sequence=entry.sequence,
            **entry.at("busted_at"),
            busted_reason=fact.reason,
        )
        return row

    def _said(self, entry: AppliedEntry, fact: OrderFilled) -> _Said:
        input = entry.input
        if isinstance(input, VenueFilled) and input.execution == fact.execution:
            return _Said(input.session_date, input.venue_time)
        if isinstance(input, VenueCorrected) and input.execution == fact.execution:
            return _Said(input.session_date, input.venue_time)
        for line in self._lines:
            if _is_line_of(line, fact):
                self._lines.remove(line)
                return _Said(line.session_date, line.venue_time)
        # A correction that had overtaken what it corrects: both are of the same trading day.
        return _Said(self._last_date, 0)

    def _busted_date(self, entry: AppliedEntry) -> int:
        if isinstance(entry.input, VenueBusted | VenueCorrected):
            return number(entry.input.session_date)
        return self._last_date


def _order_of_booking(line: StatementFill) -> tuple[Any, ...]:
    return (line.venue_time, line.session_date, line.execution, line.instrument)


def _is_line_of(line: StatementFill, fact: OrderFilled) -> bool:
    says = (line.instrument, line.execution, line.side, line.price, line.quantity, line.fee)
    return says == (
        fact.instrument,
        fact.execution,
        fact.side,
        fact.price,
        fact.quantity,
        fact.fee,
    )
