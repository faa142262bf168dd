"""Where a read model is, who may write to it, and that no password is ever shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.readers.errors import ReadModelUnreachable, ReadModelUnusable
from fairlead.readers.sql.database import address_of, connect, failing_as_unreachable, shown

SECRET = "s3kr1t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("var/one.db", "sqlite:///var/one.db"),
        ("sqlite:///var/one.db", "sqlite:///var/one.db"),
        (f"postgresql://me:{SECRET}@host/books", "postgresql+psycopg://me:***@host/books"),
        (f"postgres://me:{SECRET}@host:99/b", "postgresql+psycopg://me:***@host:99/b"),
        (
            f"postgresql://host/b?password={SECRET}&x=1",
            "postgresql+psycopg://host/b?password=***&x=1",
        ),
    ],
)
def test_a_url_is_shown_without_its_password(text: str, expected: str) -> None:
    assert shown(address_of(text)) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mysql://me@host/books", "mysql://me@host/books: expected sqlite:///FILE or postgresql"),
        (f"http://me:{SECRET}@host", "expected sqlite:///FILE or postgresql"),
        ("postgresql://host:port/x", "cannot be read; expected"),
    ],
)
def test_what_is_no_database_of_ours_is_refused(text: str, told: str) -> None:
    with pytest.raises(ReadModelUnusable) as refused:
        address_of(text)
    assert told in str(refused.value)
    assert SECRET not in str(refused.value)


def test_what_a_database_says_is_told_in_one_line_without_the_password() -> None:
    url = address_of(f"postgresql://me:{SECRET}@127.0.0.1:1/books?connect_timeout=1")
    with pytest.raises(ReadModelUnreachable) as lost, failing_as_unreachable(url):
        connect(url).connect()
    assert str(lost.value).startswith("postgresql+psycopg://me:***@127.0.0.1:1/books")
    assert SECRET not in str(lost.value)
    assert "\n" not in str(lost.value)
    assert SECRET not in repr(url)


def test_who_only_reads_cannot_write(database: str) -> None:
    writer = connect(address_of(database))
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (x INTEGER)")
    writer.dispose()
    url = address_of(database)
    reader = connect(url, read_only=True)
    for statement in ("INSERT INTO one VALUES (1)", "DROP TABLE one", "DELETE FROM one"):
        with (
            pytest.raises((ReadModelUnreachable, ReadModelUnusable), match=r"(?i)read-?only"),
            failing_as_unreachable(url),
            reader.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
    reader.dispose()


def test_a_file_that_is_not_there_is_not_made_by_who_only_reads(tmp_path: Path) -> None:
    with pytest.raises(
        ReadModelUnusable, match="there is no read model: run `fairlead sql project`"
    ):
        connect(address_of(str(tmp_path / "none.db")), read_only=True)
    assert not [*tmp_path.iterdir()]


def test_commands_do_not_load_sqlalchemy_before_it_is_needed() -> None:
    """Whoever does not use the read model does not pay for it, and need not have it."""
    extras = "{'sqlalchemy', 'alembic', 'pyarrow'}"
    code = f"import fairlead.cli.main, sys; print({extras} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
