"""Every benchmark runs, and its rows say what they must. No time is asserted: it proves nothing."""

from itertools import accumulate, pairwise
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from benchmarks import feeding, storing, trading
from benchmarks.__main__ import APP, BENCHMARKS
from benchmarks.filling import CASH
from benchmarks.market import quotes
from benchmarks.measuring import QUICK, Place, Row, Sizes, Skipped, Spread, build_name, percentile
from benchmarks.printing import Report
from fairlead.node.build import running_build

TINY = Sizes(2, 300, 20, 10, 40, 80, 5, 4, 200, 400, 40, 2, (1_000,), events=2_000)
RUNNER = CliRunner()
ONCE = ("bytes per order", "MB resident")  # they are exact, or take long
RECORDED = (feeding.NAME, storing.NAME)  # they need recordings of real markets


def rows(name: str, place: Place) -> list[Row]:
    """Return what a benchmark measured at tiny sizes."""
    found = list(BENCHMARKS[name](TINY, place))
    assert all(isinstance(one, Row) for one in found)
    return [one for one in found if isinstance(one, Row)]


def is_ordered(spread: Spread) -> bool:
    """Whether the least, the median and the greatest are in their order, and all above nothing."""
    return 0 < spread.least <= spread.median <= spread.greatest


@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name not in RECORDED])
def test_a_benchmark_gives_ratios_over_repetitions(name: str, tmp_path: Path) -> None:
    found = rows(name, Place(tmp_path, tmp_path))
    assert len({(row.what, row.against) for row in found}) == len(found) > 0
    for row in found:
        assert row.benchmark == name
        assert all(map(is_ordered, (row.ours, row.theirs, row.ratio))), row
        assert row.build == build_name()
        assert row.repetitions == TINY.repetitions or row.unit in ONCE
    assert not list(tmp_path.iterdir()), "a benchmark leaves nothing behind"


@pytest.mark.parametrize("sizes", [Sizes(), QUICK])
def test_no_row_rests_on_fewer_than_five_repetitions(sizes: Sizes) -> None:
    assert sizes.repetitions >= 5


def test_frames_are_measured_where_there_are_recordings(market_data: Path, tmp_path: Path) -> None:
    found = rows(feeding.NAME, Place(tmp_path, market_data))
    assert [row.what for row in found] == [
        "a frame of binance usdm, 400 frames",
        "a frame of binance spot, 400 frames",
        "a frame of bitget, 400 frames",
        "a frame of coinbase, 400 frames",
        "a frame of deribit, 136 frames",
        "a frame of okx, 400 frames",
    ]
    assert all(is_ordered(row.ratio) for row in found)


def test_a_store_is_measured_where_there_are_recordings(market_data: Path, tmp_path: Path) -> None:
    found = rows(storing.NAME, Place(tmp_path, market_data))
    assert len(found) == 2
    assert all(is_ordered(row.ratio) for row in found)


def test_without_recordings_a_store_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (found,) = BENCHMARKS[storing.NAME](TINY, Place(tmp_path, tmp_path))
    assert isinstance(found, Skipped)
    assert "20131007_trade.zip" in str(found)


def test_without_recordings_frames_are_skipped_with_the_reason(tmp_path: Path) -> None:
    found = list(BENCHMARKS[feeding.NAME](TINY, Place(tmp_path, tmp_path)))
    assert [type(one) for one in found] == [Skipped] * 6
    assert "usdm/ethusdt_20240808.gz" in str(found[0])


def test_the_quotes_are_the_same_everywhere() -> None:
    stream = quotes(20_000)
    assert stream[0].venue_time == 1_704_205_800_005_768_447
    assert (stream[0].bid_price, stream[0].ask_price) == (10_001, 10_004)
    assert (stream[-1].bid_price, stream[-1].ask_price) == (10_091, 10_094)
    assert trading.expected_cash(stream, every=10) - CASH == -204_800


@pytest.mark.parametrize("legs", [1, 2, 3])
def test_the_position_goes_flat_with_every_round_trip_and_opens_anew(legs: int) -> None:
    steps = [-1 if trading.sells(taken, legs) else 1 for taken in range(12)]
    held = list(accumulate(steps))
    assert [number for number, now in enumerate(held, start=1) if now == 0] == list(
        range(2 * legs, 13, 2 * legs)
    )
    assert max(held) == legs


def test_quotes_come_in_order_and_are_never_crossed() -> None:
    stream = quotes(2_000, 10)
    assert {quote.instrument for quote in stream} == set(range(1, 11))
    assert [quote.update for quote in stream] == list(range(1, 2_001))
    for before, after in pairwise(stream):
        assert before.venue_time < after.venue_time
        assert 1 <= after.ask_price - after.bid_price <= 3


def test_a_percentile_is_a_span_that_was_measured() -> None:
    spans = [5, 1, 4, 2, 3]
    assert [percentile(spans, one) for one in (0, 500, 800, 990, 1000)] == [1, 3, 4, 5, 5]


def test_a_ratio_above_the_goal_misses_it() -> None:
    spread = Spread.of([2.0, 3.0, 7.0])
    row = Row("orders", "an order", "ns", "a loop", spread, spread, spread, 3, "compiled", 3.0)
    assert row.met
    assert msgspec.structs.replace(row, goal=2.9).met is False
    assert msgspec.structs.replace(row, goal=None).met is None


def test_the_report_is_printed_and_written_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_MARKET_DATA", str(tmp_path / "none"))
    file = tmp_path / "reports" / "bench.json"
    arguments = ["--only", "feed", "--quick", "--json", str(file), "--scratch", str(tmp_path)]
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.output
    assert "skipped feed: no recording" in result.output
    written = msgspec.json.decode(file.read_bytes(), type=Report)
    assert written.rows == []
    assert [one.benchmark for one in written.skipped] == ["feed"] * 6
    assert written.machine.build == running_build().reason
    assert written.machine.cores > 0


def test_a_benchmark_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = RUNNER.invoke(APP, ["--only", "speed"])
    assert result.exit_code == 2
    told = " ".join(result.output.replace("│", " ").split())
    assert f"speed: there is {', '.join(BENCHMARKS)}" in told
