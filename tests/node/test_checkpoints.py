"""What is signed about a journal: lines that say one thing, in one way."""

from pathlib import Path

import msgspec
import pytest

from fairlead.journal.merkle import Frontier, leaf_hash
from fairlead.model.units import Nanos, Sequence
from fairlead.node.checkpoints import (
    Checkpoint,
    Point,
    checkpoint_files,
    identity,
    read_checkpoints,
    signed,
)
from fairlead.node.errors import CheckpointUnreadable
from fairlead.node.keys import SigningKey, new_key

LEAF = leaf_hash(b"group")
POINT = Point(3, Frontier().appended(LEAF), Sequence(7), Nanos(11), bytes(32))


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return new_key(tmp_path / "keys" / "audit.key")


def a_checkpoint(key: SigningKey) -> Checkpoint:
    return signed("0001-abc", POINT, "build", key)


def test_the_holder_of_the_key_signed_it_and_nobody_else(key: SigningKey, tmp_path: Path) -> None:
    made = a_checkpoint(key)
    other = new_key(tmp_path / "other.key")
    assert made.is_genuine(key.public)
    assert not made.is_genuine(other.public)
    for name in Checkpoint.__struct_fields__:
        value = getattr(made, name)
        forged = (
            value + 1 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
        )
        assert not msgspec.structs.replace(made, **{name: forged}).is_genuine(key.public)
    forged = msgspec.structs.replace(a_checkpoint(other), size=9)
    assert not forged.is_genuine(other.public)


def test_a_line_says_what_was_signed(key: SigningKey) -> None:
    line = a_checkpoint(key).line().decode()
    assert line.startswith('{"checkpoint":1,"journal":"0001-abc","epoch":3,"size":1,')
    assert f'"last_sequence":7,"time":11,"chain":"{bytes(32).hex()}","root":"{LEAF.hex()}"' in line
    assert line.endswith('"}\n')


def test_lines_are_read_back_and_one_without_its_end_is_not(
    key: SigningKey, tmp_path: Path
) -> None:
    line = a_checkpoint(key).line()
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(line * 2 + line[:100])
    found = read_checkpoints([path])
    assert [(one.path, one.line, one.checkpoint) for one in found] == [
        (path, 1, a_checkpoint(key)),
        (path, 2, a_checkpoint(key)),
    ]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b'"size":1', b'"size":1.0', "not a checkpoint"),
        (b'"size":1', b'"size": 1', "not written as"),
        (b'"size":1', b'"size":1,"size":1', "not written as"),
        (b'"size":1', b'"size":1,"more":1', "not a checkpoint"),
        (b'"checkpoint":1', b'"checkpoint":2', "of format 2, this build reads 1"),
        (b'{"ch', b'"ch', "not a checkpoint"),
    ],
)
def test_a_line_that_is_none_is_refused_with_its_place(
    key: SigningKey, tmp_path: Path, before: bytes, after: bytes, says: str
) -> None:
    line = a_checkpoint(key).line()
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(line + line.replace(before, after, 1))
    with pytest.raises(CheckpointUnreadable, match=f"checkpoints.jsonl:2: .*{says}"):
        read_checkpoints([path])


def test_checkpoints_are_found_beside_the_journal_and_in_its_copies(tmp_path: Path) -> None:
    journal, copies = tmp_path / "0001", tmp_path / "copies"
    journal.mkdir()
    copies.mkdir()
    assert checkpoint_files(journal) == []
    for path in (journal / "checkpoints.jsonl", copies / "0001-aa.jsonl", copies / "0002-aa.jsonl"):
        path.touch()
    assert checkpoint_files(journal) == [journal / "checkpoints.jsonl"]
    assert checkpoint_files(journal, copies) == [copies / "0001-aa.jsonl"]
    assert checkpoint_files(journal, copies / "0002-aa.jsonl") == [copies / "0002-aa.jsonl"]
    assert identity(journal, LEAF) == f"0001-{LEAF.hex()[:16]}"
