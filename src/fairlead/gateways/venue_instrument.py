"""What a venue sends of one instrument, as inputs: its book, its best bid and ask, its trades.

Every venue's wire format ends here: whatever a quote or a trade looked like, it becomes the same
`Quote` and the same `Trade`, in whole increments of the instrument.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, cast

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.increments import positive_increments, reader
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.venue_book import Proof, VenueBook
from fairlead.model.inputs import BookGap, Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, Price, Quantity, UpdateId

NO_NUMBER: Final = -1  # of a trade at a venue that does not number them
_DIGITS_MAX: Final = 18  # of a number of 64 bits


def numbered(trade_id: str) -> int:
    """Return the number that a trade id is, `NO_NUMBER` where it is none."""
    is_number = trade_id.isascii() and trade_id.isdigit() and len(trade_id) <= _DIGITS_MAX
    return int(trade_id) if is_number else NO_NUMBER


class TextTrade(NamedTuple):
    """A trade as the venue wrote it; `number` grows from trade to trade where there is one."""

    price: str
    quantity: str
    aggressor: Side
    trade_id: str
    time: Nanos
    number: int = NO_NUMBER


class TextQuote(NamedTuple):
    """A best bid and ask as the venue wrote it; empty or zero where nobody quotes."""

    bid: str
    bid_quantity: str
    ask: str
    ask_quantity: str


class VenueInstrument:
    """One instrument of a venue; its symbol begins with the venue's own: `BTC-USDT.OKX`."""

    def __init__(
        self, instrument: Instrument, counts: FeedCounts, proof: Proof | None = None, depth: int = 0
    ) -> None:
        """Begin knowing nothing."""
        self.id = instrument.instrument
        self.book = VenueBook(instrument, counts, proof, depth)
        self.symbol = self.book.symbol
        self._counts = counts
        self._quoted = False  # a best bid and ask beside the book is believed
        self._last_trade = NO_NUMBER
        self._price = cast(Callable[[str], Price], reader(instrument.price_decimals))
        self._trade_price = cast(
            Callable[[str], Price], reader(instrument.price_decimals, positive_increments)
        )
        self._quantity = cast(Callable[[str], Quantity], reader(instrument.quantity_decimals))

    def lose(self, reason: str) -> list[Input]:
        """Stop believing what was believed; return the gap, or nothing where there was nothing."""
        lost = self.book.lose(reason)
        if self._quoted and not lost:
            self._counts.gaps += 1
            lost = [BookGap(self.id, reason)]
        self._quoted = False
        return lost

    def quote(self, quote: TextQuote, update: int, time: Nanos) -> list[Input]:
        """Return the best bid and ask. Raises `MalformedFrame`, `MalformedNumber`.

        One without a number (`update` 0) cannot be put in order with a book: while there is one,
        the book alone says what is best.
        """
        bid, bid_quantity, ask, ask_quantity = self.touch(quote)
        if update == 0 and self.book.believed:
            return self._drop("quote_beside_book")
        if bid and ask and bid >= ask:
            self._counts.drop("quote_crossed")
            return self.lose(f"crossed quote: bid {quote.bid}, ask {quote.ask}")
        self._counts.passed("Quote")
        self._quoted = True
        return [Quote(self.id, bid, bid_quantity, ask, ask_quantity, UpdateId(update), time)]

    def touch(self, quote: TextQuote) -> tuple[Price, Quantity, Price, Quantity]:
        """Return best bid and ask, each price and quantity. Raises as `quote` does."""
        bid = self._side(quote.bid, quote.bid_quantity)
        return (*bid, *self._side(quote.ask, quote.ask_quantity))

    def begin(self) -> None:
        """Begin on a new connection: what was traded meanwhile is not missing."""
        self._last_trade = NO_NUMBER

    @property
    def last_trade(self) -> int:
        """The number of the last trade, `NO_NUMBER` before the first."""
        return self._last_trade

    def trades(self, trades: Iterable[TextTrade], chain: Oracle | None = None) -> list[Input]:
        """Return the trades of a frame, each once. Raises `MalformedFrame`, `MalformedNumber`.

        Trades that a venue numbers and that are not above the last one are not told again. `chain`
        counts, where a venue numbers them without holes, whether each follows the one before.
        """
        read: list[Input] = []
        last, told = self._last_trade, 0
        for each in trades:
            told += 1
            price, quantity = self._trade_price(each.price), self._quantity(each.quantity)
            if quantity == 0:
                raise MalformedFrame("trade", f"{self.symbol}: a trade of nothing at {each.price}")
            if NO_NUMBER < each.number <= last:
                continue
            if chain is not None and last != NO_NUMBER:
                chain.compare(
                    each.number == last + 1,
                    f"{self.symbol}: expected trade {last + 1}, found {each.number}",
                )
            last = each.number
            read.append(Trade(self.id, price, quantity, each.aggressor, each.trade_id, each.time))
        self._last_trade = last
        if not read:
            return self._drop("trade_old" if told else "trades_none")
        self._counts.passed("Trade")
        return read

    def _side(self, price: str, quantity: str) -> tuple[Price, Quantity]:
        """Return one side; nobody quotes where a venue writes nothing, or zero."""
        at, amount = self._price(price or "0"), self._quantity(quantity or "0")
        if (at == 0) != (amount == 0):
            found = f"{quantity!r} at {price!r}"
            raise MalformedFrame("touch", f"{self.symbol}: a price or quantity alone is 0: {found}")
        return at, amount

    def _drop(self, reason: str) -> list[Input]:
        self._counts.drop(reason)
        return []
