"""`fairlead sql`: the journal as tables in SQLite or PostgreSQL, and as Parquet files.

A reader: it may be late, lost or wrong without touching trading. The packages that it needs are an
extra; without them these commands say so, and all others run.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.past import JOURNALS
from fairlead.node.loading import load
from fairlead.node.reading import Reading
from fairlead.readers.sql.extras import need
from fairlead.readers.written import printable, span_text, time_text
from fairlead.stages.paper import newest_session

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from fairlead.readers.sql.asking import Answer, ReadModelStatus
    from fairlead.readers.sql.following import Progress
    from fairlead.readers.sql.projection import Current

URL_VARIABLE: Final = "FAIRLEAD_READ_MODEL_URL"
DIRECTORY: Final = "read_model"  # beside the directory of the sessions
ROWS_MAX: Final = 1_000

app = typer.Typer(
    name="sql", help="The journal as SQL tables and Parquet files.", no_args_is_help=True
)

JournalPlace = Annotated[
    Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
]
To = Annotated[
    str | None,
    typer.Option(
        help="sqlite:///FILE, a file, or postgresql://USER:PASSWORD@HOST/DATABASE;"
        f" else ${URL_VARIABLE}, `read_model.url` of --config, or a file beside the sessions."
    ),
]
Config = Annotated[Path | None, typer.Option(help="A YAML configuration with `read_model.url`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def project(
    journal: JournalPlace = JOURNALS,
    to: To = None,
    config: Config = None,
    follow: Annotated[bool, typer.Option("--follow", help="Keep up until stopped.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Drop the tables first.")] = False,
    json: Json = False,
) -> None:
    """Project a journal into tables, on from where they stand."""
    with _mistakes():
        need("sql")
        from fairlead.readers.sql.database import shown
        from fairlead.readers.sql.following import keep_up

        journal = newest_session(journal)
        url = _url(to, config, journal)
        with _stopped_by_signals() as stop, ERR.status(f"projecting {journal} ...") as status:
            told = _Told(status)
            options: dict[str, Any] = {"follow": follow, "rebuild": rebuild, "stop": stop}
            end = keep_up(journal, url, tell=told.tell, reading=_reading, **options)
    content = {
        "journal": str(journal),
        "url": shown(url),
        "sequence": end.sequence,
        "applied": end.applied,
        "behind_bytes": end.behind_bytes,
        "problem": end.problem,
    }
    if json:
        print_json(content)
    else:
        OUT.print(f"{shown(url)} has {journal} up to input {end.sequence:,} ({end.applied:,} new)")


@app.command()
def status(
    to: To = None,
    config: Config = None,
    journal: Annotated[
        Path | None, typer.Option(help="The journal, if it is not where it was.")
    ] = None,
    json: Json = False,
) -> None:
    """Say how far a read model has come, and how far behind its journal it is."""
    with _mistakes():
        need("sql")
        from fairlead.readers.sql import asking

        place = newest_session(journal) if journal is not None else None
        found = asking.status(_url(to, config, place), place)
    if json:
        print_json(_status_content(found))
    else:
        OUT.print(_status_table(found))


@app.command()
def query(
    statement: Annotated[str, typer.Argument(help="One SELECT.")],
    to: To = None,
    config: Config = None,
    limit: Annotated[int, typer.Option(help="How many rows at most.", min=1)] = ROWS_MAX,
    json: Json = False,
) -> None:
    """Ask a read model. Nothing can be changed by it."""
    with _mistakes(), until_the_reader_leaves():
        need("sql")
        from fairlead.readers.sql import asking

        answer = asking.query(_url(to, config, None), statement, limit)
        if json:
            print_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
        else:
            OUT.print(_answer_table(answer))
        if answer.more:
            ERR.print(f"there are more than {limit:,} rows: --limit", style="yellow")


@app.command()
def export(
    parquet: Annotated[Path, typer.Option(help="The directory of the files.")],
    journal: Annotated[
        Path | None, typer.Argument(help="A journal; else what a read model has (--from).")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="The URL of a read model, or its file.")
    ] = None,
    config: Config = None,
    table: Annotated[
        list[str] | None, typer.Option(help="One table alone; repeat it. Else all.")
    ] = None,
    json: Json = False,
) -> None:
    """Write tables as Parquet files, with exact decimals."""
    with _mistakes():
        need("sql")
        need("research")
        written = _exported(parquet, journal, source, config, table or [])
    if json:
        print_json({"directory": str(parquet), "rows": written})
        return
    shown = Table("table", "rows")
    for name, rows in written.items():
        shown.add_row(name, f"{rows:,}")
    OUT.print(shown)


def _exported(
    directory: Path, journal: Path | None, source: str | None, config: Path | None, names: list[str]
) -> dict[str, int]:
    from fairlead.readers.sql.following import keep_up
    from fairlead.readers.sql.parquet import export as export_tables

    if journal is None:
        return export_tables(_url(source, config, None), directory, names)
    if source is not None:
        fail("a journal or --from, not both: they may tell different moments")
    import tempfile

    from fairlead.readers.sql.database import address_of

    with tempfile.TemporaryDirectory() as around, ERR.status("projecting ..."):
        url = address_of(str(Path(around) / "tables.db"))
        never = threading.Event()
        options: dict[str, Any] = {"follow": False, "rebuild": False, "stop": never}
        place = newest_session(journal)
        keep_up(place, url, tell=lambda _: None, reading=_reading, **options)
        return export_tables(url, directory, names)


def _reading() -> "Current":
    return Reading().current


class _Told:
    """Says on standard error where a projection stands; each problem once."""

    def __init__(self, status: Any) -> None:
        self._status = status
        self._problem = ""

    def tell(self, progress: "Progress") -> None:
        """Show the progress."""
        behind = f", {progress.behind_bytes:,} bytes to read" if progress.behind_bytes else ""
        self._status.update(f"input {progress.sequence:,}{behind} ...")
        if progress.problem and progress.problem != self._problem:
            ERR.print(f"fairlead: {progress.problem}", markup=False, style="yellow")
        elif self._problem and not progress.problem:
            ERR.print("fairlead: the read model is there again", style="green")
        self._problem = progress.problem


@contextmanager
def _mistakes() -> Iterator[None]:
    with mistakes_in_one_line():
        try:
            yield
        except AssertionError as error:
            fail(f"the journal tells what these tables cannot hold: {error}", FOUND_WRONG)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Return an event that SIGTERM and SIGINT set: a follower ends between two transactions."""
    stop = threading.Event()

    def obey(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, obey) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _url(given: str | None, config: Path | None, journal: Path | None) -> "URL":
    """Return where the read model is, by what was said first."""
    from fairlead.readers.sql.database import address_of

    text = given or os.environ.get(URL_VARIABLE)
    if text is None and config is not None:
        configured = load(config, os.environ).read_model.url
        text = configured.get_secret_value() if configured is not None else None
    if text is None:
        session = journal or newest_session(JOURNALS)
        text = str(session.parent.parent / DIRECTORY / f"{session.name}.db")
    return address_of(text)


def _status_content(found: "ReadModelStatus") -> dict[str, Any]:
    lag = found.lag
    behind = None
    if lag is not None:
        behind = {"inputs": lag.inputs, "nanoseconds": lag.nanos}
    return {**found._asdict(), "time": time_text(found.time), "time_ns": found.time, "lag": behind}


def _status_table(found: "ReadModelStatus") -> Table:
    table = Table(title=f"read model {found.url}", show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("journal", found.journal)
    table.add_row("up to", f"input {found.sequence:,} of {time_text(found.time)}")
    lag = found.lag
    behind = "not known: the journal is not there"
    if lag is not None:
        behind = f"{lag.inputs:,} inputs, {span_text(lag.nanos)}" if lag.inputs else "nothing"
    table.add_row("behind by", behind)
    table.add_row("epoch", str(found.epoch))
    table.add_row("chain", found.chain)
    table.add_row("version", f"{found.revision}, rules {found.layout}")
    for name, rows in found.rows.items():
        table.add_row(name, f"{rows:,}")
    return table


def _answer_table(answer: "Answer") -> Table:
    table = Table()
    for name in answer.columns:
        table.add_column(Text(printable(name)))
    for row in answer.rows:
        table.add_row(*(Text("" if one is None else printable(str(one))) for one in row))
    return table
