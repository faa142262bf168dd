"""Positions and money against exact rationals: signs, flips, rounding, and totals that tie out."""

from fractions import Fraction
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.books import Book
from fairlead.machine.positions import Account, Position, Positions
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged, PositionChanged
from fairlead.model.terms import Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    StrategyId,
)
from tests.machine.build import BUY, CASH, PERPETUAL, SELL, SPOT, quote


class Fill(NamedTuple):
    """One fill of one strategy in one instrument."""

    side: Side
    quantity: int
    price: int
    fee: int = 0
    strategy: int = 1
    instrument: Instrument = PERPETUAL


class Oracle:
    """Average cost in rationals, written for clearness: what `Position` must agree with."""

    def __init__(self) -> None:
        """Begin flat."""
        self.quantity = 0
        self.cost = Fraction(0)  # of what is held; negative for a short
        self.realised = Fraction(0)

    def fill(self, fill: Fill) -> None:
        """Close what the fill closes, then open the rest at its own price."""
        signed = fill.quantity if fill.side is BUY else -fill.quantity
        worth = Fraction(fill.price * fill.instrument.money_unit)
        if self.quantity * signed < 0:
            closing = min(abs(signed), abs(self.quantity))
            direction = 1 if self.quantity > 0 else -1
            # Python rounds a Fraction half to even, which is the rule for the cost that leaves.
            share = Fraction(round(self.cost * closing / abs(self.quantity)))
            self.realised += worth * closing * direction - share
            self.cost -= share
            self.quantity -= direction * closing
            signed += direction * closing
        self.cost += worth * signed
        self.quantity += signed


def a_position(*fills: Fill) -> Position:
    """Return a position after some fills."""
    position = Position(StrategyId(1), InstrumentId(1))
    for fill in fills:
        unit = fill.instrument.money_unit
        position.fill(fill.side, Price(fill.price), Quantity(fill.quantity), unit)
    return position


def an_account(initial: Money = CASH) -> tuple[Positions, Account]:
    """Return positions with one account."""
    positions = Positions()
    account = Account(AccountId(1), "main", "USD", 2, initial)
    positions.add_account(account)
    return positions, account


def book(
    fill: Fill, positions: Positions, account: Account
) -> tuple[PositionChanged, AccountChanged]:
    """Book a fill as the machine does."""
    return positions.fill(
        account,
        StrategyId(fill.strategy),
        fill.instrument,
        fill.side,
        Price(fill.price),
        Quantity(fill.quantity),
        Money(fill.fee),
    )


sides = st.sampled_from([BUY, SELL])
fills = st.builds(
    Fill,
    side=sides,
    quantity=st.integers(1, 60),
    price=st.integers(1, 1_000),
    fee=st.integers(-50, 50),
    strategy=st.sampled_from([1, 2]),
    instrument=st.sampled_from([PERPETUAL, SPOT]),
)


# --- one position ---------------------------------------------------------------------------------


@given(st.lists(fills, max_size=40))
def test_a_position_agrees_with_exact_rationals_after_every_fill(sequence: list[Fill]) -> None:
    """S1-POS-02, B-POS-12: average cost, its share on closing rounded half to even, no drift."""
    oracle = Oracle()
    position = Position(StrategyId(1), InstrumentId(1))
    for fill in sequence:
        before = oracle.realised
        realised = position.fill(
            fill.side, Price(fill.price), Quantity(fill.quantity), fill.instrument.money_unit
        )
        oracle.fill(fill)
        assert position.quantity == oracle.quantity
        assert position.open_cost == oracle.cost
        assert position.realised == oracle.realised
        assert realised == oracle.realised - before


@given(st.lists(fills, max_size=40))
def test_rounding_moves_money_between_realised_and_open_and_makes_none(
    sequence: list[Fill],
) -> None:
    """B-POS-06: realised - open cost is exactly what was paid and received."""
    position = a_position(*sequence)
    received = sum(
        (fill.quantity if fill.side is SELL else -fill.quantity)
        * (fill.price * fill.instrument.money_unit)
        for fill in sequence
    )
    assert position.realised - position.open_cost == received


def test_a_short_that_is_covered_higher_loses() -> None:
    """B-POS-01: short 100 at 10, covered at 12, is -200 and not +200."""
    position = a_position(Fill(SELL, 100, 10), Fill(BUY, 100, 12))
    assert (position.quantity, position.realised) == (0, -200)


def test_a_short_that_is_covered_lower_earns() -> None:
    """B-POS-01: the sign is that of the position."""
    assert a_position(Fill(SELL, 100, 12), Fill(BUY, 40, 10)).realised == 80


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (Fill(SELL, 50, 10), Fill(BUY, 100, 12), 50),
        (Fill(BUY, 100, 10), Fill(SELL, 150, 12), -50),
    ],
    ids=["short to long", "long to short"],
)
def test_a_flip_opens_at_its_own_price(first: Fill, second: Fill, left: int) -> None:
    """B-POS-02: after a flip the average cost is the price of the trade that flipped."""
    position = a_position(first, second)
    assert (position.quantity, position.open_cost) == (left, left * 12)
    assert position.realised == (-100 if first.side is SELL else 200)


@given(st.lists(fills, max_size=20))
def test_a_flat_position_has_no_cost(sequence: list[Fill]) -> None:
    """B-POS-03: whatever was rounded on the way, closing all takes all of the cost out."""
    position = a_position(*sequence)
    if position.quantity:
        side = SELL if position.quantity > 0 else BUY
        position.fill(side, Price(7), Quantity(abs(position.quantity)), Money(1))
    assert (position.quantity, position.open_cost) == (0, 0)


@pytest.mark.parametrize(
    ("cost", "taken"),
    [((1, 2), 2), ((3, 4), 4), ((2, 3), 2)],
    ids=["1.5 is 2", "3.5 is 4", "2.5 is 2"],
)
def test_half_a_unit_of_cost_goes_to_the_even_side(cost: tuple[int, int], taken: int) -> None:
    """S1-POS-02: the rounding that is stated is the one that is done."""
    position = a_position(Fill(BUY, 1, cost[0]), Fill(BUY, 1, cost[1]))
    position.fill(SELL, Price(10), Quantity(1), Money(1))
    assert position.realised == 10 - taken
    assert position.open_cost == sum(cost) - taken


# --- marks ----------------------------------------------------------------------------------------


def a_book(bid: int, ask: int) -> Book:
    """Return a book with a touch."""
    book = Book(InstrumentId(1))
    book.quote(quote(bid, ask), Nanos(1))
    return book


def test_a_long_is_marked_at_the_bid_and_a_short_at_the_ask() -> None:
    """B-POS-07: a mark is what closing now would bring, exactly."""
    assert a_position(Fill(BUY, 3, 100)).value(a_book(99, 101), Money(10)) == 2_970
    assert a_position(Fill(SELL, 3, 100)).value(a_book(99, 101), Money(10)) == -3_030


@pytest.mark.parametrize(
    "market",
    [None, Book(InstrumentId(1)), a_book(101, 99), a_book(0, 101)],
    ids=["no book", "no data", "crossed", "nobody bids"],
)
def test_a_mark_that_is_missing_is_not_a_mark_of_zero(market: Book | None) -> None:
    """B-POS-07, invariant 11: no price, no value."""
    assert a_position(Fill(BUY, 3, 100)).value(market, Money(1)) is None


def test_a_flat_position_is_worth_nothing_without_any_mark() -> None:
    """There is nothing to close, so no price is needed."""
    assert a_position().value(None, Money(1)) == 0


# --- accounts -------------------------------------------------------------------------------------


@given(st.lists(fills, max_size=40), st.integers(1, 1_000), st.integers(1, 1_000))
def test_equity_is_initial_plus_realised_plus_unrealised_less_fees(
    sequence: list[Fill], mark: int, other_mark: int
) -> None:
    """B-POS-04, B-POS-06, S1-POS-03, invariant 6: cash and what is held tie out, exactly."""
    positions, account = an_account()
    for fill in sequence:
        book(fill, positions, account)
    marks = {PERPETUAL.instrument: mark, SPOT.instrument: other_mark * SPOT.money_unit}
    market_value = unrealised = 0
    for position in positions.all():
        value = position.quantity * marks[position.instrument]
        unrealised += value - position.open_cost
        # Spot is paid in full, so its value is beside the cash; a perpetual settles its profit.
        held_in_full = position.instrument == SPOT.instrument
        market_value += value if held_in_full else value - position.open_cost
    fees = sum(fill.fee for fill in sequence)
    realised = sum(position.realised for position in positions.all())
    assert (account.fees, account.realised) == (fees, realised)
    assert account.cash + market_value == CASH + realised + unrealised - fees


def test_equity_does_not_fall_by_the_price_of_what_was_bought() -> None:
    """B-POS-04: 100 bought at 10 and marked at 10 leave 1,000,000, not 999,000."""
    positions, account = an_account()
    book(Fill(BUY, 100, 10, instrument=SPOT), positions, account)
    assert account.cash == CASH - 100 * 10 * SPOT.money_unit
    held = positions.get(StrategyId(1), SPOT.instrument)
    assert account.cash + held.quantity * 10 * SPOT.money_unit == CASH


def test_a_perpetual_moves_cash_by_its_profit_alone() -> None:
    """B-POS-08: a future does not debit its notional."""
    positions, account = an_account()
    book(Fill(BUY, 100, 10, fee=3), positions, account)
    assert account.cash == CASH - 3
    book(Fill(SELL, 40, 12, fee=-1), positions, account)
    assert account.cash == CASH - 3 + 80 + 1


def test_a_rebate_is_a_fee_below_zero() -> None:
    """B-POS-06: a rebate raises cash and lowers the fees, and is no trading profit."""
    positions, account = an_account()
    _, changed = book(Fill(BUY, 1, 10, fee=-5), positions, account)
    assert changed == AccountChanged(AccountId(1), Money(CASH + 5), Money(0), Money(-5))


@given(st.lists(fills, max_size=40))
def test_a_position_is_the_sum_of_its_fills_and_the_net_that_of_all_strategies(
    sequence: list[Fill],
) -> None:
    """Invariant 6, S1-POS-05, B-POS-05: per strategy, and over all of them."""
    positions, account = an_account()
    for fill in sequence:
        book(fill, positions, account)
    for traded in (PERPETUAL, SPOT):
        mine = [fill for fill in sequence if fill.instrument is traded]
        signed = [fill.quantity if fill.side is BUY else -fill.quantity for fill in mine]
        for number in (1, 2):
            expected = sum(
                quantity
                for fill, quantity in zip(mine, signed, strict=True)
                if fill.strategy == number
            )
            assert positions.get(StrategyId(number), traded.instrument).quantity == expected
        assert positions.net(traded.instrument) == sum(signed)


def test_what_changed_is_told_as_it_stands_after_the_fill() -> None:
    """S1-POS-04: quantity, cost, realised profit and fees of the position."""
    positions, account = an_account()
    book(Fill(BUY, 10, 100, fee=2), positions, account)
    changed, _ = book(Fill(SELL, 4, 110, fee=1), positions, account)
    assert changed == PositionChanged(
        StrategyId(1),
        InstrumentId(1),
        positions.get(StrategyId(1), InstrumentId(1)).quantity,
        Money(600),
        Money(40),
        Money(3),
    )
    assert changed.quantity == 6


def test_a_machine_whose_money_does_not_tie_out_stops() -> None:
    """Invariant 6: a wrong account is a crash, never a trade."""
    positions, account = an_account()
    account.cash = Money(account.cash + 1)
    with pytest.raises(AssertionError, match="money was made or lost"):
        book(Fill(BUY, 1, 10), positions, account)


def test_a_strategy_that_never_traded_is_flat() -> None:
    """Asking for a position does not make one."""
    positions, _ = an_account()
    assert positions.get(StrategyId(9), InstrumentId(9)).quantity == 0
    assert positions.all() == []
    assert positions.net(InstrumentId(9)) == 0


@pytest.mark.parametrize("unit_decimals", [2, 6, 18])
def test_small_units_of_money_are_exact(unit_decimals: int) -> None:
    """B-POS-12: integers do not run out of digits."""
    fine = msgspec.structs.replace(PERPETUAL, money_decimals=unit_decimals)
    positions, account = an_account()
    book(Fill(BUY, 3, 7, instrument=fine), positions, account)
    book(Fill(SELL, 1, 8, instrument=fine), positions, account)
    assert account.realised == 10 ** (unit_decimals - 2)
