"""The sections about a simulated market's day, and what goes wrong in it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, Strict

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.settings import (
    Contradiction,
    Duration,
    ExactNumber,
    PositiveDuration,
    Section,
    Symbol,
)
from fairlead.simulator.day_shape import U_SPREAD, U_VOLATILITY, U_VOLUME
from fairlead.simulator.days import DAY

_HALF_HOUR = 1_800 * NANOS_PER_SECOND
Curve = Annotated[
    tuple[Annotated[int, Field(ge=1, le=100_000)], ...],
    Strict(False),
    Field(min_length=1, max_length=1440),
]


class DayShapeSettings(Section):
    """How lively the parts of the day are, in percent of usual: by default like the letter U."""

    opens: Duration = Nanos(29 * _HALF_HOUR)  # after midnight UTC: 14:30
    length: PositiveDuration = Nanos(13 * _HALF_HOUR)
    volume: Curve = U_VOLUME
    volatility: Curve = U_VOLATILITY
    spread: Curve = U_SPREAD

    def contradictions(self) -> Iterator[Contradiction]:
        """Return a day that does not end on its day."""
        if self.opens + self.length > DAY:
            yield Contradiction(("length",), "an end at midnight UTC at the latest")


class ScenarioSettings(Section):
    """One thing that goes wrong, `at` so long after the session's start."""

    kind: Literal["flash_crash", "gap", "halt", "feed_outage", "burst"]
    at: Duration
    lasts: Duration = Nanos(0)
    size: ExactNumber = Field(default=Decimal(0), gt=-1, le=10)
    factor: int = Field(default=1, ge=1, le=10_000)
    symbol: Symbol | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what a kind needs and has not, or has and does not read."""
        if (self.size != 0) != (self.kind in ("flash_crash", "gap")):
            yield Contradiction(
                ("size",), "a share of the price for flash_crash and gap, below 0 downwards"
            )
        if (self.factor > 1) != (self.kind == "burst"):
            yield Contradiction(("factor",), "above 1 for burst, and for nothing else")
        if (self.lasts > 0) == (self.kind == "gap"):
            yield Contradiction(("lasts",), "above 0 for all but gap, which is at once")
        if self.kind == "feed_outage" and self.symbol is not None:
            yield Contradiction(("symbol",), "nothing: the whole feed is out")
