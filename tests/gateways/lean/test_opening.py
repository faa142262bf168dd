"""Files opened together, and files that are damaged."""

from pathlib import Path

import pytest

from fairlead.gateways.errors import InstrumentNotInferred, RecordingDamaged
from tests.gateways.lean.sample import folder, run, write_zip


def test_files_of_several_tickers_come_in_order_of_time(market_data: Path) -> None:
    daily = folder(market_data) / "equity" / "usa" / "daily"
    recording, happened = run(daily / "aapl.zip", daily / "ibm.zip")
    assert [each.symbol for each in recording.instruments] == ["AAPL.USA", "IBM.USA"]
    times = [time for time, _ in happened]
    assert times == sorted(times)
    assert {input.instrument for _, input in happened} == {1, 2}
    only, _ = run(daily / "aapl.zip", daily / "ibm.zip", symbols=("IBM.USA",))
    assert [each.symbol for each in only.instruments] == ["IBM.USA"]
    with pytest.raises(InstrumentNotInferred, match="nothing of MSFT is in it"):
        run(daily / "aapl.zip", symbols=("MSFT",))


def test_a_line_that_is_wrong_is_counted_with_its_place(tmp_path: Path) -> None:
    path = write_zip(tmp_path, "equity/usa/daily/ibm.zip", "20131007 00:00,5,6,4,5,40\nxyz\n")
    recording, happened = run(path)
    assert len(happened) == 4
    assert recording.counts.dropped == {"malformed_fields": 1}
    assert recording.records.malformed_examples[0].startswith(f"{path}:2: ")


def test_a_zip_that_is_cut_is_damaged(market_data: Path, tmp_path: Path) -> None:
    source = folder(market_data) / "equity" / "usa" / "daily" / "aapl.zip"
    path = tmp_path / "equity" / "usa" / "daily" / "aapl.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(source.read_bytes()[:5_000])
    with pytest.raises(RecordingDamaged, match="compression is broken"):
        run(path)


def test_ticks_that_make_another_bar_are_told_apart(market_data: Path, tmp_path: Path) -> None:
    ticks = "equity/usa/tick/ibm/20131007_trade.zip"
    bars = "equity/usa/second/ibm/20131007_trade.zip"
    path = write_zip(tmp_path, ticks, "1000,100,20,Q,1,0\n2000,101,5,Q,1,0")
    write_zip(tmp_path, bars, "1000,100,100,100,100,20\n2000,101,101,101,101,6\n3000,1,1,1,1,1")
    recording, _ = run(path)
    (seconds,) = recording.oracles
    assert (seconds.compared, seconds.equal, seconds.different) == (3, 1, 2)
    assert "at 2000 ms: expected (101, 101, 101, 101, 6), found" in seconds.examples[0]
