"""Real processes: a kill comes through whatever the node does, and survives whatever happens."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.gateways.kill_files import KILL_NAME, SWITCH_NAME
from fairlead.model.inputs import KillCommand, SendBlocked
from fairlead.model.outputs import CancelOrder, SendOrder
from fairlead.model.risk_terms import KillMode
from fairlead.node.recovery import verify
from tests.cli.nodes import JOURNAL, beating, ended, journaled, node, switch, told, wait_for
from tests.cli.sessions import fairlead

WHY = ("--reason", "it quotes nonsense", "--person", "ann")


def assert_nothing_left_after_the_kill(directory: Path) -> None:
    """Everything that the machine wanted to send after the kill was held back or never wanted."""
    journal = journaled(directory)
    first = next(n for n, (input, _) in enumerate(journal) if isinstance(input, KillCommand))
    later = [output for _, outputs in journal[first:] for output in outputs]
    assert not [output for output in later if isinstance(output, SendOrder)]


def test_a_kill_stops_a_node_that_runs_and_says_that_it_was_obeyed(tmp_path: Path) -> None:
    """S4-KILL-04, invariant 9."""
    with node(tmp_path) as process:
        code, found = told("kill", *WHY, directory=tmp_path)
        assert (code, found["killed"], found["confirmed"], found["latched"]) == (
            0,
            True,
            True,
            True,
        )
        assert found["node"]["pid"] == process.pid
        assert found["node"]["obeyed"] == found["switch"]["generation"] == 1
        wait_for("nothing works any more", lambda: working(tmp_path, process) == 0)
        code, again = told("kill", *WHY, directory=tmp_path)
        assert (code, again["already"]) == (0, True)
        summary, _ = ended(process)
    assert summary["verify"]["passed"]
    kills = [one for one, _ in journaled(tmp_path) if isinstance(one, KillCommand)]
    assert [(one.person, one.reason, one.mode, one.source) for one in kills] == [
        ("ann", "it quotes nonsense", KillMode.CANCEL, "command line")
    ]
    assert_nothing_left_after_the_kill(tmp_path)


def working(directory: Path, process: "subprocess.Popen[str]") -> int:
    beat = beating(directory, process)
    return -1 if beat is None else beat.working


def test_a_kill_holds_while_the_node_is_stopped_and_is_obeyed_when_it_goes_on(
    tmp_path: Path,
) -> None:
    """KILL: works while the node hangs. Stopped, it can do nothing; it must wake up killed."""
    with node(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        code, found = told("kill", *WHY, "--wait", "0.2", directory=tmp_path)
        assert (code, found["killed"], found["confirmed"]) == (1, True, False)
        said = fairlead("status", directory=tmp_path)
        assert said.returncode == 1
        assert "KILLED" in said.stdout
        process.send_signal(signal.SIGCONT)
        wait_for("it obeys", lambda: obeyed(tmp_path, process) == 1)
        ended(process)
    assert_nothing_left_after_the_kill(tmp_path)


def obeyed(directory: Path, process: "subprocess.Popen[str]") -> int:
    beat = beating(directory, process)
    return -1 if beat is None else beat.obeyed


@pytest.mark.parametrize("moment", ["before the kill", "after the kill"])
def test_after_kill_9_and_a_restart_the_node_is_still_killed(tmp_path: Path, moment: str) -> None:
    """CTL-39: latched; survives crash and restart; no second kill is needed."""
    with node(tmp_path) as process:
        if moment == "after the kill":
            assert told("kill", *WHY, directory=tmp_path)[0] == 0
        process.send_signal(signal.SIGKILL)
        process.communicate()
    if moment == "before the kill":
        code, found = told("kill", *WHY, directory=tmp_path)
        assert (code, found["node"]["runs"]) == (0, False)
    sent = len(orders_sent(tmp_path))
    with node(tmp_path, "--resume") as process:
        wait_for("it obeys", lambda: obeyed(tmp_path, process) == 1)
        _, said = ended(process)
    assert "KILLED: ann: it quotes nonsense" in said
    assert len(orders_sent(tmp_path)) == sent
    kills = [one for one, _ in journaled(tmp_path) if isinstance(one, KillCommand)]
    assert len(kills) == 1
    assert verify(tmp_path / JOURNAL / "0001").passed


def orders_sent(directory: Path) -> list[SendOrder]:
    """Return the orders that left: those that the machine sent and nobody held back."""
    journal = journaled(directory)
    held_back = {one.order for one, _ in journal if isinstance(one, SendBlocked)}
    sent = [one for _, outputs in journal for one in outputs if isinstance(one, SendOrder)]
    return [one for one in sent if one.approved.order not in held_back]


def test_a_new_session_at_the_same_place_starts_killed_too(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    assert told("kill", *WHY, directory=tmp_path)[0] == 0
    done = fairlead("run", "--for", "5s", "--json", directory=tmp_path)
    assert "fairlead release" in done.stderr
    assert not [o for _, outputs in journaled(tmp_path, "0002") for o in outputs if left(o)]


def left(output: object) -> bool:
    return isinstance(output, SendOrder)


def test_a_file_that_anybody_touches_stops_the_node(tmp_path: Path) -> None:
    """S0-KILL-11: no command of ours is needed."""
    with node(tmp_path) as process:
        (tmp_path / JOURNAL / SWITCH_NAME / KILL_NAME).touch()
        wait_for("it obeys", lambda: obeyed(tmp_path, process) > 0)
        ended(process)
    assert_nothing_left_after_the_kill(tmp_path)
    assert switch(tmp_path).look().engaged


def test_a_flag_that_is_cut_off_under_a_node_ends_it_and_what_starts_is_killed(
    tmp_path: Path,
) -> None:
    with node(tmp_path) as process:
        (tmp_path / JOURNAL / SWITCH_NAME / "flag").write_bytes(b"")
        process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGBUS, 0, 1), "by the system, or killed in order"
    code, found = told("status", directory=tmp_path)
    assert (code, found["switch"]["engaged"]) == (1, True)


def test_a_strategy_is_stopped_by_name_and_the_rest_trades_on(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        scope = ("--scope", "strategy:maker")
        code, found = told("kill", *WHY, *scope, directory=tmp_path)
        assert (code, found["killed"]) == (0, True), found
        assert found["answer"]["outputs"][0]["type"] == "KillEngaged"
        code, found = told("status", directory=tmp_path)
        assert (code, found["switch"]["engaged"]) == (0, False)
        code, found = told("kill", *WHY, "--scope", "strategy:nobody", directory=tmp_path)
        assert (code, found["killed"]) == (1, False)
        ended(process)
    kills = [one for one, _ in journaled(tmp_path) if isinstance(one, KillCommand)]
    assert str(kills[0].scope) == "strategy maker"


def test_a_part_is_not_stopped_without_a_node_and_the_answer_says_so(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    done = fairlead("kill", *WHY, "--scope", "strategy:maker", directory=tmp_path)
    assert done.returncode == 1
    assert "NOT CONFIRMED" in done.stdout
    assert "--scope firm" in done.stdout
    done = fairlead("run", "--for", "2s", "--json", directory=tmp_path)
    first = [one for one, _ in journaled(tmp_path, "0002") if isinstance(one, KillCommand)]
    assert [str(one.scope) for one in first] == ["strategy maker"], "the next node takes it first"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--reason", "r", "--scope", "strategy"), "expected one of"),
        (("--reason", "r", "--scope", "firm:x"), "expected one of"),
        (("--reason", "r", "--scope", "everything"), "expected one of"),
        (("--reason", " "), "a name and a reason"),
        (("--reason", "r", "--journal", "elsewhere"), "no journal here"),
        (("--reason", "r", "--mode", "softly"), "softly"),
        ((), "--reason"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_stops_nothing(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / JOURNAL).mkdir(parents=True)
    done = fairlead("kill", *options, directory=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / JOURNAL / SWITCH_NAME).exists() or not switch(tmp_path).engaged
    assert not (tmp_path / "elsewhere").exists()


def test_a_kill_that_nothing_could_be_written_for_says_that_it_is_none(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).mkdir(parents=True)
    (tmp_path / JOURNAL / SWITCH_NAME).touch()
    code, found = told("kill", *WHY, directory=tmp_path)
    assert (code, found["killed"]) == (2, False)
    assert found["problems"]


def test_a_kill_comes_through_when_the_disk_takes_nothing(tmp_path: Path) -> None:
    """The flag is a page that exists already; that the latch could not be written is said."""
    assert fairlead("run", "--for", "2s", "--json", directory=tmp_path).returncode == 0
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "sys.argv = ['fairlead', 'kill', '--reason', 'r']\n"
        "from fairlead.cli.entry import main\n"
        "main()\n"
    )
    done = run_script(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "is in the flag, and NOT on the disk" in done.stdout
    assert switch(tmp_path).look().engaged


def run_script(script: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_orders_at_the_venue_are_canceled_by_the_kill(tmp_path: Path) -> None:
    with node(tmp_path) as process:
        wait_for("orders work", lambda: working(tmp_path, process) > 0)
        told("kill", *WHY, directory=tmp_path)
        wait_for("none works", lambda: working(tmp_path, process) == 0)
        ended(process)
    journal = journaled(tmp_path)
    (outputs,) = [outputs for input, outputs in journal if isinstance(input, KillCommand)]
    assert [one for one in outputs if isinstance(one, CancelOrder)]
