"""Bytes of any kind become messages or garbled lines, and never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.direct.frames import (
    NODE_LINE_BYTES_MAX,
    Garbled,
    encoded,
    frames_from_node,
    frames_from_venue,
)
from fairlead.gateways.direct.messages import (
    FromNode,
    FromVenue,
    Heartbeat,
    LoggedIn,
    Order,
    Probe,
    Published,
    Reported,
)
from tests.gateways.direct.ends import accepted, cancel, quote
from tests.simulator.orders import INSTRUMENT

FROM_NODE: list[FromNode] = [Order(1, cancel(7)), Probe(3), Heartbeat(9, 3)]
FROM_VENUE: list[FromVenue] = [
    LoggedIn(1, 2, 3, 4, (INSTRUMENT,)),
    Reported(1, accepted(1), again=True),
    Published(1, quote(100)),
]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=200))
def test_messages_are_read_however_they_are_cut(cuts: list[int]) -> None:
    line = b"".join(encoded(message) for message in FROM_NODE)
    frames, read = frames_from_node(), []
    for cut in cuts:
        read += frames.receive(line[:cut])
        line = line[cut:]
    assert read + frames.receive(line) == FROM_NODE


def test_what_a_venue_says_is_read_by_a_node() -> None:
    lines = b"".join(encoded(message) for message in FROM_VENUE)
    assert frames_from_venue().receive(lines) == FROM_VENUE


@pytest.mark.parametrize("place", range(len(encoded(FROM_NODE[0]))))
def test_no_flipped_bit_makes_another_message(place: int) -> None:
    line = encoded(FROM_NODE[0])
    for bit in range(8):
        flipped = bytearray(line)
        flipped[place] ^= 1 << bit
        read = frames_from_node().receive(bytes(flipped) + b"\n")
        assert all(isinstance(one, Garbled) for one in read), (place, bit, read)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"00000000 ",
        b'00000000 {"type":"test_request","number":1}',
        b"ABCDEF01 {}",
        b"8=FIX.4.4\x019=5\x01",
        bytes(range(10)),
        encoded(FROM_VENUE[1])[:-1],  # whole, but nothing that a node says
    ],
)
def test_a_line_that_is_no_message_is_skipped_and_told(line: bytes) -> None:
    garbled, message = frames_from_node().receive(line + b"\n" + encoded(Probe(1)))
    assert isinstance(garbled, Garbled)
    assert not garbled.fatal
    assert message == Probe(1)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_end_the_reader(chunks: list[bytes]) -> None:
    frames = frames_from_venue()
    for chunk in chunks:
        frames.receive(chunk)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_without_end_is_not_kept(end: bytes) -> None:
    frames = frames_from_node()
    (garbled,) = frames.receive(b"x" * (NODE_LINE_BYTES_MAX + 1) + end)
    assert garbled.fatal
    assert frames.receive(b"y\n") == [] or end
