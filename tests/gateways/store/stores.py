"""Recordings made up and stores made of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.store.catalogue import Imported
from fairlead.gateways.store.reading import open_store
from fairlead.gateways.store.writing import import_recording
from fairlead.model.inputs import Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, Rate

Event = tuple[Nanos, list[Input]]
DAY = 86_400 * 10**9
MONDAY = 1_733_097_600 * 10**9  # 2024-12-02


def instrument(number: int, symbol: str, price_decimals: int = 2) -> Instrument:
    """Return terms."""
    return Instrument(
        *(InstrumentId(number), symbol, "X", "USD", InstrumentKind.SPOT, price_decimals, 0, 8),
        *(Price(1), Quantity(1), Quantity(1), Quantity(10**6), Money(0), Rate(0), Rate(0)),
    )


class Made:
    """A recording out of a list; it may break."""

    def __init__(
        self, instruments: Sequence[Instrument], events: list[Event], breaks_at: int = -1
    ) -> None:
        self.instruments = tuple(instruments)
        self.counts = FeedCounts()
        self._events = events
        self._breaks_at = breaks_at

    def events(self) -> Iterator[Event]:
        for place, (time, inputs) in enumerate(self._events):
            if place == self._breaks_at:
                raise OSError("the disk is gone")
            self.counts.frames += 1
            self.counts.passed(type(inputs[0]).__name__)
            yield time, inputs


def imported(store: Path, recording: Made, name: str = "a file") -> Imported:
    """Import a recording that is said to come from a file of such a content."""
    source = store.parent / f"{store.name}-{name}.source"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(name)
    return import_recording(recording, [source], "made", store)


def read(store: Path, *symbols: str, date: str | None = None) -> list[Event]:
    """Return all that a store says."""
    return list(open_store([store], FormatOptions(symbols=symbols, date=date)).events())
