"""What came before, as far as anomalies are told from it: changes of a price, volumes.

Exact integers throughout: squares are compared, and nothing is divided before it is compared.
"""

from collections import deque
from math import isqrt
from typing import Final

from fairlead.model.units import MILLIONTHS, Nanos, Price, Quantity

PARTS: Final = 1_000_000_000  # of the price before, in which a change is counted
SAMPLES_MIN: Final = 20  # fewer say nothing, but where a rule looks at fewer


class Changes:
    """The last changes of a price, each in parts of 10**9 of the price before it, towards zero."""

    def __init__(self, samples: int) -> None:
        """Take how many changes are looked at."""
        self._samples = samples
        self._twice = 0  # the last price, twice
        self._changes: deque[int] = deque()
        self._sum = 0
        self._squares = 0

    def deviation(self, twice: int, tick: Price, bound: int) -> tuple[bool, int]:
        """Return whether a price is more than `bound` standard deviations off, and how many.

        Both in millionths. The change to it is held against the mean and the sample variance (of n
        less 1) of the changes before it. A deviation is at least one tick: in a market that stood
        still the smallest move is none that says anything.
        """
        count = len(self._changes)
        if count < min(SAMPLES_MIN, self._samples) or self._twice == 0:
            return False, 0
        off = count * self._change(twice) - self._sum  # count times the distance from the mean
        least = 2 * tick * PARTS // self._twice
        spread = count * self._squares - self._sum * self._sum  # count * (count - 1) * variance
        spread = max(spread, count * (count - 1) * least * least, 1)
        squared = off * off * (count - 1)
        found = squared * MILLIONTHS * MILLIONTHS > bound * bound * count * spread
        return found, isqrt(squared * MILLIONTHS * MILLIONTHS // (count * spread))

    def add(self, twice: int) -> None:
        """Take in a price, as twice itself."""
        if self._twice:
            change = self._change(twice)
            self._changes.append(change)
            self._sum += change
            self._squares += change * change
            if len(self._changes) > self._samples:
                old = self._changes.popleft()
                self._sum -= old
                self._squares -= old * old
        self._twice = twice

    def break_off(self) -> None:
        """Forget the last price: what comes next is no change of it."""
        self._twice = 0

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [str(self._twice), [str(change) for change in self._changes]]

    def _change(self, twice: int) -> int:
        parts = (twice - self._twice) * PARTS
        return parts // self._twice if parts >= 0 else -(-parts // self._twice)


class Volumes:
    """What traded in the last windows of time, and in the one that runs."""

    def __init__(self, samples: int, window: Nanos) -> None:
        """Take how many windows are looked at, and how long one is."""
        self._samples = samples
        self._window = window
        self._bucket = -1  # the window that runs; the first is not whole and is not kept
        self._whole = False
        self._running = 0
        self._volumes: deque[int] = deque()
        self._sum = 0

    def spike(self, quantity: Quantity, time: Nanos, bound: int) -> tuple[bool, int]:
        """Return whether a trade takes its window beyond `bound` times the mean, and what it is.

        Both in millionths, the mean is that of the windows before.
        """
        self._turn(time)
        volume = self._running + quantity
        count = len(self._volumes)
        if count < min(SAMPLES_MIN, self._samples) or self._sum == 0:
            return False, 0
        share = volume * count * MILLIONTHS
        return share > bound * self._sum, share // self._sum

    def add(self, quantity: Quantity, time: Nanos) -> None:
        """Take in a trade."""
        self._turn(time)
        self._running += quantity

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        volumes = [str(volume) for volume in self._volumes]
        return [self._bucket, self._whole, str(self._running), volumes]

    def _turn(self, time: Nanos) -> None:
        """Begin the window of a time, and keep those before it."""
        bucket = time // self._window
        if bucket == self._bucket:
            return
        if self._bucket >= 0:
            if self._whole:
                self._keep(self._running)
            self._whole = True
            for _ in range(min(bucket - self._bucket - 1, self._samples)):
                self._keep(0)
        self._bucket = bucket
        self._running = 0

    def _keep(self, volume: int) -> None:
        self._volumes.append(volume)
        self._sum += volume
        if len(self._volumes) > self._samples:
            self._sum -= self._volumes.popleft()
