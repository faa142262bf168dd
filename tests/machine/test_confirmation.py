"""When statements are asked for, and which instruments they open again."""

from typing import Any

import msgspec
import pytest

from fairlead.model.inputs import (
    CloseBreakCommand,
    Input,
    NodeStarted,
    ReconcileCommand,
    ReconciliationPolicyChange,
    ReopenCommand,
    Statement,
    TimePassed,
    TradingDayBegan,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.outputs import (
    BreakOpened,
    InputRefused,
    InstrumentConfirmed,
    InstrumentReopened,
    InstrumentUnconfirmed,
    Output,
    RequestStatement,
)
from fairlead.model.policies import ReconciliationPolicy
from fairlead.model.terms import Status
from fairlead.model.units import AccountId, InstrumentId, Nanos, Quantity, StrategyId
from tests.machine.build import (
    SECOND,
    START,
    VENUE,
    Rig,
    accepted,
    account,
    filled,
    instrument,
    only,
    order_status,
    quote,
    strategy,
    submit,
)
from tests.machine.venue_side import order_line, position_line, statement

CONNECTED = VenueConnected(VENUE)
BROKEN = VenueDisconnected(VENUE, "the session broke")
ONE, TWO = InstrumentId(1), InstrumentId(2)
MAIN = AccountId(1)
HOUR = 3_600 * SECOND


def policy(**terms: Any) -> ReconciliationPolicyChange:
    """Return the default policy, or what `terms` make of it."""
    made = msgspec.structs.replace(ReconciliationPolicy(), **terms)
    return ReconciliationPolicyChange(made, "ann", "agreed")


def whole(rig: Rig, **terms: Any) -> Statement:
    """Return a statement that covers orders and positions, as of now, and lists nothing."""
    return statement(rig.time, orders=(), positions=(), **terms)


def asked(outputs: list[Output]) -> list[tuple[int, str, int, str]]:
    """Return which statements were asked for: account, venue, since when, and why."""
    return [
        (output.account, output.venue, output.fills_since, output.reason)
        for output in outputs
        if isinstance(output, RequestStatement)
    ]


def confirmed(outputs: list[Output]) -> list[InstrumentId]:
    """Return the instruments that are confirmed now."""
    return [output.instrument for output in outputs if isinstance(output, InstrumentConfirmed)]


def problem(rig: Rig, instrument: int = 1) -> str:
    """Return what closes an instrument."""
    return rig.machine.state.reconciliation.gate_problem(InstrumentId(instrument))


# --- from the connection to the confirmation -----------------------------------------------------


def test_a_connection_closes_the_instruments_of_its_venue_until_a_statement() -> None:
    """S2-POS-01: at the start and on every reconnect, before trading goes on."""
    rig = Rig()
    outputs = rig.give(CONNECTED)
    reason = "VENUE connected, and no statement has confirmed it yet"
    assert outputs == [
        InstrumentUnconfirmed(ONE, reason),
        InstrumentUnconfirmed(TWO, reason),
        RequestStatement(MAIN, VENUE, Nanos(0), "connected"),
    ]
    assert set(rig.refused(submit(1))) == {"instrument_confirmed"}
    assert confirmed(rig.give(whole(rig))) == [ONE, TWO]
    rig.give(submit(2))
    assert rig.status(2) is Status.SENT


def test_a_reconnection_asks_again_and_says_what_was_open_once() -> None:
    """It stays unconfirmed; that it is, was said."""
    rig = Rig(CONNECTED, BROKEN)
    assert rig.give(CONNECTED) == [RequestStatement(MAIN, VENUE, Nanos(0), "connected")]
    rig.give(whole(rig), BROKEN)
    assert problem(rig) == ""
    rig.give(CONNECTED)
    assert problem(rig) == "instrument_confirmed"


def test_another_venue_trades_on() -> None:
    """Only what connected is in question."""
    other = {"instrument": InstrumentId(3), "symbol": "FAR", "venue": "FAR"}
    rig = Rig(instrument(**other), CONNECTED)
    assert (problem(rig), problem(rig, 3)) == ("instrument_confirmed", "")


def test_where_no_statement_is_required_nothing_is_closed() -> None:
    """A person decided so; deciding otherwise closes from the next connection on."""
    rig = Rig(policy(required=False))
    assert rig.give(CONNECTED) == []
    assert problem(rig) == ""
    rig.give(policy(required=True))
    assert problem(rig) == ""
    rig.give(CONNECTED)
    assert problem(rig) == "instrument_confirmed"
    rig.loosen(policy(required=False))
    assert problem(rig) == ""


@pytest.mark.parametrize(
    ("sections", "enough"),
    [
        ({"orders": (), "positions": ()}, True),
        ({"orders": (), "fills": ()}, True),  # all fills there ever were make the positions
        ({"orders": (), "fills": (), "fills_since": Nanos(SECOND)}, False),
        ({"orders": (), "positions": (), "fills": (), "fills_since": Nanos(SECOND)}, True),
        ({"positions": (), "fills": ()}, False),
        ({"orders": ()}, False),
        ({"positions": (), "cash": ()}, False),
    ],
)
def test_what_works_and_what_is_held_has_to_be_covered(
    sections: dict[str, Any], enough: bool
) -> None:
    """Half a statement confirms nothing."""
    rig = Rig(CONNECTED)
    assert bool(confirmed(rig.give(statement(rig.time, **sections)))) is enough
    assert (problem(rig) == "") is enough


def test_fills_since_the_last_that_agreed_are_enough() -> None:
    """Statements follow one another without a gap."""
    rig = Rig(statement(SECOND, orders=(), fills=()), CONNECTED)
    made = statement(SECOND, orders=(), fills=(), fills_since=Nanos(SECOND))
    assert confirmed(rig.give(made)) == [ONE, TWO]


@pytest.mark.parametrize(("early", "enough"), [(SECOND, True), (SECOND + 1, False)])
def test_a_statement_from_before_the_connection_confirms_nothing(early: int, enough: bool) -> None:
    """Clocks may differ by up to a second; an old file is no confirmation."""
    rig = Rig()
    rig.wait(5 * SECOND)
    rig.give(CONNECTED)
    made = statement(rig.time - early, orders=(), positions=())
    assert bool(confirmed(rig.give(made))) is enough


def test_a_brokers_statement_confirms_every_venue_that_is_connected() -> None:
    """It speaks of all of them."""
    other = {"instrument": InstrumentId(3), "symbol": "FAR", "venue": "FAR"}
    rig = Rig(instrument(**other), CONNECTED, VenueConnected("FAR"))
    assert confirmed(rig.give(whole(rig))) == [ONE, TWO]
    assert problem(rig, 3) == "instrument_confirmed"
    assert confirmed(rig.give(whole(rig, venue=""))) == [InstrumentId(3)]


def test_an_instrument_with_a_break_is_confirmed_when_the_break_is_over() -> None:
    """It was compared, and did not agree: the others are confirmed at once."""
    rig = Rig(submit(1), accepted(1), CONNECTED)
    outputs = rig.give(whole(rig))
    number = only(BreakOpened, outputs).number
    assert confirmed(outputs) == [TWO]
    assert problem(rig) == "break_open"
    assert confirmed(rig.give(CloseBreakCommand(number, "ann", "seen"))) == [ONE]
    assert problem(rig) == ""


def test_a_connection_undoes_what_waits_for_a_break_alone() -> None:
    """It is to be compared anew."""
    rig = Rig(submit(1), accepted(1), CONNECTED)
    number = only(BreakOpened, rig.give(whole(rig))).number
    rig.give(CONNECTED)
    assert confirmed(rig.give(CloseBreakCommand(number, "ann", "seen"))) == []
    assert problem(rig) == "instrument_confirmed"


@pytest.mark.parametrize(
    ("then", "waits"),
    [
        ((), False),  # the second account has nothing there
        ((submit(5, strategy=StrategyId(3)), accepted(5)), True),  # a working order
        ((submit(5, strategy=StrategyId(3)), accepted(5), filled(5, 8, "e1")), True),
    ],
)
def test_every_account_that_is_concerned_has_to_be_covered(
    then: tuple[Input, ...], waits: bool
) -> None:
    """One account's statement does not vouch for another's position."""
    rig = Rig(account(2), strategy(3, account=2), *then)
    outputs = rig.give(CONNECTED)
    assert [one[0] for one in asked(outputs)] == [1, 2]
    assert (ONE in confirmed(rig.give(whole(rig)))) is not waits
    second = whole(rig, account=AccountId(2))
    if rig.position(3).quantity:
        second = msgspec.structs.replace(second, positions=(position_line(8),))
    elif then:
        second = msgspec.structs.replace(second, orders=(order_line(5),))
    assert (ONE in confirmed(rig.give(second))) is waits
    assert problem(rig) == ""


# --- when they are asked for ---------------------------------------------------------------------


def test_statements_are_asked_for_by_the_clock() -> None:
    """S4-POS-01: hourly by default, since both sides last agreed, while it is connected."""
    rig = Rig(CONNECTED, whole_fills())
    rig.wait(HOUR - 1)
    assert asked(rig.give(TimePassed())) == []
    rig.wait(1)
    assert asked(rig.give(TimePassed())) == [(1, VENUE, SECOND, "scheduled")]
    assert rig.machine.next_due() == rig.time + HOUR
    rig.wait(HOUR)
    assert len(asked(rig.give(quote(99, 101)))) == 1
    rig.give(BROKEN)
    assert rig.machine.next_due() is None


def whole_fills() -> Statement:
    """Return a statement as of the time of a rig that agrees about orders and all fills."""
    return statement(SECOND, orders=(), fills=())


def test_a_reconnection_does_not_put_the_schedule_off() -> None:
    """A venue that breaks every half hour would else never be asked."""
    rig = Rig(CONNECTED, VenueConnected("FAR"))
    due = rig.machine.next_due()
    rig.wait(HOUR // 2)
    rig.give(BROKEN, CONNECTED)
    assert rig.machine.next_due() == due


def test_the_schedule_follows_the_policy() -> None:
    """From the change on; 0 asks for none by the clock."""
    rig = Rig(CONNECTED)
    rig.wait(5)
    rig.give(policy(interval=Nanos(60)))
    assert rig.machine.next_due() == rig.time + 60
    rig.loosen(policy(interval=Nanos(0)))
    assert rig.machine.next_due() is None
    assert asked(rig.give(VenueConnected("FAR")))[0][1] == "FAR"
    assert rig.machine.next_due() is None


def test_a_person_may_ask_at_any_time() -> None:
    """Every connected venue, every account."""
    rig = Rig(account(2), CONNECTED, VenueConnected("FAR"))
    assert asked(rig.give(ReconcileCommand("ann", "odd figures"))) == [
        (1, VENUE, 0, "ann: odd figures"),
        (2, VENUE, 0, "ann: odd figures"),
        (1, "FAR", 0, "ann: odd figures"),
        (2, "FAR", 0, "ann: odd figures"),
    ]


def test_a_day_ends_with_statements() -> None:
    """Control 45: the day that ends is to be signed off."""
    rig = Rig(CONNECTED)
    assert asked(rig.give(TradingDayBegan(20240809))) == [
        (1, VENUE, 0, "trading day 20240809 began")
    ]
    assert asked(rig.give(TradingDayBegan(20240809))) == []
    assert asked(rig.give(TradingDayBegan(20240810, VENUE))) == []


def test_a_venue_that_counts_more_than_we_do_is_asked_once() -> None:
    """Until the statement comes, or the session breaks."""
    rig = Rig(submit(1), accepted(1))
    more = order_status(1, Status.OPEN, 3)
    assert len(asked(rig.give(more))) == 1
    assert asked(rig.give(more)) == []
    rig.give(statement(rig.time, cash=()))
    assert len(asked(rig.give(more))) == 1
    rig.give(BROKEN)
    assert len(asked(rig.give(more))) == 1


def test_a_start_forgets_the_sessions_and_not_what_is_unconfirmed() -> None:
    """Sessions do not survive a restart: nobody is asked before a venue connects."""
    rig = Rig(CONNECTED, NodeStarted(2, "build", "configuration", "paper"), START)
    assert rig.machine.next_due() is None
    assert problem(rig) == "instrument_confirmed"
    rig.wait(HOUR)
    assert asked(rig.give(TradingDayBegan(20240809))) == []
    rig.give(CONNECTED, whole(rig))
    assert problem(rig) == ""


def test_a_person_may_reopen_what_no_statement_confirms() -> None:
    """A venue may have none to give: who reopens it, and why, is on record."""
    rig = Rig(CONNECTED)
    reopen = ReopenCommand(ONE, "ann", "checked by phone")
    assert rig.give(reopen) == [InstrumentReopened(ONE, "ann", "checked by phone")]
    assert (problem(rig), problem(rig, 2)) == ("", "instrument_confirmed")
    only(InputRefused, rig.give(reopen))
    assert confirmed(rig.give(whole(rig))) == [TWO]


def test_a_refused_statement_is_an_answer_too() -> None:
    """The venue may be asked again."""
    rig = Rig(submit(1), accepted(1), order_status(1, Status.OPEN, 3))
    only(InputRefused, rig.give(statement(rig.time, positions=(position_line(1, 9),))))
    assert len(asked(rig.give(order_status(1, Status.OPEN, 3)))) == 1


def test_a_start_forgets_what_was_asked() -> None:
    """Nobody answers a question of the session before."""
    rig = Rig(submit(1), accepted(1), order_status(1, Status.OPEN, 3))
    rig.give(NodeStarted(2, "build", "configuration", "paper"))
    assert len(asked(rig.give(order_status(1, Status.OPEN, 3)))) == 1


def test_the_watermark_stays_before_what_is_not_agreed() -> None:
    """The next statement has to have it: one that is missing, or that came at the very time."""
    rig = Rig(submit(1), accepted(1), CONNECTED)
    rig.give(filled(1, 3, "e1", venue_time=Nanos(400)))
    rig.wait(10)
    rig.give(statement(1_000, fills=()))  # e1 is missing
    reason = ReconcileCommand("ann", "look")
    assert asked(rig.give(reason))[0][2] == 399
    rig.give(filled(1, 2, "e2", venue_time=Nanos(2_000)))
    rig.give(CloseBreakCommand(1, "ann", "they lost it"))
    rig.give(statement(2_000, fills=(), fills_since=Nanos(399)))  # as e2 happened
    assert asked(rig.give(reason))[0][2] == 1_999
    [known] = rig.machine.state.reconciliation.all()
    assert known.item == "e1"
    assert rig.order(1).filled == Quantity(5)


def test_statements_with_a_gap_do_not_move_the_watermark() -> None:
    """What is in the gap was never compared."""
    rig = Rig(CONNECTED)
    rig.give(statement(SECOND, fills=(), fills_since=Nanos(1)))
    assert asked(rig.give(ReconcileCommand("ann", "look")))[0][2] == 0
    rig.give(statement(SECOND, fills=()))
    assert asked(rig.give(ReconcileCommand("ann", "look")))[0][2] == SECOND


def test_the_watermark_is_never_later_than_now() -> None:
    """The venue's clock may be ahead: what comes until then is still to be asked for."""
    rig = Rig(CONNECTED)
    rig.give(statement(rig.time + 500, fills=()))
    assert asked(rig.give(ReconcileCommand("ann", "look")))[0][2] == rig.time
