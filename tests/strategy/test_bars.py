"""Bars: aligned, exact, on time, and without a look ahead."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import InstrumentSplit, TimerFired, Trade
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, StrategyId
from fairlead.strategy import Bar, Context, Strategy, seconds
from fairlead.strategy.bars import BarBuilder
from fairlead.strategy.seat import BAR_TIMER_FIRST
from tests.strategy.rig import AAA, BBB, SECOND, Rig


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
