"""Lean files, opened: of one data folder, of any tickers, resolutions and days, in order of time.

Prices are raw: where the folder has factor and map files, the splits, dividends and other names of
the time between the first line and the last come as inputs, each at the first moment of its day.
Where it has the bars of a day whose ticks are opened, the ticks are held against them.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from heapq import merge
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.errors import InstrumentNotInferred, MalformedFrame
from fairlead.gateways.lean.consolidation import BarMaker
from fairlead.gateways.lean.factors import Maps, Span, read_factors
from fairlead.gateways.lean.factors import actions as actions_of
from fairlead.gateways.lean.feed import ACTION, Expected, LeanFeed, Source
from fairlead.gateways.lean.files import TICK, TRADE, LeanFile, LocalClock, lean_file, time_zone
from fairlead.gateways.lean.rows import RowReader, TradeBar
from fairlead.gateways.lean.terms import instrument
from fairlead.gateways.recorded import FormatOptions, Frames, FramesThroughFeed, Oracle
from fairlead.gateways.research_files import lines
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

_ORACLES: Final = (("second", 1_000, False), ("minute", 60_000, True))


def open_lean(files: Sequence[Path], options: FormatOptions) -> FramesThroughFeed:
    """Open files of Lean's. Raises `GatewayError`."""
    found = [lean_file(path) for path in files]
    if options.symbols:
        wanted = {symbol.partition(".")[0].lower() for symbol in options.symbols}
        found = [file for file in found if file.ticker in wanted]
    if not found:
        raise InstrumentNotInferred(f"{files[0]}: nothing of {', '.join(options.symbols)} is in it")
    # Quotes before trades of the same time: a trade is held against the quote that stood.
    found.sort(key=lambda file: (file.kind == TRADE, file.day, file.path))
    maps = {market: Maps(market / "map_files") for market in sorted({*map(_market, found)})}
    securities = {file: _security(file, maps[_market(file)]) for file in found}
    instruments = _instruments(found, securities)
    oracles = {
        name: Oracle(f"{name} bars made of ticks")
        for name, _, _ in _ORACLES
        if any(file.resolution == TICK and file.kind == TRADE for file in found)
    }
    sources = [_source(file, securities[file], instruments, oracles) for file in found]
    actions = sorted(_actions(sources, securities), key=lambda action: action[0])
    feed = LeanFeed(sources, [input for _, input in actions])
    return FramesThroughFeed(_Lines(sources, feed, [time for time, _ in actions]), feed, options)


class _Security(NamedTuple):
    """What a file is of: a ticker may be another one's later."""

    key: str
    factors: Path
    tickers: tuple[Span, ...]


def _market(file: LeanFile) -> Path:
    return file.root / file.security / file.market


def _security(file: LeanFile, maps: Maps) -> _Security:
    """Return the security that had the ticker on the day of a file, or was the last to have it."""
    name, spans = maps.security(file.ticker, file.day)
    key = f"{file.security}/{file.market}/{name}"
    return _Security(key, _market(file) / "factor_files" / f"{name}.csv", tuple(spans))


def _instruments(
    files: Sequence[LeanFile], securities: dict[LeanFile, _Security]
) -> dict[str, Instrument]:
    """Return the instrument of each security, called as it was at first."""
    found: dict[str, Instrument] = {}
    for file in sorted(files, key=lambda each: (_begin(each, securities[each]), each.ticker)):
        key = securities[file].key
        if key not in found:
            found[key] = instrument(file, InstrumentId(len(found) + 1))
    return found


def _begin(file: LeanFile, security: _Security) -> int:
    spans = [span for span in security.tickers if span.ticker == file.ticker]
    return file.day or min((span.first for span in spans), default=0)


def _actions(
    sources: Sequence[Source], securities: dict[LeanFile, _Security]
) -> Iterator[tuple[Nanos, Input]]:
    """Yield the corporate actions of every security once; tickers that were not opened too."""
    done = set()
    for source in sources:
        security = securities[source.file]
        if security.key not in done:
            done.add(security.key)
            rows = read_factors(security.factors) if security.factors.is_file() else []
            yield from actions_of(source.instrument, rows, [*security.tickers], source.clock)


def _source(
    file: LeanFile,
    security: _Security,
    instruments: dict[str, Instrument],
    oracles: dict[str, Oracle],
) -> Source:
    terms = instruments[security.key]
    reader = RowReader(file, terms.price_decimals, terms.quantity_decimals)
    clock = LocalClock(time_zone(file))
    spans = tuple(span for span in security.tickers if span.ticker == file.ticker)
    return Source(file, terms, reader, clock, _expected(file, terms, oracles), spans)


def _expected(
    file: LeanFile, terms: Instrument, oracles: dict[str, Oracle]
) -> tuple[Expected, ...]:
    """Return the bars that the ticks of a file must make, as far as the folder has them."""
    if file.resolution != TICK or file.kind != TRADE or file.security != "equity":
        return ()
    return tuple(
        Expected(
            BarMaker(span, auctions=auctions),
            read_bars(file.beside(resolution), terms),
            oracles[resolution],
        )
        for resolution, span, auctions in _ORACLES
        if file.beside(resolution).is_file()
    )


def read_bars(path: Path, terms: Instrument) -> dict[int, tuple[int, int, int, int, int]]:
    """Return the trade bars of a file by the milliseconds at which they begin.

    Raises `GatewayError`.
    """
    reader = RowReader(lean_file(path), terms.price_decimals, terms.quantity_decimals)
    bars = {}
    for number, line in lines(path):
        try:
            row = reader.read(line.decode("ascii", "replace"))
        except MalformedFrame as error:
            raise InstrumentNotInferred(f"{path}:{number}: {error}") from error
        assert isinstance(row, TradeBar), "a file of trade bars has nothing else"
        opened, high, low, close = row.prices
        bars[row.clock.millis] = opened, high, low, close, row.volume
    return bars


class _Lines:
    """The lines of all files, in order of time; those of one file stay as they are."""

    def __init__(self, sources: Sequence[Source], feed: LeanFeed, actions: list[Nanos]) -> None:
        self._sources = sources
        self._actions = actions
        self._feed = feed
        self.place = ""

    def __iter__(self) -> Frames:
        """Yield every line with its time. Raises `RecordingError`."""
        streams = (self._stream(number) for number in range(len(self._sources)))
        upcoming: int | None = None  # actions before the first line are of the past
        for time, number, line_number, line in merge(*streams, key=lambda each: each[:2]):
            if upcoming is None:
                upcoming = bisect_right(self._actions, time)
            while upcoming < len(self._actions) and self._actions[upcoming] <= time:
                self.place = f"corporate action {upcoming}"
                yield self._actions[upcoming], b"%s;%d" % (ACTION, upcoming)
                upcoming += 1
            self.place = f"{self._sources[number].file.path}:{line_number}"
            yield time, b"%d;%s" % (number, line)
        self._feed.finish()

    def _stream(self, number: int) -> Iterator[tuple[Nanos, int, int, bytes]]:
        source, last = self._sources[number], Nanos(0)
        for line_number, line in lines(source.file.path):
            if not line:
                continue
            with suppress(MalformedFrame):  # it is refused when it is received, with its place
                last = source.time(source.row(line))
            yield last, number, line_number, line
