"""The histogram of spans: bounded memory, and percentiles that are off by at most one bucket."""

import random

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.node.latency import Latencies


def test_an_empty_histogram_answers_zero() -> None:
    assert Latencies().percentile(990) == 0


@given(st.integers(min_value=0, max_value=10**15))
def test_a_single_span_is_found_exactly(span: int) -> None:
    latencies = Latencies()
    latencies.record(Nanos(span))
    assert latencies.percentile(500) == latencies.percentile(1000) == latencies.max == span


def test_percentiles_lie_within_one_thirty_second_of_the_truth() -> None:
    chance = random.Random(1)
    spans = sorted(chance.randrange(1, 10**7) for _ in range(5_000))
    latencies = Latencies()
    for span in spans:
        latencies.record(Nanos(span))
    for per_mille in (500, 900, 990, 999):
        truth = spans[len(spans) * per_mille // 1000 - 1]
        assert truth <= latencies.percentile(per_mille) <= truth + truth // 16 + 1


def test_a_clock_that_was_put_back_counts_as_no_time() -> None:
    latencies = Latencies()
    latencies.record(Nanos(-5))
    assert (latencies.count, latencies.max) == (1, 0)
