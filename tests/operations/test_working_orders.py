"""What works is what the machine says works, told from its outputs alone."""

from pathlib import Path

import pytest

from fairlead.journal.history import History
from fairlead.machine.machine import Machine
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input, InstrumentRenamed
from fairlead.model.order_facts import (
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderResolved,
    OrderRetried,
    OrderSuspended,
    OrderUnknown,
    ReplaceRejected,
)
from fairlead.model.outputs import CancelOrder, Output
from fairlead.model.terms import Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, Sequence
from fairlead.node.recovery import replay
from fairlead.operations.working_orders import ENDED_MAX, WorkingOrder, WorkingOrders
from tests.cli.sessions import fairlead
from tests.machine.hostile_session import Session
from tests.operations.journals import (
    STRATEGY,
    accepted,
    definition,
    entry,
    filled,
    replacing,
    sent,
)

ONE, X = OrderId(1), InstrumentId(1)
OF_ONE = (ONE, STRATEGY, X)


def after(*answers: list[Output]) -> list[tuple[str, ...]]:
    """Return the client order ids of what works after some answers of the machine."""
    orders = WorkingOrders()
    orders.apply(entry(input=definition(1, "A")))
    for outputs in answers:
        orders.apply(entry(*outputs))
    return [order.client_orders for order in orders.orders()]


SENT: list[Output] = [sent(1)]
REPLACED = OrderReplaced(*OF_ONE, Quantity(9), Price(1))


def test_an_order_works_from_when_it_is_sent_with_venue_and_symbol() -> None:
    orders = WorkingOrders("s")
    orders.apply(entry(input=definition(1, "A")))
    orders.apply(entry(input=definition(2, "B")))
    orders.apply(entry(sent(1), sent(2, instrument=2)))
    assert orders.orders() == [
        WorkingOrder("A", "S1", "s", ONE, ("1-1-1",)),
        WorkingOrder("B", "S2", "s", OrderId(2), ("1-2-1",)),
    ]
    orders.apply(entry(input=InstrumentRenamed(X, "NEW", "r")))
    assert orders.orders()[0].symbol == "NEW"


def test_an_order_of_an_instrument_that_nobody_defined_works_at_no_venue() -> None:
    orders = WorkingOrders()
    orders.apply(entry(sent(1)))
    assert [order.venue for order in orders.orders()] == [""]


@pytest.mark.parametrize(
    "fact",
    [
        accepted(1),
        filled(leaves=3),
        OrderUnknown(*OF_ONE, "no answer"),
        OrderSuspended(*OF_ONE, "auction"),
        OrderResolved(*OF_ONE, Status.OPEN, "query"),
        CancelOrder(ONE, X, 2, "1-1-1"),
        REPLACED,
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_what_is_in_flight_open_or_unknown_works(fact: Output) -> None:
    """DESIGN invariants 8 and 10."""
    assert after(SENT, [fact]) == [("1-1-1",)]


@pytest.mark.parametrize(
    "fact",
    [
        filled(leaves=0),
        OrderRejected(*OF_ONE, "no"),
        OrderCanceled(*OF_ONE, Quantity(8), "asked"),
        OrderExpired(*OF_ONE, Quantity(8)),
        OrderRetried(*OF_ONE, 2, "busy"),
        *(
            OrderResolved(*OF_ONE, status, "query")
            for status in (Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED)
        ),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_what_ended_does_not_work_and_may_come_back(fact: Output) -> None:
    assert after(SENT, [fact]) == []
    assert after(SENT, [fact], [OrderUnknown(*OF_ONE, "a fill was taken back")]) == [("1-1-1",)]
    assert after(SENT, [fact], [accepted(1)]) == [("1-1-1",)]


def test_a_replace_gives_a_second_id_until_the_venue_answers() -> None:
    replace: list[Output] = [replacing(1)]
    assert after(SENT, replace) == [("1-1-1", "1-1-2")]
    assert after(SENT, replace, [ReplaceRejected(*OF_ONE, Status.OPEN, "no")]) == [("1-1-1",)]
    third: list[Output] = [replacing(1, request=3)]
    ids = ("1-1-1", "1-1-2", "1-1-3")
    assert after(SENT, replace, [REPLACED], third) == [ids]
    assert after(SENT, replace, [REPLACED], third, [REPLACED]) == [ids[1:]]
    fourth: list[Output] = [replacing(1, request=4)]
    assert after(SENT, replace, third, fourth) == [("1-1-2", "1-1-3", "1-1-4")]


def test_facts_of_an_order_that_never_left_make_nothing_work() -> None:
    assert after([OrderRejected(*OF_ONE, "no"), REPLACED], [filled(leaves=0)]) == []


def test_an_unknown_order_whose_id_nobody_kept_still_works() -> None:
    assert after([OrderUnknown(*OF_ONE, "no answer")]) == [()]


def test_memory_is_bounded_by_what_works() -> None:
    orders = WorkingOrders()
    for order in range(1, 2 * ENDED_MAX):
        canceled = OrderCanceled(OrderId(order), STRATEGY, X, Quantity(8), "asked")
        orders.apply(entry(sent(order), canceled))
    assert len(orders) == 0
    assert len(orders._ended) == ENDED_MAX


def test_what_cannot_be_decoded_is_told() -> None:
    made = entry()
    made.outputs = b"\xc1"
    with pytest.raises(UndecodableRecord):
        WorkingOrders().apply(made)


class Followed(Session):
    """A session with a hostile venue that is followed from its outputs alone."""

    def __init__(self, seed: int) -> None:
        """Begin both."""
        self.following = WorkingOrders()
        self.compared = 0
        super().__init__(seed)

    def say(self, one: Input, to_twin: Input | None = None) -> list[Output]:
        """Let the machine answer, follow, and compare: who works, and by which id."""
        answered = super().say(one, to_twin)
        self.following.apply(entry(*answered, input=one))
        followed = {order.order: order.client_orders for order in self.following.orders()}
        for order in self.machine.orders.all_working():
            assert order.client_order in followed[order.order]
            self.compared += 1
        if not self.machine.orders.all_working():
            assert not followed, "what the machine knows to have ended does not work"
        return answered


@pytest.mark.parametrize("seed", range(10))
def test_whatever_a_venue_does_nothing_that_works_is_missed(seed: int) -> None:
    session = Followed(seed)
    for _ in range(500):
        session.step()
    session.settle()
    assert session.compared > 0


def test_of_a_recorded_session_it_knows_what_the_machine_knows(tmp_path: Path) -> None:
    done = fairlead("run", "--for", "30s", "--speed", "max", "--json", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    journal = tmp_path / "var/journal/0001"
    entries = {one.sequence: one for one in History(journal).entries()}
    machine, following = Machine(), WorkingOrders()
    compared = 0

    class Comparing:
        def follow(self, sequence: Sequence, time: Nanos, *_: object) -> None:
            nonlocal compared
            following.apply(entries[sequence])
            working = {order.order for order in machine.orders.all_working()}
            assert {order.order for order in following.orders()} == working
            compared += len(working)

    replay(journal, readers=[Comparing()], machine=machine)
    assert compared > 0
