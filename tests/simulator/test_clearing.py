"""What a venue counts of us, held against exact rationals; and what it forgets."""

from collections import deque
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import VenueFilled
from fairlead.model.instruments import Instrument
from fairlead.model.statements import StatementCash
from fairlead.model.terms import CostBasis, InstrumentKind, Liquidity, Side
from fairlead.model.units import (
    FINE_UNIT,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
)
from fairlead.simulator.clearing import FILLS_MAX, Clearing
from fairlead.simulator.venue_order import VenueOrder
from tests.simulator.orders import BUY, INSTRUMENT, SELL, approved

CASH = 10**12
FIFO, AVERAGE = CostBasis.FIFO, CostBasis.AVERAGE
SPOT = INSTRUMENT
PERPETUAL = msgspec.structs.replace(INSTRUMENT, kind=InstrumentKind.PERPETUAL, multiplier=10)
INVERSE = msgspec.structs.replace(INSTRUMENT, kind=InstrumentKind.INVERSE, multiplier=100)
Trade = tuple[Side, int, int, int]  # side, price, quantity, fee
TRADES = st.lists(
    st.tuples(
        st.sampled_from([BUY, SELL]),
        st.integers(1, 2_000),
        st.integers(1, 30),
        st.integers(-500, 500),
    ),
    max_size=25,
)


def clearing(instrument: Instrument, basis: CostBasis = AVERAGE) -> Clearing:
    return Clearing([instrument], (StatementCash("USD", Money(CASH)),), basis)


def fill(number: int, price: int, quantity: int, fee: int = 0, time: int = 0) -> VenueFilled:
    return VenueFilled(
        OrderId(1),
        InstrumentId(1),
        f"E{number}",
        20240809,
        Price(price),
        Quantity(quantity),
        Money(fee),
        Liquidity.MAKER,
        Nanos(time),
    )


def book(account: Clearing, trades: list[Trade], instrument: Instrument = SPOT) -> None:
    for number, (side, price, quantity, fee) in enumerate(trades):
        order = VenueOrder(instrument, approved(1, side, quantity, price))
        traded = Money(price * quantity * 10**4)  # cents in 6 decimals; of spot alone
        account.book(fill(number, price, quantity, fee, number), order, traded)


def cash_of(account: Clearing) -> int:
    [line] = account.cash() or ()
    return line.amount


def held(account: Clearing) -> int:
    return sum(one.quantity for one in account.positions(""))


def worth(instrument: Instrument, price: int) -> Fraction:
    """Return what one unit is worth at a price, from the decimals of its terms."""
    terms = instrument
    unit = Fraction(terms.multiplier * 10**terms.money_decimals, 10**terms.quantity_decimals)
    market = Fraction(price, 10**terms.price_decimals)
    return unit / market if terms.kind is InstrumentKind.INVERSE else unit * market


def profit(instrument: Instrument, basis: CostBasis, trades: list[Trade]) -> Fraction:
    """Return what the trades of a contract realised: unit by unit, naively and exactly."""
    units: deque[Fraction] = deque()  # what each open unit was worth when it was opened
    direction = 0
    realised = Fraction(0)
    for side, price, quantity, _ in trades:
        sign = 1 if side is BUY else -1
        for _ in range(quantity):
            if direction in (0, sign):
                direction = sign
                units.append(worth(instrument, price))
                continue
            entry = sum(units, Fraction(0)) / len(units) if basis is AVERAGE else units[0]
            units.popleft()
            if basis is AVERAGE:
                units = deque([entry] * len(units))
            gain = worth(instrument, price) - entry
            inverse = instrument.kind is InstrumentKind.INVERSE
            realised += direction * (-gain if inverse else gain)
            direction = direction if units else 0
    return realised


@given(TRADES)
def test_spot_is_paid_in_full(trades: list[Trade]) -> None:
    account = clearing(SPOT)
    book(account, trades)
    signed = [(1 if side is BUY else -1, price, size, fee) for side, price, size, fee in trades]
    paid = sum(sign * size * worth(SPOT, price) + fee for sign, price, size, fee in signed)
    assert cash_of(account) == CASH - paid
    assert held(account) == sum(sign * size for sign, _, size, _ in signed)


@pytest.mark.parametrize("instrument", [PERPETUAL, INVERSE], ids=["perpetual", "inverse"])
@pytest.mark.parametrize("basis", [AVERAGE, FIFO])
@given(trades=TRADES)
def test_a_contract_pays_what_it_realised_long_and_short_through_flips(
    instrument: Instrument, basis: CostBasis, trades: list[Trade]
) -> None:
    """B-POS-01, B-POS-02, B-POS-08: at the venue, independently of the machine."""
    account = clearing(instrument, basis)
    book(account, trades, instrument)
    fees = sum(fee for *_, fee in trades)
    exact = CASH + profit(instrument, basis, trades) - fees
    slack = Fraction(1, 2) + Fraction(2 * len(trades), FINE_UNIT)  # the rounding of each step
    assert abs(cash_of(account) - exact) <= slack
    assert held(account) == sum(size if side is BUY else -size for side, _, size, _ in trades)


def test_a_short_that_is_covered_higher_loses() -> None:
    """B-POS-01: short 100 at 10, covered at 12, is -200 (times ten, the multiplier)."""
    account = clearing(PERPETUAL)
    book(account, [(SELL, 10_00, 100, 0), (BUY, 12_00, 100, 0)])
    assert cash_of(account) == CASH - 2_000 * 10**6
    assert account.positions("") == ()


def test_first_in_first_out_and_average_differ_while_open_and_agree_once_flat() -> None:
    trades: list[Trade] = [(BUY, 10_00, 10, 0), (BUY, 20_00, 10, 0), (SELL, 20_00, 10, 0)]
    fifo, average = clearing(PERPETUAL, FIFO), clearing(PERPETUAL, AVERAGE)
    book(fifo, trades)
    book(average, trades)
    assert cash_of(fifo) - CASH == 2 * (cash_of(average) - CASH) == 1_000 * 10**6
    for account in (fifo, average):
        book(account, [(SELL, 20_00, 10, 0)])
    assert cash_of(fifo) == cash_of(average)


def test_a_venue_that_was_not_told_of_cash_says_nothing_of_it() -> None:
    account = Clearing([SPOT], (), AVERAGE)
    book(account, [(BUY, 500, 10, 0)])
    assert account.cash() is None
    assert held(account) == 10


def test_what_is_flat_is_not_in_the_positions_and_another_venue_has_none_of_them() -> None:
    account = clearing(SPOT)
    book(account, [(BUY, 500, 10, 0)])
    assert [one.quantity for one in account.positions("TEST")] == [10]
    assert account.positions("ELSEWHERE") == ()
    book(account, [(SELL, 500, 10, 0)])
    assert account.positions("TEST") == ()


def told(account: Clearing, since: int) -> tuple[int, list[int]]:
    start, fills = account.fills(Nanos(since))
    return start, [one.venue_time for one in fills]


def test_fills_are_told_from_a_time_on_again_and_again() -> None:
    account = clearing(SPOT)
    book(account, [(BUY, 500, 10, 0)] * 4)
    assert told(account, 0) == (0, [0, 1, 2, 3])
    assert told(account, 2) == (2, [2, 3])
    assert told(account, 2) == (2, [2, 3])


def test_what_lies_before_the_last_watermark_is_forgotten_and_the_statement_says_so() -> None:
    account = clearing(SPOT)
    book(account, [(BUY, 500, 10, 0)] * 4)
    account.fills(Nanos(2))
    assert told(account, 0) == (2, [2, 3])


def test_no_more_fills_are_kept_than_the_bound_and_the_statement_says_from_when() -> None:
    """Invariant 14: memory does not grow with history."""
    account = clearing(SPOT)
    book(account, [(BUY, 500, 10, 0)] * (FILLS_MAX + 3))
    start, times = told(account, 0)
    assert (start, len(times), times[0]) == (3, FILLS_MAX, 3)
    assert held(account) == 10 * (FILLS_MAX + 3)
