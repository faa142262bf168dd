"""`fairlead drill`: what people see of the Knight suite and of a drill of the kill switch."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from fairlead.cli import drill as command
from fairlead.cli.drill import app
from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.model.units import Nanos
from fairlead.operations import knight
from fairlead.operations.drill_record import DRILLS_NAME, last_drill

RUNNER = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


def test_the_knight_drill_shows_every_scenario_beside_an_engine_without_a_control() -> None:
    done = RUNNER.invoke(app, ["knight", "--seconds", "1"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    head = f"{len(knight.SCENARIOS)} of {len(knight.SCENARIOS)} stopped, the slowest after 840 ms"
    assert lines[0] == head
    [unguarded] = [line for line in lines if line.startswith("no control at all")]
    assert unguarded.split()[4:7] == ["135,000", "135,000", "0"]
    assert unguarded.split()[-1] == "NEVER"
    [runaway] = [line for line in lines if line.startswith("runaway children")]
    words = runaway.split()
    assert words[2:8] == ["50", "10", "40", "10", "19,660", "98"]
    assert words[8:] == ["80", "ms", "220", "ms", "parent_quantity", "1", "pre-trade"]


def test_the_knight_drill_as_json_tells_all_of_it() -> None:
    done = RUNNER.invoke(app, ["knight", "--seconds", "1", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert (found["stopped"], found["seconds"]) == (True, 1)
    assert len(found["scenarios"]) == len(knight.SCENARIOS)
    first = found["scenarios"][0]
    assert (first["asked"], first["sent"], first["held_back"]) == (50, 10, 40)
    assert (first["gross"], first["loss"]) == ("19660.00", "98.30")
    assert first["alarms"][0] == {"what": "value-rate alarm: firm warning", "after": 80_000_000}
    assert found["unguarded"]["sent"] == 135_000
    assert found["unguarded"]["stopped"] is False


def test_a_flow_that_is_not_stopped_in_time_fails_the_drill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = knight.runaway(Nanos(10**9))
    late = replace(sound, name="late", stopped_after=Nanos(10**9))
    never = replace(sound, name="never", stopped_after=None)
    monkeypatch.setattr(command, "run_all", lambda _: [sound, late, never])
    done = RUNNER.invoke(app, ["knight"])
    assert done.exit_code == 1
    assert done.output.splitlines()[0] == "NOT STOPPED WITHIN A SECOND: late, never"


def test_a_drill_of_the_kill_switch_is_shown_and_kept(tmp_path: Path) -> None:
    """S0-KILL-05."""
    journal = tmp_path / "journal"
    done = RUNNER.invoke(app, ["kill", "--journal", str(journal), "--person", "ann"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "the kill switch works"
    assert sum(" passed " in line for line in lines) == 7
    assert lines[-1] == "before this drill: the kill switch was never drilled here"
    kept = last_drill(journal)
    assert kept is not None
    assert (kept.person, kept.passed) == ("ann", True)
    again = RUNNER.invoke(app, ["kill", "--journal", str(journal), "--person", "bob", "--json"])
    found = json.loads(again.output)
    assert (found["passed"], found["before"], found["person"]) == (True, "", "bob")


def test_a_drill_touches_no_live_switch(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["kill", "--journal", str(tmp_path / "0001"), "--person", "ann"])
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.iterdir()] == [DRILLS_NAME], "beside the sessions"
    assert not (tmp_path / SWITCH_NAME).exists()


def test_a_drill_that_cannot_be_kept_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / DRILLS_NAME).mkdir()
    done = RUNNER.invoke(app, ["kill", "--journal", str(tmp_path), "--person", "ann"])
    assert done.exit_code == 2


def test_a_drill_by_nobody_is_a_mistake(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["kill", "--journal", str(tmp_path), "--person", " "])
    assert done.exit_code == 2
    assert not (tmp_path / DRILLS_NAME).exists()
