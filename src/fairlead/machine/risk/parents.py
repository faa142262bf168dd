"""Parents: the orders that algorithms work, and baskets. Children never exceed their parent.

What a child may still trade and what it has traded count in full, from the moment it is approved.
A parent that is filled or ended lets nothing more out, however often it is replayed.
"""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.model.inputs import ParentRequest
from fairlead.model.outputs import ParentChanged
from fairlead.model.terms import InstrumentKind, Unit
from fairlead.model.units import InstrumentId, OrderId, Price, Quantity

_INVERSE: Final = InstrumentKind.INVERSE
_QUANTITY: Final = Unit.QUANTITY
_MONEY: Final = Unit.MONEY


class Parent:
    """One parent, or (without an instrument) one basket."""

    def __init__(self, request: ParentRequest) -> None:
        """Begin without a child."""
        self.order = request.order
        self.strategy = request.strategy
        self.instrument = request.instrument
        self.side = request.side
        self.quantity = request.quantity
        self.notional_max = request.notional_max
        self.quantity_used = 0  # traded, or may still trade
        self.value_used = 0
        self.filled = 0
        self.ended = False

    @property
    def done(self) -> bool:
        """Whether no child may leave any more."""
        return self.ended or (self.instrument != 0 and self.filled >= self.quantity)

    @property
    def state(self) -> str:
        """How it stands, in a word."""
        if self.ended:
            return "ended"
        return "filled" if self.done else "open"

    def changed(self) -> ParentChanged:
        """Return the fact of how it stands."""
        return ParentChanged(
            self.order,
            self.strategy,
            self.instrument,
            self.quantity,
            Quantity(self.filled),
            self.notional_max,
            self.state,
        )

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.order, self.strategy, self.instrument, self.side, self.quantity],
            [self.notional_max, self.quantity_used, str(self.value_used), self.filled],
            self.ended,
        ]


class Parents:
    """All parents."""

    def __init__(self) -> None:
        """Begin without any."""
        self._parents: dict[OrderId, Parent] = {}

    def get(self, order: OrderId) -> Parent | None:
        """Return a parent, None if there is none of this number."""
        return self._parents.get(order)

    def all(self) -> list[Parent]:
        """Return every parent that ever was."""
        return list(self._parents.values())

    def open(self, request: ParentRequest) -> Parent:
        """Make a parent known."""
        assert request.order not in self._parents, "the number of a parent is used once"
        parent = self._parents[request.order] = Parent(request)
        return parent

    def quantity(self, order: OrderId) -> Quantity:
        """Return the whole quantity of a parent; 0 where it has no bound of quantity."""
        parent = self._parents.get(order)
        return parent.quantity if parent is not None and parent.instrument else Quantity(0)

    def check(self, terms: Terms, checks: Checks) -> None:
        """Hold a child against its parent, and both its bounds."""
        order = terms.order
        if not order.parent:
            return
        parent = self._parents.get(order.parent)
        own = parent is not None and parent.strategy == order.strategy
        checks.fact(own, "parent_known")
        if parent is None or not own:
            return
        if order.requests == 0:
            checks.fact(not parent.done, "parent_open")
        fits = not parent.instrument or (
            parent.instrument == order.instrument and parent.side is order.side
        )
        checks.fact(fits, "parent_side")
        worst = Quantity(max(terms.quantity, order.quantity_worst if order.working else 0))
        if parent.instrument:
            used = parent.quantity_used - order.parent_quantity + worst
            most = parent.quantity
            checks.hold(used <= most, "parent_quantity", writable(used), most, _QUANTITY)
        own_value: int = terms.value
        if order.working:  # until the venue has answered it trades on its old terms
            unit, inverse = terms.instrument.money_unit, terms.instrument.kind is _INVERSE
            own_value = max(own_value, _worth(worst, dearer(terms), unit, inverse))
        value = parent.value_used - order.parent_value + own_value
        most_value = parent.notional_max
        if most_value:
            checks.hold(value <= most_value, "parent_notional", writable(value), most_value, _MONEY)

    def settle(self, order: Order, unit: int, inverse: bool) -> Parent | None:
        """Count a child anew after it changed; return its parent if that is filled by it now."""
        parent = self._parents.get(order.parent)
        if parent is None:
            return None
        before = parent.done
        quantity = order.filled + order.leaves_worst
        value = _worth(quantity, order.price_worst, unit, inverse)
        parent.quantity_used += quantity - order.parent_quantity
        parent.value_used += value - order.parent_value
        parent.filled += order.filled - order.parent_filled
        order.parent_quantity = quantity
        order.parent_value = value
        order.parent_filled = order.filled
        return parent if parent.done and not before else None

    def split(self, instrument: InstrumentId, new: int, old: int, live: list[Order]) -> None:
        """Let the parents in an instrument allow what they allowed, rounded down.

        What is over counts in new units from now on; what is live, when it is settled in them.
        """
        for parent in self._parents.values():
            if parent.instrument != instrument:
                continue
            used = filled = 0
            for order in live:
                if order.parent == parent.order:
                    used += order.parent_quantity
                    filled += order.parent_filled
            parent.quantity = Quantity(parent.quantity * new // old)
            parent.quantity_used = used - (used - parent.quantity_used) * new // old
            parent.filled = filled + (parent.filled - filled) * new // old

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [parent.content() for parent in self._parents.values()]


def dearer(terms: Terms) -> Price:
    """Return the dearer of the price that a working order is valued at and its new one.

    What an inverse contract is worth grows as its price falls.
    """
    before, after = terms.order.price_worst, terms.price_dearest
    inverse = terms.instrument.kind is _INVERSE
    return min(before, after) if inverse else max(before, after)


def _worth(quantity: int, price: int, unit: int, inverse: bool) -> int:
    if inverse:
        return -(-quantity * unit // price) if price else 0
    return quantity * price * unit
