"""The curve: what stood at each time, on an even grid, and never more points than agreed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.model.inputs import BookGap, CashMoved, VenueBusted
from fairlead.model.terms import CashKind, Side
from fairlead.model.units import NANOS_PER_SECOND, Money, Nanos, OrderId
from fairlead.readers.equity import INTERVALS, EquityCurve, Series
from tests.readers.sessions import ACCOUNT, CASH, MONEY_DECIMALS, SPOT, START, STRATEGY, Scene

CENT = 10 ** (MONEY_DECIMALS - 2)
SECOND = Nanos(NANOS_PER_SECOND)


def seconds(series: Series) -> list[float]:
    """Return the times in seconds after the start."""
    return [(time - START) / NANOS_PER_SECOND for time in series.times]


def test_a_point_says_what_stood_then_and_nothing_later() -> None:
    curve = EquityCurve(interval=SECOND)
    scene = Scene(curve)
    scene.after(0.5).quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, Side.BUY, 1_000, 10_000)
    scene.after(0.5).quote(SPOT, 10_100, 10_200)  # at 1 s exactly: stands at 1 s
    scene.after(0.5).quote(SPOT, 10_300, 10_400)  # at 1.5 s: not before 2 s
    scene.after(0.7).quote(SPOT, 10_500, 10_600)
    series = curve.series()
    assert seconds(series) == [0.5, 1, 2, 2.2]
    gains = [equity - CASH for equity in series.equity(ACCOUNT) if equity is not None]
    assert gains == [0, 100 * CENT, 300 * CENT, 500 * CENT]
    assert series.grid == slice(1, 3)
    assert series.quantities((STRATEGY, SPOT)) == [0, 1_000, 1_000, 1_000]
    assert series.mids(SPOT) == [None, 20_300, 20_700, 21_100]


def test_equity_without_a_mark_is_a_gap_and_not_zero() -> None:
    curve = EquityCurve(interval=SECOND)
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, Side.BUY, 1_000, 10_000)
    scene.after(1.5).feed([BookGap(SPOT, "lost")])
    scene.after(1).quote(SPOT, 10_000, 10_100)
    scene.after(1).quote(SPOT, 10_000, 10_100)
    series = curve.series()
    assert seconds(series) == [0, 1, 2, 3, 3.5]
    assert series.equity(ACCOUNT) == [CASH, CASH, None, CASH, CASH]
    assert series.mids(SPOT)[2] is None


def test_what_was_not_asked_for_yet_stood_still() -> None:
    curve = EquityCurve(interval=SECOND)
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.after(4.5).quote(SPOT, 10_000, 10_100)
    assert seconds(curve.series()) == [0, 1, 2, 3, 4, 4.5]


def test_a_night_without_data_does_not_grow_the_curve() -> None:
    curve = EquityCurve(points_max=100)
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.after(86_400 * 365 * 10).quote(SPOT, 10_000, 10_100)
    series = curve.series()
    assert len(series.times) <= 102
    assert series.interval % INTERVALS[-1] == 0


gaps = st.lists(st.floats(0.001, 400, allow_nan=False), min_size=1, max_size=60)


@settings(deadline=None)
@given(gaps, st.integers(2, 12))
def test_the_grid_is_even_and_bounded_and_true(pauses: list[float], points_max: int) -> None:
    curve = EquityCurve(points_max=points_max)
    scene = Scene(curve)
    bids: list[tuple[Nanos, int]] = []
    for number, pause in enumerate(pauses):
        scene.after(pause).quote(SPOT, 10_000 + number, 20_000)
        bids.append((scene.now, 10_000 + number))
    series = curve.series()
    times, interval = series.times[series.grid], series.interval
    assert len(times) <= points_max
    assert all(time % interval == 0 for time in times)
    assert all(after - before == interval for before, after in pairwise(times))
    for time, mid in zip(series.times, series.mids(SPOT), strict=True):
        stood = [bid for seen, bid in bids if seen <= time]
        if time != series.times[0]:
            assert mid == (stood[-1] + 20_000 if stood else None)
    assert series.times[-1] == scene.now


def test_fills_are_kept_as_markers_and_as_first_and_last() -> None:
    curve = EquityCurve(markers_max=4)
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    for _ in range(120):
        scene.trade(SPOT, Side.BUY, 1, 10_050)
    assert curve.fills.count == curve.markers.count == 120
    assert len(curve.markers.items) <= 4
    assert curve.fills.dropped == 20
    first = curve.fills.first[0]
    assert (first.side, first.quantity, first.price, first.time) == (Side.BUY, 1, 10_050, START)


def test_a_fill_that_is_taken_back_is_listed_and_not_drawn() -> None:
    """Control 46."""
    curve = EquityCurve()
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.trade(SPOT, Side.BUY, 1_000, 10_050)
    scene.feed([VenueBusted(OrderId(1), SPOT, "E1", 20240808, "erroneous", scene.now)])
    assert [fill.told for fill in curve.fills.first] == ["maker", "taken back"]
    assert len(curve.markers.items) == 1
    assert curve.series().equity(ACCOUNT)[-1] == CASH


def test_deposits_and_withdrawals_stand_beside_equity() -> None:
    curve = EquityCurve(interval=SECOND)
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    for number, (kind, amount) in enumerate(
        [(CashKind.DEPOSIT, 700), (CashKind.INTEREST, 50), (CashKind.WITHDRAWAL, -200)]
    ):
        moved = CashMoved(ACCOUNT, "USDT", kind, Money(amount), f"R{number}", "ann", "wired")
        scene.after(1).feed([moved])
    series = curve.series()
    assert series.flows(ACCOUNT) == [0, 700, 700, 500]
    assert series.equity(ACCOUNT)[-1] == CASH + 550


def test_a_session_without_market_data_has_no_curve() -> None:
    curve = EquityCurve()
    Scene(curve)
    series = curve.series()
    assert (series.times, series.equity(ACCOUNT)) == ([], [])


@pytest.mark.parametrize("index", range(len(INTERVALS) - 1))
def test_each_interval_divides_the_next(index: int) -> None:
    assert INTERVALS[index + 1] % INTERVALS[index] == 0
