"""Nodes in processes of their own that trade in real time, and what people see of them."""

import json
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_page import Heartbeat
from fairlead.journal.history import History
from fairlead.journal.sequencer import WallClock, monotonic_ns
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.units import NANOS_PER_SECOND
from tests.cli.sessions import fairlead, started

DEADLINE = 60  # seconds; what is waited for comes within one
_POLL = 0.005
JOURNAL = "var/journal"


def wait_for(what: str, done: Callable[[], bool]) -> None:
    """Look until it is so; fail with `what` if it never is."""
    deadline = monotonic_ns() + DEADLINE * NANOS_PER_SECOND
    while not done():
        assert monotonic_ns() < deadline, f"waited {DEADLINE} s in vain: {what}"
        select.select([], [], [], _POLL)


@contextmanager
def node(directory: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a node in real time until the block ends, and return when it has orders at the venue."""
    process = started(
        "run", "--speed", "1x", "--for", "10m", "--json", *options, directory=directory
    )
    try:
        wait_for("the node trades", lambda: beating(directory, process) is not None)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGKILL)
        process.communicate()


def beating(directory: Path, process: "subprocess.Popen[str]") -> Heartbeat | None:
    """Return the heartbeat of this process, None while there is none."""
    assert process.poll() is None, process.communicate()
    if not (directory / JOURNAL / SWITCH_NAME).is_dir():
        return None
    beat = switch(directory).heartbeat()
    return beat if beat is not None and beat.pid == process.pid else None


def switch(directory: Path) -> Switch:
    """Open the switch of the node in a directory."""
    return Switch(directory / JOURNAL / SWITCH_NAME, now=WallClock().now(), mapped=False)


def ended(process: "subprocess.Popen[str]") -> tuple[dict[str, Any], str]:
    """Stop a node in order; return its summary, and what it said on standard error."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=DEADLINE)
    return json.loads(out), err


def told(*arguments: object, directory: Path) -> tuple[int, dict[str, Any]]:
    """Run a command with `--json`; return its exit code and what it printed."""
    done = fairlead(*arguments, "--json", directory=directory)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def journaled(directory: Path, session: str = "0001") -> list[tuple[Input, list[Output]]]:
    """Return every input of a journal with what the machine answered."""
    return [
        (decode_input(entry.input), decode_outputs(entry.outputs) if entry.outputs else [])
        for entry in History(directory / JOURNAL / session).entries()
    ]
