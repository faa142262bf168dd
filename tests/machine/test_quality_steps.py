"""Market data that is late, missing, absurd or ahead of its time: found, and what follows."""

import pytest

from fairlead.model.inputs import (
    AcceptDataCommand,
    BookGap,
    InstrumentSplit,
    TimePassed,
    TradeBusted,
    TradingStatus,
)
from fairlead.model.outputs import BreakerChanged, DataQualityFound, InputRefused
from fairlead.model.quality import DataClass, QualityKind
from fairlead.model.units import Nanos
from tests.machine.build import BUY, submit
from tests.machine.quality_rig import (
    ALERT,
    BLOCK,
    EXCLUDE,
    FLAG,
    HALT,
    HOUR,
    MILLION,
    MILLISECOND,
    ONE,
    SECOND,
    TWO,
    WARN,
    change,
    counts,
    day,
    found,
    held,
    mark,
    policy,
    quote,
    restored,
    rule,
    snapshot,
    trade,
)
from tests.machine.risk.twin import profile

FRESHNESS = QualityKind.FRESHNESS
LIMIT = QualityKind.PRICE_LIMIT
HALF = MILLION // 2


# --- late ---


def test_data_older_than_allowed_alerts_once_and_is_over_with_the_next() -> None:
    """The example of the specification: two hours and one nanosecond, and no sooner."""
    rig = held(rule(FRESHNESS, ALERT, 2 * HOUR))
    rig.give(quote(99, 101), quote(99, 101, instrument=2))
    rig.wait(2 * HOUR)
    assert found(rig.give(TimePassed())) == []
    rig.give(quote(99, 101, instrument=2))
    assert rig.machine.next_due() == rig.time + 1
    rig.wait(1)
    assert found(rig.give(TimePassed())) == [(FRESHNESS, 2 * HOUR + 1, False)]
    rig.wait(60 * SECOND)
    assert found(rig.give(TimePassed())) == []
    assert restored(rig.give(trade(100))) == [(FRESHNESS, 1)]
    rig.restart()


def test_each_class_of_data_has_its_own_age() -> None:
    quotes = rule(FRESHNESS, ALERT, SECOND, data=DataClass.QUOTE, instrument=ONE)
    trades = rule(FRESHNESS, WARN, 5 * SECOND, data=DataClass.TRADE, instrument=ONE)
    rig = held(quotes, trades)
    rig.give(quote(99, 101), trade(100))
    rig.wait(SECOND)
    rig.give(trade(100))
    rig.wait(1)
    [late] = [one for one in rig.give(TimePassed()) if isinstance(one, DataQualityFound)]
    assert (late.data, late.action, late.measured) == (DataClass.QUOTE, ALERT, SECOND + 1)
    assert restored(rig.give(trade(100))) == []
    assert restored(rig.give(quote(99, 101))) == [(FRESHNESS, 1)]
    rig.wait(5 * SECOND + 1)
    assert {one[1] for one in found(rig.give(TimePassed()))} == {5 * SECOND + 1}


def test_data_that_never_came_is_too_old_from_when_it_was_expected() -> None:
    rig = held(rule(FRESHNESS, ALERT, SECOND))
    rig.wait(SECOND + 1)
    outputs = rig.give(TimePassed())
    late = [one for one in outputs if isinstance(one, DataQualityFound)]
    assert [(one.instrument, one.detail) for one in late] == [
        (ONE, "nothing came yet"),
        (TWO, "nothing came yet"),
    ]


def test_the_silence_of_a_market_that_does_not_trade_is_none() -> None:
    rig = held(rule(FRESHNESS, ALERT, SECOND, instrument=ONE))
    rig.give(quote(99, 101), TradingStatus(ONE, tradable=False))
    rig.wait(HOUR)
    assert found(rig.give(TimePassed())) == []
    rig.give(TradingStatus(ONE, tradable=True))
    rig.wait(SECOND)
    assert found(rig.give(TimePassed())) == []
    rig.wait(1)
    assert found(rig.give(TimePassed())) == [(FRESHNESS, SECOND + 1, False)]


def test_orders_wait_for_data_that_is_blocked_and_for_no_other() -> None:
    rig = held(rule(FRESHNESS, BLOCK, SECOND, instrument=ONE))
    rig.give(quote(99, 101), quote(99, 101, instrument=2))
    assert rig.passes(submit(1, BUY, 100))
    rig.wait(SECOND + 1)
    assert rig.says_no(submit(2, BUY, 100)) == {"data_quality": (SECOND + 1, SECOND)}
    assert rig.passes(submit(3, BUY, 100, instrument=2))
    rig.give(quote(99, 101))
    assert rig.passes(submit(4, BUY, 100))


@pytest.mark.parametrize(
    ("late", "alarm"), [(100 * MILLISECOND, False), (100 * MILLISECOND + 1, True)]
)
def test_latency_is_told_beyond_its_bound_and_not_at_it(late: int, alarm: bool) -> None:
    rig = held(rule(QualityKind.LATENCY, ALERT, 100 * MILLISECOND))
    outputs = rig.give(quote(99, 101, venue_time=rig.time - late))
    assert found(outputs) == ([(QualityKind.LATENCY, late, False)] if alarm else [])


def test_latency_is_over_well_below_its_bound_and_does_not_flap() -> None:
    rig = held(rule(QualityKind.LATENCY, ALERT, 100))
    assert found(rig.give(quote(99, 101, venue_time=rig.time - 101)))
    for late in (99, 100, 91, 150):
        assert rig.give(quote(99, 101, venue_time=rig.time - late)) == []
    assert rig.give(quote(99, 101)) == []  # it does not say when it was: that ends nothing
    assert restored(rig.give(quote(99, 101, venue_time=rig.time - 90))) == [
        (QualityKind.LATENCY, 5)
    ]


def test_a_venue_ahead_of_our_clock_is_told_and_not_hidden() -> None:
    rig = held(rule(QualityKind.CLOCK_OFFSET, WARN, 1_000))
    assert rig.give(quote(99, 101, venue_time=rig.time + 1_000)) == []
    outputs = rig.give(quote(99, 101, venue_time=rig.time + 1_001))
    assert found(outputs) == [(QualityKind.CLOCK_OFFSET, 1_001, False)]
    assert (
        rig.give(quote(99, 101, venue_time=rig.time - 50)) == []
    )  # one slow message proves nothing
    rig.wait(60 * SECOND - 1)
    assert rig.give(quote(99, 101, venue_time=rig.time)) == []
    rig.wait(1)
    assert restored(rig.give(quote(99, 101, venue_time=rig.time))) == [
        (QualityKind.CLOCK_OFFSET, 1)
    ]


# --- missing ---


def test_any_gap_is_told_and_over_with_the_next_snapshot() -> None:
    rig = held(rule(QualityKind.FEED_GAP, ALERT))
    rig.give(snapshot(99, 101))
    assert found(rig.give(BookGap(ONE, "hole"))) == [(QualityKind.FEED_GAP, 1, False)]
    assert found(rig.give(BookGap(ONE, "hole"))) == []
    assert restored(rig.give(snapshot(99, 101, 5))) == [(QualityKind.FEED_GAP, 2)]


def test_too_few_instruments_with_data_warn_once_all_should_have_come() -> None:
    """99 of 100 warn, 100 of 100 do not; here 1 of 2 and 2 of 2."""
    rig = held(rule(QualityKind.COMPLETENESS, WARN, 2, window=Nanos(60 * SECOND)))
    assert found(rig.give(quote(99, 101))) == []
    rig.wait(60 * SECOND)
    [warning] = [one for one in rig.give(TimePassed()) if isinstance(one, DataQualityFound)]
    assert (warning.instrument, warning.measured, warning.limit) == (0, 1, 2)
    assert warning.detail == "of 2 instruments"
    assert restored(rig.give(quote(99, 101, instrument=2))) == [(QualityKind.COMPLETENESS, 1)]


def test_an_instrument_whose_data_is_too_old_is_missing() -> None:
    rig = held(
        rule(FRESHNESS, WARN, 10 * SECOND),
        rule(QualityKind.COMPLETENESS, BLOCK, 2, window=Nanos(SECOND)),
    )
    rig.give(quote(99, 101), quote(99, 101, instrument=2))
    rig.wait(6 * SECOND)
    rig.give(quote(99, 101))
    rig.wait(4 * SECOND + 1)
    kinds = [kind for kind, _, _ in found(rig.give(TimePassed()))]
    assert kinds == [FRESHNESS, QualityKind.COMPLETENESS]
    assert rig.says_no(submit(1, BUY, 100)) == {"data_quality": (1, 2)}
    rig.give(quote(99, 101, instrument=2))
    assert rig.passes(submit(2, BUY, 100))
    rig.restart()


def test_missing_days_are_trading_days_of_the_venue_and_not_days_of_the_calendar() -> None:
    """Ten days of the calendar with five trading days in them: none is missed too many."""
    rig = held(rule(QualityKind.DAYS_MISSING, ALERT, 5, instrument=ONE))
    rig.give(day(20240304), quote(99, 101))  # a Monday
    for date in (5, 6, 7, 8, 11, 12):
        assert found(rig.give(day(20240300 + date))) == [], date
    assert rig.give(day(20240312))[0] == InputRefused(
        "TradingDayBegan", "the day, or a later one, began before"
    )
    assert found(rig.give(day(20240313))) == [(QualityKind.DAYS_MISSING, 6, False)]
    assert restored(rig.give(trade(100))) == [(QualityKind.DAYS_MISSING, 1)]
    rig.restart()


def test_a_venue_without_days_of_its_own_has_those_of_the_firm() -> None:
    rig = held(rule(QualityKind.DAYS_MISSING, ALERT, 1, instrument=ONE))
    rig.give(day(20240304, ""), quote(99, 101))
    rig.give(day(20240305, ""), day(20240305, ""))
    assert found(rig.give(day(20240306, ""))) == []
    assert found(rig.give(day(20240307, ""))) == [(QualityKind.DAYS_MISSING, 2, False)]


# --- absurd ---


@pytest.mark.parametrize(
    ("price", "left_out"), [(151, True), (150, False), (149, False), (49, True)]
)
def test_a_price_beyond_its_limit_never_reaches_the_book(price: int, left_out: bool) -> None:
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(trade(100))
    outputs = rig.give(trade(price))
    book = rig.machine.books.get(ONE)
    assert book is not None
    if left_out:
        measured = abs(price - 100) * MILLION // 100
        assert outputs[0] == InputRefused("Trade", "data quality: price_limit")
        assert found(outputs) == [(LIMIT, measured, True)]
        assert book.last_price == 100
        assert counts(rig, DataClass.TRADE) == (2, 1, {"price_limit": 1})
    else:
        assert outputs == []
        assert book.last_price == price


def test_a_price_is_held_against_the_close_before_anything_else() -> None:
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(profile(previous_close=2 * MILLION))  # 2.00, of two decimals: 200 increments
    assert rig.give(trade(100), trade(300), quote(290, 300)) == []
    assert found(rig.give(trade(99))) == [(LIMIT, 505_000, True)]
    assert found(rig.give(mark(301))) == [(LIMIT, 505_000, True)]


def test_without_a_close_it_is_the_last_price_of_the_day_before() -> None:
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(day(20240304), trade(100), day(20240305))
    assert rig.give(trade(140), trade(150), trade(60)) == []
    [late] = [one for one in rig.give(trade(151)) if isinstance(one, DataQualityFound)]
    assert late.detail == "151 after 100, the day before"


def test_a_quote_is_judged_by_its_middle_and_a_stub_is_left_out() -> None:
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(quote(99, 101))
    assert found(rig.give(quote(1, 0))) == [(LIMIT, 990_000, True)]
    assert found(rig.give(quote(1, 100_000))) == [(LIMIT, 499_005_000, True)]
    assert rig.give(quote(0, 0)) == []  # nobody quotes: that is no price
    assert found(rig.give(trade(300))) == [(LIMIT, 2_000_000, True)]


def test_a_book_shows_no_price_beyond_its_limit_to_an_order() -> None:
    """A change of a book cannot be left out without losing the book: orders wait instead."""
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(snapshot(99, 101))
    assert rig.passes(submit(1, BUY, 100))
    assert found(rig.give(change({99: 0, 10: 1}, {101: 0, 12: 1}))) == [(LIMIT, 890_000, False)]
    assert "data_quality" in rig.says_no(submit(2, BUY, 100))
    assert restored(rig.give(change({99: 1}, {12: 0, 101: 1}, 3))) == [(LIMIT, 1)]
    assert rig.passes(submit(3, BUY, 100))


def test_a_crossed_quote_is_kept_out_and_its_instrument_blocked_until_a_good_one() -> None:
    rig = held(rule(QualityKind.CROSSED, BLOCK), rule(QualityKind.LOCKED, FLAG))
    rig.give(quote(99, 101))
    outputs = rig.give(quote(102, 101))
    assert outputs[0] == InputRefused("Quote", "data quality: crossed")
    assert found(outputs) == [(QualityKind.CROSSED, 1, True)]
    book = rig.machine.books.get(ONE)
    assert book is not None
    assert (book.bid_price, book.ask_price, book.stale) == (99, 101, False)
    assert rig.says_no(submit(1, BUY, 100)) == {"data_quality": (1, 0)}
    assert restored(rig.give(quote(99, 101))) == [(QualityKind.CROSSED, 1)]
    assert rig.passes(submit(2, BUY, 100))
    assert found(rig.give(quote(100, 100))) == [(QualityKind.LOCKED, 0, False)]
    assert book.stale


def test_a_crossed_book_is_found_by_what_it_shows() -> None:
    rig = held(rule(QualityKind.CROSSED, BLOCK))
    rig.give(snapshot(99, 101))
    assert found(rig.give(change({102: 1}, {}))) == [(QualityKind.CROSSED, 1, False)]
    assert "data_quality" in rig.says_no(submit(1, BUY, 100))
    assert restored(rig.give(change({102: 0}, {}, 3))) == [(QualityKind.CROSSED, 1)]


def test_data_that_goes_back_in_time_may_be_left_out() -> None:
    rig = held(rule(QualityKind.OUT_OF_ORDER, EXCLUDE, 10, data=DataClass.QUOTE))
    assert rig.give(quote(99, 101, venue_time=1_000), quote(99, 101, venue_time=990)) == []
    late = rig.give(quote(98, 101, venue_time=989), trade(100, venue_time=1))
    assert found(late) == [(QualityKind.OUT_OF_ORDER, 11, True)]
    assert counts(rig, DataClass.QUOTE) == (3, 2, {"out_of_order": 1})


def test_a_trade_that_is_taken_back_is_told() -> None:
    rig = held(rule(QualityKind.REVISED, FLAG))
    rig.give(trade(100))
    outputs = rig.give(TradeBusted(ONE, "t", Nanos(0)))
    assert found(outputs) == [(QualityKind.REVISED, 1, False)]


# --- corporate actions ---


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (250, "as after a split 4 for 1"),
        (252, "as after a split 4 for 1"),
        (2_000, "as after a split 1 for 2"),
        (667, "as after a split 3 for 2"),
        (300, ""),
        (900, ""),
    ],
)
def test_a_jump_to_where_a_split_would_put_the_price_is_found(price: int, said: str) -> None:
    rig = held(rule(QualityKind.SPLIT_MISSED, BLOCK, 10_000))
    rig.give(quote(999, 1_001))
    outputs = rig.give(quote(price, price + 1))
    if said:
        [missed] = [one for one in outputs if isinstance(one, DataQualityFound)]
        assert missed.detail.endswith(said)
        assert rig.says_no(submit(1, BUY, 100))["data_quality"] is not None
    else:
        assert outputs == []


def test_a_price_of_a_few_ticks_doubles_without_a_split() -> None:
    rig = held(rule(QualityKind.SPLIT_MISSED, BLOCK, 10_000))
    assert rig.give(quote(99, 100), quote(198, 200)) == []
    assert rig.give(quote(99, 100)) == []


def test_a_split_that_was_told_is_none_that_was_missed() -> None:
    rig = held(rule(QualityKind.SPLIT_MISSED, BLOCK, 10_000), rule(LIMIT, EXCLUDE, HALF))
    rig.give(quote(999, 1_001))
    assert len(found(rig.give(quote(249, 251)))) == 2
    rig.give(InstrumentSplit(ONE, 4, 1, "4 for 1"))
    assert restored(rig.give(quote(249, 251))) == [(QualityKind.SPLIT_MISSED, 1)]
    assert counts(rig, DataClass.QUOTE) == (3, 2, {"split_missed": 1})


def test_a_person_may_say_that_the_data_is_true() -> None:
    rig = held(rule(LIMIT, BLOCK, HALF))
    accept = AcceptDataCommand(ONE, "ann", "the merger is off: it trades there")
    rig.give(profile(previous_close=MILLION), trade(100))
    assert rig.give(accept) == [
        InputRefused("AcceptDataCommand", "nothing is wrong with the data of the instrument")
    ]
    assert found(rig.give(trade(30)))
    assert "data_quality" in rig.says_no(submit(1, BUY, 30))
    assert restored(rig.give(accept)) == [(LIMIT, 1)]
    assert rig.give(trade(30)) == []
    assert found(rig.give(trade(100))) == [(LIMIT, 2_333_333, True)]
    nobody = AcceptDataCommand(ONE, " ", "why")
    assert isinstance(rig.give(nobody)[0], InputRefused)
    rig.restart()


# --- shares, halts, no policy ---


def test_a_share_of_failures_above_its_bound_alarms_and_is_over_well_below() -> None:
    """5 % of twenty are one: one is no alarm, two of them are."""
    rig = held(
        rule(QualityKind.CROSSED, EXCLUDE),
        rule(QualityKind.FAILED_SHARE, ALERT, 50_000, window=Nanos(60 * SECOND)),
    )
    for _ in range(30):
        rig.give(quote(99, 101))
    assert found(rig.give(quote(102, 101)))[1:] == []
    alarm = rig.give(quote(102, 101))
    assert found(alarm)[1:] == [(QualityKind.FAILED_SHARE, 62_500, False)]
    for _ in range(12):
        assert restored(rig.give(quote(99, 101))) == []
    assert restored(rig.give(quote(99, 101))) == [(QualityKind.FAILED_SHARE, 13)]


def test_what_the_machine_refuses_counts_as_failed() -> None:
    rig = held(rule(QualityKind.FAILED_SHARE, ALERT, 0))
    for _ in range(19):
        rig.give(trade(100))
    assert found(rig.give(trade(0))) == [(QualityKind.FAILED_SHARE, 50_000, False)]
    assert counts(rig, DataClass.TRADE) == (20, 19, {"refused": 1})


def test_a_rule_that_halts_trips_the_firm_until_a_person_lets_go() -> None:
    rig = held(rule(QualityKind.CROSSED, HALT))
    rig.give(quote(99, 101))
    outputs = rig.give(quote(102, 101))
    [halt] = [one for one in outputs if isinstance(one, BreakerChanged)]
    assert halt.cause == "data quality: crossed of ABCUSD"
    rig.give(quote(99, 101))
    assert "breaker_halted" in rig.says_no(submit(1, BUY, 100))


def test_without_rules_nothing_is_looked_at_and_nothing_kept() -> None:
    rig = held(rule(LIMIT, EXCLUDE, HALF))
    rig.give(trade(100))
    rig.give(policy())
    assert not rig.machine.state.quality.active
    assert rig.give(trade(1_000)) == []
    assert rig.machine.state.quality.all() == []
    rig.restart()
