"""One backtest as a command runs it: with a progress bar, a report, and a result to be kept."""

from pathlib import Path
from typing import Final

import msgspec
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fairlead.cli.console import ERR, OUT
from fairlead.cli.outcome import Outcome, content_of, print_outcome, write_html
from fairlead.cli.reproduce import Stored, print_reproduced
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.collector import Pauses, collected_when_idle
from fairlead.node.configuration import Configuration
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.stages.backtest import backtest as run_backtest
from fairlead.stages.provenance import provenance_of
from fairlead.stages.wiring import Wired

_LOOK_EVERY: Final = 2_000  # turns between two looks at the progress bar


def tested(
    configuration: Configuration,
    begin: Nanos | None,
    end: Nanos | None,
    report: Path | None,
    save: Path | None,
    json: bool,
) -> bool:
    """Run a backtest, print and keep what came of it. Return whether it is sound."""
    outcome = _outcome(configuration, begin, end)
    if report is not None:
        write_html(outcome, report)
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        save.write_bytes(msgspec.json.format(msgspec.json.encode(content_of(outcome)), indent=2))
    print_outcome(outcome, json)
    if not json:
        for what, path in (("report", report), ("result", save)):
            if path is not None:
                OUT.print(f"{what}: {path}", markup=False)
    return outcome.sound


def reproduced(before: Stored, json: bool) -> bool:
    """Run the backtest of a stored result again. Return whether the same came of it."""
    outcome = _outcome(before.configuration, *before.span)
    assert outcome.provenance is not None, "every backtest says what it came from"
    return print_reproduced(before, outcome, outcome.provenance, json)


def _outcome(configuration: Configuration, begin: Nanos | None, end: Nanos | None) -> Outcome:
    began = monotonic_ns()
    wired, pauses = _with_progress(configuration, begin, end)
    seconds = (monotonic_ns() - began) / NANOS_PER_SECOND
    provenance = provenance_of(configuration, begin, end)
    return Outcome(
        wired, f"backtest of {_names(wired)}", seconds, provenance=provenance, pauses=pauses
    )


class _Progress:
    """Moves a progress bar."""

    def __init__(self, bar: Progress, configuration: Configuration, end: Nanos | None) -> None:
        self._bar = bar
        self._task = bar.add_task("backtest", total=None)
        self._turns = 0
        self._first = Nanos(0)
        self._span = configuration.session.duration
        self._end = end

    def passing(self, time: Nanos) -> None:
        """Learn what time it is."""
        if self._turns == 0:
            self._first = time
            end = self._end if self._end is not None else time + (self._span or 0)
            self._bar.update(self._task, total=max(1, end - time) if end > time else None)
        self._turns += 1
        if self._turns % _LOOK_EVERY == 0:
            self._bar.update(self._task, completed=time - self._first)


def _with_progress(
    configuration: Configuration, begin: Nanos | None, end: Nanos | None
) -> tuple[Wired, Pauses]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        pace = FullSpeed(StopRequest(), _Progress(bar, configuration, end).passing)
        with collected_when_idle(waits=False) as pauses:
            return run_backtest(configuration, pace, begin, end), pauses


def _names(wired: Wired) -> str:
    return ", ".join(one.name for one in wired.configuration.strategies) or "no strategy"
