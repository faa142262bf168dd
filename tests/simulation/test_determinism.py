"""A seed gives the same run to the byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.stages.hostile.batch import outcomes

REPOSITORY = Path(__file__).parents[2]
SEEDS = range(40, 46)
SCRIPT = (
    "import sys\n"
    "from fairlead.stages.hostile.batch import outcome\n"
    "for seed in map(int, sys.argv[1:]):\n"
    "    report = outcome(seed).report\n"
    "    print(f'{report.digest}-{report.keeps}')"
)


def digests(**environment: str) -> list[str]:
    """Return the digests of the seeds, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, SEEDS)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "src:.", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.timeout(120)
def test_a_seed_is_the_same_under_any_hash_seed_time_zone_and_build() -> None:
    """Determinism gate: nothing of the process is in a run; interpreted it is the same, too.

    But for runs with snapshots: these are objects as bytes, more of them or fewer by the build, and
    what tears them is drawn by their size.
    """
    first = digests(PYTHONHASHSEED="0", TZ="UTC")
    assert len(set(first)) == len(SEEDS)
    assert digests(PYTHONHASHSEED="random", TZ="America/St_Johns") == first
    pure = digests(PYTHONHASHSEED="1", TZ="Asia/Kathmandu", FAIRLEAD_PURE="1")
    without = [one for one in first if one.endswith("False")]
    assert without == [one for one in pure if one.endswith("False")]
    assert 0 < len(without) < len(SEEDS)


@pytest.mark.timeout(120)
def test_seeds_in_several_processes_come_in_order_and_are_the_same() -> None:
    alone = [(one.seed, one.report.digest) for one in outcomes(SEEDS, 1)]
    assert [(one.seed, one.report.digest) for one in outcomes(SEEDS, 2)] == alone
    assert [seed for seed, _ in alone] == list(SEEDS)
