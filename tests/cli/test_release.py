"""A release needs a person and a reason, and it releases what was killed, once."""

import signal
from pathlib import Path

import pytest

from fairlead.gateways.kill_files import KILL_NAME, SWITCH_NAME
from fairlead.model.inputs import ReleaseCommand
from fairlead.model.outputs import SendOrder
from tests.cli.nodes import JOURNAL, beating, ended, journaled, node, switch, told, wait_for
from tests.cli.sessions import fairlead

KILL = ("kill", "--reason", "a drill")
RELEASE = ("release", "--person", "eve", "--reason", "all is flat")


def releases(directory: Path, session: str = "0001") -> list[tuple[str, str]]:
    found = [one for one, _ in journaled(directory, session) if isinstance(one, ReleaseCommand)]
    return [(one.person, one.reason) for one in found]


def sent(directory: Path, session: str = "0001") -> int:
    journal = journaled(directory, session)
    return sum(isinstance(one, SendOrder) for _, outputs in journal for one in outputs)


def test_a_node_that_runs_is_released_in_the_name_of_who_says_so_and_trades_on(
    tmp_path: Path,
) -> None:
    with node(tmp_path) as process:
        assert told(*KILL, directory=tmp_path)[0] == 0
        code, found = told(*RELEASE, directory=tmp_path)
        assert (code, found["released"]) == (0, True), found
        assert found["answer"]["outputs"][0]["type"] == "KillReleased"
        assert not switch(tmp_path).look().engaged
        wait_for("it trades again", lambda: works(tmp_path, process))
        ended(process)
    assert releases(tmp_path) == [("eve", "all is flat")]


def works(directory: Path, process: object) -> bool:
    beat = beating(directory, process)  # type: ignore[arg-type]
    return beat is not None and beat.obeyed == 0 and beat.working > 0


def test_without_a_node_the_next_one_that_starts_takes_the_release(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "3s", "--json", directory=tmp_path).returncode == 0
    assert told(*KILL, directory=tmp_path)[0] == 0
    assert fairlead("run", "--for", "3s", "--json", directory=tmp_path).returncode == 0
    assert sent(tmp_path, "0002") == 0
    code, found = told(*RELEASE, directory=tmp_path)
    assert (code, found["released"]) == (0, True)
    done = fairlead("run", "--resume", "--for", "9s", "--json", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert releases(tmp_path, "0002") == [("eve", "all is flat")]
    assert sent(tmp_path, "0002") > 0
    code, found = told("status", directory=tmp_path)
    assert (code, found["switch"]["engaged"]) == (0, False)


def test_a_node_that_does_not_answer_is_not_released_and_does_not_take_it_later(
    tmp_path: Path,
) -> None:
    with node(tmp_path) as process:
        assert told(*KILL, directory=tmp_path)[0] == 0
        process.send_signal(signal.SIGSTOP)
        code, found = told(*RELEASE, "--wait", "0.2", directory=tmp_path)
        assert (code, found["released"]) == (1, False)
        assert list((tmp_path / JOURNAL / "commands").glob("*.json")) == []
        process.send_signal(signal.SIGCONT)
        ended(process)
    assert releases(tmp_path) == []
    assert switch(tmp_path).look().engaged


def test_a_kill_file_is_put_away_by_a_release(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    path = tmp_path / JOURNAL / SWITCH_NAME / KILL_NAME
    path.write_text("why not")
    code, found = told("status", directory=tmp_path)
    assert (code, found["switch"]["reason"]) == (1, "why not")
    assert told(*RELEASE, directory=tmp_path)[0] == 0
    assert not path.exists()
    assert told("status", directory=tmp_path)[0] == 0


def test_what_was_not_killed_is_told_so_by_the_node(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        code, found = told(*RELEASE, directory=tmp_path)
        assert (code, found["released"]) == (1, False)
        assert found["answer"]["outputs"][0]["type"] == "InputRefused"
        ended(process)


def test_a_part_is_released_by_the_node_alone(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        scope = ("--scope", "strategy:maker")
        assert told(*KILL, *scope, directory=tmp_path)[0] == 0
        assert told(*RELEASE, *scope, directory=tmp_path)[0] == 0
        ended(process)
    done = fairlead(*RELEASE, *scope, directory=tmp_path)
    assert done.returncode == 2
    assert "only the firm" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--person", "eve"),
        ("--reason", "r"),
        ("--person", " ", "--reason", "r"),
        ("--person", "eve", "--reason", ""),
    ],
)
def test_nobody_releases_without_a_name_and_a_reason(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    assert told(*KILL, directory=tmp_path)[0] == 0
    assert fairlead("release", *options, directory=tmp_path).returncode == 2
    assert switch(tmp_path).look().engaged
