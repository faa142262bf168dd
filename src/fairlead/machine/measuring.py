"""What conditions are asked about, measured in the state: exact fractions, None where not known.

Everything here is found in a few steps, but what is about data and differences: that goes through
what is held, works or is open, and only where a condition asks for it.
"""

from collections.abc import Callable, Iterable
from typing import Final

from fairlead.machine.books import NEVER, Book
from fairlead.machine.differences import Break
from fairlead.machine.risk.measures import (
    COUNTED,
    LOSS_RATES,
    LOSSES,
    RATES,
)
from fairlead.machine.risk.results import Fraction, Result
from fairlead.machine.risk.totals import Totals
from fairlead.machine.risk.tree import Node
from fairlead.machine.state import State
from fairlead.model.decimals import exact_amount
from fairlead.model.instruments import Instrument
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import BreakKind
from fairlead.model.units import MILLIONTHS, AccountId, Nanos, StrategyId

_POSITION_DIFFERS: Final = BreakKind.POSITION_DIFFERS
_VALUE_AT_RISK: Final = LimitKind.VALUE_AT_RISK_SHARE
_NOTHING: Final = (0, 1)
_PLACES: Final = 6  # of a number that people are shown

Measured = dict[str, Fraction | None]


def values(state: State, node: Node, names: Iterable[str], time: Nanos) -> Measured:
    """Return what the names of a condition of a scope stand for now."""
    return {name: _value(state, node, name, time) for name in names}


def said(measured: Measured) -> str:
    """Return values as people read them: `daily_pnl -0.031, vix not known`."""
    return ", ".join(
        [
            f"{name} {'not known' if value is None else _text(value)}"
            for name, value in measured.items()
        ]
    )


def covers(
    node: Node, state: State, account: AccountId, strategy: StrategyId, instrument: Instrument
) -> bool:
    """Whether what a strategy has, or does, in an instrument is in a scope."""
    kind, name = node.scope.kind, node.scope.name
    if kind is ScopeKind.FIRM:
        return True
    if kind is ScopeKind.DESK:
        return state.desks.get(account, "") == name
    if kind is ScopeKind.ACCOUNT:
        return node.number == account
    if kind is ScopeKind.STRATEGY:
        return node.number == strategy
    if kind is ScopeKind.VENUE:
        return instrument.venue == name
    return node.number == instrument.instrument


def _value(state: State, node: Node, name: str, time: Nanos) -> Fraction | None:
    if name in COUNTED or name in RATES or name == "system_error":
        counted = state.gate.conditions.counters.measure(node, name, time)
        return _whole_money(state, counted) if name == "notional_rate" else counted
    found = _MEASURES.get(name)
    if found is not None:
        return found(state, node)
    result = state.gate.losses.result(node.name)
    if result is not None:
        if name in LOSSES:
            return result.loss(LOSSES[name], time, Nanos(LOSS_RATES.get(name, 0)))
        if name in _PROFITS:
            return _PROFITS[name](result)
    age_max = state.gate.pretrade.policy.outside_age_max
    outside = state.gate.conditions.outside.value(name, age_max, time)
    return None if outside is None else (outside, MILLIONTHS)


def _daily(result: Result) -> Fraction | None:
    return result.profit_share(result.day)


def _weekly(result: Result) -> Fraction | None:
    return result.profit_share(result.week)


def _monthly(result: Result) -> Fraction | None:
    return result.profit_share(result.month)


# --- the market ---


def _gross(state: State, node: Node) -> Fraction | None:
    totals = _totals(state, node)
    return _of_equity(state, node, totals, totals.gross)


def _net(state: State, node: Node) -> Fraction | None:
    totals = _totals(state, node)
    return _of_equity(state, node, totals, totals.net)


def _position_count(state: State, node: Node) -> Fraction | None:
    return _totals(state, node).instruments, 1


def _totals(state: State, node: Node) -> Totals:
    state.gate.exposure.refresh()
    return state.gate.exposure.valued(node)


def _of_equity(state: State, node: Node, totals: Totals, value: int) -> Fraction | None:
    account = _an_account(state, node)
    if account is None or totals.unvalued:
        return None
    equity = state.gate.exposure.equity(node, account)
    return None if equity is None or equity <= 0 else (value, equity)


def _value_at_risk(state: State, node: Node) -> Fraction | None:
    limit = node.limit(_VALUE_AT_RISK)
    measured, _ = state.gate.exposure.tail_risk(AccountId(node.number))
    if limit is None or limit.hard == 0 or measured is None:
        return None
    return measured, limit.hard


def _an_account(state: State, node: Node) -> AccountId | None:
    """Return an account of a scope: in its money the scope is counted."""
    kind = node.scope.kind
    if kind is ScopeKind.STRATEGY:
        return state.strategies[StrategyId(node.number)].account
    if kind is ScopeKind.ACCOUNT:
        return AccountId(node.number)
    for account in state.positions.accounts():
        number = account.account
        if kind is ScopeKind.FIRM or state.desks.get(number, "") == node.scope.name:
            return number
    return None


def _whole_money(state: State, counted: Fraction) -> Fraction:
    """Return an amount of the firm's money in whole units of it."""
    accounts = state.positions.accounts()
    return counted[0], 10 ** (accounts[0].money_decimals if accounts else 0)


# --- data ---


def _data_age(state: State, node: Node) -> Fraction | None:
    oldest = 0
    for book in _books(state, node):
        seen = max(book.touch_time, book.last_time)
        if seen == NEVER:
            return None
        oldest = max(oldest, state.time - seen)
    return oldest, 1


def _stale_books(state: State, node: Node) -> Fraction | None:
    return sum([1 for book in _books(state, node) if book.stale]), 1


def _books(state: State, node: Node) -> list[Book]:
    """Return the books of the instruments in which a scope holds something, or something works."""
    found: list[Book] = []
    totals = state.gate.exposure.valued(node)
    for instrument in state.instruments.values():
        if totals.holds(instrument.instrument):
            book = state.books.get(instrument.instrument)
            assert book is not None, "every instrument has a book"
            found.append(book)
    return found


# --- differences ---


def _divergence(state: State, node: Node) -> Fraction | None:
    largest = _NOTHING
    reconciliation = state.reconciliation
    if not reconciliation.any_open:
        return largest
    for known in reconciliation.open_breaks():
        if known.kind is not _POSITION_DIFFERS or not _is_about(state, node, known):
            continue
        decimals = state.instruments[known.instrument].quantity_decimals
        ours = exact_amount(known.ours, decimals)
        theirs = exact_amount(known.theirs, decimals)
        # Where we hold nothing at all, what they hold is all of it.
        divergence = (abs(theirs - ours), abs(ours)) if ours else (1, 1)
        if divergence[0] * largest[1] > largest[0] * divergence[1]:
            largest = divergence
    return largest


def _is_about(state: State, node: Node, known: Break) -> bool:
    """Whether a difference is in a scope; that of an account is in each of its strategies."""
    instrument = state.instruments[known.instrument]
    strategy = StrategyId(0)
    if node.scope.kind is ScopeKind.STRATEGY:
        strategy = StrategyId(node.number)
        if state.strategies[strategy].account != known.account:
            return False
    return covers(node, state, known.account, strategy, instrument)


def _text(value: Fraction) -> str:
    numerator, denominator = value
    scaled = abs(numerator) * 10**_PLACES // denominator
    whole, rest = divmod(scaled, 10**_PLACES)
    text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if numerator < 0 and scaled else text


_MEASURES: Final[dict[str, Callable[[State, Node], Fraction | None]]] = {
    "gross_exposure": _gross,
    "leverage": _gross,
    "net_exposure": _net,
    "position_count": _position_count,
    "var_utilisation": _value_at_risk,
    "data_age": _data_age,
    "stale_books": _stale_books,
    "max_divergence": _divergence,
    "max_position_divergence": _divergence,
}
_PROFITS: Final[dict[str, Callable[[Result], Fraction | None]]] = {
    "daily_pnl": _daily,
    "weekly_pnl": _weekly,
    "monthly_pnl": _monthly,
    "mtd_return": _monthly,
}
