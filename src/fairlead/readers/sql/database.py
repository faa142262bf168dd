"""Connections to the read model: SQLite in a file, or PostgreSQL. No password is ever shown.

SQLite writes in one transaction from its first word (`BEGIN IMMEDIATE`), waits for others for a
while, holds foreign keys, and lets people read while it writes (WAL).
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fairlead.readers.errors import (
    ReadModelNotInstalled,
    ReadModelUnreachable,
    ReadModelUnusable,
)
from fairlead.readers.sql.columns import COLLATION, compare_decimals

BUSY_SECONDS: Final = 5  # how long one attempt waits for another writer
_POSTGRES: Final = ("postgres", "postgresql")
_PASSWORD: Final = re.compile(r"(?<=:)[^:@/\s]+(?=@)|(?<=password=)[^\s&]+", re.IGNORECASE)
_EXACT: Final = Context(prec=200)  # more digits than sums of decimals of ours can have
_encoder: Final = msgspec.json.Encoder(decimal_format="number")
exact_json: Final = msgspec.json.Decoder(float_hook=Decimal).decode  # numbers as written


def address_of(text: str) -> URL:
    """Return where a database is: a URL of SQLite or PostgreSQL, or the path of an SQLite file.

    Raises `ReadModelUnusable` for any other.
    """
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ReadModelUnusable(
            "the URL of the read model cannot be read; expected sqlite:///FILE or"
            " postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    kind = url.get_backend_name()
    if kind in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise ReadModelUnusable(f"{shown(url)}: expected sqlite:///FILE or postgresql://...")
    return url


def shown(url: URL | str) -> str:
    """Return a URL without its password, wherever that stands in it."""
    if isinstance(url, URL):
        if "password" in url.query:
            url = url.update_query_dict({"password": "***"})
        url = url.render_as_string(hide_password=True)
    return _PASSWORD.sub("***", url)


def connect(url: URL, read_only: bool = False) -> Engine:
    """Return an engine for a read model. Raises `ReadModelNotInstalled`."""
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, read_only)
        return _postgres(url, read_only)
    except NoSuchModuleError as missing:
        raise ReadModelUnusable(f"{shown(url)}: {missing}") from missing
    except ImportError as missing:
        raise ReadModelNotInstalled(missing.name or "psycopg", "postgres") from missing


@contextmanager
def failing_as_unreachable(url: URL) -> Iterator[None]:
    """Turn what a database says into one error of ours, without a password in it."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise ReadModelUnreachable(f"{shown(url)}: {shown(_first_line(error))}") from None
    except SQLAlchemyError as error:  # it refuses: waiting does not help
        raise ReadModelUnusable(f"{shown(url)}: {shown(_first_line(error))}") from None


def _first_line(error: SQLAlchemyError) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _postgres(url: URL, read_only: bool) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": BUSY_SECONDS}
    if read_only:  # the server prepares what is asked: that is one statement and no more
        arguments["prepare_threshold"] = 0
    engine = _engine(url, arguments)
    if read_only:

        @event.listens_for(engine, "begin")
        def _only_read(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    return engine


def _sqlite(url: URL, read_only: bool) -> Engine:
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS}
    file = url.database
    if read_only and file and file != ":memory:":
        if not Path(file).is_file():
            raise ReadModelUnusable(f"{file}: there is no read model: run `fairlead sql project`")
    elif file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url, arguments)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: we do, below
        connection.create_collation(COLLATION, compare_decimals)
        connection.create_aggregate("decimal_sum", 1, _DecimalSum)  # type: ignore[arg-type]
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # it may forget, and go on from there

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _engine(url: URL, arguments: dict[str, Any], **how: Any) -> Engine:
    return sqlalchemy.create_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,
        json_serializer=json_text,
        json_deserializer=exact_json,
        **how,
    )


def json_text(value: object) -> str:
    """Return a document as JSON; its decimals are numbers with all their digits."""
    return _encoder.encode(value).decode()


class _DecimalSum:
    """`decimal_sum(x)`: the exact sum of decimals, as the `sqlite3` shell has it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._total = Decimal(0)

    def step(self, value: str | None) -> None:
        """Add one."""
        if value is not None:
            self._total = _EXACT.add(self._total, Decimal(value))

    def finalize(self) -> str:
        """Return the sum."""
        return format(self._total, "f")
