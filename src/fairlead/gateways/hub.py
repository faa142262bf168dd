"""Many connections in one thread: several doors, and everybody who came in, in turns.

For a process that answers to all of them from one state, as a venue does: no locks, one order of
what happened. The sockets are those of `transport.py`.
"""

import selectors
from collections.abc import Mapping
from typing import Final, NamedTuple

from fairlead.gateways.errors import CannotListen
from fairlead.gateways.transport import CONNECTIONS_MAX, Address, Connection, Door

KEPT_BYTES_MAX: Final = 64 * 1024 * 1024  # of what a connection does not read


class Heard(NamedTuple):
    """What came over a connection of a hub: bytes, or none where it is over."""

    connection: int  # its number, from 1; never used again
    door: str
    content: bytes


class Hub:
    """Listens at several doors, and keeps all connections in the thread that polls it.

    Nothing waits here for one of them: what cannot leave yet is kept, up to a bound, and who does
    not read for that long loses the connection.
    """

    def __init__(self, doors: Mapping[str, Address]) -> None:
        """Listen. Raises `CannotListen`."""
        self._selector = selectors.DefaultSelector()
        self._doors: dict[str, Door] = {}
        self._open: dict[int, _Kept] = {}
        self._count = 0
        self._over: list[Heard] = []
        try:
            for door, address in doors.items():
                self._doors[door] = Door(address)
                self._selector.register(self._doors[door], selectors.EVENT_READ, door)
        except CannotListen:
            self.close()
            raise

    def address(self, door: str) -> Address:
        """Return where a door is, with the port that the system chose."""
        return self._doors[door].address

    def poll(self, seconds: float) -> list[Heard]:
        """Return what came, at the latest after that time; new connections say nothing at first."""
        heard, self._over = self._over, []
        for key, events in self._selector.select(0 if heard else seconds):
            if isinstance(key.data, str):
                self._accept(key.data)
                continue
            kept = self._open.get(key.data)
            if kept is not None and events & selectors.EVENT_WRITE:
                self._flush(key.data, kept)
            if events & selectors.EVENT_READ and key.data in self._open:
                heard.append(self._read(key.data, self._open[key.data]))
        return heard

    def send(self, connection: int, content: bytes) -> None:
        """Send to a connection, now or when it takes more. One that is over takes nothing."""
        kept = self._open.get(connection)
        if kept is None or not content:
            return
        kept.waiting += content
        self._flush(connection, kept)
        if len(kept.waiting) > KEPT_BYTES_MAX:
            self._end(connection)

    def close_after(self, connection: int) -> None:
        """Close a connection as soon as what was sent has left."""
        kept = self._open.get(connection)
        if kept is not None:
            kept.closing = True
            self._flush(connection, kept)

    def drop(self, connection: int) -> None:
        """Close a connection at once; what waits is not sent."""
        if connection in self._open:
            self._end(connection)

    def close(self) -> None:
        """Stop listening, and end all connections."""
        for connection in list(self._open):
            self._end(connection)
        for door in self._doors.values():
            door.close()
        self._selector.close()

    def _accept(self, door: str) -> None:
        connection = self._doors[door].accept()
        if connection is None:
            return
        if len(self._open) >= CONNECTIONS_MAX and not self._make_room():
            connection.close()
            return
        self._count += 1
        self._open[self._count] = _Kept(connection, door)
        self._selector.register(connection, selectors.EVENT_READ, self._count)

    def _make_room(self) -> bool:
        """End the oldest connection that never said anything. Return whether there was one."""
        silent = next((number for number, kept in self._open.items() if not kept.spoke), 0)
        if silent:
            self._end(silent)
        return silent > 0

    def _read(self, number: int, kept: "_Kept") -> Heard:
        content = kept.connection.receive()
        if not content:
            self._end(number)
            return self._over.pop()
        kept.spoke = True
        return Heard(number, kept.door, content)

    def _flush(self, number: int, kept: "_Kept") -> None:
        try:
            while kept.waiting and (sent := kept.connection.send(kept.waiting)):
                del kept.waiting[:sent]
        except OSError:
            self._end(number)
            return
        if kept.closing and not kept.waiting:
            self._end(number)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if kept.waiting else 0)
        if wanted != kept.wanted:
            kept.wanted = wanted
            self._selector.modify(kept.connection, wanted, number)

    def _end(self, number: int) -> None:
        kept = self._open.pop(number)
        self._selector.unregister(kept.connection)
        kept.connection.close()
        self._over.append(Heard(number, kept.door, b""))


class _Kept:
    """One connection of a hub."""

    def __init__(self, connection: Connection, door: str) -> None:
        self.connection = connection
        self.door = door
        self.waiting = bytearray()
        self.wanted = selectors.EVENT_READ
        self.spoke = False
        self.closing = False
