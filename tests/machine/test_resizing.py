"""How an order is brought to another size, and reduce-only orders to the position."""

from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.orders import Order
from fairlead.machine.triggers import is_leaving
from fairlead.model.inputs import Input, OrderPolicyChange
from fairlead.model.outputs import (
    OrderCanceled,
    OrderRefused,
)
from fairlead.model.policies import OrderPolicy
from fairlead.model.terms import Contingency, Side, Status
from fairlead.model.units import (
    Nanos,
    OrderId,
    Quantity,
)
from tests.machine.build import (
    BUY,
    CONNECTED,
    DISCONNECTED,
    SECOND,
    SELL,
    UNCONFIRMED,
    Rig,
    accepted,
    busted,
    cancel,
    cancel_rejected,
    filled,
    limits,
    only,
    order_status,
    quote,
    rate,
    rejected,
    replace_rejected,
    submit,
)
from tests.machine.families import (
    FORGOTTEN,
    Counterparty,
    limit_of_group,
    live,
    messages,
    remembered,
)

OCO, OUO = Contingency.OCO, Contingency.OUO
PARENT = submit(1, BUY, 8, 100)
CHILD = submit(2, SELL, 8, 105, after=OrderId(1))
POLICY = OrderPolicyChange(OrderPolicy(timeout=Nanos(0)), "ann", "agreed")


# --- what the venue and risk say ------------------------------------------------------------------


def test_a_child_that_the_venue_does_not_enlarge_stays_until_it_is_to_be_another() -> None:
    """What was turned down is not asked for at the speed of the wire."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"), accepted(2))
    assert messages(rig.give(filled(1, 2, "E2"))) == [("replace", 2, 5)]
    assert messages(rig.give(replace_rejected(2))) == []
    assert messages(rig.give(accepted(1))) == []
    assert messages(rig.give(filled(1, 1, "E3"))) == [("replace", 2, 6)]


def test_a_child_that_reduces_grows_by_what_its_parent_filled_whatever_else_is_held() -> None:
    """OTO: the position would allow more; the parent does not."""
    child = submit(2, SELL, 8, 105, after=OrderId(1), reduce_only=True)
    rig = Rig(PARENT, child, submit(10, BUY, 20, 100), filled(10, 20, "E0"))
    rig.give(accepted(1), filled(1, 3, "E1"))
    rig.give(accepted(2), filled(2, 2, "E2"))
    assert messages(rig.give(filled(1, 2, "E3"))) == [("replace", 2, 5)]


def test_a_child_that_risk_does_not_let_grow_is_refused_once() -> None:
    """Invariant 12: recorded, and the order stays as it is."""
    rig = Rig(PARENT, CHILD, accepted(1), filled(1, 3, "E1"), accepted(2))
    rig.give(limits(order_quantity_max=Quantity(4)))
    refusal = only(OrderRefused, rig.give(filled(1, 2, "E2")))
    assert (refusal.order, refusal.request) == (2, "replace")
    assert [one for one in rig.give(accepted(1)) if isinstance(one, OrderRefused)] == []
    assert rig.order(2).quantity == 3


def test_a_loser_that_the_venue_does_not_cancel_is_asked_again_later_and_not_at_once() -> None:
    """Not at the speed of the wire: with the next change after a while."""
    rig = Rig(limit_of_group(1, OCO), limit_of_group(2, OCO, SELL, 103), accepted(1), accepted(2))
    assert messages(rig.give(filled(1, 1, "E1"))) == [("cancel", 2, 0)]
    assert messages(rig.give(cancel_rejected(2), filled(1, 1, "E2"))) == []
    rig.wait(SECOND)
    assert messages(rig.give(filled(1, 1, "E3"))) == [("cancel", 2, 0)]


def test_an_order_that_is_to_be_smaller_and_cannot_be_is_canceled() -> None:
    """OUO: more than is left must not stand, whoever says no."""
    rig = Rig(limit_of_group(1, OUO), limit_of_group(2, OUO), accepted(1), accepted(2))
    rig.give(rate(0, 0))
    outputs = rig.give(filled(1, 3, "E1"))
    assert only(OrderRefused, outputs).request == "replace"
    assert messages(outputs) == [("cancel", 2, 0)]


def test_the_other_of_a_group_may_be_unknown() -> None:
    """B-OMS-13: it is made smaller when it turns out to live."""
    rig = Rig(
        UNCONFIRMED,
        limit_of_group(1, OUO),
        limit_of_group(2, OUO),
        accepted(1),
        accepted(2),
        DISCONNECTED,
    )
    assert messages(rig.give(filled(1, 3, "E1"))) == []
    rig.give(CONNECTED, order_status(1, Status.OPEN, 3))
    assert messages(rig.give(order_status(2, Status.OPEN))) == [("replace", 2, 5)]


# --- reduce-only ----------------------------------------------------------------------------------


def long(quantity: int = 10) -> tuple[Input, ...]:
    """Return how strategy 1 comes to hold something."""
    return submit(1, BUY, quantity, 100), filled(1, quantity, "E1")


def reducing(order: int, quantity: int, price: int = 105, side: Side = SELL) -> Input:
    """Return a reduce-only limit."""
    return submit(order, side, quantity, price, reduce_only=True)


def test_the_newest_of_the_buys_that_reduce_a_short_lose_first_too() -> None:
    """Likewise on the other side."""
    rig = Rig(submit(1, SELL, 10, 100), filled(1, 10, "E1"))
    for number, quantity in ((2, 4), (3, 3), (4, 3)):
        rig.give(reducing(number, quantity, 95, BUY), accepted(number))
    rig.give(submit(5, BUY, 5, 101))
    assert messages(rig.give(filled(5, 5, "E2"))) == [("replace", 3, 1), ("cancel", 4, 0)]


def test_the_newest_reduce_only_orders_lose_first() -> None:
    """Who came first keeps its place."""
    rig = Rig(*long(10), reducing(2, 4), reducing(3, 3), reducing(4, 3))
    rig.give(accepted(2), accepted(3), accepted(4))
    rig.give(submit(5, SELL, 5, 99))
    assert messages(rig.give(filled(5, 5, "E2"))) == [("replace", 3, 1), ("cancel", 4, 0)]


def test_an_order_that_is_asked_to_cancel_still_takes_its_part_of_the_position() -> None:
    """Invariant 8: it may fill until the venue says that it is gone."""
    rig = Rig(*long(10), reducing(2, 6), reducing(3, 4), accepted(2), accepted(3), cancel(2))
    rig.give(submit(5, SELL, 2, 99))
    assert messages(rig.give(filled(5, 2, "E2"))) == [("replace", 3, 2)]


def test_an_order_that_is_not_reduce_only_takes_nothing_from_those_that_are() -> None:
    """A quote beside a way out must not take it away; what the quote fills does."""
    rig = Rig(*long(10), reducing(2, 10), accepted(2))
    assert messages(rig.give(submit(3, SELL, 8, 106))) == [("send", 3, 8)]
    assert messages(rig.give(filled(3, 8, "E2"))) == [("replace", 2, 2)]


def test_the_position_of_another_strategy_is_none_to_reduce() -> None:
    """Each strategy gets out of what is its own."""
    rig = Rig(*long(10), reducing(2, 10), accepted(2))
    other = {"strategy": submit(1).strategy + 1}
    assert messages(rig.give(submit(20, SELL, 10, 99, **other))) == [("send", 20, 10)]
    assert messages(rig.give(filled(20, 10, "E2"))) == []
    refused = rig.refused(submit(21, SELL, 1, 100, reduce_only=True, **other))
    assert refused == {"reduce_only": (1, 0)}


def test_a_position_that_turns_ends_the_orders_that_reduced_it() -> None:
    """They would add to it now."""
    rig = Rig(*long(10), reducing(2, 5), accepted(2), submit(3, SELL, 12, 99))
    assert messages(rig.give(filled(3, 12, "E2"))) == [("cancel", 2, 0)]


def test_a_busted_entry_cuts_what_reduces_it() -> None:
    """What was never bought cannot be sold."""
    rig = Rig(*long(10), reducing(2, 8), accepted(2))
    assert messages(rig.give(busted(1, "E1"))) == [("cancel", 2, 0)]


def test_a_reduce_only_order_that_came_back_is_cut_before_its_next_attempt() -> None:
    """It would be refused for what it was too much; nothing is left of one that has none."""
    rig = Rig(POLICY, *long(10), reducing(2, 8), rejected(2, transient=True))
    rig.wait(SECOND // 2)
    rig.give(quote(99, 101), submit(3, SELL, 6, 99), filled(3, 6, "E2"))
    assert (rig.order(2).quantity, rig.order(2).updated) == (4, rig.time)
    rig.wait(SECOND // 2)
    assert messages(rig.give(quote(99, 101))) == [("send", 2, 4)]
    rig = Rig(POLICY, *long(10), reducing(2, 8), rejected(2, transient=True))
    rig.give(submit(3, SELL, 10, 99))
    gone = only(OrderCanceled, rig.give(filled(3, 10, "E2")))
    assert (gone.order, gone.reason) == (2, "nothing is left to reduce")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["buy", "sell", "reduce", "fill", "answer", "refuse", "bust", "cancel"]
            ),
            st.integers(1, 12),
            st.integers(1, 9),
        ),
        max_size=50,
    )
)
def test_reduce_only_orders_are_never_meant_to_be_more_than_the_position(
    steps: list[tuple[str, int, int]],
) -> None:
    """What they are on their way to fits; only what the venue turned down is more, and is ending.

    Busts included; everything ends, and nothing is remembered.
    """
    rig, venue, last = Rig(), Counterparty(), 0
    fills: dict[int, str] = {}
    for what, number, quantity in steps:
        if what in ("buy", "sell", "reduce"):
            last += 1
            side = SELL if what != "buy" else BUY
            request = submit(last, side, quantity, 100, reduce_only=what == "reduce")
            venue.take(rig.give(request))
            continue
        answers: list[Input] = []
        if what == "fill":
            answers = venue.fill(number, quantity)
            fills |= {number: f"x{venue.executions}"} if answers else {}
        elif what == "bust":
            answers = [busted(number, fills.pop(number))] if number in fills else []
        elif what == "cancel":
            answers = [cancel(number)]
        else:
            answers = venue.answer(number, agrees=what == "answer")
        venue.take(rig.give(*answers))
        check_reducing(rig)
    for number in range(1, last + 1):
        venue.take(rig.give(cancel(number)))
        while venue.asked.get(number):
            venue.take(rig.give(*venue.answer(number, agrees=True)))
            rig.wait(2 * SECOND)
            venue.take(rig.give(cancel(number)))
    assert live(rig) == []
    assert remembered(rig) == FORGOTTEN


def check_reducing(rig: Rig) -> None:
    """All reduce-only sells that are to go on are at most for what is held."""
    meant = 0
    for order in rig.machine.orders.all():
        if order.working and order.conditions.reduce_only and not is_leaving(order):
            link = rig.machine.state.links.get(order.order)
            assert link is not None
            meant += 0 if link.asked == 0 else aim(order)
    assert meant <= max(0, rig.position().quantity)


def aim(order: Order) -> int:
    """Return what an order still is to trade when all that was asked for is answered."""
    total = order.wanted_quantity or order.new_quantity or order.quantity
    return max(0, total - order.filled)
