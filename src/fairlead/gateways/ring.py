"""A ring of messages in memory that two processes share: one writes, one reads, nobody locks.

    0     magic, version, capacity, who has taken each side      written once
    128   tail: bytes ever written            the writer's line
    256   head: bytes ever given back         the reader's line, with its word "I sleep"
    512   the messages, `capacity` bytes

All words are of 8 bytes. A message is one word, its length, and its bytes, filled up to whole
words; it is never split: where it does not fit before the end, the word there says WRAP, and it
stands at the beginning. So any message of up to half the capacity fits in an empty ring. Tail and
head only grow; a place is their remainder. Each is written by one side alone, and lies two cache
lines away from the other, as processors fetch lines in pairs. Each side keeps what it last saw of
the other's, and looks again only when that is used up.

The order of memory. The writer writes the message, then the tail; the reader reads the tail, then
the message, and writes the head when it has done with it. A word is read and written through a
memoryview cast to "Q": CPython copies 8 aligned bytes, which is one move. x86-64 lets no store
overtake a store and no load overtake a load (total store order), and the interpreter runs the two
statements one after the other: nothing more is needed, and no half of a message is ever seen. What
x86-64 does reorder is a load before an earlier store, and there is one place where that matters:
the reader says that it sleeps and looks at the tail, the writer moves the tail and looks whether
the reader sleeps. Both take a lock of their own between the two: its locked instruction is a full
fence. Other processors (ARM) may reorder all of this, and Python has no fences for it, so they are
refused: use a socket there.

Nobody is believed. The memory is a file without a name whose size is sealed: nobody can cut it
short, so that touching it never ends a process (SIGBUS). Positions and lengths that the other side
cannot have written in good faith raise `RingBroken`. A ring is taken once by each side: who comes
again after a crash gets a new ring, so an old stream is never read.

May never wait, and knows no socket: who sleeps, and who is gone, is for `ring_line.py`.
"""

import fcntl
import mmap
import os
import platform
import sys
import threading
from typing import Final

from fairlead.gateways.errors import RingBroken, RingUnsupported

CAPACITY: Final = 1 << 20  # bytes of one ring: a second or two of a busy market
CAPACITY_MIN: Final = 1 << 12
CAPACITY_MAX: Final = 1 << 30
_MAGIC: Final = int.from_bytes(b"FAIRRING", "little")
_VERSION: Final = 1
_WORD: Final = 8
_HEAD_BYTES: Final = 512
_WRAP: Final = (1 << 64) - 1
# Places of words, counted in words.
_AT_MAGIC: Final = 0
_AT_VERSION: Final = 1
_AT_CAPACITY: Final = 2
_AT_WRITER: Final = 3
_AT_READER: Final = 4
_AT_TAIL: Final = 16
_AT_HEAD: Final = 32
_AT_SLEEPS: Final = 33
_MESSAGES: Final = _HEAD_BYTES // _WORD
_SEALS: Final = 0x1 | 0x2 | 0x4  # of this file no more seals, no less bytes, no more (Linux)


def ring_bytes(capacity: int) -> int:
    """Return how much memory a ring takes."""
    return _HEAD_BYTES + capacity


def message_bytes_max(capacity: int) -> int:
    """Return the length of the longest message that a ring takes."""
    return capacity // 2 - _WORD


def why_unsupported() -> str:
    """Return why there are no rings on this machine; empty where there are."""
    if not hasattr(os, "memfd_create"):
        return "rings need memory files with seals (Linux); use a socket"
    if platform.machine() not in ("x86_64", "AMD64") or sys.byteorder != "little":
        return f"rings need the memory order of x86-64, this is {platform.machine()}; use a socket"
    return ""


def make_memory(capacity: int = CAPACITY, rings: int = 1) -> int:
    """Return the descriptor of new memory with empty rings, whose size nobody can change.

    It has no name, and is gone with the last process that has it. Raises `RingUnsupported`, and
    `OSError` without memory.
    """
    problem = why_unsupported()
    if problem:
        raise RingUnsupported(problem)
    _check_capacity(capacity)
    file = os.memfd_create("fairlead ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.posix_fallocate(
            file, 0, rings * ring_bytes(capacity)
        )  # all of it, now: none fails later
        for ring in range(rings):
            head = b"".join(word.to_bytes(_WORD, "little") for word in (_MAGIC, _VERSION, capacity))
            os.pwrite(file, head, ring * ring_bytes(capacity))
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(file)
        raise
    return file


def map_memory(file: int, rings: int = 1) -> list[memoryview]:
    """Return the rings in memory that somebody made; the descriptor may be closed after it.

    Raises `RingBroken` for what no `make_memory` has made.
    """
    problem = why_unsupported()
    if problem:
        raise RingUnsupported(problem)
    try:
        seals, size = fcntl.fcntl(file, fcntl.F_GET_SEALS), os.fstat(file).st_size
    except OSError as error:
        raise RingBroken(f"this is no memory of a ring: {error.strerror}") from error
    if seals & _SEALS != _SEALS:
        raise RingBroken("this memory can be cut short: it is not sealed")
    capacity = size // rings - _HEAD_BYTES
    if size % rings or not _is_capacity(capacity):
        raise RingBroken(f"{size} bytes are not {rings} rings")
    whole = memoryview(mmap.mmap(file, size))
    each = ring_bytes(capacity)
    return [whole[at : at + each] for at in range(0, size, each)]


class RingWriter:
    """The side that writes. One thread of one process."""

    def __init__(self, memory: memoryview) -> None:
        """Take the writing side of a ring. Raises `RingBroken` where somebody has it."""
        self.capacity: Final = _checked(memory, _AT_WRITER)
        self.message_bytes_max: Final = message_bytes_max(self.capacity)
        self._bytes = memory
        self._words = memory.cast("Q")
        self._tail = 0
        self._head = 0  # as the reader was last seen
        self._fence = threading.Lock()

    def offer(self, content: bytes | bytearray | memoryview) -> bool:
        """Write a message. Return whether it was; False where there is no room now."""
        length = len(content)
        at = self._room_for(length)
        if at < 0:
            return False
        begin = _HEAD_BYTES + at + _WORD
        end = begin + length
        self._bytes[begin:end] = content
        self._publish(at, length)
        return True

    def reserve(self, length: int) -> memoryview | None:
        """Return where a message of a length may be written in place; None without room.

        `commit` makes it a message; without it, it never was one.
        """
        at = self._room_for(length)
        if at < 0:
            return None
        begin = _HEAD_BYTES + at + _WORD
        end = begin + length
        return self._bytes[begin:end]

    def commit(self, place: memoryview) -> None:
        """Let the reader have what was written in the place that was reserved last."""
        length = len(place)
        at = self._room_for(length)
        assert at >= 0, "what was reserved is still there"
        self._publish(at, length)

    def reader_sleeps(self) -> bool:
        """Whether the reader must be woken for what was written before this call: true once."""
        with self._fence:  # the tail is seen before we look: see the top of the file
            pass
        if self._words[_AT_SLEEPS] == 0:
            return False
        self._words[_AT_SLEEPS] = 0
        return True

    def drained(self) -> bool:
        """Whether the reader has given back all that was written."""
        return self._words[_AT_HEAD] == self._tail

    def _room_for(self, length: int) -> int:
        """Return the place of a message of a length, negative without room."""
        if length > self.message_bytes_max:
            raise ValueError(f"{length} bytes, at most {self.message_bytes_max} fit in this ring")
        tail, capacity = self._tail, self.capacity
        taken = (length + 2 * _WORD - 1) & -_WORD
        at = tail & (capacity - 1)
        rest = capacity - at
        skipped = 0 if taken <= rest else rest
        if tail + skipped + taken - self._head > capacity:
            self._look_at_head()
            if tail + skipped + taken - self._head > capacity:
                return -1
        return at if skipped == 0 else 0

    def _publish(self, at: int, length: int) -> None:
        words, tail = self._words, self._tail
        behind = tail & (self.capacity - 1)
        if behind != at:  # it did not fit there: the next word says so, and it stands at 0
            words[_MESSAGES + (behind >> 3)] = _WRAP
            tail += self.capacity - behind
        words[_MESSAGES + (at >> 3)] = length
        tail += (length + 2 * _WORD - 1) & -_WORD
        self._tail = tail
        words[_AT_TAIL] = tail  # from here on the reader sees it

    def _look_at_head(self) -> None:
        head = self._words[_AT_HEAD]
        if not self._head <= head <= self._tail or head % _WORD:
            raise RingBroken(f"the reader stands at {head}: from {self._head} to {self._tail}")
        self._head = head


class RingReader:
    """The side that reads. One thread of one process."""

    def __init__(self, memory: memoryview) -> None:
        """Take the reading side of a ring. Raises `RingBroken` where somebody has it."""
        self.capacity: Final = _checked(memory, _AT_READER)
        self._bytes = memory.toreadonly()
        self._words = memory.cast("Q")
        self._head = 0
        self._next = 0  # behind the message that was received
        self._tail = 0  # as the writer was last seen
        self._fence = threading.Lock()

    def receive(self) -> memoryview | None:
        """Return the next message, None where there is none; it is ours until `release`.

        Without a release in between, it is the one after it. Raises `RingBroken`.
        """
        at = self._next
        if at == self._tail and not self._look_at_tail():
            return None
        place = at & (self.capacity - 1)
        length = self._words[_MESSAGES + (place >> 3)]
        if length == _WRAP:
            at += self.capacity - place
            place = 0
            length = self._words[_MESSAGES] if at < self._tail else _WRAP
        if length > self._tail - at - _WORD or place + _WORD + length > self.capacity:
            raise RingBroken(f"a message of {length} bytes at {at}, and the tail is {self._tail}")
        self._next = at + ((length + 2 * _WORD - 1) & -_WORD)
        begin = _HEAD_BYTES + place + _WORD
        end = begin + length
        return self._bytes[begin:end]

    def release(self) -> None:
        """Give back everything that was received: the writer may write there."""
        self._head = self._next
        self._words[_AT_HEAD] = self._head

    def has_more(self) -> bool:
        """Whether a message is there that was not received."""
        return self._next != self._tail or self._look_at_tail()

    def may_sleep(self) -> bool:
        """Say that we sleep; return whether there is nothing, so that we may.

        Whoever writes from now on wakes us. `woke` takes it back.
        """
        self._words[_AT_SLEEPS] = 1
        with self._fence:  # that is seen before we look: see the top of the file
            pass
        return not self.has_more()

    def woke(self) -> None:
        """Say that we do not sleep."""
        self._words[_AT_SLEEPS] = 0

    def _look_at_tail(self) -> bool:
        """Look how far the writer is; return whether there is more than we know of."""
        tail = self._words[_AT_TAIL]
        if tail == self._tail:
            return False
        if not self._tail < tail <= self._head + self.capacity or tail % _WORD:
            raise RingBroken(
                f"the writer stands at {tail}, after {self._tail}: {self._head} is ours"
            )
        self._tail = tail
        return True


def _is_capacity(capacity: int) -> bool:
    return CAPACITY_MIN <= capacity <= CAPACITY_MAX and capacity & (capacity - 1) == 0


def _check_capacity(capacity: int) -> None:
    if not _is_capacity(capacity):
        raise ValueError(f"{capacity}: a power of two, {CAPACITY_MIN} to {CAPACITY_MAX}")


def _checked(memory: memoryview, side: int) -> int:
    """Return the capacity of a ring, and take one side of it."""
    words = memory.cast("Q")
    capacity = len(memory) - _HEAD_BYTES
    if not _is_capacity(capacity):
        raise RingBroken(f"{len(memory)} bytes are no ring")
    if (words[_AT_MAGIC], words[_AT_VERSION], words[_AT_CAPACITY]) != (_MAGIC, _VERSION, capacity):
        raise RingBroken("this is no ring of this version and size")
    if words[side]:
        raise RingBroken(f"process {words[side]} has this side of the ring, or had it")
    words[side] = os.getpid()
    return capacity
