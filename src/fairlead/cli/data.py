"""`fairlead data`: research data, from files of any format to a store that is checked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, mistakes_in_one_line, print_json
from fairlead.cli.data_calendar import calendar
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.tables import Column, fitting_table
from fairlead.gateways.calendars import trading_calendar
from fairlead.gateways.errors import InstrumentNotInferred
from fairlead.gateways.formats import FORMATS, FormatOptions, format_named
from fairlead.gateways.store.catalogue import Catalogue, Imported, Part, load
from fairlead.gateways.store.checking import Finding, StoreCheck
from fairlead.gateways.store.exporting import export as export_recording
from fairlead.gateways.store.reading import chosen, open_store
from fairlead.gateways.store.writing import import_recording
from fairlead.model.decimals import decimal_text
from fairlead.readers.written import time_text

app: Final = typer.Typer(
    name="data", help="Research data: the tick store, trading calendars.", no_args_is_help=True
)
app.command()(calendar)

StorePlace = Annotated[Path, typer.Argument(help="The folder of the store.")]
Symbols = Annotated[list[str] | None, typer.Option("--symbol", help="Only this one; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_FORMATS: Final = ", ".join(name for name in FORMATS if name != "store")


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Recorded files, of one format.")],
    to: Annotated[Path, typer.Option(help="The folder of the store; made if there is none.")],
    format: Annotated[str, typer.Option(help=f"How they are recorded: {_FORMATS}.")],
    symbol: Symbols = None,
    market: Annotated[
        str | None, typer.Option(help="The venue's market or dataset, where files do not say it.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="The day (yyyy-mm-dd), where files do not say it.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Import files that are in the store already.")
    ] = False,
    json: Json = False,
) -> None:
    """Import recorded files into a tick store: all that they say, or nothing."""
    with mistakes_in_one_line():
        options = FormatOptions(symbols=tuple(symbol or ()), market=market, date=date)
        recording = format_named(format).open(files, options)
        with _progress("importing") as told:
            imported = import_recording(
                recording,
                files,
                format,
                to,
                lambda frames, rows: told(f"{frames:,} frames, {rows:,} inputs"),
                again,
            )
        parts = [part for part in load(to).parts if part.imported == imported.number]
    if json:
        print_json({"import": _import_object(imported), "parts": [*map(_part_object, parts)]})
        return
    OUT.print(Text(_sentence(imported)), soft_wrap=True)
    OUT.print(_parts_table(parts))


@app.command("list")
def list_(store: StorePlace, symbol: Symbols = None, json: Json = False) -> None:
    """List what a store has: symbols, days, rows."""
    with mistakes_in_one_line():
        catalogue = load(store)
        parts = chosen(catalogue, symbol or ())
    if json:
        print_json({"store": str(store), "parts": [*map(_part_object, parts)]})
        return
    imports = len(catalogue.imports)
    OUT.print(Text(f"{store}: {len(parts)} parts of {imports} imports"), soft_wrap=True)
    OUT.print(_parts_table(parts))


@app.command()
def inspect(
    store: StorePlace,
    symbol: Annotated[str, typer.Argument(help="The symbol to look at.")],
    json: Json = False,
) -> None:
    """Show all that a store knows of a symbol: terms, parts, sources, kinds of inputs."""
    with mistakes_in_one_line():
        catalogue = load(store)
        parts = [part for part in chosen(catalogue, (symbol,)) if part.symbol == symbol]
        if not parts:
            known = ", ".join(catalogue.symbols()) or "none"
            raise InstrumentNotInferred(f"{store}: no {symbol!r}, there are: {known}")
    imports = _imports_of(catalogue, parts)
    if json:
        print_json(
            {
                "symbol": symbol,
                "terms": msgspec.to_builtins(_terms(parts)),
                "imports": [*map(_import_object, imports)],
                "parts": [*map(_part_object, parts)],
            }
        )
        return
    OUT.print(_terms_table(parts))
    for imported in imports:
        OUT.print(Text(_sentence(imported)), soft_wrap=True)
    OUT.print(_parts_table(parts))


@app.command()
def check(
    store: StorePlace,
    symbol: Symbols = None,
    calendar: Annotated[
        str | None,
        typer.Option(help="Hold gaps between days against this calendar: 24/7, XNYS, ..."),
    ] = None,
    json: Json = False,
) -> None:
    """Check a store: hashes, order, duplicates, crossed quotes, missing days, conservation.

    Exits with 1 if the store is not what was written to it; strange data alone is told.
    """
    with mistakes_in_one_line():
        catalogue = load(store)
        parts = chosen(catalogue, symbol or ())
        days = trading_calendar(calendar) if calendar else None
        done = StoreCheck(store, catalogue, days)
        with _progress("checking", len(parts)) as told:
            done.run(parts, lambda parts: told("", parts))
    found = list(done.findings.values())
    if json:
        print_json(
            {
                "store": str(store),
                "whole": done.is_whole,
                "parts": done.parts,
                "rows": done.rows,
                "leftovers": done.leftovers,
                "findings": [
                    {**msgspec.to_builtins(one), "damage": one.is_damage} for one in found
                ],
            }
        )
    else:
        _say_check(store, done, found)
    if not done.is_whole:
        raise typer.Exit(FOUND_WRONG)


@app.command()
def export(
    store: StorePlace,
    to: Annotated[
        Path | None, typer.Option(help="A file: .csv is CSV, all else JSON lines. Default: stdout.")
    ] = None,
    symbol: Symbols = None,
    date: Annotated[str | None, typer.Option(help="One day alone, as yyyy-mm-dd.")] = None,
) -> None:
    """Write what a store has as JSON lines or CSV; `--format exported` reads it back."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        options = FormatOptions(symbols=tuple(symbol or ()), date=date)
        recording = open_store([store], options)
        if to is None:
            export_recording(recording, sys.stdout.buffer, as_csv=False)
            sys.stdout.buffer.flush()
            return
        partial = to.with_name(to.name + ".partial")
        with partial.open("wb") as out, _progress("exporting"):
            written = export_recording(recording, out, as_csv=to.suffix == ".csv")
        partial.replace(to)
        ERR.print(f"{to}: {written:,} inputs", markup=False)


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Any]:
    """Show that something goes on, where a person looks at it."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task(what, total=total)

        def told(text: str = "", done: int | None = None) -> None:
            progress.update(task, description=f"{what} {text}".strip(), completed=done)

        yield told


def _parts_table(parts: list[Part]) -> Any:
    columns = [
        Column("symbol"),
        Column("days"),
        Column("rows", number=True),
        Column("first (UTC)", rank=2),
        Column("last (UTC)", rank=2),
        Column("what", rank=1),
        Column("import", rank=3, number=True),
    ]
    rows = [
        [
            Text(part.symbol or "(venue)"),
            Text(_days(part)),
            Text(f"{part.rows:,}"),
            Text(time_text(part.first_time)),
            Text(time_text(part.last_time)),
            Text(_counts(part.kinds)),
            Text(str(part.imported)),
        ]
        for part in parts
    ]
    return fitting_table(columns, rows, OUT.width)


def _terms_table(parts: list[Part]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    terms = _terms(parts)
    table.add_row("symbol", terms.symbol)
    table.add_row("venue", terms.venue)
    table.add_row("currency", terms.currency)
    table.add_row("price tick", decimal_text(terms.price_tick, terms.price_decimals))
    table.add_row("quantity lot", decimal_text(terms.quantity_lot, terms.quantity_decimals))
    return table


def _terms(parts: list[Part]) -> Any:
    terms = max(parts, key=lambda part: (part.day, part.imported)).instrument
    assert terms is not None, "a part of a symbol has its terms"
    return terms


def _say_check(store: Path, done: StoreCheck, found: list[Finding]) -> None:
    state = "whole" if done.is_whole else "DAMAGED"
    OUT.print(Text(f"{store}: {state}, {done.parts} parts, {done.rows:,} rows"), soft_wrap=True)
    if done.leftovers:
        OUT.print(
            Text(f"{done.leftovers} files of imports that never ended: the next removes them")
        )
    for finding in found:
        style = "bold red" if finding.is_damage else ""
        OUT.print(Text(f"{finding.what}: {finding.count:,}", style=style))
        for example in finding.examples:
            OUT.print(Text(f"  {example}"), soft_wrap=True)


def _sentence(imported: Imported) -> str:
    """Return what became of every frame of an import."""
    dropped = sum(imported.dropped.values())
    parts = [
        f"import {imported.number} ({imported.format}): {imported.frames:,} frames",
        f"inputs {sum(imported.inputs.values()):,} + dropped {dropped:,}"
        f" + waiting {imported.waiting:,}",
    ]
    text = " = ".join(parts)
    if imported.dropped:
        text += f"; dropped: {_counts(imported.dropped)}"
    return text + f"; {imported.rows:,} rows"


def _imports_of(catalogue: Catalogue, parts: list[Part]) -> list[Imported]:
    numbers = {part.imported for part in parts}
    return [imported for imported in catalogue.imports if imported.number in numbers]


def _import_object(imported: Imported) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(imported)
    return found


def _part_object(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(part)
    found.pop("instrument")
    return found


def _days(part: Part) -> str:
    first, last = (
        f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}"
        for day in (part.day, part.last_day)
    )
    return first if first == last else f"{first} to {last}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
