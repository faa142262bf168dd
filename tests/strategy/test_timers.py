"""Timers: against a naive model, and as strategies see them."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    Quote,
    TimerFired,
)
from fairlead.model.units import Nanos, StrategyId
from fairlead.strategy import Context, Strategy, seconds
from fairlead.strategy.timers import NEVER, Timers
from tests.strategy.rig import SECOND, Rig

_KEY = st.tuples(st.sampled_from([StrategyId(1), StrategyId(2)]), st.integers(0, 3))
_STEP = st.tuples(st.sampled_from(["set", "cancel", "drop", "take"]), _KEY, st.integers(1, 20))


@given(st.lists(_STEP, max_size=200))
def test_timers_run_out_as_in_a_list_of_them(
    steps: list[tuple[str, tuple[StrategyId, int], int]],
) -> None:
    timers, naive, now = Timers(), dict[tuple[StrategyId, int], int](), 0
    for step, (strategy, timer), amount in steps:
        if step == "set":
            timers.set(strategy, timer, Nanos(now + amount))
            naive[strategy, timer] = now + amount
        elif step == "cancel":
            timers.cancel(strategy, timer)
            naive.pop((strategy, timer), None)
        elif step == "drop":
            timers.drop(strategy)
            naive = {key: due for key, due in naive.items() if key[0] != strategy}
        else:
            now += amount
            due = sorted((at, key[0], key[1]) for key, at in naive.items() if at <= now)
            assert timers.take(Nanos(now)) == [TimerFired(one[1], one[2]) for one in due]
            for _, owner, number in due:
                assert timers.fire(owner, number, Nanos(now))
                assert not timers.fire(owner, number, Nanos(now))
            naive = {key: at for key, at in naive.items() if at > now}
        assert timers.next_time == min(naive.values(), default=NEVER)


def test_setting_a_timer_anew_for_ever_takes_no_memory() -> None:
    timers = Timers()
    for now in range(10_000):
        timers.set(StrategyId(1), 0, Nanos(now + 5_000))
    assert len(timers._heap) < 200
    assert timers.take(Nanos(20_000)) == [TimerFired(StrategyId(1), 0)]


class Timed(Strategy):
    """Writes down when its timers run out."""

    def __init__(self) -> None:
        """Begin with nothing fired."""
        super().__init__()
        self.fired: list[tuple[int, int]] = []

    def on_start(self, context: Context) -> None:
        context.set_timer(seconds(5), 1)
        context.set_timer(seconds(3), 2)

    def on_timer(self, context: Context, timer: int) -> None:
        self.fired.append((context.time // SECOND, timer))

    def on_quote(self, context: Context, quote: Quote) -> None:
        context.cancel_timer(1)
        context.set_timer(seconds(10), 2)


def test_timers_run_out_in_their_order_and_once() -> None:
    timed = Timed()
    rig = Rig(timed).start()
    rig.advance(20 * SECOND)
    assert timed.fired == [(3, 2), (5, 1)]
    assert rig.host.next_time() is None


def test_a_timer_is_canceled_or_set_anew_even_while_its_firing_is_on_its_way() -> None:
    timed = Timed()
    rig = Rig(timed).start()
    rig.time = Nanos(5 * SECOND)
    fired = rig.host.take(rig.time)
    rig.quote(9_990, 10_000)
    for one in fired:
        rig.run(one)
    assert timed.fired == []
    rig.advance(30 * SECOND)
    assert timed.fired == [(15, 2)]


def test_a_rehearsal_that_delivers_recorded_firings_ends_with_the_same_timers() -> None:
    timed, rehearsed = Timed(), Timed()
    live, rehearsal = Rig(timed).start(), Rig(rehearsed).start()
    live.advance(4 * SECOND)
    rehearsal.time = Nanos(3 * SECOND)
    rehearsal.run(live.inputs[-1])
    assert rehearsed.fired == timed.fired == [(3, 2)]
    assert rehearsal.host.next_time() == live.host.next_time() == 5 * SECOND


def test_a_strategy_that_ended_has_no_timers() -> None:
    rig = Rig(Timed()).start()
    rig.host.stop(rig.time)
    assert rig.host.next_time() is None
