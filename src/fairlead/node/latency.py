"""How long things take:

a histogram of nanoseconds with bounded memory and a relative error of 1/32.
"""

from fairlead.model.units import Nanos

_SUB_BUCKETS = 32  # per power of two: a bucket is at most 1/32 wider than its lower edge
_SUB_BITS = 5


class Latencies:
    """Counts spans of time; answers with percentiles."""

    def __init__(self) -> None:
        """Begin empty."""
        self._counts = [0] * (64 * _SUB_BUCKETS)
        self.count = 0
        self.max = Nanos(0)

    def record(self, span: Nanos) -> None:
        """Count one span; a negative one (a clock that was put back) counts as 0."""
        value = max(0, span)
        self.count += 1
        self.max = max(self.max, Nanos(value))
        self._counts[_bucket(value)] += 1

    def percentile(self, per_mille: int) -> Nanos:
        """Return the upper edge of the bucket where `per_mille` of 1000 lie below; 0 when empty."""
        rank = -(-self.count * per_mille // 1000)
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if count and seen >= rank:
                return Nanos(min(self.max, _upper_edge(bucket)))
        return Nanos(0)


def _bucket(value: int) -> int:
    if value < _SUB_BUCKETS:
        return value
    shift = value.bit_length() - _SUB_BITS - 1
    return min((shift + 1) * _SUB_BUCKETS + (value >> shift) - _SUB_BUCKETS, 64 * _SUB_BUCKETS - 1)


def _upper_edge(bucket: int) -> int:
    if bucket < _SUB_BUCKETS:
        return bucket
    shift = bucket // _SUB_BUCKETS - 1
    return ((bucket % _SUB_BUCKETS + _SUB_BUCKETS + 1) << shift) - 1
