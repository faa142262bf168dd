"""A connection from its subscriptions to its end, as a shell drives it; with Binance's dialect."""

import json

import msgspec
import pytest

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.liveness import DEFAULT_LIMITS, DataClass
from fairlead.gateways.subscriptions import CONFIRMATION_TIME_MAX
from fairlead.gateways.venue_feed import LINE_SILENCE_MAX, NO_TIME, TICK
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input, Quote
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos
from tests.gateways.binance.venue import ETHUSDT, Venue, combined
from tests.gateways.mutations import check_feed

ETH, BTC = InstrumentId(1), InstrumentId(2)
BTCUSDT = msgspec.structs.replace(ETHUSDT, instrument=BTC, symbol="BTCUSDT.BINANCE")
BEGAN = Nanos(1_700_000_000 * NANOS_PER_SECOND)


def later(seconds: int) -> Nanos:
    return Nanos(BEGAN + seconds * NANOS_PER_SECOND)


def encoded(message: object) -> bytes:
    return json.dumps(message).encode()


def depth(symbol: str, first: int, last: int) -> bytes:
    event = {"e": "depthUpdate", "E": 1, "s": symbol, "U": first, "u": last, "b": [], "a": []}
    return combined(f"{symbol.lower()}@depth@100ms", event)


def snapshot(update: int) -> bytes:
    return encoded({"lastUpdateId": update, "bids": [["99.99", "1"]], "asks": [["100.00", "1"]]})


def asked() -> BinanceFeed:
    """Return a feed of two instruments that has asked for its streams."""
    feed = BinanceFeed([ETHUSDT, BTCUSDT], Market.SPOT)
    feed.connected(BEGAN)
    return feed


def running() -> BinanceFeed:
    """Return a feed whose two books are whole."""
    feed = asked()
    feed.outgoing()
    feed.receive(encoded({"result": None, "id": 1}), BEGAN)
    for request in feed.snapshot_requests():
        feed.receive(request.frame(snapshot(10)), BEGAN)
    assert feed.needs_snapshots == ()
    return feed


def kinds(inputs: list[Input]) -> list[tuple[str, int]]:
    return [
        (type(got).__name__, got.instrument)
        for got in inputs
        if isinstance(got, BookGap | BookSnapshot | BookChange | Quote)
    ]


def test_subscriptions_come_first_then_the_snapshots_of_what_was_confirmed() -> None:
    feed = asked()
    [message] = feed.outgoing()
    assert json.loads(message) == {
        "method": "SUBSCRIBE",
        "params": [
            *("ethusdt@depth@100ms", "ethusdt@bookTicker", "ethusdt@trade"),
            *("btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade"),
        ],
        "id": 1,
    }
    assert feed.snapshot_requests() == []
    feed.receive(encoded({"result": None, "id": 1}), BEGAN)
    requests = feed.snapshot_requests()
    assert [each.instrument for each in requests] == [ETH, BTC]
    assert feed.snapshot_requests() == []
    got = [feed.receive(each.frame(snapshot(10)), BEGAN) for each in reversed(requests)]
    assert [kinds(each) for each in got] == [[("BookSnapshot", BTC)], [("BookSnapshot", ETH)]]
    assert feed.counts.dropped == {"answer": 1}
    assert feed.counts.balanced


def test_events_wait_for_their_own_snapshot_and_follow_it() -> None:
    feed = asked()
    assert feed.receive(depth("ETHUSDT", 11, 12), BEGAN) == []
    assert feed.receive(depth("BTCUSDT", 11, 12), BEGAN) == []
    eth, btc = feed.snapshot_requests()
    got = feed.receive(btc.frame(snapshot(10)), BEGAN)
    assert kinds(got) == [("BookSnapshot", BTC), ("BookChange", BTC)]
    assert feed.counts.waiting == 1
    got = feed.receive(eth.frame(snapshot(10)), BEGAN)
    assert kinds(got) == [("BookSnapshot", ETH), ("BookChange", ETH)]
    assert feed.counts.balanced


def test_a_bare_snapshot_is_of_whom_it_was_asked_for_where_that_is_one() -> None:
    feed = asked()
    feed.receive(depth("BTCUSDT", 11, 12), BEGAN)
    assert len(feed.snapshot_requests()) == 1
    assert kinds(feed.receive(snapshot(11), BEGAN))[0] == ("BookSnapshot", BTC)
    assert feed.receive(snapshot(11), BEGAN) == []
    assert feed.counts.dropped == {"snapshot_of_nobody": 1}


def test_a_snapshot_that_is_too_old_is_fetched_again_after_a_pause() -> None:
    feed = asked()
    feed.receive(depth("ETHUSDT", 20, 22), BEGAN)
    [request] = feed.snapshot_requests()
    assert feed.receive(request.frame(snapshot(10)), BEGAN) == []
    assert feed.counts.dropped == {"snapshot_too_old": 1}
    assert feed.snapshot_requests() == []
    feed.tick(later(2))
    [request] = feed.snapshot_requests()
    assert len(feed.receive(request.frame(snapshot(21)), later(2))) == 2


def test_a_gap_is_repaired_by_a_snapshot_while_the_other_book_goes_on() -> None:
    feed = running()
    assert kinds(feed.receive(depth("ETHUSDT", 13, 14), BEGAN)) == [("BookGap", ETH)]
    assert kinds(feed.receive(depth("BTCUSDT", 11, 14), BEGAN)) == [("BookChange", BTC)]
    [request] = feed.snapshot_requests()
    assert request.instrument == ETH
    feed.snapshot_failed(ETH, "503", BEGAN)
    assert feed.snapshot_requests() == []
    feed.tick(later(2))
    [request] = feed.snapshot_requests()
    got = feed.receive(request.frame(snapshot(13)), later(2))
    assert kinds(got) == [("BookSnapshot", ETH), ("BookChange", ETH)]


def test_a_silent_instrument_is_stale_though_the_line_is_busy_and_its_stream_is_renewed() -> None:
    feed = running()
    feed.outgoing()
    limit = DEFAULT_LIMITS[DataClass.BOOK] // NANOS_PER_SECOND
    gaps: list[Input] = []
    for second in range(1, limit + 2):
        feed.receive(depth("BTCUSDT", 10 + second, 10 + second), later(second))
        gaps += feed.tick(later(second))
    assert gaps == [BookGap(ETH, "silent: no book for 61 seconds")]
    ended, begun = map(json.loads, feed.outgoing())
    assert (ended["method"], ended["params"]) == ("UNSUBSCRIBE", ["ethusdt@depth@100ms"])
    assert (begun["method"], begun["params"]) == ("SUBSCRIBE", ["ethusdt@depth@100ms"])
    feed.receive(encoded({"result": None, "id": begun["id"]}), later(limit + 2))
    [request] = feed.snapshot_requests()
    got = feed.receive(request.frame(snapshot(99)), later(limit + 2))
    assert kinds(got) == [("BookSnapshot", ETH)]


def test_a_refused_subscription_fails_with_the_venues_words() -> None:
    feed = asked()
    feed.receive(encoded({"error": {"code": 2, "msg": "Invalid request: no"}, "id": 1}), BEGAN)
    assert feed.failed == "the venue refused a subscription: 2: Invalid request: no"


def test_a_subscription_that_is_never_confirmed_fails() -> None:
    feed = asked()
    feed.outgoing()
    feed.receive(depth("ETHUSDT", 1, 2), Nanos(BEGAN + CONFIRMATION_TIME_MAX))
    feed.tick(Nanos(BEGAN + CONFIRMATION_TIME_MAX + 1))
    assert feed.failed.startswith("the venue confirmed no subscription to ethusdt@depth@100ms,")


def test_a_line_on_which_nothing_comes_fails() -> None:
    feed = running()
    feed.tick(Nanos(BEGAN + LINE_SILENCE_MAX))
    assert feed.failed == ""
    feed.tick(Nanos(BEGAN + LINE_SILENCE_MAX + 1))
    assert feed.failed == "nothing came for 60 seconds"


def test_a_line_of_pairs_that_stand_still_is_kept_as_long_as_the_venue_answers() -> None:
    feed = running()
    feed.outgoing()
    asked = Nanos(BEGAN + LINE_SILENCE_MAX // 2 + 1)
    feed.tick(asked)
    assert feed.outgoing() == [b'{"method":"LIST_SUBSCRIPTIONS","id":0}']
    feed.receive(encoded({"result": ["ethusdt@trade"], "id": 0}), asked)
    feed.tick(Nanos(asked + LINE_SILENCE_MAX))
    assert feed.failed == ""


def test_the_end_of_a_connection_is_a_gap_for_every_book_and_the_next_one_begins_anew() -> None:
    feed = running()
    feed.receive(depth("ETHUSDT", 13, 14), BEGAN)  # a gap already; the event waits
    assert feed.disconnected("closed by the venue", later(1)) == [
        BookGap(BTC, "closed by the venue")
    ]
    assert feed.counts.dropped["depth_cut_off"] == 1
    assert feed.counts.balanced
    assert feed.next_time == NO_TIME
    assert (feed.tick(later(2)), feed.outgoing(), feed.snapshot_requests()) == ([], [], [])
    feed.connected(later(3))
    assert feed.next_time == later(3) + TICK
    assert len(feed.outgoing()) == 1
    assert set(feed.needs_snapshots) == {ETH, BTC}


@pytest.mark.parametrize("market", Market)
def test_mutated_frames_are_answered_or_refused(market: Market) -> None:
    venue = Venue(market, 1)
    trade = {"e": "trade", "E": 2, "T": 1, "s": "ETHUSDT", "t": 1, "p": "9.9", "q": "1", "m": True}
    samples = [venue.snapshot(), venue.depth(), venue.quote(), venue.depth(), encoded(trade)]
    check_feed(BinanceFeed(ETHUSDT, market), samples)


def test_a_frame_that_cannot_be_read_is_counted_and_raised() -> None:
    feed = running()
    event = {"u": 9, "s": "ETHUSDT", "b": "x", "B": "1", "a": "2", "A": "1"}
    with pytest.raises(MalformedFrame, match="ETHUSDT: 'x' is not a decimal number"):
        feed.receive(combined("ethusdt@bookTicker", event), BEGAN)
    assert feed.counts.dropped == {"answer": 1, "malformed_number": 1}
    assert feed.counts.balanced
