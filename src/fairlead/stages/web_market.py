"""The public market of a floor in the Binance dialect: books, streams, and who listens to what.

Every change of a book has the next number of its instrument here, so that a snapshot and the
changes after it fit together whatever the exchange publishes.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from fairlead.gateways.binance.venue_end import WebEnd
from fairlead.gateways.binance.venue_texts import (
    depth_event,
    levels_text,
    symbol_of,
    ticker,
    trade_event,
)
from fairlead.model.inputs import (
    BookChange,
    BookSnapshot,
    Levels,
    MarketData,
    Quote,
    Trade,
    TradingStatus,
)
from fairlead.model.instruments import Instrument
from fairlead.model.units import (
    NANOS_PER_MILLISECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)

TRADES_MAX: Final = 1_000  # that `GET trades` can tell
_SPEEDS: Final = {"depth@100ms": 100, "depth": 1_000}  # milliseconds between two depth events
_KINDS: Final = (*_SPEEDS, "bookTicker", "trade")
_encoder: Final = msgspec.json.Encoder()


class _Changes:
    """What changed in a book since it was last told."""

    def __init__(self) -> None:
        self.first = 0  # update; 0: nothing
        self.bids: dict[Price, Quantity] = {}
        self.asks: dict[Price, Quantity] = {}


class WebBook:
    """The public book of one instrument."""

    def __init__(self, instrument: Instrument) -> None:
        """Begin empty."""
        self.instrument: Final = instrument
        self.update = 0
        self.bids: dict[Price, Quantity] = {}
        self.asks: dict[Price, Quantity] = {}
        self.quote: Quote | None = None
        self.trades: deque[Trade] = deque(maxlen=TRADES_MAX)
        self.tradable = True
        self.changes: dict[str, _Changes] = {name: _Changes() for name in _SPEEDS}

    def change(self, bids: Levels, asks: Levels) -> None:
        """Take in new quantities; 0 removes a level."""
        if not bids and not asks:
            return
        self.update += 1
        for changes in self.changes.values():
            changes.first = changes.first or self.update
            changes.bids.update(bids)
            changes.asks.update(asks)
        _apply(self.bids, bids)
        _apply(self.asks, asks)

    def become(self, bids: Levels, asks: Levels) -> None:
        """Take in a whole book: as what is different in it."""
        self.change(_difference(self.bids, bids), _difference(self.asks, asks))

    def snapshot(self, depth: int) -> dict[str, object]:
        """Return the book, best first, with the number of its last change."""
        bids = tuple(sorted(self.bids.items(), reverse=True)[:depth])
        asks = tuple(sorted(self.asks.items())[:depth])
        return {
            "lastUpdateId": self.update,
            "bids": levels_text(self.instrument, bids),
            "asks": levels_text(self.instrument, asks),
        }

    def depth(self, name: str, time: Nanos) -> dict[str, object] | None:
        """Return what changed since it was last told at a speed, None if nothing."""
        changes = self.changes[name]
        if not changes.first:
            return None
        self.changes[name] = _Changes()
        bids, asks = tuple(changes.bids.items()), tuple(changes.asks.items())
        return depth_event(self.instrument, changes.first, self.update, bids, asks, time)


class WebMarket:
    """All books, and the streams."""

    def __init__(self, instruments: tuple[Instrument, ...]) -> None:
        """Begin with empty books."""
        self.books: Final = {symbol_of(one): WebBook(one) for one in instruments}
        self._by_number: Final[dict[InstrumentId, WebBook]] = {
            book.instrument.instrument: book for book in self.books.values()
        }
        self._due: Final[dict[str, Nanos]] = dict.fromkeys(_SPEEDS, Nanos(0))

    def is_stream(self, name: str) -> bool:
        """Return whether there is a stream of this name: `alpha@depth@100ms`."""
        symbol, _, kind = name.partition("@")
        return kind in _KINDS and symbol.upper() in self.books and symbol == symbol.lower()

    def publish(self, data: MarketData, listeners: Callable[[str], list[WebEnd]]) -> None:
        """Take in market data; tell quotes and trades at once."""
        book = self._by_number.get(getattr(data, "instrument", InstrumentId(0)))
        if book is None:
            return
        if isinstance(data, BookChange):
            book.change(data.bids, data.asks)
        elif isinstance(data, BookSnapshot):
            book.become(data.bids, data.asks)
        elif isinstance(data, Quote):
            before, book.quote = book.quote, _at_update(data, book.update)
            told = ticker(book.instrument, book.quote)
            if before is None or told != ticker(book.instrument, before):  # told anew: no news
                self._tell(book, "bookTicker", told, listeners)
        elif isinstance(data, Trade):
            book.trades.append(data)
            self._tell(book, "trade", trade_event(book.instrument, data), listeners)
        elif isinstance(data, TradingStatus):
            book.tradable = data.tradable

    def next_time(self) -> Nanos:
        """Return when depth is told next."""
        return min(self._due.values())

    def tick(self, time: Nanos, listeners: Callable[[str], list[WebEnd]]) -> None:
        """Tell what changed in the books, where that is due."""
        for name, interval in _SPEEDS.items():
            if time < self._due[name]:
                continue
            self._due[name] = Nanos(time + interval * NANOS_PER_MILLISECOND)
            for book in self.books.values():
                event = book.depth(name, time)
                if event is not None:
                    self._tell(book, name, event, listeners)

    def _tell(
        self,
        book: WebBook,
        kind: str,
        event: dict[str, object],
        listeners: Callable[[str], list[WebEnd]],
    ) -> None:
        stream = f"{symbol_of(book.instrument).lower()}@{kind}"
        ends = listeners(stream)
        if not ends:
            return
        bare = _encoder.encode(event)
        combined = b'{"stream":"%b","data":%b}' % (stream.encode(), bare)
        for end in ends:
            end.send(combined if end.combined else bare)


def _at_update(quote: Quote, update: int) -> Quote:
    return msgspec.structs.replace(quote, update=UpdateId(update))


def _apply(levels: dict[Price, Quantity], changes: Levels) -> None:
    for price, quantity in changes:
        if quantity:
            levels[price] = quantity
        else:
            levels.pop(price, None)


def _difference(known: dict[Price, Quantity], now: Levels) -> Levels:
    whole = dict(now)
    gone = [(price, Quantity(0)) for price in known if price not in whole]
    return (*gone, *((price, each) for price, each in now if known.get(price) != each))
