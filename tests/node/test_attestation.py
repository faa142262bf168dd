"""What was signed tells what a journal alone cannot: a lost tail, a journal written anew."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from fairlead.journal.history import History
from fairlead.journal.merkle import Frontier, leaf_hash
from fairlead.model.units import Nanos
from fairlead.model.units import Sequence as Number
from fairlead.node.attestation import Attestation, Finding
from fairlead.node.checkpoints import Point, Written, identity, signed
from fairlead.node.keys import SigningKey, new_key
from tests.journal.build import GROUPS, segments, write

PLACE = Path("checkpoints.jsonl")


class Signer:
    """Signs after every group, as it reads."""

    def __init__(self, directory: Path, key: SigningKey) -> None:
        self.made: list[Written] = []
        self._directory = directory
        self._key = key
        self._tree = Frontier()

    def committed(self, epoch: int, group: bytes, last: Number, time: Nanos, chain: bytes) -> None:
        leaf = leaf_hash(group)
        self._tree = self._tree.appended(leaf)
        name = self.made[0].checkpoint.journal if self.made else identity(self._directory, leaf)
        point = Point(epoch, self._tree, last, time, chain)
        made = signed(name, point, "build", self._key)
        self.made.append(Written(PLACE, len(self.made) + 1, made))


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return new_key(tmp_path / "keys" / "audit.key")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    write(tmp_path / "0001")
    return tmp_path / "0001"


def sign(journal: Path, key: SigningKey) -> list[Written]:
    signer = Signer(journal, key)
    history = History(journal)
    history.show_to(signer)
    list(history.entries())
    return signer.made


def findings(
    journal: Path, written: Sequence[Written], publics: Sequence[str] | None = None
) -> list[Finding]:
    attestation = Attestation(journal, written, publics)
    history = History(journal)
    history.show_to(attestation)
    list(history.entries())
    return attestation.finish()


def changed(written: Written, **fields: object) -> Written:
    return written._replace(checkpoint=msgspec.structs.replace(written.checkpoint, **fields))


def test_a_journal_that_is_what_was_signed_is_confirmed(journal: Path, key: SigningKey) -> None:
    made = sign(journal, key)
    assert len(made) == 3
    assert findings(journal, made, [key.public]) == []
    assert findings(journal, made[:1], [key.public]) == []  # it went on since
    assert findings(journal, [], [key.public]) == []


def test_a_directory_that_was_renamed_is_the_same_journal(journal: Path, key: SigningKey) -> None:
    made = sign(journal, key)
    assert findings(journal.rename(journal.parent / "restored"), made, [key.public]) == []


def test_a_tail_that_is_gone_is_told_with_its_inputs(journal: Path, key: SigningKey) -> None:
    made = sign(journal, key)
    segments(journal)[-1].unlink()
    (found,) = findings(journal, made)
    assert (found.kind, found.line, found.first_input, found.last_input) == ("truncated", 3, 4, 6)
    assert found.told() == (
        "checkpoints.jsonl:3: signed 3 groups up to input 6; the journal ends with input 3 after 2:"
        " what was signed is not there any more"
    )


def test_a_journal_written_anew_from_an_input_on_is_told_from_where(
    tmp_path: Path, journal: Path, key: SigningKey
) -> None:
    made = sign(journal, key)
    forged = [list(group) for group in GROUPS]
    forged[1][0] = forged[1][0]._replace(outputs=b"X")
    write(tmp_path / "new" / "0001", forged)
    (found,) = findings(tmp_path / "new" / "0001", made)
    assert (found.kind, found.line, found.first_input, found.last_input) == ("rewritten", 2, 3, 3)
    assert "is not the one that was signed: the journal was written anew" in found.text


def test_a_journal_that_is_another_one_is_told(
    tmp_path: Path, journal: Path, key: SigningKey
) -> None:
    made = sign(journal, key)
    forged = [[GROUPS[0][0]._replace(input=b"other"), GROUPS[0][1]]]
    write(tmp_path / "other" / "0001", forged)
    (found,) = findings(tmp_path / "other" / "0001", made)
    assert found.kind == "rewritten"
    assert "its first group is not the one that was signed" in found.text
    (found,) = findings(tmp_path / "other" / "0001", made[2:])
    assert found.kind == "rewritten"


def test_only_the_keys_that_were_given_count(
    tmp_path: Path, journal: Path, key: SigningKey
) -> None:
    made = sign(journal, key)
    other = new_key(tmp_path / "other.key")
    found = findings(journal, made, [other.public])
    assert [one.kind for one in found] == ["signature"] * 3
    assert "not with one that was given" in found[0].text
    assert findings(journal, made, [other.public, key.public]) == []
    (found_one,) = findings(journal, [made[0], changed(made[1], root="00" * 32)], [key.public])
    assert found_one.kind == "signature"
    assert "the line was changed, or somebody else wrote it" in found_one.text


def test_lines_that_were_moved_are_found(journal: Path, key: SigningKey) -> None:
    first, second, _ = sign(journal, key)
    (found,) = findings(journal, [second._replace(line=1), first._replace(line=2)], [key.public])
    assert (found.kind, found.line) == ("order", 2)


def test_two_histories_signed_with_one_key_are_a_fork(
    tmp_path: Path, journal: Path, key: SigningKey
) -> None:
    made = sign(journal, key)
    forged = [*GROUPS[:2], [GROUPS[2][0]._replace(input=b"5")]]
    write(tmp_path / "fork" / "0001", forged)
    theirs = [one._replace(path=Path("copy")) for one in sign(tmp_path / "fork" / "0001", key)]
    found = findings(journal, [*made, *theirs], [key.public])
    assert [one.kind for one in found] == ["fork", "rewritten"]
    assert "another history of 3 groups than checkpoints.jsonl:3: two writers" in found[0].text


@pytest.mark.parametrize("name", ["epoch", "last_sequence", "time", "chain", "root"])
def test_every_word_that_was_signed_is_held_against_the_journal(
    journal: Path, key: SigningKey, name: str
) -> None:
    made = sign(journal, key)
    value = getattr(made[0].checkpoint, name)
    wrong = value + 1 if isinstance(value, int) else "00" * 31 + "01"
    (found,) = findings(journal, [changed(made[0], **{name: wrong})])
    assert found.kind == "rewritten"


def test_after_a_snapshot_what_follows_is_held(journal: Path, key: SigningKey) -> None:
    made = sign(journal, key)
    attestation = Attestation(journal, made, None)
    tree = Frontier()
    for _ in range(2):
        tree = tree.appended(bytes(32))
    attestation.begin_at(made[0].checkpoint.journal, tree, Number(3))
    (found,) = attestation.finish()
    assert (found.kind, found.line) == ("truncated", 3)
