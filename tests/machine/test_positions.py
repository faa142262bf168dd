"""Positions and what moves them: totals, corrections, cash, splits, and what cannot be booked."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.accounts import Account
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged, PositionChanged
from fairlead.model.terms import CashKind, CostBasis
from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    InstrumentId,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)
from tests.machine.desk import ONE, STRATEGIES, Trader, fills_in
from tests.machine.oracle import (
    BUY,
    CASH,
    FUTURE,
    INVERSE,
    PERPETUAL,
    SELL,
    SPOT,
    ExactPosition,
    Fill,
    near,
)

AVERAGE = CostBasis.AVERAGE
FIFO = CostBasis.FIFO
FIRST = StrategyId(1)
PROPORTIONAL = (PERPETUAL, SPOT, FUTURE)
bases = st.sampled_from([AVERAGE, FIFO])
kinds = st.sampled_from([PERPETUAL, SPOT, FUTURE, INVERSE])


# --- totals ---------------------------------------------------------------------------------------


@given(fills_in(PERPETUAL, SPOT, INVERSE), bases)
def test_a_position_is_the_sum_of_its_fills_and_the_net_that_of_all_strategies(
    fills: Sequence[Fill], basis: CostBasis
) -> None:
    """Invariant 6, S1-POS-05, B-POS-05: per strategy, per account, and over all."""
    trader = Trader(basis)
    trader.book_all(fills)
    for traded in (PERPETUAL, SPOT, INVERSE):
        mine = [fill for fill in fills if fill.instrument is traded]
        for number in STRATEGIES:
            expected = sum(fill.signed for fill in mine if fill.strategy == number)
            assert trader.position(traded, number).quantity == expected
        net = sum(fill.signed for fill in mine)
        assert trader.positions.net(traded.instrument) == net
        assert trader.positions.account_net(ONE, traded.instrument) == net
        open_now = [one.strategy for one in trader.positions.open_in(traded.instrument)]
        assert sorted(open_now) == [
            number for number in STRATEGIES if trader.position(traded, number).quantity
        ]


def test_what_changed_is_told_as_it_stands_after_the_fill() -> None:
    """S1-POS-04: quantity, cost, realised profit and fees of the position."""
    trader = Trader()
    trader.book(Fill(BUY, 10, 100, fee=2))
    changed, _ = trader.book(Fill(SELL, 4, 110, fee=1))
    assert changed == PositionChanged(
        FIRST, InstrumentId(1), SignedQuantity(6), Money(600), Money(40), Money(3)
    )


def test_a_strategy_that_never_traded_is_flat() -> None:
    """Asking for a position does not make one."""
    positions = Trader().positions
    assert positions.get(StrategyId(9), InstrumentId(9)).quantity == 0
    assert positions.all() == []
    assert positions.net(InstrumentId(9)) == 0
    assert positions.open_in(InstrumentId(9)) == []


@pytest.mark.parametrize("order", list(permutations(STRATEGIES)))
def test_an_open_position_is_listed_until_it_is_flat_and_again_when_it_reopens(
    order: Sequence[int],
) -> None:
    """S1-POS-05: whichever closes first; what is marked is exactly what is open."""
    trader = Trader()
    trader.book_all(Fill(BUY, 5, 10, strategy=strategy) for strategy in STRATEGIES)
    left = list(STRATEGIES)
    for strategy in order:
        trader.book(Fill(SELL, 5, 10, strategy=strategy))
        left.remove(strategy)
        open_now = [one.strategy for one in trader.positions.open_in(PERPETUAL.instrument)]
        assert sorted(open_now) == left
    trader.book(Fill(SELL, 5, 10, strategy=order[0]))
    [reopened] = trader.positions.open_in(PERPETUAL.instrument)
    assert reopened is trader.position(strategy=order[0])


def test_what_two_accounts_hold_for_no_strategy_is_kept_apart() -> None:
    """S1-POS-05: strategy 0 is not one strategy; it is nobody's, in each account."""
    trader = Trader()
    other = Account(AccountId(2), "other", "USD", 2, CASH)
    trader.positions.add_account(other)
    nobody = StrategyId(0)
    trader.positions.correct(trader.account, nobody, PERPETUAL, SignedQuantity(5), Price(10))
    trader.positions.correct(other, nobody, PERPETUAL, SignedQuantity(-2), Price(10))
    one = PERPETUAL.instrument
    assert trader.positions.get(nobody, one, ONE).quantity == 5
    assert trader.positions.get(nobody, one, AccountId(2)).quantity == -2
    assert trader.positions.account_net(AccountId(2), one) == -2
    assert trader.positions.net(one) == 3


@pytest.mark.parametrize("unit_decimals", [2, 6, 18])
def test_small_units_of_money_are_exact(unit_decimals: int) -> None:
    """B-POS-12: integers do not run out of digits."""
    small = msgspec.structs.replace(PERPETUAL, money_decimals=unit_decimals)
    trader = Trader()
    trader.book_all([Fill(BUY, 3, 7, instrument=small), Fill(SELL, 1, 8, instrument=small)])
    assert trader.account.realised == 10 ** (unit_decimals - 2)


@given(fills_in(SPOT, INVERSE), bases)
def test_a_fill_that_is_busted_leaves_money_and_quantity_as_if_it_had_been_traded_back(
    fills: Sequence[Fill], basis: CostBasis
) -> None:
    """Controls 46: the other side at the same price, and the fee returned; cash is as before."""
    trader = Trader(basis)
    for fill in fills:
        quantity, cash = trader.position(fill.instrument).quantity, trader.account.base.cash.fine
        worth = trader.account.base.at_cost - trader.account.base.realised.fine
        undone = fill._replace(side=SELL if fill.side is BUY else BUY, fee=-fill.fee)
        trader.book_all([fill, undone], fill.instrument)
        assert trader.position(fill.instrument).quantity == quantity
        assert trader.account.base.at_cost - trader.account.base.realised.fine == worth
        if fill.instrument is SPOT:
            assert trader.account.base.cash.fine == cash


# --- what could not be written down ---------------------------------------------------------------


def test_a_fill_whose_money_has_more_than_64_bits_has_a_problem() -> None:
    """B-POS-12: said before anything changes."""
    trader = Trader()
    price, quantity = Price(INCREMENTS_MAX), Quantity(INCREMENTS_MAX)
    problem = trader.positions.fill_problem(
        trader.account, FIRST, PERPETUAL, price, quantity, Money(0)
    )
    assert problem == f"it takes money beyond {MONEY_MAX} units"
    assert trader.positions.all() == []
    # What an inverse contract is worth is divided by the price: a low one is the dear one.
    for at, expected in ((Price(1), problem), (price, "")):
        found = trader.positions.fill_problem(
            trader.account, FIRST, INVERSE, at, quantity, Money(0)
        )
        assert found == expected


def test_a_fill_in_a_currency_that_the_account_does_not_hold_has_a_problem() -> None:
    """B-POS-08: no currency is taken for another one."""
    trader = Trader()
    euro = msgspec.structs.replace(PERPETUAL, currency="EUR")
    problem = trader.positions.fill_problem(
        trader.account, FIRST, euro, Price(1), Quantity(1), Money(0)
    )
    assert problem == "the account holds no EUR"


def test_a_fill_in_other_decimals_than_the_account_has_a_problem() -> None:
    """B-POS-12: the same number would be another amount."""
    trader = Trader()
    mills = msgspec.structs.replace(PERPETUAL, money_decimals=3)
    problem = trader.positions.fill_problem(
        trader.account, FIRST, mills, Price(1), Quantity(1), Money(0)
    )
    assert problem == "the account counts money in other decimals than the instrument"


def test_a_correction_beyond_any_true_quantity_has_a_problem() -> None:
    """A correction is held to what a fill is held to."""
    trader = Trader()
    trader.book(Fill(BUY, 10, 1))
    beyond = SignedQuantity(INCREMENTS_MAX - 9)
    problem = trader.positions.correct_problem(trader.account, FIRST, PERPETUAL, beyond, Price(1))
    assert problem == f"it takes the position beyond {INCREMENTS_MAX} increments"
    fits = SignedQuantity(INCREMENTS_MAX - 10)
    assert not trader.positions.correct_problem(trader.account, FIRST, PERPETUAL, fits, Price(1))


# --- corrections and cash -------------------------------------------------------------------------


def test_a_correction_moves_a_position_like_a_fill_without_a_fee() -> None:
    """S3-POS-01: counted among what was bought and sold."""
    trader = Trader()
    trader.positions.correct(trader.account, FIRST, SPOT, SignedQuantity(5), Price(10))
    changed, _ = trader.positions.correct(
        trader.account, FIRST, SPOT, SignedQuantity(-2), Price(10)
    )
    assert (changed.quantity, changed.fees) == (3, 0)
    assert (trader.position(SPOT).bought, trader.position(SPOT).sold) == (5, 2)
    assert trader.account.cash == CASH - 3 * 10 * SPOT.money_unit


def test_funding_is_a_profit_of_its_position_and_borrow_a_fee_of_it() -> None:
    """B-POS-08: what is named is booked where it is named, and in the account."""
    trader = Trader()
    trader.book(Fill(BUY, 10, 100))
    booked = trader.positions.book_cash(
        trader.account, "USD", CashKind.FUNDING, Money(-7), FIRST, PERPETUAL
    )
    assert [type(output) for output in booked] == [PositionChanged, AccountChanged]
    trader.positions.book_cash(trader.account, "USD", CashKind.BORROW, Money(-5), FIRST, PERPETUAL)
    position = trader.position()
    assert (position.realised, position.fees) == (-7, 5)
    account = trader.account
    assert (account.realised, account.fees, account.cash) == (-7, 5, CASH - 12)


@pytest.mark.parametrize(
    ("kind", "flows", "realised", "fees"),
    [
        (CashKind.DEPOSIT, 30, 0, 0),
        (CashKind.WITHDRAWAL, 30, 0, 0),
        (CashKind.FUNDING, 0, 30, 0),
        (CashKind.DIVIDEND, 0, 30, 0),
        (CashKind.INTEREST, 0, 30, 0),
        (CashKind.ADJUSTMENT, 0, 30, 0),
        (CashKind.BORROW, 0, 0, -30),
        (CashKind.FEE, 0, 0, -30),
    ],
)
def test_each_kind_of_cash_has_its_place(
    kind: CashKind, flows: int, realised: int, fees: int
) -> None:
    """B-POS-08: flows are no profit, and fees are positive where they are paid."""
    trader = Trader()
    [changed] = trader.positions.book_cash(
        trader.account, "USD", kind, Money(30), StrategyId(0), None
    )
    assert changed == AccountChanged(
        ONE, Money(CASH + 30), Money(realised), Money(fees), "", Money(flows), Money(0)
    )
    assert trader.positions.all() == []


# --- splits ---------------------------------------------------------------------------------------


@given(
    fills_in(PERPETUAL),
    st.sampled_from(PROPORTIONAL),
    bases,
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 500),
)
def test_a_split_agrees_with_exact_rationals(
    fills: Sequence[Fill],
    instrument: Instrument,
    basis: CostBasis,
    new: int,
    old: int,
    lieu_price: int,
) -> None:
    """Issue 3: the whole part stays at its cost, and the fraction is sold."""
    trader = Trader(basis)
    exact = ExactPosition(instrument, basis)
    for fill in fills:
        trader.book(fill._replace(instrument=instrument, strategy=1))
        exact.trade(fill.signed, fill.price)
    before = trader.account.base.cash.fine
    trader.positions.split(instrument, new, old, Price(lieu_price))
    cash = exact.split(new, old, lieu_price)
    closing = Fill(SELL, 13, 40, instrument=instrument)
    position = trader.position(instrument)
    steps = 4 * len(fills) + 8
    assert position.quantity == exact.quantity
    assert near(position.open_cost_fine, exact.cost, steps)
    assert near(position.realised_fine, exact.realised, steps)
    assert trader.positions.net(instrument.instrument) == exact.quantity
    if instrument is SPOT:
        assert near(trader.account.base.cash.fine - before, cash, steps)
    trader.book(closing)  # the lots behind it are right, too
    exact.trade(closing.signed, closing.price)
    assert trader.position(instrument).quantity == exact.quantity
    assert near(trader.position(instrument).open_cost_fine, exact.cost, steps)


def test_a_split_without_a_fraction_moves_no_money() -> None:
    """Issue 3: 3 for 2 of 4 is 6, at the same cost; only the position is told."""
    trader = Trader()
    trader.book(Fill(BUY, 4, 30, instrument=SPOT))
    cash = trader.account.cash
    [changed] = trader.positions.split(SPOT, 3, 2, Price(0))
    cost = Money(4 * 30 * SPOT.money_unit)
    assert changed == PositionChanged(
        FIRST, SPOT.instrument, SignedQuantity(6), cost, Money(0), Money(0)
    )
    assert trader.account.cash == cash


@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
def test_a_fraction_that_a_split_leaves_is_paid_at_the_price_that_is_named(sign: int) -> None:
    """Issue 3: 1 for 2 of 5 is 2 and a half; the half is paid, to a long and by a short."""
    trader = Trader()
    trader.book(Fill(BUY if sign > 0 else SELL, 5, 30, instrument=SPOT))
    cash = trader.account.cash
    trader.positions.split(SPOT, 1, 2, Price(80))
    unit = SPOT.money_unit
    assert trader.position(SPOT).quantity == sign * 2
    assert trader.account.cash - cash == sign * 40 * unit
    assert trader.position(SPOT).open_cost == sign * 4 * 30 * unit
    assert trader.position(SPOT).realised == sign * 10 * unit


def test_a_split_that_leaves_less_than_one_closes_the_position() -> None:
    """A position of a fraction alone is sold, and has no cost."""
    trader = Trader(FIFO)
    trader.book_all([Fill(BUY, 2, 30), Fill(BUY, 1, 60)], SPOT)
    trader.positions.split(SPOT, 1, 10, Price(500))
    position = trader.position(SPOT)
    assert (position.quantity, position.open_cost_fine) == (0, 0)
    assert position.realised == (150 - 120) * SPOT.money_unit
    assert trader.positions.open_in(SPOT.instrument) == []


def test_lots_that_are_less_than_one_after_a_split_become_one() -> None:
    """Issue 3: three of 1 at 10, 20 and 60, 1 for 3: one at 90, and nothing of it is lost."""
    trader = Trader(FIFO)
    trader.book_all([Fill(BUY, 1, 10), Fill(BUY, 1, 20), Fill(BUY, 1, 60)], SPOT)
    trader.positions.split(SPOT, 1, 3, Price(0))
    trader.book(Fill(SELL, 1, 100, instrument=SPOT))
    assert trader.position(SPOT).realised == (100 - 90) * SPOT.money_unit


def test_lots_keep_their_own_cost_through_a_split() -> None:
    """Issue 3: 3 at 20 and 3 at 50, 3 for 2: the oldest half is 4 at 13.33 and a half each."""
    trader = Trader(FIFO)
    exact = ExactPosition(SPOT, FIFO)
    for fill in (Fill(BUY, 3, 20, instrument=SPOT), Fill(BUY, 3, 50, instrument=SPOT)):
        trader.book(fill)
        exact.trade(fill.signed, fill.price)
    trader.positions.split(SPOT, 3, 2, Price(0))
    exact.split(3, 2, 0)
    trader.book(Fill(SELL, 4, 40, instrument=SPOT))
    exact.trade(-4, 40)
    assert Fraction(trader.position(SPOT).realised_fine, FINE_UNIT) == exact.realised


@pytest.mark.parametrize(
    ("instrument", "new", "old", "lieu_price", "problem"),
    [
        (SPOT, 1, 2, 0, "strategy 1 is left with a fraction, and it has no price"),
        (SPOT, 0, 1, 1, "it is no ratio of numbers from 1 to 1000000"),
        (SPOT, 1, 1_000_001, 1, "it is no ratio of numbers from 1 to 1000000"),
        (SPOT, 2, 1, -1, "the price for fractions is negative or absurd"),
        (INVERSE, 2, 1, 1, "an inverse contract is not split"),
        (SPOT, 2, 1, 0, ""),
        (SPOT, 1, 2, 1, ""),
    ],
)
def test_a_split_that_cannot_be_booked_says_why(
    instrument: Instrument, new: int, old: int, lieu_price: int, problem: str
) -> None:
    """Asked before anything changes."""
    trader = Trader()
    trader.book(Fill(BUY, 5, 30, instrument=SPOT))
    assert trader.positions.split_problem(instrument, new, old, Price(lieu_price)) == problem


def test_a_split_beyond_any_true_quantity_has_a_problem() -> None:
    """A quantity that no record could hold is not made."""
    trader = Trader()
    trader.book(Fill(BUY, 10**12, 1))
    problem = trader.positions.split_problem(PERPETUAL, 1_001, 1, Price(0))
    assert problem == f"it takes a position beyond {INCREMENTS_MAX} increments"
