"""What a read model holds, for comparisons; journals to project; and a projection of them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from fairlead.journal.history import Entry
from fairlead.readers.sql.database import address_of, connect
from fairlead.readers.sql.projection import Projection
from fairlead.readers.sql.projector import Projector
from fairlead.readers.sql.schema import upgrade
from fairlead.readers.sql.tables import SCHEMA
from tests.journal.build import Written, a_log, mend, put

Rows = dict[str, list[dict[str, Any]]]

# Where the journal was and what was left to read is no part of what it told.
_OF_THE_PLACE = ("journal", "behind_bytes")
PIECE_BYTES = 4096  # small, so that a short journal makes many transactions


def everything(url: str) -> Rows:
    """Return every row of every table, in order."""
    engine = connect(address_of(url), read_only=True)
    found: Rows = {}
    try:
        with engine.connect() as connection:
            for table in SCHEMA.sorted_tables:
                statement = select(table).order_by(*table.primary_key.columns)
                rows = [dict(row) for row in connection.execute(statement).mappings()]
                found[table.name] = rows
    finally:
        engine.dispose()
    for row in found["projection"]:
        for name in _OF_THE_PLACE:
            del row[name]
    return found


def write(directory: Path, entries: Sequence[Entry], group: int = 3) -> Path:
    """Write a journal of entries, so many in a group; or go on with one that has the first."""
    directory.mkdir(parents=True, exist_ok=True)
    end = mend(directory)
    log = a_log(directory, end, segment_bytes=20_000)
    rest = entries[end.last :]
    for start in range(0, len(rest), group):
        put(log, [_written(one) for one in rest[start : start + group]])
    if rest:
        log.close(rest[-1].time)
    return directory


def _written(entry: Entry) -> Written:
    return Written(entry.sequence, entry.time, entry.input, entry.outputs)


def project(journal: Path, url: str, rebuild: bool = False, steps_max: int = 10**9) -> int:
    """Project a journal to its end, or so many pieces of it; return how many inputs it took."""
    projection = Projection(journal, address_of(url), PIECE_BYTES)
    taken = 0
    try:
        projection.open(rebuild)
        for _ in range(steps_max):
            count = projection.step()
            taken += count
            if count == 0:
                break
    finally:
        projection.close()
    return taken


def rows_of(entries: Sequence[Entry], url: str, batches: Callable[[], int]) -> Rows:
    """Project entries in batches of these sizes, without a journal; return all but that."""
    engine = connect(address_of(url))
    upgrade(engine)
    projector = Projector()
    left = list(entries)
    while left:
        size = batches()
        with engine.begin() as connection:
            projector.project(connection, left[:size])
        left = left[size:]
    engine.dispose()
    found = everything(url)
    del found["projection"]
    return found


def differences(one: Rows, other: Rows) -> Iterable[str]:
    """Say in which tables two read models differ, and how."""
    for name in one:
        if one[name] != other[name]:
            mine = [row for row in one[name] if row not in other[name]][:2]
            theirs = [row for row in other[name] if row not in one[name]][:2]
            yield f"{name}: {len(one[name])} rows and {len(other[name])}: {mine} and {theirs}"
