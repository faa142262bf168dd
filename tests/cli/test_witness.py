"""`fairlead witness`: signs what is there once, or follows until it is told to stop."""

import json
import signal
from pathlib import Path

from tests.cli.journals import EXAMPLE, journal
from tests.cli.sessions import fairlead, started
from tests.journal.build import flip, segments

WITNESS = ("witness", "journal", "--key", "witness.key", "--copy", "copies")


def test_what_is_there_is_signed_once(tmp_path: Path) -> None:
    journal(tmp_path / "journal" / "0001", EXAMPLE)
    fairlead("keys", "new", "witness.key", directory=tmp_path)
    done = fairlead(*WITNESS, "--once", "--json", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["directory"], found["last_sequence"]) == ("journal/0001", len(EXAMPLE))
    (file,) = (tmp_path / "copies").iterdir()
    assert found["checkpoints"] == [f"copies/{file.name}"]
    assert len(file.read_bytes().splitlines()) == 1
    (segment,) = segments(tmp_path / "journal" / "0001")
    flip(segment, 300, 1)
    done = fairlead(*WITNESS, "--once", directory=tmp_path)
    assert done.returncode == 1
    assert "damaged at byte" in done.stderr
    assert len(file.read_bytes().splitlines()) == 1


def test_it_follows_until_it_is_stopped(tmp_path: Path) -> None:
    journal(tmp_path / "journal" / "0001", EXAMPLE)
    fairlead("keys", "new", "witness.key", directory=tmp_path)
    running = started(*WITNESS, "--records", "1", "--seconds", "1", directory=tmp_path)
    copies = tmp_path / "copies"
    while not copies.is_dir() or not any(file.stat().st_size for file in copies.iterdir()):
        assert running.poll() is None, running.communicate()
    journal(tmp_path / "journal" / "0002", EXAMPLE)  # the next session
    while len(list(copies.glob("0002-*"))) == 0:
        assert running.poll() is None, running.communicate()
    running.send_signal(signal.SIGTERM)
    printed, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    assert [line.split(":")[0] for line in printed.splitlines()] == ["journal/0001", "journal/0002"]


def test_a_key_below_the_journal_is_refused(tmp_path: Path) -> None:
    journal(tmp_path / "journal" / "0001", EXAMPLE)
    fairlead("keys", "new", "journal/witness.key", directory=tmp_path)
    done = fairlead(
        *("witness", "journal", "--key", "journal/witness.key", "--copy", "copies"),
        directory=tmp_path,
    )
    assert done.returncode == 2
    assert "lies below the journal" in done.stderr
