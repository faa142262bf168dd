"""The book of an instrument as one source tells it, kept for the moment when it is needed.

Follows and judges nothing. By level or by order, as the source tells it; it can say itself in one
input, which begins the machine's book anew.
"""

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
    BookSnapshot,
    Input,
    Levels,
    Quote,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

_Order = tuple[Side, Price, Quantity]


class ShadowBook:
    """What one source says of one instrument."""

    def __init__(self, instrument: InstrumentId) -> None:
        """Begin without a book."""
        self.known = False  # whether it is whole: a book, or where there is none a touch
        self._instrument = instrument
        self._bids: dict[Price, Quantity] = {}
        self._asks: dict[Price, Quantity] = {}
        self._orders: dict[int, _Order] = {}  # in the order of their time
        self._by_order = False
        self._touch: Quote | None = None
        self._update = UpdateId(0)
        self._time = Nanos(0)

    def apply(self, input: Input) -> None:
        """Follow an input of the source; what is no book is passed over."""
        if isinstance(input, BookSnapshot):
            self._begin(by_order=False)
            self._set(input.bids, input.asks)
            self._update, self._time = input.update, input.venue_time
        elif isinstance(input, BookOrders):
            self._begin(by_order=True)
            self._orders = {order: (side, price, size) for order, side, price, size in input.orders}
            self._update, self._time = input.update, input.venue_time
        elif isinstance(input, BookGap):
            self.known = False
            self._touch = None
        elif isinstance(input, Quote):
            self._touch = input
            self.known = self.known or not self._has_book
        elif self.known and isinstance(input, BookChange):
            self._set(input.bids, input.asks)
            self._update, self._time = input.update, input.venue_time
        elif self.known and self._by_order:
            self._apply_order(input)

    def said(self) -> Input | None:
        """Return the input that says all of it, None where it is not known."""
        if not self.known:
            return None
        where = (self._update, self._time)
        if self._by_order:
            orders = tuple((order, *terms) for order, terms in self._orders.items())
            return BookOrders(self._instrument, orders, *where)
        if self._bids or self._asks:
            bids = tuple(sorted(self._bids.items(), reverse=True))
            return BookSnapshot(self._instrument, bids, tuple(sorted(self._asks.items())), *where)
        return self._touch_alone()

    def doubled_mid(self) -> int:
        """Return the sum of the best bid and ask, 0 where a side is empty or not known."""
        if not self.known:
            return 0
        if self._by_order:
            bids = [price for side, price, _ in self._orders.values() if side is Side.BUY]
            asks = [price for side, price, _ in self._orders.values() if side is Side.SELL]
            return max(bids) + min(asks) if bids and asks else 0
        if self._has_book:
            return max(self._bids) + min(self._asks) if self._bids and self._asks else 0
        touch = self._touch
        if touch is None or not (touch.bid_price and touch.ask_price):
            return 0
        return touch.bid_price + touch.ask_price

    def _touch_alone(self) -> Input | None:
        """Return a book of one level a side: all that is known, and nothing of another source."""
        touch = self._touch
        if touch is None:
            return None
        bids = ((touch.bid_price, touch.bid_quantity),) if touch.bid_price else ()
        asks = ((touch.ask_price, touch.ask_quantity),) if touch.ask_price else ()
        return BookSnapshot(self._instrument, bids, asks, touch.update, touch.venue_time)

    @property
    def _has_book(self) -> bool:
        return self._by_order or bool(self._bids or self._asks)

    def _begin(self, by_order: bool) -> None:
        self.known, self._by_order = True, by_order
        self._bids, self._asks, self._orders = {}, {}, {}

    def _set(self, bids: Levels, asks: Levels) -> None:
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)

    def _apply_order(self, input: Input) -> None:
        if isinstance(input, BookOrderAdded):
            self._orders[input.order] = (input.side, input.price, input.quantity)
        elif isinstance(input, BookOrderRemoved):
            self._orders.pop(input.order, None)
        elif isinstance(input, BookOrderExecuted | BookOrderReduced):
            self._reduce(input.order, input.quantity)
        elif isinstance(input, BookOrderReplaced):
            old = self._orders.pop(input.order, None)
            if old is not None:
                self._orders[input.new_order] = (old[0], input.price, input.quantity)

    def _reduce(self, order: int, quantity: Quantity) -> None:
        side, price, left = self._orders.get(order, (Side.BUY, Price(0), Quantity(0)))
        if left > quantity:
            self._orders[order] = (side, price, Quantity(left - quantity))
        else:
            self._orders.pop(order, None)
