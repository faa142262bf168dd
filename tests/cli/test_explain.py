"""`fairlead limits explain`: what every check would answer to an order; nothing is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import journal
from tests.cli.limited import LIMITED, MAIN, change, limit
from tests.cli.sessions import fairlead

ORDER: dict[str, Any] = {
    "strategy": "mm",
    "instrument": "ABC",
    "side": "buy",
    "quantity": 2,
    "price": "100.00",
}
GAP = {"type": "BookGap", "instrument": "ABC", "reason": "lost"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one session below `var/journal`."""
    directory = tmp_path_factory.mktemp("explain")
    journal(directory / "var" / "journal" / "0001", LIMITED)
    return directory


def explain(directory: Path, *options: str, **terms: Any) -> Result:
    """Run `fairlead limits explain` over a journal with an order from standard input."""
    arguments = ["limits", "explain", "-", "--journal", str(directory / "var" / "journal")]
    return CliRunner().invoke(app, [*arguments, *options], input=json.dumps({**ORDER, **terms}))


def content(directory: Path, **terms: Any) -> tuple[int, dict[str, Any]]:
    """Return the exit code and what is printed as JSON."""
    result = explain(directory, "--json", **terms)
    return result.exit_code, json.loads(result.stdout)


def failed(found: dict[str, Any]) -> list[str]:
    """Return the names of the checks that said no."""
    return [check["check"] for check in found["checks"] if not check["passed"]]


def test_an_order_within_every_limit_would_leave(place: Path) -> None:
    code, found = content(place)
    assert (code, found["verdict"], found["failed"]) == (0, "approved", [])
    assert found["outputs"][0]["approved"]["quantity"] == "2"


@pytest.mark.parametrize(("quantity", "code"), [(2, 0), (3, 1)])
def test_at_the_limit_it_would_leave_and_one_beyond_it_would_not(
    place: Path, quantity: int, code: int
) -> None:
    """8 are held or work, at 100.00: 2 more are worth the 1,000.00 of the capital, 3 are beyond."""
    found_code, found = content(place, quantity=quantity)
    assert found_code == code
    [capital] = [check for check in found["checks"] if check["check"] == "capital"]
    assert capital["scope"] == "account main"
    assert capital["measured"] == f"{(8 + quantity) * 100}.00000000"
    assert (capital["limit"], capital["unit"]) == ("1000.00000000", "money")
    assert capital["passed"] is (code == 0)


def test_every_check_of_every_layer_answers_in_the_order_of_the_gate(place: Path) -> None:
    """S1-RISK-09: the last layer first, and every check that failed, not the first alone."""
    _, found = content(place, quantity=12)
    names = [check["check"] for check in found["checks"]]
    order = (
        *("killed", "loss_day_share", "trading_stopped", "message_rate", "quantity_lot"),
        *("limits_set", "price_collar", "order_quantity_max", "order_notional"),
        *("working_orders", "position_quantity_max", "position_share", "gross_share", "capital"),
    )
    assert [name for name in names if name in order] == list(order)
    assert failed(found) == ["order_quantity_max", "capital"]
    assert found["failed"] == [
        "order_quantity_max: 12 > 10",
        "capital of account main: 2,000.00 > 1,000.00",
    ]


def test_it_answers_what_the_machine_answers_when_the_order_comes(
    place: Path, tmp_path: Path
) -> None:
    """The refusal that the journal records names the same checks with the same numbers."""
    _, found = content(place, quantity=12, order=3)
    request = {"type": "SubmitRequest", "order": 3, **ORDER, "quantity": 12}
    result = CliRunner().invoke(
        app, ["script", "-"], input="\n".join(json.dumps(line) for line in [*LIMITED_NOW, request])
    )
    refusals = [json.loads(line) for line in result.stdout.splitlines()]
    refusal = [each for each in refusals if each.get("type") == "OrderRefused"][-1]
    asked = [
        {name: check[name] for name in check if name != "passed"}
        for check in found["checks"]
        if not check["passed"]
    ]
    assert [each["check"] for each in refusal["failed"]] == failed(found)
    assert refusal["failed"] == asked
    assert not list(tmp_path.iterdir())


# As in the journal, but that a script begins at no time of day.
LIMITED_NOW = [{k: v for k, v in line.items() if k != "effective"} for line in LIMITED[:-1]]


def test_what_cannot_be_measured_is_told_as_unknown(tmp_path: Path) -> None:
    journal(tmp_path / "var" / "journal" / "0001", [*LIMITED, GAP])
    code, found = content(tmp_path)
    assert code == 1
    assert "book_fresh" in failed(found)
    assert "capital of account main: cannot be measured, limit 1,000.00" in found["failed"]
    assert "position_share of account main: cannot be measured, limit 3 %" in found["failed"]
    result = explain(tmp_path)
    assert any("unknown" in line for line in result.stdout.splitlines() if "capital" in line)


def test_a_stop_waits_in_the_machine(place: Path) -> None:
    code, found = content(place, trigger_price="101.00", price="101.00")
    assert (code, found["verdict"]) == (0, "held")
    assert "until its trigger price" in explain(place, trigger_price="101.00").stdout


def test_a_limit_that_comes_near_is_told_with_the_verdict(tmp_path: Path) -> None:
    lines = [*LIMITED, change(MAIN, limit("value_window", "1200", window=60_000_000_000))]
    journal(tmp_path / "var" / "journal" / "0001", lines)
    told = explain(tmp_path, quantity=1).stdout
    assert "value_window of account main is near: 900 of 1,200.00" in told.replace(".00 of", " of")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"strategy": "trand"}, "did you mean 'trend'?"),
        ({"quantity": "many"}, "SubmitRequest.quantity"),
        ({"colour": "red"}, "a field that is not known"),
        ({"type": "CancelRequest"}, 'expected "SubmitRequest"'),
    ],
)
def test_what_is_no_order_is_one_line(place: Path, terms: dict[str, Any], message: str) -> None:
    result = explain(place, **terms)
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert message in line


def test_a_file_that_is_not_there_is_one_line(place: Path) -> None:
    result = CliRunner().invoke(app, ["limits", "explain", str(place / "none.json")])
    assert result.exit_code == 2
    assert "none.json: No such file" in result.stderr


def test_a_number_that_was_used_is_refused_and_a_free_one_is_taken(place: Path) -> None:
    assert content(place, order=1)[1]["failed"] == ["order_id_new"]
    assert content(place)[1]["request"]["order"] == 3


def test_nothing_is_written(place: Path) -> None:
    directory = place / "var" / "journal" / "0001"

    def kept() -> list[tuple[str, bytes]]:
        return [(file.name, file.read_bytes()) for file in sorted(directory.iterdir())]

    before = kept()
    explain(place)
    assert kept() == before


def test_the_past_is_asked_as_it_was(place: Path) -> None:
    """Before anything worked, ten were within the capital."""
    asked_then = explain(place, "--json", "--to", str(len(LIMITED) - 6), quantity=10)
    assert json.loads(asked_then.stdout)["verdict"] == "approved"
    assert content(place, quantity=10)[0] == 1


@pytest.mark.parametrize("columns", [80, 140])
def test_a_trader_reads_every_check_and_the_verdict(place: Path, columns: int) -> None:
    (place / "order.json").write_text(json.dumps({**ORDER, "quantity": 3}))
    done = fairlead(
        "limits", "explain", "order.json", directory=place, environment={"COLUMNS": str(columns)}
    )
    assert done.returncode == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["NO", "capital", "account", "main", "1,100.00", "1,000.00"] in rows
    assert ["ok", "position_share", "account", "main", "1.1001", "%", "3", "%"] in rows
    assert "REFUSED: capital of account main: 1,100.00 > 1,000.00" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= columns
