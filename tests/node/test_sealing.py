"""Payloads are sealed so that nothing opens but what was sealed, where it was, with its key."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal.errors import JournalSealed, PayloadForged
from fairlead.journal.sealing import MARK_BYTES, TAG_BYTES, open_payload, seal_payload
from fairlead.model.units import Nanos, Sequence
from fairlead.node.errors import KeyRefused
from fairlead.node.sealing import (
    ENVIRONMENT,
    JournalKey,
    JournalKeys,
    configured_cipher,
    load_journal_key,
    new_journal_key,
)

KEYS = JournalKeys([JournalKey(Path("a.key"), bytes(range(32)))])
Place = tuple[int, int, Sequence, Nanos]
places = st.tuples(
    st.integers(0, 2**32 - 1),
    st.integers(1, 6),
    st.builds(Sequence, st.integers(0, 2**63)),
    st.builds(Nanos, st.integers(-(2**63), 2**63 - 1)),
)


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)


@given(places, st.binary(max_size=300))
def test_what_is_sealed_opens_as_it_was(place: Place, content: bytes) -> None:
    sealing = KEYS.begin()
    sealed = seal_payload(sealing, *place, content)
    assert len(sealed) == len(content) + TAG_BYTES
    assert open_payload(KEYS.find(sealing.mark), *place, sealed) == content


@given(places, places, st.binary(max_size=300))
def test_what_is_moved_does_not_open(place: Place, other: Place, content: bytes) -> None:
    """To another epoch, kind, sequence or time, each by itself, and to another segment."""
    sealing = KEYS.begin()
    sealed = seal_payload(sealing, *place, content)
    for moved in (
        (other[0], *place[1:]),
        (place[0], other[1], *place[2:]),
        (*place[:2], other[2], place[3]),
        (*place[:3], other[3]),
    ):
        if moved != place:
            with pytest.raises(PayloadForged):
                open_payload(sealing, *moved, sealed)
    with pytest.raises(PayloadForged):
        open_payload(KEYS.begin(), *place, sealed)


def test_what_has_any_bit_turned_or_is_cut_anywhere_does_not_open() -> None:
    sealing, place = KEYS.begin(), (1, 1, Sequence(7), Nanos(9))
    sealed = seal_payload(sealing, *place, b"buy 8 at 100")
    for bit in range(8 * len(sealed)):
        turned = bytearray(sealed)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PayloadForged):
            open_payload(sealing, *place, bytes(turned))
    for length in range(len(sealed)):
        with pytest.raises(PayloadForged, match="changed or moved by somebody who has no key"):
            open_payload(sealing, *place, sealed[:length])


def test_no_two_marks_are_the_same_and_the_key_is_in_none() -> None:
    marks = [KEYS.begin().mark for _ in range(100)]
    assert len(set(marks)) == 100
    assert {len(mark) for mark in marks} == {MARK_BYTES}
    assert not any(bytes(range(8)) in mark for mark in marks)


def test_a_mark_of_another_key_is_told_and_any_bit_of_a_mark_counts() -> None:
    mark = KEYS.begin().mark
    other = JournalKeys([JournalKey(Path("b.key"), bytes(32))])
    with pytest.raises(JournalSealed, match=r"another key than b\.key: name .* FAIRLEAD_JOURNAL"):
        other.find(mark)
    for bit in range(8 * MARK_BYTES):
        turned = bytearray(mark)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(JournalSealed):
            KEYS.find(bytes(turned))


def test_without_a_key_it_says_what_to_do() -> None:
    with pytest.raises(JournalSealed, match="no key was given: name the file of its key in"):
        JournalKeys().find(KEYS.begin().mark)


def test_keys_are_found_in_files_and_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older key is still needed for what it sealed."""
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    ours = {path: _sealed_with(path) for path in (old, new)}
    for path, (mark, sealed) in ours.items():
        assert _open(JournalKeys(files=[path]), mark, sealed) == b"content"
    monkeypatch.setenv(ENVIRONMENT, f"{new}:{old}")
    for mark, sealed in ours.values():
        assert _open(JournalKeys(), mark, sealed) == b"content"
        assert _open(JournalKeys([load_journal_key(new)]), mark, sealed) == b"content"


def test_a_key_that_is_not_there_yet_is_looked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "late.key"
    keys = JournalKeys(files=[path])
    mark, sealed = _sealed_with(tmp_path / "made.key")
    with pytest.raises(JournalSealed, match=r"late\.key: cannot be read"):
        keys.find(mark)
    (tmp_path / "made.key").rename(path)
    assert _open(keys, mark, sealed) == b"content"


def _sealed_with(path: Path) -> tuple[bytes, bytes]:
    new_journal_key(path)
    sealing = JournalKeys([load_journal_key(path)]).begin()
    return sealing.mark, seal_payload(sealing, 1, 1, Sequence(1), Nanos(1), b"content")


def _open(keys: JournalKeys, mark: bytes, sealed: bytes) -> bytes:
    return open_payload(keys.find(mark), 1, 1, Sequence(1), Nanos(1), sealed)


def test_a_key_file_is_for_its_owner_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "journal.key"
    new_journal_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    key = load_journal_key(path)
    assert len(key.key) == 32
    assert path.read_text("ascii") == key.key.hex() + "\n"
    assert key.key.hex() not in repr(key)
    with pytest.raises(KeyRefused, match="never written over"):
        new_journal_key(path)
    assert load_journal_key(path) == key
    path.chmod(0o640)
    with pytest.raises(KeyRefused, match="lets others use the key"):
        load_journal_key(path)


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"0g" * 32, b"\xff" * 64, b"00" * 33])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(KeyRefused, match="expected 32 bytes in hex") as refused:
        load_journal_key(path)
    assert b"0g" not in str(refused.value).encode()


def test_a_configured_key_must_be_there_and_not_below_the_journal(tmp_path: Path) -> None:
    assert configured_cipher(None, tmp_path) is None
    with pytest.raises(KeyRefused, match="cannot be read"):
        configured_cipher(tmp_path / "none.key", tmp_path / "journal")
    path = tmp_path / "journal" / "journal.key"
    new_journal_key(path)
    with pytest.raises(KeyRefused, match="lies below the journal"):
        configured_cipher(path, tmp_path / "journal")
    assert configured_cipher(path, tmp_path / "other") is not None


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = KEYS.begin().mark
    key = JournalKey(Path("a.key"), bytes(range(32)))
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(KeyRefused, match=r"pip install 'fairlead\[audit\]'"):
        JournalKeys([key])
    with pytest.raises(JournalSealed, match=r"pip install 'fairlead\[audit\]'"):
        KEYS.find(mark)
