"""A book is applied whole, proved, trimmed to what a venue sends, and broken when it crosses."""

from random import Random

import pytest

from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.feed import FeedCounts
from fairlead.gateways.recorded import Oracle
from fairlead.gateways.venue_book import BookSide, Proof, TextSides, VenueBook
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot
from fairlead.model.units import Nanos
from tests.gateways.venues import instrument

TIME = Nanos(1)
WHOLE = TextSides([("9.00", "1"), ("8.00", "2")], [("10.00", "3"), ("11.00", "4")])


def book(depth: int = 0, proof: Proof | None = None) -> VenueBook:
    return VenueBook(instrument("BTC-USD.VENUE"), FeedCounts(), proof, depth)


def test_a_side_keeps_its_prices_in_order_as_a_plain_dictionary_does() -> None:
    chance = Random(1)
    for sign in (1, -1):
        side, plain = BookSide(sign), dict[int, str]()
        for turn in range(3_000):
            price, quantity = chance.randint(1, 60), chance.choice([0, chance.randint(1, 9)])
            side.set(price, quantity, f"{price}x{quantity}")
            if quantity:
                plain[price] = f"{price}x{quantity}"
            else:
                plain.pop(price, None)
            if turn % 100 == 99:
                best = sorted(plain, reverse=sign > 0)
                assert sorted(side.trim(40)) == sorted(best[40:])
                plain = {price: plain[price] for price in best[:40]}
            ordered = sorted(plain, reverse=sign > 0)
            assert side.best == (ordered[0] if ordered else 0)
            assert side.texts(5) == [plain[price] for price in ordered[:5]]


def test_a_change_before_a_snapshot_is_dropped() -> None:
    counts = FeedCounts()
    fresh = VenueBook(instrument("BTC-USD.VENUE"), counts)
    assert fresh.change(WHOLE, 1, TIME) == []
    assert counts.dropped == {"book_awaits_snapshot": 1}
    assert isinstance(fresh.snapshot(WHOLE, 2, TIME)[0], BookSnapshot)
    assert isinstance(fresh.change(TextSides([], []), 3, TIME)[0], BookChange)


@pytest.mark.parametrize("price", ["10.00", "10.50"])
def test_a_book_that_crosses_or_locks_is_broken(price: str) -> None:
    crossed = book()
    crossed.snapshot(WHOLE, 1, TIME)
    [gap] = crossed.change(TextSides([(price, "1")], []), 2, TIME)
    cents = price.replace(".", "")
    assert gap == BookGap(crossed.id, f"crossed book: bid {cents} >= ask 1000 (increments)")
    assert not crossed.believed
    assert crossed.lose("again") == []


def test_a_snapshot_that_crosses_is_a_gap_so_that_another_one_is_asked_for() -> None:
    crossed = book()
    [gap] = crossed.snapshot(TextSides([("11.00", "1")], [("10.00", "1")]), 1, TIME)
    assert isinstance(gap, BookGap)
    assert not crossed.believed


def test_levels_that_fall_out_of_reach_are_removed_in_the_change() -> None:
    trimmed = book(depth=2)
    trimmed.snapshot(WHOLE, 1, TIME)
    [change] = trimmed.change(TextSides([("9.50", "5")], []), 2, TIME)
    assert isinstance(change, BookChange)
    assert change.bids == ((950, 5_000), (800, 0))
    assert change.asks == ()


def test_a_checksum_that_is_different_breaks_the_book_and_is_counted() -> None:
    oracle = Oracle("checksum")
    proof = Proof(lambda price, quantity: f"{price}:{quantity}", lambda b, a: 7, oracle)
    proved = book(proof=proof)
    proved.snapshot(WHOLE, 1, TIME, 7)
    proved.change(TextSides([], []), 2, TIME, None)
    assert (oracle.compared, oracle.equal) == (1, 1)
    [gap] = proved.change(TextSides([], []), 3, TIME, 8)
    assert gap == BookGap(proved.id, "checksum: expected 8, found 7")
    assert (oracle.different, oracle.examples) == (1, ["BTC-USD checksum: expected 8, found 7"])


def test_a_number_that_is_none_changes_nothing_and_an_empty_level_is_no_snapshot() -> None:
    whole = book()
    whole.snapshot(WHOLE, 1, TIME)
    with pytest.raises(MalformedNumber):
        whole.change(TextSides([("9.50", "5"), ("9.x", "5")], []), 2, TIME)
    [change] = whole.change(TextSides([], [("9.60", "1")]), 2, TIME)
    assert isinstance(change, BookChange), "the bid at 9.50 was not taken"
    with pytest.raises(MalformedFrame, match="a level of the snapshot is empty"):
        whole.snapshot(TextSides([("9.00", "0")], []), 3, TIME)
