"""The clocks are compared and written down; nothing that counts is moved by the other one."""

import random

import pytest

from fairlead.journal.sequencer import Sequencer, SteadyClock
from fairlead.machine.machine import Machine as TradingMachine
from fairlead.machine.risk.rate import MessageThrottle
from fairlead.model.inputs import ClockChecked, NodeStarted
from fairlead.model.limits import MessageRate
from fairlead.model.outputs import BreakerChanged, ClockAlert
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import AlertLevel, BreakerState
from fairlead.model.units import Nanos, Sequence
from fairlead.node.clock_watch import ClockSettings, ClockWatch
from fairlead.simulator.days import next_day
from tests.journal.clocks import DAY, HOUR, MINUTE, NOON, SECOND, Machine, wrong_clock

SETTINGS = ClockSettings()


def watched(machine: Machine) -> ClockWatch:
    """Return a watch over a machine's clocks."""
    return ClockWatch(SteadyClock(Nanos(0), machine.wall, machine.monotonic), SETTINGS)


def test_the_clocks_are_compared_about_once_a_minute() -> None:
    """RTS 25: the divergence and its source, every minute, with the original time."""
    machine = Machine(lambda passed: 40_000)
    watch = watched(machine)
    found = []
    for _ in range(1_000):
        checked = watch.due()
        found += [checked] if checked is not None else []
        machine.passed += SECOND
    assert len(found) == 17
    assert {one.ours - one.wall for one in found} == {0}  # it was anchored there
    assert all("CLOCK_REALTIME" in one.source for one in found)


@pytest.mark.parametrize("by", [HOUR, -HOUR, DAY, -DAY, 2 * SECOND, 3_000_000])
def test_a_jump_is_written_down_at_once(by: int) -> None:
    machine = Machine(lambda passed: by if passed >= 10 * SECOND else 0)
    watch = watched(machine)
    assert watch.due() is not None
    machine.passed = 10 * SECOND - 1
    assert watch.due() is None
    machine.passed = 10 * SECOND
    checked = watch.due()
    assert checked is not None
    assert checked.wall - checked.ours == by
    assert watch.due() is None


def test_a_clock_that_jumps_all_the_time_does_not_fill_the_journal() -> None:
    machine = Machine(lambda passed: random.Random(passed).randint(-DAY, DAY))
    watch = watched(machine)
    written = 0
    for _ in range(2_000):  # ten seconds, looked at every five milliseconds
        written += watch.due() is not None
        machine.passed += 5_000_000
    assert written <= 100


@pytest.mark.parametrize("seed", range(500))
def test_throttles_and_days_follow_the_time_that_passed(seed: int) -> None:
    """Faults 8: not reset by a backward jump, and not opened by one forward."""
    machine = Machine(wrong_clock(seed), booted=seed)
    began = machine.wall()
    sequencer = Sequencer(
        SteadyClock(Nanos(0), machine.wall, machine.monotonic), Sequence(0), Nanos(0)
    )
    throttle = MessageThrottle()
    throttle.rate = MessageRate(count_max=5, cancel_reserve=0, window=Nanos(SECOND))
    day_end = next_day(sequencer.stamp())
    left: list[int] = []
    days = 0
    chance = random.Random(seed)
    for _ in range(300):
        machine.passed += chance.choice([0, 50_000_000, 300_000_000, HOUR // 2])
        now = sequencer.stamp()
        if throttle.used(now) < 5:
            throttle.count(now)
            left.append(machine.passed)
        if now >= day_end:
            day_end = next_day(now)
            days += 1
    for first, sixth in zip(left, left[5:], strict=False):
        assert sixth - first >= SECOND
    assert days == (began + machine.passed) // DAY - began // DAY


@pytest.mark.parametrize("seed", range(500))
def test_what_the_machine_makes_of_a_clock_follows_from_how_far_it_is_off(seed: int) -> None:
    clocks = Machine(wrong_clock(seed))
    watch = watched(clocks)
    machine = TradingMachine()
    machine.apply(Sequence(1), Nanos(NOON), NodeStarted(1, "b", "c", "paper"))
    accepted = 0
    trips = halts = 0
    level = AlertLevel.ENDED
    for number in range(2, 120):
        clocks.passed += 30 * SECOND
        checked = watch.due()
        if checked is None:
            continue
        offset = checked.ours - checked.wall
        before = machine.gate.breakers.state(machine.gate.tree.firm)
        outputs = machine.apply(
            Sequence(machine.state.sequence + 1), Nanos(NOON + clocks.passed), checked
        )
        changed = [one for one in outputs if isinstance(one, BreakerChanged)]
        alerts = [one for one in outputs if isinstance(one, ClockAlert)]
        if abs(offset - accepted) > checked.halt:
            accepted = offset
            trips += 1
            halts += before is BreakerState.ACTIVE
            assert len(changed) == (before is BreakerState.ACTIVE)
        else:
            assert not changed
        for alert in alerts:
            level = alert.level
            assert alert.offset == abs(offset)
        if abs(offset) > checked.alarm:
            assert level is AlertLevel.HARD
        if abs(offset) < checked.warning * 9 // 10:
            assert level is AlertLevel.ENDED
        assert number
    assert halts == min(trips, 1), "nobody let go of it"
    assert machine.gate.breakers.state(machine.gate.tree.firm) is (
        BreakerState.CANCEL_ONLY if trips else BreakerState.ACTIVE
    )


def test_a_start_takes_the_clocks_as_they_are() -> None:
    machine = TradingMachine()
    machine.apply(Sequence(1), Nanos(NOON), NodeStarted(1, "b", "c", "paper"))
    behind = ClockChecked(Nanos(NOON), Nanos(NOON - HOUR), "test")
    assert any(
        isinstance(one, BreakerChanged) and one.scope == FIRM
        for one in machine.apply(Sequence(2), Nanos(NOON), behind)
    )
    machine.apply(Sequence(3), Nanos(NOON), NodeStarted(2, "b", "c", "paper"))
    right = ClockChecked(Nanos(NOON + MINUTE), Nanos(NOON + MINUTE), "test")
    outputs = machine.apply(Sequence(4), Nanos(NOON + MINUTE), right)
    assert not [one for one in outputs if isinstance(one, BreakerChanged)]
