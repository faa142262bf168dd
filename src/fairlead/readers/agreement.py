"""Where the machine says other than the record: each fact held against what should stand.

Empty text where both agree.
"""

from collections.abc import Mapping, Sequence

from fairlead.machine.books import Book
from fairlead.model.outputs import (
    AccountChanged,
    BookRestored,
    BookStale,
    DayStarted,
    PositionChanged,
)
from fairlead.model.units import AccountId, InstrumentId, Money, rounded
from fairlead.readers.holdings import LedgerPosition
from fairlead.readers.purses import LedgerAccount


def position_difference(held: Sequence[LedgerPosition], fact: PositionChanged) -> str:
    """Return how a position differs from the one that is held.

    Of no strategy it may be that of any account: the fact does not say which.
    """
    found = (fact.quantity, fact.open_cost, fact.realised, fact.fees)
    expected = [(one.quantity, one.open_cost, one.realised, one.fees) for one in held]
    if found in expected:
        return ""
    told = expected[0] if len(expected) == 1 else expected or None
    return (
        f"position of strategy {fact.strategy} in instrument {fact.instrument}: the machine says"
        f" (quantity, open cost, realised, fees) = {found}, the record says {told}"
    )


def account_difference(account: LedgerAccount | None, fact: AccountChanged) -> str:
    """Return how a currency of an account differs."""
    found = (fact.cash, fact.realised, fact.fees, fact.flows, fact.converted)
    expected = None
    currency = fact.currency
    if account is not None:
        currency = currency or account.definition.currency
        purse = account.purses.get(currency)
        if purse is not None:
            cash = rounded(purse.cash)
            expected = (cash, purse.realised, purse.fees, purse.flows, purse.converted)
    if found == expected:
        return ""
    return (
        f"account {fact.account} in {currency}: the machine says (cash, realised, fees, flows,"
        f" converted) = {found}, the record says {expected}"
    )


def book_difference(books: Mapping[InstrumentId, Book], fact: BookStale | BookRestored) -> str:
    """Return how a book differs: whether it is to be believed."""
    book = books.get(fact.instrument)
    if book is not None and book.stale == isinstance(fact, BookStale):
        return ""
    return (
        f"book of instrument {fact.instrument}: the machine says {type(fact).__name__},"
        " the market data do not"
    )


def equity_difference(equity: Money | None, fact: DayStarted) -> str:
    """Return how the equity that a day begins with differs."""
    if fact.equity == equity:
        return ""
    return (
        f"equity of account {fact.account}: the machine says {fact.equity},"
        f" the record and the marks say {equity}"
    )


def dividend_difference(
    account: AccountId, instrument: InstrumentId, amount: Money, expected: Money
) -> str:
    """Return how the dividend of a position differs."""
    if amount == expected:
        return ""
    return (
        f"dividend of account {account} in instrument {instrument}: the machine says {amount},"
        f" the record says {expected}"
    )
