"""A floor that others trade on: what they cannot know, they can ask; what it did, it says."""

import pytest

from fairlead.gateways.direct.frames import encoded
from fairlead.gateways.direct.messages import Order
from fairlead.model.inputs import (
    Statement,
    VenueAccepted,
    VenueCanceled,
    VenueFilled,
    VenueOrderStatus,
)
from fairlead.model.outputs import QueryOrder, RequestStatement
from fairlead.model.terms import Status
from fairlead.model.units import AccountId, InstrumentId, Nanos, OrderId
from fairlead.simulator.emergency_venue import CancelOutcome
from fairlead.stages.floor_opening import FloorTerms
from tests.stages.floors import START, Visitor, opened, order

KEEPS = FloorTerms(quiet=True, keeps_orders=True)
MESSAGE = encoded(Order(1, order(1, price=20_000)))
QUERY = QueryOrder(OrderId(1), InstrumentId(1), "1-1-1", "")


@pytest.mark.parametrize("bytes_left", range(len(MESSAGE) + 1))
def test_an_order_that_is_cut_anywhere_was_taken_wholly_or_not_at_all(bytes_left: int) -> None:
    """faults.md 10: cut after byte k; what became of it is asked for, and both sides agree."""
    floor = opened(terms=KEEPS)
    visitor = Visitor(floor)
    visitor.end.act(order(1, price=20_000), visitor.time)
    visitor.settle(most=bytes_left)
    visitor.cut()
    taken = bytes_left == len(MESSAGE)
    assert floor.books.knows("1-1-1") is taken

    visitor.connect()
    visitor.end.act(QUERY, visitor.time)
    visitor.end.act(RequestStatement(AccountId(1), "SIM", Nanos(0), "after the cut"), visitor.time)
    visitor.settle()
    fills = [one for one in visitor.heard if isinstance(one, VenueFilled)]  # never twice
    (status,) = [one for one in visitor.heard if isinstance(one, VenueOrderStatus)]
    (statement,) = [one for one in visitor.heard if isinstance(one, Statement)]
    assert status.found is taken
    assert [fill.execution for fill in fills] == [line.execution for line in statement.fills or ()]
    assert bool(statement.positions) is taken
    assert [booked.sent for booked in floor.books.orders.values()] == [1] * taken
    if taken:
        assert status.status is Status.FILLED
        assert floor.books.position(InstrumentId(1)) == 10


def test_what_happens_while_nobody_is_connected_is_told_later_and_once() -> None:
    floor = opened(terms=KEEPS)
    visitor = Visitor(floor)
    visitor.end.act(order(1), visitor.time)
    visitor.settle()
    visitor.cut()
    assert floor.withdraw("1-1-1") is CancelOutcome.CANCELED
    visitor.heard.clear()
    visitor.settle()
    visitor.connect()
    assert [type(one) for one in visitor.heard] == [VenueCanceled]
    visitor.cut()
    visitor.heard.clear()
    visitor.connect()
    assert visitor.heard == []


def test_who_hangs_up_has_no_orders_left_unless_the_exchange_keeps_them() -> None:
    for terms, left in ((FloorTerms(quiet=True), 0), (KEEPS, 1)):
        floor = opened(terms=terms)
        visitor = Visitor(floor)
        visitor.end.act(order(1), visitor.time)
        visitor.settle()
        assert floor.working == 1
        visitor.cut()
        visitor.settle()
        assert floor.working == left


def test_an_emergency_cancel_is_answered_by_what_is_known() -> None:
    floor = opened()
    visitor = Visitor(floor)
    for number in (1, 2, 3):
        visitor.end.act(order(number), visitor.time)
    visitor.settle()
    assert floor.withdraw("1-1-1") is CancelOutcome.CANCELED
    assert floor.withdraw("1-1-1") is CancelOutcome.GONE
    assert floor.withdraw("1-9-1") is CancelOutcome.UNKNOWN
    assert floor.withdraw_all() == 2
    visitor.settle()
    assert sum(isinstance(one, VenueCanceled) for one in visitor.heard) == 3


def test_a_quiet_market_says_again_and_again_where_it_stands() -> None:
    floor = opened()
    first = floor.pass_time(Nanos(START + 10**9))
    assert floor.pass_time(Nanos(floor.now + 1)) == []
    second = floor.pass_time(Nanos(floor.now + 10**9))
    assert first
    assert len(second) == 6  # three books and their touches
    assert not any(isinstance(one, VenueAccepted) for one in second)
