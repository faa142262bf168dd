"""The recorded book from two feeds, and senseless trading on it, checked share by share."""

import random
from collections import Counter

import pytest

from fairlead.model.codec import encode_input
from fairlead.model.inputs import (
    BookChange,
    BookSnapshot,
    Input,
    Trade,
    VenueAccepted,
    VenueCanceled,
    VenueFilled,
    VenueRejected,
)
from fairlead.model.outputs import Action, Approved
from fairlead.model.terms import Liquidity, Side
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos, OrderId
from fairlead.simulator.market import demo_market, simulated_world
from fairlead.simulator.queue_models import QueueModel
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from fairlead.simulator.venue import VenueConfig
from tests.simulator.orders import BUY, FOK, GTC, IOC, SELL, START, at, cancel, replace, send
from tests.simulator.recordings import change, played, quote, snapshot, trade

QUIET = change(bids=((400, 0),))  # an event that changes nothing
INSTRUMENTS = demo_market().instruments()
Event = tuple[Nanos, list[Input]]


def recorded_demo(seconds: int) -> list[Event]:
    """Return the simulated market as a recording."""
    end = at(seconds * NANOS_PER_SECOND)
    world = simulated_world(demo_market(3), VenueConfig(), START, end)
    events = []
    while (time := world.next_time()) is not None:
        events.append((time, world.take(time)))
    return events


EVENTS = recorded_demo(60)


# --- two feeds ------------------------------------------------------------------------------------


def test_a_change_older_than_the_quote_does_not_bring_back_what_is_gone() -> None:
    book = snapshot(((500, 100),), ((510, 100), (515, 100)), update=10)
    newer = quote((500, 100), (515, 40), update=20)
    older = change(asks=((510, 70), (515, 90), (520, 10)), update=15)
    assert played(book, newer, older, send(1, BUY, 200, 520, IOC), QUIET)[1:3] == [
        "filled 1 40@515 taker",
        "filled 1 10@520 taker",
    ]


def test_a_quote_older_than_the_book_changes_nothing() -> None:
    book = snapshot(((500, 100),), ((510, 100),), update=10)
    assert played(book, quote((500, 1), (505, 1), update=9), send(1, BUY, 20, 505), QUIET) == [
        "accepted 1"
    ]


def test_with_quotes_alone_the_touch_is_the_whole_book() -> None:
    first, second = quote((500, 10), (510, 30)), quote((505, 20), (510, 30))
    assert played(
        first, send(1, BUY, 50, 520, IOC), first, send(2, BUY, 20, 500), second, touch_only=True
    ) == ["accepted 1", "filled 1 30@510 taker", "canceled 1 ioc", "accepted 2"]


def test_with_quotes_alone_what_is_behind_a_better_touch_is_not_known() -> None:
    first, second = quote((500, 40), (510, 30)), quote((505, 20), (510, 30))
    assert played(first, second, send(1, SELL, 60, 500, IOC), second, touch_only=True) == [
        "accepted 1",
        "filled 1 20@505 taker",
        "canceled 1 ioc",
    ]


def test_behind_a_touch_an_order_stands_after_all_that_is_later_displayed_there() -> None:
    high, low = quote((505, 20), (510, 30)), quote((500, 40), (510, 30))
    script: list[Input | Action] = [high, send(1, BUY, 20, 500), high, low]
    assert played(*script, trade(SELL, 40, 500), touch_only=True) == ["accepted 1"]
    assert played(*script, trade(SELL, 60, 500), touch_only=True)[1:] == ["filled 1 20@500 maker"]


# --- senseless trading ---------------------------------------------------------------------------


class Gambler:
    """Sends, replaces and cancels at random, on every side and in every way."""

    def __init__(self, seed: int, model: QueueModel) -> None:
        self.chance = random.Random(seed)
        self.sent: dict[OrderId, Approved] = {}
        config = RecordedConfig(venue=VenueConfig(seed=seed), queue_model=model)
        self.world = RecordedWorld(iter(EVENTS), INSTRUMENTS, config)

    def play(self) -> list[tuple[Nanos, Input]]:
        """Return all that reaches us."""
        heard: list[tuple[Nanos, Input]] = []
        while (time := self.world.next_time()) is not None:
            for one in self.world.take(time):
                heard.append((time, one))
                if isinstance(one, Trade) and self.chance.random() < 0.3:
                    self.act(one, time)
        return heard

    def act(self, seen: Trade, time: Nanos) -> None:
        """Send an order, and cancel or replace an older one."""
        chance, instrument = self.chance, seen.instrument
        number = len(self.sent) + 1
        price = seen.price + INSTRUMENTS[instrument - 1].price_tick * chance.randrange(-3, 4)
        how = chance.choice([GTC, GTC, GTC, GTC, IOC, FOK])
        action = send(
            number,
            chance.choice([BUY, SELL]),
            chance.randrange(1, 2_000),
            price,
            how,
            post_only=how is GTC and chance.random() < 0.5,
            instrument=instrument,
        )
        self.sent[OrderId(number)] = action.approved
        self.world.act(action, time)
        older = self.sent.get(OrderId(number - chance.randrange(1, 9)))
        if older is not None and chance.random() < 0.6:
            self.world.act(cancel(older.order, older.instrument), time)
        elif older is not None:
            quantity = chance.randrange(1, 2_000)
            self.world.act(
                replace(
                    older.order, older.side, quantity, older.price, instrument=older.instrument
                ),
                time,
            )


class Recording:
    """What the recording shows at each time, kept apart from the code under test."""

    def __init__(self) -> None:
        self.shown: Counter[tuple[InstrumentId, Side, int]] = Counter()
        self.taken: Counter[tuple[InstrumentId, Side, int]] = Counter()
        self.trades: list[Trade] = []
        self._events = iter(EVENTS)
        self._next = next(self._events, None)

    def go_to(self, time: Nanos) -> None:
        """Show what is recorded up to `time`; keep the trades of that very moment."""
        while self._next is not None and self._next[0] <= time:
            self.trades = []
            for one in self._next[1]:
                if isinstance(one, Trade):
                    self.trades.append(one)
                elif isinstance(one, (BookSnapshot, BookChange)):
                    for side, levels in ((BUY, one.bids), (SELL, one.asks)):
                        for price, quantity in levels:
                            key = (one.instrument, side, int(price))
                            if self.shown[key] != quantity:
                                self.taken[key] = 0
                            self.shown[key] = quantity
            self._next = next(self._events, None)

    def give(self, order: Approved, fill: VenueFilled) -> None:
        """Check that the shares of a fill were there, and take them."""
        other = SELL if order.side is BUY else BUY
        sign = 1 if order.side is BUY else -1
        if fill.liquidity is Liquidity.TAKER:
            key = (order.instrument, other, int(fill.price))
            self.taken[key] += fill.quantity
            assert self.taken[key] <= self.shown[key], "taken more than was displayed"
            return
        brought = sum(
            trade.quantity
            for trade in self.trades
            if trade.instrument == order.instrument
            and trade.aggressor is other
            and trade.price * sign <= fill.price * sign
        )
        offered = sum(
            quantity
            for (instrument, side, price), quantity in self.shown.items()
            if (instrument, side) == (order.instrument, other) and price * sign <= fill.price * sign
        )
        assert fill.quantity <= brought + offered, "filled by shares that nobody brought"


@pytest.mark.parametrize("model", QueueModel)
@pytest.mark.parametrize("seed", range(3))
def test_every_share_we_get_was_displayed_or_traded(seed: int, model: QueueModel) -> None:
    gambler, recording = Gambler(seed, model), Recording()
    fills = [one for _, one in gambler.play() if isinstance(one, VenueFilled)]
    assert {fill.liquidity for fill in fills} == {Liquidity.MAKER, Liquidity.TAKER}
    for fill in fills:
        order = gambler.sent[fill.order]
        recording.go_to(fill.venue_time)
        recording.give(order, fill)
        sign = 1 if order.side is BUY else -1
        assert fill.price * sign <= order.price * sign, "no order trades through its price"


@pytest.mark.parametrize("model", QueueModel)
@pytest.mark.parametrize("seed", range(3))
def test_every_order_has_one_beginning_and_at_most_one_end(seed: int, model: QueueModel) -> None:
    gambler = Gambler(seed, model)
    state: dict[OrderId, str] = {}
    executions = set()
    for _, one in gambler.play():
        if isinstance(one, VenueAccepted):
            assert one.order not in state
            state[one.order] = "open"
        elif isinstance(one, VenueFilled):
            assert state[one.order] == "open"
            assert one.execution not in executions
            executions.add(one.execution)
        elif isinstance(one, VenueCanceled):
            assert state[one.order] == "open"
            state[one.order] = "canceled"
        elif isinstance(one, VenueRejected):
            assert one.order not in state
            state[one.order] = "rejected"
    assert set(state) == set(gambler.sent)
    assert {"open", "canceled", "rejected"} == set(state.values())


def test_the_hopeful_queue_fills_no_less_than_the_cautious_one() -> None:
    got = Counter[QueueModel]()
    for model in QueueModel:
        for seed in range(3):
            for _, one in Gambler(seed, model).play():
                if isinstance(one, VenueFilled):
                    got[model] += one.quantity
    assert got[QueueModel.PROPORTIONAL] >= got[QueueModel.PESSIMISTIC] > 0


def test_the_same_recording_and_seed_give_the_same_bytes() -> None:
    runs = [
        b"".join(encode_input(one) for _, one in Gambler(seed, QueueModel.PROPORTIONAL).play())
        for seed in (2, 2, 3)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_the_world_does_not_depend_on_how_often_it_is_asked() -> None:
    order = send(1, BUY, 500, 100_03)
    told = []
    for step in (NANOS_PER_SECOND // 1_000, NANOS_PER_SECOND * 60):
        world = RecordedWorld(iter(EVENTS), INSTRUMENTS, RecordedConfig())
        heard = world.take(at(NANOS_PER_SECOND))
        world.act(order, at(NANOS_PER_SECOND))
        for offset in range(NANOS_PER_SECOND, 62 * NANOS_PER_SECOND, step):
            heard += world.take(at(offset))
        told.append(heard + world.take(at(70 * NANOS_PER_SECOND)))
    assert told[0] == told[1]
