"""What `fairlead feed` writes of each input: the touch, the book, trades, gaps, or all of it."""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from fairlead.machine.books import Book
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrderExecuted,
    BookOrders,
    BookSnapshot,
    FeedSourceChanged,
    Input,
    InstrumentDefinition,
    Trade,
    TradeBusted,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.terms import Side
from fairlead.model.text import write
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from fairlead.readers.books import follow

Line = dict[str, Any]
Instruments = Callable[[], tuple[Instrument, ...]]

_LEVELS: Final = (BookChange, BookSnapshot, BookOrder, BookOrders)


class Lines(Protocol):
    """Turns inputs into lines."""

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield what there is to write after an input."""


class Markets:
    """The books of a recording, each with what its instrument is."""

    def __init__(self, instruments: Instruments) -> None:
        """Take where instruments are told; some recordings tell of them as they go."""
        self._instruments = instruments
        self._known: dict[InstrumentId, tuple[Instrument, Book]] = {}

    def of(self, number: InstrumentId) -> tuple[Instrument, Book]:
        """Return an instrument and its book."""
        if number not in self._known:
            for each in self._instruments():
                self._known.setdefault(each.instrument, (each, Book(each.instrument)))
        return self._known[number]

    def follow(self, time: Nanos, input: Input) -> tuple[Instrument, Book] | None:
        """Let a book follow an input, as in the machine; None if it is about no instrument."""
        number = getattr(input, "instrument", None)
        if not number:  # of a whole venue
            return None
        terms, book = self.of(number)
        follow(book, input, None, time)
        return terms, book


class Events:
    """Every input, in the text form of `fairlead script`, with its receive time.

    The definition of an instrument comes before the first of its inputs, so that a script can read
    what is written.
    """

    def __init__(self, instruments: Instruments) -> None:
        """Take where instruments are told."""
        self._instruments = instruments
        self._names = Names()
        self._defined: dict[InstrumentId, None] = {}

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the input."""
        number = getattr(input, "instrument", None)
        if number is not None and number not in self._defined:
            for each in self._instruments():
                if each.instrument not in self._defined:
                    self._defined[each.instrument] = None
                    yield {"time": time, **write(InstrumentDefinition(each), self._names)}
        yield {"time": time, **write(input, self._names)}


class Touches:
    """The best bid and ask whenever they change; why they are not known, when they are not."""

    def __init__(self, markets: Markets) -> None:
        """Take the books."""
        self._markets = markets
        self._last: dict[InstrumentId, Line] = {}

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the touch if the input changed it."""
        followed = self._markets.follow(time, input)
        if followed is None:
            return
        terms, book = followed
        touch: Line = {"stale": book.reason} if book.stale else _touch(terms, book)
        if touch != self._last.get(terms.instrument):
            self._last[terms.instrument] = touch
            yield {"time": time, "instrument": terms.symbol, **touch}


class Levels:
    """The best levels of both sides after each change of a book."""

    def __init__(self, markets: Markets, depth: int) -> None:
        """Take the books, and how many levels a side are written."""
        self._markets = markets
        self._depth = depth

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the book if the input is about levels or orders."""
        followed = self._markets.follow(time, input)
        if followed is None or not isinstance(input, (*_LEVELS, BookGap)):
            return
        terms, book = followed
        line: Line = {"time": time, "instrument": terms.symbol}
        if not isinstance(input, BookGap):
            line |= {
                "update": book.levels_update,
                "bids": self._side(terms, book, Side.BUY),
                "asks": self._side(terms, book, Side.SELL),
            }
        yield line | {"stale": book.reason} if book.stale else line

    def _side(self, terms: Instrument, book: Book, side: Side) -> list[tuple[str, str]]:
        return [level(terms, *each) for each in book.levels(side, self._depth)]


class Trades:
    """Public trades, those that an order in the book took part in, and those taken back."""

    def __init__(self, markets: Markets) -> None:
        """Take the books: what an order traded at, they know."""
        self._markets = markets

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield the trade that an input is."""
        followed = self._markets.follow(time, input)
        if followed is None or not isinstance(input, Trade | BookOrderExecuted | TradeBusted):
            return
        terms, book = followed
        line: Line = {"time": time, "instrument": terms.symbol, "trade": input.trade_id}
        line["venue_time"] = input.venue_time
        if isinstance(input, TradeBusted):
            yield line | {"busted": True}
            return
        price = input.price if isinstance(input, Trade) else book.traded_at(input)
        line["price"], line["quantity"] = level(terms, price, input.quantity)
        if isinstance(input, Trade):
            taker = input.aggressor
            line |= {"aggressor": taker.name.lower() if taker else None}
            line |= {"conditions": input.conditions} if input.conditions else {}
        yield line


class Gaps:
    """Where a book was lost, why, and where it was whole again; halts and changes of the source."""

    def __init__(self, markets: Markets) -> None:
        """Take the books."""
        self._markets = markets

    def lines(self, time: Nanos, input: Input) -> Iterator[Line]:
        """Yield what an input says about whether its market is to be believed."""
        number = getattr(input, "instrument", None)
        if not number:  # of a whole venue
            return
        before = self._markets.of(number)[1].reason
        terms, book = self._markets.of(number)
        self._markets.follow(time, input)
        line: Line = {"time": time, "instrument": terms.symbol}
        if isinstance(input, BookGap):
            yield line | {"gap": input.reason}
        if isinstance(input, TradingStatus):
            yield line | {"tradable": input.tradable, "reason": input.reason}
        if isinstance(input, FeedSourceChanged):
            yield line | {"source": input.source, "reason": input.reason}
        if book.reason != before:
            yield line | ({"stale": book.reason} if book.stale else {"restored": True})


def level(terms: Instrument, price: Price, quantity: Quantity) -> tuple[str, str]:
    """Return a price and a quantity in exact decimal text."""
    price_text = decimal_text(price, terms.price_decimals)
    return price_text, decimal_text(quantity, terms.quantity_decimals)


def _touch(terms: Instrument, book: Book) -> Line:
    bid = level(terms, book.bid_price, book.bid_quantity)
    ask = level(terms, book.ask_price, book.ask_quantity)
    return {
        "bid_price": bid[0],
        "bid_quantity": bid[1],
        "ask_price": ask[0],
        "ask_quantity": ask[1],
    }
