"""What the amounts of a condition are, and what comes of them when they are multiplied or divided.

A price is never compared with a quantity. Only plain numbers go with everything.
"""

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What a name of a condition, or a part of it, is."""

    NUMBER = 0  # a count or a ratio: it has no unit
    SHARE = 1  # a fraction of something, 5 % is 0.05; goes wherever a number goes
    MONEY = 2  # in whole units of a currency
    PRICE = 3  # likewise, of one whole unit
    QUANTITY = 4  # in whole units
    DURATION = 5  # in nanoseconds
    TRUTH = 6  # 1 if it is so, 0 if it is not


_NUMBER: Final = Kind.NUMBER
_SHARE: Final = Kind.SHARE
_MONEY: Final = Kind.MONEY
_PRICE: Final = Kind.PRICE
_QUANTITY: Final = Kind.QUANTITY
_DURATION: Final = Kind.DURATION

WORDS: Final = {  # as errors call them
    Kind.NUMBER: "a number",
    Kind.SHARE: "a share",
    Kind.MONEY: "money",
    Kind.PRICE: "a price",
    Kind.QUANTITY: "a quantity",
    Kind.DURATION: "a duration",
    Kind.TRUTH: "a truth",
}


def is_plain(kind: Kind) -> bool:
    """Return whether it has no unit."""
    return kind is _NUMBER or kind is _SHARE


def takes_bare(kind: Kind) -> bool:
    """Return whether a bare number may stand for one, as in `price > 1.0`. A duration says its
    unit: nobody knows whether 5 are seconds or minutes.
    """
    return kind is not _DURATION


def product_kind(left: Kind, right: Kind) -> Kind | None:
    """Return what two amounts multiply to, None if to nothing that has a meaning."""
    if is_plain(left):
        return _NUMBER if is_plain(right) and left is not right else right
    if is_plain(right):
        return left
    pair = (left, right)
    return _MONEY if pair in ((_PRICE, _QUANTITY), (_QUANTITY, _PRICE)) else None


def quotient_kind(left: Kind, right: Kind) -> Kind | None:
    """Return what an amount divides to by another one, None if to nothing that has a meaning."""
    if left is right:
        return _NUMBER
    if is_plain(right):
        return left
    if left is not _MONEY:
        return None
    if right is _PRICE:
        return _QUANTITY
    return _PRICE if right is _QUANTITY else None
