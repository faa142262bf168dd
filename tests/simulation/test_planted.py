"""The rig itself is tested: each bug that is planted must be found within the budget."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.planted import BUGS

REPOSITORY = Path(__file__).parents[2]
BUDGET = 300  # seeds; each is found with far fewer


@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    """Fault 26. How many seeds it took is printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.planted", bug, str(BUDGET)],
        cwd=REPOSITORY,
        env={**os.environ, "FAIRLEAD_PURE": "1", "PYTHONPATH": "src:."},
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{bug}: found with" in done.stdout
