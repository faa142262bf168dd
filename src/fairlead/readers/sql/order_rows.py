"""Rows of orders: what became of each, from the facts alone, by the machine's own table of steps.

Two things no fact tells, and no row says: the quantity of a held order that its group has made
smaller, until it leaves; and where the trigger of a trailing stop stands.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from fairlead.machine.lifecycle import NEXT_STATUS, WORKING, Event
from fairlead.model.actions import Approved
from fairlead.model.inputs import (
    CashDividend,
    InstrumentSplit,
    Statement,
    SubmitRequest,
    VenueAccepted,
    VenueOrderStatus,
    VenueReplaced,
)
from fairlead.model.outputs import (
    CancelOrder,
    CancelRejected,
    FillBusted,
    InstrumentAdjusted,
    OrderAccepted,
    OrderCanceled,
    OrderDoneForDay,
    OrderExpired,
    OrderFilled,
    OrderHeld,
    OrderRefused,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderResumed,
    OrderRetried,
    OrderSuspended,
    OrderTriggered,
    OrderUnknown,
    ReplaceOrder,
    ReplaceRejected,
    SendOrder,
)
from fairlead.model.statements import StatementOrder
from fairlead.model.terms import Contingency, OrderType, Side, Status, TimeInForce
from fairlead.model.units import divide_half_even
from fairlead.readers.sql.entries import AppliedEntry, times
from fairlead.readers.sql.knowledge import Knowledge
from fairlead.readers.sql.tables import ORDERS
from fairlead.readers.sql.workspace import Row, Workspace, number

# Checks of the names in a request: one that fails them was never an order, and uses up no number.
NO_ORDER: Final = (
    "strategy_known",
    "instrument_known",
    "order_id_new",
    "account_currency",
    "account_money_decimals",
)
_LIVE: Final = (*WORKING, Status.HELD)
_AT_VENUE: Final = (Status.OPEN, Status.TRIGGERED, Status.SUSPENDED, Status.DONE_FOR_DAY)
_CLIENT: Final = re.compile(r"\d+-(\d+)-\d+", re.ASCII)
_NO_CONDITIONS: Final[dict[str, Any]] = {
    "stop_price": None,
    "display_quantity": None,
    "reduce_only": False,
    **times("expires_at", 0),
    "after_order_id": None,
    "group_id": None,
    "contingency": Contingency.NONE.name.lower(),
    "decision_price": None,
}


class OrderRows:
    """Follows requests and facts about orders."""

    def __init__(self, workspace: Workspace, knowledge: Knowledge) -> None:
        """Write into a workspace."""
        self._rows = workspace
        self._knowledge = knowledge

    def get(self, order: int) -> Row | None:
        """Return the row of an order, None if there is none."""
        return self._rows.get(ORDERS, order) if 0 < order == number(order) else None

    def begin(self, entry: AppliedEntry) -> None:
        """Make the row of an order that is asked for; take what an input alone says."""
        input = entry.input
        match input:
            case SubmitRequest():
                if not _is_no_order(entry, input):
                    self._request(entry, input)
            case VenueAccepted():
                row = self.get(input.order)
                if row is not None and _follows(row, Event.ACCEPTED):
                    self._name(row, input.instrument, input.venue_order)
            case VenueOrderStatus() if input.found:
                row = self.get(input.order)
                if row is not None:
                    self._name(row, input.instrument, input.venue_order)

    def take(self, entry: AppliedEntry, output: Any) -> None:
        """Take one output."""
        step = _STEPS.get(type(output))
        if step is not None:
            step(self, entry, output)

    # --- new rows ---

    def _request(self, entry: AppliedEntry, request: SubmitRequest) -> None:
        terms = self._knowledge.instrument(request.instrument)
        assert terms is not None, "an order is in an instrument that is known"
        row = self._new(entry, request, "", terms.symbol, terms.venue)
        row |= {
            "stop_price": request.trigger_price or None,
            "display_quantity": request.display_quantity or None,
            "reduce_only": request.reduce_only,
            **times("expires_at", request.expire_time),
            "after_order_id": number(request.after) or None,
            "group_id": number(request.group) or None,
            "contingency": request.contingency.name.lower(),
            "decision_price": request.decision_price or None,
            "tag": request.tag,
            "reason": request.reason,
            "trader": request.trader or row["trader"],
        }
        self._rows.add(ORDERS, row)

    def _closing(self, entry: AppliedEntry, approved: Approved) -> Row:
        """Make the row of an order that the machine has made: it closes a position after a kill."""
        terms = self._knowledge.instrument(approved.instrument)
        assert terms is not None, "an order is in an instrument that is known"
        row = self._new(entry, approved, "kill", terms.symbol, terms.venue)
        return self._rows.add(ORDERS, row)

    def _new(
        self,
        entry: AppliedEntry,
        asked: SubmitRequest | Approved,
        tag: str,
        symbol: str,
        venue: str,
    ) -> Row:
        owner = self._knowledge.strategy(asked.strategy)
        assert owner is not None, "an order is of a strategy that is known"
        assert asked.order == number(asked.order), f"order {asked.order}: its number fits 63 bits"
        return {
            "order_id": asked.order,
            "strategy_id": asked.strategy,
            "account_id": owner.account,
            "instrument_id": asked.instrument,
            "symbol": symbol,
            "venue": venue,
            "side": _word(asked.side),
            "order_type": _word(asked.order_type),
            "time_in_force": _word(asked.time_in_force),
            "post_only": asked.post_only,
            "quantity": asked.quantity,
            "limit_price": asked.price or None,
            **_NO_CONDITIONS,
            "status": _word(Status.REFUSED),  # until risk says otherwise
            "status_reason": "",
            "filled_quantity": 0,
            "canceled_quantity": 0,
            "leaves_quantity": 0,
            "replace_quantity": None,
            "average_price": None,
            "filled_product": 0,
            "fills": 0,
            "client_order_id": None,
            "replace_client_order_id": None,
            "venue_order_id": None,
            "parent_order_id": number(asked.parent) or None,
            "tag": tag,
            "reason": "",
            "trader": owner.trader,
            **entry.at("created_at"),
            **entry.at("updated_at"),
            "sequence": entry.sequence,
            "updated_sequence": entry.sequence,
        }

    # --- what is done with an order ---

    def _send(self, entry: AppliedEntry, action: SendOrder) -> None:
        approved = action.approved
        row = self.get(approved.order) or self._closing(entry, approved)
        self._set(
            entry,
            row,
            Status.SENT,
            quantity=approved.quantity,
            limit_price=approved.price or None,
            client_order_id=approved.client_order,
        )

    def _cancel(self, entry: AppliedEntry, action: CancelOrder) -> None:
        self._step(entry, action.order, Event.CANCEL_REQUESTED)

    def _replace(self, entry: AppliedEntry, action: ReplaceOrder) -> None:
        approved = action.approved
        self._step(
            entry,
            approved.order,
            Event.REPLACE_REQUESTED,
            replace_quantity=approved.quantity,
            replace_client_order_id=approved.client_order,
        )

    # --- what became of it ---

    def _refused(self, entry: AppliedEntry, fact: OrderRefused) -> None:
        row = self.get(fact.order)
        names = [failed.check for failed in fact.failed]
        if row is None or fact.request != "submit" or any(name in NO_ORDER for name in names):
            return
        self._set(entry, row, Status.REFUSED, status_reason=names[0])

    def _accepted(self, entry: AppliedEntry, fact: OrderAccepted) -> None:
        self._step(entry, fact.order, Event.ACCEPTED)

    def _rejected(self, entry: AppliedEntry, fact: OrderRejected) -> None:
        self._become(entry, fact.order, Status.REJECTED, status_reason=fact.reason)

    def _filled(self, entry: AppliedEntry, fact: OrderFilled) -> None:
        row = self._known(fact.order)
        worst = max(row["quantity"], row["replace_quantity"] or 0)
        status = _next(row, Event.FILLED_WHOLLY if fact.filled >= worst else Event.FILLED_IN_PART)
        assert status is not None, "a fill that is booked has its step"
        self._set(
            entry,
            row,
            status,
            quantity=worst if status is Status.FILLED else row["quantity"],
            filled_quantity=fact.filled,
            filled_product=row["filled_product"] + fact.price * fact.quantity,
            fills=row["fills"] + 1,
        )

    def _busted(self, entry: AppliedEntry, fact: FillBusted) -> None:
        row = self._known(fact.order)
        self._set(
            entry,
            row,
            _next(row, Event.BUSTED) or _status(row),
            filled_quantity=fact.filled,
            filled_product=row["filled_product"] - fact.price * fact.quantity,
            fills=row["fills"] - 1,
        )

    def _canceled(self, entry: AppliedEntry, fact: OrderCanceled) -> None:
        row = self._known(fact.order)
        whole = row["filled_quantity"] + fact.canceled
        quantity = whole if fact.canceled else row["quantity"]
        self._set(entry, row, Status.CANCELED, quantity=quantity, status_reason=fact.reason)

    def _expired(self, entry: AppliedEntry, fact: OrderExpired) -> None:
        row = self._known(fact.order)
        whole = row["filled_quantity"] + fact.canceled
        quantity = whole if fact.canceled else row["quantity"]
        self._set(entry, row, Status.EXPIRED, quantity=quantity)

    def _replaced(self, entry: AppliedEntry, fact: OrderReplaced) -> None:
        row = self._known(fact.order)
        new = {"quantity": fact.quantity, "limit_price": fact.price or None}
        status = _status(row)
        restated = isinstance(entry.input, InstrumentSplit | CashDividend)
        if restated or status is Status.HELD:  # the venue has answered nothing
            self._set(entry, row, status, **new)
            return
        if isinstance(entry.input, VenueReplaced):
            self._name(row, fact.instrument, entry.input.venue_order)
        if status is not Status.UNKNOWN or isinstance(entry.input, VenueReplaced):
            status = _next(row, Event.REPLACED) or status
        if row["filled_quantity"] >= fact.quantity and status in WORKING:
            status = Status.FILLED
        client = row["replace_client_order_id"] or row["client_order_id"]
        self._set(entry, row, status, **new, **_ANSWERED, client_order_id=client)

    def _replace_rejected(self, entry: AppliedEntry, fact: ReplaceRejected) -> None:
        self._become(entry, fact.order, fact.status, **_ANSWERED)

    def _cancel_rejected(self, entry: AppliedEntry, fact: CancelRejected) -> None:
        self._become(entry, fact.order, fact.status)

    def _lost(self, entry: AppliedEntry, fact: OrderUnknown) -> None:
        self._become(entry, fact.order, Status.UNKNOWN, status_reason=fact.reason)

    def _resolved(self, entry: AppliedEntry, fact: OrderResolved) -> None:
        row = self._known(fact.order)
        if isinstance(entry.input, Statement):
            for line in entry.input.orders or ():
                if _names(line, row):
                    self._name(row, line.instrument, line.venue_order)
        quantity = row["quantity"]
        client = row["client_order_id"]
        if fact.status is Status.FILLED:  # under terms that it had asked for, and all is booked
            quantity = row["filled_quantity"]
            client = row["replace_client_order_id"] or client
        self._set(
            entry,
            row,
            fact.status,
            quantity=quantity,
            client_order_id=client,
            status_reason=fact.evidence,
        )

    def _held(self, entry: AppliedEntry, fact: OrderHeld) -> None:
        self._become(entry, fact.order, Status.HELD, status_reason=fact.reason)

    def _retried(self, entry: AppliedEntry, fact: OrderRetried) -> None:
        self._become(entry, fact.order, Status.HELD, status_reason=fact.reason)

    def _triggered(self, entry: AppliedEntry, fact: OrderTriggered) -> None:
        self._step(entry, fact.order, Event.TRIGGERED)

    def _suspended(self, entry: AppliedEntry, fact: OrderSuspended) -> None:
        self._step(entry, fact.order, Event.SUSPENDED, status_reason=fact.reason)

    def _resumed(self, entry: AppliedEntry, fact: OrderResumed) -> None:
        self._step(entry, fact.order, Event.RESUMED)

    def _done_for_day(self, entry: AppliedEntry, fact: OrderDoneForDay) -> None:
        self._step(entry, fact.order, Event.DONE_FOR_DAY)

    def _adjusted(self, entry: AppliedEntry, fact: InstrumentAdjusted) -> None:
        """Count the live orders of an instrument in its new units; their terms are told."""
        split = entry.input
        if not isinstance(split, InstrumentSplit):
            return
        live = [_word(status) for status in _LIVE]
        here = ORDERS.c.instrument_id == fact.instrument
        for row in self._rows.find(ORDERS, here, ORDERS.c.status.in_(live)):
            asked = row["replace_quantity"]
            self._rows.change(
                ORDERS,
                row,
                filled_quantity=row["filled_quantity"] * split.new // split.old,
                replace_quantity=None if asked is None else -(-asked * split.new // split.old),
            )

    # --- one row ---

    def _known(self, order: int) -> Row:
        row = self.get(order)
        assert row is not None, f"order {order}: a fact about it comes after its request"
        return row

    def _step(self, entry: AppliedEntry, order: int, event: Event, **values: Any) -> None:
        """Let an order take a step of the table, if there is one."""
        row = self._known(order)
        self._set(entry, row, _next(row, event) or _status(row), **values)

    def _become(self, entry: AppliedEntry, order: int, status: Status, **values: Any) -> None:
        self._set(entry, self._known(order), status, **values)

    def _name(self, row: Row, instrument: int, venue_order: str) -> None:
        sent = row["client_order_id"] is not None
        if venue_order and sent and row["instrument_id"] == instrument:
            self._rows.change(ORDERS, row, venue_order_id=venue_order)

    def _set(self, entry: AppliedEntry, row: Row, status: Status, **values: Any) -> None:
        """Give a row another status and other values, and all that follows from them."""
        row.update(values)
        if status in _AT_VENUE and row["replace_quantity"]:  # it is not answered yet
            status = NEXT_STATUS.get((status, Event.REPLACE_REQUESTED), status)
        quantity, filled = row["quantity"], row["filled_quantity"]
        gone = status in (Status.CANCELED, Status.EXPIRED)
        canceled = max(0, quantity - filled) if gone else 0
        following = {} if status in WORKING else _ANSWERED
        self._rows.change(
            ORDERS,
            row,
            status=_word(status),
            canceled_quantity=canceled,
            leaves_quantity=max(0, quantity - filled) if status in _LIVE else 0,
            average_price=self._average(row),
            **following,
            **entry.at("updated_at"),
            updated_sequence=entry.sequence,
        )

    def _average(self, row: Row) -> int | None:
        filled = row["filled_quantity"]
        if filled == 0:
            return None
        terms = self._knowledge.instrument(row["instrument_id"])
        assert terms is not None, "an order is in an instrument that is known"
        shift = self._knowledge.average_shift(terms)
        return divide_half_even(row["filled_product"] * 10**shift, filled)


_ANSWERED: Final[dict[str, Any]] = {"replace_quantity": None, "replace_client_order_id": None}


def _is_no_order(entry: AppliedEntry, request: SubmitRequest) -> bool:
    """Whether a request was refused before it could be an order."""
    return any(
        isinstance(output, OrderRefused)
        and (output.order, output.strategy) == (request.order, request.strategy)
        and output.request == "submit"
        and any(failed.check in NO_ORDER for failed in output.failed)
        for output in entry.outputs
    )


def _names(line: StatementOrder, row: Row) -> bool:
    """Whether a line of a statement is about an order."""
    client = _CLIENT.fullmatch(line.client_order)
    named = line.order or (int(client[1]) if client is not None else 0)
    if named:
        return bool(named == row["order_id"])
    return bool(line.venue_order == row["venue_order_id"])


def _status(row: Row) -> Status:
    return Status[row["status"].upper()]


def _next(row: Row, event: Event) -> Status | None:
    return NEXT_STATUS.get((_status(row), event))


def _follows(row: Row, event: Event) -> bool:
    return _next(row, event) is not None


def _word(value: Status | Side | OrderType | TimeInForce) -> str:
    return value.name.lower()


# A step takes the output of its own kind; the table is what pairs the two.
_STEPS: Final[dict[type, Callable[[OrderRows, AppliedEntry, Any], None]]] = {
    SendOrder: OrderRows._send,
    CancelOrder: OrderRows._cancel,
    ReplaceOrder: OrderRows._replace,
    OrderRefused: OrderRows._refused,
    OrderAccepted: OrderRows._accepted,
    OrderRejected: OrderRows._rejected,
    OrderFilled: OrderRows._filled,
    FillBusted: OrderRows._busted,
    OrderCanceled: OrderRows._canceled,
    OrderExpired: OrderRows._expired,
    OrderReplaced: OrderRows._replaced,
    ReplaceRejected: OrderRows._replace_rejected,
    CancelRejected: OrderRows._cancel_rejected,
    OrderUnknown: OrderRows._lost,
    OrderResolved: OrderRows._resolved,
    OrderHeld: OrderRows._held,
    OrderRetried: OrderRows._retried,
    OrderTriggered: OrderRows._triggered,
    OrderSuspended: OrderRows._suspended,
    OrderResumed: OrderRows._resumed,
    OrderDoneForDay: OrderRows._done_for_day,
    InstrumentAdjusted: OrderRows._adjusted,
}
