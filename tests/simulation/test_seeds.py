"""The whole node in a hostile world: any number of seeds, and those that once failed.

`FAIRLEAD_SEEDS=10000` runs more of them. A seed that fails is printed first, with the command that
runs it again; when it is mended it joins `seeds.txt`.
"""

import os
from pathlib import Path

import pytest

from fairlead.stages.hostile.batch import Totals, outcome

SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "150"))
ONCE_FAILED = Path(__file__).parent / "seeds.txt"


def corpus() -> list[int]:
    """Return the seeds that once failed; what stands after a `#` says why."""
    lines = ONCE_FAILED.read_text().splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


@pytest.mark.timeout(300 + SEEDS)
def test_every_rule_holds_in_any_hostile_world() -> None:
    """Invariants 1 to 15, faults 1, 2, 3, 5, 6, 8, 9, 10, 11, 17, 19, 21, 25: and it was work."""
    totals = Totals()
    violations = []
    for seed in range(SEEDS):
        found = outcome(seed)
        totals.add(found.report)
        if found.problem:
            again = f"fairlead simulate --seed {seed} --trace"
            violations.append(f"seed {seed}: {found.problem}\n  again: {again}")
    assert not violations, "\n" + "\n".join(violations)
    assert totals.shortfalls() == []


@pytest.mark.timeout(300)
def test_a_seed_that_once_failed_does_not_fail_again() -> None:
    """Each of them is what `seeds.txt` says beside it."""
    failed = [found for found in map(outcome, corpus()) if found.problem]
    assert failed == []
