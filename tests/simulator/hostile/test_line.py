"""One direction of a network: late, twice, in another order or never; and nothing is forgotten."""

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.line import Line
from fairlead.simulator.world import NEVER

LATE = Nanos(1_000_000)
MANY = 400


def carried(seed: int, numbered: bool = False) -> tuple[Line[int], list[int]]:
    """Return a line that carried many numbers, and what arrived of them."""
    line: Line[int] = Line(Chance(seed, 1), LATE, numbered)
    for number in range(MANY):
        line.put(number, Nanos(number * 1_000))
    arrived = []
    before = Nanos(0)
    while line.next_time != NEVER:
        assert line.next_time >= before
        before = line.next_time
        arrived.append(line.take())
    return line, arrived


def test_lines_lose_repeat_and_reorder_as_the_seed_has_it() -> None:
    runs = [carried(seed) for seed in range(40)]
    assert any(len(set(arrived)) < MANY for _, arrived in runs)
    assert any(len(set(arrived)) < len(arrived) for _, arrived in runs)
    assert any(arrived != sorted(arrived) for _, arrived in runs)
    assert any(arrived == list(range(MANY)) for _, arrived in runs), "some are as good as any"
    assert all(line.unaccounted == 0 and line.under_way == 0 for line, _ in runs)
    assert carried(7)[1] == carried(7)[1]


def test_what_is_numbered_arrives_in_its_order() -> None:
    assert all(arrived == sorted(arrived) for _, arrived in (carried(s, True) for s in range(40)))


def test_a_line_that_is_cut_loses_everything_until_it_is_joined() -> None:
    line: Line[int] = Line(Chance(3, 1), LATE)
    line.heal()
    line.put(1, Nanos(0))
    line.cut()
    line.put(2, Nanos(1))
    assert (line.next_time, line.dropped) == (NEVER, 2)
    line.join()
    line.put(3, Nanos(2))
    assert (line.take(), line.unaccounted) == (3, 0)
    line.put(4, Nanos(3))
    line.clear()
    assert line.dropped == 3
