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


class LiveVenueSettings(SourceSettings):
    """A live market, and orders that are filled as if they had been there."""

    kind: Literal["live"]
    instruments: Annotated[tuple[ListedInstrumentSettings, ...], Strict(False)] = Field(
        min_length=1, max_length=200
    )
    silence: SilenceSettings = SilenceSettings()
    record: Location | None = None  # where frames are recorded, as they come
    latency: LatencySettings = LatencySettings()
    queue_model: Literal["pessimistic", "proportional"] = "pessimistic"
    fees: FeeSettings = FeeSettings()

    def contradictions(self) -> Iterator[Contradiction]:
        """Return the symbols that are there twice."""
        symbols = [instrument.symbol for instrument in self.instruments]
        for index in repeated(symbols):
            yield Contradiction(("instruments", index, "symbol"), "each symbol once")
