"""A projector that is killed anywhere, and a database that goes away: nothing is missing.

`FAIRLEAD_SQL_KILLS` sets how often each is killed (the suite does a few; -s prints what happened).
"""

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from fairlead.readers.errors import ReadModelUnreachable
from fairlead.readers.sql import following
from fairlead.readers.sql.database import address_of
from fairlead.readers.sql.following import Progress, keep_up
from tests.journal.build import read
from tests.readers.sql.recordings import bookings, busy, hostile
from tests.readers.sql.rows import differences, everything, project, write

KILLS = int(os.environ.get("FAIRLEAD_SQL_KILLS", "3"))
PIECE_BYTES = 1024
ROOT = Path(__file__).parents[3]


def process(module: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start a module of these tests."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.readers.sql.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
    )


def killed(running: "subprocess.Popen[str]", lines: int, chance: random.Random) -> int:
    """Kill a process some moment after it said so many lines; return the input it told last.

    It does not wait to be killed: what comes after the line is on its way.
    """
    assert running.stdout is not None
    last = 0
    for _ in range(lines):
        line = running.stdout.readline()
        if not line:
            break
        last = int(line.split()[0])
    for _ in range(chance.randrange(1_000_000)):  # some milliseconds into the next transaction
        pass
    running.kill()
    running.wait()
    rest = running.stdout.read().splitlines()
    running.stdout.close()
    return int(rest[-1].split()[0]) if rest and rest[-1].endswith(" ") else last


def watermark(database: str) -> int:
    """Return the last input in the tables, 0 where there are none."""
    try:
        found = everything(database)["projection"]
    except Exception:  # noqa: BLE001 - it was killed before there were tables, in either database
        return 0
    return int(found[0]["sequence"]) if found else 0


@pytest.mark.timeout(120 + 10 * KILLS)
def test_a_projector_that_is_killed_ends_as_the_one_that_was_not(
    database: str, tmp_path: Path
) -> None:
    """S1-EVT-06, S1-EVT-10: SIGKILL at random points, restarted: row by row the rebuilt one."""
    chance = random.Random(f"{KILLS} kills")
    entries = busy(11, 40 * KILLS + 300).entries
    journal = write(tmp_path / "journal", entries)
    table = Table("kill", "told", "in the database", "of", title=database.split(":", maxsplit=1)[0])
    before = 0
    for kill in range(1, KILLS + 1):
        running = process("consumer", journal, database, PIECE_BYTES)
        told = killed(running, chance.randint(0, 4), chance)
        stands = watermark(database)
        assert stands >= max(told, before), "what was committed is there"
        table.add_row(*map(str, (kill, told or "nothing yet", stands, len(entries))))
        before = stands
    project(journal, database)
    project(journal, rebuilt := f"sqlite:///{tmp_path}/rebuilt.db")
    found = everything(database)
    different = [*differences(found, everything(rebuilt))]
    table.add_section()
    for name, rows in found.items():
        table.add_row(name, "equal" if not different else "DIFFERS", str(len(rows)), "rows")
    Console(width=100).print(table)
    assert not different


@pytest.mark.timeout(120 + 20 * KILLS)
def test_writer_and_projector_are_killed_in_mid_stream_and_nothing_is_lost(
    database: str, tmp_path: Path
) -> None:
    """S1-EVT-10: gap-free from the journal's first input to its last, each applied once."""
    chance = random.Random(f"both, {KILLS}")
    entries = bookings(12, 40 * KILLS).entries
    source = write(tmp_path / "source", entries)
    journal = tmp_path / "journal"
    for _ in range(KILLS):
        writer = process("producer", source, journal)
        reader = process("consumer", journal, database, PIECE_BYTES, "follow")
        written = killed(writer, chance.randint(1, 12), chance)
        told = killed(reader, chance.randint(0, 3), chance)
        assert watermark(database) >= told
        assert len(read(journal)[0]) >= written, "what was committed is there"
    process("producer", source, journal).communicate()
    project(journal, database)
    assert [one.sequence for one in read(journal)[0]] == [one.sequence for one in entries]
    project(journal, rebuilt := f"sqlite:///{tmp_path}/rebuilt.db")
    found = everything(database)
    assert found["projection"][0]["sequence"] == len(entries)
    assert not [*differences(found, everything(rebuilt))]


def test_a_busy_database_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds the file: it is told, and goes on when he lets go."""
    monkeypatch.setattr("fairlead.readers.sql.database.BUSY_SECONDS", 0)
    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.01)
    journal = write(tmp_path / "journal", bookings(1).entries)
    file = tmp_path / "one.db"
    project(journal, url := f"sqlite:///{file}", steps_max=2)
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    problems: list[str] = []

    def tell(progress: Progress) -> None:
        if progress.problem:
            problems.append(progress.problem)
            if len(problems) == 2:
                holder.execute("ROLLBACK")

    keep_up(
        journal, address_of(url), follow=False, rebuild=False, stop=threading.Event(), tell=tell
    )
    holder.close()
    assert len(problems) == 2
    assert "database is locked; trying again in 0.02 s" in problems[1]
    project(journal, whole := f"sqlite:///{tmp_path}/whole.db")
    assert not [*differences(everything(url), everything(whole))]


def test_a_database_that_is_lost_in_mid_stream_is_found_again(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends every connection, again and again."""
    import psycopg

    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.01)
    journal = write(tmp_path / "journal", hostile(6, 200).entries)
    url = new_database()
    steps = problems = 0

    def tell(progress: Progress) -> None:
        nonlocal steps, problems
        if progress.problem:
            problems += 1
            return
        steps += 1
        if steps % 5 == 0 and problems < 3:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    never = threading.Event()
    terms = {"follow": False, "rebuild": False, "stop": never, "piece_bytes": PIECE_BYTES}
    keep_up(journal, address_of(url), tell=tell, **terms)  # type: ignore[arg-type]
    project(journal, whole := f"sqlite:///{tmp_path}/whole.db")
    assert not [*differences(everything(url), everything(whole))]


def test_a_database_that_stays_away_is_an_error_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.001)
    journal = write(tmp_path / "journal", bookings(1, 5).entries)
    nowhere = "postgresql://me:open%20sesame@127.0.0.1:1/books?connect_timeout=1"
    told: list[Progress] = []
    with pytest.raises(ReadModelUnreachable) as failed:
        keep_up(
            journal,
            address_of(nowhere),
            follow=False,
            rebuild=False,
            stop=threading.Event(),
            tell=told.append,
        )
    assert len(told) == following.ATTEMPTS - 1
    assert "sesame" not in str(failed.value) + "".join(one.problem for one in told)


def test_a_follower_ends_when_it_is_told_to(tmp_path: Path) -> None:
    entries = bookings(1).entries
    journal = write(tmp_path / "journal", entries)
    stop = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.sequence == len(entries):
            stop.set()

    terms = {"follow": True, "rebuild": False, "stop": stop}
    end = keep_up(journal, address_of(str(tmp_path / "one.db")), tell=tell, **terms)  # type: ignore[arg-type]
    assert end.sequence == len(entries)
