"""Many connections in one thread: several doors, and everybody who came in, in turns.

For a process that answers to all of them from one state, as a venue does: no locks, one order of
what happened. The sockets are those of `transport.py`, the rings those of `ring_stream.py`.
"""

import selectors
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from fairlead.gateways.errors import CannotListen, LineBroken
from fairlead.gateways.ring_stream import RingStream
from fairlead.gateways.transport import CONNECTIONS_MAX, Address, Connection, Door

_ROOM_SECONDS: Final = 0.001  # between looks for room in a ring: nobody rings for that
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
        self._rings: dict[int, RingStream] = {}  # those of them that are in shared memory
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
        for key, events in self._select(0 if heard else seconds):
            if isinstance(key.data, str):
                self._accept(key.data)
                continue
            kept = self._open.get(key.data)
            if kept is not None and events & selectors.EVENT_WRITE:
                self._flush(key.data, kept)
            if events & selectors.EVENT_READ and key.data in self._open:
                heard.append(self._read(key.data, self._open[key.data]))
        for number in list(self._rings):
            heard.extend(self._read_ring(number, self._open[number]))
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

    def _select(self, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for sockets and for rings: who writes into a ring wakes us where we say we sleep."""
        rings = self._rings
        if any(self._open[number].waiting for number in rings):
            seconds = min(seconds, _ROOM_SECONDS)
        asleep = [ring for ring in rings.values() if seconds > 0 and ring.may_sleep()]
        ready = self._selector.select(seconds if len(asleep) == len(rings) else 0)
        for ring in asleep:
            ring.woke()
        for key, _ in ready:
            if key.data in rings:
                rings[key.data].woke()
        return [one for one in ready if one[0].data not in rings]

    def _accept(self, door: str) -> None:
        connection = self._doors[door].accept()
        if connection is None:
            return
        if len(self._open) >= CONNECTIONS_MAX and not self._make_room():
            connection.close()
            return
        self._count += 1
        self._open[self._count] = _Kept(connection, door)
        if isinstance(connection, RingStream):
            self._rings[self._count] = connection
        self._selector.register(connection, selectors.EVENT_READ, self._count)

    def _make_room(self) -> bool:
        """End the oldest connection that never said anything. Return whether there was one."""
        silent = next((number for number, kept in self._open.items() if not kept.spoke), 0)
        if silent:
            self._end(silent)
        return silent > 0

    def _read_ring(self, number: int, kept: "_Kept") -> Iterator[Heard]:
        """Yield what stands in a ring, if anything does; room for what waits may be there too."""
        if kept.waiting:
            self._flush(number, kept)
        try:
            content = self._rings[number].poll() if number in self._rings else b""
        except LineBroken:
            self._end(number)
            yield self._over.pop()
            return
        if content:
            kept.spoke = True
            yield Heard(number, kept.door, content)

    def _read(self, number: int, kept: "_Kept") -> Heard:
        assert isinstance(kept.connection, Connection), "rings are read by themselves"
        content = kept.connection.receive()
        if not content:
            self._end(number)
            return self._over.pop()
        kept.spoke = True
        return Heard(number, kept.door, content)

    def _flush(self, number: int, kept: "_Kept") -> None:
        try:
            while kept.waiting and (sent := kept.connection.offer(kept.waiting)):
                del kept.waiting[:sent]
        except (OSError, LineBroken):
            self._end(number)
            return
        if kept.closing and not kept.waiting:
            self._end(number)
            return
        blocked = (
            bool(kept.waiting) and number not in self._rings
        )  # a ring is looked at in any case
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
        if wanted != kept.wanted:
            kept.wanted = wanted
            self._selector.modify(kept.connection, wanted, number)

    def _end(self, number: int) -> None:
        kept = self._open.pop(number)
        self._rings.pop(number, None)
        self._selector.unregister(kept.connection)
        kept.connection.close()
        self._over.append(Heard(number, kept.door, b""))


class _Kept:
    """One connection of a hub."""

    def __init__(self, connection: Connection | RingStream, door: str) -> None:
        self.connection = connection
        self.door = door
        self.waiting = bytearray()
        self.wanted = selectors.EVENT_READ
        self.spoke = False
        self.closing = False
