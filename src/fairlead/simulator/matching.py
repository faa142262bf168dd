"""An order book that matches by price, then by time.

Each level is a queue in order of arrival, linked through the orders themselves, so that a cancel in
the middle costs the same as one at the end. Links of an order that left are cleared: no cycle stays
behind for the collector. The book knows participants only to prevent a trade with oneself; it knows
no fees, no clock and no reports.
"""

from enum import Enum
from typing import Final

from fairlead.model.inputs import Levels
from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.prices import SortedPrices
from fairlead.simulator.world import CROWD, Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_BUY: Final = Side.BUY
_POST_ONLY: Final = Handling.POST_ONLY
_FOK: Final = Handling.FOK
_IOC: Final = Handling.IOC
_MARKET: Final = Handling.MARKET


class Rest(Enum):
    """What became of the part of an incoming order that did not trade at once."""

    NONE = 1  # there is none
    WAITS = 2  # it waits in the book
    WOULD_TAKE = 3  # post-only: the order did not enter
    IOC = 4
    FOK = 5
    NO_LIQUIDITY = 6  # a market order that found nobody
    SELF_TRADE = 7  # next in line was an order of the same participant


_NONE: Final = Rest.NONE
_WAITS: Final = Rest.WAITS


class BookOrder:
    """An order as the book knows it. `price` 0 is no limit, for market orders."""

    def __init__(
        self, order: int, participant: int, side: Side, price: Price, leaves: Quantity
    ) -> None:
        """Take the terms of an order that is not in the book yet."""
        assert leaves > 0, f"order {order} enters with {leaves}, expected more than 0"
        self.order = order
        self.participant = participant
        self.side = side
        self.price = price
        self.leaves: Quantity = leaves
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
        """Let an order join the end of the queue."""
        order.level = self
        order.before = self.last
        if self.last is None:
            self.first = order
        else:
            self.last.behind = order
        self.last = order
        self.quantity = Quantity(self.quantity + order.leaves)

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
        self.quantity = Quantity(self.quantity - order.leaves)
        assert (self.quantity == 0) == (self.first is None), "a level is as large as its orders"


class Execution:
    """A trade between a waiting order (maker) and an incoming one (taker), at the maker's price."""

    def __init__(self, maker: BookOrder, taker: BookOrder, quantity: Quantity) -> None:
        """Take both parties and how much they traded."""
        self.maker = maker
        self.taker = taker
        self.price = maker.price
        self.quantity = quantity


class Matched:
    """What came of an incoming order: executions in order, what is left, what became of that."""

    def __init__(self, executions: list[Execution], leaves: Quantity, rest: Rest) -> None:
        """Take the outcome."""
        self.executions = executions
        self.leaves = leaves
        self.rest = rest


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
        """Take `quantity` off an order, which keeps its place and leaves when nothing is left."""
        assert 0 < quantity <= order.leaves, f"cannot take {quantity} off {order.leaves}"
        level = order.level
        assert level is not None, f"order {order.order} is not in the book"
        if quantity == order.leaves:
            self.unlink(order)
            order.leaves = Quantity(0)
            return
        order.leaves = Quantity(order.leaves - quantity)
        level.quantity = Quantity(level.quantity - quantity)
        self.changed[order.price] = None

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


class OrderBook:
    """The book of one instrument."""

    def __init__(self) -> None:
        """Begin empty."""
        self.bids = BookSide(_BUY)
        self.asks = BookSide(Side.SELL)
        self.orders: dict[int, BookOrder] = {}

    def add(self, order: BookOrder, handling: Handling) -> Matched:
        """Match an incoming order, and let its rest wait if its handling says so."""
        assert order.order not in self.orders, f"order {order.order} is in the book already"
        if handling is _POST_ONLY and self.would_take(order.side, order.price):
            return Matched([], order.leaves, Rest.WOULD_TAKE)
        if handling is _FOK and not self._can_fill(order):
            return Matched([], order.leaves, Rest.FOK)
        executions = self._match(order)
        rest = self._rest(order, handling)
        if rest is _WAITS:
            self.orders[order.order] = order
            self._side(order.side).append(order)
        return Matched(executions, order.leaves, rest)

    def cancel(self, order: int) -> Quantity:
        """Remove an order. Return what was left of it, 0 if it is not in the book."""
        found = self.orders.pop(order, None)
        if found is None:
            return Quantity(0)
        self._side(found.side).unlink(found)
        return found.leaves

    def replace(self, order: int, price: Price, leaves: Quantity) -> Matched:
        """Give a waiting order another price and another open quantity.

        It keeps its place if its price stays and its quantity does not grow; otherwise it is
        matched as a new one.
        """
        found = self.orders[order]
        assert price > 0, f"a waiting order has a price, found {price}"
        assert leaves > 0, f"a waiting order leaves more than 0, found {leaves}"
        if price == found.price and leaves <= found.leaves:
            if leaves < found.leaves:
                self._side(found.side).reduce(found, Quantity(found.leaves - leaves))
            return Matched([], leaves, Rest.WAITS)
        self.cancel(order)
        successor = BookOrder(order, found.participant, found.side, price, leaves)
        return self.add(successor, Handling.LIMIT)

    def would_take(self, side: Side, price: Price) -> bool:
        """Return whether an order would trade at once; a price of 0 is no limit."""
        return self._opposite(side).prices.reached_by(price)

    def leaves(self, order: int) -> Quantity:
        """Return what is left of a waiting order, 0 if it is not in the book."""
        found = self.orders.get(order)
        return found.leaves if found is not None else Quantity(0)

    def ahead(self, order: int) -> Quantity:
        """Return how much waits at the order's price before it."""
        ahead = 0
        before = self.orders[order].before
        while before is not None:
            ahead += before.leaves
            before = before.before
        return Quantity(ahead)

    def levels(self, side: Side, depth: int) -> Levels:
        """Return up to `depth` levels, best first."""
        book_side = self._side(side)
        prices = book_side.prices.best_first(depth)
        return tuple([(price, book_side.quantity(price)) for price in prices])

    def _side(self, side: Side) -> BookSide:
        return self.bids if side is _BUY else self.asks

    def _opposite(self, side: Side) -> BookSide:
        return self.asks if side is _BUY else self.bids

    def _match(self, taker: BookOrder) -> list[Execution]:
        executions: list[Execution] = []
        makers = self._opposite(taker.side)
        keys = makers.prices.keys
        reach = makers.prices.reach(taker.price)
        while taker.leaves and keys and keys[-1] >= reach:
            level = makers.best()
            assert level is not None, "the best price has a level"
            maker = level.first
            assert maker is not None, "a level has an order"
            if maker.participant == taker.participant != CROWD:
                break
            quantity = min(maker.leaves, taker.leaves)
            executions.append(Execution(maker, taker, quantity))
            taker.leaves = Quantity(taker.leaves - quantity)
            makers.reduce(maker, quantity)
            if not maker.leaves:
                del self.orders[maker.order]
        return executions

    def _rest(self, order: BookOrder, handling: Handling) -> Rest:
        if not order.leaves:
            return _NONE
        if self.would_take(order.side, order.price):
            return Rest.SELF_TRADE
        if handling is _IOC:
            return Rest.IOC
        if handling is _MARKET:
            return Rest.NO_LIQUIDITY
        assert handling is not _FOK, "what can be filled wholly leaves nothing"
        return _WAITS

    def _can_fill(self, taker: BookOrder) -> bool:
        """Return whether all of it can trade before its own participant is in the way."""
        makers = self._opposite(taker.side)
        reach = makers.prices.reach(taker.price)
        missing = taker.leaves
        for key in reversed(makers.prices.keys):
            if key < reach:
                return False
            maker = makers.levels[Price(key * makers.prices.sign)].first
            while maker is not None:
                if maker.participant == taker.participant != CROWD:
                    return False
                missing = Quantity(missing - maker.leaves)
                if missing <= 0:
                    return True
                maker = maker.behind
        return False
