"""The commands for an emergency are found and loaded without the others, and listed with them."""

from pathlib import Path

import pytest

from tests.cli.sessions import fairlead


@pytest.mark.parametrize("command", ["guard", "kill", "release", "status"])
def test_an_emergency_command_explains_itself_alone_and_is_listed_with_the_others(
    command: str, tmp_path: Path
) -> None:
    alone = fairlead(command, "--help", directory=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert f"fairlead {command}" in alone.stdout
    listed = fairlead("--help", directory=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert f" {command} " in listed.stdout
