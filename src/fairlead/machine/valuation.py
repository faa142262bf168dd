"""What positions and accounts are worth now: exact, or None where it cannot be known.

A missing or stale mark, or a missing exchange rate, is never taken for zero, nor for an old one;
`mark_problem` and `equity_problem` say what is missing. Equity is summed in fine parts, currency by
currency, each converted once, and rounded half to even at the very end:

    equity = initial + flows + realised + unrealised - fees + fx
"""

from typing import NamedTuple

from fairlead.machine.accounts import Account, Ledger
from fairlead.machine.holdings import Position
from fairlead.machine.state import State
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    FINE_UNIT,
    MONEY_MAX,
    BasisPoints,
    Fine,
    Money,
    divide_half_even,
    fine,
    rounded,
)

_BEYOND = f"it is beyond {MONEY_MAX} units of money"


class Breakdown(NamedTuple):
    """What the equity of an account is made of, in fine base money.

    Other currencies are taken at the exchange rate of the time at which each amount was booked
    (before there was one: at the first), and what is unrealised at the present rate. `fx` is what
    conversions and the rates since then have brought. `unrealised` and `equity` are None where a
    mark or a rate is missing.
    """

    initial: Fine
    flows: Fine
    realised: Fine
    unrealised: Fine | None
    fees: Fine
    fx: Fine
    equity: Fine | None

    @property
    def holds(self) -> bool:
        """Whether the parts make up the equity, exactly. Nothing is claimed where it is None."""
        if self.equity is None or self.unrealised is None:
            return self.equity is None
        parts = self.initial + self.flows + self.realised + self.unrealised - self.fees + self.fx
        return self.equity == parts


class MarketExposure(NamedTuple):
    """What an account has in the market, in its base currency; None where a mark is missing."""

    gross: Money | None  # longs and shorts added up
    net: Money | None  # longs less shorts
    leverage: BasisPoints | None  # gross of equity; None too where there is no equity


def unrealised(state: State, position: Position) -> Money | None:
    """Return what closing at the mark would earn over the cost, before fees."""
    gain = _gain(state, position)
    return None if gain is None else _writable(gain)


def mark_problem(state: State, position: Position) -> str:
    """Return why a position has no mark, empty if it has one."""
    if position.quantity == 0:
        return ""
    book = state.books.get(position.instrument)
    assert book is not None, "a position is in an instrument that is known"
    return state.marks.problem(position, book, state.time)


def account_unrealised(state: State, account: Account) -> Money | None:
    """Return the unrealised profit of all positions of an account, in its base currency."""
    parts = breakdown(state, account)
    return None if parts.unrealised is None else _writable(parts.unrealised)


def equity(state: State, account: Account) -> Money | None:
    """Return what an account is worth if everything is closed at the mark, fees of that aside."""
    total = equity_fine(state, account)
    return None if total is None else _writable(total)


def equity_fine(state: State, account: Account) -> Fine | None:
    """Return the equity of an account in fine parts."""
    total = 0
    for ledger in account.ledgers():
        gain = _ledger_gain(state, ledger)
        worth = None if gain is None else ledger.worth(gain)
        if worth is None:
            return None
        total += worth
    return Fine(total)


def equity_problem(state: State, account: Account) -> str:
    """Return why the equity of an account is not known, empty if it is."""
    for position in state.positions.all():
        problem = mark_problem(state, position) if position.account == account.account else ""
        if problem:
            return f"{state.instruments[position.instrument].symbol}: {problem}"
    for ledger in account.others:
        gain = _ledger_gain(state, ledger)
        if gain is not None and ledger.worth(gain) is None:
            return f"{ledger.currency}: no exchange rate to {account.currency} is known"
    return "" if equity(state, account) is not None else _BEYOND


def breakdown(state: State, account: Account) -> Breakdown:
    """Return what the equity of an account is made of."""
    base = account.base
    initial, flows = fine(base.initial), fine(base.flows)
    realised, fees = base.realised.fine, fine(base.fees)
    fx = fine(base.converted)
    at_cost = base.at_cost
    for ledger in account.others:
        translation = ledger.translation
        assert translation is not None, "another currency has a translation"
        initial = Fine(initial + translation.initial)
        flows = Fine(flows + translation.flows)
        realised = Fine(realised + translation.realised)
        fees = Fine(fees + translation.fees)
        fx = Fine(fx + translation.fx)
        at_cost = Fine(at_cost + translation.value)
    total = equity_fine(state, account)
    gain = None if total is None else Fine(total - at_cost)
    return Breakdown(initial, flows, realised, gain, fees, fx, total)


def exposure(state: State, account: Account) -> MarketExposure:
    """Return what an account has in the market, and how it compares with its equity."""
    gross = net = 0
    for position in state.positions.all():
        if position.account != account.account or position.quantity == 0:
            continue
        worth = worth_in_base(state, position)
        if worth is None:
            return MarketExposure(None, None, None)
        net += worth
        gross += abs(worth)
    total = equity_fine(state, account)
    leverage = None
    if total is not None and total > 0:
        leverage = BasisPoints(divide_half_even(gross * BASIS_POINTS_UNIT, total))
    return MarketExposure(_writable(Fine(gross)), _writable(Fine(net)), leverage)


def worth_in_base(state: State, position: Position) -> Fine | None:
    """Return what a position is worth in the base currency of its account; None if not known."""
    book = state.books.get(position.instrument)
    assert book is not None, "a position is in an instrument that is known"
    if state.marks.problem(position, book, state.time):
        return None
    whole, rest = state.marks.worth(position, book)
    worth = Fine(whole * FINE_UNIT + rest)
    translation = position.ledger.translation
    if translation is None:
        return worth
    return translation.translated(worth) if translation.known else None


def _gain(state: State, position: Position) -> Fine | None:
    if position.quantity == 0:
        return Fine(0)
    book = state.books.get(position.instrument)
    assert book is not None, "a position is in an instrument that is known"
    if state.marks.problem(position, book, state.time):
        return None
    whole, rest = state.marks.gained(position, book)
    return Fine(whole * FINE_UNIT + rest)


def _ledger_gain(state: State, ledger: Ledger) -> Fine | None:
    total = 0
    for position in state.positions.all():
        if position.ledger is ledger:
            gain = _gain(state, position)
            if gain is None:
                return None
            total += gain
    return Fine(total)


def _writable(amount: Fine) -> Money | None:
    """Return an amount in whole units; None where no record could hold it."""
    whole = rounded(amount)
    return whole if abs(whole) <= MONEY_MAX else None
