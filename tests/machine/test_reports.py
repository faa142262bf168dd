"""What venues say about orders: every race, every lie, and that nothing of it vanishes."""

import pytest

from fairlead.model.inputs import Input
from fairlead.model.outputs import (
    AccountChanged,
    CancelOrder,
    CancelRejected,
    FillIgnored,
    FillQuarantined,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderOverfilled,
    OrderRejected,
    OrderReplaced,
    OrderUnknown,
    PositionChanged,
    ReplaceRejected,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import Status
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    InstrumentId,
    Money,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)
from tests.machine.build import (
    DISCONNECTED,
    Rig,
    accepted,
    cancel,
    cancel_rejected,
    canceled,
    expired,
    filled,
    instrument,
    limits,
    only,
    quote,
    rejected,
    replace,
    replace_rejected,
    replaced,
    sends_cancel,
    submit,
)

ONE = InstrumentId(1)
ORDER = OrderId(1)
MINE = StrategyId(1)


def opened(*then: Input) -> Rig:
    """Return a rig with order 1, buy 8 at 100, open at the venue, and what came after."""
    return Rig(submit(1), accepted(1), *then)


# --- the plain life of an order -------------------------------------------------------------------


def test_an_acknowledged_order_is_open() -> None:
    """S1-OMS-02: the venue's own number is kept with it."""
    rig = Rig(submit(1))
    assert rig.give(accepted(1)) == [OrderAccepted(ORDER, MINE, ONE, "V1")]
    assert (rig.status(1), rig.order(1).venue_order) == (Status.OPEN, "V1")


def test_a_rejected_order_is_done_and_frees_its_exposure() -> None:
    """S1-OMS-10, B-RISK-10: the reason is told, the headroom is there again."""
    rig = Rig(submit(1))
    assert rig.give(rejected(1)) == [OrderRejected(ORDER, MINE, ONE, "no")]
    assert (rig.status(1), rig.working()) == (Status.REJECTED, 0)


def test_a_fill_is_told_whole_and_moves_position_and_money() -> None:
    """B-OMS-17, S1-POS-06: execution, fee and what is left; then position, then account."""
    rig = opened()
    order_filled, position, account = rig.give(filled(1, 3, "E1", fee=Money(2)))
    assert order_filled == OrderFilled(
        *(ORDER, MINE, ONE, rig.order(1).side, Price(100), Quantity(3), Money(2)),
        *(filled(1, 3, "E1").liquidity, "E1", Quantity(3), Quantity(5)),
    )
    assert isinstance(position, PositionChanged)
    assert (position.quantity, position.open_cost, position.fees) == (3, 300, 2)
    assert isinstance(account, AccountChanged)
    assert rig.working() == 5


@pytest.mark.parametrize("end", [canceled(1), expired(1)], ids=["canceled", "expired"])
def test_the_venue_may_end_an_order_by_itself(end: Input) -> None:
    """Venue-initiated cancel: legal, and it says what was not filled."""
    rig = opened(filled(1, 3, "E1"))
    [told] = rig.give(end)
    assert isinstance(told, OrderCanceled | OrderExpired)
    assert told.canceled == 5
    assert rig.working() == 0


# --- fills that race with the acknowledgement -----------------------------------------------------


def test_a_fill_before_the_acknowledgement_is_booked() -> None:
    """B-OMS-03: the fill proves that the order lives; the late acknowledgement is legal."""
    rig = Rig(submit(1), filled(1, 3, "E1"))
    assert (rig.status(1), rig.position().quantity) == (Status.OPEN, 3)
    assert only(OrderAccepted, rig.give(accepted(1))).venue_order == "V1"
    assert (rig.status(1), rig.working()) == (Status.OPEN, 5)


def test_an_order_filled_wholly_before_its_acknowledgement_stays_filled() -> None:
    """B-OMS-03: a late acknowledgement revives nothing."""
    rig = Rig(submit(1), filled(1, 8, "E1"), accepted(1))
    assert (rig.status(1), rig.working()) == (Status.FILLED, 0)


# --- cancels --------------------------------------------------------------------------------------


def test_a_cancel_before_the_acknowledgement_waits_for_it_and_goes_out_once() -> None:
    """B-OMS-07: nothing can be canceled that the venue does not know yet."""
    rig = Rig(submit(1))
    assert rig.give(cancel(1), cancel(1)) == []
    assert rig.status(1) is Status.SENT
    outputs = rig.give(accepted(1))
    assert outputs[1:] == [sends_cancel(1)]
    assert rig.status(1) is Status.CANCEL_PENDING
    assert sends_cancel(1) not in rig.give(accepted(1), filled(1, 1, "E1"))


def test_a_cancel_that_waits_goes_out_when_a_fill_shows_that_the_order_lives() -> None:
    """B-OMS-07: the acknowledgement may be late or lost."""
    rig = Rig(submit(1), cancel(1))
    assert only(CancelOrder, rig.give(filled(1, 3, "E1"))).order == 1
    assert rig.status(1) is Status.CANCEL_PENDING


@pytest.mark.parametrize("end", [rejected(1), filled(1, 8, "E1"), canceled(1), expired(1)])
def test_a_cancel_that_waits_is_forgotten_when_the_order_is_done(end: Input) -> None:
    """B-OMS-07: nothing is sent for an order that is gone."""
    rig = Rig(submit(1), cancel(1))
    outputs = rig.give(end, accepted(1))
    assert not any(isinstance(output, CancelOrder) for output in outputs)
    assert not rig.order(1).cancel_wanted


def test_a_partial_fill_does_not_forget_that_a_cancel_is_pending() -> None:
    """B-OMS-08: the order still waits for the answer, and counts what is left."""
    rig = opened(cancel(1), filled(1, 3, "E1"))
    assert (rig.status(1), rig.working()) == (Status.CANCEL_PENDING, 5)


def test_an_order_is_canceled_when_the_venue_says_so_and_not_before() -> None:
    """B-OMS-05, B-OMS-06: asked for is not done; it counts until it is."""
    rig = opened(cancel(1))
    assert (rig.status(1), rig.working()) == (Status.CANCEL_PENDING, 8)
    assert rig.give(canceled(1)) == [OrderCanceled(ORDER, MINE, ONE, Quantity(8), "done")]
    assert (rig.status(1), rig.working()) == (Status.CANCELED, 0)


def test_a_cancel_that_came_too_late_is_no_fault() -> None:
    """S1-OMS-09: the fill won the race, the rejection follows it."""
    rig = opened(cancel(1), filled(1, 8, "E1"))
    [told] = rig.give(cancel_rejected(1))
    assert told == CancelRejected(ORDER, MINE, ONE, Status.FILLED, "too late")


def test_an_order_whose_cancel_was_rejected_works_on() -> None:
    """S1-OMS-09: open again, and a second cancel is a second message."""
    rig = opened(cancel(1))
    assert only(CancelRejected, rig.give(cancel_rejected(1))).status is Status.OPEN
    assert rig.working() == 8
    assert rig.give(cancel(1)) == [sends_cancel(1, request=3)]


@pytest.mark.parametrize("end", [canceled(1), expired(1)], ids=["canceled", "expired"])
def test_a_late_fill_of_an_order_that_is_gone_is_booked(end: Input) -> None:
    """B-OMS-10, fault 9: what was traded is traded."""
    rig = opened(end)
    fill = only(OrderFilled, rig.give(filled(1, 3, "E1")))
    assert (fill.filled, fill.leaves) == (3, 0)
    assert (rig.position().quantity, rig.working()) == (3, 0)
    assert rig.order(1).canceled == 5
    rig.give(filled(1, 5, "E2"))
    assert (rig.status(1), rig.position().quantity) == (Status.FILLED, 8)


# --- replaces -------------------------------------------------------------------------------------


def test_a_replace_up_with_a_fill_in_between_adds_up() -> None:
    """B-OMS-03: the fill is of the order, whichever terms it had."""
    rig = opened(replace(1, 20), filled(1, 3, "E1"))
    assert (rig.status(1), rig.working()) == (Status.REPLACE_PENDING, 17)
    told = only(OrderReplaced, rig.give(replaced(1, 20)))
    assert (told.quantity, told.price) == (20, 100)
    assert (rig.status(1), rig.order(1).leaves, rig.working()) == (Status.OPEN, 17, 17)


def test_fills_beyond_the_old_quantity_while_a_replace_waits_are_no_overfill() -> None:
    """Invariant 5: the venue may have taken the new terms before it said so."""
    rig = opened(replace(1, 20))
    outputs = rig.give(filled(1, 12, "E1"), replaced(1, 20))
    assert not any(isinstance(output, OrderOverfilled) for output in outputs)
    assert (rig.status(1), rig.working()) == (Status.OPEN, 8)


@pytest.mark.parametrize("denial", [replace_rejected(1), canceled(1), expired(1)])
def test_fills_that_only_a_replace_would_explain_are_an_overfill_when_there_was_none(
    denial: Input,
) -> None:
    """Invariant 5, B-OMS-09: filled above quantity is recorded when it becomes certain."""
    rig = opened(replace(1, 20), filled(1, 12, "E1"))
    assert only(OrderOverfilled, rig.give(denial)).excess == 4
    assert (rig.order(1).working, rig.working()) == (False, 0)


def test_a_replace_down_counts_the_old_quantity_until_it_is_answered() -> None:
    """Invariant 8: the venue may fill the old quantity until it says otherwise."""
    rig = opened(replace(1, 5))
    assert rig.working() == 8
    rig.give(replaced(1, 5))
    assert rig.working() == 5


@pytest.mark.parametrize(("fill", "excess"), [(5, []), (6, [1])], ids=["equal", "less"])
def test_an_order_replaced_to_no_more_than_is_filled_is_done(fill: int, excess: list[int]) -> None:
    """Invariant 5: to less than is filled contradicts itself, and that is recorded."""
    rig = opened(replace(1, 5), filled(1, fill, "E1"))
    told = rig.give(replaced(1, 5))
    assert [output.excess for output in told if isinstance(output, OrderOverfilled)] == excess
    assert (rig.status(1), rig.working()) == (Status.FILLED, 0)


def test_a_rejected_replace_leaves_the_old_terms() -> None:
    """The order works on as it was."""
    rig = opened(replace(1, 20, 101))
    assert rig.give(replace_rejected(1)) == [
        ReplaceRejected(ORDER, MINE, ONE, Status.OPEN, "too late")
    ]
    assert (rig.order(1).quantity, rig.order(1).price, rig.working()) == (8, 100, 8)


@pytest.mark.parametrize("answer", [replaced(1, 20), replace_rejected(1)])
def test_a_replace_is_answered_while_the_cancel_after_it_still_waits(answer: Input) -> None:
    """B-OMS-08: two requests, two answers."""
    rig = opened(replace(1, 20), cancel(1))
    rig.give(answer)
    assert rig.status(1) is Status.CANCEL_PENDING
    assert rig.working() == (20 if answer == replaced(1, 20) else 8)


def test_a_replace_outlives_the_cancel_that_was_rejected_because_of_it() -> None:
    """Venues reject a cancel while a replace is pending; the replace is answered after that."""
    rig = opened(replace(1, 20), cancel(1))
    told = only(CancelRejected, rig.give(cancel_rejected(1, "a replace is pending")))
    assert told.status is rig.status(1) is Status.REPLACE_PENDING
    assert rig.working() == 20
    rig.give(replaced(1, 20))
    assert (rig.status(1), rig.order(1).quantity) == (Status.OPEN, 20)


@pytest.mark.parametrize("terms", [(0, 100), (-1, 100), (8, 0), (INCREMENTS_MAX + 1, 100)])
def test_a_replace_to_absurd_terms_is_a_fault(terms: tuple[int, int]) -> None:
    """Invariant 11: the order keeps counting at its worst case."""
    rig = opened(replace(1, 20))
    [fault] = rig.give(replaced(1, *terms))
    assert isinstance(fault, ReportFaulted)
    assert (rig.status(1), rig.working()) == (Status.REPLACE_PENDING, 20)


# --- fills exactly once ---------------------------------------------------------------------------


def test_a_fill_that_was_seen_is_ignored_and_recorded() -> None:
    """Invariant 4, B-OMS-10: the same venue, session date and execution id."""
    rig = opened(filled(1, 3, "E1"))
    assert rig.give(filled(1, 3, "E1")) == [FillIgnored(ORDER, ONE, "E1")]
    assert rig.position().quantity == 3


def test_the_same_execution_id_on_another_day_is_another_fill() -> None:
    """Invariant 4: venues count executions anew each session."""
    rig = opened(filled(1, 3, "E1"), filled(1, 3, "E1", session_date=20240809))
    assert rig.position().quantity == 6


def test_the_same_execution_id_at_another_venue_is_another_fill() -> None:
    """Invariant 4: the venue is part of the key."""
    third = InstrumentId(3)
    elsewhere = instrument(instrument=third, symbol="ELSEWHERE", venue="OTHER")
    rig = opened(elsewhere, limits(3), quote(99, 101, instrument=3), submit(2, instrument=third))
    rig.give(filled(1, 3, "E1"), filled(2, 4, "E1", instrument=third))
    assert (rig.position().quantity, rig.position(instrument=3).quantity) == (3, 4)


def test_one_execution_id_for_two_orders_is_quarantined() -> None:
    """Invariant 4: one of the two is a lie, so neither more is traded nor is it forgotten."""
    rig = opened(submit(2), accepted(2), filled(1, 3, "E1"))
    quarantined = only(FillQuarantined, rig.give(filled(2, 3, "E1")))
    assert quarantined.reason == "its id was used for order 1, 3 at 100 (increments)"
    assert rig.position().quantity == 3
    assert "break_open" in rig.refused(submit(3))


def test_an_overfill_is_booked_and_an_alarm() -> None:
    """B-OMS-09: it was traded, so it is in the position; and somebody must look."""
    rig = opened(filled(1, 5, "E1"))
    outputs = rig.give(filled(1, 6, "E2"))
    assert only(OrderOverfilled, outputs).excess == 3
    assert (rig.position().quantity, rig.status(1), rig.working()) == (11, Status.FILLED, 0)
    assert only(OrderOverfilled, rig.give(filled(1, 2, "E3"))).excess == 2
    assert rig.position().quantity == 13


# --- fills that cannot be booked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "lie", "reason"),
    [
        ([], filled(99, 1, "E1"), "unknown order"),
        ([], filled(1, 1, "E1", instrument=InstrumentId(2)), "another instrument"),
        ([], filled(1, 1, ""), "no execution id"),
        ([], filled(1, 0, "E1"), "not between"),
        ([], filled(1, -3, "E1"), "not between"),
        ([], filled(1, 1, "E1", 0), "not between"),
        ([], filled(1, 1, "E1", -100), "not between"),
        ([], filled(1, INCREMENTS_MAX + 1, "E1"), "not between"),
        ([], filled(1, INCREMENTS_MAX, "E1", INCREMENTS_MAX), "beyond"),
        ([], filled(1, 1, "E1", fee=Money(MONEY_MAX)), "beyond"),
        ([], filled(1, 1, "E1", fee=Money(-MONEY_MAX)), "beyond"),
        ([submit(2), rejected(2)], filled(2, 1, "E1"), "the order is REJECTED"),
        ([submit(2, quantity=999)], filled(2, 1, "E1"), "the order is REFUSED"),
    ],
)
def test_a_fill_that_cannot_be_booked_is_quarantined_and_closes_its_instrument(
    before: list[Input], lie: Input, reason: str
) -> None:
    """B-OMS-10, B-OMS-11, S1-OMS-07: never dropped, never guessed; nothing new until explained."""
    rig = opened(*before)
    cash = rig.account().cash
    quarantined = only(FillQuarantined, rig.give(lie))
    assert reason in quarantined.reason
    assert (rig.position().quantity, rig.account().cash) == (0, cash)
    assert "break_open" in rig.refused(submit(10))


def test_a_fill_in_the_wrong_instrument_closes_both() -> None:
    """Invariant 11: nobody knows in which of the two it was traded."""
    rig = opened(filled(1, 1, "E1", instrument=InstrumentId(2)))
    assert "break_open" in rig.refused(submit(10))
    assert "break_open" in rig.refused(submit(11, instrument=InstrumentId(2)))


def test_a_quarantined_fill_closes_no_other_instrument() -> None:
    """The rest of the book may trade on."""
    rig = Rig(filled(99, 1, "E1"))
    assert "break_open" in rig.refused(submit(1))
    only(SendOrder, rig.give(submit(2, instrument=InstrumentId(2))))


def test_money_never_grows_beyond_what_can_be_written_down() -> None:
    """Invariant 11: absurd fills, each of them bearable alone, do not add up to a crash."""
    rig = opened()
    absurd = 4_000  # at the highest price, a little less than the whole range of money
    outputs = rig.give(*(filled(1, absurd, f"E{number}", INCREMENTS_MAX) for number in range(5)))
    assert [type(output) for output in outputs].count(OrderFilled) == 1
    assert [type(output) for output in outputs].count(FillQuarantined) == 4
    assert abs(rig.account().realised) <= MONEY_MAX
    assert rig.machine.digest()


# --- reports that have no step --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (accepted(99), "unknown order"),
        (canceled(99), "unknown order"),
        (accepted(1, instrument=2), "the order is in another instrument"),
        (cancel_rejected(1), "no such step from OPEN"),
        (replaced(1, 9), "no such step from OPEN"),
        (replace_rejected(1), "no such step from OPEN"),
        (rejected(1), "the venue took the order before"),
    ],
)
def test_a_report_that_has_no_step_is_a_fault_and_changes_nothing(
    report: Input, reason: str
) -> None:
    """S1-OMS-02, B-EVT-05: illegal steps are recorded with what stood before."""
    rig = opened()
    before = (rig.status(1), rig.order(1).quantity, rig.working())
    fault = only(ReportFaulted, rig.give(report))
    assert (fault.report, fault.reason) == (type(report).__name__, reason)
    assert fault.status is (None if fault.order == 99 else Status.OPEN)
    assert (rig.status(1), rig.order(1).quantity, rig.working()) == before


@pytest.mark.parametrize("end", [rejected(1), canceled(1), expired(1)])
def test_an_end_that_is_told_twice_is_a_fault_the_second_time(end: Input) -> None:
    """Fault 9: a duplicate frees nothing twice."""
    rig = Rig(submit(1), submit(2), end)
    assert isinstance(rig.give(end)[0], ReportFaulted)
    assert rig.working() == 8


# --- disconnects ----------------------------------------------------------------------------------


def test_a_disconnect_makes_every_working_order_of_the_venue_unknown() -> None:
    """B-OMS-03, control 37: in flight, open or pending, nobody knows what became of it."""
    rig = opened(submit(2), submit(3), accepted(3), cancel(3), submit(4), rejected(4))
    unknown = rig.give(DISCONNECTED)
    assert unknown == [
        OrderUnknown(OrderId(number), MINE, ONE, "the session broke") for number in (1, 2, 3)
    ]
    assert rig.working() == 24


def test_a_disconnect_of_another_venue_leaves_orders_alone() -> None:
    """The session that broke is not ours."""
    rig = opened()
    assert rig.give(type(DISCONNECTED)("OTHER", "the session broke")) == []
    assert rig.status(1) is Status.OPEN


def test_not_found_proves_nothing() -> None:
    """Invariant 10: a cancel that finds nothing leaves the order unknown, and counted."""
    rig = opened(DISCONNECTED, cancel(1))
    told = only(CancelRejected, rig.give(cancel_rejected(1, "not found")))
    assert told.status is Status.UNKNOWN
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8)


@pytest.mark.parametrize("proof", [accepted(1), filled(1, 1, "E1")], ids=["accepted", "filled"])
def test_what_the_venue_took_it_cannot_have_rejected(proof: Input) -> None:
    """Invariant 10: after a break, a rejection of what worked is no evidence of its end."""
    rig = Rig(submit(1), proof, DISCONNECTED)
    working = rig.working()
    assert isinstance(rig.give(rejected(1))[0], ReportFaulted)
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, working)


@pytest.mark.parametrize(
    ("evidence", "status", "working"),
    [
        (accepted(1), Status.OPEN, 8),
        (rejected(1), Status.REJECTED, 0),
        (canceled(1), Status.CANCELED, 0),
        (expired(1), Status.EXPIRED, 0),
        (filled(1, 8, "E1"), Status.FILLED, 0),
        (filled(1, 3, "E1"), Status.UNKNOWN, 5),
        (replaced(1, 20), Status.OPEN, 20),
        (replace_rejected(1), Status.UNKNOWN, 8),
        (DISCONNECTED, Status.UNKNOWN, 8),
    ],
)
def test_an_unknown_order_is_resolved_by_evidence_alone(
    evidence: Input, status: Status, working: int
) -> None:
    """Invariant 10, B-OMS-13: what the venue says of it after the break."""
    rig = Rig(submit(1), DISCONNECTED)
    rig.give(evidence)
    assert (rig.status(1), rig.working()) == (status, working)
