"""Market data by the stretch, as objects or columns, ends exactly where one by one ends."""

import random
from typing import Any

import pytest

from benchmarks import trading
from benchmarks.filling import FillingWorld
from benchmarks.market import START, quotes
from fairlead.model.inputs import Quote
from fairlead.model.outputs import Action, BookStale, OrderFilled, SendOrder
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from fairlead.simulator.stretch import Quotes, Stretch
from fairlead.strategy import Context, Strategy, seconds

ONE = InstrumentId(1)


class Obliging(FillingWorld):
    """Fills whatever is asked for, at its own price."""

    def act(self, action: Action, time: Nanos) -> None:
        if isinstance(action, SendOrder):
            self._fill(action.approved, action.approved.price, time)


class OneByOne:
    """A world that does not say what comes."""

    repeats = True

    def __init__(self, world: FillingWorld) -> None:
        self.next_time = world.next_time
        self.take = world.take
        self.act = world.act


class Writing(Strategy):
    """Listens to some of it, asks for something now and then, and writes down what it hears."""

    class Parameters(Strategy.Parameters, frozen=True):
        """Of the second instrument nobody hears a quote; `hears` is whether of the first."""

        hears: bool = True

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        self.heard: list[Any] = []
        context.subscribe(ONE, quotes=self.parameters.hears)
        context.set_timer(seconds(1))

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.heard.append((context.time, quote))
        if len(self.heard) % 7 == 0 and quote.ask_price and context.quote(ONE) is not None:
            context.buy(ONE, trading.ORDER_QUANTITY, quote.ask_price)

    def on_stale(self, context: Context, stale: BookStale) -> None:
        self.heard.append((context.time, stale))

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        self.heard.append((context.time, fill))

    def on_timer(self, context: Context, timer: int) -> None:
        self.heard.append((context.time, timer, context.quote(ONE)))
        context.set_timer(seconds(1))


def hostile_quotes(seed: int, count: int) -> list[Quote]:
    """Return quotes of which some come together, are crossed, absurd, old, empty or unknown."""
    chance = random.Random(seed)
    time, made = START, []
    for number in range(1, count + 1):
        time = Nanos(time + chance.choice((0, 0, 1_000_000, 300_000_000)))
        bid, ask = chance.choice(((100, 101), (101, 103), (102, 101), (0, 101), (-1, 5), (99, 102)))
        sizes = Quantity(0 if bid == 0 else 100), Quantity(chance.choice((100, 100, 100, 0)))
        made.append(
            Quote(
                InstrumentId(chance.choice((1, 1, 1, 2, 2, 9))),
                Price(10_000 + bid if bid > 0 else bid),
                sizes[0],
                Price(10_000 + ask),
                sizes[1],
                UpdateId(max(0, number - chance.choice((0, 0, 0, 5)))),
                time,
            )
        )
    return made


def end_of(world: Any, hears: bool, until: Nanos | None) -> tuple[Any, ...]:
    """Return all that a session ends with: state, answers, numbers, times, and what was heard."""
    strategy = Writing(Writing.Parameters(hears=hears))
    session = trading.session([], strategy, 2, world=world)
    trading.run(session, until)
    path = session.path
    ends = path.machine.digest(), path.digest.hexadecimal(), path.sequencer.last
    return *ends, path.sequencer.last_time, session.clock.now(), strategy.heard


@pytest.mark.parametrize("hears", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_a_stretch_ends_where_one_by_one_ends(seed: int, hears: bool) -> None:
    stream = hostile_quotes(seed, 400)
    until = None if seed % 3 else stream[250].venue_time
    expected = end_of(OneByOne(Obliging(stream)), hears, until)
    assert end_of(Obliging(stream), hears, until) == expected
    assert end_of(Obliging(stream, columns=True), hears, until) == expected
    assert expected[2] > 200
    assert any(isinstance(one[1], OrderFilled) for one in expected[-1]) == hears


def test_columns_give_back_the_quotes_that_they_were_made_of() -> None:
    stream = quotes(500, 3)
    columns = Quotes(stream)
    assert [columns.input(place) for place in range(len(stream))] == list(stream)


def test_a_moment_ends_before_the_next_time() -> None:
    times = [Nanos(time) for time in (1, 2, 2, 2, 3)]
    stretch = Stretch(times, quotes(5))
    assert [stretch.end_of_moment(place) for place in (0, 1, 4)] == [1, 4, 5]
