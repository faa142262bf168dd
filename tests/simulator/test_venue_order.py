"""An order as the venue sees it: how it is handled, what it may not ask for, what is said of it."""

import msgspec
import pytest

from fairlead.model.outputs import Approved
from fairlead.model.terms import InstrumentKind, OrderType, Peg, Status, TimeInForce
from fairlead.model.units import Nanos, Price, Quantity
from fairlead.simulator.venue_order import (
    VenueOrder,
    broken_rule,
    handling,
    limit,
    not_offered,
    worth,
)
from fairlead.simulator.world import Handling
from tests.simulator.orders import BUY, FOK, INSTRUMENT, IOC, MARKET, approved, query

GOOD = approved(1, BUY, 100, 500, client_order="1-1-1")


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (GOOD, Handling.LIMIT),
        (approved(1, BUY, 100, 500, post_only=True), Handling.POST_ONLY),
        (approved(1, BUY, 100, 500, time_in_force=IOC), Handling.IOC),
        (approved(1, BUY, 100, 500, time_in_force=FOK), Handling.FOK),
        (approved(1, BUY, 100, 0, order_type=MARKET), Handling.MARKET),
        (approved(1, BUY, 100, 0, order_type=MARKET, time_in_force=FOK), Handling.FOK),
    ],
)
def test_type_and_time_in_force_say_how_an_order_is_handled(
    terms: Approved, expected: Handling
) -> None:
    assert handling(terms) is expected


def test_a_market_order_goes_no_further_than_the_worst_price_that_risk_allowed() -> None:
    assert limit(approved(1, BUY, 100, 0, order_type=MARKET, price_worst=510)) == 510
    assert limit(approved(1, BUY, 100, 500, price_worst=510)) == 500


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"order_type": OrderType.STOP, "trigger_price": Price(490)}, "order_type_not_offered"),
        ({"order_type": OrderType.MARKET_TO_LIMIT}, "order_type_not_offered"),
        ({"trigger_price": Price(490)}, "order_type_not_offered"),
        ({"peg": Peg.MIDPOINT}, "order_type_not_offered"),
        ({"time_in_force": TimeInForce.DAY}, "time_in_force_not_offered"),
        ({"time_in_force": TimeInForce.GTD}, "time_in_force_not_offered"),
        ({"display_quantity": Quantity(10)}, "display_quantity_not_offered"),
    ],
)
def test_what_the_venue_does_not_list_it_does_not_take(
    change: dict[str, object], reason: str
) -> None:
    terms = msgspec.structs.replace(GOOD, **change)
    assert not_offered(INSTRUMENT, terms) == reason
    assert broken_rule(INSTRUMENT, terms) == reason


def test_what_the_venue_lists_it_takes() -> None:
    listed = msgspec.structs.replace(
        INSTRUMENT, times_in_force=(TimeInForce.GTC, TimeInForce.DAY), icebergs=True
    )
    terms = msgspec.structs.replace(
        GOOD, time_in_force=TimeInForce.DAY, display_quantity=Quantity(10)
    )
    assert broken_rule(listed, terms) == ""


def accepted() -> VenueOrder:
    order = VenueOrder(INSTRUMENT, GOOD)
    order.venue_order = "V1"
    return order


def test_a_query_means_the_order_that_works_unless_it_names_another_of_the_venues_ids() -> None:
    assert not VenueOrder(INSTRUMENT, GOOD).is_meant(query(1, "1-1-1")), "not looked at yet"
    order = accepted()
    assert order.is_meant(query(1, "1-1-1"))
    assert order.is_meant(query(1, "1-1-9")), "a later message that has not come, or a cancel"
    assert order.is_meant(query(1, "1-1-9", "V1"))
    assert not order.is_meant(query(1, "1-1-1", "V2"))


def test_a_query_means_an_order_that_is_done_by_the_venues_id_or_its_own_last_message() -> None:
    order = accepted()
    order.end(Status.CANCELED, "requested", Nanos(7))
    assert order.is_meant(query(1, "1-1-1"))
    assert not order.is_meant(query(1, "1-1-2")), "a later attempt that has not come"
    assert order.is_meant(query(1, "1-1-2", "V1"))
    assert not order.is_meant(query(1, "1-1-1", "V2"))


def test_what_is_said_of_an_order_are_its_terms_of_now() -> None:
    order = accepted()
    order.filled = Quantity(30)
    told = order.answer(Nanos(7))
    assert (told.quantity, told.price, told.filled, told.venue_time) == (100, 500, 30, 7)
    assert (told.found, told.status) == (True, Status.OPEN)
    line = order.line()
    assert (line.quantity, line.price, line.filled) == (100, 500, 30)
    assert (line.order, line.client_order, line.venue_order) == (1, "1-1-1", "V1")


def test_what_is_said_of_an_order_that_is_done_is_when_and_why() -> None:
    order = accepted()
    order.end(Status.CANCELED, "requested", Nanos(7))
    told = order.answer(Nanos(9))
    assert (told.status, told.reason, told.venue_time) == (Status.CANCELED, "requested", 7)
    with pytest.raises(AssertionError, match="order 1 ends once"):
        order.end(Status.FILLED, "", Nanos(8))


def test_the_worth_of_an_inverse_contract_is_rounded_half_to_even() -> None:
    """B-POS-08: one contract of 100 at a price of 3 is 33.333333."""
    inverse = msgspec.structs.replace(INSTRUMENT, kind=InstrumentKind.INVERSE, multiplier=100)
    assert worth(inverse, Price(3_00), 1) == 33_333_333
    assert worth(INSTRUMENT, Price(3_00), 7) == 21_000_000
