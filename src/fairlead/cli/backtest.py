"""`fairlead backtest`: a strategy over data, from one time to another, at full speed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line
from fairlead.cli.outcome import Outcome, print_outcome, write_html
from fairlead.cli.rerun import live_again, print_rerun
from fairlead.cli.session_options import COMMAND_LINE, configured, duration, moment
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.loading import changed
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.stages.backtest import backtest as run_backtest
from fairlead.stages.wiring import Wired
from fairlead.stages.worlds import MarketName

_LOOK_EVERY = 2_000  # turns between two looks at the progress bar


def backtest(
    strategy: Annotated[
        str | None, typer.Argument(help="A strategy: a shipped name or file.py[:Class].")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A recorded file; repeat it to join several in order."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A YAML configuration; without one, the demo market.")
    ] = None,
    safety: Annotated[
        Path | None, typer.Option(help="A YAML safety file, over the configuration.")
    ] = None,
    market: Annotated[MarketName, typer.Option(help="The market of the recording.")] = "auto",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the strategy: key=value.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Trade from this time (ISO 8601 UTC, or ns).")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Trade up to this time.")] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long, in the time of the market: 60s, 10m.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="Live a session again, on the market data in its own journal."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run a strategy over recorded or simulated data; the same machine as in a paper session."""
    with mistakes_in_one_line():
        if journal is not None:
            if data or from_ or to or for_ or safety:
                fail("--journal has its own data and times: leave --data, --from, --to, --for out")
            lived = live_again(journal, config, strategy, set_ or [])
            if report is not None:
                write_html(lived.outcome, report)
            print_rerun(lived, json)
            return
        configuration = configured(config, data or [], market, strategy, set_ or [], safety)
        if for_ is not None:
            session = configuration.session.model_copy(update={"duration": duration(for_, "--for")})
            configuration = changed(configuration, COMMAND_LINE, session=session)
        began = monotonic_ns()
        wired = _with_progress(
            configuration,
            None if from_ is None else moment(from_, "--from"),
            None if to is None else moment(to, "--to"),
        )
        seconds = (monotonic_ns() - began) / NANOS_PER_SECOND
        outcome = Outcome(wired, f"backtest of {_names(wired)}", seconds)
        if report is not None:
            write_html(outcome, report)
        print_outcome(outcome, json)
        if report is not None and not json:
            OUT.print(f"report: {report}", markup=False)
    if not outcome.sound:
        raise typer.Exit(FOUND_WRONG)


class _Progress:
    """A pace that never waits and moves a progress bar."""

    def __init__(self, bar: Progress, configuration: Configuration, end: Nanos | None) -> None:
        self._bar = bar
        self._task = bar.add_task("backtest", total=None)
        self._pace = FullSpeed(StopRequest())
        self._turns = 0
        self._first = Nanos(0)
        self._span = configuration.session.duration
        self._end = end

    def wait_until(self, time: Nanos) -> bool:
        """Go on at once."""
        if self._turns == 0:
            self._first = time
            end = self._end if self._end is not None else time + (self._span or 0)
            self._bar.update(self._task, total=max(1, end - time) if end > time else None)
        self._turns += 1
        if self._turns % _LOOK_EVERY == 0:
            self._bar.update(self._task, completed=time - self._first)
        return self._pace.wait_until(time)


def _with_progress(configuration: Configuration, begin: Nanos | None, end: Nanos | None) -> Wired:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        return run_backtest(configuration, _Progress(bar, configuration, end), begin, end)


def _names(wired: Wired) -> str:
    return ", ".join(one.name for one in wired.configuration.strategies) or "no strategy"
