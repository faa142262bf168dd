"""What a path says, and local times on days on which clocks change."""

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fairlead.gateways.errors import InstrumentNotInferred, RecordingDamaged
from fairlead.gateways.lean.files import LocalClock, lean_file, time_zone
from tests.gateways.lean.sample import folder

NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3_600_000


def test_a_path_says_market_ticker_resolution_and_day(tmp_path: Path) -> None:
    high = lean_file(tmp_path / "Data/equity/usa/minute/spy/20131007_trade.zip")
    assert high[1:] == (*(tmp_path / "Data", "equity", "usa", "minute", "spy", 20131007, "trade"),)
    low = lean_file(tmp_path / "Data/equity/usa/daily/aapl.zip")
    assert low[1:] == (tmp_path / "Data", "equity", "usa", "daily", "aapl", 0, "trade")
    assert high.beside("tick") == tmp_path / "Data/equity/usa/tick/spy/20131007_trade.zip"


@pytest.mark.parametrize("name", ["20131007_trade.zip", "a/b/c/d/x/20131007_trade.zip", "b.csv"])
def test_another_path_says_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(InstrumentNotInferred, match="expected a path such as equity/usa/minute"):
        lean_file(tmp_path / name)


def test_the_zone_is_that_of_the_market_hours(market_data: Path, tmp_path: Path) -> None:
    stock = lean_file(folder(market_data) / "equity/usa/daily/aapl.zip")
    coin = lean_file(folder(market_data) / "crypto/coinbase/minute/btcusd/20180404_trade.zip")
    assert (time_zone(stock).key, time_zone(coin).key) == ("America/New_York", "UTC")
    alone = lean_file(tmp_path / "equity/usa/daily/aapl.zip")
    assert time_zone(alone).key == "America/New_York"
    future = lean_file(tmp_path / "future/eurex/daily/fesx.zip")
    with pytest.raises(InstrumentNotInferred, match="no time zone of future at eurex"):
        time_zone(future)
    hours = tmp_path / "market-hours" / "market-hours-database.json"
    hours.parent.mkdir()
    hours.write_text(
        json.dumps({"entries": {"Future-eurex-[*]": {"dataTimeZone": "Europe/Berlin"}}})
    )
    assert time_zone(future).key == "Europe/Berlin"
    hours.write_text("{")
    with pytest.raises(RecordingDamaged, match="no market hours"):
        time_zone(future)


@pytest.mark.parametrize("day", [20131007, 20130310, 20131103, 20240310, 20241103])
def test_local_times_become_utc_on_every_day(day: int) -> None:
    clock = LocalClock(NEW_YORK)
    for hour in (0, 1, 3, 4, 9, 16, 23):
        local = datetime.strptime(f"{day} {hour:02}", "%Y%m%d %H").replace(tzinfo=NEW_YORK)
        assert clock.time(day, hour * HOUR + 5, 7) == int(local.timestamp()) * 10**9 + 5_000_007


def test_days_of_a_change_have_another_length() -> None:
    clock = LocalClock(NEW_YORK)
    midnights = [clock.time(day, 0) for day in (20240309, 20240310, 20240311)]
    assert [after - before for before, after in pairwise(midnights)] == [
        24 * HOUR * 10**6,
        23 * HOUR * 10**6,
    ]
