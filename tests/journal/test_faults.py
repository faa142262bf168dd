"""Zero wrong recoveries, whatever the disk does.

`FAIRLEAD_FAULTS` is the share of all cases that is run, 1 for every one of them; the errors of
calls are run as a whole each time. `pytest -s` prints the table; so does
`python -m tests.journal.fault_table`.
"""

import os
from contextlib import suppress

import pytest

from fairlead.journal.errors import JournalDamaged
from fairlead.journal.history import History
from fairlead.journal.log import Durability
from fairlead.simulator.disk import SimulatedDisk
from tests.journal import fault_table, faults
from tests.journal.faults import Tally

Read = tuple[list[bytes], History]
SHARE = float(os.environ.get("FAIRLEAD_FAULTS", "0.02"))


@pytest.mark.timeout(3_600)
def test_no_fault_of_the_disk_leads_to_a_wrong_recovery() -> None:
    """Faults 1 to 6 and 25."""
    tally = Tally(fault_table.every_fault(SHARE))
    print(f"\n{fault_table.table(tally)}")  # noqa: T201 - with -s
    assert not tally.wrong
    assert len(tally.outcomes) == 7 + 2 * len(faults.ERRORS)


def test_the_journal_that_is_cut_and_changed_is_as_large_as_is_said() -> None:
    files, _ = faults.written(close=True)
    assert sum(map(len, files.values())) >= faults.SIZE
    assert len(files) > 3


@pytest.mark.parametrize("seed", [13184])
def test_seeds_that_once_came_out_wrong(seed: int) -> None:
    """13184: power lost while the seal was written over a torn end that was cut off in memory."""
    assert not Tally(faults.torn([seed])).wrong


# --- a test that cannot fail proves nothing ------------------------------------------------------


def test_a_writer_that_does_not_sync_is_found_out() -> None:
    """What was acknowledged before it was on the disk is missed after a loss of power."""
    assert Tally(faults.torn(range(60), Durability.PROCESS)).wrong


def test_a_reader_that_takes_damage_for_a_torn_end_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgiving(disk: SimulatedDisk, found: list[bytes] | None = None) -> Read:
        with suppress(JournalDamaged):
            return sound(disk, found)
        return found or [], History(faults.PLACE, disk)

    sound = faults.recovered
    monkeypatch.setattr(faults, "recovered", forgiving)
    assert len(Tally(faults.flipped_anywhere(100)).wrong) == 100


def test_a_reader_that_takes_a_torn_end_for_damage_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Recovery after a loss of power needs nobody."""

    def strict(disk: SimulatedDisk, found: list[bytes] | None = None) -> Read:
        read = sound(disk, found)
        if read[1].end.torn_bytes:
            raise JournalDamaged("a file", 0, 0, "it is torn")
        return read

    sound = faults.recovered
    monkeypatch.setattr(faults, "recovered", strict)
    assert Tally(faults.torn(range(60))).wrong
