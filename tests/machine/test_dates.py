"""Dates as whole numbers, against the calendar of the standard library."""

from datetime import date
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.dates import day_number, day_of, is_date
from fairlead.model.units import NANOS_PER_SECOND, Nanos

DATES: Final = st.dates(date(1900, 1, 1))
EPOCH: Final = date(1970, 1, 1)
DAY: Final = 86_400 * NANOS_PER_SECOND


def number(day: date) -> int:
    """Return a day as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


@given(DATES)
def test_the_number_of_a_day_is_that_of_the_calendar(day: date) -> None:
    assert is_date(number(day))
    assert day_number(number(day)) == (day - EPOCH).days


@given(st.integers(0, 99_999_999))
def test_what_is_no_day_of_the_calendar_is_no_date(found: int) -> None:
    try:
        date(found // 10_000, found // 100 % 100, found % 100)
    except ValueError:
        assert not is_date(found)
    else:
        assert is_date(found) == (found >= 19000101)


def test_a_time_is_in_its_day_to_the_last_nanosecond() -> None:
    assert [day_of(Nanos(time)) for time in (0, DAY - 1, DAY)] == [0, 0, 1]
