"""SoupBinTCP: numbered messages of a venue over a connection, and unnumbered ones both ways.

A client logs in with the number that it expects; the venue sends everything from there on, so a
connection that broke costs nothing but time. Both sides beat when they have nothing to say, and
who hears nothing for too long gives the connection up. `ClientEnd` and `ServerEnd` are the two
sides of one connection; a `Session` is what the venue keeps while connections come and go.

No socket and no clock here. Passwords go into the login and nowhere else.

Source: SoupBinTCP specification 3.00 and 4.0. Lengths are big-endian; numbers are text.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from fairlead.gateways.errors import MalformedFrame
from fairlead.model.units import NANOS_PER_SECOND, Nanos

HEARTBEAT: Final = Nanos(NANOS_PER_SECOND)  # as the specification has it, both ways
SILENCE_MAX: Final = Nanos(15 * NANOS_PER_SECOND)  # likewise: then the other side is gone
LOGIN_TIME_MAX: Final = Nanos(30 * NANOS_PER_SECOND)  # a connection that says nothing is closed
PACKET_BYTES_MAX: Final = 0xFFFF
OUTGOING_BYTES_MAX: Final = 1_000_000  # that wait for a client; the rest waits in the session

NOT_AUTHORIZED: Final = "A"
NO_SESSION: Final = "S"

_USERNAME, _PASSWORD, _SESSION, _NUMBER = 6, 10, 10, 20  # widths of the fields
_LOGIN_BYTES: Final = _USERNAME + _PASSWORD + _SESSION + _NUMBER
_ACCEPTED_BYTES: Final = _SESSION + _NUMBER
_NUMBER_MAX: Final = 10**19
_FROM_CLIENT: Final = b"LURO+"
_FROM_SERVER: Final = b"AJSUHZ+"


def packet(kind: bytes, payload: bytes = b"") -> bytes:
    """Return the bytes of a packet."""
    length = len(kind) + len(payload)
    assert length <= PACKET_BYTES_MAX, f"a packet of {length} bytes"
    return length.to_bytes(2, "big") + kind + payload


class Packets:
    """Packets out of a stream of bytes, however it was cut."""

    def __init__(self, kinds: bytes) -> None:
        """Take packets of these kinds."""
        self._kinds = kinds
        self._begun = b""

    def receive(self, chunk: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the whole packets so far: kind and payload. Raises `MalformedFrame` behind them.

        What is malformed is not skipped: nobody knows where the next packet begins.
        """
        content = self._begun + chunk
        at = 0
        while len(content) - at >= 2:
            length = int.from_bytes(content[at : at + 2], "big")
            kind = content[at + 2 : at + 3]
            if length == 0:
                raise MalformedFrame("length", "SoupBinTCP: a packet of 0 bytes, expected a type")
            if kind and kind not in self._kinds:
                expected = f"expected one of {self._kinds.decode()}"
                raise MalformedFrame("type", f"SoupBinTCP: type {kind!r}, {expected}")
            end = at + 2 + length
            if end > len(content):
                break
            yield kind, content[at + 3 : end]
            at = end
        self._begun = content[at:]


def from_client() -> Packets:
    """Return what takes packets of clients."""
    return Packets(_FROM_CLIENT)


def from_server() -> Packets:
    """Return what takes packets of venues."""
    return Packets(_FROM_SERVER)


class Login(NamedTuple):
    """Who asks for what: the next number of 0 is that of the newest message."""

    username: str
    password: str
    session: str = ""  # of the moment, where empty
    next_sequence: int = 1

    def __repr__(self) -> str:
        """Write it without the password."""
        return f"Login({self.username!r}, session={self.session!r}, next={self.next_sequence})"

    def encode(self) -> bytes:
        """Return the packet. Raises `ValueError` where a field is too long."""
        return packet(
            b"L",
            _left(self.username, _USERNAME)
            + _left(self.password, _PASSWORD)
            + _right(self.session, _SESSION)
            + _right(str(self.next_sequence), _NUMBER),
        )

    @classmethod
    def decode(cls, payload: bytes) -> "Login":
        """Return what a login asks for. Raises `MalformedFrame`."""
        if len(payload) != _LOGIN_BYTES:
            found = f"{len(payload)} bytes, expected {_LOGIN_BYTES}"
            raise MalformedFrame("length", f"SoupBinTCP login: {found}")
        at = _USERNAME + _PASSWORD
        return cls(
            _text(payload[:_USERNAME]),
            _text(payload[_USERNAME:at]),
            _text(payload[at : at + _SESSION]),
            _number(payload[at + _SESSION :]),
        )


class Accepted(NamedTuple):
    """The venue took the login; its next numbered message has this number."""

    session: str
    next_sequence: int

    def encode(self) -> bytes:
        """Return the packet."""
        number = _right(str(self.next_sequence), _NUMBER)
        return packet(b"A", _right(self.session, _SESSION) + number)

    @classmethod
    def decode(cls, payload: bytes) -> "Accepted":
        """Return what was accepted. Raises `MalformedFrame`."""
        if len(payload) != _ACCEPTED_BYTES:
            found = f"{len(payload)} bytes, expected {_ACCEPTED_BYTES}"
            raise MalformedFrame("length", f"SoupBinTCP login accepted: {found}")
        return cls(_text(payload[:_SESSION]), _number(payload[_SESSION:]))


class Rejected(NamedTuple):
    """The venue did not take the login."""

    reason: str  # A: not authorized, S: no such session


class Sequenced(NamedTuple):
    """A numbered message of the venue."""

    number: int
    message: bytes


class Unsequenced(NamedTuple):
    """A message without a number."""

    message: bytes


class Skipped(NamedTuple):
    """The venue has no messages from `first` to `last` any more: they are lost."""

    first: int
    last: int


class Debug(NamedTuple):
    """Text for people."""

    text: str


class SessionOver(NamedTuple):
    """The venue has no more messages in this session."""

    next_sequence: int


FromServer = Accepted | Rejected | Sequenced | Unsequenced | Skipped | Debug | SessionOver
FromClient = Login | Unsequenced | Debug


class _End:
    """What both ends of a connection have: what leaves, who beats, and why it is over."""

    def __init__(self, packets: Packets) -> None:
        self.outgoing = bytearray()  # that is to leave; who sends takes it away
        self.ended = "not connected"  # why the connection is to be closed, empty while it stands
        self.malformed: MalformedFrame | None = None  # what ended the connection, if that did
        self.logged_in = False
        self._packets = packets
        self._began = Nanos(0)
        self._heard = Nanos(0)
        self._said = Nanos(0)

    @property
    def next_time(self) -> Nanos:
        """Return when `tick` is due."""
        return min(Nanos(self._said + HEARTBEAT), Nanos(self._heard + SILENCE_MAX))

    def lost(self, reason: str) -> None:
        """Take note that the connection is over."""
        self.ended = self.ended or reason
        self.logged_in = False

    def debug(self, text: str, now: Nanos) -> None:
        """Say something to the people at the other end."""
        self._say(packet(b"+", text.encode("ascii", "replace")), now)

    def _begin(self, packets: Packets, now: Nanos) -> None:
        self.outgoing.clear()
        self.ended = ""
        self.malformed = None
        self.logged_in = False
        self._packets = packets
        self._began = self._heard = self._said = now

    def _say(self, content: bytes, now: Nanos) -> None:
        self.outgoing += content
        self._said = now

    def _each(self, chunk: bytes, now: Nanos) -> Iterator[tuple[bytes, bytes]]:
        """Yield what came; what cannot be taken ends the connection, behind what was before it."""
        self._heard = now
        try:
            for kind, payload in self._packets.receive(chunk):
                if self.ended:
                    return
                yield kind, payload
        except MalformedFrame as error:
            self._refuse(error)

    def _refuse(self, error: MalformedFrame) -> None:
        self.malformed = error
        self.lost(str(error))

    def _beat(self, kind: bytes, now: Nanos) -> None:
        if not self.ended and now >= self._heard + SILENCE_MAX:
            self.lost(f"nothing came for {SILENCE_MAX // NANOS_PER_SECOND} s")
        if not self.ended and now >= self._said + HEARTBEAT:
            self._say(packet(kind), now)


class ClientEnd(_End):
    """A client's end: over all its connections it gives each numbered message once, in order."""

    def __init__(self, username: str, password: str, session: str = "", next_sequence: int = 1):
        """Begin without a connection; expect message `next_sequence`, 0: the newest."""
        super().__init__(from_server())
        self.session = session
        self.next_sequence = next_sequence
        self._username = username
        self._password = password
        self._number = 0  # of the numbered message that comes next on this connection

    def connected(self, now: Nanos) -> None:
        """Begin on a new connection: log in, and resume where the last one ended."""
        self._begin(from_server(), now)
        login = Login(self._username, self._password, self.session, self.next_sequence)
        self._say(login.encode(), now)

    def send(self, message: bytes, now: Nanos) -> None:
        """Send an unnumbered message. Only where the login was accepted."""
        assert self.logged_in, "nothing is sent before the venue has taken the login"
        self._say(packet(b"U", message), now)

    def logout(self, now: Nanos) -> None:
        """End the session politely."""
        self._say(packet(b"O"), now)
        self.lost("logged out")

    def tick(self, now: Nanos) -> None:
        """Beat, and notice silence."""
        self._beat(b"R", now)

    def receive(self, chunk: bytes, now: Nanos) -> list[FromServer]:
        """Return what came, in order. What is malformed ends the connection (`malformed`)."""
        events: list[FromServer] = []
        for kind, payload in self._each(chunk, now):
            try:
                self._take(kind, payload, events)
            except MalformedFrame as error:
                self._refuse(error)
        return events

    def _take(self, kind: bytes, payload: bytes, events: list[FromServer]) -> None:
        if kind == b"H":
            return
        if kind == b"+":
            events.append(Debug(_shown(payload)))
        elif kind == b"A" and not self.logged_in:
            self._accept(Accepted.decode(payload), events)
        elif kind == b"J" and not self.logged_in:
            events.append(Rejected(_shown(payload)))
            self.lost(f"the venue rejected the login: {_shown(payload)}")
        elif not self.logged_in or kind in b"AJ":
            raise MalformedFrame("order", f"SoupBinTCP: type {kind!r} out of turn")
        elif kind == b"S":
            number, self._number = self._number, self._number + 1
            if number >= self.next_sequence:  # else: the venue went back further than was asked
                self.next_sequence = number + 1
                events.append(Sequenced(number, payload))
        elif kind == b"U":
            events.append(Unsequenced(payload))
        else:
            events.append(SessionOver(self.next_sequence))
            self.lost("the venue ended the session")

    def _accept(self, accepted: Accepted, events: list[FromServer]) -> None:
        if accepted.next_sequence < 1:
            raise MalformedFrame("number", "SoupBinTCP: the venue goes on with message 0")
        if self.session and accepted.session != self.session:
            raise MalformedFrame(
                "session", f"SoupBinTCP: session {accepted.session!r}, asked was {self.session!r}"
            )
        self.logged_in = True
        self.session = accepted.session
        self._number = accepted.next_sequence
        events.append(accepted)
        if 0 < self.next_sequence < accepted.next_sequence:
            events.append(Skipped(self.next_sequence, accepted.next_sequence - 1))
        self.next_sequence = max(self.next_sequence, accepted.next_sequence)


class Session:
    """The numbered messages of a venue: every connection reads them from where it stands."""

    def __init__(self, name: str) -> None:
        """Begin without messages."""
        self.name = name
        self.messages: list[bytes] = []  # the first has the number 1
        self.over = False

    def publish(self, message: bytes) -> int:
        """Add a message; return its number."""
        assert not self.over, "the session is over"
        self.messages.append(message)
        return len(self.messages)


class ServerEnd(_End):
    """A venue's end of one connection."""

    def __init__(self, session: Session, is_known: Callable[[str, str], bool], now: Nanos) -> None:
        """Begin with who has said nothing yet. `is_known` takes user name and password."""
        super().__init__(from_client())
        self._begin(from_client(), now)
        self._session = session
        self._is_known = is_known
        self._next = 0  # the index of the message that leaves next
        self._over_said = False

    def receive(self, chunk: bytes, now: Nanos) -> list[FromClient]:
        """Return what came, in order. What is malformed ends the connection (`malformed`)."""
        events: list[FromClient] = []
        for kind, payload in self._each(chunk, now):
            try:
                self._take(kind, payload, now, events)
            except MalformedFrame as error:
                self._refuse(error)
        self.pump(now)
        return events

    def send(self, message: bytes, now: Nanos) -> None:
        """Send an unnumbered message."""
        assert self.logged_in, "nothing is sent before the login"
        self._say(packet(b"U", message), now)

    def pump(self, now: Nanos) -> None:
        """Let numbered messages leave, as many as may wait for the client."""
        messages = self._session.messages
        while (
            self.logged_in
            and self._next < len(messages)
            and len(self.outgoing) < OUTGOING_BYTES_MAX
        ):
            self._say(packet(b"S", messages[self._next]), now)
            self._next += 1
        told_all = self.logged_in and self._next == len(messages)
        if told_all and self._session.over and not self._over_said:
            self._over_said = True
            self._say(packet(b"Z"), now)

    def tick(self, now: Nanos) -> None:
        """Send what there is, beat, notice silence and who never logs in."""
        if not (self.ended or self.logged_in) and now >= self._began + LOGIN_TIME_MAX:
            self.lost(f"no login within {LOGIN_TIME_MAX // NANOS_PER_SECOND} s")
        self.pump(now)
        self._beat(b"H", now)

    def _take(self, kind: bytes, payload: bytes, now: Nanos, events: list[FromClient]) -> None:
        if kind == b"R":
            return
        if kind == b"+":
            events.append(Debug(_shown(payload)))
        elif kind == b"L" and not self.logged_in:
            login = Login.decode(payload)
            events.append(login)
            self._answer(login, now)
        elif kind == b"O":
            self.lost("the client logged out")
        elif kind == b"U" and self.logged_in:
            events.append(Unsequenced(payload))
        else:
            raise MalformedFrame("order", f"SoupBinTCP: type {kind!r} out of turn")

    def _answer(self, login: Login, now: Nanos) -> None:
        session = self._session
        behind = len(session.messages) + 1
        reason = ""
        if not self._is_known(login.username, login.password):
            reason = NOT_AUTHORIZED
        elif login.session not in ("", session.name) or login.next_sequence > behind:
            reason = NO_SESSION
        if reason:
            self._say(packet(b"J", reason.encode()), now)
            self.lost(f"the login of {login.username!r} was rejected: {reason}")
            return
        self.logged_in = True
        self._next = (login.next_sequence or behind) - 1
        self._say(Accepted(session.name, self._next + 1).encode(), now)


def _left(text: str, width: int) -> bytes:
    return _fitting(text, width).ljust(width)


def _right(text: str, width: int) -> bytes:
    return _fitting(text, width).rjust(width)


def _fitting(text: str, width: int) -> bytes:
    encoded = text.encode("ascii")
    if len(encoded) > width:
        raise ValueError(f"a SoupBinTCP field of {len(encoded)} characters, expected {width}")
    return encoded


def _text(field: bytes) -> str:
    if not (field.isascii() and field.decode().isprintable()):
        raise MalformedFrame("text", "SoupBinTCP: a field is not printable ASCII")
    return field.decode().strip(" ")


def _number(field: bytes) -> int:
    digits = field.strip(b" ")
    if not (digits.isdigit() and int(digits) < _NUMBER_MAX):
        raise MalformedFrame("number", f"SoupBinTCP: {field[:24]!r} is no sequence number")
    return int(digits)


def _shown(payload: bytes) -> str:
    """Return text of the other side that can be printed and logged."""
    text = payload[:200].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text).strip()
