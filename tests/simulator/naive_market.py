"""A market as a plain list that is sorted anew for every question: what matching means, not how."""

from copy import deepcopy
from dataclasses import dataclass, field

from fairlead.model.terms import Peg, Side
from fairlead.simulator.matching import Rest, SelfTrade
from fairlead.simulator.world import CROWD, Handling

BUY, SELL = Side.BUY, Side.SELL
Traded = tuple[int, int, int, int]  # maker, taker, price, quantity


@dataclass
class Naive:
    """An order. `turn` is its place in time; it is given anew whenever it joins a queue."""

    number: int
    who: int
    side: Side
    price: int
    leaves: int
    display: int = 0
    hidden: bool = False
    minimum: int = 0
    trigger: int = 0
    handling: Handling = Handling.LIMIT
    peg: Peg = Peg.NONE
    offset: int = 0
    limit: int = 0
    shown: int = 0
    turn: int = 0

    @property
    def sign(self) -> int:
        """1 for a buyer, -1 for a seller: a better price is a larger `price * sign`."""
        return 1 if self.side is BUY else -1


@dataclass
class NaiveMarket:
    """All orders of one instrument, wherever they wait."""

    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    orders: list[Naive] = field(default_factory=list)  # in the book
    stops: list[Naive] = field(default_factory=list)
    pegs: list[Naive] = field(default_factory=list)  # those that live, in the book or not
    unpriced: list[Naive] = field(default_factory=list)
    collects: bool = False
    last: int = 0
    turns: int = 0
    traded: list[Traded] = field(default_factory=list)
    lost: dict[int, int] = field(default_factory=dict)  # by order: not traded with oneself

    def add(self, order: Naive) -> Rest:
        """Take in an order; return what became of it."""
        if order.trigger:
            self.stops.append(order)
            return Rest.WAITS
        if order.peg is not Peg.NONE:
            self.pegs.append(order)
            return Rest.WAITS
        return self.enter(order)

    def enter(self, order: Naive) -> Rest:
        """Let an order meet the others."""
        if self.collects:
            (self.join if order.price else self.unpriced.append)(order)
            return Rest.WAITS
        if order.handling is Handling.MARKET_TO_LIMIT:
            touch = self.touch(SELL if order.side is BUY else BUY)
            if not touch or (order.price and touch * order.sign > order.price * order.sign):
                return Rest.NO_LIQUIDITY
            order.price = touch
        if refused := self.refused(order):
            return refused
        blocked = self.match(order)
        if not order.leaves:
            return Rest.NONE
        if blocked:
            return Rest.SELF_TRADE
        if order.handling is Handling.IOC:
            return Rest.IOC
        if order.handling is Handling.MARKET:
            return Rest.NO_LIQUIDITY
        self.join(order)
        return Rest.WAITS

    def refused(self, order: Naive) -> Rest | None:
        """Return why an order does not enter at all, None if it does."""
        if order.handling is Handling.POST_ONLY and self.line(order):
            return Rest.WOULD_TAKE
        if order.handling is Handling.FOK and self.tradable(order) < order.leaves:
            return Rest.FOK
        if order.minimum and self.tradable(order) < order.minimum:
            return Rest.MINIMUM
        return None

    def match(self, taker: Naive, only_strangers: bool = False) -> bool:
        """Trade; return whether the taker ended at an order of its own participant."""
        while taker.leaves and (line := self.line(taker)):
            maker = line[0]
            if maker.who == taker.who != CROWD:
                ends = self.self_trade in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH)
                if only_strangers and self.self_trade is not SelfTrade.CANCEL_OLDEST:
                    return True
                self.prevent(maker, taker)
                if ends:
                    return True
                continue
            quantity = min(maker.shown, taker.leaves)
            self.traded.append((maker.number, taker.number, maker.price, quantity))
            self.last = maker.price
            taker.leaves -= quantity
            maker.leaves -= quantity
            maker.shown -= quantity
            if not maker.leaves:
                self.orders.remove(maker)
            elif not maker.shown:
                self.orders.remove(maker)
                self.join(maker)
        return False

    def prevent(self, maker: Naive, taker: Naive) -> None:
        """Do what the mode says to two orders of one participant."""
        if self.self_trade is SelfTrade.CANCEL_NEWEST:
            return
        quantity = maker.leaves
        if self.self_trade is SelfTrade.DECREMENT:
            quantity = min(maker.leaves, taker.leaves)
            taker.leaves -= quantity
            self.lost[taker.number] = self.lost.get(taker.number, 0) + quantity
        self.lost[maker.number] = self.lost.get(maker.number, 0) + quantity
        self.cut(maker, quantity)

    def cut(self, order: Naive, quantity: int) -> None:
        """Make an order smaller: what it does not show goes first, and it keeps its place."""
        order.leaves -= quantity
        order.shown = min(order.shown, order.leaves)
        if not order.leaves:
            self.orders.remove(order)

    def line(self, taker: Naive) -> list[Naive]:
        """Return whom an order could trade with, in turn."""
        reachable = [
            one
            for one in self.orders
            if one.side is not taker.side
            and (not taker.price or one.price * taker.sign <= taker.price * taker.sign)
        ]
        return sorted(reachable, key=lambda one: (one.price * taker.sign, one.hidden, one.turn))

    def tradable(self, taker: Naive) -> int:
        """Return how much an order would trade at once before it meets its own participant."""
        trial = deepcopy(self)
        trial.traded = []
        trial.match(deepcopy(taker), only_strangers=True)
        return sum(quantity for *_, quantity in trial.traded)

    def join(self, order: Naive) -> None:
        """Put an order at the end of its queue, an iceberg with a new slice."""
        self.turns += 1
        order.turn = self.turns
        order.shown = min(order.leaves, order.display or order.leaves)
        self.orders.append(order)

    def follow(self) -> None:
        """Fire stops and move pegs until it is quiet."""
        while not self.collects and (self.fire() or self.move_a_peg()):
            pass

    def fire(self) -> bool:
        """Let the next stop enter that the last trade fires."""
        reached = [
            one
            for one in self.stops
            if self.last and one.trigger * one.sign <= self.last * one.sign
        ]
        if not reached:
            return False
        buyers = [one for one in reached if one.side is BUY]
        stop = min(buyers or reached, key=lambda one: one.trigger * one.sign)
        self.stops.remove(stop)
        self.enter(stop)
        return True

    def move_a_peg(self) -> bool:
        """Let the first peg enter anew whose price is another now."""
        for peg in list(self.pegs):
            if not peg.leaves:
                self.pegs.remove(peg)
                continue
            stands = peg in self.orders
            price = self.peg_price(peg)
            if price == (peg.price if stands else 0):
                continue
            if stands:
                self.orders.remove(peg)
            peg.price = price
            if price:
                if self.enter(peg) is not Rest.WAITS:
                    self.pegs.remove(peg)
                return True
        return False

    def peg_price(self, peg: Naive) -> int:
        """Return the price of a peg, 0 where there is nothing to follow."""
        bid, ask = self.touch(BUY), self.touch(SELL)
        if peg.peg is Peg.MIDPOINT:
            if not bid or not ask:
                return 0
            total = bid + ask
            price = total // 2 if peg.side is BUY else (total + 1) // 2
        else:
            price = bid if (peg.side is BUY) == (peg.peg is Peg.PRIMARY) else ask
            if not price:
                return 0
        price -= peg.offset * peg.sign
        if peg.limit:
            price = min(price, peg.limit) if peg.side is BUY else max(price, peg.limit)
        return max(0, price)

    def touch(self, side: Side) -> int:
        """Return the best price that is shown on a side, 0 if there is none."""
        prices = [one.price for one in self.orders if one.side is side and not one.hidden]
        return (max(prices) if side is BUY else min(prices)) if prices else 0

    def cancel(self, number: int) -> int:
        """Remove an order; return what was left of it."""
        left = 0
        for kept in (self.orders, self.stops, self.pegs, self.unpriced):
            for one in [one for one in kept if one.number == number]:
                kept.remove(one)
                left = one.leaves
        return left

    def replace(self, number: int, price: int, leaves: int) -> Rest:
        """Give an order in the book other terms."""
        found = next(one for one in self.orders if one.number == number)
        if price == found.price and leaves <= found.leaves:
            if leaves < found.leaves:
                self.cut(found, found.leaves - leaves)
            return Rest.WAITS
        self.orders.remove(found)
        found.price, found.leaves, found.handling, found.minimum = price, leaves, Handling.LIMIT, 0
        return self.enter(found)

    def begin_call(self) -> None:
        """Collect from now on."""
        self.collects = True
        for peg in self.pegs:
            if peg in self.orders:
                self.orders.remove(peg)

    def volume(self, price: int) -> tuple[int, int]:
        """Return what would trade at a price, and what would be left over of buyers."""
        every = [*self.orders, *self.unpriced]
        demand = sum(
            one.leaves for one in every if one.side is BUY and (not one.price or one.price >= price)
        )
        supply = sum(
            one.leaves
            for one in every
            if one.side is SELL and (not one.price or one.price <= price)
        )
        return min(demand, supply), demand - supply

    def auction_price(self) -> int:
        """Return the price of the auction, 0 for none."""
        limits = sorted({one.price for one in self.orders}) or [self.last] * bool(self.last)
        if not limits or not (most := max(self.volume(price)[0] for price in limits)):
            return 0
        best = [price for price in limits if self.volume(price)[0] == most]
        least = min(abs(self.volume(price)[1]) for price in best)
        best = [price for price in best if abs(self.volume(price)[1]) == least]
        left = [self.volume(price)[1] for price in best]
        if min(left) > 0:
            return best[-1]
        if max(left) < 0:
            return best[0]
        reference = self.last or (best[0] + best[-1]) // 2
        return min(max(reference, best[0]), best[-1])

    def uncross(self) -> list[Traded]:
        """Trade what was collected; return the trades. Unpriced orders that are left are gone."""
        price = self.auction_price()
        self.collects = False
        self._partial.clear()
        done: list[Traded] = []
        while price:
            buyers, sellers = self.in_turn(BUY, price), self.in_turn(SELL, price)
            if not buyers or not sellers:
                break
            buyer, seller = buyers[0], sellers[0]
            quantity = min(buyer.leaves, seller.leaves)
            done.append((buyer.number, seller.number, price, quantity))
            self.last = price
            for one in (buyer, seller):
                self.fill_in_auction(one, quantity)
        self.unpriced.clear()
        return done

    def in_turn(self, side: Side, price: int) -> list[Naive]:
        """Return who trades at a price, in turn: by the place that each had when the call ended."""
        sign = 1 if side is BUY else -1
        priced = [
            one for one in self.orders if one.side is side and one.price * sign >= price * sign
        ]
        priced.sort(key=lambda one: (-one.price * sign, one.hidden, one.turn))
        partial = [one for one in priced if one.number in self._partial]
        rest = [one for one in priced if one.number not in self._partial]
        return [one for one in self.unpriced if one.side is side] + partial + rest

    def fill_in_auction(self, order: Naive, quantity: int) -> None:
        """Take an execution off an order; with its next slice it keeps its turn till the end."""
        if not order.price or quantity == order.leaves:
            order.leaves -= quantity
            if not order.leaves:
                (self.orders if order.price else self.unpriced).remove(order)
                self._partial.discard(order.number)
            return
        self._partial.add(order.number)
        while quantity:
            part = min(quantity, order.shown)
            order.leaves -= part
            order.shown -= part
            quantity -= part
            if not order.shown:
                self.orders.remove(order)
                self.join(order)

    _partial: set[int] = field(default_factory=set)  # orders that trade in parts in an auction
