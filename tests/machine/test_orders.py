"""Orders: what an order counts on its way through the table, and how it is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import PLAIN, Order, Orders
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId
from tests.machine.build import NO_TIME, SELL, submit


def order_in(status: Status, number: int = 1, strategy: int = 1, quantity: int = 10) -> Order:
    """Return an order that stands somewhere in its life."""
    request = submit(number, quantity=quantity, strategy=StrategyId(strategy))
    order = Order(request, NO_TIME)
    order.status = status
    return order


def terms_of(order: Order) -> list[object]:
    """Return everything of an order that a step could change."""
    return [
        *(order.status, order.quantity, order.price, order.filled, order.canceled),
        *(order.filled_cost, order.cancel_wanted, order.new_quantity, order.new_price),
    ]


def test_a_new_order_is_refused_until_risk_says_otherwise() -> None:
    """Invariant 3: no order begins as one that may trade."""
    fresh = Order(submit(1), NO_TIME)
    assert fresh.status is Status.REFUSED
    assert not fresh.live


def test_a_partial_fill_leaves_the_rest_working() -> None:
    """B-EVT-01, B-EVT-02, S1-OMS-08: the status comes from what was filled in all."""
    order = order_in(Status.OPEN)
    assert order.fill(Price(100), Quantity(4))
    assert (order.status, order.filled, order.leaves) == (Status.OPEN, 4, 6)
    assert order.fill(Price(101), Quantity(6))
    assert (order.status, order.filled, order.leaves) == (Status.FILLED, 10, 0)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 50)), min_size=1, max_size=20))
def test_what_fills_cost_is_their_exact_sum(fills: list[tuple[int, int]]) -> None:
    """B-OMS-01, S1-OMS-08: the average is sum(price * quantity) / sum(quantity), never rounded."""
    order = order_in(Status.OPEN, quantity=1_000)
    for price, quantity in fills:
        order.fill(Price(price), Quantity(quantity))
    assert order.filled_cost == sum(price * quantity for price, quantity in fills)
    assert order.filled == sum(quantity for _, quantity in fills)


def test_forty_at_ten_and_sixty_at_eleven_average_ten_point_six() -> None:
    """B-OMS-01: the source document's own example."""
    order = order_in(Status.OPEN, quantity=100)
    order.fill(Price(10), Quantity(40))
    order.fill(Price(11), Quantity(60))
    assert order.filled_cost * 10 == 106 * order.filled


@pytest.mark.parametrize("status", [Status.REFUSED, Status.REJECTED])
def test_an_order_that_never_worked_takes_no_fill(status: Status) -> None:
    """B-OMS-10: a fill that has no step changes nothing; who brought it must quarantine it."""
    order = order_in(status)
    before = terms_of(order)
    assert not order.fill(Price(100), Quantity(1))
    assert terms_of(order) == before


@pytest.mark.parametrize("end", [Event.CANCELED, Event.EXPIRED])
def test_a_late_fill_takes_back_what_was_canceled(end: Event) -> None:
    """Invariant 5: leaves = quantity - filled - canceled, also after a late fill."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(3))
    order.step(end)
    assert (order.canceled, order.leaves) == (7, 0)
    assert order.fill(Price(100), Quantity(2))
    assert (order.filled, order.canceled, order.leaves) == (5, 5, 0)
    assert not order.working
    assert order.fill(Price(100), Quantity(5))
    assert (order.status, order.filled, order.canceled) == (Status.FILLED, 10, 0)


def test_a_replace_counts_at_the_larger_of_its_quantities_until_it_is_answered() -> None:
    """Invariant 8: neither the old terms nor the new ones are certain."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(4))
    order.step(Event.REPLACE_REQUESTED)
    order.ask_replace(Quantity(25), Price(99))
    assert (order.quantity_worst, order.leaves_worst) == (25, 21)
    order.ask_replace(Quantity(5), Price(99))
    assert (order.quantity_worst, order.leaves_worst) == (10, 6)


def test_a_fill_beyond_the_old_quantity_is_no_overfill_while_a_replace_waits() -> None:
    """Invariant 5: the replace may have been taken already."""
    order = order_in(Status.OPEN)
    order.step(Event.REPLACE_REQUESTED)
    order.ask_replace(Quantity(20), Price(100))
    assert order.fill(Price(100), Quantity(12))
    assert order.status is Status.REPLACE_PENDING
    assert order.take_excess() == 0
    order.step(Event.REPLACED)
    order.replaced(Quantity(20), Price(100))
    assert (order.status, order.leaves) == (Status.OPEN, 8)


def test_fills_of_the_whole_new_quantity_prove_a_replace_before_its_answer() -> None:
    """Invariant 5: the order is done under its new terms, and nothing was filled too much."""
    order = order_in(Status.OPEN)
    order.step(Event.REPLACE_REQUESTED)
    order.ask_replace(Quantity(20), Price(100))
    assert order.fill(Price(100), Quantity(20))
    assert (order.status, order.quantity, order.leaves) == (Status.FILLED, 20, 0)
    assert order.take_excess() == 0


def test_an_overfill_is_named_once() -> None:
    """Invariant 5, B-OMS-09: filled lies above quantity only as far as it is recorded as such."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(13))
    assert order.status is Status.FILLED
    with pytest.raises(AssertionError, match="recorded as such"):
        order.check()
    assert (order.take_excess(), order.take_excess()) == (3, 0)
    order.check()
    assert order.leaves == 0
    order.fill(Price(100), Quantity(2))
    assert order.take_excess() == 2


def test_a_replace_to_no_more_than_is_filled_ends_the_order() -> None:
    """Nothing of it can trade any more, so it is done."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(6))
    order.step(Event.REPLACE_REQUESTED)
    order.ask_replace(Quantity(7), Price(100))
    order.fill(Price(100), Quantity(1))
    order.step(Event.REPLACED)
    order.replaced(Quantity(7), Price(100))
    assert (order.status, order.leaves) == (Status.FILLED, 0)


def test_a_cancel_that_a_broken_session_may_have_lost_is_still_wanted() -> None:
    """B-OMS-08: that somebody asked for a cancel is kept beside the status."""
    order = order_in(Status.CANCEL_PENDING)
    order.step(Event.DISCONNECTED)
    assert order.cancel_wanted
    order.step(Event.CANCELED)
    assert not order.cancel_wanted


# --- all orders -----------------------------------------------------------------------------------


def test_an_order_id_is_burned_for_ever() -> None:
    """B-OMS-10, control 15: an id is used once, and never a lower one after a higher one."""
    orders = Orders()
    orders.add(order_in(Status.REFUSED, number=5))
    assert orders.is_burned(StrategyId(1), OrderId(5))
    assert orders.is_burned(StrategyId(1), OrderId(4))
    assert not orders.is_burned(StrategyId(1), OrderId(6))
    assert orders.is_burned(StrategyId(2), OrderId(5))
    assert not orders.is_burned(StrategyId(2), OrderId(4))
    with pytest.raises(AssertionError, match="used once"):
        orders.add(order_in(Status.REFUSED, number=5))


def test_a_refused_order_is_kept_and_does_not_work() -> None:
    """B-OMS-12: every order that was asked for is found again."""
    orders = Orders()
    refused = order_in(Status.REFUSED)
    orders.add(refused)
    orders.settle(refused)
    assert orders.get(OrderId(1)) is refused
    assert orders.get(OrderId(2)) is None
    assert orders.working(StrategyId(1)) == []
    assert orders.working_count == 0


def test_working_orders_are_listed_by_strategy_oldest_first() -> None:
    """S1-OMS-05: open orders are found without a search through all that ever were."""
    orders = Orders()
    made = {}
    for number, strategy in ((1, 1), (2, 2), (3, 1), (4, 1)):
        made[number] = order_in(Status.SENT, number, strategy)
        orders.add(made[number])
        orders.settle(made[number])
    made[3].step(Event.CANCELED)
    orders.settle(made[3])
    assert orders.working(StrategyId(1)) == [made[1], made[4]]
    assert orders.working(StrategyId(2)) == [made[2]]
    assert orders.working(StrategyId(3)) == []
    assert orders.all_working() == [made[1], made[4], made[2]]
    assert orders.working_count == 3
    assert orders.all() == [made[1], made[2], made[3], made[4]]


# --- busts ----------------------------------------------------------------------------------------


def test_a_bust_of_a_working_order_makes_it_work_again_for_that_much() -> None:
    """Invariant 5, control 46: what is taken back may trade again, at the worst."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(6))
    assert order.bust(Price(100), Quantity(6))
    assert (order.status, order.filled, order.leaves, order.filled_cost) == (Status.OPEN, 0, 10, 0)
    order.check()


def test_a_bust_of_a_filled_order_does_not_revive_it() -> None:
    """Control 46: the venue does not put back what it took; if it does, that is a late fill."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(6))
    order.fill(Price(102), Quantity(4))
    assert order.bust(Price(102), Quantity(4))
    assert (order.status, order.filled, order.canceled) == (Status.CANCELED, 6, 4)
    assert order.filled_cost == 600
    order.check()
    assert order.fill(Price(101), Quantity(4))
    assert (order.status, order.filled, order.canceled) == (Status.FILLED, 10, 0)


def test_a_bust_takes_an_overfill_away_first() -> None:
    """Invariant 5: filled lies above quantity only as far as it is still recorded as such."""
    order = order_in(Status.OPEN)
    order.fill(Price(100), Quantity(8))
    order.fill(Price(100), Quantity(5))
    assert order.take_excess() == 3
    order.bust(Price(100), Quantity(5))
    assert (order.excess, order.filled, order.canceled) == (0, 8, 2)
    order.check()


# --- looking orders up ----------------------------------------------------------------------------


def sent(number: int, epoch: int = 3, requests: int = 1) -> Order:
    """Return an order that left under an epoch."""
    order = order_in(Status.SENT, number)
    order.epoch, order.requests, order.known_request = epoch, requests, requests
    return order


def test_an_order_is_found_by_every_client_order_id_that_it_ever_had() -> None:
    """S1-OMS-05: a report may answer an earlier message."""
    orders = Orders()
    order = sent(7, epoch=3, requests=2)
    orders.add(order)
    assert order.client_order == "3-7-2"
    assert orders.by_client("3-7-2") is order
    assert orders.by_client("3-7-1") is order


@pytest.mark.parametrize(
    "text", ["", "3-7-3", "2-7-1", "3-8-1", "3-7", "3-7-1-1", "3-7-x", "3-7--1", "-3-7-1", "٣-7-1"]
)
def test_what_is_no_client_order_id_of_ours_finds_nothing(text: str) -> None:
    """DESIGN invariant 11: an id of another epoch, order or message is none."""
    orders = Orders()
    orders.add(sent(7, epoch=3, requests=2))
    assert orders.by_client(text) is None


def test_an_order_is_found_by_every_id_that_its_venue_gave_it() -> None:
    """A replace may change the id: the old one still finds the order, at that venue alone."""
    orders = Orders()
    order = sent(7)
    orders.add(order)
    orders.name(order, "SIM", "V1")
    orders.name(order, "SIM", "V2")
    assert order.venue_order == "V2"
    assert orders.by_venue("SIM", "V1") is order
    assert orders.by_venue("SIM", "V2") is order
    assert orders.by_venue("OTHER", "V2") is None


def test_orders_are_found_by_instrument_and_strategy_and_by_whether_they_are_open() -> None:
    """S1-OMS-05: each look-up is a list that stands ready."""
    orders = Orders()
    buy, held = order_in(Status.SENT, 1), order_in(Status.HELD, 2)
    other = Order(submit(3, SELL, strategy=StrategyId(2), instrument=InstrumentId(2)), NO_TIME)
    for order in (buy, held, other):
        orders.add(order)
        orders.settle(order)
    assert orders.of_strategy(StrategyId(1)) == [buy, held]
    assert orders.of_instrument(InstrumentId(2)) == [other]
    assert orders.of_instrument(InstrumentId(9)) == []
    assert orders.working_in(InstrumentId(1)) == [buy]
    assert orders.held() == [held]


def test_conditions_that_nobody_set_are_shared_and_never_written() -> None:
    """Memory per order: a plain order has no conditions of its own."""
    first, second = order_in(Status.SENT, 1), order_in(Status.SENT, 2)
    assert first.conditions is PLAIN
    first.own_conditions().timeout = Nanos(5)
    assert second.conditions is PLAIN
    assert PLAIN.timeout == 0
