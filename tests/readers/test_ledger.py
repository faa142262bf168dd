"""The second accounting: exact against rationals, and at odds with a machine that is wrong."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    AccountDefinition,
    BookChange,
    BookGap,
    Input,
    InstrumentDefinition,
    StrategyDefinition,
    TimerFired,
)
from fairlead.model.outputs import AccountChanged, BookRestored, OrderFilled, PositionChanged
from fairlead.model.terms import InstrumentKind, Liquidity, Side
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    UpdateId,
)
from fairlead.readers.ledger import Ledger, LedgerPosition, Trips
from tests.readers.sessions import (
    ACCOUNT,
    CASH,
    MONEY_DECIMALS,
    PERPETUAL,
    SPOT,
    START,
    STRATEGY,
    Scene,
    instrument,
)

BUY, SELL = Side.BUY, Side.SELL
CENT = 10 ** (MONEY_DECIMALS - 2)  # one cent in units of money
# One cent on one thousandth, in units of money.
UNIT = 10 ** (MONEY_DECIMALS - 5)


def fact(
    side: Side, quantity: int, price: int, fee: int = 0, key: InstrumentId = SPOT
) -> OrderFilled:
    """Return a fill, in thousandths and cents."""
    return OrderFilled(
        OrderId(1),
        STRATEGY,
        key,
        side,
        Price(price),
        Quantity(quantity),
        Money(fee),
        Liquidity.TAKER,
        "E",
        Quantity(quantity),
        Quantity(0),
    )


def position_after(*fills: OrderFilled) -> tuple[LedgerPosition, Trips]:
    """Return a position and its round trips."""
    trips = Trips()
    position = LedgerPosition(STRATEGY, instrument(SPOT, "ETH-USDT", InstrumentKind.SPOT))
    for each in fills:
        position.fill(each, trips)
    return position, trips


def test_a_short_covered_higher_loses() -> None:
    position, trips = position_after(fact(SELL, 100_000, 1_000), fact(BUY, 100_000, 1_200))
    assert position.realised == -200 * 100 * CENT
    assert (position.quantity, position.open_cost) == (0, 0)
    assert (trips.lost, trips.gross_loss) == (1, 200 * 100 * CENT)


def test_a_partial_close_takes_its_share_of_the_cost() -> None:
    position, trips = position_after(
        fact(BUY, 1_000, 1_000), fact(BUY, 1_000, 1_200), fact(SELL, 500, 1_300)
    )
    assert position.average_price(2) == 1_100
    assert position.realised == 500 * 200 * UNIT
    assert position.open_cost == 1_500 * 1_100 * UNIT
    assert trips.count == 0


def test_a_flip_closes_all_and_opens_at_the_price_of_the_trade() -> None:
    position, trips = position_after(fact(BUY, 1_000, 1_000), fact(SELL, 3_000, 1_100, fee=300))
    assert position.realised == 1_000 * 100 * UNIT
    assert position.quantity == -2_000
    assert position.average_price(2) == 1_100
    assert trips.gross_profit == 1_000 * 100 * UNIT - 100  # a third of the fee closed


def test_an_average_price_is_rounded_half_to_even() -> None:
    position, _ = position_after(fact(BUY, 1, 100), fact(BUY, 1, 101))
    assert position.average_price(3) == 1_005
    assert position.average_price(2) == 100  # 1.005 lies on the half
    more, _ = position_after(fact(SELL, 1, 101), fact(SELL, 1, 102))
    assert more.average_price(2) == 102  # 1.015 likewise


def test_a_flat_position_has_no_average_price() -> None:
    position, _ = position_after()
    assert position.average_price(2) is None


def test_a_round_trip_that_breaks_even_is_neither_won_nor_lost() -> None:
    _, trips = position_after(fact(BUY, 1, 100, fee=-5), fact(SELL, 1, 100, fee=5))
    assert (trips.won, trips.lost, trips.even) == (0, 0, 1)


fills = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 50),
        st.integers(1, 500),
        st.integers(-10_000, 10_000),
        st.sampled_from([SPOT, PERPETUAL]),
    ),
    max_size=40,
)


def ledger_after(trades: list[tuple[Side, int, int, int, InstrumentId]]) -> Ledger:
    """Return a ledger that saw the definitions and the fills."""
    ledger = Ledger()
    definitions: list[Input] = [
        AccountDefinition(ACCOUNT, "main", "USDT", MONEY_DECIMALS, CASH),
        InstrumentDefinition(instrument(SPOT, "ETH-USDT", InstrumentKind.SPOT)),
        InstrumentDefinition(instrument(PERPETUAL, "ETH-PERP", InstrumentKind.PERPETUAL)),
        StrategyDefinition(STRATEGY, "maker", ACCOUNT, "{}"),
    ]
    for number, definition in enumerate(definitions, start=1):
        ledger.follow(Sequence(number), START, definition, [])
    for number, (side, quantity, price, fee, key) in enumerate(trades, start=5):
        booked = fact(side, quantity, price, fee, key)
        ledger.follow(Sequence(number), START, TimerFired(STRATEGY, 1), [booked])
    return ledger


@given(fills)
def test_cash_and_equity_agree_with_exact_rationals(
    trades: list[tuple[Side, int, int, int, InstrumentId]],
) -> None:
    ledger = ledger_after(trades)
    account = ledger.accounts[ACCOUNT]
    identity = ledger.identity(account)
    assert identity.holds
    paid = {SPOT: Fraction(0), PERPETUAL: Fraction(0)}
    for side, quantity, price, _, key in trades:
        value = Fraction(quantity, 1_000) * Fraction(price, 100)
        paid[key] += value if side is BUY else -value
    money = 10**MONEY_DECIMALS
    fees = sum(trade[3] for trade in trades)
    spot = ledger.positions.get((STRATEGY, SPOT))
    perpetual = ledger.positions.get((STRATEGY, PERPETUAL))
    realised = perpetual.realised if perpetual else 0
    assert account.cash == CASH - paid[SPOT] * money + realised - fees
    assert account.fees == fees
    for position, key in ((spot, SPOT), (perpetual, PERPETUAL)):
        if position is not None:
            assert position.open_cost - position.realised == paid[key] * money


@given(fills)
def test_the_average_cost_stays_within_one_unit_per_fill_of_the_exact_one(
    trades: list[tuple[Side, int, int, int, InstrumentId]],
) -> None:
    position, _ = position_after(*(fact(*trade[:4]) for trade in trades))
    held, cost = Fraction(0), Fraction(0)
    for side, quantity, price, _, _ in trades:
        signed = quantity if side is BUY else -quantity
        closing = min(Fraction(quantity), abs(held)) if held * signed < 0 else Fraction(0)
        if closing:
            cost -= cost * closing / abs(held)
        cost += (1 if signed > 0 else -1) * (quantity - closing) * price * UNIT
        held += signed
    assert position.quantity == held
    assert abs(position.open_cost - cost) <= len(trades)


@given(fills)
def test_the_machine_and_the_ledger_say_the_same(
    trades: list[tuple[Side, int, int, int, InstrumentId]],
) -> None:
    ledger = Ledger()
    scene = Scene(ledger)
    scene.quote(SPOT, 250, 260)
    scene.quote(PERPETUAL, 250, 260)
    for side, quantity, price, fee, key in trades:
        order = scene.order(key, side, quantity, 255)
        scene.fill(order, key, quantity, price, fee)
    assert ledger.disagreements == []
    assert ledger.accounts[ACCOUNT].fills == len(trades)
    identity = ledger.identity(ledger.accounts[ACCOUNT])
    assert identity.holds
    assert identity.at_cost == 0


def test_a_machine_that_books_something_else_is_named() -> None:
    ledger = ledger_after([(BUY, 1, 100, 0, SPOT)])
    wrong = PositionChanged(STRATEGY, SPOT, SignedQuantity(2), Money(0), Money(0), Money(0))
    cash = AccountChanged(ACCOUNT, Money(1), Money(0), Money(0))
    restored = BookRestored(SPOT)
    ledger.follow(Sequence(9), START, TimerFired(STRATEGY, 1), [wrong, cash, restored])
    assert ledger.disagreement_count == 3
    assert "position of strategy 1 in instrument 1" in ledger.disagreements[0]
    assert "account 1" in ledger.disagreements[1]
    assert "book of instrument 1" in ledger.disagreements[2]


def test_a_long_is_valued_at_the_bid_and_a_short_at_the_ask() -> None:
    ledger = Ledger()
    scene = Scene(ledger)
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, BUY, 1_000, 10_050)
    scene.quote(PERPETUAL, 10_000, 10_100)
    scene.trade(PERPETUAL, SELL, 1_000, 10_050)
    spot, perpetual = ledger.positions.values()
    assert ledger.unrealised(spot) == (-50 * CENT, "")
    assert ledger.unrealised(perpetual) == (-50 * CENT, "")
    assert ledger.valuation(ledger.accounts[ACCOUNT]).equity == CASH - 100 * CENT


@pytest.mark.parametrize("what", ["gap", "refused", "nobody"])
def test_a_missing_mark_is_no_value_and_never_zero(what: str) -> None:
    ledger = Ledger()
    scene = Scene(ledger)
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, BUY, 1_000, 10_050)
    if what == "gap":
        scene.feed([BookGap(SPOT, "lost at update 7")])
        expected = "ETH-USDT: lost at update 7"
    elif what == "refused":
        level = ((Price(-1), Quantity(1)),)
        scene.feed([BookChange(SPOT, level, (), UpdateId(1), scene.now)])
        expected = "ETH-USDT: a refused change"
    else:
        scene.quote(SPOT, 0, 10_100)
        expected = "ETH-USDT: nobody bids"
    account = ledger.accounts[ACCOUNT]
    value = ledger.valuation(account)
    assert (value.equity, value.unrealised, value.reason) == (None, None, expected)
    identity = ledger.identity(account)
    assert identity.holds
    assert identity.at_cost == 1


def test_exposure_is_the_time_with_any_open_position() -> None:
    ledger = Ledger()
    scene = Scene(ledger)
    scene.quote(SPOT, 10_000, 10_100)
    scene.quote(PERPETUAL, 10_000, 10_100)
    scene.trade(SPOT, BUY, 1_000, 10_050)
    scene.after(5).trade(PERPETUAL, SELL, 1_000, 10_050)
    scene.after(5).trade(SPOT, SELL, 1_000, 10_050)
    scene.after(5).trade(PERPETUAL, BUY, 1_000, 10_050)
    account = ledger.accounts[ACCOUNT]
    assert account.exposed(scene.after(60).now) == 15 * NANOS_PER_SECOND
    scene.trade(SPOT, SELL, 2_000, 10_050)
    assert account.exposed(Nanos(scene.now + 1)) == 15 * NANOS_PER_SECOND + 1
