"""Holds a tick store against what its catalogue says of it, and its market data against itself."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.gateways.calendars import TradingCalendar, local_day, trading_days_missed
from fairlead.gateways.store.catalogue import Catalogue, Part, digest, leftovers
from fairlead.gateways.store.errors import StoreError
from fairlead.gateways.store.reading import read_part
from fairlead.model.inputs import BookSnapshot, Input, Quote, Trade
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos

EXAMPLES_MAX: Final = 5

DAMAGE: Final = ("unreadable", "hash", "rows", "times", "kinds", "conservation")  # of the store
_DAYS_SHOWN: Final = 3
_QUARTER: Final = 900 * NANOS_PER_SECOND


class Finding(msgspec.Struct):
    """One kind of thing that was found, how often, and the first few places."""

    what: str
    count: int = 0
    examples: list[str] = []

    @property
    def is_damage(self) -> bool:
        """Whether the store is not what was written; else it is the data that is strange."""
        return self.what in DAMAGE


class StoreCheck:
    """One pass over a store. What it found is in `findings`, what it looked at in the counts."""

    def __init__(self, store: Path, catalogue: Catalogue, calendar: TradingCalendar | None) -> None:
        """Take the store, and the calendar that gaps between days are held against."""
        self.parts = 0
        self.rows = 0
        self.leftovers = len(leftovers(store, catalogue))
        self.findings: dict[str, Finding] = {}
        self._store = store
        self._catalogue = catalogue
        self._calendar = calendar
        self._days: dict[str, set[int]] = {}

    def run(self, parts: Sequence[Part], tell: Callable[[int], None] | None = None) -> None:
        """Check the parts, then what they are together; `tell` hears of each part."""
        for part in parts:
            self._part(part)
            self.parts += 1
            if tell is not None:
                tell(self.parts)
        self._conservation()
        if self._calendar is not None:
            for symbol in sorted(self._days):
                self._gaps(symbol, self._calendar)

    @property
    def is_whole(self) -> bool:
        """Whether the store is what was written to it."""
        return not any(finding.is_damage for finding in self.findings.values())

    def _part(self, part: Part) -> None:
        try:
            found = digest(self._store / part.file)
            if found != part.sha256:
                self._find("hash", f"{part.file}: sha256 {found}, expected {part.sha256}")
            self._contents(part)
        except StoreError as error:
            self._find("unreadable", str(error))

    def _contents(self, part: Part) -> None:
        own = part.instrument.instrument if part.instrument else InstrumentId(0)
        seen = _Seen(self._calendar)
        for row, _, time, input in read_part(self._store, part, own):
            for what in seen.take(row, time, input):
                self._find(what, f"{part.file}: row {row} at {time}")
        self.rows += seen.rows
        if part.symbol:
            self._days.setdefault(part.symbol, set()).update(seen.days)
        if seen.rows != part.rows:
            self._find("rows", f"{part.file}: {seen.rows} rows, expected {part.rows}")
        elif seen.kinds != part.kinds:
            self._find("kinds", f"{part.file}: {seen.kinds}, expected {part.kinds}")
        elif (seen.first, seen.latest) != (part.first_time, part.last_time):
            self._find("times", f"{part.file}: times from {seen.first} to {seen.latest}")

    def _conservation(self) -> None:
        """Every frame of an import is an input, dropped or waiting; every input is in a part."""
        for imported in self._catalogue.imports:
            place = f"import {imported.number}"
            out = sum(imported.inputs.values()) + sum(imported.dropped.values())
            if imported.frames != out + imported.waiting:
                self._find(
                    "conservation",
                    f"{place}: {imported.frames} frames, {out + imported.waiting} accounted for",
                )
            stored = sum(
                part.rows for part in self._catalogue.parts if part.imported == imported.number
            )
            if stored != imported.rows:
                self._find("conservation", f"{place}: {stored} rows, expected {imported.rows}")

    def _gaps(self, symbol: str, calendar: TradingCalendar) -> None:
        days = sorted(self._days[symbol])
        for before, after in pairwise(days):
            missed = trading_days_missed(calendar, before, after)
            for day in missed[:_DAYS_SHOWN]:
                self._find("day_missing", f"{symbol}: no data of trading day {day}")
            for _ in missed[_DAYS_SHOWN:]:
                self._find("day_missing", "")

    def _find(self, what: str, example: str) -> None:
        finding = self.findings.setdefault(what, Finding(what, 0, []))
        finding.count += 1
        if example and len(finding.examples) < EXAMPLES_MAX:
            finding.examples.append(example)


class _Seen:
    """What the rows of one part have told so far."""

    def __init__(self, calendar: TradingCalendar | None) -> None:
        self.rows = 0
        self._calendar = calendar
        self._quarter = 0  # of an hour: clocks change at no finer step
        self.first = self.latest = 0
        self.kinds: dict[str, int] = {}
        self.days: set[int] = set()
        self._row = 0
        self._time = 0
        self._last: Any = None
        self._trade = ""

    def take(self, row: int, time: Nanos, input: Input) -> Iterator[str]:
        """Yield what is strange about a row, of all that came before it."""
        if row <= self._row:
            yield "rows"
        if time < self._time:
            yield "time_backwards"
        if input == self._last:
            yield "duplicate"
        elif isinstance(input, Trade) and input.trade_id:
            if input.trade_id == self._trade:
                yield "duplicate"
            self._trade = input.trade_id
        yield from _crossing(input)
        self._count(row, time, input)

    def _count(self, row: int, time: Nanos, input: Input) -> None:
        self.first = min(self.first, time) if self.rows else time
        self.latest = max(self.latest, time)
        self.rows += 1
        kind = type(input).__name__
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        quarter = time // _QUARTER
        if self._calendar is not None and quarter != self._quarter:
            self._quarter = quarter
            self.days.add(local_day(time, self._calendar.zone))
        self._row, self._time, self._last = row, time, input


def _crossing(input: Input) -> Iterator[str]:
    if isinstance(input, Quote):
        bid, ask = input.bid_price, input.ask_price
    elif isinstance(input, BookSnapshot) and input.bids and input.asks:
        bid, ask = input.bids[0][0], input.asks[0][0]
    else:
        return
    if bid and ask and bid >= ask:
        yield "crossed" if bid > ask else "locked"
