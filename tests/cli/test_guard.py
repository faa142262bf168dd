"""`fairlead guard` as a user starts it: mistakes, what it prints, and how little it needs."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.sessions import fairlead, started
from tests.operations.guards import KEY, GuardProcess, asked
from tests.operations.journals import session
from tests.operations.patience import until


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--venue", "A"], "found 'A', expected NAME=HOST:PORT"),
        (["--venue", "A="], "found 'A=', expected NAME=HOST:PORT"),
        (["--venue", "A=localhost"], "--venue A: found 'localhost', expected HOST:PORT"),
        (["--venue", "A=practice", "--venue", "A=practice"], "A is there twice"),
        (["--listen", "8787"], "--listen: found '8787', expected HOST:PORT"),
        (["--watchdog", "soon"], "--watchdog: found 'soon', expected a duration"),
        (["--watchdog", "0s"], "expected a duration above 0"),
        (["--slack-secret-file", "x"], "needs --slack-user"),
        (["--config", "none.yaml"], "none.yaml"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = fairlead("guard", *arguments, directory=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def ended(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return what a process still had to say; one that does not end is killed."""
    try:
        return process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


def await_working(told: IO[str], working: dict[str, int]) -> None:
    """Wait until a guard has read in the journal what works: one that has not begins with all."""
    while "listening: " not in (line := told.readline()):
        assert line, "the guard has ended"
    address = line.rpartition("listening: ")[2].strip()
    key = f"Bearer {KEY}"
    until(lambda: _status(address, key)["journal"]["working"] == working, f"{working}")


def _status(address: str, key: str) -> dict[str, Any]:
    return asked(address, "GET", "/status", authorization=key)[1]


def test_it_prints_what_happens_and_ends_in_order(tmp_path: Path) -> None:
    session(tmp_path / "var/journal/0001", ["A"], 3)
    (tmp_path / "key").write_text(KEY)
    doors = ("--listen", "127.0.0.1:0", "--api-key-file", "key")
    process = started("guard", "--venue", "A=practice", *doors, directory=tmp_path)
    try:
        assert process.stdout is not None
        assert "started: lines to A" in process.stdout.readline()
        await_working(process.stdout, {"A": 3})
        (tmp_path / "var/journal/switch/KILL").touch()
        lines = [process.stdout.readline()]
        while lines[-1] and "nothing of ours works" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
    finally:
        rest, errors = ended(process)
    assert process.returncode == 0, errors
    text = "".join(lines)
    assert "trigger: kill file" in text
    assert "the flag is set after" in text
    assert "cancels sent: A: 3 orders, and all" in text
    assert "confirmed: A: 3 orders: 3 canceled" in text
    assert "all confirmed: nothing of ours works" in text
    assert "stopped: in order" in rest


def test_fairlead_kill_is_carried_out_and_fairlead_release_ends_it(tmp_path: Path) -> None:
    session(tmp_path / "journal" / "0001", ["A"], 2)
    guard = GuardProcess(tmp_path, A="practice")
    guard.start()
    where = ("--journal", "journal", "--person", "ann", "--reason", "a test")
    done = fairlead("kill", *where, directory=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    guard.await_event("all_confirmed")
    assert guard.await_event("trigger")["person"] == "ann"
    done = fairlead("release", *where, directory=tmp_path)
    assert guard.await_event("released")["person"] == "ann", done.stderr
    assert guard.stop() == 0


def test_a_configuration_says_how_long_a_heartbeat_may_be_and_where_to_ask(tmp_path: Path) -> None:
    """S4-KILL-05: parsed, and each key has its effect."""
    (tmp_path / "guard.yaml").write_text(
        "venue: {kind: simulated, instruments: [{symbol: A.SIM, price_start: 100}]}\n"
        "account: {currency: USD, cash: 1000}\n"
        "session: {duration: 60s}\n"
        "journal: {directory: journal}\n"
        "risk:\n"
        "  kill_switch:\n"
        "    triggers:\n"
        "      - {type: api, endpoint: /stop, key: a key of the configuration}\n"
        "      - {type: watchdog, timeout: 300s}\n"
    )
    guard = GuardProcess(tmp_path, A="practice")
    guard.start("--config", "guard.yaml", secrets=False)
    key = {"x_api_key": "a key of the configuration"}
    assert guard.ask("POST", "/api/kill", **key)[0] == 404
    assert guard.ask("POST", "/slack/kill", **key)[0] == 401
    assert guard.ask("POST", "/stop", **key)[0] == 200
    guard.await_event("all_confirmed")
    assert guard.stop() == 0


def test_it_loads_no_machine_no_configuration_and_nothing_that_draws() -> None:
    """DESIGN: a small separate process."""
    code = "import sys, json, fairlead.cli.guard; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = json.loads(done.stdout)
    heavy = [
        *("asyncio", "http.server", "pydantic", "rich", "ruamel", "fairlead.strategy"),
        *("fairlead.machine.machine", "fairlead.stages", "fairlead.node.configuration"),
    ]
    assert [name for name in heavy if name in loaded] == []


def test_it_needs_less_than_64_mib(tmp_path: Path) -> None:
    session(tmp_path / "journal" / "0001", ["A"], 1_000)
    guard = GuardProcess(tmp_path, A="practice")
    guard.start()
    until(lambda: guard.status()["journal"]["working"] == {"A": 1_000})
    assert guard.process is not None
    lines = Path(f"/proc/{guard.process.pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 64 * 1024
    guard.stop()
