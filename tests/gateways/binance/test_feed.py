"""Frames of Binance as inputs, and what becomes of those that are none."""

import json
from typing import Any

import msgspec
import pytest

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.binance.depth import OLD_IN_A_ROW_MAX
from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.venue_feed import FRAME_BYTES_MAX
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Quote, Trade
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId
from tests.gateways.binance.venue import ETHUSDT, combined, kinds, receive

ME = InstrumentId(1)
MILLISECOND = 1_000_000


def ticker(**changed: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "u": 5, "s": "ETHUSDT", "b": "99.99000000", "B": "1.5", "a": "100.00", "A": "2",
    }  # fmt: skip
    return event | changed


def trade(**changed: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "e": "trade", "E": 12, "T": 11, "s": "ETHUSDT", "t": 77, "p": "99.99", "q": "0.250",
        "m": True,
    }  # fmt: skip
    return event | changed


def depth(**changed: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "e": "depthUpdate", "E": 12, "s": "ETHUSDT", "U": 11, "u": 12,
        "b": [["99.98", "3"], ["99.97", "0.000"]], "a": [],
    }  # fmt: skip
    return event | changed


def snapshot(**changed: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "lastUpdateId": 10,
        "bids": [["99.99", "1"], ["99.98", "2"]],
        "asks": [["100.00", "1"], ["100.50", "2"]],
    }
    return event | changed


def bare(event: object) -> bytes:
    return json.dumps(event).encode()


def spot() -> BinanceFeed:
    return BinanceFeed(ETHUSDT, Market.SPOT)


def usdm() -> BinanceFeed:
    return BinanceFeed(ETHUSDT, Market.USDM)


def test_a_book_ticker_of_spot_is_a_quote_without_a_time() -> None:
    got = receive(spot(), combined("ethusdt@bookTicker", ticker()))
    assert got == [
        Quote(
            ME,
            Price(9_999),
            Quantity(1_500),
            Price(10_000),
            Quantity(2_000),
            UpdateId(5),
            Nanos(0),
        )
    ]


def test_a_book_ticker_of_futures_has_the_time_of_the_transaction() -> None:
    [got] = receive(usdm(), bare(ticker(e="bookTicker", T=11, E=12)))
    assert isinstance(got, Quote)
    assert got.venue_time == 11 * MILLISECOND


@pytest.mark.parametrize(("buyer_is_maker", "aggressor"), [(True, Side.SELL), (False, Side.BUY)])
def test_the_aggressor_is_the_one_who_was_not_the_maker(
    buyer_is_maker: bool, aggressor: Side
) -> None:
    [got] = receive(spot(), combined("ethusdt@trade", trade(m=buyer_is_maker)))
    time = Nanos(11 * MILLISECOND)
    assert got == Trade(ME, Price(9_999), Quantity(250), aggressor, "77", time)


def test_a_snapshot_and_a_depth_event_are_a_book_and_its_change() -> None:
    book, change = receive(spot(), bare(snapshot()), combined("ethusdt@depth@100ms", depth()))
    bids = ((Price(9_999), Quantity(1_000)), (Price(9_998), Quantity(2_000)))
    asks = ((Price(10_000), Quantity(1_000)), (Price(10_050), Quantity(2_000)))
    assert book == BookSnapshot(ME, bids, asks, UpdateId(10), Nanos(0))
    changed = ((Price(9_998), Quantity(3_000)), (Price(9_997), Quantity(0)))
    time = Nanos(12 * MILLISECOND)
    assert change == BookChange(ME, changed, (), UpdateId(12), time)


@pytest.mark.parametrize("make", [combined, lambda _, event: bare(event)])
def test_combined_and_bare_frames_say_the_same(make: Any) -> None:
    frames = [
        bare(snapshot()),
        make("ethusdt@depth", depth()),
        make("ethusdt@trade", trade()),
        make("ethusdt@bookTicker", ticker()),
    ]
    got = receive(spot(), *frames)
    assert kinds(got) == ["BookSnapshot", "BookChange", "Trade", "Quote"]


def test_an_empty_side_of_a_quote_is_nobody() -> None:
    [got] = receive(spot(), bare(ticker(b="0.00000000", B="0.00000000")))
    assert isinstance(got, Quote)
    assert (got.bid_price, got.bid_quantity) == (0, 0)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (combined("btcusdt@bookTicker", ticker()), "symbol_unknown"),
        (combined("!ticker@arr", ticker()), "symbol_unknown"),
        (combined("ethusdt@kline_1m", {"e": "kline"}), "stream_unknown"),
        (combined("ethusdt@depth20@100ms", snapshot()), "stream_unknown"),
        (combined("ethusdt@bookTicker", ticker(s="BTCUSDT")), "symbol_unknown"),
        (combined("ethusdt@trade", trade(s="BTCUSDT")), "symbol_unknown"),
        (combined("ethusdt@depth", depth(s="BTCUSDT")), "symbol_unknown"),
        (bare({"e": "24hrTicker", "s": "ETHUSDT"}), "event_unknown"),
        (bare({"result": None, "id": 1}), "answer"),
        (bare({"error": {"code": 2, "msg": "Invalid request"}, "id": 1}), "answer_refused"),
        (bare({"e": "trade", "s": "BTCUSDT"}), "symbol_unknown"),
        (bare({}), "event_unknown"),
    ],
)
def test_a_legal_frame_that_is_not_for_us_is_dropped_with_its_reason(
    frame: bytes, reason: str
) -> None:
    feed = spot()
    assert receive(feed, frame) == []
    assert feed.counts.dropped == {reason: 1}
    assert feed.counts.balanced


@pytest.mark.parametrize(
    "changed", [{"X": "NA"}, {"X": "INSURANCE_FUND"}, {"X": "ADL"}, {"p": "0", "X": "MARKET"}]
)
def test_a_futures_trade_off_the_market_is_dropped(changed: dict[str, object]) -> None:
    feed = usdm()
    assert receive(feed, bare(trade(**changed))) == []
    assert feed.counts.dropped == {"trade_off_market": 1}


COIN = msgspec.structs.replace(
    ETHUSDT,
    symbol="BTCUSD_PERP.BINANCE-COINM",
    kind=InstrumentKind.INVERSE,
    currency="BTC",
    price_decimals=1,
    quantity_decimals=0,
    multiplier=100,
)


def coin(**changed: object) -> bytes:
    event = {"s": "BTCUSD_PERP", "ps": "BTCUSD", "E": 12, "T": 11} | changed
    return combined(f"btcusd_perp@{event['e']}", event)


def test_coin_margined_futures_count_contracts_and_chain_as_usd_margined_ones_do() -> None:
    feed = BinanceFeed(COIN, Market.COINM)
    change = {"U": 11, "u": 12, "pu": 8, "b": [["62000.1", "250"]], "a": []}
    whole = {
        "lastUpdateId": 11, "symbol": "BTCUSD_PERP", "pair": "BTCUSD", "E": 12, "T": 11,
        "bids": [["62000.0", "3"]], "asks": [["62000.5", "4"]],
    }  # fmt: skip
    update, price = "btcusd_perp@depth@100ms", Price(620_001)
    first = combined(update, json.loads(coin(e="depthUpdate", **change))["data"])
    next_event = change | {"U": 20, "u": 22, "pu": 12}
    later = combined(update, json.loads(coin(e="depthUpdate", **next_event))["data"])
    lost = combined(update, json.loads(coin(e="depthUpdate", **next_event | {"pu": 21}))["data"])
    got = receive(feed, bare(whole), first, later)
    assert kinds(got) == ["BookSnapshot", "BookChange", "BookChange"]
    assert isinstance(got[1], BookChange)
    assert got[1].bids == ((price, Quantity(250)),)
    [gap] = receive(feed, lost.replace(b'"u":22', b'"u":30'))
    assert gap == BookGap(ME, "depth gap: expected pu 22, found 21")


def test_aggregate_trades_are_trades_until_single_ones_come() -> None:
    feed = BinanceFeed(COIN, Market.COINM)
    aggregate = coin(e="aggTrade", a=5, p="62000.1", q="7", f=10, l=12, m=False)
    [got] = receive(feed, aggregate)
    time = Nanos(11 * MILLISECOND)
    assert got == Trade(ME, Price(620_001), Quantity(7), Side.BUY, "5", time)
    assert receive(feed, aggregate) == []
    receive(feed, coin(e="trade", t=13, p="62000.1", q="7", m=False))
    assert receive(feed, coin(e="aggTrade", a=6, p="62000.1", q="7", m=False)) == []
    assert feed.counts.dropped == {"trade_old": 1, "trade_aggregate": 1}


def test_a_book_that_changes_cross_is_a_gap_behind_the_change_that_did_it() -> None:
    feed = spot()
    receive(feed, bare(snapshot()))
    got = receive(feed, bare(depth(b=[["100.00", "1"]])))
    assert kinds(got) == ["BookChange", "BookGap"]
    reason = "crossed book 12: bid 10000 >= ask 10000 (increments)"
    assert got[1] == BookGap(ME, reason)
    assert feed.needs_snapshots == (ME,)
    assert kinds(receive(feed, bare(snapshot(lastUpdateId=13)))) == ["BookSnapshot"]
    removed_and_put = depth(U=14, u=15, b=[["100.00", "1"]], a=[["100.00", "0"]])
    assert kinds(receive(feed, bare(removed_and_put))) == ["BookChange"]


def test_a_snapshot_that_is_crossed_is_malformed() -> None:
    feed = spot()
    with pytest.raises(MalformedFrame, match=r"snapshot 10 is crossed: bid 100\.00"):
        receive(feed, bare(snapshot(bids=[["100.00", "1"]])))


NUMBERS = ["", "NaN", "Infinity", "-1", "1e5", "1.2345678", "99999999999999999"]
MALFORMED = [
    (b"", "json"),
    (b"\x00", "json"),
    (b"{", "json"),
    (b"[" * 100_000, "fields"),
    (b'{"x":' + b"[" * 100_000, "json"),
    (bare(snapshot())[:-1], "json"),
    (b'{"stream":"ethusdt@trade","data":{"s":"\xff"}}', "json"),
    (b"5", "fields"),
    (b"[]", "fields"),
    (b'{"stream":5}', "fields"),
    (b'{"stream":"ethusdt@trade","data":[]}', "fields"),
    (b'{"stream":"ethusdt@trade"}', "json"),
    (bare({"u": 5}), "fields"),
    (bare(ticker(u=-5)), "fields"),
    (bare(ticker(u=2**63)), "fields"),
    (bare(ticker(u="5")), "fields"),
    (bare(ticker(b=99.99)), "fields"),
    (bare(trade(T=10**13)), "fields"),
    (bare(trade(m="true")), "fields"),
    (bare(depth(b=[["1"]])), "fields"),
    (bare(depth(b=[["1", "2", "3"]])), "fields"),
    (bare(depth(b=None)), "fields"),
    (bare(depth(U=13)), "order"),
    (bare(depth(b=[["0", "1"]])), "number"),
    (bare(snapshot(bids=[["99.98", "1"], ["99.99", "1"]])), "snapshot"),
    (bare(snapshot(asks=[["100.00", "1"], ["100.00", "1"]])), "snapshot"),
    (bare(snapshot(asks=[["100.00", "0"]])), "snapshot"),
    (bare(ticker(B="0")), "touch"),
    (bare(ticker(a="0")), "touch"),
    (bare(trade(q="0")), "trade"),
    (bare(trade(p="0")), "trade"),
    *[(bare(ticker(b=number)), "number") for number in NUMBERS],
    *[(bare(trade(q=number)), "number") for number in NUMBERS],
    *[(bare(depth(a=[["100", number]])), "number") for number in NUMBERS],
    *[(bare(snapshot(asks=[[number, "1"]])), "number") for number in NUMBERS],
]


@pytest.mark.parametrize(("frame", "reason"), MALFORMED)
def test_a_frame_that_says_something_impossible_is_malformed(frame: bytes, reason: str) -> None:
    feed = spot()
    with pytest.raises(MalformedFrame) as raised:
        receive(feed, frame)
    assert raised.value.reason == reason
    assert str(raised.value).startswith("malformed frame: ")
    assert feed.counts.dropped == {f"malformed_{reason}": 1}
    assert feed.counts.balanced


def test_the_message_of_a_malformed_frame_says_what_and_where() -> None:
    with pytest.raises(
        MalformedFrame, match=r"ETHUSDT: '99\.999' is not exact, expected at most 2"
    ):
        receive(spot(), bare(ticker(b="99.999")))
    with pytest.raises(MalformedFrame, match=r"trade: Expected `bool`, got `str` - at `\$\.m`"):
        receive(spot(), bare(trade(m="true")))


def test_a_frame_without_end_is_refused_unread() -> None:
    with pytest.raises(MalformedFrame, match=f"expected at most {FRAME_BYTES_MAX}"):
        receive(spot(), b" " * (FRAME_BYTES_MAX + 1))


def test_a_malformed_depth_event_costs_the_book_at_the_next_event() -> None:
    feed = spot()
    receive(feed, bare(snapshot()))
    with pytest.raises(MalformedFrame):
        receive(feed, bare(depth(b=[["99.98", "1"], ["NaN", "1"]])))
    [gap] = receive(feed, bare(depth(U=13, u=14)))
    assert gap == BookGap(ME, "depth gap: the event after snapshot 10 has updates 13 to 14")
    assert feed.needs_snapshots


@pytest.mark.parametrize("ask", ["99.99", "99.98"])
def test_a_crossed_quote_is_dropped_and_costs_the_book(ask: str) -> None:
    feed = spot()
    assert kinds(receive(feed, bare(snapshot()))) == ["BookSnapshot"]
    got = receive(feed, bare(ticker(a=ask)))
    assert got == [BookGap(ME, f"crossed quote 5: bid 99.99000000, ask {ask}")]
    assert feed.counts.dropped == {"quote_crossed": 1}
    assert feed.needs_snapshots
    assert kinds(receive(feed, bare(snapshot()))) == ["BookSnapshot"]


def test_old_quotes_and_trades_are_dropped() -> None:
    feed = spot()
    frames = [bare(ticker(u=u)) for u in (5, 5, 4, 6)] + [bare(trade(t=t)) for t in (7, 7, 6, 8)]
    assert kinds(receive(feed, *frames)) == ["Quote", "Quote", "Trade", "Trade"]
    assert feed.counts.dropped == {"quote_old": 2, "trade_old": 2}


def test_quotes_that_stay_old_for_ever_cost_the_book_and_begin_anew() -> None:
    feed = spot()
    receive(feed, bare(ticker(u=10**15)))
    old = bare(ticker(u=6))
    got = receive(feed, *[old] * OLD_IN_A_ROW_MAX)
    assert kinds(got) == ["BookGap"]
    assert kinds(receive(feed, bare(ticker(u=7)))) == ["Quote"]


def test_a_frame_of_the_other_market_is_malformed_not_applied() -> None:
    with pytest.raises(MalformedFrame, match="missing required field `T`"):
        receive(usdm(), bare(depth()))


def test_a_feed_knows_when_the_last_frame_came() -> None:
    feed = spot()
    feed.receive(bare(ticker()), Nanos(123))
    assert feed.last_time == 123
