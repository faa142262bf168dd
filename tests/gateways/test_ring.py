"""A ring in shared memory: every message once, whole and in order, or none at all."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways import ring as rings
from fairlead.gateways.errors import RingBroken
from fairlead.gateways.ring import RingReader, RingWriter, make_memory, map_memory

SMALL = rings.CAPACITY_MIN


def made(capacity: int = SMALL) -> memoryview:
    """Return the memory of a new ring."""
    (memory,) = map_memory(make_memory(capacity))
    return memory


def heard(reader: RingReader) -> bytes | None:
    """Return the next message as bytes of our own."""
    message = reader.receive()
    return None if message is None else bytes(message)


def test_a_message_is_read_as_it_was_written_and_then_nothing_is_there() -> None:
    memory = made()
    writer, reader = RingWriter(memory), RingReader(memory)
    assert reader.receive() is None
    assert writer.offer(b"first")
    assert writer.offer(b"")
    assert heard(reader) == b"first"
    assert heard(reader) == b""
    assert reader.receive() is None


@given(st.lists(st.tuples(st.integers(0, rings.message_bytes_max(SMALL)), st.booleans())))
def test_all_that_was_taken_is_read_once_and_in_order(steps: list[tuple[int, bool]]) -> None:
    memory = made()
    writer, reader = RingWriter(memory), RingReader(memory)
    waiting: deque[bytes] = deque()
    for number, (length, reads) in enumerate(steps):
        content = bytes([number % 256]) * length
        if writer.offer(content):
            waiting.append(content)
        else:
            assert waiting, "an empty ring has room for any message"
        if reads:
            message = reader.receive()
            assert (message is None) == (not waiting)
            assert message is None or bytes(message) == waiting.popleft()
            reader.release()
    while waiting:
        assert heard(reader) == waiting.popleft()
    assert reader.receive() is None


def test_a_side_is_taken_once() -> None:
    """Who comes again gets a new ring: it would find the middle of an old stream here."""
    memory = made()
    RingReader(memory)
    with pytest.raises(RingBroken, match="has this side"):
        RingReader(memory)
