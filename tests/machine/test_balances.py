"""Positions and cash of a statement against ours, as they were when it was made."""

import msgspec
import pytest

from fairlead.model.inputs import (
    CashMoved,
    CurrencyDefinition,
    Input,
    InstrumentSplit,
    PositionCorrection,
    ReconciliationPolicyChange,
    ToleranceChange,
)
from fairlead.model.outputs import (
    BreakOpened,
    StatementReconciled,
)
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.terms import BreakKind, CashKind
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)
from tests.machine.build import (
    Rig,
    accepted,
    busted,
    filled,
    only,
    submit,
)
from tests.machine.venue_side import (
    LATER,
    NOW,
    breaks_in,
    breaks_of,
    cash_line,
    far,
    fill_line,
    opened,
    position_line,
    statement,
)


def test_a_position_is_compared_as_it_was_when_the_statement_was_made() -> None:
    """The executions after it are taken out."""
    rig = opened(
        filled(1, 3, "e1", venue_time=Nanos(5)), filled(1, 2, "e2", venue_time=Nanos(LATER + 1))
    )
    assert breaks_of(rig, positions=(position_line(3),)) == []
    assert breaks_of(rig, positions=(position_line(5),)) == [(BreakKind.POSITION_DIFFERS, "3", "5")]


def test_a_position_is_left_open_where_an_execution_is_of_the_very_time() -> None:
    """Nobody knows whether it is in."""
    rig = opened(filled(1, 3, "e1", venue_time=Nanos(LATER)))
    assert breaks_of(rig, positions=(position_line(3),)) == []
    assert breaks_of(rig, positions=()) == []
    assert breaks_of(rig, positions=(position_line(7),)) == []


def test_what_was_booked_by_hand_after_a_statement_was_made_is_not_held_against_it() -> None:
    """By our clock, since nobody else knows of it: positions and cash."""
    rig = Rig()
    rig.wait(LATER + 1 - NOW)
    correction = (AccountId(1), StrategyId(1), InstrumentId(1), SignedQuantity(3), Price(100))
    deposit = (AccountId(1), "USD", CashKind.DEPOSIT, Money(5))
    rig.give(
        PositionCorrection(*correction, "ann", "so it is"), CashMoved(*deposit, "a", "ann", "so")
    )
    assert breaks_in(rig.give(statement(LATER, positions=(), cash=(cash_line(1_000_000),)))) == []
    outputs = rig.give(statement(LATER + 2, positions=(), cash=(cash_line(1_000_000),)))
    kinds = [output.kind for output in outputs if isinstance(output, BreakOpened)]
    assert kinds == [BreakKind.POSITION_DIFFERS, BreakKind.CASH_DIFFERS]


def test_what_was_booked_by_hand_at_the_time_of_a_statement_counts() -> None:
    """It was booked before the statement came."""
    rig = Rig()
    correction = (AccountId(1), StrategyId(1), InstrumentId(1), SignedQuantity(3), Price(100))
    rig.give(PositionCorrection(*correction, "ann", "so it is"))
    opened_one = only(BreakOpened, rig.give(statement(NOW, positions=())))
    assert (opened_one.ours, opened_one.theirs) == ("3", "0")


@pytest.mark.parametrize("gone", [False, True])
def test_what_another_source_has_confirmed_is_not_held_against_an_older_statement(
    gone: bool,
) -> None:
    """A broker had the execution, or its bust; the venue's statement is from before it."""
    at = Nanos(LATER - 2)
    rig = opened(filled(1, 3, "e1", fee=Money(2), venue_time=at))
    rig.wait(LATER - NOW)
    rig.give(statement(LATER, venue="", fills=(fill_line(1, "e1", 3, fee=Money(2)),)))
    if gone:
        rig.give(msgspec.structs.replace(busted(1, "e1"), venue_time=at))
    sections = {"positions": (position_line(1),), "cash": (cash_line(7),)}
    assert breaks_in(rig.give(statement(LATER - 3, **sections))) == []
    assert len(breaks_in(rig.give(statement(LATER - 1, **sections)))) == 2


def test_cash_is_left_open_where_an_execution_came_after() -> None:
    """Fees and what was paid in full are not taken out again: the next statement decides."""
    rig = opened(filled(1, 3, "e1", fee=Money(2), venue_time=Nanos(LATER + 1)))
    assert breaks_of(rig, cash=(cash_line(7),)) == []
    rig.wait(5)
    [opened_one] = breaks_in(rig.give(statement(LATER + 5, cash=(cash_line(7),))))
    assert isinstance(opened_one, BreakOpened)
    assert (opened_one.ours, opened_one.theirs) == ("9999.98", "0.07")


def test_the_cash_of_one_venue_is_not_that_of_an_account_that_trades_at_two() -> None:
    """It is not divided between them with us; a broker's statement has all of it."""
    rig = Rig(*far())
    assert breaks_of(rig, venue="FAR", cash=(cash_line(7),)) != []
    rig = opened(filled(1, 3, "e1"), *far())
    assert breaks_of(rig, venue="FAR", cash=(cash_line(7),)) == []
    assert breaks_of(rig, venue="", cash=(cash_line(7),)) != []


def test_cash_that_they_leave_out_is_compared() -> None:
    """It is nothing there."""
    outputs = Rig().give(statement(NOW, cash=()))
    assert only(BreakOpened, outputs).theirs == "0.00"
    assert only(StatementReconciled, outputs).compared == 1


def test_a_break_of_cash_ends_with_a_statement_of_cash_alone() -> None:
    """One that does not cover it says nothing about it."""
    rig = Rig(statement(NOW, cash=()))
    assert breaks_in(rig.give(statement(NOW, orders=(), fills=(), positions=()))) == []
    assert len(breaks_in(rig.give(statement(NOW, cash=(cash_line(1_000_000),))))) == 1


def test_every_currency_is_compared() -> None:
    """One that we hold and they do not name is nothing there."""
    euro = CurrencyDefinition(AccountId(1), "EUR", Money(700))
    found = breaks_of(Rig(euro), cash=(cash_line(1_000_000),))
    assert found == [(BreakKind.CASH_DIFFERS, "7.00", "0.00")]
    assert breaks_of(Rig(euro), cash=(cash_line(1_000_000), cash_line(700, "EUR"))) == []
    nothing = CurrencyDefinition(AccountId(1), "EUR")
    outputs = Rig(nothing).give(statement(NOW, cash=(cash_line(1_000_000),)))
    assert only(StatementReconciled, outputs).compared == 1


@pytest.mark.parametrize(
    ("quantity", "basis_points", "theirs", "differs"),
    [
        (None, 0, 101, True),  # the default: nothing
        (2, 0, 102, False),
        (2, 0, 103, True),
        (2, 0, 97, True),
        (None, 100, 101, False),  # one percent of our hundred
        (None, 100, 102, True),
        (None, 100, 98, True),
        (0, 9_999, 101, True),  # the instrument's own comes first
    ],
)
def test_a_position_may_differ_by_the_tolerance_and_no_more(
    quantity: int | None, basis_points: int, theirs: int, differs: bool
) -> None:
    """S4-POS-01: per instrument in quantity, else a share of our position; zero by default."""
    policy = ReconciliationPolicy(tolerance=BasisPoints(basis_points))
    rules: list[Input] = [ReconciliationPolicyChange(policy, "ann", "agreed")]
    if quantity is not None:
        rules.append(ToleranceChange(InstrumentId(1), Quantity(quantity), "ann", "agreed"))
    rig = Rig(*rules, submit(1, quantity=100), accepted(1), filled(1, 100, "e1"))
    found = breaks_of(rig, positions=(position_line(theirs),))
    assert found == ([(BreakKind.POSITION_DIFFERS, "100", str(theirs))] if differs else [])


def test_a_share_of_a_flat_position_is_nothing() -> None:
    """Where we have none, any position of theirs is a break."""
    policy = ReconciliationPolicy(tolerance=BasisPoints(9_999))
    rig = Rig(ReconciliationPolicyChange(policy, "ann", "agreed"))
    assert breaks_of(rig, positions=(position_line(1),)) == [(BreakKind.POSITION_DIFFERS, "0", "1")]


def test_a_tolerance_goes_with_a_split() -> None:
    """Two for one: twice as many units may differ."""
    rig = Rig(ToleranceChange(InstrumentId(1), Quantity(3), "ann", "agreed"))
    rig.give(InstrumentSplit(InstrumentId(1), 3, 2, "s1"))
    assert breaks_of(rig, positions=(position_line(4),)) == []
    assert len(breaks_of(rig, positions=(position_line(5),))) == 1
