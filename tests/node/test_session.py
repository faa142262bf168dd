"""The loop, its stops and its rehearsals:

nothing leaves early, nothing is sent twice, all comes back.
"""

import random
from pathlib import Path as FilePath

import pytest

from fairlead.journal.history import History
from fairlead.journal.log import Lock
from fairlead.model.inputs import (
    Input,
    KillCommand,
    MarketData,
    Quote,
    ReconcileCommand,
    Statement,
    SubmitRequest,
    TimePassed,
    TradingDayBegan,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.outputs import OrderRefused, QueryOrder, RequestStatement, SendOrder
from fairlead.model.risk_terms import KillMode
from fairlead.model.terms import OrderType, Side, Status, StopPolicy, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
    UpdateId,
)
from fairlead.node.errors import WorldDiverged
from fairlead.node.recovery import replay, verify
from fairlead.node.session import CONFIRM_DEADLINE, REQUESTS_PER_TURN_MAX, STOP_DEADLINE
from fairlead.strategy import Context, Strategy
from tests.node.sessions import (
    CASH,
    MIDNIGHT,
    POLICY,
    SECOND,
    START,
    START_COMMAND,
    Failing,
    Insisting,
    Quoting,
    Run,
    ScriptedWorld,
)


def recorded_run(directory: FilePath) -> Run:
    """Return a whole session that left its journal in `directory`."""
    lock = Lock(directory)
    run = Run(Quoting())
    run.write_to(directory)
    run.whole()
    lock.close()
    return run


def resumed_run(directory: FilePath, run: Run) -> History:
    """Recover a journal into a new session and return what was read; the session stands."""
    history = History(directory)
    for entry in history.entries():
        run.session.rehearse(entry)
    history.mend()
    run.write_to(directory, history)
    return history


def test_no_action_leaves_before_everything_up_to_it_is_written(tmp_path: FilePath) -> None:
    """Invariant 3."""
    run = recorded_run(tmp_path / "journal")
    assert len(run.world.sent) > 50
    assert run.world.left_early == 0


def test_a_session_cut_anywhere_comes_back_as_it_was_and_ends_as_it_would_have(
    tmp_path: FilePath,
) -> None:
    """Invariants 1 and 2; S0-ARCH-04: the resumed run equals the uninterrupted one."""
    whole = recorded_run(tmp_path / "journal")
    said = {type(input) for _, input in whole.recorder.inputs}
    assert {TimePassed, TradingDayBegan} <= said, "they are cut, too"
    (segment,) = (tmp_path / "journal").glob("*.journal")
    content = segment.read_bytes()
    chance = random.Random(20261120)
    for number in range(12):
        directory = tmp_path / f"cut-{number}"
        directory.mkdir()
        (directory / segment.name).write_bytes(content[: chance.randrange(100, len(content))])
        run = Run(Quoting())
        history = resumed_run(directory, run)
        past = replay(tmp_path / "journal", to=history.end.last)
        assert run.machine.digest() == past.path.machine.digest()
        epoch = history.end.epoch + 1
        run.session.resume(run.first(epoch))
        run.session.run(run.pace)
        run.session.stop(StopPolicy.CANCEL, "test", "the end")
        assert run.session.diverged == 0
        assert run.accounts() == whole.accounts()
        assert run.positions() == whole.positions()
        assert run.world.sent == whole.world.sent
        assert len(set(run.world.sent)) == len(run.world.sent)
        assert verify(directory).passed


def test_a_session_that_was_ended_in_order_goes_on_trading_when_it_is_resumed(
    tmp_path: FilePath,
) -> None:
    """What a person stopped, a person may go on with: the strategies begin anew."""
    directory = tmp_path / "journal"
    lock = Lock(directory)
    first = Run(Quoting())
    first.write_to(directory)
    first.session.start(first.first())
    first.session.run(first.pace, Nanos(START + 5 * SECOND))
    first.session.stop(StopPolicy.CANCEL, "ann", "lunch")
    lock.close()
    run = Run(Quoting())
    history = resumed_run(directory, run)
    assert run.world.sent == first.world.sent
    run.session.resume(run.first(history.end.epoch + 1))
    run.session.run(run.pace)
    run.session.stop(StopPolicy.CANCEL, "ann", "the end")
    assert len(run.world.sent) > len(first.world.sent)
    assert len(set(run.world.sent)) == len(run.world.sent)
    assert run.session.diverged == 0
    assert verify(directory).passed


def test_a_world_of_another_seed_is_not_taken_for_the_recorded_one(tmp_path: FilePath) -> None:
    recorded_run(tmp_path / "journal")
    with pytest.raises(WorldDiverged, match="seed"):
        resumed_run(tmp_path / "journal", Run(Quoting(), seed=8))


def test_a_strategy_that_asks_otherwise_after_a_restart_is_noticed_and_the_journal_wins(
    tmp_path: FilePath,
) -> None:
    whole = recorded_run(tmp_path / "journal")
    run = Run(Failing())
    resumed_run(tmp_path / "journal", run)
    assert run.session.diverged > 0
    assert run.positions() == whole.positions()


def test_a_failing_strategy_is_taken_off_its_orders_are_canceled_and_others_trade_on() -> None:
    """S0-ARCH-15; faults.md 17."""
    run = Run(Failing(), Quoting()).whole()
    (disabled,) = run.recorder.of("StrategyDisabled")
    assert "the model has no more parameters" in str(disabled)
    assert not run.machine.orders.working(StrategyId(1))
    at = run.recorder.outputs.index(disabled)
    later = [o for o in run.recorder.outputs[at:] if isinstance(o, SendOrder)]
    assert later, "the other strategy trades on"
    assert all(one.approved.strategy == 2 for one in later)


def test_a_strategy_that_asks_again_on_every_refusal_is_stopped_within_its_turn() -> None:
    run = Run(Insisting(), Quoting()).whole()
    (disabled,) = run.recorder.of("StrategyDisabled")
    assert "StrategyDisabled(strategy=1" in str(disabled)
    refused = [o for o in run.recorder.of("OrderRefused") if "strategy=1" in str(o)]
    assert len(refused) <= REQUESTS_PER_TURN_MAX + 1
    assert run.world.sent


def test_a_kill_cancels_what_works_and_nothing_new_leaves_after_it() -> None:
    """Invariant 9."""
    run = Run(Quoting())
    run.session.start(run.first())
    run.session.run(run.pace, Nanos(START + 10 * SECOND))
    run.session.command(KillCommand("a person", "a reason"))
    for order in run.machine.orders.all_working():
        assert order.status is Status.CANCEL_PENDING or order.cancel_wanted
    sent = len(run.world.sent)
    run.session.run(run.pace)
    assert len(run.world.sent) == sent
    assert run.machine.orders.working_count == 0


def test_a_kill_to_the_end_closes_what_is_held_and_leaves_the_venues() -> None:
    """B-KILL-01, S0-KILL-02: against a venue that matches, within the session."""
    run = Run(Quoting())
    run.session.start(run.first())
    run.session.run(run.pace, Nanos(START + 5 * SECOND))
    assert any(one.quantity for one in run.machine.positions.all())
    run.session.command(KillCommand("a person", "a reason", mode=KillMode.DISCONNECT))
    run.session.run(run.pace)
    assert not any(one.quantity for one in run.machine.positions.all())
    assert list(run.machine.state.disconnected) == ["SIM"]
    assert "step=<KillStep.DONE: 7>, done=1, left=0" in str(run.recorder.of("KillStepped")[-1])


@pytest.mark.parametrize(("policy", "left"), [(StopPolicy.CANCEL, False), (StopPolicy.KEEP, True)])
def test_a_stop_cancels_or_keeps_working_orders_by_policy(policy: StopPolicy, left: bool) -> None:
    run = Run(Quoting())
    run.session.start(run.first())
    until = START + 5 * SECOND
    run.session.run(run.pace, Nanos(until))
    while not run.machine.orders.working_count:
        until += SECOND // 10
        run.session.run(run.pace, Nanos(until))
    run.session.stop(policy, "test", "policy")
    assert (run.machine.orders.working_count > 0) is left
    assert run.machine.gate.stopped


def test_the_same_session_twice_gives_the_same_outputs_and_the_same_state() -> None:
    """S2-ARCH-04."""
    first, second = Run(Quoting()).whole(), Run(Quoting()).whole()
    assert first.path.digest.hexadecimal() == second.path.digest.hexadecimal()
    assert first.machine.digest() == second.machine.digest()


# --- time, and what is due ------------------------------------------------------------------------


class Once(Strategy):
    """Buys once, as soon as there is a price."""

    def on_start(self, context: Context) -> None:
        self.done = False

    def on_quote(self, context: Context, quote: Quote) -> None:
        if not self.done:
            self.done = True
            context.buy(quote.instrument, Quantity(3), quote.bid_price)


def quote(after: int) -> tuple[int, Input]:
    """Return a quote of the first instrument, so many nanoseconds after the start."""
    size = Quantity(10)
    touch = Quote(
        InstrumentId(1), Price(9_990), size, Price(10_010), size, UpdateId(0), Nanos(START + after)
    )
    return after, touch


def kinds(inputs: list[Input]) -> list[str]:
    return [type(input).__name__ for input in inputs]


def test_time_passes_when_something_is_due_and_nothing_else_happens() -> None:
    """B-OMS-13: no answer in time makes the order unknown, and the venue is asked at once."""
    world = ScriptedWorld(quote(SECOND), quote(9 * SECOND))
    run = Run(Once(), world=world)
    run.session.start(run.first())
    run.session.run(run.pace)
    due = SECOND + POLICY.answer_timeout
    assert kinds(run.recorder.at(due)) == ["TimePassed"]
    asked = [time for time, action in world.acted if isinstance(action, QueryOrder)]
    assert asked == [due]


def test_time_passes_before_what_happens_at_the_same_time() -> None:
    due = SECOND + POLICY.answer_timeout
    run = Run(Once(), world=ScriptedWorld(quote(SECOND), quote(due)))
    run.session.start(run.first())
    run.session.run(run.pace)
    assert kinds(run.recorder.at(due)) == ["TimePassed", "Quote"]


def test_time_does_not_pass_for_something_that_is_not_due_any_more() -> None:
    run = Run(Quoting()).whole()
    passed = [input for _, input in run.recorder.inputs if isinstance(input, TimePassed)]
    assert 0 < len(passed) <= len(run.recorder.of("OrderTimedOut")) < len(run.world.sent)


def test_what_is_due_does_not_keep_a_session_alive_when_the_world_has_ended() -> None:
    run = Run(Once(), world=ScriptedWorld(quote(SECOND)))
    run.session.start(run.first())
    run.session.run(run.pace)
    (order,) = run.machine.orders.all_working()
    assert order.status is Status.SENT
    assert run.machine.next_due() is not None


def test_a_recorded_time_at_which_nothing_is_due_is_noticed(tmp_path: FilePath) -> None:
    directory = tmp_path / "journal"
    lock = Lock(directory)
    first = Run(Quoting())
    first.write_to(directory)
    first.session.start(first.first())
    first.session.command(TimePassed())
    first.session.command(TradingDayBegan(20231201, "SIM"))
    lock.close()
    run = Run(Quoting())
    resumed_run(directory, run)
    assert run.session.diverged == 2
    assert run.machine.digest() == first.machine.digest()


def test_a_day_begins_with_the_session_and_at_midnight_by_the_clock_of_the_market() -> None:
    """B-POS-09: daily profit is counted from there; the venue's day first, then the firm's."""
    run = Run(Quoting()).whole()
    days = [
        (time, input.session_date, input.venue)
        for time, input in run.recorder.inputs
        if isinstance(input, TradingDayBegan)
    ]
    assert days == [
        (START, 20231114, "SIM"),
        (START, 20231114, ""),
        (MIDNIGHT, 20231115, "SIM"),
        (MIDNIGHT, 20231115, ""),
    ]


def test_a_day_begins_before_anything_that_happens_in_it() -> None:
    run = Run(world=ScriptedWorld(quote(10 * SECOND), quote(30 * SECOND)))
    run.session.start(run.first())
    run.session.run(run.pace)
    assert kinds(run.recorder.at(10 * SECOND)) == ["TradingDayBegan", "TradingDayBegan", "Quote"]


def test_a_session_that_was_cut_at_midnight_begins_the_rest_of_the_day(tmp_path: FilePath) -> None:
    whole = recorded_run(tmp_path / "journal")
    history = History(tmp_path / "journal")
    at_midnight = [entry.sequence for entry in history.entries() if entry.time == MIDNIGHT]
    run = Run(Quoting())
    for entry in History(tmp_path / "journal").entries():
        if entry.sequence > at_midnight[0]:
            break
        run.session.rehearse(entry)
    run.session.resume(run.first(2))
    run.session.run(run.pace)
    days = [input for _, input in run.recorder.inputs if isinstance(input, TradingDayBegan)]
    assert days == [i for _, i in whole.recorder.inputs if isinstance(i, TradingDayBegan)]
    assert run.session.diverged == 0


# --- statements before trading --------------------------------------------------------------------


def test_what_we_have_is_confirmed_before_the_first_order_leaves() -> None:
    """B-OMS, S2-POS-01: connect, ask, compare, and only then trade."""
    run = Run(Quoting())
    run.session.start(run.connecting())
    assert kinds([input for _, input in run.recorder.inputs][-3:]) == [
        "TradingDayBegan",
        "TradingDayBegan",
        "VenueConnected",
    ]
    assert run.session.confirm(run.pace)
    assert len(run.recorder.of("InstrumentConfirmed")) == 3
    run.session.command(START_COMMAND)
    run.session.run(run.pace)
    actions = [o for o in run.recorder.outputs if isinstance(o, SendOrder | RequestStatement)]
    assert isinstance(actions[0], RequestStatement)
    assert run.world.sent
    assert not run.recorder.of("OrderRefused")
    assert not run.recorder.of("BreakOpened")


def test_a_statement_that_never_comes_lets_the_session_go_on_but_not_into_the_instrument() -> None:
    late = CONFIRM_DEADLINE + SECOND
    run = Run(Once(), world=ScriptedWorld(quote(SECOND), quote(late), quote(late + SECOND)))
    run.session.start(run.connecting())
    assert run.session.confirm(run.pace)
    assert run.session.clock.now() <= START + CONFIRM_DEADLINE, "later is not waited for"
    run.session.command(START_COMMAND)
    run.session.run(run.pace)
    refusals = [o for o in run.recorder.outputs if isinstance(o, OrderRefused)]
    assert [[check.check for check in one.failed] for one in refusals] == [["instrument_confirmed"]]


def test_a_stop_ends_the_wait_for_a_statement() -> None:
    run = Run(Quoting())
    run.session.start(run.connecting())
    run.stop_request.set("a signal")
    assert not run.session.confirm(run.pace)


def test_a_wait_for_a_statement_ends_with_the_session() -> None:
    run = Run(Quoting())
    run.session.start(run.connecting())
    assert run.session.confirm(run.pace, Nanos(START + 1))
    assert run.machine.state.reconciliation.asked


def test_what_was_said_by_who_opened_the_session_or_gave_a_statement_is_rehearsed(
    tmp_path: FilePath,
) -> None:
    """A statement of a broker's file, and a connection that was broken and made again."""
    directory = tmp_path / "journal"
    lock = Lock(directory)
    first = Run(Quoting())
    first.write_to(directory)
    first.session.start(first.connecting())
    first.session.confirm(first.pace)
    first.session.command(START_COMMAND)
    first.session.run(first.pace, Nanos(START + 5 * SECOND))
    statement = Statement(AccountId(1), "SIM", first.session.clock.now(), "a file")
    for said in (statement, VenueDisconnected("SIM", "a cable"), VenueConnected("SIM")):
        first.session.command(said)
    first.session.run(first.pace, Nanos(START + 8 * SECOND))
    assert first.machine.state.reconciliation.unconfirmed == {}
    lock.close()
    run = Run(Quoting())
    resumed_run(directory, run)
    assert run.session.diverged == 0
    assert run.machine.digest() == first.machine.digest()
    assert run.world.sent == first.world.sent


def test_a_statement_of_the_world_that_differs_from_the_recorded_one_is_noticed(
    tmp_path: FilePath,
) -> None:
    directory = tmp_path / "journal"
    lock = Lock(directory)
    first = Run(Quoting())
    first.write_to(directory)
    first.session.start(first.connecting())
    first.session.confirm(first.pace)
    first.session.run(first.pace)
    lock.close()
    poorer = Run(Quoting(), cash=CASH - 1)
    with pytest.raises(WorldDiverged, match="Statement"):
        resumed_run(directory, poorer)


def test_what_was_held_back_is_gone_at_once_when_the_session_stops() -> None:
    run = Run(Quoting())
    run.session.start(run.first())
    run.session.run(run.pace, Nanos(START + SECOND))
    stop_order = SubmitRequest(
        StrategyId(1),
        OrderId((1 << 40) + 10_000),
        InstrumentId(1),
        Side.SELL,
        OrderType.STOP,
        TimeInForce.GTC,
        False,
        Quantity(5),
        Price(0),
        trigger_price=Price(5_000),
    )
    run.session.command(stop_order)
    assert [order.order for order in run.machine.orders.held()] == [stop_order.order]
    run.session.stop(StopPolicy.CANCEL, "test", "the end")
    assert run.machine.orders.held() == []
    canceled = [getattr(output, "order", 0) for output in run.recorder.of("OrderCanceled")]
    assert stop_order.order in canceled


def test_a_session_ends_with_a_last_comparison_of_our_record_with_the_venues() -> None:
    """Reconciled at the start, and when trading is over."""
    run = Run(Quoting())
    run.session.start(run.connecting())
    run.session.confirm(run.pace)
    run.session.command(START_COMMAND)
    run.session.run(run.pace, Nanos(START + 5 * SECOND))
    run.session.stop(StopPolicy.CANCEL, "ann", "lunch")
    last = [type(input) for _, input in run.recorder.inputs if not isinstance(input, MarketData)]
    assert last[-2:] == [ReconcileCommand, Statement]
    assert run.machine.orders.working_count == 0
    assert len(run.recorder.of("StatementReconciled")) == 2
    assert not run.machine.state.reconciliation.any_open


def test_a_stop_does_not_wait_for_ever_for_a_venue_that_is_silent() -> None:
    script = [quote(seconds * SECOND) for seconds in range(1, 60)]
    run = Run(Once(), world=ScriptedWorld(*script))
    run.session.start([*run.connecting(), START_COMMAND])
    run.session.run(run.pace, Nanos(START + 2 * SECOND))
    run.session.stop(StopPolicy.CANCEL, "ann", "lunch")
    assert run.session.clock.now() <= START + 2 * SECOND + STOP_DEADLINE
