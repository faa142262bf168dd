"""A book in the fewest words, at any cost: what the real one is held against.

Levels are a dictionary, orders are one list in the order in which they came. Whatever is asked is
found by looking at all of it. It shares nothing with the machine's books but the inputs.
"""

from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
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

BUY, SELL = Side.BUY, Side.SELL
Fed = BookSnapshot | BookChange | BookOrders | BookOrder | BookGap
MOST = 10**15


class NaiveOrder:
    """An order in a list."""

    def __init__(self, number: int, side: Side, price: int, quantity: int) -> None:
        """Take what it is."""
        self.number = number
        self.side = side
        self.price = price
        self.quantity = quantity


class NaiveBook:
    """A book by level or by order, whichever it was fed with last as a whole."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.kind = ""
        self.lost = True
        self.levels: dict[Side, dict[int, int]] = {BUY: {}, SELL: {}}
        self.orders: list[NaiveOrder] = []
        self.last = 0

    def take(self, fed: Fed) -> bool:
        """Follow a feed. Return whether the machine has to refuse this."""
        if isinstance(fed, BookGap):
            self.lost = True
        elif isinstance(fed, BookSnapshot | BookOrders) and not self._is_whole(fed):
            return True
        elif isinstance(fed, BookSnapshot):
            self.kind, self.lost = "levels", False
            self.levels = {BUY: dict(fed.bids), SELL: dict(fed.asks)}
        elif isinstance(fed, BookOrders):
            self.kind, self.lost = "orders", False
            self.orders = [NaiveOrder(*order) for order in fed.orders]
        elif isinstance(fed, BookChange):
            return self._change(fed)
        else:
            return self._order(fed)
        return False

    def side(self, side: Side) -> list[tuple[int, int, int]]:
        """Return price, quantity and count of orders (0 by level) of each level, best first."""
        if self.kind == "levels":
            found = [(price, quantity, 0) for price, quantity in self.levels[side].items()]
        else:
            standing: dict[int, tuple[int, int]] = {}
            for one in self.orders:
                if one.side is side:
                    quantity, count = standing.get(one.price, (0, 0))
                    standing[one.price] = quantity + one.quantity, count + 1
            found = [(price, *level) for price, level in standing.items()]
        found = [level for level in found if level[1]]
        return sorted(found, reverse=side is BUY)

    def queue(self, side: Side, price: int) -> list[NaiveOrder]:
        """Return the orders at a price, in the order of their time."""
        return [one for one in self.orders if one.side is side and one.price == price]

    def place(self, number: int) -> tuple[int, int] | None:
        """Return how many orders stand before one at its price, and their quantity."""
        order = self.find(number)
        if order is None:
            return None
        queue = self.queue(order.side, order.price)
        ahead = queue[: queue.index(order)]
        return len(ahead), sum(one.quantity for one in ahead)

    def find(self, number: int) -> NaiveOrder | None:
        """Return an order, None if it is not there."""
        found = [one for one in self.orders if one.number == number]
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def stale(self) -> bool:
        """Whether no price may be read."""
        bids, asks = self.side(BUY), self.side(SELL)
        return self.lost or bool(bids and asks and bids[0][0] >= asks[0][0])

    def _is_whole(self, fed: BookSnapshot | BookOrders) -> bool:
        if isinstance(fed, BookSnapshot):
            return all(
                0 < price <= MOST and quantity >= 0 for price, quantity in fed.bids + fed.asks
            )
        numbers = [number for number, _, _, _ in fed.orders]
        if len(set(numbers)) < len(numbers):
            return False
        return all(
            0 < price <= MOST and 0 < quantity <= MOST for _, _, price, quantity in fed.orders
        )

    def _change(self, change: BookChange) -> bool:
        if not all(
            0 < price <= MOST and quantity >= 0 for price, quantity in change.bids + change.asks
        ):
            self.kind, self.lost = self.kind, True
            return True
        if self.kind == "orders":
            wrong, self.lost = not self.lost, True
            return wrong
        self.levels[BUY].update(change.bids)
        self.levels[SELL].update(change.asks)
        self.kind = "levels"
        return False

    def _order(self, change: BookOrder) -> bool:
        order = self.find(change.order) if self.kind == "orders" else None
        if self.kind == "" or not self.lost:
            wrong = self.kind != "orders" or not self._is_true(change, order)
            self.kind = self.kind or "levels"
            self.lost = self.lost or wrong
            if wrong:
                return True
        self._trade(change, order)
        if not self.lost:
            self._apply(change, order)
        return False

    def _is_true(self, change: BookOrder, order: NaiveOrder | None) -> bool:
        if isinstance(change, BookOrderAdded | BookOrderReplaced) and not (
            0 < change.price <= MOST and 0 < change.quantity <= MOST
        ):
            return False
        if isinstance(change, BookOrderAdded):
            return order is None
        if order is None:
            return False
        if isinstance(change, BookOrderReplaced):
            return change.new_order == change.order or self.find(change.new_order) is None
        if isinstance(change, BookOrderExecuted) and not 0 <= change.price <= MOST:
            return False
        return isinstance(change, BookOrderRemoved) or 0 < change.quantity <= order.quantity

    def _trade(self, change: BookOrder, order: NaiveOrder | None) -> None:
        if not isinstance(change, BookOrderExecuted):
            return
        if change.price == 0 and order is not None and not self.lost:
            self.last = order.price
        elif 0 < change.price <= MOST and 0 < change.quantity <= MOST:
            self.last = change.price

    def _apply(self, change: BookOrder, order: NaiveOrder | None) -> None:
        if isinstance(change, BookOrderAdded):
            new = NaiveOrder(change.order, change.side, change.price, change.quantity)
            self.orders.append(new)
            return
        assert order is not None
        if isinstance(change, BookOrderExecuted | BookOrderReduced):
            order.quantity -= change.quantity
        if isinstance(change, BookOrderRemoved | BookOrderReplaced) or not order.quantity:
            self.orders.remove(order)
        if isinstance(change, BookOrderReplaced):
            new = NaiveOrder(change.new_order, order.side, change.price, change.quantity)
            self.orders.append(new)


def are_true(levels: Levels) -> bool:
    """Whether levels can be true."""
    return all(0 < price <= MOST and quantity >= 0 for price, quantity in levels)
