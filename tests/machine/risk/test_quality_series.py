"""Anomalies of series, held against plain statistics in exact fractions."""

import statistics
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from fairlead.machine.risk.quality_series import PARTS, SAMPLES_MIN, Changes, Volumes
from fairlead.model.quality import DataClass, QualityKind
from fairlead.model.units import Nanos, Price, Quantity
from tests.machine.build import SECOND
from tests.machine.quality_rig import FLAG, MILLION, found, held, rule, trade

TICK = Price(1)
THREE = 3 * MILLION


def series(seed: int, length: int, planted: list[int]) -> list[int]:
    """Return prices that wander by a few ticks, and leap at the planted places."""
    chance = Random(seed)
    prices = [100_000]
    for place in range(1, length):
        leap = chance.choice((-1, 1)) * 900 if place in planted else chance.randint(-30, 30)
        prices.append(prices[-1] + leap)
    return prices


def flagged_by_statistics(prices: list[int], samples: int) -> list[int]:
    """Return the places that plain statistics flag: more than 3 sample deviations off the mean."""
    changes: list[int] = []
    places = []
    for place, (before, now) in enumerate(pairwise(prices), start=1):
        parts = int(Fraction((now - before) * PARTS, before))  # towards zero
        window = changes[-samples:]
        if len(window) >= min(SAMPLES_MIN, samples):
            mean = Fraction(sum(window), len(window))
            variance = statistics.variance([Fraction(one) for one in window])
            least = Fraction(int(Fraction(PARTS, before)) ** 2)
            if (parts - mean) ** 2 > 9 * max(variance, least):
                places.append(place)
        changes.append(parts)
    return places


@pytest.mark.parametrize("seed", range(5))
def test_a_seeded_series_has_exactly_the_changes_flagged_that_statistics_flag(seed: int) -> None:
    planted = [60, 140, 141, 250]
    prices = series(seed, 300, planted)
    rig = held(rule(QualityKind.PRICE_DEVIATION, FLAG, THREE, samples=50))
    flagged = [place for place, price in enumerate(prices) if found(rig.give(trade(price)))]
    assert flagged == flagged_by_statistics(prices, 50)
    assert {60, 140, 250} <= set(flagged) <= set(planted)


def test_what_is_measured_are_millionths_of_standard_deviations() -> None:
    changes = Changes(100)
    prices = series(1, 60, [])
    for price in prices:
        changes.add(2 * price)
    window = [int(Fraction((now - before) * PARTS, before)) for before, now in pairwise(prices)]
    now = prices[-1] + 200
    change = int(Fraction(200 * PARTS, prices[-1]))
    exact = (change - statistics.fmean(window)) / statistics.stdev(window)
    is_found, measured = changes.deviation(2 * now, TICK, THREE)
    assert is_found
    assert measured == pytest.approx(exact * MILLION, rel=1e-6)


def test_too_few_changes_say_nothing() -> None:
    changes = Changes(100)
    for price in range(SAMPLES_MIN):
        changes.add(2_000 + price % 2)
    assert changes.deviation(10_000, TICK, THREE) == (False, 0)
    changes.add(2_000)
    assert changes.deviation(10_000, TICK, THREE)[0]


def test_in_a_market_that_stood_still_three_ticks_are_no_anomaly_and_four_are() -> None:
    changes = Changes(30)
    for _ in range(31):
        changes.add(20_000)
    assert not changes.deviation(20_006, TICK, THREE)[0]
    assert changes.deviation(20_008, TICK, THREE)[0]


def test_a_series_that_was_broken_off_makes_no_change_of_the_next_price() -> None:
    changes = Changes(30)
    for _ in range(31):
        changes.add(20_000)
    changes.break_off()
    assert changes.deviation(5_000, TICK, THREE) == (False, 0)
    changes.add(5_000)
    assert not changes.deviation(5_000, TICK, THREE)[0]


def minutes(volumes: Volumes, *quantities: int) -> int:
    """Trade each quantity within a minute of its own; return the minute after them."""
    for minute, quantity in enumerate(quantities):
        volumes.add(Quantity(quantity), Nanos(minute * 60 * SECOND))
    return len(quantities) * 60 * SECOND


@pytest.mark.parametrize(("quantity", "flagged"), [(99, False), (100, False), (101, True)])
def test_ten_times_the_volume_is_none_and_more_is_a_spike(quantity: int, flagged: bool) -> None:
    """9.9 times the mean of the windows before is none, 10.1 times is one."""
    volumes = Volumes(30, Nanos(60 * SECOND))
    now = Nanos(minutes(volumes, *[7], *[10] * 25))  # the first is not whole
    assert volumes.spike(Quantity(quantity), now, 10 * MILLION) == (
        flagged,
        quantity * MILLION // 10,
    )


def test_a_window_grows_trade_by_trade_until_it_is_a_spike() -> None:
    rig = held(rule(QualityKind.VOLUME_SPIKE, FLAG, 10 * MILLION, samples=20))
    for _ in range(22):
        rig.wait(60 * SECOND)
        assert found(rig.give(trade(100, 10))) == []
    rig.wait(60 * SECOND)
    assert [len(found(rig.give(trade(100, 33)))) for _ in range(4)] == [0, 0, 0, 1]
    rig.restart()


def test_minutes_in_which_nothing_traded_count_as_nothing() -> None:
    volumes = Volumes(20, Nanos(60 * SECOND))
    minutes(volumes, *[10] * 22)
    later = Nanos(32 * 60 * SECOND)  # 21 windows traded 10, of the last 20 ten nothing
    assert volumes.spike(Quantity(51), later, 10 * MILLION) == (True, 10_200_000)
    much_later = Nanos(10**18)
    assert volumes.spike(Quantity(51), much_later, 10 * MILLION) == (False, 0)


def test_the_series_of_each_class_is_its_own() -> None:
    both = rule(QualityKind.PRICE_DEVIATION, FLAG, THREE, samples=20, data=DataClass.TRADE)
    rig = held(both)
    for price in range(25):
        rig.give(trade(1_000 + price % 2))
    data = rig.machine.state.quality.all()[0]
    assert list(data.changes) == [DataClass.TRADE]
