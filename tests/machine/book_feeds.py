"""Feeds of one book, made of chance: mostly what a venue sends, sometimes what none can mean."""

from collections.abc import Callable
from random import Random
from typing import Final

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
    Levels,
)
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.machine.naive_books import BUY, SELL, Fed, NaiveBook, NaiveOrder

ONE: Final = InstrumentId(1)
NO_TIME: Final = Nanos(0)
MIDDLE: Final = 100
ABSURD: Final = (-1, 0, 10**15 + 1, 2**63 - 1)
ORDERS_MAX: Final = 40  # more leave than come from here on


class Feeder:
    """Says what a venue could say next, about a book that it knows."""

    def __init__(self, chance: Random, book: NaiveBook) -> None:
        """Take the book as it is: it is looked at for orders that can trade."""
        self._chance = chance
        self._book = book
        self._numbers = 0
        self._by_order: dict[Callable[[], Fed], int] = {
            self.added: 40,
            self.removed: 20,
            self.executed: 15,
            self.reduced: 12,
            self.replaced: 12,
        }

    def next(self) -> Fed:
        """Return what comes next."""
        chance = self._chance.random()
        if chance < 0.002 or (self._book.lost and chance < 0.2):
            return self._chance.choice((self.whole, self.whole, self.snapshot))()
        if chance < 0.003:
            return BookGap(ONE, "hole")
        if chance < 0.004:
            return self._chance.choice((self.change, self.added, self.nonsense))()
        if chance < 0.008:
            return self.nonsense()
        if self._book.kind == "levels":
            return self.change()
        if len(self._book.orders) > ORDERS_MAX:
            return self.removed()
        kinds = list(self._by_order)
        return self._chance.choices(kinds, list(self._by_order.values()))[0]()

    def added(self) -> BookOrderAdded:
        """Return an order at a price that crosses nothing, but for a few."""
        side = self._side()
        self._numbers += 1
        number, price = self._numbers, self._price(side)
        return BookOrderAdded(ONE, number, side, price, self._quantity(), NO_TIME)

    def removed(self) -> BookOrderRemoved:
        """Return the end of an order."""
        return BookOrderRemoved(ONE, self._order().number, NO_TIME)

    def executed(self) -> BookOrderExecuted:
        """Return a trade of an order, in part or whole, at its price or another one."""
        order = self._order()
        price = Price(self._chance.choice((0, 0, 0, order.price + 1)))
        quantity = self._part(order)
        return BookOrderExecuted(ONE, order.number, quantity, price, "t", NO_TIME)

    def reduced(self) -> BookOrderReduced:
        """Return that some of an order is taken back, or all."""
        order = self._order()
        return BookOrderReduced(ONE, order.number, self._part(order), NO_TIME)

    def replaced(self) -> BookOrderReplaced:
        """Return other terms of an order, under a new number or its own."""
        order = self._order()
        self._numbers += 1
        new = self._chance.choice((self._numbers, order.number))
        price = self._price(order.side)
        return BookOrderReplaced(ONE, order.number, new, price, self._quantity(), NO_TIME)

    def whole(self) -> BookOrders:
        """Return a whole book by order."""
        orders = []
        for _ in range(self._chance.randrange(12)):
            order = self.added()
            orders.append((order.order, order.side, order.price, order.quantity))
        return BookOrders(ONE, tuple(orders), UpdateId(0), NO_TIME)

    def snapshot(self) -> BookSnapshot:
        """Return a whole book by level."""
        change = self.change()
        bids = tuple(level for level in change.bids if level[1])
        return BookSnapshot(ONE, bids, change.asks, UpdateId(0), NO_TIME)

    def change(self) -> BookChange:
        """Return new quantities at some prices."""
        bids, asks = self._levels(BUY), self._levels(SELL)
        return BookChange(ONE, bids, asks, UpdateId(0), NO_TIME)

    def nonsense(self) -> Fed:
        """Return what no venue can mean."""
        order, price = self._order(), Price(MIDDLE)
        number, one = order.number, Quantity(1)
        absurd = self._chance.choice(ABSURD)
        first = (1, BUY, price, one)
        return self._chance.choice(
            (
                BookOrderAdded(ONE, number, BUY, price, one, NO_TIME),
                BookOrderAdded(ONE, -1, BUY, Price(absurd), one, NO_TIME),
                BookOrderAdded(ONE, -1, SELL, price, Quantity(absurd), NO_TIME),
                BookOrderExecuted(ONE, number, Quantity(absurd), Price(0), "t", NO_TIME),
                BookOrderExecuted(ONE, -5, one, Price(0), "t", NO_TIME),
                BookOrderExecuted(ONE, number, one, Price(-1), "t", NO_TIME),
                BookOrderReduced(ONE, number, Quantity(order.quantity + 1), NO_TIME),
                BookOrderRemoved(ONE, -5, NO_TIME),
                BookOrderReplaced(ONE, -5, -6, price, one, NO_TIME),
                BookOrderReplaced(ONE, number, -6, Price(absurd), one, NO_TIME),
                BookOrderReplaced(ONE, number, self._order().number, price, one, NO_TIME),
                BookOrders(ONE, (first, (1, SELL, price, one)), UpdateId(0), NO_TIME),
                BookOrders(ONE, ((1, BUY, Price(absurd), one),), UpdateId(0), NO_TIME),
                BookSnapshot(ONE, ((price, Quantity(-1)),), (), UpdateId(0), NO_TIME),
                BookChange(ONE, (), ((Price(absurd), one),), UpdateId(0), NO_TIME),
            )
        )

    def _levels(self, side: Side) -> Levels:
        prices = [self._price(side) for _ in range(self._chance.randrange(4))]
        return tuple({price: Quantity(self._chance.randrange(4)) for price in prices}.items())

    def _side(self) -> Side:
        return self._chance.choice((BUY, SELL))

    def _price(self, side: Side) -> Price:
        away = self._chance.randrange(1, 13) if self._chance.random() > 0.002 else -1
        return Price(MIDDLE - away if side is BUY else MIDDLE + away)

    def _quantity(self) -> Quantity:
        return Quantity(self._chance.randrange(1, 9))

    def _part(self, order: NaiveOrder) -> Quantity:
        return Quantity(self._chance.randrange(1, order.quantity + 1))

    def _order(self) -> NaiveOrder:
        """Return any order of the book, or one that is not there where there is none."""
        orders = self._book.orders
        return self._chance.choice(orders) if orders else NaiveOrder(-7, BUY, MIDDLE, 1)
