"""`fairlead drill crash`: what people see of it. The drill itself is in `tests/crash`."""

import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from fairlead.cli.crash_drill import crash_view
from fairlead.cli.drill import app
from fairlead.model.units import Nanos
from fairlead.operations.crash_drill import Drilling
from fairlead.operations.drill_record import (
    CRASH_DRILLS_NAME,
    DRILLS_NAME,
    CrashDrill,
    Step,
    last_drill,
    write_drill,
)
from fairlead.operations.errors import DrillBroken

RUNNER = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
SECOND = 1_000_000_000
DRILL = CrashDrill(
    time=Nanos(1),
    person="ann",
    passed=True,
    steps=(Step("epochs", passed=True, found="3 lives wrote"),),
    seed=7,
    kills={"starting": 1, "trading": 2},
    recoveries=3,
    snapshots=4,
    inputs=5_000,
    messages=600,
    duplicates=0,
    executions=80,
    back_after_p50=Nanos(912_345_678),
    back_after_max=Nanos(1_250_000_000),
    trading_after_p50=Nanos(SECOND),
    trading_after_max=Nanos(2 * SECOND),
    took=Nanos(61 * SECOND),
)
FAILED = msgspec.structs.replace(
    DRILL, passed=False, steps=(Step("cash equal", passed=False, found="ours 1, theirs 2"),)
)


def shown(drill: CrashDrill) -> list[str]:
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(crash_view(drill, Path("var/journal/crash-drills.jsonl")))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_drill_is_shown_rule_by_rule_with_its_times() -> None:
    assert shown(DRILL) == [
        "killed 3 times, nothing was lost",
        "",
        "rule            found",
        "epochs  passed  3 lives wrote",
        "",
        "killed while it was: starting 1, trading 2; 4 snapshots were taken",
        "from the start of the process to the first new input: p50 912 ms, max 1.2 s",
        "to the first order: p50 1.0 s, max 2.0 s; 61.0 s in all",
        "kept in var/journal/crash-drills.jsonl",
    ]
    assert shown(FAILED)[:4:3] == [
        "NOT ALL IS AS IT MUST BE",
        "cash equal  FAILED  ours 1, theirs 2",
    ]


def test_a_drill_that_passes_is_kept_and_leaves_nothing_else(tmp_path: Path) -> None:
    place, kept = tmp_path / "journal", tmp_path / "kept"
    arguments = ["crash", "--kills", "1", "--journal", str(place), "--keep", str(kept)]
    done = RUNNER.invoke(app, [*arguments, "--person", "ann", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["passed"], found["duplicates"], sum(found["kills"].values())) == (True, 0, 1)
    [line] = (place / CRASH_DRILLS_NAME).read_bytes().splitlines()
    assert msgspec.json.decode(line, type=CrashDrill).person == "ann"
    assert [path.name for path in place.iterdir()] == [CRASH_DRILLS_NAME]
    assert (kept / "journal/0001").is_dir()
    assert RUNNER.invoke(app, arguments).exit_code == 2, "what is there is not overwritten"


def test_a_drill_that_fails_says_where_its_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drilling, "hold", lambda *_: FAILED)
    arguments = ["crash", "--journal", str(tmp_path), "--keep", str(tmp_path / "kept")]
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 1
    assert f"are kept in {tmp_path / 'kept'}" in done.stderr


def test_a_drill_that_breaks_off_says_why_and_where_its_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> CrashDrill:
        raise DrillBroken("the node ended by itself")

    monkeypatch.setattr(Drilling, "hold", broken)
    done = RUNNER.invoke(app, ["crash", "--keep", str(tmp_path / "kept")])
    assert done.exit_code == 2
    assert "the node ended by itself" in done.stderr
    assert str(tmp_path / "kept") in done.stderr


def test_a_crash_drill_is_no_drill_of_the_kill_switch(tmp_path: Path) -> None:
    write_drill(tmp_path, DRILL)
    assert last_drill(tmp_path) is None
    assert not (tmp_path / DRILLS_NAME).exists()
