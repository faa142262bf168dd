"""What positions and accounts are worth: marks by policy, and what is not known said so."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine import valuation
from fairlead.machine.valuation import (
    Breakdown,
    account_unrealised,
    breakdown,
    equity,
    equity_problem,
    exposure,
    mark_problem,
    unrealised,
)
from fairlead.model.inputs import (
    BookGap,
    CashDividend,
    CurrencyDefinition,
    ExchangeRate,
    InstrumentSplit,
)
from fairlead.model.instruments import Instrument
from fairlead.model.terms import CashKind, CostBasis, MarkPolicy
from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    MONEY_MAX,
    RATE_UNIT,
    Fine,
    Money,
    Price,
    Rate,
    fine,
)
from tests.machine.desk import (
    NO_TIME,
    ONE,
    Desk,
    converted,
    euro,
    mark_policy,
    mark_price,
    moved,
    quote,
    trade,
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
    Fill,
)

EUROS = CurrencyDefinition(ONE, "EUR", Money(10_000))
ABC = PERPETUAL.instrument


# --- marks ----------------------------------------------------------------------------------------


def test_a_long_is_marked_at_the_bid_and_a_short_at_the_ask() -> None:
    """B-POS-07: by default a mark is what closing now would bring."""
    desk = Desk(quote(99, 103))
    desk.fill(Fill(BUY, 3, 100), Fill(SELL, 3, 100, strategy=2))
    assert unrealised(desk.state, desk.position()) == 3 * (99 - 100)
    assert unrealised(desk.state, desk.position(strategy=2)) == 3 * (100 - 103)


@pytest.mark.parametrize(
    ("policy", "gain"),
    [
        (MarkPolicy.TOUCH, 3 * (99 - 100)),
        (MarkPolicy.MID, 4),  # 3 * (101.5 - 100) is 4.5, written as the even one
        (MarkPolicy.LAST, 3 * (102 - 100)),
        (MarkPolicy.MARK, 3 * (105 - 100)),
    ],
)
def test_each_policy_has_its_price(policy: MarkPolicy, gain: int) -> None:
    """B-POS-07: which price a mark is, a person says."""
    desk = Desk(quote(99, 104), trade(102), mark_price(105))
    desk.fill(Fill(BUY, 3, 100))
    desk.give(mark_policy(policy))
    assert unrealised(desk.state, desk.position()) == gain


def test_a_mid_on_a_half_is_exact_until_it_is_written() -> None:
    """B-POS-12: two positions of half a unit each are one unit."""
    desk = Desk(quote(99, 102), mark_policy(MarkPolicy.MID))
    desk.fill(Fill(BUY, 1, 100), Fill(BUY, 1, 100, strategy=2))
    assert unrealised(desk.state, desk.position()) == 0  # 0.5
    assert account_unrealised(desk.state, desk.account()) == 1


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (MarkPolicy.TOUCH, "no market data yet"),
        (MarkPolicy.MID, "no market data yet"),
        (MarkPolicy.LAST, "nobody has traded yet"),
        (MarkPolicy.MARK, "the venue has given no mark price"),
    ],
)
def test_a_mark_that_is_missing_is_not_a_mark_of_zero(policy: MarkPolicy, problem: str) -> None:
    """B-POS-07, invariant 11: no price, no value; and the reason."""
    desk = Desk(mark_policy(policy))
    desk.fill(Fill(BUY, 3, 100))
    assert mark_problem(desk.state, desk.position()) == problem
    assert unrealised(desk.state, desk.position()) is None
    assert account_unrealised(desk.state, desk.account()) is None
    assert equity(desk.state, desk.account()) is None
    assert equity_problem(desk.state, desk.account()) == f"ABCUSD: {problem}"
    assert exposure(desk.state, desk.account()) == (None, None, None)


@pytest.mark.parametrize(
    ("bid", "ask", "policy", "long", "short"),
    [
        (0, 101, MarkPolicy.TOUCH, "nobody bids", ""),
        (99, 0, MarkPolicy.TOUCH, "", "nobody asks"),
        (0, 101, MarkPolicy.MID, "nobody bids", "nobody bids"),
        (99, 0, MarkPolicy.MID, "nobody asks", "nobody asks"),
    ],
)
def test_a_side_that_nobody_quotes_gives_no_mark(
    bid: int, ask: int, policy: MarkPolicy, long: str, short: str
) -> None:
    """B-POS-07: one price does not stand for both sides."""
    desk = Desk(quote(bid, ask), mark_policy(policy))
    desk.fill(Fill(BUY, 3, 100), Fill(SELL, 3, 100, strategy=2))
    assert mark_problem(desk.state, desk.position()) == long
    assert mark_problem(desk.state, desk.position(strategy=2)) == short


@pytest.mark.parametrize("policy", [MarkPolicy.TOUCH, MarkPolicy.MID])
def test_a_book_that_is_not_to_be_believed_gives_no_mark(policy: MarkPolicy) -> None:
    """B-POS-07, invariant 11: a stale price is no price."""
    desk = Desk(quote(99, 101), mark_policy(policy))
    desk.fill(Fill(BUY, 3, 100))
    desk.give(BookGap(ABC, "the feed lost its place"))
    assert mark_problem(desk.state, desk.position()) == "the feed lost its place"
    assert equity(desk.state, desk.account()) is None
    desk.give(quote(99, 101))
    loss = 3 if policy is MarkPolicy.TOUCH else 0
    assert equity(desk.state, desk.account()) == CASH - loss


@pytest.mark.parametrize("policy", list(MarkPolicy))
def test_a_mark_that_is_too_old_is_none(policy: MarkPolicy) -> None:
    """B-POS-07: the age that is allowed is allowed, and one more is not."""
    desk = Desk(quote(99, 101), trade(100), mark_price(100), mark_policy(policy, age_max=5))
    desk.fill(Fill(BUY, 3, 100))
    desk.wait(5)
    desk.give(mark_price(100, SPOT))
    assert mark_problem(desk.state, desk.position()) == ""
    desk.wait(1)
    desk.give(mark_price(100, SPOT))
    assert mark_problem(desk.state, desk.position()) == "its mark is 6 ns old, at most 5"
    assert equity(desk.state, desk.account()) is None


def test_a_flat_position_is_worth_nothing_without_any_mark() -> None:
    """There is nothing to close, so no price is needed."""
    desk = Desk()
    desk.fill(Fill(BUY, 3, 100), Fill(SELL, 3, 110))
    assert unrealised(desk.state, desk.position()) == 0
    assert mark_problem(desk.state, desk.position()) == ""
    assert equity(desk.state, desk.account()) == CASH + 30


def test_a_value_that_no_record_could_hold_is_not_given() -> None:
    """B-POS-12: a price may be absurd and yet arrive; what it makes is not written."""
    desk = Desk(quote(INCREMENTS_MAX - 1, INCREMENTS_MAX))
    desk.fill(Fill(BUY, 10**6, 1))
    assert unrealised(desk.state, desk.position()) is None
    assert equity(desk.state, desk.account()) is None
    assert equity_problem(desk.state, desk.account()) == f"it is beyond {MONEY_MAX} units of money"


# --- corporate actions ----------------------------------------------------------------------------


@pytest.mark.parametrize("policy", list(MarkPolicy))
@pytest.mark.parametrize(
    "action",
    [
        InstrumentSplit(SPOT.instrument, 3, 1, "S1"),
        InstrumentSplit(SPOT.instrument, 1, 7, "S1"),
        CashDividend(SPOT.instrument, Money(13), "D1"),
    ],
    ids=["3 for 1", "1 for 7", "dividend"],
)
def test_a_corporate_action_leaves_equity_as_it_was(
    policy: MarkPolicy, action: InstrumentSplit | CashDividend
) -> None:
    """Issue 3: whatever positions are valued at, in the same instant and exactly."""
    desk = Desk(quote(98, 103, SPOT), trade(100, SPOT), mark_price(101, SPOT), mark_policy(policy))
    desk.fill(Fill(BUY, 14, 95, instrument=SPOT), Fill(SELL, 7, 97, strategy=2, instrument=SPOT))
    before = valuation.equity_fine(desk.state, desk.account())
    cash = desk.account().cash
    desk.give(action)
    assert desk.position(SPOT).quantity != 14 or desk.account().cash != cash
    assert valuation.equity_fine(desk.state, desk.account()) == before is not None


def test_a_fraction_that_is_sold_at_the_mark_leaves_equity_as_it_was() -> None:
    """Issue 3: 5 at 60 become 2 at 150 and a half, which is sold at that."""
    desk = Desk(quote(60, 61, SPOT))
    desk.fill(Fill(BUY, 5, 30, instrument=SPOT))
    before = valuation.equity_fine(desk.state, desk.account())
    desk.give(InstrumentSplit(SPOT.instrument, 2, 5, "S1"))
    desk.fill(Fill(BUY, 1, 150, instrument=SPOT))
    desk.give(quote(150, 151, SPOT), InstrumentSplit(SPOT.instrument, 1, 2, "S2", Price(300)))
    assert desk.position(SPOT).quantity == 1
    assert valuation.equity_fine(desk.state, desk.account()) == before


# --- several currencies ---------------------------------------------------------------------------


def test_equity_without_an_exchange_rate_is_not_known() -> None:
    """B-POS-07, B-POS-08: no rate is not a rate of one, nor of zero."""
    desk = Desk(EUROS)
    assert equity(desk.state, desk.account()) is None
    assert equity_problem(desk.state, desk.account()) == "EUR: no exchange rate to USD is known"
    desk.give(euro(150))
    assert equity(desk.state, desk.account()) == CASH + 15_000
    assert equity_problem(desk.state, desk.account()) == ""


def test_the_rate_of_the_base_currency_serves_too() -> None:
    """B-POS-08: a dollar is 0.80 euros, so a euro is 1.25 dollars, exactly."""
    desk = Desk(EUROS)
    desk.give(ExchangeRate("USD", "EUR", Rate(80 * RATE_UNIT // 100), NO_TIME))
    assert equity(desk.state, desk.account()) == CASH + 12_500


def test_a_position_in_another_currency_is_valued_at_the_present_rate() -> None:
    """B-POS-08: 3 at 10 worth 12: 6 * 10 euros over the cost, at 1.50."""
    desk = Desk(EUROS, euro(120), quote(12, 13, EURO_SPOT))
    desk.fill(Fill(BUY, 3, 10, instrument=EURO_SPOT))
    desk.give(euro(150))
    assert unrealised(desk.state, desk.position(EURO_SPOT)) == 60  # in euros
    assert account_unrealised(desk.state, desk.account()) == 90
    parts = breakdown(desk.state, desk.account())
    assert parts.fx == fine(Money(3_000))  # 10,000 euros, 0.30 each
    assert parts.holds


def test_what_equity_is_made_of() -> None:
    """B-POS-06: initial, flows, realised, unrealised, fees, fx; each with what it means."""
    desk = Desk(EUROS, euro(100), quote(110, 111))
    desk.fill(Fill(BUY, 5, 100, fee=4), Fill(SELL, 2, 105, fee=-1))
    desk.give(
        moved(CashKind.DEPOSIT, 700, "A"),
        moved(CashKind.WITHDRAWAL, -100, "B"),
        moved(CashKind.FUNDING, -20, "C"),
        moved(CashKind.BORROW, -6, "D"),
        converted(1_100, 1_000, "E"),  # 100 too dear
        euro(101),  # 11,000 euros gain one hundredth each
    )
    parts = breakdown(desk.state, desk.account())
    terms = (parts.initial, parts.flows, parts.realised, parts.unrealised, parts.fees, parts.fx)
    expected = (CASH + 10_000, 600, 10 - 20, 30, 3 + 6, -100 + 110)
    assert terms == tuple(fine(Money(term)) for term in expected)
    assert parts.equity == fine(Money(CASH + 10_000 + 600 - 10 + 30 - 9 + 10))
    assert parts.holds


def test_a_breakdown_that_does_not_add_up_does_not_hold() -> None:
    """B-POS-06: the claim can fail."""
    one = Fine(1)
    assert not Breakdown(one, one, one, one, one, one, one).holds
    assert Breakdown(one, one, one, one, one, one, Fine(4)).holds
    assert Breakdown(one, one, one, None, one, one, None).holds


# --- exposure -------------------------------------------------------------------------------------


def test_exposure_counts_longs_and_shorts() -> None:
    """Issue 3: gross adds them up, net takes them from each other, leverage is gross of equity."""
    desk = Desk(quote(100, 110), quote(20, 21, SPOT))
    desk.fill(Fill(BUY, 50, 100, instrument=SPOT), Fill(SELL, 30, 110))
    long, short = 50 * 20 * 10, 30 * 110
    money = equity(desk.state, desk.account())
    assert money is not None
    expected = round(Fraction(10_000 * (long + short), money))
    assert exposure(desk.state, desk.account()) == (long + short, long - short, expected)


def test_an_account_without_equity_has_no_leverage() -> None:
    """Issue 3: a share of nothing is not a number."""
    desk = Desk(quote(100, 110))
    desk.fill(Fill(BUY, 50, 100))
    desk.give(moved(CashKind.WITHDRAWAL, -CASH, "A"))
    assert exposure(desk.state, desk.account()) == (5_000, 5_000, None)


def test_exposure_in_another_currency_is_taken_at_its_rate() -> None:
    """B-POS-08: 3 at 12 in euros of 1.50; without a rate it is not known."""
    desk = Desk(EUROS, quote(12, 13, EURO_SPOT))
    desk.fill(Fill(BUY, 3, 10, instrument=EURO_SPOT))
    assert exposure(desk.state, desk.account()).gross is None
    desk.give(euro(150))
    assert exposure(desk.state, desk.account()).net == 540


# --- the identity ---------------------------------------------------------------------------------

steps = st.one_of(
    st.builds(
        Fill,
        side=st.sampled_from([BUY, SELL]),
        quantity=st.integers(1, 60),
        price=st.integers(1, 1_000),
        fee=st.integers(-50, 50),
        strategy=st.sampled_from([1, 2]),
        instrument=st.sampled_from([PERPETUAL, SPOT, INVERSE, EURO_SPOT]),
    ),
    st.tuples(st.sampled_from([PERPETUAL, SPOT, INVERSE, EURO_SPOT]), st.integers(1, 1_000)),
    st.tuples(st.sampled_from(CashKind), st.integers(1, 500), st.sampled_from(["USD", "EUR"])),
    st.tuples(st.integers(1, 500), st.integers(1, 500)),  # dollars for euros
    st.integers(1, 300).map(euro),
    st.tuples(st.sampled_from([SPOT, EURO_SPOT]), st.integers(1, 5), st.integers(1, 5)),
)


@given(st.lists(steps, max_size=30), st.sampled_from(CostBasis))
def test_equity_is_made_of_its_parts_after_every_input(
    sequence: Sequence[object], basis: CostBasis
) -> None:
    """B-POS-04, B-POS-06, invariant 6: and it is the cash and what is held, in exact rationals."""
    held = (PERPETUAL, SPOT, INVERSE, EURO_SPOT)
    desk = Desk(EUROS, euro(125), *[quote(90, 91, each) for each in held], basis=basis)
    prices = dict.fromkeys((each.symbol for each in held), 90)
    for number, step in enumerate(sequence):
        _take(desk, step, number, prices)
        parts = breakdown(desk.state, desk.account())
        assert parts.holds
        assert parts.equity is not None
        expected = _worth(desk, held, prices)
        assert abs(parts.equity - expected * FINE_UNIT) <= 3 * (number + 3)
        money = equity(desk.state, desk.account())
        assert money is not None
        assert abs(money - expected) <= Fraction(1, 2) + Fraction(1, 10**6)


def _take(desk: Desk, step: object, number: int, prices: dict[str, int]) -> None:
    """Let a step happen."""
    if isinstance(step, Fill):
        desk.fill(step)
    elif isinstance(step, ExchangeRate):
        desk.give(step)
    else:
        assert isinstance(step, tuple)
        if isinstance(step[0], CashKind):
            kind, amount, currency = step
            sign = -1 if kind is CashKind.WITHDRAWAL else 1
            desk.give(moved(kind, sign * amount, f"R{number}", currency))
        elif isinstance(step[0], int):
            dollars, euros = step
            desk.give(converted(dollars, euros, f"R{number}"))
        elif len(step) == 2:
            instrument, price = step
            prices[instrument.symbol] = price
            desk.give(quote(price, price + 1, instrument))
        else:
            instrument, new, old = step
            desk.give(InstrumentSplit(instrument.instrument, new, old, f"R{number}", Price(50)))
            desk.give(quote(90, 91, instrument))
            prices[instrument.symbol] = 90


def _worth(desk: Desk, held: Sequence[Instrument], prices: dict[str, int]) -> Fraction:
    """Return cash, and the worth of what is held, in dollars, from quantities and prices alone."""
    euros = desk.account().ledger("EUR")
    assert euros is not None
    rate = Fraction(desk.state.marks.rate("EUR", "USD")[0], RATE_UNIT)
    total = Fraction(desk.account().base.cash.fine, FINE_UNIT)
    total += rate * Fraction(euros.cash.fine, FINE_UNIT)
    for instrument in held:
        exact = ExactPosition(instrument)
        for strategy in (1, 2):
            position = desk.position(instrument, strategy)
            price = prices[instrument.symbol] + (position.quantity < 0)
            value = position.quantity * exact.worth_of_one(price)
            if instrument in (PERPETUAL, INVERSE):  # its profit alone is ours
                value -= Fraction(position.open_cost_fine, FINE_UNIT)
                value *= exact.direction
            total += value * (rate if instrument is EURO_SPOT else 1)
    return total
