"""A ring line as a stream of bytes, for protocols that cut their messages out of one.

It has the methods of `LineClient` in `transport.py`, so that a session does not know over what it
runs: what leaves together goes as one message, and more than one holds as several.
"""

import select
from time import monotonic
from typing import Final, Protocol

from fairlead.gateways.errors import LineBroken, RingBroken
from fairlead.gateways.ring_line import RingLine

_TAKEN_MAX: Final = 64 * 1024  # bytes in one go, so that what else is to be done has its turn
_ROOM_SECONDS: Final = 0.001  # between looks for room: nobody rings for that


class Called(Protocol):
    """What ends a wait from another thread; `Wake` in `transport.py` is one."""

    def fileno(self) -> int:
        """Return what `select` wants."""

    def clear(self) -> None:
        """Forget the calls so far."""


class RingStream:
    """One end of a stream over shared memory."""

    def __init__(self, line: RingLine, name: str) -> None:
        """Take the line, and what to call it."""
        self._line = line
        self._name = name

    def __str__(self) -> str:
        """Return what a person wants to know of it."""
        return f"{self._name}, rings of {self._line.capacity // 1024} KiB"

    def poll(self) -> bytes:
        """Return what came, b"" where nothing did; never waits. Raises `LineBroken`."""
        line = self._line
        try:
            message = line.receive()
            if message is None:
                return b""
            content = bytes(message)
            while len(content) < _TAKEN_MAX and line.has_more():
                content += line.receive() or b""
            line.release()
        except RingBroken as error:
            raise LineBroken(f"{self._name}: {error}") from error
        return content

    def offer(self, content: bytes | bytearray) -> int:
        """Return how many bytes there was room for, without waiting. Raises `LineBroken`."""
        line, left = self._line, memoryview(content)
        try:
            while left and line.send(left[: line.message_bytes_max]):
                left = left[line.message_bytes_max :]
        except RingBroken as error:
            raise LineBroken(f"{self._name}: {error}") from error
        return len(content) - len(left)

    def send(self, content: bytes, seconds: float) -> None:
        """Write all bytes. Raises `LineBroken`; then some may have left."""
        deadline = monotonic() + seconds
        sent = self.offer(content)
        left = content[sent:]
        while left:
            if monotonic() > deadline:
                raise LineBroken(f"{self._name}: cannot send: the other side does not read")
            select.select([], [], [], _ROOM_SECONDS)
            sent = self.offer(left)
            left = left[sent:]

    def receive(self, seconds: float, wake: Called, sending: bool = False) -> bytes:
        """Return what came, b"" after that time, when called, or (`sending`) when more may leave.

        Raises `LineBroken`.
        """
        try:
            if self.may_sleep():
                patience = min(seconds, _ROOM_SECONDS) if sending else seconds
                ready, _, _ = select.select([wake.fileno(), self.fileno()], [], [], patience)
                if wake.fileno() in ready:
                    wake.clear()
                self._line.woke()
        except (OSError, ValueError) as error:  # ValueError: too many descriptors
            raise LineBroken(f"{self._name}: cannot receive: {error}") from error
        return self.poll()

    def may_sleep(self) -> bool:
        """Say that we sleep; return whether nothing is there. For who waits on several lines."""
        try:
            return self._line.may_sleep()
        except RingBroken:  # the next `poll` says so
            return False

    def woke(self) -> None:
        """Take back that we sleep."""
        self._line.woke()

    def fileno(self) -> int:
        """Return what `select` wants."""
        return self._line.fileno()

    def close(self) -> None:
        """End it."""
        self._line.close()
