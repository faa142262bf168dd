"""Bounded collections keep to their bound and count what they leave out."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.readers.bounded import OTHER, Ends, Tally, Thinned


def test_texts_beyond_the_bound_are_counted_together() -> None:
    tally = Tally(2)
    for text in ("a", "b", "c", "d", "b"):
        tally.add(text)
    assert list(tally.counts().items()) == [("b", 2), ("a", 1), (OTHER, 2)]
    assert tally.total == 5


@given(st.integers(1, 5), st.integers(0, 30))
def test_the_ends_of_a_stream_are_kept_in_order(each_max: int, count: int) -> None:
    ends: Ends[int] = Ends(each_max)
    for number in range(count):
        ends.add(number)
    kept = [*ends.first, *ends.last]
    assert kept == [n for n in range(count) if n < each_max or n >= max(each_max, count - each_max)]
    assert ends.dropped == count - len(kept)


@given(st.integers(2, 9), st.integers(0, 200))
def test_thinned_items_are_evenly_spread(items_max: int, count: int) -> None:
    thinned: Thinned[int] = Thinned(items_max)
    for number in range(count):
        thinned.add(number)
    assert thinned.items == list(range(0, count, thinned.stride))
    assert min(count, items_max // 2) <= len(thinned.items) <= items_max
    assert thinned.dropped == count - len(thinned.items)
