"""The risk of accounts: value weights, aligned histories, and no number where none is known."""

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine import portfolio
from fairlead.machine.portfolio import Terms
from fairlead.machine.risk.histories import Histories
from fairlead.machine.risk.portfolio import GRAIN_UNIT
from fairlead.model.inputs import InstrumentRenamed, ReturnHistory
from fairlead.model.outputs import InputRefused
from fairlead.model.terms import MarkPolicy
from fairlead.model.units import (
    MILLIONTHS,
    NANOS_PER_SECOND,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Rate,
)
from tests.machine.desk import Desk, day, euro, mark_policy, mark_price, quote
from tests.machine.oracle import (
    BUY,
    CASH,
    EURO_SPOT,
    INVERSE,
    PERPETUAL,
    SELL,
    SPOT,
    Fill,
)
from tests.machine.portfolios import (
    TODAY,
    a_desk,
    asked,
    changes,
    dates,
    held_against,
    history,
    limited,
    long,
    measured,
    order_statistic,
    risking,
    unknown,
    until,
)

# --- what is measured ---


def test_the_weights_are_values_at_the_mark_and_not_quantities() -> None:
    """B-VAR-03: 8 of a money unit of 1 at the bid of 99, and 3 of one of 10."""
    desk = a_desk()
    long(desk)
    long(desk, 3, SPOT)
    one, other = changes(1), changes(2)
    desk.give(history(one), history(other, SPOT))
    profits = [
        Fraction(8 * 99 * mine + 3 * 99 * 10 * theirs, RATE_UNIT)
        for mine, theirs in zip(one, other, strict=True)
    ]
    found = asked(desk)
    assert found.problem == ""
    assert found.value_at_risk == order_statistic(profits)
    assert found.largest == round(Fraction(30 * RATE_UNIT, 38))
    assert (found.days, found.dropped, found.as_of) == (98, 0, dates(98)[-1])


def test_a_short_position_loses_when_its_instrument_rises() -> None:
    desk = a_desk()
    desk.fill(Fill(SELL, 8, 100))
    rises = [*[0] * 38, 10_000_000, 10_000_000]
    desk.give(history(rises, on=until(date(2024, 4, 8), 40)))
    assert asked(desk).value_at_risk == 81  # 8 at the ask of 101 lose a tenth: 80.8


def test_positions_of_several_strategies_in_one_instrument_are_one_name() -> None:
    desk = a_desk()
    desk.fill(Fill(BUY, 8, 100), Fill(BUY, 2, 100, strategy=2))
    desk.give(history([-10_000_000] * 20, on=until(date(2024, 4, 8), 20)))
    found = asked(desk)
    assert found.value_at_risk == 99  # ten at 99 lose a tenth
    assert found.largest == found.herfindahl == RATE_UNIT


def test_an_inverse_contract_loses_more_in_a_fall_than_a_straight_line_says() -> None:
    desk = a_desk(quote(99, 100, INVERSE))
    long(desk, 200, INVERSE)
    desk.give(history([*[0] * 19, -50_000_000], INVERSE, until(date(2024, 4, 8), 20)))
    value = Fraction(200 * INVERSE.money_unit, 99)
    assert asked(desk).value_at_risk == round(value)  # at half the price it is worth twice that


def test_a_position_in_another_currency_is_weighed_in_base_money() -> None:
    desk = Desk(day(TODAY), quote(99, 101, EURO_SPOT), euro(120))
    desk.fill(Fill(BUY, 5, 100, strategy=3, instrument=EURO_SPOT))
    outputs = desk.give(history([-10_000_000] * 98, EURO_SPOT))
    assert [each.account for each in measured(outputs)] == [2, 2]
    assert measured(outputs)[0].value_at_risk == 594  # 5 at 99, 10 units each, 1.20, a tenth


def test_beta_is_that_of_the_equity_to_the_benchmark() -> None:
    desk = a_desk()
    long(desk)
    mine, theirs = changes(1), changes(2)
    desk.give(history(mine), history(theirs, None))
    mean, mean_market = Fraction(sum(mine), 98), Fraction(sum(theirs), 98)
    common = sum((a - mean) * (b - mean_market) for a, b in zip(mine, theirs, strict=True))
    slope = common / sum((each - mean_market) ** 2 for each in theirs)
    equity = CASH - 8  # bought at 100, marked at 99
    found = asked(desk, Terms(benchmark="INDEX"))
    assert (found.beta, found.beta_problem) == (round(slope * 8 * 99 / equity * RATE_UNIT), "")


def test_beta_is_measured_on_the_dates_that_the_benchmark_has_and_the_rest_on_all() -> None:
    """B-VAR-04: a benchmark that lacks days shortens the sample of beta alone."""
    desk = a_desk()
    long(desk)
    mine = changes(1)
    desk.give(history(mine), history(mine[::2], None, dates(98)[::2]))
    found = asked(desk, Terms(benchmark="INDEX"))
    assert found.days == 98
    assert found.beta == round(Fraction(8 * 99 * RATE_UNIT, CASH - 8))


def test_one_day_and_five_are_measured_when_a_history_of_what_is_held_comes() -> None:
    """S0-RISK-11: both horizons."""
    desk = a_desk()
    long(desk)
    returns = changes(3, 100)
    one, five = measured(desk.give(history(returns, on=until(date(2024, 4, 8), 100))))
    assert (one.horizon, five.horizon) == (1, 5)
    assert one.confidence == five.confidence == 95_000_000
    profits = [Fraction(8 * 99 * each, RATE_UNIT) for each in returns]
    windows = [sum(profits[place : place + 5], Fraction(0)) for place in range(96)]
    assert one.value_at_risk == order_statistic(profits)
    assert five.value_at_risk == order_statistic(windows)


def test_accounts_are_measured_when_the_trading_day_begins() -> None:
    desk = a_desk(history(changes(1)))
    long(desk)
    found = measured(desk.give(day(TODAY + 1)))
    assert [(each.account, each.horizon) for each in found] == [(1, 1), (1, 5), (2, 1), (2, 5)]
    assert found[0].problem == found[2].problem == ""


def test_without_any_history_a_day_begins_without_a_word_about_risk() -> None:
    desk = a_desk()
    long(desk)
    assert measured(desk.give(day(TODAY + 1))) == []


def test_an_account_that_holds_nothing_of_it_is_not_measured_again() -> None:
    desk = a_desk()
    long(desk)
    assert measured(desk.give(history(changes(1), SPOT))) == []
    assert {each.account for each in measured(desk.give(history(changes(1), None)))} == {1}


def test_who_holds_nothing_risks_nothing_and_needs_no_history() -> None:
    found = asked(a_desk(), Terms(limit=Money(0)))
    assert (found.value_at_risk, found.expected_shortfall) == (0, 0)
    assert (found.normal_value_at_risk, found.normal_shortfall, found.herfindahl) == (0, 0, 0)
    assert (found.utilisation, found.problem) == (0, "")


# --- no number where none is known ---


def test_a_position_without_a_history_is_named_and_there_is_no_number() -> None:
    """B-VAR-04: fail closed; the concentration needs no history."""
    desk = a_desk()
    long(desk)
    long(desk, 3, SPOT)
    desk.give(history(changes(1), SPOT))
    found = asked(desk, Terms(limit=Money(100)))
    assert unknown(found)
    assert found.problem == f"no return history of {PERPETUAL.symbol}"
    assert found.largest == round(Fraction(30 * RATE_UNIT, 38))


def test_a_position_without_a_mark_is_named_and_there_is_no_number() -> None:
    desk = a_desk(history(changes(1)))
    long(desk)
    desk.give(quote(0, 101))
    found = asked(desk, Terms(limit=Money(100)))
    assert unknown(found)
    assert found.problem == f"{PERPETUAL.symbol}: nobody bids"
    assert found.largest is found.largest_five is found.herfindahl is None


def test_a_stale_mark_is_no_mark() -> None:
    desk = a_desk(history(changes(1)), mark_policy(MarkPolicy.MARK, 10))
    long(desk)
    desk.give(mark_price(99))
    assert asked(desk).problem == ""
    desk.wait(10)
    desk.give(euro(120))
    assert asked(desk).problem == ""
    desk.wait(1)
    desk.give(euro(120))
    assert "its mark is 11 ns old" in asked(desk).problem


def test_a_currency_without_a_rate_is_named_and_there_is_no_number() -> None:
    desk = Desk(day(TODAY), quote(99, 101, EURO_SPOT), history(changes(1), EURO_SPOT))
    desk.fill(Fill(BUY, 5, 100, strategy=3, instrument=EURO_SPOT))
    found = measured(desk.give(day(TODAY + 1)))[2]
    assert unknown(found)
    assert found.problem == "XYZ/EUR: no exchange rate from EUR to USD is known"


@pytest.mark.parametrize(("count", "known"), [(19, False), (20, True), (21, True)])
def test_one_day_at_95_percent_needs_twenty_days(count: int, known: bool) -> None:
    """B-VAR-01: one below, at, and one above the least number."""
    desk = a_desk(history(changes(1, count), on=until(date(2024, 4, 8), count)))
    long(desk)
    found = asked(desk, Terms(limit=Money(100)))
    assert unknown(found) is not known
    needed = f"too few samples: {count} days, at least 20 for a horizon of 1"
    assert found.problem == ("" if known else needed)


@pytest.mark.parametrize(("count", "known"), [(99, False), (100, True)])
def test_five_days_need_as_many_blocks_that_do_not_overlap(count: int, known: bool) -> None:
    desk = a_desk(history(changes(1, count), on=until(date(2024, 4, 8), count)))
    long(desk)
    found = asked(desk, Terms(horizon=5))
    assert unknown(found) is not known
    needed = f"too few samples: {count} days, at least 100 for a horizon of 5"
    assert found.problem == ("" if known else needed)


def test_what_is_dropped_counts_against_the_sample() -> None:
    """B-VAR-04 and B-VAR-01: two histories of thirty days that share nineteen."""
    desk = a_desk()
    long(desk)
    long(desk, 3, SPOT)
    days = until(date(2024, 4, 9), 41)
    desk.give(history([1] * 30, on=days[:30]), history([1] * 30, SPOT, on=days[11:]))
    found = asked(desk)
    assert (found.days, found.dropped) == (19, 22)
    assert found.problem == "too few samples: 19 days, at least 20 for a horizon of 1"


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        (date(2024, 3, 28), "the histories end on 20240328, 11 days ago, at most 10"),
        (date(2024, 3, 29), ""),
        (date(2024, 4, 9), ""),
        (date(2024, 4, 10), "the histories end on 20240410, after today"),
    ],
)
def test_histories_that_ended_long_ago_or_end_after_today_are_not_believed(
    last: date, problem: str
) -> None:
    desk = a_desk(history(changes(1), on=until(last, 98)))
    long(desk)
    assert asked(desk).problem == problem


def test_without_a_trading_day_the_time_of_the_input_says_what_today_is() -> None:
    desk = Desk(quote(99, 101), history(changes(1)))
    long(desk)
    assert asked(desk).problem == "the histories end on 20240407, after today"  # it is 1970
    desk.wait(86_400 * 10**9 * (date(2024, 4, 8) - date(1970, 1, 1)).days)
    desk.give(quote(99, 101))
    assert asked(desk).problem == ""


def test_no_beta_is_known_without_benchmark_history_equity_or_variation() -> None:
    desk = a_desk(history(changes(1)))
    long(desk)
    assert asked(desk).beta_problem == "no benchmark"
    index = Terms(benchmark="INDEX")
    assert asked(desk, index).beta_problem == "no return history of INDEX"
    desk.give(history([5] * 98, None))
    assert asked(desk, index).beta_problem == "the benchmark does not vary"
    desk.give(history(changes(2), None, on=dates(98, date(2023, 1, 1))))
    assert asked(desk, index).beta_problem == "too few samples: 0 days, at least 20 for a beta"
    desk.give(history(changes(2), None))
    assert asked(desk, index).beta_problem == ""
    desk.fill(Fill(BUY, 1, 100, fee=CASH))
    found = asked(desk, index)
    assert (found.beta, found.beta_problem) == (None, "there is no equity")
    assert found.problem == ""


@pytest.mark.parametrize(
    ("given_history", "problem"),
    [
        (history([1], INVERSE, on=(20240230,)), "20240230 is no yyyymmdd"),
        (history([-RATE_UNIT]), "the return of 20240101 is not above -100 %"),
        (history([1, 2], on=(20240102, 20240102)), "20240102 stands twice"),
        (history([1, 2], on=(20240103, 20240102)), "20240102 follows 20240103"),
        (history([0] * 5001), "it has 5001 dates, expected 1 to 5000"),
        (ReturnHistory((20240102,), (Rate(1),), InstrumentId(9)), "unknown instrument"),
        (ReturnHistory((20240102,), (Rate(1),)), "it is of one instrument or of one benchmark"),
    ],
)
def test_a_history_that_cannot_be_true_is_refused_and_changes_nothing(
    given_history: ReturnHistory, problem: str
) -> None:
    desk = a_desk(history(changes(1)))
    long(desk)
    before = asked(desk)
    (refused,) = desk.give(given_history)
    assert isinstance(refused, InputRefused)
    assert refused.kind == "ReturnHistory"
    assert refused.reason.startswith(problem)
    assert asked(desk) == before


# --- limits ---


@pytest.mark.parametrize(("loss", "used"), [(999, 999_000), (1_000, 10**6), (1_001, 1_001_000)])
def test_the_use_of_a_limit_below_at_and_above_it(loss: int, used: int) -> None:
    """B-VAR-05 and control 22: a positive loss against a limit; 0.1 % of 1,000,000."""
    desk = risking(loss)
    limited(desk, 1_000)
    state, account = desk.state, desk.account()
    assert portfolio.limit_of(state, account) == 1_000
    portfolio.refresh(state, account)
    assert held_against(desk) == (loss, loss)  # millionths of a million
    (one, five) = measured(desk.give(history([*[0] * 78, *[-loss * 1_000] * 20])))
    assert (one.limit, one.utilisation) == (1_000, used)
    assert (five.limit, five.utilisation) == (None, None)  # the limit is about one day


def test_a_hair_above_the_limit_is_not_called_at_it() -> None:
    desk = Desk(quote(100, 101), day(TODAY))
    desk.fill(Fill(BUY, 1_000, 100))
    desk.give(history([-1_000_001] * 98))  # 1,000.001 in money
    found = asked(desk, Terms(limit=Money(1_000)))
    assert found.value_at_risk == 1_000  # in whole units
    assert found.utilisation == MILLIONTHS + 1


def test_a_profit_even_in_the_tail_uses_nothing() -> None:
    desk = a_desk(history([1_000_000] * 98))
    long(desk)
    limited(desk, 0)
    found = asked(desk, Terms(limit=Money(0)))
    assert found.value_at_risk == -8
    assert found.utilisation == 0
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (0, 0)


def test_where_something_is_at_risk_a_limit_of_nothing_has_no_use_that_could_pass() -> None:
    found = asked(risking(1), Terms(limit=Money(0)))
    assert (found.value_at_risk, found.utilisation) == (1, None)


def test_what_is_missing_leaves_limits_without_a_measure() -> None:
    """Control 22, missing and stale: whoever holds the limit has to take None for a breach."""
    desk = risking(1_000)
    assert held_against(desk) == (1_000, 1_000)
    desk.give(day(20240419))  # the history is 12 days old
    assert held_against(desk) == (None, None)
    assert portfolio.limit_of(desk.state, desk.account()) is None  # none was set


def test_without_equity_no_share_of_it_is_known() -> None:
    desk = risking(1_000)
    limited(desk, 1_000)
    desk.fill(Fill(BUY, 1, 100, fee=2 * CASH))
    assert portfolio.limit_of(desk.state, desk.account()) == 0
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (None, None)


def test_limits_are_held_against_the_positions_of_now() -> None:
    """Measured anew where a quantity has changed, and once a second where prices have moved."""
    desk = risking(1_000)
    portfolio.refresh(desk.state, desk.account())
    desk.fill(Fill(SELL, 500, 100))
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (500, 500)
    desk.give(quote(50, 51))
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (500, 500)  # within the second
    desk.wait(NANOS_PER_SECOND)
    desk.give(quote(50, 51))
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (257, 257)  # 250 of an equity of 975,000, rounded up


def test_what_two_strategies_hold_of_an_instrument_is_watched_together() -> None:
    desk = risking(1_000)
    desk.fill(Fill(BUY, 500, 100, strategy=2))
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (1_500, 1_500)
    desk.fill(Fill(SELL, 500, 100))
    portfolio.refresh(desk.state, desk.account())
    assert held_against(desk) == (1_000, 1_000)


def test_the_digest_tells_when_an_account_was_measured() -> None:
    desk = risking(1_000)
    before = desk.machine.digest()
    portfolio.refresh(desk.state, desk.account())
    assert desk.machine.digest() != before


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_use_is_rounded_up(grains: int, limit: int) -> None:
    worth = grains * GRAIN_UNIT // 7
    exact = Fraction(worth * MILLIONTHS, limit * GRAIN_UNIT)
    assert portfolio.utilisation(worth, Money(limit)) == math.ceil(exact)


# --- what is kept ---


def test_a_new_history_replaces_the_old_one() -> None:
    desk = a_desk(history(changes(1)), history([-10_000_000] * 98))
    long(desk)
    assert asked(desk).value_at_risk == 79


def test_an_instrument_that_is_renamed_keeps_its_history() -> None:
    desk = a_desk(history(changes(1)))
    long(desk)
    desk.give(InstrumentRenamed(PERPETUAL.instrument, "NEW", "r1"))
    assert asked(desk).problem == ""


def test_after_a_restart_the_same_journal_gives_the_same_measures() -> None:
    inputs = (history(changes(1)), history(changes(2), None))
    first, again = a_desk(*inputs), a_desk(*inputs)
    long(first)
    long(again)
    assert first.give(day(TODAY + 1)) == again.give(day(TODAY + 1))
    assert first.machine.digest() == again.machine.digest()


def test_the_digest_tells_histories_apart() -> None:
    digests = {
        a_desk().machine.digest(),
        a_desk(history(changes(1))).machine.digest(),
        a_desk(history(changes(2))).machine.digest(),
        a_desk(history(changes(1), None)).machine.digest(),
    }
    assert len(digests) == 4


def test_histories_from_elsewhere_are_measured_without_asking_their_age() -> None:
    desk = a_desk()
    long(desk)
    elsewhere = Histories()
    elsewhere.take(history([-10_000_000] * 20, on=dates(20, date(2009, 1, 1))))
    state, account = desk.state, desk.account()
    sample = portfolio.sampled(state, account, elsewhere, None)
    found = portfolio.measure(state, account, sample, Terms(), elsewhere)
    assert (found.account, found.value_at_risk) == (AccountId(1), 79)
