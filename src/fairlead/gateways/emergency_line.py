"""The emergency line to a venue: cancel one order, cancel all, and what the venue answers.

A line of its own beside the session that trades, for when that session's process is hung or gone.
No socket and no clock: bytes in, messages out. Both ends are here: `EmergencyLine` is ours,
`VenueEnd` is for whoever answers, a simulated venue or the bridge to a real one.

One JSON object a line, ended by a line feed, at most `LINE_BYTES_MAX` bytes:

    {"type":"cancel","number":1,"client_order":"1-7-1","symbol":"ETHUSDT"}
    {"type":"cancel_all","number":2,"reason":"killed by ann"}
    {"type":"ping","number":3}

    {"type":"canceled","number":1}
    {"type":"not_canceled","number":1,"why":"gone","text":"filled"}
    {"type":"all_canceled","number":2,"count":250}
    {"type":"pong","number":3}

Every message is answered once, with its number; numbers begin at 1 on every connection. `canceled`
and `gone` say that the order cannot trade any more. `unknown` says that the venue has no such
order: that proves nothing of one that is still on its way to it. A line that nobody can read is
skipped and told; what follows it counts.
"""

from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec

LINE_BYTES_MAX: Final = 8 * 1024
_TEXT_MAX: Final = 200  # of what people wrote: the rest is in the audit


class Why(Enum):
    """Why an order was not canceled."""

    GONE = "gone"  # filled, canceled or expired before: it cannot trade any more
    UNKNOWN = "unknown"  # the venue has no such order
    REFUSED = "refused"  # the venue has it, and does not cancel it


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Cancel one order, by the id that we gave it."""

    number: int
    client_order: str
    symbol: str


class CancelAll(msgspec.Struct, frozen=True, tag="cancel_all"):
    """Cancel whatever works for us, known to us or not."""

    number: int
    reason: str


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Say that you are there."""

    number: int


class Canceled(msgspec.Struct, frozen=True, tag="canceled"):
    """The order was canceled."""

    number: int


class NotCanceled(msgspec.Struct, frozen=True, tag="not_canceled"):
    """The order was not canceled."""

    number: int
    why: Why
    text: str = ""


class AllCanceled(msgspec.Struct, frozen=True, tag="all_canceled"):
    """All orders were canceled; so many."""

    number: int
    count: int


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """I am here."""

    number: int


class Malformed(NamedTuple):
    """A line that nobody can read, or that answers nothing that was asked."""

    reason: str


class Answered(NamedTuple):
    """What we asked, and what the venue said to it."""

    request: Cancel | CancelAll | Ping
    answer: Canceled | NotCanceled | AllCanceled | Pong


Request = Cancel | CancelAll | Ping
Answer = Canceled | NotCanceled | AllCanceled | Pong

_ANSWERS: Final[dict[type[Request], tuple[type[Answer], ...]]] = {
    Cancel: (Canceled, NotCanceled),
    CancelAll: (AllCanceled, NotCanceled),
    Ping: (Pong,),
}
_requests: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Request)
_answers: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Answer)


class EmergencyLine:
    """Our end of one connection. A new connection has a new one."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._number = 0
        self._asked: dict[int, Request] = {}
        self._lines = _Lines()

    @property
    def unanswered(self) -> int:
        """How many messages were not answered yet."""
        return len(self._asked)

    def cancel(self, client_order: str, symbol: str) -> bytes:
        """Return the bytes that cancel an order."""
        return self._ask(Cancel(self._next(), client_order, symbol))

    def cancel_all(self, reason: str) -> bytes:
        """Return the bytes that cancel whatever works for us."""
        return self._ask(CancelAll(self._next(), reason[:_TEXT_MAX]))

    def ping(self) -> bytes:
        """Return the bytes that ask whether anybody is there."""
        return self._ask(Ping(self._next()))

    def receive(self, chunk: bytes) -> list[Answered | Malformed]:
        """Take what came, and return what it answers."""
        return [self._answered(line) for line in self._lines.receive(chunk)]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _ask(self, request: Request) -> bytes:
        self._asked[request.number] = request
        return _encoded(request)

    def _answered(self, line: bytes | Malformed) -> Answered | Malformed:
        answer = _decoded(line, _answers)
        if isinstance(answer, Malformed):
            return answer
        request = self._asked.get(answer.number)
        if request is None or type(answer) not in _ANSWERS[type(request)]:
            return Malformed(f"{type(answer).__name__} {answer.number} answers nothing")
        del self._asked[answer.number]
        return Answered(request, answer)


class VenueEnd:
    """The venue's end of one connection."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._lines = _Lines()

    def receive(self, chunk: bytes) -> list[Request | Malformed]:
        """Take what came, and return what is asked."""
        return [_decoded(line, _requests) for line in self._lines.receive(chunk)]

    def answer(self, answer: Answer) -> bytes:
        """Return the bytes of an answer."""
        return _encoded(answer)


class _Lines:
    """Cuts bytes into lines, and holds no more than one of them."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False  # inside a line that is too long

    def receive(self, chunk: bytes) -> list[bytes | Malformed]:
        *whole, rest = (self._rest + chunk).split(b"\n")
        found: list[bytes | Malformed] = []
        for line in whole:
            if self._skipping:
                self._skipping = False  # its end
            elif len(line) > LINE_BYTES_MAX:
                found.append(_TOO_LONG)
            else:
                found.append(line)
        if len(rest) > LINE_BYTES_MAX:
            if not self._skipping:
                found.append(_TOO_LONG)
            self._skipping = True
            rest = b""
        elif self._skipping:
            rest = b""
        self._rest = rest
        return found


_TOO_LONG: Final = Malformed(f"a line of more than {LINE_BYTES_MAX} bytes")


def _encoded(message: Request | Answer) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def _decoded(line: bytes | Malformed, decoder: "msgspec.json.Decoder[Any]") -> Any:
    if isinstance(line, Malformed):
        return line
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Malformed(f"not a message: {error}")
