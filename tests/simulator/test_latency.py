"""Wires: what is sent arrives later, in order, after its latency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.latency import LatencyModel, Wire
from fairlead.simulator.world import NEVER


def wire(constant: int, jitter: int = 0) -> Wire[int]:
    """Return a wire for numbers."""
    return Wire(LatencyModel(Nanos(constant), Nanos(jitter)), Chance(1, 1))


def test_what_is_sent_arrives_after_the_latency() -> None:
    line = wire(250)
    assert line.next_time == NEVER
    line.send(7, Nanos(1_000))
    assert line.next_time == 1_250
    assert line.receive() == 7
    assert line.next_time == NEVER


@given(st.lists(st.integers(0, 300), min_size=1, max_size=50))
def test_with_any_jitter_nothing_overtakes_and_nothing_is_early(gaps: list[int]) -> None:
    line = wire(10, 500)
    time, sent = 0, []
    for number, gap in enumerate(gaps):
        time += gap
        sent.append(time)
        line.send(number, Nanos(time))
    last = 0
    for number, sent_at in enumerate(sent):
        arrival = line.next_time
        assert arrival >= max(last, sent_at + 10)
        assert arrival <= max(last, sent_at + 510)
        assert line.receive() == number
        last = arrival


def test_jitter_reaches_both_ends() -> None:
    line = wire(1, 3)
    delays = set()
    for step in range(200):
        line.send(step, Nanos(step * 100))
        delays.add(line.next_time - step * 100)
        line.receive()
    assert delays == {1, 2, 3, 4}


@pytest.mark.parametrize(("constant", "jitter"), [(0, 0), (-5, 0), (1, -1)])
def test_a_latency_below_one_nanosecond_is_refused(constant: int, jitter: int) -> None:
    with pytest.raises(ValueError, match=f"found constant {constant} ns and jitter {jitter} ns"):
        LatencyModel(Nanos(constant), Nanos(jitter))
