"""`fairlead journal`: what is kept, made small, held, let go and repaired, as people do it."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.journals import EXAMPLE, journal
from tests.cli.sessions import fairlead
from tests.journal.build import flip, segments


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory with a session that may go."""
    journal(tmp_path / "journal" / "0001", EXAMPLE)
    (tmp_path / "journal" / "0001" / "retention.json").write_text(
        '{"retention":1,"stage":"paper","since":1}\n'
    )
    for path in (tmp_path / "journal" / "0001").iterdir():
        os.utime(path, (1, 1))
    return tmp_path


def said(place: Path, *arguments: str) -> Any:
    done = fairlead("journal", *arguments, "--json", directory=place)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sessions_are_listed_and_compressed(place: Path) -> None:
    listed = fairlead("journal", "list", "journal", directory=place)
    assert "journal/0001" in listed.stdout
    assert "may go: fairlead journal expire" in listed.stdout
    done = fairlead("journal", "compress", "journal", directory=place)
    assert "00000000000000000001.journal.gz: " in done.stdout
    assert (
        "nothing to compress" in fairlead("journal", "compress", "journal", directory=place).stdout
    )
    assert fairlead("verify", "journal", directory=place).returncode == 0
    assert fairlead("orders", "journal", directory=place).returncode == 0
    (found,) = said(place, "list", "journal")
    assert found["segments"][0]["packed"]


def test_a_held_session_does_not_expire_and_a_released_one_does(place: Path) -> None:
    hold = ("hold", "journal", "--name", "case-17", "--reason", "asked for", "--person", "eve")
    assert said(place, *hold)["person"] == "eve"
    done = fairlead("journal", "expire", "journal", "--yes", "--reason", "old", directory=place)
    assert "stays: held: case-17 (eve: asked for)" in done.stdout
    assert segments(place / "journal" / "0001")
    release = ("release", "journal", "--name", "case-17", "--reason", "answered")
    assert fairlead("journal", *release, directory=place).returncode == 0
    done = fairlead("journal", "expire", "journal", directory=place)
    assert "may go" in done.stdout
    assert (place / "journal" / "0001").exists()
    found = said(place, "expire", "journal", "--yes", "--reason", "older than its time")
    assert found["gone"] == ["0001"]
    assert not (place / "journal" / "0001").exists()


def test_what_is_asked_for_needs_a_reason(place: Path) -> None:
    done = fairlead("journal", "expire", "journal", "--yes", directory=place)
    assert done.returncode == 2
    assert "--reason: expected why" in done.stderr
    done = fairlead(
        *("journal", "hold", "nowhere", "--name", "a", "--reason", "b"), directory=place
    )
    assert done.returncode == 2
    assert "nowhere: no such directory" in done.stderr


def test_a_session_that_was_named_and_stays_is_told_by_the_code(place: Path) -> None:
    (place / "journal" / "0001" / "retention.json").unlink()
    done = fairlead("journal", "expire", "journal/0001", directory=place)
    assert done.returncode == 1
    assert "its time has not come" in done.stdout


def test_a_damaged_segment_is_repaired_from_a_copy(place: Path) -> None:
    shutil.copytree(place / "journal", place / "copy")
    (segment,) = segments(place / "journal" / "0001")
    flip(segment, 400, 1)
    assert fairlead("verify", "journal", directory=place).returncode == 1
    done = fairlead("journal", "repair", "journal", "--from", "copy", directory=place)
    assert done.returncode == 0
    assert "the damaged one is journal/0001/damaged/" in done.stdout
    assert fairlead("verify", "journal", directory=place).returncode == 0
    again = fairlead("journal", "repair", "journal", "--from", "copy", directory=place)
    assert "nothing to repair" in again.stdout
