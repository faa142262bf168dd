"""A venue to practise on: listens for emergency cancels, answers them, and notes when they came.

For drills and for trying a guard out: `--venue NAME=practice`. Its orders are not real.
"""

import threading
from typing import Final, NamedTuple

from fairlead.gateways.emergency_line import (
    AllCanceled,
    Answer,
    Cancel,
    CancelAll,
    Canceled,
    Malformed,
    NotCanceled,
    Pong,
    Request,
    VenueEnd,
    Why,
)
from fairlead.gateways.transport import Address, LineServer
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import Nanos
from fairlead.simulator.emergency_venue import CancelOutcome, EmergencyVenue

ARRIVALS_MAX: Final = 100_000  # kept; what comes later is counted
LOOPBACK: Final = Address("127.0.0.1", 0)


class Arrival(NamedTuple):
    """A cancel, and when its bytes had come, by the monotonic clock."""

    client_order: str  # "" for all
    time: Nanos


class PracticeVenue:
    """A venue with an emergency line, in threads of this process."""

    def __init__(self, venue: EmergencyVenue, address: Address = LOOPBACK) -> None:
        """Listen. Raises `CannotListen`."""
        self.venue = venue
        self.arrivals: list[Arrival] = []
        self.malformed = 0
        self._lock = threading.Lock()
        self._server = LineServer(address, self._talk)

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._server.address

    def close(self) -> None:
        """Stop listening, and end all lines."""
        self._server.close()

    def _talk(self) -> "_Talk":
        return _Talk(self)

    def take(self, request: Request | Malformed, time: Nanos) -> Answer | None:
        """Do what is asked and return the answer; None to what nobody can read."""
        with self._lock:
            if isinstance(request, Malformed):
                self.malformed += 1
                return None
            if isinstance(request, Cancel):
                self._note(Arrival(request.client_order, time))
                return _answer(request.number, self.venue.cancel(request.client_order))
            if isinstance(request, CancelAll):
                self._note(Arrival("", time))
                return AllCanceled(request.number, self.venue.cancel_all())
            return Pong(request.number)

    def _note(self, arrival: Arrival) -> None:
        if len(self.arrivals) < ARRIVALS_MAX:
            self.arrivals.append(arrival)


class _Talk:
    """One connection."""

    def __init__(self, venue: PracticeVenue) -> None:
        self._venue = venue
        self._end = VenueEnd()

    def __call__(self, content: bytes) -> bytes:
        now = monotonic_ns()
        answers = [self._venue.take(request, now) for request in self._end.receive(content)]
        return b"".join(self._end.answer(answer) for answer in answers if answer is not None)


def _answer(number: int, outcome: CancelOutcome) -> Answer:
    if outcome is CancelOutcome.CANCELED:
        return Canceled(number)
    why = Why.GONE if outcome is CancelOutcome.GONE else Why.UNKNOWN
    return NotCanceled(number, why)
