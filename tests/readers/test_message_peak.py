"""The busiest second is any second, and its end is known."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.outputs import CancelOrder, QueryOrder
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos, OrderId
from fairlead.readers.message_peak import Busiest, MessagePeak


@given(st.lists(st.integers(min_value=0, max_value=4 * NANOS_PER_SECOND), max_size=60))
def test_the_busiest_second_is_the_one_that_a_plain_count_finds(times: list[int]) -> None:
    times.sort()
    busiest = Busiest()
    for time in times:
        busiest.add(Nanos(time))
    counts = [sum(end - NANOS_PER_SECOND < time <= end for time in times) for end in times]
    assert busiest.count == max(counts, default=0)
    if times:
        assert busiest.time in times


def test_a_burst_across_the_turn_of_a_second_counts_whole() -> None:
    busiest = Busiest()
    for time in (900, 950, 1_050, 1_899, 1_901):
        busiest.add(Nanos(time * 10**6))
    assert (busiest.count, busiest.time) == (4, 1_899 * 10**6)


def test_messages_are_orders_replaces_and_cancels_and_nothing_else() -> None:
    peak = MessagePeak()
    cancel = CancelOrder(OrderId(1), InstrumentId(1))
    peak.count(Nanos(10**9), [cancel, cancel, QueryOrder(OrderId(1), InstrumentId(1), "", "")])
    assert (peak.messages.count, peak.executions.count) == (2, 0)
