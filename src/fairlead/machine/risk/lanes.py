"""Lanes: a strategy in an instrument, and what works there: in each scope, at each price of ours.

Everything that one order needs of risk hangs on its lane: the limits of its path, what each scope
has in the market, and what layer 1 counts. The order keeps the number of its lane, so that it is
found without a search.

An order is counted from when it leaves until nothing of it can trade any more, so all that is kept
is bounded by the orders that work. An order comes, moves and goes in the logarithm of how many
prices of ours there are.
"""

from bisect import bisect_left
from typing import Final

from fairlead.machine.orders import NO_LANE, Order
from fairlead.machine.risk.rate import Times
from fairlead.machine.risk.totals import Market, Outlay, Slot
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
_STOP: Final = OrderType.STOP
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_TRAILING_STOP: Final = OrderType.TRAILING_STOP


class Count:
    """What is counted in one scope."""

    def __init__(self, node: Node) -> None:
        """Begin with nothing."""
        self.node = node
        self.working = 0
        self.unanswered = 0  # orders that the venue has not answered
        self.messages = 0  # of the trading day, while a limit counts them
        self.trades = 0  # likewise
        self.times = Times()  # of messages in the window, while one is limited


class Ladder:
    """Our own orders of one side that rest at a venue, by price."""

    def __init__(self, is_bid: bool) -> None:
        """Take whether they are buys: the highest price is best; of sells the lowest is."""
        self._is_bid = is_bid
        self._keys: list[int] = []  # prices, of sells negative: ascending, the best is the last
        self._orders: dict[int, dict[OrderId, Order]] = {}
        self._spare: dict[OrderId, Order] | None = None  # what is emptied is soon needed again

    def add(self, price: Price, order: Order) -> None:
        """Let an order rest at a price."""
        key = int(price) if self._is_bid else -price
        here = self._orders.get(key)
        if here is None:
            spare = self._spare
            here = self._orders[key] = spare if spare is not None else {}
            self._spare = None
            keys = self._keys
            if not keys or keys[-1] < key:  # the best: where most begin
                keys.append(key)
            else:
                keys.insert(bisect_left(keys, key), key)
        here[order.order] = order

    def remove(self, price: Price, order: Order) -> None:
        """Let an order rest there no longer."""
        key = int(price) if self._is_bid else -price
        here = self._orders[key]
        del here[order.order]
        if not here:
            del self._orders[key]
            self._spare = here
            keys = self._keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]

    def best(self) -> Price:
        """Return the best price of ours, 0 where nothing rests."""
        best = self._keys[-1] if self._keys else 0
        return Price(best if self._is_bid else -best)

    def reached(self, price: Price) -> list[Order]:
        """Return the orders that one of the other side at `price` would trade with, best first."""
        found: list[Order] = []
        least = int(price) if self._is_bid else -price
        for key in reversed(self._keys):
            if key < least:
                break
            found += self._orders[key].values()
        return found


class Lane:
    """A strategy in an instrument."""

    def __init__(
        self,
        number: int,
        path: Path,
        slots: list[Slot],
        outlay: Outlay | None,
        counts: list[Count],
        ladders: tuple[Ladder, Ladder],
        unanswered: dict[OrderId, Nanos],
    ) -> None:
        """Take where its orders are counted."""
        self.number = number
        self.path = path
        self.market: Market = slots[0].market
        self.slots = slots  # of the path, in its order
        self.outlay = outlay  # of the account, where what it buys is paid in full
        self.changed = False  # its slots are to be valued anew
        self.counts = counts
        self.buys, self.sells = ladders
        self.unanswered = unanswered  # of the venue, oldest first


class Lanes:
    """All lanes, and all that works in them."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lanes: list[Lane] = []  # by number
        self._by_instrument: dict[InstrumentId, dict[StrategyId, Lane]] = {}
        self._counts: dict[Node, Count] = {}  # an instrument may be renamed
        self._ladders: dict[InstrumentId, tuple[Ladder, Ladder]] = {}
        self._unanswered: dict[str, dict[OrderId, Nanos]] = {}  # of each venue
        self._live: dict[OrderId, Order] = {}

    def lay(
        self,
        strategy: StrategyId,
        path: Path,
        slots: list[Slot],
        outlay: Outlay | None,
        instrument: Instrument,
    ) -> Lane:
        """Make the lane of a strategy in an instrument."""
        number = instrument.instrument
        ladders = self._ladders.get(number)
        if ladders is None:
            ladders = self._ladders[number] = (Ladder(True), Ladder(False))
        unanswered = self._unanswered.setdefault(instrument.venue, {})
        counts = [self._count(node) for node in path.nodes]
        lane = Lane(len(self._lanes), path, slots, outlay, counts, ladders, unanswered)
        self._lanes.append(lane)
        self._by_instrument.setdefault(number, {})[strategy] = lane
        return lane

    def find(self, strategy: StrategyId, instrument: InstrumentId) -> Lane | None:
        """Return the lane of a strategy in an instrument, None before `lay`."""
        here = self._by_instrument.get(instrument)
        return here.get(strategy) if here is not None else None

    def of(self, order: Order) -> Lane:
        """Return the lane of an order: it is laid."""
        if order.lane == NO_LANE:
            found = self.find(order.strategy, order.instrument)
            assert found is not None, "the lane of an order is laid"
            order.lane = found.number
        return self._lanes[order.lane]

    def all(self) -> list[Lane]:
        """Return every lane."""
        return self._lanes

    def settle(self, order: Order) -> bool:
        """Count an order anew after it changed; return whether it just ended."""
        if not order.working:
            ended = order.in_lane
            if ended:
                self._end(order)
            return ended
        if not order.in_lane:
            self._begin(order)
        if order.unanswered and order.status is not _SENT and order.status is not _UNKNOWN:
            self._answer(order, self.of(order))
        price = _resting_price(order)
        if price and price != order.resting_price:
            self._rest(order, price)
        return False

    def rest(self, order: Order, price: Price) -> None:
        """Let an order that names no price rest at the worst that it may have."""
        if order.in_lane and order.resting_price == 0 and _may_rest(order):
            self._rest(order, price)

    def begin_day(self) -> None:
        """Begin the day that orders per trade are counted in."""
        for count in self._counts.values():
            count.messages = count.trades = 0

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [
                [each.node.key, each.messages, each.trades, each.times.all()]
                for each in self._counts.values()
            ],
            [
                [number, order.resting_price, order.unanswered]
                for number, order in self._live.items()
            ],
            [[venue, list(each.items())] for venue, each in self._unanswered.items()],
        ]

    def _count(self, node: Node) -> Count:
        found = self._counts.get(node)
        if found is None:
            found = self._counts[node] = Count(node)
        return found

    def _begin(self, order: Order) -> None:
        lane = self.of(order)
        order.in_lane = True
        order.unanswered = order.status is _SENT
        self._live[order.order] = order
        for count in lane.counts:
            count.working += 1
            count.unanswered += order.unanswered
        if order.unanswered:
            lane.unanswered[order.order] = order.updated

    def _end(self, order: Order) -> None:
        lane = self.of(order)
        if order.unanswered:
            self._answer(order, lane)
        for count in lane.counts:
            count.working -= 1
        if order.resting_price:
            _ladder(order, lane).remove(order.resting_price, order)
            order.resting_price = Price(0)
        order.in_lane = False
        del self._live[order.order]

    def _answer(self, order: Order, lane: Lane) -> None:
        order.unanswered = False
        del lane.unanswered[order.order]
        for count in lane.counts:
            count.unanswered -= 1

    def _rest(self, order: Order, price: Price) -> None:
        ladder = _ladder(order, self.of(order))
        if order.resting_price:
            ladder.remove(order.resting_price, order)
        ladder.add(price, order)
        order.resting_price = price


def _ladder(order: Order, lane: Lane) -> Ladder:
    return lane.buys if order.side is _BUY else lane.sells


def _may_rest(order: Order) -> bool:
    """Whether an order may stand in the venue's book; a stop stands nowhere until it fires."""
    sent = order.sent_type
    if sent is _MARKET:
        return False
    stops = sent is _STOP or sent is _STOP_LIMIT or sent is _TRAILING_STOP
    if stops and order.status is not _TRIGGERED:
        return False
    return order.sent_time_in_force is not _IOC and order.sent_time_in_force is not _FOK


def _resting_price(order: Order) -> Price:
    """Return the price at which it may trade with ours, the nearer of two; 0 if it rests nowhere.

    While a replace is not answered nobody knows at which of the two it stands.
    """
    price, new = order.price, order.new_price
    if price == 0 or not _may_rest(order):
        return Price(0)
    if new == 0:
        return price
    return max(price, new) if order.side is _BUY else min(price, new)
