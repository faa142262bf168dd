"""Writes the tables as Parquet files: exact decimals, one file for each table.

All tables are read in one transaction, so that they tell one moment. A file appears under its name
when it is whole.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as arrow
from pyarrow import parquet
from sqlalchemy import Boolean, Connection, Integer, Table, select
from sqlalchemy.engine import URL

from fairlead.readers.errors import ReadModelUnusable
from fairlead.readers.sql.asking import projected, reading
from fairlead.readers.sql.columns import Document, Exact, Moment, Number
from fairlead.readers.sql.database import json_text
from fairlead.readers.sql.tables import SCHEMA

ROWS: Final = 10_000  # in memory at once
_DECIMAL: Final = arrow.decimal128(38, 18)  # what holds every amount, and what readers can read


def table_names() -> list[str]:
    """Return the names of all tables."""
    return [table.name for table in SCHEMA.sorted_tables]


def export(
    url: URL,
    directory: Path,
    names: Sequence[str] = (),
    tell: Callable[[str, int], None] | None = None,
) -> dict[str, int]:
    """Write tables (all if none is named) as DIRECTORY/NAME.parquet; return how many rows each has.

    Raises `ReadModelError` and `OSError`.
    """
    unknown = [name for name in names if name not in SCHEMA.tables]
    if unknown:
        known = ", ".join(table_names())
        raise ReadModelUnusable(f"no table is called {unknown[0]!r}; expected one of {known}")
    directory.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    with reading(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        projected(connection, url)
        for name in names or table_names():
            written[name] = _write(connection, SCHEMA.tables[name], directory)
            if tell is not None:
                tell(name, written[name])
    return written


def _write(connection: Connection, table: Table, directory: Path) -> int:
    """Write one table, and return how many rows it has."""
    shape = arrow.schema([_field(column) for column in table.columns])
    place = directory / f"{table.name}.parquet"
    partial = place.with_suffix(".partial")
    statement = select(table).order_by(*table.primary_key.columns)
    count = 0
    try:
        with parquet.ParquetWriter(partial, shape) as writer:
            for rows in connection.execute(statement).mappings().partitions(ROWS):
                writer.write_batch(_batch(table, shape, rows))
                count += len(rows)
    except arrow.ArrowInvalid as error:
        raise ReadModelUnusable(
            f"{table.name}: an amount fits no decimal(38, 18): {error}"
        ) from error
    partial.replace(place)
    return count


def _batch(table: Table, shape: Any, rows: Iterable[Any]) -> Any:
    columns = []
    for column, field in zip(table.columns, shape, strict=True):
        values = [row[column.name] for row in rows]
        if column.type is Document:
            values = [None if value is None else json_text(value) for value in values]
        columns.append(arrow.array(values, type=field.type))
    return arrow.record_batch(columns, schema=shape)


def _field(column: Any) -> Any:
    kind: Any = arrow.string()
    if isinstance(column.type, Exact):
        kind = _DECIMAL
    elif isinstance(column.type, Moment):
        kind = arrow.timestamp("us", tz="UTC")
    elif isinstance(column.type, Boolean):
        kind = arrow.bool_()
    elif column.type is Number or isinstance(column.type, Integer):
        kind = arrow.int64()
    return arrow.field(column.name, kind, nullable=column.nullable)
