"""All of matching against a market that is a plain list, under the same random operations."""

import os
import random
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from fairlead.model.risk_terms import Phase
from fairlead.model.terms import Peg, Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.listing import Listing
from fairlead.simulator.matching import Execution, Matched, Rest, SelfTrade
from fairlead.simulator.pegs import Pegged
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.rules import ExchangeRules
from fairlead.simulator.stops import Stop
from fairlead.simulator.world import Handling
from tests.simulator.naive_market import Naive, NaiveMarket, Traded
from tests.simulator.orders import INSTRUMENT

BUY, SELL = Side.BUY, Side.SELL
FINE = msgspec.structs.replace(INSTRUMENT, price_tick=Price(1))
SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "24"))  # 2500 of them are a million operations
STEPS = 400
MIDDLE = 500
PARTICIPANTS = [0, 0, 0, 1, 2]
HANDLINGS = [Handling.LIMIT] * 8 + list(Handling)


class Twins:
    """A listing and the naive market under the same operations, and who paid what."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        mode = list(SelfTrade)[seed % len(SelfTrade)]
        self.listing = Listing(FINE, ExchangeRules(self_trade=mode))
        self.naive = NaiveMarket(mode)
        self.numbers = 0
        self.entered: Counter[int] = Counter()
        self.executed: Counter[int] = Counter()
        self.canceled: Counter[int] = Counter()
        self.money: Counter[int] = Counter()
        self.shares: Counter[int] = Counter()
        self.owners: dict[int, int] = {}

    def step(self) -> None:
        """Do one thing in both, and compare what came of it."""
        draw = self.chance.random()
        waiting = self.waiting()
        if draw < 0.62:
            self.add()
        elif draw < 0.80 and waiting:
            number = self.chance.choice(waiting)
            left = self.naive.cancel(number)
            assert self.listing.cancel(number) == left
            self.canceled[number] += left
        elif draw < 0.97 and self.naive.orders:
            self.replace(self.chance.choice(self.naive.orders))
        elif draw >= 0.985:
            self.turn_phase()
        self.settle()
        self.check()

    def add(self) -> None:
        """Enter an order of any kind."""
        self.numbers += 1
        one = self.drawn()
        self.owners[one.number] = one.who
        self.entered[one.number] = one.leaves
        entry = BookOrder(
            one.number, one.who, one.side, Price(one.price), Quantity(one.leaves),
            Quantity(one.display), one.hidden, Quantity(one.minimum),
        )  # fmt: skip
        if one.trigger:
            self.listing.stop(Stop(entry, one.handling, Price(one.trigger)))
            self.naive.add(one)
        elif one.peg is not Peg.NONE:
            self.listing.peg(Pegged(entry, one.peg, Price(one.offset), Price(one.limit)))
            self.naive.add(one)
        else:
            self.compare(entry, lambda: self.listing.enter(entry, one.handling), one)

    def drawn(self) -> Naive:
        """Return an order at random."""
        chance = self.chance
        side = chance.choice([BUY, SELL])
        handling = chance.choice([Handling.LIMIT] if self.naive.collects else HANDLINGS)
        price = MIDDLE + (-5 if side is BUY else 5) + chance.randrange(-9, 10)
        unlimited = handling is Handling.MARKET or (
            handling is Handling.MARKET_TO_LIMIT and chance.random() < 0.5
        )
        if unlimited or (self.naive.collects and chance.random() < 0.1):
            price = 0
        quantity = chance.randrange(1, 60)
        one = Naive(self.numbers, chance.choice(PARTICIPANTS), side, price, quantity)
        one.handling = handling
        kind = chance.random()
        if kind < 0.15 and price:
            one.display = chance.randrange(1, quantity + 1)
        elif kind < 0.25 and price:
            one.hidden = True
        elif kind < 0.30:
            one.minimum = 0 if self.naive.collects else chance.randrange(1, quantity + 1)
        elif kind < 0.38:
            one.trigger = MIDDLE + chance.randrange(-12, 13)
        elif kind < 0.43:
            one.hidden, one.price, one.handling = True, 0, Handling.LIMIT
            one.peg = chance.choice([Peg.PRIMARY, Peg.MIDPOINT, Peg.MARKET])
            one.offset, one.limit = chance.randrange(3), chance.choice([0, MIDDLE])
        return one

    def replace(self, one: Naive) -> None:
        """Change the terms of an order that waits in the book."""
        if one.peg is not Peg.NONE:
            return
        price = one.price + self.chance.choice([0, 0, -3, -1, 1, 3])
        leaves = self.chance.randrange(1, 60)
        self.entered[one.number] += leaves - one.leaves
        ahead = self.ahead()
        matched = self.listing.replace(one.number, Price(price), Quantity(leaves))
        rest = self.naive.replace(one.number, price, leaves)
        self.compare_outcome(one.number, matched, rest, ahead)

    def compare(self, entry: BookOrder, enter: Callable[[], Matched], one: Naive) -> None:
        """Let an order enter in both."""
        ahead = self.ahead()
        matched = enter()
        self.compare_outcome(entry.order, matched, self.naive.add(one), ahead)

    def compare_outcome(
        self, number: int, matched: Matched, rest: Rest, ahead: dict[int, tuple[int, int]]
    ) -> None:
        """Hold executions and rest against the naive ones, and against the rules by themselves."""
        done = matched.executions
        assert [traded(one) for one in done] == self.naive.traded
        assert matched.rest is rest
        self.queue_held(matched, ahead)
        self.book_money(done)
        if matched.rest not in (Rest.WAITS, Rest.NONE):
            self.canceled[number] += matched.leaves

    def queue_held(self, matched: Matched, ahead: dict[int, tuple[int, int]]) -> None:
        """A shown order behind N fills only after N, and no trade leaves out a better price."""
        passed: Counter[int] = Counter()
        for lost in matched.prevented or ():
            passed[lost.maker.price] += lost.quantity
        worst = 0
        for one in matched.executions:
            sign = 1 if one.taker.side is BUY else -1
            assert one.price * sign >= worst or worst == 0, "a better price was left out"
            worst = one.price * sign
            price, before = ahead.get(one.maker.order, (0, 0))
            if price == one.price and not one.maker.hidden and not one.maker.display:
                assert passed[one.price] >= before, "the queue was jumped"
            if not one.maker.hidden:
                passed[one.price] += one.quantity

    def ahead(self) -> dict[int, tuple[int, int]]:
        """Return price and quantity ahead of every order in the book."""
        book = self.listing.book
        return {n: (int(one.price), int(book.ahead(n))) for n, one in book.orders.items()}

    def settle(self) -> None:
        """Let stops and pegs follow in both, and compare what they did."""
        self.naive.traded.clear()
        self.naive.follow()
        done: list[Execution] = []
        while (outcome := self.listing.follow()) is not None:
            done += outcome.matched.executions
            if outcome.matched.rest not in (Rest.WAITS, Rest.NONE):
                self.canceled[outcome.order.order] += outcome.matched.leaves
        assert [traded(one) for one in done] == self.naive.traded
        self.book_money(done)
        self.naive.traded.clear()
        self.listing.look()

    def turn_phase(self) -> None:
        """Begin a call, or end it with an auction."""
        if not self.naive.collects:
            self.naive.begin_call()
            self.listing.begin_call(Phase.HALT_AUCTION)
            return
        every_price = range(1, 2 * MIDDLE)
        crossing = self.listing.crossing()
        most = max(self.naive.volume(price)[0] for price in every_price)
        if crossing.price:
            assert crossing.paired == most, "another price would trade more"
            assert (crossing.paired, crossing.imbalance) == self.naive.volume(crossing.price)
        else:
            assert not self.naive.auction_price()
        executions = self.listing.uncross()
        self.listing.phase = Phase.CONTINUOUS
        unpriced = self.listing.call.take_unpriced()
        for one in unpriced:
            self.canceled[one.order] += one.leaves
        assert totals(executions) == totals(self.naive.uncross())
        assert sum(one.quantity for one in executions) == crossing.paired
        bids, asks = self.listing.book.bids.prices, self.listing.book.asks.prices
        assert not bids.keys or not asks.keys or bids.best() < asks.best(), "an overlap is left"
        self.book_money(executions)

    def book_money(self, executions: list[Execution]) -> None:
        """Book trades: what one pays another gets."""
        for one in executions:
            maker_buys = one.maker.side is BUY
            buyer, seller = (one.maker, one.taker) if maker_buys else (one.taker, one.maker)
            assert (buyer.side, seller.side) == (BUY, SELL)
            self.money[buyer.participant] -= one.price * one.quantity
            self.money[seller.participant] += one.price * one.quantity
            self.shares[buyer.participant] += one.quantity
            self.shares[seller.participant] -= one.quantity
            for party in (buyer, seller):
                self.executed[party.order] += one.quantity
                assert not party.price or party.price * (1 if party is buyer else -1) >= (
                    one.price * (1 if party is buyer else -1)
                ), "nobody trades beyond his limit"

    def waiting(self) -> list[int]:
        """Return the numbers of all orders that wait somewhere."""
        naive = self.naive
        return [
            one.number
            for kept in (naive.orders, naive.stops, naive.pegs, naive.unpriced)
            for one in kept
        ]

    def check(self) -> None:
        """Compare the books, and that nothing is lost or made."""
        for side in (BUY, SELL):
            assert list(self.listing.book.levels(side, 1_000)) == shown(self.naive, side)
        book = self.listing.book
        assert sorted(book.orders) == sorted(one.number for one in self.naive.orders)
        for one in self.naive.orders:
            found = book.orders[one.number]
            assert (found.leaves, found.leaves - found.reserve) == (one.leaves, one.shown)
        assert sum(self.money.values()) == 0
        assert sum(self.shares.values()) == 0

    def balance(self) -> None:
        """Every unit that came was traded, canceled, lost to a self-trade, or waits."""
        left = Counter(dict.fromkeys(self.entered, 0))
        for kept in (self.naive.stops, self.naive.unpriced, self.naive.pegs, self.naive.orders):
            for one in kept:
                left[one.number] = one.leaves
        for number, entered in self.entered.items():
            out = self.executed[number] + self.canceled[number] + left[number]
            assert entered == out + self.naive.lost.get(number, 0), number


def traded(one: Execution) -> Traded:
    """Return an execution as the naive market writes it."""
    return (one.maker.order, one.taker.order, int(one.price), int(one.quantity))


def totals(executions: "list[Execution] | list[Traded]") -> Counter[tuple[int, int]]:
    """Return what each order traded at which price: who meets whom in an auction says nothing."""
    total: Counter[tuple[int, int]] = Counter()
    for one in executions:
        maker, taker, price, quantity = traded(one) if isinstance(one, Execution) else one
        total[maker, price] += quantity
        total[taker, price] += quantity
    return total


def shown(naive: NaiveMarket, side: Side) -> list[tuple[int, int]]:
    """Return the levels that are public, best first."""
    total: Counter[int] = Counter()
    for one in naive.orders:
        if one.side is side and not one.hidden:
            total[one.price] += one.shown
    return sorted(total.items(), reverse=side is BUY)


@pytest.mark.timeout(36_000 if SEEDS > 24 else 60)
def test_matching_of_every_kind_agrees_with_a_plain_list() -> None:
    for seed in range(SEEDS):
        twins = Twins(seed)
        for step in range(STEPS):
            try:
                twins.step()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, step {step}: {error}") from error
        twins.balance()
