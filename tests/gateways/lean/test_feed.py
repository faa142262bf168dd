"""Rows as inputs: one-sided quotes, suspicious ticks, bars at their last moment."""

from pathlib import Path

from fairlead.gateways.lean import open_lean
from fairlead.gateways.lean.feed import LeanFeed
from fairlead.gateways.recorded import FormatOptions
from fairlead.model.inputs import Quote, Trade
from tests.gateways.lean.sample import folder, run, unzipped, write_zip
from tests.gateways.mutations import check_feed

MIDNIGHT = 1_381_118_400 * 10**9  # 2013-10-07 in New York


def test_a_quote_tick_keeps_the_other_side(tmp_path: Path) -> None:
    lines = "1000,100,2,0,0,Q,1,0\n2000,0,0,110,3,Q,1,0\n3000,101,4,0,0,Q,1,1\n4000,99,1,0,0,P,1,0"
    path = write_zip(tmp_path, "equity/usa/tick/ibm/20131007_quote.zip", lines)
    recording, happened = run(path)
    assert [tuple(value for value in quote_of(each)) for each in happened] == [
        (100, 2, 0, 0),
        (100, 2, 110, 3),
        (99, 1, 110, 3),
    ]
    assert recording.counts.dropped == {"suspicious": 1}


def quote_of(happened: tuple[int, object]) -> tuple[int, int, int, int]:
    """Return the four numbers of a quote."""
    quote = happened[1]
    assert isinstance(quote, Quote)
    return quote.bid_price, quote.bid_quantity, quote.ask_price, quote.ask_quantity


def test_a_trade_has_its_condition_and_exchange(tmp_path: Path) -> None:
    path = write_zip(tmp_path, "equity/usa/tick/ibm/20131007_trade.zip", "1000,100,2,Q,20000020,0")
    _, ((time, trade),) = run(path)
    assert isinstance(trade, Trade)
    assert time == trade.venue_time == MIDNIGHT + 10**9
    assert (trade.conditions, trade.aggressor, trade.trade_id) == ("20000020 Q", None, "1")


def test_bars_are_known_at_their_last_moment(tmp_path: Path) -> None:
    trades = write_zip(tmp_path, "equity/usa/minute/ibm/20131007_trade.zip", "60000,5,6,4,5,40")
    quotes = write_zip(
        tmp_path, "equity/usa/minute/ibm/20131007_quote.zip", "60000,4,5,4,4,7,8,9,8,9,6"
    )
    daily = write_zip(tmp_path, "equity/usa/daily/ibm.zip", "20131007 00:00,5,6,4,5,40")
    _, happened = run(trades, quotes)
    assert {time for time, _ in happened} == {MIDNIGHT + 120 * 10**9 - 1}
    assert quote_of(happened[0]) == (4, 7, 9, 6)  # the quote before the trades of its time
    assert [input.price for _, input in happened[1:]] == [5, 4, 6, 5]
    _, days = run(daily)
    assert {time for time, _ in days} == {MIDNIGHT + 86_400 * 10**9 - 1}


def test_the_day_of_a_bar_ends_at_midnight_also_when_clocks_change(tmp_path: Path) -> None:
    path = write_zip(tmp_path, "equity/usa/daily/ibm.zip", "20131103 00:00,5,6,4,5,40")
    _, happened = run(path)
    assert {time for time, _ in happened} == {1_383_541_200 * 10**9 - 1}  # 25 hours after 04:00


def test_every_line_of_the_sample_is_accounted_for(market_data: Path) -> None:
    root = folder(market_data)
    for name in ("equity/usa/daily/aapl.zip", "crypto/coinbase/minute/btcusd/20180404_quote.zip"):
        recording, _ = run(root / name)
        assert recording.counts.frames == len(unzipped(root / name)) or "daily" in name
        assert not recording.counts.dropped


def test_mutated_lines_are_answered_or_refused(market_data: Path) -> None:
    root = folder(market_data) / "equity" / "usa"
    names = (
        *("tick/ibm/20131007_trade.zip", "tick/ibm/20131007_quote.zip"),
        *("second/ibm/20131007_quote.zip", "second/ibm/20131007_trade.zip", "daily/aapl.zip"),
    )
    recording = open_lean([root / name for name in names], FormatOptions())
    feed = recording._feed
    assert isinstance(feed, LeanFeed)
    samples = []
    seen: dict[bytes, int] = {}
    for _, frame in recording._frames:
        number = frame.partition(b";")[0]
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= 40:
            samples.append(frame)
        if len(seen) == len(names) and min(seen.values()) >= 40:
            break
    check_feed(feed, samples)
