"""The section about a venue whose market is real and live, and whose fills are simulated."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.latency_settings import LatencySettings
from fairlead.node.settings import (
    Contradiction,
    Location,
    Name,
    PositiveDuration,
    Section,
    Symbol,
    matching,
    repeated,
)
from fairlead.node.venue_settings import (
    FeeSettings,
    ListedInstrumentSettings,
)

_STREAM: Final = matching(r"wss?://[^\s]+", "an address: wss://HOST/PATH")
_REST: Final = matching(r"https?://[^\s]+", "an address: https://HOST")


class SilenceSettings(Section):
    """How long each class of market data of an instrument may stay away before it is a gap."""

    book: PositiveDuration = Nanos(60 * NANOS_PER_SECOND)
    quote: PositiveDuration | None = None  # a touch may stand still for long
    trade: PositiveDuration | None = None


class SourceSettings(Section):
    """Where market data comes from."""

    source: Name  # one of `fairlead record --help`
    stream: Annotated[str, _STREAM] | None = None  # another address than the venue's own
    rest: Annotated[str, _REST] | None = None


class SecondSourceSettings(SourceSettings):
    """Where market data comes from when the first source is silent or has lost its place."""

    symbols: dict[Symbol, Symbol] = Field(default={}, max_length=200)  # ours to those of the source
    silent: PositiveDuration = Nanos(5 * NANOS_PER_SECOND)
    hold: PositiveDuration = Nanos(60 * NANOS_PER_SECOND)
    difference_bps: int = Field(default=50, ge=1, le=10_000)
    difference_time: PositiveDuration = Nanos(5 * NANOS_PER_SECOND)
    on_difference: Literal["warn", "stale"] = "warn"


class LiveVenueSettings(SourceSettings):
    """A live market, and orders that are filled as if they had been there."""

    kind: Literal["live"]
    instruments: Annotated[tuple[ListedInstrumentSettings, ...], Strict(False)] = Field(
        min_length=1, max_length=200
    )
    silence: SilenceSettings = SilenceSettings()
    backup: SecondSourceSettings | None = None
    record: Location | None = None  # where frames are recorded, as they come
    latency: LatencySettings = LatencySettings()
    queue_model: Literal["pessimistic", "proportional"] = "pessimistic"
    fees: FeeSettings = FeeSettings()

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the symbols that are there twice."""
        symbols = [instrument.symbol for instrument in self.instruments]
        for index in repeated(symbols):
            yield Contradiction(("instruments", index, "symbol"), "each symbol once")
        for symbol in self.backup.symbols if self.backup is not None else ():
            if symbol not in symbols:
                path = ("backup", "symbols", symbol)
                yield Contradiction(path, "a symbol of the instruments", about="key")
