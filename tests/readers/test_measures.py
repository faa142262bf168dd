"""The statistics of a session: right numbers in, definitions beside them, undefined said so."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from fairlead.model.inputs import BookGap, CashMoved
from fairlead.model.terms import CashKind, Side
from fairlead.model.units import NANOS_PER_SECOND, Money, Nanos
from fairlead.readers.equity import EquityCurve
from fairlead.readers.measures import DEFINITIONS, Measure, measures_of
from fairlead.readers.summary import SessionSummary
from tests.readers.sessions import ACCOUNT, CASH, MONEY_DECIMALS, SPOT, Scene

BUY, SELL = Side.BUY, Side.SELL
DAY = 86_400.0


def begin(interval: float = 1.0) -> tuple[EquityCurve, SessionSummary, Scene]:
    """Return readers and a scene with a quoted instrument."""
    curve, summary = EquityCurve(interval=Nanos(int(interval * NANOS_PER_SECOND))), SessionSummary()
    scene = Scene(curve, summary)
    scene.quote(SPOT, 10_000, 10_100)
    return curve, summary, scene


def measured(curve: EquityCurve, summary: SessionSummary) -> dict[str, Measure]:
    """Return the measures by name."""
    return {each.name: each for each in measures_of(curve, summary.flow, ACCOUNT)}


def test_a_session_of_round_trips() -> None:
    curve, summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000, fee=1_000_000)
    scene.after(2).trade(SPOT, SELL, 1_000, 10_300, fee=1_000_000)
    scene.after(2).trade(SPOT, SELL, 1_000, 10_000)
    scene.after(1).trade(SPOT, BUY, 1_000, 10_100)
    scene.after(5).quote(SPOT, 10_000, 10_100)
    scene.order(SPOT, BUY, 1_000, 10_000)
    found = measured(curve, summary)
    assert found["round_trips"].text == "2"
    assert found["win_rate"].value == 0.5
    assert found["profit_factor"].value == pytest.approx(2.98)
    assert found["average_win"].text == "2.98 USDT"
    assert found["average_loss"].text == "1.00 USDT"
    assert found["exposure"].value == pytest.approx(0.3)
    assert found["fees_of_volume"].value == pytest.approx(0.02 / 404 * 10_000)
    assert found["fees_of_profit"].value == pytest.approx(0.02 / 2)
    assert found["turnover"].value == pytest.approx(404 / 1_000_000, rel=1e-4)
    assert found["fill_ratio"].value == 0.8
    assert found["orders_per_fill"].value == 1.25
    assert found["total_return"].value == pytest.approx(1.98 / 1_000_000)


def test_nothing_traded_is_undefined_and_says_so() -> None:
    curve, summary, scene = begin()
    scene.after(10).quote(SPOT, 10_000, 10_100)
    found = measured(curve, summary)
    notes = {name: each.note for name, each in found.items() if each.value is None}
    assert notes == {
        "annual_growth": "fewer than 30 days say nothing about a year",
        "volatility": "less than a day says nothing about a year",
        "interval_sharpe": "returns do not vary",
        "sharpe": "returns do not vary",
        "sortino": "no return lies below the target",
        "calmar": "fewer than 30 days say nothing about a year",
        "win_rate": "no round trip was closed",
        "profit_factor": "no round trip was closed",
        "average_win": "no round trip was closed",
        "average_loss": "no round trip was closed",
        "fees_of_volume": "nothing was bought or sold",
        "fees_of_profit": "there is no profit before fees",
        "fill_ratio": "no order was sent",
        "orders_per_fill": "there was no fill",
    }
    assert all(found[name].text == "undefined" for name in notes)
    assert found["max_drawdown"].text == "0.00 %"


def test_a_session_without_market_data_has_no_statistics_of_equity() -> None:
    curve, summary = EquityCurve(), SessionSummary()
    Scene(curve, summary)
    found = measured(curve, summary)
    assert found["interval_volatility"].note == "fewer than two returns"
    assert found["exposure"].note == "the session has no length"


def test_a_missing_mark_makes_the_return_undefined() -> None:
    curve, summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000)
    scene.feed([BookGap(SPOT, "lost")])
    assert measured(curve, summary)["total_return"].note == "ETH-USDT: lost"


def test_a_long_session_is_annualised_in_calendar_time() -> None:
    curve, summary, scene = begin(interval=DAY)
    scene.trade(SPOT, BUY, 1_000_000, 10_000)
    for day in range(40):
        bid = 10_000 + 50 * day - 300 * (day % 3 == 2)
        scene.after(DAY).quote(SPOT, bid, bid + 100)
    found = measured(curve, summary)
    series = curve.series()
    equity = [value for value in series.equity(ACCOUNT)[series.grid] if value is not None]
    returns = [after / before - 1 for before, after in pairwise(equity)]
    mean = sum(returns) / len(returns)
    deviation = math.sqrt(sum((each - mean) ** 2 for each in returns) / (len(returns) - 1))
    assert found["volatility"].value == pytest.approx(deviation * math.sqrt(365))
    assert found["sharpe"].value == pytest.approx(mean / deviation * math.sqrt(365))
    growth = ((CASH + (1_950 * 1_000) * 10**MONEY_DECIMALS // 100) / CASH) ** (365 / 40) - 1
    assert found["annual_growth"].value == pytest.approx(growth)
    assert found["max_drawdown_duration"].text == "2 d 0 h"
    assert found["calmar"].value is not None


def test_a_drawdown_that_lasts_says_so() -> None:
    curve, summary, scene = begin()
    scene.trade(SPOT, BUY, 1_000, 10_000)
    scene.after(3).quote(SPOT, 9_000, 9_100)
    found = measured(curve, summary)
    assert found["max_drawdown_amount"].text == "10.00 USDT"
    assert found["max_drawdown_duration"].note == "not recovered"


def test_deposits_and_withdrawals_are_neither_profit_nor_loss() -> None:
    """B-POS-10: half is lost; what is paid in and out around it changes no share of it."""
    curve, summary, scene = begin()
    scene.trade(SPOT, BUY, 5_000_000, 10_000)

    def pay(kind: CashKind, share: int) -> None:
        moved = CashMoved(
            ACCOUNT, "USDT", kind, Money(CASH * share // 10), kind.name, "ann", "wired"
        )
        scene.after(1).feed([moved])

    pay(CashKind.DEPOSIT, 10)
    scene.after(1).quote(SPOT, 8_000, 10_100)
    pay(CashKind.WITHDRAWAL, -5)
    scene.after(2).quote(SPOT, 8_000, 10_100)
    found = measured(curve, summary)
    assert found["max_drawdown"].value == pytest.approx(0.05)
    assert found["max_drawdown_amount"].text == "100,000.00 USDT"
    assert found["total_return"].value == pytest.approx(-0.05)


def test_small_numbers_show_three_digits() -> None:
    curve, summary, scene = begin()
    scene.trade(SPOT, BUY, 1, 10_000)
    scene.after(3).quote(SPOT, 9_000, 9_100)
    assert measured(curve, summary)["max_drawdown"].text == "0.00000100 %"


def test_every_measure_is_in_the_reference() -> None:
    reference = Path(__file__).parents[2] / "docs" / "reference" / "statistics.md"
    text = reference.read_text(encoding="utf-8")
    missing = [name for name in DEFINITIONS if f"`{name}`" not in text]
    assert missing == []
