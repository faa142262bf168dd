"""The end of a trading day: statements are asked for, and a person signs what the day ended with.

A market that never closes ends a day by beginning the next; so both the present day and the one
before it can be signed off, each with its own figures. Open breaks do not forbid it: they are
counted in the record.
"""

from fairlead.machine import confirmation, performance, valuation
from fairlead.machine.accounts import Account
from fairlead.machine.days import DayEnd
from fairlead.machine.state import State
from fairlead.model.inputs import SignOffCommand
from fairlead.model.outputs import DaySignedOff, InputRefused, Output
from fairlead.model.units import AccountId, Nanos


def day_began(state: State, session_date: int, outputs: list[Output]) -> None:
    """Keep what the present day ends with, before another one begins, and ask for statements.

    A day that does not follow the present one begins nothing.
    """
    present = state.performance.session_date
    if session_date <= present:
        return
    ended = {one.account: _figures(state, one) for one in state.positions.accounts()}
    state.reconciliation.days.end(present, ended if present else {})
    confirmation.ask_all(state, f"trading day {session_date} began", outputs)


def sign_off(state: State, command: SignOffCommand, time: Nanos, outputs: list[Output]) -> None:
    """Record that a person signs off a trading day of an account, once."""
    account = state.positions.account(command.account)
    days = state.reconciliation.days
    problem = ""
    if not command.person.strip() or not command.reason.strip():
        problem = "it names no person or no reason: say who signs, and on what grounds"
    elif account is None:
        problem = "unknown account: define it first"
    elif command.session_date <= 0:
        problem = f"session_date is {command.session_date}: give it as yyyymmdd"
    elif days.signed(command.account, command.session_date):
        person = days.signed(command.account, command.session_date)
        problem = f"{command.session_date} is signed off already, by {person}"
    end = None
    if account is not None and not problem:
        end = _end_of(state, account, command.session_date)
        if end is None:
            problem = _other_day(state)
    if account is None or end is None:
        outputs.append(InputRefused("SignOffCommand", problem))
        return
    days.sign(command.account, command.session_date, command.person)
    outputs.append(
        DaySignedOff(
            command.account,
            command.session_date,
            command.person,
            end.fills,
            end.working_orders,
            state.reconciliation.open_of(command.account),
            end.cash,
            end.equity,
            end.daily_profit,
        )
    )


def _end_of(state: State, account: Account, session_date: int) -> DayEnd | None:
    """Return what a day ended with, or stands at if it is the present one; None if it is another.

    Where no day ever began, everything is of the day that is named.
    """
    present = state.performance.session_date
    if present in (0, session_date):
        return _figures(state, account)
    days = state.reconciliation.days
    return days.ended(account.account) if session_date == days.date_before else None


def _figures(state: State, account: Account) -> DayEnd:
    return DayEnd(
        state.reconciliation.days.fills(account.account),
        _working(state, account.account),
        account.cash,
        valuation.equity(state, account),
        performance.daily_profit(state, account),
    )


def _working(state: State, account: AccountId) -> int:
    return sum(
        1
        for order in state.orders.all_working()
        if state.strategies[order.strategy].account == account
    )


def _other_day(state: State) -> str:
    present, before = state.performance.session_date, state.reconciliation.days.date_before
    also = f" or the one before it, {before}" if before else ""
    return f"sign off the present trading day, {present}{also}: the figures of others are gone"
