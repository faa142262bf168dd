"""The notary signs what is committed, in every place, and never gets in the way of the writer."""

import threading
from pathlib import Path

import pytest

from fairlead.journal.history import History
from fairlead.model.units import Nanos
from fairlead.node.attestation import Attestation
from fairlead.node.checkpoints import Written, checkpoint_files, read_checkpoints
from fairlead.node.errors import CheckpointsDiffer
from fairlead.node.keys import SigningKey, new_key
from fairlead.node.notary import Notary, Place, SigningPace
from tests.journal.build import GROUPS, a_log, cut, put, segments
from tests.journal.build import write as write_journal

NEVER = SigningPace(1_000_000, 86_400)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return new_key(tmp_path / "keys" / "audit.key")


class Told:
    """What was warned of."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.any = threading.Event()

    def __call__(self, text: str) -> None:
        self.lines.append(text)
        self.any.set()


def a_notary(
    journal: Path,
    key: SigningKey,
    pace: SigningPace = NEVER,
    copies: tuple[Path, ...] = (),
    told: Told | None = None,
) -> Notary:
    before = read_checkpoints(checkpoint_files(journal))
    return Notary(
        journal,
        key,
        "build",
        pace,
        (Place(journal, "checkpoints.jsonl"), *map(Place, copies)),
        told or Told(),
        Attestation(journal, before, None),
    )


def signed_in(journal: Path) -> list[Written]:
    return read_checkpoints(checkpoint_files(journal))


def written(journal: Path, notary: Notary) -> None:
    """Write a journal of three groups under a notary, to its end."""
    journal.mkdir()
    notary.begin()
    log = a_log(journal, segment_bytes=1)
    log.show_to(notary)
    for group in GROUPS:
        put(log, group)
    log.close(Nanos(35))
    notary.close()


def test_the_end_is_signed_and_a_reader_finds_the_same_root(
    tmp_path: Path, key: SigningKey
) -> None:
    journal = tmp_path / "0001"
    written(journal, a_notary(journal, key))
    (last,) = signed_in(journal)
    assert last.checkpoint.is_genuine(key.public)
    history = History(journal)
    attestation = Attestation(journal, [last], [key.public])
    history.show_to(attestation)
    assert len(list(history.entries())) == 6
    assert attestation.finish() == []
    assert attestation.confirmed == last.checkpoint
    assert (last.checkpoint.size, last.checkpoint.last_sequence) == (3, 6)
    assert last.checkpoint.chain == history.end.chain.hex()
    assert last.checkpoint.journal == attestation.name


def test_it_signs_after_so_many_inputs(tmp_path: Path, key: SigningKey) -> None:
    journal = tmp_path / "0001"
    journal.mkdir()
    notary = a_notary(journal, key, SigningPace(2, 86_400))
    notary.begin()
    log = a_log(journal)
    log.show_to(notary)
    put(log, GROUPS[0])
    while not checkpoint_files(journal) or not signed_in(journal):
        threading.Event().wait(0.001)
    assert [one.checkpoint.last_sequence for one in signed_in(journal)] == [2]
    notary.close()
    assert len(signed_in(journal)) == 1  # nothing new, nothing signed


def test_it_signs_some_time_after_something_new(tmp_path: Path, key: SigningKey) -> None:
    journal = tmp_path / "0001"
    journal.mkdir()
    notary = a_notary(journal, key, SigningPace(1_000, 1))
    notary.begin()
    log = a_log(journal)
    log.show_to(notary)
    put(log, GROUPS[0])
    while not checkpoint_files(journal) or not signed_in(journal):
        threading.Event().wait(0.01)
    notary.close()


def test_a_second_place_is_caught_up_with(tmp_path: Path, key: SigningKey) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    journal.mkdir()
    copies.write_text("a file where a directory should be")
    told = Told()
    notary = a_notary(journal, key, copies=(copies,), told=told)
    log = a_log(journal)
    log.show_to(notary)
    for group in GROUPS[:2]:
        put(log, group)
        notary.sign()
    assert len(told.lines) == 1, "the same problem is told once"
    assert "trading goes on" in told.lines[0]
    assert notary.problems
    assert len(signed_in(journal)) == 2
    copies.unlink()
    put(log, GROUPS[2])
    notary.sign()
    assert "are written again" in told.lines[-1]
    assert not notary.problems
    (copy,) = copies.iterdir()
    assert copy.read_bytes() == (journal / "checkpoints.jsonl").read_bytes()
    assert copy.name == f"{signed_in(journal)[0].checkpoint.journal}.jsonl"


def test_a_line_that_a_crash_cut_short_is_finished_or_removed(
    tmp_path: Path, key: SigningKey
) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    journal.mkdir()
    log = a_log(journal)
    notary = a_notary(journal, key, copies=(copies,))
    log.show_to(notary)
    put(log, GROUPS[0])
    notary.sign()
    (copy,) = copies.iterdir()
    copy.write_bytes(copy.read_bytes()[:50])
    first = journal / "checkpoints.jsonl"
    first.write_bytes(first.read_bytes() + b'{"checkpoint":1,"jour')
    again = a_notary(journal, key, copies=(copies,))
    history = History(journal)
    history.show_to(again)
    list(history.entries())
    log.show_to(again)
    put(log, GROUPS[1])
    again.sign()
    assert [one.checkpoint.last_sequence for one in signed_in(journal)] == [2, 3]
    assert copy.read_bytes() == first.read_bytes()


def test_a_copy_that_has_more_is_told_and_kept(tmp_path: Path, key: SigningKey) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    told = Told()
    written(journal, a_notary(journal, key, SigningPace(1, 86_400), (copies,)))
    (copy,) = copies.iterdir()
    kept = copy.read_bytes()
    (journal / "checkpoints.jsonl").write_bytes(b"")
    notary = a_notary(journal, key, copies=(copies,), told=told)
    history = History(journal)
    history.show_to(notary)
    list(history.entries())
    notary.sign()
    assert copy.read_bytes().startswith(kept)
    assert "has checkpoints that the journal's own file has not" in told.lines[0]


def test_it_does_not_begin_on_a_journal_that_lost_its_tail(tmp_path: Path, key: SigningKey) -> None:
    journal = tmp_path / "0001"
    written(journal, a_notary(journal, key))
    segments(journal)[-1].unlink()
    notary = a_notary(journal, key)
    history = History(journal)
    history.show_to(notary)
    list(history.entries())
    with pytest.raises(CheckpointsDiffer, match=r"signed 3 groups up to input 6; .* input 3 after"):
        notary.begin()
    notary.close()


def test_it_goes_on_after_a_crash(tmp_path: Path, key: SigningKey) -> None:
    journal = tmp_path / "0001"
    marks = write_journal(journal, close=False)
    cut(journal, marks[-1].path, marks[-1].end)
    notary = a_notary(journal, key)
    history = History(journal)
    history.show_to(notary)
    list(history.entries())
    notary.begin()
    history.mend()
    notary.close()
    assert [one.checkpoint.size for one in signed_in(journal)] == [3]
