"""Order books by price level, and the touch: what the market is now, or that nobody knows.

A venue may publish its best bid and ask (quotes) faster than its levels (changes). Both carry the
venue's update id, so the touch is taken from whichever is newer and never goes back. A book that is
crossed, or whose feed lost its place, is *stale*: it says so, and nobody may read a price from it
until the venue has put it right. Levels are believed from a snapshot on, so a change that comes
before one leaves the book stale. A book never invents a price.
"""

from bisect import bisect_left
from typing import Final

from fairlead.model.inputs import Levels, Quote
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

_BUY: Final = Side.BUY
NEVER: Final = Nanos(-1)
_NO_DATA: Final = "no market data yet"
_NO_SNAPSHOT: Final = "a change came before any snapshot"


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


class Book:
    """The book of one instrument: levels, touch, last trade, and whether it may be believed."""

    def __init__(self, instrument: InstrumentId) -> None:
        """Begin stale: nothing is known."""
        self.instrument = instrument
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.bid_price = Price(0)
        self.bid_quantity = Quantity(0)
        self.ask_price = Price(0)
        self.ask_quantity = Quantity(0)
        self.update = UpdateId(0)  # of the touch
        self.levels_update = UpdateId(0)
        self.touch_time = NEVER  # when the venue last confirmed the touch
        self.last_price = Price(0)
        self.last_time = NEVER
        self.by_level = False  # levels are known, so a gap is mended by a snapshot alone
        self.gap = ""  # why the levels are not to be believed
        self.reason = _NO_DATA  # why the book is stale; empty when it is not

    @property
    def stale(self) -> bool:
        """Whether no price may be read from this book."""
        return self.reason != ""

    def levels(self, side: Side, depth: int) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` levels of one side, best first."""
        return (self.bids if side is _BUY else self.asks).top(depth)

    def quote(self, quote: Quote, time: Nanos) -> None:
        """Take the venue's own best bid and ask, unless the touch is newer already."""
        if not self.by_level:
            self.gap = ""
        if quote.update >= self.update or quote.update == 0:
            self._touch(
                quote.bid_price,
                quote.bid_quantity,
                quote.ask_price,
                quote.ask_quantity,
                quote.update,
            )
            self.touch_time = time
        self._judge()

    def snapshot(self, bids: Levels, asks: Levels, update: UpdateId, time: Nanos) -> None:
        """Replace all levels."""
        self.bids.clear()
        self.asks.clear()
        self.by_level = True
        self.gap = ""
        self.levels_update = UpdateId(0)
        self.change(bids, asks, update, time)

    def change(self, bids: Levels, asks: Levels, update: UpdateId, time: Nanos) -> None:
        """Set the quantity of some levels, and the touch from them unless it is newer already."""
        if not self.by_level:
            self.by_level = True
            self.gap = _NO_SNAPSHOT
        self.levels_update = update
        for price, quantity in bids:
            self.bids.set(price, quantity)
        for price, quantity in asks:
            self.asks.set(price, quantity)
        if update >= self.update and not self.gap:
            bid, ask = self.bids, self.asks
            self._touch(
                bid.best_price(), bid.best_quantity(), ask.best_price(), ask.best_quantity(), update
            )
            self.touch_time = time
        self._judge()

    def lose(self, reason: str) -> None:
        """Stop believing: the feed lost its place."""
        self.gap = reason
        self.update = UpdateId(0)  # the snapshot that mends it may be older than the last quote
        self._judge()

    def trade(self, price: Price, time: Nanos) -> None:
        """Remember the last price at which others traded."""
        self.last_price = price
        self.last_time = time

    def _touch(
        self,
        bid: Price,
        bid_quantity: Quantity,
        ask: Price,
        ask_quantity: Quantity,
        update: UpdateId,
    ) -> None:
        self.bid_price = bid
        self.bid_quantity = bid_quantity
        self.ask_price = ask
        self.ask_quantity = ask_quantity
        self.update = update

    def _levels_cross(self) -> bool:
        bid, ask = self.bids.best_price(), self.asks.best_price()
        return bid >= ask > 0

    def _judge(self) -> None:
        if self.gap:
            self.reason = self.gap
        elif self.bid_price and self.ask_price and self.bid_price >= self.ask_price:
            self.reason = f"crossed: bid {self.bid_price} >= ask {self.ask_price} (increments)"
        elif self._levels_cross():
            self.reason = "crossed: the levels contradict each other"
        elif self.touch_time == NEVER:
            self.reason = _NO_DATA
        else:
            self.reason = ""


class Books:
    """The books of all instruments."""

    def __init__(self) -> None:
        """Begin without any instrument."""
        self._books: dict[InstrumentId, Book] = {}

    def add(self, instrument: InstrumentId) -> None:
        """Make room for the book of a new instrument."""
        self._books[instrument] = Book(instrument)

    def get(self, instrument: InstrumentId) -> Book | None:
        """Return the book of an instrument, None if the instrument is not known."""
        return self._books.get(instrument)

    def all(self) -> list[Book]:
        """Return every book, in the order in which the instruments became known."""
        return list(self._books.values())
