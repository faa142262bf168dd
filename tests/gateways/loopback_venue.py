"""A venue on this machine that does what a test says: a real WebSocket and a real HTTP answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import NamedTuple

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Talk = Callable[[ServerConnection, int], None]  # of one connection, with its number from 1
LAST_SECONDS = 20  # a test that waits longer has failed


class Answer(NamedTuple):
    """What is answered to a request by HTTP."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class LoopbackVenue:
    """Serves WebSocket connections and, at the same port, HTTP requests below /rest."""

    def __init__(self, talk: Talk, answer: Callable[[int, str], Answer]) -> None:
        self.connections = 0
        self.requests: list[str] = []
        self.compressed: list[bool] = []
        self._talk = talk
        self._answer = answer
        self._lock = threading.Lock()
        self._server = serve(
            self._converse,
            "127.0.0.1",
            0,
            process_request=self._http,
            compression="deflate",
            ping_interval=None,
        )
        port = self._server.socket.getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.origin = f"http://127.0.0.1:{port}"
        self.rest = f"{self.origin}/rest"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(LAST_SECONDS)

    def _converse(self, connection: ServerConnection) -> None:
        with self._lock:
            self.connections += 1
            number = self.connections
            self.compressed.append(bool(connection.protocol.extensions))
        with suppress(ConnectionClosed):  # the other side may go first
            self._talk(connection, number)

    def _http(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        with self._lock:
            self.requests.append(request.path)
            number = len(self.requests)
        answer = self._answer(number, request.path)
        headers = Headers([("Content-Length", str(len(answer.body))), *answer.headers])
        headers["Connection"] = "close"
        status = HTTPStatus(answer.status)
        return Response(status.value, status.phrase, headers, answer.body)


@contextmanager
def loopback_venue(talk: Talk, answer: Callable[[int, str], Answer]) -> Iterator[LoopbackVenue]:
    """Run a venue for as long as a test needs it."""
    venue = LoopbackVenue(talk, answer)
    try:
        yield venue
    finally:
        venue.close()
