"""Orders whose price follows the book: the touch of their own side, the middle, or the other side.

They show nothing, so that no peg follows another one, and follow what is shown. The offset makes a
price worse for the owner: lower for a buyer, higher for a seller. A price between two ticks is
rounded the same way. A limit bounds it. While there is no touch to follow, the order waits outside
of the book. With every new price it joins a new queue at the end.
"""

from typing import Final

from fairlead.model.terms import Peg, Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.matching import OrderBook
from fairlead.simulator.queues import BookOrder

_BUY: Final = Side.BUY
_PRIMARY: Final = Peg.PRIMARY
_MIDPOINT: Final = Peg.MIDPOINT


class Pegged:
    """A pegged order: what it follows, and the order as the book has it."""

    def __init__(self, order: BookOrder, peg: Peg, offset: Price, limit: Price) -> None:
        """Take its terms; `limit` 0 is none."""
        self.order = order
        self.peg = peg
        self.offset = offset
        self.limit = limit
        self.wanted: Price = Price(0)  # where it was put; bands may have held it elsewhere


class Pegs:
    """The pegged orders of one instrument, the oldest first."""

    def __init__(self, book: OrderBook, tick: Price) -> None:
        """Follow a book."""
        self.orders: dict[int, Pegged] = {}
        self._book = book
        self._tick = tick
        self._bid: Price = Price(0)  # the touch that all of them have followed
        self._ask: Price = Price(0)

    def add(self, pegged: Pegged) -> None:
        """Follow with one more."""
        self.orders[pegged.order.order] = pegged
        self._bid = self._ask = Price(-1)  # so that it is looked at

    def cancel(self, order: int) -> Quantity:
        """Forget an order. Return what was left of it, 0 if it is none of these."""
        found = self.orders.pop(order, None)
        if found is None:
            return Quantity(0)
        left = self._book.leaves(order) or found.order.leaves
        self._book.cancel(order)
        return left

    def park(self) -> None:
        """Take all of them out of the book; they are priced anew when they are looked at."""
        for number, pegged in self.orders.items():
            standing = self._book.orders.get(number)
            if standing is not None:
                pegged.order = standing
                self._book.cancel(number)
        self._bid = self._ask = Price(-1)

    def moved(self) -> BookOrder | None:
        """Return the next order that is to enter the book anew; it is taken out where it stood."""
        bid, ask = self._book.bids.prices.best(), self._book.asks.prices.best()
        if not self.orders or (bid == self._bid and ask == self._ask):
            return None
        for number in list(self.orders):
            pegged = self.orders[number]
            standing = self._book.orders.get(number)
            if standing is not None:
                pegged.order = standing
            elif not pegged.order.leaves:  # it traded wholly
                del self.orders[number]
                continue
            price = self._price(pegged, bid, ask)
            if price == (pegged.wanted if standing is not None else 0):
                continue
            pegged.wanted = price
            self._book.cancel(number)
            if price:
                pegged.order = _at(pegged.order, price)
                self._bid = self._ask = Price(-1)  # what it trades may move the touch and back
                return pegged.order
        self._bid, self._ask = bid, ask
        return None

    def _price(self, pegged: Pegged, bid: Price, ask: Price) -> Price:
        """Return where an order belongs now, 0 where there is nothing to follow."""
        buys = pegged.order.side is _BUY
        sign = 1 if buys else -1
        if pegged.peg is _MIDPOINT:
            if not bid or not ask:
                return Price(0)
            doubled = bid + ask
        else:
            follows_bid = buys if pegged.peg is _PRIMARY else not buys
            doubled = 2 * (bid if follows_bid else ask)
            if not doubled:
                return Price(0)
        price = (doubled - sign * 2 * pegged.offset) * sign // 2 * sign  # half a step: the worse
        price = price * sign // self._tick * self._tick * sign
        if pegged.limit:
            price = min(price * sign, pegged.limit * sign) * sign
        return Price(max(0, price))


def _at(order: BookOrder, price: Price) -> BookOrder:
    return BookOrder(order.order, order.participant, order.side, price, order.leaves, hidden=True)
