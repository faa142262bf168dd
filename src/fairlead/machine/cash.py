"""Cash that no fill moves, currencies and rates, marks, and the day that profit is counted in.

Deposits, funding, dividends, borrow, interest, fees and exchanges of currencies are booked once per
account and reference: the same reference again is refused, so a booking that is sent twice moves
nothing twice. What could not be written down in 64 bits is refused, and changes nothing.
"""

from typing import Final

from fairlead.machine import breaks, performance, portfolio
from fairlead.machine.accounts import Account
from fairlead.machine.state import State
from fairlead.model.inputs import (
    CashConverted,
    CashMoved,
    CurrencyDefinition,
    ExchangeRate,
    MarkPolicyChange,
    MarkPrice,
    TradingDayBegan,
)
from fairlead.model.outputs import CashBooked, CashExchanged, InputRefused, Output
from fairlead.model.terms import BreakState, CashKind, MarkPolicy
from fairlead.model.units import INCREMENTS_MAX, MONEY_MAX, Money, Nanos

_DEPOSIT: Final = CashKind.DEPOSIT
_WITHDRAWAL: Final = CashKind.WITHDRAWAL
_FLOWS: Final = (CashKind.DEPOSIT, CashKind.WITHDRAWAL)
_CORRECTED: Final = BreakState.CORRECTED
_MARK: Final = MarkPolicy.MARK
_NOBODY: Final = "it names no person or no reason"
_UNKNOWN_ACCOUNT: Final = "unknown account"


def currency(
    state: State, definition: CurrencyDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Let an account hold a further currency, once."""
    account = state.positions.account(definition.account)
    problem = ""
    if account is None:
        problem = _UNKNOWN_ACCOUNT
    elif not definition.currency.strip():
        problem = "it names no currency"
    elif account.ledger(definition.currency) is not None:
        problem = f"the account holds {definition.currency} already"
    elif abs(definition.cash) > MONEY_MAX:
        problem = f"cash is beyond {MONEY_MAX} units"
    if account is None or problem:
        outputs.append(InputRefused("CurrencyDefinition", problem))
        return
    account.add_currency(definition.currency, definition.cash)
    _translate(state, account)
    performance.moved(state, account)


def cash_moved(state: State, moved: CashMoved, time: Nanos, outputs: list[Output]) -> None:
    """Book cash that came or went without a fill, once, or refuse with the reason."""
    account = state.positions.account(moved.account)
    problem = _movement_problem(state, moved, account)
    if account is None or problem:
        outputs.append(InputRefused("CashMoved", problem))
        return
    account.references[moved.reference] = True
    outputs.append(
        CashBooked(
            account.account,
            moved.currency,
            moved.kind,
            moved.amount,
            moved.reference,
            moved.strategy,
            moved.instrument,
        )
    )
    terms = state.instruments.get(moved.instrument)
    outputs.extend(
        state.positions.book_cash(
            account, moved.currency, moved.kind, moved.amount, moved.strategy, terms
        )
    )
    state.corrections.add(state.sequence, moved)
    state.reconciliation.cash_moved(account.account, moved.currency, time)
    performance.moved(state, account)
    if moved.number:
        cause = f"{moved.person}: {moved.reason}"
        breaks.close_break(state, moved.number, _CORRECTED, cause, outputs)


def cash_converted(
    state: State, converted: CashConverted, time: Nanos, outputs: list[Output]
) -> None:
    """Book an exchange of one currency for another, once, or refuse with the reason."""
    account = state.positions.account(converted.account)
    problem = _exchange_problem(state, converted, account)
    if account is None or problem:
        outputs.append(InputRefused("CashConverted", problem))
        return
    account.references[converted.reference] = True
    outputs.append(
        CashExchanged(
            account.account,
            converted.paid_currency,
            converted.paid,
            converted.received_currency,
            converted.received,
            converted.reference,
        )
    )
    for name, amount in (
        (converted.paid_currency, Money(-converted.paid)),
        (converted.received_currency, converted.received),
    ):
        ledger = account.ledger(name)
        assert ledger is not None, "an exchange is between currencies that are held"
        ledger.convert(amount)
        outputs.append(account.changed(ledger))
        state.reconciliation.cash_moved(account.account, name, time)
    performance.moved(state, account)


def exchange_rate(state: State, rate: ExchangeRate, time: Nanos, outputs: list[Output]) -> None:
    """Take what one unit of a currency is worth in another one."""
    problem = ""
    if not rate.currency.strip() or not rate.quote_currency.strip():
        problem = "it names no currency"
    elif rate.currency == rate.quote_currency:
        problem = "a currency has no rate to itself"
    elif not 0 < rate.rate <= MONEY_MAX:
        problem = f"the rate is not between 1 and {MONEY_MAX} increments"
    if problem:
        outputs.append(InputRefused("ExchangeRate", problem))
        return
    state.marks.set_rate(rate.currency, rate.quote_currency, rate.rate)
    state.gate.exposure.convert()
    for account in state.positions.accounts():
        if _translate(state, account):
            performance.moved(state, account)


def mark_price(state: State, mark: MarkPrice, time: Nanos, outputs: list[Output]) -> None:
    """Take the price at which a venue values positions."""
    if mark.instrument not in state.instruments:
        outputs.append(InputRefused("MarkPrice", "unknown instrument"))
    elif not 0 < mark.price <= INCREMENTS_MAX:
        outputs.append(InputRefused("MarkPrice", "the price is not above 0, or absurd"))
    else:
        state.marks.set_price(mark.instrument, mark.price, time)
        if state.marks.policy is _MARK:
            performance.marked(state, mark.instrument)


def mark_policy(state: State, change: MarkPolicyChange, time: Nanos, outputs: list[Output]) -> None:
    """Value positions otherwise from now on."""
    if not change.person.strip() or not change.reason.strip():
        outputs.append(InputRefused("MarkPolicyChange", _NOBODY))
    elif not 0 <= change.age_max <= MONEY_MAX:
        outputs.append(InputRefused("MarkPolicyChange", "age_max is negative or absurd"))
    else:
        state.marks.policy = change.policy
        state.marks.age_max = change.age_max
        performance.revalue(state)


def day_began(state: State, day: TradingDayBegan, time: Nanos, outputs: list[Output]) -> None:
    """Begin the day that profit is counted in: later than the present one."""
    present = state.performance.session_date
    if day.session_date <= present:
        reason = f"session_date {day.session_date} does not follow {present}"
        outputs.append(InputRefused("TradingDayBegan", reason))
        return
    performance.day_began(state, day.session_date, outputs)
    portfolio.day_began(state, outputs)


def _translate(state: State, account: Account) -> bool:
    """Take the present rates over; return whether any was another one before."""
    changed = False
    for ledger in account.others:
        translation = ledger.translation
        assert translation is not None, "another currency has a translation"
        numerator, denominator = state.marks.rate(ledger.currency, account.currency)
        before = (translation.numerator, translation.denominator)
        if denominator and (numerator, denominator) != before:
            translation.set_rate(numerator, denominator, ledger)
            changed = True
    return changed


def _movement_problem(state: State, moved: CashMoved, account: Account | None) -> str:
    """Return why cash cannot be booked, empty if it can."""
    problem = _booking_problem(account, moved.person, moved.reason, moved.reference)
    if account is None or problem:
        return problem
    if moved.amount == 0:
        return "it moves nothing"
    if (moved.amount < 0 and moved.kind is _DEPOSIT) or (
        moved.amount > 0 and moved.kind is _WITHDRAWAL
    ):
        return f"a {moved.kind.name.lower()} of {moved.amount} has the wrong sign"
    problem = _place_problem(state, moved, account)
    if not problem and moved.number:
        problem = breaks.answer_problem(state, moved.number, moved.instrument, moved.currency)
    position = None
    if not problem and moved.instrument:
        position = state.positions.get(moved.strategy, moved.instrument, moved.account)
    return problem or state.positions.cash_problem(account, moved.currency, moved.amount, position)


def _place_problem(state: State, moved: CashMoved, account: Account) -> str:
    """Return why cash cannot be that of a strategy in an instrument, empty if it can."""
    strategy = state.strategies.get(moved.strategy)
    if moved.strategy and strategy is None:
        return "unknown strategy"
    if strategy is not None and strategy.account != moved.account:
        return "the strategy trades with another account"
    if moved.instrument == 0:
        return "it names a strategy, but no instrument" if moved.strategy else ""
    terms = state.instruments.get(moved.instrument)
    if terms is None:
        return "unknown instrument"
    if moved.kind in _FLOWS:
        return "deposits and withdrawals are of no instrument"
    if terms.currency != moved.currency:
        return f"{terms.symbol} is paid in {terms.currency}, not in {moved.currency}"
    if terms.money_decimals != account.money_decimals:
        return f"{terms.symbol} counts money in other decimals than the account"
    return ""


def _exchange_problem(state: State, converted: CashConverted, account: Account | None) -> str:
    """Return why an exchange of currencies cannot be booked, empty if it can."""
    problem = _booking_problem(account, converted.person, converted.reason, converted.reference)
    if account is None or problem:
        return problem
    if converted.paid <= 0 or converted.received <= 0:
        return "both amounts must be above 0"
    if converted.paid_currency == converted.received_currency:
        return "both currencies are the same"
    cash_problem = state.positions.cash_problem
    return cash_problem(account, converted.paid_currency, converted.paid) or cash_problem(
        account, converted.received_currency, converted.received
    )


def _booking_problem(account: Account | None, person: str, reason: str, reference: str) -> str:
    if account is None:
        return _UNKNOWN_ACCOUNT
    if not person.strip() or not reason.strip():
        return _NOBODY
    if not reference.strip():
        return "it has no reference"
    return f"{reference} was booked before" if reference in account.references else ""
