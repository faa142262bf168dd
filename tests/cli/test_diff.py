"""`fairlead diff`: what changed between two points, or where two journals part."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, journal, request

WIDE = {"COLUMNS": "160"}
KILL = {"type": "KillCommand", "person": "ann", "reason": "enough"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the example, which a kill ends."""
    directory = tmp_path_factory.mktemp("diff")
    journal(directory / "0001", [*EXAMPLE, KILL])
    return directory


def diff(place: Path, *arguments: str) -> Result:
    """Run `fairlead diff` over the journal."""
    return CliRunner().invoke(app, ["diff", str(place), *arguments], env=WIDE)


def found(place: Path, *arguments: str) -> dict[str, Any]:
    """Return what it says as JSON."""
    result = diff(place, *arguments, "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def change(content: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    """Return a change of a thing."""
    (one,) = (
        each for each in content["changes"] if (each["section"], each["name"]) == (section, name)
    )
    fields: dict[str, Any] = one["fields"]
    return {**one, "fields": {key: (v["before"], v["after"]) for key, v in fields.items()}}


def test_everything_that_a_fill_changes_is_told(place: Path) -> None:
    content = found(place, "10", "11")
    assert content["inputs"] == {"VenueFilled": 1}
    order = change(content, "orders", "1")
    assert order["change"] == "changed"
    assert order["fields"]["filled"] == ("0", "3")
    assert change(content, "positions", "main mm ABC")["change"] == "new"
    account = change(content, "accounts", "main")["fields"]
    assert account["cash"] == ("100000.00000000", "99699.85000000")
    assert account["equity"] == ("100000.00000000", "99999.70000000")
    assert account["fees"] == ("0.00000000", "0.15000000")


def test_who_did_what_is_told_between_the_points_alone(place: Path) -> None:
    content = found(place, "4", "8")
    assert [(each["person"], each["input"]["type"]) for each in content["deeds"]] == [
        ("ann", "LimitChange"),
        ("ann", "MessageRateChange"),
        ("ann", "StartCommand"),
    ]
    assert change(content, "limits", "instrument ABC itself")["change"] == "new"
    assert change(content, "books", "ABC")["fields"]["stale"] == (True, False)
    assert change(content, "session", "")["fields"]["stopped"] == (True, False)


def test_a_kill_is_told(place: Path) -> None:
    content = found(place, "18")
    assert change(content, "kills", "firm")["change"] == "new"
    assert change(content, "session", "")["fields"]["killed"] == (False, True)


def test_points_are_numbers_or_times_and_b_is_the_end_if_not_said(place: Path) -> None:
    by_number = found(place, "10", "14")
    by_time = found(place, "2024-08-08T00:00:00.010Z", "2024-08-08T00:00:02.001Z")
    mixed = found(place, "10", "2024-08-08T00:00:02.001999Z")
    assert by_number == by_time == mixed
    assert found(place, "0") == found(place, "0", "end")
    assert found(place, "0")["after"]["sequence"] == 19


def test_the_same_point_twice_is_no_difference(place: Path) -> None:
    assert found(place, "12", "12")["changes"] == []
    assert "nothing stands otherwise" in diff(place, "12", "12").stdout


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ((), "expected a point to begin at"),
        (("soon",), "A: found 'soon', expected the number of an input"),
        (("1", "later"), "B: found 'later'"),
        (("12", "10"), "B lies before A: name the earlier point first"),
        (("40", "30"), "B lies before A"),
        (("2024-08-08T00:00:01Z", "2024-08-08T00:00:00Z"), "B lies before A"),
        (("12", "2024-08-08T00:00:00Z"), "2024-08-08T00:00:00Z, lies before A, which is as of"),
        (("2024-08-08T00:00:02.001Z", "3"), "B, input 3, lies before A"),
        (("1", "2", "--against", "x"), "--against compares whole journals"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    points: tuple[str, ...], told: str, place: Path
) -> None:
    result = diff(place, *points)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_a_point_beyond_the_end_is_told(place: Path) -> None:
    result = diff(place, "18", "4000")
    assert result.exit_code == 0
    assert "ends with input 19" in result.stderr


def test_a_person_reads_what_happened(place: Path) -> None:
    told = diff(place, "8").stdout
    lines = [line.rstrip() for line in told.splitlines()]
    assert lines[0].startswith("from input 8, 2024-08-08T00:00:00.008Z to input 19, ")
    assert "orders: 3 new, 0 changed, 2 of them ended" in lines
    assert "2  new: buy 30 ABC at 100.00, limit gtc; mm; REFUSED, 0 filled; " in told
    assert any("ann kills firm, to cancel: enough" in line for line in lines)
    rows = [" ".join(line.split()) for line in lines]
    assert "account main equity 100,000.00 99,999.72 -0.28" in rows
    assert "position main mm ABC quantity 4" in rows
    assert "session killed no yes" in rows


def test_the_view_fits_the_terminal(place: Path) -> None:
    result = CliRunner().invoke(app, ["diff", str(place), "0"], env={"COLUMNS": "80"})
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


# --- two journals ---


def test_equal_journals_are_said_to_be(place: Path, tmp_path: Path) -> None:
    journal(tmp_path / "0001", [*EXAMPLE, KILL])
    result = diff(place, "--against", str(tmp_path))
    assert result.exit_code == 0
    assert "the same 19 inputs and outputs" in result.stdout


def test_the_first_difference_is_shown_with_both_sides(tmp_path: Path) -> None:
    journal(tmp_path / "a" / "0001", [*SETUP, request(1), request(2)])
    journal(tmp_path / "b" / "0001", [*SETUP, request(1), request(2, quantity=7)])
    result = diff(tmp_path / "a", "--against", str(tmp_path / "b"))
    assert result.exit_code == 1
    assert "first difference: input 10: another input" in result.stdout
    assert "buy 8 ABC at 100.00" in result.stdout
    assert "buy 7 ABC at 100.00" in result.stdout
    content = json.loads(diff(tmp_path / "a", "--against", str(tmp_path / "b"), "--json").stdout)
    assert (content["differs"], content["compared"]) == ("input", 9)
    assert content["ours"]["input"]["quantity"] == "8"
    assert content["theirs"]["input"]["quantity"] == "7"
