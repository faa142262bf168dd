"""The load comes when it is due; a stall is felt by every tick that falls into it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from fairlead.journal.log import Lock
from fairlead.model.inputs import Quote
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos
from fairlead.node.capacity import Line
from fairlead.stages.load_run import configuration, trade
from fairlead.stages.offered_load import START, OfferedMarket, TakingEach, due_times

SPINNING = Line("spinning", "spin", "process")
LOOK = 1_000  # ns that pass with each look at the clock
STALL = 5 * NANOS_PER_MILLISECOND


class Ticking:
    """A clock that goes on by a microsecond with each look, and once by much more."""

    def __init__(self, stall_at: int, stall: int) -> None:
        self.time = 0
        self._stall_at = stall_at
        self._stall = stall

    def __call__(self) -> Nanos:
        if self.time < self._stall_at <= self.time + LOOK:
            self.time += self._stall
        self.time += LOOK
        return Nanos(self.time)


def offered(place: Path, now: Callable[[], Nanos], warming: int = 0) -> OfferedMarket:
    """Return the market of a session that was offered 150 ticks, 10,000 a second."""
    market = OfferedMarket(due_times(10_000, 150, warming, 10_000), warming, now)
    strategy = TakingEach(market, now)
    with closing(Lock(place / "journal")):
        trade(configuration(SPINNING), SPINNING, market, strategy, place, now)
    assert market.ticks == market.orders == strategy.fills == 150 + warming
    return market


def test_ticks_are_due_at_the_rate_at_times_that_are_fixed_beforehand() -> None:
    times = due_times(2_000, 10_000)
    assert times == due_times(2_000, 10_000)
    assert times == sorted(set(times))
    assert abs(times[-1] - START - 5 * NANOS_PER_SECOND) < NANOS_PER_SECOND // 5


def test_warming_ticks_come_before_all_that_count() -> None:
    times = due_times(2_000, 10, warming=3, warming_rate=1_000)
    assert [time - START for time in times[:3]] == [0, 10**6, 2 * 10**6]
    assert times[3] > times[2] + 10**6
    counting = due_times(2_000, 10)
    assert {then - alone for then, alone in zip(times[3:], counting, strict=True)} == {3 * 10**6}


def test_a_session_that_keeps_up_is_never_late(tmp_path: Path) -> None:
    spans = offered(tmp_path, Ticking(0, 0)).spans
    assert spans.tick_to_order.count == 150
    assert spans.tick_to_order.max < 100 * LOOK
    assert spans.order_to_acknowledgement.count == spans.order_to_fill.count == 150


def test_a_stall_makes_every_tick_late_that_was_due_in_it(tmp_path: Path) -> None:
    """Counted from when a tick was taken, one of them would be late: the one that stalled."""
    stalled = 4 * NANOS_PER_MILLISECOND
    market = offered(tmp_path, Ticking(stalled, STALL))
    assert market.schedule is not None
    dues = [market.schedule.due(time) for time in due_times(10_000, 150)]
    late = [stalled + STALL - due for due in dues if stalled < due < stalled + STALL]
    assert len(late) > 30
    spans = market.spans.tick_to_order
    assert spans.max >= max(late)
    for least in (STALL // 4, STALL // 2, 3 * STALL // 4):
        felt = sum(bucket.spans for bucket in spans.buckets() if bucket.upper >= least)
        assert felt >= sum(span >= least for span in late)


def test_what_warms_up_does_not_count(tmp_path: Path) -> None:
    spans = offered(tmp_path, Ticking(NANOS_PER_MILLISECOND, STALL), warming=60).spans
    assert spans.tick_to_order.count == 150
    assert spans.tick_to_order.max < 100 * LOOK


def test_the_market_trades_at_its_touch_once_a_tick() -> None:
    market = OfferedMarket([START, Nanos(START + 5)], 0, lambda: Nanos(0))
    assert market.next_time() == START
    first = market.take(START)
    assert [type(each) for each in first] == [Quote]
    assert market.next_time() == START + 5
    assert market.take(Nanos(START + 4)) == []
    market.take(Nanos(START + 5))
    assert market.next_time() is None
