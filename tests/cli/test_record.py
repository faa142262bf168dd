"""What `fairlead record` writes is what `fairlead feed` reads."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from tests.gateways.loopback_binance import BinanceMarket, loopback_binance

RUNNER = CliRunner()


def test_a_recording_is_read_again_and_its_book_is_right(tmp_path: Path) -> None:
    with loopback_binance(BinanceMarket()) as venue:
        options = [
            "--to",
            str(tmp_path),
            "--stream",
            venue.url,
            "--rest",
            venue.origin,
            "--json",
            "--check",
        ]
        found = RUNNER.invoke(app, ["record", "binance", "ETHUSDT", "--for", "1s", *options])
    assert found.exit_code == 0, found.output
    result = json.loads(found.stdout)
    assert result["snapshots"] == 1
    assert result["read_again_the_same"]
    assert result["gaps"] == result["lost"] == 0
    assert result["delays"]["measured"] > 100
    again = RUNNER.invoke(
        app,
        ["feed", *result["files"], "--format", "binance-raw", "--check", "--json", "--dump", "bbo"],
    )
    assert again.exit_code == 0, again.output
    summary = json.loads(again.stdout.splitlines()[-1])
    assert summary["frames"] == result["frames"]
    assert summary["inputs"] == result["inputs"]


def test_a_venue_that_nobody_knows_is_told(tmp_path: Path) -> None:
    found = RUNNER.invoke(app, ["record", "mtgox", "BTCUSD", "--to", str(tmp_path)])
    assert found.exit_code == 2
    assert "expected one of binance, binance-usdm" in found.output


def test_nothing_that_came_is_said_to_be_wrong(tmp_path: Path) -> None:
    options = ["--to", str(tmp_path), "--stream", "ws://127.0.0.1:1/ws", "--for", "300ms"]
    found = RUNNER.invoke(app, ["record", "binance", "ETHUSDT", *options])
    assert found.exit_code == 1
    assert "0 frames" in found.output
    assert "Connect call failed" in found.output


@pytest.mark.parametrize("option", ["--stream", "--rest"])
def test_an_address_in_the_clear_is_refused(tmp_path: Path, option: str) -> None:
    address = {"--stream": "ws://venue.test/ws", "--rest": "http://venue.test"}[option]
    found = RUNNER.invoke(app, ["record", "binance", "X", "--to", str(tmp_path), option, address])
    assert found.exit_code == 2
    assert "is not encrypted" in found.output
