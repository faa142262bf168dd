"""The capacity of a measured curve, exactly; and what cannot be read says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.node.capacity import Curve, Figures, UnreadableCapacity, read, write
from fairlead.node.latency import Latencies
from tests.node.capacities import curve, measured, row

TARGET = 100_000


def test_between_two_rates_the_capacity_lies_on_the_line_between_them() -> None:
    assert curve({1_000: 50_000, 2_000: 150_000}).capacity() == 1_500


def test_at_the_target_a_rate_is_met() -> None:
    assert curve({1_000: 50_000, 2_000: TARGET, 3_000: 500_000}).capacity() == 2_000


def test_what_is_met_throughout_is_only_known_up_to_the_last_rate() -> None:
    assert curve({1_000: 50_000, 2_000: 60_000}).capacity() == 2_000


def test_what_misses_from_the_first_rate_on_has_no_capacity() -> None:
    assert curve({1_000: 150_000, 2_000: 60_000}).capacity() == 0


def test_a_rate_that_is_met_after_one_that_was_missed_proves_nothing() -> None:
    assert curve({1_000: 50_000, 2_000: 150_000, 3_000: 60_000}).capacity() == 1_500


def test_the_source_documents_curves_cross_where_they_say() -> None:
    """Figure 10.3, in nanoseconds: 0 to 3,000 orders a second in steps of 500."""
    baseline = (25, 50, 120, 280, 600, 950)
    bypass = (12, 22, 45, 95, 200, 450)
    for spans, found in ((baseline, 1_357), (bypass, 2_023)):
        points = {500 * (place + 1): span * 1_000 for place, span in enumerate(spans)}
        assert curve(points).capacity() == found


def test_of_several_runs_at_a_rate_the_median_counts() -> None:
    line = curve({}).line
    runs = tuple(row(1_000, p99) for p99 in (20_000, 900_000, 30_000))
    assert Curve(line, runs).p99(1_000) == 30_000


@given(
    st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=8),
    st.integers(min_value=1, max_value=10**6),
)
def test_the_capacity_never_lies_beyond_the_first_rate_that_misses(
    spans: list[int], target: int
) -> None:
    points = {1_000 * (place + 1): span for place, span in enumerate(spans)}
    found = curve(points).capacity(Nanos(target))
    missed = [rate for rate, span in points.items() if span > target]
    met = [rate for rate in points if not missed or rate < missed[0]]
    assert max(met, default=0) <= found <= (missed[0] if missed else max(points))


def test_figures_are_the_percentiles_of_the_histogram() -> None:
    spans = Latencies()
    for span in range(1, 201):
        spans.record(Nanos(span))
    assert Figures.of(spans) == Figures(200, 100, 180, 198, 200, 200)


def test_a_measurement_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = measured(curve({1_000: 50_000}), curve({1_000: 9_000}, "spin", "disk"))
    write(found, tmp_path / "var" / "capacity.json")
    assert read(tmp_path / "var" / "capacity.json") == found


def test_a_way_to_run_is_found_by_how_it_waits_and_writes() -> None:
    spinning = curve({1_000: 9_000}, "spin")
    found = measured(curve({1_000: 50_000}), spinning)
    compiled = spinning.line.compiled
    assert found.curve("spin", "process", compiled) == spinning
    assert found.curve("spin", "disk", compiled) is None
    assert found.curve("spin", "process", not compiled) is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"fairlead": 3}'])
def test_what_is_no_measurement_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "capacity.json"
    path.write_text(content)
    with pytest.raises(UnreadableCapacity, match="no measurement of a capacity"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCapacity, match=r"nowhere\.json: No such file"):
        read(tmp_path / "nowhere.json")
