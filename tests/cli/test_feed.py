"""`fairlead feed` as a user meets it: lines, counts, and what it says when a file is bad."""

import gzip
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from fairlead.cli.feed import feed
from fairlead.gateways.binance import Market
from tests.gateways.binance.venue import Venue
from tests.gateways.itch.venue import Venue as Nasdaq

APP = typer.Typer()
APP.command()(feed)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(APP, [str(argument) for argument in arguments])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def record(path: Path, frames: list[bytes]) -> Path:
    path.write_bytes(b"".join(b"%d %s\n" % (time, frame) for time, frame in enumerate(frames, 1)))
    return path


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Return a recording of a quote, a snapshot, and three changes with the quote after each."""
    venue = Venue(Market.SPOT, 1)
    frames = [venue.quote(), venue.snapshot()]
    for _ in range(3):
        frames += [venue.depth(), venue.quote()]
    return record(tmp_path / "day", frames)


def test_events_are_every_input_in_the_text_form(day: Path) -> None:
    result = run(day, "--dump", "events")
    assert result.exit_code == 0
    got = lines(result)
    assert [line["type"] for line in got] == [
        "InstrumentDefinition",
        "Quote",
        "BookSnapshot",
        *["BookChange", "Quote"] * 3,
    ]
    assert got[0]["instrument"]["symbol"] == "ETHUSDT.BINANCE"
    assert got[1] == {
        "time": 1,
        "type": "Quote",
        "instrument": "ETHUSDT.BINANCE",
        "bid_price": "99.99",
        "bid_quantity": "1.00000",
        "ask_price": "100.00",
        "ask_quantity": "1.00000",
        "update": 1000,
        "venue_time": 0,
    }


def test_the_touch_is_written_when_it_changes(day: Path) -> None:
    got = lines(run(day))
    touches = [{key: line[key] for key in line if key != "time"} for line in got]
    assert all(before != after for before, after in pairwise(touches))
    assert touches[0] == {
        "instrument": "ETHUSDT.BINANCE",
        "bid_price": "99.99",
        "bid_quantity": "1.00000",
        "ask_price": "100.00",
        "ask_quantity": "1.00000",
    }


def test_the_book_is_written_after_each_change_with_as_many_levels_as_asked_for(day: Path) -> None:
    got = lines(run(day, "--dump", "book", "--depth", "2"))
    assert len(got) == 4
    assert got[0]["bids"] == [["99.99", "1.00000"], ["99.98", "1.00000"]]
    assert got[0]["asks"] == [["100.00", "1.00000"], ["100.01", "1.00000"]]
    assert [len(line["bids"]) for line in got] == [2, 2, 2, 2]


def test_every_frame_is_accounted_for(day: Path) -> None:
    with day.open("ab") as file:
        file.write(b'98 {"e":"other"}\n99 {"e":}\n')
    result = run(day, "--json", "--check")
    assert result.exit_code == 0
    summary = lines(result)[-1]
    assert summary["type"] == "summary"
    assert summary["frames"] == 10
    assert summary["inputs"] == {"Quote": 4, "BookSnapshot": 1, "BookChange": 3}
    assert summary["dropped"] == {"event_unknown": 1, "malformed_json": 1}
    assert (summary["waiting"], summary["gaps"], summary["times_backwards"]) == (0, 0, 0)
    assert summary["malformed_examples"][0].startswith(f"{day}:10: malformed frame: ")
    assert summary["format"] == "binance-raw"
    assert summary["instruments"] == ["ETHUSDT.BINANCE"]
    assert summary["checks"]["book against quotes"] == {
        "compared": 3,
        "equal": 3,
        "different": 0,
        "skipped": {"no later quote": 1},
    }


def test_the_summary_for_a_person_is_on_standard_error(day: Path) -> None:
    result = run(day, "--check")
    assert "8 frames = inputs 8 (Quote 4, BookSnapshot 1, BookChange 3)" in result.stderr
    assert "compared 3, equal 3, different 0, skipped 1 (no later quote 1)" in result.stderr
    assert "frames" not in result.stdout


def test_a_gap_is_written_as_a_stale_book(tmp_path: Path) -> None:
    venue = Venue(Market.SPOT, 1)
    frames = [venue.quote(), venue.snapshot(), venue.depth()]
    venue.depth()  # lost
    frames.append(venue.depth())
    day = record(tmp_path / "day", frames)
    for dump in ("bbo", "book"):
        last = lines(run(day, "--dump", dump))[-1]
        assert last["stale"].startswith("depth gap: expected U ")
        assert not {"bid_price", "bids"} & set(last)


def test_a_book_that_differs_from_the_quotes_fails_the_check(day: Path) -> None:
    content = day.read_bytes().splitlines(keepends=True)
    content[1] = content[1].replace(b'["99.99","1.00000"]', b'["99.99","1.00100"]', 1)
    day.write_bytes(b"".join(content))
    assert run(day).exit_code == 0
    result = run(day, "--check")
    assert result.exit_code == 1
    assert "different: book 1000: 1.00100 at 99.99 / 1.00000 at 100.00; quote 1000:" in " ".join(
        result.stderr.split()
    )


def test_a_check_that_could_compare_nothing_fails(tmp_path: Path) -> None:
    venue = Venue(Market.SPOT, 1)
    day = record(tmp_path / "day", [venue.depth(), venue.snapshot(), venue.depth()])
    assert run(day, "--check").exit_code == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "symbol in the first 0 frames: none, expected exactly one"),
        (b"garbage\n", "day:1: no receive time in b'garbage"),
        (b'1 {"u":', "day:1: the file ends in the middle of a record"),
        (gzip.compress(b'1 {"u":1}\n')[:-3], "day:1: the compressed file ends in the middle"),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(
    tmp_path: Path, content: bytes, message: str
) -> None:
    day = tmp_path / "day"
    day.write_bytes(content)
    result = run(day, "--format", "binance-raw")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.startswith("fairlead: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = run(tmp_path / "absent.gz")
    assert result.exit_code == 2
    assert "absent.gz: No such file or directory" in result.stderr


def test_a_garbage_line_in_the_middle_ends_it_unless_asked_to_keep_going(day: Path) -> None:
    content = day.read_bytes().splitlines(keepends=True)
    day.write_bytes(b"".join([*content[:4], b"garbage\n", *content[4:]]))
    stopped = run(day)
    assert stopped.exit_code == 2
    assert "day:5: no receive time" in stopped.stderr
    went_on = run(day, "--keep-going", "--json")
    assert went_on.exit_code == 0
    summary = lines(went_on)[-1]
    assert (summary["bad_lines"], summary["frames"]) == (1, 8)


def test_a_reader_that_goes_away_is_no_error(day: Path) -> None:
    frames = [line.split(b" ", 1)[1].rstrip() for line in day.read_bytes().splitlines()]
    record(day, frames * 2_000)
    program = "import typer; from fairlead.cli.feed import feed; typer.run(feed)"
    command = [sys.executable, "-c", program, str(day), "--dump", "book"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 0
    assert said == b""


def test_real_recordings_pass_the_check(market_data: Path) -> None:
    folder = market_data / "binance_l2_raw" / "spot"
    result = run(
        folder / "ethusdt_20240808.gz", folder / "ethusdt_20240809.gz", "--check", "--json"
    )
    assert result.exit_code == 0
    checks = lines(result)[-1]["checks"]
    assert checks["book against quotes"] == {
        "compared": 6_469,
        "equal": 6_469,
        "different": 0,
        "skipped": {},
    }


def test_a_damaged_frame_shows_as_gap_stale_and_restored(tmp_path: Path) -> None:
    venue = Venue(Market.SPOT, 1)
    frames = [venue.snapshot(), *(venue.depth() for _ in range(4)), venue.snapshot()]
    day = record(tmp_path / "day", [*frames, venue.depth()])
    whole = run(day, "--dump", "gaps", "--json")
    assert [list(line)[2:] for line in lines(whole)[:-1]] == [["restored"]]
    damaged = run(day, "--dump", "gaps", "--json", "--disturb", "drop:3")
    *shown, summary = lines(damaged)
    assert [(line["time"], list(line)[2]) for line in shown] == [
        (1, "restored"),
        (4, "gap"),
        (4, "stale"),
        (6, "restored"),
    ]
    assert summary["gaps"] == 1
    page = (Path(__file__).parents[2] / "docs" / "reference" / "feed.md").read_text("utf-8")
    for line in damaged.stdout.splitlines()[:-1]:
        assert f"    {line}\n" in page


def test_trades_are_written_with_who_took(tmp_path: Path) -> None:
    venue = Venue(Market.SPOT, 1)
    trade = b'{"e":"trade","E":5,"s":"ETHUSDT","t":7,"p":"99.50","q":"0.5","T":4,"m":true,"M":true}'
    day = record(tmp_path / "day", [venue.snapshot(), trade, venue.quote()])
    [got] = lines(run(day, "--dump", "trades"))
    assert got == {
        "time": 2,
        "instrument": "ETHUSDT.BINANCE",
        "trade": "7",
        "venue_time": 4_000_000,
        "price": "99.50",
        "quantity": "0.50000",
        "aggressor": "sell",
    }


def test_what_data_rules_find_is_written_and_counted(tmp_path: Path) -> None:
    """A quote that the venue sent after it reached us: latency below zero is told."""
    venue = Venue(Market.SPOT, 1)
    trade = b'{"e":"trade","E":5,"s":"ETHUSDT","t":7,"p":"%s","q":"0.5","T":%d,"m":true,"M":true}'
    frames = [venue.snapshot(), trade % (b"99.50", 3), venue.quote()]
    later = trade.replace(b'"t":7', b'"t":8')
    day = record(tmp_path / "day", [*frames, later % (b"20.00", 0)])
    result = run(day, "--dump", "quality", "--json")
    *shown, summary = lines(result)
    found = [line for line in shown if line["type"] == "DataQualityFound"]
    assert [(line["kind"], line["left_out"]) for line in found] == [
        ("clock_offset", False),
        ("price_limit", True),
        ("split_missed", True),
    ]
    assert summary["quality"]["price_limit left out"] == 1
    assert summary["delays"]["negative"] == 1


def test_a_recording_without_a_format_that_shows_is_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "day"
    path.write_bytes(b"what is this\n")
    result = run(path)
    assert result.exit_code == 2
    assert "day: what it is in is not clear, say --format binance-raw|" in result.stderr
    assert "no format 'nonsense', expected one of" in run(path, "--format", "nonsense").stderr


def test_damage_that_is_none_is_one_line(day: Path) -> None:
    result = run(day, "--disturb", "burn:1")
    assert result.exit_code == 2
    assert "'burn:1' is no damage, expected one of drop:N" in result.stderr


@pytest.mark.parametrize("dump", ["bbo", "book", "trades", "gaps", "quality", "events"])
def test_a_day_of_a_whole_venue_is_read_whatever_is_written(tmp_path: Path, dump: str) -> None:
    """Some of its messages are about no instrument: phases of the venue."""
    venue = Nasdaq(1)
    venue.go_on(200)
    path = tmp_path / "06132024.NASDAQ_ITCH50"
    path.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in venue.sent))
    result = run(path, "--format", "itch", "--dump", dump)
    assert result.exit_code == 0, result.output
    assert f"{len(venue.sent)} frames = inputs" in result.stderr.replace(",", "")
    assert result.stdout


@pytest.mark.parametrize(
    ("files", "oracle", "compared"),
    [
        ("lobster/data/AAPL_*_message_10.csv", "book against the row after each message", 998),
        ("ws_recordings/sample_data/OKX.ws.1.0", "checksum", 290),
        ("ws_recordings/sample_data/DERIBIT.ws.1.0", "sequence", 36),
        ("ws_recordings/sample_data/BITGET.ws.2.0.gz", "checksum", 194),
    ],
)
def test_every_recording_is_held_to_what_it_says_of_itself(
    market_data: Path, files: str, oracle: str, compared: int
) -> None:
    result = run(*sorted(market_data.glob(files)), "--check", "--json")
    assert result.exit_code == 0
    check = lines(result)[-1]["checks"][oracle]
    assert (check["compared"], check["equal"], check["different"]) == (compared, compared, 0)


def test_a_lost_message_is_seen_by_the_oracle_of_its_recording(market_data: Path) -> None:
    [file] = (market_data / "lobster" / "data").glob("AAPL_*_message_10.csv")
    result = run(file, "--check", "--dump", "gaps", "--disturb", "drop:501", "--json")
    assert result.exit_code == 1
    *shown, summary = lines(result)
    assert [list(line)[2] for line in shown] == ["restored", "gap", "stale", "restored"]
    assert summary["gaps"] == 1


def test_a_book_by_order_is_written_by_level_and_its_trades_with_their_prices(
    market_data: Path,
) -> None:
    [file] = (market_data / "lobster" / "data").glob("AAPL_*_message_10.csv")
    book = lines(run(file, "--dump", "book", "--depth", "1"))[0]
    assert book["bids"] == [["585.3300", "18"]]
    assert book["asks"] == [["585.9400", "200"]]
    trades = lines(run(file, "--dump", "trades"))
    assert len(trades) == 159
    assert all(580 < float(trade["price"]) < 590 for trade in trades)
