"""Durations and times as people write them, and back. No float, no rounding, no local time."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.errors import UnreadableText

TIME_MAX: Final = Nanos(2**63 - 1)  # the journal keeps 64 bits; the year 2262

EXPECTED_DURATION: Final = "a duration such as 250ms, 60s, 2h, 7d (a bare number is seconds)"
EXPECTED_TIME: Final = "a UTC time such as 2026-01-05T14:30:00Z, or whole nanoseconds since 1970"

NANOS_PER_UNIT: Final = {
    "y": 365 * 24 * 3600 * NANOS_PER_SECOND,  # 365 days, always: a span of time knows no calendar
    "d": 24 * 3600 * NANOS_PER_SECOND,
    "h": 3600 * NANOS_PER_SECOND,
    "m": 60 * NANOS_PER_SECOND,
    "s": NANOS_PER_SECOND,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}

_DURATION: Final = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,19})?) ?([a-z]{0,2})", re.ASCII)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|\+00:00)"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def parse_duration(text: str) -> Nanos:
    """Return the duration in `text`: a number and a unit. Raises `UnreadableText`.

    The units are ns, us, ms, s, m, h, d and y; without one it is seconds. A year has 365 days.
    What is finer than a nanosecond is refused, not rounded.
    """
    match = _DURATION.fullmatch(text)
    unit = NANOS_PER_UNIT.get(match[2] or "s") if match else None
    if match is None or unit is None:
        raise UnreadableText(EXPECTED_DURATION)
    nanos = Fraction(match[1]) * unit
    if nanos.denominator != 1:
        raise UnreadableText("a duration of whole nanoseconds")
    if nanos > TIME_MAX:
        raise UnreadableText("a duration of at most 292y")
    return Nanos(int(nanos))


def duration_text(duration: Nanos) -> str:
    """Return the duration in the largest unit that needs no decimals, for `parse_duration`."""
    for unit, nanos in NANOS_PER_UNIT.items():
        if duration >= nanos and duration % nanos == 0:
            return f"{duration // nanos}{unit}"
    return f"{duration}ns"


def parse_time(text: str) -> Nanos:
    """Return the UTC time in `text` as nanoseconds since 1970. Raises `UnreadableText`.

    Read is ISO 8601 with `T` and `Z`, with up to nine decimals of a second, or whole nanoseconds.
    """
    if text.isascii() and text.isdecimal() and len(text) <= len(str(TIME_MAX)):
        return _time_within(int(text))
    match = _TIME.fullmatch(text)
    if match is None:
        raise UnreadableText(EXPECTED_TIME)
    try:
        moment = datetime.fromisoformat(match[1] + "+00:00")
    except ValueError:  # the 30th of February
        raise UnreadableText(EXPECTED_TIME) from None
    nanos = int((match[2] or "").ljust(9, "0"))
    return _time_within((moment - _EPOCH) // _SECOND * NANOS_PER_SECOND + nanos)


def time_text(time: Nanos) -> str:
    """Return the time in ISO 8601 with as many decimals of a second as it needs."""
    seconds, nanos = divmod(time, NANOS_PER_SECOND)
    moment = (_EPOCH + seconds * _SECOND).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f".{nanos:09}".rstrip("0") if nanos else ""
    return f"{moment}{decimals}Z"


def _time_within(time: int) -> Nanos:
    if not 0 <= time <= TIME_MAX:
        raise UnreadableText("a time from 1970-01-01T00:00:00Z to 2262-04-11T23:47:16Z")
    return Nanos(time)
