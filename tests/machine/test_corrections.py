"""Corrections of positions and cash: booked with a cause, undone once, never overwritten."""

from fractions import Fraction
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.corrections import correct
from fairlead.machine.performance import figures
from fairlead.machine.valuation import equity
from fairlead.model.inputs import (
    CashMoved,
    Input,
    InstrumentSplit,
    PositionCorrection,
    ReverseCommand,
    Statement,
)
from fairlead.model.outputs import (
    AccountChanged,
    BreakClosed,
    BreakOpened,
    CashBooked,
    CorrectionReversed,
    InputRefused,
    Output,
    PositionChanged,
    PositionCorrected,
)
from fairlead.model.statements import StatementCash, StatementPosition
from fairlead.model.terms import BreakKind, BreakState, CashKind, CostBasis
from fairlead.model.units import (
    INCREMENTS_MAX,
    MONEY_MAX,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    StrategyId,
)
from tests.machine.build import (
    BUY,
    CASH,
    SECOND,
    SELL,
    Rig,
    accepted,
    account,
    filled,
    limits,
    only,
    quote,
    strategy,
    submit,
)

ONE: Final = InstrumentId(1)
FIRST: Final = AccountId(1)


def correction(quantity: int, price: int = 100, who: int = 1, **terms: Any) -> PositionCorrection:
    """Return a correction of a position in instrument 1."""
    made = PositionCorrection(
        FIRST,
        StrategyId(who),
        ONE,
        SignedQuantity(quantity),
        Price(price),
        "ann",
        "as the broker has it",
    )
    return msgspec.structs.replace(made, **terms)


def moved(kind: CashKind, amount: int, **terms: Any) -> CashMoved:
    """Return a movement of cash."""
    made = CashMoved(FIRST, "USD", kind, Money(amount), f"{kind.name} {amount}", "ann", "wired")
    return msgspec.structs.replace(made, **terms)


def undo(sequence: int, person: str = "bob", reason: str = "a mistake") -> ReverseCommand:
    """Return the wish to undo what an input booked."""
    return ReverseCommand(Sequence(sequence), person, reason)


def done(rig: Rig, given: Input) -> int:
    """Give an input; return its number."""
    rig.give(given)
    return rig.machine.state.sequence


def everything(rig: Rig) -> list[object]:
    """Return all that the machine knows but the number of the last input and its time."""
    return rig.machine.state._content()[1:]


# --- positions ------------------------------------------------------------------------------------


def test_a_correction_moves_the_position_and_says_why() -> None:
    """Control 46: like a fill without a fee, and without an order."""
    rig = Rig()
    cause = "ann: as the broker has it"
    assert rig.give(correction(5)) == [
        PositionCorrected(FIRST, StrategyId(1), ONE, SignedQuantity(5), Price(100), cause),
        PositionChanged(StrategyId(1), ONE, SignedQuantity(5), Money(500), Money(0), Money(0)),
        AccountChanged(FIRST, CASH, Money(0), Money(0)),
    ]
    assert rig.machine.positions.net(ONE) == 5


def test_a_correction_that_closes_earns_what_a_fill_would() -> None:
    """B-POS-01: a short of 8 at 100, bought back at 90."""
    rig = Rig(submit(1, SELL, 8, 100), accepted(1), filled(1, 8, "E1"), correction(8, 90))
    assert (rig.position().quantity, rig.position().realised) == (0, 80)
    assert rig.account().cash == CASH + 80


def test_what_belongs_to_no_strategy_is_the_accounts() -> None:
    """Strategy 0: it counts in the net of the instrument, and for the account alone."""
    rig = Rig(account(2), correction(5, who=0), correction(-2, who=0, account=AccountId(2)))
    held = [rig.machine.positions.account_net(AccountId(number), ONE) for number in (1, 2)]
    assert held == [5, -2]
    assert rig.machine.positions.net(ONE) == 3


def test_a_corrected_position_counts_against_the_limit() -> None:
    """Invariant 8: 195 are held, 200 is the most."""
    rig = Rig(correction(195))
    assert rig.refused(submit(1, BUY, 8, 100))["position_quantity_max"] == (203, 200)


REFUSED: Final[list[tuple[PositionCorrection, str]]] = [
    (correction(5, person=" "), "it names no person or no reason"),
    (correction(5, reason=""), "it names no person or no reason"),
    (correction(5, account=AccountId(7)), "unknown account"),
    (correction(5, who=7), "unknown strategy"),
    (correction(5, who=3), "the strategy trades with another account"),
    (correction(5, instrument=InstrumentId(7)), "unknown instrument"),
    (correction(0), f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"),
    (correction(5, 0), f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"),
    (correction(5, -1), f"price or quantity is not between 1 and {INCREMENTS_MAX} increments"),
    (
        correction(-INCREMENTS_MAX - 1),
        f"price or quantity is not between 1 and {INCREMENTS_MAX} increments",
    ),
    (
        correction(INCREMENTS_MAX, INCREMENTS_MAX),
        f"it takes money beyond {MONEY_MAX} units",
    ),
    (correction(5, who=0, account=AccountId(2)), "the account holds no USD"),
    (correction(5, number=1), "there is no break 1"),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED)
def test_a_correction_of_nothing_that_is_known_is_refused(
    given: PositionCorrection, reason: str
) -> None:
    """Each "no" names its reason, and changes nothing."""
    rig = Rig(account(2, currency="EUR"), strategy(3, 2))
    before = everything(rig)
    assert rig.give(given) == [InputRefused("PositionCorrection", reason)]
    assert everything(rig) == before


# --- undoing --------------------------------------------------------------------------------------


def test_a_correction_is_undone_once() -> None:
    """The record keeps both; a second time is refused."""
    rig = Rig()
    sequence = done(rig, correction(5))
    cause = f"input {sequence} undone by bob: a mistake"
    outputs = rig.give(undo(sequence))
    assert outputs[:2] == [
        CorrectionReversed(sequence, "bob", "a mistake"),
        PositionCorrected(FIRST, StrategyId(1), ONE, SignedQuantity(-5), Price(100), cause),
    ]
    assert (rig.position().quantity, rig.account().cash) == (0, CASH)
    [again] = rig.give(undo(sequence))
    assert again == InputRefused("ReverseCommand", f"it was undone by input {sequence + 1}")
    assert rig.position().quantity == 0


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (CashKind.DEPOSIT, 500),
        (CashKind.WITHDRAWAL, -500),
        (CashKind.FUNDING, -7),
        (CashKind.DIVIDEND, 40),
        (CashKind.BORROW, -3),
        (CashKind.INTEREST, 11),
        (CashKind.FEE, -2),
        (CashKind.ADJUSTMENT, 1),
    ],
)
def test_cash_that_moved_is_taken_back_in_the_same_kind(kind: CashKind, amount: int) -> None:
    """A deposit that was none is no withdrawal: flows, profit and fees stand where they stood."""
    rig = Rig()
    sequence = done(rig, moved(kind, amount))
    assert rig.account().cash == CASH + amount
    outputs = rig.give(undo(sequence))
    booked = only(CashBooked, outputs)
    assert (booked.kind, booked.amount) == (kind, -amount)
    assert booked.reference == f"undoes input {sequence}"
    changed = only(AccountChanged, outputs)
    assert changed == AccountChanged(FIRST, CASH, Money(0), Money(0))
    [again] = rig.give(undo(sequence))
    assert isinstance(again, InputRefused)


def test_cash_of_a_position_is_taken_back_from_it() -> None:
    """Funding is a part of the profit of what it was paid for."""
    rig = Rig()
    terms = {"strategy": StrategyId(1), "instrument": ONE}
    sequence = done(rig, moved(CashKind.FUNDING, -7, **terms))
    assert rig.position().realised == -7
    rig.give(undo(sequence))
    assert rig.position().realised == 0


def test_what_is_neither_a_correction_nor_cash_is_not_undone() -> None:
    """A quote, a fill, an undo, what never was, and what was refused."""
    rig = Rig(submit(1, BUY, 8, 100), accepted(1))
    others = [
        done(rig, filled(1, 8, "E1")),
        done(rig, quote(99, 101)),
        done(rig, correction(0)),
        done(rig, moved(CashKind.DEPOSIT, 0)),
        999,
        0,
    ]
    rig.give(undo(done(rig, correction(5))))
    others.append(rig.machine.state.sequence)
    before = everything(rig)
    for sequence in others:
        reason = f"input {sequence} corrected no position and moved no cash"
        assert rig.give(undo(sequence)) == [InputRefused("ReverseCommand", reason)]
    assert everything(rig) == before


@pytest.mark.parametrize(("person", "reason"), [("", "a mistake"), ("bob", " ")])
def test_an_undo_says_who_and_why(person: str, reason: str) -> None:
    """Control 44: corrections are made by people who answer for them."""
    rig = Rig()
    sequence = done(rig, correction(5))
    [refused] = rig.give(undo(sequence, person, reason))
    assert refused == InputRefused("ReverseCommand", "it names no person or no reason")
    assert rig.position().quantity == 5


def test_a_correction_from_before_a_split_is_not_undone() -> None:
    """5 old units are not 5 new ones; cash has no units."""
    rig = Rig()
    sequence, cash = done(rig, correction(5)), done(rig, moved(CashKind.DEPOSIT, 500))
    rig.give(InstrumentSplit(ONE, 2, 1, "S"))
    [refused] = rig.give(undo(sequence))
    assert isinstance(refused, InputRefused)
    assert refused.reason == "a split came after it: correct the position anew"
    assert isinstance(rig.give(undo(cash))[0], CorrectionReversed)


def test_an_undo_that_money_could_not_hold_is_refused() -> None:
    """64 bits: a withdrawal of all that a record holds cannot be given back twice over."""
    rig = Rig()
    sequence = done(rig, moved(CashKind.WITHDRAWAL, -(MONEY_MAX - CASH - 10)))
    rig.give(moved(CashKind.DEPOSIT, MONEY_MAX - CASH - 10))
    rig.give(moved(CashKind.DEPOSIT, 20))
    assert isinstance(rig.give(undo(sequence))[0], InputRefused)


def test_an_undo_of_a_position_that_money_could_not_hold_is_refused() -> None:
    """Four times a fifth of what a record holds was lost since; a fifth time it is too much."""
    rig, dear = Rig(), INCREMENTS_MAX
    first = done(rig, correction(1_000, dear))
    rig.give(correction(-1_000, 1))
    for _ in range(3):
        rig.give(correction(1_000, dear), correction(-1_000, 1))
    assert rig.account().realised == -4 * (10**18 - 1_000)
    reason = f"it takes money beyond {MONEY_MAX} units"
    assert rig.give(undo(first)) == [InputRefused("ReverseCommand", reason)]


def test_what_one_input_corrected_is_undone_together_last_first() -> None:
    """A policy may correct several positions by one statement."""
    rig = Rig(quote(99, 101))
    state = rig.machine.state
    outputs: list[Output] = []
    for one in (correction(5), correction(-3, who=2)):
        correct(state, one, "by policy", rig.time, outputs)
    undone = rig.give(undo(state.sequence))
    found = [output for output in undone if isinstance(output, PositionCorrected)]
    assert [(fact.strategy, fact.quantity) for fact in found] == [(2, 3), (1, -5)]
    assert rig.machine.positions.net(ONE) == 0


def test_what_is_booked_by_hand_is_a_point_of_the_track_record() -> None:
    """B-POS-10: bought at 90, worth 99 for a moment: 72 higher. And 28 more, the cost undone."""
    rig = Rig(correction(8, 90), quote(80, 101))
    assert figures(rig.machine.state, rig.account()).high_water == CASH + 72
    cost = done(rig, moved(CashKind.ADJUSTMENT, -100))
    rig.give(quote(112, 113), undo(cost), quote(80, 101))
    assert figures(rig.machine.state, rig.account()).high_water == CASH + 8 * 22


# --- breaks ---------------------------------------------------------------------------------------


def test_a_correction_that_answers_a_break_closes_it() -> None:
    """Control 44: found by a statement, corrected by a person."""
    rig = Rig()
    held = (StatementPosition(ONE, SignedQuantity(5)),)
    opened = only(BreakOpened, rig.give(Statement(FIRST, "", Nanos(1), positions=held)))
    assert opened.kind is BreakKind.POSITION_DIFFERS
    outputs = rig.give(correction(5, number=opened.number))
    closed = only(BreakClosed, outputs)
    assert (closed.number, closed.state) == (opened.number, BreakState.CORRECTED)
    assert closed.cause == "ann: as the broker has it"
    [refused] = rig.give(correction(5, number=opened.number))
    assert isinstance(refused, InputRefused)
    assert rig.position().quantity == 5


def test_a_correction_that_is_undone_opens_its_break_again() -> None:
    """Control 44: the difference is there again, so the instrument is closed again."""
    rig = Rig()
    held = (StatementPosition(ONE, SignedQuantity(5)),)
    opened = only(BreakOpened, rig.give(Statement(FIRST, "", Nanos(1), positions=held)))
    made = done(rig, correction(5, number=opened.number))
    again = only(BreakOpened, rig.give(undo(made)))
    assert (again.kind, again.ours, again.theirs) == (opened.kind, opened.ours, opened.theirs)
    assert "break_open" in rig.refused(submit(1))


def test_only_what_a_break_is_about_answers_it() -> None:
    """Control 44: neither another instrument nor cash closes a difference of positions."""
    rig = Rig()
    held = (StatementPosition(ONE, SignedQuantity(5)),)
    opened = only(BreakOpened, rig.give(Statement(FIRST, "", Nanos(1), positions=held)))
    cash = msgspec.structs.replace(moved(CashKind.ADJUSTMENT, -1), number=opened.number)
    elsewhere = msgspec.structs.replace(
        correction(5, number=opened.number), instrument=InstrumentId(2)
    )
    for wrong in (cash, elsewhere):
        [refused] = rig.give(wrong)
        assert isinstance(refused, InputRefused)
        assert "about" in refused.reason
    assert "break_open" in rig.refused(submit(1))


def test_a_statement_from_before_a_correction_or_an_undo_opens_no_break() -> None:
    """Control 44: it could not know. The next one does, and must agree."""
    rig = Rig()
    made = done(rig, correction(5))
    paid = done(rig, moved(CashKind.FEE, -5))
    earlier = Nanos(rig.time - 1)
    nothing = Statement(
        FIRST, "", earlier, positions=(), cash=(StatementCash("USD", CASH),), source="broker"
    )
    assert not any(isinstance(one, BreakOpened) for one in rig.give(nothing))
    rig.wait(SECOND)
    rig.give(undo(made), undo(paid))
    held = (StatementPosition(ONE, SignedQuantity(5)),)
    old = msgspec.structs.replace(
        nothing,
        as_of=Nanos(rig.time - 1),
        positions=held,
        cash=(StatementCash("USD", Money(CASH - 5)),),
    )
    assert not any(isinstance(one, BreakOpened) for one in rig.give(old))
    rig.wait(SECOND)
    late = msgspec.structs.replace(old, as_of=rig.time)
    opened = [one.kind for one in rig.give(late) if isinstance(one, BreakOpened)]
    assert opened == [BreakKind.POSITION_DIFFERS, BreakKind.CASH_DIFFERS]


# --- any history ----------------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(st.just("correct"), st.integers(-20, 20).filter(bool), st.integers(50, 150)),
        st.tuples(st.just("fill"), st.integers(-20, 20).filter(bool), st.integers(95, 105)),
        st.tuples(st.just("cash"), st.integers(-500, 500).filter(bool), st.just(0)),
        st.tuples(st.just("undo"), st.integers(0, 30), st.just(0)),
    ),
    max_size=25,
)


@given(st.sampled_from(CostBasis), steps)
def test_any_history_of_corrections_and_undos_ties_out(
    basis: CostBasis, steps: list[tuple[str, int, int]]
) -> None:
    """Invariant 6: quantity and equity are the sums of what was booked and not undone."""
    roomy = limits(position_quantity_max=Quantity(10_000))
    rig = Rig(account(2, cost_basis=basis), strategy(3, 2), roomy)
    mine: dict[str, Any] = {"account": AccountId(2)}
    held, paid, cash = 0, Fraction(0), 0
    booked: list[tuple[int, int, int, int]] = []  # sequence, quantity, price, cash
    for number, (kind, amount, price) in enumerate(steps, 1):
        if kind == "undo":
            if amount < len(booked):
                sequence, quantity, at, moved_cash = booked.pop(amount)
                assert isinstance(rig.give(undo(sequence))[0], CorrectionReversed)
                held, paid, cash = held - quantity, paid - quantity * at, cash - moved_cash
            continue
        if kind == "cash":
            given = moved(CashKind.ADJUSTMENT, amount, reference=f"R{number}", **mine)
            booked.append((done(rig, given), 0, 0, amount))
            cash += amount
            continue
        held, paid = held + amount, paid + amount * price
        if kind == "correct":
            sequence = done(rig, correction(amount, price, 3, **mine))
            booked.append((sequence, amount, price, 0))
        else:
            side = BUY if amount > 0 else SELL
            rig.give(submit(number, side, abs(amount), 100, strategy=StrategyId(3)))
            rig.give(accepted(number), filled(number, abs(amount), f"E{number}", price))
    assert rig.position(3).quantity == held
    found = rig.machine.positions.account(AccountId(2))
    assert found is not None
    mark = 99 if held > 0 else 101
    assert equity(rig.machine.state, found) == CASH + cash - paid + held * mark
