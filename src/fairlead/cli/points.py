"""A point of the past as people name it: the number of an input, or a time.

A point before the first input or after the last one is no mistake: what stood there is known. But a
person is told.
"""

from typing import Final, NamedTuple

from fairlead.cli.console import ERR, fail
from fairlead.cli.past import Past
from fairlead.cli.session_options import moment
from fairlead.model.units import Nanos, Sequence
from fairlead.node.time_text import time_text

END: Final = "end"
_DIGITS_MAX: Final = 18  # of the number of an input: fits a record


class Point(NamedTuple):
    """Up to and including an input, or a time; of neither, the end."""

    to: Sequence | None = None
    at: Nanos | None = None


def point(words: str, option: str) -> Point:
    """Return the point that an option names: `812`, `2026-01-05T14:30:00Z` or `end`.

    Raises `ConfigurationError` for a time that is none.
    """
    if words == END:
        return Point()
    if words.isascii() and words.isdecimal() and len(words) <= _DIGITS_MAX:
        return Point(to=Sequence(int(words)))
    if "T" not in words:
        fail(
            f"{option}: found {words!r}, expected the number of an input, a UTC time such as"
            f" 2026-01-05T14:30:00Z, or {END!r}"
        )
    return Point(at=moment(words, option))


def as_of(last: Sequence, time: Nanos) -> str:
    """Return which point the past is shown as of."""
    return f"as of input {last:,}, {time_text(time)}" if last else "before the first input"


def say_where_it_ends(known: Past, wanted: Point) -> None:
    """Say on standard error where a journal begins or ends, if a point lies before or after it."""
    replayed, following = known.replayed, known.following
    if replayed.last == 0 and following is not None:
        began = f"{known.directory}: begins with input {following.sequence}"
        _say(f"{began}, at {time_text(following.time)}: nothing stood before it")
    elif following is None and _is_after(wanted, replayed.last, replayed.time):
        ended = f"{known.directory}: ends with input {replayed.last:,}"
        _say(f"{ended}, at {time_text(replayed.time)}: that is what is shown")


def _is_after(wanted: Point, last: Sequence, time: Nanos) -> bool:
    is_later = wanted.to is not None and wanted.to > last
    return is_later or (wanted.at is not None and wanted.at > time)


def _say(told: str) -> None:
    ERR.print(f"fairlead: {told}", markup=False, style="yellow")
