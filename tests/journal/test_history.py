"""The reader: a torn end is cut off, damage is refused with its place, nothing is ever wrong."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from crc32c import crc32c

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalFailed, JournalUnreadable
from fairlead.journal.history import End, History
from fairlead.model.units import Nanos, Sequence
from tests.journal.build import (
    ALL,
    GROUPS,
    Written,
    a_log,
    as_nobody,
    copy,
    cut,
    flip,
    forge,
    mend,
    put,
    read,
    records,
    segments,
    write,
)

INPUT, OUTPUTS, COMMIT, SEAL = layout.INPUT, layout.OUTPUTS, layout.COMMIT, layout.SEAL
SCHEMA = layout.SCHEMA
CHAIN = None  # as a payload: the chain as it must be
NEW = Written(99, 60, b"written after the crash")


def damage(directory: Path) -> tuple[list[Written], JournalDamaged]:
    """Return what is read of a damaged journal, and the damage."""
    found: list[Written] = []

    with pytest.raises(JournalDamaged) as raised:
        found.extend(each(History(directory)))
    return found, raised.value


def each(history: History) -> Iterator[Written]:
    """Yield what is read, one by one."""
    for entry in history.entries():
        yield Written(entry.sequence, entry.time, entry.input, entry.outputs)


def write_on(directory: Path, end: End) -> list[Written]:
    """Write two more groups after a recovery, and return what is read then."""
    log = a_log(directory, end, segment_bytes=1)
    put(log, [NEW._replace(sequence=end.last + 1)])
    put(log, [NEW._replace(sequence=end.last + 2)])
    log.close(Nanos(60))
    return read(directory)[0]


# --- reading -------------------------------------------------------------------------------------


def test_the_end_tells_a_writer_all_it_needs(tmp_path: Path) -> None:
    """B-EVT-08: the last number and time, the chain, the epoch."""
    write(tmp_path)
    history = History(tmp_path)
    total = history.bytes_total
    assert len(list(history.entries())) == 6
    end = history.end
    assert (end.last, end.time, end.epoch, end.segments, end.commits) == (6, 35, 1, 3, 3)
    assert end.bytes_total == total == sum(path.stat().st_size for path in segments(tmp_path))
    assert end.chain == records(segments(tmp_path)[-1])[-1][1].payload
    assert end.torn_path is None


def test_the_chain_depends_on_every_byte_that_was_written(tmp_path: Path) -> None:
    """S1-EVT-01: two histories that differ anywhere end with different chains."""
    write(tmp_path / "one")
    changed = ((GROUPS[0][0]._replace(outputs=b"Z"), GROUPS[0][1]), *GROUPS[1:])
    write(tmp_path / "two", changed)
    assert read(tmp_path / "one")[1].chain != read(tmp_path / "two")[1].chain


def test_a_directory_without_segments_is_an_empty_journal(tmp_path: Path) -> None:
    """A first start finds nothing, and that is no error."""
    (tmp_path / "lock").touch()
    (tmp_path / "notes.txt").write_text("not ours", encoding="utf-8")
    history = History(tmp_path)
    assert history.empty
    assert (list(history.entries()), history.mend(), history.end.last) == ([], 0, 0)


def test_a_directory_that_is_not_there_is_no_journal(tmp_path: Path) -> None:
    """A typing error in a path never reads as an empty journal."""
    with pytest.raises(JournalUnreadable, match="no such journal directory"):
        History(tmp_path / "missing")


def test_a_directory_that_may_not_be_read_is_not_an_empty_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 11: a node that sees nothing must not begin again from nothing."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    write(Path("journal"))
    Path("journal").chmod(0o111)
    with as_nobody(), pytest.raises(JournalUnreadable, match=r"cannot be read: .*denied"):
        History(Path("journal"))
    Path("journal").chmod(0o755)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """The user sees which one."""
    write(tmp_path)
    segments(tmp_path)[1].unlink()
    segments(tmp_path)[0].with_name("00000000000000000003.journal").mkdir()
    with pytest.raises(JournalUnreadable, match=r"0003\.journal: cannot be read"):
        read(tmp_path)


def test_a_newer_format_is_refused_with_its_file(tmp_path: Path) -> None:
    """Fault 23: an old build on a new journal."""
    path = write(tmp_path)[-1].path
    content = bytearray(path.read_bytes())
    content[8] = layout.VERSION + 1
    head = slice(0, layout.HEADER_BYTES - 4)
    content[head.stop : layout.HEADER_BYTES] = crc32c(content[head]).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(JournalUnreadable, match=rf"{path.name}: has format 3, .* up to 2: use"):
        read(tmp_path)


# --- a crash at any byte -------------------------------------------------------------------------


@pytest.mark.parametrize("segment_bytes", [1, 10_000], ids=["three files", "one file"])
def test_a_crash_at_any_byte_loses_no_commit_that_was_written(
    tmp_path: Path, segment_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 1, invariant 1: what a commit closed before the cut is there, and nothing else is.

    Then the torn end is cut off, a writer goes on, and all of it is read again.
    """
    monkeypatch.setattr(os, "fsync", lambda _: None)  # thousands of them; others test the syncs
    marks = write(tmp_path / "whole", segment_bytes=segment_bytes)
    for path in segments(tmp_path / "whole"):
        for size in range(path.stat().st_size + 1):
            crashed = copy(tmp_path / "whole", tmp_path / "crashed")
            cut(crashed, path, size)
            kept = max(
                (
                    mark.entries
                    for mark in marks
                    if mark.path.name < path.name or (mark.path == path and mark.end <= size)
                ),
                default=0,
            )
            assert read(crashed)[0] == list(ALL[:kept]), f"{path.name} cut at {size}"
            end = mend(crashed)
            assert read(crashed)[1].sealed
            after = [NEW._replace(sequence=kept + 1), NEW._replace(sequence=kept + 2)]
            assert write_on(crashed, end) == [*ALL[:kept], *after], f"{path.name} cut at {size}"


def test_a_crash_while_mending_is_mended_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 25: an error during recovery, at every byte that recovery writes."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    [*_, mark] = write(tmp_path / "whole", segment_bytes=10_000, close=False)
    cut(tmp_path / "whole", mark.path, mark.end - 1)
    once = copy(tmp_path / "whole", tmp_path / "once")
    mend(once)
    path = segments(once)[0]
    sealed = path.stat().st_size
    seal = records(path)[-1][0]
    for size in range(seal, sealed + 1):
        twice = copy(once, tmp_path / "twice")
        cut(twice, path, size)
        end = mend(twice)
        assert segments(twice)[0].read_bytes() == path.read_bytes()
        assert write_on(twice, end)[:3] == list(ALL[:3])


def test_mending_says_what_it_cut_off(tmp_path: Path) -> None:
    """Nothing goes silently, not even what was never acknowledged."""
    mark = write(tmp_path, segment_bytes=10_000, close=False)[1]
    cut(tmp_path, mark.path, mark.end + 30)
    history = History(tmp_path)
    assert len(list(history.entries())) == 3
    end = history.end
    assert (end.torn_path, end.torn_offset, end.torn_bytes) == (mark.path, mark.end, 30)
    assert end.bytes_total == mark.end
    assert history.mend() == 30


def test_mending_a_whole_journal_changes_nothing(tmp_path: Path) -> None:
    """A clean end needs no repair."""
    write(tmp_path)
    before = [path.read_bytes() for path in segments(tmp_path)]
    assert mend(tmp_path).torn_bytes == 0
    assert [path.read_bytes() for path in segments(tmp_path)] == before


@pytest.mark.parametrize("size", [0, 1, layout.HEADER_BYTES - 1, layout.HEADER_BYTES])
def test_a_file_that_holds_no_group_is_taken_away(tmp_path: Path, size: int) -> None:
    """Fault 1: a crash right after a segment was begun, with or without a whole header."""
    write(tmp_path)
    path = segments(tmp_path)[-1]
    cut(tmp_path, path, size)
    end = mend(tmp_path)
    assert not path.exists()
    assert write_on(tmp_path, end)[:3] == list(ALL[:3])


def test_a_header_of_which_only_the_length_reached_the_disk_is_taken_away(tmp_path: Path) -> None:
    """Fault 2: after a power loss a file may be as long as it was, and empty inside."""
    write(tmp_path)
    path = segments(tmp_path)[-1]
    path.write_bytes(bytes(layout.HEADER_BYTES))
    entries, end = read(tmp_path)
    assert (entries, end.sealed) == (list(ALL[:3]), True)
    mend(tmp_path)
    assert not path.exists()


def test_a_header_that_is_wrong_before_records_is_damage(tmp_path: Path) -> None:
    """Fault 3: with records behind it a header was on the disk, so something changed it."""
    write(tmp_path)
    path = segments(tmp_path)[-1]
    cut(tmp_path, path, layout.HEADER_BYTES + 10)
    flip(path, 20, 0)
    assert damage(tmp_path)[1].offset == 0


def test_zeros_after_the_last_group_are_a_torn_end(tmp_path: Path) -> None:
    """Fault 2: the file grew, its bytes did not arrive."""
    path = write(tmp_path, segment_bytes=10_000, close=False)[-1].path
    with path.open("ab") as file:
        file.write(bytes(4_096))
    entries, end = read(tmp_path)
    assert (entries, end.torn_bytes) == (list(ALL), 4_096)


def test_a_torn_end_that_cannot_be_cut_off_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 25: recovery on a disk that may not be written."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    mark = write(Path("journal"), segment_bytes=10_000, close=False)[0]
    cut(Path("journal"), mark.path, mark.end + 5)
    history = History(Path("journal"))
    assert len(list(history.entries())) == 2
    mark.path.chmod(0o444)
    with as_nobody(), pytest.raises(JournalFailed, match=r"torn end cannot be cut off: .*denied"):
        history.mend()


# --- a bit anywhere ------------------------------------------------------------------------------


def boundaries(path: Path) -> list[int]:
    """Return where the header and each record of a segment begin, and the end."""
    return [0, *(offset for offset, _ in records(path)), path.stat().st_size]


@pytest.mark.parametrize("close", [True, False], ids=["closed", "crashed"])
@pytest.mark.parametrize("segment_bytes", [1, 10_000], ids=["three files", "one file"])
def test_a_bit_flipped_anywhere_is_refused_with_its_place(
    tmp_path: Path, segment_bytes: int, close: bool
) -> None:
    """Fault 3, S1-EVT-01: never wrong data, never a silent cut, not even of the last record."""
    write(tmp_path, segment_bytes=segment_bytes, close=close)
    paths = segments(tmp_path)
    for path in paths:
        *starts, size = boundaries(path)
        for byte in range(size):
            bit = byte % 8
            flip(path, byte, bit)
            start = max(start for start in starts if start <= byte)
            entries, found = damage(tmp_path)
            assert entries == list(ALL[: len(entries)])
            assert (found.path, found.offset) == (str(path), start)
            assert found.record == starts.index(start)
            flip(path, byte, bit)
    assert read(tmp_path)[0] == list(ALL)


def test_every_bit_of_a_group_in_the_middle_is_guarded(tmp_path: Path) -> None:
    """Fault 3: input, outputs, commit and seal, each bit of each byte."""
    write(tmp_path)
    path = segments(tmp_path)[1]
    for bit in range(path.stat().st_size * 8):
        flip(path, bit // 8, bit % 8)
        entries, found = damage(tmp_path)
        assert entries in (list(ALL[:2]), list(ALL[:3]))
        assert found.path == str(path)
        flip(path, bit // 8, bit % 8)


# --- files that are missing, twice, or of another journal -----------------------------------------


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """S1-EVT-01: a gap in the numbers is named."""
    for missing, expected in ((0, 1), (1, 3)):
        write(tmp_path / "whole")
        gone = copy(tmp_path / "whole", tmp_path / "gone")
        segments(gone)[missing].unlink()
        _, found = damage(gone)
        assert f"expected {expected}: a file is missing" in str(found)
        shutil.rmtree(tmp_path / "whole")


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """S1-EVT-01: a copy under another name."""
    write(tmp_path)
    shutil.copy(segments(tmp_path)[1], tmp_path / "00000000000000000003 (copy).journal")
    _, found = damage(tmp_path)
    assert "begins with input 3, expected 4" in str(found)


def test_files_that_were_swapped_are_refused(tmp_path: Path) -> None:
    """S1-EVT-01: the numbers inside count, not the names."""
    write(tmp_path)
    _, second, third = segments(tmp_path)
    content = second.read_bytes()
    second.write_bytes(third.read_bytes())
    third.write_bytes(content)
    _, found = damage(tmp_path)
    assert "begins with input 4, expected 3" in str(found)


def test_a_file_of_another_journal_is_refused(tmp_path: Path) -> None:
    """S1-EVT-01, B-EVT-07: right numbers, another past."""
    write(tmp_path / "ours")
    other = ((GROUPS[0][0], GROUPS[0][1]._replace(input=b"otherwise")), *GROUPS[1:])
    write(tmp_path / "theirs", other)
    shutil.copy(segments(tmp_path / "theirs")[1], segments(tmp_path / "ours")[1])
    entries, found = damage(tmp_path / "ours")
    assert entries == list(ALL[:2])
    assert "does not continue the chain" in str(found)


def test_a_file_that_was_never_sealed_is_the_last_one(tmp_path: Path) -> None:
    """Fault 1: a crash leaves its mark at the end of the journal and nowhere else."""
    write(tmp_path)
    path = segments(tmp_path)[1]
    with path.open("r+b") as file:
        file.truncate(records(path)[-1][0])
    _, found = damage(tmp_path)
    assert "never sealed, yet another follows" in str(found)


def test_a_torn_end_in_the_middle_of_the_files_is_damage(tmp_path: Path) -> None:
    """Fault 3: only the last file can be torn by a crash."""
    write(tmp_path)
    path = segments(tmp_path)[1]
    with path.open("r+b") as file:
        file.truncate(records(path)[1][0])
    assert damage(tmp_path)[1].path == str(path)


# --- forgeries whose checksums hold --------------------------------------------------------------


GOOD = ((INPUT, 1, 5, b"one"), (OUTPUTS, 1, 5, b"out"), (COMMIT, 1, 5, CHAIN))


def test_the_forger_can_write_a_journal_that_is_read(tmp_path: Path) -> None:
    """Else the refusals below would prove nothing."""
    forge(tmp_path, *GOOD, (INPUT, 2, 6, b"two"), (COMMIT, 2, 6, CHAIN), (SEAL, 2, 6, CHAIN))
    assert [entry.input for entry in read(tmp_path)[0]] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        (((INPUT, 2, 5, b""), (COMMIT, 2, 5, CHAIN)), "input 2, expected 1"),
        ((*GOOD, (INPUT, 3, 5, b""), (COMMIT, 3, 5, CHAIN)), "input 3, expected 2"),
        ((*GOOD, (INPUT, 1, 5, b""), (COMMIT, 1, 5, CHAIN)), "input 1, expected 2"),
        ((*GOOD, (INPUT, 2, 4, b""), (COMMIT, 2, 4, CHAIN)), "its time goes back"),
        (
            ((INPUT, 1, 5, b""), (INPUT, 2, 4, b""), (COMMIT, 2, 5, CHAIN)),
            "its time goes back",
        ),
        (((OUTPUTS, 1, 5, b""), (COMMIT, 1, 5, CHAIN)), "outputs that belong to no input"),
        (
            ((INPUT, 1, 5, b""), (OUTPUTS, 2, 5, b""), (COMMIT, 1, 5, CHAIN)),
            "outputs that belong to no input",
        ),
        (
            (GOOD[0], GOOD[1], GOOD[1], (COMMIT, 1, 5, CHAIN)),
            "outputs that belong to no input",
        ),
        ((GOOD[0], (COMMIT, 1, 5, bytes(32))), "the chain does not match"),
        ((GOOD[0], (COMMIT, 2, 5, CHAIN)), "does not close its group"),
        ((*GOOD, (COMMIT, 1, 5, CHAIN)), "does not close its group"),
        ((*GOOD, (SEAL, 1, 5, bytes(32))), "does not follow what it seals"),
        ((*GOOD, (SEAL, 9, 5, CHAIN)), "does not follow what it seals"),
        ((GOOD[0], (SEAL, 1, 5, CHAIN)), "does not follow what it seals"),
        (((SEAL, 0, 5, CHAIN),), "does not follow what it seals"),
        ((*GOOD, (SEAL, 1, 5, CHAIN), *GOOD), "a record after the seal"),
        (((SCHEMA, 1, 5, b"again"), *GOOD), "says its schema first, and once"),
        ((GOOD[0], (SCHEMA, 1, 5, b"again"), *GOOD[1:]), "says its schema first, and once"),
        ((*GOOD, (SCHEMA, 1, 5, b"again"), *GOOD), "says its schema first, and once"),
    ],
)
def test_records_that_contradict_each_other_are_refused(
    tmp_path: Path, forged: tuple[tuple[int, int, int, bytes | None], ...], what: str
) -> None:
    """S1-EVT-01, B-EVT-07: numbers, times, groups and chain must all agree."""
    forge(tmp_path, *forged)
    assert what in str(damage(tmp_path)[1])


def test_groups_that_were_taken_out_before_the_seal_are_missed(tmp_path: Path) -> None:
    """S1-EVT-01: a journal that was shortened at a commit still has the chain in its seal."""
    write(tmp_path, segment_bytes=10_000)
    path = segments(tmp_path)[0]
    content = path.read_bytes()
    commits = [record.end for _, record in records(path) if record.kind == COMMIT]
    seal = records(path)[-1][0]
    path.write_bytes(content[: commits[1]] + content[seal:])
    assert "does not follow what it seals" in str(damage(tmp_path)[1])


def test_a_file_of_an_older_node_after_that_of_a_newer_one_is_refused(tmp_path: Path) -> None:
    """Invariant 7: the epoch fences a writer that did not notice that it was replaced."""
    path = forge(tmp_path, *GOOD, (SEAL, 1, 5, CHAIN), epoch=5)
    chain = records(path)[-1][1].payload
    header = layout.Header(4, Sequence(2), chain).encode()
    record = layout.encode_record(INPUT, Sequence(2), Nanos(6), b"late")
    commit = layout.encode_record(COMMIT, Sequence(2), Nanos(6), layout.next_chain(chain, record))
    (tmp_path / f"{2:020d}.journal").write_bytes(header + record + commit)
    assert "epoch 4 after epoch 5: an older node wrote it" in str(damage(tmp_path)[1])


def test_a_group_of_which_sectors_are_missing_is_a_torn_end_even_with_its_commit(
    tmp_path: Path,
) -> None:
    """Fault 2: a disk takes sectors in any order; every single one may be missing after a crash."""
    large = [Written(4, 40, bytes(range(256)) * 8, b"D" * 400), Written(5, 41, b"fifth", b"E")]
    mark = write(tmp_path / "whole", [*GROUPS[:2], large], 10_000, close=False)[-2]
    content = mark.path.read_bytes()
    sectors = range(mark.end // 512, -(-len(content) // 512))
    for number in sectors:
        place = tmp_path / f"without {number}"
        place.mkdir()
        begin, end = max(mark.end, number * 512), min(len(content), (number + 1) * 512)
        torn = content[:begin] + bytes(end - begin) + content[end:]
        (place / mark.path.name).write_bytes(torn)
        history = History(place)
        assert [one.sequence for one in each(history)] == [1, 2, 3]
        assert history.mend() == len(content) - mark.end
    assert len(sectors) > 4
