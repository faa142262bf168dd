"""Real sockets on loopback: everything is bounded, and no bytes end a server."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.gateways.errors import CannotListen, LineBroken, MalformedAddress
from fairlead.gateways.http_request import HttpRefusal, HttpRequest, HttpResponse
from fairlead.gateways.transport import (
    CONNECTIONS_MAX,
    Address,
    HttpServer,
    LineClient,
    LineServer,
    Talk,
    Wake,
)

LOOPBACK = Address("127.0.0.1", 0)
SECONDS = 30  # until a test gives up: nothing here is measured


def answer(request: HttpRequest, peer: str) -> HttpResponse:
    """Answer what was asked."""
    if request.path == "/broken":
        raise ValueError("a mistake of ours")
    return HttpResponse(200, f"{request.method} {request.path} {len(request.body)}".encode())


def refuse(refusal: HttpRefusal, peer: str) -> HttpResponse:
    """Answer what was no request."""
    return HttpResponse(refusal.status, refusal.reason.encode())


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    """Return a server on loopback."""
    listening = HttpServer(LOOPBACK, answer, refuse)
    yield listening
    listening.close()


def connected(address: Address) -> socket.socket:
    """Return a connection to a server."""
    if address.path:
        found = socket.socket(socket.AF_UNIX)
        found.settimeout(SECONDS)
        found.connect(address.path)
        return found
    return socket.create_connection((address.host, address.port), SECONDS)


def asked(address: Address, content: bytes) -> bytes:
    """Return everything that a server answers until it closes."""
    with connected(address) as connection:
        connection.sendall(content)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8787", Address("127.0.0.1", 8787)),
        ("venue.example.org:1", Address("venue.example.org", 1)),
        ("[::1]:80", Address("::1", 80)),
        ("unix:run/guard.socket", Address("", 0, "run/guard.socket")),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "host", ":80", "host:", "host:x", "host:65536", "unix:"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MalformedAddress, match="expected HOST:PORT"):
        Address.parse(text)


def test_only_loopback_and_unix_sockets_are_local() -> None:
    assert Address.parse("127.0.0.1:1").is_local
    assert Address.parse("unix:x").is_local
    assert not Address.parse("0.0.0.0:1").is_local


def test_a_request_is_answered_and_the_connection_closed(server: HttpServer) -> None:
    found = asked(server.address, b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.endswith(b"POST /a 3")


def test_a_body_that_is_too_large_is_refused_and_the_answer_arrives(server: HttpServer) -> None:
    content = b"POST /a HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 300_000
    assert b"413 Content Too Large" in asked(server.address, content)


def test_a_request_that_ends_in_the_middle_is_refused(server: HttpServer) -> None:
    with connected(server.address) as connection:
        connection.sendall(b"GET / HT")
        connection.shutdown(socket.SHUT_WR)
        assert b"400 Bad Request" in connection.recv(65536)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(content=st.binary(max_size=500))
def test_no_bytes_end_the_server(server: HttpServer, content: bytes) -> None:
    with connected(server.address) as connection, contextlib.suppress(OSError):
        connection.sendall(content)
    assert asked(server.address, b"GET /alive HTTP/1.1\r\n\r\n").endswith(b"GET /alive 0")


def test_a_mistake_of_ours_costs_one_connection(server: HttpServer) -> None:
    assert asked(server.address, b"GET /broken HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 500 ")
    assert asked(server.address, b"GET /alive HTTP/1.1\r\n\r\n").endswith(b"GET /alive 0")


def test_those_who_say_nothing_keep_nobody_out(server: HttpServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(2 * CONNECTIONS_MAX):
            connection = stack.enter_context(connected(server.address))
            connection.sendall(b"GET / HTTP/1.1\r\nSlow: ")
        assert asked(server.address, b"GET /alive HTTP/1.1\r\n\r\n").endswith(b"GET /alive 0")


def test_a_unix_socket_serves_and_a_dead_one_is_taken_over(tmp_path: Path) -> None:
    address = Address("", 0, str(tmp_path / "s"))
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(address.path)
    dead.close()
    listening = HttpServer(address, answer, refuse)
    assert asked(address, b"GET /u HTTP/1.1\r\n\r\n").endswith(b"GET /u 0")
    listening.close()
    assert not Path(address.path).exists()


def test_a_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("mine")
    with pytest.raises(CannotListen, match="cannot listen there"):
        HttpServer(Address("", 0, str(path)), answer, refuse)
    assert path.read_text() == "mine"


def test_an_address_that_is_taken_is_told(server: HttpServer) -> None:
    with pytest.raises(CannotListen, match="in use"):
        HttpServer(server.address, answer, refuse)


# --- lines ---


@pytest.fixture
def echo() -> Iterator[LineServer]:
    """Return a server that answers what it is sent, backwards."""

    def talk() -> Talk:
        return lambda content: content[::-1]

    listening = LineServer(LOOPBACK, talk)
    yield listening
    listening.close()


def received(client: LineClient, wake: Wake, size: int) -> bytes:
    """Return so many bytes."""
    found = b""
    while len(found) < size:
        found += client.receive(SECONDS, wake)
    return found


def test_a_line_carries_bytes_both_ways_and_stays_open(echo: LineServer) -> None:
    wake, client = Wake(), LineClient(echo.address)
    for text in (b"abc", b"def"):
        client.send(text)
        assert received(client, wake, 3) == text[::-1]
    client.close()
    wake.close()


def test_a_wait_for_bytes_is_ended_by_a_call(echo: LineServer) -> None:
    wake, client = Wake(), LineClient(echo.address)
    caller = threading.Thread(target=wake.call)
    caller.start()
    assert client.receive(SECONDS, wake) == b""
    caller.join()
    client.send(b"a")
    assert received(client, wake, 1) == b"a"
    client.close()
    wake.close()


def test_a_line_that_the_other_side_closes_is_broken(echo: LineServer) -> None:
    wake, client = Wake(), LineClient(echo.address)
    client.send(b"a")
    received(client, wake, 1)
    echo.close()
    with pytest.raises(LineBroken, match="closed the line"):
        client.receive(SECONDS, wake)
    client.close()
    wake.close()


def test_nobody_listening_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(LineBroken, match="refused"):
        LineClient(Address("127.0.0.1", port))
    with pytest.raises(LineBroken, match="cannot connect"):
        LineClient(Address("", 0, "no/such/socket"))
    with pytest.raises(LineBroken, match="cannot connect"):
        LineClient(Address("x" * 300, 1))


def test_bytes_that_nobody_takes_break_the_line_after_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = LineClient(Address("127.0.0.1", listening.getsockname()[1]))
        with pytest.raises(LineBroken, match="cannot send"):
            client.send(b"x" * 100_000_000, seconds=0.2)  # more than the system keeps
        client.close()
