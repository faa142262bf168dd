"""A witness signs a journal from outside while it is written, and says when it was changed."""

import threading
from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.node.checkpoints import read_checkpoints
from fairlead.node.errors import CheckpointsDiffer
from fairlead.node.keys import SigningKey, new_key
from fairlead.node.notary import SigningPace
from fairlead.operations.witnessing import Witness
from tests.journal.build import GROUPS, a_log, put, segments, write

NEVER = SigningPace(1_000_000, 86_400)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return new_key(tmp_path / "keys" / "witness.key")


def a_witness(journal: Path, key: SigningKey, copies: Path) -> Witness:
    return Witness(journal, key, (copies,), NEVER, print)


def test_it_signs_while_another_writes(tmp_path: Path, key: SigningKey) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    journal.mkdir()
    log = a_log(journal, segment_bytes=1)
    put(log, GROUPS[0])
    witness = a_witness(journal, key, copies)
    idle, written = threading.Event(), threading.Event()

    def is_over() -> bool:
        idle.set()
        return written.is_set() and witness.last_sequence == 6

    following = threading.Thread(target=witness.follow, args=(threading.Event(), is_over))
    following.start()
    assert idle.wait(10)
    put(log, GROUPS[1])
    put(log, GROUPS[2])
    log.close(Nanos(35))
    written.set()
    following.join()
    found = witness.close()
    assert (found.groups, found.last_sequence) == (3, 6)
    (file,) = found.checkpoints
    assert [one.checkpoint.size for one in read_checkpoints([file])][-1] == 3
    assert not (journal / "checkpoints.jsonl").exists(), "it never writes to the journal"


def test_it_goes_on_with_what_it_signed_before(tmp_path: Path, key: SigningKey) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    journal.mkdir()
    log = a_log(journal)
    for group in GROUPS:
        put(log, group)
        witness = a_witness(journal, key, copies)
        witness.follow(threading.Event(), lambda: True)
        witness.close()
    (file,) = copies.iterdir()
    assert [one.checkpoint.last_sequence for one in read_checkpoints([file])] == [2, 3, 6]


def test_it_signs_no_journal_that_is_not_what_it_signed(tmp_path: Path, key: SigningKey) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    write(journal)
    witness = a_witness(journal, key, copies)
    witness.follow(threading.Event(), lambda: True)
    witness.close()
    for segment in segments(journal):
        segment.unlink()
    forged = [GROUPS[0], [GROUPS[1][0]._replace(outputs=b"X")], GROUPS[2]]
    write(journal, forged)
    witness = a_witness(journal, key, copies)
    with pytest.raises(CheckpointsDiffer, match="written anew from an input in 1 to 6 on"):
        witness.follow(threading.Event(), lambda: True)
    (file,) = witness.close().checkpoints
    assert len(read_checkpoints([file])) == 1
