"""What stopped by rule goes on by a named person, through the node that runs."""

from pathlib import Path

from tests.cli.nodes import node, told
from tests.cli.sessions import fairlead

ANN = ("--person", "ann", "--reason", "looked at it")


def test_a_person_stops_a_scope_and_lets_it_go(tmp_path: Path) -> None:
    """B-RISK-02: both steps are in the journal with who and why."""
    with node(tmp_path):
        code, found = told("breaker", "firm", "halted", *ANN, directory=tmp_path)
        assert code == 0
        changed = [one for one in found["answer"]["outputs"] if one["type"] == "BreakerChanged"]
        assert changed[0]["after"] == "halted"
        code, found = told("breaker", "firm", "active", *ANN, directory=tmp_path)
        assert code == 0
        kinds = [one["type"] for one in found["answer"]["outputs"]]
        assert "BreakerChanged" in kinds


def test_a_warning_that_nobody_raised_is_not_acknowledged(tmp_path: Path) -> None:
    with node(tmp_path):
        code, found = told("acknowledge", "nothing", *ANN, directory=tmp_path)
        assert code == 1
        assert found["answer"]["outputs"][0]["type"] == "InputRefused"


def test_a_state_that_is_none_is_told_with_what_was_meant(tmp_path: Path) -> None:
    done = fairlead("breaker", "firm", "haltd", *ANN, directory=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'halted'?" in done.stderr
