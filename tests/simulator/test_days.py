"""The days of a venue: the date in UTC, and when the next one begins."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.simulator.days import DAY, next_day, session_date


@given(st.integers(-30_000 * 86_400, 100_000 * 86_400), st.integers(0, 10**9 - 1))
def test_the_session_date_is_the_day_in_utc(seconds: int, nanos: int) -> None:
    day = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)
    expected = day.year * 10_000 + day.month * 100 + day.day
    assert session_date(Nanos(seconds * 10**9 + nanos)) == expected


@pytest.mark.parametrize(
    ("seconds", "date"),
    [(0, 19700101), (951_782_400, 20000229), (1_709_251_199, 20240229), (1_709_251_200, 20240301)],
)
def test_the_session_date_knows_leap_days(seconds: int, date: int) -> None:
    assert session_date(Nanos(seconds * 10**9)) == date


@given(st.integers(0, 2**62))
def test_the_next_day_begins_within_a_day_and_never_now(time: int) -> None:
    """POS: a day that began is not begun again."""
    midnight = next_day(Nanos(time))
    assert time < midnight <= time + DAY
    assert session_date(midnight) > session_date(Nanos(midnight - 1)) == session_date(Nanos(time))
