"""Opening a session on a journal, wherever that lies."""

from pathlib import Path

import pytest

from fairlead.journal.errors import JournalFailed
from fairlead.journal.history import History
from fairlead.model.inputs import (
    JournalSpaceBack,
    JournalSpaceLow,
    ReleaseCommand,
    VenueCanceled,
)
from fairlead.model.outputs import KillEngaged, SendOrder
from fairlead.model.terms import StopPolicy
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration, JournalSettings
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.stages.recovering import Kept, recover
from fairlead.stages.wiring import wire
from tests.stages.sessions import SECOND, Recorder, configuration, full_speed

JOURNAL = Path("journal")
ROOM = 20_000  # bytes that are free, for a part of the session


def test_a_session_recovers_on_any_disk_and_goes_on_in_the_next_epoch() -> None:
    """Invariants 1 and 7: what was committed is there, what was cut off is said."""
    disk = SimulatedDisk(Chance(1, 0))
    disk.make_directory(JOURNAL)
    first = wire(configuration(5))
    opened = recover(first, Kept(JOURNAL, disk), "paper")
    assert (opened.inputs, opened.torn_bytes, opened.epoch) == (0, 0, 1)
    first.release(full_speed())
    first.session.run(full_speed(), first.surroundings.until)
    last, digest = first.path.sequencer.last, first.path.machine.digest()
    disk.kill()

    again = wire(configuration(5))
    seen: list[int] = []
    opened = recover(again, Kept(JOURNAL, disk), "paper", seen.append)
    assert (opened.inputs, opened.epoch) == (last, 2)
    assert again.path.machine.digest() != digest, "it has been opened again since"
    again.session.stop(StopPolicy.CANCEL, "ann", "the end")
    history = History(JOURNAL, disk)
    assert len(list(history.entries())) == again.path.sequencer.last
    assert history.end.epoch == 2


def full_disk_configuration() -> Configuration:
    """Return a session with a small reserve."""
    small = JournalSettings(reserve_bytes=64 * 1024, free_bytes_min=0)
    return configuration(20, journal=small)


def test_on_a_full_disk_orders_stop_and_cancels_go_out() -> None:
    """Fault 5: the session lives on, on what was kept back, and says why it does not trade."""
    disk = SimulatedDisk(Chance(1, 0))
    disk.make_directory(JOURNAL)
    recorder = Recorder()
    wired = wire(full_disk_configuration(), [recorder])
    recover(wired, Kept(JOURNAL, disk), "paper")
    assert disk.names(JOURNAL)[-1] == "reserve"
    wired.release(full_speed())
    leave_room(disk)
    until = Nanos(wired.session.clock.now() + 8 * SECOND)
    wired.session.run(full_speed(), until)
    [low] = recorder.said(JournalSpaceLow)
    assert low.path == str(JOURNAL)
    assert recorder.answered(KillEngaged)[0].source == "journal"
    assert "reserve" not in disk.names(JOURNAL)
    place = recorder.inputs.index(low)
    assert any(isinstance(one, VenueCanceled) for one in recorder.inputs[place:])
    assert wired.path.machine.orders.working_count == 0
    assert not sent_after(recorder, low)

    disk.capacity = 1 << 40
    wired.session.run(full_speed(), Nanos(until + 2 * SECOND))
    assert len(recorder.said(JournalSpaceBack)) == 1
    assert "reserve" in disk.names(JOURNAL)
    assert not sent_after(recorder, low), "a person has not looked yet"
    wired.session.command(ReleaseCommand("ann", "old files were removed"))
    wired.session.run(full_speed(), Nanos(until + 6 * SECOND))
    assert sent_after(recorder, low)
    wired.session.stop(StopPolicy.CANCEL, "ann", "the end")
    assert "reserve" not in disk.names(JOURNAL), "who ends in order leaves nothing behind"

    again = wire(full_disk_configuration())
    assert recover(again, Kept(JOURNAL, disk), "paper").inputs == wired.path.sequencer.last


def test_a_disk_that_stays_full_ends_the_session_and_loses_nothing() -> None:
    """Fault 5: with the reserve used up as well nothing can be written, so nothing can be done."""
    disk = SimulatedDisk(Chance(1, 0))
    disk.make_directory(JOURNAL)
    wired = wire(full_disk_configuration())
    recover(wired, Kept(JOURNAL, disk), "paper")
    wired.release(full_speed())
    leave_room(disk)
    with pytest.raises(JournalFailed, match=r"No space left .*; make space, then start again"):
        wired.session.run(full_speed())
    disk.kill()
    disk.capacity = 1 << 40
    opened = recover(wire(full_disk_configuration()), Kept(JOURNAL, disk), "paper")
    assert opened.inputs > 100


def leave_room(disk: SimulatedDisk) -> None:
    """Let a disk be full soon."""
    used = sum(disk.stamp(JOURNAL / name)[0] for name in disk.names(JOURNAL))
    disk.capacity = used + ROOM


def sent_after(recorder: Recorder, low: JournalSpaceLow) -> bool:
    """Whether an order was approved after the disk was full: each is told by a fact."""
    facts = recorder.outputs
    engaged = next(n for n, one in enumerate(facts) if isinstance(one, KillEngaged))
    assert low in recorder.inputs
    return any(isinstance(one, SendOrder) for one in facts[engaged:])
