"""The writer: groups, segments, one owner; and a failure that is final."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead.journal import format as layout
from fairlead.journal import log as log_module
from fairlead.journal.errors import JournalFailed, JournalLocked
from fairlead.journal.history import History
from fairlead.journal.log import GROUP_BYTES_MAX, Durability, Lock, Log
from fairlead.journal.tail import Tail
from fairlead.model.units import Nanos, Sequence
from tests.journal.build import (
    ALL,
    GROUPS,
    Written,
    a_log,
    as_nobody,
    mend,
    put,
    read,
    records,
    segments,
    write,
)

ONE = Nanos(1)
BIG = Written(3, 20, b"x" * 500)


def append(log: Log, sequence: int, payload: bytes = b"payload") -> None:
    """Put one input into the group that waits."""
    log.append(layout.INPUT, Sequence(sequence), ONE, payload)


def open_files() -> int:
    """Return how many files this process holds open."""
    return len(os.listdir("/proc/self/fd"))


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let the kernel refuse to make any file larger: a disk that is full, for real."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- groups and segments -------------------------------------------------------------------------


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    """S1-EVT-01, invariant 1: every input with its outputs."""
    write(tmp_path)
    entries, end = read(tmp_path)
    assert entries == list(ALL)
    assert (end.last, end.time, end.commits, end.sealed) == (6, 35, 3, True)


def test_a_group_becomes_readable_with_its_commit_and_not_before(tmp_path: Path) -> None:
    """Invariant 3: nothing that is not committed counts as written."""
    log = a_log(tmp_path)
    append(log, 1)
    waiting = [log.pending]
    assert segments(tmp_path) == []
    log.commit(ONE)
    waiting.append(log.pending)
    assert waiting == [True, False]
    assert len(read(tmp_path)[0]) == 1
    append(log, 2)
    assert len(read(tmp_path)[0]) == 1
    log.close(ONE)
    assert len(read(tmp_path)[0]) == 2


def test_a_commit_of_nothing_writes_nothing(tmp_path: Path) -> None:
    """A commit costs a sync, so an empty one costs none."""
    log = a_log(tmp_path)
    log.commit(ONE)
    log.close(ONE)
    assert segments(tmp_path) == []
    assert (log.commits, log.bytes_total) == (0, 0)


def test_a_group_is_one_write_and_at_durability_disk_one_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN 6: group commit; `process` asks the disk for nothing."""
    calls: list[str] = []
    system_write, system_sync = os.write, os.fdatasync

    def write_once(file: int, content: memoryview) -> int:
        calls.append("write")
        return system_write(file, content)

    def sync_once(file: int) -> None:
        calls.append("fdatasync")
        system_sync(file)

    monkeypatch.setattr(os, "write", write_once)
    monkeypatch.setattr(os, "fdatasync", sync_once)
    for durability, expected in (
        (Durability.DISK, ["write", "fdatasync"]),
        (Durability.PROCESS, ["write"]),
    ):
        log = Log(tmp_path / durability.value, durability, 1, Sequence(0), layout.GENESIS)
        (tmp_path / durability.value).mkdir()
        put(log, GROUPS[0])
        calls.clear()
        put(log, GROUPS[1])
        assert calls == expected
        log.close(ONE)


def test_a_full_segment_is_sealed_and_the_next_one_goes_on_with_its_chain(tmp_path: Path) -> None:
    """B-EVT-07: files are named by their first input, and chained."""
    write(tmp_path, segment_bytes=1)
    paths = segments(tmp_path)
    assert [path.name for path in paths] == [f"{first:020d}.journal" for first in (1, 3, 4)]
    headers = [layout.decode_header(path.read_bytes()) for path in paths]
    assert [header.first for header in headers] == [1, 3, 4]
    for path, following in zip(paths, headers[1:], strict=False):
        assert records(path)[-1][1].kind == layout.SEAL
        assert records(path)[-1][1].payload == following.chain


def test_a_segment_that_is_sealed_is_closed(tmp_path: Path) -> None:
    """Invariant 14: open files do not grow with history."""
    before = open_files()
    write(tmp_path, segment_bytes=1)
    assert open_files() == before


def test_the_writer_counts_what_it_wrote(tmp_path: Path) -> None:
    """Metrics read it from here."""
    log = a_log(tmp_path, segment_bytes=1)
    for group in GROUPS:
        put(log, group)
    assert log.commits == len(GROUPS)
    assert log.bytes_total == sum(path.stat().st_size for path in segments(tmp_path))


def test_a_segment_takes_groups_until_it_is_full(tmp_path: Path) -> None:
    """A group is never split over two files."""
    marks = write(tmp_path, segment_bytes=10_000, close=False)
    assert len(segments(tmp_path)) == 1
    assert [mark.entries for mark in marks] == [2, 3, 6]


def test_a_journal_that_is_closed_ends_with_a_seal(tmp_path: Path) -> None:
    """A clean end is told from a crash."""
    write(tmp_path, segment_bytes=10_000)
    assert records(segments(tmp_path)[0])[-1][1].kind == layout.SEAL


def test_the_writer_says_when_a_group_is_as_large_as_it_may_be(tmp_path: Path) -> None:
    """Invariant 14: what waits for a commit has a bound."""
    log, fuller = a_log(tmp_path), a_log(tmp_path)
    append(log, 1, bytes(GROUP_BYTES_MAX - layout.FRAME_BYTES - 1))
    append(fuller, 1, bytes(GROUP_BYTES_MAX - layout.FRAME_BYTES))
    assert (log.full, fuller.full) == (False, True)


def test_a_writer_goes_on_after_the_last_one(tmp_path: Path) -> None:
    """B-EVT-08: rebuilt state stands at the tail, and appending forgets nothing."""
    write(tmp_path)
    _, end = read(tmp_path)
    log = a_log(tmp_path, end)
    put(log, [Written(7, 40, b"seventh")])
    log.close(Nanos(40))
    entries, end = read(tmp_path)
    assert entries == [*ALL, Written(7, 40, b"seventh")]
    assert end.epoch == 2


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """S1-EVT-01: append only; a writer that starts at the wrong place stops."""
    write(tmp_path)
    before = segments(tmp_path)[0].read_bytes()
    log = a_log(tmp_path)
    with pytest.raises(JournalFailed, match=r"0001\.journal: cannot be created: .*File exists"):
        put(log, GROUPS[0])
    assert segments(tmp_path)[0].read_bytes() == before


def test_a_new_directory_is_durable_in_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 1: a journal that is on the disk in a directory that is not, is lost."""
    synced: list[Path] = []
    system = os.fsync

    def fsync(file: int) -> None:
        synced.append(Path(f"/proc/self/fd/{file}").readlink())
        system(file)

    monkeypatch.setattr(os, "fsync", fsync)
    directory = tmp_path / "a" / "b"
    lock = Lock(directory)
    assert synced == [tmp_path, tmp_path / "a"]
    put(a_log(directory), GROUPS[0])
    assert synced[2:] == [directory]
    lock.close()


# --- one writer ----------------------------------------------------------------------------------


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    """Invariant 7: the second one is told, and may come when the first has gone."""
    lock = Lock(tmp_path / "journal")
    before = open_files()
    with pytest.raises(JournalLocked, match="another node writes this journal"):
        Lock(tmp_path / "journal")
    assert open_files() == before
    lock.close()
    Lock(tmp_path / "journal").close()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    """Fault 1: after kill -9 a node starts again without a person."""
    program = (
        "import sys, pathlib; from fairlead.journal.log import Lock;"
        " lock = Lock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(JournalLocked):
            Lock(tmp_path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        Lock(tmp_path).close()


def test_a_directory_that_may_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user sees which directory, and why."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    directory = Path("journal")
    directory.mkdir(mode=0o555)
    with as_nobody(), pytest.raises(JournalFailed, match=r"^journal: cannot be used .*denied"):
        Lock(directory)
    log = a_log(directory)
    with as_nobody(), pytest.raises(JournalFailed, match=r"0001.journal: cannot be .*denied"):
        put(log, GROUPS[0])


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    """A path that is taken by something else."""
    (tmp_path / "file").write_text("hello", encoding="utf-8")
    with pytest.raises(JournalFailed, match="cannot be used as a journal"):
        Lock(tmp_path / "file")
    with pytest.raises(JournalFailed, match="cannot be used as a journal"):
        Lock(tmp_path / "file" / "below")


# --- failures are final --------------------------------------------------------------------------


def nothing_more_is_taken(log: Log, directory: Path) -> None:
    """Assert that a log that failed refuses everything, and touches nothing."""
    before = {path: path.read_bytes() for path in segments(directory)}
    with pytest.raises(JournalFailed, match="nothing more is taken"):
        append(log, 99)
    with pytest.raises(JournalFailed, match="nothing more is taken"):
        log.commit(ONE)
    with pytest.raises(JournalFailed, match="nothing more is taken"):
        log.close(ONE)
    assert {path: path.read_bytes() for path in segments(directory)} == before


def goes_on_after_recovery(directory: Path, entries: list[Written]) -> None:
    """Assert that a journal recovers to some entries and takes new ones."""
    assert read(directory)[0] == entries
    end = mend(directory)
    log = a_log(directory, end)
    following = Written(end.last + 1, 50, b"after")
    put(log, [following])
    log.close(Nanos(50))
    assert read(directory)[0] == [*entries, following]


@pytest.mark.parametrize("room", range(0, 620, 13))
def test_a_disk_that_is_full_is_final_and_loses_no_commit(tmp_path: Path, room: int) -> None:
    """Fault 5: the write stops in the middle of a group, for real, at many places."""
    write(tmp_path, GROUPS[:1], segment_bytes=10_000)
    whole = list(GROUPS[0])
    log = a_log(tmp_path, read(tmp_path)[1])
    with files_no_larger_than(room), pytest.raises(JournalFailed, match="File too large"):
        put(log, [BIG])
    nothing_more_is_taken(log, tmp_path)
    goes_on_after_recovery(tmp_path, whole)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fdatasync"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_write_or_sync_that_fails_is_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int, number: int
) -> None:
    """Faults 5 and 6, fsyncgate: not one call is repeated, although the next would succeed."""
    system = getattr(os, call)
    calls = 0

    def failing(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            raise OSError(error, os.strerror(error))
        return system(*arguments)

    monkeypatch.setattr(os, call, failing)
    log = Log(tmp_path, Durability.DISK, 1, Sequence(0), layout.GENESIS)
    acknowledged: list[Written] = []

    def put_all() -> None:
        for group in GROUPS:
            put(log, group)
            acknowledged.extend(group)

    with pytest.raises(JournalFailed, match=os.strerror(error)):
        put_all()
    assert calls == number
    nothing_more_is_taken(log, tmp_path)
    assert calls == number
    monkeypatch.undo()
    recovered = read(tmp_path)[0]
    assert recovered[: len(acknowledged)] == acknowledged
    assert recovered == list(ALL[: len(recovered)])
    goes_on_after_recovery(tmp_path, recovered)


def test_a_directory_that_does_not_sync_is_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 6: the file is there, but may not be after a power loss, so nothing goes into it."""

    def failing(file: int) -> None:
        raise OSError(errno.EIO, f"sync of {file}")

    monkeypatch.setattr(os, "fsync", failing)
    log = a_log(tmp_path)
    with pytest.raises(JournalFailed, match="cannot be created"):
        put(log, GROUPS[0])
    monkeypatch.undo()
    nothing_more_is_taken(log, tmp_path)
    goes_on_after_recovery(tmp_path, [])


@pytest.mark.parametrize("what", ["cannot be created", "did not close"])
def test_a_file_that_does_not_close_is_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A network disk may tell at the close what it did not tell at the write."""
    log = a_log(tmp_path, segment_bytes=1)
    system = os.close
    closings = iter(["cannot be created", "did not close"])  # the directory, then the segment

    def failing(file: int) -> None:
        system(file)
        if next(closings, "") == what:
            raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, "close", failing)
    with pytest.raises(JournalFailed, match=what):
        put(log, GROUPS[0])
    monkeypatch.undo()
    nothing_more_is_taken(log, tmp_path)


@pytest.mark.parametrize("most", [1, 2, 7, 64])
def test_short_writes_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Fault 5: the kernel may take less than it was given; the bytes are the same in the end."""
    write(tmp_path / "whole")
    system = os.write

    def short(file: int, content: memoryview) -> int:
        return system(file, content[:most])

    monkeypatch.setattr(os, "write", short)
    write(tmp_path / "short")
    monkeypatch.undo()
    for whole, pieced in zip(
        segments(tmp_path / "whole"), segments(tmp_path / "short"), strict=True
    ):
        assert pieced.read_bytes() == whole.read_bytes()


def test_no_file_stays_open_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that cannot write is still asked for its state; it leaks nothing meanwhile."""
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "no")))
    before = open_files()
    for number in range(5):
        directory = tmp_path / str(number)
        directory.mkdir()
        with pytest.raises(JournalFailed):
            put(a_log(directory), GROUPS[0])
    assert open_files() == before


def test_the_bounds_have_the_sizes_that_the_design_gives_them() -> None:
    """Invariant 14: a group is small against a segment, a segment small against a disk."""
    assert GROUP_BYTES_MAX < log_module.SEGMENT_BYTES <= 2**30


class Seen:
    """A witness that keeps what it is shown."""

    def __init__(self) -> None:
        self.groups: list[tuple[int, bytes, int, int, bytes]] = []

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        self.groups.append((epoch, group, last, time, chain))


def test_writer_and_readers_show_a_witness_the_same_groups(tmp_path: Path) -> None:
    writing, reading, following = Seen(), Seen(), Seen()
    log = a_log(tmp_path, segment_bytes=1)
    log.show_to(writing)
    for group in GROUPS:
        put(log, group)
    log.close(Nanos(35))
    history = History(tmp_path)
    history.show_to(reading)
    list(history.entries())
    tail = Tail(tmp_path)
    tail.show_to(following)
    while tail.read():
        pass
    assert writing.groups == reading.groups == following.groups
    assert [(epoch, last, time) for epoch, _, last, time, _ in writing.groups] == [
        (1, 2, 10),
        (1, 3, 20),
        (1, 6, 35),
    ]
    assert writing.groups[-1][-1] == history.end.chain
