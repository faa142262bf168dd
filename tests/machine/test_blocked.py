"""What the last mile held back: the order ends as rejected, a replace leaves the old terms."""

from typing import Any

import pytest

from fairlead.model.inputs import Input, SendBlocked
from fairlead.model.outputs import (
    OrderRejected,
    ReplaceOrder,
    ReplaceRejected,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.terms import Contingency, Status
from fairlead.model.units import InstrumentId, OrderId, StrategyId
from tests.machine.build import (
    POLICY,
    SELL,
    Rig,
    accepted,
    cancel,
    canceled,
    filled,
    only,
    quote,
    rejected,
    replace,
    replaced,
    submit,
)

ONE = InstrumentId(1)
ORDER = OrderId(1)
MINE = StrategyId(1)
WHY = "last mile: the kill switch is engaged"


def blocked(order: int = 1, request: int = 1, instrument: int = 1) -> SendBlocked:
    """Return that the last mile held a message back."""
    return SendBlocked(OrderId(order), InstrumentId(instrument), request, WHY)


def test_a_new_order_that_was_held_back_is_rejected_with_the_reason_and_frees_its_exposure() -> (
    None
):
    """CTL-54: the machine learns that nothing left."""
    rig = Rig(submit(1))
    assert rig.give(blocked()) == [OrderRejected(ORDER, MINE, ONE, WHY)]
    assert (rig.status(1), rig.working()) == (Status.REJECTED, 0)
    assert rig.order(1).failure == WHY


def test_an_order_that_was_held_back_is_neither_asked_about_nor_waited_for() -> None:
    rig = Rig(POLICY, submit(1), blocked())
    assert rig.machine.next_due() is None
    rig.wait(10**12)
    assert rig.give(quote(99, 101)) == []


def test_a_replace_that_was_held_back_leaves_the_old_terms() -> None:
    rig = Rig(submit(1), accepted(1))
    asked = only(ReplaceOrder, rig.give(replace(1, 20)))
    assert rig.give(blocked(request=asked.approved.request)) == [
        ReplaceRejected(ORDER, MINE, ONE, Status.OPEN, WHY)
    ]
    assert (rig.status(1), rig.order(1).quantity, rig.working()) == (Status.OPEN, 8, 8)
    again = only(ReplaceOrder, rig.give(replace(1, 12)))
    assert again.approved.request == asked.approved.request + 1


def test_the_strategy_may_ask_anew_after_an_order_was_held_back() -> None:
    rig = Rig(submit(1), blocked())
    assert only(SendOrder, rig.give(submit(2))).approved.order == 2


@pytest.mark.parametrize(
    ("past", "news", "problem"),
    [
        ([], blocked(), "unknown order"),
        ([submit(1)], blocked(instrument=2), "the order is in another instrument"),
        ([submit(1)], blocked(request=0), "message 0 is not pending"),
        ([submit(1)], blocked(request=2), "message 2 is not pending"),
        ([submit(1), accepted(1)], blocked(), "the venue took the order before"),
        ([submit(1), filled(1, 3, "E1")], blocked(), "the venue took the order before"),
        ([submit(1), blocked()], blocked(), "no such step from REJECTED"),
        ([submit(1), canceled(1)], blocked(), "no such step from CANCELED"),
        (
            [submit(1), accepted(1), replace(1, 20), replaced(1, 20)],
            blocked(request=2),
            "message 2 is not pending",
        ),
        (
            [submit(1), accepted(1), replace(1, 20)],
            blocked(request=1),
            "the venue took the order before",
        ),
    ],
)
def test_what_cannot_have_been_held_back_changes_nothing_and_is_kept_as_a_fault(
    past: list[Input], news: SendBlocked, problem: str
) -> None:
    """B-OMS: a report never vanishes."""
    rig = Rig(*past)
    order = rig.machine.orders.get(ORDER)
    before = (order.status, order.quantity, rig.working()) if order is not None else None
    faulted = only(ReportFaulted, rig.give(news))
    assert (faulted.report, faulted.reason) == ("SendBlocked", problem)
    if order is not None:
        assert (order.status, order.quantity, rig.working()) == before


def test_a_cancel_that_waited_for_the_order_goes_nowhere_when_the_order_was_held_back() -> None:
    rig = Rig(submit(1), cancel(1))
    outputs = rig.give(blocked())
    assert [type(one) for one in outputs] == [OrderRejected]
    assert rig.status(1) is Status.REJECTED


def test_a_child_that_waits_for_an_order_that_was_held_back_never_goes() -> None:
    """One that comes after another's fill: there will be none."""
    rig = Rig(submit(1), submit(2, SELL, quantity=8, price=101, after=ORDER))
    assert rig.status(2) is Status.HELD
    rig.give(blocked())
    assert rig.status(2) not in (Status.HELD, Status.SENT)


@pytest.mark.parametrize("contingency", [Contingency.OCO, Contingency.OUO])
def test_what_hangs_together_goes_on_as_after_a_no_of_the_venue(contingency: Contingency) -> None:
    group: dict[str, Any] = {"group": 7, "contingency": contingency}
    past = [submit(1, **group), submit(2, price=99, **group)]
    held_back, said_no = Rig(*past), Rig(*past)
    ours, theirs = held_back.give(blocked(2)), said_no.give(rejected(2))
    assert [type(one) for one in ours] == [type(one) for one in theirs]
    for number in (1, 2):
        assert held_back.status(number) is said_no.status(number)
