"""What a read model is asked: how far it has come, and anything that SQL can ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from fairlead.journal.tail import Tail
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.errors import ReadModelUnusable
from fairlead.readers.sql import schema
from fairlead.readers.sql.database import connect, failing_as_unreachable, shown
from fairlead.readers.sql.projection import watermark_of
from fairlead.readers.sql.tables import SCHEMA
from fairlead.readers.sql.workspace import Row


class Lag(NamedTuple):
    """How far a read model is behind its journal."""

    inputs: int
    nanos: Nanos  # between the last input in the tables and the last one in the journal


class ReadModelStatus(NamedTuple):
    """How a read model stands."""

    url: str
    revision: str
    layout: int
    journal: str
    sequence: Sequence
    time: Nanos
    epoch: int
    chain: str
    lag: Lag | None  # None where the journal is not there to look at
    rows: dict[str, int]


class Answer(NamedTuple):
    """The rows that a query found."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool  # there were more than were asked for


def status(url: URL, journal: Path | None = None) -> ReadModelStatus:
    """Return how a read model stands, and how far behind its journal it is.

    `journal`: where that is now, if not where it was. Raises `ReadModelError` and the errors of
    journals.
    """
    with reading(url) as connection:
        revision, watermark = projected(connection, url)
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SCHEMA.sorted_tables
        }
    place = journal or Path(watermark["journal"])
    return ReadModelStatus(
        url=shown(url),
        revision=revision,
        layout=watermark["layout"],
        journal=str(place),
        sequence=Sequence(watermark["sequence"]),
        time=Nanos(watermark["time_ns"]),
        epoch=watermark["epoch"],
        chain=watermark["chain"],
        lag=lag_of(watermark, place) if journal is not None or place.is_dir() else None,
        rows=rows,
    )


def lag_of(watermark: Row, journal: Path) -> Lag:
    """Count what a journal has that the tables do not have. Raises the errors of journals."""
    tail = Tail(journal)
    while tail.read():
        pass
    inputs = max(0, tail.last - watermark["sequence"])
    return Lag(inputs, Nanos(max(0, tail.time - watermark["time_ns"]) if inputs else 0))


def query(url: URL, text: str, rows_max: int) -> Answer:
    """Return what one statement finds. It can only read. Raises `ReadModelError`."""
    with reading(url) as connection:
        projected(connection, url)
        if connection.dialect.name == "postgresql":
            text = text.replace("%", "%%")  # its driver takes one for a parameter
        found = connection.exec_driver_sql(text)
        if not found.returns_rows:
            raise ReadModelUnusable("the statement returns no rows: ask with SELECT")
        taken = found.fetchmany(rows_max + 1)
        columns = list(found.keys())
    return Answer(columns, [list(row) for row in taken[:rows_max]], len(taken) > rows_max)


@contextmanager
def reading(url: URL) -> Iterator[Connection]:
    """Connect to a read model, to read it and no more. Raises `ReadModelError`."""
    with failing_as_unreachable(url):
        engine = connect(url, read_only=True)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def projected(connection: Connection, url: URL) -> tuple[str, Row]:
    """Return version and watermark of a read model. Raises `ReadModelUnusable` if it is none."""
    revision = schema.revision_of(connection)
    if revision is None:
        raise ReadModelUnusable(f"{shown(url)}: there is no read model: run `fairlead sql project`")
    if revision != schema.newest():
        raise ReadModelUnusable(
            f"{shown(url)}: its tables are of version {revision}, this build works with"
            f" {schema.newest()}: run `fairlead sql project`, which upgrades them"
        )
    watermark = watermark_of(connection)
    if watermark is None:
        raise ReadModelUnusable(f"{shown(url)}: nothing was projected yet")
    return revision, watermark
