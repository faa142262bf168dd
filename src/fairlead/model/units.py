"""Units as types, and the few places where one unit becomes another.

A bare `int` never crosses a function boundary where a unit is meant. Everything is an exact
integer: a price in the instrument's price increments, a quantity in its quantity increments, money
in a fixed small unit of its currency. Text with a decimal point exists only at the edge
(`model/text.py`, gateways, configuration, readers).
"""

from typing import Final, NewType

Price = NewType("Price", int)  # in units of 10**-price_decimals of the instrument
Quantity = NewType("Quantity", int)  # in units of 10**-quantity_decimals; never negative
SignedQuantity = NewType("SignedQuantity", int)  # likewise; long is positive, short is negative
Money = NewType("Money", int)  # in units of 10**-money_decimals of the currency
Fine = NewType("Fine", int)  # money in parts of that unit, FINE_UNIT of them to one
Nanos = NewType("Nanos", int)  # since the epoch as the sequencer stamped it, or a span of time
Sequence = NewType("Sequence", int)  # the number of an input: gapless, from 1
UpdateId = NewType("UpdateId", int)  # the venue's own number of a book change; 0 where it has none
BasisPoints = NewType("BasisPoints", int)  # hundredths of a percent
Millionths = NewType("Millionths", int)  # of a share, a whole unit, a count: 10**-6
Rate = NewType("Rate", int)  # a share in units of 10**-8: 10_000 is one basis point

InstrumentId = NewType("InstrumentId", int)
AccountId = NewType("AccountId", int)
StrategyId = NewType("StrategyId", int)
OrderId = NewType("OrderId", int)  # ours; grows per strategy, burned for ever

RATE_UNIT: Final = 100_000_000
BASIS_POINTS_UNIT: Final = 10_000
MILLIONTHS: Final = 1_000_000
NANOS_PER_SECOND: Final = 1_000_000_000
NANOS_PER_MILLISECOND: Final = 1_000_000

# The parts that a unit of money has where a share of a cost is taken. They divide without a rest by
# every number up to 16, so shares of small lots are exact, and by 10**6 beyond, so that what a
# larger lot rounds off stays below any figure that is ever written.
FINE_UNIT: Final = 720_720_000_000

# Beyond these no number of a venue can be true, and none fits the 64 bits that records are kept in.
INCREMENTS_MAX: Final = 10**15  # of a price or a quantity
MONEY_MAX: Final = 2**62


def notional(price: Price, quantity: Quantity, unit: Money) -> Money:
    """Return what `quantity` is worth at `price`. The one place where a price meets a quantity.

    `unit` is the money that one price increment on one quantity increment is worth
    (`Instrument.money_unit`).
    """
    return Money(price * quantity * unit)


def fine(amount: Money) -> Fine:
    """Return an amount in fine parts."""
    return Fine(amount * FINE_UNIT)


def rounded(amount: Fine) -> Money:
    """Return a fine amount as it is written: in whole units, a half to the even one."""
    return Money(divide_half_even(amount, FINE_UNIT))


def share_of(amount: Money, rate: Rate) -> Money:
    """Return `rate` of `amount`, rounded half to even: a fee, a rebate."""
    return Money(divide_half_even(amount * rate, RATE_UNIT))


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest integer, a half to the even one."""
    assert denominator > 0, "a rounded division needs a positive denominator"
    quotient, rest = divmod(numerator, denominator)
    twice = rest * 2
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        return quotient + 1
    return quotient
