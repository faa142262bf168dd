"""Many seeds, over several processes; and whether they were wild enough to mean something."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from fairlead.gateways.errors import GatewayError
from fairlead.journal.errors import JournalError
from fairlead.model.errors import UndecodableRecord
from fairlead.node.errors import NodeError
from fairlead.simulator.errors import SimulatorError
from fairlead.stages.errors import StageError
from fairlead.stages.hostile.errors import InvariantBroken
from fairlead.stages.hostile.run import Report, Run

# Whatever a run may die of: the product's own errors are findings as well.
_FINDINGS: Final = (
    InvariantBroken,
    AssertionError,
    *(GatewayError, JournalError, NodeError, SimulatorError, StageError, UndecodableRecord),
    *(ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError),
)
_AT_ONCE: Final = 4  # seeds that a process is given together
# What a hundred seeds bring at least: a rig that does nothing must fail. Far below what they bring.
LEAST: Final = {
    "inputs": 30_000,
    "orders": 600,
    "fills": 1_000,
    "lives": 250,
    **dict.fromkeys(("killed", "power lost", "disconnected", "reconnected"), 60),
    **dict.fromkeys(("partition to the venue", "partition from the venue"), 30),
    **dict.fromkeys(("half-open connection", "venue down", "feed lost", "replayed"), 30),
    **dict.fromkeys(("died at a disk operation", "busted", "corrected", "lied"), 30),
    **dict.fromkeys(("crossed", "gap", "stale", "revised", "absurd", "one-sided"), 100),
    **dict.fromkeys(("silent about fills", "a fill that was not told"), 60),
    **dict.fromkeys(("never acknowledged", "canceled on disconnect", "duplicate"), 20),
    **dict.fromkeys(("not found, of an order that it has", "rejected what it took"), 5),
    **dict.fromkeys(("died with a message", "stopped: JournalFailed", "rotten bit"), 5),
    **dict.fromkeys(("the clock jumped", "the clock froze", "the clock drifted"), 10),
    **dict.fromkeys(("released", "changed limits", "corrected a position", "reversed"), 10),
    **dict.fromkeys(("began from a snapshot", "passed a snapshot over"), 5),
    **dict.fromkeys(("adopted", "discarded", "resolved by telephone"), 5),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one seed. `problem` is empty when every rule held."""

    seed: int
    problem: str
    report: Report


@dataclass
class Totals:
    """What a batch did altogether."""

    seeds: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, report: Report) -> None:
        """Count a run."""
        self.seeds += 1
        for name in ("inputs", "orders", "fills", "lives"):
            self._count(name, getattr(report, name))
        for name, times in report.happened.items():
            self._count(name, times)

    def shortfalls(self) -> list[str]:
        """Return what happened too seldom for so many seeds."""
        found = []
        for name, least in LEAST.items():
            needed = least * self.seeds // 100
            times = self.counts.get(name, 0)
            if times < needed:
                found.append(f"{name}: {times}, at least {needed} in {self.seeds} seeds")
        return found

    def _count(self, name: str, times: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + times


def finish(run: Run) -> str:
    """Run to the end; return what is wrong, empty when every rule held."""
    try:
        run.whole()
    except _FINDINGS as error:
        return f"{type(error).__name__}: {error}"
    return ""


def outcome(seed: int) -> Outcome:
    """Run one seed to its end."""
    run = Run(seed)
    return Outcome(seed, finish(run), run.report)


def outcomes(seeds: Iterable[int], jobs: int) -> Iterator[Outcome]:
    """Run seeds in so many processes; yield what came of them in their order."""
    if jobs == 1:
        yield from map(outcome, seeds)
        return
    context = multiprocessing.get_context("spawn")  # nothing of this process is in them
    with ProcessPoolExecutor(jobs, context) as pool:
        yield from pool.map(outcome, seeds, chunksize=_AT_ONCE)
