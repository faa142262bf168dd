"""Many backtests of one strategy: a grid of parameters, over all cores, and walked forward.

A trial is one backtest with one set of parameters. The best of many trials is always better than it
deserves, so a sweep keeps all ratios, and says how likely the best one is more than luck
(`readers/significance.py`). Walking forward goes further: parameters are chosen on one part of the
data and tried on the next, which the choice has never seen.
"""

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any, Final, NamedTuple

import msgspec

from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import changed
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.readers import statistics
from fairlead.readers.measures import measures_of
from fairlead.readers.statistics import Measured
from fairlead.stages.backtest import backtest
from fairlead.stages.errors import StageError, WrongWiring
from fairlead.stages.venue_models import ACCOUNT
from fairlead.stages.worlds import surroundings
from fairlead.strategy.errors import StrategyError

TRIALS_MAX: Final = 10_000  # of one sweep: a mistyped range should not run for a week
_ORIGIN: Final = "--sweep"

Parameters = dict[str, str]


class Job(NamedTuple):
    """A backtest to be run: with which parameters, and in which part of the data."""

    configuration: Configuration
    parameters: Parameters
    begin: Nanos | None
    end: Nanos | None


class Trial(msgspec.Struct, frozen=True):
    """What came of one backtest: its measures by name, None where undefined, and as they are read.

    `returns` are those of the sampling intervals. `problem` says why there is no result.
    """

    parameters: Parameters
    begin: int | None
    end: int | None
    measures: dict[str, float | None]
    notes: dict[str, str]
    texts: dict[str, str]
    returns: list[float]
    outputs: str
    problem: str = ""

    def value(self, measure: str) -> float:
        """Return a measure to compare by: what is undefined is below everything."""
        found = self.measures.get(measure)
        return found if found is not None else float("-inf")


class Fold(NamedTuple):
    """A part of the data to choose parameters on, and the next one to try them on."""

    begin: Nanos
    split: Nanos
    end: Nanos


class Walked(NamedTuple):
    """What came of one fold: all that was tried, the best of it, and that on what came after."""

    fold: Fold
    tried: list[Trial]
    chosen: Trial
    after: Trial


def axis(text: str) -> tuple[str, list[str]]:
    """Return a parameter and its values from `key=1,2,5` or `key=FROM:TO:STEP`, both ends in it.

    Raises `WrongWiring`.
    """
    key, equals, values = text.partition("=")
    key = key.strip()
    parts = values.split(":")
    found = _range(text, parts) if len(parts) > 1 else [each.strip() for each in values.split(",")]
    if not equals or not key or not all(found):
        raise WrongWiring(f"{_ORIGIN} {text!r}: expected key=1,2,5 or key=FROM:TO:STEP")
    if len(set(found)) != len(found):
        raise WrongWiring(f"{_ORIGIN} {text!r}: a value stands there twice")
    return key, found


def grid(axes: Mapping[str, Sequence[str]]) -> list[Parameters]:
    """Return every combination of values. Raises `WrongWiring` where there are too many."""
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > TRIALS_MAX:
        raise WrongWiring(f"{_ORIGIN}: {count:,} combinations, expected at most {TRIALS_MAX:,}")
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def run_trial(job: Job) -> Trial:
    """Run one backtest. What is wrong with its parameters is told in the trial."""
    try:
        configuration = with_parameters(job.configuration, job.parameters)
        wired = backtest(configuration, FullSpeed(StopRequest()), job.begin, job.end)
    except (ConfigurationError, StrategyError, StageError) as error:
        return Trial(job.parameters, job.begin, job.end, {}, {}, {}, [], "", str(error))
    found = measures_of(wired.curve, wired.summary.flow, ACCOUNT)
    series = wired.curve.series()
    steady = statistics.without_flows(series.equity(ACCOUNT), series.flows(ACCOUNT))
    failures = "; ".join(failure.error for failure in wired.failures)
    return Trial(
        job.parameters,
        job.begin,
        job.end,
        {each.name: each.value for each in found},
        {each.name: each.note for each in found if each.note},
        {each.name: each.text for each in found},
        statistics.returns_of(steady[series.grid]),
        wired.path.digest.hexadecimal(),
        failures and f"the strategy failed: {failures}",
    )


def trials(jobs: Sequence[Job], processes: int) -> Iterator[Trial]:
    """Run backtests in so many processes; yield what came of them in their order."""
    if processes == 1 or len(jobs) == 1:
        yield from map(run_trial, jobs)
        return
    context = multiprocessing.get_context("spawn")  # nothing of this process is in them
    with ProcessPoolExecutor(min(processes, len(jobs)), context) as pool:
        yield from pool.map(run_trial, jobs)


def best(tried: Iterable[Trial], measure: str) -> Trial:
    """Return the trial with the highest measure, the first of equals. Raises `WrongWiring`."""
    sound = [trial for trial in tried if not trial.problem]
    if not sound:
        raise WrongWiring("no trial came to its end")
    found = max(sound, key=lambda trial: trial.value(measure))
    if found.measures.get(measure) is None:
        note = found.notes.get(measure, "it is no measure")
        raise WrongWiring(f"{measure} is undefined in every trial ({note}): choose another --by")
    return found


def folds(begin: Nanos, end: Nanos, count: int, *, anchored: bool) -> list[Fold]:
    """Return `count` folds of a span: each part is tried with what the one before it taught.

    The span falls into `count` + 1 equal parts. With `anchored`, everything before teaches.
    """
    part = (end - begin) // (count + 1)
    if part < 1:
        raise WrongWiring(f"the data spans {end - begin} ns: too short for {count} folds")
    edges = [Nanos(begin + place * part) for place in range(count + 1)] + [end]
    return [
        Fold(begin if anchored else edges[place], edges[place + 1], edges[place + 2])
        for place in range(count)
    ]


def span_of(configuration: Configuration) -> tuple[Nanos, Nanos]:
    """Return when the market data of a configuration begins and ends; reads it once."""
    around = surroundings(configuration)
    world = around.world
    last = around.start
    while (time := world.next_time()) is not None and time < around.until:
        world.take(time)
        last = time
    return around.start, last


def with_parameters(configuration: Configuration, parameters: Mapping[str, Any]) -> Configuration:
    """Return the configuration with other parameters of its only strategy. Raises `WrongWiring`."""
    seated = configuration.strategies
    if len(seated) != 1:
        raise WrongWiring(f"found {len(seated)} strategies, expected one whose parameters vary")
    merged = {**seated[0].parameters, **parameters}
    only = seated[0].model_copy(update={"parameters": merged})
    return changed(configuration, _ORIGIN, strategies=(only,))


def growth(walked: Iterable[Walked]) -> Measured:
    """Return what the tried parts made together, one after the other, as a share."""
    level = 1.0
    for each in walked:
        part = each.after.measures.get("total_return")
        if part is None:
            return Measured(None, each.after.problem or "a part has no return")
        level *= 1 + part
    return Measured(level - 1)


def _range(text: str, parts: Sequence[str]) -> list[str]:
    try:
        first, last, step = (Decimal(part.strip()) for part in parts)
    except (ValueError, InvalidOperation) as error:
        raise WrongWiring(f"{_ORIGIN} {text!r}: expected key=FROM:TO:STEP in numbers") from error
    finite = first.is_finite() and last.is_finite() and step.is_finite()
    if not (finite and step > 0 and last >= first and (last - first) / step < TRIALS_MAX):
        raise WrongWiring(f"{_ORIGIN} {text!r}: expected FROM up to TO in steps above 0")
    count = int((last - first) / step) + 1
    return [str(first + place * step) for place in range(count)]
