"""Prices carried over corporate actions, exactly, until the market says new ones.

A split or a dividend changes what a unit is worth by a fraction that no price increment need hold.
So the price stays as it was said, and three integers say what it comes to.
"""

from math import gcd

from fairlead.model.units import (
    FINE_UNIT,
    INCREMENTS_MAX,
    MONEY_MAX,
    Fine,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    divide_half_even,
)


class Carry:
    """What a price that was seen before corporate actions comes to after them, exactly.

    In money, one quantity increment is worth (price * unit * multiplier - offset) / divisor.
    """

    def __init__(self) -> None:
        """Begin with what a price is worth without any action."""
        self.multiplier = 1
        self.offset = 0
        self.divisor = 1

    def split(self, new: int, old: int) -> None:
        """Let `new` units be worth what `old` ones were."""
        self._set(self.multiplier * old, self.offset * old, self.divisor * new)

    def dividend(self, amount: Money, units: Quantity) -> None:
        """Let `units` quantity increments be worth less by `amount`."""
        offset = self.offset * units + amount * self.divisor
        self._set(self.multiplier * units, offset, self.divisor * units)

    def value(self, price: Price, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth, half to even where its parts do not divide."""
        money = price * unit * self.multiplier - self.offset
        return Fine(divide_half_even(FINE_UNIT * quantity * money, self.divisor))

    def mid_value(self, bid: Price, ask: Price, quantity: SignedQuantity, unit: Money) -> Fine:
        """Return what a quantity is worth halfway between two prices."""
        money = (bid + ask) * unit * self.multiplier - 2 * self.offset
        return Fine(divide_half_even(FINE_UNIT * quantity * money, 2 * self.divisor))

    def price(self, price: Price, unit: Money) -> Price:
        """Return the nearest price in the present terms; at least one increment, 0 for none."""
        if price == 0:
            return price
        numerator = price * unit * self.multiplier - self.offset
        nearest = divide_half_even(numerator, self.divisor * unit)
        return Price(max(1, min(nearest, INCREMENTS_MAX)))

    def fits(self) -> bool:
        """Whether it can be written down; many actions without a price between them cannot."""
        return max(self.multiplier, self.offset, self.divisor) <= MONEY_MAX

    def copy(self) -> "Carry":
        """Return another one that is worth the same."""
        copied = Carry()
        copied._set(self.multiplier, self.offset, self.divisor)
        return copied

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [self.multiplier, self.offset, self.divisor]

    def _set(self, multiplier: int, offset: int, divisor: int) -> None:
        common = gcd(multiplier, offset, divisor)
        self.multiplier = multiplier // common
        self.offset = offset // common
        self.divisor = divisor // common
