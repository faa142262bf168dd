"""The memory of orders that are done: found while they are remembered, and forgotten in order."""

import pytest

from fairlead.model.outputs import QueryOrder
from fairlead.model.terms import Status
from fairlead.model.units import Nanos
from fairlead.simulator.ended import ENDED_MAX, EndedOrders
from fairlead.simulator.venue_order import VenueOrder
from tests.simulator.orders import BUY, INSTRUMENT, approved, query


def done(order: int, client_order: str = "", venue_order: str = "") -> VenueOrder:
    ended = VenueOrder(INSTRUMENT, approved(order, BUY, 100, 500, client_order=client_order))
    ended.venue_order = venue_order
    ended.end(Status.CANCELED, "requested", Nanos(order))
    return ended


def found(ended: EndedOrders, question: QueryOrder) -> int:
    """Return the number of the order that is found, 0 for none."""
    answer = ended.find(question)
    return answer.order if answer is not None else 0


def test_an_order_is_found_by_the_venues_id_where_the_query_has_one_else_by_ours() -> None:
    ended = EndedOrders()
    ended.add(done(5, "1-5-1", "V1"))
    assert found(ended, query(5, "1-5-1")) == 5
    assert found(ended, query(5, "", "V1")) == 5
    assert found(ended, query(5, "1-5-1", "V2")) == 0
    assert found(ended, query(5, "1-5-2")) == 0
    assert found(ended, query(6, "1-5-1")) == 0


def test_a_client_order_id_is_used_once_and_no_id_claims_nothing() -> None:
    ended = EndedOrders()
    ended.add(done(5, "1-5-1"))
    ended.add(done(6))
    assert ended.has_used(approved(5, BUY, 100, 500, client_order="1-5-1"))
    assert not ended.has_used(approved(5, BUY, 100, 500, client_order="1-5-2"))
    assert not ended.has_used(approved(6, BUY, 100, 500))
    assert found(ended, query(6)) == 6


def test_only_the_newest_are_remembered() -> None:
    """Invariant 14."""
    ended = EndedOrders(most=3)
    for order in range(1, 8):
        ended.add(done(order, f"1-{order}-1", f"V{order}"))
    assert len(ended) == 3
    for order in range(1, 8):
        expected = order if order > 4 else 0
        assert found(ended, query(order, f"1-{order}-1")) == expected
        assert found(ended, query(order, "", f"V{order}")) == expected


def test_a_later_attempt_is_not_forgotten_with_the_first_one() -> None:
    ended = EndedOrders(most=2)
    ended.add(done(5, "1-5-1"))
    ended.add(done(5, "1-5-2"))
    ended.add(done(6, "1-6-1"))
    assert found(ended, query(5, "1-5-1")) == 0
    assert found(ended, query(5, "1-5-2")) == 5
    ended.add(done(7, "1-7-1"))
    assert found(ended, query(5, "1-5-2")) == 0
    assert len(ended) == 2


def test_a_memory_without_room_is_refused() -> None:
    assert ENDED_MAX == 10_000
    with pytest.raises(AssertionError, match="at least the last order"):
        EndedOrders(most=0)
