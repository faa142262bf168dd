"""What could still trade: every order at its worst case, counted once, freed once."""

import pytest

from fairlead.machine.books import Book
from fairlead.machine.lifecycle import Event
from fairlead.machine.orders import Order
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.lanes import Lanes
from fairlead.machine.risk.tree import Tree
from fairlead.model.outputs import SendOrder
from fairlead.model.terms import Side, Status
from fairlead.model.units import AccountId, InstrumentId, Nanos, Price, Quantity, StrategyId
from tests.machine.build import (
    BUY,
    DISCONNECTED,
    PERPETUAL,
    POLICY,
    SECOND,
    SELL,
    SPOT,
    Rig,
    accepted,
    canceled,
    only,
    quote,
    replace,
    replaced,
    submit,
)
from tests.machine.hostile_session import Session
from tests.machine.risk import brute

ONE = InstrumentId(1)


def laid() -> Exposure:
    """Return an exposure that knows a strategy in two instruments."""
    exposure, tree = Exposure(Lanes()), Tree()
    for terms in (PERPETUAL, SPOT):
        exposure.add_instrument(terms, Book(terms.instrument))
        path = tree.lay(StrategyId(1), "mm", AccountId(1), "main", "", terms)
        exposure.lay(StrategyId(1), path, terms)
    return exposure


def an_order(status: Status, side: Side = BUY, number: int = 1) -> Order:
    """Return an order of 10, 4 of them filled."""
    order = Order(submit(number, side, quantity=10), Nanos(0))
    order.status = status
    order.filled = Quantity(4)
    return order


@pytest.mark.parametrize("status", Status)
def test_what_may_still_trade_counts_and_what_is_done_does_not(status: Status) -> None:
    """Invariant 8: in flight, pending and unknown orders count in full."""
    working = status in (
        *(Status.SENT, Status.OPEN, Status.UNKNOWN),
        *(Status.CANCEL_PENDING, Status.REPLACE_PENDING),
        *(Status.TRIGGERED, Status.SUSPENDED, Status.DONE_FOR_DAY),
    )
    exposure = laid()
    exposure.settle(an_order(status))
    assert exposure.of(ONE).buys == (6 if working else 0)
    assert exposure.of(ONE).sells == 0


def test_counting_an_order_again_counts_it_anew() -> None:
    """B-RISK-10: reserved once, released once, however often it is looked at."""
    exposure = laid()
    order = an_order(Status.OPEN, SELL)
    exposure.settle(order)
    exposure.settle(order)
    assert exposure.of(ONE).sells == 6
    order.filled = Quantity(7)
    exposure.settle(order)
    assert exposure.of(ONE).sells == 3
    order.step(Event.CANCELED)
    exposure.settle(order)
    exposure.settle(order)
    assert exposure.of(ONE).sells == 0


def test_the_sides_and_the_instruments_are_counted_apart() -> None:
    """B-RISK-01, B-RISK-02: long and short worst cases are two numbers."""
    exposure = laid()
    exposure.settle(an_order(Status.OPEN, BUY, 1))
    exposure.settle(an_order(Status.OPEN, SELL, 2))
    exposure.settle(an_order(Status.OPEN, SELL, 3))
    working = exposure.of(ONE)
    assert (working.buys, working.sells) == (6, 12)
    assert exposure.of(InstrumentId(2)).buys == 0


def test_a_replace_that_is_not_answered_counts_at_the_larger_quantity() -> None:
    """Invariant 8: up counts at once, down when the venue has said so."""
    exposure = laid()
    order = an_order(Status.OPEN)
    order.step(Event.REPLACE_REQUESTED)
    order.ask_replace(Quantity(25), Price(100))
    exposure.settle(order)
    assert exposure.of(ONE).buys == 21
    order.ask_replace(Quantity(5), Price(100))
    exposure.settle(order)
    assert exposure.of(ONE).buys == 6


def test_unknown_orders_are_listed_until_they_are_resolved() -> None:
    """Invariant 10: the gate asks for them by instrument."""
    exposure = laid()
    orders = [an_order(Status.OPEN, number=number) for number in (1, 2)]
    for order in orders:
        order.step(Event.DISCONNECTED)
        exposure.settle(order)
    assert list(exposure.of(ONE).unknown) == [1, 2]
    orders[0].step(Event.CANCELED)
    exposure.settle(orders[0])
    assert list(exposure.of(ONE).unknown) == [2]
    orders[1].step(Event.ACCEPTED)
    exposure.settle(orders[1])
    assert not exposure.of(ONE).unknown


def test_an_overfilled_order_frees_no_more_than_it_held() -> None:
    """B-OMS-09: what was filled too much is in the position, not a credit here."""
    exposure = laid()
    order = an_order(Status.OPEN)
    exposure.settle(order)
    order.fill(Price(100), Quantity(9))
    exposure.settle(order)
    assert exposure.of(ONE).buys == 0


# --- in the machine -------------------------------------------------------------------------------


def test_an_unknown_order_blocks_its_instrument_and_no_other() -> None:
    """Invariant 10: until it is known what works there, nothing new goes there."""
    rig = Rig(POLICY, submit(1))
    rig.wait(5 * SECOND)  # no answer
    rig.give(quote(99, 101), quote(99, 101, instrument=2))
    assert rig.refused(submit(2))["orders_unknown"] == (1, 0)
    only(SendOrder, rig.give(submit(3, instrument=InstrumentId(2))))
    rig.give(canceled(1))
    only(SendOrder, rig.give(submit(4)))


def test_an_unknown_order_counts_at_its_worst_case() -> None:
    """Invariants 8 and 10: with the larger quantity of a replace that was in flight."""
    rig = Rig(submit(1), accepted(1), replace(1, 20), DISCONNECTED)
    assert (rig.status(1), rig.working()) == (Status.UNKNOWN, 20)


def test_a_replace_that_was_in_flight_at_a_break_is_pending_again_when_the_order_lives() -> None:
    """Invariant 8: it may still be answered, and counts until it is."""
    rig = Rig(submit(1), accepted(1), replace(1, 20), DISCONNECTED, accepted(1))
    assert (rig.status(1), rig.working()) == (Status.REPLACE_PENDING, 20)
    rig.give(replaced(1, 20))
    assert (rig.status(1), rig.working()) == (Status.OPEN, 20)


@pytest.mark.parametrize("seed", range(3))
def test_totals_that_nobody_asked_for_are_right_when_somebody_does(seed: int) -> None:
    """Invariant 8: what a scope comes to does not depend on when one looks."""
    session = Session(seed)
    for step in range(1, 121):
        session.step()
        if step % 60 == 0:
            brute.check(session.machine)
