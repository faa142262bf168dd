"""Two rings and a bell: messages both ways, sleep, and what is known of the other side."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from fairlead.gateways.errors import LineBroken, RingBroken
from fairlead.gateways.ring_line import RingEnds, RingLine

Ends = tuple[RingLine, RingLine]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return both ends of a line."""
    here, given = RingLine.make()
    there = RingLine.take(given)
    yield here, there
    here.close()
    there.close()


def heard(line: RingLine) -> bytes | None:
    """Return the next message as bytes of our own."""
    message = line.receive()
    return None if message is None else bytes(message)


def test_messages_go_both_ways(ends: Ends) -> None:
    here, there = ends
    assert here.send(b"question")
    assert heard(there) == b"question"
    assert there.send(b"answer")
    assert here.wait(30)
    assert heard(here) == b"answer"
    assert not here.wait(0)


def test_what_was_sent_before_the_end_is_read_and_then_it_is_over(ends: Ends) -> None:
    here, there = ends
    here.send(b"last word")
    here.close()
    assert there.wait(30)
    assert heard(there) == b"last word"
    with pytest.raises(LineBroken, match="gone"):
        there.wait(30)


_HANGS = """
import sys
from fairlead.gateways.ring_line import RingEnds, RingLine

line = RingLine.take(RingEnds(*map(int, sys.argv[1:])))
line.send(b"here")
while True:
    line.wait(60)
    line.receive()
"""


@pytest.mark.parametrize("blocks", [False, True])
def test_a_side_that_is_killed_is_missed_at_once(blocks: bool) -> None:
    line, given = RingLine.make()
    command = [sys.executable, "-c", _HANGS, str(given.memory), str(given.bell)]
    with subprocess.Popen(command, pass_fds=given) as other:
        given.close()
        assert line.wait(60)
        assert heard(line) == b"here"
        other.kill()
        with pytest.raises(LineBroken, match="gone"):
            _listen(line, blocks)
    with pytest.raises(LineBroken, match="gone"):
        _talk(line)
    line.close()


def _listen(line: RingLine, blocks: bool) -> None:
    while True:
        assert line.receive() is None
        if blocks:
            line.wait(60)


def _talk(line: RingLine) -> None:
    """Write for ever: who died reads nothing, so the ring fills, and then it is told."""
    while True:
        line.send(b"x" * 1_000)


def test_a_process_that_comes_again_finds_no_old_stream() -> None:
    line, given = RingLine.make()
    again = RingEnds(os.dup(given.memory), os.dup(given.bell))
    first = RingLine.take(given)
    with pytest.raises(RingBroken, match="has this side"):
        RingLine.take(again)
    first.close()
    line.close()


def test_a_full_line_refuses_or_waits_as_it_is_told(ends: Ends) -> None:
    here, there = ends
    while here.send(b"x" * 1_000):
        pass
    assert not here.send_within(b"x" * 1_000, 0.001)
    reader = threading.Thread(target=_drain, args=(there,))
    reader.start()
    assert here.send_within(b"x" * 1_000, 60)
    reader.join()


def _drain(line: RingLine) -> None:
    while line.receive() is not None:
        line.release()


def test_a_bell_that_is_none_is_refused() -> None:
    line, given = RingLine.make()
    given.close()
    with pytest.raises(RingBroken, match="no bell"):
        RingLine.take(RingEnds(given.memory, given.bell))
    line.close()
