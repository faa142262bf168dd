"""`fairlead drill`: try what must work on the worst day, on a day that is not.

`drill knight` plays the causes of 1 August 2012 against the gate; `drill kill` throws the kill
switch of a session that exists for it alone; `drill crash` (`crash_drill.py`) kills a real node
again and again. None touches a session that trades.
"""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from fairlead.cli.console import FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.crash_drill import crash
from fairlead.cli.measured import span_phrase
from fairlead.cli.switches import JOURNAL, JournalOption, JsonOption, PersonOption, user
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.gateways.kill_files import place_of
from fairlead.journal.sequencer import WallClock
from fairlead.model.decimals import decimal_text
from fairlead.model.units import NANOS_PER_SECOND, Money, Nanos
from fairlead.operations.drill_record import DRILLS_NAME, Drill, drill_warning, write_drill
from fairlead.operations.kill_drill import drill_kill
from fairlead.operations.knight import KNIGHT_SPAN, SPAN, run_all, unguarded
from fairlead.operations.knight_log import Result
from fairlead.operations.knight_settings import RATE_ALARMS
from fairlead.readers.written import grouped, printable, rounded_text

app = typer.Typer(name="drill", help="Try what must work on the worst day.", no_args_is_help=True)
app.command()(crash)

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_CENTS: Final = 2  # decimals of the drill's money
_SECONDS: Final = SPAN // NANOS_PER_SECOND
_COLUMNS: Final = [
    Column("scenario"),
    Column("asked", 6, number=True),
    Column("sent", number=True),
    Column("refused", 2, number=True),
    Column("fills", 4, number=True),
    Column("exposure", number=True),
    Column("loss", number=True),
    Column("alarm", 3, number=True),
    Column("stopped", number=True),
    Column("by", 1),
    Column("layer", 5),
]


@app.command()
def knight(
    seconds: Annotated[
        int, typer.Option(min=1, max=2_700, help="How long each fault goes on, in virtual time.")
    ] = _SECONDS,
    json: JsonOption = False,
) -> None:
    """Play each cause of the Knight case against all layers, and the loop against none.

    Exit code 0: every flow was stopped within a second. 1: one was not.
    """
    results = run_all(Nanos(seconds * NANOS_PER_SECOND))
    nothing = unguarded()
    stopped = all(result.in_time for result in results)
    if json:
        print_json(knight_content(results, nothing, seconds))
    else:
        OUT.print(knight_view(results, nothing, seconds, OUT.width))
    if not stopped:
        raise typer.Exit(FOUND_WRONG)


@app.command()
def kill(
    journal: JournalOption = JOURNAL, person: PersonOption = "", json: JsonOption = False
) -> None:
    """Throw the kill switch of a scratch session: block, cancel, confirm, verify, release.

    The live switch is not touched. What came of it is kept beside the sessions of the journal.
    Exit code 0: it works. 1: a step failed. 2: the drill could not be held or kept.
    """
    person = person or user()
    if not person.strip():
        fail("--person: expected a name")
    clock = WallClock()
    place = place_of(journal)
    late = drill_warning(place, clock.now())
    with mistakes_in_one_line():
        with tempfile.TemporaryDirectory() as scratch:
            drill = drill_kill(Path(scratch), clock, person)
        write_drill(place, drill)
    record = place / DRILLS_NAME
    if json:
        print_json({**msgspec.to_builtins(drill), "before": late, "record": str(record)})
    else:
        OUT.print(kill_view(drill, late, record))
    if not drill.passed:
        raise typer.Exit(FOUND_WRONG)


def knight_content(results: list[Result], nothing: Result, seconds: int) -> dict[str, Any]:
    """Return a drill as one object."""
    return {
        "stopped": all(result.in_time for result in results),
        "seconds": seconds,
        "scenarios": [_result_object(result) for result in results],
        "unguarded": {
            **_result_object(nothing),
            "seconds": KNIGHT_SPAN // NANOS_PER_SECOND,
        },
    }


def knight_view(results: list[Result], nothing: Result, seconds: int, width: int) -> RenderableType:
    """Return a drill as a table, with what no control would have done below it."""
    left = [result.name for result in results if not result.in_time]
    if left:
        head = Text(f"NOT STOPPED WITHIN A SECOND: {', '.join(left)}", style=_BAD)
    else:
        slowest = max(result.stopped_after or 0 for result in results)
        told = f"{len(results)} of {len(results)} stopped, the slowest after {_span(slowest)}"
        head = Text(told, style=_GOOD)
    minutes = KNIGHT_SPAN // (60 * NANOS_PER_SECOND)
    notes = (
        f"each fault goes on for {seconds} s; the loop without a control, for {minutes} min",
        "exposure and loss: in dollars, at their worst; alarm: of the rate of orders or value",
        "stopped: when the first order did not leave after which none did",
    )
    rows = [_row(result) for result in (*results, nothing)]
    return Group(
        head, Text(), fitting_table(_COLUMNS, rows, width), Text(), Text("\n".join(notes), _QUIET)
    )


def kill_view(drill: Drill, late: str, record: Path) -> RenderableType:
    """Return a drill of the kill switch, a line for each step."""
    rows = [
        [Text(step.name), Text(_passed(step.passed), _style(step.passed)), Text(step.found)]
        for step in drill.steps
    ]
    table = fitting_table([Column("step"), Column(""), Column("found")], rows, 10_000)
    head = "the kill switch works" if drill.passed else "THE KILL SWITCH DOES NOT WORK"
    spent = f"from the trigger to the last of {drill.cancels} cancels on the wire:"
    lines = [f"{spent} {span_phrase(drill.last_cancel_after)}", f"kept in {record}"]
    if late:
        lines.append(f"before this drill: {late.partition(';')[0]}")
    told = Text("\n".join(printable(line) for line in lines), _QUIET)
    return Group(Text(head, style=_style(drill.passed)), Text(), table, Text(), told)


def _row(result: Result) -> Row:
    stopped = "NEVER" if result.stopped_after is None else _span(result.stopped_after)
    style = _style(result.in_time)
    alarm = result.alarm(RATE_ALARMS)
    return [
        Text(result.name),
        *(Text(f"{count:,}") for count in (result.asked, result.sent, result.held_back)),
        Text(f"{result.fills:,}"),
        *(Text(_dollars(money)) for money in (result.gross, result.loss)),
        Text("" if alarm is None else _span(alarm)),
        Text(stopped, style=style),
        Text(result.stopped_by),
        Text(result.stopped_in),
    ]


def _result_object(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(result)
    for name in ("gross", "loss"):
        found[name] = decimal_text(found[name], _CENTS)
    return {**found, "stopped": result.stopped, "held_back": result.held_back}


def _dollars(money: Money) -> str:
    return grouped(rounded_text(money, _CENTS, 0))


def _span(span: int) -> str:
    return "at once" if span == 0 else span_phrase(Nanos(span))


def _passed(passed: bool) -> str:
    return "passed" if passed else "FAILED"


def _style(good: bool) -> str:
    return _GOOD if good else _BAD
