"""Whether the book that changes build is the book the venue quotes: two streams, one truth.

A venue sends its best bid and ask twice: as quotes, and in the changes of its book. Both carry the
venue's update id, so after the change with id u the best of the book must be the last quote with an
id <= u, price and quantity. The streams overtake each other on their way, so the order of arrival
proves nothing: a change is held until a quote with a greater id shows that none that matters is
missing. What cannot be compared is skipped and counted with its reason, never counted as equal.

The book here is a plain dictionary, on purpose: it shares nothing with the machine's book.
"""

from collections import deque
from typing import Final

import msgspec

from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Levels, Quote
from fairlead.model.outputs import Output
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, Sequence, UpdateId

DIFFERENCES_KEPT_MAX: Final = 10  # the first few say what is wrong; the rest is a count
# Five minutes of a busy market held 9 changes and 276 quotes at most. More than these bounds means
# that one of the streams has stopped.
CHANGES_HELD_MAX: Final = 1_000
QUOTES_HELD_MAX: Final = 10_000


class Touch(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask as of an update, and the input that told it; 0 where nobody quotes."""

    sequence: Sequence
    update: UpdateId
    bid_price: Price
    bid_quantity: Quantity
    ask_price: Price
    ask_quantity: Quantity

    def equals(self, other: "Touch") -> bool:
        """Return whether both show the same market, whenever that was."""
        return (self.bid_price, self.bid_quantity, self.ask_price, self.ask_quantity) == (
            other.bid_price,
            other.bid_quantity,
            other.ask_price,
            other.ask_quantity,
        )


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A book that was not what the venue quoted."""

    instrument: InstrumentId
    book: Touch
    quote: Touch


class BookComparison:
    """Compares the books of all instruments with their quotes. A reader."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self.compared = 0
        self.equal = 0
        self.different = 0
        self.skipped: dict[str, int] = {}  # by reason
        self.differences: list[Difference] = []
        self._markets: dict[InstrumentId, _Market] = {}

    def follow(
        self,
        sequence: Sequence,
        time: Nanos,
        input: Input,
        outputs: list[Output],
    ) -> None:
        """Take in market data; anything else says nothing about books."""
        if isinstance(input, Quote):
            self._market(input.instrument).quote(sequence, input)
        elif isinstance(input, BookChange):
            self._market(input.instrument).change(sequence, input)
        elif isinstance(input, BookSnapshot):
            self._market(input.instrument).snapshot(sequence, input)
        elif isinstance(input, BookGap):
            self._market(input.instrument).lose("gap")

    def finish(self) -> None:
        """Give up on what no later quote has come for: the recording, or the session, is over."""
        for market in self._markets.values():
            market.lose("no later quote")

    def skip(self, reason: str) -> None:
        """Count a state of a book that cannot be compared."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def compare(self, instrument: InstrumentId, book: Touch, quote: Touch) -> None:
        """Count whether the book is what the venue quoted."""
        self.compared += 1
        if book.equals(quote):
            self.equal += 1
            return
        self.different += 1
        if len(self.differences) < DIFFERENCES_KEPT_MAX:
            self.differences.append(Difference(instrument, book, quote))

    def _market(self, instrument: InstrumentId) -> "_Market":
        market = self._markets.get(instrument)
        if market is None:
            market = self._markets[instrument] = _Market(instrument, self)
        return market


class _Market:
    """The naive book of one instrument, with the touches and quotes that wait for each other."""

    def __init__(self, instrument: InstrumentId, comparison: BookComparison) -> None:
        self._instrument = instrument
        self._comparison = comparison
        self._bids: dict[Price, Quantity] = {}
        self._asks: dict[Price, Quantity] = {}
        self._whole = False  # a snapshot was seen and no gap since
        self._held: deque[Touch] = deque()  # of the book, by update
        self._quotes: deque[Touch] = deque()  # by update, from the last that was compared

    def quote(self, sequence: Sequence, quote: Quote) -> None:
        """Remember a quote; it may settle changes that were held."""
        if quote.update == 0:
            return
        if self._quotes and quote.update <= self._quotes[-1].update:
            return  # a repeat; the first one counts
        self._quotes.append(
            Touch(
                sequence,
                quote.update,
                quote.bid_price,
                quote.bid_quantity,
                quote.ask_price,
                quote.ask_quantity,
            )
        )
        if len(self._quotes) > QUOTES_HELD_MAX:
            self._quotes.popleft()
        while self._held and self._held[0].update < quote.update:
            self._settle(self._held.popleft())

    def snapshot(self, sequence: Sequence, snapshot: BookSnapshot) -> None:
        """Begin the book anew."""
        self._bids.clear()
        self._asks.clear()
        self._whole = True
        self._apply(snapshot.bids, snapshot.asks, snapshot.update, sequence)

    def change(self, sequence: Sequence, change: BookChange) -> None:
        """Apply a change, if there is a book to change."""
        if self._whole:
            self._apply(change.bids, change.asks, change.update, sequence)
        else:
            self._comparison.skip("no snapshot")

    def lose(self, reason: str) -> None:
        """Forget everything: what is held cannot be settled any more."""
        for _ in self._held:
            self._comparison.skip(reason)
        self._held.clear()
        self._quotes.clear()
        self._whole = False

    def _apply(self, bids: Levels, asks: Levels, update: UpdateId, sequence: Sequence) -> None:
        _set(self._bids, bids)
        _set(self._asks, asks)
        if update == 0:
            self._comparison.skip("no update id")
            return
        bid, ask = max(self._bids, default=Price(0)), min(self._asks, default=Price(0))
        bid_quantity = self._bids.get(bid, Quantity(0))
        ask_quantity = self._asks.get(ask, Quantity(0))
        touch = Touch(sequence, update, bid, bid_quantity, ask, ask_quantity)
        if self._quotes and self._quotes[-1].update > update:
            self._settle(touch)
            return
        self._held.append(touch)
        if len(self._held) > CHANGES_HELD_MAX:
            self._held.popleft()
            self._comparison.skip("no later quote")

    def _settle(self, touch: Touch) -> None:
        """Compare with the last quote that is not newer."""
        quotes = self._quotes
        while len(quotes) > 1 and quotes[1].update <= touch.update:
            quotes.popleft()
        if quotes[0].update <= touch.update:
            self._comparison.compare(self._instrument, touch, quotes[0])
        else:
            self._comparison.skip("no earlier quote")


def _set(side: dict[Price, Quantity], levels: Levels) -> None:
    for price, quantity in levels:
        if quantity == 0:
            side.pop(price, None)
        else:
            side[price] = quantity
