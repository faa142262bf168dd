"""What a measurement is: ours and its floor by turns, and the ratio of each pair.

A machine is slower at noon than at night, so an absolute time proves nothing. Each repetition runs
ours and then the floor, one directly after the other, and gives one ratio; a row shows the least,
the median and the greatest of them. Work without waiting is measured in processor time: where
others use the same cores, the longer of two runs would lose more of its turn. May never say that
something is fast: it divides.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final, Literal, NamedTuple

import msgspec

from fairlead.node.build import running_build
from fairlead.node.collector import collected_when_idle

Timed = Callable[[], int]  # does the work once; returns the nanoseconds that it took
Builds = Literal["compiled", "interpreted", "stale"]


class Sizes(NamedTuple):
    """How much is measured. Every count is of one repetition."""

    repetitions: int = 7
    quotes: int = 200_000
    orders: int = 20_000  # alike where every quote makes one, and where every 10th does
    orders_few: int = 2_000  # a history that is short ...
    orders_some: int = 20_000
    orders_many: int = 200_000  # ... and one that is long
    commits: int = 400
    group: int = 100  # inputs in one commit, where there are many
    recovered: int = 100_000  # quotes in the journal that is recovered, with an order every 10th
    frames: int = 50_000  # as many as the recording has, at most
    working: int = 1_000  # orders that work when all is killed
    kills: int = 10  # by one guard
    started: tuple[int, ...] = (100_000, 1_000_000)  # inputs in the journals that are started from
    events: int = 10_000_000  # quotes after which memory is what it was after a tenth of them


QUICK: Final = Sizes(
    *(5, 40_000, 4_000, 500, 5_000, 20_000, 100, 100, 20_000, 10_000),
    started=(20_000,),
    events=500_000,
)


class Place(NamedTuple):
    """Where a benchmark may write, and where recorded market data is, if it is."""

    scratch: Path
    market_data: Path


class Spread(msgspec.Struct, frozen=True):
    """The least, the median and the greatest of the repetitions."""

    least: float
    median: float
    greatest: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Return the spread of some values, at least one."""
        return cls(min(values), median(values), max(values))


class Row(msgspec.Struct, frozen=True):
    """One thing measured against one other thing. Ratio: ours over theirs, so less is better."""

    benchmark: str
    what: str
    unit: str  # what ours and theirs are counted in
    against: str
    ours: Spread
    theirs: Spread
    ratio: Spread
    repetitions: int
    build: Builds
    goal: float | None = None  # the median ratio is to be at most this

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.goal is None else self.ratio.median <= self.goal


class Skipped(msgspec.Struct, frozen=True):
    """What was not measured, and why."""

    benchmark: str
    reason: str


Pairs = list[tuple[float, float]]  # ours and theirs, one pair per repetition
Benchmark = Callable[[Sizes, Place], Iterator[Row | Skipped]]


def by_turns(ours: Timed, theirs: Timed, sizes: Sizes, operations: int) -> Pairs:
    """Run both by turns, ours first; return nanoseconds per operation.

    One turn of each goes before and is thrown away: it fills caches and free lists.
    """
    assert operations > 0, "a time per operation needs operations"
    pairs = [(settled(ours), settled(theirs)) for _ in range(sizes.repetitions + 1)]
    return [(mine / operations, other / operations) for mine, other in pairs[1:]]


def settled(work: Timed) -> int:
    """Run with what is alive frozen out of the collector, which runs on by itself.

    So `fairlead run --speed max` runs. Quotes, orders and engines all profit alike.
    """
    with collected_when_idle(waits=False):
        return work()


def row(
    benchmark: str, what: str, unit: str, against: str, pairs: Pairs, goal: float | None = None
) -> Row:
    """Return the row of some pairs."""
    return Row(
        benchmark,
        what,
        unit,
        against,
        Spread.of([ours for ours, _ in pairs]),
        Spread.of([theirs for _, theirs in pairs]),
        Spread.of([ours / theirs for ours, theirs in pairs]),
        len(pairs),
        build_name(),
        goal,
    )


def limit_row(
    benchmark: str,
    what: str,
    unit: str,
    values: list[float],
    limit: float,
    named: str,
    goal: float | None = 1.0,
) -> Row:
    """Return the row of what is held against a fixed limit."""
    return row(benchmark, what, unit, named, [(value, limit) for value in values], goal)


def percentile(spans: list[int], per_mille: int) -> int:
    """Return the span that `per_mille` of 1000 do not exceed."""
    assert spans, "a percentile needs spans"
    ordered = sorted(spans)
    return ordered[max(0, -(-len(ordered) * per_mille // 1000) - 1)]


@cache
def build_name() -> Builds:
    """Return how the deciding rooms run in this process."""
    build = running_build()
    if build.stale:
        return "stale"
    return "compiled" if build.compiled else "interpreted"
