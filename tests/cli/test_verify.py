"""`fairlead verify`: what is wrong, with its place; and what holds, with how far it was signed."""

import json
from pathlib import Path

import pytest

from tests.cli.journals import EXAMPLE, journal
from tests.cli.sessions import fairlead
from tests.journal.build import flip, segments


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory with a journal that a witness signed."""
    journal(tmp_path / "journal" / "0001", EXAMPLE)
    made = fairlead("keys", "new", "audit.key", directory=tmp_path)
    (tmp_path / "public.txt").write_text(made.stdout)
    done = fairlead(
        *("witness", "journal", "--key", "audit.key", "--copy", "copies", "--once"),
        directory=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    return tmp_path


SIGNED = ("--checkpoints", "copies", "--public-key", "public.txt")


def test_a_journal_that_is_what_was_signed_passes(place: Path) -> None:
    done = fairlead("verify", "journal", *SIGNED, directory=place)
    assert done.returncode == 0
    assert f"up to input {len(EXAMPLE)}" in done.stdout
    assert "outputs digest" in done.stdout
    quick = fairlead("verify", "journal", "--quick", *SIGNED, "--json", directory=place)
    found = json.loads(quick.stdout)
    assert found["passed"]
    assert found["signatures_checked"]
    assert found["confirmed"]["last_sequence"] == len(EXAMPLE)
    assert not found["replayed"]


def test_without_a_key_the_signatures_are_said_to_be_unchecked(place: Path) -> None:
    done = fairlead("verify", "journal", "--checkpoints", "copies", directory=place)
    assert done.returncode == 0
    assert "the signatures are not checked: give --public-key" in done.stdout
    done = fairlead("verify", "journal", directory=place)
    assert "could not be told" in done.stdout


def test_what_is_wrong_is_told_with_its_place_and_a_code(place: Path) -> None:
    (segment,) = segments(place / "journal" / "0001")
    flip(segment, 300, 1)
    done = fairlead("verify", "journal", *SIGNED, directory=place)
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "damaged at byte" in done.stdout
    found = json.loads(fairlead("verify", "journal", "--json", directory=place).stdout)
    (finding,) = found["findings"]
    assert finding["kind"] == "damaged"
    assert finding["byte"] <= 300
    segment.unlink()
    journal(place / "again" / "0001", EXAMPLE[:-1])
    (place / "again" / "0001" / segment.name).rename(segment)
    done = fairlead("verify", "journal", *SIGNED, directory=place)
    assert done.returncode == 1
    assert "first group is not the one that was signed" in done.stdout


def test_what_does_not_fit_is_a_mistake(place: Path) -> None:
    for options, says in (
        (("--checkpoints", "nowhere"), "no such file or directory"),
        (("--public-key", "abc"), "no public key in hex, and no file with one"),
        (("--checkpoints", "public.txt"), "public.txt:1: not a checkpoint"),
    ):
        done = fairlead("verify", "journal", *options, directory=place)
        assert done.returncode == 2
        assert says in done.stderr
