"""How far a venue's times lie behind ours: what a message took, less what our clocks are apart.

The two cannot be told from each other. What can be told: a message that came before it was sent is
a clock that is wrong, theirs or ours. So what is negative is counted and shown, and never becomes
zero.
"""

from collections.abc import Iterable
from typing import Final

from fairlead.model.inputs import BookSnapshot, Input
from fairlead.model.units import Nanos

_SUB_BITS: Final = 5  # 32 buckets per power of two: a median is off by 3 % at most
_BITS_MAX: Final = 62  # a century: what is further apart is no clock


class Delays:
    """Receive time less venue time of the messages of one feed. Memory is bounded."""

    def __init__(self) -> None:
        """Begin without any."""
        self.count = 0
        self.negative = 0  # came before they were sent, by the clocks
        self.untold = 0  # inputs of which the venue tells no time
        self.min: Nanos | None = None
        self.max: Nanos | None = None
        self._buckets: dict[int, int] = {}

    def observe(self, inputs: Iterable[Input], time: Nanos) -> None:
        """Take note of what one frame said, which came at `time`.

        A snapshot is left out: it is asked for, and made long before it comes.
        """
        for input in inputs:
            if isinstance(input, BookSnapshot):
                continue
            venue_time = getattr(input, "venue_time", None)
            if venue_time:
                self.record(Nanos(time - venue_time))
            elif venue_time is not None:
                self.untold += 1

    def record(self, delay: Nanos) -> None:
        """Count one delay in nanoseconds; it may be negative."""
        self.count += 1
        self.negative += delay < 0
        self.min = delay if self.min is None else min(self.min, delay)
        self.max = delay if self.max is None else max(self.max, delay)
        bucket = _bucket(delay)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    @property
    def median(self) -> Nanos | None:
        """The delay that half of them did not exceed, within 3 %; None of none."""
        if self.min is None or self.max is None:
            return None
        half, seen = (self.count + 1) // 2, 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= half:
                return Nanos(min(max(_value(bucket), self.min), self.max))
        raise AssertionError("half of what was counted is less than all of it")

    @property
    def negative_share(self) -> float:
        """What share of the messages came before they were sent, 0 of none."""
        return self.negative / self.count if self.count else 0.0

    def as_json(self) -> dict[str, int | float | None]:
        """Return the measures by name; nanoseconds, null where there is nothing to measure."""
        return {
            "measured": self.count,
            "untold": self.untold,
            "min_ns": self.min,
            "median_ns": self.median,
            "max_ns": self.max,
            "negative": self.negative,
            "negative_share": round(self.negative_share, 6),
        }

    def __str__(self) -> str:
        """Say it in one line, in milliseconds."""
        if self.min is None or self.median is None or self.max is None:
            return "not measured: the venue tells no times"
        text = (
            f"min {self.min / 1e6:.3f} ms, median {self.median / 1e6:.3f} ms,"
            f" max {self.max / 1e6:.3f} ms of {self.count:,}"
        )
        if self.negative:
            share = 100 * self.negative_share
            text += f"; NEGATIVE in {self.negative:,} ({share:.2f} %): a clock is wrong"
        return text


def _bucket(delay: int) -> int:
    """Return the number of the bucket; buckets lie in the order of what falls into them."""
    size = min(abs(delay), (1 << _BITS_MAX) - 1)
    shift = max(0, size.bit_length() - _SUB_BITS - 1)
    number = (shift << _SUB_BITS) + (size >> shift)
    return number if delay >= 0 else -number


def _value(bucket: int) -> int:
    """Return the delay in the middle of a bucket."""
    number = abs(bucket)
    shift = max(0, (number >> _SUB_BITS) - 1)
    size = (number - (shift << _SUB_BITS)) << shift
    middle = size + ((1 << shift) >> 1)
    return middle if bucket >= 0 else -middle
