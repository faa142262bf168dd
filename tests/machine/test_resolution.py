"""Orders whose outcome is not known: what ends it, and what proves nothing."""

import pytest

from fairlead.machine.state import DEFAULT_POLICY
from fairlead.model.inputs import ReconciliationPolicyChange, ResolveOrderCommand, TimePassed
from fairlead.model.outputs import (
    BreakOpened,
    CancelOrder,
    InputRefused,
    OrderResolved,
    OrderUnknown,
    QueryOrder,
    ReportFaulted,
    RequestStatement,
    SendOrder,
)
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.terms import BreakKind, Status
from fairlead.model.units import Nanos, OrderId
from tests.machine.build import (
    CONNECTED,
    DISCONNECTED,
    SECOND,
    UNCONFIRMED,
    Rig,
    accepted,
    cancel,
    filled,
    only,
    order_status,
    submit,
)
from tests.machine.venue_side import statement


def lost(*before: object) -> Rig:
    """Return a rig with order 1, buy 8 at 100, that a broken session made unknown."""
    rig = Rig(UNCONFIRMED, submit(1))
    rig.give(*before, DISCONNECTED, CONNECTED)  # type: ignore[arg-type]
    assert rig.status(1) is Status.UNKNOWN
    return rig


def resolution(
    status: Status, person: str = "ann", reason: str = "called the desk"
) -> ResolveOrderCommand:
    """Return the word of a person."""
    return ResolveOrderCommand(OrderId(1), status, person, reason)


def test_a_connection_asks_about_every_unknown_order() -> None:
    """B-OMS-13, S0-EXE-01: queried by its client id, never sent again."""
    rig = Rig(submit(1), submit(2), accepted(2), DISCONNECTED)
    outputs = rig.give(CONNECTED)
    asked = [one for one in outputs if isinstance(one, QueryOrder)]
    assert [(one.order, one.client_order, one.venue_order) for one in asked] == [
        (1, "1-1-1", ""),
        (2, "1-2-1", "V2"),
    ]
    assert not [one for one in outputs if isinstance(one, SendOrder)]


@pytest.mark.parametrize(
    ("said", "then"),
    [
        (Status.OPEN, Status.OPEN),
        (Status.SENT, Status.OPEN),
        (Status.CANCELED, Status.CANCELED),
        (Status.EXPIRED, Status.EXPIRED),
        (Status.REJECTED, Status.REJECTED),
        (Status.SUSPENDED, Status.SUSPENDED),
        (Status.DONE_FOR_DAY, Status.DONE_FOR_DAY),
        (Status.TRIGGERED, Status.TRIGGERED),
    ],
)
def test_what_the_venue_says_of_the_order_is_evidence(said: Status, then: Status) -> None:
    """Invariant 10: known again, and its instrument takes orders again."""
    rig = lost()
    told = only(OrderResolved, rig.give(order_status(1, said, venue_order="V9")))
    assert (told.status, rig.status(1), rig.order(1).venue_order) == (then, then, "V9")
    assert isinstance(rig.give(submit(2))[-1], SendOrder)


def test_that_the_venue_does_not_find_it_proves_nothing() -> None:
    """Invariant 10: "not found" after a broken session is no evidence of absence."""
    rig = lost()
    [told] = rig.give(order_status(1, Status.CANCELED, found=False))
    assert isinstance(told, OrderUnknown)
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8)
    assert "orders_unknown" in rig.refused(submit(2))


def test_a_statement_is_asked_for_when_it_can_tell_that_the_order_never_got_there() -> None:
    """Invariant 10: nobody waits for the next scheduled one, and nothing is proved before."""
    hourly = ReconciliationPolicy(interval=Nanos(3_600 * SECOND))
    rig = lost(ReconciliationPolicyChange(hourly, "ann", "live"))
    rig.give(order_status(1, Status.CANCELED, found=False))
    rig.wait(2 * DEFAULT_POLICY.answer_timeout - SECOND)
    assert not rig.give(TimePassed())
    rig.wait(SECOND)
    [asked] = rig.give(TimePassed())
    assert isinstance(asked, RequestStatement)
    nothing = statement(rig.time, orders=(), fills=(), fills_since=asked.fills_since)
    outputs = rig.give(nothing)
    assert only(OrderResolved, outputs).status is Status.CANCELED
    assert "orders_unknown" not in rig.refused(submit(2))


def test_filled_is_believed_when_the_executions_are_there_and_not_before() -> None:
    """Invariant 6: position is the sum of fills, never of a status."""
    rig = lost()
    outputs = rig.give(order_status(1, Status.FILLED, filled=8))
    missing = only(BreakOpened, outputs)
    assert (missing.kind, missing.ours, missing.theirs) == (BreakKind.FILL_MISSED, "0", "8")
    assert (rig.status(1), rig.position().quantity) == (Status.UNKNOWN, 0)
    rig.give(filled(1, 8, "E1", cumulative=8))
    assert (rig.status(1), rig.position().quantity) == (Status.FILLED, 8)
    assert isinstance(rig.give(submit(2))[-1], SendOrder)


def test_a_canceled_order_may_have_fills_that_are_still_to_come() -> None:
    """Late executions are booked; until then a break closes the instrument."""
    rig = lost(accepted(1))
    rig.give(order_status(1, Status.CANCELED, filled=3))
    assert rig.status(1) is Status.CANCELED
    assert "break_open" in rig.refused(submit(2))
    rig.give(filled(1, 3, "E1", cumulative=3))
    assert (rig.position().quantity, rig.order(1).canceled) == (3, 5)
    assert isinstance(rig.give(submit(3))[-1], SendOrder)


def test_a_cancel_that_was_asked_for_meanwhile_goes_out_when_the_order_is_found_to_live() -> None:
    """B-OMS-08: what was asked for is not forgotten."""
    rig = lost(accepted(1))
    rig.give(cancel(1))
    assert only(CancelOrder, rig.give(order_status(1, Status.OPEN))).order == 1
    assert rig.status(1) is Status.CANCEL_PENDING


def test_an_answer_about_no_order_of_ours_is_a_fault() -> None:
    """B-OMS-10: it is kept, and changes nothing."""
    rig = Rig()
    [fault] = rig.give(order_status(9, Status.OPEN))
    assert isinstance(fault, ReportFaulted)


@pytest.mark.parametrize("status", [Status.OPEN, Status.CANCELED, Status.REJECTED, Status.EXPIRED])
def test_a_named_person_with_a_reason_may_say_what_became_of_it(status: Status) -> None:
    """The issue: resolved by evidence or by a person with a recorded reason."""
    rig = lost()
    told = only(OrderResolved, rig.give(resolution(status)))
    assert (told.status, told.evidence) == (status, "ann: called the desk")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (resolution(Status.CANCELED, person=" "), "no person"),
        (resolution(Status.CANCELED, reason=""), "no reason"),
        (resolution(Status.FILLED), "executions are booked"),
        (resolution(Status.UNKNOWN), "cannot be resolved as unknown"),
    ],
)
def test_a_person_cannot_say_what_needs_evidence(command: ResolveOrderCommand, reason: str) -> None:
    """Invariant 6: nobody talks a position into being."""
    rig = lost()
    [refused] = rig.give(command)
    assert isinstance(refused, InputRefused)
    assert reason in refused.reason
    assert rig.status(1) is Status.UNKNOWN


def test_an_order_that_is_known_is_not_resolved_by_a_person() -> None:
    """Only what is unknown needs a word."""
    rig = Rig(submit(1), accepted(1))
    [refused] = rig.give(resolution(Status.CANCELED))
    assert isinstance(refused, InputRefused)
    assert rig.status(1) is Status.OPEN
