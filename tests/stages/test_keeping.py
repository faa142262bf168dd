"""A session that a snapshot brings back is the session, and ends as it would have."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from fairlead.journal.disk import RealDisk
from fairlead.journal.snapshot import newest_first, path_of
from fairlead.model.units import Nanos
from fairlead.node.apart import Forked, Here, Worker
from fairlead.node.configuration import Configuration
from fairlead.node.recovery import verify
from fairlead.node.snapshots import find
from fairlead.stages.keeping import build_of
from fairlead.stages.recording_defaults import configuration_for
from fairlead.stages.recovering import Kept, Opened, recover
from fairlead.stages.wiring import OVER, Wired, wire
from tests.stages.sessions import SECOND, configuration, full_speed

DISK = RealDisk()
EVERY = 1_000
CASES = int(os.environ.get("FAIRLEAD_FAULT_CASES", "200"))
USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"


class Awaited(Forked):
    """A copy of the process that is waited for: where a snapshot stands is the same each time."""

    def answer(self) -> str | None:
        answer = super().answer()
        while answer is None and self.is_working:
            os.sched_yield()
            answer = super().answer()
        return answer


def kept_configuration(every: int = EVERY, seconds: int = 40) -> Configuration:
    plain = configuration(seconds)
    journal = plain.journal.model_copy(update={"snapshot_inputs": every})
    return plain.model_copy(update={"journal": journal})


def opened(
    directory: Path, every: int = EVERY, worker: Worker | None = None, **others: Any
) -> Opened:
    directory.mkdir(parents=True, exist_ok=True)
    wired = wire(kept_configuration(every, **others))
    return recover(wired, Kept(directory, worker=worker or Here()), "paper")


def run_until(wired: Wired, seconds: int) -> None:
    wired.release(full_speed())
    wired.session.run(full_speed(), Nanos(wired.surroundings.start + seconds * SECOND))


def result(wired: Wired) -> tuple[object, ...]:
    """Return all that a session ends with."""
    machine = wired.path.machine
    return (
        *(machine.digest(), wired.path.digest.hexadecimal(), wired.path.sequencer.last),
        *(wired.summary.result(), wired.curve.series()),
    )


def ended(opened: Opened) -> tuple[object, ...]:
    run_until(opened.wired, 40)
    opened.wired.stop(OVER)
    return result(opened.wired)


@pytest.mark.parametrize("worker", [Here, Awaited])
def test_a_session_from_a_snapshot_ends_as_one_that_was_replayed(
    worker: type[Worker], tmp_path: Path
) -> None:
    """S0-EVT-03, S2-EVT-01: snapshot and tail equal the whole replay; books, orders, strategies,
    the world, the result; outputs too.
    """
    first = opened(tmp_path / "one", worker=worker())
    run_until(first.wired, 25)
    first.wired.path.commit()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for path in newest_first(tmp_path / "two", DISK):
        path.unlink()

    short = opened(tmp_path / "one")
    whole = opened(tmp_path / "two")
    assert short.snapshot >= EVERY
    assert whole.snapshot == 0
    for one in (short, whole):
        one.wired.session.keeper = None  # the inputs that say of snapshots would not be the same
    assert short.inputs == whole.inputs
    assert short.wired.path.machine.digest() == whole.wired.path.machine.digest()
    assert ended(short) == ended(whole)
    assert short.wired.session.diverged == 0
    for directory in ("one", "two"):
        verdict = verify(tmp_path / directory)
        assert verdict.passed, verdict.problem
        assert verdict.outputs_digest == short.wired.path.digest.hexadecimal()


def test_a_session_on_a_recording_is_kept_with_its_place_in_it(
    market_data: Path, tmp_path: Path
) -> None:
    """The file is read again from its beginning, and the world stands where it stood."""
    recording = configuration_for((market_data / USDM,))
    journal = recording.journal.model_copy(update={"snapshot_inputs": 100})
    brief = recording.session.model_copy(update={"duration": Nanos(20 * SECOND)})
    recording = recording.model_copy(update={"journal": journal, "session": brief})
    first = recover(wire(recording), Kept(tmp_path, worker=Here()), "paper")
    middle = Nanos((first.wired.surroundings.start + first.wired.surroundings.until) // 2)
    first.wired.release(full_speed())
    first.wired.session.run(full_speed(), middle)
    again = recover(wire(recording), Kept(tmp_path, worker=Here()), "paper")
    assert again.snapshot > 0, again.passed_over
    again.wired.release(full_speed())
    again.wired.session.run(full_speed(), first.wired.surroundings.until)
    again.wired.stop(OVER)
    verdict = verify(tmp_path)
    assert verdict.passed, verdict.problem
    assert again.wired.session.diverged == 0


def test_a_damaged_snapshot_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """Fault 4: cut or turned anywhere, the one before it is taken, and the state is the same."""
    first = opened(tmp_path / "journal")
    run_until(first.wired, 30)
    first.wired.path.commit()
    newest, before = newest_first(tmp_path / "journal", DISK)
    content = newest.read_bytes()
    chance = random.Random(20261121)
    build = build_of(first.wired.configuration, first.wired.host)
    for number in range(CASES):
        place = chance.randrange(len(content))
        damaged = bytearray(content[:place] if number % 2 else content)
        if not number % 2:
            damaged[place] ^= 1 << chance.randrange(8)
        newest.write_bytes(damaged)
        found = find(tmp_path / "journal", build, DISK)
        assert path_of(newest.parent, found.after) == before, f"case {number}, byte {place}"
    shutil.copytree(tmp_path / "journal", tmp_path / "whole")
    for path in newest_first(tmp_path / "whole", DISK):
        path.unlink()
    short, whole = opened(tmp_path / "journal"), opened(tmp_path / "whole")
    assert newest_first(tmp_path / "journal", DISK) == [before], "the damaged one is of no use"
    assert 0 < short.snapshot == int(before.stem)
    assert short.wired.path.machine.digest() == whole.wired.path.machine.digest()


def test_a_snapshot_of_another_configuration_is_passed_over(tmp_path: Path) -> None:
    first = opened(tmp_path)
    run_until(first.wired, 25)
    first.wired.path.commit()
    other = opened(tmp_path, every=EVERY + 1)
    assert other.snapshot == 0
    assert all("configuration" in reason for reason in other.passed_over)
    assert other.passed_over


def test_only_the_newest_snapshots_are_kept(tmp_path: Path) -> None:
    first = opened(tmp_path, every=200)
    run_until(first.wired, 40)
    assert len(newest_first(tmp_path, DISK)) == 2
