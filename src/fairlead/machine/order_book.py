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
    QueuedOrders,
)
from fairlead.model.terms import Side
from fairlead.model.units import INCREMENTS_MAX, Price, Quantity


class Queue:
    """The orders at one price of one side, in the order of their time."""

    def __init__(self, side: Side, price: Price) -> None:
        """Begin with nobody."""
        self.side = side
        self.price = price
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
    """All orders of a book. Changes are checked by `problem` first, then applied."""

    def __init__(self, bids: BookSide, asks: BookSide) -> None:
        """Begin empty; the quantities of prices are kept in `bids` and `asks`, empty as well."""
        self._bids = bids
        self._asks = asks
        self._bid_queues: dict[Price, Queue] = {}
        self._ask_queues: dict[Price, Queue] = {}
        self._places: dict[int, Queue] = {}  # of every order, the queue it stands in

    def __len__(self) -> int:
        """Return how many orders there are."""
        return len(self._places)

    def replace_all(self, orders: QueuedOrders) -> None:
        """Forget all orders, and take these in their order."""
        self.clear()
        for order, side, price, quantity in orders:
            self.add(order, side, price, quantity)

    def clear(self) -> None:
        """Forget all orders and levels."""
        self._bids.clear()
        self._asks.clear()
        self._bid_queues.clear()
        self._ask_queues.clear()
        self._places.clear()

    def add(self, order: int, side: Side, price: Price, quantity: Quantity) -> None:
        """Put an order last in the queue at its price."""
        assert order not in self._places, "an order stands in one place"
        queues, levels = self._of(side)
        queue = queues.get(price)
        if queue is None:
            queue = queues[price] = Queue(side, price)
        queue.orders[order] = quantity
        queue.quantity = Quantity(queue.quantity + quantity)
        self._places[order] = queue
        levels.set(price, queue.quantity)

    def take(self, order: int, quantity: Quantity) -> None:
        """Let `quantity` of an order go: traded or taken back. It keeps its place."""
        queue = self._places[order]
        left = queue.orders[order] - quantity
        assert left >= 0, "no more of an order can go than there is"
        if left == 0:
            self.remove(order)
            return
        queue.orders[order] = Quantity(left)
        queue.quantity = Quantity(queue.quantity - quantity)
        self._of(queue.side)[1].set(queue.price, queue.quantity)

    def remove(self, order: int) -> Queue:
        """Let an order go altogether. Return the queue that it stood in."""
        queue = self._places.pop(order)
        queue.quantity = Quantity(queue.quantity - queue.orders.pop(order))
        queues, levels = self._of(queue.side)
        levels.set(queue.price, queue.quantity)
        if not queue.orders:
            del queues[queue.price]
        return queue

    def quantity_of(self, order: int) -> Quantity:
        """Return what is left of an order, 0 if it is not here."""
        queue = self._places.get(order)
        return Quantity(0) if queue is None else queue.orders[order]

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

    def problem(self, change: BookOrder) -> str:
        """Return why a change cannot be true of these orders, empty if it can."""
        if isinstance(change, BookOrderAdded):
            if change.order in self._places:
                return f"order {change.order} is in the book already"
            return absurd_order(change.price, change.quantity)
        left = self.quantity_of(change.order)
        if left == 0:
            return f"order {change.order} is not in the book"
        if isinstance(change, BookOrderRemoved):
            return ""
        if isinstance(change, BookOrderExecuted | BookOrderReduced):
            return _too_much(change, left)
        if change.new_order != change.order and change.new_order in self._places:
            return f"order {change.new_order} is in the book already"
        return absurd_order(change.price, change.quantity)

    def apply(self, change: BookOrder) -> None:
        """Apply a change that can be true."""
        if isinstance(change, BookOrderAdded):
            self.add(change.order, change.side, change.price, change.quantity)
        elif isinstance(change, BookOrderExecuted | BookOrderReduced):
            self.take(change.order, change.quantity)
        elif isinstance(change, BookOrderRemoved):
            self.remove(change.order)
        else:
            side = self.remove(change.order).side
            self.add(change.new_order, side, change.price, change.quantity)

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [int(queue.side), queue.price, list(queue.orders.items())]
            for queues in (self._bid_queues, self._ask_queues)
            for queue in queues.values()
        ]

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


def _too_much(change: BookOrderExecuted | BookOrderReduced, left: Quantity) -> str:
    if change.quantity <= 0:
        return "a quantity is not above 0, or absurd"
    if change.quantity > left:
        return f"{change.quantity} of order {change.order}, of which {left} are left (increments)"
    if isinstance(change, BookOrderExecuted) and not 0 <= change.price <= INCREMENTS_MAX:
        return "a price is negative or absurd"
    return ""
