"""Chance from a seed, the same on every machine and in every Python version.

Only `getrandbits` of the Mersenne Twister is used, and only integers come out. Logarithms and
square roots of the platform's mathematics library differ in the last bit between platforms, and one
bit is another market; so waiting times are drawn by comparing alone (von Neumann 1951, "Various
techniques used in connection with random digits") and bell-shaped numbers by counting bits.
"""

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from fairlead.model.units import Nanos

Item = TypeVar("Item")

_STREAMS_MAX: Final = 1 << 16  # streams of one seed that do not disturb each other
_FRACTION_BITS: Final = 30
BELL_DEVIATION: Final = 4  # the standard deviation of `Chance.bell`: 64 fair bits, variance 64 / 4


class Chance:
    """One stream of seeded draws. Streams of one seed are independent of each other."""

    def __init__(self, seed: int, stream: int) -> None:
        """Begin the stream of this number."""
        assert seed >= 0, f"a seed is 0 or more, found {seed}"
        assert 0 <= stream < _STREAMS_MAX, f"a stream lies below {_STREAMS_MAX}, found {stream}"
        self._bits = random.Random(seed * _STREAMS_MAX + stream).getrandbits

    def below(self, count: int) -> int:
        """Return one of 0 .. count - 1, each as likely (up to a bias of count / 2**32)."""
        return self._bits(32) * count >> 32

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, each as likely."""
        assert low <= high, f"nothing lies between {low} and {high}"
        return low + self.below(high - low + 1)

    def percent(self, share: int) -> bool:
        """Return True in `share` of a hundred cases."""
        return self.below(100) < share

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of some things, each as likely."""
        assert items, "one of nothing is nothing"
        return items[self.below(len(items))]

    def halvings(self, most: int) -> int:
        """Return how often a fair coin falls heads before its first tail, at most `most`."""
        bits = self._bits(most) | 1 << most
        return (bits & -bits).bit_length() - 1

    def bell(self) -> int:
        """Return a bell-shaped number from -32 to 32: mean 0, deviation `BELL_DEVIATION`."""
        return self._bits(64).bit_count() - 32

    def wait(self, mean: Nanos) -> Nanos:
        """Return an exponential time of at least 1 ns: from one Poisson arrival to the next."""
        whole = 0
        while True:
            first = last = self._bits(_FRACTION_BITS)
            falling = 1
            while (following := self._bits(_FRACTION_BITS)) <= last:
                last = following
                falling += 1
            if falling & 1:
                return Nanos(((whole << _FRACTION_BITS | first) * mean >> _FRACTION_BITS) + 1)
            whole += 1
