"""Numbers without gaps, and a time that never goes back whatever the clock does."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.journal.sequencer import (
    Sequencer,
    SteadyClock,
    VirtualClock,
    WallClock,
    monotonic_ns,
)
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence
from tests.journal.clocks import DAY, MINUTE, SECOND, Machine, wrong_clock
from tests.journal.clocks import NOON as NOON_OF_DAY

HOUR = 3_600 * NANOS_PER_SECOND
NOON = 1_700_000_000 * NANOS_PER_SECOND


@given(st.lists(st.integers(0, 2**62), max_size=50), st.integers(0, 2**62), st.integers(0, 2**40))
def test_numbers_are_gapless_and_time_never_goes_back(
    readings: list[int], last_time: int, last: int
) -> None:
    """B-EVT-07, B-EVT-13, fault 8: for any clock, and after any restart."""
    clock = VirtualClock(Nanos(0))
    sequencer = Sequencer(clock, Sequence(last), Nanos(last_time))
    before = Nanos(last_time)
    for count, reading in enumerate(readings, 1):
        clock.set(Nanos(reading))
        time = sequencer.stamp()
        assert sequencer.last == last + count
        assert time == sequencer.last_time == max(before, reading)
        before = time


@pytest.mark.parametrize("jump", [-HOUR, -24 * HOUR, -1], ids=["an hour", "a day", "a tick"])
def test_a_clock_that_jumps_back_is_waited_for(jump: int) -> None:
    """Fault 8: the last time is used again until the clock has caught up."""
    clock = VirtualClock(Nanos(NOON))
    sequencer = Sequencer(clock, Sequence(0), Nanos(0))
    assert sequencer.stamp() == NOON
    clock.set(Nanos(NOON + jump))
    assert sequencer.stamp() == NOON
    clock.set(Nanos(NOON + 1))
    assert (sequencer.stamp(), sequencer.last) == (NOON + 1, 3)


def test_a_restart_goes_on_where_the_journal_ended() -> None:
    """B-EVT-08: the next number, and no time before the last one."""
    sequencer = Sequencer(VirtualClock(Nanos(5)), Sequence(41), Nanos(NOON))
    assert (sequencer.stamp(), sequencer.last) == (NOON, 42)


def test_a_virtual_clock_stands_where_it_was_put() -> None:
    """Simulated and recorded worlds have no other time."""
    clock = VirtualClock(Nanos(7))
    assert (clock.now(), clock.now()) == (7, 7)
    clock.set(Nanos(3))
    assert clock.now() == 3


def test_the_clocks_of_this_machine_count_nanoseconds_forward() -> None:
    """The only place where they are read."""
    wall = [WallClock().now() for _ in range(3)]
    assert wall[0] > NOON
    spans = [monotonic_ns() for _ in range(3)]
    assert all(later >= earlier for earlier, later in itertools.pairwise(spans))


@pytest.mark.parametrize("seed", range(500))
def test_a_steady_clock_goes_evenly_whatever_the_time_of_day_does(seed: int) -> None:
    """Faults 8: linear, stepping, periodic, noisy, frozen; leap seconds, stepped and smeared."""
    machine = Machine(wrong_clock(seed), booted=seed * SECOND)
    began = machine.wall()
    steady = SteadyClock(Nanos(0), machine.wall, machine.monotonic)
    sequencer = Sequencer(steady, Sequence(0), Nanos(0))
    chance = random.Random(seed)
    for _ in range(200):
        machine.passed += chance.choice([1, 1_000, SECOND, MINUTE])
        assert sequencer.stamp() == began + machine.passed
        ours, wall = steady.compare()
        assert (ours, wall) == (began + machine.passed, machine.wall())


def test_a_steady_clock_begins_after_what_was_stamped_before() -> None:
    """The machine's time of day was put back between two starts: time goes on, and not back."""
    machine = Machine(lambda passed: -DAY)
    steady = SteadyClock(Nanos(NOON_OF_DAY), machine.wall, machine.monotonic)
    assert steady.now() == NOON_OF_DAY
    machine.passed += 5
    assert steady.now() == NOON_OF_DAY + 5
    assert steady.compare() == (NOON_OF_DAY + 5, NOON_OF_DAY + 5 - DAY)


def test_a_comparison_that_was_held_up_is_made_again() -> None:
    reads = iter([0, 0, 900_000, 900_000, 900_010, 900_010])
    steady = SteadyClock(Nanos(0), lambda: 7, lambda: next(reads))
    assert steady.compare() == (7 + 900_005, 7)


def test_the_clocks_of_this_machine_agree() -> None:
    ours, wall = SteadyClock().compare()
    assert abs(ours - wall) < SECOND
