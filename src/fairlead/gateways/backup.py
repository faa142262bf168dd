"""Two sources of the same instruments: one is believed, the other one stands by.

*Switching.* A source is well for an instrument as long as its book is whole and something came of
it within a limit. When the first one has not been well for that limit and the second one is, the
second is believed from now on: that is said (`FeedSourceChanged`), its whole book follows, then
what it says. The way back is slower: the first has to have been well without a break for a hold
time. While neither is well nothing changes; the gap was said already.

*No trade twice.* Two connections to one venue share its trade ids (`shares_trades`): a trade that
was passed is not passed again, and what the other one told in the meantime is passed when it takes
over. Two venues share nothing: a trade of the new source that is not later, by the venue's time,
than the last one of the old source is left out.

*Held against each other.* When the middles of both books are apart by more than a limit for longer
than a time, one of them is wrong and nobody knows which: it is said (`WarningRaised`), and where
that is configured the book is a gap until they agree again.

No socket and no clock: whoever carries the lines tells what came, and when it is time.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from fairlead.gateways.shadow_book import ShadowBook
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookOrder,
    BookOrders,
    BookSnapshot,
    FeedSourceChanged,
    Input,
    Quote,
    Trade,
    WarningRaised,
)
from fairlead.model.instruments import Instrument
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

PRIMARY: Final = 0
SECONDARY: Final = 1
TICK: Final = Nanos(NANOS_PER_SECOND // 10)  # how often silence and differences are looked at
TRADES_KEPT_MAX: Final = 10_000  # of one instrument: some minutes of a busy one
_WAITS: Final = "trade of who stands by"
_FAR: Final = Nanos((1 << 62) - 1)
_BOOKS: Final = (BookSnapshot, BookChange, BookOrders, BookOrder, Quote, BookGap)


class BackupTerms(NamedTuple):
    """When a source is given up, when it is taken again, and how far two may be apart."""

    silent: Nanos = Nanos(5 * NANOS_PER_SECOND)
    hold: Nanos = Nanos(60 * NANOS_PER_SECOND)
    shares_trades: bool = False
    difference_bps: int = 50
    difference_time: Nanos = Nanos(5 * NANOS_PER_SECOND)
    difference_makes_stale: bool = False


class BackupCounts:
    """What became of what came. in = passed + held back, of each source."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.came = [0, 0]
        self.passed = [0, 0]
        self.held_back: list[dict[str, int]] = [{}, {}]  # by reason
        self.switches = 0
        self.disputes = 0

    def hold_back(self, source: int, reason: str) -> None:
        """Count an input that is not passed on."""
        held = self.held_back[source]
        held[reason] = held.get(reason, 0) + 1

    @property
    def balanced(self) -> bool:
        """Whether everything is accounted for; trades that wait to be passed count as held back."""
        return all(
            self.came[source] == self.passed[source] + sum(self.held_back[source].values())
            for source in (PRIMARY, SECONDARY)
        )


class Backup:
    """The arbiter between a primary source and a secondary one."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        names: Sequence[str],
        terms: BackupTerms,
    ) -> None:
        """Take what both tell of, and how they are called: the primary one first."""
        self.counts = BackupCounts()
        self._terms = terms
        self._pairs = {
            each.instrument: _Pair(each, (names[0], names[1]), terms, self.counts)
            for each in instruments
        }
        self._next_time = Nanos(0)

    @property
    def next_time(self) -> Nanos:
        """When `tick` is due."""
        return self._next_time

    def source_of(self, instrument: InstrumentId) -> int:
        """Return which source is believed."""
        return self._pairs[instrument].believed

    def happened(self, source: int, inputs: Iterable[Input], time: Nanos) -> list[Input]:
        """Return what is passed on of what a source said, which came at `time`."""
        passed: list[Input] = []
        for input in inputs:
            self.counts.came[source] += 1
            pair = self._pairs.get(getattr(input, "instrument", InstrumentId(0)))
            if pair is None:  # of no instrument that both have
                self.counts.passed[source] += 1
                passed.append(input)
            else:
                passed += pair.take(source, input, time)
        return passed

    def tick(self, time: Nanos) -> list[Input]:
        """Return what follows from the passing of time."""
        self._next_time = Nanos(time + TICK)
        return [said for pair in self._pairs.values() for said in pair.tick(time)]

    def books(self) -> list[Input]:
        """Return the whole books of the believed sources, for who has lost them."""
        said = (pair.believed_book() for pair in self._pairs.values())
        return [book for book in said if book is not None]


class _Pair:
    """One instrument and its two sources."""

    def __init__(
        self,
        instrument: Instrument,
        names: tuple[str, str],
        terms: BackupTerms,
        counts: BackupCounts,
    ) -> None:
        self.believed = PRIMARY
        self._id = instrument.instrument
        self._symbol = instrument.symbol
        self._names = names
        self._terms = terms
        self._counts = counts
        self._sources = (_Source(self._id), _Source(self._id))
        self._trades = _PassedTrades(terms.shares_trades)
        self._apart_since = _FAR
        self._disputed = False
        self._began = False

    def take(self, source: int, input: Input, time: Nanos) -> list[Input]:
        """Return what is passed on."""
        self._sources[source].heard(input, time)
        if isinstance(input, Trade):
            reason = self._trades.why_not(input, believed=source == self.believed)
        elif source != self.believed:
            reason = "stands by"
        elif self._holds_books and isinstance(input, _BOOKS):
            reason = "sources disagree"
        else:
            reason = ""
        if reason:
            self._counts.hold_back(source, reason)
            return []
        self._counts.passed[source] += 1
        return [input]

    def tick(self, time: Nanos) -> list[Input]:
        """Return a change of source, or that the sources disagree."""
        if not self._began:
            self._began = True
            for source in self._sources:
                source.begin(time)
            return [FeedSourceChanged(self._id, self._names[PRIMARY], "the session begins")]
        for source in self._sources:
            source.look(time, self._terms.silent)
        return [*self._switched(time), *self._compared(time)]

    def believed_book(self) -> Input | None:
        """Return the whole book, None where it is not to be believed."""
        return None if self._holds_books else self._sources[self.believed].book.said()

    def _switched(self, time: Nanos) -> list[Input]:
        first, second = self._sources
        if self.believed == PRIMARY:
            if not (second.is_well and first.unwell_for(time) >= self._terms.silent):
                return []
            return self._switch(SECONDARY, f"{self._names[PRIMARY]}: {first.trouble}", time)
        back = first.well_for(time) >= self._terms.hold
        if back or (first.is_well and second.unwell_for(time) >= self._terms.silent):
            why = f"well for {self._terms.hold // NANOS_PER_SECOND} s"
            reason = why if back else f"{self._names[SECONDARY]}: {second.trouble}"
            return self._switch(PRIMARY, reason, time)
        return []

    def _switch(self, source: int, reason: str, time: Nanos) -> list[Input]:
        """Believe another source: say so, then its book, then the trades that only it told."""
        self.believed = source
        self._counts.switches += 1
        book = self.believed_book()
        missed = self._trades.taken_over()
        self._counts.passed[source] += len(missed)
        for _ in missed:
            self._counts.held_back[source][_WAITS] -= 1
        told = FeedSourceChanged(self._id, self._names[source], reason)
        return [told, *([book] if book is not None else []), *missed]

    def _compared(self, time: Nanos) -> list[Input]:
        """Hold the middles of both against each other."""
        apart = self._apart_bps()
        if apart is None or apart <= self._terms.difference_bps:
            self._apart_since = _FAR
            return self._agreed() if self._disputed and apart is not None else []
        self._apart_since = min(self._apart_since, time)
        if self._disputed or time - self._apart_since < self._terms.difference_time:
            return []
        self._disputed = True
        self._counts.disputes += 1
        text = (
            f"{self._symbol}: {self._names[0]} and {self._names[1]} are {apart} basis points"
            f" apart, for longer than {self._terms.difference_time / NANOS_PER_SECOND:g} s"
        )
        warning = WarningRaised(f"feed {self._symbol}", text)
        if self._terms.difference_makes_stale:
            return [warning, BookGap(self._id, "the sources disagree")]
        return [warning]

    def _agreed(self) -> list[Input]:
        held, self._disputed = self._holds_books, False
        book = self.believed_book() if held else None
        return [] if book is None else [book]

    @property
    def _holds_books(self) -> bool:
        return self._disputed and self._terms.difference_makes_stale

    def _apart_bps(self) -> int | None:
        """Return how far the middles are apart, None where one of them is not known."""
        first, second = (one.book.doubled_mid() for one in self._sources)
        if not (first and second and all(one.is_well for one in self._sources)):
            return None
        return abs(first - second) * 10_000 // min(first, second)


class _Source:
    """How well one source is for one instrument."""

    def __init__(self, instrument: InstrumentId) -> None:
        self.book = ShadowBook(instrument)
        self.is_well = False
        self.trouble = "nothing came yet"
        self._since = Nanos(0)  # it is as it is
        self._heard = Nanos(0)

    def begin(self, time: Nanos) -> None:
        """Count silence from now on."""
        if not self._heard:
            self._since = self._heard = time

    def heard(self, input: Input, time: Nanos) -> None:
        """Follow what it says."""
        self.book.apply(input)
        if isinstance(input, BookGap):
            self._fail(input.reason, time)
        else:
            self._heard = time
            if self.book.known and not self.is_well:
                self.is_well, self._since = True, time

    def look(self, time: Nanos, silent: Nanos) -> None:
        """Take note of silence: it began when the last thing came."""
        silence = time - self._heard
        if self.is_well and silence >= silent:
            self._fail(f"silent for {silence / NANOS_PER_SECOND:g} s", self._heard)

    def well_for(self, time: Nanos) -> int:
        """Return for how long it has been well, 0 if it is not."""
        return time - self._since if self.is_well else 0

    def unwell_for(self, time: Nanos) -> int:
        """Return for how long it has not been well, 0 if it is."""
        return 0 if self.is_well else time - self._since

    def _fail(self, trouble: str, since: Nanos) -> None:
        self.trouble = trouble
        if self.is_well:
            self.is_well, self._since = False, since


class _PassedTrades:
    """Which trades were passed on, so that none is again."""

    def __init__(self, shared: bool) -> None:
        self._shared = shared
        self._ids: dict[str, None] = {}  # the oldest first
        self._waiting: deque[Trade] = deque(maxlen=TRADES_KEPT_MAX)
        self._newest = Nanos(0)  # by the venue's time, of those that were passed
        self._floor = Nanos(0)  # what is not later is known from the source before

    def why_not(self, trade: Trade, *, believed: bool) -> str:
        """Return why a trade is not passed on now, empty if it is."""
        if self._shared:
            if trade.trade_id in self._ids:
                return "trade passed before"
            if not believed:
                self._waiting.append(trade)
                return _WAITS
            self._passed(trade.trade_id)
        elif not believed:
            return "stands by"
        elif 0 < trade.venue_time <= self._floor:
            return "trade not later than the last one of the other source"
        self._newest = max(self._newest, trade.venue_time)
        return ""

    def taken_over(self) -> list[Trade]:
        """Return what only the new source has told, each once."""
        self._floor = self._newest
        waiting, missed = list(self._waiting), []
        self._waiting.clear()
        for trade in waiting:
            told_since = not trade.venue_time or trade.venue_time >= self._floor
            if told_since and trade.trade_id not in self._ids:
                self._passed(trade.trade_id)
                missed.append(trade)
        return missed

    def _passed(self, trade_id: str) -> None:
        self._ids[trade_id] = None
        if len(self._ids) > TRADES_KEPT_MAX:
            del self._ids[next(iter(self._ids))]
