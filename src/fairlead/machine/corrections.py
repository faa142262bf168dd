"""Corrections: a person changes what is booked without a venue's word, says why, and may undo it.

Nothing is overwritten. A correction moves the position like a fill without a fee; undoing it moves
it back at the same price. An undo comes once, and says who wanted it.
"""

from typing import Final

from fairlead.machine import breaks, performance
from fairlead.machine.accounts import Account
from fairlead.machine.fills import absurd
from fairlead.machine.state import State
from fairlead.model.inputs import CashMoved, PositionCorrection, ReverseCommand
from fairlead.model.outputs import (
    CashBooked,
    CorrectionReversed,
    InputRefused,
    Output,
    PositionCorrected,
)
from fairlead.model.terms import BreakState
from fairlead.model.units import Money, Nanos, SignedQuantity

_CORRECTED: Final = BreakState.CORRECTED


def position_correction(
    state: State, correction: PositionCorrection, time: Nanos, outputs: list[Output]
) -> None:
    """Change a position without a fill, or refuse with the reason."""
    problem = correction_problem(state, correction)
    if problem:
        outputs.append(InputRefused("PositionCorrection", problem))
        return
    cause = f"{correction.person}: {correction.reason}"
    correct(state, correction, cause, time, outputs)
    if correction.number:
        breaks.close_break(state, correction.number, _CORRECTED, cause, outputs)


def correct(
    state: State,
    correction: PositionCorrection,
    cause: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Book a correction that has no problem, so that it can be undone by the input's number."""
    _move(state, correction, correction.quantity, cause, time, outputs)
    state.corrections.add(state.sequence, correction)


def correction_problem(state: State, correction: PositionCorrection) -> str:
    """Return why a correction cannot be booked, empty if it can."""
    if not correction.person.strip() or not correction.reason.strip():
        return "it names no person or no reason"
    if state.positions.account(correction.account) is None:
        return "unknown account"
    strategy = state.strategies.get(correction.strategy)
    if correction.strategy and strategy is None:
        return "unknown strategy"
    if strategy is not None and strategy.account != correction.account:
        return "the strategy trades with another account"
    if correction.instrument not in state.instruments:
        return "unknown instrument"
    problem = absurd(correction.price, abs(correction.quantity))
    if not problem and correction.number:
        problem = breaks.answer_problem(state, correction.number, correction.instrument)
    return problem or _money_problem(state, correction, correction.quantity)


def reverse(state: State, command: ReverseCommand, time: Nanos, outputs: list[Output]) -> None:
    """Undo what an earlier input corrected or moved, once, or refuse with the reason."""
    problem = _reverse_problem(state, command)
    if problem:
        outputs.append(InputRefused("ReverseCommand", problem))
        return
    outputs.append(CorrectionReversed(command.correction, command.person, command.reason))
    cause = f"input {command.correction} undone by {command.person}: {command.reason}"
    for made in reversed(state.corrections.made(command.correction)):
        if isinstance(made, PositionCorrection):
            _move(state, made, SignedQuantity(-made.quantity), cause, time, outputs)
        else:
            _take_back(state, made, f"undoes input {command.correction}", time, outputs)
        breaks.open_again(state, made.number, time, outputs)
    state.corrections.close(command.correction, f"it was undone by input {state.sequence}")


def _reverse_problem(state: State, command: ReverseCommand) -> str:
    if not command.person.strip() or not command.reason.strip():
        return "it names no person or no reason"
    made = state.corrections.made(command.correction)
    if not made:
        return f"input {command.correction} corrected no position and moved no cash"
    problem = state.corrections.closed(command.correction)
    for one in made:
        if isinstance(one, PositionCorrection):
            back = SignedQuantity(-one.quantity)
            problem = problem or _money_problem(state, one, back)
        else:
            problem = problem or _cash_problem(state, one)
    return problem


def _money_problem(state: State, correction: PositionCorrection, quantity: SignedQuantity) -> str:
    """Return why a correction, or undoing it, could not be written down; empty if it can."""
    return state.positions.correct_problem(
        _account(state, correction),
        correction.strategy,
        state.instruments[correction.instrument],
        quantity,
        correction.price,
    )


def _cash_problem(state: State, moved: CashMoved) -> str:
    """Return why taking back what was moved could not be written down."""
    account = _account(state, moved)
    position = None
    if moved.instrument:
        position = state.positions.get(moved.strategy, moved.instrument, moved.account)
    return state.positions.cash_problem(account, moved.currency, Money(-moved.amount), position)


def _move(
    state: State,
    correction: PositionCorrection,
    quantity: SignedQuantity,
    cause: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    strategy, instrument = correction.strategy, correction.instrument
    account = _account(state, correction)
    outputs.append(
        PositionCorrected(account.account, strategy, instrument, quantity, correction.price, cause)
    )
    terms = state.instruments[instrument]
    changes = state.positions.correct(account, strategy, terms, quantity, correction.price)
    outputs.extend(changes)
    state.reconciliation.moved(account.account, instrument, time)
    state.changed += state.links.reducing_in(strategy, instrument)
    performance.moved(state, account)


def _take_back(
    state: State, moved: CashMoved, reference: str, time: Nanos, outputs: list[Output]
) -> None:
    account = _account(state, moved)
    amount = Money(-moved.amount)
    outputs.append(
        CashBooked(
            moved.account,
            moved.currency,
            moved.kind,
            amount,
            reference,
            moved.strategy,
            moved.instrument,
        )
    )
    terms = state.instruments.get(moved.instrument)
    outputs.extend(
        state.positions.book_cash(
            account, moved.currency, moved.kind, amount, moved.strategy, terms
        )
    )
    state.reconciliation.cash_moved(account.account, moved.currency, time)
    performance.moved(state, account)


def _account(state: State, booked: PositionCorrection | CashMoved) -> Account:
    account = state.positions.account(booked.account)
    assert account is not None, "what was booked names an account that is known"
    return account
