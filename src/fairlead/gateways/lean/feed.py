"""Lean's rows as inputs. A frame is the number of a file, a semicolon, and a line of it; or the
word `action` and the number of a corporate action.

Trades become trades, with Lean's sale condition and the exchange as their conditions. A quote tick
has one side: the other stays as it was. A trade bar becomes its trades (`bar_trades.py`); a quote
bar becomes the quote that it ended with, at its last moment: how it went before that, four numbers
do not tell. Suspicious ticks are dropped, as Lean drops them from its bars.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fairlead.gateways.bar_trades import bar_trades, last_moment
from fairlead.gateways.calendars import later_day
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.lean.consolidation import BarMaker
from fairlead.gateways.lean.factors import Span
from fairlead.gateways.lean.files import SECONDS, LeanFile, LocalClock
from fairlead.gateways.lean.rows import (
    Clock,
    QuoteBar,
    QuoteTick,
    Row,
    RowReader,
    TradeBar,
    TradeTick,
)
from fairlead.gateways.recorded import Oracle
from fairlead.model.inputs import Input, Quote, Trade
from fairlead.model.instruments import Instrument
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    UpdateId,
)

ACTION: Final = b"action"  # in the place of a file's number
_NO_UPDATE: Final = UpdateId(0)


class Expected(NamedTuple):
    """Bars that the ticks of a file must make, as Lean has them."""

    maker: BarMaker
    bars: dict[int, tuple[int, int, int, int, int]]
    oracle: Oracle


class Source(NamedTuple):
    """A file with what reads it."""

    file: LeanFile
    instrument: Instrument
    reader: RowReader
    clock: LocalClock
    expected: tuple[Expected, ...] = ()
    spans: tuple[Span, ...] = ()  # when the file's ticker was this security's; none: always

    def is_of_another(self, row: Row) -> bool:
        """Return whether the ticker was another security's on the day of a row."""
        day = row.clock.day or self.file.day
        return bool(self.spans) and not any(span.first <= day <= span.last for span in self.spans)

    def row(self, line: bytes) -> Row:
        """Return a line as a row. Raises `MalformedFrame`."""
        try:
            return self.reader.read(line.decode("ascii"))
        except UnicodeDecodeError as error:
            raise MalformedFrame("text", f"no ASCII at byte {error.start}") from error

    def time(self, row: Row) -> Nanos:
        """Return when a row is known: a tick at its time, a bar at its last moment."""
        if isinstance(row, TradeTick | QuoteTick):
            return self._at(row.clock)
        if self.file.resolution == "daily":
            return last_moment(self._at(Clock(later_day(row.clock.day, 1), 0)))
        return last_moment(self._at(row.clock) + SECONDS[self.file.resolution] * NANOS_PER_SECOND)

    def _at(self, clock: Clock) -> Nanos:
        return self.clock.time(clock.day or self.file.day, clock.millis, clock.nanos)


class LeanFeed:
    """The market data of the files that were opened together."""

    def __init__(self, sources: Sequence[Source], actions: Sequence[Input] = ()) -> None:
        """Take the files and the corporate actions; a frame names one by its place."""
        self._actions = actions
        instruments = {each.instrument.instrument: each.instrument for each in sources}
        self.instruments: tuple[Instrument, ...] = tuple(instruments.values())
        self.counts = FeedCounts()
        oracles = [each.oracle for source in sources for each in source.expected]
        self.oracles: tuple[Oracle, ...] = tuple({each.name: each for each in oracles}.values())
        self._sources = sources
        self._quotes = dict.fromkeys(instruments, (0, 0, 0, 0))
        self._trades = dict.fromkeys(instruments, 0)

    @property
    def needs_snapshots(self) -> tuple[InstrumentId, ...]:
        """None: there are no books."""
        return ()

    def receive(self, frame: bytes, time: Nanos) -> list[Input]:
        """Return what a line says. Raises `MalformedFrame`."""
        self.counts.frames += 1
        try:
            number, _, line = frame.partition(b";")
            if number == ACTION:
                return self._action(line)
            if not number.isdigit() or len(number) > 9 or int(number) >= len(self._sources):
                raise MalformedFrame("file", f"{number[:20]!r} is the number of no file")
            source = self._sources[int(number)]
            inputs = self._meant(source.row(line), source, time)
        except MalformedFrame as error:
            self.counts.drop(f"malformed_{error.reason}")
            raise
        if isinstance(inputs, str):
            self.counts.drop(inputs)
            return []
        self.counts.passed(type(inputs[0]).__name__)
        return inputs

    def _action(self, place: bytes) -> list[Input]:
        if not place.isdigit() or len(place) > 9 or int(place) >= len(self._actions):
            raise MalformedFrame("action", f"{place[:20]!r} is the number of no action")
        action = self._actions[int(place)]
        self.counts.passed(type(action).__name__)
        return [action]

    def finish(self) -> None:
        """Hold what the ticks made against the bars that Lean has."""
        for source in self._sources:
            for expected in source.expected:
                _compare(expected, source.file)

    def _meant(self, row: Row, source: Source, time: Nanos) -> list[Input] | str:
        if source.is_of_another(row):
            return "ticker_of_another"
        if isinstance(row, TradeTick):
            for expected in source.expected:
                expected.maker.add(row)
            return self._trade(row, source, time)
        if isinstance(row, QuoteTick):
            return self._quote_tick(row, source, time)
        if isinstance(row, QuoteBar):
            sides = row.bid[3], row.bid_size, row.ask[3], row.ask_size
            return self._quote(source.instrument.instrument, sides, time)
        return _bar(row, source, time)

    def _trade(self, row: TradeTick, source: Source, time: Nanos) -> list[Input] | str:
        if row.suspicious:
            return "suspicious"
        if not row.price or not row.size:
            raise MalformedFrame("trade", f"{row.size} traded at {row.price}")
        number = source.instrument.instrument
        self._trades[number] += 1
        conditions = f"{row.condition} {row.exchange}".strip()
        price, size, trade = Price(row.price), Quantity(row.size), str(self._trades[number])
        return [Trade(number, price, size, None, trade, time, conditions)]

    def _quote_tick(self, row: QuoteTick, source: Source, time: Nanos) -> list[Input] | str:
        if row.suspicious:
            return "suspicious"
        number = source.instrument.instrument
        bid, bid_size, ask, ask_size = self._quotes[number]
        if row.bid or row.bid_size:
            bid, bid_size = row.bid, row.bid_size
        if row.ask or row.ask_size:
            ask, ask_size = row.ask, row.ask_size
        return self._quote(number, (bid, bid_size, ask, ask_size), time)

    def _quote(
        self, number: InstrumentId, sides: tuple[int, int, int, int], time: Nanos
    ) -> list[Input]:
        bid, bid_size, ask, ask_size = sides
        if bool(bid) != bool(bid_size) or bool(ask) != bool(ask_size):
            raise MalformedFrame("quote", f"a price or a size alone is 0: {sides}")
        self._quotes[number] = sides
        prices = Price(bid), Price(ask)
        sizes = Quantity(bid_size), Quantity(ask_size)
        return [Quote(number, prices[0], sizes[0], prices[1], sizes[1], _NO_UPDATE, time)]


def _bar(row: TradeBar, source: Source, time: Nanos) -> list[Input] | str:
    number = f"{source.file.resolution}-{time}"
    trades = bar_trades(source.instrument.instrument, row.prices, row.volume, number, time)
    return [*trades] if trades else "bar_without_volume"


def _compare(expected: Expected, file: LeanFile) -> None:
    made = expected.maker.bars()
    for start in sorted({*made, *expected.bars}):
        ours, theirs = made.get(start), expected.bars.get(start)
        found = f"{file.path.name} at {start} ms: expected {theirs}, found {ours}"
        expected.oracle.compare(ours == theirs, found)
