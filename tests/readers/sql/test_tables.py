"""The reference says what every table and column means, and its questions are answered."""

import re
from pathlib import Path

from sqlalchemy import Boolean, Column, Integer, Table

from fairlead.readers.sql.asking import query
from fairlead.readers.sql.columns import Document, Exact, Moment, Number
from fairlead.readers.sql.database import address_of
from fairlead.readers.sql.tables import SCHEMA
from tests.readers.sql.recordings import risky
from tests.readers.sql.rows import project, write

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "sql.md"


def described() -> str:
    """Return the tables as the reference has them, from the schema."""
    return "\n\n".join(_table(table) for table in SCHEMA.tables.values())


def _table(table: Table) -> str:
    rows = [
        f"| `{column.name}` | {_kind(column)} | {_key(column)}{column.info['means']} |"
        for column in table.columns
    ]
    unique = [
        "Unique: " + ", ".join(f"`{name}`" for name in names) + "."
        for names in sorted(_unique(table))
    ]
    head = [f"### {table.name}", "", " ".join([table.info["means"], *unique]), ""]
    return "\n".join([*head, "| column | type | meaning |", "|---|---|---|", *rows])


def _unique(table: Table) -> list[tuple[str, ...]]:
    found = [(one.name, one.columns.keys()) for one in table.constraints if hasattr(one, "columns")]
    return [tuple(keys) for name, keys in found if str(name).startswith("uq_")]


def _key(column: Column[object]) -> str:
    if column.primary_key and not column.foreign_keys:
        return "key; "
    targets = [f"`{key.target_fullname}`" for key in column.foreign_keys]
    return "".join(f"{'key; ' if column.primary_key else ''}to {target}; " for target in targets)


def _kind(column: Column[object]) -> str:
    words = [
        (isinstance(column.type, Exact), "decimal"),
        (isinstance(column.type, Moment), "time"),
        (column.type is Number, "64 bits"),
        (column.type is Document, "JSON"),
        (isinstance(column.type, Boolean), "truth"),
        (isinstance(column.type, Integer), "32 bits"),
    ]
    word = next((word for fits, word in words if fits), "text")
    return f"{word}, null" if column.nullable else word


def test_the_reference_describes_every_table_and_column() -> None:
    page = REFERENCE.read_text()
    assert page.partition("## The tables\n\n")[2] == described() + "\n"


def test_the_questions_of_the_reference_are_answered(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "journal", risky(5).entries), database)
    questions = re.findall(r"```sql\n(.*?)```", REFERENCE.read_text(), re.DOTALL)
    assert len(questions) == 3
    for question in questions:
        assert query(address_of(database), question, 100).rows, question
