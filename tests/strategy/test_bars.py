"""Bars: aligned, exact, on time, and without a look ahead."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    BookOrderExecuted,
    BookOrders,
    InstrumentSplit,
    TimerFired,
    Trade,
)
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    StrategyId,
    UpdateId,
)
from fairlead.strategy import (
    EVERY_TRADE,
    US_TAPE,
    Bar,
    Context,
    Counts,
    SaleConditions,
    Strategy,
    TickBars,
    ValueBars,
    VolumeBars,
    seconds,
)
from fairlead.strategy.bars import BarBuilder, BarSize, SizedBarBuilder
from fairlead.strategy.errors import InvalidRequest
from fairlead.strategy.seat import BAR_TIMER_FIRST
from tests.strategy.opened import opened
from tests.strategy.rig import AAA, BBB, SECOND, Rig, instrument


class Bars(Strategy):
    """Keeps the bars of AAA, and what else it hears, in order."""

    class Parameters(Strategy.Parameters, frozen=True):
        """How the bars are built."""

        fill_gaps: bool = False

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        self.heard: list[Any] = []
        context.subscribe_bars(AAA, seconds(10), fill_gaps=self.parameters.fill_gaps)

    def on_bar(self, context: Context, bar: Bar) -> None:
        assert context.time >= bar.end
        self.heard.append(bar)

    def on_trade(self, context: Context, trade: Trade) -> None:
        self.heard.append(int(trade.price))


class BarsOnly(Bars):
    """Has no eyes for trades."""

    def on_start(self, context: Context) -> None:
        super().on_start(context)
        context.subscribe(BBB)

    @property
    def bars(self) -> list[tuple[int, ...]]:
        """Start and end in seconds, then prices, volume and count."""
        return [
            (b.start // SECOND, b.end // SECOND, b.open, b.high, b.low, b.close, b.volume, b.count)
            for b in self.heard
            if isinstance(b, Bar)
        ]


def at(rig: Rig, second: float, price: int, quantity: int = 1) -> None:
    """Let AAA trade at a time."""
    rig.advance(int(second * SECOND))
    rig.trade(price, quantity)


def test_a_bar_holds_what_traded_in_its_interval_aligned_to_the_epoch() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    for second, price, quantity in ((10, 100, 5), (13, 120, 1), (17, 90, 2), (19.9, 95, 3)):
        at(rig, second, price, quantity)
    rig.advance(60 * SECOND)
    assert strategy.bars == [(10, 20, 100, 120, 90, 95, 11, 4)]


def test_a_bar_closes_on_time_by_a_timer_that_is_an_input() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    at(rig, 12, 100)
    assert rig.host.next_time() == 20 * SECOND
    rig.advance(20 * SECOND)
    assert len(strategy.heard) == 1
    assert rig.inputs[-1] == TimerFired(StrategyId(1), BAR_TIMER_FIRST)


def test_a_trade_at_the_end_belongs_to_the_next_bar_and_closes_the_one_before_it() -> None:
    strategy = Bars()
    rig = Rig(strategy).start()
    at(rig, 12, 100)
    rig.time = Nanos(20 * SECOND)  # the trade overtakes the timer
    rig.trade(500)
    bar, trade = strategy.heard[-2:]
    assert (bar.high, bar.count, trade) == (100, 1, 500)
    rig.advance(30 * SECOND)
    assert [bar.open for bar in strategy.heard if isinstance(bar, Bar)] == [100, 500]


def test_a_late_timer_after_a_trade_closed_the_bar_closes_nothing_twice() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    at(rig, 12, 100)
    fired = rig.host.take(Nanos(20 * SECOND))
    rig.time = Nanos(21 * SECOND)
    rig.trade(200)
    for one in fired:
        rig.run(one)
    assert len(strategy.heard) == 1


def test_an_interval_that_was_not_watched_from_its_start_has_no_bar() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy)
    rig.time = Nanos(3 * SECOND)
    rig.start()
    at(rig, 5, 100)
    at(rig, 12, 200)
    rig.advance(60 * SECOND)
    assert [bar[:3] for bar in strategy.bars] == [(10, 20, 200)]


def test_an_interval_without_trades_has_no_bar_and_sets_no_timer() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    at(rig, 5, 100)
    rig.advance(10 * SECOND)
    assert rig.host.next_time() is None
    at(rig, 55, 101)
    rig.advance(60 * SECOND)
    assert [bar[0] for bar in strategy.bars] == [0, 50]


def test_a_gap_is_filled_at_the_last_close_where_it_was_asked_for() -> None:
    strategy = BarsOnly(Bars.Parameters(fill_gaps=True))
    rig = Rig(strategy).start()
    at(rig, 5, 100, 7)
    rig.advance(30 * SECOND)
    at(rig, 35, 90)
    rig.advance(40 * SECOND)
    assert strategy.bars == [
        (0, 10, 100, 100, 100, 100, 7, 1),
        (10, 20, 100, 100, 100, 100, 0, 0),
        (20, 30, 100, 100, 100, 100, 0, 0),
        (30, 40, 90, 90, 90, 90, 1, 1),
    ]


def test_a_trade_that_the_machine_refused_is_in_no_bar() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    at(rig, 5, 100)
    at(rig, 6, -100)
    at(rig, 7, 100, 0)
    rig.advance(10 * SECOND)
    assert strategy.bars == [(0, 10, 100, 100, 100, 100, 1, 1)]


def test_bars_of_several_intervals_and_of_other_instruments_do_not_mix() -> None:
    class Two(BarsOnly):
        def on_start(self, context: Context) -> None:
            super().on_start(context)
            context.subscribe_bars(AAA, seconds(20))
            context.subscribe_bars(AAA, seconds(20))  # once more is not twice

    strategy = Two()
    rig = Rig(strategy).start()
    at(rig, 5, 100)
    rig.trade(7, instrument=BBB)
    at(rig, 15, 200)
    rig.advance(20 * SECOND)
    assert [bar[:3] for bar in strategy.bars] == [(0, 10, 100), (10, 20, 200), (0, 20, 100)]


def test_a_strategy_that_fails_in_on_bar_does_not_see_the_trade() -> None:
    class Broken(Bars):
        def on_bar(self, context: Context, bar: Bar) -> None:
            raise RuntimeError("bar")

    strategy = Broken()
    rig = Rig(strategy).start()
    at(rig, 5, 100)
    rig.time = Nanos(11 * SECOND)
    rig.trade(200)
    assert strategy.heard == [100]
    assert len(rig.failures()) == 1


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50), st.integers(1, 9)), max_size=60),
    st.integers(1, 17),
    st.integers(0, 30),
)
def test_bars_are_the_trades_of_their_intervals_and_nothing_else(
    steps: list[tuple[int, int, int]], interval: int, since: int
) -> None:
    builder = BarBuilder(InstrumentId(1), Nanos(interval), Nanos(since), fill_gaps=False)
    trades: list[tuple[int, int, int]] = []
    bars: list[Bar] = []
    time = since
    for step, price, quantity in steps:
        time += step
        bars += builder.close(Nanos(time))
        assert all(bar.end <= time for bar in bars)
        builder.add(Nanos(time), Price(price), Quantity(quantity))
        trades.append((time, price, quantity))
    bars += builder.close(Nanos(time + interval))
    expected = []
    for start in range(-(-since // interval) * interval, time + 1, interval):
        inside = [trade for trade in trades if start <= trade[0] < start + interval]
        if inside:
            prices = [price for _, price, _ in inside]
            volume = sum(quantity for _, _, quantity in inside)
            expected.append((start, prices[0], max(prices), min(prices), prices[-1], volume))
    assert [(b.start, b.open, b.high, b.low, b.close, b.volume) for b in bars] == expected


def test_no_bar_mixes_the_prices_from_before_and_after_a_split() -> None:
    strategy = BarsOnly.with_parameters({"fill_gaps": True})
    rig = Rig(strategy).start()
    rig.quote(99, 101)
    at(rig, 5, 100)
    at(rig, 15, 100)
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    assert rig.host.next_time() is None  # nothing is under way
    at(rig, 18, 50)
    at(rig, 31, 50)
    rig.advance(40 * SECOND)
    assert strategy.bars == [(0, 10, 100, 100, 100, 100, 1, 1), (30, 40, 50, 50, 50, 50, 1, 1)]


def test_a_bar_that_was_over_before_a_split_still_comes() -> None:
    strategy = BarsOnly()
    rig = Rig(strategy).start()
    rig.quote(99, 101)
    at(rig, 5, 100)
    rig.time = Nanos(12 * SECOND)  # the timer of the bar has not been taken yet
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    assert strategy.bars == [(0, 10, 100, 100, 100, 100, 1, 1)]


# --- bars that trades fill ------------------------------------------------------------------------


class Sized(Strategy):
    """Keeps the bars of AAA that trades fill, and the trades, in order."""

    def __init__(self, size: BarSize, conditions: SaleConditions = EVERY_TRADE) -> None:
        super().__init__()
        self.size = size
        self.conditions = conditions
        self.heard: list[Any] = []

    def on_start(self, context: Context) -> None:
        context.subscribe_bars(AAA, self.size, conditions=self.conditions)

    def on_trade(self, context: Context, trade: Trade) -> None:
        self.heard.append(int(trade.price))

    def on_bar(self, context: Context, bar: Bar) -> None:
        assert context.time == bar.end
        self.heard.append((bar.open, bar.high, bar.low, bar.close, bar.volume, bar.count))


def traded(strategy: Sized, *trades: tuple[int, int]) -> list[Any]:
    """Return what a strategy hears of trades of a price and a quantity."""
    rig = Rig(strategy).start()
    for second, (price, quantity) in enumerate(trades):
        at(rig, second, price, quantity)
    return strategy.heard


def test_a_bar_of_trades_comes_with_the_trade_that_fills_it_and_holds_it() -> None:
    heard = traded(Sized(TickBars(2)), (100, 5), (90, 1), (95, 2))
    assert heard == [100, 90, (100, 100, 90, 90, 6, 2), 95]


def test_a_bar_of_quantity_is_full_with_the_trade_that_reaches_it_and_divides_none() -> None:
    heard = traded(Sized(VolumeBars(Quantity(10))), (100, 4), (101, 9), (99, 25), (98, 1))
    assert heard == [100, 101, (100, 101, 100, 101, 13, 2), 99, (99, 99, 99, 99, 25, 1), 98]


def test_a_bar_of_value_counts_in_money() -> None:
    """A price increment on a quantity increment is worth 1,000 units here."""
    size = ValueBars(Money(1_000_000))
    heard = traded(Sized(size), (100, 4), (100, 5), (100, 1), (100, 11))
    assert heard == [100, 100, 100, (100, 100, 100, 100, 10, 3), 100, (100, 100, 100, 100, 11, 1)]


def test_the_value_of_an_inverse_contract_is_its_quantity_over_the_price() -> None:
    terms = {"kind": InstrumentKind.INVERSE, "price_decimals": 0, "quantity_decimals": 0}
    inverse = msgspec.structs.replace(instrument(1, "AAA"), **terms)
    builder = SizedBarBuilder(inverse, ValueBars(Money(10**8)))  # one coin
    assert builder.add(Nanos(1), Price(50_000), Quantity(49_999), Counts.ALL) is None
    bar = builder.add(Nanos(2), Price(50_000), Quantity(2), Counts.ALL)
    assert bar is not None
    assert (bar.start, bar.end, bar.volume) == (1, 2, 50_001)


def test_no_timer_is_set_for_a_bar_that_trades_fill() -> None:
    strategy = Sized(TickBars(3))
    rig = Rig(strategy).start()
    at(rig, 1, 100)
    assert rig.host.next_time() is None


def test_a_split_drops_a_bar_that_is_under_way() -> None:
    strategy = Sized(TickBars(2))
    rig = Rig(strategy).start()
    rig.quote(99, 101)
    at(rig, 1, 100)
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    at(rig, 2, 50)
    at(rig, 3, 51)
    assert strategy.heard == [100, 50, 51, (50, 51, 50, 51, 2, 2)]


@pytest.mark.parametrize("size", [TickBars(0), VolumeBars(Quantity(-1)), ValueBars(Money(0))])
def test_a_bar_of_no_size_is_refused(size: BarSize) -> None:
    _, context = opened()
    with pytest.raises(InvalidRequest, match="expected a size above 0"):
        context.subscribe_bars(AAA, size)


def test_only_time_has_gaps() -> None:
    _, context = opened()
    with pytest.raises(InvalidRequest, match="only bars of time have gaps to fill"):
        context.subscribe_bars(AAA, TickBars(1), fill_gaps=True)


def test_executions_in_a_book_by_order_fill_bars() -> None:
    strategy = Sized(TickBars(2))
    rig = Rig(strategy).start()
    order = (7, Side.SELL, Price(100), Quantity(9))
    rig.run(BookOrders(AAA, (order,), UpdateId(0), Nanos(0)))
    for quantity in (2, 3):
        rig.run(BookOrderExecuted(AAA, 7, Quantity(quantity), Price(0), "t", Nanos(0)))
    assert strategy.heard == [100, 100, (100, 100, 100, 100, 5, 2)]


# --- which trades count ---------------------------------------------------------------------------


def sold(rig: Rig, second: int, price: int, conditions: str) -> None:
    """Let one lot of AAA trade under conditions."""
    rig.advance(second * SECOND)
    lot, nanos = Quantity(1), Nanos(0)
    rig.run(Trade(AAA, Price(price), lot, None, "", nanos, conditions))


class Taped(BarsOnly):
    """Has bars of the consolidated tape."""

    def on_start(self, context: Context) -> None:
        self.heard: list[Any] = []
        gaps = self.parameters.fill_gaps
        context.subscribe_bars(AAA, seconds(10), fill_gaps=gaps, conditions=US_TAPE)
        context.subscribe(BBB)


def test_a_trade_that_makes_no_price_is_in_the_volume_alone() -> None:
    strategy = Taped()
    rig = Rig(strategy).start()
    for price, conditions in (
        *((500, "@  W"), (104, "@  Z"), (100, "@"), (102, "@F"), (99, "@ T "), (95, "@  Z")),
        *((999, "M"), (101, "@"), (90, "@L  ")),
    ):
        sold(rig, 1, price, conditions)
    rig.advance(20 * SECOND)
    # Late sales reach high and low; open and close are those of the market in its order.
    assert strategy.bars == [(0, 10, 100, 104, 90, 101, 8, 8)]


def test_late_sales_alone_open_and_close_a_bar() -> None:
    strategy = Taped()
    rig = Rig(strategy).start()
    sold(rig, 1, 100, "@  Z")
    sold(rig, 2, 101, "@  Z")
    rig.advance(20 * SECOND)
    assert strategy.bars == [(0, 10, 100, 101, 100, 101, 2, 2)]


def test_where_only_volume_traded_there_is_no_bar() -> None:
    strategy = Taped()
    rig = Rig(strategy).start()
    sold(rig, 1, 100, "@ T ")
    assert rig.host.next_time() is None
    rig.advance(30 * SECOND)
    assert strategy.bars == []


def test_volume_without_a_price_is_in_the_bar_that_fills_the_gap() -> None:
    strategy = Taped.with_parameters({"fill_gaps": True})
    rig = Rig(strategy).start()
    sold(rig, 1, 100, "@")
    sold(rig, 12, 90, "@ T ")
    rig.advance(30 * SECOND)
    flat = (100, 100, 100, 100)
    assert strategy.bars == [(0, 10, *flat, 1, 1), (10, 20, *flat, 1, 1), (20, 30, *flat, 0, 0)]


def test_a_bar_of_trades_counts_those_that_make_a_price() -> None:
    strategy = Sized(TickBars(2), US_TAPE)
    rig = Rig(strategy).start()
    for conditions in ("@", "@ T ", "M", "@"):
        sold(rig, 1, 100, conditions)
    assert strategy.heard[-1] == (100, 100, 100, 100, 3, 3)


def test_a_bar_of_quantity_waits_for_a_price() -> None:
    strategy = Sized(VolumeBars(Quantity(2)), US_TAPE)
    rig = Rig(strategy).start()
    for conditions in ("@ T ", "@ T ", "@ T ", "@"):
        sold(rig, 1, 100, conditions)
    assert [one for one in strategy.heard if isinstance(one, tuple)] == [(100, 100, 100, 100, 4, 4)]


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(1, 9), st.sampled_from(Counts)), max_size=60
    ),
    st.integers(1, 17),
    st.sampled_from([TickBars, VolumeBars, ValueBars]),
)
def test_bars_that_trades_fill_are_their_trades_and_nothing_else(
    trades: list[tuple[int, int, Counts]], least: int, kind: Any
) -> None:
    """Held against a list: cut it where the sum first reaches the size."""
    terms = msgspec.structs.replace(instrument(1, "AAA"), money_decimals=5)  # a unit is worth 1
    builder = SizedBarBuilder(terms, kind(least))
    bars = []
    expected: list[tuple[int, int, int, int]] = []
    inside: list[tuple[int, int, Counts]] = []
    for number, (price, quantity, counts) in enumerate(trades):
        bar = builder.add(Nanos(number), Price(price), Quantity(quantity), counts)
        if bar is not None:
            bars.append((bar.high, bar.low, bar.volume, bar.count))
            assert bar.end == number
        if counts is not Counts.NOTHING:
            inside.append((price, quantity, counts))
        prices = [price for price, _, counts in inside if counts is not Counts.VOLUME]
        filled = {
            TickBars: len(prices),
            VolumeBars: sum(quantity for _, quantity, _ in inside),
            ValueBars: sum(price * quantity for price, quantity, _ in inside),
        }[kind]
        if prices and filled >= least:
            volume = sum(quantity for _, quantity, _ in inside)
            expected.append((max(prices), min(prices), volume, len(inside)))
            inside.clear()
    assert bars == expected
