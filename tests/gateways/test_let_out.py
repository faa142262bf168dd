"""What was let out: children never exceed their parent, whatever an algorithm believes."""

import random

import msgspec
import pytest

from fairlead.gateways.let_out import LetOutOrders
from fairlead.model.actions import ReplaceOrder, SendOrder
from fairlead.model.statements import StatementFill
from fairlead.model.terms import Liquidity, Side, Status
from fairlead.model.units import AccountId, Money, Nanos, OrderId, Price, Quantity
from fairlead.model.venue_reports import (
    Statement,
    VenueBusted,
    VenueCorrected,
    VenueOrderStatus,
    VenueReplaced,
)
from tests.gateways.messages import (
    OTHER,
    PRICE,
    SPOT,
    canceled,
    child,
    expired,
    filled,
    rejected,
    replace,
    replace_rejected,
    replaced,
    send,
)

PARENT = 1_000


def leave(orders: LetOutOrders, action: SendOrder | ReplaceOrder) -> bool:
    """Let a message out if it may leave; return whether it did."""
    if orders.unfit(action.approved):
        return False
    orders.count(action.approved)
    return True


def used(orders: LetOutOrders) -> int:
    parent = orders.parent(OrderId(PARENT))
    assert parent is not None
    return parent.used


def test_children_reach_their_parent_and_not_one_unit_more() -> None:
    """CTL-54, B-RISK: at the bound, one below, one above."""
    orders = LetOutOrders()
    assert leave(orders, child(1, 60, PARENT, 100))
    assert not leave(orders, child(2, 41, PARENT, 100))
    assert leave(orders, child(2, 39, PARENT, 100))
    assert leave(orders, child(3, 1, PARENT, 100))
    assert not leave(orders, child(4, 1, PARENT, 100))
    assert used(orders) == 100


def test_one_child_larger_than_its_parent_never_leaves() -> None:
    orders = LetOutOrders()
    assert not leave(orders, child(1, 101, PARENT, 100))
    assert leave(orders, child(1, 100, PARENT, 100))


def test_a_parent_that_is_said_to_be_larger_later_is_as_large_as_it_was() -> None:
    orders = LetOutOrders()
    assert leave(orders, child(1, 100, PARENT, 100))
    assert not leave(orders, child(2, 1, PARENT, 10_000))
    assert "of 100" in orders.unfit(child(2, 1, PARENT, 10_000).approved)


def test_a_parent_that_is_said_to_be_smaller_later_is_smaller() -> None:
    orders = LetOutOrders()
    assert leave(orders, child(1, 40, PARENT, 100))
    assert not leave(orders, child(2, 20, PARENT, 50))
    assert leave(orders, child(2, 10, PARENT, 50))


@pytest.mark.parametrize("end", [canceled, expired, rejected])
def test_what_a_child_did_not_fill_comes_back_when_its_venue_says_that_it_is_gone(
    end: object,
) -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(filled(1, 30))
    assert not leave(orders, child(2, 1, PARENT, 100)), "it may still fill"
    assert callable(end)
    orders.reported(end(1))
    assert used(orders) == 30
    assert not leave(orders, child(2, 71, PARENT, 100))
    assert leave(orders, child(2, 70, PARENT, 100))


def test_a_cancel_that_was_asked_for_gives_nothing_back() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    assert not leave(orders, child(2, 100, PARENT, 100)), "only the venue's word counts"


def test_a_parent_that_is_filled_lets_nothing_out_when_it_is_replayed() -> None:
    """The Knight cause: a parent that was filled is worked again."""
    orders = LetOutOrders()
    for number in range(1, 11):
        assert leave(orders, child(number, 10, PARENT, 100))
        orders.reported(filled(number, 10))
    for number in range(11, 200):
        assert not leave(orders, child(number, 10, PARENT, 100))
    assert "filled" in orders.unfit(child(200, 10, PARENT, 100).approved)
    parent = orders.parent(OrderId(PARENT))
    assert parent is not None
    assert parent.is_filled


def test_fills_that_come_after_the_cancel_count() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(canceled(1))
    orders.reported(filled(1, 80))
    assert used(orders) == 80
    assert not leave(orders, child(2, 21, PARENT, 100))
    assert leave(orders, child(2, 20, PARENT, 100))


def test_an_execution_counts_once_however_often_it_is_reported() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    for _ in range(5):
        orders.reported(filled(1, 10, "one"))
    orders.reported(canceled(1))
    orders.reported(filled(1, 10, "one"))
    assert used(orders) == 10


def test_what_the_venue_counts_in_all_is_believed_where_it_is_more() -> None:
    """A report was lost on its way: its quantity is traded all the same."""
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(msgspec.structs.replace(filled(1, 10), cumulative=Quantity(50)))
    orders.reported(canceled(1))
    assert used(orders) == 50


def test_more_than_was_ordered_counts_as_what_it_is() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 50, PARENT, 100))
    orders.reported(filled(1, 90))
    assert used(orders) == 90
    assert not leave(orders, child(2, 11, PARENT, 100))


def test_an_execution_that_is_taken_back_stays_counted() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(filled(1, 100, "one"))
    orders.reported(VenueBusted(OrderId(1), SPOT, "one", 20_260_105, "", Nanos(0)))
    assert not leave(orders, child(2, 1, PARENT, 100))


def test_an_execution_that_is_corrected_upwards_counts_what_was_added() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(filled(1, 10, "one"))
    for original, new, quantity in (("one", "two", 25), ("two", "three", 5)):
        orders.reported(
            VenueCorrected(
                OrderId(1), SPOT, original, new, 20_260_105, Price(PRICE), Quantity(quantity),
                Money(0), Liquidity.TAKER, "", Nanos(0),
            )
        )  # fmt: skip
    orders.reported(canceled(1))
    assert used(orders) == 25


def test_a_statement_brings_the_fills_that_nobody_reported() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(filled(1, 10, "one"))
    fills = tuple(
        StatementFill(
            SPOT, execution, 20_260_105, Side.BUY, Price(PRICE), Quantity(10), Money(0),
            Liquidity.TAKER, Nanos(0), OrderId(1),
        )
        for execution in ("one", "two")
    )  # fmt: skip
    orders.reported(Statement(AccountId(1), "SIM", Nanos(0), fills=fills))
    orders.reported(canceled(1))
    assert used(orders) == 20


@pytest.mark.parametrize("status", [Status.CANCELED, Status.EXPIRED, Status.REJECTED])
def test_the_answer_to_a_query_ends_an_order_with_what_it_filled(status: Status) -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    lost = VenueOrderStatus(OrderId(1), SPOT, False, Nanos(0))
    orders.reported(lost)
    assert used(orders) == 100, "not found proves nothing"
    told = VenueOrderStatus(OrderId(1), SPOT, True, Nanos(0), Status.OPEN, filled=Quantity(10))
    orders.reported(told)
    assert used(orders) == 100
    ended = VenueOrderStatus(OrderId(1), SPOT, True, Nanos(0), status, filled=Quantity(30))
    orders.reported(ended)
    assert used(orders) == 30


def test_a_replace_counts_at_the_larger_terms_until_the_venue_answers() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 40, PARENT, 100))
    assert not leave(orders, replace(1, 101, parent=PARENT, parent_quantity=100))
    assert leave(orders, replace(1, 90, parent=PARENT, parent_quantity=100))
    assert used(orders) == 90
    orders.reported(replace_rejected(1))
    assert used(orders) == 40
    assert leave(orders, replace(1, 20, parent=PARENT, parent_quantity=100, request=3))
    assert used(orders) == 40, "the smaller terms hold when the venue says so"
    orders.reported(replaced(1, 20, request=3))
    assert used(orders) == 20


def test_a_late_answer_to_an_earlier_replace_gives_nothing_back() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 40, PARENT, 100))
    leave(orders, replace(1, 60, parent=PARENT, parent_quantity=100, request=2))
    leave(orders, replace(1, 90, parent=PARENT, parent_quantity=100, request=3))
    orders.reported(replaced(1, 60, request=2))
    assert used(orders) == 90
    orders.reported(replaced(1, 90, request=3))
    assert used(orders) == 90


def test_terms_that_the_venue_made_larger_by_itself_count() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 40, PARENT, 100))
    orders.reported(VenueReplaced(OrderId(1), SPOT, Quantity(80), Price(PRICE), Nanos(0)))
    assert used(orders) == 80


def test_a_message_leaves_once() -> None:
    orders = LetOutOrders()
    assert leave(orders, send(1))
    assert not leave(orders, send(1))
    assert leave(orders, replace(1, 20))
    assert not leave(orders, replace(1, 20))
    orders.reported(canceled(1))
    assert not leave(orders, send(1)), "not after it is over either"


def test_an_order_that_its_venue_did_not_take_may_be_sent_again_under_a_new_number() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    orders.reported(rejected(1, request=1))
    assert used(orders) == 0
    again = child(1, 100, PARENT, 100, request=2)
    assert leave(orders, again)
    assert used(orders) == 100
    orders.reported(rejected(1, request=1))
    assert used(orders) == 100, "that was the answer to the first one"


def test_children_of_another_side_or_instrument_do_not_leave() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 10, PARENT, 100))
    assert not leave(orders, child(2, 10, PARENT, 100, side=Side.SELL))
    assert not leave(orders, child(2, 10, PARENT, 100, where=OTHER))
    assert leave(orders, child(2, 10, PARENT, 100))


def test_a_basket_has_no_bound_of_quantity() -> None:
    orders = LetOutOrders()
    assert leave(orders, child(1, 10, PARENT, 0))
    assert leave(orders, child(2, 10_000, PARENT, 0, side=Side.SELL, where=OTHER))


def test_reports_of_another_instrument_or_an_unknown_order_give_nothing_back() -> None:
    orders = LetOutOrders()
    leave(orders, child(1, 100, PARENT, 100))
    for report in (canceled(1, where=OTHER), canceled(2), filled(2, 10), filled(1, 10, "", 2)):
        orders.reported(report)
    assert used(orders) == 100


def test_parents_are_counted_apart() -> None:
    orders = LetOutOrders()
    assert leave(orders, child(1, 100, PARENT, 100))
    assert leave(orders, child(2, 100, PARENT + 1, 100))
    assert not leave(orders, child(3, 1, PARENT, 100))


def test_what_is_remembered_is_bounded_and_what_was_forgotten_lets_nothing_out() -> None:
    orders = LetOutOrders(ended_max=10, open_max=20)
    for number in range(1, 101):
        assert leave(orders, child(number, 10, number, 10))
        orders.reported(filled(number, 10))
    for number in (1, 50, 90):
        assert "older than what is remembered" in orders.unfit(
            child(1_000 + number, 10, number, 10).approved
        )
    assert "filled" in orders.unfit(child(2_000, 10, 95, 10).approved)
    assert leave(orders, child(3_000, 10, 101, 10)), "a new parent is none of these"
    for number in range(4_000, 4_019):
        assert leave(orders, send(number))
    assert "20 orders are open" in orders.unfit(send(5_000).approved)


def test_however_orders_and_reports_come_no_parent_is_exceeded() -> None:
    """Against the plain definition: everything that was let out, at its worst, summed anew."""
    chance = random.Random(20_261_121)
    for _ in range(60):
        orders = LetOutOrders()
        size = chance.randrange(1, 120)
        sent: dict[int, list[int]] = {}  # of each child: its worst total, filled, request
        over: dict[int, int] = {}
        for step in range(1, 120):
            number = chance.choice(list(sent)) if sent and chance.random() < 0.7 else step
            what = chance.random()
            if number not in sent:
                quantity = chance.randrange(1, 60)
                if leave(orders, child(number, quantity, PARENT, size)):
                    sent[number] = [quantity, 0, 1]
            elif what < 0.3 and number not in over:
                quantity, request = chance.randrange(1, 80), sent[number][2] + 1
                again = replace(
                    number, quantity, parent=PARENT, parent_quantity=size, request=request
                )
                if leave(orders, again):
                    sent[number][0] = max(sent[number][0], quantity)
                    sent[number][2] = request
            elif what < 0.7:
                most = sent[number][0] - sent[number][1]
                quantity = chance.randrange(1, most + 1) if most > 0 else 0
                if quantity and number not in over:
                    orders.reported(filled(number, quantity, f"{number}/{step}"))
                    sent[number][1] += quantity
            else:
                orders.reported(canceled(number))
                over[number] = 1
            total = sum(
                done if one in over or done >= worst else worst
                for one, (worst, done, _) in sent.items()
            )
            assert total <= size
            if sent:
                assert used(orders) == total
