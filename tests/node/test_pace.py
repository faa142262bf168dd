"""How time passes: at once, or against our clock, and always with an ear for a stop."""

from collections.abc import Callable

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.node.pace import FullSpeed, LiveTime, RealTime, StopRequest
from fairlead.node.present import NodeClock, Present

HOUR = 3_600 * 10**9


def nothing() -> None:
    """Do nothing."""


def test_full_speed_never_waits_and_hears_a_stop() -> None:
    stop = StopRequest()
    pace = FullSpeed(stop)
    assert pace.wait_until(Nanos(10**18))
    stop.set("enough")
    assert not pace.wait_until(Nanos(0))


def test_the_first_reason_for_a_stop_counts() -> None:
    stop = StopRequest()
    stop.set("first")
    stop.set("second")
    assert stop.reason == "first"


def test_real_time_waits_as_long_as_the_world_says_and_commits_before() -> None:
    waits: list[str] = []
    pace = RealTime(StopRequest(), 2, lambda: waits.append("commit"), lambda: waits.append("idle"))
    begun = monotonic_ns()
    assert pace.wait_until(Nanos(1_000))
    assert pace.wait_until(Nanos(1_000 + 40 * NANOS_PER_MILLISECOND))
    assert monotonic_ns() - begun >= 20 * NANOS_PER_MILLISECOND
    assert waits[0] == "commit"


def test_what_comes_from_outside_ends_a_wait_and_the_world_is_asked_anew() -> None:
    """A kill is heard within milliseconds, however long nothing happens in the world."""
    asked: list[int] = []

    def attend() -> bool:
        asked.append(1)
        return len(asked) == 3

    pace = RealTime(StopRequest(), 1, nothing, nothing, attend)
    assert pace.wait_until(Nanos(0))
    assert asked == []
    assert pace.wait_until(Nanos(3_600 * 10**9))
    assert len(asked) == 3


class Ticking:
    """A clock that goes on by 100 ns with every look."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> Nanos:
        self.looks += 1
        return Nanos(100 * self.looks)


def test_a_session_that_spins_looks_again_until_it_is_time_and_never_sleeps() -> None:
    """With a clock that only looks move, time passes: asleep, it would not."""
    clock, idle = Ticking(), []
    pace = RealTime(StopRequest(), 1, nothing, lambda: idle.append(1), spin=True, now=clock)
    assert pace.wait_until(Nanos(0))
    assert pace.wait_until(Nanos(10_000))
    assert clock.looks == 101
    assert len(idle) == 96


def test_a_turn_is_due_at_a_time_of_our_own_clock_that_stands_beforehand() -> None:
    clock = Ticking()
    pace = RealTime(StopRequest(), 2, nothing, nothing, spin=True, now=clock)
    assert pace.wait_until(Nanos(5_000))
    assert (pace.due(Nanos(5_000)), pace.due(Nanos(6_000))) == (100, 600)


class Silent:
    """Notes how long each look may take; nothing ever arrives before the last one."""

    def __init__(self, looks: int) -> None:
        self.spans: list[Nanos] = []
        self._looks = looks

    def wait(self, span: Nanos) -> bool:
        self.spans.append(span)
        return len(self.spans) == self._looks

    def tell(self, tell: Callable[[], None]) -> None:
        pass


def test_live_time_is_deaf_for_a_slice_at_most() -> None:
    clock, arrivals = NodeClock(), Silent(3)
    pace = LiveTime(StopRequest(), Present(clock, arrivals), nothing, nothing)
    assert pace.wait_until(Nanos(HOUR))
    assert arrivals.spans == [0, 5 * NANOS_PER_MILLISECOND, 5 * NANOS_PER_MILLISECOND]


def test_a_stop_ends_a_wait() -> None:
    stop = StopRequest()
    pace = RealTime(stop, 1, nothing, lambda: stop.set("now"))
    assert pace.wait_until(Nanos(0))
    assert not pace.wait_until(Nanos(3_600 * 10**9))
