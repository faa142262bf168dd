"""Statements from the first line to the last break, against a venue that keeps its own record."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.machine import Machine
from fairlead.model.inputs import (
    AssignBreakCommand,
    BookGap,
    CloseBreakCommand,
    Input,
    PositionCorrection,
    ReconcileCommand,
    ReconciliationPolicyChange,
    ReverseCommand,
    Statement,
    TimerFired,
    ToleranceChange,
    VenueConnected,
)
from fairlead.model.outputs import (
    BreakChanged,
    BreakClosed,
    BreakOpened,
    InputRefused,
    PositionCorrected,
    StatementReconciled,
)
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.statements import StatementOrder
from fairlead.model.terms import BreakKind, BreakState
from fairlead.model.units import (
    INCREMENTS_MAX,
    AccountId,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from tests.machine.alterations import ALTERATIONS, Alteration
from tests.machine.build import (
    BUY,
    SECOND,
    SELL,
    VENUE,
    Rig,
    accepted,
    account,
    canceled,
    filled,
    only,
    quote,
    strategy,
    submit,
)
from tests.machine.venue_side import (
    VenueSide,
    breaks_in,
    cash_line,
    fill_line,
    order_line,
    position_line,
    statement,
)

LIMIT_1 = 100
Happening = tuple[str, int, int, int]


@st.composite
def happenings(draw: st.DrawFn) -> list[Happening]:
    """Return what happens in a session: orders, fills, cancels, by number of the order."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(["open", "fill", "fill", "cancel"]),
                st.integers(0, 5),
                st.integers(1, 9),
                st.integers(-3, 9),
            ),
            max_size=25,
        )
    )


def after(session: list[Happening], told: Callable[[int], bool] = lambda _: True) -> VenueSide:
    """Return a venue after a session; `told` says which of its fills are reported."""
    venue = VenueSide()
    number = fills = 0
    for kind, which, quantity, fee in session:
        if kind == "open" or not venue.orders:
            number += 1
            instrument = 1 + which % 2
            price = LIMIT_1 if instrument == 1 else 97 + quantity % 6
            venue.open(number, instrument, BUY if which < 3 else SELL, quantity, price)
            continue
        chosen = list(venue.orders)[which % len(venue.orders)]
        if kind == "cancel":
            venue.cancel(chosen)
        else:
            line = venue.orders[chosen]
            part = min(quantity, line.quantity - line.filled)
            venue.fill(chosen, part, fee, told(fills))
            fills += 1
    return venue


# --- what agrees ---------------------------------------------------------------------------------


@given(happenings(), st.randoms(use_true_random=False))
def test_a_true_statement_opens_nothing_whatever_the_order_of_its_lines(
    session: list[Happening], chance: Any
) -> None:
    """B-OMS-11: the union of both sides is compared, and no difference is invented."""
    venue = after(session)
    made = venue.statement()
    shuffled = {}
    for section in ("orders", "fills", "positions"):
        lines = list(getattr(made, section))
        chance.shuffle(lines)
        shuffled[section] = tuple(lines)
    outputs = venue.rig.give(msgspec.structs.replace(made, **shuffled))
    done = only(StatementReconciled, outputs)
    assert outputs == [done]
    assert (done.booked, done.differences, done.open_breaks) == (0, 0, 0)
    held = [number for number in (1, 2) if venue.position(number)]
    assert done.compared == len(venue.orders) + len(venue.fills) + len(held) + 1


@given(happenings(), st.sets(st.integers(0, 20)))
def test_fills_that_were_missed_are_booked_and_then_all_agrees(
    session: list[Happening], missed: set[int]
) -> None:
    """S3-POS-01: from evidence, once, and the record shows that they were missed."""
    venue = after(session, lambda number: number not in missed)
    lost = [fill for number, fill in enumerate(venue.fills) if number in missed]
    outputs = venue.rig.give(venue.statement())
    done = only(StatementReconciled, outputs)
    assert (done.booked, done.differences, done.open_breaks) == (len(lost), 0, 0)
    opened = [output for output in outputs if isinstance(output, BreakOpened)]
    assert [(one.kind, one.item) for one in opened] == [
        (BreakKind.FILL_MISSED, fill.execution) for fill in lost
    ]
    for one in opened:
        assert BreakClosed(one.number, BreakState.RESOLVED, "booked from the statement") in outputs
    assert [venue.rig.machine.positions.net(InstrumentId(number)) for number in (1, 2)] == [
        venue.position(1),
        venue.position(2),
    ]
    assert venue.rig.account().cash == venue.cash()
    again = venue.rig.give(venue.statement())
    assert again == [only(StatementReconciled, again)]


# --- what differs --------------------------------------------------------------------------------


@given(happenings(), st.sampled_from(ALTERATIONS), st.integers(0, 9), st.integers(0, 9))
def test_one_alteration_opens_just_its_break_and_the_truth_closes_it(
    session: list[Happening],
    alteration: tuple[str, Callable[[Statement, int, int], Alteration]],
    which: int,
    way: int,
) -> None:
    """S3-POS-01: every difference opens a break with its kind and both sides; nothing else does."""
    needs, alter = alteration
    venue = after([("open", 1, 5, 0), ("fill", 0, 2, 1), ("open", 4, 9, 0), *session])
    if not venue.orders and needs == "orders":
        venue.open(99, 1, BUY, 4, LIMIT_1)
    made, kind, item, ours, theirs = alter(venue.statement(), which, way)
    outputs = venue.rig.give(made)
    [opened] = breaks_in(outputs)
    assert isinstance(opened, BreakOpened)
    assert (opened.kind, opened.item) == (kind, item)
    assert (opened.ours, opened.theirs) == (ours, theirs)
    done = only(StatementReconciled, outputs)
    assert (done.booked, done.differences, done.open_breaks) == (0, 1, 1)
    assert breaks_in(venue.rig.give(made)) == []
    closed = breaks_in(venue.rig.give(venue.statement()))
    assert closed == [BreakClosed(opened.number, BreakState.RESOLVED, "the statement agrees")]


# --- the record of a statement -------------------------------------------------------------------


def test_the_record_counts_each_thing_once_and_the_breaks_of_its_account() -> None:
    """Lines of both sides together: a pair is one."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "e1"), account(2), strategy(3, account=2))
    lines = (order_line(1, filled=Quantity(3)), order_line(0, venue_order="X"))
    made = statement(
        SECOND,
        source="drop copy",
        orders=lines,
        fills=(),
        positions=(position_line(3), position_line(1, 2)),
        cash=(cash_line(1_000_000),),
    )
    done = only(StatementReconciled, rig.give(made))
    assert (done.account, done.venue, done.source, done.as_of) == (1, VENUE, "drop copy", SECOND)
    assert (done.compared, done.booked, done.differences, done.open_breaks) == (6, 0, 3, 3)
    other = only(StatementReconciled, rig.give(statement(SECOND, account=AccountId(2))))
    assert (other.compared, other.open_breaks) == (0, 0)


@pytest.mark.parametrize(
    ("line", "item"),
    [
        (order_line(7, client_order="x", venue_order="V"), "V"),
        (order_line(7, client_order="x"), "x"),
        (order_line(7), "order 7"),
    ],
)
def test_an_order_that_is_not_ours_is_called_as_the_venue_calls_it(
    line: StatementOrder, item: str
) -> None:
    """Whatever it has of ids."""
    assert only(BreakOpened, Rig().give(statement(SECOND, orders=(line,)))).item == item


def test_breaks_are_opened_in_one_order_whatever_the_order_of_the_lines() -> None:
    """Replay gives the same numbers for the same content."""
    lines = [order_line(0, venue_order=name) for name in ("A", "B", "C")]
    digests = []
    for turned in (lines, lines[::-1]):
        rig = Rig()
        outputs = rig.give(statement(SECOND, orders=tuple(turned)))
        found = [output for output in outputs if isinstance(output, BreakOpened)]
        assert [(one.number, one.item) for one in found] == [(1, "A"), (2, "B"), (3, "C")]
        digests.append(rig.machine.digest())
    assert digests[0] == digests[1]


def test_a_difference_that_is_seen_again_with_other_figures_changes_its_break() -> None:
    """The owner stays, and so does the age."""
    rig = Rig()
    rig.give(statement(SECOND, positions=(position_line(3),)))
    rig.give(AssignBreakCommand(1, "bob", "ann", "his desk"))
    outputs = rig.give(statement(SECOND, positions=(position_line(4),)))
    assert breaks_in(outputs) == [BreakChanged(1, "0", "4", "bob")]


# --- what people say -----------------------------------------------------------------------------


def broken() -> Rig:
    """Return a rig with break 1, about the position in instrument 1, and break 2, closed."""
    rig = Rig()
    lines = (position_line(3), position_line(1, 2))
    rig.give(statement(SECOND, positions=lines), CloseBreakCommand(2, "ann", "known"))
    return rig


def test_a_person_closes_a_break_with_a_reason() -> None:
    """Nothing is booked, and the instrument is open again."""
    rig = broken()
    assert rig.give(CloseBreakCommand(1, "ann", "settles tomorrow")) == [
        BreakClosed(1, BreakState.EXPLAINED, "ann: settles tomorrow")
    ]
    assert rig.machine.state.reconciliation.gate_problem(InstrumentId(1)) == ""
    assert rig.position().quantity == 0


def test_a_person_gives_a_break_to_somebody() -> None:
    """Every break has an owner."""
    rig = broken()
    outputs = rig.give(AssignBreakCommand(1, "bob", "ann", "his desk"))
    assert outputs == [BreakChanged(1, "0", "3", "bob")]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (CloseBreakCommand(1, "", "so"), "no person or no reason: say who"),
        (CloseBreakCommand(1, "ann", " "), "no person or no reason: say who"),
        (CloseBreakCommand(7, "ann", "so"), "there is no break 7"),
        (CloseBreakCommand(2, "ann", "so"), "break 2 is over: explained, ann: known"),
        (AssignBreakCommand(1, "bob", " ", "so"), "no person or no reason"),
        (AssignBreakCommand(1, "bob", "ann", ""), "no person or no reason"),
        (AssignBreakCommand(1, " ", "ann", "so"), "it names no owner: say who"),
        (AssignBreakCommand(7, "bob", "ann", "so"), "there is no break 7"),
        (AssignBreakCommand(2, "bob", "ann", "so"), "break 2 is over"),
        (ReconcileCommand("", "so"), "no person or no reason"),
        (ReconcileCommand("ann", ""), "no person or no reason"),
        (ReconcileCommand("ann", "so"), "no venue is connected: connect one, or bring"),
        (
            ReconciliationPolicyChange(ReconciliationPolicy(), " ", "so"),
            "it names no person: say who",
        ),
        (ToleranceChange(InstrumentId(1), Quantity(1), "", "so"), "it names no person: say who"),
        (ToleranceChange(InstrumentId(9), Quantity(1), "ann", ""), "unknown instrument: define"),
        (ToleranceChange(InstrumentId(1), Quantity(-1), "ann", ""), "quantity is not between 0"),
        (
            ToleranceChange(InstrumentId(1), Quantity(INCREMENTS_MAX + 1), "ann", ""),
            "quantity is not between 0",
        ),
    ],
)
def test_a_command_that_cannot_be_followed_is_refused_with_what_to_do(
    command: Input, reason: str
) -> None:
    """Nothing changes."""
    rig = broken()
    [refused] = rig.give(command)
    assert isinstance(refused, InputRefused)
    assert refused.kind == type(command).__name__
    assert reason in refused.reason
    idle = broken()
    idle.give(TimerFired(StrategyId(1), 1))
    assert rig.machine.digest() == idle.machine.digest()


def test_a_machine_without_accounts_has_nothing_to_reconcile() -> None:
    """Which is said."""
    machine = Machine()
    machine.apply(Sequence(1), Nanos(0), VenueConnected(VENUE))
    outputs = machine.apply(Sequence(2), Nanos(0), ReconcileCommand("ann", "so"))
    assert "no account is known" in only(InputRefused, outputs).reason


def test_a_new_break_has_the_owner_of_the_policy() -> None:
    """Those that are open keep theirs."""
    rig = broken()
    rig.give(ReconciliationPolicyChange(ReconciliationPolicy(owner="night desk"), "ann", ""))
    outputs = rig.give(statement(SECOND, positions=(position_line(4),), cash=()))
    assert only(BreakChanged, outputs).owner == "operations"
    assert only(BreakOpened, outputs).owner == "night desk"


# --- corrections by policy -----------------------------------------------------------------------

AUTO = ReconciliationPolicyChange(ReconciliationPolicy(auto_correct=True), "ann", "agreed")


def held(*then: Input) -> Rig:
    """Return a rig where strategy 1 is long 3 and strategy 2 short 5, and what came after."""
    return Rig(
        *(submit(1), accepted(1), filled(1, 3, "e1"), canceled(1)),
        *(submit(2, SELL, strategy=StrategyId(2)), accepted(2), filled(2, 5, "e2"), canceled(2)),
        *then,
    )


def test_positions_are_never_corrected_by_themselves_by_default() -> None:
    """Control 44: never auto-correct silently."""
    rig = held()
    outputs = rig.give(statement(SECOND, positions=(position_line(7),)))
    assert only(BreakOpened, outputs).theirs == "7"
    assert rig.machine.positions.net(InstrumentId(1)) == -2


def test_a_policy_that_a_person_switched_on_corrects_positions() -> None:
    """S4-POS-01: at the mark, for who holds most, on record, and its break is over."""
    rig = held(AUTO)
    outputs = rig.give(statement(SECOND, positions=(position_line(7),)))
    opened = only(BreakOpened, outputs)
    one, two = InstrumentId(1), StrategyId(2)
    correction = PositionCorrected(AccountId(1), two, one, SignedQuantity(9), Price(100), "policy")
    assert only(PositionCorrected, outputs) == correction
    assert outputs[-2] == BreakClosed(opened.number, BreakState.CORRECTED, "policy")
    assert rig.machine.positions.net(one) == 7
    assert rig.position(2).quantity == 4
    again = rig.give(statement(SECOND, positions=(position_line(7),)))
    assert breaks_in(again) == []


def test_where_nobody_holds_anything_the_first_strategy_has_the_correction() -> None:
    """It has to be somebody's."""
    rig = Rig(AUTO)
    outputs = rig.give(statement(SECOND, positions=(position_line(-2),)))
    assert only(PositionCorrected, outputs).strategy == 1


def test_an_account_without_strategies_is_not_corrected() -> None:
    """Whose it would be, a person has to say."""
    rig = Rig(AUTO, account(3))
    outputs = rig.give(statement(SECOND, account=AccountId(3), positions=(position_line(2),)))
    assert only(BreakOpened, outputs).account == 3
    assert rig.machine.positions.net(InstrumentId(1)) == 0


def test_a_correction_by_policy_can_be_undone() -> None:
    """S4-POS-01: by a person, by the number of the statement."""
    rig = held(AUTO)
    lines = (position_line(7), position_line(1, 2))
    rig.give(statement(SECOND, positions=lines))
    sequence = Sequence(rig.machine.state.sequence)
    rig.give(ReverseCommand(sequence, "ann", "they were wrong"))
    nets = [rig.machine.positions.net(InstrumentId(number)) for number in (1, 2)]
    assert nets == [-2, 0]


@pytest.mark.parametrize(
    ("then", "sections"),
    [
        ((quote(0, 0),), {}),  # no mark
        ((BookGap(InstrumentId(1), "lost"),), {}),
        ((filled(9, 4, "e9"),), {}),  # a fill in quarantine may be the reason
        ((submit(3), accepted(3)), {}),  # its execution may be on its way
        ((), {"positions": (position_line(INCREMENTS_MAX),)}),  # beyond what can be booked
    ],
)
def test_a_position_is_not_corrected_on_doubtful_grounds(
    then: tuple[Input, ...], sections: dict[str, Any]
) -> None:
    """The break stays for a person."""
    rig = held(AUTO, *then)
    made = {"positions": (position_line(7),), **sections}
    outputs = rig.give(statement(SECOND, **made))
    assert only(BreakOpened, outputs).kind is BreakKind.POSITION_DIFFERS
    assert rig.machine.positions.net(InstrumentId(1)) == -2


def test_with_all_fills_a_position_is_corrected_while_orders_work() -> None:
    """What the statement has of executions is booked: nothing else is on its way."""
    rig = held(AUTO, submit(3), accepted(3))
    fills = (fill_line(1, "e1", 3), fill_line(2, "e2", 5, side=SELL))
    made = statement(SECOND, fills=fills, positions=(position_line(7),))
    assert only(PositionCorrected, rig.give(made)).quantity == 9


def test_what_a_person_explained_is_not_corrected() -> None:
    """The person said what it is; the policy does not know better."""
    rig = held()
    made = statement(SECOND, positions=(position_line(7),))
    rig.give(made, CloseBreakCommand(1, "ann", "in transit"), AUTO)
    assert [type(output) for output in rig.give(made)] == [StatementReconciled]


def test_a_correction_that_answers_a_break_ends_it() -> None:
    """S4-POS-01: made by a person, with its cause."""
    rig = held()
    rig.give(statement(SECOND, positions=(position_line(7),)))
    correction = (AccountId(1), StrategyId(1), InstrumentId(1), SignedQuantity(9), Price(100))
    outputs = rig.give(PositionCorrection(*correction, "ann", "a trade by phone", 1))
    assert breaks_in(outputs) == [BreakClosed(1, BreakState.CORRECTED, "ann: a trade by phone")]
    again = rig.give(statement(SECOND, positions=(position_line(7),)))
    assert breaks_in(again) == []
