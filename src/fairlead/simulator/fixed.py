"""Logarithms and halvings in whole numbers, with a stated error, the same on every machine."""

from math import isqrt
from typing import Final

LOG_UNIT: Final = 1 << 20  # logarithms are in parts of it
_LOG_BITS: Final = 20
_MANTISSA_BITS: Final = 40
_ROOT_BITS: Final = 32  # binary places of the powers of one half below
_ROOTS_MAX: Final = 24


def log2(number: int) -> int:
    """Return the binary logarithm of a number of at least 1, in parts of `LOG_UNIT`, rounded down.

    By squaring: each square that reaches 2 is one further binary place. Below the truth by less
    than two parts.
    """
    assert number >= 1, f"{number} has no logarithm of 0 or more"
    whole = number.bit_length() - 1
    shift = _MANTISSA_BITS - whole
    mantissa = number << shift if shift >= 0 else number >> -shift
    found = whole
    for _ in range(_LOG_BITS):
        mantissa = mantissa * mantissa >> _MANTISSA_BITS
        found <<= 1
        if mantissa >> (_MANTISSA_BITS + 1):
            mantissa >>= 1
            found += 1
    return found


def _roots_of_half() -> list[int]:
    """Return 2 to the powers -1/2, -1/4, -1/8 and so on, in parts of 2 ** `_ROOT_BITS`."""
    roots: list[int] = []
    last = 1 << (_ROOT_BITS - 1)
    for _ in range(_ROOTS_MAX):
        last = isqrt(last << _ROOT_BITS)
        roots.append(last)
    return roots


_ROOTS: Final = _roots_of_half()


def decayed(number: int, time: int, half_life: int) -> int:
    """Return what is left of a number after a time in which it halves every `half_life`.

    Rounded down; `half_life` 0 is no decay at all.
    """
    assert min(number, time) >= 0, f"{number} does not decay over {time}"
    if not half_life or not number:
        return number
    whole, rest = divmod(time, half_life)
    if whole >= number.bit_length():
        return 0
    left = number << _ROOT_BITS >> whole
    for root in _ROOTS:
        rest <<= 1
        if rest >= half_life:
            rest -= half_life
            left = left * root >> _ROOT_BITS
        if not rest:
            break
    return left >> _ROOT_BITS
