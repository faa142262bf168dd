"""`fairlead backtest --journal`: a session and its rerun side by side."""

import json
from pathlib import Path

import pytest

from tests.cli.sessions import fairlead

USDM = "binance_l2_raw/usdm/ethusdt_20240808.gz"


@pytest.fixture(scope="module")
def session(market_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a session on a recording."""
    directory = tmp_path_factory.mktemp("rerun")
    done = fairlead(
        "run", "--feed", market_data / USDM, "--for", "20s", "--json", directory=directory
    )
    assert done.returncode == 0, done.stderr
    return directory


def test_the_rerun_of_a_session_on_a_recording_is_the_session(session: Path) -> None:
    done = fairlead("backtest", "--journal", "var/journal", "--json", directory=session)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["same"]
    assert found["messages"]["session"] == found["messages"]["rerun"] > 10
    for part in ("orders", "fills", "accounts", "positions"):
        assert found["session"][part] == found["rerun"][part]


def test_another_parameter_is_compared_with_what_was(session: Path) -> None:
    arguments = ("--journal", "var/journal", "--set", "half_spread_bps=3")
    done = fairlead("backtest", *arguments, directory=session)
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "rerun of var/journal/0001"
    assert lines[1] == "session rerun"
    assert "they part" in lines
    assert any(line.startswith("rerun: ") and "sent as" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--journal", "nowhere"), "no journal here"),
        (("--journal", "var/journal", "--data", "x"), "--journal has its own data and times"),
        (("--journal", "var/journal", "--set", "speed=3"), "speed"),
        (("no_such", "--journal", "var/journal"), "no shipped strategy of this name"),
    ],
)
def test_a_mistake_is_told_and_exit_code_2(
    arguments: tuple[str, ...], told: str, session: Path
) -> None:
    done = fairlead("backtest", *arguments, directory=session)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_strategy_whose_name_says_no_code_is_to_be_named(tmp_path: Path) -> None:
    assert fairlead("run", "--for", "10s", "--json", directory=tmp_path).returncode == 0
    done = fairlead("backtest", "--journal", "var/journal", directory=tmp_path)
    assert done.returncode == 2
    assert "the journal names its strategies (maker), and not where their code is" in done.stderr
    named = ("market_making", "--journal", "var/journal", "--report", "page.html", "--json")
    done = fairlead("backtest", *named, directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rerun"]["orders"]["sent"] > 0
    assert (tmp_path / "page.html").exists()
