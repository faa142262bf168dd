"""Prints what came of every fault of the disk.

    python -m tests.journal.fault_table [SHARE]

runs all cases: every byte, every bit of the selected records, 10,000 random bits, 20,000 losses of
power. It takes some minutes; a share of 0.1 takes a tenth of them.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.journal import faults
from tests.journal.faults import PREFIX, REFUSED, WHOLE, WRONG, Case, Tally

FLIPS: Final = 10_000
POWER_LOSSES: Final = 20_000
STEP_SEEDS: Final = 40
SECOND_SEEDS: Final = 40
_COLUMNS: Final = (WHOLE, PREFIX, REFUSED, WRONG)


def every_fault(share: float) -> Iterator[Case]:
    """Yield a share of all cases, from 0 to 1."""
    every = max(1, round(1 / share))
    yield from faults.truncated(every)
    yield from faults.flipped_records(every)
    yield from faults.flipped_anywhere(_of(FLIPS, share))
    yield from faults.torn(range(_of(POWER_LOSSES, share)))
    yield from faults.steps_of_power(_of(STEP_SEEDS, share))
    yield from faults.errors()
    yield from faults.second_faults(_of(SECOND_SEEDS, share))


def _of(count: int, share: float) -> int:
    return max(2, round(count * share))


def table(tally: Tally) -> str:
    """Return a line for each fault, a last one for all of them, and every case that is wrong."""
    everything: Counter[str] = Counter()
    for outcomes in tally.outcomes.values():
        everything += outcomes
    rows = [*tally.outcomes.items(), ("all", everything)]
    width = max(len(fault) for fault, _ in rows)
    head = f"{'fault':{width}}  {'cases':>7}" + "".join(f"  {name:>21}" for name in _COLUMNS)
    lines = [
        f"{fault:{width}}  {outcomes.total():>7,}"
        + "".join(f"  {outcomes[name]:>21,}" for name in _COLUMNS)
        for fault, outcomes in rows
    ]
    return "\n".join([head, *lines, *(f"{case.fault}: {case.what}" for case in tally.wrong)])


if __name__ == "__main__":
    given = float(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(table(Tally(every_fault(given))))  # noqa: T201 - it is made to be read
