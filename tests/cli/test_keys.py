"""`fairlead keys`: makes a key once, and shows its public half alone."""

import json
from pathlib import Path

from tests.cli.sessions import fairlead


def test_a_key_is_made_once_and_its_public_half_shown(tmp_path: Path) -> None:
    made = fairlead("keys", "new", "keys/audit.key", directory=tmp_path)
    assert made.returncode == 0
    assert len(bytes.fromhex(made.stdout.strip())) == 32
    shown = fairlead("keys", "show", "keys/audit.key", "--json", directory=tmp_path)
    found = json.loads(shown.stdout)
    assert found == {"file": "keys/audit.key", "public_key": made.stdout.strip()}
    again = fairlead("keys", "new", "keys/audit.key", directory=tmp_path)
    assert again.returncode == 2
    assert "exists already, a key is never written over" in again.stderr


def test_a_key_that_encrypts_is_made_once_and_never_shown(tmp_path: Path) -> None:
    new = ("keys", "new", "keys/journal.key", "--kind", "journal")
    made = fairlead(*new, directory=tmp_path)
    key = (tmp_path / "keys" / "journal.key").read_text("ascii").strip()
    assert (made.returncode, len(bytes.fromhex(key))) == (0, 32)
    assert made.stdout.startswith("keys/journal.key: made; without it")
    again = fairlead(*new, directory=tmp_path)
    shown = fairlead("keys", "show", "keys/journal.key", directory=tmp_path)
    other = fairlead(*new[:2], "other.key", *new[3:], "--json", directory=tmp_path)
    assert json.loads(other.stdout) == {"file": "other.key", "kind": "journal"}
    assert (again.returncode, shown.returncode) == (2, 2)
    for done in (made, again, shown):
        assert key not in done.stdout + done.stderr
