"""An order book that matches by price, then by what is shown, then by time.

Orders that show nothing stand in queues of their own, behind what is shown at their price, and no
level that is published counts them. An iceberg shows a slice; the next one goes to the back of its
queue. The book knows participants only to prevent a trade with oneself; it knows no fees, no clock
and no reports.
"""

from enum import Enum
from typing import Final

from fairlead.model.inputs import Levels
from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.book_log import BookLog
from fairlead.simulator.queues import BookOrder, BookSide
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
    MINIMUM = 8  # less than its minimum could trade at once: the order did not enter


class SelfTrade(Enum):
    """What happens where an order of a participant would trade with another one of his."""

    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4  # both lose what they would have traded


_NONE: Final = Rest.NONE
_WAITS: Final = Rest.WAITS
_NEWEST: Final = SelfTrade.CANCEL_NEWEST
_OLDEST: Final = SelfTrade.CANCEL_OLDEST
_BOTH: Final = SelfTrade.CANCEL_BOTH


class Execution:
    """A trade between a waiting order (maker) and an incoming one (taker), at the maker's price.

    In an auction nobody is either: there the buyer stands as maker, at the price of the auction.
    """

    def __init__(
        self, maker: BookOrder, taker: BookOrder, quantity: Quantity, price: Price
    ) -> None:
        """Take both parties, how much they traded, and at what price."""
        self.maker = maker
        self.taker = taker
        self.price = price
        self.quantity = quantity


class Prevented:
    """What a waiting order lost, so that its participant does not trade with himself."""

    def __init__(self, maker: BookOrder, quantity: Quantity) -> None:
        """Take the order, and how much it lost; `maker.leaves` is what is left of it."""
        self.maker = maker
        self.quantity = quantity


class Matched:
    """What came of an incoming order: executions in order, what is left, what became of that.

    `prevented` are the orders of the same participant that lost something; `lost` is what the
    incoming order lost with them.
    """

    def __init__(
        self,
        executions: list[Execution],
        leaves: Quantity,
        rest: Rest,
        prevented: list[Prevented] | None = None,
        lost: int = 0,
    ) -> None:
        """Take the outcome."""
        self.executions = executions
        self.leaves = leaves
        self.rest = rest
        self.prevented = prevented
        self.lost = lost


class OrderBook:
    """The book of one instrument."""

    def __init__(self, self_trade: SelfTrade = _NEWEST) -> None:
        """Begin empty."""
        self.bids = BookSide(_BUY)
        self.asks = BookSide(Side.SELL)
        self.hidden_bids = BookSide(_BUY)
        self.hidden_asks = BookSide(Side.SELL)
        self.orders: dict[int, BookOrder] = {}
        self.log: BookLog | None = None  # what becomes of each order, for who publishes that
        self._self_trade = self_trade
        self._blocked: bool = False  # the last match ended at an order of the same participant
        self._prevented: list[Prevented] | None = None  # in the last match
        self._lost: int = 0  # by the taker, in the last match

    def add(self, order: BookOrder, handling: Handling) -> Matched:
        """Match an incoming order, and let its rest wait if its handling says so."""
        assert order.order not in self.orders, f"order {order.order} is in the book already"
        if handling is _POST_ONLY and self.would_take(order.side, order.price):
            return Matched([], order.leaves, Rest.WOULD_TAKE)
        if handling is _FOK and not self._can_trade(order, order.leaves):
            return Matched([], order.leaves, Rest.FOK)
        if order.minimum and not self._can_trade(order, order.minimum):
            return Matched([], order.leaves, Rest.MINIMUM)
        executions = self._match(order)
        rest = self._rest(order, handling)
        if rest is _WAITS:
            self.wait(order)
        matched = Matched(executions, order.leaves, rest, self._prevented, self._lost)
        self._prevented = None
        return matched

    def wait(self, order: BookOrder) -> None:
        """Let an order join the book as it is, whether or not it could trade."""
        self.orders[order.order] = order
        self.home(order).append(order)
        if self.log is not None:
            self.log.added(order)

    def cancel(self, order: int) -> Quantity:
        """Remove an order. Return what was left of it, 0 if it is not in the book."""
        found = self.orders.pop(order, None)
        if found is None:
            return Quantity(0)
        self.home(found).unlink(found)
        if self.log is not None:
            self.log.removed(found)
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
                self._cut(found, Quantity(found.leaves - leaves))
            return Matched([], leaves, Rest.WAITS)
        return self.add(self.successor(order, price, leaves), Handling.LIMIT)

    def successor(self, order: int, price: Price, leaves: Quantity) -> BookOrder:
        """Take a waiting order out; return it with other terms, not in the book yet."""
        found = self.orders[order]
        self.cancel(order)
        return BookOrder(
            order, found.participant, found.side, price, leaves, found.display, found.hidden
        )

    def would_take(self, side: Side, price: Price) -> bool:
        """Return whether an order would trade at once; a price of 0 is no limit."""
        if side is _BUY:
            return self.asks.prices.reached_by(price) or self.hidden_asks.prices.reached_by(price)
        return self.bids.prices.reached_by(price) or self.hidden_bids.prices.reached_by(price)

    def leaves(self, order: int) -> Quantity:
        """Return what is left of a waiting order, 0 if it is not in the book."""
        found = self.orders.get(order)
        return found.leaves if found is not None else Quantity(0)

    def ahead(self, order: int) -> Quantity:
        """Return how much is shown at the order's price before it, in its own queue."""
        ahead = 0
        before = self.orders[order].before
        while before is not None:
            ahead += before.leaves - before.reserve
            before = before.before
        return Quantity(ahead)

    def levels(self, side: Side, depth: int) -> Levels:
        """Return up to `depth` levels of what is shown, best first."""
        book_side = self.bids if side is _BUY else self.asks
        prices = book_side.prices.best_first(depth)
        return tuple([(price, book_side.quantity(price)) for price in prices])

    def home(self, order: BookOrder) -> BookSide:
        """Return the side in which an order stands, or would."""
        if order.hidden:
            return self.hidden_bids if order.side is _BUY else self.hidden_asks
        return self.bids if order.side is _BUY else self.asks

    def _match(self, taker: BookOrder) -> list[Execution]:
        executions: list[Execution] = []
        buys = taker.side is _BUY
        shown = self.asks if buys else self.bids
        hidden = self.hidden_asks if buys else self.hidden_bids
        keys, hidden_keys = shown.prices.keys, hidden.prices.keys
        reach = shown.prices.reach(taker.price)
        self._blocked, self._lost = False, 0
        while taker.leaves:
            makers = shown
            if hidden_keys and (not keys or hidden_keys[-1] > keys[-1]):
                if hidden_keys[-1] < reach:
                    break
                makers = hidden
            elif not keys or keys[-1] < reach:
                break
            level = makers.best()
            assert level is not None, "the best price has a level"
            maker = level.first
            assert maker is not None, "a level has an order"
            if maker.participant == taker.participant != CROWD:
                self._prevent(maker, taker)
                if self._blocked:
                    break
                continue
            slice_shown = Quantity(maker.leaves - maker.reserve)
            quantity = min(slice_shown, taker.leaves)
            executions.append(Execution(maker, taker, quantity, maker.price))
            taker.leaves = Quantity(taker.leaves - quantity)
            makers.reduce(maker, quantity)
            if self.log is not None:
                self.log.executed(maker, quantity, maker.leaves > 0 and quantity == slice_shown)
            if not maker.leaves:
                del self.orders[maker.order]
        return executions

    def _prevent(self, maker: BookOrder, taker: BookOrder) -> None:
        """Keep two orders of one participant from trading; a taker that must end is blocked."""
        mode = self._self_trade
        if mode is _NEWEST or mode is _BOTH:
            self._blocked = True
        if mode is _NEWEST:
            return
        quantity = maker.leaves
        if mode is not _OLDEST and mode is not _BOTH:
            quantity = min(quantity, taker.leaves)
            taker.leaves = Quantity(taker.leaves - quantity)
            self._lost += quantity
        if quantity == maker.leaves:
            self.cancel(maker.order)
            maker.leaves = Quantity(0)
        else:
            self._cut(maker, quantity)
        if self._prevented is None:
            self._prevented = []
        self._prevented.append(Prevented(maker, quantity))

    def _cut(self, order: BookOrder, quantity: Quantity) -> None:
        shown = order.leaves - order.reserve
        self.home(order).cut(order, quantity)
        less = shown - (order.leaves - order.reserve)
        if less and self.log is not None:
            self.log.reduced(order, Quantity(less))

    def _rest(self, order: BookOrder, handling: Handling) -> Rest:
        if not order.leaves:
            return _NONE
        if self._blocked:
            return Rest.SELF_TRADE
        if handling is _IOC:
            return Rest.IOC
        if handling is _MARKET:
            return Rest.NO_LIQUIDITY
        assert handling is not _FOK, "what can be filled wholly leaves nothing"
        return _WAITS

    def _can_trade(self, taker: BookOrder, wanted: Quantity) -> bool:
        """Return whether so much can trade before its own participant is in the way."""
        buys = taker.side is _BUY
        shown = self.asks if buys else self.bids
        hidden = self.hidden_asks if buys else self.hidden_bids
        reach = shown.prices.reach(taker.price)
        missing: int = wanted
        keys = shown.prices.keys
        if hidden.prices.keys:
            keys = sorted(dict.fromkeys([*keys, *hidden.prices.keys]))
        for key in reversed(keys):
            if key < reach:
                return False
            price = Price(key * shown.prices.sign)
            for side in (shown, hidden):
                missing, ends = self._missing_after(side, price, taker, missing)
                if missing <= 0:
                    return True
                if ends:
                    return False
        return False

    def _missing_after(
        self, side: BookSide, price: Price, taker: BookOrder, missing: int
    ) -> tuple[int, bool]:
        """Return what is still missing behind the orders at a price, and whether it ends there.

        A reserve comes forward behind all that is shown, so an own order keeps it out of reach.
        """
        level = side.levels.get(price)
        maker = level.first if level is not None else None
        reserves = 0
        while maker is not None:
            if maker.participant == taker.participant != CROWD:
                if self._self_trade is not _OLDEST:
                    return missing, True
            else:
                missing -= maker.leaves - maker.reserve
                reserves += maker.reserve
            maker = maker.behind
        return missing - reserves, False
