"""A venue in another process, as the session sees it: a world that went on without us.

What arrives is stamped with the time of its arrival and queued; the queue is bounded. Market data
that finds no room is dropped, and so is what waited for too long: it would be taken as if it were
of now. Every book is a gap then until it is sent anew. Reports are never
dropped: where twice as many wait, nothing is read any more, and they wait in the network.

A session that sleeps is woken by the thread of a `DirectLine`. One that spins looks itself, over a
`PolledLine`: from tick to order no thread hands over to another. What came while it did not look
for too long counts as having come when it looked last.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from fairlead.gateways.direct.line import DirectLine
from fairlead.gateways.direct.node_end import (
    Alarm,
    Arrived,
    Began,
    BooksLost,
    Event,
    Identity,
    NeverRead,
    NodeEnd,
)
from fairlead.gateways.direct.outlet import NOT_CONNECTED
from fairlead.gateways.direct.polled_line import PolledLine
from fairlead.gateways.transport import Address
from fairlead.model.inputs import (
    BookGap,
    Input,
    MarketData,
    VenueCancelRejected,
    VenueConnected,
    VenueDisconnected,
    VenueRejected,
    VenueReplaceRejected,
    WarningRaised,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Action, CancelOrder, Disconnect, ReplaceOrder, SendOrder
from fairlead.model.units import NANOS_PER_SECOND, Nanos

ARRIVALS_MAX: Final = 50_000  # a minute or two of a busy market
WAITED_MAX: Final = NANOS_PER_SECOND  # market data that is older when it is taken is of the past
_FULL: Final = "the node is behind: its queue of arrivals is full"
OLD: Final = "the node is behind: what arrived has waited for too long"
_NEVER_READ: Final = "the venue never read the message"
_FAR: Final = Nanos((1 << 62) - 1)  # nothing is known to come


def _nobody() -> None:
    """Have nobody to tell."""


class DirectWorld:
    """The world of a node that trades over a direct session."""

    def __init__(
        self,
        address: Address,
        venue: str,
        instruments: tuple[Instrument, ...],
        now: Callable[[], Nanos],
        monotonic: Callable[[], Nanos],
        pause: Callable[[int], Nanos],
        arrivals_max: int = ARRIVALS_MAX,
        *,
        spins: bool = False,
    ) -> None:
        """Take where the venue is and what it is taken to list; nothing is connected yet."""
        self.venue: Final = venue
        self.dropped = 0  # market data that found no room
        self._address = address
        self._instruments = instruments
        self._now = now
        self._monotonic = monotonic
        self._pause = pause
        self._arrivals_max = arrivals_max
        self._arrived: deque[tuple[Nanos, Input]] = deque()
        self._came = threading.Condition()
        self._tell = _nobody
        self._spins = spins
        self._line: DirectLine | PolledLine | None = None
        self._polled: PolledLine | None = None  # the same, where the session spins
        self._looked = _FAR  # when a session that spins has looked last; at first never
        self._stands = False
        self._full = False
        self._closing = False
        self._died: BaseException | None = None  # what ended the thread of the line

    @property
    def repeats(self) -> bool:
        """It is outside of us."""
        return False

    def begin(self, account: str, epoch: int, instance: str, heartbeat_ms: int) -> None:
        """Connect under an epoch, and stay connected."""
        assert self._line is None, "a world begins once"
        identity = Identity(self.venue, account, epoch, instance, heartbeat_ms)
        end = NodeEnd(identity, self._instruments)
        kind = PolledLine if self._spins else DirectLine
        line = kind(self._address, end, self, self._monotonic, self._pause)
        self._line, self._polled = line, line if isinstance(line, PolledLine) else None
        line.start()

    def close(self, reason: str) -> None:
        """End the session in order."""
        with self._came:
            self._closing = True
            self._came.notify_all()
        if self._line is not None:
            self._line.close(reason)
            self._line = self._polled = None

    # --- what the session asks --------------------------------------------------------------------

    def next_time(self) -> Nanos | None:
        """Return when the next arrival came; far away if nothing waits."""
        with self._came:
            return self._arrived[0][0] if self._arrived else _FAR

    def take(self, time: Nanos) -> list[Input]:
        """Return what came up to a time."""
        taken: list[Input] = []
        with self._came:
            self._refuse_to_go_on_deaf()
            self._leave_out_old(time)
            while self._arrived and self._arrived[0][0] <= time:
                taken.append(self._arrived.popleft()[1])
            refresh = self._full and not self._arrived
            if refresh:
                self._full = False
            self._came.notify_all()
        if refresh and self._line is not None:
            self._line.refresh()
        return taken

    def wait(self, span: Nanos) -> bool:
        """Return as soon as something waits to be taken, or after a span; whether it does."""
        if self._polled is not None:
            return self._spin(self._polled, span)
        with self._came:
            if span:
                self._came.wait_for(self._worth_waking, span / NANOS_PER_SECOND)
            self._refuse_to_go_on_deaf()
            return bool(self._arrived)

    def tell(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever something came, for who waits for others as well."""
        self._tell = tell

    def act(self, action: Action, time: Nanos) -> str | None:
        """Send an action. Return why nothing of it left, None where it left or may have."""
        line = self._line
        if isinstance(action, Disconnect):
            if line is not None:
                line.hang_up(action.reason)
            return None
        return (line.send(action) if line is not None else NOT_CONNECTED) or None

    # --- what the line tells ----------------------------------------------------------------------

    def happened(self, events: list[Event]) -> None:
        """Take what came."""
        inputs: list[Input] = []
        for event in events:
            if isinstance(event, Arrived):
                inputs.append(event.input)
            elif isinstance(event, Began):
                self._stands = True
                if event.alarm:
                    inputs.append(self._warning(event.alarm))
                inputs.append(VenueConnected(self.venue))
            elif isinstance(event, Alarm):
                inputs.append(self._warning(event.text))
            elif isinstance(event, BooksLost):
                inputs.extend(self._gaps(event.reason))
            else:
                inputs.extend(self._never_read(event))
        self._queue(inputs)

    def broke(self, reason: str) -> None:
        """Say that the session is over, if one stood."""
        if self._stands:
            self._stands = False
            self._queue([VenueDisconnected(self.venue, reason), *self._gaps(reason)], bounded=False)

    def died(self, error: BaseException) -> None:
        """Let the session end with it: nothing is heard any more."""
        with self._came:
            self._died = error
            self._came.notify_all()
        self._tell()

    def _spin(self, line: PolledLine, span: Nanos) -> bool:
        """Look until something came, at most for a span, and let others have the processor."""
        self._look(line)
        if span and not self._arrived:
            until = self._monotonic() + span
            while not self._arrived and self._monotonic() < until:
                os.sched_yield()
                self._look(line)
        return bool(self._arrived)

    def _look(self, line: PolledLine) -> None:
        """Let the line tell what came. It came now, if we looked a short while ago."""
        line.poll()
        self._looked = self._now()

    def _worth_waking(self) -> bool:
        return bool(self._arrived) or self._died is not None

    def _refuse_to_go_on_deaf(self) -> None:
        """Raise what ended the thread of the line: the node stops, and recovers."""
        if self._died is not None:
            raise RuntimeError("the line to the venue has died") from self._died

    def _queue(self, inputs: list[Input], bounded: bool = True) -> None:
        with self._came:
            while bounded and self._must_wait_for_room():
                self._came.wait()
            now = self._now()
            if self._spins and now - self._looked > WAITED_MAX:
                now = self._looked
            for input in inputs:
                if bounded and len(self._arrived) >= self._arrivals_max:
                    self._drop(input, now)
                else:
                    self._arrived.append((now, input))
            self._came.notify_all()
        self._tell()

    def _must_wait_for_room(self) -> bool:
        """Whether a thread of its own is to read no more; who spins takes before it reads again."""
        full = len(self._arrived) >= 2 * self._arrivals_max
        return full and not self._spins and not self._closing

    def _leave_out_old(self, time: Nanos) -> None:
        """Leave out all market data that waits if the first of it has waited for too long."""
        first = next((at for at, one in self._arrived if isinstance(one, MarketData)), time)
        if time - first <= WAITED_MAX:
            return
        kept = [one for one in self._arrived if not isinstance(one[1], MarketData)]
        self.dropped += len(self._arrived) - len(kept)
        self._full = True
        self._arrived = deque([*kept, *((time, gap) for gap in self._gaps(OLD))])

    def _drop(self, input: Input, now: Nanos) -> None:
        """Leave out market data and say so, once; nothing else is ever left out."""
        if not isinstance(input, MarketData):
            self._arrived.append((now, input))
            return
        self.dropped += 1
        if not self._full:
            self._full = True
            self._arrived.extend((now, gap) for gap in self._gaps(_FULL))

    def _gaps(self, reason: str) -> list[Input]:
        return [BookGap(one.instrument, reason) for one in self._instruments]

    def _warning(self, text: str) -> Input:
        return WarningRaised(f"venue {self.venue}", text)

    def _never_read(self, event: NeverRead) -> list[Input]:
        """Return what the venue would have said, had it read and refused the message.

        A question is asked again; an order never is: it was refused for now.
        """
        action, time = event.action, self._now()
        if isinstance(action, SendOrder):
            sent = action.approved
            return [
                VenueRejected(sent.order, sent.instrument, _NEVER_READ, time, True, sent.request)
            ]
        if isinstance(action, CancelOrder):
            place = (action.order, action.instrument)
            return [VenueCancelRejected(*place, _NEVER_READ, time, action.request)]
        if isinstance(action, ReplaceOrder):
            sent = action.approved
            place = (sent.order, sent.instrument)
            return [VenueReplaceRejected(*place, _NEVER_READ, time, sent.request)]
        if self._line is not None:
            self._line.send(action)
        return []
