"""Dates of the calendar as whole numbers, yyyymmdd: no library, no zone, no clock."""

from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, Nanos

_DAYS_OF_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BEFORE_EPOCH: Final = 719_468  # from 0000-03-01
_DAY: Final = Nanos(86_400 * NANOS_PER_SECOND)


def is_date(number: int) -> bool:
    """Whether a number is a day of the calendar, as yyyymmdd."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    if not (1900 <= year <= 9999 and 1 <= month <= 12):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = 29 if leap and month == 2 else _DAYS_OF_MONTHS[month - 1]
    return 1 <= day <= days


def day_number(date: int) -> int:
    """Return how many days a date, as yyyymmdd, lies after the first of January 1970.

    Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    """
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    if month <= 2:
        year -= 1
    era, year_of_era = divmod(year, 400)
    month_from_march = month - 3 if month > 2 else month + 9
    day_of_year = (153 * month_from_march + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - _DAYS_BEFORE_EPOCH


def day_of(time: Nanos) -> int:
    """Return the number of the day, in UTC, that a time is in."""
    return time // _DAY
