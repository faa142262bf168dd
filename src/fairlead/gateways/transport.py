"""The only file with connections: thin shells around protocols that know none.

`HttpServer` answers one request a connection, `LineServer` keeps connections, `Door` is for who
keeps them in one thread, and `LineClient` is one connection to somebody else. Everything has a
bound: bytes, seconds, connections. Who connects and says nothing cannot keep others out: where all
places are taken, the oldest connection makes room.
Nothing that comes over a connection ends a server.
"""

import os
import select
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final, NamedTuple, Self

from fairlead.gateways.buffers import buffers_of, tuned
from fairlead.gateways.errors import CannotListen, LineBroken, MalformedAddress, RingError
from fairlead.gateways.http_request import HttpReader, HttpRefusal, HttpRequest, HttpResponse
from fairlead.gateways.ring_line import RingLine
from fairlead.gateways.ring_stream import RingStream

CONNECTIONS_MAX: Final = 32  # of one server: triggers are few, and each takes milliseconds
REQUEST_SECONDS: Final = 5  # from the first byte to the last, however they dribble
SEND_SECONDS: Final = 2
DRAIN_SECONDS: Final = 1
CONNECT_SECONDS: Final = 2
_CHUNK: Final = 64 * 1024
_ACCEPT_PAUSE_SECONDS: Final = 0.05  # after an accept that failed: no file descriptors are left

Answer = Callable[[HttpRequest, str], HttpResponse]  # the second: from where
Refuse = Callable[[HttpRefusal, str], HttpResponse]
Talk = Callable[[bytes], bytes]  # of one connection: what came, and what is answered


class Address(NamedTuple):
    """Where somebody listens: a host and a port, or a Unix socket, or one that hands over rings."""

    host: str
    port: int
    path: str = ""
    ring: bool = False  # what is said goes through shared memory

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address in `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `ring:PATH`.

        Raises `MalformedAddress`.
        """
        kind, _, path = text.partition(":")
        if kind in ("unix", "ring") and path:
            return cls("", 0, path, kind == "ring")
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not (port.isascii() and port.isdecimal()) or int(port[:6]) > 65_535:
            raise MalformedAddress(f"found {text!r}, expected HOST:PORT, unix:PATH or ring:PATH")
        return cls(host, int(port))

    @property
    def is_local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return bool(self.path) or self.host in ("127.0.0.1", "::1", "localhost")

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        if self.path:
            return f"{'ring' if self.ring else 'unix'}:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _Server:
    """Accepts connections, at most so many at once, each served in a thread of its own."""

    def __init__(self, address: Address, name: str, connections_max: int) -> None:
        """Listen. Raises `CannotListen`."""
        self._name = name
        self._connections_max = connections_max
        self._socket = _listening(address)
        self.address = _bound(self._socket, address)
        self._open: dict[socket.socket, None] = {}  # the oldest first
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and end all connections."""
        self._closing.set()
        _end(self._socket)
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)
        self._thread.join(SEND_SECONDS)
        if self.address.path:
            with suppress(OSError):
                os.unlink(self.address.path)

    def _serve(self, connection: socket.socket, peer: str) -> None:
        raise NotImplementedError

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, peer = self._socket.accept()
            except OSError:
                self._closing.wait(_ACCEPT_PAUSE_SECONDS)
                continue
            self._make_room()
            with self._lock:
                self._open[connection] = None
            try:
                threading.Thread(
                    target=self._serve_and_close,
                    args=(connection, _peer_text(peer)),
                    name=f"{self._name} connection",
                    daemon=True,
                ).start()
            except RuntimeError:  # no more threads
                self._forget(connection)

    def _make_room(self) -> None:
        """Where all places are taken, let the oldest connection go: its own thread closes it."""
        with self._lock:
            if len(self._open) >= self._connections_max:
                oldest = next(iter(self._open))
                del self._open[oldest]
                _shut(oldest)

    def _serve_and_close(self, connection: socket.socket, peer: str) -> None:
        try:
            self._serve(connection, peer)
        except OSError:
            pass  # who asked is gone: there is nobody to tell
        finally:
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)
        _end(connection)


class HttpServer(_Server):
    """Answers HTTP requests, one for each connection."""

    def __init__(
        self,
        address: Address,
        answer: Answer,
        refuse: Refuse,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        """Listen at an address. Raises `CannotListen`.

        `refuse` is told what was no request, and what it returns is answered.
        """
        self._answer = answer
        self._refuse = refuse
        super().__init__(address, "http", connections_max)

    def _serve(self, connection: socket.socket, peer: str) -> None:
        request = _read_request(connection)
        if request is None:
            return
        try:
            if isinstance(request, HttpRefusal):
                response = self._refuse(request, peer)
            else:
                response = self._answer(request, peer)
        except Exception:  # noqa: BLE001 - the loop: our mistake costs one connection, no server
            response = HttpResponse(500, b"{}")
        connection.settimeout(SEND_SECONDS)
        connection.sendall(response.encode())
        connection.shutdown(socket.SHUT_WR)
        # What was not read yet would make the system throw the answer away: let it come.
        _drain(connection)


def _read_request(connection: socket.socket) -> HttpRequest | HttpRefusal | None:
    """Return a request, why it is none, or None where whoever connected said nothing."""
    reader = HttpReader()
    deadline = monotonic() + REQUEST_SECONDS
    came = False
    while True:
        left = deadline - monotonic()
        if left <= 0:
            return HttpRefusal(408, f"not whole after {REQUEST_SECONDS} s") if came else None
        connection.settimeout(left)
        try:
            chunk = connection.recv(_CHUNK)
        except TimeoutError:
            continue
        if not chunk:
            return HttpRefusal(400, "it ends in the middle") if came else None
        came = True
        request = reader.receive(chunk)
        if request is not None:
            return request


def _drain(connection: socket.socket) -> None:
    deadline = monotonic() + DRAIN_SECONDS
    while (left := deadline - monotonic()) > 0:
        connection.settimeout(left)
        if not connection.recv(_CHUNK):
            return


class LineServer(_Server):
    """Keeps connections, each with a talk of its own: what comes in, and what is answered."""

    def __init__(
        self, address: Address, talk: Callable[[], Talk], connections_max: int = CONNECTIONS_MAX
    ) -> None:
        """Listen at an address. Raises `CannotListen`."""
        self._talk = talk
        super().__init__(address, "line", connections_max)

    def _serve(self, connection: socket.socket, peer: str) -> None:
        talk = self._talk()
        connection.settimeout(None)
        while chunk := connection.recv(_CHUNK):
            answer = talk(chunk)
            if answer:
                connection.settimeout(SEND_SECONDS)
                connection.sendall(answer)
                connection.settimeout(None)


class Door:
    """Listens without waiting: for who keeps many connections in one thread (`hub.py`)."""

    def __init__(self, address: Address) -> None:
        """Listen. Raises `CannotListen`."""
        self._socket = _listening(address)
        self._socket.setblocking(False)
        self.address = _bound(self._socket, address)

    def accept(self) -> "Connection | RingStream | None":
        """Return a new connection; None if it went away, or no file descriptors are left."""
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return None
        try:
            if self.address.ring:
                return RingStream(RingLine.hand_over(connection), str(self.address))
            return Connection(connection)
        except OSError:  # it is gone, or there is no memory for it
            _end(connection)
            return None

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._socket.fileno()

    def close(self) -> None:
        """Stop listening."""
        _end(self._socket)
        if self.address.path:
            with suppress(OSError):
                os.unlink(self.address.path)


class Connection:
    """One connection that somebody made to a door. It never waits."""

    def __init__(self, connection: socket.socket) -> None:
        """Take what was accepted."""
        self._socket = connection
        connection.setblocking(False)
        self.buffers: Final = tuned(connection)

    def receive(self) -> bytes:
        """Return what came, b"" where it is over."""
        try:
            return self._socket.recv(_CHUNK)
        except OSError:  # it was reset
            return b""

    def offer(self, content: bytearray) -> int:
        """Return how many bytes the system took. Raises `OSError` where it is over."""
        try:
            return self._socket.send(content)
        except BlockingIOError:
            return 0

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._socket.fileno()

    def close(self) -> None:
        """End it."""
        _end(self._socket)


def open_line(address: Address, seconds: float = CONNECT_SECONDS) -> "LineClient | RingStream":
    """Connect, over whatever leads there. Raises `LineBroken`."""
    if not address.ring:
        return LineClient(address, seconds)
    try:
        connection = _connected(address, seconds)
        with _closed_on_failure(connection):
            return RingStream(RingLine.receive_over(connection), str(address))
    except (OSError, RingError) as error:
        raise LineBroken(f"{address}: cannot connect: {_reason(error)}") from error


class Wake:
    """Lets a thread that waits for bytes be called from another one."""

    def __init__(self) -> None:
        """Make the pair of sockets that it is."""
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)

    def call(self) -> None:
        """End the wait, now or as soon as it begins."""
        with suppress(OSError):  # full: it was called often enough
            self._there.send(b"!")

    def wait(self, seconds: float) -> None:
        """Return when called, or after that time."""
        select.select([self._here], [], [], seconds)
        self.clear()

    def clear(self) -> None:
        """Forget the calls so far."""
        with suppress(OSError):
            while self._here.recv(_CHUNK):
                pass

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._here.fileno()

    def close(self) -> None:
        """Give the sockets back."""
        self._here.close()
        self._there.close()


class LineClient:
    """One connection to somebody who listens."""

    def __init__(self, address: Address, seconds: float = CONNECT_SECONDS) -> None:
        """Connect. Raises `LineBroken`."""
        self._address = address
        try:
            self._socket = _connected(address, seconds)
        except (OSError, UnicodeError) as error:  # a name that no host can have
            raise LineBroken(f"{address}: cannot connect: {_reason(error)}") from error
        self._socket.setblocking(False)

    def __str__(self) -> str:
        """Return what a person wants to know of it."""
        return f"{self._address}, {buffers_of(self._socket)}"

    def send(self, content: bytes, seconds: float = SEND_SECONDS) -> None:
        """Give all bytes to the system. Raises `LineBroken`; then some may have left."""
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(content)
            self._socket.setblocking(False)
        except OSError as error:
            raise LineBroken(f"{self._address}: cannot send: {_reason(error)}") from error

    def offer(self, content: bytes) -> int:
        """Return how many bytes the system took at once, without waiting. Raises `LineBroken`."""
        try:
            return self._socket.send(content)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise LineBroken(f"{self._address}: cannot send: {_reason(error)}") from error

    def receive(self, seconds: float, wake: Wake, sending: bool = False) -> bytes:
        """Return what came, b"" after that time, when called, or (`sending`) when more can leave.

        Raises `LineBroken`.
        """
        try:
            called, here = wake.fileno(), self._socket.fileno()
            ready, _, _ = select.select([called, here], [here] if sending else [], [], seconds)
            if called in ready:
                wake.clear()
        except (OSError, ValueError) as error:  # ValueError: more descriptors than select takes
            raise LineBroken(f"{self._address}: cannot receive: {_reason(error)}") from error
        return self.poll() if here in ready else b""

    def poll(self) -> bytes:
        """Return what came, b"" where nothing did; never waits. Raises `LineBroken`."""
        try:
            content = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LineBroken(f"{self._address}: cannot receive: {_reason(error)}") from error
        if not content:
            raise LineBroken(f"{self._address}: the other side closed the line")
        return content

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        _end(self._socket)


def _connected(address: Address, seconds: float) -> socket.socket:
    if address.path:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _closed_on_failure(connection):
            connection.settimeout(seconds)
            connection.connect(address.path)
        return connection
    connection = socket.create_connection((address.host, address.port), seconds)
    with _closed_on_failure(connection):
        tuned(connection)
    return connection


def _listening(address: Address) -> socket.socket:
    try:
        if not address.path:
            family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
            return socket.create_server((address.host, address.port), family=family)
        _remove_dead_socket(address.path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _closed_on_failure(listening):
            listening.bind(address.path)
            listening.listen()
        return listening
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"{address}: cannot listen there: {_reason(error)}") from error


@contextmanager
def _closed_on_failure(opened: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        opened.close()
        raise


def _remove_dead_socket(path: str) -> None:
    """Remove what a process that was killed has left there, and nothing but that."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)


def _bound(listening: socket.socket, address: Address) -> Address:
    """Return the address with the port that the system chose, where it was asked to."""
    return address if address.path else address._replace(port=listening.getsockname()[1])


def _shut(connection: socket.socket) -> None:
    """End what another thread waits for; closing it is that thread's own affair."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _end(connection: socket.socket) -> None:
    _shut(connection)
    with suppress(OSError):
        connection.close()


def _peer_text(peer: object) -> str:
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "a Unix socket"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
