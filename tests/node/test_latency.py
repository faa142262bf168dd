"""The histogram of spans: fixed memory, and percentiles that are off by one bucket at most."""

import json
import random
import tracemalloc
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.node.latency import Latencies, read_latencies

SPANS = st.lists(st.integers(min_value=0, max_value=2**63 - 1), min_size=1, max_size=60)


def counted(spans: Iterable[int]) -> Latencies:
    """Return a histogram of spans."""
    latencies = Latencies()
    for span in spans:
        latencies.record(Nanos(span))
    return latencies


def test_an_empty_histogram_answers_zero() -> None:
    assert Latencies().percentile(990) == 0
    assert Latencies().as_json()["buckets"] == []


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_single_span_is_found_exactly(span: int) -> None:
    latencies = counted([span])
    assert latencies.percentile(500) == latencies.percentile(1000) == latencies.max == span


@given(SPANS, st.integers(min_value=1, max_value=1000))
def test_a_percentile_lies_within_one_128th_above_the_truth(spans: list[int], rank: int) -> None:
    truth = sorted(spans)[-(-len(spans) * rank // 1000) - 1]
    assert truth <= counted(spans).percentile(rank) <= truth + truth // 128


@given(st.integers(min_value=0, max_value=255), st.integers(min_value=256, max_value=999))
def test_a_short_span_is_known_to_the_nanosecond(span: int, longer: int) -> None:
    assert counted([span, longer]).percentile(500) == span


@given(SPANS, SPANS)
def test_histograms_add_up_to_the_histogram_of_everything(
    first: list[int], then: list[int]
) -> None:
    together = counted(first)
    together.add(counted(then))
    assert together.as_json() == counted(first + then).as_json()


@given(SPANS)
def test_what_is_written_is_read_back_bucket_for_bucket(spans: list[int]) -> None:
    written = counted(spans).as_json()
    assert read_latencies(json.loads(json.dumps(written))).as_json() == written


def test_the_figures_are_whole_nanoseconds_by_name() -> None:
    assert counted(range(1, 201)).as_json() | {"buckets": None} == {
        "count": 200,
        "p50_ns": 100,
        "p90_ns": 180,
        "p99_ns": 198,
        "p999_ns": 200,
        "max_ns": 200,
        "buckets": None,
    }


def test_the_distribution_reads_as_hdrhistogram_writes_it() -> None:
    assert counted([10, 10, 20, 40]).distribution().splitlines() == [
        "       Value     Percentile TotalCount 1/(1-Percentile)",
        "",
        "          10 0.500000000000          2           2.00",
        "          20 0.750000000000          3           4.00",
        "          40 1.000000000000          4            inf",
        "#[Max = 40, Total count = 4]",
    ]


def test_a_clock_that_was_put_back_counts_as_no_time() -> None:
    latencies = counted([-5])
    assert (latencies.count, latencies.max) == (1, 0)


def test_counting_keeps_nothing() -> None:
    chance = random.Random(1)
    spans = [chance.randrange(1, 10**9) for _ in range(5_000)]
    latencies = counted(spans)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for span in spans:
        latencies.record(Nanos(span))
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 500
