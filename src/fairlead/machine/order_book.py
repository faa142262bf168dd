"""A book by order: who stands where in the queue at each price.

A venue that publishes every order tells more than one that publishes levels: how many orders stand
at a price, and how much has to trade before a given one does. Orders of one price stand in the
order in which they came; one that is reduced keeps its place, one that is replaced loses it.

The quantity of each price is kept in the `BookSide` of the book that the orders belong to, so who
reads levels need not know how they came about. Every change costs the same, however many orders
there are: a queue is a dictionary, which keeps the order of its keys and lets go of any of them.
Only where an order stands in its queue has to be counted, when somebody asks.
"""

from fairlead.machine.book_side import BookSide
from fairlead.model.inputs import (
    BookOrder,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    QueuedOrders,
)
from fairlead.model.terms import Side
from fairlead.model.units import INCREMENTS_MAX, Price, Quantity


class Queue:
    """The orders at one price of one side, in the order of their time."""

    def __init__(self, side: Side, price: Price, levels: BookSide) -> None:
        """Begin with nobody; `levels` are those of the side, where the quantity is kept."""
        self.side = side
        self.price = price
        self.levels = levels
        self.quantity = Quantity(0)  # of all orders
        self.orders: dict[int, Quantity] = {}  # what is left of each


class OrderPlace:
    """Where an order stands: what has to trade before it does."""

    def __init__(self, queue: Queue, order: int) -> None:
        """Count who stands before an order in its queue."""
        self.side = queue.side
        self.price = queue.price
        self.quantity = queue.orders[order]
        self.orders_ahead = 0
        self.quantity_ahead = Quantity(0)
        for other, quantity in queue.orders.items():
            if other == order:
                break
            self.orders_ahead += 1
            self.quantity_ahead = Quantity(self.quantity_ahead + quantity)


class OrderBook:
    """All orders of a book.

    A change that cannot be true is not applied: what it returns says why. Empty: it was.
    """

    def __init__(self, bids: BookSide, asks: BookSide) -> None:
        """Begin empty; the quantities of prices are kept in `bids` and `asks`, empty as well."""
        self._bids = bids
        self._asks = asks
        self._bid_queues: dict[Price, Queue] = {}
        self._ask_queues: dict[Price, Queue] = {}
        self._places: dict[int, Queue] = {}  # of every order, the queue it stands in
        self.changed_side = Side.BUY  # where the last change was
        self.changed_price = Price(0)

    def __len__(self) -> int:
        """Return how many orders there are."""
        return len(self._places)

    def clear(self) -> None:
        """Forget all orders and levels."""
        self._bids.clear()
        self._asks.clear()
        self._bid_queues.clear()
        self._ask_queues.clear()
        self._places.clear()

    def apply(self, change: BookOrder) -> str:
        """Apply what became of an order. Return why it cannot be true, empty if it was applied."""
        # By identity: what is asked here is asked for every order of a market.
        if type(change) is BookOrderAdded:
            return self.add(change.order, change.side, change.price, change.quantity)
        if type(change) is BookOrderRemoved:
            return self.remove(change.order)
        if type(change) is BookOrderExecuted:
            if not 0 <= change.price <= INCREMENTS_MAX:
                return "a price is negative or absurd"
            return self.take(change.order, change.quantity)
        if type(change) is BookOrderReduced:
            return self.take(change.order, change.quantity)
        assert type(change) is BookOrderReplaced, "no other kind is left"
        return self._replace(change)

    def add(self, order: int, side: Side, price: Price, quantity: Quantity) -> str:
        """Put an order last in the queue at its price."""
        if order in self._places:
            return f"order {order} is in the book already"
        problem = absurd_order(price, quantity)
        if problem:
            return problem
        queues, levels = self._of(side)
        queue = queues.get(price)
        if queue is None:
            queue = queues[price] = Queue(side, price, levels)
        queue.orders[order] = quantity
        queue.quantity = Quantity(queue.quantity + quantity)
        self._places[order] = queue
        self._changed(queue)
        return ""

    def take(self, order: int, quantity: Quantity) -> str:
        """Let `quantity` of an order go, traded or taken back. The rest keeps its place."""
        queue = self._places.get(order)
        if queue is None:
            return _unknown(order)
        left = queue.orders[order] - quantity
        if left == 0:
            return self.remove(order)
        if quantity <= 0:
            return "a quantity is not above 0"
        if left < 0:
            return f"{quantity} of order {order}, of which {left + quantity} are left (increments)"
        queue.orders[order] = Quantity(left)
        queue.quantity = Quantity(queue.quantity - quantity)
        self._changed(queue)
        return ""

    def remove(self, order: int) -> str:
        """Let an order go altogether."""
        queue = self._places.get(order)
        if queue is None:
            return _unknown(order)
        del self._places[order]
        queue.quantity = Quantity(queue.quantity - queue.orders[order])
        del queue.orders[order]
        self._changed(queue)
        if not queue.quantity:
            del self._of(queue.side)[0][queue.price]
        return ""

    def queue_of(self, order: int) -> Queue | None:
        """Return the queue that an order stands in, None if it is not here."""
        return self._places.get(order)

    def place_of(self, order: int) -> OrderPlace | None:
        """Return where an order stands, None if it is not here. Counts those before it."""
        queue = self._places.get(order)
        return None if queue is None else OrderPlace(queue, order)

    def queue_at(self, side: Side, price: Price) -> Queue | None:
        """Return the queue at a price, None if nobody stands there."""
        return self._of(side)[0].get(price)

    def count_at(self, side: Side, price: Price) -> int:
        """Return how many orders stand at a price."""
        queue = self._of(side)[0].get(price)
        return 0 if queue is None else len(queue.orders)

    def levels(self, side: Side, depth: int) -> list[tuple[Price, Quantity, int]]:
        """Return up to `depth` prices of a side, best first, with quantity and count of orders."""
        queues, levels = self._of(side)
        return [
            (price, quantity, len(queues[price].orders)) for price, quantity in levels.top(depth)
        ]

    def whole(self) -> QueuedOrders:
        """Return all orders, bids before asks, each side in the order in which they would trade."""
        found: list[tuple[int, Side, Price, Quantity]] = []
        for side in (Side.BUY, Side.SELL):
            queues, levels = self._of(side)
            for price, _ in levels.top(levels.depth()):
                for order, quantity in queues[price].orders.items():
                    found.append((order, side, price, quantity))
        return tuple(found)

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [int(queue.side), queue.price, list(queue.orders.items())]
            for queues in (self._bid_queues, self._ask_queues)
            for queue in queues.values()
        ]

    def _changed(self, queue: Queue) -> None:
        self.changed_side = queue.side
        self.changed_price = queue.price
        queue.levels.set(queue.price, queue.quantity)

    def _replace(self, change: BookOrderReplaced) -> str:
        queue = self._places.get(change.order)
        if queue is None:
            return _unknown(change.order)
        if change.new_order != change.order and change.new_order in self._places:
            return f"order {change.new_order} is in the book already"
        problem = absurd_order(change.price, change.quantity)
        if problem:
            return problem
        self.remove(change.order)
        return self.add(change.new_order, queue.side, change.price, change.quantity)

    def _of(self, side: Side) -> tuple[dict[Price, Queue], BookSide]:
        if side is Side.BUY:
            return self._bid_queues, self._bids
        return self._ask_queues, self._asks


def absurd_order(price: Price, quantity: Quantity) -> str:
    """Return why no order can have this price and quantity, empty if one can."""
    if not 0 < price <= INCREMENTS_MAX:
        return "a price is not above 0, or absurd"
    if not 0 < quantity <= INCREMENTS_MAX:
        return "a quantity is not above 0, or absurd"
    return ""


def absurd_orders(orders: QueuedOrders) -> str:
    """Return why the orders of a whole book cannot be true, empty if they can."""
    seen: dict[int, bool] = {}
    for order, _, price, quantity in orders:
        problem = absurd_order(price, quantity)
        if problem:
            return problem
        if order in seen:
            return f"order {order} stands there twice"
        seen[order] = True
    return ""


def _unknown(order: int) -> str:
    return f"order {order} is not in the book"
