"""Accounts by what was booked: every currency in itself, and all of them in the base currency."""

from typing import Final

import pytest

from fairlead.model.inputs import AccountDefinition
from fairlead.model.terms import CashKind, InstrumentKind
from fairlead.model.units import FINE_UNIT, AccountId, Fine, Money, Nanos, Price, fine
from fairlead.readers.holdings import LedgerPosition
from fairlead.readers.purses import PAR, LedgerAccount, Purse, Rate
from tests.readers.sessions import ACCOUNT, PERPETUAL, SPOT, STRATEGY, instrument

KIND: Final = CashKind.INTEREST


def account() -> LedgerAccount:
    """Return an account with 1,000 units of its base currency, and one of another currency."""
    made = LedgerAccount(AccountDefinition(AccountId(1), "main", "USD", 2, Money(1_000)))
    made.purses["EUR"] = Purse("EUR", Money(100), None)
    return made


def other(made: LedgerAccount) -> Purse:
    """Return the purse of the other currency."""
    [purse] = made.others
    return purse


def rated(purse: Purse, numerator: int, denominator: int = 1) -> None:
    """Let a currency have this rate from now on."""
    purse.rate = Rate(numerator, denominator)
    purse.translate()


def test_what_came_before_the_first_rate_is_taken_at_it() -> None:
    """B-POS-08: and what came later at the rate of its time."""
    made = account()
    purse = other(made)
    purse.book(CashKind.DEPOSIT, fine(Money(50)), None)
    assert (made.initial, made.flows) == (1_000, 0)
    rated(purse, 2)
    assert (made.initial, made.flows) == (1_200, 100)
    rated(purse, 3)
    purse.book(CashKind.DEPOSIT, fine(Money(10)), None)
    purse.book(KIND, fine(Money(7)), None)
    purse.book(CashKind.FEE, fine(Money(-4)), None)
    assert (made.initial, made.flows, made.realised, made.fees) == (1_200, 130, 21, 12)
    assert made.cash == 1_000


def test_halves_are_rounded_where_they_are_told_and_nowhere_else() -> None:
    """B-POS-12: two halves are one."""
    made = account()
    purse = other(made)
    rated(purse, 1, 2)
    purse.book(KIND, fine(Money(1)), None)
    assert made.realised == 0
    purse.book(KIND, fine(Money(1)), None)
    assert made.realised == 1


@pytest.mark.parametrize(
    ("kind", "flows", "realised", "fees"),
    [
        (CashKind.DEPOSIT, 5, 0, 0),
        (CashKind.WITHDRAWAL, 5, 0, 0),
        (CashKind.FUNDING, 0, 5, 0),
        (CashKind.DIVIDEND, 0, 5, 0),
        (CashKind.BORROW, 0, 0, -5),
        (CashKind.INTEREST, 0, 5, 0),
        (CashKind.FEE, 0, 0, -5),
        (CashKind.ADJUSTMENT, 0, 5, 0),
    ],
)
def test_each_kind_of_cash_has_its_place(
    kind: CashKind, flows: int, realised: int, fees: int
) -> None:
    purse = Purse("USD", Money(100), PAR)
    purse.book(kind, fine(Money(5)), None)
    assert (purse.flows, purse.realised, purse.fees) == (flows, realised, fees)
    assert purse.cash == fine(Money(105))
    assert purse.put_in + purse.profit == purse.cash


def test_spot_is_paid_in_full_and_a_perpetual_by_its_profit() -> None:
    """B-POS-08."""
    terms = [(SPOT, InstrumentKind.SPOT), (PERPETUAL, InstrumentKind.PERPETUAL)]
    cash = []
    for key, kind in terms:
        purse = Purse("USDT", Money(0), PAR)
        position = LedgerPosition(STRATEGY, instrument(key, "X", kind), ACCOUNT)
        purse.trade(position, 2, Price(100), Money(7), 1, "1 E1")
        purse.trade(position, -1, Price(130), Money(7), 1, "2 E2")
        cash.append(purse.cash // FINE_UNIT)
        assert purse.volume == position.volume == 330 * 1_000 * FINE_UNIT
    assert cash == [-70_014, 30_000 - 14]


def test_what_is_taken_back_was_never_traded_and_what_is_corrected_neither() -> None:
    """Control 46: volume and count are those of the fills that stand."""
    purse = Purse("USDT", Money(0), PAR)
    position = LedgerPosition(STRATEGY, instrument(SPOT, "X", InstrumentKind.SPOT), ACCOUNT)
    purse.trade(position, 2, Price(100), Money(7), 1, "1 E1")
    purse.trade(position, 5, Price(100), Money(0), 0, "")
    assert (position.fills, position.volume) == (1, 200_000 * FINE_UNIT)
    purse.take_back(position, "1 E1", Money(7))
    assert (position.fills, position.volume, position.fees, position.quantity) == (0, 0, 0, 5)


def test_an_exchange_is_neither_profit_nor_flow() -> None:
    purse = Purse("USDT", Money(10), PAR)
    purse.exchange(Money(-4))
    assert (purse.converted, purse.realised, purse.flows, purse.cash) == (-4, 0, 0, 6 * FINE_UNIT)


def test_round_trips_of_all_currencies_are_counted_and_those_with_a_rate_added_up() -> None:
    made = account()
    made.base.trips.add(5 * FINE_UNIT)
    other(made).trips.add(-3 * FINE_UNIT)
    assert (made.trips.count, made.trips.gross_profit, made.trips.gross_loss) == (2, 5, 0)
    rated(other(made), 2)
    assert (made.trips.won, made.trips.lost, made.trips.gross_loss) == (1, 1, 6)


def test_exposure_adds_up_while_anything_is_open() -> None:
    made = account()
    for opened, time in ((1, 10), (1, 20), (-1, 30), (-1, 40), (0, 50), (1, 60)):
        made.watch_exposure(opened, Nanos(time))
    assert made.exposed(Nanos(65)) == 35


def test_fine_parts_of_cash_are_kept() -> None:
    """B-POS-12: three thirds are one."""
    purse = Purse("USD", Money(0), PAR)
    for _ in range(3):
        purse.book(KIND, Fine(FINE_UNIT // 3), None)
    assert (purse.cash, purse.realised) == (FINE_UNIT, 1)
