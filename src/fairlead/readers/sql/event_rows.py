"""Rows that are only ever added: events of orders, refusals, what people did, and faults."""

from typing import Any, Final

from fairlead.model.inputs import BookOrder, Statement
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakOpened,
    ChangeProposed,
    FillDiscarded,
    FillIgnored,
    FillQuarantined,
    InputRefused,
    OrderRefused,
    Output,
    ReportFaulted,
)
from fairlead.readers.sql.entries import MACHINE, AppliedEntry
from fairlead.readers.sql.tables import ACTIONS, FAULTS, ORDER_EVENTS, REFUSALS
from fairlead.readers.sql.workspace import Row, Workspace, number

_FAULTS: Final = (
    ReportFaulted,
    FillQuarantined,
    FillIgnored,
    FillDiscarded,
    InputRefused,
    BreakOpened,
    BreakChanged,
    BreakClosed,
)


class EventRows:
    """Follows everything, and keeps what is to be kept as it was said."""

    def __init__(self, workspace: Workspace) -> None:
        """Write into a workspace."""
        self._rows = workspace

    def about(self, entry: AppliedEntry, row: Row, position: int) -> None:
        """Add the input (0) or one of the outputs as an event of an order."""
        record: Any = entry.outputs[position - 1] if position else entry.input
        event = {
            "event_id": entry.event_id(position),
            "order_id": row["order_id"],
            "sequence": entry.sequence,
            "position": position,
            "event_type": type(record).__name__,
            "event_data": entry.document(record),
            **entry.at("event_time"),
            "user_id": MACHINE if position else entry.actor(row["venue"]),
        }
        self._rows.insert(ORDER_EVENTS, event)

    def follow(self, entry: AppliedEntry) -> None:
        """Take one entry."""
        person = getattr(entry.input, "person", None)
        if person is not None:
            self._action(entry, str(person))
        for position, output in enumerate(entry.outputs, 1):
            if isinstance(output, OrderRefused):
                self._refusal(entry, position, output)
            elif isinstance(output, _FAULTS):
                self._fault(entry, position, output)

    def _action(self, entry: AppliedEntry, person: str) -> None:
        proposed = [one.number for one in entry.outputs if isinstance(one, ChangeProposed)]
        row = {
            "sequence": entry.sequence,
            "action": type(entry.input).__name__,
            "person": person,
            "reason": str(getattr(entry.input, "reason", "")),
            "refused": entry.refused,
            "proposal": proposed[0] if proposed else None,
            "data": entry.document(entry.input),
            **entry.at("event_time"),
        }
        self._rows.insert(ACTIONS, row)

    def _refusal(self, entry: AppliedEntry, position: int, fact: OrderRefused) -> None:
        for place, failed in enumerate(entry.document(fact)["failed"]):
            row = {
                "event_id": entry.event_id(position),
                "number": place,
                "order_id": number(fact.order),
                "strategy_id": number(fact.strategy),
                "instrument_id": number(fact.instrument),
                "request": fact.request,
                "check_name": failed["check"],
                "measured": _text(failed["measured"]),
                "limit_value": _text(failed["limit"]),
                "unit": failed["unit"],
                "scope": failed["scope"],
                "sequence": entry.sequence,
                **entry.at("event_time"),
            }
            self._rows.insert(REFUSALS, row)

    def _fault(self, entry: AppliedEntry, position: int, fact: Output) -> None:
        said: Any = fact
        row = {
            "event_id": entry.event_id(position),
            "kind": type(fact).__name__,
            "order_id": number(getattr(said, "order", 0)) or None,
            "instrument_id": number(getattr(said, "instrument", 0)) or None,
            "reason": str(getattr(said, "reason", "") or getattr(said, "cause", "")),
            "data": entry.document(fact),
            "sequence": entry.sequence,
            **entry.at("event_time"),
        }
        self._rows.insert(FAULTS, row)


def named_order(record: Any) -> int:
    """Return the order that an input or output is about, 0 if it is about none."""
    if isinstance(record, Statement):
        return 0  # about many: what follows from it is told for each
    if isinstance(record, BookOrder):
        return 0  # about one of anybody's in the market: its number is not ours
    approved = getattr(record, "approved", record)
    return int(getattr(approved, "order", 0))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
