"""The sections about what trading costs beyond fees: our own impact, slippage, spread."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from pydantic import Field

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.settings import (
    Contradiction,
    Duration,
    ExactNumber,
    Number,
    Section,
    Symbol,
)


class ImpactedMarketSettings(Section):
    """How large the market of one instrument is, on a usual day."""

    daily_volume: Number = Field(gt=0)  # in units of the instrument
    daily_volatility_bps: Number = Field(ge=0, le=10_000)


class ImpactSettings(Section):
    """What our own trades do to the prices that we get (`simulator/impact.py` has the formulas)."""

    law: Literal["square_root", "linear"] = "square_root"
    coefficient: ExactNumber = Field(default=Decimal(1), ge=0, le=1000)
    permanent: ExactNumber = Field(default=Decimal("0.314"), ge=0, le=1000)
    half_life: Duration = Nanos(600 * NANOS_PER_SECOND)
    markets: dict[Symbol, ImpactedMarketSettings] = Field(min_length=1, max_length=1000)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return an impact that has no effect at all: it says something that is not so."""
        if not self.coefficient and not self.permanent:
            yield Contradiction(("coefficient",), "above 0, or a permanent part above 0")
