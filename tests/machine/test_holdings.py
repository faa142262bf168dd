"""A position against exact rationals: signs, flips, shares, lots, multipliers, inverses."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.holdings import Position
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import PositionChanged
from fairlead.model.terms import CostBasis
from fairlead.model.units import (
    FINE_UNIT,
    InstrumentId,
    Money,
    SignedQuantity,
    StrategyId,
)
from tests.machine.desk import STRATEGIES, Trader, fills_in
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
    nearest_even,
)

AVERAGE = CostBasis.AVERAGE
FIFO = CostBasis.FIFO
FIRST = StrategyId(1)
PROPORTIONAL = (PERPETUAL, SPOT, FUTURE)
bases = st.sampled_from([AVERAGE, FIFO])
kinds = st.sampled_from([PERPETUAL, SPOT, FUTURE, INVERSE])


def after(*fills: Fill, basis: CostBasis = AVERAGE) -> Position:
    """Return the position of strategy 1 after fills in one instrument."""
    trader = Trader(basis)
    trader.book_all(fills)
    return trader.position(fills[0].instrument)


# --- profit against exact rationals ---------------------------------------------------------------


@given(fills_in(PERPETUAL), kinds, bases)
def test_a_position_agrees_with_exact_rationals_after_every_fill(
    fills: Sequence[Fill], instrument: Instrument, basis: CostBasis
) -> None:
    """S1-POS-02, B-POS-08, B-POS-12: average cost and FIFO, longs, shorts, flips, multipliers."""
    trader = Trader(basis)
    exact = ExactPosition(instrument, basis)
    for count, fill in enumerate(fills, 1):
        changed, _ = trader.book(fill._replace(instrument=instrument, strategy=1))
        exact.trade(fill.signed, fill.price)
        position = trader.position(instrument)
        assert position.quantity == changed.quantity == exact.quantity
        assert near(position.open_cost_fine, exact.cost, 2 * count)
        assert near(position.realised_fine, exact.realised, 2 * count)
        assert abs(changed.open_cost - exact.cost) <= Fraction(1, 2) + Fraction(1, 10**9)
        assert abs(changed.realised - exact.realised) <= Fraction(1, 2) + Fraction(1, 10**9)


@given(fills_in(PERPETUAL), st.sampled_from(PROPORTIONAL))
def test_lots_are_whole_so_fifo_is_exact_to_the_last_part(
    fills: Sequence[Fill], instrument: Instrument
) -> None:
    """S1-POS-02: what a lot cost is price times quantity; nothing is divided."""
    trader = Trader(FIFO)
    exact = ExactPosition(instrument, FIFO)
    for fill in fills:
        trader.book(fill._replace(instrument=instrument, strategy=1))
        exact.trade(fill.signed, fill.price)
    position = trader.position(instrument)
    assert Fraction(position.open_cost_fine, FINE_UNIT) == exact.cost
    assert Fraction(position.realised_fine, FINE_UNIT) == exact.realised


@given(fills_in(PERPETUAL), kinds, st.integers(1, 1_000))
def test_fifo_and_average_cost_agree_once_flat(
    fills: Sequence[Fill], instrument: Instrument, price: int
) -> None:
    """Issue 3: they differ in when a profit is realised, and in nothing else, exactly."""
    realised = []
    for basis in (AVERAGE, FIFO):
        trader = Trader(basis)
        trader.book_all(fills, instrument)
        held = trader.position(instrument).quantity
        if held:
            side = SELL if held > 0 else BUY
            trader.book(Fill(side, abs(held), price, instrument=instrument))
        position = trader.position(instrument)
        assert (position.quantity, position.open_cost_fine) == (0, 0)
        realised.append((position.realised_fine, trader.account.base.cash.fine))
    assert realised[0] == realised[1]


@given(fills_in(*PROPORTIONAL), bases)
def test_realised_less_open_cost_is_what_was_paid_and_received(
    fills: Sequence[Fill], basis: CostBasis
) -> None:
    """B-POS-06: shares move money between realised and open, and make none."""
    trader = Trader(basis)
    trader.book_all(fills)
    for instrument in PROPORTIONAL:
        for strategy in STRATEGIES:
            position = trader.position(instrument, strategy)
            received = -sum(
                fill.signed * fill.price * instrument.money_unit
                for fill in fills
                if fill.instrument is instrument and fill.strategy == strategy
            )
            left = position.realised_fine - position.open_cost_fine
            assert left == received * FINE_UNIT


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=20))
def test_the_average_price_of_what_was_bought_is_the_exact_rational(
    bought: Sequence[tuple[int, int]],
) -> None:
    """Issue 3: an average is never rounded and carried on."""
    position = after(*[Fill(BUY, quantity, price) for quantity, price in bought])
    worth = sum(quantity * price for quantity, price in bought)
    average = Fraction(worth, sum(quantity for quantity, _ in bought))
    assert Fraction(position.open_cost_fine, FINE_UNIT * position.quantity) == average


def test_a_short_that_is_covered_higher_loses() -> None:
    """B-POS-01: short 100 at 10, covered at 12, is -200 and not +200."""
    position = after(Fill(SELL, 100, 10), Fill(BUY, 100, 12))
    assert (position.quantity, position.realised) == (0, -200)


def test_a_short_that_is_covered_lower_earns() -> None:
    """B-POS-01: the sign is that of the position."""
    assert after(Fill(SELL, 100, 12), Fill(BUY, 40, 10)).realised == 80


@pytest.mark.parametrize("basis", [AVERAGE, FIFO])
@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (Fill(SELL, 50, 10), Fill(BUY, 100, 12), 50),
        (Fill(BUY, 100, 10), Fill(SELL, 150, 12), -50),
    ],
    ids=["short to long", "long to short"],
)
def test_a_flip_opens_at_its_own_price(
    first: Fill, second: Fill, left: int, basis: CostBasis
) -> None:
    """B-POS-02: after a flip the average cost is the price of the trade that flipped."""
    position = after(first, second, basis=basis)
    assert (position.quantity, position.open_cost) == (left, left * 12)
    assert position.realised == (-100 if first.side is SELL else 200)


@given(fills_in(PERPETUAL), kinds, bases)
def test_a_flat_position_has_no_cost(
    fills: Sequence[Fill], instrument: Instrument, basis: CostBasis
) -> None:
    """B-POS-03: whatever was shared on the way, closing all takes all of the cost out."""
    trader = Trader(basis)
    for fill in fills:
        trader.book(fill._replace(instrument=instrument, strategy=1))
        held = trader.position(instrument).quantity
        if held:
            side = SELL if held > 0 else BUY
            trader.book(Fill(side, abs(held), 7, instrument=instrument))
        position = trader.position(instrument)
        assert (position.quantity, position.open_cost_fine) == (0, 0)


def test_what_is_sold_moves_the_position_down_however_it_is_written() -> None:
    """B-POS-05: a quantity has no sign, its side has; a sale never adds."""
    assert after(Fill(BUY, 5, 10), Fill(SELL, 2, 10)).quantity == 3
    with pytest.raises(AssertionError, match="a fill has a quantity"):
        after(Fill(SELL, -2, 10))


def test_each_figure_rests_on_the_fill_that_changed_it() -> None:
    """B-POS-11: profit is over the cost before the fill, cost and quantity are those after it."""
    trader = Trader()
    trader.book(Fill(BUY, 10, 100))
    trader.book(Fill(BUY, 10, 120))
    changed, account = trader.book(Fill(SELL, 25, 130, fee=3))
    assert changed == PositionChanged(
        FIRST, InstrumentId(1), SignedQuantity(-5), Money(-5 * 130), Money(20 * 20), Money(3)
    )
    assert (account.realised, account.fees, account.cash) == (400, 3, CASH + 397)


def test_fifo_closes_the_oldest_and_average_cost_a_share_of_all() -> None:
    """S1-POS-02: 1 at 10 and 1 at 20; one of them sold at 30."""
    trades = (Fill(BUY, 1, 10), Fill(BUY, 1, 20), Fill(SELL, 1, 30))
    assert (after(*trades, basis=FIFO).realised, after(*trades, basis=FIFO).open_cost) == (20, 20)
    assert (after(*trades).realised, after(*trades).open_cost) == (15, 15)


def test_fifo_takes_part_of_a_lot_and_the_rest_of_it_later() -> None:
    """S1-POS-02: a sale over lots: 3 at 10 and 2 at 20, sold 4 at 30, then 1 at 30."""
    first = (Fill(BUY, 3, 10), Fill(BUY, 2, 20), Fill(SELL, 2, 30))
    assert after(*first, basis=FIFO).realised == 2 * 20
    assert after(*first, Fill(SELL, 2, 30), basis=FIFO).realised == 3 * 20 + 10


@pytest.mark.parametrize(
    ("prices", "written"),
    [((1, 2), -2), ((3, 4), -4), ((2, 3), -2), ((0, 1), 0)],
    ids=["1.5 is 2", "3.5 is 4", "2.5 is 2", "0.5 is 0"],
)
def test_half_a_unit_is_written_as_the_even_one_and_kept_as_the_half(
    prices: tuple[int, int], written: int
) -> None:
    """S1-POS-02, B-POS-12: rounded at output alone."""
    dear = 10
    position = after(
        Fill(BUY, 1, prices[0] + dear), Fill(BUY, 1, prices[1] + dear), Fill(SELL, 1, dear)
    )
    assert 2 * position.realised_fine == -sum(prices) * FINE_UNIT
    assert position.realised == written
    assert position.open_cost == nearest_even(Fraction(sum(prices) + 2 * dear, 2))


# --- kinds ----------------------------------------------------------------------------------------


def test_a_multiplier_counts_in_every_contract() -> None:
    """B-POS-08: a contract of 50, bought at 10 and sold at 12, earns 100 units."""
    assert (
        after(Fill(BUY, 1, 10, instrument=FUTURE), Fill(SELL, 1, 12, instrument=FUTURE)).realised
        == 2 * 50
    )


def test_an_inverse_contract_earns_in_the_coin() -> None:
    """B-POS-08: 3 contracts of 100, at 50.00 and 60.00: 3 * (100 / 50 - 100 / 60) = 1.00 coins."""
    long = after(Fill(BUY, 3, 5_000, instrument=INVERSE), Fill(SELL, 3, 6_000, instrument=INVERSE))
    short = after(Fill(SELL, 3, 5_000, instrument=INVERSE), Fill(BUY, 3, 6_000, instrument=INVERSE))
    assert (long.realised, short.realised) == (100, -100)


def test_the_open_cost_of_an_inverse_long_is_what_it_is_worth_at_its_price() -> None:
    """B-POS-08: positive for a long, as for everything else."""
    position = after(Fill(BUY, 3, 5_000, instrument=INVERSE))
    assert position.open_cost == 3 * 200  # 2.00 coins each
