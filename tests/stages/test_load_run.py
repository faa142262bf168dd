"""A run under a load is a real session: journaled, held to every limit, and its time is told."""

from pathlib import Path

import pytest

from fairlead.node.capacity import Line
from fairlead.node.recovery import verify
from fairlead.stages.load_run import configuration, run_load

BLOCKING = Line("blocking", "block", "process", compiled=False)
DISK = Line("spinning, disk", "spin", "disk", compiled=False)


@pytest.mark.parametrize("line", [BLOCKING, DISK])
def test_a_run_counts_each_tick_once_and_leaves_a_journal_that_holds(
    line: Line, tmp_path: Path
) -> None:
    row = run_load(line, 2_000, 40, tmp_path)
    for figures in (row.tick_to_order, row.order_to_acknowledgement, row.order_to_fill):
        assert figures.count == 40
        assert 0 < figures.p50 <= figures.p90 <= figures.p99 <= figures.p999 <= figures.max
    assert row.rate == 2_000
    verdict = verify(tmp_path / "journal")
    assert verdict.passed
    assert verdict.inputs > 3 * 40


def test_every_limit_of_the_strictest_profile_is_asked() -> None:
    risk = configuration(BLOCKING).risk
    assert risk.profile is None
    assert not list(risk.switched_off())
    assert len(next(iter(risk.resolved().all_limits()))[1]) == 20
    assert len(list(risk.resolved().all_breakers())) == 9


def test_the_durability_and_the_wait_of_a_line_are_those_of_its_session() -> None:
    settings = configuration(DISK)
    assert (settings.journal.durability, settings.session.wait) == ("disk", "spin")
