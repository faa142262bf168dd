"""Types of columns that mean the same in SQLite and in PostgreSQL.

SQLite has no exact decimals: what it takes for a number becomes a float. There they are text under
the collation `decimal`, which compares them as numbers. Fairlead's connections and the `sqlite3`
shell know it; any other tool says that it is missing, where plain text would compare 9 > 10 and say
nothing.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

COLLATION: Final = "decimal"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Ids and sequences, 64 bits. In SQLite only the name INTEGER makes a primary key the row's own.
Number: Final = BigInteger().with_variant(Integer(), "sqlite")
# Parameters and events: searchable in PostgreSQL.
Document: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Exact(TypeDecorator[Decimal]):
    """A decimal of any length, never rounded. `unit` says what its increments are."""

    impl = Numeric
    cache_ok = True

    def __init__(self, unit: str = "") -> None:
        """Count in the `price`, `quantity`, `money`, `average` or `product` of an instrument."""
        super().__init__()
        self.unit = unit

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what it is in this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text(collation=COLLATION))
        return dialect.type_descriptor(Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Return what is written."""
        if value is None or dialect.name != "sqlite":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return what was written."""
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """A time in UTC, to the microsecond; the nanoseconds stand in a column beside it."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what it is in this database."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is written."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return what was written, with its zone."""
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def moment(nanos: int) -> datetime:
    """Return a time as databases keep it: rounded down to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanos // 1000)


def compare_decimals(one: str, other: str) -> int:
    """Return how two decimals in text stand to each other: what SQLite sorts them by."""
    try:
        first, second = Decimal(one), Decimal(other)
    except ArithmeticError:  # one of them is no number: as SQLite compares text
        return (one > other) - (one < other)
    return (first > second) - (first < second)
