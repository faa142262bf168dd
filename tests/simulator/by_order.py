"""Recordings by order for the tests: words for a script, and streams as a venue makes them.

And a naive model of what becomes of our orders in them: one list per price, walked from the front.
What ours got instead of a recorded order stays in its place as a ghost, and has to trade first.
"""

import random
from collections.abc import Iterator

from fairlead.model.inputs import (
    BookOrder,
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrderReplaced,
    BookOrders,
)
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, Price, Quantity, UpdateId
from tests.simulator.orders import BUY, ONE, SELL

NOW = Nanos(0)
TICK = 5


def whole(*orders: tuple[int, Side, int, int]) -> BookOrders:
    """Return a whole book: (number, side, quantity, price) each."""
    queued = tuple(
        (number, side, Price(price), Quantity(quantity)) for number, side, quantity, price in orders
    )
    return BookOrders(ONE, queued, UpdateId(0), NOW)


def added(number: int, side: Side, quantity: int, price: int) -> BookOrderAdded:
    """Return that an order joined the book."""
    return BookOrderAdded(ONE, number, side, Price(price), Quantity(quantity), NOW)


def executed(number: int, quantity: int) -> BookOrderExecuted:
    """Return that an order traded."""
    return BookOrderExecuted(ONE, number, Quantity(quantity), Price(0), "t", NOW)


def reduced(number: int, quantity: int) -> BookOrderReduced:
    """Return that some of an order was taken back."""
    return BookOrderReduced(ONE, number, Quantity(quantity), NOW)


def removed(number: int) -> BookOrderRemoved:
    """Return that an order was taken back."""
    return BookOrderRemoved(ONE, number, NOW)


def replaced(number: int, new: int, quantity: int, price: int) -> BookOrderReplaced:
    """Return that an order was replaced."""
    return BookOrderReplaced(ONE, number, new, Price(price), Quantity(quantity), NOW)


class Entry:
    """Somebody in a queue. Of a recorded order `leaves` is what the recording says.

    `ghosts` are what would still be there of it, because ours got it instead: (quantity, when).
    """

    def __init__(self, number: int, leaves: int, joined: int, *, ours: bool = False) -> None:
        """Join."""
        self.number = number
        self.leaves = leaves
        self.joined = joined
        self.ours = ours
        self.ghosts: list[list[int]] = []
        self.taken = 0  # of a recorded order, by ours that it came to meet

    def go(self, quantity: int) -> None:
        """Let some of a recorded order trade or leave; what is ours goes first."""
        self.leaves -= quantity
        self.taken -= min(self.taken, quantity)


class Naive:
    """What would have become of everybody, one entry at a time."""

    def __init__(self) -> None:
        """Begin with an empty book."""
        self.queues: dict[tuple[Side, int], list[Entry]] = {}
        self.fills: list[tuple[int, int]] = []  # our order, quantity
        self.now = 0

    def join(self, side: Side, price: int, entry: Entry) -> None:
        """Let somebody join the end of a queue."""
        self.queues.setdefault((side, price), []).append(entry)

    def find(self, number: int) -> tuple[Side, int, Entry]:
        """Return where a recorded order stands."""
        for (side, price), queue in self.queues.items():
            for entry in queue:
                if entry.number == number and not entry.ours and entry.leaves:
                    return side, price, entry
        raise AssertionError(f"order {number} is not there")

    def whole(self, whole: BookOrders) -> None:
        """Begin with a book."""
        for number, side, price, quantity in whole.orders:
            self.join(side, price, Entry(number, quantity, self.now))

    def prices(self, side: Side) -> list[int]:
        """Return the prices at which somebody of the recording stands, lowest first."""
        return sorted(
            price
            for (known, price), queue in self.queues.items()
            if known is side and any(entry.leaves and not entry.ours for entry in queue)
        )

    def cancel(self, number: int) -> None:
        """Let an order of ours leave."""
        for queue in self.queues.values():
            for entry in queue:
                if entry.ours and entry.number == number:
                    entry.leaves = 0

    def apply(self, change: BookOrder) -> None:
        """Let the recording go on by one change."""
        self.now += 1
        if isinstance(change, BookOrderAdded):
            self.join(change.side, change.price, Entry(change.order, change.quantity, self.now))
            return
        side, price, entry = self.find(change.order)
        if isinstance(change, BookOrderExecuted):
            self._execute(side, price, entry, change.quantity)
        elif isinstance(change, BookOrderReduced):
            entry.go(change.quantity)
        else:
            entry.go(entry.leaves)
        if isinstance(change, BookOrderReplaced):
            self.join(side, change.price, Entry(change.new_order, change.quantity, self.now))

    def meet(self) -> None:
        """Let our bids trade with the offers of the recording that came to their prices."""
        bids = sorted(price for (side, price) in self.queues if side is BUY)[::-1]
        offers = sorted(price for (side, price) in self.queues if side is SELL)
        for bid in bids:
            for us in [entry for entry in self.queues[BUY, bid] if entry.ours]:
                for entry in [
                    e for price in offers if price <= bid for e in self.queues[SELL, price]
                ]:
                    quantity = min(us.leaves, entry.leaves - entry.taken)
                    if quantity > 0 and not entry.ours:
                        us.leaves -= quantity
                        entry.taken += quantity
                        self.fills.append((us.number, quantity))

    def _execute(self, side: Side, price: int, target: Entry, quantity: int) -> None:
        """Let an aggressor of this size meet our orders before the one that it met."""
        left = quantity
        sign = 1 if side is BUY else -1
        better = sorted(p * sign for s, p in self.queues if s is side and p * sign > price * sign)
        for key in [*better[::-1], price * sign]:
            left = self._pass(self.queues[side, key * sign], target, left)
        target.go(quantity)
        target.ghosts.append([quantity - left, self.now])

    def _pass(self, queue: list[Entry], target: Entry, left: int) -> int:
        """Walk a queue up to the target. Return what is left of the aggressor."""
        before = queue[: queue.index(target)] if target in queue else queue
        for index, entry in enumerate(before):
            if entry.ours:
                taken = min(entry.leaves, left)
                if taken:
                    entry.leaves -= taken
                    left -= taken
                    self.fills.append((entry.number, taken))
                continue
            if entry.leaves:
                break  # somebody of the recording stands there: nobody behind is reached
            behind = [one for one in before[index:] if one.ours and one.leaves]
            for ghost in entry.ghosts:
                if any(one.joined < ghost[1] for one in behind):  # who came later never knew of it
                    paid = min(ghost[0], left)
                    ghost[0] -= paid
                    left -= paid
        return left


def stream(seed: int, length: int) -> Iterator[BookOrder]:
    """Yield changes of a book by order: bids at 480 to 500, asks at 505 to 525."""
    chance = random.Random(seed)
    queues: dict[tuple[Side, int], list[list[int]]] = {}  # [number, leaves], oldest first
    last = 0
    for _ in range(length):
        side = chance.choice([BUY, SELL])
        prices = sorted(price for (s, price), queue in queues.items() if s is side and queue)
        draw = chance.random()
        if draw < 0.4 or not prices:
            last += 1
            depth = TICK * chance.randrange(5)
            price = 500 - depth if side is BUY else 505 + depth
            quantity = 10 * chance.randrange(1, 12)
            queues.setdefault((side, price), []).append([last, quantity])
            yield added(last, side, quantity, price)
            continue
        best = prices[-1] if side is BUY else prices[0]
        if draw < 0.75:
            queue = queues[side, best]
            quantity = min(queue[0][1], 10 * chance.randrange(1, 14))
            yield executed(queue[0][0], quantity)
            queue[0][1] -= quantity
            if not queue[0][1]:
                queue.pop(0)
            continue
        price = chance.choice(prices)
        queue = queues[side, price]
        order = queue[chance.randrange(len(queue))]
        if draw < 0.85 and order[1] > 10:
            quantity = 10 * chance.randrange(1, order[1] // 10)
            order[1] -= quantity
            yield reduced(order[0], quantity)
        elif draw < 0.92:
            queue.remove(order)
            last += 1
            quantity = 10 * chance.randrange(1, 12)
            depth = TICK * chance.randrange(5)
            to = 500 - depth if side is BUY else 505 + depth
            queues.setdefault((side, to), []).append([last, quantity])
            yield replaced(order[0], last, quantity, to)
        else:
            queue.remove(order)
            yield removed(order[0])
