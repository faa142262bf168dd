"""Decimal text of venues as whole increments, exactly. Never a float, never a rounded digit.

Venues repeat the same few thousand prices and quantities: a bounded cache before the parser makes
reading a book more than twice as fast. It cannot change a result: the parser is a function.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from fairlead.gateways.errors import MalformedNumber
from fairlead.model.units import INCREMENTS_MAX

# Of the 54,561 texts in five minutes of a busy book nearly all fit; one more costs about 150 bytes.
_CACHED_TEXTS_MAX: Final = 65_536
_TEXT_LENGTH_MAX: Final = 40  # no venue writes longer; bounds the work that one number can cause


def increments(text: str, decimals: int) -> int:
    """Return `text` in increments of 10**-`decimals`: "26.50" with 1 decimal is 265.

    Only digits with at most one point between them are numbers here; zeros behind the last decimal
    are fine, other digits are not. Raises `MalformedNumber` that says what was expected.
    """
    if len(text) > _TEXT_LENGTH_MAX:
        found = f"a number of {len(text)} characters"
        raise MalformedNumber(f"{found}, expected at most {_TEXT_LENGTH_MAX}")
    whole, point, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdigit() and whole and bool(point) == bool(fraction)):
        raise MalformedNumber(f"{text!r} is not a decimal number, expected digits as in 26.50")
    if fraction[decimals:].strip("0"):
        raise MalformedNumber(f"{text!r} is not exact, expected at most {decimals} decimals")
    value = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if value > INCREMENTS_MAX:
        raise MalformedNumber(f"{text!r} is absurd, expected at most {INCREMENTS_MAX} increments")
    return value


def positive_increments(text: str, decimals: int) -> int:
    """Return `text` in increments, which must be above 0. Raises `MalformedNumber`."""
    value = increments(text, decimals)
    if value == 0:
        raise MalformedNumber(f"{text!r} is zero, expected more")
    return value


@cache
def reader(decimals: int, read: Callable[[str, int], int] = increments) -> Callable[[str], int]:
    """Return `read` for one precision, with a bounded memory of what it read before.

    Instruments of the same precision share one: hundreds of memories would have no bound together.
    """

    @lru_cache(_CACHED_TEXTS_MAX)
    def cached(text: str) -> int:
        return read(text, decimals)

    return cached


def significant_decimals(text: str) -> int:
    """Return how many decimals `text` needs: 2 for "26.5100". Raises `MalformedNumber`."""
    fraction = text.partition(".")[2].rstrip("0")
    increments(text, len(fraction))
    return len(fraction)
