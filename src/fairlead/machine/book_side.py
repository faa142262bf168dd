"""One side of an order book: the quantity at each price, and which price is best."""

from bisect import bisect_left, insort
from typing import Final

from fairlead.model.units import INCREMENTS_MAX, Price, Quantity

_WORST: Final = -INCREMENTS_MAX - 1  # below the key of any price


class BookSide:
    """One side of a book: the quantity at each price, and the prices in order.

    Prices are kept with the best last, where a list is cheap to change: most of what happens,
    happens near it. Those of asks are kept negative for that. What stands at the best price is
    found anew only when something happened there, so that asking for it costs nothing.
    """

    def __init__(self, sign: int) -> None:
        """Take `sign` 1 for bids (the highest price is best), -1 for asks (the lowest is)."""
        self.best_price = Price(0)  # 0 where nobody quotes
        self.best_quantity = Quantity(0)
        self._rises = sign > 0
        self._quantities: dict[Price, Quantity] = {}
        self._keys: list[int] = []  # of the prices, ascending: the best is the last
        self._best_key = _WORST

    def clear(self) -> None:
        """Forget all levels."""
        self._quantities.clear()
        self._keys.clear()
        self._find_best()

    def set(self, price: Price, quantity: Quantity) -> None:
        """Make `quantity` what stands at `price`; 0 removes the level."""
        key = price if self._rises else -price
        quantities = self._quantities
        if quantity:
            count = len(quantities)
            quantities[price] = quantity
            if len(quantities) > count:  # a new level: cheaper to see than to ask before
                insort(self._keys, key)
        elif price in quantities:
            del quantities[price]
            keys = self._keys
            del keys[bisect_left(keys, key)]
        if key >= self._best_key:
            self._find_best()

    def quantity_at(self, price: Price) -> Quantity:
        """Return what stands at `price`, 0 if nothing."""
        return self._quantities.get(price, Quantity(0))

    def top(self, depth: int) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` levels, best first."""
        best = self._keys[-depth:] if depth > 0 else []
        best.reverse()
        quantities = self._quantities
        prices = [Price(key if self._rises else -key) for key in best]
        return [(price, quantities[price]) for price in prices]

    def depth(self) -> int:
        """Return how many levels there are."""
        return len(self._keys)

    def _find_best(self) -> None:
        if self._keys:
            key = self._keys[-1]
            self._best_key = key
            self.best_price = Price(key if self._rises else -key)
            self.best_quantity = self._quantities[self.best_price]
        else:
            self._best_key = _WORST
            self.best_price = Price(0)
            self.best_quantity = Quantity(0)
