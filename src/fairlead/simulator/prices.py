"""The prices of one side of a book in order, best last: the end of a list is cheap to change."""

from bisect import bisect_left, insort

from fairlead.model.terms import Side
from fairlead.model.units import Price
from fairlead.simulator.world import NEVER


class SortedPrices:
    """The distinct prices of one side.

    `keys` are the prices times `sign`, ascending: bids as they are, asks negated. So the best key
    is the last and the largest, and an incoming order with a limit reaches every key that is at
    least `reach(limit)`, on both sides.
    """

    def __init__(self, side: Side) -> None:
        """Begin without prices."""
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []

    def add(self, price: Price) -> None:
        """Add a price that is not there yet."""
        insort(self.keys, price * self.sign)

    def remove(self, price: Price) -> None:
        """Remove a price that is there."""
        keys = self.keys
        key = price * self.sign
        if keys[-1] == key:
            keys.pop()
            return
        index = bisect_left(keys, key)
        assert keys[index] == key, f"price {price} is not in the list"
        del keys[index]

    def best(self) -> Price:
        """Return the best price, 0 if there is none."""
        return Price(self.keys[-1] * self.sign) if self.keys else Price(0)

    def reach(self, limit: Price) -> int:
        """Return the smallest key that an incoming order with this limit (0: none) trades with."""
        return limit * self.sign if limit else -NEVER

    def reached_by(self, limit: Price) -> bool:
        """Return whether an incoming order with this limit (0: none) trades with the best price."""
        return bool(self.keys) and self.keys[-1] >= self.reach(limit)

    def best_first(self, depth: int) -> list[Price]:
        """Return up to `depth` prices, best first."""
        return [Price(key * self.sign) for key in self.keys[: -depth - 1 : -1]]
