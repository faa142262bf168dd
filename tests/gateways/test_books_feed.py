"""Under every fault of delivery a book is right or gone, at every venue that sends snapshots."""

import os
from random import Random

import pytest

from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.liveness import DataClass
from fairlead.gateways.subscriptions import CONFIRMATION_TIME_MAX, RENEWAL_PAUSE
from fairlead.gateways.venue_feed import LINE_SILENCE_MAX
from fairlead.model.inputs import BookGap, BookSnapshot, Input, Trade, TradingStatus
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Nanos
from tests.gateways.binance.venue import Follower, kinds
from tests.gateways.mutations import check_feed
from tests.gateways.venues import VENUES, SmallVenue, feed_of, instrument

CHANGES = 8
SEEDS = int(os.environ.get("FAIRLEAD_SEEDS", "40"))
BEGAN = Nanos(1_700_000_000 * NANOS_PER_SECOND)
FAULTS = ["lose", "repeat", "swap", "cut", "damage"]
EVERYWHERE = [(name, fault) for name in VENUES for fault in FAULTS]

State = tuple[dict[int, int], dict[int, int]]
Sent = list[tuple[bytes, State]]


class Line:
    """A feed on a connection, and what a consumer of its inputs believes."""

    def __init__(self, name: str, seed: int = 1) -> None:
        """Connect."""
        self.venue = SmallVenue(VENUES[name], seed)
        self.feed: BooksFeed = feed_of(VENUES[name])
        self.follower = Follower()
        self.time = BEGAN
        self.feed.connected(BEGAN)
        self.feed.outgoing()

    def sent(self, changes: int) -> Sent:
        """Return a snapshot and changes as the venue sent them, with its book after each."""
        frames = [(self.venue.snapshot(), self.venue.sides)]
        frames += [(self.venue.change(), self.venue.sides) for _ in range(changes)]
        return frames

    def deliver(self, frame: bytes) -> bool:
        """Hand a frame to the feed; return whether it was refused."""
        try:
            self.follower.follow(self.feed.receive(frame, self.time))
        except MalformedFrame:
            return True
        finally:
            assert self.feed.counts.balanced
        return False

    def recover(self) -> None:
        """Let the feed ask for what it needs, and give it that."""
        self.time = Nanos(self.time + RENEWAL_PAUSE)
        self.feed.tick(self.time)
        asked = b"".join(self.feed.outgoing())
        assert b"unsubscribe" in asked
        assert asked.count(b"subscribe") >= 2 * asked.count(b"unsubscribe")
        for _ in range(3):
            self.deliver(self.venue.change())
            assert self.follower.sides is None, "a change is no snapshot"
        self.deliver(self.venue.snapshot())
        assert self.follower.sides == self.venue.sides
        for _ in range(3):
            self.deliver(self.venue.change())
            assert self.follower.sides == self.venue.sides


def with_fault(sent: Sent, place: int, fault: str) -> list[tuple[bytes, State | None]]:
    """Return what comes of what was sent, with the book that a frame proves; None: it is broken."""
    frames: list[tuple[bytes, State | None]] = list(sent)
    frame, state = frames[place]
    if fault == "lose":
        del frames[place]
    elif fault == "repeat":
        frames.insert(place, (frame, state))
    elif fault == "swap":
        frames[place], frames[place + 1] = frames[place + 1], frames[place]
    elif fault == "cut":
        frames[place] = (frame[: len(frame) // 2], None)
    elif fault == "damage":
        frames[place] = (b"\xff" + frame[1:], None)
    return frames


@pytest.mark.parametrize(("name", "fault"), EVERYWHERE)
def test_one_fault_anywhere_is_noticed_there_and_mended_by_a_snapshot(
    name: str, fault: str
) -> None:
    sees = VENUES[name].sees_every_loss or fault in ("cut", "damage", "repeat")
    for place in range(1, CHANGES):
        line = Line(name)
        for frame, state in with_fault(line.sent(CHANGES), place, fault):
            refused = line.deliver(frame)
            if state is None:
                assert refused or line.follower.sides is None, f"{name}: {fault} at {place}"
            elif line.follower.sides is not None and sees:
                assert line.follower.sides == state, f"{name}: {fault} at {place}"
        if fault == "repeat":
            assert line.follower.sides == line.venue.sides
        elif sees:
            assert line.follower.sides is None, f"{name}: {fault} at {place}"
            line.recover()


@pytest.mark.parametrize("name", [name for name in VENUES if VENUES[name].sees_every_loss])
def test_under_many_faults_what_is_believed_was_the_venues_book_once(name: str) -> None:
    for seed in range(SEEDS):
        chance = Random(seed)
        line = Line(name, seed)
        sent = line.sent(12)
        states = [state for _, state in sent]
        frames = [frame for frame, _ in sent]
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(1, len(frames) - 1)
            fault = chance.choice([*FAULTS, "delay"])
            if fault == "delay":
                frames.insert(chance.randrange(len(frames)), frames.pop(place))
            else:
                pairs: Sent = [(frame, ({}, {})) for frame in frames]
                frames = [frame for frame, _ in with_fault(pairs, place, fault)]
        for frame in frames:
            line.deliver(frame)
            believed = line.follower.sides
            assert believed is None or believed in states, f"{name}, seed {seed}"


@pytest.mark.parametrize("name", VENUES)
def test_undisturbed_changes_are_the_venues_book_at_every_step(name: str) -> None:
    line = Line(name)
    for frame, state in line.sent(200):
        assert not line.deliver(frame)
        assert line.follower.sides == state
    assert line.feed.counts.gaps == 0
    assert line.feed.counts.inputs == {"BookSnapshot": 1, "BookChange": 200}
    assert all(oracle.different == 0 for oracle in line.feed.oracles)


def test_what_a_venue_without_numbers_loses_shows_in_its_trades_alone() -> None:
    line = Line("coinbase")
    line.deliver(line.venue.snapshot())
    line.deliver(line.venue.trade())
    line.venue.change()  # lost
    line.deliver(line.venue.change())
    assert line.follower.sides is not None, "nothing in the messages tells"
    line.venue.trade()  # lost
    got = line.feed.receive(line.venue.trade(), BEGAN)
    assert kinds(got) == ["Trade", "BookGap"]
    assert isinstance(got[1], BookGap)
    assert got[1].reason == "lost messages: expected trade 2, found 2 done"
    line.follower.follow(got)
    line.recover()


def test_a_number_of_the_connection_that_is_missing_costs_all_of_its_books() -> None:
    wording = VENUES["coinbase-advanced"]
    both = [instrument("BTC-USD.VENUE"), instrument("ETH-USD.VENUE", 2)]
    venues = [SmallVenue(wording, 1), SmallVenue(wording._replace(symbol="ETH-USD"), 2)]
    feed = wording.feed(both)
    feed.receive(venues[0].snapshot(), BEGAN)
    venues[1].messages = 1
    feed.receive(venues[1].snapshot(), BEGAN)
    venues[1].change()  # lost
    venues[0].messages = 3
    got = feed.receive(venues[0].change(), BEGAN)
    reason = "lost messages: expected sequence_num 3, found 4"
    assert got == [BookGap(InstrumentId(1), reason), BookGap(InstrumentId(2), reason)]
    assert feed.counts.dropped == {"book_awaits_snapshot": 1}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kraken", '{"event":"systemStatus","status":"%s","version":"1.9.2"}'),
        ("kraken-v2", '{"channel":"status","type":"update","data":[{"system":"%s"}]}'),
    ],
)
def test_a_venue_that_says_it_does_not_trade_halts_its_instruments(name: str, told: str) -> None:
    feed = feed_of(VENUES[name])
    statuses = ["online", "cancel_only", "cancel_only", "online"]
    got = [each for s in statuses for each in feed.receive((told % s).encode(), BEGAN)]
    assert got == [
        TradingStatus(InstrumentId(1), False, "the venue says: cancel_only"),
        TradingStatus(InstrumentId(1), True),
    ]
    assert feed.counts.inputs == {"TradingStatus": 2}
    assert feed.counts.dropped == {"status": 2}


@pytest.mark.parametrize("name", VENUES)
def test_mutated_frames_are_answered_or_refused(name: str) -> None:
    line = Line(name)
    samples = [line.venue.snapshot(), *(line.venue.change() for _ in range(5)), line.venue.trade()]
    check_feed(feed_of(VENUES[name]), samples)


def test_many_wire_formats_are_one_normalised_type() -> None:
    """Requirement S0-MD-01: what venues say differently is the same input."""
    trades, books = [], []
    for name in VENUES:
        line = Line(name, seed=5)
        [book] = line.feed.receive(line.venue.snapshot(), BEGAN)
        [trade] = line.feed.receive(line.venue.trade(), BEGAN)
        assert isinstance(book, BookSnapshot)
        assert isinstance(trade, Trade)
        trades.append((trade.instrument, trade.price, trade.quantity, trade.aggressor))
        books.append((book.instrument, set(book.bids), set(book.asks)))
    assert trades == [(1, 9_999, 250, Side.SELL)] * len(VENUES)
    assert books == [books[0]] * len(VENUES)


@pytest.mark.parametrize("name", VENUES)
def test_silence_of_one_of_two_instruments_is_a_gap_of_that_one(name: str) -> None:
    wording = VENUES[name]
    other = wording.symbol.replace("BTC", "ETH").replace("XBT", "ETH")
    both = [instrument(f"{wording.symbol}.VENUE"), instrument(f"{other}.VENUE", 2)]
    venues = [SmallVenue(wording, 1), SmallVenue(wording._replace(symbol=other), 2)]
    feed = wording.feed(both)
    feed.connected(BEGAN)
    feed.receive(venues[0].snapshot(), BEGAN)
    venues[1].messages = 1  # on the same connection
    feed.receive(venues[1].snapshot(), BEGAN)
    gaps: list[Input] = []
    time = BEGAN
    for _ in range(70):
        time = Nanos(time + NANOS_PER_SECOND)
        feed.receive(venues[1].change(), time)
        if name == "coinbase":  # each second, of each product
            feed.receive(_pulse(other), time)
        gaps += feed.tick(time)
    assert [gap.instrument for gap in gaps if isinstance(gap, BookGap)] == [InstrumentId(1)]
    assert feed.lose(InstrumentId(2), "still believed") != []


def _pulse(product: str) -> bytes:
    return b'{"type":"heartbeat","product_id":"%s","last_trade_id":0}' % product.encode()


@pytest.mark.parametrize("name", VENUES)
def test_what_is_asked_for_names_every_topic_and_ends_it_by_the_same_name(name: str) -> None:
    feed = feed_of(VENUES[name])
    feed.connected(BEGAN)
    asked = b"".join(feed.outgoing()).decode()
    assert VENUES[name].symbol in asked
    topics = list(feed.subscriptions.topics.values())
    assert {topic.what for topic in topics} >= {DataClass.BOOK, DataClass.TRADE}
    ended = b"".join(feed.unsubscribe(topics, 9)).decode()
    begun = b"".join(feed.subscribe(topics, 9)).decode()
    assert ended.replace("unsubscribe", "subscribe") == begun


CONFIRMED: dict[str, list[str]] = {
    "okx": [
        '{"event":"subscribe","arg":{"channel":"CHANNEL","instId":"BTC-USDT"}}'.replace(
            "CHANNEL", channel
        )
        for channel in ("books", "bbo-tbt", "trades")
    ],
    "bitget": [
        '{"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"CHANNEL",'
        '"instId":"BTCUSDT"}}'.replace("CHANNEL", channel)
        for channel in ("books", "trade")
    ],
    "bybit": ['{"success":true,"ret_msg":"","conn_id":"9","req_id":"1","op":"subscribe"}'],
    "kraken": [
        '{"channelID":336,"channelName":"book-100","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"subscribed","subscription":{"depth":100,"name":"book"}}',
        '{"channelID":337,"channelName":"trade","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"subscribed","subscription":{"name":"trade"}}',
    ],
    "kraken-v2": [
        '{"method":"subscribe","result":{"channel":"CHANNEL","symbol":"BTC/USD"},'
        '"success":true}'.replace("CHANNEL", channel)
        for channel in ("book", "trade")
    ],
    "deribit": [
        '{"jsonrpc":"2.0","id":0,"result":"ok","usIn":1,"usOut":2,"usDiff":1,"testnet":false}',
        '{"jsonrpc":"2.0","id":1,"result":["book.BTC-PERPETUAL.100ms",'
        '"trades.BTC-PERPETUAL.100ms"]}',
    ],
    "coinbase": [
        '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]},'
        '{"name":"matches","product_ids":["BTC-USD"]},'
        '{"name":"heartbeat","product_ids":["BTC-USD"]}]}',
    ],
    "coinbase-advanced": [
        '{"channel":"subscriptions","sequence_num":0,"events":[{"subscriptions":'
        '{"level2":["BTC-USD"],"market_trades":["BTC-USD"]}}]}',
    ],
}
REFUSED: dict[str, tuple[str, str]] = {
    "okx": ('{"event":"error","code":"60012","msg":"Invalid request"}', "60012: Invalid request"),
    "bitget": ('{"event":"error","code":30001,"msg":"instType:X"}', "30001: instType:X"),
    "bybit": (
        '{"success":false,"ret_msg":"error:handler not found","req_id":"1","op":"subscribe"}',
        "error:handler not found",
    ),
    "kraken": (
        '{"errorMessage":"Currency pair not supported X/Y","event":"subscriptionStatus",'
        '"pair":"X/Y","status":"error","subscription":{"name":"book"}}',
        "Currency pair not supported X/Y (X/Y)",
    ),
    "kraken-v2": (
        '{"error":"Currency pair not supported X/Y","method":"subscribe","success":false,'
        '"symbol":"X/Y"}',
        "Currency pair not supported X/Y (X/Y)",
    ),
    "deribit": (
        '{"jsonrpc":"2.0","id":1,"error":{"message":"Invalid params","code":-32602}}',
        "-32602: Invalid params",
    ),
    "coinbase": (
        '{"type":"error","message":"Failed to subscribe","reason":"X-Y is not a valid product"}',
        "Failed to subscribe: X-Y is not a valid product",
    ),
    "coinbase-advanced": ('{"type":"error","message":"invalid product"}', "invalid product"),
}


@pytest.mark.parametrize("name", CONFIRMED)
def test_the_venues_own_confirmations_are_taken_and_without_them_the_line_is_given_up(
    name: str,
) -> None:
    late = Nanos(BEGAN + CONFIRMATION_TIME_MAX + 1)
    for frames in (CONFIRMED[name], CONFIRMED[name][:-1]):
        feed = feed_of(VENUES[name])
        feed.connected(BEGAN)
        feed.outgoing()
        for frame in frames:
            assert feed.receive(frame.encode(), Nanos(late - 1)) == []
        feed.receive(_alive(name), Nanos(late - 1))
        feed.tick(late)
        if frames is CONFIRMED[name]:
            assert feed.failed == ""
        else:
            assert feed.failed.startswith("the venue confirmed no subscription to ")


def _alive(name: str) -> bytes:
    """Return something that a venue sends; where nothing was confirmed, nothing else has come."""
    return SmallVenue(VENUES[name], 1).snapshot()


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_ends_the_connection_with_the_venues_words(name: str) -> None:
    frame, words = REFUSED[name]
    feed = feed_of(VENUES[name])
    feed.connected(BEGAN)
    assert feed.receive(frame.encode(), BEGAN) == []
    assert feed.failed == f"the venue refused a subscription: {words}"
    assert feed.counts.dropped == {"answer_refused": 1}


def test_deribit_is_answered_when_it_asks_whether_we_are_there() -> None:
    feed = feed_of(VENUES["deribit"])
    feed.connected(BEGAN)
    assert b"public/set_heartbeat" in feed.outgoing()[0]
    asked = b'{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}'
    assert feed.receive(asked, BEGAN) == []
    [answer] = feed.outgoing()
    assert b"public/test" in answer
    assert feed.counts.dropped == {"heartbeat": 1}


@pytest.mark.parametrize(
    ("name", "ping", "pong"),
    [
        ("okx", b"ping", b"pong"),
        ("bitget", b"ping", b"pong"),
        ("bybit", b'{"op":"ping"}', b'{"success":true,"ret_msg":"pong","op":"ping"}'),
        ("kraken", b'{"event":"ping"}', b'{"event":"pong"}'),
        ("kraken-v2", b'{"method":"ping"}', b'{"method":"pong"}'),
    ],
)
def test_a_silent_line_is_asked_whether_it_is_there_and_given_up_if_not(
    name: str, ping: bytes, pong: bytes
) -> None:
    feed = feed_of(VENUES[name])
    feed.connected(BEGAN)
    feed.outgoing()
    for frame in CONFIRMED[name]:
        feed.receive(frame.encode(), BEGAN)
    asked = Nanos(BEGAN + LINE_SILENCE_MAX // 2 + 1)
    feed.tick(asked)
    assert feed.outgoing() == [ping]
    assert feed.receive(pong, asked) == []
    feed.tick(Nanos(asked + LINE_SILENCE_MAX))
    assert feed.failed == ""
    feed.tick(Nanos(asked + LINE_SILENCE_MAX + 1))
    assert feed.failed == "nothing came for 60 seconds"
