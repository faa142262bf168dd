"""What goes wrong with a market, on time, and the same every time."""

import pytest

from fairlead.model.inputs import BookGap, BookSnapshot, Input, Quote, Trade, TradingStatus
from fairlead.model.units import NANOS_PER_SECOND, RATE_UNIT, InstrumentId, Nanos, Rate
from fairlead.simulator.market import MarketConfig, SimulatedWorld, demo_market, simulated_world
from fairlead.simulator.scenarios import SILENCE, Scenario, ScenarioKind
from fairlead.simulator.venue import VenueConfig
from tests.simulator.orders import START, at

SECOND = NANOS_PER_SECOND
ONE = InstrumentId(1)
LATE = 2_000_000  # market data is at most so late


def scenario(
    kind: ScenarioKind, begin: int, length: int, *, percent: int = 0, factor: int = 1
) -> Scenario:
    """Return a scenario of the first instrument, times in seconds after the start."""
    outage = kind is ScenarioKind.FEED_OUTAGE
    return Scenario(
        kind,
        at(begin * SECOND),
        Nanos(length * SECOND),
        size=Rate(percent * RATE_UNIT // 100),
        factor=factor,
        instrument=None if outage else ONE,
    )


def lived(
    *scenarios: Scenario, seconds: int = 30
) -> tuple[SimulatedWorld, list[tuple[int, Input]]]:
    """Return the demonstration with these scenarios, and all that it tells."""
    plain = demo_market(3)
    config = MarketConfig(plain.crowds, seed=3, scenarios=scenarios)
    world = simulated_world(config, VenueConfig(), START, at(seconds * SECOND))
    heard: list[tuple[int, Input]] = []
    while (time := world.next_time()) is not None:
        heard += [(time - START, one) for one in world.take(time)]
    return world, heard


def middles(heard: list[tuple[int, Input]], instrument: int = 1) -> list[tuple[int, float]]:
    """Return the middle of the touch of an instrument over time."""
    return [
        (time, (one.bid_price + one.ask_price) / 2)
        for time, one in heard
        if isinstance(one, Quote)
        and one.instrument == instrument
        and one.bid_price
        and one.ask_price
    ]


def between(points: list[tuple[int, float]], begin: float, end: float) -> list[float]:
    """Return what was measured between two times in seconds."""
    return [value for time, value in points if begin * SECOND <= time < end * SECOND]


def test_a_flash_crash_falls_and_comes_back_and_others_do_not_notice() -> None:
    _, heard = lived(scenario(ScenarioKind.FLASH_CRASH, 10, 10, percent=-10))
    points = middles(heard)
    before = between(points, 9, 10)[-1]
    assert min(between(points, 11, 14)) < before * 0.93
    assert between(points, 25, 30)[-1] == pytest.approx(before, rel=0.02)
    others = middles(heard, 2)
    assert min(between(others, 10, 20)) > between(others, 9, 10)[-1] * 0.98


@pytest.mark.parametrize("percent", [-50, 50])
def test_a_gap_is_somewhere_else_at_once(percent: int) -> None:
    _, heard = lived(scenario(ScenarioKind.GAP, 10, 0, percent=percent))
    points = middles(heard)
    before, after = between(points, 9, 10)[-1], between(points, 10.5, 30)
    assert min(after) > before * (1 + percent / 100) * 0.97
    assert max(after) < before * (1 + percent / 100) * 1.03


def test_in_a_halt_nothing_trades_and_afterwards_it_does() -> None:
    _, heard = lived(scenario(ScenarioKind.HALT, 10, 8))
    traded = [time for time, one in heard if isinstance(one, Trade) and one.instrument == ONE]
    assert not [time for time in traded if 10 * SECOND + LATE < time < 18 * SECOND]
    assert [time for time in traded if time > 18 * SECOND]
    told = [one.tradable for _, one in heard if isinstance(one, TradingStatus)]
    assert told[:2] == [False, True]


def test_an_outage_is_silent_shows_itself_and_ends_with_whole_books() -> None:
    world, heard = lived(scenario(ScenarioKind.FEED_OUTAGE, 10, 8))
    out = [(time, one) for time, one in heard if 10 * SECOND + LATE < time < 18 * SECOND]
    assert [type(one) for _, one in out] == [BookGap] * 3
    assert {(time - 10 * SECOND - SILENCE) // LATE for time, _ in out} == {0}
    back = [one for time, one in heard if 18 * SECOND <= time < 18 * SECOND + LATE]
    assert sum(isinstance(one, BookSnapshot) for one in back) == 3
    data = world.exchange.data
    assert data.dropped["feed_outage"] > 500
    assert data.sent == data.received + data.lost + data.waiting


def test_a_burst_brings_a_hundred_times_as_much_for_five_seconds() -> None:
    _, heard = lived(scenario(ScenarioKind.BURST, 10, 5, factor=100), seconds=20)
    count = {
        name: sum(
            begin * SECOND <= time < end * SECOND
            for time, one in heard
            if getattr(one, "instrument", 0) == 1
        )
        for name, begin, end in (("before", 5, 10), ("burst", 10, 15), ("after", 15, 20))
    }
    # Arrivals: who finds his order well placed says nothing, so there are fewer messages.
    assert 30 < count["burst"] / count["before"] < 140
    assert count["after"] < 3 * count["before"]


def test_the_same_scenarios_give_the_same_market() -> None:
    crash = scenario(ScenarioKind.FLASH_CRASH, 5, 5, percent=-20)
    halt = scenario(ScenarioKind.HALT, 6, 3)
    assert lived(crash, halt, seconds=15)[1] == lived(crash, halt, seconds=15)[1]
    assert lived(crash, seconds=15)[1] != lived(halt, seconds=15)[1]


def test_before_a_scenario_all_is_as_without_it() -> None:
    plain = [one for one in lived(seconds=12)[1] if one[0] < 10 * SECOND]
    for kind in (ScenarioKind.GAP, ScenarioKind.HALT, ScenarioKind.FEED_OUTAGE):
        with_it = lived(scenario(kind, 10, 1, percent=-50), seconds=12)[1]
        assert [one for one in with_it if one[0] < 10 * SECOND] == plain


@pytest.mark.parametrize(("length", "factor", "percent"), [(-1, 1, 0), (1, 0, 0), (1, 1, -100)])
def test_terms_without_a_meaning_are_refused(length: int, factor: int, percent: int) -> None:
    with pytest.raises(ValueError, match="scenario burst: found length"):
        scenario(ScenarioKind.BURST, 0, length, percent=percent, factor=factor)
