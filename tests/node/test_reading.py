"""Entries of other builds: as this one would have written them, or refused with their place."""

from pathlib import Path

import msgspec
import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalSealed, PayloadForged
from fairlead.journal.history import Entry, History, Origin
from fairlead.journal.log import Durability, Log
from fairlead.model.codec import encode_input
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import KillCommand
from fairlead.model.schema import CURRENT, Schema
from fairlead.model.units import Nanos, Sequence
from fairlead.node.reading import Reading, recorded, written_schema
from fairlead.node.sealing import ENVIRONMENT, JournalKeys, load_journal_key, new_journal_key
from tests.cli.journals import EXAMPLE, journal

KILL = 80
COMMAND = encode_input(KillCommand("ann", "a drill"))
NEWER = Schema({KILL: 2}, {(KILL, 1): lambda old: [old[0], "bob", *old[2:]]})


def entry(schema: bytes, payload: bytes = COMMAND, outputs: bytes = b"") -> Entry:
    """Return an entry as a segment with this schema has it."""
    made = Entry(Sequence(7), Nanos(1), payload, Origin("7.journal", 2, schema))
    made.outputs = outputs
    return made


def test_what_this_build_wrote_is_given_as_it_is() -> None:
    ours = entry(written_schema())
    assert Reading().current(ours) is ours
    bare = Entry(Sequence(1), Nanos(1), COMMAND)
    assert Reading().current(bare) is bare


def test_a_session_writes_the_schema_of_its_build(tmp_path: Path) -> None:
    directory = journal(tmp_path / "journal", EXAMPLE)
    origins = {entry.origin for entry in History(directory).entries()}
    assert [one.schema for one in origins if one] == [written_schema()]
    assert CURRENT.translation(written_schema()).is_plain


def test_what_is_older_is_upcast_segment_by_segment() -> None:
    reading = Reading(NEWER)
    old, new = entry(CURRENT.written("0.1.0")), entry(NEWER.written("0.2.0"))
    persons = [
        msgspec.msgpack.decode(one.input)[1] for one in reading.entries([old, new, old, old])
    ]
    assert persons == ["bob", "ann", "bob", "bob"]


def test_outputs_are_upcast_with_their_input() -> None:
    outputs = msgspec.msgpack.encode([[KILL, "ann"]])
    found = Reading(NEWER).current(entry(b"", outputs=outputs))
    assert msgspec.msgpack.decode(found.outputs) == [[KILL, "bob"]]
    assert (found.sequence, found.time, found.origin is not None) == (7, 1, True)


def test_what_is_newer_is_refused_with_its_place() -> None:
    expected = r"^7\.journal: input 7: KillCommand .* version 2, .* use the build that wrote it"
    with pytest.raises(UndecodableRecord, match=expected):
        Reading().current(entry(NEWER.written("9.1.0")))


def test_a_schema_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(UndecodableRecord, match=r"^7\.journal: input 7: its schema"):
        Reading().current(entry(b"\xc1"))


def sealed(directory: Path, key: Path, count: int = 3) -> Path:
    """Write commands into an encrypted journal with outputs; the number is in the reason."""
    if not key.exists():
        new_journal_key(key)
    directory.mkdir()
    cipher = JournalKeys([load_journal_key(key)])
    where = (1, Sequence(0), layout.GENESIS)
    log = Log(directory, Durability.PROCESS, *where, schema=written_schema(), cipher=cipher)
    for number in range(1, count + 1):
        command = encode_input(KillCommand("ann", f"number {number}"))
        log.append(layout.INPUT, Sequence(number), Nanos(5), command)
        log.append(layout.OUTPUTS, Sequence(number), Nanos(5), b"outputs of " + command)
    log.close(Nanos(5))
    return directory


def test_an_encrypted_journal_is_given_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "journal.key"
    directory = sealed(tmp_path / "journal", key)
    monkeypatch.setenv(ENVIRONMENT, str(key))
    found = list(recorded(directory))
    assert [msgspec.msgpack.decode(one.input)[2] for one in found] == [
        *("number 1", "number 2", "number 3")
    ]
    assert all(one.outputs == b"outputs of " + one.input for one in found)


def test_an_encrypted_journal_without_its_key_names_the_file_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = sealed(tmp_path / "journal", tmp_path / "journal.key")
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(JournalSealed, match=r"0001\.journal: is encrypted, and no key was given"):
        next(recorded(directory))
    new_journal_key(tmp_path / "other.key")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "other.key"))
    with pytest.raises(JournalSealed, match=r"0001\.journal: .* another key than .*other\.key"):
        next(recorded(directory))


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 3)])
def test_payloads_that_changed_their_places_do_not_open(
    tmp_path: Path, one: int, other: int
) -> None:
    """Who has no key can make checksums and chain right again, and is found out all the same."""
    key = tmp_path / "journal.key"
    directory = sealed(tmp_path / "journal", key)
    path = next(directory.iterdir())
    content = path.read_bytes()
    records = list[layout.Record]()
    offset = layout.HEADER_BYTES
    while offset < len(content):
        record = layout.decode_record(content, offset)
        assert isinstance(record, layout.Record)
        records.append(record)
        offset = record.end
    payloads = [record for record in records if record.kind in (layout.INPUT, layout.OUTPUTS)]
    first, second = payloads[one], payloads[other]
    first.payload, second.payload = second.payload, first.payload
    path.write_bytes(content[: layout.HEADER_BYTES] + written_anew(records))
    assert len(list(History(directory).entries())) == 3, "the bytes hold"
    reading = Reading(cipher=JournalKeys(files=[key]))
    with pytest.raises(PayloadForged, match=r"0001\.journal: input 1 does not open"):
        list(reading.entries(History(directory).entries()))


def written_anew(records: list[layout.Record]) -> bytes:
    """Return records with their checksums and the chain made right."""
    chain, content, group = layout.GENESIS, b"", b""
    for record in records:
        if record.kind == layout.COMMIT:
            chain = layout.next_chain(chain, group)
        closing = record.kind in (layout.COMMIT, layout.SEAL)
        payload = chain if closing else record.payload
        made = layout.encode_record(record.kind, record.sequence, record.time, payload)
        content += made
        group = b"" if closing else group + made
    return content
