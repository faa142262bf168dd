"""`fairlead preflight feed` says what it found, and its exit code says whether to trade."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlead.cli.main import app
from tests.gateways.loopback_binance import BinanceMarket, loopback_binance

RUNNER = CliRunner()
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_feed_of_a_configuration_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with loopback_binance(BinanceMarket()) as venue:
        monkeypatch.setenv("FAIRLEAD_STREAM", venue.url)
        monkeypatch.setenv("FAIRLEAD_REST", venue.origin)
        options = ["--config", str(EXAMPLES / "live.yaml"), "--json"]
        found = RUNNER.invoke(app, ["preflight", "feed", *options])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["sound"]


def test_a_dead_feed_exits_with_one() -> None:
    options = ["--stream", "ws://127.0.0.1:1/ws", "--within", "300ms"]
    found = RUNNER.invoke(app, ["preflight", "feed", "binance", "ETHUSDT", *options])
    assert found.exit_code == 1
    assert "NO FEED TO TRADE ON" in found.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "expected a venue and its symbols"),
        (["mtgox", "BTCUSD"], "no live venue 'mtgox'"),
        (["--config", str(EXAMPLES / "paper.yaml")], "there is no feed to look at"),
        (["binance", "ETHUSDT", "--within", "soon"], "--within"),
    ],
)
def test_mistakes_are_told(arguments: list[str], told: str) -> None:
    found = RUNNER.invoke(app, ["preflight", "feed", *arguments])
    assert found.exit_code == 2
    assert told in found.output
