"""What a row of the tick store costs, read and written, beside pyarrow alone.

Beside reading stands pyarrow taking the same file into its own memory: no object of Python is made,
nothing is put in order. Beside writing it stands writing a table that is there already.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import process_time_ns
from typing import Any, Final

from benchmarks.measuring import Place, Row, Sizes, Skipped, by_turns, row
from fairlead.gateways.errors import ExtraMissing
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.formats import FORMATS, FormatOptions
from fairlead.gateways.store.catalogue import load
from fairlead.gateways.store.columns import library, schema
from fairlead.gateways.store.reading import open_store
from fairlead.gateways.store.writing import import_recording
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos

NAME: Final = "storing"
_RECORDING: Final = "lean/Data/equity/usa/tick/ibm/20131007_trade.zip"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield a row for reading and one for writing."""
    file = place.market_data / _RECORDING
    try:
        arrow = library()
    except ExtraMissing as error:
        yield Skipped(NAME, str(error))
        return
    if not file.exists():
        yield Skipped(NAME, f"no recording {_RECORDING} in the market data folder")
        return
    recording = FORMATS["lean"].open([file], FormatOptions())
    events = list(islice(recording.events(), sizes.frames))
    store = place.scratch / "ticks"
    _write(store, file, recording.instruments, events)
    (part, *_) = load(store).parts
    written = store / part.file
    table = arrow.parquet.read_table(written, schema=schema())

    def read() -> int:
        began = process_time_ns()
        rows = sum(len(inputs) for _, inputs in open_store([store], FormatOptions()).events())
        took = process_time_ns() - began
        assert rows == len(events), "all that was written is read"
        return took

    def read_alone() -> int:
        began = process_time_ns()
        arrow.parquet.read_table(written)
        return process_time_ns() - began

    unit = "ns per row"
    what = f"a trade out of a store, {len(events):,} rows"
    pairs = by_turns(read, read_alone, sizes, len(events))
    yield row(NAME, what, unit, "pyarrow into its own memory", pairs)
    stores = iter(range(10**6))

    def write() -> int:
        fresh = place.scratch / f"ticks-{next(stores)}"
        return _write(fresh, file, recording.instruments, events)

    def write_alone() -> int:
        return _write_alone(arrow, place.scratch / "alone.parquet", table)

    what = f"a trade into a store, {len(events):,} rows"
    pairs = by_turns(write, write_alone, sizes, len(events))
    yield row(NAME, what, unit, "pyarrow writing a table that is there", pairs)


def _write(
    store: Path,
    file: Path,
    instruments: tuple[Instrument, ...],
    events: list[tuple[Nanos, list[Input]]],
) -> int:
    began = process_time_ns()
    import_recording(_Remembered(instruments, events), [file], NAME, store, again=True)
    return process_time_ns() - began


def _write_alone(arrow: Any, path: Path, table: Any) -> int:
    began = process_time_ns()
    arrow.parquet.write_table(table, path, compression="zstd")
    return process_time_ns() - began


class _Remembered:
    """A recording that is in memory: what it costs to decode one is measured elsewhere."""

    def __init__(
        self, instruments: tuple[Instrument, ...], events: list[tuple[Nanos, list[Input]]]
    ) -> None:
        self.instruments = instruments
        self.counts = FeedCounts()
        self._events = events

    def events(self) -> Iterator[tuple[Nanos, list[Input]]]:
        """Yield them."""
        for time, inputs in self._events:
            self.counts.frames += 1
            self.counts.passed(type(inputs[0]).__name__)
            yield time, inputs
