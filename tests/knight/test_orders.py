"""Orders that are wrong by themselves: far from the market, the same again, without a price."""

import pytest

from fairlead.model.units import Nanos
from fairlead.operations import knight
from fairlead.operations.knight_desk import Desk, loop, order
from fairlead.operations.knight_settings import MID
from tests.knight.bounds import SECOND, is_stopped

SPAN = Nanos(3 * SECOND)


def test_a_limit_order_at_ten_times_the_market_never_leaves() -> None:
    result = knight.ten_times_the_market(SPAN)
    is_stopped(result, "price_collar", "1 pre-trade", 0)
    assert (result.fills, result.gross, result.loss) == (0, 0, 0)


@pytest.mark.parametrize(("price", "sent"), [(2_100, 1), (2_101, 0), (1_900, 1), (1_899, 0)])
def test_the_collar_is_what_stops_it(price: int, sent: int) -> None:
    """One increment within the collar of five percent it leaves, beyond it does not."""
    assert abs(price - MID) in (100, 101)
    desk = Desk(knight.only())
    desk.give(order(1, 10, price=price))
    assert desk.venue.sent == sent


def test_the_same_market_order_leaves_once() -> None:
    result = knight.identical_orders(SPAN)
    is_stopped(result, "duplicate_order", "1 pre-trade", 1)


def test_what_nobody_has_a_price_for_never_leaves() -> None:
    """Citigroup: a missing price is no number (invariant 11)."""
    result = knight.missing_price(SPAN)
    is_stopped(result, "book_fresh", "1 pre-trade", 0)


def test_a_price_that_is_older_than_a_second_is_none() -> None:
    desk = Desk(knight.only())
    desk.play([], Nanos(0))
    desk.time = Nanos(desk.time + 2 * SECOND)  # nobody quotes meanwhile
    desk.give(order(1, 10))
    assert desk.log.refused == {"reference_age": 1}


def test_a_basket_a_thousand_times_too_large_stops_at_its_ceiling() -> None:
    """Citigroup, May 2022: every slice was small, and nothing bounded their sum."""
    result = knight.basket(SPAN)
    assert (result.stopped_by, result.stopped_in) == ("parent_notional", "1 pre-trade")
    assert result.in_time
    assert 0 < result.gross <= knight.BASKET_VALUE * 100
    assert result.fills == result.sent


def test_without_its_ceiling_the_basket_would_not_stop() -> None:
    desk = Desk(knight.only(shard_value_max=10**9, shard_quantity_max=10**6))
    desk.play(loop(50, lambda number: order(number, 85 + number % 30)), SPAN)
    assert desk.log.stop is None
    assert desk.venue.ledger.gross_most > 5 * knight.BASKET_VALUE * 100
