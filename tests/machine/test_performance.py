"""How an account has done: daily profit, high-water mark, drawdown; flows are none of it."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine import performance, valuation
from fairlead.machine.performance import daily_profit, figures
from fairlead.machine.track_record import TrackRecord
from fairlead.model.inputs import BookGap, CurrencyDefinition, InstrumentSplit
from fairlead.model.outputs import DayStarted, InputRefused
from fairlead.model.terms import CashKind, MarkPolicy
from fairlead.model.units import Fine, Money, Nanos, Price, fine
from tests.machine.desk import (
    ONE,
    TWO,
    Desk,
    converted,
    day,
    euro,
    mark_policy,
    mark_price,
    moved,
    quote,
    trade,
)
from tests.machine.oracle import BUY, CASH, EURO_SPOT, INVERSE, PERPETUAL, SELL, SPOT, Fill

ABC = PERPETUAL.instrument
DEPOSIT = CashKind.DEPOSIT
WITHDRAWAL = CashKind.WITHDRAWAL


def record(desk: Desk, account: int = 1) -> TrackRecord:
    """Return the track record of an account."""
    return desk.state.performance.of(desk.account(account))


# --- the day --------------------------------------------------------------------------------------


def test_the_profit_of_the_day_is_what_came_since_it_began() -> None:
    """B-POS-09: realised, unrealised and fees; what was earned before it is not of it."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 90, fee=5))
    desk.give(day(20240808), quote(103, 104))
    assert daily_profit(desk.state, desk.account()) == 30
    desk.fill(Fill(SELL, 10, 103, fee=4))
    assert daily_profit(desk.state, desk.account()) == 26
    desk.give(day(20240809))
    assert daily_profit(desk.state, desk.account()) == 0


def test_before_any_day_profit_is_counted_from_the_beginning() -> None:
    """B-POS-09: there is always a daily profit; before a calendar says otherwise, it is all."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 90, fee=5))
    assert figures(desk.state, desk.account()).session_date == 0
    assert daily_profit(desk.state, desk.account()) == 95


def test_a_deposit_is_no_profit_of_the_day_and_a_withdrawal_no_loss() -> None:
    """B-POS-09: flows are excluded, also before there is a mark."""
    desk = Desk(day(20240808), moved(DEPOSIT, 500, "A"))
    desk.fill(Fill(BUY, 1, 100))
    desk.give(moved(WITHDRAWAL, -70, "B"))
    assert daily_profit(desk.state, desk.account()) is None
    desk.give(quote(100, 101))
    assert daily_profit(desk.state, desk.account()) == 0


def test_a_day_says_what_it_begins_with_for_every_account() -> None:
    """B-POS-09: and that it is not known where a mark is missing."""
    desk = Desk()
    desk.fill(Fill(BUY, 1, 100, strategy=3))
    assert desk.give(day(20240808)) == [
        DayStarted(ONE, 20240808, CASH),
        DayStarted(TWO, 20240808, None),
    ]
    assert figures(desk.state, desk.account()).session_date == 20240808


def test_a_day_without_a_mark_begins_at_the_first_value_there_is() -> None:
    """B-POS-07, B-POS-09: a day begins at a value that was known, never at zero."""
    desk = Desk()
    desk.fill(Fill(BUY, 10, 100))
    desk.give(day(20240808))
    assert daily_profit(desk.state, desk.account()) is None
    desk.give(quote(95, 96))
    assert daily_profit(desk.state, desk.account()) == 0
    desk.give(quote(97, 98))
    assert daily_profit(desk.state, desk.account()) == 20


@pytest.mark.parametrize("session_date", [20240807, 20240808])
def test_a_day_that_does_not_follow_is_refused(session_date: int) -> None:
    """B-POS-09: the same day twice would lose its profit."""
    desk = Desk(quote(100, 101), day(20240808))
    desk.fill(Fill(BUY, 10, 90))
    [refused] = desk.give(day(session_date))
    assert refused == InputRefused(
        "TradingDayBegan", f"session_date {session_date} does not follow 20240808"
    )
    assert daily_profit(desk.state, desk.account()) == 100


# --- high water and drawdown ----------------------------------------------------------------------


def test_the_highest_value_is_remembered_and_the_fall_from_it() -> None:
    """B-POS-10: 100 up, then 150 down: the share is that of the equity at the high."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 100))
    desk.give(quote(110, 111), quote(95, 96))
    found = figures(desk.state, desk.account())
    assert (found.high_water, found.drawdown, found.drawdown_max) == (CASH + 100, 150, 150)
    assert found.drawdown_share == round(Fraction(150 * 10_000, CASH + 100))
    desk.give(quote(105, 106))
    found = figures(desk.state, desk.account())
    assert (found.high_water, found.drawdown, found.drawdown_max) == (CASH + 100, 50, 150)


def test_a_new_high_ends_a_drawdown() -> None:
    """B-POS-10: nothing is below the highest."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 100))
    desk.give(quote(90, 91), quote(120, 121))
    found = figures(desk.state, desk.account())
    assert (found.high_water, found.drawdown, found.drawdown_share) == (CASH + 200, 0, 0)
    assert found.drawdown_max == 100


def test_a_deposit_moves_neither_the_high_nor_the_drawdown() -> None:
    """B-POS-10: money that is put in hides no loss, and taking it out is none."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 1_000, 100))
    desk.give(quote(80, 81))  # 20,000 of 1,000,000 lost: 2 percent
    before = figures(desk.state, desk.account())
    desk.give(moved(DEPOSIT, 9_000_000, "A"))
    assert figures(desk.state, desk.account()) == before
    desk.give(moved(WITHDRAWAL, -9_800_000, "B"))
    assert figures(desk.state, desk.account()) == before
    assert before.drawdown_share == 200
    desk.give(quote(70, 71))  # 10,000 of the 180,000 that are left
    assert figures(desk.state, desk.account()).drawdown_share == 10_000 - round(
        Fraction(9_800 * 170, 180)
    )


def test_after_a_loss_of_everything_the_drawdown_has_a_share_still() -> None:
    """B-POS-10: more than all can be lost; a share of no high at all is none."""
    desk = Desk(quote(1_000, 1_001))
    desk.fill(Fill(BUY, 2_000, 1_000))
    desk.give(quote(400, 401))
    assert figures(desk.state, desk.account()).drawdown_share == 12_000
    nothing = TrackRecord(Money(0))
    assert nothing.drawdown_share(Fine(-5)) is None


def test_a_position_that_hedges_another_makes_no_high_on_the_way() -> None:
    """B-POS-10: one price moves both; the account is valued when both have moved."""
    desk = Desk(quote(100, 100 + 1))
    desk.fill(Fill(BUY, 10, 100), Fill(SELL, 10, 101, strategy=2))
    for bid in (300, 20, 100):
        desk.give(quote(bid, bid + 1))
    found = figures(desk.state, desk.account())
    assert (found.high_water, found.drawdown_max) == (CASH, 0)


def test_nothing_is_recorded_while_a_mark_is_missing() -> None:
    """B-POS-07, B-POS-10: a high that nobody could see is none."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 100), Fill(BUY, 1, 10, strategy=2, instrument=SPOT))
    desk.give(quote(500, 501))
    found = figures(desk.state, desk.account())
    assert (found.high_water, found.drawdown, found.daily_profit) == (CASH, None, None)
    desk.give(quote(100, 101), quote(10, 11, SPOT))
    assert figures(desk.state, desk.account()).high_water == CASH


def test_a_mark_that_went_away_and_came_back_is_counted_again() -> None:
    """B-POS-07: from the first value that is known again."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 100))
    desk.give(BookGap(ABC, "lost"))
    assert figures(desk.state, desk.account()).drawdown is None
    desk.give(quote(120, 121))
    assert record(desk).profit.whole == 200


def test_accounts_do_not_share_a_record() -> None:
    """S1-POS-05: each has its own profit, day and high."""
    desk = Desk(quote(100, 101))
    desk.fill(Fill(BUY, 10, 100), Fill(SELL, 4, 101, strategy=3))
    desk.give(quote(110, 111))
    assert daily_profit(desk.state, desk.account()) == 100
    assert daily_profit(desk.state, desk.account(2)) == -40


def test_a_currency_that_becomes_known_is_capital_and_no_profit() -> None:
    """B-POS-08, B-POS-10: so is its rate when it is first known; what it does later is profit."""
    desk = Desk(CurrencyDefinition(ONE, "EUR", Money(10_000)))
    assert daily_profit(desk.state, desk.account()) is None
    desk.give(euro(150))
    assert daily_profit(desk.state, desk.account()) == 0
    desk.give(moved(DEPOSIT, 1_000, "A", "EUR"))
    assert daily_profit(desk.state, desk.account()) == 0
    desk.give(euro(160))
    assert daily_profit(desk.state, desk.account()) == 1_100
    assert figures(desk.state, desk.account()).high_water == CASH + 15_000 + 1_100


# --- marks that grow old --------------------------------------------------------------------------


def test_a_position_whose_mark_grew_old_stops_the_record() -> None:
    """B-POS-07: an old mark counts for nothing, even where another one moves."""
    desk = Desk(quote(100, 101), quote(10, 11, SPOT), mark_policy(MarkPolicy.TOUCH, age_max=50))
    desk.fill(Fill(BUY, 10, 100), Fill(BUY, 1, 10, strategy=2, instrument=SPOT))
    desk.wait(51)
    desk.give(quote(20, 21, SPOT))
    assert record(desk).profit.whole == 0
    assert daily_profit(desk.state, desk.account()) is None
    desk.give(quote(100, 101))  # the same price, confirmed
    assert daily_profit(desk.state, desk.account()) == 100
    desk.wait(51)
    desk.give(quote(100, 101), quote(30, 31, SPOT))
    assert record(desk).profit.whole == 200


def test_a_policy_that_is_changed_values_everything_anew() -> None:
    """B-POS-07: the record goes on with the new marks."""
    desk = Desk(quote(100, 104), trade(110))
    desk.fill(Fill(BUY, 10, 100))
    desk.give(mark_policy(MarkPolicy.LAST))
    assert record(desk).profit.whole == 100
    desk.give(mark_policy(MarkPolicy.MID))
    assert record(desk).profit.whole == 20


def test_a_mark_price_moves_the_record_where_it_is_the_policy() -> None:
    """B-POS-07: and nothing where it is not."""
    desk = Desk(quote(100, 104), mark_price(100))
    desk.fill(Fill(BUY, 10, 100))
    desk.give(mark_price(150))
    assert record(desk).profit.whole == 0
    desk.give(mark_policy(MarkPolicy.MARK), mark_price(160))
    assert record(desk).profit.whole == 600


# --- one record, and the valuation from nothing ---------------------------------------------------

steps = st.one_of(
    st.builds(
        Fill,
        side=st.sampled_from([BUY, SELL]),
        quantity=st.integers(1, 60),
        price=st.integers(1, 1_000),
        fee=st.integers(-50, 50),
        strategy=st.sampled_from([1, 2, 3]),
        instrument=st.sampled_from([PERPETUAL, SPOT, INVERSE]),
    ),
    st.builds(
        quote,
        st.integers(0, 1_000),
        st.integers(1_001, 2_000),
        st.sampled_from([PERPETUAL, SPOT, INVERSE, EURO_SPOT]),
    ),
    st.tuples(st.sampled_from(CashKind), st.integers(1, 500), st.sampled_from(["USD", "EUR"])),
    st.tuples(st.integers(1, 500), st.integers(1, 500)),
    st.integers(1, 300).map(euro),
    st.builds(mark_policy, st.sampled_from([MarkPolicy.TOUCH, MarkPolicy.MID])),
    st.sampled_from([BookGap(ABC, "lost"), BookGap(SPOT.instrument, "lost")]),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.just("split")),
    st.just(day),
)


@given(st.lists(steps, max_size=30), st.booleans())
def test_the_record_is_what_a_valuation_from_nothing_says(
    sequence: Sequence[object], euros: bool
) -> None:
    """B-POS-09, B-POS-10: kept up step by step, it never drifts from the whole."""
    desk = _begun(euros)
    highest = lowest = Fraction(0)
    for number, step in enumerate(sequence):
        _take(desk, step, number)
        parts = valuation.breakdown(desk.state, desk.account())
        if parts.equity is None:
            continue
        profit = parts.equity - parts.initial - parts.flows
        kept = record(desk)
        assert kept.profit.fine == profit
        assert kept.capital == parts.initial + parts.flows
        highest = max(highest, Fraction(profit))
        lowest = min(lowest, profit - highest)
        assert kept.high.fine == highest
        assert kept.drawdown_max == -lowest
    assert desk.state.digest() == _replayed(sequence, euros)


def _begun(euros: bool) -> Desk:
    """Return a desk of one currency or of two."""
    desk = Desk()
    if euros:
        desk.give(CurrencyDefinition(ONE, "EUR", Money(700)), euro(110))
    return desk


def _replayed(sequence: Sequence[object], euros: bool) -> str:
    """Return the digest after the same steps."""
    desk = _begun(euros)
    for number, step in enumerate(sequence):
        _take(desk, step, number)
    return desk.state.digest()


def _take(desk: Desk, step: object, number: int) -> None:
    """Let a step happen."""
    if isinstance(step, Fill):
        desk.fill(step)
    elif step is day:
        desk.give(day(20240101 + number))
    elif not isinstance(step, tuple):
        desk.give(step)  # type: ignore[arg-type]
    elif isinstance(step[0], CashKind):
        kind, amount, currency = step
        sign = -1 if kind is WITHDRAWAL else 1
        desk.give(moved(kind, sign * amount, f"R{number}", currency))
    elif len(step) == 2:
        dollars, bought = step
        desk.give(converted(dollars, bought, f"R{number}"))
    else:
        desk.give(InstrumentSplit(SPOT.instrument, step[0], step[1], f"R{number}", Price(50)))


def test_where_nobody_holds_an_instrument_its_market_data_changes_no_record() -> None:
    """Invariant 9: not even that there is one; it is asked of every market data."""
    desk = Desk()
    before = desk.state.performance.content()
    desk.give(quote(100, 101))
    performance.marked(desk.state, ABC)
    assert desk.state.performance.content() == before


def test_what_a_record_knows_is_part_of_the_state() -> None:
    """B-POS-09, B-POS-10: it survives a restart, because replay must come to the same digest."""
    digests = set()
    for highest in (100, 110, 120):
        desk = Desk(quote(100, 101))
        desk.fill(Fill(BUY, 10, 100))
        desk.give(quote(highest, 121), quote(100, 101))
        digests.add(desk.state.digest())
    assert len(digests) == 3


@pytest.mark.parametrize("place", ["day_profit", "high", "profit"])
def test_every_figure_of_a_record_is_in_its_content(place: str) -> None:
    """B-POS-09, B-POS-10: no figure can differ between a run and its replay unseen."""
    one, other = TrackRecord(CASH), TrackRecord(CASH)
    assert one.content() == other.content()
    getattr(other, place).add(0, 1)
    assert one.content() != other.content()
    other = TrackRecord(CASH)
    other.fresh_until = Nanos(1)
    assert one.content() != other.content()
    other = TrackRecord(CASH)
    other.recapitalise(fine(Money(CASH + 1)), Money(CASH + 1))
    assert one.content() != other.content()
