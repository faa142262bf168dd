"""`fairlead backtest --sweep` and `--walk-forward`: for people, and for machines."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.cli.sweep import cores
from tests.cli.sessions import fairlead

RUNNER = CliRunner()
GRID = ("backtest", "--for", "30s", "--sweep", "half_spread_bps=0.3,0.6", "--jobs", "1")


def test_a_sweep_ranks_its_trials_and_says_what_the_best_is_worth() -> None:
    done = RUNNER.invoke(app, [*GRID, "--by", "total_return"], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["half_spread_bps", "total", "return"]
    assert {lines[1].split()[0], lines[2].split()[0]} == {"0.3", "0.6"}
    assert "best: half_spread_bps=" in done.output
    assert "the luckiest of 2 without skill" in done.output


def test_all_trials_are_in_the_json() -> None:
    done = RUNNER.invoke(app, [*GRID, "--sweep", "quantity=10,20", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [one["parameters"] for one in found["trials"]] == [
        {"half_spread_bps": spread, "quantity": size}
        for spread in ("0.3", "0.6")
        for size in ("10", "20")
    ]
    assert found["best"] in [one["parameters"] for one in found["trials"]]
    assert 0 <= found["deflated_sharpe"]["value"] <= 1
    assert len({one["outputs"] for one in found["trials"]}) == 4


def test_walking_forward_tries_on_what_was_not_seen() -> None:
    walk = [*GRID, "--by", "total_return", "--walk-forward", "2"]
    done = RUNNER.invoke(app, [*walk, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [len(one["tried"]) for one in found["folds"]] == [2, 2]
    for one in found["folds"]:
        assert one["after"]["begin"] == one["fold"]["split"]
        assert all(each["end"] == one["fold"]["split"] for each in one["tried"])
        assert one["after"]["parameters"] == one["chosen"]
    told = RUNNER.invoke(app, walk, env={"COLUMNS": "200"}).output
    assert "return on data that the choice had not seen:" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--sweep", "half_spread_bps"), "expected key=1,2,5 or key=FROM:TO:STEP"),
        (("--sweep", "a=1", "--sweep", "a=2"), "a parameter is named twice"),
        (("--sweep", "skew_bps=1,2", "--by", "fame"), "fame is undefined in every trial"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = fairlead("backtest", "--for", "5s", "--jobs", "1", *arguments, directory=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_trial_that_cannot_run_is_told_and_fails_the_sweep() -> None:
    arguments = ["backtest", "--for", "5s", "--sweep", "half_spread_bps=1,none", "--jobs", "1"]
    arguments += ["--by", "total_return"]
    done = RUNNER.invoke(app, arguments, env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "half_spread_bps=none: " in done.output


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1
