"""What the machine says against what the record says: each figure counts."""

from typing import Any, Final

import msgspec
import pytest

from fairlead.machine.books import Book
from fairlead.model.inputs import AccountDefinition
from fairlead.model.outputs import (
    AccountChanged,
    BookRestored,
    BookStale,
    DayStarted,
    PositionChanged,
)
from fairlead.model.terms import CashKind, InstrumentKind
from fairlead.model.units import AccountId, Money, Price, SignedQuantity, StrategyId, fine
from fairlead.readers.agreement import (
    account_difference,
    book_difference,
    dividend_difference,
    equity_difference,
    position_difference,
)
from fairlead.readers.holdings import LedgerPosition, Trips
from fairlead.readers.purses import LedgerAccount, Purse
from tests.readers.sessions import ACCOUNT, SPOT, STRATEGY, instrument

HELD: Final = PositionChanged(STRATEGY, SPOT, SignedQuantity(3), Money(300_000), Money(0), Money(7))
SAID: Final = AccountChanged(ACCOUNT, Money(95), Money(2), Money(7), "", Money(5), Money(-5))


def holding(signed: int = 3) -> LedgerPosition:
    """Return a position that was opened at 100, for a fee of 7."""
    position = LedgerPosition(STRATEGY, instrument(SPOT, "X", InstrumentKind.SPOT), ACCOUNT)
    position.trade(signed, Price(100), Money(7), Trips())
    return position


def account() -> LedgerAccount:
    """Return an account that has something of everything."""
    made = LedgerAccount(AccountDefinition(ACCOUNT, "main", "USDT", 8, Money(100)))
    made.base.book(CashKind.DEPOSIT, fine(Money(5)), None)
    made.base.book(CashKind.INTEREST, fine(Money(2)), None)
    made.base.book(CashKind.FEE, fine(Money(-7)), None)
    made.base.exchange(Money(-5))
    made.purses["EUR"] = Purse("EUR", Money(9), None)
    return made


@pytest.mark.parametrize("field", ["quantity", "open_cost", "realised", "fees"])
def test_every_figure_of_a_position_is_compared(field: str) -> None:
    assert position_difference([holding()], HELD) == ""
    wrong: dict[str, Any] = {field: 1}
    told = position_difference([holding()], msgspec.structs.replace(HELD, **wrong))
    assert "the record says (3, 300000, 0, 7)" in told


def test_a_position_that_nobody_holds_is_named() -> None:
    assert position_difference([], HELD).endswith("the record says None")


def test_of_no_strategy_it_is_the_position_of_any_account() -> None:
    nobody = msgspec.structs.replace(HELD, strategy=StrategyId(0))
    assert position_difference([holding(-1), holding()], nobody) == ""
    told = position_difference([holding(-1), holding(2)], nobody)
    assert "the record says [(-1, " in told


@pytest.mark.parametrize("field", ["cash", "realised", "fees", "flows", "converted"])
def test_every_figure_of_a_currency_is_compared(field: str) -> None:
    assert account_difference(account(), SAID) == ""
    wrong: dict[str, Any] = {field: 1}
    told = account_difference(account(), msgspec.structs.replace(SAID, **wrong))
    assert told.startswith("account 1 in USDT: the machine says")
    assert told.endswith("the record says (95, 2, 7, 5, -5)")


def test_another_currency_is_compared_with_its_own() -> None:
    foreign = AccountChanged(ACCOUNT, Money(9), Money(0), Money(0), "EUR")
    assert account_difference(account(), foreign) == ""
    unheld = msgspec.structs.replace(foreign, currency="JPY")
    assert account_difference(account(), unheld).endswith("the record says None")
    assert account_difference(None, foreign).endswith("the record says None")


def test_a_book_is_believed_by_both_or_by_neither() -> None:
    books = {SPOT: Book(SPOT)}
    assert book_difference(books, BookStale(SPOT, "no data")) == ""
    assert book_difference(books, BookRestored(SPOT)) == (
        "book of instrument 1: the machine says BookRestored, the market data do not"
    )
    assert book_difference({}, BookStale(SPOT, "no data")) != ""


def test_the_equity_of_a_day_is_compared_and_nothing_known_is_no_number() -> None:
    assert equity_difference(Money(5), DayStarted(ACCOUNT, 20240808, Money(5))) == ""
    assert equity_difference(None, DayStarted(ACCOUNT, 20240808, None)) == ""
    assert equity_difference(None, DayStarted(ACCOUNT, 20240808, Money(0))) != ""
    assert equity_difference(Money(0), DayStarted(AccountId(2), 20240808, None)) == (
        "equity of account 2: the machine says None, the record and the marks say 0"
    )


def test_a_dividend_is_compared_to_the_unit() -> None:
    assert dividend_difference(ACCOUNT, SPOT, Money(2), Money(2)) == ""
    assert "the machine says 2, the record says 3" in dividend_difference(
        ACCOUNT, SPOT, Money(2), Money(3)
    )
