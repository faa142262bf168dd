"""Writes the inputs of a recording into a tick store: all of it, or nothing that counts.

Parts are written aside, made durable and renamed; the catalogue comes last. Whatever breaks before
that leaves files that nobody reads, and the next import removes them.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.gateways.calendars import day_of
from fairlead.gateways.feed import RecordedFeed
from fairlead.gateways.store.catalogue import (
    Catalogue,
    Imported,
    Part,
    Source,
    digest,
    leftovers,
    rename,
    save,
    writing,
)
from fairlead.gateways.store.columns import Columns, library, schema
from fairlead.gateways.store.errors import ImportedBefore
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import InstrumentId, Nanos

ROWS_AT_ONCE: Final = 65_536  # a group of rows: small enough for memory, large enough to compress
OPEN_PARTS_MAX: Final = 128  # beyond that the oldest is finished
DAY_ROWS_MIN: Final = 4_096  # a part with fewer rows takes in the next day too: files are not free
_TOLD_EVERY: Final = 10_000  # frames
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_WHOLE_VENUE: Final = "venue"  # the folder of inputs that name no instrument

Tell = Callable[[int, int], None]  # frames read, rows written


def import_recording(
    recording: RecordedFeed,
    files: Sequence[Path],
    format: str,
    store: Path,
    tell: Tell | None = None,
    again: bool = False,
) -> Imported:
    """Write all that a recording says into a store. Raises `GatewayError`.

    The same files are refused a second time unless `again` says that it is meant.
    """
    library()
    with writing(store) as catalogue:
        sources = tuple(
            Source(path.name, path.stat().st_size, digest(path)) for path in _files(files)
        )
        if not again:
            _require_new(catalogue, sources)
        for path in leftovers(store, catalogue):
            path.unlink()
        run = _Import(recording, store, len(catalogue.imports) + 1)
        try:
            run.write(tell)
        except BaseException:
            run.abandon()
            raise
        counts = recording.counts
        imported = Imported(
            run.number,
            format,
            sources,
            counts.frames,
            dict(counts.inputs),
            dict(counts.dropped),
            counts.waiting,
            counts.gaps,
            run.rows,
        )
        save(
            store,
            msgspec.structs.replace(
                catalogue,
                imports=(*catalogue.imports, imported),
                parts=(*catalogue.parts, *run.parts),
            ),
        )
    return imported


class _Import:
    """One import under way."""

    def __init__(self, recording: RecordedFeed, store: Path, number: int) -> None:
        self.number = number
        self.rows = 0
        self.parts: list[Part] = []
        self._recording = recording
        self._instruments = {each.instrument: each for each in recording.instruments}
        self._store = store
        self._open: dict[InstrumentId, _OpenPart] = {}
        self._made = 0

    def write(self, tell: Tell | None) -> None:
        """Write everything; parts are finished as their days pass."""
        frames = 0
        for frame, (time, inputs) in enumerate(self._recording.events(), 1):
            frames = frame
            for input in inputs:
                self.rows += 1
                self._part(input, time).add(self.rows, frame, time, input)
            if tell is not None and frame % _TOLD_EVERY == 0:
                tell(frame, self.rows)
        for instrument in list(self._open):
            self._finish(instrument)
        if tell is not None:
            tell(frames, self.rows)

    def abandon(self) -> None:
        """Close what is open; what was written is removed by the next import."""
        for part in self._open.values():
            part.close()

    def _part(self, input: Input, time: Nanos) -> "_OpenPart":
        instrument, day = getattr(input, "instrument", InstrumentId(0)), day_of(time)
        if instrument not in self._instruments:
            instrument = InstrumentId(0)
        part = self._open.get(instrument)
        if part is not None and part.is_full_for(day):
            self._finish(instrument)
            part = None
        if part is None:
            if len(self._open) >= OPEN_PARTS_MAX:
                self._finish(next(iter(self._open)))
            part = self._open[instrument] = self._begin(instrument, day)
        return part

    def _begin(self, instrument: InstrumentId, day: int) -> "_OpenPart":
        terms = self._instruments.get(instrument)
        folder = _UNSAFE.sub("_", terms.symbol) if terms else _WHOLE_VENUE
        self._made += 1
        name = f"{folder}/{day}-{self.number:04}-{self._made:04}.parquet"
        return _OpenPart(self._store, name, day, self.number, terms)

    def _finish(self, instrument: InstrumentId) -> None:
        self.parts.append(self._open.pop(instrument).finish())


class _OpenPart:
    """A Parquet file that grows."""

    def __init__(
        self, store: Path, name: str, day: int, number: int, terms: Instrument | None
    ) -> None:
        self._path = store / name
        self._name, self._number, self._terms = name, number, terms
        self._days = day, day
        self._path.parent.mkdir(exist_ok=True)
        self._partial = self._path.with_name(self._path.name + ".partial")
        self._file = self._partial.open("wb")
        self._writer: Any = library().parquet.ParquetWriter(
            self._file, schema(), compression="zstd"
        )
        self._columns = Columns()
        self._kinds: dict[str, int] = {}
        self._rows = 0
        self._first = self._last = Nanos(0)

    def add(self, row: int, frame: int, time: Nanos, input: Input) -> None:
        """Add a row."""
        self._first = min(self._first, time) if self._rows else time
        self._last = max(self._last, time)
        self._rows += 1
        day = day_of(time)
        if not self._days[0] <= day <= self._days[1]:
            self._days = min(day, self._days[0]), max(day, self._days[1])
        kind = type(input).__name__
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        self._columns.add(row, frame, time, input)
        if len(self._columns) >= ROWS_AT_ONCE:
            self._writer.write_table(self._columns.take())

    def is_full_for(self, day: int) -> bool:
        """Return whether another day belongs into another part."""
        return day > self._days[1] and self._rows >= DAY_ROWS_MIN

    def finish(self) -> Part:
        """Make the part durable under its name."""
        if len(self._columns):
            self._writer.write_table(self._columns.take())
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        rename(self._partial, self._path)
        return Part(
            self._name,
            self._terms.symbol if self._terms else "",
            *self._days,
            self._number,
            self._rows,
            self._first,
            self._last,
            digest(self._path),
            self._kinds,
            self._terms,
        )

    def close(self) -> None:
        """Give the file up; a disk that is gone cannot be written to once more."""
        with suppress(OSError):
            self._writer.close()
        self._file.close()


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files themselves: of a folder, all that are in it."""
    return [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]


def _require_new(catalogue: Catalogue, sources: tuple[Source, ...]) -> None:
    known = {
        source.sha256: imported.number
        for imported in catalogue.imports
        for source in imported.sources
    }
    for source in sources:
        if source.sha256 in known:
            number = known[source.sha256]
            raise ImportedBefore(f"{source.name}: imported before, by import {number}")
