"""A request is whole, or refused with its reason; nothing else, whatever bytes come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.http_request import (
    BODY_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEADERS_MAX,
    HttpReader,
    HttpRefusal,
    HttpRequest,
    HttpResponse,
)


def read(content: bytes, size: int = 0) -> HttpRequest | HttpRefusal | None:
    """Return what a reader makes of bytes that come in chunks of a size."""
    reader = HttpReader()
    size = size or max(1, len(content))
    for begin in range(0, len(content), size):
        found = reader.receive(content[begin : begin + size])
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("size", [1, 2, 7, 0])
def test_a_request_is_read_however_its_bytes_are_cut(size: int) -> None:
    content = (
        b"POST /api/kill?really=yes HTTP/1.1\r\nHost: localhost\r\nX-API-Key:  k e y \t\r\n"
        b"Content-Length: 5\r\nEmpty:\r\n\r\nhello"
    )
    headers = {"host": "localhost", "x-api-key": "k e y", "content-length": "5", "empty": ""}
    assert read(content, size) == HttpRequest("POST", "/api/kill", headers, b"hello", "really=yes")


def test_what_follows_the_body_is_not_part_of_it() -> None:
    found = read(b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nokGET / HTTP/1.1\r\n\r\n")
    assert isinstance(found, HttpRequest)
    assert found.body == b"ok"


def test_a_header_that_comes_twice_is_joined_so_that_neither_can_pass_for_the_other() -> None:
    found = read(b"GET / HTTP/1.1\r\nX-API-Key: a\r\nx-api-key: b\r\n\r\n")
    assert isinstance(found, HttpRequest)
    assert found.headers == {"x-api-key": "a, b"}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nname : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1), 413),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (HEADERS_MAX + 1) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\na: " + b"b" * HEAD_BYTES_MAX, 431),
        (b"x" * (HEAD_BYTES_MAX + 1), 431),
    ],
)
def test_what_is_no_request_is_refused(content: bytes, status: int) -> None:
    for size in (0, 1):
        found = read(content, size)
        assert isinstance(found, HttpRefusal)
        assert found.status == status


def test_the_largest_body_is_taken() -> None:
    body = b"x" * BODY_BYTES_MAX
    found = read(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body, 1_000)
    assert isinstance(found, HttpRequest)
    assert found.body == body


@given(st.lists(st.binary(max_size=200) | st.sampled_from([b"\r\n", b"GET / HTTP/1.1", b": "])))
def test_no_bytes_break_the_reader(chunks: list[bytes]) -> None:
    reader = HttpReader()
    for chunk in chunks:
        if reader.receive(chunk) is not None:
            break


def test_a_response_says_how_long_it_is_and_that_nothing_follows() -> None:
    head, _, body = HttpResponse(405, b"{}\n", (("Allow", "POST"),)).encode().partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "HTTP/1.1 405 Method Not Allowed"
    assert {"Content-Length: 3", "Allow: POST", "Connection: close"} <= set(headers)
    assert body == b"{}\n"
