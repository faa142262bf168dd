"""The simulated market: like a market, the same from the same seed, and the same with us in it."""

import hashlib
import math
import os
import statistics
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from fairlead.model.codec import encode_input
from fairlead.model.inputs import (
    BookChange,
    BookSnapshot,
    Input,
    Levels,
    Quote,
    Statement,
    Trade,
    VenueAccepted,
    VenueCanceled,
    VenueFilled,
)
from fairlead.model.statements import StatementCash
from fairlead.model.terms import Side
from fairlead.model.units import (
    NANOS_PER_SECOND,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
)
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.latency import LatencyModel
from fairlead.simulator.market import (
    MarketConfig,
    SimulatedWorld,
    demo_market,
    simulated_world,
)
from fairlead.simulator.venue import VenueConfig
from tests.simulator.orders import BUY, INSTRUMENT, IOC, SELL, START, ask, at, cancel, send

ROOT = Path(__file__).parents[2]
SECOND = NANOS_PER_SECOND
Told = tuple[Nanos, Input]
DEMO = {one.instrument.instrument: one for one in demo_market().crowds}
# The first ten virtual seconds of seed 1 with our orders, whatever the machine, the version of
# Python, and whether it is compiled. It changes when the market or the venue changes on purpose.
DIGEST = "8d61070a5ba46ddc3900e35577c490418b69d564ca5d98602888c4218b463411"


def demo(seconds: int, seed: int = 1) -> SimulatedWorld:
    """Return the world of the demonstration."""
    return simulated_world(demo_market(seed), VenueConfig(), START, at(seconds * SECOND))


def heard(world: SimulatedWorld) -> list[tuple[Nanos, Input]]:
    """Return all that reaches us, with its time."""
    told: list[tuple[Nanos, Input]] = []
    while (time := world.next_time()) is not None:
        told += [(time, one) for one in world.take(time)]
    return told


def traded(seconds: int, seed: int = 1, cash: int = 0) -> tuple[SimulatedWorld, list[Told]]:
    """Return the world and all that reaches somebody who sends and cancels orders."""
    venue = VenueConfig(cash=(StatementCash("USD", Money(cash)),) if cash else ())
    world = simulated_world(demo_market(seed), venue, START, at(seconds * SECOND))
    told: list[Told] = []
    number = 0
    while (time := world.next_time()) is not None:
        for one in world.take(time):
            told.append((time, one))
            if isinstance(one, Quote) and one.bid_price and one.update % 7 == 0:
                number += 1
                side = BUY if number % 2 else SELL
                price = one.bid_price if number % 3 else one.ask_price
                world.act(send(number, side, 20, price, instrument=one.instrument), time)
                if number % 4 == 0:
                    world.act(cancel(number - 3), time)
    return world, told


def traded_digest(seconds: int = 10, seed: int = 1) -> str:
    """Return a digest of all that reaches somebody who sends and cancels orders."""
    digest = hashlib.sha256()
    for time, one in traded(seconds, seed)[1]:
        digest.update(time.to_bytes(8, "big") + encode_input(one))
    return digest.hexdigest()


@pytest.fixture(scope="module")
def ten_minutes() -> list[tuple[Nanos, Input]]:
    """Return what ten virtual minutes of the demonstration tell."""
    return heard(demo(600))


def quotes(told: list[tuple[Nanos, Input]], instrument: int) -> list[tuple[Nanos, Quote]]:
    """Return the two-sided quotes of an instrument."""
    return [
        (time, one)
        for time, one in told
        if isinstance(one, Quote) and one.instrument == instrument and one.bid_price * one.ask_price
    ]


def test_quotes_are_never_crossed_and_rarely_one_sided(
    ten_minutes: list[tuple[Nanos, Input]],
) -> None:
    told = [one for _, one in ten_minutes if isinstance(one, Quote)]
    both = [one for one in told if one.bid_price and one.ask_price]
    assert all(one.bid_price < one.ask_price for one in both)
    assert len(told) - len(both) <= len(told) // 1_000


@pytest.mark.parametrize("instrument", DEMO)
def test_the_spread_is_one_to_a_few_ticks(
    ten_minutes: list[tuple[Nanos, Input]], instrument: InstrumentId
) -> None:
    tick = DEMO[instrument].instrument.price_tick
    spreads = [(one.ask_price - one.bid_price) / tick for _, one in quotes(ten_minutes, instrument)]
    assert 1 <= statistics.median(spreads) <= 3
    assert max(spreads) <= 15


@pytest.mark.parametrize("instrument", DEMO)
def test_volatility_is_what_was_asked_for(
    ten_minutes: list[tuple[Nanos, Input]], instrument: InstrumentId
) -> None:
    middles: dict[int, float] = {}
    for time, one in quotes(ten_minutes, instrument):
        middles.setdefault((time - START) // (10 * SECOND), (one.bid_price + one.ask_price) / 2)
    prices = list(middles.values())
    moves = [math.log(after / before) for before, after in pairwise(prices)]
    a_day = math.sqrt(sum(move * move for move in moves) / len(moves) * 8_640) * 10_000
    assert DEMO[instrument].volatility / 2 < a_day < DEMO[instrument].volatility * 2


@pytest.mark.parametrize("instrument", DEMO)
def test_there_is_trade_much_cancelling_and_skewed_sizes(
    ten_minutes: list[tuple[Nanos, Input]], instrument: InstrumentId
) -> None:
    mine = [one for _, one in ten_minutes if getattr(one, "instrument", 0) == instrument]
    kinds = Counter(type(one) for one in mine)
    assert 20 <= len(mine) / 600 <= 120
    assert 0.02 < kinds[Trade] / kinds[BookChange] < 0.3
    sizes = sorted(one.quantity for one in mine if isinstance(one, Trade))
    assert sizes[-1] > 4 * sizes[len(sizes) // 2]
    sides = Counter(one.aggressor for one in mine if isinstance(one, Trade))
    assert 0.5 < sides[BUY] / sides[SELL] < 2


class Shown:
    """A book as somebody who hears everything would keep it."""

    def __init__(self) -> None:
        self.update = -1
        self.sides: dict[Side, dict[Price, Quantity]] = {BUY: {}, SELL: {}}

    def touch(self, side: Side) -> tuple[int, int]:
        """Return the best price and its quantity, 0 and 0 for none."""
        levels = self.sides[side]
        if not levels:
            return 0, 0
        price = max(levels) if side is BUY else min(levels)
        return price, levels[price]

    def set(self, side: Side, levels: Levels) -> None:
        """Set quantities, 0 to remove."""
        for price, quantity in levels:
            self.sides[side][price] = quantity
            if not quantity:
                del self.sides[side][price]


def test_what_is_published_adds_up_and_no_trade_goes_through_a_better_price(
    ten_minutes: list[tuple[Nanos, Input]],
) -> None:
    books = {instrument: Shown() for instrument in DEMO}
    compared = 0
    for _, one in ten_minutes:
        if isinstance(one, (BookSnapshot, BookChange)):
            book = books[one.instrument]
            assert isinstance(one, BookSnapshot) or one.update == book.update + 1
            book.update = one.update
            book.set(BUY, one.bids)
            book.set(SELL, one.asks)
        elif isinstance(one, Quote):
            book = books[one.instrument]
            assert book.touch(BUY) == (one.bid_price, one.bid_quantity)
            assert book.touch(SELL) == (one.ask_price, one.ask_quantity)
            compared += 1
        elif isinstance(one, Trade):
            book = books[one.instrument]
            maker = SELL if one.aggressor is BUY else BUY
            price, quantity = book.touch(maker)
            assert one.price == price
            book.set(maker, ((one.price, Quantity(quantity - one.quantity)),))
    assert compared > 10_000


def test_time_and_ids_only_go_forward(ten_minutes: list[tuple[Nanos, Input]]) -> None:
    times = [time for time, _ in ten_minutes]
    assert times == sorted(times)
    for time, one in ten_minutes:
        assert getattr(one, "venue_time", time) < time, "nothing arrives before it happened"
    ids = [one.trade_id for _, one in ten_minutes if isinstance(one, Trade)]
    assert ids == sorted(set(ids))


def test_after_its_end_what_is_on_the_way_arrives_and_then_nothing() -> None:
    world = demo(2)
    told = heard(world)
    assert max(time for time, _ in told) <= at(2 * SECOND) + 400_000
    assert world.next_time() is None
    world.act(send(1, BUY, 100, 5), world.exchange.now)
    assert [type(one).__name__ for _, one in heard(world)] == ["BookChange", "VenueAccepted"]
    assert world.next_time() is None


def test_a_long_session_needs_no_more_memory_than_a_short_one() -> None:
    config = MarketConfig(
        [CrowdConfig(INSTRUMENT, price_start=Price(5_000), quantity=Quantity(100))]
    )
    world = simulated_world(config, VenueConfig(), START, at(3_600 * SECOND))
    book = world.exchange.listings[INSTRUMENT.instrument].book
    most, minute = [0] * 60, 60 * SECOND
    while (time := world.next_time()) is not None:
        world.take(time)
        index = min(59, (time - START) // minute)
        most[index] = max(most[index], len(book.orders))
    assert max(most) <= 240 + 3 * 8
    assert max(most[30:]) <= max(most[:30]) + 40
    assert len(book.bids.levels) + len(book.asks.levels) <= len(book.orders)


def test_the_hours_of_the_day_shape_the_traffic() -> None:
    hours = tuple(400 if hour == 0 else 100 for hour in range(24))
    crowd = CrowdConfig(INSTRUMENT, price_start=Price(5_000), quantity=Quantity(100), arrivals=2)
    config = MarketConfig([crowd], hours=hours)
    world = simulated_world(config, VenueConfig(), START, at(7_200 * SECOND))
    told = [time for time, one in heard(world) if isinstance(one, BookChange)]
    first = sum(time < at(3_600 * SECOND) for time in told)
    assert 3 < first / (len(told) - first) < 5


def test_a_market_without_volatility_stays_where_it_is() -> None:
    crowd = CrowdConfig(
        INSTRUMENT, price_start=Price(5_000), quantity=Quantity(100), volatility=BasisPoints(0)
    )
    world = simulated_world(MarketConfig([crowd]), VenueConfig(), START, at(300 * SECOND))
    prices = [one.price for _, one in heard(world) if isinstance(one, Trade)]
    assert len(prices) > 100
    assert max(abs(price - 5_000) for price in prices) <= 20 * INSTRUMENT.price_tick


def test_a_large_order_of_ours_moves_the_market_and_the_market_recovers() -> None:
    world = demo(60)
    instrument = DEMO[InstrumentId(1)].instrument
    world.take(at(10 * SECOND))
    world.act(send(1, BUY, 50_000, 110_00, IOC), at(10 * SECOND))
    told = heard(world)
    touches = [(time, one) for time, one in told if isinstance(one, Quote)]
    mine = [(t - at(10 * SECOND), q) for t, q in touches if q.instrument == instrument.instrument]
    assert any(not quote.ask_price for _, quote in mine), "it took all there was"
    assert all(quote.ask_price for after, quote in mine if after > 5 * SECOND)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert traded_digest(5) == traded_digest(5)
    assert traded_digest(5) != traded_digest(5, seed=2)


def test_a_statement_agrees_with_everything_that_was_reported() -> None:
    """S1-POS-05: position and cash are the sum of the fills, counted here from the reports."""
    world, told = traded(60, cash=10**13)
    world.act(ask(venue="SIM"), told[-1][0])
    [statement] = [one for _, one in heard(world) if isinstance(one, Statement)]
    fills = [one for _, one in told if isinstance(one, VenueFilled)]
    assert len(fills) > 100
    held: Counter[int] = Counter()
    cash = 10**13
    for fill in fills:
        sign = 1 if fill.order % 2 else -1  # `traded` buys with odd numbers
        held[fill.instrument] += sign * fill.quantity
        cash -= sign * fill.price * fill.quantity * 10**4 + fill.fee  # cents, in 6 decimals
    assert {one.instrument: one.quantity for one in statement.positions or ()} == {
        instrument: quantity for instrument, quantity in held.items() if quantity
    }
    assert statement.cash == (StatementCash("USD", Money(cash)),)
    assert [one.execution for one in statement.fills or ()] == [one.execution for one in fills]
    working = {one.order for _, one in told if isinstance(one, VenueAccepted)}
    working -= {one.order for _, one in told if isinstance(one, VenueCanceled)}
    filled = {order: sum(one.quantity for one in fills if one.order == order) for order in working}
    expected = {order: quantity for order, quantity in filled.items() if quantity < 20}
    assert {one.order: one.filled for one in statement.orders or ()} == expected
    assert expected


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_the_same_bytes_in_every_process(hash_seed: str) -> None:
    code = "from tests.simulator.test_market import traded_digest; print(traded_digest())"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert ran.stdout.strip() == DIGEST


def test_where_an_order_and_the_crowd_arrive_together_the_crowd_was_first() -> None:
    latency = 5_000
    venue = VenueConfig(order_latency=LatencyModel(Nanos(latency)))
    world = simulated_world(demo_market(), venue, START, at(10 * SECOND))
    while True:
        time = world.next_time()
        assert time is not None
        world.take(time)
        together = world.market.next_time
        if together > time + latency:
            break
    book = world.exchange.listings[InstrumentId(1)].book
    price = Price(book.bids.prices.best() - 500)
    world.act(send(1, BUY, 100, price), Nanos(together - latency))
    changes = [
        one for _, one in heard(world) if isinstance(one, BookChange) and one.venue_time == together
    ]
    assert len(changes) > 1
    assert changes[-1].bids == ((price, 100),)


def test_the_next_time_is_seldom_too_early_and_never_too_late() -> None:
    world = demo(20)
    asked = nothing = 0
    while (time := world.next_time()) is not None:
        assert world.take(Nanos(time - 1)) == []
        asked += 1
        nothing += not world.take(time)
    assert nothing < asked // 50


def test_the_market_does_not_depend_on_how_often_it_is_asked() -> None:
    often, seldom = demo(20), demo(20)
    told: list[Input] = []
    for step in range(0, 21 * SECOND, SECOND // 50):
        often.next_time()
        told += often.take(at(step))
    assert told == seldom.take(at(21 * SECOND))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"price_start": 5_001}, "price_start is 5001"),
        ({"price_start": 0}, "price_start is 0"),
        ({"quantity": 5}, "quantity is 5"),
        ({"arrivals": 0}, "arrivals 0"),
        ({"half_spread": 0}, "half_spread 0"),
        ({"volatility": -1}, "volatility -1"),
    ],
)
def test_a_crowd_that_cannot_be_is_refused(terms: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"market of 'ONE.TEST': .*{message}"):
        CrowdConfig(INSTRUMENT, **{"price_start": 5_000, "quantity": 100, **terms})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"hours": (100,) * 23}, "expected 24 percentages"),
        ({"hours": (100,) * 23 + (0,)}, "expected 24 percentages"),
        ({"seed": -1}, "seed is -1"),
        ({"crowds": []}, "found 0 instruments"),
    ],
)
def test_a_market_that_cannot_be_is_refused(terms: dict[str, object], message: str) -> None:
    crowd = CrowdConfig(INSTRUMENT, price_start=Price(5_000), quantity=Quantity(100))
    with pytest.raises(ValueError, match=message):
        MarketConfig(**{"crowds": [crowd], **terms})  # type: ignore[arg-type]
