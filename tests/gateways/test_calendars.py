"""Sessions, half days, holidays and the change of clocks, as days and as inputs."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from fairlead.gateways.calendars import (
    PRE_OPEN,
    SessionClock,
    day_of,
    later_day,
    start_of,
    trading_calendar,
    trading_days,
    trading_days_missed,
    with_sessions,
)
from fairlead.gateways.errors import CalendarUnknown
from fairlead.model.inputs import Input, SessionPhase, TimePassed, TradingDayBegan
from fairlead.model.risk_terms import Phase
from fairlead.model.units import NANOS_PER_SECOND, Nanos

pytest.importorskip("exchange_calendars", reason="the extra calendars is not installed")

HOUR = 3_600 * NANOS_PER_SECOND


def at(day: int, hour: int, minute: int = 0) -> Nanos:
    """Return a time of a day in UTC."""
    return Nanos(start_of(day) + hour * HOUR + minute * 60 * NANOS_PER_SECOND)


def test_the_day_after_thanksgiving_is_half_a_day() -> None:
    wednesday, friday, monday = trading_calendar("XNYS").sessions(20241127, 20241202)
    assert [each.day for each in (wednesday, friday, monday)] == [20241127, 20241129, 20241202]
    assert [each.is_half for each in (wednesday, friday, monday)] == [False, True, False]
    assert (friday.opens, friday.closes) == (at(20241129, 14, 30), at(20241129, 18))
    assert wednesday.closes == at(20241127, 21)


def test_holidays_and_weekends_are_no_trading_days() -> None:
    new_york = trading_calendar("XNYS")
    assert trading_days(new_york, 20241224, 20250102) == [
        *(20241224, 20241226, 20241227, 20241230, 20241231, 20250102)
    ]
    assert trading_days(new_york, 20241228, 20241229) == []
    assert trading_days(new_york, 20250102, 20250101) == []


def test_the_open_moves_in_utc_when_clocks_change() -> None:
    before, after = trading_calendar("XNYS").sessions(20240308, 20240311)
    assert before.opens == at(20240308, 14, 30)
    assert after.opens == at(20240311, 13, 30)
    new_york = ZoneInfo("America/New_York")
    for session in (before, after):
        opens = datetime.fromtimestamp(session.opens // NANOS_PER_SECOND, new_york)
        assert (opens.hour, opens.minute) == (9, 30)


def test_missed_days_are_trading_days_between_two_others() -> None:
    new_york = trading_calendar("XNYS")
    assert trading_days_missed(new_york, 20241127, 20241129) == []  # Thanksgiving
    assert trading_days_missed(new_york, 20241129, 20241202) == []  # a weekend
    assert trading_days_missed(new_york, 20241126, 20241202) == [20241127, 20241129]
    assert trading_days_missed(new_york, 20241202, 20241202) == []
    around = trading_calendar("24/7")
    assert trading_days_missed(around, 20241129, 20241202) == [20241130, 20241201]


def test_a_lunch_break_is_known() -> None:
    (session,) = trading_calendar("XHKG").sessions(20241120, 20241120)
    assert session.pause == (at(20241120, 4), at(20241120, 5))


def test_an_unknown_name_is_refused_with_examples() -> None:
    with pytest.raises(CalendarUnknown, match=r"no calendar 'XXXX', expected 24/7, or .* XNYS"):
        trading_calendar("XXXX")


def test_a_year_that_the_calendar_does_not_reach_is_an_error_and_no_empty_year() -> None:
    with pytest.raises(CalendarUnknown, match="calendar XHKG: no year 2101"):
        trading_calendar("XHKG").sessions(21010101, 21010201)


def test_a_session_is_told_from_before_its_open_to_its_close() -> None:
    clock = SessionClock(trading_calendar("XNYS"), "NYSE")
    told = list(islice(clock.inputs_from(at(20241128, 12)), 7))
    opens, closes = at(20241129, 14, 30), at(20241129, 18)
    begins = Nanos(opens - PRE_OPEN)
    assert told == [
        (at(20241128, 12), TradingDayBegan(20241127, "NYSE")),  # how things stand: a holiday
        (at(20241128, 12), SessionPhase("NYSE", Phase.CLOSED, at(20241127, 21))),
        (begins, TradingDayBegan(20241129, "NYSE")),
        (begins, SessionPhase("NYSE", Phase.PRE_OPEN, begins)),
        (opens, SessionPhase("NYSE", Phase.CONTINUOUS, opens)),
        (closes, SessionPhase("NYSE", Phase.CLOSED, closes)),
        (at(20241202, 14, 15), TradingDayBegan(20241202, "NYSE")),
    ]


def test_around_the_clock_only_days_begin() -> None:
    clock = SessionClock(trading_calendar("24/7"), "COINBASE")
    told = list(islice(clock.inputs_from(at(20240101, 12)), 4))
    assert told[:2] == [
        (at(20240101, 12), TradingDayBegan(20240101, "COINBASE")),
        (at(20240101, 12), SessionPhase("COINBASE", Phase.CONTINUOUS, at(20240101, 0))),
    ]
    assert told[2] == (at(20240102, 0), TradingDayBegan(20240102, "COINBASE"))
    phases = [input for _, input in islice(clock.inputs_from(at(20240101, 12)), 40)]
    assert Phase.CLOSED not in [one.phase for one in phases if isinstance(one, SessionPhase)]


def test_sessions_stand_between_recorded_events_in_order_of_time() -> None:
    passed: Input = TimePassed()
    recorded = [at(20241129, 14, 20), at(20241129, 14, 30), at(20241129, 15)]

    def events() -> Iterator[tuple[Nanos, list[Input]]]:
        yield from ((time, [passed]) for time in recorded)

    merged = list(with_sessions(events(), [SessionClock(trading_calendar("XNYS"), "NYSE")]))
    times = [time for time, _ in merged]
    assert times == sorted(times)
    kinds = [type(inputs[0]).__name__ for _, inputs in merged]
    assert kinds == [
        *("TradingDayBegan", "SessionPhase", "TimePassed", "SessionPhase", "TimePassed"),
        "TimePassed",
    ]


def test_nothing_recorded_means_nothing_told() -> None:
    nothing: Iterator[tuple[Nanos, list[Input]]] = iter(())
    assert not list(with_sessions(nothing, [SessionClock(trading_calendar("XNYS"), "NYSE")]))


@pytest.mark.parametrize("day", [20240228, 20240229, 20241231])
def test_days_are_counted_over_months_and_years(day: int) -> None:
    assert later_day(later_day(day, 1), -1) == day
    assert day_of(start_of(day)) == day
    assert day_of(Nanos(start_of(later_day(day, 1)) - 1)) == day
