"""Indicators against their definitions."""

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from fairlead.strategy import ATR, EMA, SMA, Bar, Volatility

PRICES = st.lists(st.integers(1, 10**12), min_size=1, max_size=80)


def bar(high: int, low: int, close: int) -> Bar:
    """Return a bar that opens at its close."""
    last = Price(close)
    return Bar(
        InstrumentId(1), last, Price(high), Price(low), last, Quantity(1), 1, Nanos(0), Nanos(1)
    )


@given(PRICES, st.integers(1, 20))
def test_a_moving_average_is_the_mean_of_the_last_values_exactly(
    prices: list[int], period: int
) -> None:
    average = SMA(period)
    for count, price in enumerate(prices, 1):
        value = average.update(price)
        expected = sum(prices[count - period : count]) / period if count >= period else None
        assert value == average.value == expected


@given(PRICES, st.integers(1, 20))
def test_an_exponential_average_begins_at_the_mean_and_then_takes_its_share(
    prices: list[int], period: int
) -> None:
    average = EMA(period)
    values = [average.update(price) for price in prices]
    assert values[: period - 1] == [None] * min(period - 1, len(prices))
    if len(prices) >= period:
        expected = sum(prices[:period]) / period
        for price in prices[period:]:
            expected += 2 / (period + 1) * (price - expected)
        assert values[-1] == expected


@given(PRICES, st.integers(2, 20))
def test_volatility_is_the_deviation_of_log_returns(prices: list[int], period: int) -> None:
    volatility = Volatility(period)
    for price in prices:
        volatility.update(price)
    returns = [math.log(b / a) for a, b in itertools.pairwise(prices)]
    if len(returns) < period:
        assert volatility.value is None
    else:
        assert volatility.value == pytest.approx(statistics.stdev(returns[-period:]), abs=1e-12)


def test_the_average_true_range_counts_gaps_and_is_smoothed_as_wilder_did() -> None:
    average = ATR(2)
    assert average.update(bar(12, 8, 10)) is None
    assert average.update(bar(20, 18, 19)) == (4 + 10) / 2  # from the close of 10 up to 20
    assert average.update(bar(16, 15, 15)) == 7 + (4 - 7) / 2  # from the close of 19 down to 15


def test_an_indicator_refuses_what_it_cannot_compute() -> None:
    with pytest.raises(ValueError, match="period is 0, expected 1 or more"):
        EMA(0)
    with pytest.raises(ValueError, match="period is 1, expected 2 or more"):
        Volatility(1)
    for price in (0, -1, math.nan):
        with pytest.raises(ValueError, match="expected above 0"):
            Volatility(2).update(price)
