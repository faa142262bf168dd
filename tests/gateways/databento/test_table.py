"""CSV as the official encoder writes it: the same records as in DBN."""

from pathlib import Path

import pytest

from fairlead.gateways.databento.dbn import DbnFile
from fairlead.gateways.databento.records import (
    UNDEFINED_PRICE,
    UNDEFINED_TIME,
    Bar,
    ByOrder,
    ByPrice,
    Record,
    read_record,
)
from fairlead.gateways.databento.table import Columns
from fairlead.gateways.errors import MalformedFrame, RecordingUnreadable
from tests.gateways.databento.samples import folder, official_csv, whole_files
from tests.gateways.mutations import check_decoder

SCHEMAS = ("mbo", "mbp-1", "mbp-10", "trades", "tbbo", "ohlcv-1s", "ohlcv-1d", "bbo-1s", "cbbo-1s")


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("pretty", [False, True])
def test_csv_has_the_records_of_dbn(schema: str, pretty: bool, market_data: Path) -> None:
    compared = 0
    for path in whole_files(market_data):
        if f"test_data.{schema}." not in path.name:
            continue
        header, *lines = official_csv(path, pretty=pretty, symbols=True).decode().splitlines()
        columns = Columns(header.encode(), "a file")
        for line, frame in zip(lines, DbnFile(path).records(), strict=True):
            record, symbol = columns.record(line)
            assert symbol
            assert without_padding(record) == without_padding(read_record(frame))
            compared += 1
    assert compared


def without_padding(record: Record) -> Record:
    """Return a record without the sequence that consolidated quotes have room for and no use."""
    assert isinstance(record, ByOrder | ByPrice | Bar)
    return record._replace(sequence=0) if isinstance(record, ByPrice) else record


def test_mutated_lines_are_read_or_refused(market_data: Path) -> None:
    for schema in ("mbo", "mbp-10", "ohlcv-1s"):
        path = folder(market_data) / f"test_data.{schema}.v3.dbn.zst"
        header, *lines = official_csv(path, pretty=True, symbols=True).splitlines()
        columns = Columns(header, "a file")
        check_decoder(lambda frame, of=columns: of.record(frame.decode("latin-1")), lines)  # type: ignore[misc]


BAR = "1609160400000000000,32,1,5482,1000000000,2000000000,1000000000,2000000000,57"
HEADER = b"ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume"


def test_numbers_are_read_both_ways() -> None:
    columns = Columns(HEADER, "a file")
    whole, _ = columns.record(BAR)
    pretty, _ = columns.record(
        "2020-12-28T13:00:00.000000000Z,32,1,5482,1.000000000,2.000000000,1.0,2.000000000,57"
    )
    assert whole == pretty


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("57", "57,1", "fields"),
        ("57", "NaN", "number"),
        ("57", "-1", "number"),
        ("32", "99", "type"),
        ("1000000000,2000000000,1", "1e9,2000000000,1", "number"),
        ("1609160400000000000", "yesterday", "time"),
        ("1609160400000000000", "2020-13-28T13:00:00Z", "time"),
        ("1609160400000000000", "-1", "time"),
    ],
)
def test_what_is_no_bar_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(MalformedFrame) as error:
        Columns(HEADER, "a file").record(BAR.replace(old, new, 1))
    assert error.value.reason == reason


def test_an_empty_price_or_time_is_not_there() -> None:
    columns = Columns(
        b"ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size", "a file"
    )
    record, _ = columns.record("1609160400000000000,,195,1,5482,N,,0")
    assert isinstance(record, ByPrice)
    assert (record.price, record.ts_event) == (UNDEFINED_PRICE, UNDEFINED_TIME)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"a,b,c", "the header lacks instrument_id, price, side, size, ts_event, ts_recv"),
        (HEADER.replace(b"volume", b"bulk"), "the header lacks volume"),
        (
            b"ts_recv,ts_event,rtype,instrument_id,side,price,size,bid_px_00,bid_px_01",
            "has 2 levels",
        ),
        (b"\x00\x01\x02", "neither DBN nor the header of a CSV file"),
        (b"", "lacks"),
    ],
)
def test_a_header_of_no_schema_is_refused(header: bytes, message: str) -> None:
    with pytest.raises(RecordingUnreadable, match=message):
        Columns(header, "a file")
