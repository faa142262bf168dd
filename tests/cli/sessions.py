"""Runs the command line as a user does: in a process of its own, with a directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "fairlead")
# Without colours and with room, so that what is asserted stands on one line.
PLAIN = {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}


def fairlead(
    *arguments: object, directory: Path, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `fairlead ARGUMENTS` in `directory` and return what it said."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=directory,
        env={**os.environ, **PLAIN, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def started(*arguments: object, directory: Path) -> "subprocess.Popen[str]":
    """Start `fairlead ARGUMENTS` in `directory` and return while it runs."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=directory,
        env={**os.environ, **PLAIN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
