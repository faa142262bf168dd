"""Formats by name: each opens what it says, and says what it cannot open."""

from pathlib import Path

import pytest

from fairlead.gateways.binance import Market
from fairlead.gateways.errors import BadLine, FormatUnknown, InstrumentNotInferred
from fairlead.gateways.formats import FORMATS, FormatOptions, format_named
from tests.gateways.binance.venue import Venue


@pytest.fixture
def day(tmp_path: Path) -> Path:
    venue = Venue(Market.SPOT, 3)
    frames = [venue.snapshot(), *(venue.depth() for _ in range(20)), venue.quote()]
    path = tmp_path / "day.txt"
    path.write_bytes(b"".join(b"%d %s\n" % (100 + n, frame) for n, frame in enumerate(frames)))
    return path


def test_a_name_that_no_format_has_is_answered_with_those_there_are() -> None:
    with pytest.raises(FormatUnknown, match=r"no format 'parquet', expected one of binance-raw"):
        format_named("parquet")
    assert all(name == known.name and known.what for name, known in FORMATS.items())


def test_binance_raw_opens_what_was_recorded(day: Path) -> None:
    opened = format_named("binance-raw").open([day], FormatOptions())
    events = list(opened.events())
    assert [instrument.symbol for instrument in opened.instruments] == ["ETHUSDT.BINANCE"]
    assert events[0][0] == 100
    assert opened.counts.balanced
    assert opened.counts.frames == 22


def test_binance_raw_is_asked_for_another_symbol_or_market(day: Path) -> None:
    opened = format_named("binance-raw").open([day], FormatOptions(symbols=("ETHUSDT",)))
    assert opened.instruments
    with pytest.raises(InstrumentNotInferred, match="recorded is ETHUSDT, expected BTCUSDT"):
        format_named("binance-raw").open([day], FormatOptions(symbols=("BTCUSDT",)))
    with pytest.raises(InstrumentNotInferred, match="no market 'margin' of Binance, expected spot"):
        format_named("binance-raw").open([day], FormatOptions(market="margin"))


def test_bad_lines_are_told_once_where_somebody_listens(day: Path) -> None:
    day.write_bytes(b"garbage\n" + day.read_bytes())
    with pytest.raises(BadLine, match=r"day\.txt:1"):
        format_named("binance-raw").open([day], FormatOptions())
    told: list[BadLine] = []
    opened = format_named("binance-raw").open([day], FormatOptions(on_bad_line=told.append))
    assert len(list(opened.events())) > 0
    assert len(told) == 1
