"""The order lifecycle: the table itself, and what an order counts on its way through it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.orders import NEXT_STATUS, WORKING, Event, Order, Orders
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId

# The whole table again, as a person reads it: what happens, and what becomes of each status.
# A status that is not named in a row has no such step.
TABLE = {
    Event.ACCEPTED: "SENT>OPEN OPEN>OPEN CANCEL_PENDING>CANCEL_PENDING"
    " REPLACE_PENDING>REPLACE_PENDING UNKNOWN>OPEN FILLED>FILLED CANCELED>CANCELED EXPIRED>EXPIRED",
    Event.REJECTED: "SENT>REJECTED UNKNOWN>REJECTED",
    Event.FILLED_IN_PART: "SENT>OPEN OPEN>OPEN CANCEL_PENDING>CANCEL_PENDING"
    " REPLACE_PENDING>REPLACE_PENDING UNKNOWN>UNKNOWN CANCELED>CANCELED EXPIRED>EXPIRED",
    Event.FILLED_WHOLLY: "SENT>FILLED OPEN>FILLED CANCEL_PENDING>FILLED REPLACE_PENDING>FILLED"
    " UNKNOWN>FILLED FILLED>FILLED CANCELED>FILLED EXPIRED>FILLED",
    Event.CANCEL_REQUESTED: "SENT>SENT OPEN>CANCEL_PENDING CANCEL_PENDING>CANCEL_PENDING"
    " REPLACE_PENDING>CANCEL_PENDING UNKNOWN>UNKNOWN",
    Event.CANCELED: "SENT>CANCELED OPEN>CANCELED CANCEL_PENDING>CANCELED"
    " REPLACE_PENDING>CANCELED UNKNOWN>CANCELED",
    Event.CANCEL_REJECTED: "CANCEL_PENDING>OPEN UNKNOWN>UNKNOWN FILLED>FILLED"
    " CANCELED>CANCELED EXPIRED>EXPIRED",
    Event.REPLACE_REQUESTED: "OPEN>REPLACE_PENDING",
    Event.REPLACED: "CANCEL_PENDING>CANCEL_PENDING REPLACE_PENDING>OPEN UNKNOWN>OPEN",
    Event.REPLACE_REJECTED: "CANCEL_PENDING>CANCEL_PENDING REPLACE_PENDING>OPEN UNKNOWN>UNKNOWN"
    " FILLED>FILLED CANCELED>CANCELED EXPIRED>EXPIRED",
    Event.EXPIRED: "SENT>EXPIRED OPEN>EXPIRED CANCEL_PENDING>EXPIRED REPLACE_PENDING>EXPIRED"
    " UNKNOWN>EXPIRED",
    Event.DISCONNECTED: "SENT>UNKNOWN OPEN>UNKNOWN CANCEL_PENDING>UNKNOWN"
    " REPLACE_PENDING>UNKNOWN UNKNOWN>UNKNOWN",
}
EXPECTED = {
    (Status[before], event): Status[after]
    for event, row in TABLE.items()
    for before, after in (step.split(">") for step in row.split())
}


def order_in(status: Status, number: int = 1, strategy: int = 1, quantity: int = 10) -> Order:
    """Return an order that stands somewhere in its life."""
    order = Order(
        OrderId(number),
        StrategyId(strategy),
        InstrumentId(1),
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(100),
        "",
        Nanos(0),
    )
    order.status = status
    return order


def terms_of(order: Order) -> list[object]:
    """Return everything of an order that a step could change."""
    return [
        *(order.status, order.quantity, order.price, order.filled, order.canceled),
        *(order.filled_cost, order.cancel_wanted, order.new_quantity, order.new_price),
    ]


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_an_order_takes_the_steps_of_the_table_and_no_others(status: Status, event: Event) -> None:
    """S1-OMS-02, B-OMS-03, B-OMS-04: every pair, those without a step change nothing."""
    order = order_in(status)
    order.ask_replace(Quantity(12), Price(101))
    before = terms_of(order)
    if (status, event) in EXPECTED:
        assert order.step(event)
        assert order.status is EXPECTED[status, event]
    else:
        assert not order.step(event)
        assert terms_of(order) == before


def test_the_table_that_documents_are_made_from_is_the_one_that_orders_walk() -> None:
    """S1-OMS-02: `NEXT_STATUS` is the whole rule."""
    assert NEXT_STATUS == EXPECTED


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", [status for status in Status if status not in WORKING])
def test_an_order_that_is_done_never_works_again(status: Status, event: Event) -> None:
    """S1-OMS-03: late fills may turn a canceled order into a filled one, nothing revives it."""
    order = order_in(status)
    order.step(event)
    assert not order.working
    assert order.leaves_worst == 0


def test_a_new_order_is_refused_until_risk_says_otherwise() -> None:
    """Invariant 3: no order begins as one that may trade."""
    order = order_in(Status.SENT)
    fresh = Order(
        order.order,
        order.strategy,
        order.instrument,
        order.side,
        order.order_type,
        order.time_in_force,
        order.post_only,
        order.quantity,
        order.price,
        order.tag,
        order.time,
    )
    assert fresh.status is Status.REFUSED
    assert not fresh.working


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
