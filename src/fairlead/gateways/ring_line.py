"""A line of messages between two processes of this machine: a ring each way, and a bell.

The bell is a pair of connected Unix sockets. A byte on it wakes who sleeps, and when its other end
is closed, by whatever end of that process, the line is over: the system says so at once, `kill -9`
included. What was written before is still read.

Who starts the other process makes the line and hands two descriptors down:

    ours, given = RingLine.make()
    subprocess.Popen([..., str(given.memory), str(given.bell)], pass_fds=given)
    given.close()
    ...
    line = RingLine.take(RingEnds(memory, bell))       # in the other process

Reading without waiting, then asleep until something comes:

    while True:
        while (message := line.receive()) is not None:  # a memoryview: the bytes are not copied
            decode(message)
            line.release()                              # from here on they may be overwritten
        line.wait(0.1)

Who spins leaves out the `wait`. Messages go whole or not at all: `send` says whether. Both raise
`LineBroken` when the other side is gone, and `RingBroken` when it wrote what cannot be.
"""

import os
import select
import socket
import threading
from contextlib import suppress
from typing import Final, NamedTuple, Self

from fairlead.gateways.errors import LineBroken, RingBroken
from fairlead.gateways.ring import (
    CAPACITY,
    RingReader,
    RingWriter,
    make_memory,
    map_memory,
)

_BOTH: Final = 2  # rings: the first is written by who made the line
_LOOK_EVERY: Final = 4096  # times that nothing was there, between looks whether anybody is
_ROOM_SECONDS: Final = 0.0001  # between looks for room: nobody rings for that
_CHUNK: Final = 4096
_GREETING: Final = b"R"


class RingEnds(NamedTuple):
    """The descriptors of one end, for a process that is started with them."""

    memory: int
    bell: int

    def close(self) -> None:
        """Give them back: whoever started has its own."""
        for file in self:
            os.close(file)


class RingLine:
    """One end of a line. One thread reads, and one thread writes."""

    def __init__(self, memory: list[memoryview], bell: socket.socket, made_here: bool) -> None:
        """Take mapped rings, the first of which is written by who made the line."""
        writes, reads = memory if made_here else memory[::-1]
        self._writer = RingWriter(writes)
        self._reader = RingReader(reads)
        self._bell = bell
        bell.setblocking(False)
        self._nothing = 0  # how often nothing was there, since we looked for the other side
        self._closing = threading.Event()
        self._over = ""

    @classmethod
    def make(cls, capacity: int = CAPACITY) -> tuple[Self, RingEnds]:
        """Return one end of a new line, and what another process takes the other one from.

        Raises `RingUnsupported`.
        """
        memory = make_memory(capacity, _BOTH)
        try:
            here, there = socket.socketpair()
            line = cls(map_memory(memory, _BOTH), here, made_here=True)
        except BaseException:
            os.close(memory)
            raise
        return line, RingEnds(memory, there.detach())

    @classmethod
    def take(cls, ends: RingEnds) -> Self:
        """Return the other end, in the process that was handed the descriptors; they are its own
        now. Raises `RingBroken` for what is no line, or was taken before.
        """
        try:
            bell = socket.socket(fileno=ends.bell)
        except OSError as error:
            raise RingBroken(f"descriptor {ends.bell} is no bell: {error.strerror}") from error
        try:
            line = cls(map_memory(ends.memory, _BOTH), bell, made_here=False)
        except BaseException:
            bell.close()
            raise
        finally:
            os.close(ends.memory)
        return line

    @classmethod
    def hand_over(cls, connection: socket.socket, capacity: int = CAPACITY) -> Self:
        """Make a line with whoever has connected to our Unix socket; the connection is its bell.

        Raises `RingUnsupported`, and `OSError` where it is gone already.
        """
        memory = make_memory(capacity, _BOTH)
        try:
            socket.send_fds(connection, [_GREETING], [memory])
            return cls(map_memory(memory, _BOTH), connection, made_here=True)
        finally:
            os.close(memory)

    @classmethod
    def receive_over(cls, connection: socket.socket) -> Self:
        """Take a line from whoever accepted our connection; it is the bell from now on.

        Waits as the connection does. Raises `RingBroken` and `OSError`.
        """
        greeting, files, _, _ = socket.recv_fds(connection, len(_GREETING), 1)
        try:
            if greeting != _GREETING or len(files) != 1:
                raise RingBroken("nobody there hands over a ring")
            return cls(map_memory(files[0], _BOTH), connection, made_here=False)
        finally:
            for file in files:
                os.close(file)

    @property
    def capacity(self) -> int:
        """Return how many bytes each way may wait."""
        return self._writer.capacity

    @property
    def message_bytes_max(self) -> int:
        """Return the length of the longest message."""
        return self._writer.message_bytes_max

    def send(self, content: bytes | bytearray | memoryview) -> bool:
        """Write a message, and wake the other side if it sleeps. Return whether there was room."""
        if not self._writer.offer(content):
            self._look()
            return False
        if self._writer.reader_sleeps():
            self._ring()
        return True

    def send_within(self, content: bytes | bytearray | memoryview, seconds: float) -> bool:
        """Write a message when there is room, at the latest after that time; whether it was."""
        slices = int(seconds / _ROOM_SECONDS)
        while not self.send(content):
            if slices <= 0:
                return False
            slices -= 1
            self._closing.wait(_ROOM_SECONDS)
        return True

    def receive(self) -> memoryview | None:
        """Return the next message, None where there is none; it is ours until `release`.

        Never waits and never sleeps: a call where nothing is there costs less than a microsecond.
        """
        message = self._reader.receive()
        if message is None:
            self._nothing += 1
            if self._nothing >= _LOOK_EVERY or self._over:
                self._look()
                return self._reader.receive()  # what it wrote before it went
        return message

    def release(self) -> None:
        """Give back everything that was received."""
        self._reader.release()

    def wait(self, seconds: float) -> bool:
        """Sleep until something came, at most so long. Return whether anything did."""
        if not self.may_sleep():
            return True
        try:
            select.select([self._bell], [], [], seconds)
        finally:
            self.woke()
        return self.has_more()

    def may_sleep(self) -> bool:
        """Say that we sleep; return whether nothing is there, so that we may.

        For who waits on several lines with `fileno`; each is told `woke` afterwards.
        """
        if self._reader.may_sleep():
            return True
        self._reader.woke()
        return False

    def woke(self) -> None:
        """Take back that we sleep, and the rings of the bell."""
        self._reader.woke()
        self._hush()

    def has_more(self) -> bool:
        """Whether a message is there. Raises `LineBroken` where none will ever be."""
        if self._reader.has_more():
            return True
        if self._over:
            raise LineBroken(self._over)
        return False

    def fileno(self) -> int:
        """Return what `select` wants: it is readable when the bell rang, and when it is over."""
        return self._bell.fileno()

    def close(self) -> None:
        """End the line. The other side reads what was sent, and then that it is over."""
        self._over = "the line was closed here"
        self._closing.set()
        self._bell.close()

    def _look(self) -> None:
        """Look whether the other side is there. Raises `LineBroken` if not, and all is read."""
        self._nothing = 0
        self._hush()
        if self._over and not self._reader.has_more():
            raise LineBroken(self._over)

    def _hush(self) -> None:
        """Take the rings of the bell; note when its other end is gone."""
        if self._over:
            return
        try:
            if not self._bell.recv(_CHUNK):
                self._over = "the other side is gone"
        except BlockingIOError:
            pass
        except OSError as error:
            self._over = f"the other side is gone: {error.strerror}"

    def _ring(self) -> None:
        with suppress(OSError):  # full: it was rung often enough; gone: the next look says so
            self._bell.send(b"!")
