"""Many connections in one thread: nobody waits for anybody, and everything has a bound."""

import socket
from collections.abc import Iterator

import pytest

from fairlead.gateways import hub as hub_module
from fairlead.gateways.errors import CannotListen
from fairlead.gateways.hub import Heard, Hub
from fairlead.gateways.transport import CONNECTIONS_MAX, Address

LOOPBACK = Address("127.0.0.1", 0)
SECONDS = 30


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Return a hub with two doors."""
    opened = Hub({"front": LOOPBACK, "back": LOOPBACK})
    yield opened
    opened.close()


def knock(hub: Hub, door: str = "front") -> socket.socket:
    """Return a connection to a door."""
    address = hub.address(door)
    return socket.create_connection((address.host, address.port), SECONDS)


def heard(hub: Hub) -> list[Heard]:
    """Return what comes next."""
    while True:
        found = hub.poll(SECONDS)
        if found:
            return found


def test_what_comes_is_told_with_its_door_and_answered(hub: Hub) -> None:
    with knock(hub) as front, knock(hub, "back") as back:
        front.sendall(b"one")
        (first,) = heard(hub)
        back.sendall(b"two")
        (second,) = heard(hub)
        assert (first.door, first.content) == ("front", b"one")
        assert (second.door, second.content) == ("back", b"two")
        hub.send(first.connection, b"answer")
        assert front.recv(100) == b"answer"


def test_who_goes_is_told_once(hub: Hub) -> None:
    with knock(hub) as gone:
        gone.sendall(b"x")
        (first,) = heard(hub)
    assert heard(hub) == [Heard(first.connection, "front", b"")]
    hub.send(first.connection, b"too late")
    assert hub.poll(0) == []


def test_what_was_said_leaves_before_a_connection_is_closed(hub: Hub) -> None:
    with knock(hub) as asked:
        asked.sendall(b"?")
        (first,) = heard(hub)
        content = b"y" * 5_000_000
        hub.send(first.connection, content)
        hub.close_after(first.connection)
        received = b""
        while len(received) < len(content):
            hub.poll(0)
            received += asked.recv(1_000_000)
        hub.poll(0)
        assert asked.recv(1) == b""


def test_who_does_not_read_loses_the_connection(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "KEPT_BYTES_MAX", 1_000_000)
    with knock(hub) as deaf, knock(hub) as other:
        deaf.sendall(b"?")
        (first,) = heard(hub)
        for _ in range(100):
            hub.send(first.connection, b"z" * 1_000_000)
        assert heard(hub) == [Heard(first.connection, "front", b"")]
        other.sendall(b"!")
        assert heard(hub)[0].content == b"!"


def test_who_says_nothing_makes_room_and_who_trades_does_not(hub: Hub) -> None:
    with knock(hub) as trading:
        trading.sendall(b"login")
        (first,) = heard(hub)
        silent = []
        for _ in range(2 * CONNECTIONS_MAX):
            silent.append(knock(hub))
            hub.poll(0)
        hub.send(first.connection, b"still here")
        assert trading.recv(100) == b"still here"
        for one in silent:
            one.close()


def test_a_door_that_is_taken_opens_none(hub: Hub) -> None:
    with pytest.raises(CannotListen):
        Hub({"mine": LOOPBACK, "theirs": hub.address("front")})
