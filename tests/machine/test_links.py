"""Which orders hang together, and that nothing of it is kept for ever."""

from typing import Any

import pytest

from fairlead.machine.links import FAMILY_MAX, NOT_ASKED, Links
from fairlead.machine.orders import Order, Orders
from fairlead.model.terms import Contingency, Status
from fairlead.model.units import InstrumentId, Nanos, OrderId, Quantity, StrategyId
from tests.machine.build import BUY, SELL, submit

EMPTY = Links().content()
OUO: dict[str, Any] = {"group": OrderId(1), "contingency": Contingency.OUO}
OCO: dict[str, Any] = {"group": OrderId(1), "contingency": Contingency.OCO}


class Family:
    """Links, and the orders that they are about."""

    def __init__(self) -> None:
        self.links = Links()
        self.orders = Orders()

    def make(self, number: int, **terms: Any) -> Order:
        """Return a new order that has not joined."""
        order = Order(submit(number, **terms), Nanos(1))
        order.status = Status.OPEN
        self.orders.add(order)
        return order

    def join(self, number: int, **terms: Any) -> Order:
        """Return a new order that has joined."""
        order = self.make(number, **terms)
        self.links.join(order)
        return order

    def problems(self, number: int, **terms: Any) -> dict[str, tuple[int | None, int | None]]:
        """Return why a new order could not join."""
        failed = self.links.problems(self.make(number, **terms), self.orders)
        return {one.check: (one.measured, one.limit) for one in failed}


def test_an_order_that_hangs_on_nothing_is_not_remembered() -> None:
    """Invariant 14: nearly all orders are such."""
    family = Family()
    order = family.join(1, slippage_max=20)
    assert family.links.content() == EMPTY
    assert family.links.get(order.order) is None
    family.links.leave(order)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_group_is_forgotten_with_the_last_that_lives_and_not_before(last: int) -> None:
    """Invariant 14: what one filled the others lose, done or not, until nobody is left to lose."""
    family = Family()
    orders = {number: family.join(number, **OUO, reduce_only=True) for number in (1, 2, 3)}
    for number, order in orders.items():
        if number != last:
            order.filled = Quantity(2)
            order.status = Status.FILLED
            family.links.leave(order)
            family.links.leave(order)  # saying it twice does no harm
    assert len(family.links.members(orders[last])) == 3
    assert family.links.filled_by_others(orders[last]) == 4
    family.links.leave(orders[last])
    assert family.links.content() == EMPTY
    assert len(family.links) == 0


def test_children_and_reducing_orders_are_forgotten_one_by_one() -> None:
    """Invariant 14: the lists hold live orders alone."""
    family = Family()
    family.join(1)
    children = [family.join(number, after=OrderId(1), reduce_only=True) for number in (2, 3)]
    assert list(family.links.children[OrderId(1)]) == [2, 3]
    assert family.links.reducing_in(StrategyId(1), InstrumentId(1)) == children
    assert family.links.reducing_in(StrategyId(2), InstrumentId(1)) == []
    assert family.links.reducing_in(StrategyId(1), InstrumentId(2)) == []
    family.links.leave(children[0])
    assert list(family.links.children[OrderId(1)]) == [3]
    family.links.leave(children[1])
    assert family.links.content() == EMPTY


def test_groups_of_two_strategies_may_have_the_same_name() -> None:
    """A strategy cannot touch the orders of another one."""
    family = Family()
    mine = family.join(1, **OUO)
    other = family.join(2, **OUO, strategy=StrategyId(2))
    other.filled = Quantity(3)
    assert family.links.members(mine) == [mine]
    assert family.links.filled_by_others(mine) == 0


def test_an_order_loses_what_all_others_of_its_updated_group_filled() -> None:
    """OUO: on either side, its own fills excepted."""
    family = Family()
    first, second, third = (family.join(1, **OUO), family.join(2, side=SELL, **OUO),
                            family.join(3, **OUO))  # fmt: skip
    first.filled, second.filled, third.filled = Quantity(1), Quantity(2), Quantity(4)
    assert [family.links.filled_by_others(one) for one in (first, second, third)] == [6, 5, 3]


def test_an_order_of_another_group_loses_what_did_the_same_as_it() -> None:
    """OCO: what was bought elsewhere is nothing that a sell could lose."""
    family = Family()
    sells = family.join(1, side=SELL, **OCO)
    other_side = family.join(2, side=BUY, **OCO)
    elsewhere = family.join(3, side=SELL, **OCO, instrument=InstrumentId(2))
    alike = family.join(4, side=SELL, **OCO)
    other_side.filled, elsewhere.filled, alike.filled = Quantity(1), Quantity(2), Quantity(4)
    assert family.links.filled_by_others(sells) == 4


def test_what_a_group_filled_before_an_order_came_it_never_had() -> None:
    """The order goes out with what is left; what it wanted stays known."""
    family = Family()
    first = family.join(1, **OUO)
    first.filled = Quantity(3)
    late = family.join(2, **OUO)
    link = family.links.get(OrderId(2))
    assert link is not None
    assert (late.quantity, link.wanted) == (5, 8)
    child = family.join(3, **OUO, after=OrderId(2))
    assert child.quantity == 8  # it is not sent now: what is left is counted when it begins


def test_a_strategy_that_wants_another_quantity_says_what_is_left() -> None:
    """What it sees is what the others left: its new wish stands on top of that."""
    family = Family()
    first, second = family.join(1, **OUO), family.join(2, **OUO)
    first.filled = Quantity(3)
    second.quantity = Quantity(5)
    link = family.links.get(OrderId(2))
    assert link is not None
    family.links.want(second, Quantity(5))  # another price alone
    assert link.wanted == 8
    family.links.want(second, Quantity(4))
    assert link.wanted == 7


@pytest.mark.parametrize("alive", [True, False])
def test_one_that_comes_after_a_fill_comes_too_late_for_a_group_where_one_cancels_the_other(
    alive: bool,
) -> None:
    """OCO: the fill may overtake the request; the order that names the group tells, if it is gone.
    """  # fmt: skip
    family = Family()
    first = family.join(1, **OCO)
    assert family.problems(2, **OCO) == {}
    first.filled = Quantity(3)
    if not alive:
        first.status = Status.FILLED
        family.links.leave(first)
        assert family.links.content() == EMPTY
    assert family.problems(3, **OCO) == {"group_filled": (3, 0)}
    assert family.problems(4, **OCO, strategy=StrategyId(2)) == {}


def test_one_that_has_nothing_left_comes_too_late_for_a_group_that_is_updated() -> None:
    """OUO: 3 of 8 are filled, so 4 still have 1 to do, and 3 have nothing."""
    family = Family()
    family.join(1, **OUO).filled = Quantity(3)
    assert family.problems(2, **OUO, quantity=4) == {}
    assert family.problems(3, **OUO, quantity=3) == {"group_filled": (3, 2)}


@pytest.mark.parametrize(
    ("terms", "alike"),
    [
        ({**OUO}, True),
        ({**OCO}, False),
        ({**OUO, "instrument": InstrumentId(2)}, False),
    ],
)
def test_a_group_is_of_one_kind_and_an_updated_one_of_one_instrument(
    terms: dict[str, Any], alike: bool
) -> None:
    """Quantities of two instruments cannot be taken from each other."""
    family = Family()
    family.join(1, **OUO)
    assert family.problems(2, **terms) == ({} if alike else {"group_alike": (None, None)})


def test_one_may_cancel_the_other_in_another_instrument() -> None:
    """OCO asks whether, not how much."""
    family = Family()
    family.join(1, **OCO)
    assert family.problems(2, **OCO, instrument=InstrumentId(2)) == {}


def test_a_child_is_in_the_instrument_of_its_parent() -> None:
    """OTO: it is for as much as the parent fills, in the same units."""
    family = Family()
    family.join(1)
    assert family.problems(2, after=OrderId(1)) == {}
    elsewhere = family.problems(3, after=OrderId(1), instrument=InstrumentId(2))
    assert elsewhere == {"parent_instrument": (None, None)}


@pytest.mark.parametrize("terms", [{**OUO}, {"after": OrderId(1)}])
def test_a_family_has_a_bound(terms: dict[str, Any]) -> None:
    """Invariant 14: every change looks at all of it."""
    family = Family()
    family.join(1, **OUO)
    last = FAMILY_MAX if "group" in terms else FAMILY_MAX + 1
    for number in range(2, last + 1):
        assert family.problems(number, **terms) == {}
        order = family.orders.get(OrderId(number))
        assert order is not None
        family.links.join(order)
    check = "group_max" if "group" in terms else "children_max"
    assert family.problems(last + 1, **terms) == {check: (FAMILY_MAX + 1, FAMILY_MAX)}


def test_after_a_split_the_fills_of_done_orders_count_in_new_units() -> None:
    """A done order stays as it was reported; what it means for the others changes."""
    family = Family()
    parent, first = family.join(1), family.join(2, after=OrderId(1), **OUO)
    second = family.join(3, after=OrderId(1), **OUO)
    parent.filled, parent.status = Quantity(8), Status.FILLED
    first.filled, first.status = Quantity(3), Status.FILLED
    family.links.leave(first)
    asked = family.links.get(OrderId(3))
    assert asked is not None
    asked.asked = Quantity(5)
    family.links.split(InstrumentId(2), 5, 1, family.orders)
    assert asked.asked == 5
    family.links.split(InstrumentId(1), 3, 1, family.orders)
    family.links.split(InstrumentId(1), 2, 1, family.orders)
    link = family.links.get(OrderId(3))
    assert link is not None
    assert (link.wanted, family.links.filled(parent)) == (48, 48)
    assert link.asked == NOT_ASKED  # what was asked for was in the old units
    assert family.links.filled_by_others(second) == 18
    first.filled = Quantity(4)  # a late fill, in new units
    assert family.links.filled_by_others(second) == 19
    family.links.leave(second)
    assert family.links.content() == EMPTY


def test_the_content_tells_apart_what_a_later_output_may_depend_on() -> None:
    """Invariant 2: the state digest covers it."""
    family = Family()
    contents = [family.links.content()]
    family.join(1, **OUO)
    contents.append(family.links.content())
    second = family.join(2, **OUO, after=OrderId(1), reduce_only=True)
    contents.append(family.links.content())
    family.links.want(second, Quantity(3))
    contents.append(family.links.content())
    link = family.links.get(OrderId(2))
    assert link is not None
    link.asked = Quantity(0)
    contents.append(family.links.content())
    assert len({str(content) for content in contents}) == len(contents)
