"""What a venue really has: exact, whatever is said of it."""

from fairlead.model.terms import Side, Status
from fairlead.model.units import InstrumentId, Money, Nanos, OrderId, Price, Quantity
from tests.simulator.hostile.parts import CASH, DAY, approved, books

ONE = InstrumentId(1)


def test_executions_move_order_position_and_cash_and_can_be_taken_back() -> None:
    held = books()
    order = held.place(approved(1, 10))
    line = held.execute(order, Price(10_000), Quantity(4), Money(3), Nanos(5), DAY)
    assert (order.filled, order.leaves, held.position(ONE)) == (4, 6, 4)
    assert held.cash() == CASH - 4 * 10_000 - 3
    rest = held.execute(order, Price(10_000), Quantity(6), Money(0), Nanos(6), DAY)
    assert (order.status, order.leaves, held.alive()) == (Status.FILLED, 0, [])
    held.take_back(rest)
    assert (order.status, held.position(ONE)) == (Status.CANCELED, 4)
    held.take_back(line)
    assert (held.position(ONE), held.cash(), held.executed) == (0, CASH, 2)


def test_execution_ids_begin_anew_each_day_and_order_ids_after_a_crash() -> None:
    """The same id on another day is another execution."""
    held = books()
    order = held.place(approved(1))
    fill = (Price(10_000), Quantity(1), Money(0), Nanos(5))
    days = [held.execute(order, *fill, day) for day in (DAY, DAY, DAY + 1, DAY)]
    assert [(line.session_date - DAY, line.execution) for line in days] == [
        *((0, "E1"), (0, "E2"), (1, "E1"), (0, "E3"))
    ]
    held.forget_ids()
    assert held.place(approved(2)).venue_order == order.venue_order


def test_an_order_is_found_by_any_id_of_ours_and_a_statement_tells_all() -> None:
    held = books()
    order = held.place(approved(1))
    held.change(order, approved(1, 12, request=2))
    assert held.find(OrderId(9), "1-1-1") is held.find(OrderId(1)) is order
    assert held.find(OrderId(2)) is None
    assert not held.status(OrderId(2), ONE, Nanos(1)).found
    assert held.status(OrderId(1), ONE, Nanos(1)).quantity == 12
    held.execute(order, Price(10_000), Quantity(2), Money(0), Nanos(5), DAY)
    made = held.statement(Nanos(9), Nanos(6))
    assert made.orders is not None
    assert made.fills == ()
    assert [(line.client_order, line.filled) for line in made.orders] == [("1-1-2", 2)]
    assert [line.quantity for line in held.statement(Nanos(9), Nanos(5)).fills or ()] == [2]
    sold = held.place(approved(3, side=Side.SELL))
    held.execute(sold, Price(10_000), Quantity(5), Money(0), Nanos(6), DAY)
    assert [line.quantity for line in held.statement(Nanos(9)).positions or ()] == [-3]
