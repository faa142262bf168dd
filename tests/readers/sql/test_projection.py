"""A projection goes on from its watermark, and adds to no past but its own."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fairlead.journal.errors import JournalError
from fairlead.readers.errors import ReadModelUnfit, ReadModelUnusable
from fairlead.readers.sql.database import address_of, connect
from fairlead.readers.sql.projection import Projection
from fairlead.readers.sql.schema import upgrade
from fairlead.readers.sql.tables import FILLS, ORDER_EVENTS, ORDERS, POSITIONS, PROJECTION
from tests.journal.build import flip, segments
from tests.readers.sql.recordings import SOURCES, Recorded, bookings, hostile, risky
from tests.readers.sql.rows import PIECE_BYTES, differences, everything, project, write


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_one_that_begins_again_at_any_point_equals_the_one_that_never_ended(
    source: Callable[[int], Recorded], database: str, tmp_path: Path
) -> None:
    """S1-EVT-06: all that it needs to go on stands in the tables and in the journal."""
    journal = write(tmp_path / "journal", source(3).entries)
    chance = random.Random(3)
    while project(journal, database, steps_max=chance.randint(1, 3)):
        pass
    whole = f"sqlite:///{tmp_path}/whole.db"
    project(journal, whole)
    assert not [*differences(everything(database), everything(whole))]


def test_a_journal_that_grows_is_followed_and_nothing_is_taken_twice(
    database: str, tmp_path: Path
) -> None:
    entries = hostile(5).entries
    for end in (10, 10, 37, len(entries)):
        journal = write(tmp_path / "journal", entries[:end])
        project(journal, database)
        assert everything(database)["projection"][0]["sequence"] == end
    project(write(tmp_path / "other", entries), whole := f"sqlite:///{tmp_path}/whole.db")
    found = everything(database)
    # The epochs of the two differ: one journal was opened more often.
    found["projection"][0] |= {"epoch": 1, "chain": ""}
    expected = everything(whole)
    expected["projection"][0]["chain"] = ""
    assert not [*differences(found, expected)]


def test_rebuilding_gives_the_same_rows(database: str, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal", risky(2).entries)
    project(journal, database)
    before = everything(database)
    engine = connect(address_of(database))
    with engine.begin() as connection:  # somebody had his fingers in it
        connection.execute(delete(ORDER_EVENTS))
        connection.execute(update(ORDERS).values(tag="mine"))
    engine.dispose()
    project(journal, database, rebuild=True)
    assert not [*differences(before, everything(database))]


def test_another_journal_is_refused_with_the_remedy(database: str, tmp_path: Path) -> None:
    project(write(tmp_path / "one", hostile(1).entries), database)
    other = write(tmp_path / "other", bookings(1).entries)
    with pytest.raises(ReadModelUnfit, match=r"another journal .*one\).*--rebuild"):
        project(other, database)
    project(other, database, rebuild=True)


def test_a_journal_that_is_shorter_is_refused(database: str, tmp_path: Path) -> None:
    entries = hostile(1).entries
    project(write(tmp_path / "one", entries), database)
    shorter = write(tmp_path / "shorter", entries[:30])
    with pytest.raises(ReadModelUnfit, match=r"ends at input 30, .*--rebuild"):
        project(shorter, database)


def test_a_journal_that_went_another_way_is_refused(database: str, tmp_path: Path) -> None:
    """What a power loss took in `process` durability: the same beginning, and then another past."""
    entries = hostile(1).entries
    project(write(tmp_path / "one", entries[:60]), database)
    changed = [*entries[:50], *entries[50:]]
    changed[50].time = type(changed[50].time)(changed[50].time + 1)
    other = write(tmp_path / "other", changed)
    with pytest.raises(ReadModelUnfit, match=r"another past .*up to input 60: .*--rebuild"):
        project(other, database)


def test_a_watermark_inside_a_group_is_another_past(database: str, tmp_path: Path) -> None:
    entries = hostile(1).entries
    project(write(tmp_path / "one", entries[:31], group=1), database)
    with pytest.raises(ReadModelUnfit, match="another past"):
        project(write(tmp_path / "other", entries, group=7), database)


def test_damage_before_the_watermark_is_told(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/one.db"
    journal = write(tmp_path / "journal", bookings(1).entries)
    project(journal, database)
    flip(segments(journal)[0], 2_000, 3)
    with pytest.raises(JournalError):
        project(journal, database)


def test_rows_made_by_other_rules_are_refused(database: str, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal", bookings(1, 10).entries)
    project(journal, database)
    engine = connect(address_of(database))
    with engine.begin() as connection:
        connection.execute(update(PROJECTION).values(layout=0))
    engine.dispose()
    with pytest.raises(ReadModelUnfit, match=r"rules 0, this build has rules 1: .*--rebuild"):
        project(journal, database)


def test_two_that_project_into_one_database_do_not_mix(database: str, tmp_path: Path) -> None:
    """The watermark is moved first, by who still finds it where he left it."""
    journal = write(tmp_path / "journal", hostile(4, 200).entries)
    first, second = (Projection(journal, address_of(database), PIECE_BYTES) for _ in range(2))
    first.open()
    first.step()
    second.open()
    first.step()
    with pytest.raises(ReadModelUnusable, match="another process projects into it"):
        second.step()
    while first.step():
        pass
    first.close()
    second.close()
    project(journal, whole := f"sqlite:///{tmp_path}/whole.db")
    assert not [*differences(everything(database), everything(whole))]


def test_a_batch_that_fails_leaves_nothing(database: str, tmp_path: Path) -> None:
    """The rows and the watermark are one transaction."""
    journal = write(tmp_path / "journal", hostile(4).entries)
    project(journal, database, steps_max=2)
    before = everything(database)
    engine = connect(address_of(database))
    with engine.begin() as connection:  # the next event meets a row that should not be there
        row = dict(connection.execute(select(ORDER_EVENTS).limit(1)).mappings().one())
        following = before["projection"][0]["sequence"] + 1
        for sequence in range(following, following + 40):
            number = sequence * 1_000_000
            planted = {**row, "event_id": number, "sequence": sequence, "position": 0}
            connection.execute(insert(ORDER_EVENTS), planted)
    with pytest.raises(ReadModelUnusable, match=r"(?i)unique"):
        project(journal, database)
    with engine.begin() as connection:
        connection.execute(delete(ORDER_EVENTS).where(ORDER_EVENTS.c.sequence >= following))
    engine.dispose()
    assert not [*differences(before, everything(database))]
    project(journal, database)
    project(journal, whole := f"sqlite:///{tmp_path}/whole.db")
    assert not [*differences(everything(database), everything(whole))]


def test_constraints_bite(database: str, tmp_path: Path) -> None:
    """S1-EVT-08, B-EVT-12: an execution is there once, and nothing hangs in the air."""
    project(write(tmp_path / "journal", bookings(3).entries), database)
    engine = connect(address_of(database))
    with engine.connect() as connection:
        fill = dict(connection.execute(select(FILLS).limit(1)).mappings().one())
        order = dict(connection.execute(select(ORDERS).limit(1)).mappings().one())
        nobodys = POSITIONS.c.strategy_id.is_(None)
        held = dict(connection.execute(select(POSITIONS).where(nobodys)).mappings().first() or {})
    event = everything(database)["order_events"][0]
    assert held, "the session holds something for no strategy"
    wrong = [
        (FILLS, {**fill, "fill_id": 1}),  # the same venue, session date and execution id
        (FILLS, {**fill, "fill_id": 1, "exec_id": "new", "order_id": 999_999}),
        (ORDERS, {**order, "order_id": 999_999, "strategy_id": 99}),
        (ORDERS, {**order, "order_id": 999_999, "instrument_id": 99}),
        (ORDERS, {**order, "order_id": 999_999, "status": None}),
        (ORDERS, order),
        (ORDER_EVENTS, {**event, "event_id": 1, "position": 99, "order_id": 999_999}),
        (ORDER_EVENTS, {**event, "event_id": 1}),  # the same place of the same input
        (POSITIONS, {**held, "position_id": 1}),  # a second one of nobody's
        (PROJECTION, {**everything_of_projection(database), "id": 2}),
    ]
    for table, row in wrong:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(table), row)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(delete(ORDERS))
    engine.dispose()


def everything_of_projection(database: str) -> dict[str, object]:
    """Return the one row that says how far it has come."""
    engine = connect(address_of(database))
    with engine.connect() as connection:
        row = dict(connection.execute(select(PROJECTION)).mappings().one())
    engine.dispose()
    return row


def test_tables_of_a_newer_build_are_left_alone(database: str, tmp_path: Path) -> None:
    engine = connect(address_of(database))
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(ReadModelUnusable, match="version 9999, this build knows versions up to"):
        project(write(tmp_path / "journal", bookings(1, 5).entries), database)
