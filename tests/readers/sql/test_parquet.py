"""Every table as a file that other people's engines read, to the last digit."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from fairlead.readers.errors import ReadModelUnusable
from fairlead.readers.sql.columns import Document
from fairlead.readers.sql.database import address_of, exact_json
from fairlead.readers.sql.parquet import export, table_names
from fairlead.readers.sql.tables import SCHEMA
from tests.readers.sql.recordings import bookings, hostile
from tests.readers.sql.rows import everything, project, write


def read_back(directory: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a file, as DuckDB reads them."""
    keys = ", ".join(SCHEMA.tables[name].primary_key.columns.keys())
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.sql(f"SELECT * FROM '{directory / name}.parquet' ORDER BY {keys}")
    assert found is not None
    rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    connection.close()
    for column in SCHEMA.tables[name].columns:
        if column.type is Document:
            for row in rows:
                said = row[column.name]
                row[column.name] = None if said is None else exact_json(said)
    return rows


def test_duckdb_reads_what_the_tables_hold(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "journal", [*hostile(3, 150).entries]), database)
    counts = export(address_of(database), tmp_path / "out")
    held = everything(database)
    assert counts == {name: len(rows) for name, rows in held.items()}
    for name, rows in held.items():
        found = read_back(tmp_path / "out", name)
        for row in found:
            if name == "projection":
                del row["journal"], row["behind_bytes"]
        assert found == rows, name
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == sorted(table_names())


def test_an_exact_sum_is_exact(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "journal", bookings(3).entries), database)
    export(address_of(database), tmp_path / "out", ["position_events", "positions"])
    connection = duckdb.connect()
    found = connection.execute(
        f"SELECT position_id, sum(quantity_delta) FROM '{tmp_path}/out/position_events.parquet'"
        " GROUP BY position_id ORDER BY position_id"
    ).fetchall()
    held = everything(database)["positions"]
    assert found == [(row["position_id"], row["quantity"]) for row in held]
    assert len([*(tmp_path / "out").iterdir()]) == 2


def test_a_table_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ReadModelUnusable, match=r"no table is called 'order'; expected one of .*orders"
    ):
        export(address_of(str(tmp_path / "one.db")), tmp_path / "out", ["order"])
