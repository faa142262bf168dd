"""How time passes: at once, or against our clock, and always with an ear for a stop."""

from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.node.pace import FullSpeed, RealTime, StopRequest


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


def test_a_stop_ends_a_wait() -> None:
    stop = StopRequest()
    pace = RealTime(stop, 1, nothing, lambda: stop.set("now"))
    assert pace.wait_until(Nanos(0))
    assert not pace.wait_until(Nanos(3_600 * 10**9))
