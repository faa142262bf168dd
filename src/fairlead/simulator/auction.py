"""Calls: orders are collected, and trade together at one price.

The price is the one at which most can be executed. Where several prices allow as much: the one that
leaves the smallest imbalance; where several do, and all of them leave buyers, the highest, sellers,
the lowest (market pressure); else the one nearest to the reference price, and without any the
middle of them, rounded down to the tick. Source: Deutsche Boerse, "Xetra Market Model Equities",
chapter "Price Determination in Auctions"; the tie-breaks of Euronext and of the London exchange are
the same in this order. Orders without a limit alone trade at the reference price.

At that price orders trade by price, then by what is shown, then by time, orders without a limit
first. An iceberg takes part with all of itself. Two orders of one participant may meet here, as in
the crosses of Nasdaq: nobody chose the other.
"""

from typing import Final

from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.matching import Execution, OrderBook
from fairlead.simulator.queues import BookOrder, BookSide

_BUY: Final = Side.BUY


class Crossing:
    """What an auction would do now. `price` 0: nothing would trade."""

    def __init__(self, price: Price, paired: Quantity, imbalance: int) -> None:
        """Take the price, what trades at it, and what is left: of buyers more than 0."""
        self.price = price
        self.paired = paired
        self.imbalance = imbalance


class Call:
    """The orders without a limit that wait for an auction; a book collects the others."""

    def __init__(self, book: OrderBook, tick: Price) -> None:
        """Collect for a book."""
        self._book = book
        self._tick = tick
        self._unpriced: dict[int, BookOrder] = {}  # in order of arrival

    def add(self, order: BookOrder) -> None:
        """Collect an order."""
        if order.price:
            self._book.wait(order)
        else:
            self._unpriced[order.order] = order

    def cancel(self, order: int) -> Quantity:
        """Remove an order without a limit. Return what was left of it, 0 if it is not there."""
        found = self._unpriced.pop(order, None)
        return found.leaves if found is not None else Quantity(0)

    def take_unpriced(self) -> list[BookOrder]:
        """Return the orders without a limit that are left, and let go of them."""
        left, self._unpriced = list(self._unpriced.values()), {}
        return left

    def crossing(self, reference: Price) -> Crossing:
        """Return what an auction would do now."""
        demand, supply = self._unpriced_quantity(_BUY), self._unpriced_quantity(Side.SELL)
        bids = _by_price(self._book.bids, self._book.hidden_bids)
        asks = _by_price(self._book.asks, self._book.hidden_asks)
        prices = sorted(dict.fromkeys([*bids, *asks]))
        if not prices:
            if not reference or not demand or not supply:
                return Crossing(Price(0), Quantity(0), demand - supply)
            prices = [reference]
        demand += sum(bids.values())
        found: list[Crossing] = []  # the best ones
        for price in prices:
            supply += asks.get(price, 0)
            one = Crossing(price, Quantity(min(demand, supply)), demand - supply)
            demand -= bids.get(price, 0)
            if not found or _is_better(one, found[0]):
                found = [one]
            elif not _is_better(found[0], one):
                found.append(one)
        if not found[0].paired:
            return Crossing(Price(0), Quantity(0), found[0].imbalance)
        return self._chosen(found, reference)

    def uncross(self, reference: Price) -> list[Execution]:
        """Let trade what can. What is left stays where it is, without any overlap."""
        crossing = self.crossing(reference)
        price = crossing.price
        if not price:
            return []
        buyers, sellers = self._in_turn(_BUY, price), self._in_turn(Side.SELL, price)
        executions: list[Execution] = []
        buyer, seller = 0, 0
        missing: int = crossing.paired
        while missing:
            bought, sold = buyers[buyer], sellers[seller]
            quantity = Quantity(min(bought.leaves, sold.leaves, missing))
            executions.append(Execution(bought, sold, quantity, price))
            self._fill(bought, quantity)
            self._fill(sold, quantity)
            missing -= quantity
            buyer += not bought.leaves
            seller += not sold.leaves
        return executions

    def _in_turn(self, side: Side, price: Price) -> list[BookOrder]:
        """Return who trades at a price, in turn."""
        buys = side is _BUY
        shown = self._book.bids if buys else self._book.asks
        hidden = self._book.hidden_bids if buys else self._book.hidden_asks
        reach = price * shown.prices.sign
        sign = shown.prices.sign
        priced = [one for one in shown.in_turn() if one.price * sign >= reach]
        if hidden.prices.keys:
            priced += [one for one in hidden.in_turn() if one.price * sign >= reach]
            priced.sort(key=_rank)
        return [one for one in self._unpriced.values() if one.side is side] + priced

    def _fill(self, order: BookOrder, quantity: Quantity) -> None:
        if not order.price:
            order.leaves = Quantity(order.leaves - quantity)
            if not order.leaves:
                del self._unpriced[order.order]
            return
        home = self._book.home(order)
        left: int = quantity
        while left:
            part = min(left, order.leaves - order.reserve)
            home.reduce(order, Quantity(part))
            left -= part
        if not order.leaves:
            del self._book.orders[order.order]

    def _unpriced_quantity(self, side: Side) -> int:
        return sum([one.leaves for one in self._unpriced.values() if one.side is side])

    def _chosen(self, found: list[Crossing], reference: Price) -> Crossing:
        """Return one of several that execute as much and leave as little."""
        if all(one.imbalance > 0 for one in found):
            return found[-1]
        if all(one.imbalance < 0 for one in found):
            return found[0]
        low, high = found[0], found[-1]
        if not reference:
            middle = (low.price + high.price) // 2
            reference = Price(max(low.price, middle - middle % self._tick))
        if reference <= low.price:
            return low
        if reference >= high.price:
            return high
        # Strictly between two of them as much trades, and nobody is left over.
        return Crossing(reference, low.paired, 0)


def _is_better(one: Crossing, other: Crossing) -> bool:
    if one.paired != other.paired:
        return one.paired > other.paired
    return abs(one.imbalance) < abs(other.imbalance)


def _by_price(shown: BookSide, hidden: BookSide) -> dict[Price, int]:
    """Return what would trade at each limit, reserves included."""
    quantities: dict[Price, int] = {}
    for order in shown.in_turn() + hidden.in_turn():
        quantities[order.price] = quantities.get(order.price, 0) + order.leaves
    return quantities


def _rank(order: BookOrder) -> int:
    """Return what comes first: a better price. The sort is stable, what is shown came before."""
    return -order.price if order.side is _BUY else order.price
