"""The rows that a batch of entries touches: read once, changed in memory, written together.

In memory every amount is a whole number of increments, as everywhere; what is written and read is
the exact decimal. What is known of the past is what stands in the tables: nothing grows with the
journal, and a projection that starts again needs nothing but them.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, insert, select, update

from fairlead.model.decimals import decimal_text
from fairlead.readers.sql.columns import Exact
from fairlead.readers.sql.tables import FILLS, ORDERS, SCHEMA

Row = dict[str, Any]
Key = tuple[Any, ...]
Decimals = Callable[[str, Row], int]  # of a unit, in a row

KEPT_MAX: Final = 20_000  # rows in memory between batches: live orders and positions, mostly
NUMBER_MAX: Final = 2**63 - 1  # what a database can hold
_GROWING: Final = (ORDERS, FILLS)  # all others are as many as there is to trade


class _Kept:
    """A row that may change."""

    def __init__(self, row: Row, fresh: bool) -> None:
        self.row = row
        self.fresh = fresh
        self.changed = False


class Workspace:
    """One connection's view of the tables, with what was changed and not written yet."""

    def __init__(self, decimals: Decimals) -> None:
        """Take what says in which decimals a unit of a row is written."""
        self._decimals = decimals
        self._kept: dict[str, dict[Key, _Kept]] = {
            table.name: {} for table in SCHEMA.tables.values()
        }
        self._fresh: dict[str, list[Row]] = {}
        self._fresh_kept: list[_Kept] = []
        self._changed: dict[str, dict[Key, _Kept]] = {}
        self._connection: Connection | None = None

    def begin(self, connection: Connection) -> None:
        """Work on this connection until `end`."""
        self._connection = connection

    def end(self) -> None:
        """Forget what is too much to keep. What was written is committed now."""
        self._connection = None
        for table in _GROWING:
            kept = self._kept[table.name]
            while len(kept) > KEPT_MAX:
                del kept[next(iter(kept))]

    def insert(self, table: Table, row: Row) -> None:
        """Add a row that never changes."""
        self._fresh.setdefault(table.name, []).append(row)

    def add(self, table: Table, row: Row) -> Row:
        """Add a row that may change, and return it."""
        kept = self._kept[table.name][_key(table, row)] = _Kept(row, fresh=True)
        self._fresh_kept.append(kept)
        self._fresh.setdefault(table.name, []).append(row)
        return row

    def get(self, table: Table, *key: Any) -> Row | None:
        """Return a row by its primary key, None if there is none."""
        kept = self._kept[table.name]
        found = kept.get(key)
        if found is None:
            matches = [column == part for column, part in zip(_keys(table), key, strict=True)]
            rows = self._select(table, matches)
            return rows[0] if rows else None
        kept[key] = kept.pop(key)  # it was used last
        return found.row

    def change(self, table: Table, row: Row, **values: Any) -> None:
        """Give a row of `add`, `get` or `find` other values."""
        row.update(values)
        key = _key(table, row)
        kept = self._kept[table.name][key]
        if not kept.fresh and not kept.changed:
            kept.changed = True
            self._changed.setdefault(table.name, {})[key] = kept

    def find(self, table: Table, *conditions: ColumnElement[bool]) -> list[Row]:
        """Return the rows that fulfil conditions, by their keys. Writes first what is not yet."""
        self.flush()
        return self._select(table, conditions)

    def flush(self) -> None:
        """Write what was added and changed, in an order that foreign keys allow."""
        connection = self._at_work()
        for table in SCHEMA.sorted_tables:
            rows = self._fresh.pop(table.name, None)
            if rows:
                connection.execute(insert(table), [self._written(table, row) for row in rows])
        for kept in self._fresh_kept:
            kept.fresh = False
        self._fresh_kept.clear()
        for table in SCHEMA.sorted_tables:
            changed = self._changed.pop(table.name, None)
            if changed:
                connection.execute(
                    _update(table), [self._moved(table, one) for one in changed.values()]
                )

    def _select(self, table: Table, conditions: Any) -> list[Row]:
        """Return rows as they are in memory, where they are; else as they are written."""
        statement = select(table).where(*conditions).order_by(*_keys(table))
        kept = self._kept[table.name]
        rows: list[Row] = []
        for found in self._at_work().execute(statement).mappings():
            key = tuple(found[column.name] for column in _keys(table))
            known = kept.get(key)
            if known is None:
                known = kept[key] = _Kept(self._read(table, dict(found)), fresh=False)
            rows.append(known.row)
        return rows

    def _written(self, table: Table, row: Row) -> Row:
        """Return a row as it is written."""
        written: Row = {}
        for column in table.columns:
            value = row[column.name]
            if value is not None and isinstance(column.type, Exact):
                value = Decimal(decimal_text(value, self._decimals(column.type.unit, row)))
            elif isinstance(value, str):
                value = text(value)
            written[column.name] = value
        return written

    def _moved(self, table: Table, kept: _Kept) -> Row:
        kept.changed = False
        written = self._written(table, kept.row)
        for column in _keys(table):
            written[f"key_{column.name}"] = written.pop(column.name)
        return written

    def _read(self, table: Table, row: Row) -> Row:
        """Return a row as it is in memory."""
        for column in table.columns:
            value = row[column.name]
            if value is not None and isinstance(column.type, Exact):
                row[column.name] = increments(value, self._decimals(column.type.unit, row))
        return row

    def _at_work(self) -> Connection:
        assert self._connection is not None, "rows are read and written between begin and end"
        return self._connection


def increments(value: Decimal, decimals: int) -> int:
    """Return a decimal as a whole number of increments; it is one, since we wrote it."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a finite number has an exponent"
    amount = int("".join(map(str, digits)))
    shift = exponent + decimals
    if shift < 0:
        amount, rest = divmod(amount, 10**-shift)
        assert rest == 0, f"{value} has more than {decimals} decimals"
    else:
        amount *= int(10**shift)
    return -amount if sign else amount


def number(value: int) -> int:
    """Return a number as a database can hold it: what is absurd becomes the most that it can."""
    return max(-NUMBER_MAX, min(value, NUMBER_MAX))


def text(value: str) -> str:
    """Return a text as a database can hold it: PostgreSQL takes no zero byte in one."""
    return value.replace("\0", "\N{SYMBOL FOR NULL}")


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


def _key(table: Table, row: Row) -> Key:
    return tuple(row[column.name] for column in _keys(table))


def _update(table: Table) -> Any:
    matches = [column == bindparam(f"key_{column.name}") for column in _keys(table)]
    others = [column.name for column in table.columns if not column.primary_key]
    return update(table).where(*matches).values({name: bindparam(name) for name in others})
