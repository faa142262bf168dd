"""Reconciliation: what follows from a statement, and what people say about breaks.

A statement is compared with our record both ways: orders and executions (`comparison.py`), and
positions and cash (`balances.py`). Executions that we missed are booked from it: they are evidence;
nothing else of our record is changed by it. Every other difference is a break, which closes its
instrument until both sides agree, a person explains it, or a correction is booked: by a person, or
by the policy that allows it, which is off by default.
"""

from typing import Final

from fairlead.machine import breaks, confirmation, corrections
from fairlead.machine.balances import Balances
from fairlead.machine.comparison import Comparison
from fairlead.machine.differences import Difference
from fairlead.machine.evidence import book_missed, fill_order, resolve_unknown
from fairlead.machine.requests import query
from fairlead.machine.state import State
from fairlead.machine.statements import match_orders, statement_problem
from fairlead.model.inputs import (
    AssignBreakCommand,
    CloseBreakCommand,
    PositionCorrection,
    ReconcileCommand,
    ReconciliationPolicyChange,
    Statement,
    ToleranceChange,
)
from fairlead.model.outputs import (
    InputRefused,
    Output,
    StatementReconciled,
)
from fairlead.model.terms import BreakKind, BreakState
from fairlead.model.units import (
    INCREMENTS_MAX,
    NANOS_PER_SECOND,
    AccountId,
    InstrumentId,
    Nanos,
    SignedQuantity,
    StrategyId,
)

_POSITION: Final = BreakKind.POSITION_DIFFERS
_OF_BALANCES: Final = (BreakKind.POSITION_DIFFERS, BreakKind.CASH_DIFFERS)
_OF_FILLS: Final = (BreakKind.FILL_NOT_AT_VENUE, BreakKind.FILL_DIFFERS)
_RESOLVED: Final = BreakState.RESOLVED
_AGREES: Final = "the statement agrees"
_POLICY: Final = "policy"  # the cause of a correction that no person made
# How far the venue's clock may be behind ours: a statement made before its venue connected confirms
# nothing, and one second is a thousand times what synchronised clocks differ by.
CLOCKS_APART_MAX: Final = Nanos(NANOS_PER_SECOND)


def statement(state: State, statement: Statement, time: Nanos, outputs: list[Output]) -> None:
    """Compare a statement with our record, and record what follows."""
    state.reconciliation.asked.pop((statement.account, statement.venue), None)
    problem = statement_problem(state, statement, time)
    if problem:
        outputs.append(InputRefused("Statement", problem))
        return
    account = state.positions.account(statement.account)
    assert account is not None, "a statement that is believed is of an account that is known"
    comparison = Comparison(state, statement, account)  # before anything is booked
    lines = tuple(sorted(statement.fills or (), key=fill_order))
    booked, unexplained = book_missed(state, statement, lines, time, outputs)
    matched, strangers = match_orders(state, statement)
    resolve_unknown(state, statement, matched, time, outputs)
    if statement.fills is not None:
        comparison.compare_fills(lines)
        for key in comparison.agreed:
            breaks.confirm(state, statement.account, key)
    if statement.orders is not None:
        comparison.compare_orders(matched, strangers)
    balances = Balances(state, statement, account)
    if statement.positions is not None:
        balances.compare_positions()
    if statement.cash is not None:
        balances.compare_cash()
    found = [*comparison.differences, *balances.differences]
    _record(state, found, time, outputs)
    _close_agreed(state, comparison, balances, found, outputs)
    if state.reconciliation.policy.auto_correct:
        _correct(state, balances, time, outputs)
    _remember(state, statement, time, outputs)
    outputs.append(
        StatementReconciled(
            statement.account,
            statement.venue,
            statement.source,
            statement.as_of,
            comparison.lines + balances.lines,
            booked,
            len(found) + unexplained,
            state.reconciliation.open_of(statement.account),
        )
    )


# --- what people say ---


def close_break(
    state: State, command: CloseBreakCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Take a person's explanation of a break; nothing is booked."""
    problem = _unsigned(command.person, command.reason)
    problem = problem or breaks.answer_problem(state, command.number)
    if problem:
        outputs.append(InputRefused("CloseBreakCommand", problem))
        return
    cause = f"{command.person}: {command.reason}"
    breaks.close_break(state, command.number, BreakState.EXPLAINED, cause, outputs)


def assign_break(
    state: State, command: AssignBreakCommand, time: Nanos, outputs: list[Output]
) -> None:
    """Give a break to somebody."""
    problem = _unsigned(command.person, command.reason)
    problem = problem or breaks.answer_problem(state, command.number)
    if not problem and not command.owner.strip():
        problem = "it names no owner: say who shall look after the break"
    known = state.reconciliation.break_of(command.number)
    if problem or known is None:
        outputs.append(InputRefused("AssignBreakCommand", problem))
        return
    breaks.assign(state, known, command.owner, outputs)


def reconcile(state: State, command: ReconcileCommand, time: Nanos, outputs: list[Output]) -> None:
    """Ask every venue that is connected for a statement of every account."""
    problem = _unsigned(command.person, command.reason)
    if not problem and not state.reconciliation.connected:
        problem = "no venue is connected: connect one, or bring a statement of its own"
    if not problem and not state.positions.accounts():
        problem = "no account is known: define one first"
    if problem:
        outputs.append(InputRefused("ReconcileCommand", problem))
        return
    confirmation.ask_all(state, f"{command.person}: {command.reason}", outputs)


def policy(
    state: State, change: ReconciliationPolicyChange, time: Nanos, outputs: list[Output]
) -> None:
    """Reconcile by a policy from now on; open breaks keep their owners."""
    state.reconciliation.policy = change.policy
    confirmation.reschedule(state, time)


def tolerance_problem(state: State, change: ToleranceChange) -> str:
    """Return why the position in an instrument cannot be let differ so, empty if it can."""
    if change.instrument not in state.instruments:
        return "unknown instrument: define it first"
    if not 0 <= change.quantity <= INCREMENTS_MAX:
        return f"quantity is not between 0 and {INCREMENTS_MAX} increments"
    return ""


def tolerance(state: State, change: ToleranceChange, time: Nanos, outputs: list[Output]) -> None:
    """Let the position in an instrument differ by a quantity from now on."""
    state.reconciliation.tolerances[change.instrument] = change.quantity


# --- what is recorded ---


def _record(state: State, found: list[Difference], time: Nanos, outputs: list[Output]) -> None:
    """Open and change breaks, in an order that does not depend on that of the lines."""
    seen = {difference.place: difference for difference in found}
    for place in sorted(seen):
        difference = seen[place]
        kind, account, instrument, order, item, session_date = place
        fresh = state.reconciliation.find(place) is None
        number = breaks.open_break(
            state,
            kind,
            account,
            instrument,
            order,
            item,
            difference.ours,
            difference.theirs,
            time,
            outputs,
            session_date,
        )
        known = state.reconciliation.any_break(number)
        assert known is not None, "a break that was opened is known"
        known.venue_time = difference.venue_time
        missed = state.orders.get(order) if kind is BreakKind.ORDER_NOT_AT_VENUE else None
        if missed is not None and fresh:  # asked once: the report of its end may be lost
            outputs.append(query(missed))


def _close_agreed(
    state: State,
    comparison: Comparison,
    balances: Balances,
    found: list[Difference],
    outputs: list[Output],
) -> None:
    """Close what the statement would have shown and did not, and forget what was explained of it.

    What it costs depends on the breaks that are open and explained, not on all there ever were.
    """
    reconciliation = state.reconciliation
    seen = {difference.place: True for difference in found}
    for known in [*reconciliation.open_breaks(), *reconciliation.explained_breaks()]:
        if known.place in seen or known.account != comparison.account.account:
            continue
        judge = balances.decides if known.kind in _OF_BALANCES else comparison.decides
        if not judge(known):
            continue
        if known.state is BreakState.OPEN:
            breaks.close_break(state, known.number, _RESOLVED, _AGREES, outputs)
        else:
            reconciliation.forget_explained(known.place)


def _remember(state: State, statement: Statement, time: Nanos, outputs: list[Output]) -> None:
    """Remember how far the statement reached, and confirm what it covered.

    A venue's clock may be ahead of ours: of what is later than now, nothing is taken for agreed.
    """
    coverage = state.reconciliation.coverage
    account, venue = statement.account, statement.venue
    until = min(statement.as_of, time)
    coverage.make(account, venue, until)
    if statement.fills is not None and statement.fills_since <= coverage.agreed(account, venue):
        coverage.agree(account, venue, until)
        _keep_in_sight(state, account)
    all_fills = statement.fills is not None and statement.fills_since <= coverage.agreed(
        account, venue
    )
    if statement.orders is None or not (all_fills or statement.positions is not None):
        return
    for connected, since in state.reconciliation.connected.items():
        if venue in ("", connected) and statement.as_of >= since - CLOCKS_APART_MAX:
            confirmation.compared(state, account, connected, outputs)


def _keep_in_sight(state: State, account: AccountId) -> None:
    """Let the next statement reach back to every execution that is disputed, so that it can end it.

    A statement that was made before the dispute, and came after it, had agreed on it.
    """
    for known in state.reconciliation.open_breaks():
        if known.kind in _OF_FILLS and known.account == account and known.venue_time:
            venue = state.instruments[known.instrument].venue
            state.reconciliation.coverage.reach_back(account, venue, known.venue_time)


# --- corrections by policy ---


def _correct(state: State, balances: Balances, time: Nanos, outputs: list[Output]) -> None:
    """Book the differences of positions, each where nothing else can explain it."""
    for difference in balances.differences:
        known = state.reconciliation.find(difference.place)
        if known is None or known.kind is not _POSITION:
            continue
        gap = balances.gap(known.instrument)
        correction = _correction(state, balances.statement, known.instrument, gap)
        if correction is None or corrections.correction_problem(state, correction):
            continue
        corrections.correct(state, correction, _POLICY, time, outputs)
        breaks.close_break(state, known.number, BreakState.CORRECTED, _POLICY, outputs)


def _correction(
    state: State, statement: Statement, instrument: InstrumentId, gap: SignedQuantity
) -> PositionCorrection | None:
    """Return the correction of a position, None where there is no mark, or no time for it yet.

    With another break open in the instrument, or an execution that may be on its way since the
    statement has none, the difference may have a reason that will be booked by itself.
    """
    book = state.books.get(instrument)
    assert book is not None, "every instrument has a book"
    price = book.reference
    strategy = _holder(state, statement.account, instrument)
    in_question = state.reconciliation.open_in(instrument) > 1 or (
        statement.fills is None and state.orders.working_in(instrument)
    )
    if price == 0 or strategy == 0 or in_question:
        return None
    reason = "the statement has another position"
    return PositionCorrection(statement.account, strategy, instrument, gap, price, _POLICY, reason)


def _holder(state: State, account: AccountId, instrument: InstrumentId) -> StrategyId:
    """Return the strategy of an account that holds most of an instrument, else its lowest one."""
    holder = StrategyId(0)
    most = -1
    for number in sorted(state.strategies):
        if state.strategies[number].account == account:
            held = abs(state.positions.get(number, instrument).quantity)
            if held > most:
                holder, most = number, held
    return holder


def _unsigned(person: str, reason: str) -> str:
    """Return why a command does not count, empty if a person stands behind it."""
    if person.strip() and reason.strip():
        return ""
    return "it names no person or no reason: say who decided it, and why"
