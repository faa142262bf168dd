"""`fairlead story day`: a trading day from the journal alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, journal, report, request

DAY = 86_400 * 10**9
NEXT: list[dict[str, Any]] = [
    {"type": "TradingDayBegan", "session_date": 20240809, "time": DAY},
    {"type": "BookGap", "instrument": "ABC", "reason": "lost"},
    request(4),
    {"type": "Quote", "instrument": "ABC", "bid_price": "99.95", "bid_quantity": 5}
    | {"ask_price": "100.05", "ask_quantity": 5},
    report("VenueFilled", 3, execution="e9", price="100.20", quantity=2, fee="0.10"),
    {"type": "KillCommand", "person": "ann", "reason": "enough"},
    report("VenueFilled", 77, execution="x1", price="99.99", quantity=2),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a session over two days."""
    directory = tmp_path_factory.mktemp("day")
    journal(directory / "0001", [*EXAMPLE, *NEXT])
    return directory


def day(place: Path, *arguments: str, columns: int = 160) -> Result:
    """Run `fairlead story day`."""
    return CliRunner().invoke(
        app, ["story", "day", *arguments, str(place)], env={"COLUMNS": f"{columns}"}
    )


def found(place: Path, date: str) -> dict[str, Any]:
    """Return a day as JSON."""
    result = day(place, date, "--json")
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_a_day_has_what_happened_on_it_and_no_more(place: Path) -> None:
    first, second = found(place, "2024-08-08"), found(place, "20240809")
    assert first["sequences"] == [1, len(EXAMPLE)]
    assert second["sequences"] == [len(EXAMPLE) + 1, len(EXAMPLE) + len(NEXT)]
    assert [each["input"]["type"] for each in second["deeds"]] == ["KillCommand"]
    assert [each["fills"] for each in first["traded"]] == [3]
    assert [(each["fills"], each["refused"]) for each in second["traded"]] == [(1, 1)]
    assert first["refused"] == {"order_quantity_max": 1, "position_quantity_max": 1}
    assert first["traded"][0]["volume"] == "600.18000000"


def test_the_money_of_a_day_begins_where_that_of_the_day_before_ended(place: Path) -> None:
    first, second = found(place, "2024-08-08"), found(place, "2024-08-09")
    assert first["began"] == {"positions": [], "accounts": []}
    assert second["began"] == first["ended"]
    (held,) = second["ended"]["positions"]
    assert (held["quantity"], held["fees"]) == ("2", "0.40000000")


def test_kills_breaks_and_starts_are_told(place: Path) -> None:
    first, second = found(place, "2024-08-08")["events"], found(place, "last")["events"]
    assert [each["event"]["type"] for each in first["sessions"]["events"]] == [
        "NodeStarted",
        "TradingStarted",
    ]
    assert second["kills"]["events"][0]["event"]["type"] == "KillEngaged"
    assert second["breaks"]["events"][-1]["event"]["type"] == "BreakOpened"
    assert first["breaks"]["count"] == 0


@pytest.mark.parametrize(
    ("date", "told"),
    [
        (
            "2024-08-10",
            "nothing happened on 2024-08-10; the journal is of 2024-08-08 to 2024-08-09",
        ),
        ("2024-02-30", "DATE: found '2024-02-30', expected a day"),
        ("today", "DATE: found 'today', expected a day"),
        ("1000-01-01", "expected a day"),
    ],
)
def test_a_day_that_is_none_is_one_line_and_exit_code_2(date: str, told: str, place: Path) -> None:
    result = day(place, date)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_a_person_reads_the_day(place: Path) -> None:
    lines = [" ".join(line.split()) for line in day(place, "2024-08-09").stdout.splitlines()]
    assert lines[0].startswith("2024-08-09 UTC, ")
    assert "who did what" in lines
    assert any(line.endswith("ann kills firm, to cancel: enough") for line in lines)
    assert "mm ABC quantity 4 2" in lines
    assert any("BREAK 1 opens, fill unexplained" in line for line in lines)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_view_fits_the_terminal(place: Path, columns: int) -> None:
    for date in ("2024-08-08", "2024-08-09"):
        told = day(place, date, columns=columns).stdout
        assert max(len(line) for line in told.splitlines()) <= columns


def test_a_journal_without_inputs_has_no_days(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP[:1])
    assert found(tmp_path, "last")["date"] == "2024-08-08"
