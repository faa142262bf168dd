"""Each layer alone, with all the others switched off, stops the flow that it is for.

And without it that flow goes on: so it is this layer that stops it, and nothing else.
"""

import heapq
from collections.abc import Callable
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from fairlead.machine.risk.gate import ALL_LAYERS, Layer
from fairlead.model.inputs import CancelRequest, KillCommand
from fairlead.model.terms import Side
from fairlead.model.units import Nanos, OrderId, StrategyId
from fairlead.operations.knight import CHILDREN, PARENT, PARENT_QUANTITY, RATE, only, parent
from fairlead.operations.knight_desk import Ask, Desk, Fault, child_quantity, loop, order
from fairlead.operations.knight_log import LAST_MILE
from fairlead.operations.knight_settings import BID, CENTS, MID, OLD, STANDARD, Settings
from tests.knight.bounds import SECOND, SPREAD, fitting, is_stopped

SPAN = Nanos(3 * SECOND)
NOTHING = 0  # layers
WORST = 2_100  # cents: where a share is valued at the edge of the collar
LARGEST = 114  # shares of a child


class Flow(NamedTuple):
    """A flow, the layer that is for it, and how many shares may come of it."""

    layer: Layer
    settings: Settings
    fault: Callable[[], Fault]
    check: str
    shares: int
    beside: int = 0  # another layer that stops it too, by the same breaker


def _children() -> Fault:
    return loop(RATE, lambda n: order(CHILDREN + n, child_quantity(n), parent=PARENT))


def _orphans() -> Fault:
    """Children of parents that nobody opened."""
    return loop(RATE, lambda n: order(CHILDREN + n, child_quantity(n), parent=PARENT + n))


def _buys() -> Fault:
    return loop(RATE, lambda n: order(CHILDREN + n, child_quantity(n)))


def _sells() -> Fault:
    return loop(RATE, lambda n: order(CHILDREN + n, child_quantity(n), side=Side.SELL))


def _first(count: int) -> int:
    """Return how many shares the first children have."""
    return sum(child_quantity(number) for number in range(1, count + 1))


POSITION = only(position_max=STANDARD.position_max)
FLOWS = {
    "parentless children": Flow(Layer.PRE_TRADE, only(), _orphans, "parent_known", 0),
    "a long position": Flow(Layer.POSITION, POSITION, _buys, "position_quantity_max", 2_500),
    "a short position": Flow(Layer.POSITION, POSITION, _sells, "position_quantity_max", 2_500),
    "gross exposure": Flow(
        Layer.EXPOSURE,
        only(gross_max=STANDARD.gross_max),
        _buys,
        "gross",
        STANDARD.gross_max * CENTS // MID,
    ),
    "a loss": Flow(
        Layer.LOSS,
        only(loss_max=STANDARD.loss_max),
        _buys,
        "loss_day",
        STANDARD.loss_max * CENTS // SPREAD + LARGEST,
    ),
    "an order rate": Flow(
        Layer.BREAKER,
        only(order_rate_max=STANDARD.order_rate_max),
        _buys,
        "breaker_halted",
        _first(STANDARD.order_rate_max + 1),
    ),
    "a value rate": Flow(
        Layer.BREAKER,
        only(value_rate_max=STANDARD.value_rate_max),
        _buys,
        "breaker_halted",
        STANDARD.value_rate_max * CENTS // MID + LARGEST,
    ),
    "a catastrophic loss": Flow(
        Layer.KILL,
        only(loss_kill=STANDARD.loss_kill),
        _buys,
        "killed",
        STANDARD.loss_kill * CENTS // SPREAD + LARGEST,
        Layer.BREAKER,
    ),
}


def _desk(settings: Settings, layers: int, *, wide: bool = True) -> Desk:
    """Return a desk with some layers only; its last mile lets anything out if it is `wide`."""
    if wide:
        settings = replace(settings, shard_value_max=10**9, shard_quantity_max=10**9)
    desk = Desk(settings)
    desk.machine.gate.layers = layers
    return desk


@pytest.mark.parametrize("name", FLOWS)
def test_a_layer_alone_stops_the_flow_it_is_for(name: str) -> None:
    flow = FLOWS[name]
    desk = _desk(flow.settings, flow.layer)
    desk.play(flow.fault(), SPAN)
    result = desk.result(name, "")
    assert (result.stopped_by, result.in_time) == (flow.check, True)
    assert result.gross <= flow.shares * MID
    assert result.loss <= flow.shares * SPREAD


@pytest.mark.parametrize("name", FLOWS)
def test_without_that_layer_the_same_flow_goes_on(name: str) -> None:
    flow = FLOWS[name]
    desk = _desk(flow.settings, ALL_LAYERS & ~flow.layer & ~flow.beside)
    desk.play(flow.fault(), SPAN)
    result = desk.result(name, "")
    assert (result.stopped, result.sent) == (False, 3 * RATE)
    assert result.gross > flow.shares * MID


def test_the_pre_trade_layer_alone_keeps_children_within_their_parent() -> None:
    desk = _desk(only(), Layer.PRE_TRADE)
    desk.give(parent())
    desk.play(_children(), SPAN)
    left = fitting(PARENT_QUANTITY)
    is_stopped(desk.result("", ""), "parent_quantity", "1 pre-trade", len(left))
    assert desk.last_mile.blocked == 0


def test_the_pre_trade_layer_alone_takes_a_strategy_off_that_trades_on_and_on() -> None:
    desk = _desk(only(repeats_max=STANDARD.repeats_max), Layer.PRE_TRADE)
    desk.play(_buys(), SPAN)
    sent = STANDARD.repeats_max + 1
    is_stopped(desk.result("", ""), "strategy_disabled", "1 pre-trade", sent)


def test_the_kill_layer_alone_lets_nothing_out_after_a_person_has_killed() -> None:
    desk = _desk(OLD, Layer.KILL)
    killed = Ask(Nanos(SECOND // 2), KillCommand("ann", "it runs away"))
    desk.play(heapq.merge([killed], _buys(), key=_after), SPAN)
    result = desk.result("", "")
    is_stopped(result, "killed", "6 kill switch", RATE // 2)
    assert result.stopped_after == SECOND // 2


# --- the last mile, with no layer at all above it ---


def test_the_last_mile_alone_keeps_children_within_their_parent() -> None:
    """Invariant 13: by code that does not know the algorithm, and none of the machine's layers."""
    desk = _desk(OLD, NOTHING)
    desk.give(parent())
    desk.play(_children(), SPAN)
    left = fitting(PARENT_QUANTITY)
    is_stopped(desk.result("", ""), LAST_MILE, LAST_MILE, len(left))
    assert desk.venue.ledger.positions == {1: sum(left)}


def test_the_last_mile_alone_lets_nothing_more_of_a_filled_parent_out() -> None:
    desk = _desk(OLD, NOTHING)
    desk.give(parent())
    for number in range(1, 11):
        desk.give(order(number + 1, PARENT_QUANTITY // 10, parent=PARENT))
    desk.advance(Nanos(desk.time + SECOND))
    assert desk.venue.ledger.positions == {1: PARENT_QUANTITY}
    desk.play(_children(), SPAN)
    is_stopped(desk.result("", ""), LAST_MILE, LAST_MILE, 0)


def test_the_last_mile_alone_stops_a_loop_without_a_parent_at_its_value() -> None:
    desk = _desk(OLD, NOTHING, wide=False)
    desk.play(_buys(), SPAN)
    left = fitting(OLD.shard_value_max * CENTS, WORST)
    is_stopped(desk.result("", ""), LAST_MILE, LAST_MILE, len(left))
    assert desk.venue.ledger.loss_most == sum(left) * SPREAD


def test_the_last_mile_alone_stops_a_loop_at_its_quantity() -> None:
    desk = _desk(replace(OLD, shard_value_max=10**9, shard_quantity_max=3_000), NOTHING, wide=False)
    desk.play(_buys(), SPAN)
    is_stopped(desk.result("", ""), LAST_MILE, LAST_MILE, len(fitting(3_000)))


class Flag:
    """A kill switch that somebody has thrown."""

    engaged = False
    closing_allowed = False


def test_the_last_mile_alone_obeys_a_kill_switch_that_the_machine_knows_nothing_of() -> None:
    """Invariant 9: what is new stays, and cancels leave."""
    flag = Flag()
    desk = Desk(OLD, flag)
    desk.machine.gate.layers = NOTHING
    desk.give(order(1, 10, price=BID))
    desk.advance(Nanos(desk.time + SECOND))
    assert desk.venue.working == 1
    flag.engaged = True
    desk.play(_buys(), SPAN)
    is_stopped(desk.result("", ""), LAST_MILE, LAST_MILE, 0)
    desk.give(CancelRequest(StrategyId(1), OrderId(1)))
    assert desk.venue.working == 0


def test_with_no_layer_and_no_last_mile_the_flow_goes_on() -> None:
    """So the tests above show what stops it, and not that nothing could have left."""
    desk = _desk(OLD, NOTHING)
    desk.play(_buys(), SPAN)
    assert (desk.log.sent, desk.log.stop) == (3 * RATE, None)


def _after(ask: Ask) -> Nanos:
    return ask.after
