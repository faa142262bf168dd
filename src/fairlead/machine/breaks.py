"""Breaks: opened, seen again, explained, closed. And fills in quarantine.

An instrument with an open break is closed to new orders; others trade on. Everything here records
and gates; it books nothing.
"""

from typing import Final

from fairlead.machine.confirmation import confirm_instrument
from fairlead.machine.differences import Break, Place, Quarantined, same_fill
from fairlead.machine.executions import Execution, ExecutionKey
from fairlead.machine.orders import Order
from fairlead.machine.state import State
from fairlead.machine.wording import report_text
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import VenueFilled
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakOpened,
    FillIgnored,
    FillQuarantined,
    Output,
)
from fairlead.model.terms import BreakKind, BreakState, Side
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId

_UNEXPLAINED: Final = BreakKind.FILL_UNEXPLAINED
_NOT_AT_VENUE: Final = BreakKind.FILL_NOT_AT_VENUE
_DIFFERS: Final = BreakKind.FILL_DIFFERS
_NOT_WORKING: Final = BreakKind.ORDER_NOT_AT_VENUE
_RESOLVED: Final = BreakState.RESOLVED
_EXPLAINED: Final = BreakState.EXPLAINED
NOBODY: Final = AccountId(0)


# --- breaks ---


def open_break(
    state: State,
    kind: BreakKind,
    account: AccountId,
    instrument: InstrumentId,
    order: OrderId,
    item: str,
    ours: str,
    theirs: str,
    time: Nanos,
    outputs: list[Output],
    session_date: int = 0,
) -> int:
    """Open the break of a difference, or bring it up to date; return its number.

    One that a person explained is not opened again while both sides stay as they were explained.
    """
    known = state.reconciliation
    place: Place = (kind, account, instrument, order, item, session_date)
    open_already = known.find(place)
    if open_already is not None:
        if (open_already.ours, open_already.theirs) != (ours, theirs):
            open_already.ours = ours
            open_already.theirs = theirs
            outputs.append(_changed(open_already))
        return open_already.number
    explained = known.explained(place, ours, theirs)
    if explained is not None:
        return explained.number
    opened = known.add(place, ours, theirs, time)
    outputs.append(
        BreakOpened(
            opened.number, kind, account, instrument, order, item, ours, theirs, opened.owner
        )
    )
    return opened.number


def open_again(state: State, number: int, time: Nanos, outputs: list[Output]) -> None:
    """Open the difference that a correction had answered, if the correction is undone."""
    known = state.reconciliation.any_break(number) if number else None
    if known is not None and known.state is BreakState.CORRECTED:
        place = (known.account, known.instrument, known.order, known.item)
        figures = (known.ours, known.theirs)
        open_break(state, known.kind, *place, *figures, time, outputs, known.session_date)


def close_break(
    state: State, number: int, ending: BreakState, cause: str, outputs: list[Output]
) -> None:
    """Close an open break. An instrument that waited for this alone is confirmed with it."""
    reconciliation = state.reconciliation
    known = reconciliation.break_of(number)
    assert known is not None, "only an open break can be closed"
    reconciliation.close(known, ending, cause, state.time)
    outputs.append(BreakClosed(number, ending, cause))
    if ending is _EXPLAINED and known.kind in (_NOT_AT_VENUE, _DIFFERS):
        terms = state.instruments[known.instrument]  # of what was booked
        confirm(state, known.account, (terms.venue, known.session_date, known.item))
    if reconciliation.unconfirmed.get(known.instrument, False):
        confirm_instrument(state, known.instrument, outputs)


def assign(state: State, known: Break, owner: str, outputs: list[Output]) -> None:
    """Give an open break to somebody."""
    known.owner = owner
    outputs.append(_changed(known))


def find(
    state: State,
    kind: BreakKind,
    account: AccountId,
    instrument: InstrumentId,
    order: OrderId,
    item: str,
) -> Break | None:
    """Return the open break about something, None if there is none."""
    return state.reconciliation.find((kind, account, instrument, order, item, 0))


def contradicted(
    state: State, order: Order, theirs: str, time: Nanos, outputs: list[Output]
) -> None:
    """Open a break: the venue says of an order what cannot be, by what we know of it."""
    terms = state.instruments[order.instrument]
    quantity = decimal_text(order.quantity, terms.quantity_decimals)
    ours = f"{order.status.name.lower()}, {quantity} at"
    ours += f" {decimal_text(order.price, terms.price_decimals)}"
    account = state.strategies[order.strategy].account
    place = (account, order.instrument, order.order, "terms")
    open_break(state, BreakKind.ORDER_DIFFERS, *place, ours, theirs, time, outputs)


def answer_problem(
    state: State,
    number: int,
    instrument: InstrumentId | None = None,
    currency: str | None = None,
) -> str:
    """Return why a booking cannot answer a break, empty if it can.

    A position answers for its own instrument, cash for its own currency.
    """
    known = state.reconciliation.any_break(number)
    if known is None:
        return f"there is no break {number}"
    if state.reconciliation.break_of(number) is None:
        return f"break {number} is over: {known.state.name.lower()}, {known.cause}"
    if currency is not None:
        cash = known.kind is BreakKind.CASH_DIFFERS and known.item == currency
        return "" if cash else f"break {number} is not about the cash in {currency}"
    if instrument is not None and known.instrument != instrument:
        return f"break {number} is about something else"
    return ""


def explain_all(
    state: State, instrument: InstrumentId, person: str, reason: str, outputs: list[Output]
) -> bool:
    """Close every break of an instrument as explained, and let it go unconfirmed.

    Return False if neither closed it.
    """
    unconfirmed = state.reconciliation.unconfirmed.pop(instrument, None)
    found = [
        known for known in state.reconciliation.open_breaks() if known.instrument == instrument
    ]
    for known in found:
        close_break(state, known.number, _EXPLAINED, f"{person}: {reason}", outputs)
    return bool(found) or unconfirmed is not None


def order_ended(state: State, order: Order, outputs: list[Output]) -> None:
    """Take note that an order is over: that it does not work at its venue is no difference now."""
    account = state.strategies[order.strategy].account
    place: Place = (_NOT_WORKING, account, order.instrument, order.order, "", 0)
    known = state.reconciliation.find(place)
    if known is not None:
        close_break(
            state, known.number, _RESOLVED, f"the order is {order.status.name.lower()}", outputs
        )


# --- executions ---


def booked(
    state: State,
    key: ExecutionKey,
    order: Order,
    execution: Execution,
    report: VenueFilled,
    outputs: list[Output],
) -> None:
    """Take note of an execution that was booked; it may be one that waited in quarantine."""
    account = state.strategies[order.strategy].account
    reconciliation = state.reconciliation
    reconciliation.coverage.book(account, key, execution)
    reconciliation.days.count_fill(account)
    if reconciliation.quarantine and key in reconciliation.quarantine:
        for held in list(reconciliation.quarantine[key]):
            if held.is_of(report):
                release(state, key, held, _RESOLVED, "the fill was booked", outputs)


def busted(
    state: State, key: ExecutionKey, order: Order, venue_time: Nanos, outputs: list[Output]
) -> None:
    """Take note of an execution that was taken back; with it goes what was open about it."""
    account = state.strategies[order.strategy].account
    reconciliation = state.reconciliation
    reconciliation.coverage.forget(account, key)
    execution = state.executions.get(key)
    assert execution is not None, "what is taken back was booked"
    reconciliation.coverage.reach_back(account, key[0], execution.venue_time)
    terms = state.instruments[order.instrument]
    reconciliation.moved(account, order.instrument, venue_time)
    reconciliation.cash_moved(account, terms.currency, venue_time)
    if reconciliation.any_open:
        for kind in (_NOT_AT_VENUE, _DIFFERS):
            place: Place = (kind, account, order.instrument, order.order, key[2], key[1])
            known = reconciliation.find(place)
            if known is not None:
                close_break(state, known.number, _RESOLVED, "it was taken back", outputs)


def confirm(state: State, account: AccountId, key: ExecutionKey) -> None:
    """Keep an execution no longer: both sides have it, or a person explained it."""
    coverage = state.reconciliation.coverage
    execution = coverage.forget(account, key)
    if execution is not None:
        currency = state.instruments[execution.instrument].currency
        coverage.move(account, execution.instrument, execution.venue_time)
        coverage.move_cash(account, currency, execution.venue_time)


# --- quarantine ---


def quarantine(
    state: State,
    report: VenueFilled,
    reason: str,
    time: Nanos,
    outputs: list[Output],
    account: AccountId = NOBODY,
) -> None:
    """Keep a fill that cannot be booked, and close its instrument until a person explains it.

    Where its order is in another instrument than the venue says, both are closed.
    """
    reconciliation = state.reconciliation
    order = state.orders.get(report.order)
    instrument = report.instrument if order is None else order.instrument
    known = state.instruments.get(report.instrument)
    key = ("" if known is None else known.venue, report.session_date, report.execution)
    for settled in reconciliation.settled.get(key, []):
        if same_fill(settled, report):
            outputs.append(FillIgnored(report.order, instrument, report.execution))
            return
    outputs.append(
        FillQuarantined(
            report.order, instrument, report.execution, report.price, report.quantity, reason
        )
    )
    held = _held(state, key, report, account or _owner(state, order), time)
    number = 0 if order is None else order.order
    theirs = report_text(state, report)
    for closed in (instrument, report.instrument):
        if closed == instrument or closed in state.instruments:
            place = (held.account, closed, OrderId(number), report.execution)
            ours = f"not booked: {reason}"
            opened = open_break(
                state, _UNEXPLAINED, *place, ours, theirs, time, outputs, report.session_date
            )
            if opened not in held.numbers:
                held.numbers.append(opened)


def withdraw(state: State, key: ExecutionKey, reason: str, outputs: list[Output]) -> None:
    """Let go what waits in quarantine and the venue takes back; the next statement is to say so."""
    for held in list(state.reconciliation.quarantine.get(key, ())):
        state.reconciliation.coverage.reach_back(held.account, key[0], held.report.venue_time)
        release(state, key, held, _RESOLVED, f"the venue took it back: {reason}", outputs)


def release(
    state: State,
    key: ExecutionKey,
    held: Quarantined,
    ending: BreakState,
    cause: str,
    outputs: list[Output],
) -> None:
    """Let a fill out of quarantine, and close the breaks that are about no other one."""
    waiting = state.reconciliation.quarantine[key]
    waiting.remove(held)
    if not waiting:
        del state.reconciliation.quarantine[key]
    for number in held.numbers:
        about_another = any(number in other.numbers for other in waiting)
        if not about_another and state.reconciliation.break_of(number) is not None:
            close_break(state, number, ending, cause, outputs)


def _held(
    state: State, key: ExecutionKey, report: VenueFilled, account: AccountId, time: Nanos
) -> Quarantined:
    """Return the quarantined fill that a report is about: a new one, or that which is known."""
    waiting = state.reconciliation.quarantine.get(key)
    if waiting is None:
        waiting = state.reconciliation.quarantine[key] = []
    for known in waiting:
        if known.says(report):
            if known.side is None:
                known.side = report.side
            return known
    order = state.orders.get(report.order)
    side: Side | None = report.side
    if side is None and order is not None:
        side = order.side
    held = Quarantined(report, account, side, time)
    waiting.append(held)
    return held


def _owner(state: State, order: Order | None) -> AccountId:
    """Return whose a fill is: of its order's account, of the only one there is, or of nobody."""
    if order is not None:
        return state.strategies[order.strategy].account
    accounts = state.positions.accounts()
    return accounts[0].account if len(accounts) == 1 else NOBODY


def _changed(known: Break) -> BreakChanged:
    return BreakChanged(known.number, known.ours, known.theirs, known.owner)
