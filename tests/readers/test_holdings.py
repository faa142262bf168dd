"""Positions by what was booked: against exact rationals, for each cost basis and kind."""

from collections import deque
from fractions import Fraction
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import FINE_UNIT, InstrumentId, Money, Price, Quantity
from fairlead.readers.holdings import LedgerPosition, Trips
from tests.readers.sessions import ACCOUNT, MONEY_DECIMALS, SPOT, STRATEGY, instrument

CENT: Final = 10 ** (MONEY_DECIMALS - 2)  # one cent in units of money
UNIT: Final = 10 ** (MONEY_DECIMALS - 5)  # one cent on one thousandth, in units of money
TERMS: Final = instrument(SPOT, "ETH-USDT", InstrumentKind.SPOT)
INVERSE: Final = Instrument(
    instrument=InstrumentId(3),
    symbol="BTC-USD",
    venue="VENUE",
    currency="BTC",
    kind=InstrumentKind.INVERSE,
    price_decimals=1,
    quantity_decimals=0,
    money_decimals=8,
    price_tick=Price(1),
    quantity_lot=Quantity(1),
    quantity_min=Quantity(1),
    quantity_max=Quantity(10**9),
    notional_min=Money(0),
    maker_fee=TERMS.maker_fee,
    taker_fee=TERMS.taker_fee,
    multiplier=100,
)
Trade = tuple[int, int, int]  # signed quantity, price, fee


def after(
    *trades: Trade, fifo: bool = False, terms: Instrument = TERMS
) -> tuple[LedgerPosition, Trips]:
    """Return a position and its round trips."""
    trips = Trips()
    position = LedgerPosition(STRATEGY, terms, ACCOUNT, fifo)
    for signed, price, fee in trades:
        position.trade(signed, Price(price), Money(fee), trips)
    return position, trips


# --- round trips and averages ---------------------------------------------------------------------


def test_a_short_covered_higher_loses() -> None:
    """B-POS-01."""
    position, trips = after((-100_000, 1_000, 0), (100_000, 1_200, 0))
    assert position.realised == -200 * 100 * CENT
    assert (position.quantity, position.open_cost) == (0, 0)
    assert (trips.lost, trips.gross_loss) == (1, 200 * 100 * CENT)


def test_a_partial_close_takes_its_share_of_the_cost() -> None:
    position, trips = after((1_000, 1_000, 0), (1_000, 1_200, 0), (-500, 1_300, 0))
    assert position.average_price(2) == 1_100
    assert position.realised == 500 * 200 * UNIT
    assert position.open_cost == 1_500 * 1_100 * UNIT
    assert trips.count == 0


def test_a_partial_close_takes_the_oldest_lots_where_they_are_kept() -> None:
    position, _ = after((1_000, 1_000, 0), (1_000, 1_200, 0), (-1_500, 1_300, 0), fifo=True)
    assert position.realised == (1_000 * 300 + 500 * 100) * UNIT
    assert position.average_price(2) == 1_200


@pytest.mark.parametrize("fifo", [False, True])
def test_a_flip_closes_all_and_opens_at_the_price_of_the_trade(fifo: bool) -> None:
    """B-POS-02; a third of the fee closed."""
    position, trips = after((1_000, 1_000, 0), (-3_000, 1_100, 300), fifo=fifo)
    assert position.realised == 1_000 * 100 * UNIT
    assert position.quantity == -2_000
    assert position.average_price(2) == 1_100
    assert trips.gross_profit == 1_000 * 100 * UNIT - 100


def test_an_average_price_is_rounded_half_to_even() -> None:
    position, _ = after((1, 100, 0), (1, 101, 0))
    assert position.average_price(3) == 1_005
    assert position.average_price(2) == 100  # 1.005 lies on the half
    more, _ = after((-1, 101, 0), (-1, 102, 0))
    assert more.average_price(2) == 102  # 1.015 likewise


def test_the_average_price_of_contracts_knows_their_multiplier() -> None:
    """B-POS-08: ten units of the underlying to a contract."""
    tens = msgspec.structs.replace(TERMS, multiplier=10)
    position, _ = after((1_000, 1_000, 0), (1_000, 1_200, 0), terms=tens)
    assert position.average_price(2) == 1_100
    assert position.open_cost == 10 * 2_000 * 1_100 * UNIT


def test_the_average_price_of_an_inverse_contract_is_harmonic() -> None:
    """B-POS-08: 100 at 10,000.0 and 100 at 30,000.0 are worth 200 at 15,000.0."""
    position, _ = after((100, 100_000, 0), (100, 300_000, 0), terms=INVERSE)
    assert position.average_price(1) == 150_000


def test_a_long_inverse_contract_gains_coins_when_the_price_rises() -> None:
    """B-POS-08: 100 contracts of 100 dollars, from 10,000 to 20,000: half a bitcoin."""
    position, _ = after((100, 100_000, 0), (-100, 200_000, 0), terms=INVERSE)
    assert position.realised == 50_000_000
    short, _ = after((-100, 100_000, 0), (100, 200_000, 0), terms=INVERSE)
    assert short.realised == -50_000_000


def test_a_flat_position_has_no_average_price() -> None:
    """B-POS-03."""
    position, _ = after()
    assert position.average_price(2) is None


def test_a_round_trip_that_breaks_even_is_neither_won_nor_lost() -> None:
    _, trips = after((1, 100, -5), (-1, 100, 5))
    assert (trips.won, trips.lost, trips.even) == (0, 0, 1)


# --- against exact rationals ----------------------------------------------------------------------

trades = st.lists(
    st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 500), st.integers(-10_000, 10_000)),
    max_size=40,
)
ratios = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 500))


class Oracle:
    """A position in exact rationals, its lots one by one."""

    def __init__(self, fifo: bool) -> None:
        """Begin flat."""
        self.fifo = fifo
        self.lots: deque[list[Fraction]] = deque()  # signed quantity, price
        self.realised = Fraction(0)

    def trade(self, signed: int, price: int) -> None:
        """Close what is on the other side, then open."""
        left = Fraction(signed)
        if not self.fifo and self.lots:
            held = sum(lot[0] for lot in self.lots)
            cost = sum(lot[0] * lot[1] for lot in self.lots)
            self.lots = deque([[held, cost / held]]) if held else deque()
        while left and self.lots and self.lots[0][0] * left < 0:
            lot = self.lots[0]
            closing = min(abs(left), abs(lot[0])) * (1 if lot[0] > 0 else -1)
            self.realised += closing * (price - lot[1])
            lot[0] -= closing
            left += closing
            if lot[0] == 0:
                self.lots.popleft()
        if left:
            self.lots.append([left, Fraction(price)])

    @property
    def cost(self) -> Fraction:
        """What is open has cost."""
        return sum((lot[0] * lot[1] for lot in self.lots), Fraction(0))


@given(trades, st.booleans())
def test_cost_and_profit_stay_within_a_fine_part_of_the_exact_ones(
    trades: list[Trade], fifo: bool
) -> None:
    """B-POS-12: half a part for every close, and 720,720,000,000 parts make the smallest unit."""
    position, _ = after(*trades, fifo=fifo)
    oracle = Oracle(fifo)
    for signed, price, _ in trades:
        oracle.trade(signed, price)
    bound = len(trades)
    assert abs(position.cost - oracle.cost * UNIT * FINE_UNIT) <= bound
    assert abs(position.profit - oracle.realised * UNIT * FINE_UNIT) <= bound
    assert position.quantity == sum(signed for signed, _, _ in trades)
    assert position.fees == sum(fee for _, _, fee in trades)


@given(trades, st.booleans(), st.sampled_from([TERMS, INVERSE]))
def test_what_was_paid_and_received_is_cost_and_profit(
    trades: list[Trade], fifo: bool, terms: Instrument
) -> None:
    """Invariant 6: one sum without averages, one with; equal to the last part."""
    position, trips = after(*trades, fifo=fifo, terms=terms)
    profit = position.cost - position.profit
    if position.inverse:
        profit = position.cost + position.profit
    assert position.net_paid == profit
    if position.quantity == 0 and trades:
        made = trips.profit - trips.loss
        assert made == position.profit - FINE_UNIT * position.fees


@given(trades)
def test_both_cost_bases_agree_once_flat(trades: list[Trade]) -> None:
    """What is left out of the one profit is in the other later, and nothing is left at the end."""
    average, _ = after(*trades)
    fifo, _ = after(*trades, fifo=True)
    closing = -average.quantity
    if closing:
        for position in (average, fifo):
            position.trade(closing, Price(100), Money(0), Trips())
    assert (average.cost, fifo.cost) == (0, 0)
    assert average.profit == fifo.profit


# --- splits ---------------------------------------------------------------------------------------


@given(trades, st.booleans(), ratios)
def test_a_split_keeps_cost_and_sells_what_is_left_over(
    trades: list[Trade], fifo: bool, ratio: tuple[int, int, int]
) -> None:
    """B-POS-08: whole units stay at their cost; the fraction brings its price and no more."""
    new, old, lieu = ratio
    position, _ = after(*trades, fifo=fifo)
    if position.quantity == 0:
        return
    held, cost, profit, paid = (
        position.quantity,
        position.cost,
        position.profit,
        position.net_paid,
    )
    received, realised = position.split(new, old, Price(lieu), Trips())
    units = Fraction(held * new, old)
    whole = int(units)  # towards zero
    assert position.quantity == whole
    assert received == round(FINE_UNIT * UNIT * lieu * (units - whole))
    assert position.profit == profit + realised
    assert position.cost == cost - (received - realised)
    assert position.net_paid == paid - received
    if not fifo:
        share = cost * (units - whole) / units
        assert abs((received - realised) - share) <= 1


@given(trades, ratios, st.integers(1, 500))
def test_lots_are_whole_after_a_split_and_close_to_their_cost(
    trades: list[Trade], ratio: tuple[int, int, int], price: int
) -> None:
    """B-POS-08: closed one unit at a time, every lot gives up all of its cost."""
    new, old, lieu = ratio
    position, _ = after(*trades, fifo=True)
    if position.quantity == 0:
        return
    position.split(new, old, Price(lieu), Trips())
    sign = 1 if position.quantity > 0 else -1
    cost, size = position.cost, abs(position.quantity)
    before = position.profit
    for _ in range(size):
        position.trade(-sign, Price(price), Money(0), Trips())
    assert (position.quantity, position.cost) == (0, 0)
    assert position.profit - before == sign * size * FINE_UNIT * UNIT * price - cost


def test_a_unit_of_parts_of_several_lots_is_a_lot_of_its_own() -> None:
    """Three for two: 1 at 100 and 3 at 200 are 1 (66.67), 1 of both (100), and 4 (133.33 each)."""
    position, _ = after((1, 10_000, 0), (3, 20_000, 0), fifo=True)
    position.split(3, 2, Price(0), Trips())
    assert position.quantity == 6
    costs = []
    for _ in range(3):
        before = position.cost
        position.trade(-1, Price(0), Money(0), Trips())
        costs.append((before - position.cost) // FINE_UNIT // UNIT)
    assert costs == [6_666, 10_000, 13_333]


@given(trades, st.booleans(), st.data())
def test_a_trade_that_is_taken_back_was_never_made(
    made: list[Trade], fifo: bool, data: st.DataObject
) -> None:
    """Control 46: quantity, cost, profit, fees and what was paid, to the last part."""
    which = data.draw(st.integers(0, len(made)))
    signed, price = data.draw(st.integers(-50, 50).filter(bool)), data.draw(st.integers(1, 500))
    position, trips = after(*made[:which], fifo=fifo)
    position.trade(signed, Price(price), Money(7), trips, "it")
    for other, at, fee in made[which:]:
        position.trade(other, Price(at), Money(fee), trips)
    assert position.take_back("it", Money(7), trips)[1:] == (signed, price)
    never, _ = after(*made, fifo=fifo)
    assert _state(position) == _state(never)


def _state(position: LedgerPosition) -> list[int]:
    figures = [position.quantity, position.cost, position.profit, position.fees]
    return [*figures, position.net_paid, position.bought, position.sold]


def test_a_split_that_leaves_nothing_ends_the_round_trip() -> None:
    position, trips = after((4, 10_000, 5))
    position.split(1, 10, Price(90_000), trips)
    assert (position.quantity, position.open_cost, trips.lost) == (0, 0, 1)
    assert trips.gross_loss == 4 * 1_000 * UNIT + 5


def test_cash_without_a_quantity_is_part_of_the_round_trip() -> None:
    """Funding and dividends belong to what was held."""
    position, trips = after((1_000, 1_000, 0))
    position.earn(position.value(1, Price(10)), Money(3))
    position.trade(-1_000, Price(1_000), Money(0), trips)
    assert (position.realised, position.fees) == (10 * UNIT, 3)
    assert trips.gross_profit == 10 * UNIT - 3
