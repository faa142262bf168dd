"""Whole files: every sample, CSV against DBN, books by order against books by price."""

from collections import Counter
from pathlib import Path

import pytest

from fairlead.gateways.databento import open_databento
from fairlead.gateways.databento.dbn import DbnFile
from fairlead.gateways.databento.feed import DatabentoFeed
from fairlead.gateways.errors import InstrumentNotInferred, RecordingUnreadable
from fairlead.gateways.recorded import FormatOptions
from fairlead.model.inputs import BookChange, BookOrderAdded, BookSnapshot, Quote
from fairlead.model.terms import Side
from tests.gateways.databento.samples import (
    folder,
    inputs_of,
    official_csv,
    official_records,
    whole_files,
)
from tests.gateways.mutations import check_feed


def test_every_sample_is_opened_and_every_record_accounted_for(market_data: Path) -> None:
    kinds: Counter[str] = Counter()
    frames = 0
    for path in whole_files(market_data):
        if len(official_records(path)) and "test_data.statistics." in path.name:
            continue  # statistics of nothing that is traded
        recording, _ = inputs_of([path])
        assert recording.counts.frames == len(official_records(path)), path
        assert not recording.records.malformed, path
        frames += recording.counts.frames
        kinds.update(recording.counts.inputs)
    assert frames == sum(kinds.values()) + 9 + 20 + 16 + 10
    assert set(kinds) == {
        *("AuctionIndication", "BookChange", "BookOrderAdded", "BookSnapshot", "Quote", "Trade"),
        "TradingStatus",
    }


@pytest.mark.parametrize("schema", ["mbo", "mbp-1", "mbp-10", "trades", "tbbo", "ohlcv-1m"])
@pytest.mark.parametrize("pretty", [False, True])
def test_csv_means_the_same_as_dbn(
    schema: str, pretty: bool, market_data: Path, tmp_path: Path
) -> None:
    source = folder(market_data) / "GLBX.MDP3" / f"test_data.{schema}.dbn.zst"
    table = tmp_path / "file.csv"
    table.write_bytes(official_csv(source, pretty=pretty, symbols=True))
    binary, expected = inputs_of([source])
    text, found = inputs_of([table], market="GLBX.MDP3")
    assert found == expected
    assert text.instruments == binary.instruments
    assert text.counts.inputs == binary.counts.inputs


def test_the_book_by_order_is_the_book_by_price_where_samples_overlap(market_data: Path) -> None:
    """NVDA of 2020-12-28 before the open: the first orders of the day, in all three schemas."""
    nvda = folder(market_data) / "XNAS.ITCH"
    _, by_order = inputs_of([nvda / "test_data.mbo.dbn.zst"])
    _, by_price = inputs_of([nvda / "test_data.mbp-10.dbn.zst"])
    _, by_touch = inputs_of([nvda / "test_data.mbp-1.dbn.zst"])
    ours: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    theirs: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    compared = touches = 0
    quotes = {input.venue_time: input for _, input in by_touch if isinstance(input, Quote)}
    for (time, added), (other_time, levels) in zip(by_order, by_price, strict=True):
        assert time == other_time
        assert isinstance(added, BookOrderAdded)
        side = ours[added.side]
        side[added.price] = side.get(added.price, 0) + added.quantity
        assert isinstance(levels, BookSnapshot | BookChange)
        for name, changes in ((Side.BUY, levels.bids), (Side.SELL, levels.asks)):
            theirs[name].update(changes)
        assert ours == theirs
        compared += 1
        quote = quotes.get(added.venue_time)
        if quote is not None:
            touches += 1
            bid = max(ours[Side.BUY].items(), default=(0, 0))
            ask = min(ours[Side.SELL].items(), default=(0, 0))
            assert (quote.bid_price, quote.bid_quantity) == bid
            assert (quote.ask_price, quote.ask_quantity) == ask
    assert (compared, touches) == (4, 3)


def test_several_files_of_one_dataset_are_joined(market_data: Path) -> None:
    place = folder(market_data) / "GLBX.MDP3"
    recording, happened = inputs_of(
        [place / "test_data.definition.dbn.zst", place / "test_data.trades.dbn.zst"]
    )
    (instrument,) = recording.instruments
    assert (instrument.symbol, instrument.price_tick) == ("ESH1.GLBX.MDP3", 25)
    assert len(happened) == 4
    assert recording.counts.dropped == {"definition": 1}


def test_what_cannot_be_opened_together_is_refused(market_data: Path, tmp_path: Path) -> None:
    place = folder(market_data)
    futures = place / "GLBX.MDP3" / "test_data.trades.dbn.zst"
    table = tmp_path / "file.csv"
    table.write_bytes(official_csv(futures, pretty=True, symbols=False))
    other = tmp_path / "other.csv"
    other.write_bytes(official_csv(futures, pretty=True, symbols=True))

    def refused(*paths: Path, **options: object) -> str:
        with pytest.raises((InstrumentNotInferred, RecordingUnreadable)) as error:
            open_databento(paths, FormatOptions(**options))  # type: ignore[arg-type]
        return str(error.value)

    assert "DBN and CSV together" in refused(futures, table)
    assert "another header" in refused(table, other)
    stocks = place / "XNAS.ITCH" / "test_data.trades.dbn.zst"
    assert "data of GLBX.MDP3, XNAS.ITCH, expected one dataset" in refused(futures, stocks)
    assert "no market data of MSFT" in refused(futures, symbols=("MSFT",))
    assert "no market data of any instrument" in refused(place / "test_data.statistics.dbn")


def test_mutated_records_are_answered_or_refused(market_data: Path) -> None:
    paths = [
        folder(market_data) / "GLBX.MDP3" / f"test_data.{schema}.dbn.zst"
        for schema in ("mbo", "mbp-1", "mbp-10", "trades", "ohlcv-1s", "status", "bbo-1s")
    ]
    frames = [frame for path in paths for frame in DbnFile(path).records()]
    recording = open_databento(paths, FormatOptions())
    feed = recording._feed
    assert isinstance(feed, DatabentoFeed)
    check_feed(feed, frames)
