"""A read model says how far it has come; it can be asked anything, and changed by nothing."""

from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.model.units import Nanos
from fairlead.readers.errors import ReadModelError, ReadModelUnusable
from fairlead.readers.sql import schema
from fairlead.readers.sql.asking import Lag, query, status
from fairlead.readers.sql.database import address_of, connect
from tests.readers.sql.recordings import bookings
from tests.readers.sql.rows import everything, project, write


def test_the_lag_is_counted_in_inputs_and_in_time(database: str, tmp_path: Path) -> None:
    """S1-EVT-06: how far the projection is behind."""
    entries = bookings(1).entries
    journal = write(tmp_path / "journal", entries[:80])
    project(journal, database)
    found = status(address_of(database))
    assert (found.sequence, found.lag) == (80, Lag(0, Nanos(0)))
    assert (found.journal, found.revision, found.layout) == (str(journal), schema.newest(), 1)
    write(journal, entries[:100])
    lag = status(address_of(database)).lag
    assert lag == Lag(20, Nanos(entries[99].time - entries[79].time))
    journal.rename(tmp_path / "moved")
    assert status(address_of(database)).lag is None
    assert status(address_of(database), tmp_path / "moved").lag == lag


def test_rows_are_counted(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "journal", bookings(1).entries), database)
    found = status(address_of(database)).rows
    assert found == {name: len(rows) for name, rows in everything(database).items()}


def test_a_question_is_answered_exactly(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "journal", bookings(1).entries), database)
    answer = query(
        address_of(database), "SELECT exec_id, fill_price FROM fills ORDER BY fill_id", 3
    )
    expected = everything(database)["fills"][:3]
    assert answer.columns == ["exec_id", "fill_price"]
    assert [[a, Decimal(b)] for a, b in answer.rows] == [
        [row["exec_id"], row["fill_price"]] for row in expected
    ]
    assert answer.more
    like = query(address_of(database), "SELECT count(*) FROM fills WHERE exec_id LIKE 'E%'", 3)
    assert (like.rows[0][0] > 0, like.more) == (True, False)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM order_events",
        "UPDATE orders SET tag = 'x'",
        "DROP TABLE order_events",
        "SELECT 1; DELETE FROM order_events",
        "COMMIT; DELETE FROM order_events",
        "SET TRANSACTION READ WRITE; DELETE FROM order_events",
        "PRAGMA query_only = OFF; DELETE FROM order_events",
        "no SQL at all",
        "SELECT * FROM nowhere",
        "",
    ],
)
def test_nothing_can_be_changed_by_a_question(
    statement: str, database: str, tmp_path: Path
) -> None:
    project(write(tmp_path / "journal", bookings(1, 20).entries), database)
    before = everything(database)
    with pytest.raises(ReadModelError):
        query(address_of(database), statement, 10)
    assert everything(database) == before


def test_what_is_no_read_model_says_what_to_do(database: str) -> None:
    engine = connect(address_of(database))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebodys (x INTEGER)")
    with pytest.raises(ReadModelUnusable, match="run `fairlead sql project`"):
        status(address_of(database))
    schema.upgrade(engine, "0001")
    with pytest.raises(ReadModelUnusable, match="version 0001, this build works with 0002"):
        status(address_of(database))
    schema.upgrade(engine)
    engine.dispose()
    with pytest.raises(ReadModelUnusable, match="nothing was projected yet"):
        status(address_of(database))
