"""A compressed segment is read as the plain one it was, by every reader, or refused by name."""

import gzip
from pathlib import Path

import pytest

from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalDamaged
from fairlead.journal.packed import Segments, packed_path, unpacked
from fairlead.journal.tail import Tail
from fairlead.model.units import Nanos
from tests.journal.build import ALL, GROUPS, a_log, mend, put, read, segments, write


def pack(path: Path) -> Path:
    packed = packed_path(path)
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    return packed


@pytest.mark.parametrize("which", [slice(0, 1), slice(1, 2), slice(0, 3)])
def test_history_and_tail_read_what_is_compressed(tmp_path: Path, which: slice) -> None:
    write(tmp_path)
    plain, end = read(tmp_path)
    for path in segments(tmp_path)[which]:
        pack(path)
    again, packed_end = read(tmp_path)
    assert again == plain == list(ALL)
    assert (packed_end.chain, packed_end.bytes_total) == (end.chain, end.bytes_total)
    tail = Tail(tmp_path)
    found: list[int] = []
    while entries := tail.read():
        found += [entry.sequence for entry in entries]
    assert found == [one.sequence for one in ALL]


def test_a_follower_goes_on_where_a_segment_is_compressed_under_it(tmp_path: Path) -> None:
    log = a_log(tmp_path, segment_bytes=10_000)
    put(log, GROUPS[0])
    tail = Tail(tmp_path)
    assert len(tail.read()) == 2
    put(log, GROUPS[1])
    log.close(Nanos(GROUPS[1][-1].time))
    pack(segments(tmp_path)[0])
    assert [entry.sequence for entry in tail.read()] == [3]


def test_where_both_are_there_the_plain_one_is_read(tmp_path: Path) -> None:
    write(tmp_path)
    packed_path(segments(tmp_path)[0]).write_bytes(b"half of i")
    assert read(tmp_path)[0] == list(ALL)
    assert Segments(RealDisk()).names(tmp_path) == [path.name for path in segments(tmp_path)]


def test_a_compressed_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    packed = pack(segments(tmp_path)[1])
    content = bytearray(packed.read_bytes())
    for damage in (
        content[:-9],
        b"no gzip",
        content[:20] + bytes([content[20] ^ 1]) + content[21:],
    ):
        packed.write_bytes(damage)
        with pytest.raises(JournalDamaged, match=r"journal\.gz: damaged at byte 0 .*unpacked"):
            read(tmp_path)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(2_000))
    assert len(unpacked(tmp_path / "x.gz", bomb, 2_000)) == 2_000
    with pytest.raises(JournalDamaged, match="unpacks to more than 1999 bytes"):
        unpacked(tmp_path / "x.gz", bomb, 1_999)


def test_a_sealed_end_that_is_compressed_needs_no_mending(tmp_path: Path) -> None:
    write(tmp_path)
    packed = pack(segments(tmp_path)[-1])
    before = packed.read_bytes()
    assert mend(tmp_path).last == 6
    assert packed.read_bytes() == before


def test_a_file_that_is_missing_is_missing(tmp_path: Path) -> None:
    files = Segments(RealDisk())
    for name in ("a.journal", "a.txt"):
        for ask in (files.stamp, files.read):
            with pytest.raises(FileNotFoundError):
                ask(tmp_path / name)
        with pytest.raises(FileNotFoundError):
            files.read_part(tmp_path / name, 0, 1)
