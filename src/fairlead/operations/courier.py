"""One venue's emergency line, in a thread of its own: a venue that hangs delays no other.

The line is kept open and asked for a sign of life, so that a dead one is known before it is needed.
Where it breaks it is made anew; what was not answered then is sent again by whoever pursues it.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from fairlead.gateways.emergency_line import Answered, EmergencyLine, Malformed, Ping
from fairlead.gateways.errors import LineBroken
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.pursuit import Volley

PING_SECONDS: Final = 5
ANSWER_SECONDS: Final = 3  # nothing at all in this time, and the line is made anew
RETRY_SECONDS: Final = 1  # to connect, where nobody waits for it
_WAITING_MAX: Final = 8  # volleys: a newer one repeats what was not confirmed of an older one


class LineUp(NamedTuple):
    """The line to a venue stands: somebody answers there."""

    venue: str


class LineDown(NamedTuple):
    """The line to a venue is broken, and why."""

    venue: str
    problem: str


class VolleySent(NamedTuple):
    """A volley was given to the network, wholly."""

    venue: str
    volley: Volley
    time: Nanos  # by the monotonic clock


class VolleyFailed(NamedTuple):
    """A volley did not leave, or nobody knows how much of it."""

    venue: str
    volley: Volley
    problem: str


class Heard(NamedTuple):
    """What a venue said."""

    venue: str
    answers: list[Answered]
    malformed: list[Malformed]
    time: Nanos  # by the monotonic clock


Told = LineUp | LineDown | VolleySent | VolleyFailed | Heard


class Courier:
    """Carries volleys to one venue, and its answers back."""

    def __init__(self, venue: str, address: Address, tell: Callable[[Told], None]) -> None:
        """Take the venue; `tell` is called from the courier's thread and must not wait."""
        self.venue = venue
        self._address = address
        self._tell = tell
        self._volleys: deque[tuple[Volley, str]] = deque(maxlen=_WAITING_MAX)
        self._wake = Wake()
        self._stopping = False
        self._client: LineClient | None = None
        self._line = EmergencyLine()
        self._problem: str | None = None  # that was told; "" when the line was told to stand
        self._heard = Nanos(0)  # when the venue last answered anything, or was connected
        self._asked = Nanos(0)  # since when it owes an answer, where it owes any
        self._thread = threading.Thread(target=self._run, name=f"line {venue}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def send(self, volley: Volley, reason: str) -> None:
        """Send a volley as soon as it can be. Returns at once."""
        self._volleys.append((volley, reason))
        self._wake.call()

    def stop(self) -> None:
        """Close the line; a thread that hangs in the network is left behind."""
        self._stopping = True
        self._wake.call()
        self._thread.join(1)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except LineBroken as broken:
                self._broken(str(broken))
            except Exception as error:  # noqa: BLE001 - the loop: one venue must not end the line
                self._broken(f"{type(error).__name__}: {error}")
        if self._client is not None:
            self._client.close()
        self._wake.close()

    def _turn(self) -> None:
        client = self._client
        if client is None:
            client = self._connect()
        if self._volleys:
            self._send_volley(client)
        if not self._line.unanswered and self._quiet_for(PING_SECONDS):
            self._asked = monotonic_ns()
            client.send(self._line.ping())
        content = client.receive(RETRY_SECONDS, self._wake)
        if content:
            self._take(content)
        if self._line.unanswered and self._quiet_for(ANSWER_SECONDS):
            raise LineBroken(f"{self._address}: no answer for {ANSWER_SECONDS} s")

    def _connect(self) -> LineClient:
        """Return a fresh line. Raises `LineBroken`."""
        self._line = EmergencyLine()
        client = self._client = LineClient(self._address)
        self._heard = self._asked = monotonic_ns()
        client.send(self._line.ping())
        return client

    def _quiet_for(self, seconds: int) -> bool:
        return monotonic_ns() - max(self._heard, self._asked) >= seconds * NANOS_PER_SECOND

    def _send_volley(self, client: LineClient) -> None:
        volley, reason = self._volleys[0]
        line = self._line
        unanswered = line.unanswered
        parts = [
            line.cancel(client_order, order.symbol)
            for order in volley.orders
            for client_order in reversed(order.client_orders)
        ]
        if volley.all:
            parts.append(line.cancel_all(reason))
        if not unanswered:
            self._asked = monotonic_ns()
        client.send(b"".join(parts))
        self._volleys.popleft()
        self._tell(VolleySent(self.venue, volley, monotonic_ns()))

    def _take(self, content: bytes) -> None:
        now = monotonic_ns()
        found = self._line.receive(content)
        answers = [one for one in found if isinstance(one, Answered)]
        malformed = [one for one in found if isinstance(one, Malformed)]
        if answers:
            self._heard = now
            if self._problem != "":
                self._problem = ""
                self._tell(LineUp(self.venue))
        said = [one for one in answers if not isinstance(one.request, Ping)]
        if said or malformed:
            self._tell(Heard(self.venue, said, malformed, now))

    def _broken(self, problem: str) -> None:
        """Tell what waits that it did not leave, and try again after a while."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if problem != self._problem:
            self._problem = problem
            self._tell(LineDown(self.venue, problem))
        waited = len(self._volleys)
        for _ in range(waited):
            volley, _ = self._volleys.popleft()
            self._tell(VolleyFailed(self.venue, volley, problem))
        if not waited:
            self._wake.wait(RETRY_SECONDS)
