"""Executions: exactly once, taken back, corrected, counted; and never dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fairlead.machine import performance
from fairlead.machine.executions import AHEAD_MAX
from fairlead.model.inputs import Input, TimePassed, VenueCorrected
from fairlead.model.outputs import (
    BreakClosed,
    BreakOpened,
    FillBeyondLimit,
    FillBusted,
    FillIgnored,
    FillQuarantined,
    OrderFilled,
    OrderRefused,
    Output,
    QueryOrder,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import BreakKind, BreakState, CostBasis, Side, Status
from fairlead.model.units import AccountId, InstrumentId, Money, Nanos, OrderId, Price, StrategyId
from tests.machine.build import (
    BUY,
    POLICY,
    SECOND,
    SELL,
    Rig,
    accepted,
    account,
    busted,
    canceled,
    corrected,
    filled,
    only,
    order_status,
    quote,
    rejected,
    replace,
    replaced,
    strategy,
    submit,
)

ONE = InstrumentId(1)


def opened(*then: Input) -> Rig:
    """Return a rig with order 1, buy 8 at 100, open at the venue, and what came after."""
    return Rig(submit(1), accepted(1), *then)


# --- busts ----------------------------------------------------------------------------------------


def test_a_bust_books_the_opposite_and_keeps_the_history() -> None:
    """Control 46, S1-OMS-03: position, money and fee are as if it had not been, the fact stays."""
    rig = opened(filled(1, 3, "E1", fee=Money(2)))
    outputs = rig.give(busted(1, "E1"))
    told = only(FillBusted, outputs)
    assert (told.quantity, told.price, told.fee, told.execution) == (3, 100, 2, "E1")
    assert (told.filled, told.leaves, told.reason) == (0, 8, "erroneous")
    position, account = rig.position(), rig.account()
    assert (position.quantity, position.open_cost, position.realised, position.fees) == (0, 0, 0, 0)
    assert rig.order(1).filled_cost == 0
    assert rig.working() == 8
    assert account.cash == account.initial


def test_a_bust_of_a_filled_order_ends_it_unfilled_for_that_much() -> None:
    """Invariant 5: leaves = quantity - filled - canceled; nothing works at the venue again."""
    rig = opened(filled(1, 5, "E1"), filled(1, 3, "E2"), busted(1, "E2"))
    order = rig.order(1)
    assert (order.status, order.filled, order.canceled) == (Status.CANCELED, 5, 3)
    assert (rig.position().quantity, rig.working()) == (5, 0)


@pytest.mark.parametrize(
    ("bust", "reason"),
    [
        (busted(2, "E1"), "unknown order"),
        (busted(1, "E9"), "never booked"),
        (busted(1, "E1"), "taken back before"),
    ],
)
def test_a_bust_of_what_was_not_booked_is_a_fault(bust: Input, reason: str) -> None:
    """Invariant 4: taken back once, as it was booked once."""
    rig = opened(filled(1, 3, "E1"), busted(1, "E1"))
    [fault] = rig.give(bust)
    assert isinstance(fault, ReportFaulted)
    assert reason in fault.reason
    assert rig.position().quantity == 0


def test_a_bust_must_name_the_order_of_the_execution() -> None:
    """Invariant 11: a report that contradicts what was booked moves nothing."""
    rig = opened(filled(1, 3, "E1"), submit(2))
    [fault] = rig.give(busted(2, "E1"))
    assert isinstance(fault, ReportFaulted)
    assert "of order 1" in fault.reason
    assert rig.position().quantity == 3


def test_an_execution_that_was_taken_back_does_not_come_back() -> None:
    """Invariant 4: the venue repeats it, and it stays booked once and taken back once."""
    rig = opened(filled(1, 3, "E1"), busted(1, "E1"))
    assert rig.give(filled(1, 3, "E1")) == [FillIgnored(rig.order(1).order, ONE, "E1")]
    assert rig.position().quantity == 0


def test_a_bust_that_a_fill_overtook_leaves_the_order_unknown() -> None:
    """Invariants 8 and 10: at the venue three still work; here it looked filled."""
    rig = opened(filled(1, 3, "E1"), filled(1, 2, "E2"), filled(1, 3, "E3", venue_time=Nanos(9)))
    early = structs.replace(busted(1, "E1"), venue_time=Nanos(5))
    outputs = rig.give(early)
    assert only(QueryOrder, outputs).client_order == "1-1-1"
    assert (rig.status(1), rig.order(1).leaves, rig.working()) == (Status.UNKNOWN, 3, 3)
    rig.give(order_status(1, Status.OPEN, filled=5))
    assert (rig.status(1), rig.working()) == (Status.OPEN, 3)


# --- corrections ----------------------------------------------------------------------------------


def test_a_correction_puts_one_execution_in_the_place_of_another() -> None:
    """Control 46, B-OMS-03: price and quantity are those of the new one; both facts are told."""
    rig = opened(filled(1, 3, "E1", price=100))
    outputs = rig.give(corrected(1, "E1", "E2", 2, price=101))
    assert (only(FillBusted, outputs).execution, only(OrderFilled, outputs).execution) == (
        "E1",
        "E2",
    )
    assert (rig.position().quantity, rig.position().open_cost) == (2, 202)
    assert (rig.order(1).filled, rig.order(1).filled_cost, rig.working()) == (2, 202, 6)


def test_a_correction_of_a_filled_order_may_leave_it_unfilled_and_fill_it_again() -> None:
    """Invariant 5, after every report."""
    rig = opened(filled(1, 8, "E1"), corrected(1, "E1", "E2", 7))
    assert (rig.status(1), rig.order(1).canceled) == (Status.CANCELED, 1)
    rig.give(corrected(1, "E2", "E3", 8))
    assert (rig.status(1), rig.order(1).filled, rig.order(1).canceled) == (Status.FILLED, 8, 0)


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (corrected(1, "E9", "E2", 2), "never booked"),
        (corrected(1, "E1", "E1", 2), "used before"),
        (corrected(1, "E1", "E2", 0), "not between"),
        (corrected(1, "E1", "", 2), "no execution id"),
    ],
)
def test_a_correction_that_cannot_be_moves_nothing_and_closes_the_instrument(
    report: Input, reason: str
) -> None:
    """Invariant 11: neither half is booked; what the venue changed is for a person to explain."""
    rig = opened(filled(1, 3, "E1"))
    outputs = rig.give(report)
    assert reason in only(ReportFaulted, outputs).reason
    assert reason in only(FillQuarantined, outputs).reason
    assert (rig.position().quantity, rig.order(1).filled) == (3, 3)
    assert "break_open" in rig.refused(submit(2))


@pytest.mark.parametrize("ahead", [busted(1, "E1"), corrected(1, "E1", "E2", 2)])
def test_what_takes_a_fill_back_may_come_before_it(ahead: Input) -> None:
    """Out of order: it is kept, and takes the fill back when that comes."""
    rig = opened()
    only(ReportFaulted, rig.give(ahead))
    assert only(FillBusted, rig.give(filled(1, 3, "E1"))).execution == "E1"
    kept = 2 if isinstance(ahead, VenueCorrected) else 0
    assert (rig.position().quantity, rig.order(1).filled) == (kept, kept)
    assert isinstance(rig.give(submit(2, SELL))[-1], SendOrder)


def test_a_bust_of_what_waits_in_quarantine_lets_it_go() -> None:
    """Nothing is left to explain: the venue has taken it back."""
    rig = Rig(filled(77, 3, "E1"))
    outputs = rig.give(busted(77, "E1"))
    assert only(BreakClosed, outputs).state is BreakState.RESOLVED
    assert isinstance(rig.give(submit(1))[-1], SendOrder)


# --- what the venue counts ------------------------------------------------------------------------


def test_fills_out_of_order_close_the_instrument_until_all_are_there() -> None:
    """B-OMS-10: the venue counts 5, we have 2: one is missing; it comes, and both agree."""
    rig = opened()
    missing = only(BreakOpened, rig.give(filled(1, 2, "E2", cumulative=5)))
    assert (missing.kind, missing.ours, missing.theirs) == (BreakKind.FILL_MISSED, "2", "5")
    assert "break_open" in rig.refused(submit(2))
    over = only(BreakClosed, rig.give(filled(1, 3, "E1", cumulative=3)))
    assert (over.number, over.state) == (missing.number, BreakState.RESOLVED)
    assert isinstance(rig.give(submit(3))[-1], SendOrder)


def test_a_cumulative_quantity_that_goes_backwards_is_a_fault_and_the_fill_is_booked() -> None:
    """The issue's race: what was traded is traded; that the venue contradicts itself is told."""
    rig = opened(filled(1, 4, "E1", cumulative=4))
    outputs = rig.give(filled(1, 2, "E2", cumulative=2))
    assert "backwards" in only(ReportFaulted, outputs).reason
    assert only(BreakOpened, outputs).kind is BreakKind.FILL_NOT_AT_VENUE
    assert rig.position().quantity == 6


@given(st.permutations(range(4)))
def test_whatever_the_order_of_fills_the_counts_agree_at_the_end(order: list[int]) -> None:
    """Invariants 4, 5, 6: the same position, and no break that is left over."""
    rig = opened()
    for which in order:
        rig.give(filled(1, 2, f"E{which}", cumulative=2 * which + 2))
    assert (rig.status(1), rig.position().quantity) == (Status.FILLED, 8)
    assert isinstance(rig.give(submit(2, SELL))[-1], SendOrder)


# --- fills that nothing explains ------------------------------------------------------------------


def test_a_fill_of_an_order_that_never_left_is_quarantined() -> None:
    """B-OMS-10, B-OMS-11: a refused or held order cannot have traded."""
    rig = Rig()
    rig.refused(submit(1, quantity=500))
    assert "never left" in only(FillQuarantined, rig.give(filled(1, 1, "E1"))).reason
    assert isinstance(rig.give(submit(2))[-1], OrderRefused)


def test_a_fill_of_an_order_that_came_back_shows_that_the_venue_took_it() -> None:
    """B-OMS-13: a venue that said no for now, and traded all the same, is believed to have."""
    rig = Rig(POLICY, submit(1), rejected(1, transient=True))
    assert rig.status(1) is Status.HELD
    rig.give(filled(1, 1, "E1"))
    assert (rig.status(1), rig.position().quantity, rig.working()) == (Status.OPEN, 1, 7)
    rig.wait(2 * SECOND)
    assert rig.give(TimePassed()) == []  # it is not sent again


def test_a_late_fill_of_a_canceled_order_is_booked() -> None:
    """B-OMS-10: events for a terminal order."""
    rig = opened(filled(1, 2, "E1"), canceled(1), filled(1, 3, "E2"))
    assert (rig.status(1), rig.order(1).canceled, rig.position().quantity) == (
        Status.CANCELED,
        3,
        5,
    )


# --- what a bust leaves ---------------------------------------------------------------------------

Trades = list[tuple[Side, int, int]]  # side, quantity, price
TRADES = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 9), st.integers(95, 105)),
    min_size=1,
    max_size=8,
)


def traded(basis: CostBasis, trades: Trades, kept: set[int] | None = None) -> Rig:
    """Return a rig in which strategy 1 of an account of its own has traded, order by order."""
    rig = Rig(account(2, cost_basis=basis), strategy(7, account=2))
    for number, (side, quantity, price) in enumerate(trades, start=1):
        if kept is None or number in kept:
            rig.give(
                submit(number, side, quantity, price, strategy=StrategyId(7)),
                accepted(number),
                filled(number, quantity, f"E{number}", price=price, fee=Money(number)),
            )
    return rig


def figures(rig: Rig) -> tuple[int, ...]:
    """Return quantity, fine cost, fine realised profit, fees and cash."""
    position = rig.position(strategy=7)
    account = rig.machine.positions.account(AccountId(2))
    assert account is not None
    return (
        *(position.quantity, position.open_cost_fine, position.realised_fine, position.fees),
        account.cash,
    )


@given(st.sampled_from(CostBasis), TRADES, st.data())
def test_a_fill_that_is_taken_back_has_never_been(
    basis: CostBasis, trades: Trades, data: st.DataObject
) -> None:
    """Control 46, B-POS-02: cost and profit are those of the fills that stand, to the fine part."""
    gone = data.draw(st.sets(st.integers(1, len(trades)), min_size=1))
    rig = traded(basis, trades)
    for which in data.draw(st.permutations(sorted(gone))):
        rig.give(busted(which, f"E{which}"))
    assert figures(rig) == figures(traded(basis, trades, set(range(1, len(trades) + 1)) - gone))


def test_a_correction_is_one_step_of_the_track_record() -> None:
    """Between its two halves there is no time, so no drawdown and no high."""
    rig = Rig(submit(1), accepted(1), filled(1, 8, "E1"), quote(119, 121), quote(99, 101))
    before = performance.figures(rig.machine.state, rig.account())
    rig.give(corrected(1, "E1", "E2", 8, price=100))
    after = performance.figures(rig.machine.state, rig.account())
    assert (after.high_water, after.drawdown_max) == (
        before.high_water,
        before.drawdown_max,
    )


def test_a_late_fill_does_not_make_a_bust_the_latest_news() -> None:
    """Invariant 8: by the venue's clock the order worked when the fill was taken back."""
    rig = opened()
    rig.give(structs.replace(busted(1, "E1"), venue_time=Nanos(2)))
    rig.give(filled(1, 5, "E2", venue_time=Nanos(3)), filled(1, 3, "E1", venue_time=Nanos(1)))
    assert (rig.status(1), rig.working(), rig.position().quantity) == (Status.UNKNOWN, 3, 5)


@pytest.mark.parametrize("ahead", [busted(1, "E1"), corrected(1, "E1", "E2", 8, price=99)])
def test_a_fill_that_was_taken_back_before_it_came_leaves_no_trace_in_the_track_record(
    ahead: Input,
) -> None:
    """Between the fill and what took it back there is no time: no high and no drawdown."""
    rig = opened(ahead)
    before = performance.figures(rig.machine.state, rig.account())
    rig.give(filled(1, 8, "E1", price=50))
    after = performance.figures(rig.machine.state, rig.account())
    assert after.high_water == before.high_water


def test_a_long_chain_of_corrections_that_came_first_is_followed_to_its_end() -> None:
    """Invariant 14: as many as are kept; the oldest beyond that are not known any more."""
    rig = opened()
    for number in range(1, AHEAD_MAX + 1):
        rig.give(corrected(1, f"E{number}", f"E{number + 1}", 3))
    rig.give(filled(1, 3, "E1"))
    assert (rig.order(1).filled, rig.position().quantity) == (3, 3)
    assert only(FillIgnored, rig.give(filled(1, 3, f"E{AHEAD_MAX + 1}"))).order == 1


# --- worse than the limit -------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "worse", "better"), [(BUY, 101, 99), (SELL, 99, 101)])
def test_a_fill_that_is_worse_than_the_limit_is_booked_and_said(
    side: Side, worse: int, better: int
) -> None:
    """Control 36: at the limit and better nothing is said."""
    rig = Rig(submit(1, side), accepted(1))
    fine = rig.give(filled(1, 1, "E1"), filled(1, 1, "E2", price=better))
    assert beyond(fine) == []
    outputs = rig.give(filled(1, 1, "E3", price=worse))
    names = (OrderId(1), StrategyId(1), ONE)
    assert beyond(outputs) == [FillBeyondLimit(*names, Price(worse), Price(100), "E3")]
    assert only(OrderFilled, outputs).price == worse
    assert rig.position().quantity == (3 if side is BUY else -3)


def test_an_order_without_a_limit_is_filled_at_any_price() -> None:
    rig = Rig(submit(1, price=0), accepted(1))
    assert beyond(rig.give(filled(1, 8, "E1", price=150))) == []


@pytest.mark.parametrize(("side", "price", "worse"), [(BUY, 105, 106), (SELL, 95, 94)])
def test_while_a_replace_is_not_answered_either_limit_may_hold(
    side: Side, price: int, worse: int
) -> None:
    """Control 36: also where the fill completes the order."""
    rig = Rig(submit(1, side), accepted(1), replace(1, 8, price))
    assert beyond(rig.give(filled(1, 1, "E1", price=price))) == []
    [told] = beyond(rig.give(filled(1, 1, "E2", price=worse)))
    assert told.limit == price
    assert beyond(rig.give(filled(1, 6, "E3", price=price))) == []


def test_a_late_fill_of_an_order_that_was_replaced_is_held_to_no_limit() -> None:
    """Control 36: the venue may have filled it before; one that is later is held to the new one."""
    answer = structs.replace(replaced(1, 8, 95), venue_time=Nanos(20))
    rig = opened(replace(1, 8, 95), answer)
    assert beyond(rig.give(filled(1, 1, "E1", venue_time=Nanos(19)))) == []
    [told] = beyond(rig.give(filled(1, 1, "E2", venue_time=Nanos(21))))
    assert (told.price, told.limit) == (100, 95)


def test_a_late_fill_of_an_order_that_was_never_replaced_is() -> None:
    rig = opened(filled(1, 1, "E1", venue_time=Nanos(20)))
    [told] = beyond(rig.give(filled(1, 1, "E2", price=101, venue_time=Nanos(19))))
    assert told.limit == 100


def beyond(outputs: list[Output]) -> list[FillBeyondLimit]:
    """Return what was said of fills that are worse than the limit of their order."""
    return [one for one in outputs if isinstance(one, FillBeyondLimit)]
