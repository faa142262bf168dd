"""Captured TCP segments as the bytes that the two sides said, in order and once.

One direction of one connection is a stream. It begins with its SYN, or in the middle where the
capture did; what came again is cut off, what came early waits, and where the capture has missed
something the stream says so and goes on behind it.
"""

from typing import Final

from fairlead.gateways.pcap import Carried

# What waits behind a hole. A receiver's window is larger seldom; then the hole is the capture's.
HELD_BYTES_MAX: Final = 4_000_000
_WRAP: Final = 1 << 32


class TcpStream:
    """One direction of one connection."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.missed = 0  # bytes that were said and not captured
        self.again = 0  # bytes that came more than once
        self._next: int | None = None  # the number of the byte that comes next
        self._held: dict[int, bytes] = {}

    def receive(self, segment: Carried) -> tuple[int, bytes]:
        """Return how many bytes were missed, and those that go on behind them."""
        begin, payload = segment.tcp_sequence, segment.payload
        if segment.starts:
            begin = (begin + 1) % _WRAP
            self._next, self._held = begin, {}
        if self._next is None:
            self._next = begin
        if payload:
            self._held[begin] = max(payload, self._held.get(begin, b""), key=len)
        said = self._ready()
        if sum(map(len, self._held.values())) <= HELD_BYTES_MAX:
            return 0, said
        hole = min(_behind(begin, self._next) for begin in self._held)
        self.missed += hole
        self._next = (self._next + hole) % _WRAP
        return hole, self._ready()

    def end(self) -> tuple[int, bytes]:
        """Return what waits behind the first hole, where nothing more is coming."""
        if not self._held or self._next is None:
            return 0, b""
        hole = min(_behind(begin, self._next) for begin in self._held)
        self.missed += hole
        self._next = (self._next + hole) % _WRAP
        return hole, self._ready()

    def _ready(self) -> bytes:
        """Return what is in order now."""
        assert self._next is not None, "a stream that has begun knows its next byte"
        said = bytearray()
        moved = True
        while moved:
            moved = False
            for begin in list(self._held):
                ahead = _behind(begin, self._next)
                if ahead > 0:
                    continue
                payload = self._held.pop(begin)
                new = payload[-ahead:] if -ahead < len(payload) else b""
                self.again += len(payload) - len(new)
                self._next = (self._next + len(new)) % _WRAP
                said += new
                moved = moved or bool(new)
        return bytes(said)


def _behind(number: int, other: int) -> int:
    """Return how far `number` stands behind `other`; below 0: before it. Numbers wrap around."""
    distance = (number - other) % _WRAP
    return distance - _WRAP if distance >= _WRAP // 2 else distance
