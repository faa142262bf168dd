"""The tables are those of the source document without its faults, and migrations keep the rows."""

import tomllib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Float, Numeric, UniqueConstraint, inspect

from fairlead.readers.sql import schema
from fairlead.readers.sql.columns import Exact
from fairlead.readers.sql.database import address_of, connect
from fairlead.readers.sql.tables import SCHEMA
from tests.readers.sql.recordings import bookings
from tests.readers.sql.rows import everything, project, write

# What source document S1 draws (L102-166), by its own names.
DRAWN = {
    "orders": "order_id symbol side quantity limit_price order_type status created_at updated_at"
    " strategy_id",
    "fills": "fill_id order_id fill_quantity fill_price commission fill_time venue exec_id",
    "order_events": "event_id order_id event_type event_data event_time user_id",
    "positions": "position_id symbol quantity avg_cost realized_pnl unrealized_pnl last_updated",
    "position_events": "event_id position_id event_type quantity_delta price event_time",
    "strategies": "strategy_id strategy_name parameters status created_at",
}
# What B-EVT-12 misses in it.
MISSING = {
    "orders": "account_id stop_price time_in_force filled_quantity average_price client_order_id"
    " venue_order_id sequence",
    "fills": "side currency liquidity session_date sequence",
    "order_events": "sequence position",
    "positions": "account_id strategy_id currency",
    "position_events": "sequence fill_id",
    "strategies": "account_id",
}


def tables_of(engine: Engine) -> list[str]:
    """Return the tables that are there, but for that of the migrations."""
    return [name for name in sorted(inspect(engine).get_table_names()) if name != "alembic_version"]


@pytest.mark.parametrize("name", DRAWN)
def test_the_tables_are_a_superset_of_those_that_are_drawn(name: str) -> None:
    """S1-EVT-08, B-EVT-12."""
    columns = {*SCHEMA.tables[name].columns.keys()}
    assert {*DRAWN[name].split(), *MISSING[name].split()} <= columns


def test_the_faults_of_the_drawing_are_not_in_it() -> None:
    """B-EVT-12: one primary key for positions, and an execution once in venue and session date."""
    assert SCHEMA.tables["positions"].primary_key.columns.keys() == ["position_id"]
    unique = [
        tuple(one.columns.keys())
        for one in SCHEMA.tables["fills"].constraints
        if isinstance(one, UniqueConstraint)
    ]
    assert unique == [("venue", "session_date", "exec_id")]
    for table, parents in {
        "orders": {"strategies", "accounts", "instruments"},
        "fills": {"orders", "strategies", "accounts", "instruments"},
        "order_events": {"orders"},
        "positions": {"strategies", "accounts", "instruments"},
        "position_events": {"positions", "fills", "instruments"},
        "strategies": {"accounts"},
    }.items():
        found = {key.column.table.name for key in SCHEMA.tables[table].foreign_keys}
        assert found == parents


def test_no_column_is_a_float() -> None:
    for table in SCHEMA.tables.values():
        for column in table.columns:
            assert not isinstance(column.type, Float), column
            assert isinstance(column.type, Exact) or not isinstance(column.type, Numeric), column


def test_migrations_make_what_the_tables_say_and_take_it_away(database: str) -> None:
    engine = connect(address_of(database))
    for revision in schema.revisions():
        schema.upgrade(engine, revision)
        with engine.connect() as connection:
            assert schema.revision_of(connection) == revision
    assert schema.newest() == schema.revisions()[-1]
    assert tables_of(engine) == sorted(SCHEMA.tables)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SCHEMA) == []
    schema.downgrade(engine)
    assert tables_of(engine) == []
    schema.upgrade(engine)
    assert tables_of(engine) == sorted(SCHEMA.tables)
    engine.dispose()


def test_the_columns_of_the_migrations_have_the_types_of_the_tables(database: str) -> None:
    """What `compare_metadata` does not see: exact numbers, times, documents, 64 bits."""
    engine = connect(address_of(database))
    schema.upgrade(engine)
    made = {
        (name, column["name"]): str(column["type"])
        for name in SCHEMA.tables
        for column in inspect(engine).get_columns(name)
    }
    schema.downgrade(engine)
    with engine.begin() as connection:
        SCHEMA.create_all(connection)
    said = {
        (name, column["name"]): str(column["type"])
        for name in SCHEMA.tables
        for column in inspect(engine).get_columns(name)
    }
    engine.dispose()
    assert made == said


def test_an_older_version_is_upgraded_and_keeps_its_rows(database: str, tmp_path: Path) -> None:
    entries = bookings(4).entries
    project(write(tmp_path / "journal", entries[:90]), database)
    before = everything(database)
    engine = connect(address_of(database))
    schema.downgrade(engine, "0001")
    indexes = inspect(engine).get_indexes("orders")
    assert not [one for one in indexes if str(one["name"]).startswith("ix_")]
    project(tmp_path / "journal", database)  # upgrades
    assert everything(database) == before
    with engine.connect() as connection:
        assert schema.revision_of(connection) == schema.newest()
    project(write(tmp_path / "journal", entries), database)
    engine.dispose()
    assert everything(database)["projection"][0]["sequence"] == len(entries)


def test_the_migrations_are_shipped() -> None:
    """Alembic reads them as files: they are no modules, so each must be named as data."""
    root = Path(__file__).parents[3]
    project_file = tomllib.loads((root / "pyproject.toml").read_text())
    shipped = project_file["tool"]["setuptools"]["package-data"]["fairlead.readers.sql"]
    package = root / "src/fairlead/readers/sql"
    there = set((package / "migrations").rglob("*.py"))
    assert there == {path for pattern in shipped for path in package.glob(pattern)} != set()
