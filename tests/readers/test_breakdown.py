"""The statistics of each strategy and instrument: they add up to those of the account."""

from itertools import pairwise

import pytest

from fairlead.model.inputs import BookGap
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.readers.breakdown import breakdown_of
from fairlead.readers.equity import EquityCurve
from fairlead.readers.measures import Measure
from tests.readers.sessions import ACCOUNT, PERPETUAL, SPOT, Scene

BUY, SELL = Side.BUY, Side.SELL


def begin() -> tuple[EquityCurve, Scene]:
    """Return a curve with a point a second, and a scene with two quoted instruments."""
    curve = EquityCurve(interval=Nanos(NANOS_PER_SECOND))
    scene = Scene(curve)
    scene.quote(SPOT, 10_000, 10_100)
    scene.quote(PERPETUAL, 20_000, 20_100)
    return curve, scene


def shares(curve: EquityCurve) -> dict[tuple[str, str], dict[str, Measure]]:
    """Return the measures by strategy and instrument, then by name."""
    return {
        (share.strategy, share.instrument): {each.name: each for each in share.measures}
        for share in breakdown_of(curve, ACCOUNT)
    }


def test_the_instruments_of_a_strategy_add_up_to_it() -> None:
    curve, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000, fee=1_000_000)
    scene.after(2).trade(SPOT, SELL, 1_000, 10_300, fee=1_000_000)
    scene.after(2).trade(PERPETUAL, SELL, 1_000, 20_000)
    scene.after(2).trade(PERPETUAL, BUY, 1_000, 20_100)
    scene.after(4).quote(SPOT, 10_000, 10_100)
    found = shares(curve)
    assert list(found) == [("maker", ""), ("maker", "ETH-USDT"), ("maker", "ETH-PERP")]
    whole, spot, perpetual = found.values()
    assert (spot["profit"].text, perpetual["profit"].text) == ("2.98 USDT", "-1.00 USDT")
    assert whole["profit"].value == pytest.approx(1.98)
    assert whole["round_trips"].value == 2
    assert whole["profit_factor"].value == pytest.approx(2.98)
    assert perpetual["profit_factor"].value == 0
    assert (spot["win_rate"].value, perpetual["win_rate"].value) == (1, 0)
    assert whole["volume"].value == pytest.approx(203 + 401)
    assert whole["max_drawdown_amount"].value == pytest.approx(1, abs=0.02)
    assert spot["exposure"].value == pytest.approx(0.2, abs=0.1)
    assert spot["turnover"].value == pytest.approx(203 / 1_000_000, rel=1e-4)


def test_a_position_without_a_mark_makes_the_profit_undefined() -> None:
    curve, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000)
    scene.after(3).feed([BookGap(SPOT, "lost")])
    found = shares(curve)
    assert found["maker", "ETH-USDT"]["profit"].note == "a position has no mark"


def test_contributions_of_one_strategy_have_the_sharpe_ratio_of_the_account() -> None:
    curve, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000)
    for price in (10_050, 10_020, 10_110, 10_090, 10_200):
        scene.after(1).quote(SPOT, price, price + 100)
    scene.after(1).quote(SPOT, 10_300, 10_400)
    series = curve.series()
    equity = [value for value in series.equity(ACCOUNT)[series.grid] if value is not None]
    returns = [(after - before) / before for before, after in pairwise(equity)]
    mean = sum(returns) / len(returns)
    deviation = (sum((each - mean) ** 2 for each in returns) / (len(returns) - 1)) ** 0.5
    found = shares(curve)["maker", ""]["interval_sharpe"].value
    assert found == pytest.approx(mean / deviation, rel=1e-6)


def test_who_never_traded_has_no_share() -> None:
    curve, scene = begin()
    scene.after(5).quote(SPOT, 10_000, 10_100)
    assert breakdown_of(curve, ACCOUNT) == []
