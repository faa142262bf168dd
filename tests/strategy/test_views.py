"""What a strategy is shown of its orders: all that it may want to know, and exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import OrderPolicyChange, VenueRejected, VenueSuspended
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Contingency, Peg, Status, Trigger
from fairlead.model.units import BasisPoints, Nanos, OrderId, Price, Quantity
from fairlead.strategy import Context, Hold, OrderView
from fairlead.strategy.views import NO_CONDITIONS
from tests.strategy.opened import opened, view
from tests.strategy.rig import AAA, SECOND, Rig

TEN = Quantity(10)
BID = Price(9_990)


def bought(quantity: int = 10) -> tuple[Rig, Context, OrderId]:
    """Return a rig in which an order works at the venue."""
    rig, context = opened()
    order = context.buy(AAA, Quantity(quantity), BID)
    rig.drain()
    rig.accept(order)
    return rig, context, order


def test_an_order_is_shown_with_the_names_that_it_has_elsewhere() -> None:
    rig, context = opened()
    order = context.buy(AAA, TEN, BID)
    assert (view(context, order).client_order, view(context, order).venue_order) == ("", "")
    rig.drain()
    assert view(context, order).client_order == rig.sent()[0].client_order != ""
    rig.accept(order)
    assert view(context, order).venue_order == f"v{order}"


@given(st.lists(st.tuples(st.integers(9_000, 11_000), st.integers(1, 1_000)), min_size=1))
def test_the_average_price_is_the_exact_rational(fills: list[tuple[int, int]]) -> None:
    """B-OMS-01: 40 at 10 and 60 at 11 are 10.6."""
    quantity = sum(size for _, size in fills)
    rig, context, order = bought(quantity)
    assert view(context, order).average_price is None
    for price, size in fills:
        rig.fill(order, price, size)
    expected = sum(Fraction(price * size, quantity) for price, size in fills)
    assert view(context, order).average_price == expected


def test_what_is_taken_back_is_in_no_average() -> None:
    rig, context, order = bought()
    rig.fill(order, 9_990, 4)
    rig.fill(order, 9_980, 3)
    rig.bust(order, execution=1)
    assert view(context, order).average_price == 9_980
    rig.bust(order, execution=2)
    assert view(context, order).average_price is None


def test_an_order_without_conditions_shows_none() -> None:
    _, context, order = bought()
    assert view(context, order).conditions == NO_CONDITIONS


def test_conditions_are_shown_before_and_after_the_machine_has_seen_them() -> None:
    rig, context = opened()
    parent = context.buy(AAA, TEN, BID)
    order = context.buy(
        AAA,
        TEN,
        Price(10_110),
        trigger_price=Price(10_100),
        trigger=Trigger.MID,
        timeout=Nanos(5),
        slippage_max=BasisPoints(7),
        after=parent,
        group=parent,
        contingency=Contingency.OCO,
    )
    for taken in (False, True):
        if taken:
            rig.drain()
        found = view(context, order).conditions
        assert (found.trigger_price, found.trigger) == (10_100, Trigger.MID)
        assert (found.timeout, found.slippage_max) == (5, 7)
        assert (found.after, found.group) == (parent, parent)
        assert found.contingency is Contingency.OCO
        assert (found.trail, found.peg, found.reduce_only) == (0, Peg.NONE, False)


def test_who_says_no_and_why_is_kept_with_the_order() -> None:
    rig, context = opened()
    refused = context.buy(AAA, Quantity(10**12), BID)
    rejected = context.buy(AAA, TEN, BID)
    rig.drain()
    rig.reject(rejected)
    assert view(context, refused).failure == rig.refused()[0].failed[0].check
    assert (view(context, rejected).status, view(context, rejected).failure) == (
        Status.REJECTED,
        "no",
    )


def test_the_price_and_the_reason_of_the_decision_are_kept() -> None:
    rig, context = opened()
    own = context.buy(AAA, TEN, BID, decision_price=Price(9_991), reason="cheap")
    other = context.buy(AAA, TEN, BID)
    rig.drain()
    assert (view(context, own).decision_price, view(context, own).reason) == (9_991, "cheap")
    assert view(context, other).decision_price == 9_995  # the mid of 9990 and 10000


def retried() -> tuple[Rig, Context, OrderId]:
    """Return a rig in which the venue was too busy for an order."""
    rig, context = opened()
    rig.run(OrderPolicyChange(OrderPolicy(), "p", "r"))
    order = context.buy(AAA, TEN, BID)
    rig.drain()
    rig.run(VenueRejected(order, AAA, "busy", rig.time, transient=True))
    return rig, context, order


def test_an_order_that_is_tried_again_is_the_same_order() -> None:
    """S4-OMS-03."""
    rig, context, order = retried()
    found = view(context, order)
    assert (found.status, found.hold, found.attempts) == (Status.HELD, Hold.RETRY, 1)
    assert [one.order for one in context.working()] == [order]
    rig.advance(rig.time + SECOND)
    found = view(context, order)
    assert (found.status, found.hold, found.attempts) == (Status.SENT, Hold.NONE, 2)
    assert [one.order for one in rig.sent()] == [order, order]
    assert len({one.client_order for one in rig.sent()}) == 2


def test_an_order_that_waits_for_its_next_attempt_can_be_canceled() -> None:
    rig, context, order = retried()
    context.cancel_all()
    rig.drain()
    assert view(context, order).status is Status.CANCELED
    rig.advance(rig.time + 10 * SECOND)
    assert len(rig.sent()) == 1


def test_a_cancel_that_waits_for_the_venue_is_shown_and_asked_for_once() -> None:
    rig, context = opened()
    order = context.buy(AAA, TEN, BID)
    context.cancel(order)
    rig.drain()
    assert view(context, order).cancel_wanted
    context.cancel_all()
    assert rig.host.requests() == []
    rig.accept(order)
    assert rig.canceled() == [order]
    assert not view(context, order).cancel_wanted
    assert view(context, order).attempts == 1  # a cancel is no attempt


def test_a_suspended_order_still_works() -> None:
    rig, context, order = bought()
    rig.run(VenueSuspended(order, AAA, "auction", rig.time))
    assert [one.status for one in context.working()] == [Status.SUSPENDED]


@pytest.mark.parametrize("field", OrderView.__struct_fields__)
def test_no_field_can_be_written_to(field: str) -> None:
    _, context, order = bought()
    with pytest.raises(AttributeError):
        setattr(view(context, order), field, 0)
