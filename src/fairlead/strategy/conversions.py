"""From the numbers that people write to whole numbers of increments, and back: exactly, or not."""

from decimal import Decimal
from typing import Final

from fairlead.model.decimals import InexactAmount, exact_amount
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.strategy.errors import InvalidRequest

WHOLE_MAX: Final = 2**63 - 1  # a record holds no larger number


def whole_number(value: int, what: str) -> int:
    """Return a number that is whole and that a record can hold. Raises `InvalidRequest`."""
    if type(value) is not int:
        raise InvalidRequest(
            f"{what} is {value!r} ({type(value).__name__}), expected a whole number;"
            " context.price, context.quantity and seconds convert"
        )
    if not -WHOLE_MAX <= value <= WHOLE_MAX:
        raise InvalidRequest(f"{what} has {len(str(value))} digits, expected at most {WHOLE_MAX}")
    return value


def to_increments(number: str | int | Decimal, decimals: int, what: str) -> int:
    """Return how many increments of 10**-decimals `number` is. Raises `InvalidRequest`."""
    if not isinstance(number, str | int | Decimal):
        raise InvalidRequest(
            f"{what} is {number!r} ({type(number).__name__}), expected text or Decimal; a computed"
            " number is rounded with round_price_down, round_price_up or round_quantity_down"
        )
    try:
        return exact_amount(number, decimals)
    except InexactAmount as error:
        raise InvalidRequest(f"{what} is {str(number)!r}, expected {error}") from error


def to_decimal(increments: int, decimals: int) -> Decimal:
    """Return the number that `increments` of 10**-decimals are."""
    return Decimal(increments).scaleb(-decimals)


def seconds(number: float | Decimal) -> Nanos:
    """Return a span of time in nanoseconds, rounded to the nearest one."""
    return Nanos(round(number * NANOS_PER_SECOND))
