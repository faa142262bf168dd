"""`fairlead journal`: what is kept, made small, held, let go and repaired. Never what it says."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.kept_view import fate_object, fates_table, sessions_table
from fairlead.cli.switches import JsonOption, user
from fairlead.journal.sequencer import WallClock
from fairlead.operations import retention
from fairlead.operations.archive import compress as compress_journal
from fairlead.operations.archive import segments_of, sessions_of
from fairlead.operations.repair import repair as repair_journal
from fairlead.stages.paper import newest_session

app = typer.Typer(
    name="journal",
    help="Look after journals: list, compress, hold, release, expire, repair.",
    no_args_is_help=True,
)

PlaceArgument = Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")]
NameOption = Annotated[str, typer.Option(help="What the hold is called: the number of a case.")]
PersonOption = Annotated[str, typer.Option(help="Who says so; by default who runs this.")]
ReasonOption = Annotated[str, typer.Option(help="Why.")]


@app.command("list")
def list_(place: PlaceArgument = Path("var/journal"), json: JsonOption = False) -> None:
    """List the sessions: their segments, how long each is kept, and what holds it."""
    now = WallClock().now()
    with mistakes_in_one_line(), ERR.status("reading ..."):
        found = [
            (retention.fate(directory, now), segments_of(directory))
            for directory in sessions_of(place)
        ]
    if json:
        print_json([fate_object(*one) for one in found])
    else:
        OUT.print(sessions_table(found, OUT.width))


@app.command()
def compress(place: PlaceArgument, json: JsonOption = False) -> None:
    """Compress the sealed segments of a journal; every reader goes on reading it."""
    done = []
    with mistakes_in_one_line(), ERR.status("checking ...") as status:
        for directory in sessions_of(place):
            done += list(compress_journal(directory, lambda text: status.update(f"{text} ...")))
    if json:
        print_json([{**one._asdict(), "path": str(one.path)} for one in done])
        return
    for one in done:
        share = 100 * one.after // one.before
        OUT.print(Text(f"{one.path}: {one.before:,} to {one.after:,} bytes ({share} %)"))
    if not done:
        OUT.print("nothing to compress: no sealed segment that is not compressed")


@app.command()
def hold(
    place: PlaceArgument,
    name: NameOption,
    reason: ReasonOption,
    person: PersonOption = "",
    json: JsonOption = False,
) -> None:
    """Keep a journal, or all below a directory, whatever its time, until the hold is released."""
    with mistakes_in_one_line():
        _refuse_missing(place)
        _say(retention.hold(place, name, *_who(person, reason), WallClock().now()), json)


@app.command()
def release(
    place: PlaceArgument,
    name: NameOption,
    reason: ReasonOption,
    person: PersonOption = "",
    json: JsonOption = False,
) -> None:
    """Release a hold. Both lines stay: who set it, and who released it and why."""
    with mistakes_in_one_line():
        _refuse_missing(place)
        _say(retention.release(place, name, *_who(person, reason), WallClock().now()), json)


@app.command()
def expire(
    place: PlaceArgument,
    reason: ReasonOption = "",
    person: PersonOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Let them go; without it, only say.")] = False,
    json: JsonOption = False,
) -> None:
    """Say which sessions may go by now, and with --yes let them go, whole, each with a record.

    Exit code 1: the journal that was named must not go yet.
    """
    now = WallClock().now()
    gone: list[str] = []
    with mistakes_in_one_line(), ERR.status("reading ..."):
        fates = [retention.fate(directory, now) for directory in sessions_of(place)]
        going = [found for found in fates if not found.kept]
        if yes:
            who = _who(person, reason)
            gone = [retention.expire(found, *who, now).session for found in going]
    if json:
        print_json(
            {"fates": [fate_object(found, []) for found in fates], "gone": gone if yes else []}
        )
    else:
        OUT.print(fates_table(fates, yes, OUT.width))
    if fates[0].directory == place and fates[0].kept:
        raise typer.Exit(FOUND_WRONG)


@app.command()
def repair(
    journal: PlaceArgument,
    source: Annotated[Path, typer.Option("--from", help="A copy of the journal.")],
    json: JsonOption = False,
) -> None:
    """Replace damaged or missing segments by those of a copy, if these continue the chain."""
    done = []
    with mistakes_in_one_line(), ERR.status("reading ...") as status:
        directory = newest_session(journal)
        copy = newest_session(source)
        for one in repair_journal(directory, copy, lambda text: status.update(f"{text} ...")):
            done.append(one)
            ERR.print(f"{one.path}: replaced by {one.source}", markup=False)
    if json:
        print_json([_strings(one._asdict()) for one in done])
        return
    for one in done:
        kept = f"the damaged one is {one.aside}" if one.aside else "it was missing"
        OUT.print(Text(f"{one.path}: from {one.source}; {kept}; was: {one.what}"))
    if not done:
        OUT.print("nothing to repair: the journal reads to its end")


def _who(person: str, reason: str) -> tuple[str, str]:
    person = person.strip() or user()
    if not reason.strip():
        fail("--reason: expected why")
    return person, reason.strip()


def _refuse_missing(place: Path) -> None:
    if not place.is_dir():
        fail(f"{place}: no such directory")


def _say(made: retention.Hold, json: bool) -> None:
    if json:
        print_json(made)
    else:
        OUT.print(Text(f"{made.action} {made.name}: {made.person}: {made.reason}"))


def _strings(found: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}
