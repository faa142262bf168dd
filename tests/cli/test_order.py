"""`fairlead order ID`: the whole story of one order, from the journal alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import SETUP, START, journal, report, request
from tests.cli.sessions import fairlead

SECOND = 1_000_000_000
LINES: list[dict[str, Any]] = [
    *SETUP,
    request(1, reason="spread is wide", tag="quote"),
    report("VenueAccepted", 1, venue_order="V1", venue_time=START + 9_800_000),
    report(
        "VenueFilled",
        1,
        execution="e1",
        price="100.00",
        quantity=3,
        fee="0.15",
        venue_time=START + 10_000_001,
    ),
    {
        "type": "ReplaceRequest",
        "strategy": "mm",
        "order": 1,
        "instrument": "ABC",
        "quantity": 6,
        "price": "99.99",
    },
    report("VenueReplaced", 1, quantity=6, price="99.99", venue_order="V2"),
    request(2, quantity=30),
    {"type": "CancelRequest", "strategy": "mm", "order": 1, "time": 2 * SECOND},
    report("VenueFilled", 1, execution="e2", price="99.99", quantity=2, fee="0.10"),
    report("VenueCanceled", 1, reason="asked for"),
    report("VenueFilled", 1, execution="e2", price="99.99", quantity=2, fee="0.10"),
    report("VenueFilled", 77, execution="x1", price="99.99", quantity=2),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one session below `var/journal`."""
    directory = tmp_path_factory.mktemp("orders")
    journal(directory / "var" / "journal" / "0001", LINES)
    return directory


def order(place: Path, *arguments: str) -> Result:
    """Run `fairlead order` over the journal."""
    return CliRunner().invoke(app, ["order", *arguments, str(place / "var" / "journal")])


def story(place: Path, id: str = "1") -> dict[str, Any]:
    """Return the story of an order as JSON."""
    result = order(place, id, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("id", ["1", "1-1-1", "1-1-2", "V1", "V2"])
def test_an_order_is_found_by_number_by_client_order_id_and_by_every_id_of_its_venue(
    place: Path, id: str
) -> None:
    found = story(place, id)
    assert found["number"] == 1
    assert found == story(place)


def test_the_story_goes_through_every_input_that_concerned_the_order(place: Path) -> None:
    steps = story(place)["steps"]
    assert [step["input"]["type"] for step in steps] == [
        "SubmitRequest",
        "VenueAccepted",
        "VenueFilled",
        "ReplaceRequest",
        "VenueReplaced",
        "CancelRequest",
        "VenueFilled",
        "VenueCanceled",
        "VenueFilled",
    ]
    assert [step["standing"]["status"] for step in steps] == [
        "sent",
        "open",
        "open",
        "replace_pending",
        "open",
        "cancel_pending",
        "cancel_pending",
        "canceled",
        "canceled",
    ]
    assert [step["standing"]["filled"] for step in steps] == [*"00333", *"3555"]


def test_the_request_says_who_why_and_what(place: Path) -> None:
    request_step = story(place)["steps"][0]["input"]
    assert (request_step["strategy"], request_step["reason"]) == ("mm", "spread is wide")
    assert (request_step["side"], request_step["quantity"], request_step["price"]) == (
        "buy",
        "8",
        "100.00",
    )


def test_a_request_tells_the_market_that_it_was_decided_upon(place: Path) -> None:
    """S1-CMP-01: the decision inputs. A later request saw what stood then."""
    steps = story(place)["steps"]
    assert steps[0]["seen"] == {
        "sequence": 8,
        "time": START + 8_000_000,
        "problem": "",
        "bids": [["99.95", "10"]],
        "asks": [["100.05", "10"]],
        "last_price": "0.00",
        "position": "0",
        "parameters": "{}",
    }
    seen = {step["input"]["type"]: step["seen"] for step in steps if step["seen"]}
    assert list(seen) == ["SubmitRequest", "ReplaceRequest", "CancelRequest"]
    assert seen["CancelRequest"]["position"] == "3"


def test_a_stale_book_and_levels_behind_the_touch_are_told(tmp_path: Path) -> None:
    quote = {"type": "Quote", "instrument": "ABC", "bid_price": "99.96", "bid_quantity": 5}
    deep = {**SETUP[-1], "bids": [["99.95", 10], ["99.90", 4]]}
    lines = [*SETUP[:-1], deep, {**quote, "ask_price": "100.05", "ask_quantity": 7}, request(1)]
    gap = {"type": "BookGap", "instrument": "ABC", "reason": "lost"}
    journal(tmp_path / "0001", [*lines, gap, request(2)])
    for order, problem in (("1", ""), ("2", "lost")):
        result = CliRunner().invoke(app, ["story", "order", order, str(tmp_path), "--json"])
        seen = json.loads(result.stdout)["steps"][0]["seen"]
        assert problem in seen["problem"]
        assert bool(problem) == bool(seen["problem"])
        assert seen["bids"] == [["99.96", "5"], ["99.95", "10"], ["99.90", "4"]]
        assert seen["asks"] == [["100.05", "7"]]
    told = CliRunner().invoke(app, ["order", "2", str(tmp_path)], env={"COLUMNS": "120"}).stdout
    assert "the book was STALE: lost" in told


def test_the_whole_story_has_every_part_that_an_auditor_asks_for(place: Path) -> None:
    """S1-ARCH-05: request with reason and tag, checks, route, messages, fills with fees, effect."""
    found = story(place)
    first, outputs = found["steps"][0], [out for step in found["steps"] for out in step["outputs"]]
    assert (first["input"]["reason"], first["input"]["tag"]) == ("spread is wide", "quote")
    assert len(first["checks"]) > 10
    assert found["venue"] == "SIM"
    kinds = [output["type"] for output in outputs]
    assert [kinds.count(kind) for kind in ("SendOrder", "ReplaceOrder", "CancelOrder")] == [1] * 3
    fills = [output for output in outputs if output["type"] == "OrderFilled"]
    assert [(fill["quantity"], fill["fee"]) for fill in fills] == [
        ("3", "0.15000000"),
        ("2", "0.10000000"),
    ]
    moved = [output["quantity"] for output in outputs if output["type"] == "PositionChanged"]
    assert moved == ["3", "5"]


def test_every_check_is_told_with_what_was_measured_and_what_would_have_passed(
    place: Path,
) -> None:
    checks = {each["check"]: each for each in story(place)["steps"][0]["checks"]}
    assert all(each["passed"] for each in checks.values())
    assert checks["order_quantity_max"] == {
        "check": "order_quantity_max",
        "measured": "8",
        "limit": "10",
        "unit": "quantity",
        "scope": "",
        "passed": True,
    }
    assert checks["order_notional_max"]["measured"] == "800.00000000"
    assert checks["price_collar"]["limit"] == 500
    assert checks["killed"]["measured"] is None


def test_a_refused_order_tells_the_checks_that_failed_among_those_that_passed(place: Path) -> None:
    found = story(place, "2")
    (step,) = found["steps"]
    failed = [each["check"] for each in step["checks"] if not each["passed"]]
    assert failed == ["order_quantity_max", "position_quantity_max"]
    (refused,) = step["outputs"]
    assert [each["check"] for each in refused["failed"]] == failed
    assert sum(each["passed"] for each in step["checks"]) > 10
    assert found["order"]["failure"] == "order_quantity_max"


def test_times_stand_with_the_venues_and_with_the_spans_between(place: Path) -> None:
    steps = story(place)["steps"]
    asked, accepted, filled = steps[:3]
    assert asked["time_text"] == "2024-08-08T00:00:00.009000000Z"
    assert (asked["after_ns"], asked["venue_time"], asked["latency_ns"]) == (None, None, None)
    assert accepted["time"] - accepted["venue_time"] == accepted["latency_ns"] == 200_000
    assert accepted["after_ns"] == 1_000_000
    assert filled["latency_ns"] == 999_999


def test_what_left_is_told_with_its_client_order_id(place: Path) -> None:
    outputs = [output for step in story(place)["steps"] for output in step["outputs"]]
    sent = [output for output in outputs if output["type"] in ("SendOrder", "ReplaceOrder")]
    assert [output["approved"]["client_order"] for output in sent] == ["1-1-1", "1-1-2"]
    (cancel,) = (output for output in outputs if output["type"] == "CancelOrder")
    assert cancel["client_order"] == "1-1-2"


def test_the_end_is_the_order_as_it_stands(place: Path) -> None:
    found = story(place)["order"]
    assert (found["status"], found["filled"], found["canceled"]) == ("canceled", "5", "1")
    assert found["average_price"] == "99.996000"
    assert found["average_price_exact"] == "24999/250"
    assert (found["client_order"], found["venue_order"]) == ("1-1-2", "V2")


def test_a_number_of_which_only_a_venue_spoke_has_a_story(place: Path) -> None:
    found = story(place, "77")
    assert found["order"] is None
    assert [each["kind"] for each in found["breaks"]] == ["fill_unexplained"]
    assert "only its number was ever seen" in order(place, "77").stdout


@pytest.mark.parametrize(
    ("id", "hint"),
    [
        ("3", "; the nearest is 2"),
        ("1-1-9", "; the nearest is '1-1-2', the last message of 1"),
        ("2-1-1", "; the nearest is '1-1-2', the last message of 1"),
        ("V22", "; did you mean 'V2'?"),
        ("nothing like it", "; its orders are 1 to 2"),
        ("0", "; its orders are 1 to 2"),
        ("-1-1", "; its orders are 1 to 2"),
        ("9" * 40, "; its orders are 1 to 2"),
    ],
)
def test_an_id_that_is_not_known_is_one_line_with_the_nearest(
    place: Path, id: str, hint: str
) -> None:
    result = CliRunner().invoke(app, ["order", "--", id, str(place / "var" / "journal")])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.endswith(f"0001: no order is called {id!r}{hint}")


def test_a_journal_without_orders_says_that_there_are_none(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP)
    result = CliRunner().invoke(app, ["order", "1", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.endswith("no order is called '1': there is no order in this journal\n")


def test_two_venues_that_use_one_id_are_asked_apart(tmp_path: Path) -> None:
    other = json.loads(json.dumps(SETUP).replace("ABC", "XYZ"))
    other[2]["instrument"]["venue"] = "OTHER"
    begins = [line["type"] for line in SETUP].index("StartCommand")
    lines = [
        *SETUP[:begins],
        other[2],
        other[4],
        *SETUP[begins:],
        other[7],
        request(1),
        {**request(2), "instrument": "XYZ"},
        report("VenueAccepted", 1, venue_order="V1"),
        {**report("VenueAccepted", 2, venue_order="V1"), "instrument": "XYZ"},
    ]
    journal(tmp_path / "0001", lines)
    result = CliRunner().invoke(app, ["order", "V1", str(tmp_path)])
    assert result.exit_code == 2
    assert "several venues call an order 'V1': name one of 1, 2" in result.stderr


def test_a_place_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["order", "1", str(tmp_path)])
    assert result.exit_code == 2
    assert "no journal here" in result.stderr


def test_a_trader_reads_the_story_from_top_to_bottom(place: Path) -> None:
    done = fairlead("order", "1", directory=place, environment={"COLUMNS": "100"})
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[:6] == [
        "order 1  1-1-2  V2  CANCELED",
        "buy 6 ABC at 99.99, limit gtc",
        "strategy mm, account main, venue SIM, trader ann, tag quote; because spread is wide",
        "5 of 6 filled, average 99.996000 = 24999/250",
        "decided at 100.00, 2024-08-08T00:00:00.009000000Z",
        "",
    ]
    accepted = lines.index("00:00:00.010000000 ● the venue accepts it as V1  #10")
    assert lines[accepted - 1] == f"{'+ 1 ms':>18} │"
    assert lines[accepted + 1 : accepted + 4] == [
        f"{'│':>20}    venue time 00:00:00.009800000, 200 us before ours",
        f"{'│':>20}    accepted",
        f"{'│':>20}    → OPEN, 0 of 8 filled",
    ]
    checks = [line.split("│")[-1].split() for line in lines]
    assert ["ok", "order_notional_max", "800.00", "5,000.00"] in checks
    assert any("execution e2 was booked before: ignored" in line for line in lines)


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("id", ["1", "77"])
def test_the_story_fits_the_terminal_and_breaks_no_word(place: Path, id: str, columns: int) -> None:
    def words(width: int) -> list[str]:
        done = fairlead("order", id, directory=place, environment={"COLUMNS": str(width)})
        assert max(len(line) for line in done.stdout.splitlines()) <= width
        return [word for word in done.stdout.split() if word != "│"]

    assert words(columns) == words(400)


def test_a_line_of_a_statement_about_it_is_told(tmp_path: Path) -> None:
    line = {"instrument": "ABC", "side": "buy", "quantity": 8, "price": "100.00", "order": 1}
    statement = {"type": "Statement", "account": "main", "source": "drop copy", "orders": [line]}
    journal(tmp_path / "0001", [*LINES[:10], {**statement, "time": SECOND}])
    shown = CliRunner().invoke(app, ["order", "1", str(tmp_path)]).stdout
    told = " ".join(shown.replace("│", "").split())
    assert "a statement of main from drop copy as of 2024-08-08T00:00:01.000000000Z" in told
    assert "its line: works, buy 8 at 100.00, 0 filled" in told
    step = json.loads(CliRunner().invoke(app, ["order", "1", str(tmp_path), "--json"]).stdout)
    assert [each["order"] for each in step["steps"][-1]["input"]["lines"]] == [1]


def test_text_from_outside_cannot_steer_the_terminal(tmp_path: Path) -> None:
    lines = [*SETUP, request(1, reason="\x1b[2J"), report("VenueRejected", 1, reason="[red]\x07")]
    journal(tmp_path / "0001", lines)
    result = CliRunner().invoke(app, ["order", "1", str(tmp_path)])
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "[red]" in result.stdout
