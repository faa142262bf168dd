"""TCP segments as what was said: once, in order, with holes told."""

from random import Random

import pytest

from fairlead.gateways import tcp_streams
from fairlead.gateways.pcap import Carried, Endpoint
from fairlead.gateways.tcp_streams import TcpStream
from fairlead.model.units import Nanos

HERE, THERE = Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2)
SYN = 0x02


def segment(sequence: int, payload: bytes = b"", flags: int = 0) -> Carried:
    return Carried(Nanos(0), HERE, THERE, payload, sequence % 2**32, flags)


@pytest.mark.parametrize("began", [0, 1_000, 2**32 - 50])
@pytest.mark.parametrize("seed", range(5))
def test_segments_that_come_again_early_and_cut_otherwise_are_said_once(
    began: int, seed: int
) -> None:
    random = Random(seed)
    said = random.randbytes(400)
    segments = []
    at = 0
    while at < len(said):
        size = random.randrange(1, 30)
        begin = max(0, at - random.randrange(3))
        segments.append(segment(began + 1 + begin, said[begin : at + size]))
        at += size
    segments += random.sample(segments, 5)
    for _ in range(10):
        one = random.randrange(len(segments) - 1)
        segments[one], segments[one + 1] = segments[one + 1], segments[one]
    stream = TcpStream()
    heard = stream.receive(segment(began, flags=SYN))[1]
    for one_segment in segments:
        missed, more = stream.receive(one_segment)
        assert missed == 0
        heard += more
    assert heard == said
    assert stream.end() == (0, b"")
    assert stream.again > 0


def test_a_capture_that_begins_in_the_middle_begins_there() -> None:
    assert TcpStream().receive(segment(500, b"middle")) == (0, b"middle")


def test_a_hole_is_told_at_the_end() -> None:
    stream = TcpStream()
    assert stream.receive(segment(100, b"abc")) == (0, b"abc")
    assert stream.receive(segment(110, b"xyz")) == (0, b"")
    assert stream.end() == (7, b"xyz")
    assert stream.missed == 7


def test_what_waits_behind_a_hole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_streams, "HELD_BYTES_MAX", 10)
    stream = TcpStream()
    stream.receive(segment(100, b"abc"))
    assert stream.receive(segment(105, b"123456")) == (0, b"")
    assert stream.receive(segment(111, b"78901")) == (2, b"12345678901")


def test_a_new_connection_begins_anew() -> None:
    stream = TcpStream()
    stream.receive(segment(100, b"abc"))
    stream.receive(segment(200, b"early"))
    assert stream.receive(segment(7, flags=SYN)) == (0, b"")
    assert stream.receive(segment(8, b"new")) == (0, b"new")
