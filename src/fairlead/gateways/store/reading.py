"""Reads a tick store: the very inputs that were imported, at the very times, in their order.

Within an import that is the order in which they came, whatever their times; imports are merged by
time. Batches are read as they are needed: memory does not grow with the store.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.gateways.calendars import later_day, start_of
from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.store.catalogue import Catalogue, Part, load
from fairlead.gateways.store.columns import inputs_of, library, names
from fairlead.gateways.store.errors import StoreDamaged, StoreUnreadable
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

ROWS_AT_ONCE: Final = 16_384
_NEVER: Final = Nanos(2**63)

_Stored = tuple[int, int, Nanos, Input]  # row, frame, time, input


class StoredFeed:
    """What a store has of some symbols and days: a `RecordedFeed`."""

    def __init__(self, store: Path, parts: Sequence[Part], day: int = 0) -> None:
        """Take the parts, and the day if it is one alone.

        Raises `InstrumentNotInferred` if the terms of the parts contradict each other.
        """
        self.counts = FeedCounts()
        self._store = store
        self._parts = parts
        self._begin = start_of(day) if day else Nanos(0)
        self._end = start_of(later_day(day, 1)) if day else _NEVER
        self._numbers = _numbers(parts)
        self.instruments: tuple[Instrument, ...] = tuple(_terms(parts, self._numbers))

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield what each frame meant with its receive time. Raises `StoreError`."""
        imports = sorted({part.imported for part in self._parts})
        streams = [self._imported(number) for number in imports]
        for time, inputs in merge(*streams, key=lambda event: event[0]):
            self.counts.frames += 1
            self.counts.passed(type(inputs[0]).__name__)
            yield time, inputs

    def _imported(self, number: int) -> Iterator[tuple[Nanos, list[Input]]]:
        parts = [self._rows(part) for part in self._parts if part.imported == number]
        for _, group in groupby(merge(*parts, key=_row), key=_frame):
            rows = list(group)
            if self._begin <= rows[0][2] < self._end:
                yield rows[0][2], [input for _, _, _, input in rows]

    def _rows(self, part: Part) -> Iterator[_Stored]:
        own = part.instrument.instrument if part.instrument else InstrumentId(0)
        number = self._numbers.get(part.symbol, own)
        for row in read_part(self._store, part, own):
            yield row if own == number else (*row[:3], _renumbered(row[3], number))


def open_store(files: Sequence[Path], options: FormatOptions) -> StoredFeed:
    """Open a store, or as much of it as `symbols` and `date` say. Raises `GatewayError`."""
    if len(files) != 1:
        raise StoreUnreadable(f"{len(files)} stores, expected one")
    (store,) = files
    day = day_number(options.date)
    parts = chosen(load(store), options.symbols, day)
    if not parts:
        asked = ", ".join((*options.symbols, options.date or "")).strip(", ") or "anything"
        raise InstrumentNotInferred(f"{store}: nothing of {asked}")
    return StoredFeed(store, parts, day)


def chosen(catalogue: Catalogue, symbols: Sequence[str], day: int = 0) -> list[Part]:
    """Return the parts of some symbols (all if none is named) and of one day (0: all)."""
    return [
        part
        for part in catalogue.parts
        if (not symbols or part.symbol in symbols or not part.symbol)
        and (not day or part.day <= day <= part.last_day)
    ]


def day_number(text: str | None) -> int:
    """Return yyyy-mm-dd as a number, 0 of nothing. Raises `InstrumentNotInferred`."""
    if not text:
        return 0
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InstrumentNotInferred(f"{text!r} is no day, expected yyyy-mm-dd") from None
    return day.year * 10_000 + day.month * 100 + day.day


def read_part(store: Path, part: Part, instrument: InstrumentId) -> Iterator[_Stored]:
    """Yield the rows of a part. Raises `StoreError`."""
    for batch in batches(store, part):
        try:
            yield from inputs_of(batch, instrument)
        except (UndecodableRecord, KeyError, TypeError) as error:
            raise StoreDamaged(f"{store / part.file}: {error}") from error


def batches(store: Path, part: Part) -> Iterator[Any]:
    """Yield a part as batches of pyarrow's, all columns. Raises `StoreError`."""
    arrow = library()
    path = store / part.file
    try:
        with arrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches(ROWS_AT_ONCE, columns=[*names()])
    except FileNotFoundError as error:
        raise StoreUnreadable(f"{path}: missing, and the catalogue names it") from error
    except (arrow.ArrowException, OSError) as error:
        raise StoreDamaged(f"{path}: {error}") from error


def _numbers(parts: Sequence[Part]) -> dict[str, InstrumentId]:
    """Return the number of each symbol: its own, unless two symbols have the same."""
    own: dict[str, InstrumentId] = {}
    for part in parts:
        if part.instrument is not None:
            own[part.symbol] = part.instrument.instrument
    if len(set(own.values())) == len(own):
        same = all(
            own[part.symbol] == part.instrument.instrument for part in parts if part.instrument
        )
        if same:
            return own
    return {symbol: InstrumentId(place) for place, symbol in enumerate(sorted(own), 1)}


def _terms(parts: Sequence[Part], numbers: dict[str, InstrumentId]) -> Iterator[Instrument]:
    """Yield the newest terms of each symbol; they may not change what an increment is."""
    found: dict[str, Instrument] = {}
    for part in sorted(parts, key=lambda each: (each.day, each.imported)):
        terms, before = part.instrument, found.get(part.symbol)
        if terms is None:
            continue
        if before is not None and _precision(before) != _precision(terms):
            raise InstrumentNotInferred(
                f"{part.symbol} has {_precision(before)} decimals of price and quantity before"
                f" {part.day} and {_precision(terms)} on it: read the days apart"
            )
        found[part.symbol] = msgspec.structs.replace(terms, instrument=numbers[part.symbol])
    yield from sorted(found.values(), key=lambda each: each.instrument)


def _precision(terms: Instrument) -> tuple[int, int]:
    return terms.price_decimals, terms.quantity_decimals


def _renumbered(input: Input, number: InstrumentId) -> Input:
    return msgspec.structs.replace(input, instrument=number)


def _row(stored: _Stored) -> int:
    return stored[0]


def _frame(stored: _Stored) -> int:
    return stored[1]
