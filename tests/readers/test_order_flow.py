"""Every request and every order is counted once, whatever happens to it."""

from collections.abc import Callable
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    CancelRequest,
    Input,
    ReplaceRequest,
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueConnected,
    VenueDisconnected,
    VenueExpired,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.terms import Side, Status
from fairlead.model.units import OrderId, Price, Quantity
from fairlead.readers.order_flow import OrderFlow
from fairlead.readers.summary import SessionSummary
from tests.readers.sessions import SPOT, STRATEGY, Scene


def begin() -> tuple[OrderFlow, Scene]:
    """Return a flow and a scene with a quoted instrument."""
    summary = SessionSummary()
    scene = Scene(summary)
    scene.quote(SPOT, 10_000, 10_100)
    return summary.flow, scene


def replace(scene: Scene, order: OrderId, quantity: int) -> None:
    """Ask for another quantity."""
    scene.feed([ReplaceRequest(STRATEGY, order, SPOT, Quantity(quantity), Price(10_050))])


def test_a_refused_order_is_counted_with_every_failed_check() -> None:
    flow, scene = begin()
    scene.order(SPOT, Side.BUY, 10**12, 90_000)
    assert flow.refused["submit"] == 1
    assert flow.sent == 0
    checks = flow.failed_checks["submit"].counts()
    assert {"price_collar", "order_quantity_max", "position_quantity_max"} <= checks.keys()
    assert flow.ties_out


def test_a_rejected_order_keeps_the_reason_of_the_venue() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.feed([VenueRejected(order, SPOT, "insufficient funds", scene.now)])
    assert flow.rejected.counts() == {"insufficient funds": 1}
    assert (flow.working, flow.ties_out) == (0, True)


def test_a_partly_filled_order_that_is_canceled_counts_as_canceled() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.accept(order, SPOT)
    scene.fill(order, SPOT, 40, 10_050)
    scene.feed([VenueCanceled(order, SPOT, "asked", scene.now)])
    assert (flow.filled, flow.filled_in_part_or_whole, flow.working) == (0, 1, 0)
    assert flow.ties_out


def test_a_fill_of_a_canceled_order_is_late_and_counted_once() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.feed([VenueCanceled(order, SPOT, "asked", scene.now)])
    scene.fill(order, SPOT, 100, 10_050)
    assert (flow.filled, flow.late_fills, flow.fills) == (0, 1, 1)
    assert flow.ties_out


def test_an_order_filled_to_its_old_quantity_still_works_while_a_replace_is_open() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.accept(order, SPOT)
    replace(scene, order, 150)
    scene.fill(order, SPOT, 100, 10_050)
    assert (flow.filled, flow.working) == (0, 1)
    scene.feed([VenueReplaceRejected(order, SPOT, "too late", scene.now)])
    assert (flow.filled, flow.working) == (1, 0)
    assert flow.replaces_rejected.counts() == {"too late": 1}


def test_an_order_replaced_to_what_is_filled_is_done() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.accept(order, SPOT)
    scene.fill(order, SPOT, 60, 10_050)
    replace(scene, order, 70)
    scene.feed([VenueReplaced(order, SPOT, Quantity(60), Price(10_050), scene.now)])
    assert (flow.filled, flow.working, flow.ties_out) == (1, 0, True)


def test_an_order_is_unknown_until_there_is_evidence() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.feed([VenueDisconnected("VENUE", "line lost"), VenueConnected("VENUE")])
    assert (flow.unknown, flow.working) == (1, 0)
    scene.accept(order, SPOT)
    assert (flow.unknown, flow.working) == (0, 1)


Happening = Callable[[Scene, OrderId, int], Input]
HAPPENINGS: Final[dict[str, Happening]] = {
    "accepted": lambda scene, order, _: VenueAccepted(order, SPOT, "V", scene.now),
    "replace": lambda _, order, number: ReplaceRequest(
        STRATEGY, order, SPOT, Quantity(number * 3), Price(10_050)
    ),
    "cancel": lambda _, order, __: CancelRequest(STRATEGY, order),
    "canceled": lambda scene, order, _: VenueCanceled(order, SPOT, "asked", scene.now),
    "rejected": lambda scene, order, _: VenueRejected(order, SPOT, "no", scene.now),
    "replaced": lambda scene, order, number: VenueReplaced(
        order, SPOT, Quantity(number * 2), Price(10_050), scene.now
    ),
    "cancel rejected": lambda scene, order, _: VenueCancelRejected(order, SPOT, "late", scene.now),
    "replace rejected": lambda scene, order, _: VenueReplaceRejected(
        order, SPOT, "late", scene.now
    ),
    "expired": lambda scene, order, _: VenueExpired(order, SPOT, scene.now),
    "disconnected": lambda *_: VenueDisconnected("VENUE", "line lost"),
}
steps = st.lists(
    st.tuples(
        st.sampled_from([*HAPPENINGS, *["filled"] * 4]), st.integers(0, 3), st.integers(1, 80)
    ),
    max_size=40,
)


@given(steps)
def test_every_order_has_one_outcome_and_open_ones_are_those_of_the_machine(
    script: list[tuple[str, int, int]],
) -> None:
    """Walk random reports over four orders: legal steps, faults and quarantined fills alike."""
    flow, scene = begin()
    orders = [scene.order(SPOT, Side.BUY, 100, 10_050) for _ in range(4)]
    for step, index, number in script:
        if step == "filled":
            scene.fill(orders[index], SPOT, number, 10_050)
        else:
            scene.feed([HAPPENINGS[step](scene, orders[index], number)])
        working = scene.machine.orders.working(STRATEGY)
        assert sorted(flow.open) == [each.order for each in working]
        assert flow.unknown == sum(each.status is Status.UNKNOWN for each in working)
        assert flow.ties_out
