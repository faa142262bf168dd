"""Exact integers as decimal text and back.

Here alone a number with a decimal point becomes an amount. Nothing passes through `float`, and
nothing is rounded: what has more decimals than the amount can hold is refused. `decimal.Decimal`
is used to read digits and nowhere to calculate.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

DIGITS_MAX: Final = 40  # more digits or a larger exponent is no amount, and would only cost memory
RECORD_MIN: Final = -(2**63)  # what a record can hold
RECORD_MAX: Final = 2**64 - 1


class InexactAmount(ValueError):
    """A number that is no whole count of the smallest unit; the message is what would be right."""


def decimal_text(amount: int, decimals: int) -> str:
    """Return `amount` units of 10**-decimals as exact decimal text, all decimals written:

    `-1234.50`.
    """
    if decimals == 0:
        return str(amount)
    whole, rest = divmod(abs(amount), 10**decimals)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:0{decimals}d}"


def exact_amount(number: str | int | Decimal, decimals: int) -> int:
    """Return `number` in units of 10**-decimals, exactly. Trailing zeros are no decimals.

    Raises `InexactAmount` for what is no finite plain number, has more decimals, or fits no record.
    """
    sign, digits, exponent = _parts(number)
    shift = exponent + decimals
    scale: int = 10 ** abs(shift)
    amount, rest = (digits * scale, 0) if shift >= 0 else divmod(digits, scale)
    if rest:
        raise InexactAmount(f"at most {decimals} decimals" if decimals else "a whole number")
    amount *= sign
    if not RECORD_MIN <= amount <= RECORD_MAX:
        least, most = decimal_text(RECORD_MIN, decimals), decimal_text(RECORD_MAX, decimals)
        raise InexactAmount(f"a number between {least} and {most}")
    return amount


def usable_decimals(decimals: int) -> int:
    """Return how many decimals to read and write with where a definition asks for absurdly many."""
    return min(max(decimals, 0), DIGITS_MAX)


def _parts(number: str | int | Decimal) -> tuple[int, int, int]:
    """Return sign, digits and exponent."""
    if isinstance(number, int):
        return (-1 if number < 0 else 1, abs(number), 0)
    try:
        value = number if isinstance(number, Decimal) else Decimal(_plain(number))
    except InvalidOperation:
        raise InexactAmount("a decimal number") from None
    if not value.is_finite():
        raise InexactAmount("a finite number")
    parts = value.as_tuple()
    assert isinstance(parts.exponent, int), "a finite number has an exponent"
    if len(parts.digits) > DIGITS_MAX or abs(parts.exponent) > DIGITS_MAX:
        raise InexactAmount(f"at most {DIGITS_MAX} digits and an exponent of at most {DIGITS_MAX}")
    return (-1 if parts.sign else 1, int("".join(map(str, parts.digits))), parts.exponent)


def _plain(text: str) -> str:
    """Return the text if it is plain: `Decimal` would also take `1_0`, ` 1` and other digits."""
    if not text.isascii() or "_" in text or text != text.strip():
        raise InexactAmount("a decimal number")
    return text
