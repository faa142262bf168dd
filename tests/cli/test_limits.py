"""`fairlead limits`: the tree with what is used of each limit, and all that restricts beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from tests.cli.journals import SETUP, START, journal, shown
from tests.cli.limited import DAY, FIRM, LIMITED, MAIN, MM, change, limit
from tests.cli.sessions import fairlead

PERSON = {"person": "ann", "reason": "a test"}
KILL = {"type": "KillCommand", "scope": MM, "mode": "cancel", **PERSON}
ORDERED = {"type": "BreakerCommand", "scope": MAIN, "state": "reduce_only", **PERSON}
RESTRICTED = {
    "type": "RestrictionChange",
    "restriction": {"instrument": "ABC", "account": "#0", "side": "sell", "closing_allowed": True},
    "listed": True,
    "person": "ann",
}
WARNING = {"type": "WarningRaised", "name": "smars", "text": "Power Peg disabled"}
RETIRED = {"type": "RetireCommand", "thing": "flag", "name": "power_peg", **PERSON}
FLAG = {"type": "FlagChange", "name": "smart_routing", "value": "on", **PERSON}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one session below `var/journal`."""
    directory = tmp_path_factory.mktemp("limits")
    journal(directory / "var" / "journal" / "0001", LIMITED)
    return directory


def limits(directory: Path, *options: str) -> Result:
    """Run `fairlead limits` over the journal."""
    result = CliRunner().invoke(app, ["limits", str(directory), *options])
    assert result.exit_code == 0, result.output
    return result


def content(directory: Path, *options: str) -> dict[str, Any]:
    """Return what is printed as JSON."""
    found: dict[str, Any] = json.loads(limits(directory, "--json", *options).stdout)
    return found


def of_lines(tmp_path: Path, *lines: dict[str, Any]) -> dict[str, Any]:
    """Return what is printed as JSON of a journal of these lines after the usual ones."""
    return content(journal(tmp_path / "0001", [*LIMITED, *lines]))


def a_limit(found: dict[str, Any], scope: dict[str, str], name: str) -> dict[str, Any]:
    """Return one limit of a scope."""
    whole = {"name": "", **scope}
    [here] = [each for each in found["scopes"] if each["scope"] == whole]
    [one] = [each for each in here["limits"] if each["limit"] == name]
    return dict(one)


def test_every_scope_stands_below_the_one_that_it_belongs_to(place: Path) -> None:
    """Firm > desk > account > strategy; firm > venue > instrument."""
    found = content(place / "var" / "journal")["scopes"]
    assert [
        (f"{each['scope']['kind']} {each['scope']['name']}", each["depth"]) for each in found
    ] == [
        ("firm ", 0),
        ("desk equities", 1),
        ("account main", 2),
        ("strategy mm", 3),
        ("strategy trend", 3),
        ("venue SIM", 1),
        ("instrument ABC", 2),
    ]


def test_a_limit_says_how_much_of_it_is_used_at_the_worst_case(place: Path) -> None:
    """Five are held and three may still come: 8 at 100.00 are worth 800.00."""
    found = content(place / "var" / "journal")
    capital = a_limit(found, MAIN, "capital")
    assert (capital["used"], capital["hard"]) == ("800.000000", "1000.000000")
    assert (capital["used_share"], capital["level"]) == ("0.800000", "warning")
    assert capital["warning"] == "700.000000"
    own = a_limit(found, {"kind": "instrument", "name": "ABC"}, "position_quantity_max")
    assert (own["used"], own["hard"], own["used_share"]) == ("8", "20", "0.400000")
    assert a_limit(found, MM, "working_orders")["used"] == "1.000000"
    assert a_limit(found, FIRM, "message_rate")["used"] == "1"


def test_a_share_of_the_least_that_must_be_left_is_the_limit_by_what_is_left(place: Path) -> None:
    """50,000.00 of the 99,199.75 that are left when the other three are paid."""
    cash = a_limit(content(place / "var" / "journal"), FIRM, "cash")
    assert (cash["used"], cash["least"]) == ("99199.750000", True)
    assert cash["used_share"] == "0.504034"  # 50000 / 99199.75, up
    assert cash["where"] == "main"


def test_what_each_order_is_held_to_is_never_used(place: Path) -> None:
    notional = a_limit(content(place / "var" / "journal"), MAIN, "order_notional")
    assert (notional["used"], notional["used_share"], notional["level"]) == (None, None, "none")


def test_a_dynamic_limit_that_applies_is_named_where_it_holds(place: Path) -> None:
    """Nobody knows the VIX, so the stricter limit holds."""
    found = content(place / "var" / "journal")
    gross = a_limit(found, FIRM, "gross_share")
    assert (gross["hard"], gross["dynamic"]) == ("1.000000", "volatile")
    assert found["dynamic_limits"][0]["applied"] is True
    assert a_limit(found, FIRM, "loss_day_share")["dynamic"] is None


def test_what_cannot_be_measured_is_null_and_unknown(tmp_path: Path) -> None:
    found = of_lines(tmp_path, {"type": "BookGap", "instrument": "ABC", "reason": "lost"})
    capital = a_limit(found, MAIN, "capital")
    assert (capital["used"], capital["used_share"], capital["level"]) == (None, None, "unknown")


def test_a_limit_that_was_reached_is_hard(tmp_path: Path) -> None:
    found = of_lines(tmp_path, change(MAIN, limit("capital", "800")))
    assert a_limit(found, MAIN, "capital")["level"] == "hard"
    assert a_limit(found, MAIN, "capital")["used_share"] == "1.000000"


def test_what_waits_is_told_with_what_an_approval_must_name(place: Path) -> None:
    found = content(place / "var" / "journal")
    [waits] = found["proposals"]
    assert (waits["number"], waits["person"], waits["reason"]) == (1, "ann", "a larger book")
    assert waits["change"]["limits"][0]["hard"] == "2.000000"
    assert waits["expires"] - DAY <= found["time"] < waits["expires"]
    approval = {"type": "ApproveCommand", "number": 1, "digest": waits["digest"]}
    assert len(waits["digest"]) == 16
    assert approval["digest"] in limits(place / "var" / "journal").stdout


def test_the_digest_that_is_told_is_approved_and_attested(tmp_path: Path, place: Path) -> None:
    waits = content(place / "var" / "journal")["proposals"][0]
    who = {"person": "bob", "reason": "looked at it"}
    approved = {"type": "ApproveCommand", "number": 1, "digest": waits["digest"], **who}
    found = of_lines(tmp_path, approved)
    assert found["proposals"] == []
    attest = {"type": "AttestCommand", "digest": found["digest"], **who}
    result = CliRunner().invoke(
        app,
        ["script", "-"],
        input="\n".join(json.dumps(line) for line in (*_timed(LIMITED), approved, attest)),
    )
    assert '"LimitsAttested"' in result.stdout


def _timed(lines: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Return the lines with the times that they have in the journal."""
    return [{**line, "time": START + 1_000_000 * n} for n, line in enumerate(lines, start=1)]


def test_what_waits_for_its_time_is_told(place: Path) -> None:
    [postponed] = content(place / "var" / "journal")["postponed"]
    assert postponed["approved"] is False
    assert postponed["change"]["effective"] == START + DAY


def test_kills_breakers_lists_warnings_flags_and_retired_names_are_told(tmp_path: Path) -> None:
    found = of_lines(tmp_path, KILL, ORDERED, RESTRICTED, WARNING, RETIRED, FLAG)
    [kill] = found["kills"]
    assert (kill["scope"], kill["mode"], kill["person"]) == (MM, "cancel", "ann")
    defined, ordered = found["breakers"]
    assert (defined["breaker"], defined["state"], defined["trips"]) == ("daily_loss", "active", 0)
    assert (ordered["breaker"], ordered["state"]) == ("ordered", "reduce_only")
    [restricted] = found["restricted"]
    assert (restricted["instrument"], restricted["account"]) == ("ABC", None)
    assert found["registry"]["warnings"] == [{"name": "smars", "text": "Power Peg disabled"}]
    assert found["registry"]["flags"] == {"smart_routing": "on"}
    assert [one["name"] for one in found["registry"]["retired"]] == ["power_peg"]


def test_a_person_reads_what_restricts_beside_the_scope_that_it_is_about(tmp_path: Path) -> None:
    lines = [*LIMITED, KILL, ORDERED, RESTRICTED, WARNING, RETIRED, FLAG]
    journal(tmp_path / "0001", lines)
    told = fairlead("limits", str(tmp_path), directory=tmp_path).stdout
    rows = [line.split() for line in told.splitlines()]
    assert ["account", "main", "REDUCE", "ONLY"] in rows
    assert ["strategy", "mm", "KILLED"] in rows
    for line in (
        "strategy mm to cancel, canceling; ann: a test",
        "smars: Power Peg disabled",
        "sells of ABC for the firm; closing is allowed",
        "flag power_peg: a test",
        "smart_routing = on",
    ):
        assert line in told


def test_the_past_is_asked_as_it_was(place: Path) -> None:
    before = content(place / "var" / "journal", "--to", str(len(LIMITED) - 6))
    assert a_limit(before, MAIN, "capital")["used"] == "0.000000"
    assert before["proposals"] == []
    at = content(place / "var" / "journal", "--at", str(START + 1_000_000 * (len(LIMITED) - 6)))
    assert at["sequence"] == before["sequence"]


def test_without_any_limit_the_scopes_are_named(tmp_path: Path) -> None:
    journal(tmp_path / "0001", SETUP[:4])
    told = limits(tmp_path).stdout
    assert "without limits of their own: firm, account main, strategy mm, venue SIM" in told


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_it_fits_the_terminal_and_says_what_it_leaves_out(place: Path, columns: int) -> None:
    done = fairlead("limits", directory=place, environment={"COLUMNS": str(columns)})
    assert max(len(line) for line in done.stdout.splitlines()) <= columns
    assert ("no room for" in done.stdout) is (columns < 100)
    row = next(line for line in done.stdout.splitlines() if "capital" in line)
    assert row.split()[:5] == ["capital", "800.00", "1,000.00", "80.0", "%"]


def test_a_bar_is_drawn_where_a_terminal_is_and_nowhere_else(place: Path) -> None:
    drawn = {"FORCE_COLOR": "1", "COLUMNS": "140", "TERM": "xterm"}
    done = fairlead("limits", directory=place, environment=drawn)
    assert "\N{FULL BLOCK}" * 8 + "\N{LIGHT SHADE}" * 2 in done.stdout
    assert "\N{FULL BLOCK}" not in fairlead("limits", directory=place).stdout


def test_text_from_outside_cannot_steer_the_terminal(tmp_path: Path) -> None:
    journal(tmp_path / "0001", [*LIMITED, {**WARNING, "text": "\x1b[2J[red]"}])
    told = limits(tmp_path).stdout
    assert "\x1b" not in told
    assert "[red]" in told


def test_a_place_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["limits", str(tmp_path)])
    assert result.exit_code == 2
    assert "no journal here" in result.stderr


def test_a_command_of_its_own_is_found_and_everything_else_is_a_journal(place: Path) -> None:
    assert "explain" in CliRunner().invoke(app, ["limits", "--help"]).stdout
    assert fairlead("limits", "var/journal", directory=place).returncode == 0
    assert (
        fairlead("limits", directory=place).stdout
        == fairlead("limits", "show", directory=place).stdout
    )


def test_the_guide_shows_what_is_printed(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "guides" / "limits.md"
    journal(tmp_path / "var" / "journal" / "0001", LIMITED)
    examples = shown(page.read_text(), tmp_path)
    assert len(examples) >= 3
    for command, said, printed in examples:
        assert printed == said, command


def test_a_journal_is_only_read(place: Path) -> None:
    def kept() -> list[tuple[str, bytes]]:
        files = sorted((place / "var" / "journal" / "0001").iterdir())
        return [(file.name, file.read_bytes()) for file in files if file.is_file()]

    before = kept()
    limits(place / "var" / "journal")
    assert kept() == before
