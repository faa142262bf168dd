"""What each kind of market data says to the rules of its quality."""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine.books import Book
from fairlead.machine.risk.quality_checks import Datum
from fairlead.machine.state import State
from fairlead.model.inputs import (
    BookChange,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    MarkPrice,
    Quote,
    ReturnHistory,
    Trade,
)
from fairlead.model.quality import DataClass
from fairlead.model.units import MILLIONTHS, InstrumentId, Nanos, Price, Quantity

Reader = Callable[[State, Any, Nanos], Datum]

_NONE: Final = Price(0)
_NOTHING: Final = Quantity(0)
_UNTOLD: Final = Nanos(0)


def touch_of(book: Book, datum: Datum) -> Datum:
    """Return a change of a book with what the book shows after it."""
    bid, ask = book.bid_price, book.ask_price
    return datum._replace(bid=bid, ask=ask, twice=_twice(bid, ask))


def _quote(state: State, quote: Quote, time: Nanos) -> Datum:
    bid, ask = quote.bid_price, quote.ask_price
    return Datum(
        DataClass.QUOTE,
        bid,
        ask,
        _twice(bid, ask),
        _NOTHING,
        quote.venue_time,
        time,
        *_known(state, quote.instrument),
    )


def _trade(state: State, trade: Trade, time: Nanos) -> Datum:
    return Datum(
        DataClass.TRADE,
        _NONE,
        _NONE,
        2 * trade.price,
        trade.quantity,
        trade.venue_time,
        time,
        *_known(state, trade.instrument),
    )


def _mark(state: State, mark: MarkPrice, time: Nanos) -> Datum:
    return Datum(
        DataClass.MARK,
        _NONE,
        _NONE,
        2 * mark.price,
        _NOTHING,
        mark.venue_time,
        time,
        *_known(state, mark.instrument),
    )


def _book(state: State, change: BookChange, time: Nanos) -> Datum:
    """Return a change of a book, of any kind; what it shows is known after it alone."""
    known = _known(state, change.instrument)
    return Datum(DataClass.BOOK, _NONE, _NONE, 0, _NOTHING, change.venue_time, time, *known)


def _executed(state: State, change: BookOrderExecuted, time: Nanos) -> Datum:
    known = _known(state, change.instrument)
    quantity, venue_time = change.quantity, change.venue_time
    return Datum(DataClass.BOOK, _NONE, _NONE, 0, quantity, venue_time, time, *known)


def _history(state: State, history: ReturnHistory, time: Nanos) -> Datum:
    known = _known(state, history.instrument)
    return Datum(DataClass.DAILY, _NONE, _NONE, 0, _NOTHING, _UNTOLD, time, *known)


READERS: Final[dict[type, Reader]] = {
    Quote: _quote,
    Trade: _trade,
    BookSnapshot: _book,
    BookChange: _book,
    BookOrderAdded: _book,
    BookOrderExecuted: _executed,
    BookOrderReduced: _book,
    BookOrderRemoved: _book,
    BookOrderReplaced: _book,
    BookOrders: _book,
    MarkPrice: _mark,
    ReturnHistory: _history,
}

CLASSES_OF: Final[dict[type, DataClass]] = {
    kind: DataClass.BOOK for kind, reader in READERS.items() if reader in (_book, _executed)
} | {
    Quote: DataClass.QUOTE,
    Trade: DataClass.TRADE,
    MarkPrice: DataClass.MARK,
    ReturnHistory: DataClass.DAILY,
}


def _known(state: State, instrument: InstrumentId) -> tuple[Price, int]:
    """Return the tick of an instrument, and twice its close of the day before, 0 where unknown."""
    terms = state.instruments[instrument]
    profile = state.gate.pretrade.profile(instrument)
    if profile is None or profile.previous_close is None:
        return terms.price_tick, 0
    return terms.price_tick, 2 * profile.previous_close * 10**terms.price_decimals // MILLIONTHS


def _twice(bid: Price, ask: Price) -> int:
    """Return twice the middle of a touch, or twice its one side; 0 where nobody quotes."""
    return bid + ask if bid and ask else 2 * (bid or ask)
