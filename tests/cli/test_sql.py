"""`fairlead sql` as people and scripts use it, on a journal of their session."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.cli.journals import EXAMPLE, journal
from tests.cli.sessions import fairlead, started

SECRET = "s3kr1t"
URL = "FAIRLEAD_READ_MODEL_URL"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory with a session in it."""
    journal(tmp_path / "var/journal/0001", EXAMPLE)
    return tmp_path


def test_a_session_becomes_tables_beside_it(place: Path) -> None:
    done = fairlead("sql", "project", "--json", directory=place)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["url"], told["applied"]) == ("sqlite:///var/read_model/0001.db", told["sequence"])
    again = fairlead("sql", "project", directory=place)
    assert "(0 new)" in again.stdout
    with sqlite3.connect(place / "var/read_model/0001.db") as connection:
        found = connection.execute(
            "SELECT order_id, status, filled_quantity FROM orders"
        ).fetchall()
    assert found == [(1, "canceled", "5"), (2, "refused", "0"), (3, "open", "1")]


def test_a_read_model_is_asked_and_says_how_it_stands(place: Path) -> None:
    fairlead("sql", "project", directory=place)
    statement = "SELECT symbol, quantity, avg_cost FROM positions WHERE quantity < 10"
    asked = fairlead("sql", "query", statement, "--json", directory=place)
    assert json.loads(asked.stdout) == [{"symbol": "ABC", "quantity": "4", "avg_cost": "99.996000"}]
    table = fairlead("sql", "query", "SELECT * FROM orders", "--limit", 1, directory=place)
    assert "there are more than 1 rows" in table.stderr
    refused = fairlead("sql", "query", "DELETE FROM orders", directory=place)
    assert (refused.returncode, "readonly" in refused.stderr) == (2, True)
    status = json.loads(fairlead("sql", "status", "--json", directory=place).stdout)
    assert status["lag"] == {"inputs": 0, "nanoseconds": 0}
    assert status["rows"]["orders"] == 3
    assert "behind by" in fairlead("sql", "status", directory=place).stdout


def test_tables_are_exported_with_and_without_a_database(place: Path) -> None:
    straight = fairlead(
        *("sql", "export", "var/journal", "--parquet", "one", "--table", "fills", "--json"),
        directory=place,
    )
    assert json.loads(straight.stdout)["rows"] == {"fills": 3}
    fairlead("sql", "project", "--to", "mine.db", directory=place)
    done = fairlead("sql", "export", "--from", "mine.db", "--parquet", "all", directory=place)
    assert done.returncode == 0, done.stderr
    counted = f"SELECT count(*), sum(commission) FROM '{place}/{{}}/fills.parquet'"
    connection = duckdb.connect()
    found = [connection.execute(counted.format(one)).fetchone() for one in ("one", "all")]
    connection.close()
    assert found[0] == found[1]
    assert str((found[0] or ())[1]) == "0.300000000000000000"
    assert len([*(place / "all").iterdir()]) == 14


def test_another_session_is_refused_with_the_remedy(place: Path) -> None:
    fairlead("sql", "project", "--to", "mine.db", directory=place)
    journal(place / "var/journal/0002", [*EXAMPLE[:1], *EXAMPLE[1:4]])
    (place / "var/journal/0002").rename(place / "other")
    done = fairlead("sql", "project", "other", "--to", "mine.db", directory=place)
    assert done.returncode == 2
    assert "--rebuild" in done.stderr
    done = fairlead("sql", "project", "other", "--to", "mine.db", "--rebuild", directory=place)
    assert done.returncode == 0, done.stderr


def test_a_configuration_says_where_it_is_and_its_password_is_never_shown(
    place: Path, new_database: Callable[[], str]
) -> None:
    """The password stands in the environment, and nowhere that anybody sees."""
    url = new_database().replace("postgres:@", f"postgres:{SECRET}@")
    config = place / "config.yaml"
    config.write_text(
        "account: {name: main, currency: USD, cash: 1000}\n"
        "read_model:\n  url: !secret ${BOOKS}\n"
        "session: {duration: 60s}\n"
        "venue: {kind: simulated, instruments: [{symbol: A.SIM, price_start: 100}]}\n"
    )
    environment = {"BOOKS": url}
    spoken = ""
    for command in (
        ("project", "--config", config),
        ("project", "--config", config, "--json"),
        ("status", "--config", config, "--json"),
        ("status", "--config", config),
        ("query", "SELECT count(*) FROM orders", "--config", config),
        ("query", "nonsense", "--config", config),
        ("project", "--to", f"postgresql://me:{SECRET}@127.0.0.1:1/x:y@z"),
    ):
        done = fairlead("sql", *command, directory=place, environment=environment)
        if command[0] != "project" or "--config" in command:
            assert done.returncode == (2 if "nonsense" in command else 0), done.stderr
        spoken += done.stdout + done.stderr
    assert SECRET not in spoken
    assert "postgres:***@" in spoken


def test_a_follower_keeps_up_until_it_is_told_to_stop(place: Path) -> None:
    running = started("sql", "project", "--follow", "--json", directory=place)
    file = place / "var/read_model/0001.db"
    while running.poll() is None and not _is_projected(file):
        pass
    running.send_signal(signal.SIGTERM)
    out, problem = running.communicate(timeout=60)
    assert running.returncode == 0, problem
    assert json.loads(out)["sequence"] == len(EXAMPLE)


def _is_projected(file: Path) -> bool:
    if not file.exists():
        return False
    try:
        with sqlite3.connect(file) as connection:
            found = connection.execute("SELECT sequence FROM projection").fetchone()
    except sqlite3.OperationalError:
        return False
    return found is not None and found[0] == len(EXAMPLE)


@pytest.mark.parametrize(
    ("missing", "command", "extra"),
    [
        ("sqlalchemy", ("project",), "sql"),
        ("alembic", ("status",), "sql"),
        ("pyarrow", ("export", "var/journal", "--parquet", "out"), "research"),
        ("psycopg", ("project", "--to", "postgresql://x@127.0.0.1:1/x"), "postgres"),
    ],
)
def test_without_its_extra_it_says_which_and_all_else_runs(
    missing: str, command: tuple[str, ...], extra: str, place: Path
) -> None:
    hides = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] == {missing!r}:\n"
        "            raise ModuleNotFoundError('hidden', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        f"util.find_spec = lambda name, *rest: None if name == {missing!r} else find(name, *rest)\n"
        "from fairlead.cli.entry import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hides, "sql", *command],
        cwd=place,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f'which is not installed: pip install "fairlead[{extra}]"' in done.stderr
    assert "Traceback" not in done.stderr
    other = fairlead("orders", "var/journal", directory=place)
    assert other.returncode == 0, other.stderr


@pytest.mark.parametrize("format", ["format-1", "format-2"])
def test_journals_of_every_format_become_the_same_tables(format: str, place: Path) -> None:
    """What an older build wrote is understood as this build would have written it."""
    golden = Path(__file__).parents[1] / "replay" / format / "session"
    done = fairlead("sql", "project", golden, "--to", "golden.db", directory=place)
    assert done.returncode == 0, done.stderr
    fairlead("sql", "project", "--to", "mine.db", directory=place)
    orders = "SELECT order_id, status, filled_quantity, average_price FROM orders"
    found = [
        fairlead("sql", "query", orders, "--to", one, "--json", directory=place).stdout
        for one in ("golden.db", "mine.db")
    ]
    assert found[0] == found[1] != ""


def test_a_journal_is_followed_after_its_segments_were_compressed(place: Path) -> None:
    session = place / "var/journal/0001"
    fairlead("sql", "project", directory=place)
    done = fairlead("journal", "compress", session, directory=place)
    assert done.returncode == 0, done.stderr
    assert not [*session.glob("*.journal")]
    again = fairlead("sql", "project", "--json", directory=place)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["applied"] == 0
