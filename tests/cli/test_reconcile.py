"""`fairlead reconcile`: a statement against a journal, offline; nothing is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, START, journal, report, request, shown
from tests.cli.sessions import fairlead

MILLISECOND = 1_000_000
LINES: list[dict[str, Any]] = [
    *SETUP,
    request(1),
    report("VenueAccepted", 1, venue_order="V1"),
    report("VenueFilled", 1, execution="e1", price="100.00", quantity=3, fee="0.15"),
    report("VenueFilled", 1, execution="e2", price="99.99", quantity=2, fee="0.10"),
]
AS_OF = START + (len(LINES) + 1) * MILLISECOND
ORDER = {
    "instrument": "ABC",
    "side": "buy",
    "quantity": 8,
    "filled": 5,
    "price": "100.00",
    "client_order": "1-1-1",
}
E1 = {
    "instrument": "ABC",
    "execution": "e1",
    "side": "buy",
    "price": "100.00",
    "quantity": 3,
    "fee": "0.15",
    "order": 1,
    "venue_time": START + 11 * MILLISECOND,
}
E2 = {
    **E1,
    "execution": "e2",
    "price": "99.99",
    "quantity": 2,
    "fee": "0.10",
    "venue_time": START + 12 * MILLISECOND,
}
MISSED = {**E2, "execution": "e3", "quantity": 1, "fee": "0.05"}
POSITION = {"instrument": "ABC", "quantity": 5}
CASH = {"currency": "USD", "amount": "99499.77"}  # 100000 - 300.00 - 199.98 - 0.25
AGREES: dict[str, Any] = {
    "account": "main",
    "source": "broker",
    "as_of": AS_OF,
    "orders": [ORDER],
    "fills": [E1, E2],
    "positions": [POSITION],
    "cash": [CASH],
}


def reconcile(tmp_path: Path, *statements: object, options: tuple[str, ...] = ()) -> Result:
    """Run `fairlead reconcile` with a file of these statements over the journal."""
    if not (tmp_path / "0001").exists():
        journal(tmp_path / "0001", LINES)
    file = tmp_path / "statement.json"
    texts = [one if isinstance(one, str) else json.dumps(one) for one in statements]
    file.write_text("\n".join(texts))
    return CliRunner().invoke(app, ["reconcile", str(file), str(tmp_path), *options])


def outcome(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    """Return what comes of the statement that agrees, with some of it changed."""
    result = reconcile(tmp_path, {**AGREES, **changes}, options=("--json",))
    (found,) = json.loads(result.stdout)["statements"]
    assert result.exit_code == (0 if found["agrees"] else 1)
    only: dict[str, Any] = found
    return only


def test_a_statement_that_agrees_is_exit_code_0(tmp_path: Path) -> None:
    found = outcome(tmp_path)
    assert found["agrees"]
    assert found["compared"] == 5
    assert (found["differences"], found["booked"], found["open_breaks"]) == (0, 0, 0)
    assert found["would_open"] == found["would_book"] == []
    assert "both sides agree" in reconcile(tmp_path, AGREES).stdout


@pytest.mark.parametrize(
    ("changes", "kind", "ours", "theirs"),
    [
        ({"orders": []}, "order_not_at_venue", "buy 8 at 100.00, filled 5", "not listed"),
        (
            {"orders": [ORDER, {**ORDER, "client_order": "", "venue_order": "V9"}]},
            "order_not_ours",
            "not known",
            "buy 8 at 100.00, filled 5",
        ),
        (
            {"orders": [{**ORDER, "quantity": 7}]},
            "order_differs",
            "buy 8 at 100.00, filled 5",
            "buy 7 at 100.00, filled 5",
        ),
        (
            {"fills": [E1]},
            "fill_not_at_venue",
            "buy 2 at 99.99, fee 0.10000000",
            "not listed",
        ),
        (
            {"fills": [E1, {**E2, "fee": "0.11"}]},
            "fill_differs",
            "buy 2 at 99.99, fee 0.10000000",
            "buy 2 at 99.99, fee 0.11000000",
        ),
        ({"positions": [{**POSITION, "quantity": 7}]}, "position_differs", "5", "7"),
        ({"positions": []}, "position_differs", "5", "0"),
        (
            {"cash": [{**CASH, "amount": "1"}]},
            "cash_differs",
            "99499.77000000",
            "1.00000000",
        ),
    ],
)
def test_every_kind_of_difference_would_open_a_break_of_its_own(
    tmp_path: Path, changes: dict[str, Any], kind: str, ours: str, theirs: str
) -> None:
    found = outcome(tmp_path, **changes)
    assert found["differences_by_kind"] == {kind: 1}
    (opened,) = found["would_open"]
    assert (opened["kind"], opened["state"], opened["owner"]) == (kind, "open", "operations")
    assert opened["ours"] == ours
    assert opened["theirs"] == theirs


def test_a_fill_that_we_missed_would_be_booked(tmp_path: Path) -> None:
    found = outcome(
        tmp_path,
        orders=[{**ORDER, "filled": 6}],
        fills=[E1, E2, MISSED],
        positions=[{**POSITION, "quantity": 6}],
        cash=[{**CASH, "amount": "99399.73"}],
    )
    (booked,) = found["would_book"]
    assert (booked["order"], booked["execution"], booked["quantity"]) == (1, "e3", "1")
    assert (found["booked"], found["differences"]) == (1, 0)
    assert found["differences_by_kind"] == {"fill_missed": 1}
    assert found["would_open"] == []


def test_a_section_that_is_not_there_proves_nothing(tmp_path: Path) -> None:
    found = outcome(tmp_path, orders=None, fills=None, positions=None)
    assert found["agrees"]
    assert found["covered"] == {"orders": None, "fills": None, "positions": None, "cash": 1}


def test_nothing_is_written_and_nothing_stays(tmp_path: Path) -> None:
    first = reconcile(tmp_path, {**AGREES, "positions": []}, options=("--json",))
    files = {path: path.read_bytes() for path in (tmp_path / "0001").iterdir()}
    second = reconcile(tmp_path, {**AGREES, "positions": []}, options=("--json",))
    assert first.stdout == second.stdout
    assert {path: path.read_bytes() for path in (tmp_path / "0001").iterdir()} == files


def test_several_statements_are_taken_one_after_the_other(tmp_path: Path) -> None:
    cash_alone = {"account": "main", "as_of": AS_OF + 1, "cash": [CASH]}
    wrong = {**cash_alone, "as_of": AS_OF + 2, "cash": []}
    result = reconcile(tmp_path, cash_alone, "# later", wrong, "", options=("--json",))
    assert result.exit_code == 1
    content = json.loads(result.stdout)
    assert not content["agrees"]
    assert [each["agrees"] for each in content["statements"]] == [True, False]


def test_a_break_that_is_seen_again_is_no_new_one(tmp_path: Path) -> None:
    seen = {"type": "Statement", **AGREES, "positions": [], "as_of": AS_OF - MILLISECOND // 2}
    journal(tmp_path / "0001", [*LINES, seen])
    found = outcome(tmp_path, positions=[])
    assert found["would_open"] == []
    (again,) = found["seen_again"]
    assert (again["kind"], again["age"]) == ("position_differs", 0)
    assert found["differences_by_kind"] == {"position_differs": 1}


def test_a_break_ends_when_both_sides_agree(tmp_path: Path) -> None:
    seen = {"type": "Statement", **AGREES, "positions": [], "as_of": AS_OF - MILLISECOND // 2}
    journal(tmp_path / "0001", [*LINES, seen])
    found = outcome(tmp_path)
    assert found["agrees"]
    (closed,) = found["would_close"]
    assert closed["state"] == "resolved"


def test_a_break_that_it_says_nothing_about_is_shown_and_no_difference(tmp_path: Path) -> None:
    stranger = report("VenueFilled", 77, execution="x1", price="99.99", quantity=2)
    journal(tmp_path / "0001", [*LINES, stranger])
    found = outcome(tmp_path)
    assert found["agrees"]
    (left,) = found["not_covered"]
    assert left["kind"] == "fill_unexplained"


def test_what_a_person_explained_is_named_as_such(tmp_path: Path) -> None:
    seen = {"type": "Statement", **AGREES, "positions": [], "as_of": AS_OF - MILLISECOND // 2}
    explained = {"type": "CloseBreakCommand", "number": 1, "person": "ann", "reason": "theirs"}
    journal(tmp_path / "0001", [*LINES, seen, explained])
    found = outcome(tmp_path, positions=[], as_of=AS_OF + MILLISECOND)
    assert not found["agrees"]  # both sides still differ
    assert found["would_open"] == []
    (one,) = found["explained"]
    assert one["cause"] == "ann: theirs"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "statement.json: found nothing, expected a statement: a JSON object\n"),
        ("# nothing\n", "statement.json: found nothing, expected a statement: a JSON object\n"),
        ('{"account": "main",\n "cash": }', "statement.json: line 2, column"),
        ("[]", 'statement.json: the line: found [], expected a JSON object with a field "type"\n'),
        ('{"type": "Quote"}', 'type: found "Quote", expected "Statement"\n'),
        ('{"account": "mian"}', 'statement.json: Statement.account: found "mian", expected'),
        ('{"account": "main", "cash": [{"currency": "USD"}]}', "cash[0].amount: found nothing"),
        ('{"account": "main", "fees": []}', "Statement.fees: found a field that is not known"),
        (
            '{"account": "main", "as_of": 1e18, "cash": []}\n{"account": 7}',
            "statement.json:2: Statement.account: found 7",
        ),
        ('{"account": "main"}\n{"account"', "statement.json:2: column 11: found the end"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(
    tmp_path: Path, written: str, message: str
) -> None:
    result = reconcile(tmp_path, written)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert message.rstrip("\n") in line


def test_a_file_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    journal(tmp_path / "0001", LINES)
    result = CliRunner().invoke(app, ["reconcile", str(tmp_path / "none.json"), str(tmp_path)])
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_a_statement_that_the_machine_does_not_believe_is_exit_code_2(tmp_path: Path) -> None:
    twice = {**AGREES, "positions": [POSITION, POSITION]}
    result = reconcile(tmp_path, twice)
    assert result.exit_code == 2
    assert "the machine refuses the statement: positions[1]" in result.stderr


def test_a_statement_may_be_made_days_after_the_journal_ends(tmp_path: Path) -> None:
    later = AS_OF + 10 * 86_400 * 1_000_000_000
    assert outcome(tmp_path, as_of=later)["agrees"]


def test_a_trader_reads_what_differs_and_what_would_follow(tmp_path: Path) -> None:
    wrong = {**AGREES, "fills": [E1, E2, MISSED], "orders": None, "cash": None}
    journal(tmp_path / "0001", LINES)
    (tmp_path / "statement.json").write_text(json.dumps(wrong))
    for columns in (80, 100):
        done = fairlead(
            "reconcile",
            "statement.json",
            "0001",
            directory=tmp_path,
            environment={"COLUMNS": str(columns)},
        )
        assert done.returncode == 1
        assert max(len(line) for line in done.stdout.splitlines()) <= columns
        told = " ".join(done.stdout.split())
        assert "orders not covered, fills 3, positions 1, cash not covered" in told
        assert "order 1, execution e3: filled 1 at 99.99, maker, fee 0.05" in told
        assert "1. position differs, ABC: ours 6, theirs 5; for operations" in told.replace(
            "2. position", "1. position"
        )
        assert told.endswith("THE RECORDS DIFFER; nothing was written")


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "guides" / "reconciling.md"
    journal(tmp_path / "var" / "journal" / "0001", EXAMPLE)
    examples = shown(page.read_text(), tmp_path)
    assert examples
    for command, said, printed in examples:
        assert printed == said, command


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"as_of": AS_OF // 10**9}, "expected nanoseconds since the epoch"),
        (dict.fromkeys(("orders", "fills", "positions", "cash")), "it covers nothing"),
    ],
)
def test_what_nothing_could_differ_from_is_no_agreement(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    """A time in seconds is before everything, and no section is no comparison."""
    result = reconcile(tmp_path, {**AGREES, **changes})
    assert result.exit_code == 2
    assert problem in result.stderr
