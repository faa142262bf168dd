"""Records of DBN, field by field against the official decoder."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fairlead.gateways.databento.dbn import DbnFile
from fairlead.gateways.databento.records import (
    BAR_SECONDS,
    Bar,
    ByOrder,
    ByPrice,
    Definition,
    Imbalance,
    Mapping,
    Passed,
    Record,
    Status,
    read_record,
    received,
)
from fairlead.gateways.errors import MalformedFrame
from tests.gateways.databento.samples import folder, official_records, whole_files
from tests.gateways.mutations import check_decoder


def as_theirs(theirs: Any, name: str) -> Any:
    """Return a field of the official record in our words."""
    if name == "action" and not hasattr(theirs, name):
        return "N"  # a quote of a moment has no event
    if name == "sequence" and not hasattr(theirs, name):
        return 0
    if name == "levels":
        levels = getattr(theirs, "levels", [])
        return tuple((each.bid_px, each.ask_px, each.bid_sz, each.ask_sz) for each in levels)
    value = getattr(theirs, name)
    if name == "is_trading":
        return {True: "Y", False: "N"}.get(value, str(value))
    value = getattr(value, "value", value)  # of an enumeration
    return str(value) if isinstance(value, str) else int(value)


def differences(ours: Record, theirs: Any) -> list[str]:
    """Return the fields that are not the same."""
    if isinstance(ours, Passed):
        return []
    if isinstance(ours, Mapping):
        return [] if ours.symbol in (theirs.stype_in_symbol, theirs.stype_out_symbol) else ["it"]
    if isinstance(ours, ByPrice) and type(theirs).__name__ in ("BBOMsg", "CBBOMsg"):
        ours = ours._replace(sequence=0)
        return [
            name
            for name in ours._fields
            if name != "sequence" and getattr(ours, name) != as_theirs(theirs, name)
        ]
    return [name for name in ours._fields if getattr(ours, name) != as_theirs(theirs, name)]


def test_every_record_of_every_sample_is_what_the_official_decoder_says(market_data: Path) -> None:
    compared: Counter[str] = Counter()
    for path in whole_files(market_data):
        ours = [read_record(frame) for frame in DbnFile(path).records()]
        theirs = official_records(path)
        assert len(ours) == len(theirs), path
        for mine, other in zip(ours, theirs, strict=True):
            assert not differences(mine, other), (path, mine, other)
            assert mine.rtype == int(other.rtype)
            assert (mine.instrument_id, mine.ts_event) == (other.instrument_id, other.ts_event)
            compared[type(mine).__name__] += 1
    assert compared == {
        "ByOrder": 31,
        "ByPrice": 202,
        "Bar": 109,
        "Status": 16,
        "Imbalance": 12,
        "Definition": 16,
        "Mapping": 20,
        "Passed": 33,
    }


def frames_of_all(market_data: Path) -> list[bytes]:
    return [frame for path in whole_files(market_data) for frame in DbnFile(path).records()]


def test_a_record_is_received_when_it_says_and_a_bar_at_its_end(market_data: Path) -> None:
    for frame in frames_of_all(market_data):
        record = read_record(frame)
        if isinstance(record, Bar):
            assert received(frame) == record.ts_event + BAR_SECONDS[record.rtype] * 10**9 - 1
        elif isinstance(record, ByOrder | ByPrice | Status | Imbalance):
            assert received(frame) == record.ts_recv
        else:
            assert isinstance(record, Definition | Mapping | Passed)
            assert received(frame) >= min(record.ts_event, 10**18)
    assert received(b"") == 0


def test_mutated_records_are_read_or_refused(market_data: Path) -> None:
    checked = check_decoder(read_record, frames_of_all(market_data))
    assert set(checked.rejected) <= {"length", "type", "letter", "text"}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "length"),
        (b"\x04" + bytes(15), "length"),  # trades, without their price
        (b"\x0e\xa0" + bytes(13), "length"),
        (b"\x04\x77" + bytes(14), "type"),
    ],
)
def test_what_is_no_record_is_refused(frame: bytes, reason: str) -> None:
    with pytest.raises(MalformedFrame) as error:
        read_record(frame)
    assert error.value.reason == reason


def test_letters_are_letters(market_data: Path) -> None:
    (frame, *_) = DbnFile(folder(market_data) / "test_data.mbo.dbn").records()
    with pytest.raises(MalformedFrame, match="where a letter says what happened"):
        read_record(frame.replace(b"CA", b"\x00A"[:2], 1))
