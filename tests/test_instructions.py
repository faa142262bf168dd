"""The hottest operations take no more instructions than is written down: counted, not timed."""

import pytest

from benchmarks import instructions
from benchmarks.counted import OPERATIONS
from benchmarks.instructions import FLOOR, TOLERANCE, grown
from benchmarks.measuring import build_name

COUNTED = pytest.mark.skipif(bool(instructions.why_not()), reason=instructions.why_not())


@COUNTED
def test_no_operation_takes_more_instructions_than_is_written_down() -> None:
    counts = instructions.count()
    before = instructions.recorded()[build_name()]
    assert not (slower := grown(counts, before)), "\n".join(slower)


def test_what_is_written_down_names_every_operation_of_both_builds() -> None:
    recorded = instructions.recorded()
    assert set(recorded) == {"compiled", "interpreted"}
    for counts in recorded.values():
        assert list(counts) == list(OPERATIONS)
        assert counts[FLOOR] == 1


def test_more_than_the_tolerance_is_told_and_less_is_not() -> None:
    before = {"a quote": 10.0, "an order": 100.0}
    assert grown({"a quote": 10 * (1 + TOLERANCE), "an order": 50.0}, before) == []
    (told,) = grown({"a quote": 12.5, "an order": 100.0}, before)
    assert told == "a quote: 12.5 plain loops, 10.0 are written down (+25%, at most +20%)"
