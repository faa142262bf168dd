"""The second accounting: as exact as rationals, and at odds with a machine that is wrong."""

from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    AccountDefinition,
    BookChange,
    BookGap,
    CashDividend,
    CashMoved,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    PositionCorrection,
    StrategyDefinition,
    TimerFired,
)
from fairlead.model.outputs import (
    AccountChanged,
    BookRestored,
    CashBooked,
    DayStarted,
    OrderFilled,
    Output,
    PositionChanged,
)
from fairlead.model.terms import (
    CashKind,
    InstrumentKind,
    Liquidity,
    Side,
)
from fairlead.model.units import (
    FINE_UNIT,
    NANOS_PER_SECOND,
    RATE_UNIT,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
    UpdateId,
)
from fairlead.readers.ledger import Ledger
from tests.readers.desk import DAY, DAYS, MONEY, SECOND, Desk, act
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
CENT: Final = 10 ** (MONEY_DECIMALS - 2)  # one cent in units of money
UNIT: Final = 10 ** (MONEY_DECIMALS - 5)  # one cent on one thousandth, in units of money


# --- from facts alone -----------------------------------------------------------------------------


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
    fees = sum(trade[3] for trade in trades)
    spot = ledger.positions.get((STRATEGY, SPOT))
    perpetual = ledger.positions.get((STRATEGY, PERPETUAL))
    realised = Fraction(perpetual.profit if perpetual else 0, FINE_UNIT)
    assert account.cash == round(CASH - paid[SPOT] * MONEY + realised - fees)
    assert account.fees == fees
    for position, key in ((spot, SPOT), (perpetual, PERPETUAL)):
        if position is not None:
            assert position.net_paid == paid[key] * MONEY * FINE_UNIT


def test_a_machine_that_books_something_else_is_named() -> None:
    ledger = ledger_after([(BUY, 1, 100, 0, SPOT)])
    wrong = PositionChanged(STRATEGY, SPOT, SignedQuantity(2), Money(0), Money(0), Money(0))
    cash = AccountChanged(ACCOUNT, Money(1), Money(0), Money(0))
    restored = BookRestored(SPOT)
    day = DayStarted(ACCOUNT, DAY, Money(5))
    ledger.follow(Sequence(9), START, TimerFired(STRATEGY, 1), [wrong, cash, restored, day])
    assert ledger.disagreement_count == 4
    about = ["position of strategy 1 in instrument 1", "account 1", "book of instrument 1"]
    for told, expected in zip(ledger.disagreements, [*about, "equity of account 1"], strict=True):
        assert told.startswith(f"input 9: {expected}")


def test_of_what_is_said_twice_in_one_input_the_last_is_compared() -> None:
    """A corrected fill is taken back and booked anew: what stands between is nobody's."""
    ledger = ledger_after([])
    first, second = fact(BUY, 1, 100), fact(BUY, 1, 200)
    said = [PositionChanged(STRATEGY, SPOT, SignedQuantity(2), Money(300 * UNIT), *zeros())]
    between = PositionChanged(STRATEGY, SPOT, SignedQuantity(1), Money(100 * UNIT), *zeros())
    cash = AccountChanged(ACCOUNT, Money(CASH - 300 * UNIT), *zeros())
    early = AccountChanged(ACCOUNT, Money(CASH - 100 * UNIT), *zeros())
    facts: list[Output] = [first, between, early, second, *said, cash]
    ledger.follow(Sequence(9), START, TimerFired(STRATEGY, 1), facts)
    assert ledger.disagreements == []
    ledger.follow(Sequence(10), START, TimerFired(STRATEGY, 1), [cash, early, *said, between])
    assert ledger.disagreement_count == 2


def zeros() -> tuple[Money, Money]:
    """Return no profit and no fees."""
    return Money(0), Money(0)


# --- beside the machine ---------------------------------------------------------------------------


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


@given(DAYS)
def test_whatever_happens_both_accountings_say_the_same(
    happened: list[tuple[str, int, int, int]],
) -> None:
    """B-POS-01 to 08, 12: every position, currency and equity of the machine, recomputed."""
    desk = Desk()
    for kind, a, b, c in happened:
        act(desk, kind, a, b, c)
        desk.check()


# --- what it is worth -----------------------------------------------------------------------------


def test_a_long_is_valued_at_the_bid_and_a_short_at_the_ask() -> None:
    """B-POS-07."""
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
    """B-POS-07."""
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


def test_a_currency_without_a_rate_has_no_worth_and_says_so() -> None:
    """B-POS-08: nothing is taken for zero, and nothing is missing where there is nothing."""
    desk = Desk()
    account = desk.ledger.accounts[ACCOUNT]
    value = desk.ledger.valuation(account)
    assert value.reason == "BTC: no exchange rate to USDT is known"
    desk.feed([ExchangeRate("BTC", "USDT", Rate(60_000 * RATE_UNIT), desk.now)])
    assert desk.ledger.valuation(account).equity == CASH + 300_000 * MONEY


def test_what_a_rate_brings_is_fx_and_no_profit() -> None:
    """B-POS-06: a deposit at 2, worth 3 today, and a profit that was made at 2."""
    desk = Desk()
    moved = [
        CashMoved(ACCOUNT, "EUR", kind, Money(amount * MONEY), kind.name, "ann", "wired")
        for kind, amount in ((CashKind.DEPOSIT, 100), (CashKind.INTEREST, 10))
    ]
    desk.feed(
        [
            ExchangeRate("BTC", "USDT", Rate(RATE_UNIT), desk.now),
            ExchangeRate("EUR", "USDT", Rate(2 * RATE_UNIT), desk.now),
            *moved,
            ExchangeRate("EUR", "USDT", Rate(3 * RATE_UNIT), desk.now),
        ]
    )
    value = desk.ledger.valuation(desk.ledger.accounts[ACCOUNT])
    assert (value.flows, value.realised, value.fx) == (200 * MONEY, 20 * MONEY, 110 * MONEY)
    assert value.equity == CASH + 5 * MONEY + 330 * MONEY


def test_a_dividend_that_the_machine_rounds_otherwise_is_named() -> None:
    desk = Desk()
    desk.deal(STRATEGY, SPOT, BUY, 1, 0)
    paid = CashBooked(ACCOUNT, "USDT", CashKind.DIVIDEND, Money(2), "D", STRATEGY, SPOT)
    desk.ledger.follow(Sequence(99), desk.now, CashDividend(SPOT, Money(1_000), "D"), [paid])
    [told] = desk.ledger.disagreements
    assert told == (
        "input 99: dividend of account 1 in instrument 1: the machine says 2, the record says 1"
    )


def test_who_holds_for_no_strategy_is_called_by_the_account() -> None:
    desk = Desk()
    desk.feed(
        [
            PositionCorrection(
                SECOND, StrategyId(0), SPOT, SignedQuantity(5), Price(1_000), "ann", "found"
            )
        ]
    )
    [position] = desk.ledger.positions.values()
    assert desk.ledger.owner(position) == "second, no strategy"


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
