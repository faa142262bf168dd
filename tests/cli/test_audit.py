"""`fairlead audit`: the trail by class, span and person, for people and for machines."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.journals import EXAMPLE, journal
from tests.cli.sessions import fairlead


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a journal, in which a venue says what looks like a formula."""
    place = tmp_path_factory.mktemp("audit")
    rejected = {
        "type": "VenueRejected",
        "order": 3,
        "instrument": "ABC",
        "reason": "=HYPERLINK(1)",
    }
    journal(place / "journal", (*EXAMPLE, rejected))
    return place


def lines(place: Path, *options: object) -> list[dict[str, Any]]:
    done = fairlead("audit", "journal", "--json", *options, directory=place)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_four_classes_are_there(place: Path) -> None:
    found = lines(place)
    assert {each for line in found for each in line["classes"]} == {
        *("orders", "positions", "config", "users"),
    }
    assert all(line["actor"] and line["epoch"] == 1 for line in found)
    for name in ("orders", "positions", "config", "users"):
        one = lines(place, "--class", name)
        assert one == [line for line in found if name in line["classes"]]
    both = lines(place, "--class", "config", "--class", "users")
    assert [line["type"] for line in both][:2] == ["NodeStarted", "AccountDefinition"]


def test_a_span_and_a_person_are_picked(place: Path) -> None:
    found = lines(place)
    assert lines(place, "--from", 9, "--to", 12) == [
        line for line in found if 9 <= line["sequence"] <= 12
    ]
    people = lines(place, "--person", "ann")
    assert {line["actor"] for line in people} == {"ann"}
    assert "StartCommand" in [line["type"] for line in people]


def test_the_csv_has_all_of_it_and_no_formula(place: Path) -> None:
    done = fairlead("audit", "journal", "--csv", directory=place)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    found = lines(place)
    assert [row["type"] for row in rows] == [line["type"] for line in found]
    assert [json.loads(row["content"]) for row in rows] == [line["content"] for line in found]
    (rejected,) = (row for row in rows if row["type"] == "VenueRejected")
    assert rejected["reason"] == "'=HYPERLINK(1)"


def test_people_read_a_table(place: Path) -> None:
    done = fairlead("audit", "journal", "--class", "users", directory=place)
    assert "StartCommand" in done.stdout
    assert "ann" in done.stdout
    both = fairlead("audit", "journal", "--csv", "--json", directory=place)
    assert both.returncode == 2
