"""`fairlead story position`: what moved a position, and that it ends at the machine's figures."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, journal, report, request

OTHER = {"type": "StrategyDefinition", "name": "trend", "account": "main"}
LINES: list[dict[str, Any]] = [
    *EXAMPLE,
    OTHER,
    request(4, strategy="trend", quantity=1),
    report("VenueFilled", 4, execution="e4", price="100.00", quantity=1, fee="0.05"),
    {**report("VenueBusted", 1, execution="e1"), "reason": "clearly erroneous"},
    {
        "type": "PositionCorrection",
        "account": "main",
        "strategy": "mm",
        "instrument": "ABC",
        "quantity": 2,
        "price": "99.00",
        "person": "bob",
        "reason": "a give-up",
    },
    {"type": "InstrumentSplit", "instrument": "ABC", "new": 2, "old": 1, "reference": "s1"},
    {"type": "CashDividend", "instrument": "ABC", "amount": "0.50", "reference": "d1"},
    {"type": "InstrumentRenamed", "instrument": "ABC", "symbol": "NEW", "reference": "n1"},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a session in which everything moves a position."""
    directory = tmp_path_factory.mktemp("position")
    journal(directory / "0001", LINES)
    return directory


def story(place: Path, *arguments: str) -> Result:
    """Run `fairlead story position`."""
    return CliRunner().invoke(
        app, ["story", "position", *arguments, str(place)], env={"COLUMNS": "160"}
    )


def found(place: Path, *arguments: str) -> dict[str, Any]:
    """Return the story as JSON."""
    result = story(place, *arguments, "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_every_move_says_what_by_how_much_and_why(place: Path) -> None:
    moves = found(place, "ABC", "--strategy", "mm")["moves"]
    assert [(each["what"], each["by"], each["quantity"]) for each in moves] == [
        ("buy 3 at 100.00, order 1", "3", "3"),
        ("buy 2 at 99.99, order 1", "2", "5"),
        ("sell 1 at 100.20, order 3", "-1", "4"),
        ("taken back: buy 3 at 100.00, order 1", "-3", "1"),
        ("corrected by 2 at 99.00", "2", "3"),
        ("split 2 for 1", "3", "6"),
        ("dividend 3.00 USD", "0", "6"),
        ("renamed NEW", "0", None),
    ]
    assert [each["why"] for each in moves[:5]] == [
        *("the spread is wide", "the spread is wide", "", "clearly erroneous"),
        "bob: a give-up",
    ]
    assert moves[1]["average_cost"] == "99.996000"


def test_it_ends_at_the_figures_of_the_machine(place: Path) -> None:
    content = found(place, "ABC")
    listed = CliRunner().invoke(app, ["positions", str(place), "--json"])
    machines = json.loads(listed.stdout)["positions"]
    assert [{**each, "agrees": True} for each in machines] == content["positions"]
    for held in machines:
        last = [
            each
            for each in content["moves"]
            if each["strategy"] == held["strategy"] and each["quantity"] is not None
        ][-1]
        for name in ("quantity", "open_cost", "average_cost", "realised", "fees"):
            assert last[name] == held[name]


def test_the_parts_of_the_moves_add_up_to_the_end(place: Path) -> None:
    moves = found(place, "ABC", "--strategy", "trend")["moves"]
    assert sum(int(each["by"]) for each in moves if each["strategy"]) == 2  # 1, split


def test_it_is_found_by_every_name_that_it_ever_had(place: Path) -> None:
    assert found(place, "ABC") == found(place, "NEW")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ABD",), "no instrument is called 'ABD'; did you mean 'ABC'?"),
        (("ABC", "--strategy", "nn"), "--strategy: nothing in this journal is called 'nn'"),
        (("ABC", "--account", "x"), "--account: nothing in this journal is called 'x': one of"),
    ],
)
def test_a_name_that_is_none_is_one_line_with_the_nearest(
    arguments: tuple[str, ...], told: str, place: Path
) -> None:
    result = story(place, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_person_reads_the_moves_and_how_it_stands(place: Path) -> None:
    lines = [" ".join(line.split()) for line in story(place, "ABC").stdout.splitlines()]
    assert (
        "2024-08-08T00:00:00.011 11 mm buy 3 at 100.00, order 1 +3 3 100.00 0.00 0.15"
        " the spread is wide" in lines
    )
    assert any(line.startswith("mm holds 6 NEW, realised ") for line in lines)
    assert sum(line.endswith("as the machine has it") for line in lines) == 2


def test_what_nothing_moved_is_said(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP)
    assert "nothing moved it" in story(tmp_path, "ABC").stdout
