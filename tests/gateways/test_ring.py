"""A ring in shared memory: every message once, whole and in order, or none at all."""

import os
import subprocess
import sys
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways import ring as rings
from fairlead.gateways.errors import RingBroken, RingUnsupported
from fairlead.gateways.ring import RingReader, RingWriter, make_memory, map_memory
from fairlead.gateways.ring_line import RingLine

SMALL = rings.CAPACITY_MIN


def made(capacity: int = SMALL) -> memoryview:
    """Return the memory of a new ring."""
    file = make_memory(capacity)
    (memory,) = map_memory(file)
    os.close(file)
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


def test_every_place_of_the_ring_can_be_the_one_where_a_message_wraps() -> None:
    longest = rings.message_bytes_max(SMALL)
    for shift in range(0, SMALL, 8):
        memory = made()
        writer, reader = RingWriter(memory), RingReader(memory)
        for length in _steps(shift, longest):
            assert writer.offer(b"." * length)
            assert heard(reader) == b"." * length
            reader.release()
        assert writer.offer(b"!" * longest)
        assert heard(reader) == b"!" * longest


def _steps(shift: int, longest: int) -> list[int]:
    """Return lengths of messages that together move the ring on by so many bytes."""
    taken = longest + 8
    return [longest] * (shift // taken) + ([shift % taken - 8] if shift % taken else [])


def test_a_full_ring_refuses_and_takes_again_what_was_given_back() -> None:
    memory = made()
    writer, reader = RingWriter(memory), RingReader(memory)
    taken = 0
    while writer.offer(b"12345678"):
        taken += 1
    assert taken == SMALL // 16
    assert heard(reader) == b"12345678"
    assert not writer.offer(b"no"), "what is not given back is still somebody's"
    reader.release()
    assert writer.offer(b"87654321")
    assert not writer.drained()


def test_what_is_too_long_for_any_ring_of_this_size_is_a_mistake_of_ours() -> None:
    writer = RingWriter(made())
    with pytest.raises(ValueError, match="at most 2040"):
        writer.offer(bytes(writer.message_bytes_max + 1))


def test_a_message_is_written_in_place() -> None:
    memory = made()
    writer, reader = RingWriter(memory), RingReader(memory)
    place = writer.reserve(5)
    assert place is not None
    place[:] = b"hello"
    assert reader.receive() is None, "nobody has it before the commit"
    writer.commit(place)
    assert heard(reader) == b"hello"


@given(st.binary(min_size=8, max_size=64), st.integers(0, 60), st.data())
def test_garbage_in_the_memory_is_told_and_never_read_beyond_it(
    garbage: bytes, place: int, data: st.DataObject
) -> None:
    """Whoever has the other side may write anything anywhere."""
    memory = made()
    writer, reader = RingWriter(memory), RingReader(memory)
    for length in (10, 100, 1_000):
        writer.offer(bytes(length))
    at = data.draw(st.sampled_from((128, 256, 512, 512 + 24))) + place // 8 * 8
    memory[at : at + len(garbage)] = garbage
    try:
        for _ in range(10):
            message = reader.receive()
            assert message is None or len(message) <= SMALL
            reader.release()
            writer.offer(bytes(100))
    except RingBroken:
        pass


def test_memory_that_can_be_cut_short_is_refused() -> None:
    """Touching what was cut off would end the process (SIGBUS)."""
    file = os.memfd_create("plain")
    os.ftruncate(file, rings.ring_bytes(SMALL))
    with pytest.raises(RingBroken, match="not sealed"):
        map_memory(file)
    os.close(file)
    sealed = make_memory(SMALL)
    for size in (0, 2 * SMALL):
        with pytest.raises(PermissionError):
            os.ftruncate(sealed, size)
    os.close(sealed)


@pytest.mark.parametrize("place", [0, 8, 16])
def test_memory_that_says_something_else_is_no_ring(place: int) -> None:
    memory = made()
    memory[place : place + 8] = b"\x07" * 8
    with pytest.raises(RingBroken):
        RingReader(memory)


def test_other_processors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(RingUnsupported, match="aarch64"):
        make_memory()


def test_another_process_gets_all_items_in_order() -> None:
    """No loss, no duplicate, order kept; `FAIRLEAD_RING_ITEMS` sets another count."""
    count = int(os.environ.get("FAIRLEAD_RING_ITEMS", "60000"))
    line, ends = RingLine.make(SMALL * 4)
    command = [sys.executable, "-c", _COUNTS, str(ends.memory), str(ends.bell), str(count)]
    with subprocess.Popen(command, pass_fds=ends, stdout=subprocess.PIPE) as reading:
        ends.close()
        for number in range(count):
            word = number.to_bytes(8, "little")
            assert line.send_within(word + word * (number * 7919 % 61), 60), number
        assert reading.stdout is not None
        assert reading.stdout.read() == b"%d\n" % count
    line.close()


_COUNTS = """
import sys
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.ring_line import RingEnds, RingLine

memory, bell, count = map(int, sys.argv[1:])
line = RingLine.take(RingEnds(memory, bell))
number = 0
while number < count:
    message = line.receive()
    if message is None:
        line.wait(60)  # asleep and awake by turns
        continue
    word = number.to_bytes(8, "little")
    assert message == word + word * (number * 7919 % 61), number
    line.release()
    number += 1
print(number, flush=True)
"""
