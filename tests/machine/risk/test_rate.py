"""The message rate: the borders of its window, and nothing without a rate."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.machine import Machine
from fairlead.machine.risk.rate import MessageThrottle, Times
from fairlead.model.inputs import MessageRateChange
from fairlead.model.limits import MessageRate
from fairlead.model.outputs import FailedCheck, OrderRefused, Output
from fairlead.model.terms import Unit
from fairlead.model.units import Nanos, Sequence
from tests.machine.build import SET_UP, submit


def a_throttle(window: int) -> MessageThrottle:
    """Return a throttle with a window."""
    throttle = MessageThrottle()
    throttle.rate = MessageRate(10, 0, Nanos(window))
    return throttle


def test_a_message_leaves_the_window_exactly_when_the_window_is_over() -> None:
    """Control 11: one nanosecond before it still counts, at the border it does not."""
    throttle = a_throttle(1_000)
    throttle.count(Nanos(5_000))
    assert throttle.used(Nanos(5_000)) == 1
    assert throttle.used(Nanos(5_999)) == 1
    assert throttle.used(Nanos(6_000)) == 0


def test_messages_at_the_same_time_all_count() -> None:
    """A burst in one nanosecond is a burst."""
    throttle = a_throttle(1_000)
    for _ in range(4):
        throttle.count(Nanos(7))
    assert throttle.used(Nanos(7)) == 4


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 1_000))
def test_no_window_anywhere_holds_more_than_is_counted(gaps: list[int], window: int) -> None:
    """Control 11: the window slides; no burst hides at the border of two fixed ones."""
    throttle = a_throttle(window)
    sent: list[int] = []
    now = 0
    for gap in gaps:
        now += gap
        throttle.count(Nanos(now))
        sent.append(now)
        assert throttle.used(Nanos(now)) == sum(1 for time in sent if now - time < window)


@given(st.lists(st.integers(0, 50), max_size=300))
def test_what_is_past_the_window_is_forgotten(gaps: list[int]) -> None:
    """Invariant 14: memory follows the window, not the history."""
    throttle = a_throttle(100)
    now = 0
    for gap in gaps:
        now += gap
        throttle.used(Nanos(now))
        throttle.count(Nanos(now))
    assert all(now - time < 100 + 50 for time in throttle.times())
    assert throttle.used(Nanos(now + 100)) == len(throttle.times()) == 0


def test_of_what_is_past_the_window_little_is_kept() -> None:
    """Invariant 14: what is forgotten is dropped, by halves."""
    times = Times()
    for now in range(100_000):
        times.add(Nanos(now))
        assert times.since(Nanos(now - 100)) == min(now + 1, 100)
    assert len(times._times) < 400


def test_without_a_rate_nothing_leaves() -> None:
    """Invariant 11: a limit that nobody set is not a licence."""
    machine = Machine()
    without = [one for one in SET_UP if not isinstance(one, MessageRateChange)]
    outputs: list[Output] = []
    for number, one in enumerate([*without, submit(1)], 1):
        outputs = machine.apply(Sequence(number), Nanos(0), one)
    [refusal] = outputs
    assert isinstance(refusal, OrderRefused)
    assert refusal.failed == (FailedCheck("message_rate", 1, 0, Unit.COUNT),)
