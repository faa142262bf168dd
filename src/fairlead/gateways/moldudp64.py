"""MoldUDP64: numbered messages in datagrams, on any number of lines, each message once, in order.

A datagram may be lost, come twice, or come late. So the venue sends each on two lines (A and B),
and answers requests for what both have lost. `Receiver` takes the first copy of every message,
holds back what is ahead of a gap, asks for what is missing after a short patience, and gives a gap
up after some tries: then it says exactly what is lost, and goes on. What it holds back is bounded.

`Sender` is the other side: it makes the datagrams and answers requests. For tests and exchanges.
No socket and no clock here: datagrams and times come in, datagrams go out.

Source: MoldUDP64 protocol specification 1.00. All numbers are big-endian.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple

from fairlead.gateways.errors import MalformedFrame
from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos

SESSION_BYTES: Final = 10
PAYLOAD_BYTES_MAX: Final = 1_400  # of a datagram that we make: it fits Ethernet undivided
# Two lines of one feed are apart by milliseconds; what both lost is asked for after that.
PATIENCE: Final = Nanos(10 * NANOS_PER_MILLISECOND)
# 20, 40 and 80 ms of silence: after 150 ms a book that stands still is worse than one that says so.
BACKOFF: Final = Nanos(20 * NANOS_PER_MILLISECOND)
TRIES_MAX: Final = 3
# What is held back behind a gap: a busy second of the whole market, and no more.
HELD_MESSAGES_MAX: Final = 200_000
HELD_BYTES_MAX: Final = 32_000_000
GAPS_MAX: Final = 1_000  # at once; a line that loses more is no line
# A number further ahead is believed when a second datagram says the same: noise is no loss.
JUMP_MAX: Final = 1_000_000
OTHER_SESSIONS_MAX: Final = 100  # datagrams in a row of one other session: the venue has begun anew
KEPT_MESSAGES_MAX: Final = 1_000_000  # by a sender, to answer requests
REQUEST_MESSAGES_MAX: Final = 0xFFFE

_HEADER: Final = Struct(">10sQH")
_LENGTH: Final = Struct(">H")
_END: Final = 0xFFFF
_SEQUENCE_MAX: Final = 2**63


class Packet(NamedTuple):
    """A datagram of the venue. Without messages it is a heartbeat, and `sequence` is the next."""

    session: str
    sequence: int  # of the first message
    messages: tuple[bytes, ...] = ()
    end: bool = False  # of the session

    def encode(self) -> bytes:
        """Return the bytes."""
        assert not (self.end and self.messages), "the end of a session brings no message"
        count = _END if self.end else len(self.messages)
        parts = [_HEADER.pack(_session_bytes(self.session), self.sequence, count)]
        for message in self.messages:
            parts += (_LENGTH.pack(len(message)), message)
        return b"".join(parts)

    @classmethod
    def decode(cls, datagram: bytes) -> "Packet":
        """Return what a datagram says, whole or not at all. Raises `MalformedFrame`."""
        session, sequence, count = _header(datagram)
        messages: list[bytes] = []
        end = count == _END
        at = _HEADER.size
        for number in range(0 if end else count):
            begin = at + _LENGTH.size
            at = begin + int.from_bytes(datagram[at:begin], "big")
            if begin > len(datagram) or at > len(datagram):
                found = f"it ends within message {number + 1} of {count}, at {len(datagram)} bytes"
                raise MalformedFrame("length", f"MoldUDP64: {found}")
            messages.append(datagram[begin:at])
        if at != len(datagram):
            raise MalformedFrame(
                "length", f"MoldUDP64: {len(datagram) - at} bytes behind {count} messages"
            )
        return cls(session, sequence, tuple(messages), end)


class Request(NamedTuple):
    """A receiver's request for messages that it has not got."""

    session: str
    sequence: int
    wanted: int  # how many

    def encode(self) -> bytes:
        """Return the bytes."""
        return _HEADER.pack(_session_bytes(self.session), self.sequence, self.wanted)

    @classmethod
    def decode(cls, datagram: bytes) -> "Request":
        """Return what a datagram asks for. Raises `MalformedFrame`."""
        if len(datagram) != _HEADER.size:
            found = f"{len(datagram)} bytes, expected {_HEADER.size}"
            raise MalformedFrame("length", f"MoldUDP64 request: {found}")
        return cls(*_header(datagram))


def _header(datagram: bytes) -> tuple[str, int, int]:
    if len(datagram) < _HEADER.size:
        found = f"{len(datagram)} bytes, expected at least {_HEADER.size}"
        raise MalformedFrame("length", f"MoldUDP64: {found}")
    session, sequence, count = _HEADER.unpack_from(datagram)
    if not (session.isascii() and session.decode().isprintable()):
        raise MalformedFrame("session", f"MoldUDP64: session {session!r}, expected printable ASCII")
    if not 1 <= sequence <= _SEQUENCE_MAX:
        raise MalformedFrame("sequence", f"MoldUDP64: sequence {sequence}, expected 1 to 2**63")
    return session.decode().rstrip(" "), sequence, count


def _session_bytes(session: str) -> bytes:
    encoded = session.encode("ascii").ljust(SESSION_BYTES)
    assert len(encoded) == SESSION_BYTES, f"a session has at most {SESSION_BYTES} characters"
    return encoded


# --- the receiving side ---


class Messages(NamedTuple):
    """Messages in order: the first has this number, and each the next one."""

    sequence: int
    messages: tuple[bytes, ...]


class Lost(NamedTuple):
    """Messages that nobody has brought: `first` to `last`, both among them."""

    first: int
    last: int
    reason: str


class SessionChanged(NamedTuple):
    """The venue has begun anew: numbers of before mean nothing any more."""

    before: str
    now: str


class SessionEnded(NamedTuple):
    """The venue has said its last message, and it was delivered, or is lost."""

    next_sequence: int


Event = Messages | Lost | SessionChanged | SessionEnded


class LineCounts:
    """What one line has brought."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.packets = 0
        self.first = 0  # messages that no other line had brought before
        self.late = 0  # messages that were there already
        self.dropped: dict[str, int] = {}  # packets, by reason
        self.last_time = Nanos(0)  # of a packet that could be read: silence is for others to judge


class _Gap:
    """Messages that are missing, and how often they were asked for."""

    def __init__(self, first: int, last: int, next_time: Nanos) -> None:
        self.first = first
        self.last = last
        self.tries = 0
        self.next_time = next_time


class Receiver:
    """Takes datagrams of all lines of one session; gives each message once, in order."""

    def __init__(
        self,
        session: str = "",
        first: int = 0,
        *,
        patience: Nanos = PATIENCE,
        backoff: Nanos = BACKOFF,
        tries_max: int = TRIES_MAX,
    ) -> None:
        """Expect message `first` of `session`; 0 and "": take what comes first.

        Without tries nothing is asked for, and a gap is given up after the patience.
        """
        assert patience >= 0, "patience is a span of time"
        assert backoff > 0, "requests follow each other at some distance"
        self.session = session
        self.expected = first
        self.ended = False
        self.lines: dict[int, LineCounts] = {}
        self.requests: list[Request] = []  # that are to leave now; who sends them takes them away
        self.requested = 0
        self.delivered = 0
        self.lost = 0
        self._patience = patience
        self._backoff = backoff
        self._tries_max = tries_max
        self._known = first  # the number behind the last one that is known to exist
        self._held: dict[int, bytes] = {}
        self._held_bytes = 0
        self._gaps: list[_Gap] = []  # by number
        self._far: tuple[Packet, LineCounts] | None = None  # too far ahead to be believed yet
        self._other = ""
        self._others_in_a_row = 0
        self._end = 0

    @property
    def missing(self) -> list[tuple[int, int]]:
        """Return every gap: its first and its last message."""
        return [(gap.first, gap.last) for gap in self._gaps]

    @property
    def held(self) -> int:
        """Return how many messages wait behind a gap."""
        return len(self._held)

    @property
    def next_time(self) -> Nanos | None:
        """Return when `tick` is due, None while nothing is missing."""
        due = [gap.next_time for gap in self._gaps if not self._is_hopeless(gap)]
        return min(due + [gap.next_time for gap in self._gaps[:1]], default=None)

    def receive(self, line: int, datagram: bytes, now: Nanos) -> list[Event]:
        """Return what a datagram of a line brings. Raises `MalformedFrame`; it is counted then."""
        counts = self.lines.setdefault(line, LineCounts())
        counts.packets += 1
        try:
            session, sequence, count = _header(datagram)
            if sequence + count <= self.expected and session == self.session and count != _END:
                counts.late += count  # the other line was first: nobody looks at it twice
                counts.last_time = now
                self._others_in_a_row = 0
                return []
            packet = Packet.decode(datagram)
        except MalformedFrame as error:
            _drop(counts, f"malformed_{error.reason}")
            raise
        counts.last_time = now
        events: list[Event] = []
        if self._belongs(packet, counts, events) and self._is_near(packet, counts, now, events):
            self._take(packet, counts, now, events)
        return events

    def tick(self, now: Nanos) -> list[Event]:
        """Ask for what is missing for long enough; give up what was asked for often enough."""
        events: list[Event] = []
        while self._gaps and self._gaps[0].next_time <= now and self._is_hopeless(self._gaps[0]):
            self._give_up(f"not brought after {self._tries_max} requests", events)
        for gap in self._gaps:
            if gap.next_time <= now and not self._is_hopeless(gap):
                self._ask(gap, now)
        return events

    def give_up(self, reason: str) -> list[Event]:
        """Give up every gap: nothing more is coming, as at the end of a recording."""
        events: list[Event] = []
        self._believe_far(Nanos(0), events)
        while self._gaps:
            self._give_up(reason, events)
        return events

    # --- what belongs here ---

    def _belongs(self, packet: Packet, counts: LineCounts, events: list[Event]) -> bool:
        """Whether a packet is of this session."""
        if not self.session:
            self.session = packet.session
        if packet.session != self.session and not self._began_anew(packet, events):
            _drop(counts, "other_session")
            return False
        self._others_in_a_row = 0
        if not self.expected:
            self.expected = self._known = packet.sequence
        return True

    def _is_near(self, packet: Packet, counts: LineCounts, now: Nanos, events: list[Event]) -> bool:
        """Whether a packet may be taken: one far ahead waits for a second one that is there too."""
        if packet.sequence <= self._known + JUMP_MAX:
            return True
        if self._far is not None:
            if 0 <= packet.sequence - self._far[0].sequence <= JUMP_MAX:
                self._believe_far(now, events)
                return True
            _drop(self._far[1], "far_ahead")
        self._far = packet, counts
        return False

    def _believe_far(self, now: Nanos, events: list[Event]) -> None:
        if self._far is not None:
            (packet, counts), self._far = self._far, None
            self._take(packet, counts, now, events)

    def _began_anew(self, packet: Packet, events: list[Event]) -> bool:
        same = packet.session == self._other
        self._others_in_a_row = self._others_in_a_row + 1 if same else 1
        self._other = packet.session
        if self._others_in_a_row < OTHER_SESSIONS_MAX:
            return False
        events.append(SessionChanged(self.session, packet.session))
        self.session = packet.session
        self.expected = self._known = packet.sequence
        self._held.clear()
        self._held_bytes = self._end = 0
        self._far = None
        self._gaps.clear()
        self.requests.clear()
        self.ended = False
        return True

    # --- in order ---

    def _take(self, packet: Packet, counts: LineCounts, now: Nanos, events: list[Event]) -> None:
        """Hold what is new of a packet, and note what is missing before it."""
        first, behind = packet.sequence, packet.sequence + len(packet.messages)
        if packet.end:
            self._end = first
        if first == self.expected == self._known:  # nearly always: nothing is missing
            counts.first += len(packet.messages)
            self.expected = self._known = behind
            self._hand_on(Messages(first, packet.messages), events)
            return
        if first > self._known:
            self._gaps.append(_Gap(self._known, first - 1, Nanos(now + self._patience)))
        self._known = max(self._known, behind)
        self._fill(first, behind, now)
        for number, message in enumerate(packet.messages, first):
            if number < self.expected or number in self._held:
                counts.late += 1
            else:
                counts.first += 1
                self._held[number] = message
                self._held_bytes += len(message)
        self._hand_on_held(events)
        while self._gaps and self._is_overfull:
            self._give_up("too much waits behind it", events)

    def _fill(self, first: int, behind: int, now: Nanos) -> None:
        """Take the numbers from `first` on out of the gaps. What is left is asked for at once."""
        left: list[_Gap] = []
        for gap in self._gaps:
            if gap.last < first or behind <= gap.first:
                left.append(gap)
                continue
            asked = gap.tries > 0  # somebody answers: the rest may come as well
            due = now if asked else gap.next_time
            if gap.first < first:
                left.append(_Gap(gap.first, first - 1, due))
            if behind <= gap.last:
                left.append(_Gap(behind, gap.last, due))
        self._gaps = left

    def _hand_on_held(self, events: list[Event]) -> None:
        """Deliver what was held, up to the next gap."""
        first, ready = self.expected, []
        while (message := self._held.pop(self.expected, None)) is not None:
            self._held_bytes -= len(message)
            ready.append(message)
            self.expected += 1
        self._hand_on(Messages(first, tuple(ready)), events)

    def _hand_on(self, ready: Messages, events: list[Event]) -> None:
        if ready.messages:
            self.delivered += len(ready.messages)
            events.append(ready)
        if self._end and self.expected >= self._end and not self.ended:
            self.ended = True
            events.append(SessionEnded(self.expected))

    # --- what is missing ---

    @property
    def _is_overfull(self) -> bool:
        return (
            len(self._held) > HELD_MESSAGES_MAX
            or self._held_bytes > HELD_BYTES_MAX
            or len(self._gaps) > GAPS_MAX
        )

    def _is_hopeless(self, gap: _Gap) -> bool:
        return gap.tries >= self._tries_max

    def _ask(self, gap: _Gap, now: Nanos) -> None:
        count = min(gap.last - gap.first + 1, REQUEST_MESSAGES_MAX)
        self.requests.append(Request(self.session, gap.first, count))
        self.requested += 1
        gap.next_time = Nanos(now + (self._backoff << gap.tries))
        gap.tries += 1

    def _give_up(self, reason: str, events: list[Event]) -> None:
        """Go on behind the first gap."""
        gap = self._gaps.pop(0)
        assert gap.first == self.expected, "what is expected next is what the first gap begins with"
        self.lost += gap.last - gap.first + 1
        self.expected = gap.last + 1
        events.append(Lost(gap.first, gap.last, reason))
        self._hand_on_held(events)


def _drop(counts: LineCounts, reason: str) -> None:
    counts.dropped[reason] = counts.dropped.get(reason, 0) + 1


# --- the sending side ---


class Sender:
    """Makes the datagrams of a session, and answers requests from what it keeps."""

    def __init__(self, session: str, next_sequence: int = 1) -> None:
        """Begin a session, or go on with it."""
        self.session = session
        self.next_sequence = next_sequence
        self._kept: deque[bytes] = deque(maxlen=KEPT_MESSAGES_MAX)

    def send(self, messages: Iterable[bytes]) -> list[bytes]:
        """Return datagrams with the messages, as many in each as fit."""
        ready = list(messages)
        first = self.next_sequence
        self._kept.extend(ready)
        self.next_sequence += len(ready)
        datagrams: list[bytes] = []
        for together in _fitting(ready):
            datagrams.append(Packet(self.session, first, together).encode())
            first += len(together)
        return datagrams

    def heartbeat(self) -> bytes:
        """Return what says that nothing is new."""
        return Packet(self.session, self.next_sequence).encode()

    def end(self) -> bytes:
        """Return what says that nothing more will come."""
        return Packet(self.session, self.next_sequence, end=True).encode()

    def answer(self, datagram: bytes) -> bytes | None:
        """Return as much of what is asked for as fits into one datagram; None: nothing of it.

        Raises `MalformedFrame`.
        """
        request = Request.decode(datagram)
        oldest = self.next_sequence - len(self._kept)
        if request.session != self.session or request.sequence < oldest:
            return None
        behind = min(request.sequence + request.wanted, self.next_sequence)
        kept = [self._kept[number - oldest] for number in range(request.sequence, behind)]
        found = next(_fitting(kept), ())
        return Packet(self.session, request.sequence, found).encode() if found else None


def _fitting(messages: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield the messages in groups that fit into a datagram, each with at least one."""
    together: list[bytes] = []
    room = PAYLOAD_BYTES_MAX
    for message in messages:
        needed = len(message) + _LENGTH.size
        if together and needed > room:
            yield tuple(together)
            together, room = [], PAYLOAD_BYTES_MAX
        together.append(message)
        room -= needed
    if together:
        yield tuple(together)
