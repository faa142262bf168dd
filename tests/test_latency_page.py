"""The page about latency and its chart say what is stored, and nothing else."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.latency_chart import LABEL, Scales, _apart, svg
from benchmarks.latency_page import PAGE, STORED, files, micros
from fairlead.node.capacity import read
from tests.node.capacities import curve, measured

ROOT = Path(__file__).parents[1]


def test_page_and_chart_are_what_the_stored_measurement_makes_of_them() -> None:
    made = files(read(ROOT / STORED), (ROOT / PAGE).read_text("utf-8"))
    assert {place: (ROOT / place).read_text("utf-8") for place in made} == made


def test_the_chart_has_a_line_for_each_way_to_run_and_the_target() -> None:
    found = measured(curve({100: 20_000, 3_000: 90_000}), curve({100: 9_000}, "spin"))
    drawn = svg(found)
    root = ElementTree.fromstring(drawn)
    kinds = [element.get("class") or "" for element in root.iter()]
    assert sum(kind.startswith("line ") for kind in kinds) == 2
    assert kinds.count("target") == 1
    assert "target: 100 us" in drawn
    assert "spin, process" in drawn


def test_ten_times_as_long_is_as_far_up_everywhere() -> None:
    scales = Scales.of(measured(curve({100: 1_000, 10_000: 10_000_000})))
    heights = [scales.at(100, 10**power).y for power in (3, 4, 5, 6, 7)]
    assert len({round(a - b) for a, b in pairwise(heights)}) == 1
    assert scales.at(1_000, 1_000).x == pytest.approx(
        (scales.at(100, 1_000).x + scales.at(10_000, 1_000).x) / 2, abs=0.2
    )


def test_names_of_lines_that_end_together_stay_readable() -> None:
    placed = [y for y, _ in _apart([(100.0, "a"), (101.0, "b"), (102.0, "c")])]
    assert [b - a for a, b in pairwise(placed)] == [LABEL, LABEL]


def test_a_short_span_has_a_decimal_and_a_long_one_none() -> None:
    assert [micros(span) for span in (9_870, 99_999, 1_234_567)] == ["9.9", "100.0", "1,235"]
