"""The queues of a book: orders at one price in order of arrival, and the levels of one side.

Orders are linked through themselves, so that a cancel in the middle costs the same as one at the
end. Links of an order that left are cleared: no cycle stays behind for the collector. What stands
in a queue is what an order shows; the reserve of an iceberg is behind it, and comes forward slice
by slice, each to the back of the queue.
"""

from typing import Final

from fairlead.model.inputs import Levels
from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.prices import SortedPrices

_NOTHING: Final = Quantity(0)


class BookOrder:
    """An order as the book knows it. `price` 0 is no limit, for market orders.

    `display` is what an iceberg shows at most, 0 for an order that shows all of itself. A `hidden`
    order shows nothing. `minimum` is what it must trade at once, or it does not enter.
    """

    def __init__(
        self,
        order: int,
        participant: int,
        side: Side,
        price: Price,
        leaves: Quantity,
        display: Quantity = _NOTHING,
        hidden: bool = False,
        minimum: Quantity = _NOTHING,
    ) -> None:
        """Take the terms of an order that is not in the book yet."""
        assert leaves > 0, f"order {order} enters with {leaves}, expected more than 0"
        self.order = order
        self.participant = participant
        self.side = side
        self.price = price
        self.leaves: Quantity = leaves
        self.reserve: Quantity = _NOTHING  # of `leaves`: what does not stand in the queue yet
        self.display = display
        self.hidden = hidden
        self.minimum = minimum
        self.public: int = 0  # what the public knows it by, where orders are published
        self.level: Level | None = None
        self.before: BookOrder | None = None
        self.behind: BookOrder | None = None


class Level:
    """One price of one side: a queue of orders, the first to arrive first."""

    def __init__(self, price: Price) -> None:
        """Begin without orders."""
        self.price = price
        self.quantity: Quantity = Quantity(0)
        self.first: BookOrder | None = None
        self.last: BookOrder | None = None

    def append(self, order: BookOrder) -> None:
        """Let an order join the end of the queue, an iceberg with its next slice."""
        if order.display:
            order.reserve = Quantity(max(0, order.leaves - order.display))
        order.level = self
        order.before = self.last
        if self.last is None:
            self.first = order
        else:
            self.last.behind = order
        self.last = order
        self.quantity = Quantity(self.quantity + order.leaves - order.reserve)

    def unlink(self, order: BookOrder) -> None:
        """Take an order out of the queue, wherever it stands."""
        if order.before is None:
            self.first = order.behind
        else:
            order.before.behind = order.behind
        if order.behind is None:
            self.last = order.before
        else:
            order.behind.before = order.before
        order.level = order.before = order.behind = None
        self.quantity = Quantity(self.quantity - order.leaves + order.reserve)
        assert (self.quantity == 0) == (self.first is None), "a level is as large as its orders"


class BookSide:
    """The levels of one side."""

    def __init__(self, side: Side) -> None:
        """Begin empty."""
        self.levels: dict[Price, Level] = {}
        self.prices = SortedPrices(side)
        self.changed: dict[Price, None] = {}  # in order of change; a dict as an ordered set

    def append(self, order: BookOrder) -> None:
        """Let an order join its level, which begins with it if need be."""
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = Level(order.price)
            self.prices.add(order.price)
        level.append(order)
        self.changed[order.price] = None

    def unlink(self, order: BookOrder) -> None:
        """Take an order out; its level ends with its last order."""
        level = order.level
        assert level is not None, f"order {order.order} is not in the book"
        level.unlink(order)
        self.changed[order.price] = None
        if level.first is None:
            del self.levels[order.price]
            self.prices.remove(order.price)

    def reduce(self, order: BookOrder, quantity: Quantity) -> None:
        """Take `quantity` off what an order shows; it keeps its place.

        Once nothing of that is left it leaves, or joins the queue anew with its next slice.
        """
        shown = order.leaves - order.reserve
        assert 0 < quantity <= shown, f"cannot take {quantity} off {shown}"
        level = order.level
        assert level is not None, f"order {order.order} is not in the book"
        if quantity < shown:
            order.leaves = Quantity(order.leaves - quantity)
            level.quantity = Quantity(level.quantity - quantity)
            self.changed[order.price] = None
            return
        self.unlink(order)
        order.leaves = order.reserve
        if order.leaves:
            self.append(order)

    def cut(self, order: BookOrder, quantity: Quantity) -> None:
        """Take `quantity`, but not all, off an order, its reserve first: it keeps its place."""
        assert 0 < quantity < order.leaves, f"cannot cut {quantity} off {order.leaves}"
        hidden = min(quantity, order.reserve)
        order.reserve = Quantity(order.reserve - hidden)
        order.leaves = Quantity(order.leaves - hidden)
        if quantity > hidden:
            self.reduce(order, Quantity(quantity - hidden))

    def best(self) -> Level | None:
        """Return the level of the best price."""
        return self.levels[self.prices.best()] if self.prices.keys else None

    def touch(self) -> tuple[Price, Quantity]:
        """Return the best price and what waits there, 0 and 0 if nobody does."""
        level = self.best()
        return (level.price, level.quantity) if level is not None else (Price(0), Quantity(0))

    def quantity(self, price: Price) -> Quantity:
        """Return what waits at a price."""
        level = self.levels.get(price)
        return level.quantity if level is not None else Quantity(0)

    def take_changes(self) -> Levels:
        """Return the levels that changed since the last call, with 0 where one ended."""
        if not self.changed:
            return ()
        changes = tuple([(price, self.quantity(price)) for price in self.changed])
        self.changed.clear()
        return changes

    def in_turn(self) -> list[BookOrder]:
        """Return all orders, by price and then by time."""
        orders: list[BookOrder] = []
        for key in reversed(self.prices.keys):
            order = self.levels[Price(key * self.prices.sign)].first
            while order is not None:
                orders.append(order)
                order = order.behind
        return orders
