"""What a statement proves: executions that were missed, and orders whose outcome was not known."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import OrderPolicyChange, VenueDisconnected
from fairlead.model.outputs import (
    BreakClosed,
    BreakOpened,
    CancelOrder,
    FillIgnored,
    FillQuarantined,
    OrderFilled,
    OrderResolved,
    StatementReconciled,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import BreakKind, BreakState, Status
from fairlead.model.units import (
    INCREMENTS_MAX,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Quantity,
    StrategyId,
)
from tests.machine.build import (
    SECOND,
    SELL,
    VENUE,
    Rig,
    accepted,
    account,
    cancel,
    canceled,
    filled,
    only,
    strategy,
    submit,
)
from tests.machine.venue_side import breaks_in, fill_line, order_line, statement

BROKEN = VenueDisconnected(VENUE, "the session broke")
WAIT = 5 * SECOND  # the answer timeout, by default
ONE = InstrumentId(1)


# --- executions that were missed -----------------------------------------------------------------


def test_a_missed_fill_is_booked_and_the_record_shows_it() -> None:
    """S3-POS-01: it moves order, position and money as the report would have, and is a break."""
    rig = Rig(submit(1), accepted(1))
    line = fill_line(1, "e1", 3, fee=Money(2), venue_time=Nanos(7))
    outputs = rig.give(statement(SECOND, source="drop copy", fills=(line,)))
    opened = only(BreakOpened, outputs)
    assert (opened.kind, opened.order, opened.item) == (BreakKind.FILL_MISSED, 1, "e1")
    assert (opened.ours, opened.theirs) == ("not booked", "buy 3 at 1.00, fee 0.02")
    booked = only(OrderFilled, outputs)
    assert (booked.quantity, booked.fee, booked.filled, booked.leaves) == (3, 2, 3, 5)
    assert outputs.index(opened) < outputs.index(booked)
    assert outputs[-2] == BreakClosed(1, BreakState.RESOLVED, "booked from the statement")
    done = StatementReconciled(AccountId(1), VENUE, "drop copy", Nanos(SECOND), 1, 1, 0, 0)
    assert outputs[-1] == done
    assert (rig.position().quantity, rig.account().cash) == (3, 999_998)
    assert rig.order(1).venue_time == 7
    assert "break_open" not in rig.refused(submit(2, quantity=1_000))


@pytest.mark.parametrize(
    "ids",
    [{"order": OrderId(1)}, {"client_order": "1-1-1"}, {"venue_order": "V1"}],
)
def test_a_missed_fill_is_of_the_order_that_any_id_names(ids: dict[str, Any]) -> None:
    """S1-OMS-05: whichever the source knows."""
    rig = Rig(submit(1), accepted(1))
    rig.give(statement(SECOND, fills=(msgspec.structs.replace(fill_line(0, "e1", 3), **ids),)))
    assert rig.order(1).filled == 3


def test_the_report_that_comes_after_its_statement_is_ignored() -> None:
    """Invariant 4, DESIGN: a fill is applied exactly once, whoever said it first."""
    rig = Rig(submit(1), accepted(1))
    rig.give(statement(SECOND, fills=(fill_line(1, "e1", 3),)))
    assert rig.give(filled(1, 3, "e1")) == [FillIgnored(OrderId(1), ONE, "e1")]
    again = rig.give(statement(SECOND, fills=(fill_line(1, "e1", 3),)))
    assert only(StatementReconciled, again).booked == 0
    assert rig.position().quantity == 3


def test_missed_fills_are_booked_in_the_order_of_their_time() -> None:
    """Whatever the order of the lines: the average cost depends on it."""
    rig = Rig(submit(1, quantity=3), accepted(1), submit(2, SELL, 3), accepted(2))
    lines = (
        fill_line(2, "e2", 3, 103, side=SELL, venue_time=Nanos(2)),
        fill_line(1, "e1", 3, 100, venue_time=Nanos(1)),
    )
    outputs = rig.give(statement(SECOND, fills=lines))
    booked = [output.execution for output in outputs if isinstance(output, OrderFilled)]
    assert booked == ["e1", "e2"]
    assert rig.position().realised == 9


def test_a_late_fill_of_a_canceled_order_is_booked() -> None:
    """B-OMS-10: what was traded is traded."""
    rig = Rig(submit(1), accepted(1), canceled(1))
    outputs = rig.give(statement(SECOND, fills=(fill_line(1, "e1", 3),)))
    assert only(StatementReconciled, outputs).booked == 1
    assert (rig.status(1), rig.position().quantity) == (Status.CANCELED, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (fill_line(7, "e1", 3), "names no order of this account that we know"),
        (
            fill_line(0, "e1", 3, client_order="x", venue_order="V9"),
            "that we know, client order 'x', venue order 'V9'",
        ),
        (fill_line(1, "e1", 3, side=SELL), "order 1 is a buy order"),
        (fill_line(1, "e1", 3, instrument=InstrumentId(2)), "names no order of this account"),
        (fill_line(1, "e1", INCREMENTS_MAX, INCREMENTS_MAX), "beyond"),
        (fill_line(5, "e1", 3), "names no order of this account"),
    ],
)
def test_an_execution_that_cannot_be_ours_is_quarantined(line: Any, reason: str) -> None:
    """B-OMS-11: a break for a person; nothing is booked, and nothing is dropped."""
    rig = Rig(account(2), strategy(3, account=2), submit(1), accepted(1))
    rig.give(submit(5, strategy=StrategyId(3)), accepted(5))
    outputs = rig.give(statement(SECOND, fills=(line,)))
    held = only(FillQuarantined, outputs)
    assert reason in held.reason
    opened = [output for output in outputs if isinstance(output, BreakOpened)]
    assert {one.kind for one in opened} == {BreakKind.FILL_UNEXPLAINED}
    assert {one.account for one in opened} == {1}
    done = only(StatementReconciled, outputs)
    assert (done.booked, done.differences, done.open_breaks) == (0, 1, len(opened))
    assert rig.machine.positions.net(ONE) == 0


def test_a_quarantined_execution_stays_one_through_every_statement() -> None:
    """It waits for a person, listed again or not."""
    rig = Rig()
    rig.give(statement(SECOND, fills=(fill_line(7, "e1", 3),)))
    for lines in ((fill_line(7, "e1", 3),), ()):
        outputs = rig.give(statement(SECOND, orders=(), fills=lines, positions=()))
        assert breaks_in(outputs) == []
        assert only(StatementReconciled, outputs).open_breaks == 1


def test_a_statement_tells_the_side_of_a_quarantined_execution() -> None:
    """A report may not say it; the person who adopts it need not then."""
    rig = Rig(filled(7, 3, "e1"))
    rig.give(statement(SECOND, fills=(fill_line(7, "e1", 3, side=SELL),)))
    [held] = rig.machine.state.reconciliation.quarantine[VENUE, 20240808, "e1"]
    assert held.side is SELL


# --- orders whose outcome is not known -----------------------------------------------------------


def lost(*then: Any, sent_at: int = SECOND) -> Rig:
    """Return a rig with order 1 open, then unknown since the session broke a second later."""
    rig = Rig()
    rig.wait(sent_at - SECOND)
    rig.give(submit(1), accepted(1), *then)
    rig.wait(SECOND)
    rig.give(BROKEN)
    assert rig.status(1) is Status.UNKNOWN
    rig.wait(WAIT + 1)
    return rig


def test_an_unknown_order_that_is_listed_works() -> None:
    """Invariant 10, DESIGN: evidence ends UNKNOWN, and the evidence is on record."""
    rig = lost()
    outputs = rig.give(statement(rig.time, orders=(order_line(1),), fills=()))
    assert outputs[0] == OrderResolved(OrderId(1), StrategyId(1), ONE, Status.OPEN, "statement")
    assert breaks_in(outputs) == []
    assert rig.status(1) is Status.OPEN


def test_an_unknown_order_that_a_complete_statement_leaves_out_is_gone() -> None:
    """It never came there, or was canceled; no fill of it can be missing."""
    rig = lost()
    outputs = rig.give(statement(rig.time, orders=(), fills=()))
    assert only(OrderResolved, outputs).status is Status.CANCELED
    assert (rig.status(1), rig.working()) == (Status.CANCELED, 0)
    assert breaks_in(outputs) == []


def test_the_fills_of_an_unknown_order_are_booked_before_it_is_judged() -> None:
    """Filled in part and gone: both are seen."""
    rig = lost()
    line = fill_line(0, "e1", 3, client_order="1-1-1", venue_time=Nanos(rig.time - 5))
    rig.give(statement(rig.time, orders=(), fills=(line,)))
    order = rig.order(1)
    assert (order.status, order.filled, order.canceled) == (Status.CANCELED, 3, 5)
    rig = lost()
    whole = fill_line(0, "e1", 8, client_order="1-1-1")
    rig.give(statement(rig.time, orders=(), fills=(whole,)))
    assert rig.status(1) is Status.FILLED


@pytest.mark.parametrize(
    "sections",
    [
        {"orders": ()},
        {"fills": ()},
        {"orders": (order_line(1),)},
        {"positions": ()},
        {"orders": (), "fills": (), "fills_since": Nanos(3 * SECOND)},  # sent before
    ],
)
def test_an_incomplete_statement_leaves_an_unknown_order_unknown(sections: dict[str, Any]) -> None:
    """Invariant 10, DESIGN: UNKNOWN is never treated as dead on half the evidence."""
    rig = lost(sent_at=2 * SECOND)
    outputs = rig.give(statement(rig.time, **sections))
    assert rig.status(1) is Status.UNKNOWN
    assert breaks_in(outputs) == []
    assert "orders_unknown" in rig.refused(submit(2))


@pytest.mark.parametrize(("after", "resolved"), [(0, False), (1, True)])
@pytest.mark.parametrize("lines", [(), (order_line(1),)])
def test_a_statement_has_to_be_made_when_the_venue_must_have_had_the_order(
    after: int, resolved: bool, lines: Any
) -> None:
    """Later than the answer timeout of the order's policy after it became unknown."""
    rig = lost()
    since = rig.order(1).unknown_since
    rig.give(statement(since + WAIT + after, orders=lines, fills=()))
    assert (rig.status(1) is not Status.UNKNOWN) is resolved


def test_a_clock_that_is_ahead_makes_no_evidence() -> None:
    """The venue says that it is later than it can be."""
    rig = Rig(submit(1), accepted(1), BROKEN)
    rig.give(statement(rig.time + WAIT + 1, orders=(), fills=()))
    assert rig.status(1) is Status.UNKNOWN


def test_the_time_to_wait_is_that_of_the_policy() -> None:
    """S1-OMS-06: by the strategy's own order policy."""
    policy = OrderPolicyChange(
        OrderPolicy(answer_timeout=Nanos(60 * SECOND)), "ann", "slow", StrategyId(1)
    )
    rig = Rig(policy, submit(1), accepted(1), BROKEN)
    rig.wait(60 * SECOND)
    rig.give(statement(rig.time, orders=(), fills=()))
    assert rig.status(1) is Status.UNKNOWN
    rig.wait(1)
    rig.give(statement(rig.time, orders=(), fills=()))
    assert rig.status(1) is Status.CANCELED


def test_statements_that_agreed_before_complete_the_fills() -> None:
    """An hourly statement has the fills of its hour alone."""
    rig = Rig(submit(1), accepted(1))
    rig.wait(SECOND)
    first = statement(rig.time, orders=(order_line(1),), fills=())
    rig.give(first)
    rig.wait(SECOND)
    rig.give(BROKEN)
    rig.wait(WAIT + 1)
    rig.give(statement(rig.time, orders=(), fills=(), fills_since=first.as_of))
    assert rig.status(1) is Status.CANCELED


def test_an_order_sent_without_an_answer_is_found_by_its_client_order_id() -> None:
    """B-OMS-13: never resent; the statement names the id that we burned for it."""
    rig = Rig(submit(1), BROKEN)
    rig.wait(WAIT + 1)
    line = order_line(0, client_order="1-1-1", venue_order="V77")
    rig.give(statement(rig.time, orders=(line,), fills=()))
    assert (rig.status(1), rig.order(1).venue_order) == (Status.OPEN, "V77")


def test_a_cancel_that_the_broken_session_may_have_lost_goes_out_again() -> None:
    """B-OMS-07: as soon as the order is known to work."""
    rig = lost(cancel(1))
    outputs = rig.give(statement(rig.time, orders=(order_line(1),), fills=()))
    assert only(CancelOrder, outputs).order == 1
    assert rig.status(1) is Status.CANCEL_PENDING


def test_the_unknown_orders_of_others_are_left_alone() -> None:
    """Of another account or venue, the statement says nothing."""
    rig = lost()
    rig.give(account(2))
    sections: dict[str, Any] = {"orders": (), "fills": ()}
    rig.give(statement(rig.time, account=AccountId(2), **sections))
    assert rig.status(1) is Status.UNKNOWN
    rig.give(statement(rig.time, venue="", **sections))
    assert rig.status(1) is Status.CANCELED


def test_a_resolved_order_is_compared_like_any_other() -> None:
    """It works, and not as we sent it."""
    rig = lost()
    outputs = rig.give(statement(rig.time, orders=(order_line(1, 9),), fills=()))
    assert rig.status(1) is Status.OPEN
    assert only(BreakOpened, outputs).kind is BreakKind.ORDER_DIFFERS
    assert rig.order(1).quantity == Quantity(8)
