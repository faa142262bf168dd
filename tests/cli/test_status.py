"""What people see of the switch and the node, in words and as JSON."""

import signal
from pathlib import Path

from tests.cli.nodes import ended, node, told
from tests.cli.sessions import fairlead


def test_a_node_that_runs_is_shown_with_its_heartbeat(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        code, found = told("status", directory=tmp_path)
        assert code == 0
        assert found["switch"]["engaged"] is False
        assert found["node"]["runs"] is True
        assert found["node"]["pid"] == process.pid
        assert found["node"]["heartbeat_age_ns"] >= 0
        ended(process)
    done = fairlead("status", directory=tmp_path)
    warning = "the kill switch was never drilled here"  # S0-KILL-05
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == ["released: no kill stands", "no node runs"]
    assert done.stdout.splitlines()[2].startswith(warning)


def test_a_node_that_died_is_told_from_one_that_ended(tmp_path: Path) -> None:
    """S0-KILL-03."""
    with node(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done = fairlead("status", directory=tmp_path)
        assert f"node {process.pid} is DEAD" in done.stdout
    code, found = told("status", directory=tmp_path)
    assert (code, found["node"]["runs"]) == (0, False)
    assert "pid" in found["node"]


def test_a_kill_is_shown_with_who_why_and_how(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    options = ("--person", "ann", "--reason", "a drill", "--mode", "block")
    assert fairlead("kill", *options, directory=tmp_path).returncode == 0
    done = fairlead("status", directory=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "KILLED (block, kill 1): ann: a drill"


def test_files_that_are_not_what_they_must_be_are_shown_as_a_kill(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    (tmp_path / "var/journal/switch/flag").unlink()
    done = fairlead("status", directory=tmp_path)
    assert done.returncode == 1
    assert "the flag is missing" in done.stdout


def test_a_place_without_a_journal_is_a_mistake(tmp_path: Path) -> None:
    done = fairlead("status", "--journal", "nowhere", directory=tmp_path)
    assert done.returncode == 2
    assert "nowhere: no journal here" in done.stderr
    assert not (tmp_path / "nowhere").exists()
