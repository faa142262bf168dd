"""What a message took is measured, and never made better than it is."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.delays import Delays
from fairlead.model.inputs import BookGap, BookSnapshot, Quote
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId

MILLISECOND = 1_000_000


def quote(venue_time: int) -> Quote:
    return Quote(
        InstrumentId(1),
        Price(1),
        Quantity(1),
        Price(2),
        Quantity(1),
        UpdateId(1),
        Nanos(venue_time),
    )


def test_a_delay_is_receive_time_less_venue_time() -> None:
    delays = Delays()
    for sent in (10, 20, 30):
        delays.observe([quote(sent * MILLISECOND)], Nanos(31 * MILLISECOND))
    assert (delays.count, delays.min, delays.max) == (3, MILLISECOND, 21 * MILLISECOND)
    assert delays.median is not None
    assert abs(delays.median - 11 * MILLISECOND) <= 0.04 * 11 * MILLISECOND


def test_what_came_before_it_was_sent_is_told() -> None:
    delays = Delays()
    delays.observe([quote(5 * MILLISECOND)], Nanos(3 * MILLISECOND))
    delays.observe([quote(5 * MILLISECOND)], Nanos(6 * MILLISECOND))
    assert (delays.min, delays.negative, delays.negative_share) == (-2 * MILLISECOND, 1, 0.5)
    assert "NEGATIVE in 1 (50.00 %)" in str(delays)


def test_snapshots_and_what_tells_no_time_are_not_measured() -> None:
    delays = Delays()
    snapshot = BookSnapshot(InstrumentId(1), (), (), UpdateId(1), Nanos(1))
    delays.observe([snapshot, quote(0), BookGap(InstrumentId(1), "x")], Nanos(5))
    assert (delays.count, delays.untold, delays.median) == (0, 1, None)
    assert str(delays) == "not measured: the venue tells no times"


@given(st.lists(st.integers(-(2**61), 2**61), min_size=1, max_size=50))
def test_the_median_is_near_the_true_one(spans: list[int]) -> None:
    delays = Delays()
    for span in spans:
        delays.record(Nanos(span))
    true = sorted(spans)[(len(spans) - 1) // 2]
    assert delays.median is not None
    assert abs(delays.median - true) <= abs(true) / 32 + 1
    assert (delays.min, delays.max) == (min(spans), max(spans))
    assert delays.as_json()["negative"] == sum(span < 0 for span in spans)
