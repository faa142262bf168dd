"""What is committed is read while it is written, once and in order, and nothing that is not."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalUnreadable
from fairlead.journal.history import Entry
from fairlead.journal.log import Durability, Log
from fairlead.journal.tail import Tail
from fairlead.model.units import Sequence
from tests.journal.build import ALL, GROUPS, Written, a_log, copy, flip, mend, put, segments, write


def taken(tail: Tail, piece_bytes: int = 1024 * 1024) -> list[Written]:
    """Return everything that a tail gives until there is no more."""
    found: list[Entry] = []
    while entries := tail.read(piece_bytes):
        found += entries
    return [Written(one.sequence, one.time, one.input, one.outputs) for one in found]


@pytest.mark.parametrize("segment_bytes", [1, 10**6])
@pytest.mark.parametrize("close", [True, False])
def test_a_whole_journal_is_read_once(tmp_path: Path, segment_bytes: int, close: bool) -> None:
    write(tmp_path, segment_bytes=segment_bytes, close=close)
    tail = Tail(tmp_path)
    assert taken(tail) == list(ALL)
    assert taken(tail) == []
    assert (tail.last, tail.time, tail.behind_bytes) == (ALL[-1].sequence, ALL[-1].time, 0)


@pytest.mark.parametrize("segment_bytes", [1, 10**6])
def test_each_group_is_read_as_soon_as_it_is_committed(tmp_path: Path, segment_bytes: int) -> None:
    log = a_log(tmp_path, segment_bytes=segment_bytes)
    tail = Tail(tmp_path)
    assert taken(tail) == []
    for group in GROUPS:
        put(log, group)
        assert taken(tail) == list(group)


@pytest.mark.parametrize("piece_bytes", [100, 333, 4096])
def test_the_size_of_the_pieces_changes_nothing(tmp_path: Path, piece_bytes: int) -> None:
    long = (Written(7, 40, b"x" * 5_000, b"y" * 3_000),)
    write(tmp_path, [*GROUPS, long], segment_bytes=200)
    assert taken(Tail(tmp_path), piece_bytes) == [*ALL, *long]


def test_a_journal_that_grows_byte_by_byte_gives_what_is_committed_and_no_more(
    tmp_path: Path,
) -> None:
    marks = write(tmp_path / "whole", segment_bytes=10**6)
    content = segments(tmp_path / "whole")[0].read_bytes()
    growing = tmp_path / "growing" / f"{1:020d}.journal"
    growing.parent.mkdir()
    tail = Tail(growing.parent)
    found: list[Written] = []
    with growing.open("wb", buffering=0) as file:
        for end, byte in enumerate(content, start=1):
            file.write(bytes([byte]))
            found += taken(tail)
            committed = max((mark.entries for mark in marks if mark.end <= end), default=0)
            assert found == list(ALL[:committed])


@given(cut=st.integers(1, 400))
def test_a_torn_end_is_waited_out_and_the_node_that_comes_back_is_followed(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    directory = tmp_path_factory.mktemp("torn")
    write(directory, segment_bytes=10**6, close=False)
    path = segments(directory)[0]
    size = max(0, path.stat().st_size - cut)
    with path.open("r+b") as file:
        file.truncate(size)
    tail = Tail(directory)
    before = taken(tail)
    end = mend(directory)
    log = a_log(directory, end)
    following = Written(end.last + 1, end.time, b"after", b"crash")
    put(log, [following])
    assert before + taken(tail) == [*ALL[: end.last], following]


def test_a_segment_in_which_nothing_was_committed_may_vanish(tmp_path: Path) -> None:
    path = tmp_path / f"{1:020d}.journal"
    path.write_bytes(layout.Header(1, Sequence(1), layout.GENESIS).encode())
    tail = Tail(tmp_path)
    assert taken(tail) == []
    mend(tmp_path)
    assert not path.exists()
    assert taken(tail) == []
    write(tmp_path)
    assert taken(tail) == list(ALL)


@pytest.mark.parametrize("byte", [0, 30, 80, 100, 140])
def test_damage_is_told_each_time_and_reading_goes_on_when_it_is_mended(
    tmp_path: Path, byte: int
) -> None:
    write(tmp_path / "whole", segment_bytes=10**6)
    damaged = copy(tmp_path / "whole", tmp_path / "damaged")
    flip(segments(damaged)[0], byte, 3)
    tail = Tail(damaged)
    for _ in range(2):
        with pytest.raises((JournalDamaged, JournalUnreadable)):
            tail.read()
    shutil.copy(segments(tmp_path / "whole")[0], segments(damaged)[0])
    assert taken(tail) == list(ALL)


def test_what_is_whole_before_the_damage_is_given_first(tmp_path: Path) -> None:
    marks = write(tmp_path, segment_bytes=10**6)
    flip(segments(tmp_path)[0], marks[0].end + 20, 0)
    tail = Tail(tmp_path)
    assert [entry.sequence for entry in tail.read()] == [1, 2]
    with pytest.raises(JournalDamaged, match=f"byte {marks[0].end}"):
        tail.read()


def test_a_segment_that_is_missing_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    segments(tmp_path)[0].unlink()
    with pytest.raises(JournalDamaged, match="a file is missing"):
        Tail(tmp_path).read()


def test_a_segment_that_vanishes_after_it_was_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, close=False, segment_bytes=10**6)
    tail = Tail(tmp_path)
    taken(tail)
    segments(tmp_path)[0].unlink()
    with pytest.raises(JournalUnreadable, match="it is gone"):
        tail.read()


def test_a_segment_that_becomes_shorter_than_what_was_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, close=False, segment_bytes=10**6)
    tail = Tail(tmp_path)
    taken(tail)
    with segments(tmp_path)[0].open("r+b") as file:
        file.truncate(90)
    with pytest.raises(JournalDamaged, match="were there before"):
        tail.read()


def test_a_segment_that_was_never_sealed_and_has_a_successor_is_told(tmp_path: Path) -> None:
    write(tmp_path, close=False, segment_bytes=10**6)
    tail = Tail(tmp_path)
    taken(tail)
    log = Log(tmp_path, Durability.PROCESS, 2, tail.last, tail.chain)
    put(log, [Written(tail.last + 1, 99, b"other")])
    with pytest.raises(JournalDamaged, match="never sealed"):
        tail.read()


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalUnreadable, match="cannot be read"):
        Tail(tmp_path / "none").read()
