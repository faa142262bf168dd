"""A feed of a venue that sends snapshots of its books by itself, at each subscription.

What breaks a book is mended by subscribing anew. A frame that cannot be read costs the book that it
was about. Where nobody can tell which that was, it costs all books of a venue whose messages are
not numbered: nothing that comes later would show that one is missing.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.subscriptions import Topic
from fairlead.gateways.venue_book import Proof
from fairlead.gateways.venue_feed import VenueFeed
from fairlead.gateways.venue_instrument import VenueInstrument
from fairlead.model.inputs import Input, TradingStatus
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

ONLINE: Final = "online"  # how venues call it that they trade
_STATUS_SHOWN_MAX: Final = 40


class BooksFeed(VenueFeed):
    """Market data of a venue whose subscriptions begin with a snapshot."""

    numbered: ClassVar[bool]  # whether a message that is missing shows in the next one

    def __init__(
        self,
        instruments: Sequence[Instrument],
        topics: Sequence[Topic],
        limits: Mapping[DataClass, Nanos] | None = None,
    ) -> None:
        """Begin without books."""
        super().__init__(instruments, topics, limits)
        self._by_symbol: dict[str, VenueInstrument] = {}
        for each in instruments:
            made = self._make(each, self.counts)
            self._by_symbol[made.symbol] = made
        self._by_id = {each.id: each for each in self._by_symbol.values()}
        self._status = ONLINE
        self._reading: VenueInstrument | None = None  # whose book the frame is about
        self._known = False  # whether it is known what the frame is about

    def lose(self, instrument: InstrumentId, reason: str) -> list[Input]:
        """Stop believing a book; return the gap, or nothing where it was not believed."""
        return self._by_id[instrument].lose(reason)

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what `frame`, which reached us at `time`, says. Raises `MalformedFrame`."""
        self._reading, self._known = None, False
        return super().receive(frame, time)

    def connected(self, time: Nanos) -> None:
        """Begin on a new connection: subscriptions collect in what `outgoing` returns."""
        for each in self._by_id.values():
            each.begin()
        super().connected(time)

    def _make(self, instrument: Instrument, counts: FeedCounts) -> VenueInstrument:
        """Return what keeps an instrument; a venue that proves its books says how."""
        return VenueInstrument(instrument, counts, self._proof())

    def _proof(self) -> Proof | None:
        return None

    def _oracle(self, name: str) -> Oracle:
        """Return the comparison of this name, the same for all instruments."""
        for oracle in self.oracles:
            if oracle.name == name:
                return oracle
        self.oracles = (*self.oracles, Oracle(name))
        return self.oracles[-1]

    def _about(self, instrument: VenueInstrument | None) -> None:
        """Say which book the frame is about, None: no book; before its fields are read."""
        self._reading, self._known = instrument, True

    def _venue_is(self, status: str) -> list[Input]:
        """Return what a venue's word about itself means for its instruments, where it is new."""
        if status == self._status:
            return self._drop("status")
        self._status = status
        self.counts.passed("TradingStatus")
        reason = "" if status == ONLINE else f"the venue says: {status[:_STATUS_SHOWN_MAX]}"
        return [TradingStatus(each, status == ONLINE, reason) for each in self._by_id]

    def _unreadable(self, reason: str) -> list[Input]:
        if self._reading is not None:
            return self._reading.lose(reason)
        if self._known or self.numbered:
            return []
        return [gap for each in self._by_id.values() for gap in each.lose(reason)]
