"""The day of a market: what was asked for is what is measured."""

from itertools import pairwise
from statistics import mean, pstdev

import pytest

from fairlead.model.inputs import Input, Quote, Trade
from fairlead.model.units import NANOS_PER_SECOND, BasisPoints, Nanos, Price, Quantity
from fairlead.simulator.crowd import CrowdConfig
from fairlead.simulator.day_shape import U_SPREAD, U_VOLATILITY, U_VOLUME, DayShape
from fairlead.simulator.days import DAY
from fairlead.simulator.market import MarketConfig, simulated_world
from fairlead.simulator.venue import VenueConfig
from tests.simulator.orders import INSTRUMENT, START

PART = 300 * NANOS_PER_SECOND  # the whole day takes twenty minutes
CURVE = (300, 100, 50, 200)


def told(shape: DayShape | None) -> list[tuple[Nanos, Input]]:
    """Return what four parts of a day tell."""
    crowd = CrowdConfig(
        INSTRUMENT,
        price_start=Price(100_000),
        quantity=Quantity(200),
        volatility=BasisPoints(400),
        arrivals=8,
        half_spread=400,
    )
    until = Nanos(START + 4 * PART)
    world = simulated_world(MarketConfig([crowd], shape=shape), VenueConfig(), START, until)
    heard: list[tuple[Nanos, Input]] = []
    while (time := world.next_time()) is not None:
        heard += [(time, one) for one in world.take(time)]
    return heard


def parts(heard: list[tuple[Nanos, Input]]) -> list[list[tuple[Nanos, Input]]]:
    """Return what each part of the day tells."""
    return [[one for one in heard if (one[0] - START) // PART == part] for part in range(4)]


def volumes(heard: list[tuple[Nanos, Input]]) -> list[float]:
    """Return how much traded in each part."""
    return [sum(one.quantity for _, one in part if isinstance(one, Trade)) for part in parts(heard)]


def spreads(heard: list[tuple[Nanos, Input]]) -> list[float]:
    """Return the mean spread of each part."""
    return [
        mean(
            one.ask_price - one.bid_price
            for _, one in part
            if isinstance(one, Quote) and one.bid_price and one.ask_price
        )
        for part in parts(heard)
    ]


def volatilities(heard: list[tuple[Nanos, Input]]) -> list[float]:
    """Return the deviation of the moves of two seconds in each part."""
    found = []
    for part in parts(heard):
        middles: dict[int, float] = {}
        for time, one in part:
            if isinstance(one, Quote) and one.bid_price and one.ask_price:
                middles[time // (2 * NANOS_PER_SECOND)] = (one.bid_price + one.ask_price) / 2
        prices = list(middles.values())
        found.append(pstdev(after - before for before, after in pairwise(prices)))
    return found


def relative(measured: list[float]) -> list[float]:
    """Return measurements in percent of the second one, which is as usual."""
    return [100 * one / measured[1] for one in measured]


def test_realised_volume_follows_its_curve_within_a_third() -> None:
    heard = told(DayShape(Nanos(0), Nanos(4 * PART), CURVE, (100,), (100,)))
    assert relative(volumes(heard)) == pytest.approx(CURVE, rel=0.34)


def test_realised_volatility_follows_its_curve_within_two_fifths() -> None:
    heard = told(DayShape(Nanos(0), Nanos(4 * PART), (100,), CURVE, (100,)))
    assert relative(volatilities(heard)) == pytest.approx(CURVE, rel=0.4)


def test_realised_spreads_are_wider_where_the_curve_is_higher() -> None:
    """Not in proportion: orders that were left behind where the value was narrow them."""
    shape = DayShape(Nanos(0), Nanos(4 * PART), (100,), (100,), (400, 100, 100, 400))
    found = spreads(told(shape))
    assert found[0] + found[3] > 1.2 * (found[1] + found[2])


def test_without_a_shape_all_parts_are_alike_and_outside_of_the_day_too() -> None:
    assert relative(volumes(told(None))) == pytest.approx([100] * 4, rel=0.25)
    shape = DayShape(Nanos(5 * PART), Nanos(PART), CURVE, CURVE, CURVE)
    assert told(shape) == told(None)


def test_the_curves_of_a_usual_day_are_like_a_u_and_mean_a_hundred() -> None:
    for curve in (U_VOLUME, U_VOLATILITY, U_SPREAD):
        middle = curve[len(curve) // 2]
        assert curve[0] > middle
        assert curve[-1] > middle
        assert sum(curve) / len(curve) == pytest.approx(100, abs=2)


@pytest.mark.parametrize(
    ("opens", "length", "curve"), [(-1, 1, (1,)), (0, DAY + 1, (1,)), (0, 1, ()), (0, 1, (0,))]
)
def test_a_day_without_a_shape_is_refused(opens: int, length: int, curve: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape of the day"):
        DayShape(Nanos(opens), Nanos(length), curve)
