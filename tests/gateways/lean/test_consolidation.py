"""Bars from ticks against Lean's own: every one, of five days."""

from pathlib import Path

import pytest

from fairlead.gateways.lean.consolidation import SESSION_BEGINS, SESSION_ENDS, BarMaker
from fairlead.gateways.lean.rows import Clock, TradeTick
from tests.gateways.lean.sample import DAYS, folder, run, unzipped

# On each day the two minutes that have a print of an auction in them.
AUCTIONS = {SESSION_BEGINS, SESSION_ENDS - 60_000, SESSION_BEGINS + 60_000, SESSION_ENDS}


def test_ticks_make_every_second_and_every_minute_and_no_other(market_data: Path) -> None:
    ticks = folder(market_data) / "equity" / "usa" / "tick" / "ibm"
    recording, _ = run(*(ticks / f"{day}_trade.zip" for day in DAYS))
    seconds, minutes = recording.oracles
    assert (seconds.compared, seconds.equal, seconds.different) == (26_505, 26_505, 0)
    assert (minutes.compared, minutes.equal, minutes.different) == (2_155, 2_155, 0)


@pytest.mark.parametrize("day", DAYS)
def test_seconds_make_the_prices_of_minutes(day: int, market_data: Path) -> None:
    """Volumes that no second shows move between minutes, so prices are what can be compared."""
    usa = folder(market_data) / "equity" / "usa"
    made: dict[int, list[int]] = {}
    for row in unzipped(usa / "second" / "ibm" / f"{day}_trade.zip"):
        start, opened, high, low, close = (int(field) for field in row[:5])
        bar = made.setdefault(start // 60_000 * 60_000, [opened, high, low, close])
        made[start // 60_000 * 60_000] = [bar[0], max(bar[1], high), min(bar[2], low), close]
    minutes = unzipped(usa / "minute" / "ibm" / f"{day}_trade.zip")
    expected = {int(row[0]): [int(field) for field in row[1:5]] for row in minutes}
    assert made.keys() == expected.keys()
    different = {start for start in made if made[start] != expected[start]}
    assert different <= AUCTIONS


@pytest.mark.parametrize("day", DAYS)
def test_quotes_of_seconds_make_those_of_minutes(day: int, market_data: Path) -> None:
    usa = folder(market_data) / "equity" / "usa"
    made: dict[int, list[int]] = {}
    for row in unzipped(usa / "second" / "ibm" / f"{day}_quote.zip"):
        start, *values = (int(field) for field in row)
        minute = start // 60_000 * 60_000
        bar = made.setdefault(minute, [*values])
        for side in (0, 5):
            bar[side + 1] = max(bar[side + 1], values[side + 1])
            bar[side + 2] = min(bar[side + 2], values[side + 2])
            bar[side + 3 : side + 5] = values[side + 3 : side + 5]
    minutes = unzipped(usa / "minute" / "ibm" / f"{day}_quote.zip")
    assert made == {int(row[0]): [int(field) for field in row[1:]] for row in minutes}


def tick(millis: int, price: int, size: int, condition: str) -> TradeTick:
    return TradeTick(Clock(0, millis), price, size, "N", condition, False)


def test_a_sweep_adds_its_volume_and_no_price() -> None:
    maker = BarMaker(1_000, auctions=False)
    maker.add(tick(500, 90, 7, "20000020"))  # before there is a bar: nobody has it
    maker.add(tick(1_000, 100, 10, "1"))
    maker.add(tick(1_900, 200, 5, "20000020"))
    maker.add(tick(3_000, 300, 6, "20"))  # no bar in its second: the one before has it
    assert maker.bars() == {1_000: (100, 100, 100, 100, 21)}


def test_auctions_are_in_minutes_alone() -> None:
    for auctions, expected in ((False, (100, 110, 100, 110, 20)), (True, (95, 110, 95, 110, 520))):
        maker = BarMaker(60_000, auctions=auctions)
        maker.add(tick(SESSION_BEGINS + 10, 100, 10, "1"))
        maker.add(tick(SESSION_BEGINS + 20, 110, 10, "1"))
        maker.add(tick(SESSION_BEGINS + 30, 95, 500, "40"))
        maker.add(tick(SESSION_BEGINS + 60_000, 95, 500, "40"))  # too late for the first minute
        assert maker.bars() == {SESSION_BEGINS: expected}
