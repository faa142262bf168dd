"""What the last mile holds back never reaches the world, and a journal tells that for ever."""

import random
from pathlib import Path as FilePath

import msgspec
import pytest

from fairlead.gateways.last_mile import LastMile, NoSwitch
from fairlead.gateways.last_mile_limits import LastMileLimits
from fairlead.journal.format import COMMIT
from fairlead.journal.history import History
from fairlead.journal.log import Lock
from fairlead.model.inputs import (
    Input,
    InstrumentDefinition,
    Quote,
    ReplaceRequest,
    SendBlocked,
    VenueAccepted,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.outputs import Action, CancelOrder, OrderRejected, ReplaceOrder, SendOrder
from fairlead.model.terms import Side, Status, StopPolicy
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId, UpdateId
from fairlead.node.recovery import verify
from fairlead.node.wire import Wire
from fairlead.simulator.market import demo_market
from fairlead.strategy import Context, Strategy
from tests.journal.build import records
from tests.node.sessions import (
    SECOND,
    START,
    START_COMMAND,
    Crash,
    OutsideWorld,
    Quoting,
    Run,
    ScriptedWorld,
    last_mile_limits,
)
from tests.simulator.orders import send

TIGHT = msgspec.structs.replace(last_mile_limits(demo_market(7)), orders_per_second_max=4)


def blocks(run: Run) -> list[SendBlocked]:
    return [input for _, input in run.recorder.inputs if isinstance(input, SendBlocked)]


def journaled(directory: FilePath, limits: LastMileLimits = TIGHT) -> Run:
    """Return a whole session that left its journal in `directory`."""
    lock = Lock(directory)
    run = Run(Quoting(), limits=limits)
    run.write_to(directory)
    run.whole()
    lock.close()
    return run


def test_what_the_last_mile_holds_back_never_reaches_the_world() -> None:
    """CTL-54: and the strategy learns it as a rejection with the reason."""
    run = Run(Quoting(), limits=TIGHT).whole()
    wanted = {one.approved.order for one in run.recorder.outputs if isinstance(one, SendOrder)}
    held_back = [one.order for one in blocks(run)]
    assert len(held_back) > 20
    assert len(set(held_back)) == len(held_back)
    assert wanted == {*held_back, *run.world.sent}
    assert not {*held_back} & {*run.world.sent}
    told = [one for one in run.recorder.outputs if isinstance(one, OrderRejected)]
    assert {one.order for one in told} == {*held_back}
    assert all(one.reason == "last mile: orders in a second: 5, at most 4" for one in told)
    for order in held_back:
        known = run.machine.orders.get(order)
        assert known is not None
        assert known.status is Status.REJECTED


def test_what_was_held_back_is_the_very_next_input() -> None:
    run = Run(Quoting(), limits=TIGHT).whole()
    inputs = [input for _, input in run.recorder.inputs]
    for number, input in enumerate(inputs):
        if isinstance(input, SendBlocked):
            before = inputs[number - 1]
            assert getattr(before, "order", None) == input.order
    assert run.last_mile.blocked == len(blocks(run))


def test_a_session_with_wide_limits_answers_as_if_there_were_no_last_mile() -> None:
    wide = msgspec.structs.replace(TIGHT, orders_per_second_max=10**9)
    first, second = Run(Quoting()).whole(), Run(Quoting(), limits=wide).whole()
    assert not blocks(first)
    assert first.path.digest.hexadecimal() == second.path.digest.hexadecimal()


def test_a_session_cut_anywhere_holds_back_what_it_held_back_and_nothing_else(
    tmp_path: FilePath,
) -> None:
    """A rehearsal decides nothing anew: what the journal says did not leave, does not leave."""
    whole = journaled(tmp_path / "journal")
    (segment,) = (tmp_path / "journal").glob("*.journal")
    content = segment.read_bytes()
    opened = next(one.end for _, one in records(segment) if one.kind == COMMIT)
    chance = random.Random(20261121)
    for number in range(12):
        directory = tmp_path / f"cut-{number}"
        directory.mkdir()
        (directory / segment.name).write_bytes(content[: chance.randrange(opened, len(content))])
        run = Run(Quoting(), limits=TIGHT)
        history = History(directory)
        for entry in history.entries():
            run.session.rehearse(entry)
        history.mend()
        run.write_to(directory, history)
        run.session.resume(run.first(history.end.epoch + 1))
        run.session.run(run.pace)
        run.session.stop(StopPolicy.CANCEL, "test", "the end")
        assert run.session.diverged == 0
        assert run.world.sent == whole.world.sent
        assert blocks(run) == blocks(whole)
        assert run.positions() == whole.positions()
        assert verify(directory).passed


@pytest.mark.parametrize("wide", [True, False])
def test_a_rehearsal_asks_no_limit_of_today(tmp_path: FilePath, wide: bool) -> None:
    """Other limits than those of the recorded session change nothing of what it did."""
    whole = journaled(tmp_path / "journal")
    other = msgspec.structs.replace(TIGHT, orders_per_second_max=10**9 if wide else 0)
    run = Run(Quoting(), limits=other)
    for entry in History(tmp_path / "journal").entries():
        run.session.rehearse(entry)
    assert run.world.sent == whole.world.sent
    assert run.session.diverged == 0
    assert run.machine.digest() == whole.machine.digest()


def test_the_counters_stand_after_a_rehearsal_where_they_stood(tmp_path: FilePath) -> None:
    whole = journaled(tmp_path / "journal")
    run = Run(Quoting(), limits=TIGHT)
    for entry in History(tmp_path / "journal").entries():
        run.session.rehearse(entry)
    for order in whole.world.sent:
        left, again = whole.last_mile.orders.get(order), run.last_mile.orders.get(order)
        assert left is not None
        assert again is not None
        assert (left.worst, left.filled, left.open) == (again.worst, again.filled, again.open)


def test_what_the_last_entry_wanted_is_asked_for_when_the_session_goes_on(
    tmp_path: FilePath,
) -> None:
    """Cut between an order and what the last mile said of it: today's last mile decides."""
    journaled(tmp_path / "journal", last_mile_limits(demo_market(7)))
    wants = [
        entry.sequence
        for entry in History(tmp_path / "journal").entries()
        if entry.outputs and SEND_TAG in entry.outputs
    ]
    for limit in (0, 10**9):
        limits = msgspec.structs.replace(TIGHT, orders_per_second_max=limit)
        run = Run(Quoting(), limits=limits)
        for entry in History(tmp_path / "journal").entries():
            if entry.sequence > wants[0]:
                break
            run.session.rehearse(entry)
        assert run.world.sent == [], "nobody knows yet whether it left"
        run.session.resume(run.first(2))
        assert len(blocks(run)) == (0 if limit else 1)
        assert len(run.world.sent) == (1 if limit else 0)


SEND_TAG = b"\xcc\xc8"  # 200, as MessagePack writes it


class Replacing(Strategy):
    """Buys once, and asks for more than the last mile lets pass."""

    def on_start(self, context: Context) -> None:
        self.order = OrderId(0)

    def on_quote(self, context: Context, quote: Quote) -> None:
        if not self.order:
            self.order = context.buy(quote.instrument, Quantity(3), quote.bid_price)


def test_a_replace_that_is_held_back_leaves_the_old_terms_and_a_cancel_passes() -> None:
    size = Quantity(10)
    touch = Quote(
        InstrumentId(1), Price(9_990), size, Price(10_010), size, UpdateId(0), Nanos(START)
    )
    script: tuple[int, Input] = (SECOND, touch)
    one = msgspec.structs.replace(TIGHT, orders_per_second_max=1)
    run = Run(Replacing(), world=ScriptedWorld(script), limits=one)
    run.session.start(run.first())
    run.session.run(run.pace)
    (order,) = run.machine.orders.all_working()
    accept(run, order.order)
    run.session.command(
        ReplaceRequest(StrategyId(1), order.order, InstrumentId(1), Quantity(5), order.price)
    )
    assert [one.request for one in blocks(run)] == [2]
    assert (order.status, order.quantity) == (Status.OPEN, 3)
    run.session.stop(StopPolicy.CANCEL, "test", "the end")
    world = run.world.world
    assert isinstance(world, ScriptedWorld)
    left = [type(action) for _, action in world.acted]
    assert ReplaceOrder not in left
    assert CancelOrder in left


def accept(run: Run, order: OrderId) -> None:
    run.session.command(VenueAccepted(order, InstrumentId(1), "V1", Nanos(START)))


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("dies_at", [1, 2, 40, 77, 78, 79])
def test_what_a_world_outside_may_have_got_is_never_sent_again_but_asked_for(
    dies_at: int, arrives: bool, tmp_path: FilePath
) -> None:
    """Invariants 1, 3 and 10: killed between the commit and the wire, or right after it."""
    directory = tmp_path / "journal"
    outside = OutsideWorld(Run().world)
    outside.dies_at, outside.arrives = dies_at, arrives
    lock = Lock(directory)
    first = Run(Quoting(), world=outside)
    first.write_to(directory)
    with pytest.raises(Crash):
        first.whole()
    lock.close()
    got = len(outside.got)
    outside.dies_at = 0

    run = Run(Quoting(), world=outside)
    history = History(directory)
    for entry in history.entries():
        run.session.rehearse(entry)
    history.mend()
    run.write_to(directory, history)
    assert len(outside.got) == got, "nothing of the past is said to it"
    assert run.machine.orders.working_count > 0
    epoch = history.end.epoch + 1
    opening: list[Input] = [VenueDisconnected("SIM", "restart"), VenueConnected("SIM")]
    run.session.resume([run.first(epoch)[0], *opening])
    assert run.session.confirm(run.pace)
    run.session.command(START_COMMAND)
    run.session.run(run.pace)
    run.session.stop(StopPolicy.CANCEL, "test", "the end")
    sent = [one.approved.client_order for one in outside.got if isinstance(one, SendOrder)]
    assert len(set(sent)) == len(sent)
    assert len(sent) > 20, "it trades on"
    assert not run.machine.state.reconciliation.open_breaks()
    assert run.machine.orders.working_count == 0
    assert verify(directory).passed


class Unreachable:
    """A world that nothing can leave for."""

    repeats = False

    def next_time(self) -> Nanos | None:
        return None

    def take(self, time: Nanos) -> list[Input]:
        return []

    def act(self, action: Action, time: Nanos) -> str:
        return "not sent: there is no session with the venue"


def test_what_could_not_leave_is_said_at_once_and_a_cancel_stays_wanted() -> None:
    """Orders and replaces end as blocked; a cancel is repeated when the venue is there again."""
    last_mile = LastMile(last_mile_limits(demo_market(7)), NoSwitch())
    last_mile.reported(InstrumentDefinition(demo_market(7).instruments()[0]))
    wire = Wire(Unreachable(), last_mile)
    order = send(1, Side.BUY, 10, 10_000)
    wire.leave(order, START)
    wire.leave(CancelOrder(OrderId(1), InstrumentId(1), 1, "1-1-1"), START)
    (blocked,) = wire.blocked
    assert isinstance(blocked, SendBlocked)
    assert blocked.reason == "not sent: there is no session with the venue"
    known = last_mile.orders.get(OrderId(1))
    assert known is not None
    assert not known.open
