"""Money that is exact to its fine parts, and fast while it is whole.

A fine amount is beyond the 64 bits that a processor adds at once, and nearly every amount is a
whole number of units: fills, fees and cash always are, and a share of a cost mostly is. So an
amount is kept as its whole units and the rest, and the rest costs nothing while it is zero.
"""

from typing import Final

from mypy_extensions import mypyc_attr

from fairlead.model.units import FINE_UNIT, Fine, Money, divide_half_even

_FINE: Final = FINE_UNIT


@mypyc_attr(acyclic=True)
class Amount:
    """Whole units of money, and a rest of less than one: `0 <= rest < FINE_UNIT`."""

    def __init__(self, whole: Money = Money(0)) -> None:
        """Begin with whole units."""
        self.whole = whole
        self.rest = 0

    @property
    def fine(self) -> Fine:
        """The amount in fine parts, exactly."""
        return Fine(self.whole * _FINE + self.rest)

    @property
    def rounded(self) -> Money:
        """The amount as it is written: in whole units, a half to the even one."""
        if self.rest == 0:
            return self.whole
        twice = self.rest * 2
        up = twice > _FINE or (twice == _FINE and self.whole % 2 == 1)
        return Money(self.whole + 1) if up else self.whole

    def add(self, whole: int, rest: int) -> None:
        """Add whole units and fine parts; either may be negative."""
        self.whole = Money(self.whole + whole)
        if rest != 0:
            total = self.rest + rest
            carried = total // _FINE
            self.whole = Money(self.whole + carried)
            self.rest = total - carried * _FINE

    def set(self, whole: int, rest: int) -> None:
        """Become another amount."""
        assert 0 <= rest < _FINE, "a rest is less than one unit"
        self.whole = Money(whole)
        self.rest = rest

    def exceeds(self, other: "Amount") -> bool:
        """Whether this is more than another amount."""
        return self.whole > other.whole or (self.whole == other.whole and self.rest > other.rest)

    def content(self) -> list[object]:
        """Return what it is, for the state digest; as text, since it may be beyond 64 bits."""
        return [str(self.whole), self.rest]


def parts(amount: int) -> tuple[int, int]:
    """Return a fine amount as whole units and the rest."""
    whole = amount // _FINE
    return whole, amount - whole * _FINE


def share(whole: int, rest: int, part: int, of: int) -> tuple[int, int]:
    """Return `part` out of `of` shares of an amount, as whole units and a rest.

    Rounded half to even at the fine part; whoever keeps what is left loses nothing.
    """
    if rest == 0:
        product = whole * part
        quotient = product // of
        if quotient * of == product:
            return quotient, 0
    return parts(divide_half_even((whole * _FINE + rest) * part, of))
