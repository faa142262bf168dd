"""The trading days of simulated venues: those of the calendar, from midnight to midnight UTC."""

from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, Nanos

DAY: Final = Nanos(86_400 * NANOS_PER_SECOND)


def session_date(time: Nanos) -> int:
    """Return the day of `time` (UTC) as yyyymmdd.

    Source: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days: years
    begin in March, so that the day that leap years add is their last.
    """
    days = time // DAY + 719_468  # days from 0000-03-01 to the epoch
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = era * 400 + year_of_era + (1 if month <= 2 else 0)
    return year * 10_000 + month * 100 + day


def next_day(time: Nanos) -> Nanos:
    """Return the first midnight after `time`."""
    return Nanos((time // DAY + 1) * DAY)
