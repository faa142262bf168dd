"""Lines are measured by turns, each at each rate as often as is planned."""

from fairlead.node.capacity import Line, Row
from fairlead.stages.capacity import TICKS_MAX, TICKS_MIN, Plan, baseline, measure, usual_lines
from tests.node.capacities import row

LINES = (Line("a", "block", "process"), Line("b", "spin", "process"))


def test_lines_are_run_by_turns_and_rows_lie_in_the_order_of_their_rates() -> None:
    ran: list[tuple[str, int]] = []
    told: list[str] = []

    def probe(line: Line, rate: int, ticks: int) -> Row:
        ran.append((line.name, rate))
        return row(rate, len(ran))

    plan = Plan(LINES, (100, 500), repetitions=2)
    first, second = measure(plan, probe, told.append)
    once = [("a", 100), ("b", 100), ("a", 500), ("b", 500)]
    assert ran == once * 2
    assert [(each.rate, each.tick_to_order.p99) for each in first.rows] == [
        *((100, 1), (100, 5), (500, 3), (500, 7)),
    ]
    assert second.line.name == "b"
    assert told[0] == "1 of 2: 100 orders a second, a"


def test_a_run_has_enough_ticks_for_a_p99_and_not_more_than_it_can_wait_for() -> None:
    plan = Plan(LINES, seconds=2)
    assert [plan.ticks(rate) for rate in (100, 1_000, 20_000)] == [TICKS_MIN, 2_000, TICKS_MAX]


def test_the_usual_lines_are_all_the_ways_in_which_a_session_waits_and_writes() -> None:
    lines = usual_lines(compiled=True, core=1)
    ways = {(line.wait, line.durability) for line in lines}
    assert len(ways) == len(lines) == 4
    assert all(line.idle_collector for line in lines)
    assert [line.core for line in lines if line.wait == "spin"] == [1, 1]


def test_the_baseline_has_nothing_of_what_tunes() -> None:
    line = baseline()
    assert line == Line("baseline", "block", "process", compiled=False, idle_collector=False)
