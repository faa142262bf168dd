"""Breaks: opened once, brought up to date, explained, closed. And fills in quarantine."""

from typing import Any

import msgspec
import pytest

from fairlead.machine import breaks
from fairlead.model.inputs import ReopenCommand, SubmitRequest
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakOpened,
    FillIgnored,
    FillQuarantined,
    InputRefused,
    InstrumentReopened,
    OrderFilled,
    Output,
    StatementReconciled,
)
from fairlead.model.terms import BreakKind, BreakState
from fairlead.model.units import AccountId, InstrumentId, Money, Nanos, OrderId, Price, Quantity
from tests.machine.build import (
    BUY,
    SECOND,
    SELL,
    Rig,
    accepted,
    account,
    busted,
    canceled,
    filled,
    only,
    strategy,
    submit,
)
from tests.machine.venue_side import fill_line, order_line, position_line, statement

ONE = InstrumentId(1)
TWO = InstrumentId(2)
MAIN = AccountId(1)
NONE = OrderId(0)
KIND = BreakKind.POSITION_DIFFERS


def open_one(rig: Rig, ours: str = "3", theirs: str = "5", **place: Any) -> list[Output]:
    """Open a break about the position in instrument 1, or what `place` says; return the facts."""
    terms = {"kind": KIND, "account": MAIN, "instrument": ONE, "order": NONE, "item": "", **place}
    outputs: list[Output] = []
    state = rig.machine.state
    breaks.open_break(state, ours=ours, theirs=theirs, time=rig.time, outputs=outputs, **terms)
    return outputs


def close_one(rig: Rig, number: int, ending: BreakState = BreakState.EXPLAINED) -> list[Output]:
    """Close a break; return the facts."""
    outputs: list[Output] = []
    breaks.close_break(rig.machine.state, number, ending, "so be it", outputs)
    return outputs


def problem(rig: Rig, instrument: int = 1) -> str:
    """Return what closes an instrument."""
    return rig.machine.state.reconciliation.gate_problem(InstrumentId(instrument))


def spot(order: int) -> SubmitRequest:
    """Return a request in instrument 2."""
    return submit(order, instrument=TWO)


# --- the life of a break -------------------------------------------------------------------------


def test_a_break_says_what_differs_and_whose_it_is() -> None:
    """S4-POS-01: kind, what it is about, both sides, age, owner and state are on record."""
    rig = Rig()
    assert open_one(rig) == [
        BreakOpened(1, KIND, MAIN, ONE, NONE, "", "3", "5", "operations"),
    ]
    known = rig.machine.state.reconciliation.break_of(1)
    assert known is not None
    assert (known.opened, known.state, known.cause) == (SECOND, BreakState.OPEN, "")


def test_the_same_difference_keeps_its_break() -> None:
    """It is changed where the figures are others, and else nothing is said again."""
    rig = Rig()
    open_one(rig)
    rig.wait(7)
    assert open_one(rig) == []
    assert open_one(rig, "4", "5") == [BreakChanged(1, "4", "5", "operations")]
    known = rig.machine.state.reconciliation.break_of(1)
    assert known is not None
    assert (known.ours, known.theirs, known.opened) == ("4", "5", SECOND)


@pytest.mark.parametrize(
    "place",
    [
        {"kind": BreakKind.ORDER_DIFFERS},
        {"account": AccountId(2)},
        {"instrument": TWO},
        {"order": OrderId(1)},
        {"item": "e1"},
        {"session_date": 20240808},
    ],
)
def test_another_difference_has_its_own_break(place: dict[str, Any]) -> None:
    """The numbers grow; two executions of two days may have one id."""
    rig = Rig()
    open_one(rig)
    assert only(BreakOpened, open_one(rig, **place)).number == 2


def test_a_closed_break_stays_on_record_and_a_new_one_has_a_new_number() -> None:
    """What came of it is never lost."""
    rig = Rig()
    open_one(rig)
    rig.wait(5)
    rig.give()
    assert close_one(rig, 1, BreakState.RESOLVED) == [
        BreakClosed(1, BreakState.RESOLVED, "so be it")
    ]
    assert only(BreakOpened, open_one(rig)).number == 2
    first = rig.machine.state.reconciliation.any_break(1)
    assert first is not None
    assert (first.state, first.cause) == (BreakState.RESOLVED, "so be it")
    assert rig.machine.state.reconciliation.break_of(1) is None


def test_what_a_person_explained_is_not_opened_again_while_it_stays_so() -> None:
    """An hourly statement must not undo what a person said; another figure is another matter."""
    rig = Rig()
    open_one(rig)
    close_one(rig, 1)
    assert open_one(rig) == []
    assert problem(rig) == ""
    assert only(BreakOpened, open_one(rig, "3", "6")).number == 2
    close_one(rig, 2)
    assert only(BreakOpened, open_one(rig)).number == 3


def test_a_break_is_closed_once() -> None:
    """Closing it twice would contradict ourselves."""
    rig = Rig()
    open_one(rig)
    close_one(rig, 1)
    with pytest.raises(AssertionError, match="only an open break"):
        close_one(rig, 1)


def test_a_booking_answers_only_a_break_that_is_open() -> None:
    """The reason says what became of it."""
    rig = Rig()
    open_one(rig)
    state = rig.machine.state
    assert breaks.answer_problem(state, 1) == ""
    assert breaks.answer_problem(state, 2) == "there is no break 2"
    close_one(rig, 1)
    assert breaks.answer_problem(state, 1) == "break 1 is over: explained, so be it"


def test_a_break_is_found_by_what_it_is_about() -> None:
    """Who opened it closes it."""
    rig = Rig()
    open_one(rig)
    found = breaks.find(rig.machine.state, KIND, MAIN, ONE, NONE, "")
    assert found is not None
    assert found.number == 1
    assert breaks.find(rig.machine.state, KIND, MAIN, TWO, NONE, "") is None
    close_one(rig, 1)
    assert breaks.find(rig.machine.state, KIND, MAIN, ONE, NONE, "") is None


# --- gating --------------------------------------------------------------------------------------


def test_an_open_break_closes_its_instrument_and_others_trade_on() -> None:
    """DESIGN: an instrument with an open break is gated, until the last one is over."""
    rig = Rig()
    open_one(rig)
    open_one(rig, kind=BreakKind.ORDER_DIFFERS, order=OrderId(1))
    assert set(rig.refused(submit(1))) == {"break_open"}
    assert problem(rig, 2) == ""
    rig.give(spot(2))
    close_one(rig, 1)
    assert problem(rig) == "break_open"
    close_one(rig, 2)
    assert problem(rig) == ""


def test_a_break_of_cash_closes_no_instrument() -> None:
    """It is about none."""
    rig = Rig()
    open_one(rig, kind=BreakKind.CASH_DIFFERS, instrument=InstrumentId(0), item="USD")
    assert (problem(rig), problem(rig, 2)) == ("", "")


def test_a_person_who_reopens_an_instrument_explains_its_breaks() -> None:
    """S4-POS-01: with a name and a reason, and those of other instruments stay."""
    rig = Rig()
    open_one(rig)
    open_one(rig, order=OrderId(1))
    open_one(rig, instrument=TWO)
    outputs = rig.give(ReopenCommand(ONE, "ann", "known"))
    assert outputs == [
        BreakClosed(1, BreakState.EXPLAINED, "ann: known"),
        BreakClosed(2, BreakState.EXPLAINED, "ann: known"),
        InstrumentReopened(ONE, "ann", "known"),
    ]
    assert (problem(rig), problem(rig, 2)) == ("", "break_open")
    only(InputRefused, rig.give(ReopenCommand(ONE, "ann", "known")))


# --- quarantine ----------------------------------------------------------------------------------


def test_a_fill_of_an_unknown_order_is_kept_and_closes_its_instrument() -> None:
    """B-OMS-11, S1-OMS-07: quarantined, a break for a person, nothing booked, never dropped."""
    rig = Rig()
    outputs = rig.give(filled(7, 3, "e1"))
    assert outputs == [
        FillQuarantined(OrderId(7), ONE, "e1", Price(100), Quantity(3), "unknown order"),
        BreakOpened(
            1,
            BreakKind.FILL_UNEXPLAINED,
            MAIN,
            ONE,
            NONE,
            "e1",
            "not booked: unknown order",
            "3 at 1.00, fee 0.00, of order 7",
            "operations",
        ),
    ]
    assert set(rig.refused(submit(1))) == {"break_open"}
    assert rig.position().quantity == 0
    assert list(rig.machine.state.reconciliation.quarantine) == [("VENUE", 20240808, "e1")]


def test_a_quarantined_fill_that_comes_again_is_the_same() -> None:
    """It is recorded each time, and is one break and one fill."""
    rig = Rig(filled(7, 3, "e1"))
    outputs = rig.give(filled(7, 3, "e1"))
    assert [type(output) for output in outputs] == [FillQuarantined]
    [held] = rig.machine.state.reconciliation.quarantine["VENUE", 20240808, "e1"]
    assert held.report.quantity == 3


def test_another_fill_under_a_quarantined_id_is_kept_beside_it() -> None:
    """A venue that uses an id twice hides neither."""
    rig = Rig(filled(7, 3, "e1"), filled(7, 4, "e1"), filled(8, 3, "e1"))
    waiting = rig.machine.state.reconciliation.quarantine["VENUE", 20240808, "e1"]
    found = [(held.report.order, held.report.quantity) for held in waiting]
    assert found == [(7, 3), (7, 4), (8, 3)]


def test_whose_a_quarantined_fill_is_is_known_from_its_order_or_from_there_being_one() -> None:
    """Of two accounts none is guessed."""
    rig = Rig(account(2), strategy(3, account=2), submit(1), accepted(1), filled(1, 3, "e2"))
    assert only(BreakOpened, rig.give(filled(7, 3, "e1"))).account == 0
    clash = only(BreakOpened, rig.give(filled(1, 4, "e2")))
    assert (clash.account, clash.order) == (1, 1)


def test_a_fill_in_another_instrument_than_its_orders_closes_both() -> None:
    """Nobody knows which of the two was traded."""
    rig = Rig(submit(1), accepted(1))
    outputs = rig.give(filled(1, 3, "e1", instrument=TWO))
    opened = [output for output in outputs if isinstance(output, BreakOpened)]
    assert [one.instrument for one in opened] == [ONE, TWO]
    assert (problem(rig), problem(rig, 2)) == ("break_open", "break_open")


def test_a_fill_in_an_instrument_that_nobody_knows_is_kept() -> None:
    """Its figures are told in increments."""
    rig = Rig()
    opened = only(BreakOpened, rig.give(filled(7, 3, "e1", instrument=InstrumentId(9))))
    assert (opened.instrument, opened.theirs) == (9, "3 at 100 (increments) of order 7")


def test_a_fill_that_can_be_booked_in_the_end_leaves_quarantine() -> None:
    """Its order became known later: the break ends with it."""
    rig = Rig(filled(1, 3, "e1"))
    rig.give(ReopenCommand(ONE, "ann", "go on"), submit(1), accepted(1))
    rig.give(filled(7, 3, "e2"))
    outputs = rig.give(filled(1, 3, "e1"))
    only(OrderFilled, outputs)
    assert list(rig.machine.state.reconciliation.quarantine) == [("VENUE", 20240808, "e2")]
    assert problem(rig) == "break_open"  # the other one


def test_a_fill_is_booked_while_another_waits_in_quarantine() -> None:
    """What is explained is booked, whatever else is not."""
    rig = Rig(submit(1), accepted(1), filled(7, 3, "e9"), filled(1, 3, "e1"))
    assert rig.position().quantity == 3
    assert len(rig.machine.state.reconciliation.quarantine) == 1


def test_the_break_of_a_fill_ends_when_a_statement_says_whose_it_is() -> None:
    """The venue named the order wrongly; its statement names it rightly."""
    rig = Rig(submit(1), accepted(1), filled(7, 3, "e1"))
    outputs = rig.give(statement(SECOND, fills=(fill_line(1, "e1", 3),)))
    only(OrderFilled, outputs)
    assert BreakClosed(1, BreakState.RESOLVED, "the fill was booked") in outputs
    assert (problem(rig), rig.position().quantity) == ("", 3)


# --- what ends a break from elsewhere ------------------------------------------------------------


def test_a_bust_ends_what_was_open_about_the_execution() -> None:
    """B-OMS-03: they did not have it, and now we do not have it either."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "e1"))
    opened = only(BreakOpened, rig.give(statement(SECOND, fills=())))
    assert opened.kind is BreakKind.FILL_NOT_AT_VENUE
    outputs = rig.give(busted(1, "e1"))
    assert BreakClosed(opened.number, BreakState.RESOLVED, "it was taken back") in outputs
    assert problem(rig) == ""


def test_what_was_taken_back_is_nowhere() -> None:
    """A statement without it agrees."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "e1"), busted(1, "e1"))
    outputs = rig.give(statement(SECOND, fills=(), positions=()))
    assert [type(output) for output in outputs] == [StatementReconciled]


def test_the_end_of_an_order_ends_that_it_is_not_at_the_venue() -> None:
    """They did not list it since it was gone: now we know, too. Another order's break stays."""
    rig = Rig(submit(1), accepted(1), submit(2), accepted(2))
    rig.give(statement(SECOND, orders=()))
    outputs = rig.give(canceled(1))
    assert outputs[-1] == BreakClosed(1, BreakState.RESOLVED, "the order is canceled")
    assert [known.order for known in rig.machine.state.reconciliation.open_breaks()] == [2]


def test_an_order_that_works_on_after_its_end_stays_a_break() -> None:
    """A late word about it does not make the venue forget it."""
    rig = Rig(submit(1), accepted(1), canceled(1))
    rig.give(statement(SECOND, orders=(order_line(1),)))
    rig.give(accepted(1))
    assert problem(rig) == "break_open"


def test_a_digest_depends_on_breaks_quarantine_and_what_is_not_confirmed() -> None:
    """Invariant 2, DESIGN: everything that a later output may depend on."""

    def content(*inputs: Any) -> bytes:
        rig = Rig(*inputs)
        return msgspec.msgpack.encode(rig.machine.state.reconciliation.content())

    opening = (submit(1), accepted(1), filled(1, 3, "e1"))
    contents = [
        content(),
        content(*opening),
        content(*opening[:2], filled(1, 3, "e2")),
        content(*opening, filled(7, 1, "e2")),
        content(*opening, statement(SECOND, positions=())),
        content(*opening, statement(SECOND, positions=(position_line(3),))),
        content(*opening, statement(SECOND, venue="", positions=(position_line(3),))),
        content(*opening, statement(SECOND, orders=())),
        content(*opening, statement(SECOND, fills=(fill_line(1, "e1", 3),))),
    ]
    assert len(set(contents)) == len(contents)
    assert contents[1] == content(*opening)


def test_a_settled_fill_is_ignored_when_it_comes_again() -> None:
    """A person decided about it; another one under its id is another matter."""
    rig = Rig(filled(7, 3, "e1"))
    state = rig.machine.state
    [held] = state.reconciliation.quarantine["VENUE", 20240808, "e1"]
    state.reconciliation.settled["VENUE", 20240808, "e1"] = [held.report]
    assert rig.give(filled(7, 3, "e1")) == [FillIgnored(OrderId(7), ONE, "e1")]
    for other in (filled(7, 4, "e1"), filled(7, 3, "e1", fee=Money(1)), filled(8, 3, "e1")):
        only(FillQuarantined, rig.give(other))


@pytest.mark.parametrize("said", [BUY, SELL])
def test_the_side_that_the_venue_says_is_kept_with_the_fill(said: Any) -> None:
    """Nobody else can say it where the order is unknown."""
    rig = Rig(filled(7, 3, "e1"))
    [held] = rig.machine.state.reconciliation.quarantine["VENUE", 20240808, "e1"]
    assert held.side is None
    rig.give(filled(7, 3, "e1", side=said, venue_time=Nanos(5)))
    assert held.side is said
