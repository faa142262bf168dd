"""The options of live sockets: set, and read back from the system."""

import socket
from collections.abc import Iterator

import pytest

from fairlead.gateways.buffers import BUFFER_BYTES_MIN, Buffers, buffers_of, tuned
from fairlead.gateways.transport import Address, Door, LineClient

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return both ends of a TCP connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname()) as here,
        door.accept()[0] as there,
    ):
        yield here, there


def test_bytes_leave_at_once(pair: Pair) -> None:
    for one in pair:
        assert not one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        tuned(one)
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_buffers_are_what_the_system_says_and_not_what_was_asked_for(pair: Pair) -> None:
    for one in pair:
        assert tuned(one) == buffers_of(one)
        assert min(buffers_of(one)) >= BUFFER_BYTES_MIN
    assert str(Buffers(425_984, 131_072)) == "buffers of 416 KiB to send and 128 to receive"


def test_a_system_that_gives_less_is_not_traded_over(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.gateways.buffers.BUFFER_BYTES", 8_192)
    with pytest.raises(OSError, match="65536 bytes are needed"):
        tuned(pair[0])


def test_both_ends_of_a_line_are_tuned_and_say_so() -> None:
    door = Door(Address("127.0.0.1", 0))
    client = LineClient(door.address)
    connection = None
    while connection is None:
        connection = door.accept()
    for end in (client, connection):
        live = socket.socket(fileno=end.fileno())
        assert live.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert min(buffers_of(live)) >= BUFFER_BYTES_MIN
        live.detach()
    assert "buffers of" in str(client)
    connection.close()
    client.close()
    door.close()
