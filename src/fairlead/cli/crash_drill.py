"""`fairlead drill crash`: kill a real node again and again, and show that nothing is lost of it."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.switches import JOURNAL, JournalOption, JsonOption, PersonOption, user
from fairlead.cli.tables import Column, fitting_table
from fairlead.gateways.kill_files import place_of
from fairlead.journal.sequencer import WallClock
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.crash_drill import KILLS, Drilling
from fairlead.operations.drill_record import CRASH_DRILLS_NAME, CrashDrill, write_drill
from fairlead.readers.written import printable

_GOOD: Final = "green"
_BAD: Final = "bold red"
_QUIET: Final = "dim"
_WIDE: Final = 10_000  # what was found is never left out
_MILLISECONDS: Final = 1_000_000


def crash(
    kills: Annotated[int, typer.Option(min=1, max=1_000, help="How often it is killed.")] = KILLS,
    seed: Annotated[int, typer.Option(min=0, help="Of the market, and of the moments.")] = 1,
    keep: Annotated[
        Path | None, typer.Option(help="Keep journal, books and output in this new directory.")
    ] = None,
    journal: JournalOption = JOURNAL,
    person: PersonOption = "",
    json: JsonOption = False,
) -> None:
    """Kill a scratch node with SIGKILL while it trades, and hold its journal against the exchange.

    No session that trades is touched. What came of it is kept beside the sessions of the journal.
    Exit code 0: nothing was lost. 1: something was; its files are kept. 2: it could not be held.
    """
    person = person or user()
    if not person.strip():
        fail("--person: expected a name")
    place = place_of(journal)
    with mistakes_in_one_line():
        directory = _directory(keep)
        drill = _held(directory, kills, seed, person)
        write_drill(place, drill)
        if drill.passed and keep is None:
            shutil.rmtree(directory)
    record = place / CRASH_DRILLS_NAME
    if json:
        print_json({**msgspec.to_builtins(drill), "record": str(record)})
    else:
        OUT.print(crash_view(drill, record))
    if not drill.passed:
        ERR.print(f"journal, books and output are kept in {directory}", markup=False)
        raise typer.Exit(FOUND_WRONG)


def _directory(keep: Path | None) -> Path:
    """Return a directory for one drill, new and empty."""
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="fairlead-crash-"))
    keep.mkdir(parents=True)
    return keep


def _held(directory: Path, kills: int, seed: int, person: str) -> CrashDrill:
    try:
        with ERR.status("starting the exchange ...") as status:

            def tell(done: int) -> None:
                status.update(f"killed {done} of {kills} times ...")

            return Drilling(directory, seed, tell).hold(kills, WallClock(), person)
    except BaseException:
        ERR.print(f"the drill broke off; its files are kept in {directory}", markup=False)
        raise


def crash_view(drill: CrashDrill, record: Path) -> RenderableType:
    """Return a drill of crashes, a line for each rule."""
    killed = sum(drill.kills.values())
    head = (
        f"killed {killed} times, nothing was lost" if drill.passed else "NOT ALL IS AS IT MUST BE"
    )
    rows = [
        [
            Text(step.name),
            Text("passed" if step.passed else "FAILED", _style(step.passed)),
            Text(printable(step.found)),
        ]
        for step in drill.steps
    ]
    where = ", ".join(f"{moment} {count}" for moment, count in drill.kills.items())
    lines = (
        f"killed while it was: {where}; {drill.snapshots} snapshots were taken",
        f"from the start of the process to the first new input: {_both(drill, 'back')}",
        f"to the first order: {_both(drill, 'trading')}; {_seconds(drill.took)} in all",
        f"kept in {record}",
    )
    table = fitting_table([Column("rule"), Column(""), Column("found")], rows, _WIDE)
    told = Text("\n".join(printable(line) for line in lines), _QUIET)
    return Group(Text(head, style=_style(drill.passed)), Text(), table, Text(), told)


def _both(drill: CrashDrill, what: str) -> str:
    middle, most = (getattr(drill, f"{what}_after_{part}") for part in ("p50", "max"))
    return f"p50 {_seconds(middle)}, max {_seconds(most)}"


def _seconds(span: Nanos) -> str:
    milliseconds = span // _MILLISECONDS
    if span < NANOS_PER_SECOND:
        return f"{milliseconds} ms"
    return f"{milliseconds // 1_000}.{milliseconds % 1_000 // 100} s"


def _style(good: bool) -> str:
    return _GOOD if good else _BAD
