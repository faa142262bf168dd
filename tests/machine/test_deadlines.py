"""Deadlines: what is due when, and that none outlives what it waits for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.deadlines import NEVER_DUE, Deadlines, Due
from fairlead.machine.orders import Order
from fairlead.model.units import Nanos
from tests.machine.build import NO_TIME, submit

OWN = (Due.STATEMENT, Due.RISK, Due.KILL)  # of no order


def order(number: int) -> Order:
    """Return an order."""
    return Order(submit(number), NO_TIME)


def taken(deadlines: Deadlines, time: int) -> list[tuple[Due, int]]:
    """Return everything that is due, in order."""
    found: list[tuple[Due, int]] = []
    while (due := deadlines.take(Nanos(time))) is not None:
        found.append(due)
    return found


def test_what_is_due_comes_in_the_order_of_its_time() -> None:
    """A fixed order: by time, then by order number, then by kind."""
    deadlines = Deadlines()
    first, second = order(1), order(2)
    deadlines.set(Due.TIMEOUT, second, Nanos(30))
    deadlines.set(Due.ANSWER, first, Nanos(10))
    deadlines.set(Due.EXPIRY, second, Nanos(10))
    deadlines.set_own(Due.STATEMENT, Nanos(20))
    assert deadlines.next_time == 10
    assert taken(deadlines, 9) == []
    assert taken(deadlines, 25) == [(Due.ANSWER, 1), (Due.EXPIRY, 2), (Due.STATEMENT, 0)]
    assert deadlines.next_time == 30


def test_a_deadline_can_be_moved_and_dropped() -> None:
    """`next_time` is always one at which something is really due."""
    deadlines = Deadlines()
    one = order(1)
    deadlines.set(Due.ANSWER, one, Nanos(10))
    deadlines.set(Due.ANSWER, one, Nanos(40))
    assert deadlines.next_time == 40
    deadlines.set(Due.TIMEOUT, one, Nanos(20))
    deadlines.cancel(Due.TIMEOUT, one)
    deadlines.cancel(Due.TIMEOUT, one)
    assert deadlines.next_time == 40
    deadlines.drop(one)
    assert (deadlines.next_time, deadlines.content()) == (NEVER_DUE, [])


@pytest.mark.parametrize("due", OWN)
def test_a_deadline_of_no_order_is_moved_and_dropped_like_the_others(due: Due) -> None:
    """One of each kind; dropping what is not set changes nothing."""
    deadlines = Deadlines()
    deadlines.set_own(due, Nanos(5))
    deadlines.set_own(due, Nanos(9))
    assert taken(deadlines, 20) == [(due, 0)]
    deadlines.set_own(due, Nanos(5))
    deadlines.cancel_own(due)
    deadlines.cancel_own(due)
    assert (deadlines.next_time, deadlines.content()) == (NEVER_DUE, [])


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Due), st.integers(0, 50)), max_size=200)
)
def test_deadlines_are_those_of_a_plain_dictionary(steps: list[tuple[int, Due, int]]) -> None:
    """Against a naive twin: set, moved and dropped in any order, taken whole at the end."""
    deadlines = Deadlines()
    orders = [order(number + 1) for number in range(5)]
    naive: dict[tuple[int, Due], int] = {}
    for which, due, time in steps:
        if due is Due.KILL:  # stands for: drop
            deadlines.drop(orders[which])
            naive = {key: each for key, each in naive.items() if key[0] != which + 1}
        elif due in OWN:
            deadlines.set_own(due, Nanos(time))
            naive[0, due] = time
        else:
            deadlines.set(due, orders[which], Nanos(time))
            naive[which + 1, due] = time
        assert deadlines.next_time == min(naive.values(), default=NEVER_DUE)
    expected = sorted((time, number, due) for (number, due), time in naive.items())
    assert taken(deadlines, 50) == [(due, number) for _, number, due in expected]


def test_deadlines_do_not_grow_with_the_orders_that_were_answered() -> None:
    """DESIGN invariant 14: memory does not grow with history."""
    deadlines = Deadlines()
    for number in range(1, 10_000):
        one = order(number)
        deadlines.set(Due.ANSWER, one, Nanos(number + 5_000))
        deadlines.drop(one)
    assert deadlines.content() == []
    assert len(deadlines._heap) < 200
