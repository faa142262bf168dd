"""Sealed segments are made small without losing a bit; what is damaged or open is left alone."""

from pathlib import Path

import pytest

from fairlead.journal.errors import JournalDamaged, JournalUnreadable
from fairlead.operations.archive import compress, segments_of, sessions_of
from tests.journal.build import ALL, flip, read, segments, write


def compressed(directory: Path) -> list[str]:
    return [one.path.name for one in compress(directory, lambda _: None)]


def test_sealed_segments_are_compressed_and_read_as_before(tmp_path: Path) -> None:
    write(tmp_path)
    names = [path.name for path in segments(tmp_path)]
    changed = segments(tmp_path)[0].stat().st_mtime_ns
    assert compressed(tmp_path) == [f"{name}.gz" for name in names]
    assert segments(tmp_path) == []
    assert read(tmp_path)[0] == list(ALL)
    assert compressed(tmp_path) == []
    packed = tmp_path / f"{names[0]}.gz"
    assert packed.stat().st_mode & 0o777 == 0o444
    assert packed.stat().st_mtime_ns == changed
    assert [(kept.packed, kept.first) for kept in segments_of(tmp_path)] == [
        (True, 1),
        (True, 3),
        (True, 4),
    ]


def test_the_same_segment_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
        compressed(tmp_path / name)
    for one, other in zip(
        sorted((tmp_path / "a").iterdir()), sorted((tmp_path / "b").iterdir()), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()


def test_the_segment_that_is_written_stays_plain(tmp_path: Path) -> None:
    write(tmp_path, close=False, segment_bytes=300)
    names = [path.name for path in segments(tmp_path)]
    assert compressed(tmp_path) == [f"{name}.gz" for name in names[:-1]]
    assert [path.name for path in segments(tmp_path)] == names[-1:]


def test_a_damaged_journal_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path)
    flip(segments(tmp_path)[1], 90, 1)
    with pytest.raises(JournalDamaged):
        compressed(tmp_path)
    assert len(segments(tmp_path)) == 3


def test_what_was_left_by_a_stop_is_in_nobodys_way(tmp_path: Path) -> None:
    write(tmp_path)
    name = segments(tmp_path)[0].name
    (tmp_path / f"{name}.gz.new").write_bytes(b"half")
    (tmp_path / f"{name}.gz").write_bytes(b"half")
    assert len(compressed(tmp_path)) == 3
    assert read(tmp_path)[0] == list(ALL)


def test_a_place_means_itself_or_its_sessions(tmp_path: Path) -> None:
    write(tmp_path / "0002")
    write(tmp_path / "0010")
    (tmp_path / "switch").mkdir()
    assert [path.name for path in sessions_of(tmp_path)] == ["0002", "0010"]
    assert sessions_of(tmp_path / "0002") == [tmp_path / "0002"]
    with pytest.raises(JournalUnreadable, match="no journal here"):
        sessions_of(tmp_path / "switch")
