"""What happens when time is up: answers, fills, dates, attempts."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import Input, OrderPolicyChange, TimePassed, TradingDayBegan
from fairlead.model.outputs import (
    CancelOrder,
    OrderCanceled,
    OrderExpired,
    OrderHeld,
    OrderRefused,
    OrderRejected,
    OrderRetried,
    OrderTimedOut,
    OrderUnknown,
    Output,
    QueryOrder,
    SendOrder,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import OrderType, Status, TimeInForce, TimeoutAction
from fairlead.model.units import Nanos, Price
from tests.machine.build import (
    KILL,
    POLICY,
    SECOND,
    STARTED,
    VENUE,
    Rig,
    accepted,
    cancel,
    canceled,
    filled,
    only,
    quote,
    rejected,
    submit,
)

TICK = TimePassed()
UNSET: dict[str, Any] = {"order_type": OrderType.UNSET, "price": Price(0)}


def policy(**terms: Any) -> OrderPolicyChange:
    """Return an order policy for all strategies."""
    return OrderPolicyChange(msgspec.structs.replace(OrderPolicy(), **terms), "ann", "agreed")


def after(rig: Rig, nanos: int, given: Input = TICK) -> list[Output]:
    """Return what comes of an input so much later."""
    rig.wait(nanos)
    return rig.give(given)


# --- no answer ------------------------------------------------------------------------------------


def test_an_order_that_is_not_answered_becomes_unknown_and_is_asked_about_never_sent_again() -> (
    None
):
    """B-OMS-13, S0-EXE-01, invariant 10: a time-out proves nothing."""
    rig = Rig(POLICY, submit(1))
    assert after(rig, 5 * SECOND - 1) == []
    outputs = after(rig, 1)
    assert only(OrderUnknown, outputs).reason == "no answer in time"
    asked = only(QueryOrder, outputs)
    assert (asked.order, asked.client_order) == (1, "1-1-1")
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8)
    assert not [one for one in outputs if isinstance(one, SendOrder)]


@pytest.mark.parametrize("answer", [accepted(1), filled(1, 1, "E1")])
def test_an_answer_in_time_is_the_end_of_waiting(answer: Input) -> None:
    """What was answered is due no more: the machine has nothing to do."""
    rig = Rig(POLICY, submit(1), answer)
    assert rig.machine.next_due() is None
    assert after(rig, 60 * SECOND) == []


def test_a_cancel_that_is_not_answered_makes_the_order_unknown() -> None:
    """Invariant 8: it counts in full until something says that it is gone."""
    rig = Rig(POLICY, submit(1), accepted(1), cancel(1))
    assert only(OrderUnknown, after(rig, 5 * SECOND)).order == 1
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8)


def test_without_a_policy_nothing_is_due() -> None:
    """A rule that nobody set does not act."""
    rig = Rig(submit(1))
    assert rig.machine.next_due() is None


# --- not filled -----------------------------------------------------------------------------------


def test_an_order_of_unset_type_that_is_not_filled_in_time_is_canceled() -> None:
    """S4-OMS-02: 30 s, then cancel, by the time of the request."""
    rig = Rig(POLICY, submit(1, **UNSET), accepted(1))
    assert rig.machine.next_due() == rig.time + 30 * SECOND
    assert after(rig, 30 * SECOND - 1) == []
    outputs = after(rig, 1)
    assert only(OrderTimedOut, outputs).after == 30 * SECOND
    assert only(CancelOrder, outputs).order == 1
    assert rig.status(1) is Status.CANCEL_PENDING


def test_an_order_of_unset_type_has_its_time_without_any_policy_too() -> None:
    """S4-OMS-02: the defaults are those of the source."""
    rig = Rig(submit(1, **UNSET), accepted(1))
    assert [type(one) for one in after(rig, 30 * SECOND)] == [OrderTimedOut, CancelOrder]


def test_a_typed_order_has_no_time_unless_the_policy_is_for_all() -> None:
    """S4-OMS-02: a quote that rests is not given up by a rule that it did not ask for."""
    rig = Rig(POLICY, submit(1), accepted(1))
    assert after(rig, 3_600 * SECOND) == []
    rig = Rig(policy(all_orders=True), submit(1), accepted(1))
    assert after(rig, 30 * SECOND, quote(99, 101))[0] == OrderTimedOut(
        rig.order(1).order, rig.order(1).strategy, rig.order(1).instrument, Nanos(30 * SECOND)
    )


def test_an_order_may_name_its_own_time() -> None:
    """S4-OMS-02: what a request says goes over the policy."""
    rig = Rig(POLICY, submit(1, timeout=Nanos(SECOND)), accepted(1))
    assert only(CancelOrder, after(rig, SECOND)).order == 1


def test_an_order_may_be_kept_when_its_time_is_over() -> None:
    """S4-OMS-02: the other action."""
    rig = Rig(policy(timeout_action=TimeoutAction.KEEP), submit(1, **UNSET), accepted(1))
    assert [type(one) for one in after(rig, 30 * SECOND)] == [OrderTimedOut]
    assert rig.status(1) is Status.OPEN


@pytest.mark.parametrize("end", [canceled(1), filled(1, 8, "E1"), rejected(1)])
def test_an_order_that_is_done_has_no_time_left(end: Input) -> None:
    """Invariant 14: nothing stays behind for what is done."""
    rig = Rig(POLICY, submit(1, timeout=Nanos(SECOND)), end)
    assert rig.machine.next_due() is None


# --- dates ----------------------------------------------------------------------------------------


def test_a_good_till_date_order_is_canceled_at_its_date_where_the_venue_has_no_dates() -> None:
    """Emulated: the venue gets it as good till canceled."""
    rig = Rig()
    until = Nanos(rig.time + 7 * SECOND)
    outputs = rig.give(submit(1, time_in_force=TimeInForce.GTD, expire_time=until), accepted(1))
    sent = only(SendOrder, outputs).approved
    assert (sent.time_in_force, sent.expire_time) == (TimeInForce.GTC, 0)
    assert after(rig, 7 * SECOND - 1) == []
    assert only(CancelOrder, after(rig, 1)).order == 1


def test_a_held_order_expires_in_the_machine() -> None:
    """Nothing of it is at the venue, so nothing is asked of the venue."""
    rig = Rig()
    until = Nanos(rig.time + SECOND)
    stop: dict[str, Any] = {
        "order_type": OrderType.STOP,
        "trigger_price": Price(120),
        "price": Price(0),
    }
    rig.give(submit(1, time_in_force=TimeInForce.GTD, expire_time=until, **stop))
    assert rig.status(1) is Status.HELD
    assert [type(one) for one in after(rig, SECOND)] == [OrderExpired]
    assert rig.status(1) is Status.EXPIRED


def test_a_day_order_is_canceled_when_the_next_day_of_its_venue_begins() -> None:
    """Emulated, and by the calendar of its own venue alone."""
    rig = Rig(submit(1, time_in_force=TimeInForce.DAY), accepted(1), submit(2), accepted(2))
    assert rig.give(TradingDayBegan(20240809, "ELSEWHERE")) == []
    assert only(CancelOrder, rig.give(TradingDayBegan(20240809, VENUE))).order == 1
    assert rig.status(2) is Status.OPEN


# --- attempts -------------------------------------------------------------------------------------


def test_what_the_venue_did_not_take_is_tried_again_as_the_same_order_three_times_in_all() -> None:
    """S4-OMS-03: the fourth attempt is never sent; every attempt has a client id of its own."""
    rig = Rig(POLICY)
    sent = [only(SendOrder, rig.give(submit(1))).approved.client_order]
    for attempt in (2, 3):
        told = only(OrderRetried, rig.give(rejected(1, transient=True)))
        assert (told.attempt, rig.status(1), rig.working()) == (attempt, Status.HELD, 0)
        assert after(rig, SECOND - 1, quote(99, 101)) == []
        sent.append(only(SendOrder, after(rig, 1, quote(99, 101))).approved.client_order)
    assert sent == ["1-1-1", "1-1-2", "1-1-3"]
    outputs = rig.give(rejected(1, transient=True))
    assert [type(one) for one in outputs] == [OrderRejected]
    assert (rig.status(1), rig.order(1).attempts) == (Status.REJECTED, 3)
    assert after(rig, 60 * SECOND, quote(99, 101)) == []


def test_an_order_that_waits_for_its_next_attempt_can_be_canceled() -> None:
    """B-OMS-07: nothing of it is at the venue."""
    rig = Rig(POLICY, submit(1), rejected(1, transient=True))
    assert [type(one) for one in rig.give(cancel(1))] == [OrderCanceled]
    assert after(rig, SECOND) == []


def test_the_next_attempt_passes_the_gate_again() -> None:
    """Invariant 3: what was killed meanwhile does not leave."""
    rig = Rig(POLICY, submit(1), rejected(1, transient=True), KILL)
    assert rig.status(1) is Status.CANCELED
    rig = Rig(POLICY, submit(1), rejected(1, transient=True), quote(0, 0))
    outputs = after(rig, SECOND)
    assert [type(one) for one in outputs] == [OrderRefused]
    assert rig.status(1) is Status.REFUSED


def test_a_rejection_for_good_is_not_tried_again() -> None:
    """S4-OMS-03: only what surely never reached matching."""
    rig = Rig(POLICY, submit(1), rejected(1))
    assert rig.status(1) is Status.REJECTED
    assert not [one for one in rig.give(quote(99, 101)) if isinstance(one, OrderHeld)]


def test_what_was_due_while_the_node_was_down_does_not_leave_with_its_start() -> None:
    """Invariant 9: a node starts halted, and nobody knows yet whether the session stands."""
    rig = Rig(POLICY, submit(1), rejected(1, transient=True))
    assert rig.status(1) is Status.HELD
    started = msgspec.structs.replace(STARTED, epoch=2)
    outputs = after(rig, 10 * SECOND, started)
    assert "trading_stopped" in [check.check for check in only(OrderRefused, outputs).failed]
    assert not any(isinstance(output, SendOrder) for output in outputs)
