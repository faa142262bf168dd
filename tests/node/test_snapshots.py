"""When a snapshot is taken, which one is believed, and what a start falls back to."""

from pathlib import Path

import pytest

from fairlead.journal import format as layout
from fairlead.journal import snapshot as files
from fairlead.journal.disk import RealDisk
from fairlead.journal.log import Durability, Log
from fairlead.journal.snapshot import Snapshot
from fairlead.model.codec import encode_input
from fairlead.model.inputs import SnapshotTaken, TimePassed
from fairlead.model.units import Nanos, Sequence
from fairlead.node.apart import Here, Work
from fairlead.node.errors import NotKept
from fairlead.node.reading import written_schema
from fairlead.node.snapshots import Snapshots, find

DISK = RealDisk()
BUILD = bytes(16)
TEN = Sequence(10)


class Later:
    """A worker that answers when it is told to."""

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.answers: list[str] = []

    def start(self, work: Work) -> None:
        self.works.append(work)

    def answer(self) -> str | None:
        return self.answers.pop() if self.answers else None


def a_state(sequence: int = 10) -> Snapshot:
    return Snapshot(Sequence(sequence), Nanos(1), 1, bytes(32), BUILD, b"image")


def unkept() -> Snapshot:
    raise NotKept("a strategy holds a socket")


def test_one_is_due_when_so_many_inputs_came_and_none_is_being_written(tmp_path: Path) -> None:
    worker = Later()
    snapshots = Snapshots(tmp_path, 10, DISK, worker, Sequence(0))
    assert next(number for number in range(25) if snapshots.due(Sequence(number))) == 10
    snapshots.take(TEN, a_state)
    assert not snapshots.due(Sequence(30)), "one at a time"
    assert snapshots.taken() is None
    worker.answers.append(worker.works[0]())
    taken = snapshots.taken()
    assert taken is not None
    assert taken.after == 10
    assert taken.digest == files.read(files.path_of(tmp_path, TEN), DISK).digest.hex()
    assert snapshots.taken() is None
    assert not snapshots.due(Sequence(19))
    assert snapshots.due(Sequence(20))


def test_none_is_taken_where_none_is_wanted(tmp_path: Path) -> None:
    assert not Snapshots(tmp_path, 0, DISK, Here(), Sequence(0)).due(Sequence(10**9))


def test_a_state_that_cannot_be_kept_is_told_and_not_tried_again(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, 10, DISK, Here(), Sequence(0))
    snapshots.take(TEN, unkept)
    assert snapshots.taken() is None
    assert snapshots.problem == "a strategy holds a socket"
    assert not snapshots.due(Sequence(100))


def test_a_writer_that_died_is_told(tmp_path: Path) -> None:
    worker = Later()
    snapshots = Snapshots(tmp_path, 10, DISK, worker, Sequence(0))
    snapshots.take(TEN, a_state)
    worker.answers.append("")
    assert snapshots.taken() is None
    assert "died" in snapshots.problem


class Journal:
    """A journal with snapshots, each vouched for or not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        schema = written_schema()
        self.log = Log(directory, Durability.PROCESS, 1, Sequence(0), layout.GENESIS, schema=schema)
        self.last = 0

    def put(self, count: int) -> None:
        for _ in range(count):
            self._append(encode_input(TimePassed()))

    def snapshot(self, vouched: bool = True, build: bytes = BUILD) -> Path:
        self.log.close(Nanos(self.last))
        here = Sequence(self.last)
        kept = Snapshot(here, Nanos(self.last), 1, self.log.chain, build, b"image")
        digest = files.write(self.directory, kept, DISK)
        self.put(1)
        if vouched:
            self._append(encode_input(SnapshotTaken(here, digest.hex())))
        self.put(1)
        return files.path_of(self.directory, here)

    def _append(self, content: bytes) -> None:
        self.last += 1
        time = Nanos(self.last)
        self.log.append(layout.INPUT, Sequence(self.last), time, content)
        self.log.commit(time)


def test_the_newest_that_the_journal_vouches_for_is_taken(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put(3)
    journal.snapshot()
    journal.put(3)
    newest = journal.snapshot()
    found = find(tmp_path, BUILD, DISK)
    assert found.snapshot is not None
    assert files.path_of(tmp_path, found.after) == newest
    assert not found.passed_over


@pytest.mark.parametrize("trouble", ["cut", "unvouched", "other build", "exchanged", "gone"])
def test_one_that_cannot_be_believed_is_passed_over_for_the_one_before(
    trouble: str, tmp_path: Path
) -> None:
    """Fault 4: an older snapshot and a longer replay; and never one that was tampered with."""
    journal = Journal(tmp_path)
    journal.put(3)
    older = journal.snapshot()
    build = bytes(range(16)) if trouble == "other build" else BUILD
    newest = journal.snapshot(trouble != "unvouched", build)
    if trouble == "cut":
        newest.write_bytes(newest.read_bytes()[:-1])
    elif trouble == "gone":
        newest.unlink()
    elif trouble == "exchanged":
        read = files.read(newest, DISK)
        forged = Snapshot(read.sequence, read.time, read.epoch, read.chain, BUILD, b"forged")
        newest.unlink()
        files.write(tmp_path, forged, DISK)
    found = find(tmp_path, BUILD, DISK)
    assert found.snapshot is not None
    assert files.path_of(tmp_path, found.after) == older
    assert len(found.passed_over) == (trouble != "gone")
    assert all(str(newest) in reason for reason in found.passed_over)


def test_without_any_a_start_begins_at_the_beginning(tmp_path: Path) -> None:
    assert find(tmp_path, BUILD, DISK).after == 0
    assert find(tmp_path / "missing", BUILD, DISK).after == 0


def test_a_snapshot_of_a_journal_that_lost_its_end_is_not_believed(tmp_path: Path) -> None:
    """The power went: the snapshot was synced, the segments before and after it were not."""
    journal = Journal(tmp_path)
    journal.put(3)
    journal.snapshot()
    for segment in sorted(tmp_path.glob("*.journal"))[1:]:
        segment.unlink()
    assert find(tmp_path, BUILD, DISK).after == 0
