"""Recordings as one stream: several files, formats and instruments, in the order of their times.

Each recording numbers its instruments from 1; here each gets a number of its own, in the order in
which the configuration names the recordings. What happens at the same time comes in that order too.
"""

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Final, Literal

import msgspec

from fairlead.gateways.feed import FeedCounts, RecordedFeed
from fairlead.gateways.formats import FormatOptions, format_named
from fairlead.gateways.recorded import Recorded
from fairlead.model.inputs import (
    BookChange,
    BookOrder,
    BookOrders,
    BookSnapshot,
    Input,
    Quote,
)
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos
from fairlead.node.venue_settings import RecordingSettings

Event = tuple[Nanos, list[Input]]
Data = Literal["book", "touch", "bars"]

_LOOKED_AT: Final = 5_000  # events in which a recording with a book has shown it


class Recordings:
    """Opened recordings, read as one. What they count is read anew each time it is asked for."""

    def __init__(self, settings: Sequence[RecordingSettings]) -> None:
        """Open them. Nothing is read before `events`. Raises the errors of gateways."""
        self._feeds = [_opened(one) for one in settings]
        self._firsts: list[int] = []  # how many instruments come before those of each
        listed: list[Instrument] = []
        for feed in self._feeds:
            first = len(listed)
            self._firsts.append(first)
            listed += [
                msgspec.structs.replace(one, instrument=InstrumentId(one.instrument + first))
                for one in feed.instruments
            ]
        self.instruments: tuple[Instrument, ...] = tuple(listed)

    @property
    def counts(self) -> FeedCounts:
        """What came in and what became of it, in all of them."""
        total = FeedCounts()
        for feed in self._feeds:
            counts = feed.counts
            total.frames += counts.frames
            total.waiting += counts.waiting
            total.gaps += counts.gaps
            for kind, count in counts.inputs.items():
                total.inputs[kind] = total.inputs.get(kind, 0) + count
            for reason, count in counts.dropped.items():
                total.dropped[reason] = total.dropped.get(reason, 0) + count
        return total

    @property
    def times_backwards(self) -> int:
        """How many records came with a time before that of the one before them, and were held."""
        return sum(
            feed.records.times_backwards for feed in self._feeds if isinstance(feed, Recorded)
        )

    def events(self) -> Iterator[Event]:
        """Yield what each frame means, in the order of their times."""
        streams = [
            _numbered(_in_order(feed.events()), first)
            for feed, first in zip(self._feeds, self._firsts, strict=True)
        ]
        return streams[0] if len(streams) == 1 else heapq.merge(*streams, key=itemgetter(0))


def data_of(settings: Sequence[RecordingSettings]) -> Data:
    """Return what recordings show, by how they begin: a book, the touch alone, or only trades.

    What was recorded with its frames always has a book, which may begin late.
    """
    if any(one.format in ("binance-raw", "ws-recording") for one in settings):
        return "book"
    quoted = False
    for _, inputs in islice(Recordings(settings).events(), _LOOKED_AT):
        for one in inputs:
            if isinstance(one, BookSnapshot | BookChange | BookOrders | BookOrder):
                return "book"
            quoted = quoted or isinstance(one, Quote)
    return "touch" if quoted else "bars"


def _opened(settings: RecordingSettings) -> RecordedFeed:
    market = None if settings.market == "auto" else settings.market
    options = FormatOptions(symbols=settings.symbols, market=market, date=settings.date)
    return format_named(settings.format).open(settings.files, options)


def _in_order(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events; one that was recorded with an earlier time keeps the last time.

    A recorder's clock may be put back. Order is the order of the file, as order is by number.
    """
    last = Nanos(0)
    for time, inputs in events:
        last = max(last, time)
        yield last, inputs


def _numbered(events: Iterator[Event], first: int) -> Iterator[Event]:
    """Yield the events with the instruments numbered behind those that come before."""
    if not first:
        yield from events
        return
    for time, inputs in events:
        yield time, [_renumbered(one, first) for one in inputs]


def _renumbered(input: Input, first: int) -> Input:
    instrument = getattr(input, "instrument", None)
    if instrument is None:
        return input
    return msgspec.structs.replace(input, instrument=InstrumentId(instrument + first))
