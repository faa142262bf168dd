"""S0-KILL-05: drills are recorded, and a record that is older than a month is told."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fairlead.model.units import Nanos
from fairlead.operations.drill_record import (
    DRILLS_NAME,
    Drill,
    Step,
    drill_warning,
    last_drill,
    write_drill,
)

DAY = 86_400 * 10**9
TIME = Nanos(1_723_075_200 * 10**9)
DRILL = Drill(
    time=TIME,
    person="ann",
    passed=True,
    steps=(Step("block", True, "the flag is up"),),
    cancels=100,
    last_cancel_after=Nanos(1_500_000),
)
FAILED = replace(DRILL, time=Nanos(TIME + DAY), passed=False)


def test_a_drill_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_drill(tmp_path / "journal", DRILL)
    assert last_drill(tmp_path / "journal") == DRILL


def test_the_newest_drill_that_passed_counts(tmp_path: Path) -> None:
    newer = replace(DRILL, time=Nanos(TIME + 5))
    for drill in (DRILL, newer, FAILED):
        write_drill(tmp_path, drill)
    assert last_drill(tmp_path) == newer
    assert len((tmp_path / DRILLS_NAME).read_bytes().splitlines()) == 3, "a failed one is kept"


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (0, ""),
        (31 * DAY, ""),
        (31 * DAY + 1, "the last drill of the kill switch was 31 days ago"),
        (400 * DAY, "the last drill of the kill switch was 400 days ago"),
        (-1, "the last drill of the kill switch is from the future"),
    ],
)
def test_a_drill_counts_for_31_days(tmp_path: Path, age: int, said: str) -> None:
    write_drill(tmp_path, DRILL)
    assert drill_warning(tmp_path, Nanos(TIME + age)).partition(";")[0] == said


def test_where_there_was_none_it_is_told_how_to_hold_one(tmp_path: Path) -> None:
    warning = "the kill switch was never drilled here; hold one: fairlead drill kill"
    assert drill_warning(tmp_path, TIME) == warning
    write_drill(tmp_path, FAILED)
    assert drill_warning(tmp_path, TIME) == warning, "one that failed is none"


@pytest.mark.parametrize("garbage", [b"\xff\xfe\n", b"[]\n", b'{"time":1}\n', b'{"time":17230'])
def test_what_nobody_can_read_hides_no_drill_before_or_after_it(
    tmp_path: Path, garbage: bytes
) -> None:
    path = tmp_path / DRILLS_NAME
    write_drill(tmp_path, DRILL)
    path.write_bytes(path.read_bytes() + garbage)
    assert last_drill(tmp_path) == DRILL
    newer = replace(DRILL, time=Nanos(TIME + 5))
    write_drill(tmp_path, newer)
    assert last_drill(tmp_path) == newer


def test_a_record_that_cannot_be_read_is_no_drill(tmp_path: Path) -> None:
    (tmp_path / DRILLS_NAME).mkdir()
    assert last_drill(tmp_path) is None
