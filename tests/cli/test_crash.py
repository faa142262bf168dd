"""Real processes, really killed: what was written comes back, and nothing is sent twice.

After the kill the session with the venue is a new one: what was on its way is asked for, and a
statement confirms what we have before trading goes on. So the end need not be that of a session
that nobody killed; that of the loop without a new connection is (`tests/node/test_session.py`).

`FAIRLEAD_KILLS` sets how often (the suite does a few; 50 take about three minutes).
"""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from fairlead.journal.history import History
from fairlead.model.codec import decode_outputs
from fairlead.model.outputs import BreakOpened, OrderResolved, OrderUnknown, Output, SendOrder
from fairlead.node.recovery import replay, verify
from tests.cli.sessions import fairlead, started

KILLS = int(os.environ.get("FAIRLEAD_KILLS", "4"))
SESSION = ("run", "--for", "5m", "--speed", "max", "--json")


def outputs_of(journal: Path) -> list[Output]:
    """Return everything that the machine answered, in order."""
    answered: list[Output] = []
    for entry in History(journal).entries():
        if entry.outputs:
            answered += decode_outputs(entry.outputs)
    return answered


def messages_sent(journal: Path) -> list[str]:
    """Return the client order ids of all new orders that left, in order."""
    answered = outputs_of(journal)
    return [one.approved.client_order for one in answered if isinstance(one, SendOrder)]


def acknowledged(journal: Path, copy: Path) -> int:
    """Return the last committed input that a bystander can read in a journal that is written."""
    if not journal.is_dir():
        return 0
    shutil.copytree(journal, copy)
    history = History(copy)
    for _ in history.entries():
        pass
    return history.end.last


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the journal of a session that nobody interrupts."""
    directory = tmp_path_factory.mktemp("whole")
    done = fairlead(*SESSION, directory=directory)
    assert done.returncode == 0, done.stderr
    return directory / "var/journal/0001"


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_session_comes_back_as_it_was_and_trades_on_with_both_sides_agreeing(
    number: int, whole: Path, tmp_path: Path
) -> None:
    """S0-ARCH-04, B-OMS-13; faults.md 1: SIGKILL at a random moment, then `--resume`."""
    chance = random.Random(f"kill {number}")
    process = started(*SESSION, directory=tmp_path)
    time.sleep(chance.uniform(0.3, 2.0))  # the moment is what is tested
    journal = tmp_path / "var/journal/0001"
    seen = acknowledged(journal, tmp_path / "seen")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if not any(journal.glob("*.journal")):
        return  # killed before the first commit: there is nothing to come back to

    verdict = verify(journal)
    assert verdict.passed, verdict.problem
    assert verdict.inputs >= seen
    past = replay(whole, to=verdict.inputs)
    assert verdict.state_digest == past.path.machine.digest()
    before = messages_sent(journal)

    resumed = fairlead(*SESSION, "--resume", directory=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    after = json.loads(resumed.stdout)
    assert after["recovered"]["diverged"] == 0
    assert after["verify"]["passed"]
    assert after["sound"]
    answered = outputs_of(journal)
    assert not [one for one in answered if isinstance(one, BreakOpened)]
    unknown = [one.order for one in answered if isinstance(one, OrderUnknown)]
    resolved = [one.order for one in answered if isinstance(one, OrderResolved)]
    assert set(resolved) <= set(unknown), "what was filled or canceled meanwhile is known by that"
    sent = messages_sent(journal)
    assert len(set(sent)) == len(sent)
    assert sent[: len(before)] == before == messages_sent(whole)[: len(before)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_session_in_order(number: signal.Signals, tmp_path: Path) -> None:
    """S0-SYS-01: working orders are canceled, the journal is sealed, the summary is printed."""
    process = started("run", "--for", "1h", "--speed", "10x", "--json", directory=tmp_path)
    journal = tmp_path / "var/journal/0001"
    while not any(journal.glob("*.journal")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    outcome = json.loads(stdout)
    assert outcome["summary"]["orders"]["working"] == 0
    assert any(number.name in event["text"] for event in outcome["summary"]["events"])
    assert outcome["verify"]["passed"]
    assert verify(journal).sealed
