"""Orders of every kind at the exchange, as who sent them sees it."""

import os
import random
from collections import Counter

import pytest

from fairlead.model.inputs import (
    BookOrderAdded,
    BookOrderExecuted,
    BookOrderReduced,
    BookOrderRemoved,
    BookOrders,
    Statement,
    Trade,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFilled,
    VenueRejected,
)
from fairlead.model.outputs import SendOrder
from fairlead.model.risk_terms import Phase
from fairlead.model.terms import OrderType, Peg, TimeInForce
from fairlead.model.units import BasisPoints, InstrumentId, Nanos, OrderId, Price, Quantity
from fairlead.simulator.bands import BandTerms
from fairlead.simulator.matching import SelfTrade
from fairlead.simulator.operator import Operator
from fairlead.simulator.ticks import TickTable
from fairlead.simulator.world import CROWD, Handling
from tests.simulator.orders import BUY, ONE, SELL, START, ask, cancel, replace, send
from tests.simulator.trading_day import ANYTHING, HOUR, Day, order

STOP = {"order_type": OrderType.STOP}
STOP_LIMIT = {"order_type": OrderType.STOP_LIMIT}
PEG = {"order_type": OrderType.PEGGED, "price_worst": Price(0)}


def test_a_stop_fires_with_the_first_trade_at_its_trigger_price() -> None:
    day = Day()
    day.crowd(SELL, 50, 500)
    day.crowd(SELL, 50, 510)
    assert day.we(order(1, BUY, 40, trigger_price=Price(505), **STOP)) == ["accepted 1"]
    day.crowd(BUY, 50, 500)
    assert day.wait() == []
    day.crowd(BUY, 10, 510)
    assert day.wait() == ["triggered 1", "filled 1 40@510 taker"]


def test_a_stop_limit_waits_at_its_limit_once_it_has_fired() -> None:
    day = Day()
    day.crowd(BUY, 50, 500)
    stop = order(1, SELL, 30, 505, trigger_price=Price(500), **STOP_LIMIT)
    assert day.we(stop) == ["accepted 1"]
    day.crowd(SELL, 10, 500)
    assert day.wait() == ["triggered 1"]
    assert day.listing.book.levels(SELL, 9) == ((505, 30),)
    assert day.we(replace(1, SELL, 30, 510)) == ["replaced 1 30@510"]


def test_a_stop_that_would_fire_at_once_does() -> None:
    day = Day()
    day.crowd(SELL, 50, 500)
    day.crowd(BUY, 10, 500)
    stop = order(1, BUY, 40, trigger_price=Price(495), **STOP)
    assert day.we(stop) == ["accepted 1", "triggered 1", "filled 1 40@500 taker"]


def test_one_stop_fires_the_next_one() -> None:
    day = Day()
    for price in (500, 505, 510):
        day.crowd(SELL, 10, price)
    day.we(order(1, BUY, 10, trigger_price=Price(505), **STOP))
    day.we(order(2, BUY, 10, trigger_price=Price(500), **STOP))
    day.crowd(BUY, 10, 500)
    assert day.wait() == [
        "triggered 2",
        "filled 2 10@505 taker",
        "triggered 1",
        "filled 1 10@510 taker",
    ]


def test_a_waiting_stop_can_be_changed_and_canceled() -> None:
    day = Day()
    day.we(order(1, BUY, 30, 510, trigger_price=Price(505), **STOP_LIMIT))
    terms = order(1, BUY, 30, 515, trigger_price=Price(500), **STOP_LIMIT).approved
    changed = replace(1, BUY, 30, 515)
    assert day.we(type(changed)(terms)) == ["replaced 1 30@515"]
    assert day.listing.stops.waiting[1].trigger == 500
    assert day.we(cancel(1)) == ["canceled 1 requested"]
    assert not day.listing.stops.waiting


def test_market_to_limit_takes_the_touch_alone_and_waits_there() -> None:
    day = Day()
    day.crowd(SELL, 20, 500)
    day.crowd(SELL, 20, 505)
    one = order(1, BUY, 50, order_type=OrderType.MARKET_TO_LIMIT)
    assert day.we(one) == ["accepted 1", "filled 1 20@500 taker"]
    assert day.listing.book.levels(BUY, 9) == ((500, 30),)
    assert day.exchange.orders[one.approved.order].limit == 500
    assert day.we(cancel(1)) == ["canceled 1 requested"]


def test_an_iceberg_shows_a_slice_and_goes_to_the_back_with_the_next() -> None:
    day = Day()
    assert day.we(order(1, SELL, 100, 500, display_quantity=Quantity(20))) == ["accepted 1"]
    day.crowd(SELL, 30, 500)
    assert day.listing.book.levels(SELL, 9) == ((500, 50),)
    day.crowd(BUY, 25, 500)
    assert day.wait() == ["filled 1 20@500 maker"]
    assert day.listing.book.ahead(1) == 25
    assert day.listing.book.levels(SELL, 9) == ((500, 45),)
    day.crowd(BUY, 200, 500)
    assert day.wait() == [f"filled 1 {n}@500 maker" for n in (20, 20, 20, 20)]


def test_what_is_hidden_is_not_published_and_stands_behind_what_shows_itself() -> None:
    day = Day()
    day.crowd(SELL, 30, 500, hidden=True)
    day.crowd(SELL, 20, 500)
    assert day.listing.book.levels(SELL, 9) == ((500, 20),)
    day.we(send(1, BUY, 50, 500))
    assert [fill.quantity for fill in day.told(VenueFilled)] == [20, 30]


def test_a_midpoint_peg_follows_the_middle_and_trades_there() -> None:
    day = Day()
    day.crowd(BUY, 20, 490)
    ask = day.crowd(SELL, 20, 510)
    assert day.we(order(1, BUY, 30, peg=Peg.MIDPOINT, **PEG)) == ["accepted 1"]
    assert day.listing.book.orders[1].price == 500
    day.exchange.withdraw(day.listing, ask, day.now)
    day.crowd(SELL, 20, 530)
    assert day.listing.book.orders[1].price == 510
    day.crowd(SELL, 10, 500, handling=Handling.IOC)
    assert day.wait() == ["filled 1 10@510 maker"]
    assert day.we(cancel(1)) == ["canceled 1 requested"]


def test_a_peg_without_a_touch_waits_outside_of_the_book() -> None:
    day = Day()
    day.we(order(1, BUY, 30, peg=Peg.PRIMARY, peg_offset=Price(5), **PEG))
    assert 1 not in day.listing.book.orders
    day.crowd(BUY, 20, 490)
    assert day.listing.book.orders[1].price == 485
    assert day.we(cancel(1)) == ["canceled 1 requested"]


@pytest.mark.parametrize(
    ("mode", "reports", "left"),
    [
        (SelfTrade.CANCEL_NEWEST, ["accepted 2", "canceled 2 self_trade"], ((500, 50),)),
        (SelfTrade.CANCEL_OLDEST, ["accepted 2", "canceled 1 self_trade"], ()),
        (
            SelfTrade.CANCEL_BOTH,
            ["accepted 2", "canceled 1 self_trade", "canceled 2 self_trade"],
            (),
        ),
        (SelfTrade.DECREMENT, ["accepted 2", "canceled 2 self_trade"], ((500, 20),)),
    ],
)
def test_self_trades_are_prevented_by_the_mode(
    mode: SelfTrade, reports: list[str], left: tuple[tuple[int, int], ...]
) -> None:
    day = Day(self_trade=mode)
    day.we(send(1, SELL, 50, 500))
    assert day.we(send(2, BUY, 30, 500)) == reports
    assert day.listing.book.levels(SELL, 9) == left


def test_what_a_decremented_order_lost_never_comes_back() -> None:
    day = Day(self_trade=SelfTrade.DECREMENT)
    day.we(send(1, SELL, 50, 500))
    day.we(send(2, BUY, 30, 500))
    day.crowd(BUY, 100, 500)
    assert day.wait() == ["filled 1 20@500 maker", "canceled 1 self_trade"]
    assert not day.exchange.orders


def test_orders_expire_by_the_day_and_by_their_time() -> None:
    day = Day()
    until = Nanos(START + HOUR)
    day.we(order(1, BUY, 50, 500, time_in_force=TimeInForce.GTD, expire_time=until))
    day.we(order(2, BUY, 50, 495, time_in_force=TimeInForce.DAY))
    day.we(order(3, BUY, 50, 490))
    assert day.wait(HOUR) == ["expired 1"]
    assert day.wait(22 * HOUR) == []
    assert day.wait(HOUR) == ["expired 2"]
    assert day.listing.book.levels(BUY, 9) == ((490, 50),)
    late = order(4, BUY, 50, 500, time_in_force=TimeInForce.GTD, expire_time=until)
    assert day.we(late) == ["rejected 4 expire_time_passed"]


def test_a_price_off_the_table_of_ticks_is_rejected() -> None:
    table = TickTable(((Price(0), Price(5)), (Price(1_000), Price(50))))
    day = Day(tick_tables={InstrumentId(ONE): table})
    assert day.we(send(1, BUY, 50, 995)) == ["accepted 1"]
    assert day.we(send(2, BUY, 50, 1_005)) == ["rejected 2 price_not_on_tick"]
    day.crowd(SELL, 10, 1_005)
    assert day.listing.book.levels(SELL, 9) == ((1_050, 10),)


def test_nothing_trades_outside_of_the_bands() -> None:
    day = Day(bands=BandTerms(BasisPoints(500)))
    day.crowd(SELL, 10, 500)
    day.we(send(1, BUY, 30, 500))  # the first trade sets them: 475 to 525
    assert day.we(send(2, BUY, 30, 530)) == ["rejected 2 price_outside_bands"]
    day.we(cancel(1))
    day.crowd(SELL, 10, 520)
    day.crowd(SELL, 10, 540)
    assert day.listing.book.levels(SELL, 9) == ((520, 10), (540, 10))
    taken = order(3, BUY, 30, order_type=OrderType.MARKET)
    assert day.we(taken) == ["accepted 3", "filled 3 10@520 taker", "canceled 3 no_liquidity"]


def test_every_order_is_public_where_orders_are_published() -> None:
    day = Day(publishes_orders=True)
    day.heard.clear()
    day.we(order(1, SELL, 50, 500, display_quantity=Quantity(20)))
    other = day.crowd(SELL, 30, 500)
    day.we(replace(1, SELL, 40, 500))  # its reserve alone is less: nobody sees that
    day.crowd(BUY, 30, 500)
    day.exchange.withdraw(day.listing, other, day.now)
    day.wait()
    kinds = (BookOrderAdded, BookOrderExecuted, BookOrderReduced, BookOrderRemoved)
    told = [(type(one).__name__[9:], one.order) for one in day.told(*kinds)]
    assert told == [
        ("Added", 1),
        ("Added", 2),
        ("Executed", 1),
        ("Added", 3),  # the next slice
        ("Executed", 2),
        ("Removed", 2),
    ]
    assert [one.quantity for one in day.told(BookOrderAdded)] == [20, 30, 20]
    executed = [(one.quantity, one.trade_id) for one in day.told(BookOrderExecuted)]
    assert executed == [(20, "T000000001"), (10, "T000000002")]
    assert not day.told(Trade), "the change of the maker is the trade"
    day.exchange.refresh(day.now)
    day.wait()
    (whole,) = day.told(BookOrders)
    assert whole.orders == ((3, SELL, 500, 20),)


# --- a storm --------------------------------------------------------------------------------------

SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "20"))


def any_order(chance: random.Random, number: int, now: Nanos) -> SendOrder:
    """Return an order of any kind, sensible or not."""
    order_type = chance.choice([OrderType.LIMIT] * 4 + list(ANYTHING.order_types))
    time_in_force = chance.choice([TimeInForce.GTC] * 6 + list(TimeInForce))
    stops = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    priced = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    gtd = time_in_force is TimeInForce.GTD
    quantity = chance.randrange(1, 12) * 10
    return order(
        number,
        chance.choice([BUY, SELL]),
        quantity,
        chance.randrange(94, 107) * 5 if priced else 0,
        order_type=order_type,
        time_in_force=time_in_force,
        trigger_price=Price(chance.randrange(94, 107) * 5 if stops else 0),
        peg=chance.choice(list(Peg)[1:]) if order_type is OrderType.PEGGED else Peg.NONE,
        peg_offset=Price(chance.choice([0, 5])),
        display_quantity=Quantity(chance.choice([0, 0, 0, 10, 20])),
        post_only=chance.random() < 0.1,
        expire_time=Nanos(now + chance.randrange(1, 10**6)) if gtd else Nanos(0),
    )


class Storm:
    """Everything at once: orders of all kinds, a crowd, phases, halts, busts, and an account."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        mode = list(SelfTrade)[seed % len(SelfTrade)]
        terms = BandTerms(BasisPoints(600), Nanos(10**5), Nanos(10**5))
        self.day = Day(
            self_trade=mode,
            bands=terms if seed % 2 else None,
            publishes_orders=seed % 3 == 0,
            halt_call=Nanos(10**5),
        )
        self.operator = Operator(self.day.exchange)
        self.numbers = 0

    def step(self) -> None:
        """Do one thing, and let some time pass."""
        chance, day = self.chance, self.day
        draw = chance.random()
        if draw < 0.35:
            self.numbers += 1
            day.exchange.act(any_order(chance, self.numbers, day.now), day.now)
        elif draw < 0.75:
            side = chance.choice([BUY, SELL])
            price = (100 + (-2 if side is BUY else 2) + chance.randrange(-4, 5)) * 5
            kind = chance.choice([Handling.LIMIT] * 4 + [Handling.IOC])
            display = chance.choice([0, 0, 10])
            quantity = chance.randrange(1, 12) * 10
            hidden = not display and chance.random() < 0.1
            day.crowd(
                side, quantity, price, handling=kind, display=Quantity(display), hidden=hidden
            )
        elif draw < 0.95 and self.numbers:
            number = chance.randrange(1, self.numbers + 1)
            if chance.random() < 0.5:
                day.exchange.act(cancel(number), day.now)
            else:
                self.replace(number)
        else:
            self.turn()
        day.wait(chance.choice([10, 200, 10_000]))

    def replace(self, number: int) -> None:
        """Ask for other terms of an order, of its own type or as a limit order."""
        known = self.day.exchange.orders.get(OrderId(number))
        side = known.side if known is not None else BUY
        price, quantity = self.chance.randrange(94, 107) * 5, self.chance.randrange(1, 12) * 10
        self.day.exchange.act(replace(number, side, quantity, price), self.day.now)

    def turn(self) -> None:
        """Do what operators and hours do."""
        day, chance = self.day, self.chance
        draw = chance.randrange(10)
        if draw < 4:
            phases = [Phase.CONTINUOUS] * 4 + list(Phase)
            day.exchange.begin(day.listing, chance.choice(phases), day.now)
        elif draw == 4:
            self.operator.halt_all("a storm", day.now)
        elif draw < 8:
            self.operator.resume_all(day.now)
        else:
            fills = day.told(VenueFilled)
            if fills:
                execution = chance.choice(fills).execution
                if chance.random() < 0.5:
                    self.operator.bust(execution, "a storm", day.now)
                else:
                    self.operator.correct(execution, Price(500), Quantity(10), "a storm", day.now)

    def end(self) -> None:
        """Cancel all; hold what was said against what is stated."""
        day = self.day
        self.operator.resume_all(day.now)
        day.exchange.begin(day.listing, Phase.CONTINUOUS, day.now)
        day.wait(10**6)
        for number in list(day.exchange.orders):
            day.exchange.act(cancel(number), day.now)
        day.exchange.act(ask(), day.now)
        day.wait(10**6)
        assert not day.exchange.orders
        assert not day.listing.stops.waiting
        assert all(one.participant == CROWD for one in day.listing.book.orders.values())
        statement = day.told(Statement)[-1]
        held = sum(
            one.quantity if one.side is BUY else -one.quantity for one in statement.fills or ()
        )
        assert held == sum(one.quantity for one in statement.positions or ())
        paid = sum(
            (one.price * one.quantity * 10_000) * (1 if one.side is BUY else -1) + one.fee
            for one in statement.fills or ()
        )
        (cash,) = statement.cash
        assert cash.amount == 10**12 - paid
        self.hold_reports()

    def hold_reports(self) -> None:
        """Each order is accepted before it fills, ends once, and never fills more than it is."""
        ended: Counter[int] = Counter()
        filled: Counter[int] = Counter()
        sizes: dict[int, None] = {}
        for one in self.day.heard:
            if isinstance(one, VenueAccepted):
                sizes[one.order] = None
            elif isinstance(one, VenueFilled):
                assert one.order in sizes, "a fill before its order was accepted"
                assert not ended[one.order], "a fill after the end"
                filled[one.order] += one.quantity
            elif isinstance(one, VenueCanceled | VenueExpired | VenueRejected):
                ended[one.order] += 1
        assert all(count == 1 for number, count in ended.items() if number in sizes)


def test_a_storm_of_everything_leaves_an_account_that_ties_out() -> None:
    for seed in range(SEEDS):
        storm = Storm(seed)
        try:
            for _ in range(300):
                storm.step()
            storm.end()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
