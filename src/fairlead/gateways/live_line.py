"""One live feed over one connection after another: what is to be done now, and what came of it.

No socket, no clock, no thread: a shell (`live_shell.py`) does the deeds and tells what happened, a
test does both with a time of its own. Everything that comes is kept first, where somebody keeps it,
and only then understood; so what a recording is replayed with is what the feed was given.

A connection that ends is made again after a pause that doubles at most, by chance between nothing
and all of it ("full jitter": those who lost one venue together do not come back together). One that
stood for long enough begins at the shortest pause again.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from fairlead.gateways.delays import Delays
from fairlead.gateways.errors import MalformedFrame, PlainConnection
from fairlead.gateways.feed import LiveFeed, SnapshotRequest
from fairlead.gateways.recording import RecordingCounts
from fairlead.model.inputs import Input
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos

PAUSE_MIN: Final = Nanos(100 * NANOS_PER_MILLISECOND)  # before any attempt but the first
PAUSE_SPAN_MIN: Final = Nanos(500 * NANOS_PER_MILLISECOND)  # of the chance that is added to it
# The strictest venue lets 300 connections in five minutes: one a minute leaves room for others.
PAUSE_SPAN_MAX: Final = Nanos(60 * NANOS_PER_SECOND)
STOOD_LONG: Final = Nanos(30 * NANOS_PER_SECOND)  # a connection that stood so long was a good one
FETCHES_MAX: Final = 4  # snapshots that are fetched at one time: venues count requests
MALFORMED_IN_A_ROW_MAX: Final = 100  # nothing but garbage: another connection may bring sense
RETRY_AFTER_MAX: Final = Nanos(
    600 * NANOS_PER_SECOND
)  # a venue that bans for longer is asked again
REASONS_MAX: Final = 32  # that are counted apart: the network invents more
_FAR: Final = Nanos((1 << 62) - 1)  # nothing is due: something else happens first


class Connect(NamedTuple):
    """Connect, and tell of it."""

    url: str


class Say(NamedTuple):
    """Send a message on the connection."""

    message: bytes


class Fetch(NamedTuple):
    """Fetch a snapshot by HTTP, and tell of it with the number of the connection."""

    connection: int
    request: SnapshotRequest


class HangUp(NamedTuple):
    """Close the connection, and tell of it."""

    reason: str


class Addresses(NamedTuple):
    """Where a venue is reached instead of where its feed says: a test network, a proxy, a test."""

    stream: str = ""  # the whole address
    rest: str = ""  # up to the path


AS_TOLD: Final = Addresses()
Deed = Connect | Say | Fetch | HangUp


class Keeper(Protocol):
    """Who keeps what came, as it came."""

    def frame(self, frame: bytes, time: Nanos) -> None:
        """Keep a frame or the answer to a request."""

    def mark(self, what: str, reason: str, time: Nanos) -> None:
        """Keep what happened to the connection, which no frame says."""


class Listener(Protocol):
    """Who is told what happened, in the thread of the line."""

    def happened(self, inputs: Iterable[Input], time: Nanos) -> bool:
        """Take what came at a time. Return whether all books have to be asked for anew."""

    def died(self, error: BaseException) -> None:
        """Take note that the thread has ended by a mistake of ours, or without memory."""


class LineCounts:
    """What became of connections and requests, beside what the feed counts of frames."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.attempts = 0
        self.connections = 0
        self.bytes = 0
        self.ended: dict[str, int] = {}  # connections and attempts, by reason
        self.fetched = 0
        self.fetch_failures: dict[str, int] = {}  # by reason
        self.late_answers = 0  # to requests of an earlier connection


class LiveLine:
    """The connections of one feed, as decisions."""

    def __init__(
        self,
        feed: LiveFeed,
        below: Callable[[int], int],
        keeper: Keeper | None = None,
        addresses: Addresses = AS_TOLD,
    ) -> None:
        """Take the feed, chance (a number from 0 to below the one it is given), and who keeps.

        Raises `PlainConnection`.
        """
        self.feed = feed
        self.url = addresses.stream or feed.url
        self.counts = LineCounts()
        self.records = RecordingCounts()
        self.delays = Delays()
        self._below = below
        self._keeper = keeper
        self.rest = addresses.rest
        for address in (self.url, self.rest):
            if address:
                refuse_plain(address)
        self._connection = 0  # its number; those of requests that are answered later differ
        self._stands = False
        self._attempting = False
        self._since = Nanos(0)
        self._attempts_in_a_row = 0
        self._connect_at = Nanos(0)
        self._fetches: deque[SnapshotRequest] = deque()
        self._fetching = 0
        self._fetch_at = Nanos(0)
        self._malformed_in_a_row = 0
        self._give_up = ""
        self._hanging_up = False

    def keep(self, keeper: Keeper) -> None:
        """Let somebody keep what comes from now on."""
        self._keeper = keeper

    @property
    def stands(self) -> bool:
        """Whether there is a connection."""
        return self._stands

    @property
    def next_time(self) -> Nanos:
        """When `tick` and `deeds` are due, if nothing happens before."""
        if not self._stands:
            return _FAR if self._attempting else self._connect_at
        if self._fetches and self._fetching < FETCHES_MAX:
            return min(self.feed.next_time, self._fetch_at)
        return self.feed.next_time

    def deeds(self, time: Nanos) -> list[Deed]:
        """Return what is to be done now, each once."""
        if not self._stands:
            if self._attempting or time < self._connect_at:
                return []
            self._attempting = True
            self.counts.attempts += 1
            self._attempts_in_a_row += 1
            return [Connect(self.url)]
        if self._hanging_up:
            return []
        reason = self._give_up or self.feed.failed
        if reason:
            self._hanging_up = True
            return [HangUp(reason)]
        return [*(Say(each) for each in self.feed.outgoing()), *self._due_fetches(time)]

    # --- what happened ----------------------------------------------------------------------------

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection."""
        assert not self._stands, "there is one connection at a time"
        self._attempting, self._stands = False, True
        self._since = time
        self._connection += 1
        self._malformed_in_a_row = 0
        self._give_up = ""
        self.counts.connections += 1
        self._mark("connected", "", time)
        self.feed.connected(time)

    def ended(self, reason: str, time: Nanos) -> list[Input]:
        """Return what it means that the connection, or the attempt at one, is over."""
        stood = self._stands
        _count(self.counts.ended, reason)
        self._attempting = self._stands = self._hanging_up = False
        self._fetches.clear()
        self._fetching = 0
        if stood and time - self._since >= STOOD_LONG:
            self._attempts_in_a_row = 0
        self._connect_at = Nanos(time + self.pause(max(1, self._attempts_in_a_row)))
        if not stood:
            return []
        self._mark("disconnected", reason, time)
        return self.feed.disconnected(reason, time)

    def received(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what a frame says, which came at a time. One that nobody can read is counted."""
        if self._keeper is not None:
            self._keeper.frame(frame, time)
        self.counts.bytes += len(frame)
        self.records.record(time)
        try:
            inputs = self.feed.receive(frame, time)
        except MalformedFrame as error:
            self.records.refuse(error, f"{self.url} at {time}")
            self._malformed_in_a_row += 1
            if self._malformed_in_a_row >= MALFORMED_IN_A_ROW_MAX:
                self._give_up = f"{self._malformed_in_a_row} frames in a row could not be read"
            return []
        self._malformed_in_a_row = 0
        self.delays.observe(inputs, time)
        return inputs

    def fetched(self, fetch: Fetch, body: bytes, time: Nanos) -> list[Input]:
        """Return what a snapshot says; one for an earlier connection says nothing any more."""
        if not self._is_of_now(fetch):
            return []
        self.counts.fetched += 1
        unreadable = self._malformed_in_a_row
        inputs = self.received(fetch.request.frame(body), time)
        if self._malformed_in_a_row > unreadable:
            self._snapshot_failed(fetch, "an answer that cannot be read", time)
        return inputs

    def fetch_failed(
        self, fetch: Fetch, reason: str, time: Nanos, retry_after: Nanos | None = None
    ) -> None:
        """Take note that a fetch failed, and for how long the venue wants not to be asked."""
        if retry_after is not None:
            self._fetch_at = Nanos(time + min(retry_after, RETRY_AFTER_MAX))
        if self._is_of_now(fetch):
            self._snapshot_failed(fetch, reason, time)

    def tick(self, time: Nanos) -> list[Input]:
        """Return what silence means."""
        if not self._stands or self._hanging_up or time < self.feed.next_time:
            return []
        self._mark("tick", "", time)
        return self.feed.tick(time)

    def give_up(self, reason: str) -> None:
        """Let this connection end, and another one take its place: all books begin anew."""
        if self._stands:
            self._give_up = reason

    def pause(self, attempts: int) -> Nanos:
        """Return how long to wait after so many attempts in a row: by chance, more and more."""
        doubled = PAUSE_SPAN_MIN << min(attempts - 1, 10)
        return Nanos(PAUSE_MIN + self._below(min(doubled, PAUSE_SPAN_MAX)))

    def _snapshot_failed(self, fetch: Fetch, reason: str, time: Nanos) -> None:
        instrument = fetch.request.instrument
        _count(self.counts.fetch_failures, reason)
        self._mark(f"fetch_failed {instrument}", reason, time)
        self.feed.snapshot_failed(instrument, reason, time)

    def _due_fetches(self, time: Nanos) -> list[Fetch]:
        self._fetches.extend(self.feed.snapshot_requests())
        due: list[Fetch] = []
        while self._fetches and self._fetching < FETCHES_MAX and time >= self._fetch_at:
            self._fetching += 1
            due.append(Fetch(self._connection, self._addressed(self._fetches.popleft())))
        return due

    def _addressed(self, request: SnapshotRequest) -> SnapshotRequest:
        if not self.rest:
            return request
        told = urlsplit(request.url)
        tail = told.path + (f"?{told.query}" if told.query else "")
        return request._replace(url=self.rest.rstrip("/") + tail)

    def _is_of_now(self, fetch: Fetch) -> bool:
        if not self._stands or fetch.connection != self._connection:
            self.counts.late_answers += 1
            return False
        self._fetching -= 1
        return True

    def _mark(self, what: str, reason: str, time: Nanos) -> None:
        if self._keeper is not None:
            self._keeper.mark(what, reason, time)


def is_local(url: str) -> bool:
    """Return whether nobody outside this machine is asked."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def refuse_plain(url: str) -> None:
    """Raise `PlainConnection` for an address that would be spoken to in the clear."""
    try:
        encrypted = urlsplit(url).scheme in ("wss", "https")
        spoken_to = is_local(url)
    except ValueError as error:  # no address at all
        raise PlainConnection(f"{url!r}: {error}") from error
    if not (encrypted or spoken_to):
        raise PlainConnection(
            f"{url!r} is not encrypted: expected wss:// or https://, unless it is of this machine"
        )


def _count(counts: dict[str, int], reason: str) -> None:
    known = reason if reason in counts or len(counts) < REASONS_MAX else "other reasons"
    counts[known] = counts.get(known, 0) + 1
