"""What works, counted where layer 1 needs it: in each scope, at each venue, at each price of ours.

A lane is a strategy in an instrument; every order of it is counted in the scopes of its path. An
order is counted from when it leaves until nothing of it can trade any more, so all that is kept is
bounded by the orders that work. An order comes, moves and goes in the logarithm of how many prices
of ours there are.
"""

from bisect import bisect_left
from collections import deque
from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.tree import Node, Path
from fairlead.model.instruments import Instrument
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, StrategyId

_BUY: Final = Side.BUY
_SENT: Final = Status.SENT
_UNKNOWN: Final = Status.UNKNOWN
_TRIGGERED: Final = Status.TRIGGERED
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK
_MARKET: Final = OrderType.MARKET
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Count:
    """What is counted in one scope."""

    def __init__(self, node: Node) -> None:
        """Begin with nothing."""
        self.node = node
        self.working = 0
        self.unanswered = 0  # orders that the venue has not answered
        self.messages = 0  # of the trading day, while a limit counts them
        self.trades = 0  # likewise
        self.times: deque[int] = deque()  # of messages in the window, while one is limited


class Ladder:
    """Our own orders of one side that rest at a venue, by price."""

    def __init__(self, sign: int) -> None:
        """Take `sign` 1 for buys (the highest price is best), -1 for sells (the lowest is)."""
        self._sign = sign
        self._keys: list[int] = []  # price * sign, ascending: the best is the last
        self._orders: dict[int, dict[OrderId, Order]] = {}

    def add(self, price: Price, order: Order) -> None:
        """Let an order rest at a price."""
        key = price * self._sign
        here = self._orders.get(key)
        if here is None:
            here = self._orders[key] = {}
            self._keys.insert(bisect_left(self._keys, key), key)
        here[order.order] = order

    def remove(self, price: Price, order: Order) -> None:
        """Let an order rest there no longer."""
        key = price * self._sign
        here = self._orders[key]
        del here[order.order]
        if not here:
            del self._orders[key]
            del self._keys[bisect_left(self._keys, key)]

    def best(self) -> Price:
        """Return the best price of ours, 0 where nothing rests."""
        return Price(self._keys[-1] * self._sign) if self._keys else Price(0)

    def reached(self, price: Price) -> list[Order]:
        """Return the orders that one of the other side at `price` would trade with, best first."""
        found: list[Order] = []
        least = price * self._sign
        for key in reversed(self._keys):
            if key < least:
                break
            found += self._orders[key].values()
        return found


class Lane:
    """A strategy in an instrument."""

    def __init__(
        self,
        path: Path,
        counts: list[Count],
        buys: Ladder,
        sells: Ladder,
        unanswered: dict[OrderId, Nanos],
    ) -> None:
        """Take where its orders are counted."""
        self.path = path
        self.counts = counts
        self.buys = buys
        self.sells = sells
        self.unanswered = unanswered


class Live:
    """What is counted for one order that works."""

    def __init__(self, order: Order, lane: Lane) -> None:
        """Begin without a price, and answered."""
        self.order = order
        self.lane = lane
        self.price = Price(0)  # at which it rests; 0: nowhere yet
        self.unanswered = False


class Lanes:
    """All lanes, and all that works in them."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lanes: dict[tuple[StrategyId, InstrumentId], Lane] = {}
        self._counts: dict[Node, Count] = {}  # an instrument may be renamed
        self._ladders: dict[InstrumentId, tuple[Ladder, Ladder]] = {}
        self._unanswered: dict[str, dict[OrderId, Nanos]] = {}  # of each venue, oldest first
        self._live: dict[OrderId, Live] = {}

    def lay(self, strategy: StrategyId, path: Path, instrument: Instrument) -> None:
        """Make the lane of a strategy in an instrument."""
        ladders = self._ladders.get(instrument.instrument)
        if ladders is None:
            ladders = self._ladders[instrument.instrument] = (Ladder(1), Ladder(-1))
        unanswered = self._unanswered.setdefault(instrument.venue, {})
        counts = [self._count(node) for node in path.nodes]
        lane = Lane(path, counts, ladders[0], ladders[1], unanswered)
        self._lanes[strategy, instrument.instrument] = lane

    def of(self, order: Order) -> Lane:
        """Return the lane of an order."""
        return self._lanes[order.strategy, order.instrument]

    def all(self) -> list[Lane]:
        """Return every lane."""
        return list(self._lanes.values())

    def settle(self, order: Order) -> bool:
        """Count an order anew after it changed; return whether it just ended."""
        live = self._live.get(order.order)
        if not order.working:
            if live is None:
                return False
            self._end(live)
            return True
        if live is None:
            live = self._begin(order)
        if live.unanswered and order.status is not _SENT and order.status is not _UNKNOWN:
            self._answer(live)
        price = _resting_price(order)
        if price and price != live.price:
            self._rest(live, price)
        return False

    def rest(self, order: Order, price: Price) -> None:
        """Let an order that names no price rest at the worst that it may have."""
        live = self._live.get(order.order)
        if live is not None and live.price == 0 and _may_rest(order):
            self._rest(live, price)

    def begin_day(self) -> None:
        """Begin the day that orders per trade are counted in."""
        for count in self._counts.values():
            count.messages = count.trades = 0

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [
                [each.node.key, each.messages, each.trades, list(each.times)]
                for each in self._counts.values()
            ],
            [[number, live.price, live.unanswered] for number, live in self._live.items()],
            [[venue, list(each.items())] for venue, each in self._unanswered.items()],
        ]

    def _count(self, node: Node) -> Count:
        found = self._counts.get(node)
        if found is None:
            found = self._counts[node] = Count(node)
        return found

    def _begin(self, order: Order) -> Live:
        lane = self._lanes[order.strategy, order.instrument]
        live = self._live[order.order] = Live(order, lane)
        live.unanswered = order.status is _SENT
        for count in lane.counts:
            count.working += 1
            count.unanswered += live.unanswered
        if live.unanswered:
            lane.unanswered[order.order] = order.updated
        return live

    def _end(self, live: Live) -> None:
        if live.unanswered:
            self._answer(live)
        for count in live.lane.counts:
            count.working -= 1
        if live.price:
            self._ladder(live).remove(live.price, live.order)
        del self._live[live.order.order]

    def _answer(self, live: Live) -> None:
        live.unanswered = False
        del live.lane.unanswered[live.order.order]
        for count in live.lane.counts:
            count.unanswered -= 1

    def _rest(self, live: Live, price: Price) -> None:
        ladder = self._ladder(live)
        if live.price:
            ladder.remove(live.price, live.order)
        ladder.add(price, live.order)
        live.price = price

    def _ladder(self, live: Live) -> Ladder:
        return live.lane.buys if live.order.side is _BUY else live.lane.sells


def _may_rest(order: Order) -> bool:
    """Whether an order may stand in the venue's book; a stop stands nowhere until it fires."""
    if order.sent_type is _MARKET:
        return False
    if order.sent_type in _STOPS and order.status is not _TRIGGERED:
        return False
    return order.sent_time_in_force is not _IOC and order.sent_time_in_force is not _FOK


def _resting_price(order: Order) -> Price:
    """Return the price at which it may trade with ours, the nearer of two; 0 if it rests nowhere.

    While a replace is not answered nobody knows at which of the two it stands.
    """
    if order.price == 0 or not _may_rest(order):
        return Price(0)
    if order.new_price == 0:
        return order.price
    return (max if order.side is _BUY else min)(order.price, order.new_price)
