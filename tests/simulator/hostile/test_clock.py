"""A clock that misbehaves, against the true time."""

from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.hostile.clock import HostileClock

START = Nanos(1_000 * NANOS_PER_SECOND)
UNTIL = Nanos(START + 100 * NANOS_PER_SECOND)
STEP = 50_000_000


def test_without_troubles_it_is_right() -> None:
    clock = HostileClock(Chance(1, 1), START, UNTIL, 0)
    clock.go_to(Nanos(START + 5))
    clock.set(Nanos(0))
    assert (clock.now(), clock.troubles) == (START + 5, [])
    assert clock.reaches(Nanos(START + 9)) == START + 9
    assert clock.reaches(Nanos(START + 1)) == START + 5


def test_it_reaches_a_time_when_it_first_says_so() -> None:
    """Whatever it does until then: asked for any time ahead, walking there shows the same."""
    kinds: set[str] = set()
    for seed in range(30):
        clock = HostileClock(Chance(seed, 1), START, UNTIL, 6)
        kinds |= {trouble.split()[0] for trouble in clock.troubles}
        wanted = Nanos(clock.now() + 20 * NANOS_PER_SECOND)
        reached = clock.reaches(wanted)
        while clock.true + STEP < reached:
            clock.go_to(Nanos(clock.true + STEP))
            assert clock.now() < wanted
        clock.go_to(reached)
        assert clock.now() >= wanted
    assert kinds == {"froze", "drifted", "jumped", "was"}


def test_in_the_end_somebody_puts_it_right() -> None:
    for seed in range(20):
        clock = HostileClock(Chance(seed, 1), START, UNTIL, 6)
        assert clock.right_from == UNTIL
        clock.go_to(Nanos(UNTIL + 7))
        assert clock.now() == UNTIL + 7
