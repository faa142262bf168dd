"""Positions and accounts as JSON objects: what is held, what it cost, what it is worth.

An amount is decimal text, rounded half to even where it is no whole number of the smallest unit.
What cannot be known is null, and the reason stands beside it: no number is invented.
"""

from fractions import Fraction
from typing import Any, Final

from fairlead.machine import performance, valuation
from fairlead.machine.accounts import Account, Ledger
from fairlead.machine.holdings import Position
from fairlead.machine.machine import Machine
from fairlead.model.decimals import decimal_text
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.units import (
    FINE_UNIT,
    RATE_UNIT,
    Fine,
    Money,
    divide_half_even,
    fine,
    rounded,
)

PRICE_DECIMALS_MORE: Final = 4  # an average cost, a mid and an adjusted price lie between ticks
_RATE_DECIMALS: Final = 8


def position_object(position: Position, machine: Machine, names: Names) -> dict[str, Any]:
    """Return a position. Strategy null is what an account holds for no strategy."""
    terms = machine.instruments[position.instrument]
    problem = valuation.mark_problem(machine.state, position)
    value = None if problem else _value(position, machine)
    gain = valuation.unrealised(machine.state, position)
    strategy = position.strategy
    return {
        "account": names.accounts.name(position.account),
        "strategy": names.strategies.name(strategy) if strategy else None,
        "instrument": names.instruments.name(position.instrument),
        "quantity": decimal_text(position.quantity, terms.quantity_decimals),
        "average_cost": _price_text(position.open_cost_fine, position.quantity, position, terms),
        "open_cost": decimal_text(position.open_cost, terms.money_decimals),
        "mark": None if not value else _price_text(value, position.quantity, position, terms),
        "mark_problem": problem,
        "value": None if value is None else decimal_text(rounded(value), terms.money_decimals),
        "realised": decimal_text(position.realised, terms.money_decimals),
        "unrealised": _text_or_none(gain, terms.money_decimals),
        "fees": decimal_text(position.fees, terms.money_decimals),
        "currency": terms.currency,
        "bought": decimal_text(position.bought, terms.quantity_decimals),
        "sold": decimal_text(position.sold, terms.quantity_decimals),
        "lots": _lots(position, terms),
    }


def account_object(account: Account, machine: Machine) -> dict[str, Any]:
    """Return an account, in its base currency; then each currency that it holds.

    The identity: equity = initial + flows + realised + unrealised - fees + fx, in fine parts.
    """
    state = machine.state
    parts = valuation.breakdown(state, account)
    decimals = account.money_decimals
    return {
        "account": account.name,
        "currency": account.currency,
        "cost_basis": account.cost_basis.name.lower(),
        "initial": _fine_text(parts.initial, decimals),
        "flows": _fine_text(parts.flows, decimals),
        "realised": _fine_text(parts.realised, decimals),
        "unrealised": _fine_text(parts.unrealised, decimals),
        "fees": _fine_text(parts.fees, decimals),
        "fx": _fine_text(parts.fx, decimals),
        "equity": _fine_text(parts.equity, decimals),
        "equity_problem": valuation.equity_problem(state, account),
        "identity": parts.holds,
        "cash": decimal_text(account.cash, decimals),
        "currencies": [_currency(each, account, machine) for each in account.ledgers()],
        **_exposure(account, machine),
        **_performance(account, machine),
    }


def _currency(ledger: Ledger, account: Account, machine: Machine) -> dict[str, Any]:
    """Describe a currency: cash + paid_cost = initial + flows + realised - fees + converted."""
    decimals = account.money_decimals
    return {
        "currency": ledger.currency,
        "initial": decimal_text(ledger.initial, decimals),
        "cash": decimal_text(ledger.cash.rounded, decimals),
        "paid_cost": decimal_text(ledger.paid_cost.rounded, decimals),
        "flows": decimal_text(ledger.flows, decimals),
        "realised": decimal_text(ledger.realised.rounded, decimals),
        "fees": decimal_text(ledger.fees, decimals),
        "converted": decimal_text(ledger.converted, decimals),
        "rate": _rate(ledger.currency, account.currency, machine),
    }


def _rate(currency: str, base: str, machine: Machine) -> str | None:
    """Return what one unit of a currency is worth in the base one, rounded half to even."""
    if currency == base:
        return decimal_text(RATE_UNIT, _RATE_DECIMALS)
    numerator, denominator = machine.state.marks.rate(currency, base)
    if denominator == 0:
        return None
    return decimal_text(divide_half_even(numerator * RATE_UNIT, denominator), _RATE_DECIMALS)


def _exposure(account: Account, machine: Machine) -> dict[str, Any]:
    """Describe what is in the market; the leverage is gross exposure of equity."""
    found = valuation.exposure(machine.state, account)
    decimals = account.money_decimals
    return {
        "gross_exposure": _text_or_none(found.gross, decimals),
        "net_exposure": _text_or_none(found.net, decimals),
        "leverage_basis_points": found.leverage,
    }


def _performance(account: Account, machine: Machine) -> dict[str, Any]:
    """Describe how it has done, flows excluded."""
    figures = performance.figures(machine.state, account)
    decimals = account.money_decimals
    return {
        "session_date": figures.session_date,
        "daily_profit": _text_or_none(figures.daily_profit, decimals),
        "high_water": decimal_text(figures.high_water, decimals),
        "drawdown": _text_or_none(figures.drawdown, decimals),
        "drawdown_basis_points": figures.drawdown_share,
        "drawdown_max": decimal_text(figures.drawdown_max, decimals),
    }


def _lots(position: Position, terms: Instrument) -> list[dict[str, Any]] | None:
    """Describe the open lots under FIFO, the oldest first."""
    if position.lots is None:
        return None
    sign = -1 if position.quantity < 0 else 1
    described = []
    for lot in position.lots:
        cost = Fine(fine(Money(lot.whole)) + lot.rest)
        described.append(
            {
                "quantity": decimal_text(sign * lot.quantity, terms.quantity_decimals),
                "price": _price_text(cost, sign * lot.quantity, position, terms),
                "cost": decimal_text(rounded(cost), terms.money_decimals),
            }
        )
    return described


def _value(position: Position, machine: Machine) -> Fine:
    """Return what a position with a mark is worth; negative for a short."""
    book = machine.books.get(position.instrument)
    assert book is not None, "a position is in an instrument that is known"
    whole, rest = machine.state.marks.worth(position, book)
    return Fine(whole * FINE_UNIT + rest)


def _price_text(worth: Fine, quantity: int, position: Position, terms: Instrument) -> str | None:
    """Return the price at which a quantity is worth so much, rounded half to even; None if flat."""
    if quantity == 0:
        return None
    scale = 10**PRICE_DECIMALS_MORE
    if position.inverse:
        if worth == 0:
            return None
        price = Fraction(FINE_UNIT * quantity * position.unit * scale, worth)
    else:
        price = Fraction(worth * scale, FINE_UNIT * quantity * position.unit)
    return decimal_text(round(price), terms.price_decimals + PRICE_DECIMALS_MORE)


def _fine_text(amount: Fine | None, decimals: int) -> str | None:
    return None if amount is None else decimal_text(rounded(amount), decimals)


def _text_or_none(amount: int | None, decimals: int) -> str | None:
    return None if amount is None else decimal_text(amount, decimals)
