"""What strategies see of markets: books to read, by level and by order, at one venue and at all."""

import msgspec

from fairlead.machine.books import Book
from fairlead.machine.consolidated import ConsolidatedBook, MarketState
from fairlead.model.inputs import AuctionIndication
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId


class Touch(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask of a book that can be believed and has both."""

    instrument: InstrumentId
    bid_price: Price
    bid_quantity: Quantity
    ask_price: Price
    ask_quantity: Quantity
    time: Nanos  # when the venue last confirmed it

    @property
    def mid(self) -> float:
        """The middle of bid and ask, in price increments; it may lie on a half."""
        return (self.bid_price + self.ask_price) / 2

    @property
    def spread(self) -> int:
        """The distance of bid and ask, in price increments."""
        return self.ask_price - self.bid_price


class BookView:
    """The book of an instrument, to read: it always shows the book as it is now."""

    __slots__ = ("_book",)

    def __init__(self, book: Book) -> None:
        """Look at `book`."""
        self._book = book

    @property
    def stale(self) -> bool:
        """Whether no price may be read from this book."""
        return self._book.stale

    @property
    def reason(self) -> str:
        """Why the book is stale, empty if it is not."""
        return self._book.reason

    @property
    def bid_price(self) -> Price:
        """The best bid, 0 where nobody bids."""
        return self._book.bid_price

    @property
    def bid_quantity(self) -> Quantity:
        """What stands at the best bid."""
        return self._book.bid_quantity

    @property
    def ask_price(self) -> Price:
        """The best ask, 0 where nobody offers."""
        return self._book.ask_price

    @property
    def ask_quantity(self) -> Quantity:
        """What stands at the best ask."""
        return self._book.ask_quantity

    @property
    def update(self) -> UpdateId:
        """The venue's number of the last change of the touch."""
        return self._book.update

    @property
    def last_price(self) -> Price:
        """The last price at which others traded, 0 before the first trade."""
        return self._book.last_price

    @property
    def halted(self) -> str:
        """Why the venue does not trade the instrument, empty if it does."""
        return self._book.halted

    @property
    def source(self) -> str:
        """Where the market data comes from, empty where nobody said."""
        return self._book.source

    @property
    def indication(self) -> AuctionIndication | None:
        """What an auction would do, as the venue last said; None if it never did."""
        return self._book.indication

    def levels(self, side: Side, depth: int = 10) -> list[tuple[Price, Quantity]]:
        """Return up to `depth` price levels of one side, best first."""
        return self._book.levels(side, depth)

    def counted_levels(self, side: Side, depth: int = 10) -> list[tuple[Price, Quantity, int]]:
        """Return price levels with the count of their orders; none if it is not kept by order."""
        orders = self._book.orders
        return [] if orders is None else orders.levels(side, depth)

    def place(self, order: int) -> "Place | None":
        """Return where an order of the market stands in its queue, None if it is not known.

        `order` is the feed's number of it, as in `BookOrderAdded`.
        """
        orders = self._book.orders
        found = None if orders is None else orders.place_of(order)
        if found is None:
            return None
        return Place(
            found.side, found.price, found.quantity, found.orders_ahead, found.quantity_ahead
        )


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an order of the market stands: what has to trade at its price before it does."""

    side: Side
    price: Price
    quantity: Quantity
    orders_ahead: int
    quantity_ahead: Quantity


class VenuePart(msgspec.Struct, frozen=True, gc=False):
    """What one venue has at a price; the quantity in the decimals of the whole view."""

    instrument: InstrumentId
    venue: str
    quantity: Quantity


class VenueLevel(msgspec.Struct, frozen=True, gc=False):
    """What all venues have at a price."""

    price: Price
    quantity: Quantity
    parts: tuple[VenuePart, ...]


class ConsolidatedView:
    """One thing at all venues that list it, to read: it shows the books as they are now.

    Prices and quantities count in `price_decimals` and `quantity_decimals`: the finest of all.
    """

    __slots__ = ("_book", "_now")

    def __init__(self, book: ConsolidatedBook, now: Nanos) -> None:
        """Look at `book` at a time."""
        self._book = book
        self._now = now

    @property
    def price_decimals(self) -> int:
        """How many decimals prices have here."""
        return self._book.price_decimals

    @property
    def quantity_decimals(self) -> int:
        """How many decimals quantities have here."""
        return self._book.quantity_decimals

    @property
    def state(self) -> MarketState:
        """How the best bid and ask of all venues stand to each other."""
        return self._book.state(self._now)

    @property
    def explanation(self) -> str:
        """What is not as it should be, venue by venue; empty if all is well."""
        return self._book.explanation(self._now)

    def best(self, side: Side) -> VenueLevel | None:
        """Return the best price of a side with all who have it, None where nobody quotes."""
        levels = self.levels(side, 1)
        return levels[0] if levels else None

    def levels(self, side: Side, depth: int = 10) -> list[VenueLevel]:
        """Return up to `depth` prices of one side over all venues that count, best first."""
        return [
            VenueLevel(
                level.price,
                level.quantity,
                tuple(VenuePart(one.instrument, one.venue, one.quantity) for one in level.parts),
            )
            for level in self._book.levels(side, depth, self._now)
        ]


def touch(instrument: InstrumentId, book: Book) -> Touch | None:
    """Return the touch of a book, None if it is stale or one side is empty."""
    bid, ask = book.bid_price, book.ask_price
    if book.stale or not bid or not ask:
        return None
    return Touch(instrument, bid, book.bid_quantity, ask, book.ask_quantity, book.touch_time)
