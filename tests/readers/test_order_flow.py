"""Every request and every order is counted once, whatever happens to it."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import (
    CancelRequest,
    Input,
    InstrumentSplit,
    LimitChange,
    OrderPolicyChange,
    Quote,
    ReplaceRequest,
    ResolveOrderCommand,
    SubmitRequest,
    TimePassed,
    Trade,
    VenueAccepted,
    VenueBusted,
    VenueCanceled,
    VenueCancelRejected,
    VenueConnected,
    VenueCorrected,
    VenueDisconnected,
    VenueExpired,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.limits import Limits
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Liquidity, OrderType, Side, Status, TimeInForce
from fairlead.model.units import BasisPoints, Money, Nanos, OrderId, Price, Quantity, UpdateId
from fairlead.readers.order_flow import OrderFlow
from fairlead.readers.summary import SessionSummary
from tests.readers.sessions import SPOT, STRATEGY, Scene, limits


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


# --- held, tried again, taken back ----------------------------------------------------------------


def stop(scene: Scene, number: int, **terms: Any) -> OrderId:
    """Request a stop that the machine keeps: sell 100 when the last trade is at 99.00."""
    request = SubmitRequest(
        STRATEGY,
        OrderId(number),
        SPOT,
        Side.SELL,
        OrderType.STOP,
        TimeInForce.GTC,
        False,
        Quantity(100),
        Price(0),
        trigger_price=Price(9_900),
    )
    scene.feed([msgspec.structs.replace(request, **terms)])
    return OrderId(number)


def test_an_order_that_is_held_at_the_end_is_live_and_no_outcome() -> None:
    flow, scene = begin()
    stop(scene, 1)
    assert (flow.held, flow.working, flow.sent, flow.ties_out) == (1, 0, 0, True)
    assert flow.open


def test_an_order_that_goes_before_it_left_is_withdrawn_and_not_canceled() -> None:
    flow, scene = begin()
    scene.feed([CancelRequest(STRATEGY, stop(scene, 1))])
    timed = {"time_in_force": TimeInForce.GTD, "expire_time": Nanos(scene.now + 10)}
    stop(scene, 2, **timed)
    scene.after(1).feed([TimePassed()])
    assert (flow.withdrawn, flow.canceled, flow.expired, flow.sent) == (2, 0, 0, 0)
    assert flow.ties_out


def test_a_stop_that_fires_is_sent_once_and_works() -> None:
    flow, scene = begin()
    stop(scene, 1)
    trade = Trade(SPOT, Price(9_900), Quantity(1), Side.SELL, "", scene.now)
    scene.feed([trade])
    scene.quote(SPOT, 9_900, 9_950)
    assert (flow.held, flow.working, flow.sent, flow.ties_out) == (0, 1, 1, True)


def test_an_order_that_is_tried_again_is_one_order() -> None:
    """S4-OMS-03: held between its attempts, and sent once however often it goes."""
    flow, scene = begin()
    policy = OrderPolicy(timeout=Nanos(0), slippage_max=BasisPoints(0))
    scene.feed([OrderPolicyChange(policy, "ann", "as agreed")])
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    busy = VenueRejected(order, SPOT, "busy", scene.now, transient=True)
    scene.feed([busy])
    assert (flow.held, flow.working, flow.sent, flow.retried) == (1, 0, 1, 1)
    scene.after(2).quote(SPOT, 10_000, 10_100)
    assert (flow.held, flow.working, flow.sent, flow.ties_out) == (0, 1, 1, True)
    scene.feed([busy, LimitChange(no_limits(), "desk", "closed")])
    scene.after(2).feed([TimePassed()])
    assert (flow.refused_again, flow.sent, flow.open, flow.ties_out) == (1, 1, {}, True)


def no_limits() -> Limits:
    """Return limits that let nothing pass."""
    return msgspec.structs.replace(limits(SPOT), order_quantity_max=Quantity(0))


def test_a_number_that_was_used_before_says_nothing_of_the_order_that_has_it() -> None:
    flow, scene = begin()
    stop(scene, 1)
    stop(scene, 1)
    assert (flow.refused["submit"], flow.held, flow.ties_out) == (1, 1, True)


def test_a_fill_that_is_taken_back_is_counted_and_its_order_keeps_its_outcome() -> None:
    """Control 46."""
    flow, scene = begin()
    done = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.fill(done, SPOT, 100, 10_050)
    open_still = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.fill(open_still, SPOT, 60, 10_050)
    assert flow.filled_in_part_or_whole == 2
    bust = VenueBusted(done, SPOT, "E1", 20240808, "erroneous", scene.now)
    scene.feed([bust, msgspec.structs.replace(bust, order=open_still, execution="E2")])
    assert (flow.fills, flow.busted, flow.filled, flow.working) == (2, 2, 1, 1)
    assert flow.filled_in_part_or_whole == 0
    scene.fill(open_still, SPOT, 100, 10_050)
    assert (flow.filled, flow.filled_in_part_or_whole, flow.ties_out) == (2, 1, True)


def test_a_corrected_fill_is_not_late() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.fill(order, SPOT, 100, 10_050)
    terms = (20240808, Price(10_040), Quantity(100), Money(0), Liquidity.MAKER, "", scene.now)
    scene.feed([VenueCorrected(order, SPOT, "E1", "E2", *terms)])
    assert (flow.fills, flow.busted, flow.late_fills, flow.filled) == (2, 1, 0, 1)


@pytest.mark.parametrize(
    ("status", "count"),
    [(Status.CANCELED, "canceled"), (Status.EXPIRED, "expired"), (Status.OPEN, "working")],
)
def test_what_a_person_says_of_an_unknown_order_is_its_outcome(status: Status, count: str) -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.feed([VenueDisconnected("VENUE", "line lost")])
    scene.feed([ResolveOrderCommand(order, status, "ann", "the venue says so by telephone")])
    assert (getattr(flow, count), flow.unknown, flow.ties_out) == (1, 0, True)


def test_a_rejection_that_a_person_reports_has_its_words_as_the_reason() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.feed([VenueDisconnected("VENUE", "line lost")])
    scene.feed([ResolveOrderCommand(order, Status.REJECTED, "ann", "by telephone")])
    assert flow.rejected.counts() == {"ann: by telephone": 1}
    assert flow.ties_out


def test_after_a_split_an_order_is_filled_when_its_new_quantity_is() -> None:
    flow, scene = begin()
    order = scene.order(SPOT, Side.BUY, 100, 10_050)
    scene.accept(order, SPOT)
    scene.fill(order, SPOT, 60, 10_050)
    replace(scene, order, 150)
    scene.feed([InstrumentSplit(SPOT, 2, 1, "S")])
    scene.quote(SPOT, 5_000, 5_050)
    scene.fill(order, SPOT, 180, 5_020)
    assert (flow.filled, flow.working) == (1, 0)
    assert flow.ties_out


# --- any script -----------------------------------------------------------------------------------

Happening = Callable[[Scene, OrderId, int], Input]
HAPPENINGS: Final[dict[str, Happening]] = {
    "accepted": lambda scene, order, _: VenueAccepted(order, SPOT, "V", scene.now),
    "replace": lambda _, order, number: ReplaceRequest(
        STRATEGY, order, SPOT, Quantity(number * 3), Price(10_050)
    ),
    "cancel": lambda _, order, __: CancelRequest(STRATEGY, order),
    "canceled": lambda scene, order, _: VenueCanceled(order, SPOT, "asked", scene.now),
    "rejected": lambda scene, order, _: VenueRejected(order, SPOT, "no", scene.now),
    "busy": lambda scene, order, _: VenueRejected(order, SPOT, "busy", scene.now, transient=True),
    "busted": lambda scene, order, number: VenueBusted(
        order, SPOT, f"E{number % 9}", 20240808, "erroneous", scene.now
    ),
    "split": lambda scene, _, number: InstrumentSplit(SPOT, number % 3 + 1, 2, f"S{number}"),
    "quote": lambda scene, *_: Quote(
        SPOT, Price(10_000), Quantity(9), Price(10_100), Quantity(9), UpdateId(0), scene.now
    ),
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
    scene.feed([OrderPolicyChange(OrderPolicy(), "ann", "as agreed")])
    orders = [scene.order(SPOT, Side.BUY, 100, 10_050) for _ in range(4)]
    for step, index, number in script:
        if step == "filled":
            scene.fill(orders[index], SPOT, number, 10_050)
        else:
            scene.after(number % 3).feed([HAPPENINGS[step](scene, orders[index], number)])
        working = scene.machine.orders.working(STRATEGY)
        live = [*working, *scene.machine.orders.held()]
        assert sorted(flow.open) == sorted(each.order for each in live)
        assert flow.unknown == sum(each.status is Status.UNKNOWN for each in working)
        assert flow.held == len(scene.machine.orders.held())
        assert flow.ties_out
