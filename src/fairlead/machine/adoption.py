"""A person explains a fill that could not be booked: whose it is, or that it is none of ours.

There is no order for it to belong to, so it is booked as a correction of the position at its own
price, with its fee beside it. Both can be undone (`ReverseCommand`), since a person made them.
"""

from typing import Final

from fairlead.machine import breaks, corrections, performance
from fairlead.machine.accounts import Account
from fairlead.machine.differences import Quarantined
from fairlead.machine.executions import Execution, ExecutionKey
from fairlead.machine.state import State
from fairlead.model.inputs import AdoptFillCommand, CashMoved, PositionCorrection
from fairlead.model.outputs import CashBooked, FillDiscarded, InputRefused, Output
from fairlead.model.terms import BreakState, CashKind, Side
from fairlead.model.units import Money, Nanos, OrderId, SignedQuantity, StrategyId

_BUY: Final = Side.BUY
_FEE: Final = CashKind.FEE
_NOT_OURS: Final = StrategyId(0)
_NO_ORDER: Final = OrderId(0)


def adopt_fill(state: State, command: AdoptFillCommand, time: Nanos, outputs: list[Output]) -> None:
    """Book a quarantined fill for a strategy, or (strategy 0) discard it. The oldest of its id."""
    key = (command.venue, command.session_date, command.execution)
    waiting = state.reconciliation.quarantine.get(key, [])
    problem = ""
    if not command.person.strip() or not command.reason.strip():
        problem = "it names no person or no reason: say who decided it, and why"
    elif not waiting:
        problem = (
            f"no execution {command.execution!r} of {command.venue!r} on {command.session_date}"
            " is in quarantine: name it as the break does"
        )
    elif command.strategy != _NOT_OURS:
        problem = _adoption_problem(state, command, key, waiting[0])
    if problem:
        outputs.append(InputRefused("AdoptFillCommand", problem))
    elif command.strategy == _NOT_OURS:
        _discard(state, command, key, waiting[0], outputs)
    else:
        _adopt(state, command, key, waiting[0], time, outputs)


def _discard(
    state: State,
    command: AdoptFillCommand,
    key: ExecutionKey,
    held: Quarantined,
    outputs: list[Output],
) -> None:
    outputs.append(
        FillDiscarded(held.report.instrument, command.execution, command.person, command.reason)
    )
    state.reconciliation.settled.setdefault(key, []).append(held.report)
    cause = f"none of ours, says {command.person}: {command.reason}"
    breaks.release(state, key, held, BreakState.EXPLAINED, cause, outputs)


def _adopt(
    state: State,
    command: AdoptFillCommand,
    key: ExecutionKey,
    held: Quarantined,
    time: Nanos,
    outputs: list[Output],
) -> None:
    correction = _correction(state, command, held)
    who = f"{command.person}: {command.reason}"
    cause = f"fill {command.execution} of {command.session_date}, adopted by {who}"
    corrections.correct(state, correction, cause, time, outputs)
    report = held.report
    if report.fee:
        _pay_fee(state, command, correction, report.fee, time, outputs)
    reconciliation = state.reconciliation
    # Under no order: the venue may take back what an order filled, and this was no order's.
    if key not in state.executions:
        state.executions.add(key, Execution(report, _NO_ORDER))
    reconciliation.settled.setdefault(key, []).append(report)
    reconciliation.days.count_fill(correction.account)
    currency = state.instruments[report.instrument].currency
    reconciliation.cash_moved(correction.account, currency, time)
    breaks.release(state, key, held, BreakState.CORRECTED, f"adopted by {who}", outputs)


def _pay_fee(
    state: State,
    command: AdoptFillCommand,
    correction: PositionCorrection,
    fee: Money,
    time: Nanos,
    outputs: list[Output],
) -> None:
    account, terms = _account(state, command), state.instruments[correction.instrument]
    currency = terms.currency
    strategy, instrument = correction.strategy, correction.instrument
    amount = Money(-fee)
    reference = f"fee of fill {command.execution} of {command.session_date}"
    outputs.append(
        CashBooked(account.account, currency, _FEE, amount, reference, strategy, instrument)
    )
    outputs.extend(state.positions.book_cash(account, currency, _FEE, amount, strategy, terms))
    performance.moved(state, account)
    moved = CashMoved(
        account.account,
        currency,
        _FEE,
        amount,
        reference,
        command.person,
        command.reason,
        strategy,
        instrument,
    )
    state.corrections.add(state.sequence, moved)


def _adoption_problem(
    state: State, command: AdoptFillCommand, key: ExecutionKey, held: Quarantined
) -> str:
    """Return why a fill cannot be a strategy's, empty if it can."""
    if command.strategy not in state.strategies:
        return f"strategy {command.strategy} is not known: define it, or discard the fill"
    if held.report.instrument not in state.instruments:
        return "its instrument is not known: define it and report the fill again, or discard it"
    if key in state.executions:
        return "its execution id is booked already: discard this one"
    if state.reconciliation.units_changed.get(held.report.instrument, Nanos(-1)) >= held.time:
        return "its units have changed since by a split: discard it and correct the position"
    if held.side is None and command.side is None:
        return "nobody said whether it bought or sold: name its side"
    if held.side is not None and command.side is not None and held.side is not command.side:
        return f"it is known to be a {held.side.name.lower()}: leave the side out"
    problem = corrections.correction_problem(state, _correction(state, command, held))
    if problem or not held.report.fee:
        return problem
    terms = state.instruments[held.report.instrument]
    amount = Money(-held.report.fee)
    account = _account(state, command)
    position = state.positions.get(command.strategy, terms.instrument, account.account)
    return state.positions.cash_problem(account, terms.currency, amount, position)


def _correction(state: State, command: AdoptFillCommand, held: Quarantined) -> PositionCorrection:
    report = held.report
    side = held.side or command.side
    signed = report.quantity if side is _BUY else -report.quantity
    return PositionCorrection(
        state.strategies[command.strategy].account,
        command.strategy,
        report.instrument,
        SignedQuantity(signed),
        report.price,
        command.person,
        command.reason,
    )


def _account(state: State, command: AdoptFillCommand) -> Account:
    account = state.positions.account(state.strategies[command.strategy].account)
    assert account is not None, "a strategy is only known with its account"
    return account
