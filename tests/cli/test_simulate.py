"""`fairlead simulate`: seeds, violations with how to see them again, and one timeline."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.stages.hostile import batch
from fairlead.stages.hostile.run import Report, Run
from tests.cli.sessions import fairlead


def test_seeds_are_run_and_counted(tmp_path: Path) -> None:
    done = fairlead("simulate", "--seeds", "2", "--jobs", "2", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 seeds: no violation" in done.stdout
    again = fairlead("simulate", "--seeds", "2", "--jobs", "1", "--json", directory=tmp_path)
    content = json.loads(again.stdout)
    assert (content["seeds"], content["violations"]) == (2, {})
    assert sorted(content["digests"]) == ["0", "1"]
    assert content["counts"]["inputs"] > 400


def test_a_timeline_begins_with_the_seed_and_ends_with_the_digest(tmp_path: Path) -> None:
    done = fairlead("simulate", "--seed", "3", "--trace", directory=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0] == "seed 3"
    assert "node: life 1" in lines[1]
    assert lines[-1] == f"digest {batch.outcome(3).report.digest}"


def test_a_violation_is_said_with_its_seed_first_and_the_command_that_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def whole(self: Run) -> Report:
        assert self.report.seed != 5, "our record is not theirs"
        return self.report

    monkeypatch.setattr(Run, "whole", whole)
    told = CliRunner().invoke(app, ["simulate", "--seed", "4", "--seeds", "3", "--jobs", "1"])
    assert told.exit_code == 1
    assert "seed 5: AssertionError: our record is not theirs" in told.output
    assert "again: fairlead simulate --seed 5 --trace" in told.output
    assert "3 seeds: 1 violations" in told.output
    traced = CliRunner().invoke(app, ["simulate", "--seed", "5", "--trace"])
    assert traced.exit_code == 1
    assert "digest none" in traced.output
