"""A person explains a fill that could not be booked: it is a strategy's, or none of ours."""

from typing import Any

import msgspec
import pytest

from fairlead.machine import performance
from fairlead.model.inputs import (
    AdoptFillCommand,
    CloseBreakCommand,
    InstrumentSplit,
    ReverseCommand,
    TimerFired,
    VenueBusted,
)
from fairlead.model.outputs import (
    AccountChanged,
    BreakClosed,
    BreakOpened,
    CashBooked,
    FillDiscarded,
    FillIgnored,
    FillQuarantined,
    InputRefused,
    PositionChanged,
    PositionCorrected,
    ReportFaulted,
    StatementReconciled,
)
from fairlead.model.terms import BreakKind, BreakState, CashKind, Side
from fairlead.model.units import (
    INCREMENTS_MAX,
    AccountId,
    InstrumentId,
    Money,
    OrderId,
    Price,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    DAY,
    NO_TIME,
    SECOND,
    SELL,
    VENUE,
    Rig,
    accepted,
    filled,
    only,
    rejected,
    submit,
)
from tests.machine.venue_side import fill_line, position_line, statement

ONE = InstrumentId(1)
MAIN = AccountId(1)
STRANGE = filled(7, 3, "e1", fee=Money(2))
COMMAND = AdoptFillCommand(VENUE, DAY, "e1", StrategyId(2), "ann", "sent by phone", BUY)


def adopt(**terms: Any) -> AdoptFillCommand:
    """Return the adoption of e1 by strategy 2, or what `terms` make of it."""
    return msgspec.structs.replace(COMMAND, **terms)


def problem(rig: Rig) -> str:
    """Return what closes instrument 1."""
    return rig.machine.state.reconciliation.gate_problem(ONE)


@pytest.mark.parametrize(("side", "quantity"), [(BUY, 3), (SELL, -3)])
def test_an_adopted_fill_moves_position_and_money(side: Side, quantity: int) -> None:
    """S1-OMS-07: as the fill would have, with its fee, and its break is over."""
    rig = Rig(STRANGE)
    outputs = rig.give(adopt(side=side))
    cause = "fill e1 of 20240808, adopted by ann: sent by phone"
    signed = SignedQuantity(quantity)
    two = StrategyId(2)
    reference = "fee of fill e1 of 20240808"
    cost = Money(quantity * 100)
    flat, cash = Money(0), Money(1_000_000)
    assert outputs == [
        PositionCorrected(MAIN, two, ONE, signed, Price(100), cause),
        PositionChanged(two, ONE, signed, cost, flat, flat),
        AccountChanged(MAIN, cash, flat, flat),
        CashBooked(MAIN, "USD", CashKind.FEE, Money(-2), reference, two, ONE),
        PositionChanged(two, ONE, signed, cost, flat, Money(2)),
        AccountChanged(MAIN, Money(cash - 2), flat, Money(2)),
        BreakClosed(1, BreakState.CORRECTED, "adopted by ann: sent by phone"),
    ]
    assert problem(rig) == ""
    assert rig.machine.state.reconciliation.quarantine == {}


def test_a_fill_without_a_fee_moves_the_position_alone() -> None:
    """There is nothing to pay."""
    outputs = Rig(filled(7, 3, "e1")).give(COMMAND)
    assert not [output for output in outputs if isinstance(output, CashBooked)]


def test_an_adopted_fill_counts_for_the_drawdown_with_its_fee() -> None:
    """B-POS-10: the mark of the bought, and what was paid."""
    rig = Rig(STRANGE, COMMAND)
    figures = performance.figures(rig.machine.state, rig.account())
    assert figures.drawdown_max == 3 * (100 - 99) + 2


def test_an_adopted_fill_is_booked_once() -> None:
    """Invariant 4, DESIGN: neither its report nor a statement books it again."""
    rig = Rig(STRANGE, COMMAND)
    assert rig.give(STRANGE) == [FillIgnored(OrderId(7), ONE, "e1")]
    lines = (fill_line(7, "e1", 3, fee=Money(2)),)
    rig.wait(1)
    made = statement(rig.time, fills=lines, positions=(position_line(3),))
    done = only(StatementReconciled, rig.give(made))
    assert (done.booked, done.differences) == (0, 0)
    rig.give(submit(7), accepted(7))  # an order of this number that came later
    assert rig.give(STRANGE) == [FillIgnored(OrderId(7), ONE, "e1")]
    assert rig.machine.positions.net(ONE) == 3


def test_a_statement_that_has_an_adopted_fill_otherwise_says_so() -> None:
    """What was booked for it is compared like any execution."""
    rig = Rig(STRANGE, COMMAND)
    outputs = rig.give(statement(SECOND, fills=(fill_line(7, "e1", 4, fee=Money(2)),)))
    opened = only(BreakOpened, outputs)
    assert (opened.kind, opened.theirs) == (BreakKind.FILL_DIFFERS, "buy 4 at 1.00, fee 0.02")


def test_an_adopted_fill_can_be_undone() -> None:
    """S4-POS-01: corrections are reversible, the fee with the position."""
    rig = Rig(STRANGE)
    rig.give(COMMAND)
    sequence = Sequence(rig.machine.state.sequence)
    rig.give(ReverseCommand(sequence, "ann", "it was theirs"))
    assert rig.machine.positions.net(ONE) == 0
    assert rig.account().cash == 1_000_000


def test_the_venue_cannot_take_back_from_an_order_what_a_person_adopted() -> None:
    """It was no order's: a fault, and a person corrects the position."""
    rig = Rig(submit(1), rejected(1), filled(1, 3, "e1"))
    rig.give(COMMAND)
    bust = VenueBusted(OrderId(1), ONE, "e1", DAY, "error", NO_TIME)
    assert only(ReportFaulted, rig.give(bust)).reason == "the execution is of order 0"
    assert rig.machine.positions.net(ONE) == 3


def test_a_discarded_fill_is_none_of_ours() -> None:
    """It is on record, with who said so; nothing moves, and it does not come back."""
    rig = Rig(STRANGE)
    assert rig.give(adopt(strategy=StrategyId(0))) == [
        FillDiscarded(ONE, "e1", "ann", "sent by phone"),
        BreakClosed(1, BreakState.EXPLAINED, "none of ours, says ann: sent by phone"),
    ]
    assert rig.give(STRANGE) == [FillIgnored(OrderId(7), ONE, "e1")]
    line = fill_line(7, "e1", 3, fee=Money(2))
    done = only(StatementReconciled, rig.give(statement(SECOND, fills=(line,))))
    assert (done.booked, done.differences) == (0, 0)
    assert (problem(rig), rig.machine.positions.net(ONE)) == ("", 0)


def test_another_fill_under_the_id_of_a_discarded_one_is_a_break() -> None:
    """A person spoke of one execution, and not of what the statement has."""
    rig = Rig(STRANGE, adopt(strategy=StrategyId(0)))
    outputs = rig.give(statement(SECOND, fills=(fill_line(7, "e1", 4),)))
    assert only(BreakOpened, outputs).kind is BreakKind.FILL_UNEXPLAINED


def test_a_fill_whose_break_a_person_closed_can_still_be_adopted() -> None:
    """Explaining the break booked nothing, and dropped nothing."""
    rig = Rig(STRANGE, CloseBreakCommand(1, "ann", "looking into it"))
    assert problem(rig) == ""
    outputs = rig.give(COMMAND)
    assert only(PositionCorrected, outputs).quantity == 3
    assert not [output for output in outputs if isinstance(output, BreakClosed)]


def test_of_two_fills_of_one_id_the_older_one_is_meant() -> None:
    """Invariant 4: one id is booked once; the other is discarded, and with it ends the break."""
    rig = Rig(filled(7, 3, "e1"), filled(7, 4, "e1"))
    assert only(PositionCorrected, rig.give(COMMAND)).quantity == 3
    assert problem(rig) == "break_open"
    assert "booked already" in only(InputRefused, rig.give(COMMAND)).reason
    outputs = rig.give(msgspec.structs.replace(COMMAND, strategy=StrategyId(0)))
    assert only(BreakClosed, outputs).number == 1
    assert problem(rig) == ""


def test_a_fill_in_two_doubtful_instruments_ends_both_breaks() -> None:
    """It was in the one that the venue said."""
    rig = Rig(submit(1), accepted(1))
    rig.give(filled(1, 3, "e1", instrument=InstrumentId(2)))
    outputs = rig.give(COMMAND)
    closed = [output.number for output in outputs if isinstance(output, BreakClosed)]
    assert closed == [1, 2]
    assert rig.position(2, 2).quantity == 3


@pytest.mark.parametrize(
    "told",
    [
        (filled(7, 3, "e1", side=SELL),),
        (filled(7, 3, "e1"), statement(SECOND, fills=(fill_line(7, "e1", 3, side=SELL),))),
        (submit(1, SELL), rejected(1), filled(1, 3, "e1")),
    ],
)
def test_the_side_is_that_of_the_venue_or_of_the_order(told: tuple[Any, ...]) -> None:
    """A person need not say what is known, and cannot say otherwise."""
    rig = Rig(*told)
    refused = only(InputRefused, rig.give(COMMAND))
    assert refused.reason == "it is known to be a sell: leave the side out"
    assert only(PositionCorrected, rig.give(adopt(side=None))).quantity == -3


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (adopt(person=" "), "no person or no reason"),
        (adopt(reason=""), "no person or no reason"),
        (adopt(strategy=StrategyId(0), person=""), "no person or no reason"),
        (adopt(execution="e2"), "no execution 'e2' of 'VENUE' on 20240808 is in quarantine"),
        (adopt(venue="FAR"), "is in quarantine: name it as the break does"),
        (adopt(session_date=20240809), "is in quarantine"),
        (adopt(strategy=StrategyId(9)), "strategy 9 is not known: define it, or discard"),
        (adopt(side=None), "nobody said whether it bought or sold: name its side"),
    ],
)
def test_an_adoption_that_says_too_little_is_refused(
    command: AdoptFillCommand, reason: str
) -> None:
    """Nothing moves, and the reason says what to do."""
    rig = Rig(STRANGE)
    [refused] = rig.give(command)
    assert isinstance(refused, InputRefused)
    assert (refused.kind, reason in refused.reason) == ("AdoptFillCommand", True)
    idle = Rig(STRANGE, TimerFired(StrategyId(1), 1))
    assert rig.machine.digest() == idle.machine.digest()


@pytest.mark.parametrize(
    ("fill", "reason"),
    [
        (filled(7, 3, "e1", instrument=InstrumentId(9)), "its instrument is not known"),
        (filled(7, 0, "e1"), "price or quantity is not between 1"),
        (filled(7, 3, "e1", price=0), "price or quantity is not between 1"),
        (filled(7, INCREMENTS_MAX, "e1", price=INCREMENTS_MAX), "beyond"),
        (filled(7, 3, "e1", fee=Money(2**62 + 1)), "beyond"),
    ],
)
def test_what_cannot_be_booked_cannot_be_adopted(fill: Any, reason: str) -> None:
    """B-EVT-06: it can be discarded."""
    rig = Rig(fill)
    venue = VENUE if fill.instrument == 1 else ""
    assert reason in only(InputRefused, rig.give(adopt(venue=venue))).reason
    only(FillDiscarded, rig.give(adopt(venue=venue, strategy=StrategyId(0))))


def test_a_fill_from_before_a_split_is_not_adopted() -> None:
    """Its units are gone: the position is corrected in the new ones."""
    rig = Rig(STRANGE)
    rig.wait(1)
    rig.give(InstrumentSplit(ONE, 2, 1, "s1"))
    assert "units have changed" in only(InputRefused, rig.give(COMMAND)).reason
    rig.wait(1)
    rig.give(filled(7, 3, "e2", side=BUY))
    assert only(PositionCorrected, rig.give(adopt(execution="e2"))).quantity == 3


def test_an_adopted_fill_is_no_longer_in_quarantine() -> None:
    """Adopting it twice is refused."""
    rig = Rig(STRANGE, COMMAND)
    assert "is in quarantine" in only(InputRefused, rig.give(COMMAND)).reason
    only(FillQuarantined, rig.give(filled(7, 9, "e1")))
