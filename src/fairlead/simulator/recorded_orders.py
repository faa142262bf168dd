"""The orders of a recorded book that is known by order, and exactly where ours stand among them.

Every order has a *place*: a number that rises with each arrival. Orders of one price trade in the
order of their places, so what is ahead of an order of ours is what is left of those at its price
with smaller places. Nothing is guessed: it gets less by what of them trades, and by what of them is
taken back, wherever in the queue that is. An order that is reduced keeps its place; one that is
replaced gets a new one, also where it keeps its number.

What trades with an order of ours was meant for an order behind it, which the recording has traded,
and which with us there would still stand. If a second order of ours waits behind that one, it
*owes* as much: it lets so much of further trades at its price pass before it is filled. Each pays
for itself, also where two wait for the same shares: so a single order of ours is filled exactly as
it would have been, and several rather later than sooner.

What we took ourselves is remembered with the orders that we took it from, oldest first. It is gone
for good, and not only until its level changes.
"""

from fairlead.model.inputs import BookOrders
from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity


class RecordedOrder:
    """An order of the recording: what is left of it, and how much of that we took."""

    def __init__(self, side: Side, price: Price, leaves: Quantity, place: int) -> None:
        """Take the terms of an order that joins its queue."""
        self.side = side
        self.price = price
        self.leaves: Quantity = leaves
        self.place = place
        self.taken: Quantity = Quantity(0)


class RecordedQueue:
    """The orders of one price, in the order of their places, and what is left of all of them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.orders: dict[int, RecordedOrder] = {}
        self.quantity: Quantity = Quantity(0)
        self.taken: Quantity = Quantity(0)


class RecordedOrders:
    """All orders of one instrument, by number and by price. Each change costs the same."""

    def __init__(self) -> None:
        """Begin with an empty book."""
        self._orders: dict[int, RecordedOrder] = {}
        self._bids: dict[Price, RecordedQueue] = {}
        self._asks: dict[Price, RecordedQueue] = {}
        self._places: int = 0

    def next_place(self) -> int:
        """Return the place of who joins now: after everybody who is there."""
        self._places += 1
        return self._places

    def find(self, order: int) -> RecordedOrder | None:
        """Return an order by its number, `None` if it is not there."""
        return self._orders.get(order)

    def at(self, side: Side, price: Price) -> RecordedQueue | None:
        """Return the queue at a price, `None` if nobody stands there."""
        return self._queues(side).get(price)

    def add(self, order: int, side: Side, price: Price, quantity: Quantity) -> None:
        """Let an order join the end of its queue. Its number is not in use."""
        self._join(order, RecordedOrder(side, price, quantity, self.next_place()))

    def take_off(self, order: int, quantity: Quantity) -> None:
        """Take `quantity` off an order, which is gone when nothing is left.

        What we took of it goes first.
        """
        found = self._orders[order]
        queue = self._queues(found.side)[found.price]
        assert 0 < quantity <= found.leaves, f"cannot take {quantity} off {found.leaves}"
        ours = min(found.taken, quantity)
        found.taken = Quantity(found.taken - ours)
        found.leaves = Quantity(found.leaves - quantity)
        queue.taken = Quantity(queue.taken - ours)
        queue.quantity = Quantity(queue.quantity - quantity)
        if not found.leaves:
            del self._orders[order]
            del queue.orders[order]
            if not queue.orders:
                del self._queues(found.side)[found.price]

    def consume(self, side: Side, price: Price, quantity: Quantity) -> None:
        """Remember that we took `quantity` at a price, from those who had waited longest."""
        queue = self._queues(side)[price]
        queue.taken = Quantity(queue.taken + quantity)
        left: int = quantity
        for one in queue.orders.values():
            taken = min(left, one.leaves - one.taken)
            one.taken = Quantity(one.taken + taken)
            left -= taken
            if not left:
                return
        raise AssertionError("nobody takes more than is displayed")

    def replace_all(self, whole: BookOrders) -> None:
        """Take over a whole book. An order that stood there before, as it is now, keeps its place.

        So we stay behind those we stood behind, and in front of those who came while the feed had
        lost its place.
        """
        before = self._orders
        self._orders = {}
        self._bids.clear()
        self._asks.clear()
        for number, side, price, quantity in whole.orders:
            known = before.get(number)
            if known is None or known.side is not side or known.price != price:
                self.add(number, side, price, quantity)
                continue
            kept = RecordedOrder(side, price, quantity, known.place)
            kept.taken = min(known.taken, quantity)
            self._join(number, kept)

    def prices(self, side: Side) -> list[Price]:
        """Return the prices of one side, in no order that means anything."""
        return list(self._queues(side))

    def ahead(self, side: Side, price: Price, place: int) -> int:
        """Return what is left of the orders at a price that stand before a place."""
        queue = self._queues(side).get(price)
        if queue is None:
            return 0
        return sum([one.leaves for one in queue.orders.values() if one.place < place])

    def _join(self, number: int, order: RecordedOrder) -> None:
        assert number not in self._orders, f"order {number} is in the book already"
        self._orders[number] = order
        queues = self._queues(order.side)
        queue = queues.get(order.price)
        if queue is None:
            queue = queues[order.price] = RecordedQueue()
        queue.orders[number] = order
        queue.quantity = Quantity(queue.quantity + order.leaves)
        queue.taken = Quantity(queue.taken + order.taken)

    def _queues(self, side: Side) -> dict[Price, RecordedQueue]:
        return self._bids if side is Side.BUY else self._asks
