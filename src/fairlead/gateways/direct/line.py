"""The connection of a node to a venue: one thread that connects, reads, and writes what waits.

A connection that breaks is made again, later each time. What is to leave is given to the system by
whoever sends it, at once; where nothing of it could leave, that is known at once as well. What the
system takes only in part goes on from here, and may arrive or not.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from fairlead.gateways.direct.messages import Action
from fairlead.gateways.direct.node_end import Event, NodeEnd
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.model.units import NANOS_PER_SECOND, Nanos

WAITING_BYTES_MAX: Final = 256 * 1024  # of what the system has not taken; more may not join it
NOT_CONNECTED: Final = "not sent: there is no session with the venue"
_LAST_WORD_SECONDS: Final = 1


class Listener(Protocol):
    """Who is told what happens, in the thread of the line."""

    def happened(self, events: list[Event]) -> None:
        """Take what came."""

    def broke(self, reason: str) -> None:
        """Take note that a session or an attempt at one is over."""

    def died(self, error: BaseException) -> None:
        """Take note that the thread has ended by a mistake of ours, or without memory."""


class DirectLine:
    """The thread and its connection. `send` is called from another thread."""

    def __init__(
        self,
        address: Address,
        end: NodeEnd,
        listener: Listener,
        monotonic: Callable[[], Nanos],
        pause: Callable[[int], Nanos],
    ) -> None:
        """Take where to connect, a clock that only goes forward, and how long to pause after so
        many attempts in a row.
        """
        self._monotonic = monotonic
        self._address = address
        self._end = end
        self._listener = listener
        self._pause = pause
        self._lock = threading.Lock()  # of the end, the client, and what waits
        self._client: LineClient | None = None
        self._waiting = bytearray()
        self._wake = Wake()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="direct line", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def send(self, action: Action) -> str:
        """Send an action. Return why nothing of it left, "" where it left or may have."""
        with self._lock:
            client = self._client
            if client is None or not self._end.logged_in:
                return NOT_CONNECTED
            if len(self._waiting) > WAITING_BYTES_MAX:
                return "not sent: the venue does not read"
            self._end.act(action, self._monotonic())
            return self._let_out(client)

    def refresh(self) -> None:
        """Ask for whole books."""
        with self._lock:
            if self._client is not None:
                self._end.refresh(self._monotonic())
        self._wake.call()

    def hang_up(self, reason: str) -> None:
        """End the session and do not connect again."""
        self._closing.set()
        with self._lock:
            if self._client is not None:
                self._end.end(reason)
                self._say_last(self._client)
        self._wake.call()

    def close(self, reason: str) -> None:
        """End the session, the thread and the connection."""
        self.hang_up(reason)
        if self._thread.is_alive():
            self._thread.join()
        self._wake.close()

    def _run(self) -> None:
        try:
            self._stay_connected()
        except BaseException as error:  # noqa: BLE001 - told to who would wait for it for ever
            self._listener.died(error)

    def _stay_connected(self) -> None:
        attempts = 0
        while not self._closing.is_set():
            attempts += 1
            try:
                client = LineClient(self._address)
            except LineBroken as error:
                self._listener.broke(str(error))
            else:
                try:
                    if self._serve(client):
                        attempts = 0
                finally:
                    client.close()
            if not self._closing.is_set():
                self._wake.wait(self._pause(attempts) / NANOS_PER_SECOND)

    def _serve(self, client: LineClient) -> bool:
        """Keep a connection until it is over. Return whether a session stood on it."""
        stood = False
        with self._lock:
            self._waiting.clear()
            self._end.connected(self._monotonic())
            self._client = client
        reason = ""
        try:
            while not self._end.ended and not self._closing.is_set():
                content = self._turn(client)
                stood = stood or self._end.logged_in
                if content:
                    with self._lock:
                        events = self._end.receive(content, self._monotonic())
                    stood = stood or self._end.logged_in
                    self._listener.happened(events)
        except LineBroken as error:
            reason = str(error)
        with self._lock:
            self._client = None
            self._say_last(client)
            self._end.lost(reason or "closed by us")
        client.close()  # before anybody hears of it
        self._listener.broke(self._end.ended)
        return stood

    def _turn(self, client: LineClient) -> bytes:
        with self._lock:
            now = self._monotonic()
            self._end.tick(now)
            self._flush(client)
            seconds = max(0, self._end.next_time - now) / NANOS_PER_SECOND
            waits = bool(self._waiting)
        return client.receive(seconds, self._wake, sending=waits)

    def _let_out(self, client: LineClient) -> str:
        """Give the system the message that was just made. Only if it took nothing, say so."""
        message = bytes(self._end.outgoing)
        self._end.outgoing.clear()
        if self._waiting:
            self._waiting += message
            return ""
        try:
            sent = client.offer(message)
        except LineBroken as error:
            self._end.lost(str(error))
            self._wake.call()
            return f"not sent: {error}"
        if sent < len(message):
            self._waiting += message[sent:]
            self._wake.call()
        return ""

    def _flush(self, client: LineClient) -> None:
        """Give the system what waits, as much as it takes. Raises `LineBroken`."""
        self._waiting += self._end.outgoing
        self._end.outgoing.clear()
        if self._waiting:
            sent = client.offer(bytes(self._waiting))
            del self._waiting[:sent]

    def _say_last(self, client: LineClient) -> None:
        """Say why it ends, if the other side still listens."""
        with suppress(LineBroken):  # it is over anyway
            client.send(bytes(self._waiting + self._end.outgoing), _LAST_WORD_SECONDS)
        self._waiting.clear()
        self._end.outgoing.clear()
