"""What layer 1 counts is what works, in any session with any venue."""

import os
from typing import Final

import pytest

from fairlead.machine.machine import Machine
from fairlead.machine.orders import Order
from fairlead.machine.risk.lanes import Lane
from fairlead.model.inputs import PreTradePolicyChange
from fairlead.model.risk import PreTradePolicy
from fairlead.model.risk_terms import LimitKind, ScopeKind, SelfTrade
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, Price, StrategyId
from tests.machine.actions import renamed
from tests.machine.build import BUY, SELL, instrument, quote, rejected, submit
from tests.machine.hostile_session import Session
from tests.machine.risk.twin import FAR, MAIN, MILLION, Twin, limit, patient, policy

SESSIONS: Final = int(os.environ.get("FAIRLEAD_SESSIONS", "4"))
STEPS: Final = 120
NOT_ANSWERED: Final = (Status.SENT, Status.UNKNOWN)


def lanes(machine: Machine) -> list[tuple[StrategyId, InstrumentId, Lane]]:
    """Return every lane of the two strategies in the two instruments that there is."""
    found = []
    for strategy in (StrategyId(1), StrategyId(2)):
        for number in (InstrumentId(1), InstrumentId(2)):
            orders = machine.orders.working_in(number)
            mine = [order for order in orders if order.strategy == strategy]
            if mine:
                lane = machine.gate.pretrade.lanes.of(mine[0])
                found.append((strategy, number, lane))
    return found


def in_scope(machine: Machine, order: Order, kind: ScopeKind, name: str) -> bool:
    """Return whether an order is in a scope, found without any path."""
    terms = machine.instruments[order.instrument]
    names = {
        ScopeKind.FIRM: "",
        ScopeKind.ACCOUNT: "account 1",
        ScopeKind.STRATEGY: f"strategy {order.strategy}",
        ScopeKind.VENUE: terms.venue,
        ScopeKind.INSTRUMENT: terms.symbol,
    }
    return names[kind] == name


def nearest(orders: list[Order], side: Side) -> int:
    """Return the best price of ours of a side, 0 where nothing rests: looked for one by one."""
    prices = []
    for order in orders:
        takes = order.sent_time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
        if order.side is not side or takes or order.sent_type is OrderType.MARKET:
            continue
        prices += [price for price in (order.price, order.new_price) if price]
    return (max if side is BUY else min)(prices, default=0)


def audit(machine: Machine) -> None:
    """Stop if anything that is counted is not what one finds by looking at every order."""
    working = machine.orders.all_working()
    for _, number, lane in lanes(machine):
        here = [order for order in working if order.instrument == number]
        for count in lane.counts:
            scope = count.node.scope
            mine = [one for one in working if in_scope(machine, one, scope.kind, scope.name)]
            assert count.working == len(mine), scope
            sent = [one for one in mine if one.status is Status.SENT]
            doubtful = [one for one in mine if one.status in NOT_ANSWERED]
            assert len(sent) <= count.unanswered <= len(doubtful), scope
        assert lane.buys.best() == nearest(here, BUY)
        assert lane.sells.best() == nearest(here, SELL)


def crossed(machine: Machine) -> bool:
    """Return whether two of our own could trade with each other."""
    for number in (InstrumentId(1), InstrumentId(2)):
        here = machine.orders.working_in(number)
        buy, sell = nearest(here, BUY), nearest(here, SELL)
        if buy and sell and buy >= sell:
            return True
    return False


@pytest.mark.parametrize("mode", list(SelfTrade), ids=lambda each: each.name.lower())
def test_in_a_hostile_session_everything_is_counted_as_it_is(mode: SelfTrade) -> None:
    """Controls 10, 16, 34: at every step, and the twin of the machine says the same."""
    seen = 0
    for seed in range(SESSIONS):
        session = Session(seed)
        session.say(PreTradePolicyChange(PreTradePolicy(self_trade=mode), "ann", "as agreed"))
        for _ in range(STEPS):
            session.step()
            audit(session.machine)
            seen += crossed(session.machine)
            assert session.machine.gate.pretrade.own.meetings == []
    if mode is SelfTrade.ALLOW:
        assert seen  # or the test would show nothing


def test_an_order_without_a_price_rests_at_the_worst_that_it_may_have() -> None:
    """Control 16: what takes at the touch and rests there; 110 is the edge of the collar."""
    types = (OrderType.LIMIT, OrderType.MARKET_TO_LIMIT)
    rig = Twin(
        instrument(instrument=FAR, symbol="FAR", order_types=types),
        patient(3),
        quote(99, 101, instrument=3),
        policy(self_trade=SelfTrade.CANCEL_NEWEST),
    )
    takes = submit(1, price=0, order_type=OrderType.MARKET_TO_LIMIT, instrument=FAR)
    assert rig.passes(takes)
    rig.restart()
    assert rig.says_no(submit(2, SELL, price=110, instrument=FAR)) == {"self_trade": (110, 111)}


def test_an_instrument_that_is_renamed_keeps_its_count() -> None:
    """Control 10: the scope is the same, whatever it is called."""
    rig = Twin(limit(LimitKind.WORKING_ORDERS, 2 * MILLION, MAIN), submit(1), renamed("NEW"))
    assert rig.passes(submit(2**40, strategy=StrategyId(2)))
    rig.restart()
    assert rig.says_no(submit(2)) == {"working_orders": (3, 2)}
    [count] = [
        each
        for each in rig.machine.gate.pretrade.lanes.of(rig.order(1)).counts
        if each.node.scope.kind is ScopeKind.INSTRUMENT
    ]
    assert (count.node.scope.name, count.working) == ("NEW", 2)


def test_nothing_is_kept_of_orders_that_are_gone() -> None:
    """It is bounded by what works."""
    rig = Twin(policy(self_trade=SelfTrade.CANCEL_NEWEST, unacknowledged_age_max=Nanos(1)))
    before = rig.machine.gate.pretrade.lanes.content()
    for number in range(1, 51):
        assert rig.passes(submit(number, price=90 + number % 10))
        rig.give(rejected(number))
    after = rig.machine.gate.pretrade.lanes.content()
    assert before == [[], [], []]
    assert after[1:] == [[], [["VENUE", []]]]
    lane = rig.machine.gate.pretrade.lanes.of(rig.order(1))
    assert lane.buys.best() == lane.sells.best() == 0


def test_a_ladder_gives_those_that_are_reached_best_first() -> None:
    """Control 16: price, then time."""
    rig = Twin(quote(99, 101))
    for number, price in enumerate((103, 101, 102, 101), start=1):
        rig.give(submit(number, SELL, price=price))
    sells = rig.machine.gate.pretrade.lanes.of(rig.order(1)).sells
    assert [order.order for order in sells.reached(Price(102))] == [2, 4, 3]
    assert sells.reached(Price(100)) == []
