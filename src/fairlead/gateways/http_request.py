"""One HTTP/1.1 request and one response: bytes in, a request or a refusal out. No socket, no clock.

A strict part of RFC 9112, on purpose: one request for each connection, no chunks, no folded lines,
everything bounded. What the kill switch is asked for fits into a few hundred bytes, and a parser
that a person reads in five minutes and a fuzzer in one is worth more here than a server framework.
"""

import re
from typing import Final, NamedTuple

HEAD_BYTES_MAX: Final = 8 * 1024
HEADERS_MAX: Final = 64
BODY_BYTES_MAX: Final = 64 * 1024  # Slack sends some hundred bytes

_END: Final = b"\r\n\r\n"
_LENGTH: Final = "content-length"
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE: Final = re.compile(rf"({_WORD}) (/[!-~]*) HTTP/1\.[01]", re.ASCII)
_HEADER: Final = re.compile(rf"({_WORD}):([^\x00-\x08\x0a-\x1f\x7f]*)", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
PHRASES: Final = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class HttpRequest(NamedTuple):
    """One request. Names of headers are in lower case; what came twice is joined by a comma."""

    method: str
    path: str  # without the query
    headers: dict[str, str]
    body: bytes
    query: str = ""  # behind the question mark, as it came


class HttpResponse(NamedTuple):
    """What is answered: a status, a JSON text, and headers beside the usual ones."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self) -> bytes:
        """Return the bytes. The connection is closed after them."""
        lines = [
            f"HTTP/1.1 {self.status} {PHRASES[self.status]}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            *(f"{name}: {value}" for name, value in self.headers),
            "Connection: close",
        ]
        return "\r\n".join(lines).encode("ascii") + _END + self.body


class HttpRefusal(NamedTuple):
    """Why bytes are no request that is taken here."""

    status: int
    reason: str


class HttpReader:
    """Takes bytes until one request is whole, or cannot become one."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._received = bytearray()
        self._head: HttpRequest | None = None
        self._body_begin = 0
        self._body_bytes = 0

    def receive(self, chunk: bytes) -> HttpRequest | HttpRefusal | None:
        """Take bytes; return the request, why there is none, or None where more must come."""
        self._received += chunk
        if self._head is None:
            refusal = self._read_head()
            if refusal is not None:
                return refusal
        head = self._head
        body_end = self._body_begin + self._body_bytes
        if head is None or len(self._received) < body_end:
            return None
        return head._replace(body=bytes(self._received[self._body_begin : body_end]))

    def _read_head(self) -> HttpRefusal | None:
        """Read the head if all of it is there."""
        end = self._received.find(_END)
        if end < 0 or end > HEAD_BYTES_MAX:
            too_long = len(self._received) > HEAD_BYTES_MAX
            return HttpRefusal(431, f"a head of over {HEAD_BYTES_MAX} bytes") if too_long else None
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        line = _REQUEST_LINE.fullmatch(first)
        if line is None:
            return HttpRefusal(400, "the first line is no HTTP/1.1 request")
        if len(lines) > HEADERS_MAX:
            return HttpRefusal(431, f"over {HEADERS_MAX} headers")
        headers: dict[str, str] = {}
        for text in lines:
            header = _HEADER.fullmatch(text)
            if header is None:
                return HttpRefusal(400, "a line of the head is no header")
            name, value = header[1].lower(), header[2].strip(" \t")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        refusal = self._read_length(headers)
        path, _, query = line[2].partition("?")
        self._body_begin = end + len(_END)
        self._head = HttpRequest(line[1], path, headers, b"", query)
        return refusal

    def _read_length(self, headers: dict[str, str]) -> HttpRefusal | None:
        if "transfer-encoding" in headers:
            return HttpRefusal(501, "a body must come in one piece, with Content-Length")
        length = headers.get(_LENGTH, "0")
        if _NUMBER.fullmatch(length) is None:
            return HttpRefusal(400, "Content-Length is no number")
        self._body_bytes = int(length)
        if self._body_bytes > BODY_BYTES_MAX:
            return HttpRefusal(413, f"a body of {length} bytes, at most {BODY_BYTES_MAX}")
        return None
