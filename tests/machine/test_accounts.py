"""Accounts against exact rationals: cash that ties out in every currency, and in base money."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.accounts import Account, Ledger, Translation
from fairlead.machine.positions import Positions
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged
from fairlead.model.terms import CashKind, CostBasis
from fairlead.model.units import (
    FINE_UNIT,
    MONEY_MAX,
    RATE_UNIT,
    AccountId,
    Money,
    Price,
    Quantity,
    StrategyId,
    fine,
)
from tests.machine.oracle import (
    BUY,
    CASH,
    EURO_SPOT,
    INVERSE,
    PERPETUAL,
    SELL,
    SPOT,
    ExactPosition,
    ExactTranslation,
    Fill,
    near,
)

EUROS = Money(50_000)
NOBODY = StrategyId(0)


class Books:
    """An account in USD that holds EUR too, and positions in it."""

    def __init__(self, basis: CostBasis = CostBasis.AVERAGE) -> None:
        """Begin with cash in both currencies."""
        self.positions = Positions()
        self.account = Account(AccountId(1), "main", "USD", 2, CASH, basis)
        self.euros = self.account.add_currency("EUR", EUROS)
        self.positions.add_account(self.account)

    def fill(self, fill: Fill) -> AccountChanged:
        """Book a fill; return how its currency stands."""
        _, changed = self.positions.fill(
            self.account,
            StrategyId(fill.strategy),
            fill.instrument,
            fill.side,
            Price(fill.price),
            Quantity(fill.quantity),
            Money(fill.fee),
        )
        return changed

    def cash(self, kind: CashKind, amount: int, currency: str = "USD") -> None:
        """Book cash of no position."""
        self.positions.book_cash(self.account, currency, kind, Money(amount), NOBODY, None)

    def rate(self, numerator: int, denominator: int) -> None:
        """Let a euro be worth so much."""
        self.translation.set_rate(numerator, denominator, self.euros)

    @property
    def translation(self) -> Translation:
        """What the euros are in dollars."""
        translation = self.euros.translation
        assert translation is not None
        return translation


def a_fill(*instruments: Instrument) -> st.SearchStrategy[Fill]:
    """Return fills."""
    return st.builds(
        Fill,
        side=st.sampled_from([BUY, SELL]),
        quantity=st.integers(1, 60),
        price=st.integers(1, 1_000),
        fee=st.integers(-50, 50),
        strategy=st.sampled_from([1, 2]),
        instrument=st.sampled_from(instruments),
    )


# --- one currency ---------------------------------------------------------------------------------


@given(
    st.lists(a_fill(PERPETUAL, SPOT, INVERSE), max_size=40),
    st.sampled_from(CostBasis),
    st.integers(1, 1_000),
)
def test_equity_is_initial_plus_realised_plus_unrealised_less_fees(
    fills: Sequence[Fill], basis: CostBasis, mark: int
) -> None:
    """B-POS-04, B-POS-06, S1-POS-03, invariant 6: cash and what is held are the profit and loss."""
    books = Books(basis)
    exact: dict[tuple[int, int], ExactPosition] = {}
    for fill in fills:
        books.fill(fill)
        key = (fill.strategy, fill.instrument.instrument)
        position = exact.setdefault(key, ExactPosition(fill.instrument, basis))
        position.trade(fill.signed, fill.price)
    fees = sum(fill.fee for fill in fills)
    realised = sum((one.realised for one in exact.values()), Fraction(0))
    unrealised = sum((one.unrealised(mark) for one in exact.values()), Fraction(0))
    held = sum(
        # What is paid in full is worth what it is worth; of all else, its profit alone is ours.
        one.quantity * one.worth_of_one(mark) if one.instrument is SPOT else one.unrealised(mark)
        for one in exact.values()
    )
    base = books.account.base
    assert books.account.fees == fees
    assert near(base.realised.fine, realised, 2 * len(fills) + 1)
    equity = base.cash.fine + held * FINE_UNIT
    assert abs(equity - (CASH + realised + unrealised - fees) * FINE_UNIT) <= 4 * len(fills) + 1


def test_equity_does_not_fall_by_the_price_of_what_was_bought() -> None:
    """B-POS-04: 100 bought at 10 and marked at 10 leave 1,000,000, not 999,000."""
    books = Books()
    books.fill(Fill(BUY, 100, 10, instrument=SPOT))
    worth = 100 * 10 * SPOT.money_unit
    assert books.account.cash == CASH - worth
    assert books.account.base.at_cost == fine(CASH)


def test_buying_and_holding_realises_nothing_but_the_fee() -> None:
    """B-PAP-01: 10 bought at 100 and held is not -1,001.10: realised 0, fees 110."""
    books = Books()
    changed = books.fill(Fill(BUY, 10, 1_000, fee=110, instrument=SPOT))
    assert (changed.realised, changed.fees) == (0, 110)
    assert books.account.base.at_cost == fine(Money(CASH - 110))


def test_a_perpetual_moves_cash_by_its_profit_alone() -> None:
    """B-POS-08: a future does not debit its notional."""
    books = Books()
    books.fill(Fill(BUY, 100, 10, fee=3))
    assert books.account.cash == CASH - 3
    books.fill(Fill(SELL, 40, 12, fee=-1))
    assert books.account.cash == CASH - 3 + 80 + 1


def test_a_rebate_is_a_fee_below_zero() -> None:
    """B-POS-06: a rebate raises cash and lowers the fees, and is no trading profit."""
    changed = Books().fill(Fill(BUY, 1, 10, fee=-5))
    assert changed == AccountChanged(AccountId(1), Money(CASH + 5), Money(0), Money(-5))


def test_a_deposit_is_no_profit() -> None:
    """B-POS-06: flows stand apart."""
    books = Books()
    books.cash(CashKind.DEPOSIT, 500)
    books.cash(CashKind.WITHDRAWAL, -200)
    account = books.account
    assert (account.cash, account.flows, account.realised) == (CASH + 300, 300, 0)


@pytest.mark.parametrize("amount", [1, -1])
@pytest.mark.parametrize("place", ["cash", "realised", "paid_cost"])
def test_a_machine_whose_money_does_not_tie_out_stops(place: str, amount: int) -> None:
    """Invariant 6: a wrong account is a crash, never a trade. One fine part is enough."""
    books = Books()
    getattr(books.account.base, place).add(0, amount)
    with pytest.raises(AssertionError, match=r"USD: .* money was made or lost"):
        books.fill(Fill(BUY, 1, 10))
    with pytest.raises(AssertionError, match="money was made or lost"):
        books.account.check_identity()


# --- several currencies ---------------------------------------------------------------------------


def test_a_fill_moves_the_currency_of_its_instrument_alone() -> None:
    """B-POS-08: and says which one changed; the base currency is written as nothing."""
    books = Books()
    changed = books.fill(Fill(BUY, 3, 10, fee=2, instrument=EURO_SPOT))
    paid = 3 * 10 * EURO_SPOT.money_unit
    assert changed == AccountChanged(
        AccountId(1), Money(EUROS - paid - 2), Money(0), Money(2), "EUR"
    )
    assert books.account.cash == CASH
    assert books.fill(Fill(BUY, 1, 10)).currency == ""


def test_what_an_exchange_brought_and_took_is_no_profit_of_trading() -> None:
    """B-POS-08: each side is in its own ledger, as converted."""
    books = Books()
    books.account.base.convert(Money(-1_100))
    books.euros.convert(Money(1_000))
    account = books.account
    assert (account.cash, account.converted, account.realised) == (CASH - 1_100, -1_100, 0)
    changed = account.changed(books.euros)
    assert changed == AccountChanged(
        AccountId(1), Money(EUROS + 1_000), Money(0), Money(0), "EUR", Money(0), Money(1_000)
    )


def test_what_came_before_the_first_rate_is_taken_at_the_first_rate() -> None:
    """B-POS-08: nothing is valued at a rate that nobody knew, and nothing is fx before one."""
    books = Books()
    books.cash(CashKind.DEPOSIT, 100, "EUR")
    books.cash(CashKind.INTEREST, 7, "EUR")
    books.cash(CashKind.FEE, -3, "EUR")
    assert not books.translation.known
    books.rate(3, 2)
    translation = books.translation
    assert (translation.initial, translation.flows) == (fine(Money(75_000)), fine(Money(150)))
    assert (translation.realised * 2, translation.fees * 2) == (fine(Money(21)), fine(Money(9)))
    assert translation.fx == 0


def test_what_a_currency_gains_by_its_rate_is_fx() -> None:
    """B-POS-08: 50,000 euros from 1.50 to 1.60 earn 5,000 dollars, and no trading did."""
    books = Books()
    books.rate(3, 2)
    books.rate(8, 5)
    assert books.translation.fx == fine(Money(5_000))
    assert books.translation.initial == fine(Money(75_000))


def test_an_exchange_at_a_bad_price_costs_fx_at_once() -> None:
    """B-POS-08: 1,000 euros for 1,600 dollars, worth 1,500: 100 are lost."""
    books = Books()
    books.rate(3, 2)
    books.account.base.convert(Money(-1_600))
    books.euros.convert(Money(1_000))
    assert books.translation.fx + fine(books.account.converted) == fine(Money(-100))


PLACES = {
    CashKind.DEPOSIT: ("flows", 1),
    CashKind.WITHDRAWAL: ("flows", 1),
    CashKind.BORROW: ("fees", -1),
    CashKind.FEE: ("fees", -1),
}
rates = st.tuples(st.integers(1, 10**10), st.just(RATE_UNIT))
inverse_rates = st.tuples(st.just(RATE_UNIT), st.integers(1, 10**10))
events = st.one_of(
    a_fill(EURO_SPOT),
    st.tuples(st.sampled_from(CashKind), st.integers(-1_000, 1_000)),
    st.integers(-500, 500),  # euros exchanged
    st.one_of(rates, inverse_rates).map(lambda rate: Fraction(*rate)),
)


@given(st.lists(events, max_size=40))
def test_a_translation_agrees_with_exact_rationals(sequence: Sequence[object]) -> None:
    """B-POS-06, B-POS-08: each amount at the rate of its time; the rest is fx."""
    books = Books()
    exact = ExactTranslation(EUROS)
    positions = {strategy: ExactPosition(EURO_SPOT) for strategy in (1, 2)}
    for event in sequence:
        if isinstance(event, Fill):
            books.fill(event)
            exact.book("realised", positions[event.strategy].trade(event.signed, event.price))
            exact.book("fees", event.fee)
        elif isinstance(event, tuple):
            kind, amount = event
            books.cash(kind, amount, "EUR")
            term, sign = PLACES.get(kind, ("realised", 1))
            exact.book(term, sign * amount)
        elif isinstance(event, Fraction):
            books.rate(event.numerator, event.denominator)
            exact.set_rate(event)
        else:
            assert isinstance(event, int)
            books.euros.convert(Money(event))
            exact.book("fx", event)
    if exact.rate is None:
        assert not books.translation.known
        return
    translation = books.translation
    highest = max(event for event in sequence if isinstance(event, Fraction))
    parts = 10 * (len(sequence) + 1) * (int(highest) + 101)  # half of one in each operation
    assert near(translation.value, exact.balance * exact.rate, parts)
    for term, expected in exact.terms.items():
        assert near(getattr(translation, term), expected, parts)


@pytest.mark.parametrize(
    ("moved", "problem"),
    [(MONEY_MAX - CASH, ""), (MONEY_MAX - CASH + 1, f"it takes money beyond {MONEY_MAX} units")],
)
def test_money_that_has_more_than_64_bits_has_a_problem(moved: int, problem: str) -> None:
    """B-POS-12: said before anything changes."""
    assert Ledger("USD", CASH).problem(moved) == problem


def test_a_ledger_that_holds_nothing_needs_no_rate() -> None:
    """B-POS-07: nothing is worth nothing in any currency; all else without a rate is not known."""
    account = Account(AccountId(1), "main", "USD", 2, CASH)
    empty = account.add_currency("EUR", Money(0))
    assert empty.worth(fine(Money(0))) == 0
    assert empty.worth(fine(Money(1))) is None
