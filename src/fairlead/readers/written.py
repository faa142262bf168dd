"""Exact numbers and times as people read them: decimals, thousands, UTC. Nobody reads them back."""

from datetime import UTC, datetime
from typing import Final

from fairlead.model.decimals import decimal_text
from fairlead.model.units import NANOS_PER_SECOND, Nanos, divide_half_even

_SECONDS_PER_MINUTE: Final = 60
_SECONDS_PER_HOUR: Final = 3_600
_SECONDS_PER_DAY: Final = 86_400


def rounded_text(amount: int, decimals: int, decimals_max: int) -> str:
    """Return decimal text with at most `decimals_max` decimals, rounded half to even."""
    if decimals <= decimals_max:
        return decimal_text(amount, decimals)
    rounded = divide_half_even(amount, 10 ** (decimals - decimals_max))
    return decimal_text(rounded, decimals_max)


def grouped(text: str) -> str:
    """Return decimal text with commas between the thousands: `-1,234.50`."""
    whole, point, rest = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{rest}"


def time_text(time: Nanos) -> str:
    """Return a time as ISO 8601 in UTC, to the nanosecond: `2024-08-08T00:00:00.123456789Z`."""
    seconds, rest = divmod(time, NANOS_PER_SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}Z"


def span_text(span: Nanos) -> str:
    """Return a span of time in its two largest units: `2 d 3 h`, `1 min 5 s`, `12.5 s`."""
    seconds = span // NANOS_PER_SECOND
    if seconds >= _SECONDS_PER_DAY:
        return (
            f"{seconds // _SECONDS_PER_DAY} d {seconds % _SECONDS_PER_DAY // _SECONDS_PER_HOUR} h"
        )
    if seconds >= _SECONDS_PER_HOUR:
        minutes = seconds % _SECONDS_PER_HOUR // _SECONDS_PER_MINUTE
        return f"{seconds // _SECONDS_PER_HOUR} h {minutes} min"
    if seconds >= _SECONDS_PER_MINUTE:
        return f"{seconds // _SECONDS_PER_MINUTE} min {seconds % _SECONDS_PER_MINUTE} s"
    return f"{f'{span / NANOS_PER_SECOND:.3f}'.rstrip('0').rstrip('.')} s"


def printable(text: str) -> str:
    """Return text from outside without anything that could steer a terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
