"""What an encrypted journal looks like to who has no key, and that no nonce is used twice."""

from pathlib import Path

import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged
from fairlead.journal.history import End, Entry, History
from fairlead.journal.log import SEGMENT_BYTES, Durability, Log
from fairlead.journal.sealing import MARK_BYTES, Cipher, open_payload
from fairlead.journal.tail import Tail
from fairlead.model.units import Nanos
from fairlead.model.units import Sequence as Number
from tests.journal.build import ALL, GROUPS, SCHEMA, mend, put, records, segments
from tests.journal.build import write as write_plain
from tests.journal.mirrors import Mirrors


def a_log(
    directory: Path, cipher: Cipher, end: End | None = None, segment_bytes: int = SEGMENT_BYTES
) -> Log:
    end = end or End()
    where = (end.epoch + 1, end.last, end.chain, segment_bytes)
    return Log(directory, Durability.PROCESS, *where, schema=SCHEMA, cipher=cipher)


def write(directory: Path, cipher: Cipher, segment_bytes: int = SEGMENT_BYTES) -> None:
    log = a_log(directory, cipher, segment_bytes=segment_bytes)
    for group in GROUPS:
        put(log, group)
    log.close(Nanos(40))


def opened(cipher: Cipher, entry: Entry) -> tuple[int, int, bytes, bytes]:
    """Return what is in an entry that is sealed."""
    origin = entry.origin
    assert origin is not None
    sealing = cipher.find(origin.mark)
    place = (origin.epoch, layout.SCHEMA, origin.first, origin.begun)
    assert open_payload(sealing, *place, origin.schema) == SCHEMA
    at = (entry.sequence, entry.time)
    input = open_payload(sealing, origin.epoch, layout.INPUT, *at, entry.input)
    outputs = b""
    if entry.outputs:
        outputs = open_payload(sealing, origin.epoch, layout.OUTPUTS, *at, entry.outputs)
    return (*at, input, outputs)


@pytest.mark.parametrize("segment_bytes", [1, SEGMENT_BYTES])
def test_entries_are_given_as_they_were_written_with_what_opens_them(
    tmp_path: Path, segment_bytes: int
) -> None:
    cipher = Mirrors()
    write(tmp_path, cipher, segment_bytes)
    found = list(History(tmp_path).entries())
    assert [opened(cipher, entry) for entry in found] == list(ALL)
    tail, followed = Tail(tmp_path), list[Entry]()
    while entries := tail.read():
        followed += entries
    assert [opened(cipher, entry) for entry in followed] == list(ALL)
    everything = b"".join(path.read_bytes() for path in segments(tmp_path))
    assert b"first" not in everything
    assert SCHEMA not in everything


def test_a_segment_says_its_mark_first_and_each_has_another(tmp_path: Path) -> None:
    cipher = Mirrors()
    write(tmp_path, cipher, segment_bytes=1)
    assert len(segments(tmp_path)) == len(cipher.begun) == len(GROUPS)
    for path, sealing in zip(segments(tmp_path), cipher.begun, strict=True):
        header = layout.decode_header(path.read_bytes())
        assert header.flags == layout.ENCRYPTED
        (_, mark), (_, schema), *_ = records(path)
        assert (mark.kind, schema.kind) == (layout.MARK, layout.SCHEMA)
        assert mark.payload == sealing.mark
        assert mark.sequence == schema.sequence == header.first


def test_no_nonce_is_used_twice_under_one_key_also_after_a_crash(tmp_path: Path) -> None:
    """Who goes on seals the same inputs again, in another segment and so with another key."""
    cipher = Mirrors()
    log = a_log(tmp_path, cipher)
    put(log, GROUPS[0])
    put(log, GROUPS[1])
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1])  # the last commit was torn
    log = a_log(tmp_path, cipher, mend(tmp_path))
    put(log, GROUPS[1])
    put(log, GROUPS[2])
    log.close(Nanos(40))
    assert [opened(cipher, entry) for entry in History(tmp_path).entries()] == list(ALL)
    assert len(cipher.begun) == 2
    for one in cipher.begun:
        assert len(set(one.nonces)) == len(one.nonces) > 3


def test_plain_and_encrypted_segments_follow_each_other(tmp_path: Path) -> None:
    write_plain(tmp_path, GROUPS[:1], segment_bytes=SEGMENT_BYTES)
    cipher = Mirrors()
    log = a_log(tmp_path, cipher, mend(tmp_path))
    put(log, GROUPS[1])
    log.close(Nanos(20))
    found = list(History(tmp_path).entries())
    assert [bool(one.origin and one.origin.mark) for one in found] == [False, False, True]
    assert opened(cipher, found[-1]) == ALL[2]
    assert found[0].input == b"first"


def forged(flags: int, *kinds: tuple[int, int]) -> bytes:
    """Return a segment of records of these kinds and lengths, checksums and chain made right."""
    content = layout.Header(1, Number(1), layout.GENESIS, flags).encode()
    group = b"".join(
        layout.encode_record(kind, Number(1), Nanos(1), bytes(length)) for kind, length in kinds
    )
    chain = layout.next_chain(layout.GENESIS, group)
    return content + group + layout.encode_record(layout.COMMIT, Number(1), Nanos(1), chain)


MARK, SCHEMA_RECORD, INPUT = (layout.MARK, MARK_BYTES), (layout.SCHEMA, 20), (layout.INPUT, 20)
MARK_FIRST = "an encrypted segment says its mark first, and once"
SCHEMA_FIRST = "a segment says its schema first, and once"


@pytest.mark.parametrize(
    ("flags", "kinds", "what"),
    [
        (1, (SCHEMA_RECORD, INPUT), MARK_FIRST),
        (1, (SCHEMA_RECORD, MARK, INPUT), MARK_FIRST),
        (1, ((layout.MARK, MARK_BYTES - 1), SCHEMA_RECORD, INPUT), MARK_FIRST),
        (1, (MARK, MARK, SCHEMA_RECORD, INPUT), MARK_FIRST),
        (1, (MARK, SCHEMA_RECORD, INPUT, MARK), MARK_FIRST),
        (1, (MARK, INPUT), SCHEMA_FIRST),
        (1, (MARK, SCHEMA_RECORD, SCHEMA_RECORD, INPUT), SCHEMA_FIRST),
        (0, (MARK, SCHEMA_RECORD, INPUT), "a mark in a segment that is not encrypted"),
    ],
)
def test_a_mark_out_of_place_is_damage(
    tmp_path: Path, flags: int, kinds: tuple[tuple[int, int], ...], what: str
) -> None:
    (tmp_path / f"{1:020d}.journal").write_bytes(forged(flags, *kinds))
    with pytest.raises(JournalDamaged, match=what):
        list(History(tmp_path).entries())
    with pytest.raises(JournalDamaged, match=what):
        Tail(tmp_path).read()


def test_a_mark_in_its_place_is_none(tmp_path: Path) -> None:
    path = tmp_path / f"{1:020d}.journal"
    path.write_bytes(forged(1, MARK, SCHEMA_RECORD, INPUT))
    assert len(list(History(tmp_path).entries())) == len(Tail(tmp_path).read()) == 1


def test_a_segment_that_a_crash_cut_anywhere_gives_its_whole_groups(tmp_path: Path) -> None:
    cipher = Mirrors()
    (tmp_path / "whole").mkdir()
    write(tmp_path / "whole", cipher)
    content = segments(tmp_path / "whole")[0].read_bytes()
    (tmp_path / "cut").mkdir()
    path = tmp_path / "cut" / segments(tmp_path / "whole")[0].name
    counts = set()
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        found = [opened(cipher, entry) for entry in History(tmp_path / "cut").entries()]
        assert found == list(ALL[: len(found)])
        counts.add(len(found))
    assert counts == {0, 2, 3, 6}
