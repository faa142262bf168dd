"""`fairlead backtest`: a strategy over data, from one time to another, at full speed."""

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.backtesting import reproduced, tested
from fairlead.cli.console import FOUND_WRONG, fail, mistakes_in_one_line
from fairlead.cli.outcome import write_html
from fairlead.cli.reproduce import stored
from fairlead.cli.rerun import live_again, print_rerun
from fairlead.cli.session_options import COMMAND_LINE, RecordedAs, configured, duration, moment
from fairlead.cli.sweep import Asked, cores
from fairlead.cli.sweep import sweep as swept
from fairlead.node.loading import changed

# The options of the command.
StrategyName = Annotated[
    str | None, typer.Argument(help="A strategy: a shipped name or file.py[:Class].")
]
Data = Annotated[
    list[Path] | None,
    typer.Option(help="A recorded file; repeat it to join several in order."),
]
Config = Annotated[
    Path | None, typer.Option(help="A YAML configuration; without one, the demo market.")
]
Safety = Annotated[Path | None, typer.Option(help="A YAML safety file, over the configuration.")]
FormatOption = Annotated[str, typer.Option(help="How it was recorded.")]
MarketOption = Annotated[str, typer.Option(help="The market of the recording.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A parameter of the strategy: key=value.")
]
From = Annotated[
    str | None, typer.Option("--from", help="Trade from this time (ISO 8601 UTC, or ns).")
]
To = Annotated[str | None, typer.Option(help="Trade up to this time.")]
For = Annotated[
    str | None, typer.Option("--for", help="How long, in the time of the market: 60s, 10m.")
]
Journal = Annotated[
    Path | None,
    typer.Option(help="Live a session again, on the market data in its own journal."),
]
Sweep = Annotated[
    list[str] | None,
    typer.Option(help="Try values of a parameter: key=1,2,5 or key=FROM:TO:STEP; repeat it."),
]
By = Annotated[str, typer.Option(help="The measure by which a sweep chooses.")]
WalkForward = Annotated[
    int, typer.Option(min=0, max=100, help="Choose on one part, try on the next; so many.")
]
Anchored = Annotated[
    bool, typer.Option("--anchored", help="Choose on all that came before, not on one part.")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="In how many processes; one for each core.")]
Save = Annotated[Path | None, typer.Option(help="Store the result here, with what it came from.")]
Reproduce = Annotated[Path | None, typer.Option(help="Make a stored result again, and compare.")]
Report = Annotated[Path | None, typer.Option(help="Write an HTML report here.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def backtest(
    strategy: StrategyName = None,
    data: Data = None,
    config: Config = None,
    safety: Safety = None,
    format: FormatOption = "binance-raw",
    market: MarketOption = "auto",
    set_: Set = None,
    from_: From = None,
    to: To = None,
    for_: For = None,
    journal: Journal = None,
    sweep: Sweep = None,
    by: By = "interval_sharpe",
    walk_forward: WalkForward = 0,
    anchored: Anchored = False,
    jobs: Jobs = None,
    save: Save = None,
    reproduce: Reproduce = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Run a strategy over recorded or simulated data; the same machine as in a paper session."""
    with mistakes_in_one_line():
        if journal is not None:
            if data or from_ or to or for_ or safety or sweep or save:
                fail("--journal has its own data and times: it goes with --report and --json alone")
            lived = live_again(journal, config, strategy, set_ or [])
            if report is not None:
                write_html(lived.outcome, report)
            print_rerun(lived, json)
            return
        if reproduce is not None:
            if strategy or set_ or sweep or from_ or to or for_ or save or report:
                fail("--reproduce takes all from the result: it goes with --data, --config, --json")
            given = (
                None if config is None else configured(config, [], RecordedAs(), None, [], safety)
            )
            sound = reproduced(stored(reproduce, given, data or []), json)
        else:
            recorded = RecordedAs(format, market)
            configuration = configured(config, data or [], recorded, strategy, set_ or [], safety)
            if for_ is not None:
                span = {"duration": duration(for_, "--for")}
                session = configuration.session.model_copy(update=span)
                configuration = changed(configuration, COMMAND_LINE, session=session)
            begin = None if from_ is None else moment(from_, "--from")
            end = None if to is None else moment(to, "--to")
            if sweep:
                processes, walk = jobs or cores(), (walk_forward, anchored)
                asked = Asked(configuration, sweep, by, processes, *walk, begin, end)
                sound = swept(asked, json)
            else:
                sound = tested(configuration, begin, end, report, save, json)
    if not sound:
        raise typer.Exit(FOUND_WRONG)
