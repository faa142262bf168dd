"""`fairlead backtest`: the same machine on the same data, twice the same, and only when asked."""

import json
from pathlib import Path

from tests.cli.sessions import fairlead

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"


def test_the_demo_market_can_be_backtested_without_any_file(tmp_path: Path) -> None:
    done = fairlead("backtest", "--for", "30s", "--json", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["sound"]
    assert "journal" not in outcome
    assert not (tmp_path / "var").exists()


def test_a_strategy_file_with_parameters_trades_bars_of_recorded_data(
    market_data: Path, tmp_path: Path
) -> None:
    done = fairlead(
        "backtest",
        "trend_following",
        "--data",
        market_data / USDM,
        "--set",
        "instrument=ETHUSDT.BINANCE-USDM",
        "--set",
        "bar_seconds=5",
        "--set",
        "fast=3",
        "--set",
        "slow=8",
        "--set",
        "quantity_max=0.5",
        "--report",
        "trend.html",
        "--json",
        directory=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["summary"]["fills"]["taker"] > 0
    assert outcome["sound"]
    assert (tmp_path / "trend.html").exists()


def test_nothing_is_traded_before_from_and_nothing_is_looked_at_after_to(
    market_data: Path, tmp_path: Path
) -> None:
    done = fairlead(
        "backtest",
        "market_making",
        "--data",
        market_data / USDM,
        "--from",
        "2024-08-08T23:56:00Z",
        "--to",
        "2024-08-08T23:57:00Z",
        "--json",
        directory=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    started = next(one for one in summary["events"] if one["what"] == "trading started")
    assert started["time"] >= "2024-08-08T23:55:59"
    assert summary["span"]["last_time"] <= "2024-08-08T23:57:11"  # the cancels at the end
    assert summary["fills"]["count"] > 0


def test_a_time_that_is_none_is_one_line(tmp_path: Path) -> None:
    done = fairlead("backtest", "--from", "yesterday", "--for", "5s", directory=tmp_path)
    assert done.returncode == 2
    assert "--from: found 'yesterday'" in done.stderr
