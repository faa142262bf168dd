"""What a process that died has written last, and whether anything may rest on it."""

import errno
from pathlib import Path

import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalFailed
from fairlead.journal.history import History
from fairlead.journal.log import Durability, Log
from fairlead.model.units import Sequence
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import Fault
from fairlead.simulator.errors import PowerLost
from tests.journal.build import GROUPS, Written, put, write

PLACE = Path("journal")


def with_last_words(seed: int, *, synced: bool) -> SimulatedDisk:
    """Return a disk with a journal whose last write is in memory: the process died before its sync,
    or the sync failed and the kernel takes what it should have written for written.
    """
    disk = SimulatedDisk(Chance(seed, 0))
    disk.make_directory(PLACE)
    log = Log(PLACE, Durability.DISK, 1, Sequence(0), layout.GENESIS, disk=disk)
    put(log, GROUPS[0])
    if synced:
        disk.trouble.schedule(Fault("sync", disk.trouble.calls["sync"] + 1, errno.EIO))
        with pytest.raises(JournalFailed):
            put(log, GROUPS[1])
    else:
        disk.lose_power_after(1)
        with pytest.raises(PowerLost):
            put(log, GROUPS[1])
    disk.kill()
    return disk


@pytest.mark.parametrize("synced", [True, False], ids=["the sync failed", "killed before it"])
def test_nothing_rests_on_what_is_in_memory_alone(synced: bool) -> None:
    """Faults 1, 6 and 25: it is started again without a loss of power, and then there is one."""
    for seed in range(40):
        disk = with_last_words(seed, synced=synced)
        history = History(PLACE, disk)
        history.settle()
        entries = len(list(history.entries()))
        history.mend()
        following = Log(PLACE, Durability.DISK, 2, history.end.last, history.end.chain, disk=disk)
        put(following, [Written(history.end.last + 1, 90, b"after", b"A")])
        disk.crash()
        assert entries >= len(GROUPS[0])
        assert len(list(History(PLACE, disk).entries())) == entries + 1


def test_a_segment_that_cannot_be_settled_is_not_read(tmp_path: Path) -> None:
    """An error of a sync is final, for a start as for a node that runs."""
    disk = with_last_words(1, synced=False)
    disk.trouble.schedule(Fault("settle", 1, errno.EIO))
    with pytest.raises(JournalFailed, match="cannot be made durable"):
        History(PLACE, disk).settle()
    write(tmp_path)
    History(tmp_path).settle()
    (tmp_path / "empty").mkdir()
    History(tmp_path / "empty").settle()


def test_a_last_record_of_which_the_end_was_not_written_is_torn(tmp_path: Path) -> None:
    """Fault 5: it was taken in two pieces, and the second one never reached the disk."""
    [path] = {mark.path for mark in write(tmp_path, segment_bytes=10_000)}
    content = path.read_bytes()
    for missing in range(2, 40):
        path.write_bytes(content[:-missing] + bytes(missing))
        history = History(tmp_path)
        assert len(list(history.entries())) == sum(len(group) for group in GROUPS)
        assert history.end.torn_bytes > 0
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(JournalDamaged):
        list(History(tmp_path).entries())
