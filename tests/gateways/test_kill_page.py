"""The page that processes share: what is written is what is read, and nothing else is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways import kill_page
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.gateways.kill_page import BEAT, PAGE_BYTES, STATE, WORDS, Head, Heartbeat
from fairlead.model.units import Nanos

KILL = Kill(person="ann", reason="a drill", source="test", mode=Mode.FLATTEN)
HEAD = Head(engaged=True, mode=Mode.FLATTEN, generation=7, time=Nanos(1_234), kill=KILL)
WRITTEN = 48  # bytes of the head; behind it come counters that are written on their own


def page_of(head: Head) -> bytearray:
    """Return a page as it lies in a file."""
    page = bytearray(PAGE_BYTES)
    first, words = kill_page.encode(head)
    page[: len(first)] = first
    page[WORDS : WORDS + len(words)] = words
    return page


@pytest.mark.parametrize("engaged", [True, False])
@pytest.mark.parametrize("mode", Mode)
def test_a_page_is_read_as_it_was_written(engaged: bool, mode: Mode) -> None:
    kill = Kill(person="ann", reason="a drill", source="test", mode=mode)
    head = Head(engaged=engaged, mode=mode, generation=7, time=Nanos(1_234), kill=kill)
    assert kill_page.decode(bytes(page_of(head))) == head


def test_only_one_value_of_the_state_is_released() -> None:
    """CTL-39: default killed when unreadable. Zeros, ones and everything else are no release."""
    released = page_of(
        Head(engaged=False, mode=Mode.CANCEL, generation=0, time=Nanos(0), kill=KILL)
    )
    for value in range(256):
        page = released[:]
        page[STATE] = value
        head = kill_page.decode(bytes(page))
        believed = isinstance(head, Head) and not head.engaged
        assert believed is (value == kill_page.RELEASED)


def test_a_page_in_which_any_byte_of_the_head_or_the_words_was_changed_is_not_believed() -> None:
    page = page_of(HEAD)
    words = len(kill_page.encode(HEAD)[1])
    padding = {12, 13, 14, 15, 18, 19, 20, 21, 22, 23}
    for place in [*range(WRITTEN), *range(WORDS, WORDS + words)]:
        if place in padding:
            continue
        changed = page[:]
        changed[place] ^= 0x01
        assert isinstance(kill_page.decode(bytes(changed)), str), place


@pytest.mark.parametrize("size", [0, 1, STATE, WRITTEN, WORDS, PAGE_BYTES - 1])
def test_a_short_page_is_not_believed(size: int) -> None:
    assert f"{size} bytes" in str(kill_page.decode(bytes(page_of(HEAD)[:size])))


@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_not_believed(garbage: bytes, magic: bool) -> None:
    begin = bytes(page_of(HEAD)[:12]) if magic else b""
    assert isinstance(kill_page.decode((begin + garbage).ljust(PAGE_BYTES, b"\x00")), str)


def test_a_page_of_a_newer_version_says_so() -> None:
    page = page_of(HEAD)
    page[8] = 9
    assert "version 9" in str(kill_page.decode(bytes(page)))


@given(st.text(max_size=2_000), st.text(max_size=2_000), st.text(max_size=2_000))
def test_whatever_people_say_fits_into_the_page_and_never_reaches_the_heartbeat(
    person: str, reason: str, source: str
) -> None:
    kill = Kill(person=person, reason=reason, source=source, key=reason)
    head = Head(engaged=True, mode=Mode.CANCEL, generation=1, time=Nanos(0), kill=kill)
    assert WORDS + len(kill_page.encode(head)[1]) <= BEAT
    read = kill_page.decode(bytes(page_of(head)))
    assert isinstance(read, Head)
    assert read.engaged


def test_a_name_with_an_umlaut_is_kept() -> None:
    kill = Kill(person="Jürgen", reason="Verlust über der Grenze", source="test")
    head = Head(engaged=True, mode=Mode.CANCEL, generation=1, time=Nanos(0), kill=kill)
    read = kill_page.decode(bytes(page_of(head)))
    assert isinstance(read, Head)
    assert (read.kill.person, read.kill.reason) == (kill.person, kill.reason)


def test_a_stronger_mode_has_a_higher_rank() -> None:
    ranks = [kill_page.rank(mode) for mode in (Mode.BLOCK, Mode.CANCEL, Mode.FLATTEN)]
    assert ranks == sorted(set(ranks))
    assert kill_page.rank(Mode.DISCONNECT) > ranks[-1]


def test_a_heartbeat_is_read_as_it_was_written_and_none_is_none() -> None:
    beat = Heartbeat(
        pid=4_711, started=Nanos(1), monotonic=Nanos(2), wall=Nanos(3), obeyed=4, working=5
    )
    page = bytearray(PAGE_BYTES)
    assert kill_page.decode_beat(bytes(page)) is None
    content = kill_page.encode_beat(beat)
    page[BEAT : BEAT + len(content)] = content
    assert kill_page.decode_beat(bytes(page)) == beat
    assert len(content) == kill_page.BEAT_BYTES


def test_how_often_somebody_asked_is_counted_beside_the_rest() -> None:
    page = page_of(HEAD)
    page[kill_page.ASKS : kill_page.ASKS + 8] = kill_page.encode_asks((1 << 64) + 5)
    assert kill_page.asks_of(bytes(page)) == 5
    assert kill_page.decode(bytes(page)) == HEAD, "it is no part of what is checked"
