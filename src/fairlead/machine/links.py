"""Which orders hang together: children of a parent, groups, and what may only reduce.

A *child* waits for its parent (`after`). A *group* has one name, that of its first order by custom:
what one does, the others feel (`contingency.py` says how). Orders that are done leave; a group
remembers what its members filled until none of them is live, for what one filled the others lose.
"""

from typing import Final, TypeVar

from fairlead.machine.orders import Order, Orders
from fairlead.model.outputs import FailedCheck
from fairlead.model.terms import Contingency, Unit
from fairlead.model.units import InstrumentId, OrderId, Quantity, StrategyId

_OUO: Final = Contingency.OUO
_NONE: Final = Unit.NONE
FAMILY_MAX: Final = 32  # members of a group, live children of an order: every change looks at all
NOT_ASKED: Final = Quantity(-1)
_NOTHING: Final[dict[OrderId, Order]] = {}

Key = TypeVar("Key")
GroupKey = tuple[StrategyId, OrderId]
ReducingKey = tuple[StrategyId, InstrumentId]


class Link:
    """What is remembered of one order that hangs on others."""

    def __init__(self, order: Order) -> None:
        """Take the quantity that it was asked for."""
        self.order = order
        self.wanted = order.quantity  # if those that it hangs on leave it so much
        self.asked = NOT_ASKED  # the total that the machine last asked the venue for; 0: a cancel


class Links:
    """The orders that others depend on, found in constant time; what is done is forgotten."""

    def __init__(self) -> None:
        """Begin without any."""
        self.children: dict[OrderId, dict[OrderId, Order]] = {}  # live ones, by what they wait for
        self.groups: dict[GroupKey, dict[OrderId, Order]] = {}  # all members, while one is live
        self.reducing: dict[ReducingKey, dict[OrderId, Order]] = {}  # live reduce-only ones
        self._links: dict[OrderId, Link] = {}  # of live orders
        self._restated: dict[OrderId, int] = {}  # what splits added to the fills of done orders

    def __len__(self) -> int:
        """Return how many live orders hang on others."""
        return len(self._links)

    def get(self, order: OrderId) -> Link | None:
        """Return what is remembered of a live order, None if it hangs on nothing."""
        return self._links.get(order)

    def problems(self, order: Order, orders: Orders) -> list[FailedCheck]:
        """Return why a new order cannot hang on what it names."""
        failed: list[FailedCheck] = []
        conditions = order.conditions
        parent = orders.get(conditions.after) if conditions.after else None
        if parent is not None:
            if parent.instrument != order.instrument:
                failed.append(FailedCheck("parent_instrument", None, None, _NONE))
            children = len(self.children.get(parent.order, _NOTHING)) + 1
            if children > FAMILY_MAX:
                failed.append(FailedCheck("children_max", children, FAMILY_MAX, Unit.COUNT))
        if conditions.group:
            failed += self._group_problems(order, orders)
        return failed

    def join(self, order: Order) -> None:
        """Learn what a new order hangs on. What its group filled before it came, it never had."""
        conditions = order.conditions
        if not (conditions.after or conditions.group or conditions.reduce_only):
            return
        self._links[order.order] = Link(order)
        if conditions.after:
            self.children.setdefault(conditions.after, {})[order.order] = order
        if conditions.group:
            members = self.groups.setdefault((order.strategy, conditions.group), {})
            members[order.order] = order
            if conditions.contingency is _OUO and not conditions.after:
                order.quantity = Quantity(order.quantity - self.filled_by_others(order))
        if conditions.reduce_only:
            key = (order.strategy, order.instrument)
            self.reducing.setdefault(key, {})[order.order] = order

    def leave(self, order: Order) -> None:
        """Forget an order that is done, and its group with the last that lives."""
        if self._links.pop(order.order, None) is None:
            return
        conditions = order.conditions
        if conditions.reduce_only:
            _drop(self.reducing, (order.strategy, order.instrument), order.order)
        if conditions.group:
            key = (order.strategy, conditions.group)
            members = self.groups[key]
            if not any(member in self._links for member in members):
                del self.groups[key]
                for member in members:
                    self._restated.pop(member, None)
        if conditions.after:
            _drop(self.children, conditions.after, order.order)
            if conditions.after not in self.children:
                self._restated.pop(conditions.after, None)

    def want(self, order: Order, quantity: Quantity) -> None:
        """Take the total quantity that its strategy wants an order to have from now on."""
        link = self._links.get(order.order)
        if link is not None and quantity != order.quantity:
            link.wanted = Quantity(quantity + self.filled_by_others(order))

    def members(self, order: Order) -> list[Order]:
        """Return the group of an order, done ones too, oldest first; empty if it has none."""
        group = order.conditions.group
        return list(self.groups.get((order.strategy, group), _NOTHING).values()) if group else []

    def filled(self, order: Order) -> int:
        """Return what an order filled, in the units of today."""
        return order.filled + self._restated.get(order.order, 0)

    def filled_by_others(self, order: Order) -> int:
        """Return what others of its group filled, and an order therefore loses.

        With OUO all of them; else those that do the same as it: on its side, in its instrument.
        """
        updated = order.conditions.contingency is _OUO
        filled = 0
        for other in self.members(order):
            alike = other.side is order.side and other.instrument == order.instrument
            if other is not order and (updated or alike):
                filled += self.filled(other)
        return filled

    def reducing_in(self, strategy: StrategyId, instrument: InstrumentId) -> list[Order]:
        """Return the live reduce-only orders of a strategy in an instrument, oldest first."""
        return list(self.reducing.get((strategy, instrument), _NOTHING).values())

    def split(self, instrument: InstrumentId, new: int, old: int, orders: Orders) -> None:
        """Count in new units. Live orders are brought into them, done ones stay as they were."""
        for link in self._links.values():
            if link.order.instrument == instrument:
                link.wanted = Quantity(-(-link.wanted * new // old))
                link.asked = NOT_ASKED
        done: dict[OrderId, Order] = {}
        for key in self.children:
            parent = orders.get(key)
            assert parent is not None, "a child hangs on an order that is known"
            done[key] = parent
        for members in self.groups.values():
            done.update(members)
        for order in done.values():
            if order.instrument == instrument and not order.live and order.filled:
                today = -(-self.filled(order) * new // old)
                self._restated[order.order] = today - order.filled

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [[parent, list(found)] for parent, found in self.children.items()],
            [[*key, list(found)] for key, found in self.groups.items()],
            [[*key, list(found)] for key, found in self.reducing.items()],
            [[order, link.wanted, link.asked] for order, link in self._links.items()],
            list(self._restated.items()),
        ]

    def _group_problems(self, order: Order, orders: Orders) -> list[FailedCheck]:
        """Return why a new order comes too late for its group, or does not belong into it."""
        conditions = order.conditions
        updated = conditions.contingency is _OUO
        failed: list[FailedCheck] = []
        members = self._known_members(order, orders)
        if len(members) >= FAMILY_MAX:
            failed.append(FailedCheck("group_max", len(members) + 1, FAMILY_MAX, Unit.COUNT))
        filled = 0
        alike = True
        for member in members.values():
            filled += self.filled(member)
            same = member.conditions.contingency is conditions.contingency
            alike = alike and same and (member.instrument == order.instrument or not updated)
        if not alike:
            failed.append(FailedCheck("group_alike", None, None, _NONE))
        most = order.quantity - 1 if updated else 0
        if filled > most:
            failed.append(FailedCheck("group_filled", filled, most, Unit.QUANTITY))
        return failed

    def _known_members(self, order: Order, orders: Orders) -> dict[OrderId, Order]:
        """Return who is in a group already; if nobody lives, the one that it is named after."""
        group = order.conditions.group
        members = self.groups.get((order.strategy, group))
        if members is not None:
            return members
        first = orders.get(group)
        if first is None or first is order or first.strategy != order.strategy:
            return _NOTHING
        return {group: first} if first.conditions.group == group else _NOTHING


def _drop(families: dict[Key, dict[OrderId, Order]], key: Key, order: OrderId) -> None:
    members = families[key]
    del members[order]
    if not members:
        del families[key]
