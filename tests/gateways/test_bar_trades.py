"""Bars as trades: whoever makes bars of them again has the same ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.bar_trades import bar_trades
from fairlead.gateways.errors import MalformedFrame
from fairlead.model.units import InstrumentId, Nanos

ONE = InstrumentId(1)
PRICES = st.lists(st.integers(1, 10**15), min_size=4, max_size=4).map(sorted)


@given(PRICES, st.booleans(), st.integers(4, 10**15))
def test_the_trades_of_a_bar_make_the_bar(prices: list[int], rising: bool, volume: int) -> None:
    low, opened, close, high = prices
    if not rising:
        opened, close = close, opened
    trades = bar_trades(ONE, (opened, high, low, close), volume, "7", Nanos(5))
    traded = [trade.price for trade in trades]
    assert (traded[0], max(traded), min(traded), traded[-1]) == (opened, high, low, close)
    assert sum(trade.quantity for trade in trades) == volume
    assert all(trade.quantity > 0 for trade in trades)
    assert len({trade.trade_id for trade in trades}) == len(trades) <= 4
    assert {trade.venue_time for trade in trades} == {5}


def test_prices_that_repeat_are_one_trade() -> None:
    (only,) = bar_trades(ONE, (10, 10, 10, 10), 3, "7", Nanos(5))
    assert (only.price, only.quantity, only.aggressor, only.conditions) == (10, 3, None, "bar")
    assert [each.price for each in bar_trades(ONE, (10, 12, 9, 9), 9, "7", Nanos(5))] == [10, 12, 9]


def test_nothing_traded_is_no_trade() -> None:
    assert bar_trades(ONE, (10, 12, 9, 11), 0, "7", Nanos(5)) == []


@pytest.mark.parametrize(
    ("prices", "volume"),
    [
        ((10, 9, 9, 10), 5),
        ((10, 12, 11, 11), 5),
        ((0, 12, 0, 11), 5),
        ((10, 12, 9, 11), -1),
        ((10, 12, 9, 11), 3),  # four prices, and fewer shares than that
        ((10, 10**16, 9, 11), 5),
    ],
)
def test_a_bar_that_cannot_be_is_refused(prices: tuple[int, int, int, int], volume: int) -> None:
    with pytest.raises(MalformedFrame):
        bar_trades(ONE, prices, volume, "7", Nanos(5))
