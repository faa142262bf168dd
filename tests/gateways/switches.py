"""Switches for the tests: opened here, or in a process of its own."""

import subprocess
import sys
import textwrap
from pathlib import Path

from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.model.units import Nanos

NOW = Nanos(1_000)
ANN = Kill(person="ann", reason="a drill", source="test")
WATCHDOG = Kill(person="", reason="no heartbeat", source="watchdog")


def opened(place: Path, mapped: bool = True) -> Switch:
    """Open the switch of a place as one process does."""
    return Switch(place, now=NOW, mapped=mapped)


def in_a_process(place: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own; `switch` is the switch there."""
    script = "from pathlib import Path\nimport os, sys\n"
    script += "from fairlead.gateways.kill_flag import Switch, Kill\n"
    script += f"switch = Switch(Path({str(place)!r}), now=7)\n"
    return subprocess.run(
        [sys.executable, "-c", script + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
