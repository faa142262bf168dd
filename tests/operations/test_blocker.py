"""The flag is engaged at once and the latch after it; what hangs or fails is told."""

from pathlib import Path

from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.journal.sequencer import VirtualClock
from fairlead.model.units import Nanos
from fairlead.operations.blocker import Blocker, Trigger
from tests.operations.patience import until

KILL = Kill(person="ann", reason="test", source="test")


def test_a_trigger_engages_the_flag_and_then_the_latch(tmp_path: Path) -> None:
    told: list[Trigger] = []
    blocker = Blocker(tmp_path / "switch", VirtualClock(Nanos(5)), told.append)
    blocker.start()
    trigger = Trigger(KILL, "here", Nanos(1))
    blocker.block(trigger)
    until(lambda: told)
    assert trigger.engaged is not None
    assert trigger.engaged.flag
    assert trigger.durable is not None
    assert trigger.durable.latched
    standing = Switch(tmp_path / "switch", mapped=False, now=Nanos(6)).look()
    assert (standing.engaged, standing.kill, standing.time) == (True, KILL, 5)
    blocker.stop()


def test_where_nothing_can_be_written_that_is_told_and_nobody_waits(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told: list[Trigger] = []
    blocker = Blocker(tmp_path / "file" / "switch", VirtualClock(Nanos(5)), told.append)
    blocker.start()
    trigger = Trigger(KILL, "here", Nanos(1))
    blocker.block(trigger)
    until(lambda: told)
    assert trigger.engaged is not None
    assert not trigger.engaged.holds
    assert trigger.engaged.problems
    blocker.stop()
