"""ITCH as it comes live: messages in order from a receiver, and books mended from a snapshot.

The messages come in datagrams on any number of lines, or over a connection that numbers them.

What the lines have lost and nobody brought again costs every book that is believed: ITCH says what
changes, never what is. The venue's GLIMPSE server tells over SoupBinTCP what stands now, and with
which number of the feed it goes on. While it is read, messages that change books are held; behind
it those from that number on are applied, and the books are whole again.

No socket and no clock here: `live.py` has them.
"""

from typing import Final

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.itch.feed import ItchFeed
from fairlead.gateways.itch.listing import QueuedOrder
from fairlead.gateways.itch.messages import SNAPSHOT_END, SnapshotEnd
from fairlead.gateways.moldudp64 import (
    Event,
    Lost,
    Messages,
    Receiver,
    SessionChanged,
)
from fairlead.gateways.soupbintcp import FromServer, Sequenced, Skipped
from fairlead.model.inputs import Input
from fairlead.model.units import InstrumentId, Nanos

EXAMPLES_MAX: Final = 5  # messages that could not be read, kept for a person to look at
_ORDERS: Final = b"AF"


class ItchStream:
    """One session of ITCH: datagrams or numbered messages, and snapshots in; inputs out."""

    def __init__(self, feed: ItchFeed, receiver: Receiver) -> None:
        """Take the feed and who puts its messages in order."""
        self.feed = feed
        self.receiver = receiver
        self.malformed_examples: list[str] = []
        self._snapshot: _Snapshot | None = None

    @property
    def in_snapshot(self) -> bool:
        """Whether a snapshot is being read."""
        return self._snapshot is not None

    @property
    def wants_snapshot(self) -> bool:
        """Whether books need a snapshot that is not being read yet."""
        return self._snapshot is None and bool(self.feed.needs_snapshots)

    def datagram(self, line: int, datagram: bytes, now: Nanos) -> list[Input]:
        """Return what a datagram of a line means. Raises `MalformedFrame` where it is none."""
        return self._inputs(self.receiver.receive(line, datagram, now), now)

    def event(self, event: FromServer, now: Nanos) -> list[Input]:
        """Return what an event of a connection means, where the feed comes over SoupBinTCP."""
        if isinstance(event, Sequenced):
            self.receiver.expected = event.number + 1
            return self._inputs([Messages(event.number, (event.message,))], now)
        if isinstance(event, Skipped):
            self.receiver.expected = event.last + 1
            lost = Lost(event.first, event.last, "the venue does not keep them any more")
            return self._inputs([lost], now)
        return []

    def tick(self, now: Nanos) -> list[Input]:
        """Return what it means that nothing came."""
        return self._inputs(self.receiver.tick(now), now)

    def begin_snapshot(self) -> None:
        """Hold what changes books from now on; the snapshot is asked for after this."""
        self.feed.hold()
        self._snapshot = _Snapshot(self.receiver.expected)

    def snapshot_message(self, message: bytes, now: Nanos) -> list[Input]:
        """Return what a message of the snapshot means: at its end, whole books.

        Raises `MalformedFrame`: then the snapshot is worth nothing, and must be asked for again.
        """
        assert self._snapshot is not None, "a snapshot was begun"
        try:
            if message[:1] == b"G":
                end = SNAPSHOT_END.decode(message)
                assert isinstance(end, SnapshotEnd), "G ends a snapshot"
                return self._restore(self._snapshot, _number(end.sequence))
            if message[:1] and message[0] in _ORDERS:
                self._snapshot.add(self.feed, message)
                return []
            inputs = self.feed.receive(message, now)
            if message[:1] == b"R":
                self._snapshot.list(self.feed.whose(message))
        except MalformedFrame:
            self.snapshot_failed()
            raise
        return inputs

    def snapshot_failed(self) -> None:
        """Let go of a snapshot that did not come to its end."""
        if self._snapshot is not None:
            self.feed.let_go(self._snapshot.orders)
            self._snapshot = None

    def _restore(self, snapshot: "_Snapshot", sequence: int) -> list[Input]:
        """Take whole books, unless messages between them and what was held are lost."""
        if not self.feed.holding:
            raise MalformedFrame("snapshot", "the snapshot took too long: what was held is gone")
        if sequence < snapshot.needed:
            raise MalformedFrame(
                "snapshot",
                f"the snapshot goes on with message {sequence}, expected {snapshot.needed}",
            )
        self._snapshot = None
        self.feed.counts.frames += 1
        self.feed.counts.passed("BookOrders")
        return self.feed.restore(snapshot.books, sequence, snapshot.time)

    def _inputs(self, events: list[Event], now: Nanos) -> list[Input]:
        inputs: list[Input] = []
        for event in events:
            if isinstance(event, Messages):
                for number, message in enumerate(event.messages, event.sequence):
                    self.feed.sequence = number
                    inputs += self._message(message, now)
            elif isinstance(event, Lost):
                inputs += self.feed.lose(lost_words(event))
                if self._snapshot is not None:
                    self._snapshot.needed = event.last + 1
            elif isinstance(event, SessionChanged):
                self.snapshot_failed()
                inputs += self.feed.lose(f"the venue began session {event.now}")
        return inputs

    def _message(self, message: bytes, now: Nanos) -> list[Input]:
        try:
            return self.feed.receive(message, now)
        except MalformedFrame as error:
            if len(self.malformed_examples) < EXAMPLES_MAX:
                self.malformed_examples.append(f"message {self.feed.sequence}: {error}")
            if self._snapshot is not None:  # it was to be held: the snapshot must have it
                self._snapshot.needed = self.feed.sequence + 1
            return self.feed.untold()


class _Snapshot:
    """What a snapshot has told so far."""

    def __init__(self, needed: int) -> None:
        self.needed = needed  # the number that it must go on with, or a later one
        self.books: dict[InstrumentId, list[QueuedOrder]] = {}
        self.orders = 0
        self.time = Nanos(0)  # of the venue

    def list(self, instrument: InstrumentId | None) -> None:
        """Take note that a book is told; one of which no order comes is empty."""
        if instrument is not None:
            self.books.setdefault(instrument, [])

    def add(self, feed: ItchFeed, message: bytes) -> None:
        found = feed.order_of(message)
        if found is not None:
            order = (found.order, found.side, found.price, found.quantity)
            self.books.setdefault(found.instrument, []).append(order)
            self.orders += 1
            self.time = max(self.time, found.venue_time)


def lost_words(lost: Lost) -> str:
    """Return what a gap in the books says."""
    if not lost.first:
        return lost.reason
    return f"messages {lost.first} to {lost.last} are lost: {lost.reason}"


def _number(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise MalformedFrame("number", f"the end of a snapshot has the sequence number {text!r}")
    return int(digits)
