"""`fairlead backtest --sweep`: many backtests side by side, and what the best of them is worth."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fairlead.cli.console import ERR, OUT, print_json
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.readers.significance import deflated_sharpe, luckiest_sharpe
from fairlead.readers.statistics import Measured
from fairlead.readers.written import printable, time_text
from fairlead.stages.errors import WrongWiring
from fairlead.stages.sweep import (
    Job,
    Parameters,
    Trial,
    Walked,
    axis,
    best,
    folds,
    grid,
    growth,
    span_of,
    trials,
)

SHOWN_MAX: Final = 20  # trials in the table; all are in the JSON
_RATIO: Final = "interval_sharpe"
_BESIDE: Final = ("total_return", _RATIO, "max_drawdown", "round_trips", "turnover")
_TO_SECONDS: Final = slice(5, 19)  # of an ISO time: month to second


class Asked(NamedTuple):
    """What a sweep was asked for. `walk` folds, 0 for none."""

    configuration: Configuration
    texts: Sequence[str]
    by: str
    jobs: int
    walk: int
    anchored: bool
    begin: Nanos | None
    end: Nanos | None


def sweep(asked: Asked, json: bool) -> bool:
    """Run a sweep and print what came of it. Return whether every trial came to its end."""
    axes = dict(axis(text) for text in asked.texts)
    if len(axes) < len(asked.texts):
        raise WrongWiring("--sweep: a parameter is named twice: give all its values at once")
    combinations = grid(axes)
    if asked.walk:
        return _walk(asked, combinations, json)
    tried = list(_with_progress(_jobs(asked, combinations, asked.begin, asked.end), asked.jobs))
    if json:
        print_json(_content(asked, tried))
    else:
        _print(asked, tried)
    return not any(trial.problem for trial in tried)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _jobs(
    asked: Asked, combinations: Sequence[Parameters], begin: Nanos | None, end: Nanos | None
) -> list[Job]:
    return [Job(asked.configuration, one, begin, end) for one in combinations]


def _with_progress(jobs: Sequence[Job], processes: int, what: str = "trials") -> Iterator[Trial]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=ERR, transient=True) as bar:
        task = bar.add_task(what, total=len(jobs))
        for trial in trials(jobs, processes):
            bar.advance(task)
            yield trial


def _walk(asked: Asked, combinations: Sequence[Parameters], json: bool) -> bool:
    """Choose parameters on each part and try them on the next."""
    first, last = span_of(asked.configuration)
    begin, end = asked.begin or first, asked.end or last
    parts = folds(begin, end, asked.walk, anchored=asked.anchored)
    jobs = [one for fold in parts for one in _jobs(asked, combinations, fold.begin, fold.split)]
    tried = list(_with_progress(jobs, asked.jobs, "choosing"))
    size = len(combinations)
    groups = [tried[place : place + size] for place in range(0, len(tried), size)]
    chosen = [best(group, asked.by) for group in groups]
    after = [
        Job(asked.configuration, one.parameters, fold.split, fold.end)
        for one, fold in zip(chosen, parts, strict=True)
    ]
    outcomes = list(_with_progress(after, asked.jobs, "trying"))
    walked = [Walked(*one) for one in zip(parts, groups, chosen, outcomes, strict=True)]
    if json:
        print_json(_walked_content(asked, walked))
    else:
        _print_walked(asked, walked)
    return not any(trial.problem for trial in (*tried, *outcomes))


# --- for people -----------------------------------------------------------------------------------


def _print(asked: Asked, tried: Sequence[Trial]) -> None:
    ranked = sorted(tried, key=lambda trial: trial.value(asked.by), reverse=True)
    sound = [trial for trial in ranked if not trial.problem]
    OUT.print(_table(asked, sound[:SHOWN_MAX]))
    if len(sound) > SHOWN_MAX:
        OUT.print(f"{len(sound) - SHOWN_MAX:,} more: --json has all", style="dim")
    for trial in ranked:
        if trial.problem:
            told = f"{_named(trial.parameters)}: {trial.problem}"
            OUT.print(Text(printable(told), style="bold red"))
    if sound:
        for line in _worth(best(sound, asked.by), sound):
            OUT.print(line)


def _table(asked: Asked, shown: Sequence[Trial]) -> Any:
    measures = [asked.by, *(name for name in _BESIDE if name != asked.by)]
    names = list(shown[0].parameters) if shown else []
    columns = [Column(name) for name in names]
    columns += [
        Column(name.replace("_", " "), rank, number=True) for rank, name in enumerate(measures)
    ]
    rows: list[Row] = [
        [Text(printable(value)) for value in trial.parameters.values()]
        + [Text(_number(trial, name)) for name in measures]
        for trial in shown
    ]
    return fitting_table(columns, rows, OUT.width)


def _worth(winner: Trial, tried: Sequence[Trial]) -> Iterator[Text]:
    """Yield what the best of so many is worth."""
    luck, deflated = _significance(winner, tried)
    yield Text(f"best: {printable(_named(winner.parameters))}")
    if deflated.value is None:
        yield Text(f"whether it is more than luck cannot be said: {deflated.note}", style="dim")
        return
    assert luck.value is not None, "what is deflated has something to be held against"
    yield Text(
        f"the luckiest of {len(tried)} without skill would show a Sharpe ratio of {luck.value:.4f}"
        f" an interval; that this one is above it: {deflated.value:.1%}",
        style="green" if deflated.value > 0.95 else "yellow",
    )


def _print_walked(asked: Asked, walked: Sequence[Walked]) -> None:
    columns = [Column("chosen from", 2), Column("to"), Column("tried to"), Column("parameters")]
    columns += [Column(f"{asked.by} then", number=True), Column("after", number=True)]
    columns.append(Column("return after", 1, number=True))
    rows: list[Row] = [
        [
            *(Text(time_text(time)[_TO_SECONDS]) for time in each.fold),
            Text(printable(_named(each.chosen.parameters))),
            Text(_number(each.chosen, asked.by)),
            Text(_number(each.after, asked.by)),
            Text(_number(each.after, "total_return")),
        ]
        for each in walked
    ]
    OUT.print(fitting_table(columns, rows, OUT.width))
    grown = growth(walked)
    told = f"undefined: {grown.note}" if grown.value is None else f"{grown.value:+.6%}"
    OUT.print(f"return on data that the choice had not seen: {told}", highlight=False)


def _number(trial: Trial, name: str) -> str:
    return "-" if trial.measures.get(name) is None else trial.texts[name]


def _named(parameters: Parameters) -> str:
    return ", ".join(f"{key}={value}" for key, value in parameters.items())


# --- for machines ---------------------------------------------------------------------------------


def _significance(winner: Trial, tried: Sequence[Trial]) -> tuple[Measured, Measured]:
    ratios = [found for trial in tried if (found := trial.measures.get(_RATIO)) is not None]
    return luckiest_sharpe(ratios), deflated_sharpe(winner.returns, ratios)


def _content(asked: Asked, tried: Sequence[Trial]) -> dict[str, Any]:
    sound = [trial for trial in tried if not trial.problem]
    content: dict[str, Any] = {"by": asked.by, "trials": [_trial(each) for each in tried]}
    if sound:
        winner = best(sound, asked.by)
        luck, deflated = _significance(winner, sound)
        content["best"] = winner.parameters
        content["luckiest_sharpe"] = luck._asdict()
        content["deflated_sharpe"] = deflated._asdict()
    return content


def _walked_content(asked: Asked, walked: Sequence[Walked]) -> dict[str, Any]:
    return {
        "by": asked.by,
        "anchored": asked.anchored,
        "return_after": growth(walked)._asdict(),
        "folds": [
            {
                "fold": each.fold._asdict(),
                "tried": [_trial(one) for one in each.tried],
                "chosen": each.chosen.parameters,
                "after": _trial(each.after),
            }
            for each in walked
        ],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(trial)
    del content["returns"]  # thousands; the measures are made of them
    return content
