"""One side of an order book: the quantity at each price, and which price is best."""

from bisect import bisect_left

from fairlead.model.units import Price, Quantity


class BookSide:
    """One side of a book: the quantity at each price, and the prices in order."""

    def __init__(self, sign: int) -> None:
        """Take `sign` 1 for bids (the highest price is best), -1 for asks (the lowest is)."""
        self._sign = sign
        self._quantities: dict[int, Quantity] = {}
        self._keys: list[int] = []  # price * sign, ascending: the best is the last, cheap to change

    def clear(self) -> None:
        """Forget all levels."""
        self._quantities.clear()
        self._keys.clear()

    def set(self, price: Price, quantity: Quantity) -> None:
        """Make `quantity` what stands at `price`; 0 removes the level."""
        key = price * self._sign
        if quantity == 0:
            if key in self._quantities:
                del self._quantities[key]
                del self._keys[bisect_left(self._keys, key)]
        else:
            if key not in self._quantities:
                self._keys.insert(bisect_left(self._keys, key), key)
            self._quantities[key] = quantity

    def best_price(self) -> Price:
        """Return the best price, 0 where nobody quotes."""
        return Price(self._keys[-1] * self._sign) if self._keys else Price(0)

    def best_quantity(self) -> Quantity:
        """Return what stands at the best price, 0 where nobody quotes."""
        return self._quantities[self._keys[-1]] if self._keys else Quantity(0)

    def quantity_at(self, price: Price) -> Quantity:
        """Return what stands at `price`, 0 if nothing."""
        return self._quantities.get(price * self._sign, Quantity(0))

    def top(self, depth: int) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` levels, best first."""
        best = self._keys[-depth:] if depth > 0 else []
        best.reverse()
        return [(Price(key * self._sign), self._quantities[key]) for key in best]

    def depth(self) -> int:
        """Return how many levels there are."""
        return len(self._keys)
