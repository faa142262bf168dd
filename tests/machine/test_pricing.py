"""With which type, price and time in force an order goes to its venue."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import OrderPolicyChange
from fairlead.model.outputs import SendOrder
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import OrderType, Side, TimeInForce
from fairlead.model.units import BasisPoints, Price
from tests.machine.build import BUY, SELL, Rig, instrument, limits, only, quote, submit

UNSET: dict[str, Any] = {"order_type": OrderType.UNSET, "price": Price(0)}


def sent(rig: Rig, side: Side, **terms: Any) -> tuple[OrderType, int, TimeInForce]:
    """Return how order 1 goes to the venue."""
    approved = only(SendOrder, rig.give(submit(1, side, **terms))).approved
    return approved.order_type, approved.price, approved.time_in_force


@pytest.mark.parametrize(("side", "price"), [(BUY, 10_006), (SELL, 9_994)])
def test_an_order_of_unset_type_is_a_limit_five_basis_points_beyond_the_touch(
    side: Side, price: int
) -> None:
    """S4-OMS-01: 10,001 * 1.0005 = 10,006.0005 and 9,999 * 0.9995 = 9,994.0005: safe side."""
    rig = Rig(quote(9_999, 10_001), limits(order_notional_max=10**9))
    expected = 10_006 if side is BUY else 9_995
    assert sent(rig, side, **UNSET) == (OrderType.LIMIT, expected, TimeInForce.GTC)
    assert price in (expected, expected - 1)


@given(
    st.integers(1_000, 10**6),
    st.integers(1, 50),
    st.integers(0, 500),
    st.sampled_from([1, 5, 25]),
    st.sampled_from(Side),
)
def test_the_safe_side_never_pays_more_nor_takes_less_than_the_offset(
    bid: int, spread: int, offset: int, tick: int, side: Side
) -> None:
    """S4-OMS-01: on the tick grid, within the exact offset, and no tick short of it."""
    bid, ask = bid * tick, (bid + spread) * tick
    terms = instrument(instrument=3, symbol="TICKS", price_tick=tick)
    policy = OrderPolicyChange(OrderPolicy(limit_offset=BasisPoints(offset)), "ann", "agreed")
    wide = limits(3, order_notional_max=2**60, collar=9_999)
    rig = Rig(terms, wide, quote(bid, ask, instrument=3), policy)
    _, price, _ = sent(rig, side, **UNSET, instrument=terms.instrument.instrument)
    assert price % tick == 0
    if side is BUY:
        exact = Fraction(ask * (10_000 + offset), 10_000)
        assert exact - tick < price <= exact
    else:
        exact = Fraction(bid * (10_000 - offset), 10_000)
        assert exact <= price < exact + tick


@pytest.mark.parametrize("touch", [quote(0, 0), quote(99, 0), quote(101, 99)])
def test_without_a_touch_that_can_be_believed_there_is_no_price(touch: object) -> None:
    """Invariant 11: a missing or crossed price never becomes one."""
    rig = Rig(touch)  # type: ignore[arg-type]
    assert "touch_present" in rig.refused(submit(1, **UNSET))


def test_market_to_limit_is_a_limit_at_the_touch() -> None:
    """What it does not take there rests there."""
    terms: dict[str, Any] = {"order_type": OrderType.MARKET_TO_LIMIT, "price": Price(0)}
    assert sent(Rig(), BUY, **terms) == (OrderType.LIMIT, 101, TimeInForce.GTC)
    assert sent(Rig(), SELL, **terms) == (OrderType.LIMIT, 99, TimeInForce.GTC)


def test_a_day_that_the_venue_does_not_keep_is_kept_by_the_machine() -> None:
    """The venue gets an order that is good till canceled."""
    assert sent(Rig(), BUY, time_in_force=TimeInForce.DAY) == (
        OrderType.LIMIT,
        100,
        TimeInForce.GTC,
    )
