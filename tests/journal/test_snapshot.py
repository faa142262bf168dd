"""Snapshots in files: whole or not at all, and never taken for what they are not."""

from pathlib import Path

import pytest

from fairlead.journal import snapshot as files
from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalDamaged, SnapshotDamaged
from fairlead.journal.history import History
from fairlead.journal.snapshot import Snapshot
from fairlead.model.units import Nanos, Sequence
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import Fault
from fairlead.simulator.errors import PowerLost
from tests.journal.build import GROUPS, a_log, put
from tests.journal.mirrors import Mirrors

DISK = RealDisk()
JOURNAL = Path("journal")
BUILD = bytes(range(16))


def a_snapshot(sequence: int = 3, image: bytes = b"what stood then") -> Snapshot:
    return Snapshot(Sequence(sequence), Nanos(20), 1, bytes(range(32)), BUILD, image)


def fields(snapshot: Snapshot) -> tuple[object, ...]:
    return (
        *(snapshot.sequence, snapshot.time, snapshot.epoch),
        *(snapshot.chain, snapshot.build, snapshot.image),
    )


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    digest = files.write(tmp_path, a_snapshot(), DISK)
    (path,) = files.newest_first(tmp_path, DISK)
    read = files.read(path, DISK)
    assert fields(read) == fields(a_snapshot())
    assert read.digest == digest


def test_a_snapshot_cut_anywhere_is_refused(tmp_path: Path) -> None:
    files.write(tmp_path, a_snapshot(), DISK)
    path = files.path_of(tmp_path, Sequence(3))
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(SnapshotDamaged):
            files.read(path, DISK)


def test_a_snapshot_with_any_bit_turned_is_refused(tmp_path: Path) -> None:
    files.write(tmp_path, a_snapshot(), DISK)
    path = files.path_of(tmp_path, Sequence(3))
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        turned = bytearray(content)
        turned[bit // 8] ^= 1 << bit % 8
        path.write_bytes(turned)
        with pytest.raises(SnapshotDamaged):
            files.read(path, DISK)


def test_a_snapshot_under_the_name_of_another_is_refused(tmp_path: Path) -> None:
    files.write(tmp_path, a_snapshot(), DISK)
    other = files.path_of(tmp_path, Sequence(4))
    files.path_of(tmp_path, Sequence(3)).rename(other)
    with pytest.raises(SnapshotDamaged, match="after input 3"):
        files.read(other, DISK)


def test_the_newest_are_kept_and_what_a_crash_left_is_removed(tmp_path: Path) -> None:
    for sequence in (3, 5, 9):
        files.write(tmp_path, a_snapshot(sequence), DISK)
    (tmp_path / "00000000000000000011.snapshot-part").write_bytes(b"half")
    files.remove_old(tmp_path, 2, DISK)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "00000000000000000005.snapshot",
        "00000000000000000009.snapshot",
    ]


@pytest.mark.parametrize("steps", range(12))
def test_a_loss_of_power_at_any_step_leaves_a_whole_snapshot_or_none(steps: int) -> None:
    """Faults 2 and 25: file, rename and directory, each may be lost; none is half there."""
    for seed in range(30):
        disk = SimulatedDisk(Chance(seed, 1))
        disk.make_directory(JOURNAL)
        files.write(JOURNAL, a_snapshot(3), disk)
        disk.lose_power_after(steps)
        acknowledged = False
        try:
            files.write(JOURNAL, a_snapshot(5, b"x" * 3_000), disk)
            acknowledged = True
        except PowerLost:
            pass
        disk.crash()
        read = [files.read(path, disk) for path in files.newest_first(JOURNAL, disk)]
        assert [one.sequence for one in read] in ([3], [5, 3])
        assert not acknowledged or read[0].sequence == 5
        files.write(JOURNAL, a_snapshot(5), disk)  # what lies there from before is no hindrance


@pytest.mark.parametrize("call", ["create", "write", "sync", "rename", "sync_directory"])
def test_a_disk_that_fails_leaves_what_was_there(call: str) -> None:
    disk = SimulatedDisk(Chance(1, 1))
    disk.make_directory(JOURNAL)
    files.write(JOURNAL, a_snapshot(3), disk)
    number = disk.trouble.calls.get(call, 0) + 1
    disk.trouble.schedule(Fault(call, number, error=5))
    with pytest.raises(OSError):
        files.write(JOURNAL, a_snapshot(5), disk)
    disk.trouble.clear()
    assert files.read(files.path_of(JOURNAL, Sequence(3)), disk).sequence == 3


def test_a_history_begins_after_a_snapshot(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    put(log, GROUPS[0])
    put(log, GROUPS[1])
    log.close(Nanos(20))
    here = Snapshot(Sequence(3), Nanos(20), log.epoch, log.chain, BUILD, b"")
    put(log, GROUPS[2])
    log.close(Nanos(35))
    history = History(tmp_path, after=here)
    assert [entry.sequence for entry in history.entries()] == [4, 5, 6]
    whole = History(tmp_path)
    list(whole.entries())
    assert (history.end.last, history.end.chain) == (whole.end.last, whole.end.chain)


def test_a_journal_that_does_not_continue_a_snapshot_is_refused(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    put(log, (*GROUPS[0], *GROUPS[1]))
    log.close(Nanos(20))
    put(log, GROUPS[2])
    log.close(Nanos(35))
    with pytest.raises(JournalDamaged, match="chain"):
        list(History(tmp_path, after=a_snapshot()).entries())


def test_a_sealed_snapshot_is_read_by_who_has_the_key(tmp_path: Path) -> None:
    cipher = Mirrors()
    digest = files.write(tmp_path, a_snapshot(), DISK, cipher)
    path = files.path_of(tmp_path, Sequence(3))
    read = files.read(path, DISK, cipher)
    assert fields(read) == fields(a_snapshot())
    assert read.digest == digest
    assert a_snapshot().image not in path.read_bytes()
    with pytest.raises(SnapshotDamaged, match="is encrypted, and no key was given"):
        files.read(path, DISK)


def test_a_sealed_snapshot_cut_or_turned_anywhere_is_refused(tmp_path: Path) -> None:
    cipher = Mirrors()
    files.write(tmp_path, a_snapshot(), DISK, cipher)
    path = files.path_of(tmp_path, Sequence(3))
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        turned = bytearray(content)
        turned[bit // 8] ^= 1 << bit % 8
        path.write_bytes(turned)
        with pytest.raises(SnapshotDamaged):
            files.read(path, DISK, cipher)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(SnapshotDamaged):
            files.read(path, DISK, cipher)
