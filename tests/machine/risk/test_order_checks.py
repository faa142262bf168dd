"""The collar, where nobody of ours looks again: stop-limits of the venue's own, and pegs."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.risk_terms import BreakerState, LimitKind
from fairlead.model.terms import OrderType, Peg, Side
from fairlead.model.units import Price
from tests.machine.build import BUY, SECOND, SELL, instrument, limits, quote, submit
from tests.machine.risk.limited import order, refusals
from tests.machine.risk.twin import FAR, MILLION, Twin, limit, patient, policy

TYPES: Final = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.PEGGED)
COLLAR: Final = "price_collar"  # of 10 %; the mid is 100


def rig(*inputs: Any) -> Twin:
    """Return a machine whose third instrument lists stop-limit and pegged orders itself."""
    listed = instrument(instrument=FAR, symbol="FAR", order_types=TYPES)
    return Twin(listed, patient(3), quote(99, 101, instrument=3), *inputs)


def stop_limit(number: int, side: Side, trigger: int, price: int) -> Any:
    """Return a stop-limit order that the venue keeps until it fires."""
    terms: dict[str, Any] = {"order_type": OrderType.STOP_LIMIT, "trigger_price": Price(trigger)}
    return submit(number, side, 1, price, instrument=FAR, **terms)


def pegged(number: int, side: Side, offset: int) -> Any:
    """Return an order that follows the middle at a distance."""
    terms: dict[str, Any] = {"peg": Peg.MIDPOINT, "peg_offset": Price(offset)}
    return submit(number, side, 1, 0, instrument=FAR, order_type=OrderType.PEGGED, **terms)


@pytest.mark.parametrize(
    ("side", "trigger", "inside", "outside"),
    [
        (BUY, 200, 220, 221),  # it fires at 200 or above
        (BUY, 200, 180, 179),
        (BUY, 50, 110, 111),  # it has been through already: it fires at the market
        (SELL, 50, 45, 44),
        (SELL, 50, 55, 56),
        (SELL, 200, 90, 89),
    ],
)
def test_a_stop_limit_of_the_venues_own_is_held_to_where_it_fires(
    side: Side, trigger: int, inside: int, outside: int
) -> None:
    """Control 1: the venue fires it, and nobody of ours looks again; equality passes."""
    desk = rig()
    assert desk.says_no(stop_limit(1, side, trigger, inside)) == {}
    assert desk.says_no(stop_limit(2, side, trigger, outside)).keys() == {COLLAR}


@given(
    side=st.sampled_from((BUY, SELL)),
    trigger=st.integers(1, 500),
    price=st.integers(1, 500),
    adverse=st.booleans(),
)
def test_the_collar_of_a_stop_limit_is_exact(
    side: Side, trigger: int, price: int, adverse: bool
) -> None:
    """Control 1: abs(limit - where it fires) <= 10 % of where it fires, for any prices."""
    fires = max(100, trigger) if side is BUY else min(100, trigger)
    worse = price - fires if side is BUY else fires - price
    inside = (worse if adverse else abs(worse)) * 10 <= fires
    desk = rig(policy(adverse_collar_only=adverse))
    assert (COLLAR not in desk.says_no(stop_limit(1, side, trigger, price))) is inside


def test_the_collar_of_a_scope_holds_a_stop_limit_too() -> None:
    desk = rig(limit(LimitKind.PRICE_COLLAR, MILLION // 20))
    assert desk.says_no(stop_limit(1, BUY, 200, 210)) == {}
    assert desk.says_no(stop_limit(2, BUY, 200, 211)) == {"price_collar_share": (55_000, 50_000)}


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_peg_follows_at_no_more_than_the_collar(side: Side) -> None:
    """Control 1: the offset is towards the other side, or away from it."""
    desk = rig()
    assert desk.says_no(pegged(1, side, 10)) == {}
    assert desk.says_no(pegged(2, side, 11)) == {COLLAR: (1_100, 1_000)}
    assert desk.says_no(pegged(3, side, -10)) == {}
    assert desk.says_no(pegged(4, side, -11)) == {COLLAR: (1_100, 1_000)}
    desk.give(policy(adverse_collar_only=True))
    assert desk.says_no(pegged(5, side, -11)) == {}
    assert desk.says_no(pegged(6, side, 11)) == {COLLAR: (1_100, 1_000)}


def test_the_collar_of_a_scope_holds_a_peg_too() -> None:
    desk = rig(limit(LimitKind.PRICE_COLLAR, MILLION // 20))
    assert desk.says_no(pegged(1, BUY, 5)) == {}
    assert desk.says_no(pegged(2, BUY, 6)) == {"price_collar_share": (60_000, 50_000)}


@pytest.mark.parametrize("state", [BreakerState.WARNING, BreakerState.RECOVERY])
def test_in_a_warning_the_collar_of_a_scope_is_half_as_wide(state: BreakerState) -> None:
    """S0-CB-07: tighter collars, that of a scope likewise; measured against what is left."""
    desk = Twin(limits(collar=9_000), limit(LimitKind.PRICE_COLLAR, MILLION // 5))
    assert desk.says_no(submit(1, quantity=1, price=120)) == {}
    desk.give(order(state))
    desk.wait(SECOND)
    assert desk.says_no(quote(99, 101), submit(2, quantity=1, price=110)) == {}
    refused = refusals(desk.give(submit(3, quantity=1, price=111)))
    assert refused == [("price_collar_share", 110_000, 100_000, "firm")]
