"""What the feeds of all venues share: counting, subscriptions, silence, and books that broke.

A venue's own feed says how its frames read and how it is asked (`_read`, `subscribe`,
`unsubscribe`). Everything that must not differ by venue is here: every frame is counted once, a
frame that cannot be read is `MalformedFrame` or costs the books that it may have been about, a book
that broke is repaired, a silent instrument is stale, and a connection whose promises are not kept
is given up. No socket and no clock: a shell or a recording drives it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.feed import FeedCounts, SnapshotRequest
from fairlead.gateways.liveness import DEFAULT_LIMITS, DataClass, Liveness, Silence
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.subscriptions import Subscriptions, Topic
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

# Coinbase sends whole books: some 50,000 levels of a hundred bytes each are 5 MB in one frame.
FRAME_BYTES_MAX: Final = 16_000_000
TICK: Final = Nanos(NANOS_PER_SECOND // 4)  # how often silence and promises are looked at
NO_TIME: Final = Nanos(2**62)
# Venues that have nothing to say send a heartbeat or answer a ping within half a minute.
LINE_SILENCE_MAX: Final = Nanos(60 * NANOS_PER_SECOND)

_CLASSES: Final[Mapping[type, DataClass]] = {
    BookChange: DataClass.BOOK,
    BookSnapshot: DataClass.BOOK,
    Quote: DataClass.QUOTE,
    Trade: DataClass.TRADE,
}


class VenueFeed(ABC):
    """Market data of one venue over one connection: a `Feed` and a `LiveFeed`."""

    url = ""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        topics: Sequence[Topic],
        limits: Mapping[DataClass, Nanos] | None = None,
    ) -> None:
        """Take the instruments, what is subscribed to, and how long each class may be silent."""
        self.instruments: tuple[Instrument, ...] = tuple(instruments)
        self.counts = FeedCounts()
        self.oracles: tuple[Oracle, ...] = ()
        self.last_time = Nanos(0)  # when the last frame came
        self.subscriptions = Subscriptions(topics, self)
        self._liveness = Liveness(DEFAULT_LIMITS if limits is None else limits)
        self._next_time = NO_TIME

    # --- what a venue says by itself -----------------------------------------------------------

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """The instruments whose books cannot go on without a snapshot from the venue."""
        return ()

    @abstractmethod
    def subscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the messages that subscribe; the venue may name `request` in its answer."""

    @abstractmethod
    def unsubscribe(self, topics: Sequence[Topic], request: int) -> list[bytes]:
        """Return the messages that end subscriptions."""

    @abstractmethod
    def lose(self, instrument: InstrumentId, reason: str) -> list[Input]:
        """Stop believing a book; return the gap, or nothing where it was not believed."""

    @abstractmethod
    def _read(self, frame: bytes) -> list[Input]:
        """Return what a frame says, counted. Raises `MalformedFrame`, `MalformedNumber`."""

    def _unreadable(self, reason: str) -> list[Input]:
        """Return what a frame means that nobody could read, beside that it is refused."""
        return []

    def _ping(self) -> bytes:
        """Return what makes a silent venue speak; empty where it speaks by itself."""
        return b""

    def _repair(self, instrument: InstrumentId, time: Nanos) -> None:
        """Do what brings a snapshot: subscribe to the book anew."""
        for topic in self._topics(instrument, DataClass.BOOK):
            self.subscriptions.renew(topic, time)

    # --- frames ----------------------------------------------------------------------------------

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what `frame`, which reached us at `time`, says. Raises `MalformedFrame`."""
        self.counts.frames += 1
        self.last_time = time
        try:
            if len(frame) > FRAME_BYTES_MAX:
                found = f"{len(frame)} bytes, expected at most {FRAME_BYTES_MAX}"
                raise MalformedFrame("length", found)
            inputs = self._read(frame)
        except MalformedFrame as error:
            inputs = self._refuse(error)
        except MalformedNumber as error:
            inputs = self._refuse(MalformedFrame("number", str(error)))
        if self.subscriptions.connected:
            self._follow(inputs, time)
        return inputs

    def _refuse(self, error: MalformedFrame) -> list[Input]:
        """Count the frame, and return the gaps that it means. Raises it where it means none."""
        self.counts.drop(f"malformed_{error.reason}")
        gaps = self._unreadable(str(error))
        if gaps:
            return gaps
        raise error

    def _drop(self, reason: str) -> list[Input]:
        """Count a frame that becomes nothing."""
        self.counts.drop(reason)
        return []

    def _heard(self, instrument: InstrumentId, what: DataClass) -> None:
        """Take note of what is no input and shows that a subscription lives."""
        self._liveness.heard(instrument, what, self.last_time)

    def _follow(self, inputs: list[Input], time: Nanos) -> None:
        """Take note of who was heard of, and repair what broke."""
        for got in inputs:
            if isinstance(got, BookGap):
                self._repair(got.instrument, time)
            elif isinstance(got, BookChange | BookSnapshot | Quote | Trade):
                self._liveness.heard(got.instrument, _CLASSES[type(got)], time)

    # --- the connection --------------------------------------------------------------------------

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection: subscriptions collect in what `outgoing` returns."""
        self.last_time = time
        self._next_time = Nanos(time + TICK)
        self.subscriptions.begin(time)
        topics = self.subscriptions.topics.values()
        self._liveness.begin([(topic.instrument, topic.what) for topic in topics], time)

    def disconnected(self, reason: str, time: Nanos) -> list[Input]:
        """Return what the end of the connection means: a gap for every book that was believed."""
        self.subscriptions.end()
        self._next_time = NO_TIME
        return [gap for each in self.instruments for gap in self.lose(each.instrument, reason)]

    def outgoing(self) -> list[bytes]:
        """Return the messages that are to leave now, once."""
        return self.subscriptions.outgoing()

    def snapshot_requests(self) -> list[SnapshotRequest]:
        """Return what is to be fetched: nothing, where the venue sends snapshots by itself."""
        return []

    def snapshot_failed(self, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        """Take note that a fetch failed."""
        raise AssertionError(f"{instrument}: nothing was asked for, but {reason!r}")

    @property
    def next_time(self) -> Nanos:
        """When `tick` is due; far away while there is no connection."""
        return self._next_time

    def tick(self, time: Nanos) -> list[Input]:
        """Return a gap for each instrument of which nothing came for too long."""
        if not self.subscriptions.connected:
            return []
        self._next_time = Nanos(time + TICK)
        self.subscriptions.tick(time)
        self._judge_line(time)
        inputs: list[Input] = []
        for silence in self._liveness.silent(time):
            inputs += self._silent(silence, time)
        return inputs

    @property
    def failed(self) -> str:
        """Why the connection is to be closed and made anew, empty if it is fine."""
        return self.subscriptions.failed

    def _judge_line(self, time: Nanos) -> None:
        silence = time - self.last_time
        if silence > LINE_SILENCE_MAX:
            self.subscriptions.fail(f"nothing came for {silence // NANOS_PER_SECOND} seconds")
        elif silence > LINE_SILENCE_MAX // 2 and (ping := self._ping()):
            self.subscriptions.ping(ping, time)

    def _silent(self, silence: Silence, time: Nanos) -> list[Input]:
        """Renew a subscription that has died, and stop believing the prices that it brings."""
        for topic in self._topics(silence.instrument, silence.what):
            self.subscriptions.renew(topic, time)
        if silence.what is DataClass.TRADE:
            return []
        reason = f"silent: no {silence.what} for {silence.seconds} seconds"
        gaps = self.lose(silence.instrument, reason)
        if gaps and silence.what is not DataClass.BOOK:
            self._repair(silence.instrument, time)
        return gaps

    def _topics(self, instrument: InstrumentId, what: DataClass) -> list[Topic]:
        topics = self.subscriptions.topics.values()
        return [topic for topic in topics if (topic.instrument, topic.what) == (instrument, what)]
