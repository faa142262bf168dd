"""The matching book: price, then time; and the same as a list that is scanned."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.terms import Side
from fairlead.model.units import Price, Quantity
from fairlead.simulator.matching import OrderBook, Rest
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.world import CROWD, US, Handling

BUY, SELL = Side.BUY, Side.SELL
WAITING = (Handling.LIMIT, Handling.POST_ONLY)
IN_A_BOOK: list[Handling] = [one for one in Handling if one is not Handling.MARKET_TO_LIMIT]


def order(
    number: int, side: Side, price: int, quantity: int, participant: int = CROWD
) -> BookOrder:
    """Return an order that comes in."""
    return BookOrder(number, participant, side, Price(price), Quantity(quantity))


def book_with(*orders: BookOrder) -> OrderBook:
    """Return a book in which these wait."""
    book = OrderBook()
    for one in orders:
        assert book.add(one, Handling.LIMIT).rest is Rest.WAITS
    return book


def trades(book: OrderBook, incoming: BookOrder, handling: Handling) -> list[tuple[int, int, int]]:
    """Return maker, price and quantity of what an incoming order trades."""
    matched = book.add(incoming, handling)
    return [(one.maker.order, one.price, one.quantity) for one in matched.executions]


def test_the_better_price_trades_first_and_the_older_order_at_the_same_price() -> None:
    book = book_with(
        order(1, SELL, 101, 5),
        order(2, SELL, 100, 5),
        order(3, SELL, 100, 5),
        order(4, SELL, 99, 1),
    )
    assert trades(book, order(5, BUY, 100, 8), Handling.LIMIT) == [
        (4, 99, 1),
        (2, 100, 5),
        (3, 100, 2),
    ]
    assert book.leaves(3) == 3
    assert book.leaves(5) == 0


def test_an_order_trades_at_the_makers_price_and_never_through_its_own() -> None:
    book = book_with(order(1, BUY, 100, 5), order(2, BUY, 98, 5))
    assert trades(book, order(3, SELL, 99, 9), Handling.LIMIT) == [(1, 100, 5)]
    assert book.levels(SELL, 9) == ((99, 4),)
    assert book.levels(BUY, 9) == ((98, 5),)


def test_the_place_in_the_queue_is_what_waits_before_it() -> None:
    book = book_with(order(1, BUY, 100, 5), order(2, BUY, 100, 7), order(3, BUY, 100, 1))
    assert [book.ahead(number) for number in (1, 2, 3)] == [0, 5, 12]
    book.add(order(4, SELL, 100, 6), Handling.IOC)
    assert [book.ahead(number) for number in (2, 3)] == [0, 6]
    book.cancel(2)
    assert book.ahead(3) == 0


def test_a_smaller_quantity_keeps_its_place_and_a_larger_one_loses_it() -> None:
    book = book_with(order(1, BUY, 100, 5), order(2, BUY, 100, 5))
    book.replace(1, Price(100), Quantity(3))
    assert (book.ahead(1), book.ahead(2)) == (0, 3)
    book.replace(1, Price(100), Quantity(4))
    assert (book.ahead(2), book.ahead(1)) == (0, 5)


def test_another_price_loses_the_place_and_may_trade() -> None:
    book = book_with(order(1, BUY, 100, 5), order(2, BUY, 99, 5), order(3, SELL, 101, 4))
    matched = book.replace(1, Price(101), Quantity(6))
    assert [(one.maker.order, one.quantity) for one in matched.executions] == [(3, 4)]
    assert (matched.leaves, matched.rest) == (2, Rest.WAITS)
    book.replace(1, Price(99), Quantity(2))
    assert book.ahead(1) == 5


@pytest.mark.parametrize(
    ("handling", "rest"),
    [
        (Handling.LIMIT, Rest.WAITS),
        (Handling.IOC, Rest.IOC),
        (Handling.MARKET, Rest.NO_LIQUIDITY),
    ],
)
def test_what_is_not_taken_waits_or_is_gone(handling: Handling, rest: Rest) -> None:
    book = book_with(order(1, SELL, 100, 5))
    matched = book.add(order(2, BUY, 100, 8), handling)
    assert (matched.leaves, matched.rest) == (3, rest)
    assert book.leaves(2) == (3 if rest is Rest.WAITS else 0)


def test_fill_or_kill_takes_all_or_nothing() -> None:
    book = book_with(order(1, SELL, 100, 5), order(2, SELL, 101, 5))
    assert book.add(order(3, BUY, 100, 6), Handling.FOK).rest is Rest.FOK
    assert book.levels(SELL, 9) == ((100, 5), (101, 5))
    assert trades(book, order(4, BUY, 101, 6), Handling.FOK) == [(1, 100, 5), (2, 101, 1)]


def test_post_only_waits_or_does_not_enter() -> None:
    book = book_with(order(1, SELL, 100, 5))
    assert book.add(order(2, BUY, 100, 5), Handling.POST_ONLY).rest is Rest.WOULD_TAKE
    assert book.add(order(3, BUY, 99, 5), Handling.POST_ONLY).rest is Rest.WAITS
    assert book.levels(BUY, 9) == ((99, 5),)


def test_a_market_order_takes_at_any_price_and_a_protected_one_up_to_its_price() -> None:
    book = book_with(order(1, SELL, 100, 5), order(2, SELL, 900, 5), order(3, SELL, 901, 5))
    assert trades(book, order(4, BUY, 900, 20), Handling.MARKET) == [(1, 100, 5), (2, 900, 5)]
    assert trades(book, order(5, BUY, 0, 3), Handling.MARKET) == [(3, 901, 3)]


def test_nobody_trades_with_himself_the_newer_order_goes() -> None:
    book = book_with(order(1, SELL, 100, 5), order(2, SELL, 100, 5, US), order(3, SELL, 100, 5))
    matched = book.add(order(4, BUY, 100, 20, US), Handling.LIMIT)
    assert [one.maker.order for one in matched.executions] == [1]
    assert (matched.leaves, matched.rest) == (15, Rest.SELF_TRADE)
    assert book.levels(BUY, 9) == ()
    assert book.add(order(5, BUY, 100, 6, US), Handling.FOK).rest is Rest.FOK


def test_changes_are_the_levels_touched_since_the_last_time() -> None:
    book = book_with(order(1, SELL, 100, 5), order(2, SELL, 101, 5))
    assert book.asks.take_changes() == ((100, 5), (101, 5))
    book.add(order(3, BUY, 101, 7), Handling.LIMIT)
    assert book.asks.take_changes() == ((100, 0), (101, 3))
    assert book.bids.take_changes() == ()


def test_a_cancel_of_an_unknown_order_takes_nothing() -> None:
    assert book_with(order(1, SELL, 100, 5)).cancel(2) == 0


# --- the naive twin -------------------------------------------------------------------------------


class ScannedList:
    """A book as a list in order of arrival: everything is found by looking through all of it."""

    def __init__(self) -> None:
        self.orders: list[BookOrder] = []

    def add(self, taker: BookOrder, handling: Handling) -> tuple[list[tuple[int, int, int]], Rest]:
        """Match an order; return the trades and what became of the rest."""
        line = self._line(taker)
        if handling is Handling.POST_ONLY and line:
            return [], Rest.WOULD_TAKE
        reachable = 0
        for maker in line:
            if maker.participant == taker.participant != CROWD:
                break
            reachable += maker.leaves
        if handling is Handling.FOK and reachable < taker.leaves:
            return [], Rest.FOK
        done = []
        while line and taker.leaves and not line[0].participant == taker.participant != CROWD:
            maker = line.pop(0)
            quantity = min(maker.leaves, taker.leaves)
            done.append((maker.order, int(maker.price), int(quantity)))
            maker.leaves = Quantity(maker.leaves - quantity)
            taker.leaves = Quantity(taker.leaves - quantity)
        self.orders = [one for one in self.orders if one.leaves]
        if not taker.leaves:
            return done, Rest.NONE
        if line:
            return done, Rest.SELF_TRADE
        if handling in WAITING:
            self.orders.append(taker)
            return done, Rest.WAITS
        return done, Rest.IOC if handling is Handling.IOC else Rest.NO_LIQUIDITY

    def cancel(self, number: int) -> int:
        """Remove an order; return what was left of it."""
        left = sum(one.leaves for one in self.orders if one.order == number)
        self.orders = [one for one in self.orders if one.order != number]
        return left

    def levels(self, side: Side) -> list[tuple[int, int]]:
        """Return the levels of a side, best first."""
        total: Counter[int] = Counter()
        for one in self.orders:
            if one.side is side:
                total[one.price] += one.leaves
        return sorted(total.items(), reverse=side is BUY)

    def ahead(self, number: int) -> int:
        """Return how much waits before an order at its price."""
        place = next(i for i, one in enumerate(self.orders) if one.order == number)
        mine = self.orders[place]
        return sum(
            one.leaves
            for one in self.orders[:place]
            if (one.side, one.price) == (mine.side, mine.price)
        )

    def _line(self, taker: BookOrder) -> list[BookOrder]:
        """Return those the order could trade with, in order of their turn."""
        sign = 1 if taker.side is BUY else -1
        return sorted(
            (
                one
                for one in self.orders
                if one.side is not taker.side
                and (not taker.price or one.price * sign <= taker.price * sign)
            ),
            key=lambda one: one.price * sign,
        )


class Twins:
    """The book and the scanned list under the same operations, and an account of who paid what."""

    def __init__(self) -> None:
        self.book = OrderBook()
        self.naive = ScannedList()
        self.numbers = 0
        self.money: Counter[int] = Counter()
        self.shares: Counter[int] = Counter()

    def add(self, side: Side, price: int, quantity: int, handling: Handling, who: int) -> None:
        """Enter an order in both."""
        self.numbers += 1
        if handling is Handling.MARKET:
            price = 0
        before = self.resting()
        taker = order(self.numbers, side, price, quantity, who)
        matched = self.book.add(taker, handling)
        found = [(one.maker.order, one.price, one.quantity) for one in matched.executions]
        naive = self.naive.add(order(self.numbers, side, price, quantity, who), handling)
        assert (found, matched.rest) == naive
        traded = sum(one.quantity for one in matched.executions)
        assert traded + matched.leaves == quantity, "no share is lost"
        rests = matched.leaves if matched.rest is Rest.WAITS else 0
        assert self.resting() == before - traded + rests
        for one in matched.executions:
            buyer, seller = (one.taker, one.maker) if side is BUY else (one.maker, one.taker)
            self.money[buyer.participant] -= one.price * one.quantity
            self.money[seller.participant] += one.price * one.quantity
            self.shares[buyer.participant] += one.quantity
            self.shares[seller.participant] -= one.quantity

    def cancel(self, number: int) -> None:
        """Cancel in both."""
        assert self.book.cancel(number) == self.naive.cancel(number)

    def replace(self, number: int, price: int, quantity: int) -> None:
        """Replace in both: the list takes it out and in again unless it only shrinks."""
        mine = next((one for one in self.naive.orders if one.order == number), None)
        if mine is None:
            return
        matched = self.book.replace(number, Price(price), Quantity(quantity))
        if price == mine.price and quantity <= mine.leaves:
            mine.leaves = Quantity(quantity)
            return
        self.naive.cancel(number)
        taker = order(number, mine.side, price, quantity, mine.participant)
        found = [(one.maker.order, one.price, one.quantity) for one in matched.executions]
        assert (found, matched.rest) == self.naive.add(taker, Handling.LIMIT)

    def resting(self) -> int:
        """Return how many shares wait in the book."""
        return sum(level.quantity for level in self.book.bids.levels.values()) + sum(
            level.quantity for level in self.book.asks.levels.values()
        )

    def check(self) -> None:
        """Compare all that can be seen of both."""
        for side in (BUY, SELL):
            assert list(self.book.levels(side, 1_000)) == self.naive.levels(side)
        for one in self.naive.orders:
            assert self.book.leaves(one.order) == one.leaves
            assert self.book.ahead(one.order) == self.naive.ahead(one.order)
        assert len(self.book.orders) == len(self.naive.orders)
        assert sum(self.money.values()) == 0
        assert sum(self.shares.values()) == 0


entries = st.tuples(
    st.just("add"),
    st.sampled_from([BUY, SELL]),
    st.integers(1, 8),
    st.integers(1, 12),
    st.sampled_from(IN_A_BOOK),
    st.sampled_from([CROWD, CROWD, US, 2]),
)
cancels = st.tuples(st.just("cancel"), st.integers(1, 40))
replaces = st.tuples(st.just("replace"), st.integers(1, 40), st.integers(1, 8), st.integers(1, 12))


@given(st.lists(st.one_of(entries, entries, cancels, replaces), max_size=60))
def test_the_book_does_what_a_scanned_list_does(operations: list[tuple[object, ...]]) -> None:
    twins = Twins()
    for name, *arguments in operations:
        getattr(twins, str(name))(*arguments)
        twins.check()


def test_fifty_thousand_operations_agree_with_a_scanned_list() -> None:
    chance = random.Random(20240809)
    twins = Twins()
    for step in range(50_000):
        draw = chance.random()
        if draw < 0.55:
            handling = chance.choice([Handling.LIMIT] * 6 + IN_A_BOOK)
            who = chance.choice([CROWD, CROWD, CROWD, US])
            side = chance.choice([BUY, SELL])
            middle = 500 - 9 if side is BUY else 500 + 9
            price = middle + chance.randrange(-14, 15)
            twins.add(side, price, chance.randrange(1, 100), handling, who)
        elif draw < 0.83 and twins.naive.orders:
            waiting = twins.naive.orders
            twins.cancel(waiting[chance.randrange(len(waiting))].order)
        elif twins.naive.orders:
            one = chance.choice(twins.naive.orders)
            shrink = chance.random() < 0.5
            price = one.price if shrink else Price(one.price + chance.randrange(-3, 4))
            twins.replace(one.order, price, chance.randrange(1, 100))
        if step % 500 == 0:
            twins.check()
    twins.check()
