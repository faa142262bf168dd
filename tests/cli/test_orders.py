"""`fairlead orders`: which orders there were, and where they stand."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, journal, report, request, shown
from tests.cli.sessions import fairlead

SECOND_STRATEGY = {"type": "StrategyDefinition", "name": "trend", "account": "main"}
LINES: list[dict[str, Any]] = [
    *SETUP,
    SECOND_STRATEGY,
    request(1),
    report("VenueAccepted", 1, venue_order="V1"),
    report("VenueFilled", 1, execution="e1", price="100.00", quantity=8),
    request(2, quantity=3, price="99.00"),
    report("VenueAccepted", 2, venue_order="V2"),
    request(3, quantity=30),
    {**request(4, quantity=2, side="sell", price="101.00"), "strategy": "trend"},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with two sessions below `var/journal`; the newer one has the orders."""
    directory = tmp_path_factory.mktemp("orders")
    journal(directory / "var" / "journal" / "0001", SETUP)
    journal(directory / "var" / "journal" / "0002", LINES)
    return directory


def orders(place: Path, *options: str) -> Result:
    """Run `fairlead orders` over the newest session."""
    return CliRunner().invoke(app, ["orders", str(place / "var" / "journal"), *options])


def numbers(place: Path, *options: str) -> list[int]:
    """Return the numbers of the orders that match."""
    result = orders(place, "--json", *options)
    assert result.exit_code == 0, result.output
    return [order["order"] for order in json.loads(result.stdout)["orders"]]


def test_all_orders_are_listed_the_newest_last(place: Path) -> None:
    assert numbers(place) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--strategy", "trend"), [4]),
        (("--strategy", "mm"), [1, 2, 3]),
        (("--instrument", "ABC"), [1, 2, 3, 4]),
        (("--open",), [2, 4]),
        (("--status", "refused"), [3]),
        (("--status", "FILLED"), [1]),
        (("--status", "cancel pending"), []),
        (("--open", "--strategy", "mm"), [2]),
        (("--limit", "2"), [3, 4]),
        (("--limit", "1", "--strategy", "mm"), [3]),
        (("--limit", "0"), [1, 2, 3, 4]),
    ],
)
def test_filters_are_held_together(
    place: Path, options: tuple[str, ...], expected: list[int]
) -> None:
    assert numbers(place, *options) == expected


def test_json_says_which_journal_and_how_many_match(place: Path) -> None:
    found = json.loads(orders(place, "--json", "--limit", "1", "--strategy", "mm").stdout)
    assert found["journal"].endswith("0002")
    assert (found["orders_total"], found["matching"], len(found["orders"])) == (4, 3, 1)
    assert found["sequence"] == len(LINES)


def test_an_order_carries_everything_that_is_known_of_it(place: Path) -> None:
    filled = json.loads(orders(place, "--json").stdout)["orders"][0]
    assert filled["client_order"] == "1-1-1"
    assert (filled["venue_order"], filled["trader"], filled["account"]) == ("V1", "ann", "main")
    assert (filled["average_price"], filled["average_price_exact"]) == ("100.000000", "100/1")
    assert filled["decision_price"] == "100.00"
    assert filled["updated"] > filled["time"] == filled["decision_time"]
    assert filled["conditions"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--strategy", "trand"), "'trand'; did you mean 'trend'?"),
        (("--strategy", "zzz"), "'zzz': one of mm, trend"),
        (("--instrument", "ABX"), "'ABX'; did you mean 'ABC'?"),
        (("--status", "fill"), "did you mean 'filled'?"),
    ],
)
def test_a_name_that_is_not_known_is_one_line(
    place: Path, options: tuple[str, ...], message: str
) -> None:
    result = orders(place, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert message in line


def test_without_a_journal_the_newest_session_below_var_is_taken(place: Path) -> None:
    done = fairlead("orders", "--json", directory=place)
    assert json.loads(done.stdout)["journal"] == "var/journal/0002"
    empty = fairlead("orders", directory=place.parent)
    assert empty.returncode == 2
    assert "var/journal: no journal here" in empty.stderr


def test_a_journal_without_orders_is_no_error(place: Path) -> None:
    result = CliRunner().invoke(app, ["orders", str(place / "var" / "journal" / "0001")])
    assert result.exit_code == 0
    assert "0 orders, 0 open" in result.stdout


@pytest.mark.parametrize("columns", [80, 100])
def test_the_table_fits_and_says_what_it_leaves_out(place: Path, columns: int) -> None:
    done = fairlead("orders", directory=place, environment={"COLUMNS": str(columns)})
    assert max(len(line) for line in done.stdout.splitlines()) <= columns
    assert "4 orders, 2 open" in done.stdout
    narrow = fairlead("orders", directory=place, environment={"COLUMNS": "60"})
    assert "no room for" in narrow.stdout
    row = next(line for line in narrow.stdout.splitlines() if line.startswith("1 "))
    assert row.split() == ["1", "mm", "buy", "8", "100.00", "8", "filled"]


def test_a_long_list_shows_the_newest_and_says_so(tmp_path: Path) -> None:
    many = [request(number, quantity=30) for number in range(1, 61)]
    journal(tmp_path / "0001", [*SETUP, *many])
    result = CliRunner().invoke(app, ["orders", str(tmp_path)])
    assert "60 orders, 0 open; the last 50, --limit 0 shows all" in result.stdout
    assert len(numbers_in(result)) == 50
    assert numbers_in(result)[-1] == 60
    whole = CliRunner().invoke(app, ["orders", str(tmp_path), "--limit", "0"])
    assert numbers_in(whole) == list(range(1, 61))


def numbers_in(result: Result) -> list[int]:
    """Return the order numbers of a table."""
    firsts = [line.split()[0] for line in result.stdout.splitlines() if line.split()]
    return [int(first) for first in firsts if first.isdecimal()][1:]


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "orders.md"
    journal(tmp_path / "var" / "journal" / "0001", EXAMPLE)
    examples = shown(page.read_text(), tmp_path)
    assert examples
    for command, said, printed in examples:
        assert printed == said, command
