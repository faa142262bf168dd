"""Two rings and a bell: messages both ways, sleep, and what is known of the other side."""

from collections.abc import Iterator

import pytest

from fairlead.gateways.errors import LineBroken
from fairlead.gateways.ring_line import RingLine

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
