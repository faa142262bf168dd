"""A statement against our record: both ways, line by line, and nothing but what differs."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import (
    CloseBreakCommand,
    Input,
    InstrumentSplit,
    ReconcileCommand,
    Statement,
)
from fairlead.model.outputs import (
    BreakClosed,
    BreakOpened,
    RequestStatement,
    StatementReconciled,
)
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.terms import BreakKind, BreakState
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Nanos,
    Quantity,
)
from tests.machine.build import (
    CONNECTED,
    SELL,
    Rig,
    accepted,
    account,
    busted,
    cancel,
    canceled,
    filled,
    only,
    rejected,
    replace,
    replaced,
    strategy,
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
    order_line,
    position_line,
    statement,
)

# --- what a statement cannot know, or cannot say -------------------------------------------------


def test_a_section_that_is_not_covered_proves_nothing() -> None:
    """Only what is there, and what is left out of what is there, counts."""
    assert breaks_of(opened(filled(1, 3, "e1"))) == []


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("orders", BreakKind.ORDER_NOT_AT_VENUE),
        ("fills", BreakKind.FILL_NOT_AT_VENUE),
        ("positions", BreakKind.POSITION_DIFFERS),
        ("cash", BreakKind.CASH_DIFFERS),
    ],
)
def test_what_a_covered_section_leaves_out_is_not_there(section: str, kind: BreakKind) -> None:
    """S4-POS-01: the union of both sides, so an empty list says much."""
    [(found, _, theirs)] = breaks_of(opened(filled(1, 3, "e1")), **{section: ()})
    assert found is kind
    assert theirs in ("not listed", "0", "0.00")


@pytest.mark.parametrize(
    "then",
    [
        (submit(2),),  # sent, and not yet answered
        (submit(2), accepted(2), cancel(2)),
        (submit(2), accepted(2), replace(2, 9)),
    ],
)
def test_an_order_in_flight_need_not_be_listed(then: tuple[Input, ...]) -> None:
    """It may be on its way there, or back."""
    assert breaks_of(Rig(*then), orders=()) == []


@pytest.mark.parametrize(
    ("line", "agrees"),
    [
        (order_line(1, 8, 100), True),
        (order_line(1, 9, 101), True),
        (order_line(1, 9, 100), False),
        (order_line(1, 7, 101), False),
        (order_line(1, 9, 101, side=SELL), False),
        (order_line(1, 9, 101, filled=Quantity(1)), False),
    ],
)
def test_under_a_replace_an_order_has_its_old_terms_or_the_new_ones(
    line: StatementOrder, agrees: bool
) -> None:
    """Never a mixture, and nothing else of it is in flight."""
    rig = opened(replace(1, 9, 101))
    found = breaks_of(rig, orders=(line,))
    assert [kind for kind, _, _ in found] == ([] if agrees else [BreakKind.ORDER_DIFFERS])
    if not agrees:
        assert found[0][1] == "buy 8 at 1.00, filled 0, 9 at 1.01 asked for"


@pytest.mark.parametrize("price", [0, 99])
def test_the_price_of_a_market_order_is_the_venues_to_say(price: int) -> None:
    """It has no limit of its own."""
    rig = Rig(submit(1, price=0), accepted(1))
    assert breaks_of(rig, orders=(order_line(1, 8, price),)) == []


def test_an_order_that_is_over_with_us_and_works_there_differs() -> None:
    """We know it, and know it wrongly."""
    rig = opened(canceled(1))
    assert breaks_of(rig, orders=(order_line(1),)) == [
        (
            BreakKind.ORDER_DIFFERS,
            "canceled: buy 8 at 1.00, filled 0",
            "buy 8 at 1.00, filled 0",
        )
    ]


@pytest.mark.parametrize("told", [LATER, LATER + 1])
@pytest.mark.parametrize(
    ("then", "lines"),
    [
        ((), ()),  # accepted since
        ((canceled,), (order_line(1),)),  # gone since
    ],
)
def test_what_the_venue_reported_after_the_statement_was_made_is_not_held_against_it(
    told: int, then: tuple[Any, ...], lines: tuple[StatementOrder, ...]
) -> None:
    """Both are times of the venue's clock; at the same time nobody knows which came first."""
    rig = Rig(submit(1))
    rig.give(msgspec.structs.replace(accepted(1), venue_time=told))
    for report in then:
        rig.give(msgspec.structs.replace(report(1), venue_time=told))
    assert breaks_of(rig, orders=lines) == []


def test_what_changed_with_us_after_the_statement_was_made_is_not_held_against_it() -> None:
    """By our clock: the report came with no time of the venue's, and later than the statement."""
    rig = Rig(submit(1))
    rig.wait(20)
    rig.give(accepted(1))
    outputs = rig.give(statement(LATER, orders=()))
    assert [type(output) for output in outputs] == [StatementReconciled]


def test_what_ended_with_us_after_the_statement_was_made_is_not_held_against_it() -> None:
    """They had it working then; a statement of later that has it still, differs."""
    rig = opened()
    rig.wait(20)
    rig.give(canceled(1))
    assert breaks_in(rig.give(statement(LATER, orders=(order_line(1),)))) == []
    assert len(breaks_in(rig.give(statement(NOW + 20, orders=(order_line(1),))))) == 1


@pytest.mark.parametrize(
    ("time", "since", "missing"),
    [
        (5, 0, True),
        (0, 0, True),  # from the beginning
        (5, 4, True),
        (5, 5, False),  # at the border of two statements: one of them may have it
        (5, 6, False),
        (LATER - 1, 0, True),
        (LATER, 0, False),
        (LATER + 1, 0, False),
    ],
)
def test_an_execution_is_missing_only_in_the_time_that_is_covered(
    time: int, since: int, missing: bool
) -> None:
    """What is outside proves nothing."""
    rig = opened(filled(1, 3, "e1", venue_time=Nanos(time)))
    found = breaks_of(rig, fills=(), fills_since=Nanos(since))
    assert [kind for kind, _, _ in found] == ([BreakKind.FILL_NOT_AT_VENUE] if missing else [])


def test_an_undecided_line_neither_opens_a_break_nor_closes_one() -> None:
    """A break stays open until a statement can say something about it."""
    rig = opened()
    assert len(breaks_of(rig, orders=(), positions=(position_line(2),))) == 2
    rig.give(filled(1, 2, "e1", venue_time=Nanos(LATER + 5)))
    rig.wait(5)
    made = statement(LATER + 5, orders=(order_line(1, filled=Quantity(2)),), positions=())
    assert breaks_in(rig.give(made)) == []
    rig.wait(1)
    closed = breaks_in(rig.give(msgspec.structs.replace(made, as_of=Nanos(LATER + 6))))
    assert BreakClosed(1, BreakState.RESOLVED, "the statement agrees") in closed


def test_what_was_in_flight_stays_a_break_until_the_venue_answers() -> None:
    """A cancel of an order that they do not list does not open the instrument."""
    rig = opened()
    breaks_of(rig, orders=())
    rig.give(cancel(1))
    rig.wait(5)
    assert breaks_in(rig.give(statement(LATER + 5, orders=()))) == []
    assert rig.machine.state.reconciliation.gate_problem(InstrumentId(1)) == "break_open"


# --- several venues and accounts ------------------------------------------------------------------


def test_a_venues_statement_speaks_of_its_own_instruments_alone() -> None:
    """What it leaves out of another venue's is no news; a broker's leaves out nothing."""
    sections = {"orders": (), "fills": (), "positions": ()}
    assert breaks_of(Rig(*far()), **sections) == []
    kinds = [kind for kind, _, _ in breaks_of(Rig(*far()), venue="FAR", **sections)]
    assert len(kinds) == 3
    assert [kind for kind, _, _ in breaks_of(Rig(*far()), venue="", **sections)] == kinds


def test_a_venues_statement_closes_no_break_of_another_venue() -> None:
    """It says nothing about it."""
    rig = Rig(*far())
    assert len(breaks_of(rig, venue="", orders=(), positions=())) == 2
    outputs = rig.give(statement(LATER, orders=(), positions=()))
    assert [type(output) for output in outputs] == [StatementReconciled]


def test_the_statement_of_an_account_says_nothing_of_another_one() -> None:
    """Orders, executions, positions, cash and breaks of each are its own."""
    rig = opened(filled(1, 3, "e1"), account(2), strategy(3, account=2))
    sections = {"orders": (), "fills": (), "positions": (), "cash": (cash_line(1_000_000),)}
    assert breaks_of(rig, account=AccountId(2), **sections) == []
    assert len(breaks_of(rig, **sections)) == 3
    again = rig.give(statement(LATER, account=AccountId(2), **sections))
    assert [type(output) for output in again] == [StatementReconciled]


def test_an_execution_of_another_account_of_ours_is_not_this_ones() -> None:
    """We booked it where the order was, and say so."""
    rig = opened(filled(1, 3, "e1"), account(2), strategy(3, account=2))
    line = fill_line(0, "e1", 3)
    found = breaks_of(rig, account=AccountId(2), fills=(line,))
    text = "buy 3 at 1.00, fee 0.00"
    assert found == [(BreakKind.FILL_DIFFERS, f"{text}, of another account", text)]


# --- executions that were taken back, and breaks that others opened -------------------------------


def test_an_execution_that_was_taken_back_and_is_listed_differs() -> None:
    """The bust came before the statement was made."""
    rig = opened(filled(1, 3, "e1"), busted(1, "e1"))
    text = "buy 3 at 1.00, fee 0.00"
    assert breaks_of(rig, fills=(fill_line(1, "e1", 3),)) == [
        (BreakKind.FILL_DIFFERS, f"{text}, and taken back", text)
    ]


def test_a_bust_after_the_statement_was_made_is_not_held_against_it() -> None:
    """They listed what they had."""
    rig = opened(filled(1, 3, "e1"))
    rig.give(msgspec.structs.replace(busted(1, "e1"), venue_time=Nanos(LATER)))
    assert breaks_of(rig, fills=(fill_line(1, "e1", 3),)) == []


@pytest.mark.parametrize(("lines", "over"), [((fill_line(1, "e1", 3),), True), ((), False)])
def test_a_break_about_an_execution_ends_when_it_is_listed_at_any_time(
    lines: tuple[StatementFill, ...], over: bool
) -> None:
    """A source may list more than the time it covers; what it leaves out of that proves nothing."""
    rig = opened(filled(1, 3, "e1", venue_time=Nanos(5)))
    breaks_of(rig, fills=(fill_line(1, "e1", 4, venue_time=Nanos(5)),))
    rig.give(statement(LATER, fills=lines, fills_since=Nanos(7)))
    assert (rig.machine.state.reconciliation.break_of(1) is None) is over


def test_an_execution_from_before_a_split_agrees_as_it_was() -> None:
    """It is closed to busts for its units, and was not taken back; one from after it, was."""
    rig = opened(filled(1, 3, "e1", venue_time=Nanos(4)))
    rig.give(InstrumentSplit(InstrumentId(1), 2, 1, "s1"))
    rig.wait(1)
    rig.give(filled(1, 2, "e2", venue_time=Nanos(NOW + 1)))
    rig.give(msgspec.structs.replace(busted(1, "e2"), venue_time=Nanos(NOW + 2)))
    lines = (
        fill_line(1, "e1", 3, venue_time=Nanos(4)),
        fill_line(1, "e2", 2, venue_time=Nanos(NOW + 1)),
    )
    found = breaks_of(rig, fills=lines, positions=(position_line(6),))
    text = "buy 2 at 1.00, fee 0.00"
    assert found == [(BreakKind.FILL_DIFFERS, f"{text}, and taken back", text)]


def test_an_order_that_a_split_changed_after_the_statement_is_not_held_against_it() -> None:
    """They had it in the old units."""
    rig = opened()
    rig.wait(20)
    rig.give(InstrumentSplit(InstrumentId(1), 2, 1, "s1"))
    outputs = rig.give(statement(LATER, orders=(order_line(1, 8),)))
    assert [type(output) for output in outputs] == [StatementReconciled]
    rig.wait(20)
    outputs = rig.give(statement(rig.time, orders=(order_line(1, 16, 50),)))
    assert [type(output) for output in outputs] == [StatementReconciled]


def test_a_break_about_a_count_ends_when_the_missing_execution_is_booked() -> None:
    """The venue counted more than it reported: its statement has the rest."""
    rig = opened()
    outputs = rig.give(filled(1, 3, "e1", cumulative=Quantity(5)))
    number = only(BreakOpened, outputs).number
    rig.wait(LATER - NOW)
    outputs = rig.give(statement(LATER, fills=(fill_line(1, "e1", 3), fill_line(1, "e2", 2))))
    assert BreakClosed(number, BreakState.RESOLVED, "both count the same") in outputs


@pytest.mark.parametrize(
    ("sections", "ends"),
    [
        ({"orders": (order_line(1, filled=Quantity(3)),)}, True),  # it counts as we do now
        ({"orders": (order_line(1, filled=Quantity(5)),)}, False),
        ({"fills": (fill_line(1, "e1", 3),)}, False),  # the order works on: more may come
        ({"positions": (position_line(3),)}, False),
    ],
)
def test_a_break_about_a_count_ends_when_the_venue_counts_as_we_do(
    sections: dict[str, Any], ends: bool
) -> None:
    """Only what it says of the order itself, or of all its executions, decides."""
    rig = opened()
    outputs = rig.give(filled(1, 3, "e1", cumulative=Quantity(5)))
    number = only(BreakOpened, outputs).number
    breaks_of(rig, **sections)
    over = rig.machine.state.reconciliation.break_of(number) is None
    assert over is ends


def test_a_break_about_a_count_ends_with_all_executions_of_an_order_that_is_over() -> None:
    """Nothing can be missing any more."""
    rig = opened()
    number = only(BreakOpened, rig.give(filled(1, 3, "e1", cumulative=Quantity(5)))).number
    rig.give(canceled(1))
    breaks_of(rig, fills=(fill_line(1, "e1", 3),))
    assert rig.machine.state.reconciliation.break_of(number) is None


def test_terms_that_nobody_asked_for_end_as_a_break_when_they_are_seen_to_be_ours() -> None:
    """The break that the venue's report opened is the one that its statement closes."""
    rig = opened(replaced(1, 9))
    [known] = rig.machine.state.reconciliation.open_breaks()
    rig.wait(LATER - NOW)
    quantity = rig.order(1).quantity
    outputs = rig.give(statement(LATER, orders=(order_line(1, quantity),)))
    assert breaks_in(outputs) == [
        BreakClosed(known.number, BreakState.RESOLVED, "the statement agrees")
    ]


def test_what_a_person_explained_is_forgotten_once_both_agree() -> None:
    """If it comes back, it is a new difference."""
    rig = opened(filled(1, 3, "e1"))
    [first] = breaks_of(rig, positions=(position_line(5),))
    rig.give(CloseBreakCommand(1, "ann", "in transit"))
    assert breaks_of(rig, positions=(position_line(5),)) == []
    assert breaks_of(rig, positions=(position_line(3),)) == []
    assert breaks_of(rig, positions=(position_line(5),)) == [first]


# --- what is told late ----------------------------------------------------------------------------


def agreed(as_of: int, *lines: StatementFill) -> Statement:
    """Return a statement of working orders, of executions, and of nothing else."""
    working = (order_line(1, filled=Quantity(sum(line.quantity for line in lines))),)
    return statement(as_of, orders=working, fills=lines)


def asked(rig: Rig) -> int:
    """Return since when the next statement that is asked for is to list executions."""
    return only(RequestStatement, rig.give(ReconcileCommand("ann", "to be sure"))).fills_since


def test_a_fill_of_before_the_last_statement_is_named_by_the_next_one_if_it_never_was() -> None:
    """Invariant 6: it is told late, and the period in which it would be was agreed on before."""
    rig = opened(CONNECTED)
    rig.wait(10)
    rig.give(agreed(rig.time))
    before = Nanos(rig.time - 5)
    rig.give(filled(1, 3, "L1", venue_time=before))
    assert asked(rig) < before
    rig.wait(10)
    found = [one for one in rig.give(agreed(rig.time)) if isinstance(one, BreakOpened)]
    assert BreakKind.FILL_NOT_AT_VENUE in [one.kind for one in found]


def test_a_bust_that_was_none_is_named_by_the_next_statement() -> None:
    """Invariant 6: both sides had agreed on the execution, and only one of them took it back."""
    rig = opened(CONNECTED)
    made = Nanos(rig.time + 1)
    line = fill_line(1, "E1", 3, venue_time=made)
    rig.give(filled(1, 3, "E1", venue_time=made))
    rig.wait(10)
    rig.give(agreed(rig.time, line))
    assert asked(rig) > made
    rig.give(busted(1, "E1"))
    assert asked(rig) < made
    rig.wait(10)
    found = [one for one in rig.give(agreed(rig.time, line)) if isinstance(one, BreakOpened)]
    assert BreakKind.FILL_DIFFERS in [one.kind for one in found]
    rig.wait(10)
    rig.give(agreed(rig.time, line))
    assert asked(rig) < made, "it stays in sight as long as it is disputed"
    rig.wait(10)
    assert len([one for one in rig.give(agreed(rig.time)) if isinstance(one, BreakClosed)]) > 0
    assert not rig.machine.state.reconciliation.any_open
    assert asked(rig) > made


def test_a_bust_of_what_waits_in_quarantine_is_compared_again() -> None:
    """Invariant 6: it was listed before; if it is listed again, it was never taken back."""
    rig = Rig(submit(1), rejected(1), CONNECTED)
    made = Nanos(rig.time + 1)
    line = fill_line(1, "E1", 3, venue_time=made)
    rig.wait(10)
    rig.give(statement(rig.time, orders=(), fills=(line,)))
    assert asked(rig) > made
    rig.give(busted(1, "E1"))
    assert not rig.machine.state.reconciliation.quarantine
    assert asked(rig) < made
    rig.wait(10)
    rig.give(statement(rig.time, orders=(), fills=(line,)))
    assert len(rig.machine.state.reconciliation.quarantine) == 1


def test_a_dispute_stays_in_sight_when_a_statement_of_before_it_comes_late() -> None:
    """Invariant 6: that one could not know of it, and agreed on what is disputed now."""
    rig = opened(CONNECTED)
    made = Nanos(rig.time + 1)
    line = fill_line(1, "E1", 3, venue_time=made)
    rig.give(filled(1, 3, "E1", venue_time=made))
    rig.wait(100)
    early = agreed(rig.time - 50, line)
    rig.give(msgspec.structs.replace(busted(1, "E1"), venue_time=Nanos(rig.time - 10)))
    rig.give(early)
    assert asked(rig) > made
    rig.give(agreed(rig.time, line))
    assert asked(rig) < made
