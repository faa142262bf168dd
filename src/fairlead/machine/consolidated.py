"""One view of what is traded at several venues: the best of all of them, and who has how much.

The same thing has an instrument at each venue, and its name says so: `ETHUSDT.BINANCE` and
`ETHUSDT.KRAKEN` are listings of `ETHUSDT`. Venues count in different decimals; here everything is
counted in the finest of them, which is exact, and each part keeps the instrument that it is of.

A book that is stale, halted or too old does not count, and the view says so: no price of it is in
any level. Books that do count can still cross or lock each other, each of them true by itself:
that is a chance, a fee or a feed that lags, which who reads this has to decide. It is told, and not
mended.
"""

from enum import IntEnum
from typing import Final

from fairlead.machine.books import Book
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL


class MarketState(IntEnum):
    """How the best bid and ask over all venues stand to each other."""

    NORMAL = 1
    LOCKED = 2  # one venue bids what another one asks
    CROSSED = 3  # one venue bids more than another one asks
    ONE_SIDED = 4
    EMPTY = 5  # nobody quotes, or no book counts


class Listing:
    """An instrument at one venue, with its book."""

    def __init__(self, instrument: Instrument, book: Book) -> None:
        """Take both; they are about the same instrument."""
        assert instrument.instrument == book.instrument, "a book belongs to its instrument"
        self.instrument = instrument
        self.book = book


class Part:
    """What one venue has at a price."""

    def __init__(self, instrument: InstrumentId, venue: str, quantity: Quantity) -> None:
        """Take the instrument as it is called there, and its quantity in the decimals of all."""
        self.instrument = instrument
        self.venue = venue
        self.quantity = quantity


class MergedLevel:
    """What all venues have at a price, with the part of each in the order of the listings."""

    def __init__(self, price: Price) -> None:
        """Begin with nobody."""
        self.price = price
        self.quantity = Quantity(0)
        self.parts: list[Part] = []


class Excluded:
    """A venue that does not count, and why."""

    def __init__(self, instrument: InstrumentId, venue: str, reason: str) -> None:
        """Take the parts."""
        self.instrument = instrument
        self.venue = venue
        self.reason = reason


class ConsolidatedBook:
    """The books of all listings of one thing, read as one. It owns none of them."""

    def __init__(self, listings: list[Listing], age_max: Nanos = Nanos(0)) -> None:
        """Take the listings, those that are preferred first.

        `age_max` is how long ago a venue may have confirmed its touch; 0: for ever.
        """
        assert listings, "something is listed somewhere"
        problem = unlike(listings)
        assert not problem, problem
        self.listings = listings
        self.age_max = age_max
        self.price_decimals = max([one.instrument.price_decimals for one in listings])
        self.quantity_decimals = max([one.instrument.quantity_decimals for one in listings])

    def excluded(self, now: Nanos) -> list[Excluded]:
        """Return the venues that do not count now."""
        found = []
        for one in self.listings:
            reason = self._problem(one.book, now)
            if reason:
                terms = one.instrument
                found.append(Excluded(terms.instrument, terms.venue, reason))
        return found

    def best(self, side: Side, now: Nanos) -> MergedLevel | None:
        """Return the best price of a side with all who have it, None where nobody quotes."""
        levels = self.levels(side, 1, now)
        return levels[0] if levels else None

    def levels(self, side: Side, depth: int, now: Nanos) -> list[MergedLevel]:
        """Return up to `depth` prices of a side over all venues that count, best first."""
        if depth <= 0:
            return []
        merged: dict[Price, MergedLevel] = {}
        for one in self.listings:
            if self._problem(one.book, now):
                continue
            terms = one.instrument
            by_price = 10 ** (self.price_decimals - terms.price_decimals)
            by_quantity = 10 ** (self.quantity_decimals - terms.quantity_decimals)
            for own_price, own_quantity in book_levels(one.book, side, depth):
                price = Price(own_price * by_price)
                level = merged.get(price)
                if level is None:
                    level = merged[price] = MergedLevel(price)
                part = Part(terms.instrument, terms.venue, Quantity(own_quantity * by_quantity))
                level.parts.append(part)
                level.quantity = Quantity(level.quantity + part.quantity)
        prices = sorted(merged, reverse=side is _BUY)
        return [merged[price] for price in prices[:depth]]

    def state(self, now: Nanos) -> MarketState:
        """Return how the best bid and ask stand to each other."""
        bid, ask = self.best(_BUY, now), self.best(_SELL, now)
        if bid is None or ask is None:
            return MarketState.EMPTY if bid is None and ask is None else MarketState.ONE_SIDED
        if bid.price < ask.price:
            return MarketState.NORMAL
        return MarketState.LOCKED if bid.price == ask.price else MarketState.CROSSED

    def explanation(self, now: Nanos) -> str:
        """Return in words what is not as it should be, venue by venue; empty if all is well."""
        said = [f"{one.venue} does not count: {one.reason}" for one in self.excluded(now)]
        bid, ask = self.best(_BUY, now), self.best(_SELL, now)
        if bid is not None and ask is not None and bid.price >= ask.price:
            word = "crossed" if bid.price > ask.price else "locked"
            said.append(
                f"{word}: {bid.parts[0].venue} bids {bid.price},"
                f" {ask.parts[0].venue} asks {ask.price} (increments)"
            )
        return "; ".join(said)

    def _problem(self, book: Book, now: Nanos) -> str:
        if book.reason:
            return book.reason
        if book.halted:
            return f"the venue does not trade it: {book.halted}"
        age = now - book.touch_time
        if self.age_max and age > self.age_max:
            return f"its touch is {age} ns old, expected at most {self.age_max}"
        return ""


def book_levels(book: Book, side: Side, depth: int) -> list[tuple[Price, Quantity]]:
    """Return up to `depth` levels of one side, best first, of which the touch is the first.

    A quote may be newer than the levels: what stands better than it in them is gone.
    """
    price = book.bid_price if side is _BUY else book.ask_price
    if not price or depth <= 0:
        return []
    quantity = book.bid_quantity if side is _BUY else book.ask_quantity
    known = (book.bids if side is _BUY else book.asks).depth()
    reach = depth
    while True:
        levels = book.levels(side, reach)
        behind = [
            level for level in levels if (level[0] < price if side is _BUY else level[0] > price)
        ]
        if len(behind) >= depth - 1 or reach >= known:
            break
        reach *= 2  # some stand better than the touch: look further down
    del behind[depth - 1 :]
    return [(price, quantity), *behind]


def unlike(listings: list[Listing]) -> str:
    """Return why these cannot be listings of one thing, empty if they can.

    A quantity of one has to be worth what the same quantity of another one is.
    """
    first = listings[0].instrument
    for one in listings:
        terms = one.instrument
        if terms.kind is not first.kind:
            return f"{terms.symbol} is {terms.kind.name.lower()}, {first.symbol} is not"
        if terms.currency != first.currency:
            return f"{terms.symbol} is priced in {terms.currency}, {first.symbol} is not"
        ours = first.multiplier * 10**terms.multiplier_decimals
        if terms.multiplier * 10**first.multiplier_decimals != ours:
            return f"a contract of {terms.symbol} is another amount than one of {first.symbol}"
    return ""


def thing_listed(instrument: Instrument) -> str:
    """Return what an instrument is a listing of: its name without the venue behind the last dot.

    A name without its own venue is that of a thing which is listed there alone.
    """
    thing, dot, venue = instrument.symbol.rpartition(".")
    return thing if dot and venue == instrument.venue else instrument.symbol
