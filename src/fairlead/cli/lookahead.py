"""`fairlead lookahead`: does a strategy know what it cannot know yet?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, mistakes_in_one_line, print_json
from fairlead.cli.session_options import COMMAND_LINE, RecordedAs, configured, duration
from fairlead.cli.sweep import cores
from fairlead.model.units import Nanos
from fairlead.node.configuration import Configuration
from fairlead.node.loading import changed
from fairlead.readers.written import printable, time_text
from fairlead.stages.lookahead import Decision, Difference, Verdict, look
from fairlead.stages.sweep import span_of

_CUTS_MAX: Final = 1_000


def lookahead(
    strategy: Annotated[
        str | None, typer.Argument(help="A strategy: a shipped name or file.py[:Class].")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="A recorded file; repeat it to join several in order.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A YAML configuration; without one, the demo market.")
    ] = None,
    format: Annotated[str, typer.Option(help="How it was recorded.")] = "binance-raw",
    market: Annotated[str, typer.Option(help="The market of the recording.")] = "auto",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the strategy: key=value.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long, in the time of the market: 60s, 10m.")
    ] = None,
    cuts: Annotated[
        int, typer.Option(min=1, max=_CUTS_MAX, help="At how many times the data is cut off.")
    ] = 8,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="In how many processes; one for each core.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Look for look-ahead: what is decided on cut-off data must be what is decided on all of it.

    Exit code 0: nothing was found. 1: the strategy knows the future, or does not repeat itself.
    """
    with mistakes_in_one_line():
        configuration = configured(
            config, data or [], RecordedAs(format, market), strategy, set_ or []
        )
        if for_ is not None:
            session = configuration.session.model_copy(update={"duration": duration(for_, "--for")})
            configuration = changed(configuration, COMMAND_LINE, session=session)
        verdict = _looked(configuration, cuts, jobs or cores())
        if json:
            print_json(_content(verdict))
        else:
            for line in _lines(verdict):
                OUT.print(line, soft_wrap=True)
    if not verdict.honest:
        raise typer.Exit(FOUND_WRONG)


def _looked(configuration: Configuration, cuts: int, jobs: int) -> Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=ERR, transient=True) as bar:
        task = bar.add_task("runs", total=cuts + 2)
        begin, end = span_of(configuration)
        for found in look(configuration, begin, end, cuts, jobs):
            bar.advance(task)
            if isinstance(found, Verdict):
                return found
    raise AssertionError("a look ends with a verdict")


def _lines(verdict: Verdict) -> Iterator[Text]:
    told = (
        f"{verdict.decisions:,} decisions, on whole data and cut off at {len(verdict.cuts)} times"
    )
    yield Text(told)
    if verdict.decisions == 0:
        yield Text("the strategy decided nothing: nothing was looked at", style="yellow")
    for difference in verdict.differences:
        yield from _difference(difference)
    for path in verdict.data_opened:
        yield Text(printable(f"it opens the data by itself: {path}"), style="bold red")
    for path in verdict.others_opened:
        yield Text(printable(f"it opens {path}: what is in there nobody has cut"), style="yellow")
    if verdict.honest:
        yield Text("no look-ahead was found", style="green")


def _difference(difference: Difference) -> Iterator[Text]:
    if difference.cut is None:
        told = "the same data twice, and it decides otherwise: look for chance, clocks or leftovers"
    else:
        told = f"data that ends at {time_text(difference.cut)}, and it decides otherwise before"
    yield Text(told, style="bold red")
    again = "again" if difference.cut is None else "cut off"
    for name, decision in (("whole", difference.whole), (again, difference.other)):
        yield Text(f"  {name}: {_phrase(decision)}")


def _phrase(decision: Decision | None) -> str:
    if decision is None:
        return "nothing more"
    said: dict[str, Any] = msgspec.json.decode(decision.content)
    kind = said.pop("type")
    telling = ", ".join(f"{name} {value}" for name, value in said.items() if _tells(value))
    return printable(f"{time_text(Nanos(decision.time))} {kind}: {telling}")


def _tells(value: object) -> bool:
    """Whether a field of a request says more than that it was not set."""
    return value not in (None, False, "none") and bool(str(value).strip("0."))


def _content(verdict: Verdict) -> dict[str, Any]:
    return {
        "honest": verdict.honest,
        "decisions": verdict.decisions,
        "cuts": verdict.cuts,
        "repeats": verdict.repeats,
        "differences": [
            {
                "cut": each.cut,
                "whole": None if each.whole is None else _phrase(each.whole),
                "other": None if each.other is None else _phrase(each.other),
            }
            for each in verdict.differences
        ],
        "data_opened": verdict.data_opened,
        "others_opened": verdict.others_opened,
    }
