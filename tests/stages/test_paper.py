"""A paper session from the connection to the last statement, and after a crash."""

from decimal import Decimal
from pathlib import Path

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill
from fairlead.model.inputs import (
    Statement,
    VenueConnected,
    VenueDisconnected,
    VenueFilled,
    VenueOrderStatus,
)
from fairlead.model.outputs import (
    BreakOpened,
    OrderRefused,
    OrderResolved,
    OrderRetried,
    OrderUnknown,
    RequestStatement,
    SendOrder,
    StatementReconciled,
    TradingStarted,
)
from fairlead.model.units import Nanos
from fairlead.node.policy_settings import OrderSettings, ReconciliationSettings
from fairlead.node.recovery import verify
from fairlead.stages.backtest import backtest
from fairlead.stages.paper import PaperSession
from tests.stages.sessions import SECOND, Recorder, configuration, full_speed


def whole(session: PaperSession) -> PaperSession:
    session.open()
    session.run(full_speed())
    session.stop()
    session.close()
    return session


def test_a_session_asks_first_trades_then_and_ends_with_both_sides_agreeing(
    tmp_path: Path,
) -> None:
    """S2-POS-01: run at the start, before trading is allowed, and at the end."""
    recorder = Recorder()
    whole(PaperSession(configuration(), tmp_path, [recorder]))
    story = [
        type(output)
        for output in recorder.outputs
        if isinstance(output, RequestStatement | StatementReconciled | TradingStarted | SendOrder)
    ]
    assert story[:4] == [RequestStatement, StatementReconciled, TradingStarted, SendOrder]
    assert story[-2:] == [RequestStatement, StatementReconciled]
    assert recorder.said(VenueFilled)
    assert not recorder.answered(BreakOpened)
    assert not recorder.answered(OrderRefused)


def test_a_backtest_answers_byte_for_byte_what_a_paper_session_does(tmp_path: Path) -> None:
    """B-PAP: the same code, the same profit and loss."""
    paper = whole(PaperSession(configuration(), tmp_path)).wired
    tested = backtest(configuration(), full_speed())
    # What a stage is called is in the journal, and in no output.
    assert tested.path.digest.hexadecimal() == paper.path.digest.hexadecimal()


def test_many_statements_find_no_difference(tmp_path: Path) -> None:
    """The venue counts with arithmetic of its own, and comes to the same."""
    often = ReconciliationSettings(interval=Nanos(SECOND // 2))
    for basis in ("average", "fifo"):
        account = configuration().account.model_copy(update={"cost_basis": basis})
        settings = configuration(reconciliation=often, account=account)
        recorder = Recorder()
        whole(PaperSession(settings, tmp_path / basis, [recorder]))
        assert len(recorder.answered(StatementReconciled)) >= 80
        assert not recorder.answered(BreakOpened)
        assert recorder.said(VenueFilled)


def test_orders_that_are_turned_down_for_now_are_tried_again_as_the_same_order(
    tmp_path: Path,
) -> None:
    """S4-OMS-03: the fourth attempt is never sent."""
    plain = configuration().venue
    venue = plain.model_copy(update={"transient_rejection_rate": Decimal(1)})
    recorder = Recorder()
    settings = configuration(venue=venue, orders=OrderSettings(retry_delay=Nanos(SECOND // 10)))
    whole(PaperSession(settings, tmp_path, [recorder]))
    sent: dict[int, list[str]] = {}
    for one in recorder.answered(SendOrder):
        sent.setdefault(one.approved.order, []).append(one.approved.client_order)
    assert recorder.answered(OrderRetried)
    assert max(len(names) for names in sent.values()) == 3
    named = [name for names in sent.values() for name in names]
    assert len(set(named)) == len(named), "each attempt has an id of its own"


def test_a_session_that_ends_otherwise_than_in_order_is_missed(tmp_path: Path) -> None:
    """S0-KILL-03: after an error its orders may still work, and a watchdog must see that."""
    switch = Switch(tmp_path / SWITCH_NAME, now=Nanos(0), mapped=False)
    broken = PaperSession(configuration(), tmp_path)
    broken.open()
    assert switch.node_runs()
    broken.close()
    assert not switch.node_runs()
    assert switch.heartbeat() is not None
    whole(PaperSession(configuration(), tmp_path))
    assert switch.heartbeat() is None


def test_a_session_at_a_place_that_is_killed_says_why_and_sends_nothing(tmp_path: Path) -> None:
    place = tmp_path / "place"
    switch = Switch(place / SWITCH_NAME, now=Nanos(0), mapped=False)
    switch.engage(Kill(person="ann", reason="a drill", source="test"), Nanos(1))
    recorder = Recorder()
    session = PaperSession(configuration(), tmp_path / "journal", [recorder], place)
    assert session.open().killed == "ann: a drill"
    session.run(full_speed())
    session.stop()
    session.close()
    assert not recorder.answered(SendOrder)
    assert recorder.answered(OrderRefused)


def test_a_session_that_was_cut_off_asks_what_became_of_its_orders(tmp_path: Path) -> None:
    """B-OMS-13: unknown until there is evidence, never resent, and then it trades on."""
    cut = PaperSession(configuration(), tmp_path)
    cut.open()
    until = Nanos(cut.wired.surroundings.start + 12 * SECOND)
    cut.wired.release(full_speed(), until)
    cut.wired.session.run(full_speed(), until)
    working = cut.wired.path.machine.orders.working_count
    assert working
    cut.close()

    recorder = Recorder()
    session = PaperSession(configuration(), tmp_path, [recorder])
    recovered = session.open()
    assert recovered.diverged == 0
    known = len(recorder.answered(SendOrder))
    session.run(full_speed())
    session.stop()
    session.close()
    [broken] = recorder.said(VenueDisconnected)
    at = recorder.inputs.index(broken)
    assert isinstance(recorder.inputs[at + 1], VenueConnected)
    assert len(recorder.answered(OrderUnknown)) == working
    assert len(recorder.said(VenueOrderStatus)) == working
    assert len(recorder.answered(OrderResolved)) == working
    assert len(recorder.said(Statement)) == 3
    assert not recorder.answered(BreakOpened)
    sent = [one.approved.client_order for one in recorder.answered(SendOrder)]
    assert len(sent) > known
    assert len(set(sent)) == len(sent)
    assert verify(tmp_path).passed


def test_a_session_that_was_cut_off_before_it_was_released_is_released_when_it_comes_back(
    tmp_path: Path,
) -> None:
    cut = PaperSession(configuration(), tmp_path)
    cut.open()
    cut.close()
    recorder = Recorder()
    whole(PaperSession(configuration(), tmp_path, [recorder]))
    assert len(recorder.answered(TradingStarted)) == 1
    assert recorder.answered(SendOrder)
    assert verify(tmp_path).passed
