"""What is Kraken's own: snapshots of one side, depths by name, frames of two payloads."""

import json

import pytest

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.kraken import KrakenFeed
from fairlead.model.inputs import BookGap, BookSnapshot, Input
from fairlead.model.units import Nanos
from tests.gateways.venues import instrument

WHEN = "1700000000.123000"


def receive(feed: KrakenFeed, message: object) -> list[Input]:
    return feed.receive(json.dumps(message).encode(), Nanos(0))


def test_a_snapshot_of_one_side_is_a_snapshot() -> None:
    for side in ("as", "bs"):
        feed = KrakenFeed([instrument("XBT/USD.KRAKEN")])
        [got] = receive(feed, [1, {side: [["9.00", "1.000", WHEN]]}, "book-10", "XBT/USD"])
        assert isinstance(got, BookSnapshot)
        assert len(got.bids) + len(got.asks) == 1
        assert got.venue_time == 1_700_000_000_123_000_000


def test_a_level_that_is_republished_says_so_in_a_fourth_word() -> None:
    feed = KrakenFeed([instrument("XBT/USD.KRAKEN")])
    receive(feed, [1, {"as": [], "bs": [["9.00", "1.000", WHEN]]}, "book-10", "XBT/USD"])
    got = receive(feed, [1, {"b": [["8.00", "1.000", WHEN, "r"]]}, "book-10", "XBT/USD"])
    assert len(got) == 1


@pytest.mark.parametrize("name", ["book-", "book-x", "book-100000", "book--1"])
def test_a_depth_that_is_none_costs_the_book(name: str) -> None:
    feed = KrakenFeed([instrument("XBT/USD.KRAKEN")])
    message = {"as": [], "bs": [["9.00", "1.000", WHEN]]}
    with pytest.raises(MalformedFrame, match="expected book-10 or so"):
        receive(feed, [1, message, name, "XBT/USD"])
    receive(feed, [1, message, "book-10", "XBT/USD"])
    [gap] = receive(feed, [1, message, name, "XBT/USD"])
    assert isinstance(gap, BookGap)
    assert feed.counts.dropped == {"malformed_fields": 2}


def test_a_checksum_that_is_no_number_costs_the_book() -> None:
    feed = KrakenFeed([instrument("XBT/USD.KRAKEN")])
    receive(feed, [1, {"as": [], "bs": [["9.00", "1.000", WHEN]]}, "book-10", "XBT/USD"])
    change = {"b": [["8.00", "1.000", WHEN]], "c": "-1"}
    [gap] = receive(feed, [1, change, "book-10", "XBT/USD"])
    assert isinstance(gap, BookGap)
    assert "'-1' is no checksum" in gap.reason
