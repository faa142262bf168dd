"""A hostile venue: over any number of sessions every invariant holds, and in the end both records
are the same. Beside it what it found, each as the shortest story that shows it.

`FAIRLEAD_SESSIONS=10000` runs the whole of it; a session that fails says its seed.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fairlead.machine.executions import Executions
from fairlead.model.inputs import (
    AdoptFillCommand,
    Input,
    TimePassed,
    VenueOrderStatus,
    VenueRejected,
    VenueReplaced,
)
from fairlead.model.outputs import (
    BreakOpened,
    FillBusted,
    FillIgnored,
    FillQuarantined,
    OrderFilled,
    OrderResolved,
    OrderRetried,
    OrderUnknown,
    Output,
    ReplaceRejected,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    CONNECTED,
    DAY,
    DISCONNECTED,
    POLICY,
    SECOND,
    SELL,
    UNCONFIRMED,
    VENUE,
    Rig,
    accepted,
    busted,
    canceled,
    corrected,
    filled,
    only,
    order_status,
    rejected,
    replace,
    replace_rejected,
    replaced,
    submit,
)
from tests.machine.hostile_session import WAITS, Session, run
from tests.machine.venue_side import fill_line, statement

SESSIONS = int(os.environ.get("FAIRLEAD_SESSIONS", "250"))
STEPS = 80
CANARY_SESSIONS = 200
ONE = InstrumentId(1)
ORDER = OrderId(1)


# --- any number of sessions -----------------------------------------------------------------------


def ended(seed: int) -> Session:
    """Return a session that was run to its end; one that fails says its seed."""
    try:
        return run(seed, STEPS)
    except Exception as error:
        raise AssertionError(f"run({seed}, {STEPS}): {error}") from error


@pytest.mark.timeout(120 + SESSIONS // 5)
def test_after_any_session_both_records_are_the_same() -> None:
    """Invariants 4, 5, 6, 8, 10 and 12, fault 9, S3-OMS-01, S2-OMS-01: whatever the venue did.

    In every session the average price is the exact rational, FIFO and average cost agree once flat,
    and nothing is sent twice without proof. And the sessions were wild enough to mean something.
    """
    happened: Counter[str] = Counter()
    for seed in range(SESSIONS):
        happened.update(ended(seed).happened)
    for kind in (
        *("OrderUnknown", "OrderResolved", "OrderRetried", "OrderFilled", "FillIgnored"),
        *("FillQuarantined", "FillBusted", "OrderOverfilled", "BreakOpened", "BreakClosed"),
        *(
            "OrderReplaced",
            "OrderSuspended",
            "OrderDoneForDay",
            "ReportFaulted",
            "OrderHeld",
            "flat",
        ),
    ):
        assert happened[kind] * 20 > SESSIONS, f"{kind} hardly happened: {happened}"


def test_a_session_is_the_same_for_its_seed() -> None:
    """Invariant 2: a seed that failed can be run again."""
    first, again, other = run(7, 120), run(7, 120), run(8, 120)
    assert first.machine.digest() == again.machine.digest() != other.machine.digest()


class AnySession(RuleBasedStateMachine):
    """The same rig, and a search for the shortest session that breaks something."""

    def __init__(self) -> None:
        """Begin with an honest venue, until a seed says otherwise."""
        super().__init__()
        self.session = Session(0, lies=False)

    @initialize(seed=st.integers(0, 2**32), lies=st.booleans())
    def open(self, seed: int, lies: bool) -> None:
        """Choose the venue, and how bad the line is."""
        self.session = Session(seed, lies)

    @rule(nanos=st.sampled_from(WAITS))
    def wait(self, nanos: int) -> None:
        """Time goes by: what was said arrives, what is due happens."""
        self.session.wait(nanos)

    @rule(times=st.integers(1, 3))
    def ask(self, times: int) -> None:
        """The strategy wants orders, or changes its mind about them."""
        for _ in range(times):
            self.session.ask()
        self.session.change()

    @rule(times=st.integers(1, 3))
    def trade(self, times: int) -> None:
        """The venue fills."""
        for _ in range(times):
            self.session.venue.trade()

    @rule()
    def act_up(self) -> None:
        """The venue busts, corrects, ends, suspends, or lies."""
        self.session.venue.act_up()

    @rule(market=st.booleans())
    def disturb(self, market: bool) -> None:
        """The market moves, or somebody pulls a plug."""
        self.session.move_market() if market else self.session.disturb()

    def teardown(self) -> None:
        """Whatever happened, it can be settled, and then both records are the same."""
        self.session.settle()


TestAnySession = AnySession.TestCase
TestAnySession.settings = settings(stateful_step_count=40, max_examples=60)


# --- canaries: the rig finds what is broken on purpose --------------------------------------------


def forget_executions(session: Session) -> None:
    """Break invariant 4: what was booked may be booked again."""
    session.machine.state.executions = Executions()


def bury_unknown(session: Session) -> None:
    """Break invariant 10: what is not known is dead."""
    state = session.machine.state
    for order in state.orders.all_working():
        if order.status is Status.UNKNOWN:
            order.status = Status.CANCELED
            state.orders.settle(order)
            state.gate.exposure.settle(order)


def forget_breaks_of_sessions(session: Session) -> None:
    """Break the gating: orders leave for a venue that is not connected."""
    session.machine.state.disconnected.clear()


def miscount(session: Session) -> None:
    """Break invariant 8: what a replace asks for is not counted."""
    for order in session.machine.orders.all_working():
        order.new_quantity = Quantity(0)


@pytest.mark.parametrize(
    "break_it", [forget_executions, bury_unknown, forget_breaks_of_sessions, miscount]
)
def test_a_machine_that_is_broken_on_purpose_is_found_out(
    break_it: Callable[[Session], None],
) -> None:
    """Fault 26: the rig itself is tested."""

    class Broken(Session):
        def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
            answered = super().say(one, to_twin)
            break_it(self)
            return answered

    for seed in range(CANARY_SESSIONS):
        try:
            session = Broken(seed)
            for _ in range(STEPS):
                session.step()
            session.settle()
        except AssertionError:
            return
    pytest.fail(f"{CANARY_SESSIONS} sessions went by, and nobody noticed")


# --- what it found --------------------------------------------------------------------------------


def no_to(request: int) -> VenueRejected:
    """Return that the venue did not take a message with order 1, for now."""
    return VenueRejected(ORDER, ONE, "busy", Nanos(0), True, request)


def test_a_late_copy_of_a_rejection_is_no_proof_that_the_next_attempt_was_not_taken() -> None:
    """B-OMS-13, invariant 10: it names the first message, and the second one is on its way."""
    rig = Rig(POLICY, submit(1), no_to(1))
    rig.wait(SECOND)
    only(SendOrder, rig.give(CONNECTED, UNCONFIRMED)[:1])
    assert "not pending" in only(ReportFaulted, rig.give(no_to(1))).reason
    assert rig.status(1) is Status.SENT
    only(OrderRetried, rig.give(no_to(2)))


def test_a_late_copy_of_the_answer_to_a_replace_does_not_bring_back_its_terms() -> None:
    """Invariant 8: the venue may still take the replace that is on its way."""

    def yes_to(request: int, quantity: int) -> VenueReplaced:
        return VenueReplaced(ORDER, ONE, Quantity(quantity), Price(100), Nanos(0), request)

    rig = Rig(submit(1), accepted(1), replace(1, 12), yes_to(2, 12), replace(1, 20))
    only(ReportFaulted, rig.give(yes_to(2, 12)))
    assert (rig.status(1), rig.working()) == (Status.REPLACE_PENDING, 20)
    rig.give(yes_to(3, 20))
    assert (rig.status(1), rig.order(1).quantity) == (Status.OPEN, 20)


def test_the_same_terms_again_are_no_difference() -> None:
    """A copy of the answer to a replace opens no break: both sides have these terms."""
    rig = Rig(submit(1), accepted(1), replace(1, 12), replaced(1, 12))
    [fault] = rig.give(replaced(1, 12))
    assert isinstance(fault, ReportFaulted)


def test_a_correction_of_which_the_new_execution_is_known_takes_back_the_old_one() -> None:
    """Controls row 46: the report was lost, a statement had shown the new one before."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "E1"), filled(1, 2, "E2"))
    outputs = rig.give(corrected(1, "E1", "E2", 2))
    only(FillBusted, outputs)
    only(FillIgnored, outputs)
    assert (rig.order(1).filled, rig.position().quantity) == (2, 2)
    assert "used before" in only(ReportFaulted, rig.give(corrected(1, "E2", "E2", 2))).reason


def test_what_a_person_adopted_of_a_correction_is_not_booked_beside_what_it_corrects() -> None:
    rig = Rig(submit(1), accepted(1), corrected(1, "E1", "E2", 2))
    rig.give(AdoptFillCommand(VENUE, DAY, "E2", StrategyId(1), "ann", "asked them", BUY))
    assert rig.position().quantity == 2
    outputs = rig.give(filled(1, 3, "E1"))
    assert only(FillBusted, outputs).execution == "E1"
    assert (rig.order(1).filled, rig.position().quantity) == (0, 2)


def test_a_lie_that_a_person_discarded_hides_no_true_execution_of_the_same_id() -> None:
    """Invariant 6: the statement shows another fill than the one that was none of ours."""
    lie = filled(77, 9, "E1")
    nobody = AdoptFillCommand(VENUE, DAY, "E1", StrategyId(0), "ann", "not ours")
    rig = Rig(submit(1), accepted(1), lie, nobody)
    rig.wait(1)
    only(OrderFilled, rig.give(statement(rig.time, fills=(fill_line(1, "E1", 3),))))
    assert rig.position().quantity == 3


def test_a_fill_of_the_other_side_is_quarantined() -> None:
    """B-OMS-10: a venue that says the order sold does not mean an order that bought."""
    rig = Rig(submit(1), accepted(1))
    quarantined = only(FillQuarantined, rig.give(filled(1, 3, "E1", side=SELL)))
    assert (quarantined.reason, rig.order(1).filled) == ("the order is a buy order", 0)


@pytest.mark.parametrize("report", [replace_rejected(1), accepted(1), canceled(1)])
def test_an_order_that_never_left_is_nothing_that_a_venue_can_speak_of(report: Input) -> None:
    """It was held, and canceled there: the venue cannot have had it."""
    rig = Rig(submit(1, quantity=999), report)
    assert only(ReportFaulted, rig.give(report)).reason == "the order never left"
    assert rig.order(1).venue_order == ""


def lost_replace(quantity: int, *then: Input) -> Rig:
    """Return a rig whose order 1, buy 8, got no answer to a replace in time."""
    rig = Rig(POLICY, submit(1), accepted(1), replace(1, quantity), *then)
    rig.wait(6 * SECOND)
    rig.give(TimePassed())
    assert rig.status(1) is Status.UNKNOWN
    return rig


def answer(rig: Rig, status: Status, quantity: int, filled: int = 0) -> VenueOrderStatus:
    """Return the answer to a query about order 1, made now."""
    terms = {"quantity": Quantity(quantity), "price": Price(100), "venue_time": rig.time}
    return order_status(1, status, filled, **terms)


def test_a_replace_that_the_venue_never_got_is_over_when_an_answer_shows_the_old_terms() -> None:
    """B-OMS-13: by then it must have had it. What was asked for counts no longer."""
    rig = lost_replace(20)
    assert rig.working() == 20
    only(ReplaceRejected, rig.give(answer(rig, Status.OPEN, 8)))
    assert (rig.status(1), rig.working()) == (Status.OPEN, 8)


def test_a_replace_whose_answer_was_lost_is_known_by_the_terms_of_the_order() -> None:
    """B-OMS-13: the venue works the order under what was asked for."""
    rig = lost_replace(20)
    rig.give(answer(rig, Status.OPEN, 20))
    assert (rig.status(1), rig.order(1).quantity, rig.working()) == (Status.OPEN, 20, 20)


def test_an_order_that_is_filled_under_the_old_terms_is_over_whatever_was_asked_for() -> None:
    """Invariant 8: it would have counted for ever."""
    rig = lost_replace(20, filled(1, 8, "E1"))
    assert rig.working() == 12
    only(OrderResolved, rig.give(answer(rig, Status.FILLED, 8, 8)))
    assert (rig.status(1), rig.working()) == (Status.FILLED, 0)


def test_an_answer_that_may_have_crossed_the_replace_leaves_it_pending_and_is_asked_again() -> None:
    """Invariant 10: the old terms prove nothing so early; when nothing comes, it is asked again."""
    rig = Rig(POLICY, UNCONFIRMED, submit(1), accepted(1), replace(1, 20))
    rig.give(answer(rig, Status.OPEN, 8))
    assert (rig.status(1), rig.working()) == (Status.REPLACE_PENDING, 20)


@pytest.mark.parametrize("back", [busted(1, "E1"), corrected(1, "E1", "E3", 2)])
def test_an_order_that_was_overfilled_may_work_when_a_fill_of_it_is_taken_back(back: Input) -> None:
    """Invariants 8 and 10: there was room for it at the venue, so the order was not complete."""
    rig = Rig(submit(1), accepted(1), filled(1, 5, "E1"), filled(1, 5, "E2"))
    only(OrderUnknown, rig.give(back))
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 8 - rig.order(1).filled)


def test_an_order_that_was_overfilled_by_a_lie_is_filled_when_the_venue_says_so() -> None:
    """The lie is taken back, and all that is left of it is booked: nothing of it works."""
    rig = Rig(submit(1), accepted(1), filled(1, 8, "E1"), filled(1, 3, "L1"), busted(1, "L1"))
    assert (rig.status(1), rig.order(1).filled) == (Status.UNKNOWN, 8)
    assert only(OrderResolved, rig.give(answer(rig, Status.FILLED, 8, 8))).status is Status.FILLED
    assert (rig.status(1), rig.working()) == (Status.FILLED, 0)


def test_what_traded_was_not_rejected_whatever_an_answer_says() -> None:
    """Invariant 11: the answer is a fault; a later bust of the fill must find its order."""
    rig = Rig(submit(1), filled(1, 3, "E1"), DISCONNECTED)
    fault = only(ReportFaulted, rig.give(answer(rig, Status.REJECTED, 8, 3)))
    assert fault.report == "evidence"
    assert rig.status(1) is Status.UNKNOWN
    only(FillBusted, rig.give(busted(1, "E1")))


def test_a_fill_that_comes_again_after_it_was_taken_back_stays_taken_back() -> None:
    """Invariant 4: once booked, once taken back."""
    rig = Rig(submit(1), accepted(1), filled(1, 3, "E1"), busted(1, "E1"))
    only(FillIgnored, rig.give(filled(1, 3, "E1")))
    assert (rig.order(1).filled, rig.position().quantity) == (0, 0)


def test_a_rejection_comes_too_late_for_an_order_that_traded() -> None:
    """The venue took it: a no cannot be true any more."""
    rig = Rig(submit(1))
    only(OrderFilled, rig.give(filled(1, 3, "E1")))
    only(ReportFaulted, rig.give(rejected(1)))
    assert rig.status(1) is Status.OPEN


def test_terms_that_nobody_asked_for_are_a_difference_even_without_a_replace() -> None:
    """Invariant 8: what the venue says it works with is not what risk saw."""
    rig = Rig(submit(1), accepted(1))
    only(BreakOpened, rig.give(replaced(1, 50)))
