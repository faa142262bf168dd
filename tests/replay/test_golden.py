"""A journal of any released format is read for ever."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from fairlead.journal.format import VERSION
from fairlead.journal.history import Entry
from fairlead.journal.tail import Tail
from fairlead.model.codec import decode_input, decode_outputs, encode_input, encode_outputs
from fairlead.model.inputs import KillCommand, Trade
from fairlead.model.schema import CHANGED, UPCASTERS, Schema
from fairlead.model.text import INPUTS, OUTPUTS
from fairlead.node.reading import Reading
from tests.journal.build import Written, a_log, copy, mend, put
from tests.replay.golden import PLACE, digest, entries

# What each says, as a digest of its entries, and of its files.
GOLDEN = {
    "format-1/records": ("36a4842d68386d7c435bdca4012c92e0", "160ee8b21b43f0fb96e26b8c55ed35f4"),
    "format-1/session": ("bf143ee132c0b500b2b34240f8f0a227", "cfad59861b80874fb8bc42b993052b8c"),
    "format-2/records": ("0551e50eaa386c4109ea236617c95622", "43cd30debba8c1d7a14fd33290dbdfb9"),
    "format-2/session": ("bf143ee132c0b500b2b34240f8f0a227", "cfd45daf7c90fa7c1979803fce07f0bb"),
}
KINDS = {1: 169, 2: 169}
KILL, TRADE = 80, 21
every_golden = pytest.mark.parametrize("name", GOLDEN)


def files_digest(directory: Path) -> str:
    """Return a digest of the files of a journal."""
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(directory.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def test_every_golden_journal_is_held() -> None:
    there = {path.parent.relative_to(PLACE).as_posix() for path in PLACE.rglob("*.journal")}
    assert there == set(GOLDEN)


@every_golden
def test_a_golden_journal_says_what_it_always_said(name: str) -> None:
    assert (digest(PLACE / name), files_digest(PLACE / name)) == GOLDEN[name]


@every_golden
def test_every_record_of_a_golden_journal_is_understood(name: str) -> None:
    for entry in Reading().entries(entries(PLACE / name)):
        assert encode_input(decode_input(entry.input)) == entry.input
        if entry.outputs:
            assert encode_outputs(decode_outputs(entry.outputs)) == entry.outputs


@every_golden
def test_a_tail_reads_what_a_history_reads(name: str) -> None:
    tail = Tail(PLACE / name)
    found = []
    while piece := tail.read(4_096):
        found += piece
    assert [said(one) for one in found] == [said(one) for one in entries(PLACE / name)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_format_has_every_kind_that_there_was(number: int) -> None:
    kinds = set()
    for entry in Reading().entries(entries(PLACE / f"format-{number}" / "records")):
        kinds.add(type(decode_input(entry.input)).__name__)
        kinds |= {type(one).__name__ for one in decode_outputs(entry.outputs or b"\x90")}
    assert len(kinds) == KINDS[number]
    assert kinds <= {*INPUTS, *OUTPUTS}


@pytest.mark.parametrize("number", [1, 2])
def test_every_kind_that_was_changed_since_is_upcast(number: int) -> None:
    """A build of later, made up: in its version 2 every kill says that it was read."""
    later = Schema(
        {**CHANGED, KILL: 2},
        {**UPCASTERS, (KILL, 1): lambda old: [*old[:2], "read", *old[3:]]},
    )
    reasons = set()
    held = entries(PLACE / f"format-{number}" / "records")
    for before, after in zip(Reading().entries(held), Reading(later).entries(held), strict=True):
        input = decode_input(after.input)
        if isinstance(input, KillCommand):
            reasons.add(input.reason)
            input = msgspec.structs.replace(input, reason=decode_kill(before).reason)
        assert encode_input(input) == before.input
        assert after.outputs == before.outputs
    assert reasons == {"read"}


@pytest.mark.parametrize("number", [1, 2])
def test_a_trade_from_before_conditions_has_none(number: int) -> None:
    held = entries(PLACE / f"format-{number}" / "records")
    inputs = [decode_input(entry.input) for entry in Reading().entries(held)]
    trades = [one for one in inputs if isinstance(one, Trade)]
    old = [msgspec.msgpack.decode(one.input) for one in held]
    assert [encode_input(trade) for trade in trades] == [
        msgspec.msgpack.encode([*fields, ""]) for fields in old if fields[0] == TRADE
    ]
    assert trades


@every_golden
def test_a_journal_of_an_older_format_is_written_on(name: str, tmp_path: Path) -> None:
    directory = copy(PLACE / name, tmp_path / "journal")
    held = entries(directory)
    end = mend(directory)
    put(a_log(directory, end), [Written(end.last + 1, end.time, b"new")])
    assert [said(one) for one in entries(directory)][:-1] == [said(one) for one in held]
    versions = [one.origin.version for one in entries(directory) if one.origin]
    assert (versions[0], versions[-1]) == (int(name[len("format-")]), VERSION)


def said(entry: Entry) -> tuple[int, int, bytes, bytes, bytes]:
    """Return all that an entry says."""
    schema = entry.origin.schema if entry.origin is not None else b""
    return entry.sequence, entry.time, entry.input, entry.outputs, schema


def decode_kill(entry: Entry) -> KillCommand:
    """Return the kill that an entry is."""
    input = decode_input(entry.input)
    assert isinstance(input, KillCommand)
    return input
