"""A book as the messages of a venue build it: whole and believed, or waiting for a snapshot.

Venues prove their books in different ways: a chain of numbers, a checksum over the best levels as
they wrote them, or not at all. What follows is the same for all. A change is applied to a whole
book only; when the proof fails, or best bid and ask cross, the book is broken and nothing is said
of it until the venue has sent it anew.

A level keeps the text that the venue's checksum is made of, exactly as it was sent.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import positive_increments, reader
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.subscriptions import venue_symbol
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Levels
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

TextLevel = tuple[str, str]  # price and quantity, as the venue wrote them
LevelText = Callable[[str, str], str]

_UNLIMITED: Final = 0


class TextSides(NamedTuple):
    """Levels of both sides as a message has them."""

    bids: Sequence[TextLevel]
    asks: Sequence[TextLevel]


class BookSide:
    """One side of a book: quantity and the venue's text at each price, and the prices in order."""

    def __init__(self, sign: int) -> None:
        """Take `sign` 1 for bids (the highest price is best), -1 for asks (the lowest is)."""
        self._sign = sign
        self._quantities: dict[int, int] = {}
        self._texts: dict[int, str] = {}
        self._keys: list[int] = []  # price * -sign, ascending: the best is the first

    def clear(self) -> None:
        """Forget all levels."""
        self._quantities.clear()
        self._texts.clear()
        self._keys.clear()

    def set(self, price: int, quantity: int, text: str) -> None:
        """Put a level and its text at its price; a quantity of 0 removes it."""
        self.follow([(price, quantity)])
        if quantity:
            self._texts[-price * self._sign] = text
        else:
            self._texts.pop(-price * self._sign, None)

    def follow(self, levels: Sequence[tuple[int, int]]) -> None:
        """Set the quantities of many levels that have no text, as fast as this language goes."""
        quantities, keys, sign = self._quantities, self._keys, -self._sign
        for price, quantity in levels:
            key = price * sign
            if quantity:
                if key not in quantities:
                    insort(keys, key)
                quantities[key] = quantity
            elif key in quantities:
                del quantities[key]
                del keys[bisect_left(keys, key)]

    def trim(self, depth: int) -> list[Price]:
        """Remove all levels but the best `depth`; return the prices of those removed."""
        gone = self._keys[depth:]
        del self._keys[depth:]
        for key in gone:
            del self._quantities[key]
            self._texts.pop(key, None)
        return [Price(-key * self._sign) for key in gone]

    @property
    def best(self) -> int:
        """The best price, 0 where there is none."""
        return -self._keys[0] * self._sign if self._keys else 0

    @property
    def best_quantity(self) -> int:
        """What stands at the best price, 0 where there is none."""
        return self._quantities[self._keys[0]] if self._keys else 0

    def has(self, price: int) -> bool:
        """Whether there is a level at the price."""
        return -price * self._sign in self._quantities

    def texts(self, depth: int) -> list[str]:
        """Return the texts of the best levels, best first."""
        return [self._texts[key] for key in self._keys[:depth]]


class Proof(NamedTuple):
    """How a venue proves its books: what of a level counts, and what is made of the best ones."""

    text: LevelText
    checksum: Callable[[BookSide, BookSide], int]
    oracle: Oracle


class VenueBook:
    """The book of one instrument, and what each message does to it."""

    def __init__(
        self,
        instrument: Instrument,
        counts: FeedCounts,
        proof: Proof | None = None,
        depth: int = _UNLIMITED,
    ) -> None:
        """Begin without a book.

        Where `depth` is given, the venue sends that many levels and never says which fall out.
        """
        self.id: InstrumentId = instrument.instrument
        self.symbol = venue_symbol(instrument)
        self.believed = False
        self.update = -1
        self.depth = depth
        self._counts = counts
        self._proof = proof
        self._bids, self._asks = BookSide(1), BookSide(-1)
        price = reader(instrument.price_decimals, positive_increments)
        self._price = cast(Callable[[str], Price], price)
        self._quantity = cast(Callable[[str], Quantity], reader(instrument.quantity_decimals))

    def has(self, side: Side, price: str) -> bool:
        """Whether there is a level at a price. Raises `MalformedNumber`."""
        return (self._bids if side is Side.BUY else self._asks).has(self._price(price))

    @property
    def touch(self) -> tuple[int, int, int, int]:
        """Best bid and ask, each price and quantity; 0 where nobody quotes."""
        bids, asks = self._bids, self._asks
        return bids.best, bids.best_quantity, asks.best, asks.best_quantity

    def snapshot(
        self, sides: TextSides, update: int, time: Nanos, checksum: int | None = None
    ) -> list[Input]:
        """Begin anew from what the venue sent. Raises `MalformedFrame`, `MalformedNumber`."""
        self._bids.clear()
        self._asks.clear()
        bids, asks = self._apply(sides)
        if any(quantity == 0 for side in (bids, asks) for _, quantity in side):
            raise MalformedFrame("snapshot", f"{self.symbol}: a level of the snapshot is empty")
        problem = self._problem(checksum)
        if problem:
            return self.broken(*problem)
        self.believed = True
        self.update = update
        self._counts.passed("BookSnapshot")
        return [BookSnapshot(self.id, bids, asks, UpdateId(max(0, update)), time)]

    def change(
        self, sides: TextSides, update: int, time: Nanos, checksum: int | None = None
    ) -> list[Input]:
        """Apply a change, if there is a book. Raises `MalformedNumber`."""
        if not self.believed:
            self._counts.drop("book_awaits_snapshot")
            return []
        bids, asks = self._apply(sides)
        if self.depth:
            bids = (*bids, *((price, Quantity(0)) for price in self._bids.trim(self.depth)))
            asks = (*asks, *((price, Quantity(0)) for price in self._asks.trim(self.depth)))
        problem = self._problem(checksum)
        if problem:
            return self.broken(*problem)
        self.update = update
        self._counts.passed("BookChange")
        return [BookChange(self.id, bids, asks, UpdateId(max(0, update)), time)]

    def broken(self, dropped: str, reason: str) -> list[Input]:
        """Stop believing for what a message showed, which is dropped; the gap says why."""
        self._counts.drop(dropped)
        return self._gap(reason)

    def lose(self, reason: str) -> list[Input]:
        """Stop believing for what happened outside; say so where the book was believed."""
        return self._gap(reason) if self.believed else []

    def _gap(self, reason: str) -> list[Input]:
        self.believed = False
        self._counts.gaps += 1
        return [BookGap(self.id, reason)]

    def _apply(self, sides: TextSides) -> tuple[Levels, Levels]:
        return self._set(self._bids, sides.bids), self._set(self._asks, sides.asks)

    def _set(self, side: BookSide, levels: Sequence[TextLevel]) -> Levels:
        """Read all levels, then change the side: a number that is none changes nothing."""
        price, quantity = self._price, self._quantity
        read = tuple([(price(p), quantity(q)) for p, q in levels])
        if self._proof is None:
            side.follow(read)
            return read
        text = self._proof.text
        for (at, amount), level in zip(read, levels, strict=True):
            side.set(at, amount, text(*level))
        return read

    def _problem(self, checksum: int | None) -> tuple[str, str] | None:
        """Return why the book cannot be right: a word to count by, and what was found."""
        if checksum is not None and self._proof is not None:
            found = self._proof.checksum(self._bids, self._asks)
            if found != checksum:
                difference = f"checksum: expected {checksum}, found {found}"
                self._proof.oracle.compare(False, f"{self.symbol} {difference}")
                return "book_checksum", difference
            self._proof.oracle.compare(True)
        bid, ask = self._bids.best, self._asks.best
        if bid >= ask > 0:
            return "book_crossed", f"crossed book: bid {bid} >= ask {ask} (increments)"
        return None
