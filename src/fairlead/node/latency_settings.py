"""The section about how long things take on their way to a venue and back."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, Strict

from fairlead.model.units import Nanos
from fairlead.node.settings import (
    Contradiction,
    Duration,
    Location,
    Number,
    PositiveDuration,
    Section,
    decimals,
)

SHARE_DECIMALS: Final = 6  # of a percentage: what the simulator counts shares in

# Which keys each model reads, beside the latencies themselves.
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "uniform": (),
    "quantiles": ("quantiles",),
    "lognormal": ("median", "p99"),
    "gamma": ("mean", "stages"),
    "recorded": ("file",),
    "measured": ("clock_ahead", "clock_behind"),
}


class LatencyQuantile(Section):
    """The extra time that this percentage of all messages does not exceed."""

    percent: Number = Field(ge=0, le=100)
    extra: Duration


class LatencySettings(Section):
    """How long things take on their way: at least so long, and more by a model."""

    order: PositiveDuration = Nanos(500_000)
    report: PositiveDuration = Nanos(500_000)
    market_data: PositiveDuration = Nanos(400_000)
    jitter: Duration = Nanos(100_000)
    model: Literal["uniform", "quantiles", "lognormal", "gamma", "recorded", "measured"] = "uniform"
    quantiles: Annotated[tuple[LatencyQuantile, ...], Strict(False)] = Field(
        default=(), max_length=1000
    )
    median: Duration = Nanos(0)
    p99: Duration = Nanos(0)
    mean: Duration = Nanos(0)
    stages: int = Field(default=1, ge=1, le=64)
    file: Location | None = None
    clock_ahead: Duration = Nanos(0)
    clock_behind: Duration = Nanos(0)
    service_time: Duration = Nanos(0)

    def contradictions(self) -> Iterator[Contradiction]:
        """Return what the model needs and has not, and what it would not read."""
        read = _KEYS[self.model]
        for key in ("quantiles", "median", "p99", "mean", "stages", "file", *_KEYS["measured"]):
            if key not in read and getattr(self, key) != type(self).model_fields[key].default:
                yield Contradiction((key,), f"nothing here: {self.model} does not read it", "key")
        if self.model == "quantiles":
            yield from self._table()
        elif self.model == "lognormal" and not 0 < self.median <= self.p99:
            yield Contradiction(("p99",), "at least the median, and a median above 0")
        elif self.model == "gamma" and self.mean < self.stages:
            yield Contradiction(("mean",), "at least as many nanoseconds as there are stages")
        elif self.model == "recorded" and self.file is None:
            yield Contradiction(("file",), "a file of lines: time, order latency, report latency")

    def _table(self) -> Iterator[Contradiction]:
        shares = [one.percent for one in self.quantiles]
        extras = [one.extra for one in self.quantiles]
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != Decimal(100):
            yield Contradiction(("quantiles",), "from percent 0 to percent 100")
        elif sorted(set(shares)) != shares or sorted(extras) != extras:
            yield Contradiction(("quantiles",), "rising percentages, and times that do not fall")
        for index, share in enumerate(shares):
            if decimals(share) > SHARE_DECIMALS:
                yield Contradiction(("quantiles", index, "percent"), "at most 6 decimals")
