"""Measures what a machine can take: each way to run, at each rate, several times, by turns.

Every run is a session in a process of its own: what one leaves behind in memory, caches and the
garbage collector is not the next one's to bear. By turns, so that a machine that is busy for a
while is so for all of them.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from fairlead.node.capacity import RATES, Curve, Line, Row

Probe = Callable[[Line, int, int], Row]  # one run: a line, orders per second, ticks
Progress = Callable[[str], None]

TICKS_MIN: Final = 500  # in a run: the least that has a p99
TICKS_MAX: Final = 20_000  # a session that does not keep up takes its time for all of them


class Plan(NamedTuple):
    """What is measured: how long a run is, in seconds, and how often it is repeated."""

    lines: tuple[Line, ...]
    rates: tuple[int, ...] = RATES
    seconds: int = 2
    repetitions: int = 3

    def ticks(self, rate: int) -> int:
        """Return how many ticks a run at a rate has."""
        return max(TICKS_MIN, min(TICKS_MAX, rate * self.seconds))


def usual_lines(*, compiled: bool, core: int | None) -> tuple[Line, ...]:
    """Return the ways in which `fairlead run` can wait and write, as this build runs."""
    return (
        Line("blocking", "block", "process", compiled),
        Line("spinning", "spin", "process", compiled, core=core, warmed=True),
        Line("blocking, disk", "block", "disk", compiled),
        Line("spinning, disk", "spin", "disk", compiled, core=core, warmed=True),
    )


def baseline() -> Line:
    """Return the line to compare with: nothing compiled, nothing tuned, the collector at will."""
    return Line("baseline", "block", "process", compiled=False, idle_collector=False)


def measure(plan: Plan, probe: Probe, progress: Progress) -> tuple[Curve, ...]:
    """Return the curves of all lines."""
    rows: dict[str, list[Row]] = {line.name: [] for line in plan.lines}
    assert len(rows) == len(plan.lines), "each line has a name of its own"
    for repetition in range(1, plan.repetitions + 1):
        for rate in plan.rates:
            for line in plan.lines:
                told = f"{repetition} of {plan.repetitions}: {rate:,} orders a second, {line.name}"
                progress(told)
                rows[line.name].append(probe(line, rate, plan.ticks(rate)))
    return tuple(Curve(line, _in_order(rows[line.name])) for line in plan.lines)


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.rate))
