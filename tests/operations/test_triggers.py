"""A node that stops beating is missed once; one that ends in order is not; a watch watches on."""

from pathlib import Path

import pytest

from fairlead.gateways.kill_flag import Standing, Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.gateways.kill_page import Heartbeat
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.triggers import Watch, Watchdog, flag_watch, heartbeat_watch
from tests.operations.patience import until

LIMIT = Nanos(5 * NANOS_PER_SECOND)
START = Nanos(1_000 * NANOS_PER_SECOND)


def beat(at: int, pid: int = 7) -> Heartbeat:
    """Return a heartbeat at a time of the monotonic clock."""
    return Heartbeat(pid=pid, started=Nanos(1), monotonic=Nanos(at), wall=Nanos(2))


def after(age: int, beat_at: int = START) -> Kill | None:
    """Return what a watchdog says of a beat of some age."""
    return Watchdog(LIMIT).check(beat(beat_at), Nanos(beat_at + age))


@pytest.mark.parametrize("age", [0, 1, LIMIT - 1, LIMIT, -NANOS_PER_SECOND])
def test_a_beat_that_is_young_enough_is_enough(age: int) -> None:
    assert after(age) is None


@pytest.mark.parametrize("age", [LIMIT + 1, 300 * NANOS_PER_SECOND])
def test_a_beat_that_is_too_old_kills(age: int) -> None:
    """S4-KILL-03, B-KILL-03."""
    kill = after(age)
    assert kill is not None
    assert kill.source == "watchdog"
    assert "node 7" in kill.reason
    assert "the limit is 5 s" in kill.reason


def test_a_beat_of_before_the_host_was_started_kills() -> None:
    kill = after(-NANOS_PER_SECOND - 1)
    assert kill is not None
    assert "since this host was started" in kill.reason


def test_a_node_that_never_was_or_ended_in_order_is_not_missed() -> None:
    assert Watchdog(LIMIT).check(None, START) is None


def test_one_silence_is_told_once_and_the_next_one_again() -> None:
    watchdog = Watchdog(LIMIT)
    late = Nanos(START + LIMIT + 1)
    assert watchdog.check(beat(START), late) is not None
    assert watchdog.check(beat(START), Nanos(late + LIMIT)) is None
    assert watchdog.check(beat(late), late) is None
    assert watchdog.check(beat(late), Nanos(late + LIMIT + 1)) is not None


def test_another_node_that_falls_silent_is_told_too() -> None:
    watchdog = Watchdog(LIMIT)
    late = Nanos(START + LIMIT + 1)
    assert watchdog.check(beat(START), late) is not None
    assert watchdog.check(beat(START, pid=8), late) is not None


def test_a_watch_that_fails_watches_on_and_says_why() -> None:
    calls = []

    def look() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise OSError("the disk is gone")

    watch = Watch("disk", 0, look)
    watch.start()
    until(lambda: len(calls) > 3)
    watch.stop()
    assert watch.problem == ""


def test_a_watch_that_fails_for_good_says_so() -> None:
    def look() -> None:
        raise OSError("the disk is gone")

    watch = Watch("disk", 0, look)
    watch.start()
    assert until(lambda: watch.problem) == "OSError: the disk is gone"
    watch.stop()


def test_every_change_of_the_switch_is_told(tmp_path: Path) -> None:
    told: list[Standing] = []
    watch = flag_watch(tmp_path / "switch", told.append)
    watch.start()
    until(lambda: told)
    assert not told[-1].engaged
    switch = Switch(tmp_path / "switch", mapped=False, now=Nanos(1))
    switch.engage(Kill(person="ann", reason="test", source="test"), Nanos(2))
    until(lambda: told[-1].engaged)
    switch.release("bob", "over", Nanos(3))
    until(lambda: not told[-1].engaged)
    (tmp_path / "switch" / "KILL").touch()
    until(lambda: told[-1].engaged)
    watch.stop()


def test_a_lost_heartbeat_is_told(tmp_path: Path) -> None:
    node = Switch(tmp_path / "switch", now=Nanos(1))
    assert node.claim(Nanos(1))
    told: list[Kill] = []
    watch = heartbeat_watch(tmp_path / "switch", Nanos(1), told.append)
    watch.start()
    node.beat(Nanos(1), Nanos(1))
    assert until(lambda: told)[0].source == "watchdog"
    watch.stop()
    node.close()
