"""`fairlead audit`: the trail of a journal, for people, as JSON lines or as CSV."""

import csv
import json as json_text
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from fairlead.cli.console import OUT, fail, mistakes_in_one_line
from fairlead.cli.lines import until_the_reader_leaves, write_line
from fairlead.cli.points import Point, point
from fairlead.cli.tables import Column, fitting_table
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.node.reading import recorded
from fairlead.node.time_text import time_text
from fairlead.readers.trail import CLASSES, Deed, Trail
from fairlead.readers.written import printable
from fairlead.stages.paper import newest_session

SHOWN_MAX: Final = 200  # lines of a table: the rest is for --json and --csv
_COLUMNS: Final = [
    Column("input", number=True),
    Column("time", 2),
    Column("class", 3),
    Column("who"),
    Column("what"),
    Column("why", 1),
]
_FIELDS: Final = ("sequence", "time", "epoch", "build", "classes", "type", "answer", "actor")
_FIELDS_TOLD: Final = (*_FIELDS, "reason", "approvals", "content")


class Class(StrEnum):
    """The classes of the trail, as an option takes them."""

    orders = "orders"
    positions = "positions"
    config = "config"
    users = "users"


def audit(
    journal: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    class_: Annotated[
        list[Class] | None, typer.Option("--class", help="Only these; repeat it for several.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="From this input or UTC time on.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Up to this input or UTC time.")] = None,
    person: Annotated[str, typer.Option(help="Only what this person did.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines, every field.")] = False,
    csv_: Annotated[bool, typer.Option("--csv", help="Print CSV, every field.")] = False,
) -> None:
    """Show who did what, when, why and with whose approval, from the journal alone.

    What it shows is what `fairlead verify` proves: run that first.
    """
    if json and csv_:
        fail("--json or --csv, not both")
    with mistakes_in_one_line():
        since = point(from_, "--from") if from_ is not None else Point()
        until = point(to, "--to") if to is not None else Point()
        wanted = {one.value for one in class_} if class_ else set(CLASSES)
        found = (
            deed
            for deed in _deeds(newest_session(journal), since, until)
            if not wanted.isdisjoint(deed.classes) and person in ("", deed.actor)
        )
        if json:
            with until_the_reader_leaves():
                for deed in found:
                    write_line(_object(deed))
        elif csv_:
            with until_the_reader_leaves():
                _write_csv(found)
        else:
            _print(list(found))


def _deeds(directory: Path, since: Point, until: Point) -> Iterator[Deed]:
    trail = Trail()
    for entry in recorded(directory):
        if (until.to is not None and entry.sequence > until.to) or (
            until.at is not None and entry.time > until.at
        ):
            return
        outputs = decode_outputs(entry.outputs) if entry.outputs else []
        deeds = trail.deeds(entry.sequence, entry.time, decode_input(entry.input), outputs)
        is_before = (since.to is not None and entry.sequence < since.to) or (
            since.at is not None and entry.time < since.at
        )
        for deed in deeds:
            if not is_before:
                yield deed


def _object(deed: Deed) -> dict[str, Any]:
    told = deed._asdict()
    return {name: told[name] for name in _FIELDS_TOLD}


def _write_csv(found: Iterable[Deed]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_FIELDS_TOLD)
    for deed in found:
        told = _object(deed)
        told["classes"] = " ".join(deed.classes)
        told["approvals"] = "; ".join(deed.approvals)
        told["content"] = json_text.dumps(deed.content)
        told["time"] = time_text(deed.time)
        writer.writerow([_harmless(str(value)) for value in told.values()])


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: what venues and people say is text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _print(found: list[Deed]) -> None:
    shown = found[-SHOWN_MAX:]
    if len(shown) < len(found):
        told = f"the last {len(shown):,} of {len(found):,}; all of them with --json or --csv"
        OUT.print(Text(told, style="dim"))
    rows = [
        [
            Text(f"{deed.sequence:,}"),
            Text(time_text(deed.time)),
            Text(", ".join(deed.classes)),
            Text(printable(deed.actor)),
            Text(("> " if deed.answer else "") + deed.type),
            Text(printable("; ".join((deed.reason, *deed.approvals))).strip("; ")),
        ]
        for deed in shown
    ]
    OUT.print(fitting_table(_COLUMNS, rows, OUT.width))
