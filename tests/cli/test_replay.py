"""`fairlead replay` and `fairlead verify`: the past from the journal alone, or a clear no."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from tests.cli.journals import EXAMPLE, SETUP, journal, report
from tests.cli.sessions import fairlead


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one finished session below `var`."""
    directory = tmp_path_factory.mktemp("session")
    done = fairlead("run", "--for", "1m", "--json", directory=directory)
    assert done.returncode == 0, done.stderr
    (directory / "outcome.json").write_text(done.stdout)
    return directory


def test_the_whole_replay_is_the_session(session: Path) -> None:
    outcome = json.loads((session / "outcome.json").read_text())
    done = fairlead("replay", "var/journal", "--json", directory=session)
    state = json.loads(done.stdout)
    assert state["state_digest"] == outcome["digests"]["state"]
    assert state["outputs_digest"] == outcome["digests"]["outputs"]
    (account,) = state["accounts"]
    assert account["equity"] == outcome["summary"]["accounts"][0]["equity"]


def test_the_past_is_shown_by_sequence_and_by_time(session: Path) -> None:
    done = fairlead("replay", "var/journal/0001", "--to", "2000", "--json", directory=session)
    state = json.loads(done.stdout)
    assert state["sequence"] == 2000
    at = fairlead(
        "replay", "var/journal/0001", "--at", str(state["time"]), "--json", directory=session
    )
    assert json.loads(at.stdout)["time"] == state["time"]
    text = fairlead("replay", "var/journal/0001", "--to", "2000", directory=session)
    assert "as of input 2,000" in text.stdout


def test_a_journal_as_it_was_written_verifies(session: Path) -> None:
    done = fairlead("verify", "var/journal", "--json", directory=session)
    assert done.returncode == 0
    verdict = json.loads(done.stdout)
    assert verdict["passed"]
    assert verdict["sealed"]
    assert fairlead("verify", "var/journal", directory=session).stdout.count("passed") == 1


def test_a_flipped_bit_in_the_middle_is_refused_with_its_offset(
    session: Path, tmp_path: Path
) -> None:
    (segment,) = (session / "var/journal/0001").glob("*.journal")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0x10
    journal = tmp_path / "0001"
    journal.mkdir()
    (journal / segment.name).write_bytes(content)
    done = fairlead("verify", journal, directory=tmp_path)
    assert done.returncode == 1
    assert "damaged at byte" in done.stdout
    replayed = fairlead("replay", journal, directory=tmp_path)
    assert replayed.returncode == 2
    assert "damaged at byte" in replayed.stderr


def test_a_place_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    for command in ("verify", "replay"):
        done = fairlead(command, "nowhere", directory=tmp_path)
        assert done.returncode == 2
        assert "no journal here" in done.stderr


def test_a_person_reads_what_stood_then(tmp_path: Path) -> None:
    stranger = report("VenueFilled", 77, execution="x1", price="99.99", quantity=2)
    journal(tmp_path / "0001", [*EXAMPLE, stranger])
    done = fairlead("replay", "0001", directory=tmp_path, environment={"COLUMNS": "100"})
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    told = " ".join(done.stdout.split())
    assert "as of input 19, 2024-08-08T00:00:02.006Z" in told
    assert "equity 99,999.720 = initial 100,000.000" in told
    assert "fees 0.300 + fx 0.000: holds" in told
    assert "3 orders, 1 of them open" in told
    assert "BREAK 1, fill unexplained: ours not booked: unknown order" in told
    assert "killed: no stopped: no disabled: none closed: ABC, open breaks: 1" in told


def test_the_state_of_a_replay_has_the_parts_of_that_of_a_script(tmp_path: Path) -> None:
    journal(tmp_path / "0001", EXAMPLE)
    (tmp_path / "empty.jsonl").write_text("")
    replayed = json.loads(fairlead("replay", "0001", "--json", directory=tmp_path).stdout)
    script = json.loads(fairlead("script", "empty.jsonl", directory=tmp_path).stdout)
    assert list(replayed) == [part for part in script if part != "type"]
    assert [order["status"] for order in replayed["orders"]] == ["canceled", "refused", "open"]


@pytest.mark.parametrize(
    ("point", "last", "told"),
    [
        (("--to", "0"), 0, "begins with input 1, at 2024-08-08T00:00:00.001Z: nothing stood"),
        (("--at", "2024-08-08T00:00:00Z"), 0, "begins with input 1"),
        (("--to", "1"), 1, ""),
        (("--at", "2024-08-08T00:00:00.001Z"), 1, ""),
        (("--at", "2024-08-08T00:00:00.001999999Z"), 1, ""),
        (("--to", "12", "--at", "2024-08-08T00:00:00.009Z"), 9, ""),
        (("--to", "18"), 18, ""),
        (("--to", "19"), 18, "ends with input 18, at 2024-08-08T00:00:02.005Z: that is what"),
        (("--at", "2099-01-01T00:00:00Z"), 18, "ends with input 18"),
    ],
)
def test_a_point_is_exact_and_one_beyond_the_ends_is_told(
    point: tuple[str, ...], last: int, told: str, tmp_path: Path
) -> None:
    """S1-EVT-02, S1-EVT-04: the state as of a sequence, and as of a timestamp."""
    journal(tmp_path / "0001", EXAMPLE)
    done = CliRunner().invoke(app, ["replay", str(tmp_path), *point, "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["sequence"] == last
    assert told in done.stderr
    assert bool(done.stderr) == bool(told)


def test_what_stood_is_what_the_machine_of_that_moment_had(tmp_path: Path) -> None:
    """The state at an input is that of a journal which ends there: what came later is not in it."""
    journal(tmp_path / "whole" / "0001", EXAMPLE)
    for last in range(1, len(EXAMPLE) + 1):
        journal(tmp_path / f"{last}" / "0001", EXAMPLE[:last])
        then = CliRunner().invoke(app, ["replay", str(tmp_path / f"{last}"), "--json"])
        now = CliRunner().invoke(
            app, ["replay", str(tmp_path / "whole"), "--to", f"{last}", "--json"]
        )
        assert now.stdout == then.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "-1"), "Invalid value for '--to'"),
        (("--to", "soon"), "Invalid value for '--to'"),
        (("--at", "yesterday"), "--at: found 'yesterday', expected a UTC time"),
        (("--at", "2024-08-08T00:00:00"), "expected a UTC time"),
        (("--at", "-5"), "expected a UTC time"),
    ],
)
def test_a_point_that_is_none_is_a_mistake(
    arguments: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    journal(tmp_path / "0001", SETUP)
    done = CliRunner().invoke(app, ["replay", str(tmp_path), *arguments])
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.replace("│", "").split())
    assert "Traceback" not in done.stderr
