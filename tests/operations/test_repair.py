"""A damaged segment is replaced by that of a copy, if and only if it continues the chain."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.journal.errors import JournalLocked
from fairlead.journal.log import Lock
from fairlead.node.keys import new_key
from fairlead.node.notary import SigningPace
from fairlead.operations.archive import compress
from fairlead.operations.errors import RepairRefused
from fairlead.operations.repair import Repaired, repair
from fairlead.operations.witnessing import Witness
from tests.journal.build import ALL, GROUPS, flip, read, segments, write


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Return a journal and a copy of it."""
    write(tmp_path / "journal")
    shutil.copytree(tmp_path / "journal", tmp_path / "copy")
    return tmp_path / "journal", tmp_path / "copy"


def repaired(journal: Path, copy: Path) -> list[Repaired]:
    return list(repair(journal, copy, lambda _: None))


def flip_second(journal: Path) -> None:
    flip(segments(journal)[1], 100, 2)


def flip_header(journal: Path) -> None:
    flip(segments(journal)[0], 20, 2)


def remove_second(journal: Path) -> None:
    segments(journal)[1].unlink()


def remove_first(journal: Path) -> None:
    segments(journal)[0].unlink()


def damage_two(journal: Path) -> None:
    flip_header(journal)
    remove_second(journal)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "damage", [flip_second, flip_header, remove_second, remove_first, damage_two]
)
def test_damage_is_repaired_from_the_copy(
    places: tuple[Path, Path], damage: Callable[[Path], None], packed: bool
) -> None:
    journal, copy = places
    if packed:
        list(compress(copy, lambda _: None))
    before = {path.name: path.read_bytes() for path in segments(journal)}
    damage(journal)
    done = repaired(journal, copy)
    assert read(journal)[0] == list(ALL)
    assert repaired(journal, copy) == []
    for one in done:
        if one.aside is not None:
            assert one.aside.parent == journal / "damaged"
            assert one.aside.read_bytes() != before[one.aside.name.rpartition(".")[0]]
    assert len(done) == (2 if damage is damage_two else 1)


def test_a_copy_with_another_history_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "journal")
    forged = [*GROUPS[:1], [GROUPS[1][0]._replace(outputs=b"X")], *GROUPS[2:]]
    write(tmp_path / "copy", forged)
    flip_second(tmp_path / "journal")
    content = segments(tmp_path / "journal")[1].read_bytes()
    with pytest.raises(RepairRefused, match=r"does not have the last commit of .* another history"):
        repaired(tmp_path / "journal", tmp_path / "copy")
    assert segments(tmp_path / "journal")[1].read_bytes() == content
    segments(tmp_path / "journal")[1].unlink()
    with pytest.raises(RepairRefused, match="with another chain: it is another history"):
        repaired(tmp_path / "journal", tmp_path / "copy")
    assert not (tmp_path / "journal" / "damaged").exists()


def test_a_copy_that_is_not_what_was_signed_is_refused(tmp_path: Path) -> None:
    journal, copy = tmp_path / "0001", tmp_path / "copy" / "0001"
    write(journal)
    key = new_key(tmp_path / "audit.key")
    witness = Witness(journal, key, (tmp_path / "copies",), SigningPace(1, 1), print)
    witness.follow(threading.Event(), lambda: True)
    (signed,) = witness.close().checkpoints
    shutil.copy(signed, journal / "checkpoints.jsonl")
    write(copy, [*GROUPS[:2], [GROUPS[2][0]._replace(input=b"X"), *GROUPS[2][1:]]])
    segments(journal)[-1].write_bytes(bytes(100))  # nothing of it is left to compare with
    with pytest.raises(RepairRefused, match="is not what was signed"):
        repaired(journal, copy)


def test_a_copy_that_is_damaged_itself_or_lacks_it_is_refused(places: tuple[Path, Path]) -> None:
    journal, copy = places
    flip_second(journal)
    flip_second(copy)
    with pytest.raises(
        RepairRefused, match=r"does not continue the chain: .*its checksum is wrong"
    ):
        repaired(journal, copy)
    segments(copy)[1].unlink()
    with pytest.raises(RepairRefused, match=r"has no 00000000000000000003.journal"):
        repaired(journal, copy)


def test_a_journal_that_is_written_is_not_repaired(places: tuple[Path, Path]) -> None:
    journal, copy = places
    lock = Lock(journal)
    with pytest.raises(JournalLocked):
        repaired(journal, copy)
    lock.close()


def test_a_tail_that_is_gone_is_left_as_it_is(places: tuple[Path, Path]) -> None:
    journal, copy = places
    segments(journal)[-1].unlink()
    assert repaired(journal, copy) == []
