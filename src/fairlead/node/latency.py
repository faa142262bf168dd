"""How long things take: a histogram of nanoseconds, as HdrHistogram has them (Tene 2012).

Each power of two has 128 buckets of one width, so a span is known to 1/128 of itself, from a
nanosecond to centuries, and to the nanosecond below 256. Memory is fixed and made at the start;
counting makes nothing that stays. Everything is an integer. Histograms of one kind can be added up:
percentiles cannot. The library of that name is a C extension behind `ctypes`: counting costs four
times as much there.
"""

from array import array
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from fairlead.model.units import Nanos

_SUB_BITS: Final = 7
_SUB_BUCKETS: Final = 1 << _SUB_BITS
_BUCKETS: Final = (64 - _SUB_BITS) * _SUB_BUCKETS
PER_MILLES: Final = {"p50": 500, "p90": 900, "p99": 990, "p999": 999}


class Bucket(NamedTuple):
    """Spans that are counted as one: the longest that can be among them, and how many."""

    upper: Nanos
    spans: int


class Latencies:
    """Counts spans of time; answers with percentiles."""

    def __init__(self) -> None:
        """Begin empty."""
        self._counts = array("Q", bytes(8 * _BUCKETS))
        self.count = 0
        self.max = Nanos(0)

    def record(self, span: Nanos) -> None:
        """Count one span; a negative one (a clock that was put back) counts as 0."""
        self.record_all(span, 1)

    def record_all(self, span: Nanos, count: int) -> None:
        """Count several spans of one length."""
        value = max(span, 0)
        self.count += count
        if value > self.max:
            self.max = Nanos(value)
        shift = value.bit_length() - _SUB_BITS - 1
        self._counts[value if shift <= 0 else (shift << _SUB_BITS) + (value >> shift)] += count

    def add(self, other: "Latencies") -> None:
        """Count all that another one has counted."""
        self.count += other.count
        self.max = max(self.max, other.max)
        for bucket, count in enumerate(other._counts):
            if count:
                self._counts[bucket] += count

    def percentile(self, per_mille: int) -> Nanos:
        """Return a span that `per_mille` of 1000 do not exceed, at most 1/128 above the least such;
        0 when empty.
        """
        rank = -(-self.count * per_mille // 1000)
        seen = 0
        for bucket in self.buckets():
            seen += bucket.spans
            if seen >= rank:
                return bucket.upper
        return Nanos(0)

    def buckets(self) -> Iterator[Bucket]:
        """Yield the buckets that are not empty, shortest first; none reaches beyond the maximum."""
        for bucket, count in enumerate(self._counts):
            if count:
                yield Bucket(Nanos(min(self.max, _upper_edge(bucket))), count)

    def as_json(self) -> dict[str, Any]:
        """Return the count, the percentiles and the buckets; all times in nanoseconds."""
        spans = {f"{name}_ns": self.percentile(rank) for name, rank in PER_MILLES.items()}
        buckets = [list(bucket) for bucket in self.buckets()]
        return {"count": self.count, **spans, "max_ns": self.max, "buckets": buckets}

    def distribution(self) -> str:
        """Return the distribution as HdrHistogram writes it (`.hgrm`), for its plotters."""
        lines = [
            f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}",
            "",
        ]
        seen = 0
        for bucket in self.buckets():
            seen += bucket.spans
            above = self.count - seen
            inverse = f"{self.count / above:14.2f}" if above else f"{'inf':>14}"
            lines.append(f"{bucket.upper:12} {seen / self.count:14.12f} {seen:10} {inverse}")
        lines.append(f"#[Max = {self.max}, Total count = {self.count}]")
        return "\n".join((*lines, ""))


def read_latencies(content: dict[str, Any]) -> Latencies:
    """Return the histogram that was written as JSON; the spans of a bucket are at its upper end."""
    latencies = Latencies()
    for upper, count in content["buckets"]:
        latencies.record_all(Nanos(upper), count)
    return latencies


def _upper_edge(bucket: int) -> int:
    """Return the longest span of a bucket."""
    shift = max(0, (bucket >> _SUB_BITS) - 1)
    return ((bucket - (shift << _SUB_BITS) + 1) << shift) - 1
