"""The order lifecycle: one table of legal steps, and the orders that walk it.

`NEXT_STATUS` is the whole rule. A step that is not in the table changes nothing and is recorded as
a fault. Statuses are what is known about the order at the venue; two facts are orthogonal to them
and kept beside: a cancel that waits for the acknowledgement (`cancel_wanted`), and the terms asked
for by a replace that is not yet answered. A fill never depends on the status alone: what was traded
is traded, so late fills of canceled orders are legal, and an order is done when nothing of it can
trade any more.
"""

from enum import IntEnum
from typing import Final

from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, OrderId, Price, Quantity, StrategyId


class Event(IntEnum):
    """What can happen to an order after it was sent."""

    ACCEPTED = 1
    REJECTED = 2
    FILLED_IN_PART = 3
    FILLED_WHOLLY = 4
    CANCEL_REQUESTED = 5
    CANCELED = 6
    CANCEL_REJECTED = 7
    REPLACE_REQUESTED = 8
    REPLACED = 9
    REPLACE_REJECTED = 10
    EXPIRED = 11
    DISCONNECTED = 12


# fmt: off
NEXT_STATUS: Final[dict[tuple[Status, Event], Status]] = {
    (Status.SENT, Event.ACCEPTED): Status.OPEN,
    (Status.SENT, Event.REJECTED): Status.REJECTED,
    (Status.SENT, Event.FILLED_IN_PART): Status.OPEN,  # the fill overtook the acknowledgement
    (Status.SENT, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.SENT, Event.CANCEL_REQUESTED): Status.SENT,  # kept until the venue knows the order
    (Status.SENT, Event.CANCELED): Status.CANCELED,
    (Status.SENT, Event.EXPIRED): Status.EXPIRED,
    (Status.SENT, Event.DISCONNECTED): Status.UNKNOWN,

    (Status.OPEN, Event.ACCEPTED): Status.OPEN,  # late, after a fill
    (Status.OPEN, Event.FILLED_IN_PART): Status.OPEN,
    (Status.OPEN, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.OPEN, Event.CANCEL_REQUESTED): Status.CANCEL_PENDING,
    (Status.OPEN, Event.CANCELED): Status.CANCELED,  # the venue's own doing
    (Status.OPEN, Event.REPLACE_REQUESTED): Status.REPLACE_PENDING,
    (Status.OPEN, Event.EXPIRED): Status.EXPIRED,
    (Status.OPEN, Event.DISCONNECTED): Status.UNKNOWN,

    (Status.CANCEL_PENDING, Event.ACCEPTED): Status.CANCEL_PENDING,
    (Status.CANCEL_PENDING, Event.FILLED_IN_PART): Status.CANCEL_PENDING,
    (Status.CANCEL_PENDING, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.CANCEL_PENDING, Event.CANCEL_REQUESTED): Status.CANCEL_PENDING,  # asked once already
    (Status.CANCEL_PENDING, Event.CANCELED): Status.CANCELED,
    (Status.CANCEL_PENDING, Event.CANCEL_REJECTED): Status.OPEN,
    (Status.CANCEL_PENDING, Event.REPLACED): Status.CANCEL_PENDING,  # asked before the cancel
    (Status.CANCEL_PENDING, Event.REPLACE_REJECTED): Status.CANCEL_PENDING,
    (Status.CANCEL_PENDING, Event.EXPIRED): Status.EXPIRED,
    (Status.CANCEL_PENDING, Event.DISCONNECTED): Status.UNKNOWN,

    (Status.REPLACE_PENDING, Event.ACCEPTED): Status.REPLACE_PENDING,
    (Status.REPLACE_PENDING, Event.FILLED_IN_PART): Status.REPLACE_PENDING,
    (Status.REPLACE_PENDING, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.REPLACE_PENDING, Event.CANCEL_REQUESTED): Status.CANCEL_PENDING,
    (Status.REPLACE_PENDING, Event.CANCELED): Status.CANCELED,
    (Status.REPLACE_PENDING, Event.REPLACED): Status.OPEN,
    (Status.REPLACE_PENDING, Event.REPLACE_REJECTED): Status.OPEN,
    (Status.REPLACE_PENDING, Event.EXPIRED): Status.EXPIRED,
    (Status.REPLACE_PENDING, Event.DISCONNECTED): Status.UNKNOWN,

    (Status.UNKNOWN, Event.ACCEPTED): Status.OPEN,  # evidence
    (Status.UNKNOWN, Event.REJECTED): Status.REJECTED,
    (Status.UNKNOWN, Event.FILLED_IN_PART): Status.UNKNOWN,  # it lived then; now?
    (Status.UNKNOWN, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.UNKNOWN, Event.CANCEL_REQUESTED): Status.UNKNOWN,
    (Status.UNKNOWN, Event.CANCELED): Status.CANCELED,
    (Status.UNKNOWN, Event.CANCEL_REJECTED): Status.UNKNOWN,  # "not found" proves nothing
    (Status.UNKNOWN, Event.REPLACED): Status.OPEN,
    (Status.UNKNOWN, Event.REPLACE_REJECTED): Status.UNKNOWN,
    (Status.UNKNOWN, Event.EXPIRED): Status.EXPIRED,
    (Status.UNKNOWN, Event.DISCONNECTED): Status.UNKNOWN,

    (Status.FILLED, Event.ACCEPTED): Status.FILLED,
    (Status.FILLED, Event.FILLED_WHOLLY): Status.FILLED,  # an over-fill: booked, and an alarm
    (Status.FILLED, Event.CANCEL_REJECTED): Status.FILLED,  # the fill won the race
    (Status.FILLED, Event.REPLACE_REJECTED): Status.FILLED,

    (Status.CANCELED, Event.ACCEPTED): Status.CANCELED,
    (Status.CANCELED, Event.FILLED_IN_PART): Status.CANCELED,  # a late fill: booked
    (Status.CANCELED, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.CANCELED, Event.CANCEL_REJECTED): Status.CANCELED,
    (Status.CANCELED, Event.REPLACE_REJECTED): Status.CANCELED,

    (Status.EXPIRED, Event.ACCEPTED): Status.EXPIRED,
    (Status.EXPIRED, Event.FILLED_IN_PART): Status.EXPIRED,
    (Status.EXPIRED, Event.FILLED_WHOLLY): Status.FILLED,
    (Status.EXPIRED, Event.CANCEL_REJECTED): Status.EXPIRED,
    (Status.EXPIRED, Event.REPLACE_REJECTED): Status.EXPIRED,
}
# fmt: on

WORKING: Final = (
    Status.SENT,
    Status.OPEN,
    Status.CANCEL_PENDING,
    Status.REPLACE_PENDING,
    Status.UNKNOWN,
)
_EVENTS: Final = 16  # a row of the flat table below; more than there are events
_STEPS: Final[list[Status | None]] = [
    NEXT_STATUS.get((Status(row), Event(column))) if row >= 1 and 1 <= column <= 12 else None
    for row in range(11)
    for column in range(_EVENTS)
]
_IS_WORKING: Final[list[bool]] = [row >= 1 and Status(row) in WORKING for row in range(11)]
_CANCEL_PENDING: Final = Status.CANCEL_PENDING
_UNKNOWN: Final = Status.UNKNOWN
_FILLED: Final = Status.FILLED
_CANCELED: Final = Status.CANCELED
_EXPIRED: Final = Status.EXPIRED


class Order:
    """One order: its terms, what became of it, and what may still become of it."""

    def __init__(
        self,
        order: OrderId,
        strategy: StrategyId,
        instrument: InstrumentId,
        side: Side,
        order_type: OrderType,
        time_in_force: TimeInForce,
        post_only: bool,
        quantity: Quantity,
        price: Price,
        tag: str,
        time: Nanos,
    ) -> None:
        """Begin refused: only the risk gate makes it anything else."""
        self.order = order
        self.strategy = strategy
        self.instrument = instrument
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.quantity = quantity
        self.price = price
        self.tag = tag
        self.time = time  # when it was asked for
        self.status = Status.REFUSED
        self.filled = Quantity(0)
        self.canceled = Quantity(0)
        self.filled_cost = 0  # sum of price * quantity over the fills: the average price, exactly
        self.venue_order = ""
        self.cancel_wanted = False
        self.new_quantity = Quantity(0)  # asked for by a replace that is not answered; 0: none
        self.new_price = Price(0)
        self.excess = Quantity(0)  # how much of an over-fill is recorded as such
        self.reserved = Quantity(0)  # what the exposure counts for it

    @property
    def working(self) -> bool:
        """Whether it may still trade."""
        return _IS_WORKING[self.status]

    @property
    def leaves(self) -> Quantity:
        """What is neither filled nor canceled; 0 after an over-fill."""
        return Quantity(max(0, self.quantity - self.filled - self.canceled))

    @property
    def quantity_worst(self) -> Quantity:
        """The most that may ever be filled: its quantity, or that of a replace not yet answered."""
        return max(self.quantity, self.new_quantity)

    @property
    def leaves_worst(self) -> Quantity:
        """The most that may still trade."""
        return Quantity(max(0, self.quantity_worst - self.filled)) if self.working else Quantity(0)

    def step(self, event: Event) -> bool:
        """Take a step of the table; return False, and change nothing, if there is no such step."""
        following = _STEPS[self.status * _EVENTS + event]
        if following is None:
            return False
        if following is _UNKNOWN and self.status is _CANCEL_PENDING:
            self.cancel_wanted = True  # whether the venue got it is not known: it is asked again
        self.status = following
        if following is _CANCELED or following is _EXPIRED:
            self.canceled = Quantity(max(0, self.quantity - self.filled))
        if not _IS_WORKING[following]:
            self.cancel_wanted = False
            self.new_quantity = Quantity(0)
            self.new_price = Price(0)
        return True

    def fill(self, price: Price, quantity: Quantity) -> bool:
        """Count a fill and take its step; return False, and change nothing, if there is none."""
        after = self.filled + quantity
        worst = self.quantity_worst
        if not self.step(Event.FILLED_WHOLLY if after >= worst else Event.FILLED_IN_PART):
            return False
        if self.status is _FILLED:
            self.quantity = max(self.quantity, worst)  # fills prove the replace before its answer
        self.filled = Quantity(after)
        self.filled_cost += price * quantity
        if self.status is _CANCELED or self.status is _EXPIRED:
            self.canceled = Quantity(max(0, self.quantity - after))
        else:
            self.canceled = Quantity(0)
        return True

    def ask_replace(self, quantity: Quantity, price: Price) -> None:
        """Remember the terms asked for until the venue answers."""
        self.new_quantity = quantity
        self.new_price = price

    def replaced(self, quantity: Quantity, price: Price) -> None:
        """Take the terms that the venue says it works under now."""
        self.quantity = quantity
        self.price = price
        self.settle_terms()

    def settle_terms(self) -> None:
        """Forget the replace that was answered; the order is done if nothing is left of it."""
        self.new_quantity = Quantity(0)
        self.new_price = Price(0)
        if self.working and self.filled >= self.quantity:
            self.step(Event.FILLED_WHOLLY)

    def take_excess(self) -> Quantity:
        """Return how much was filled beyond what may be filled and is not yet recorded as such."""
        fresh = Quantity(max(0, self.filled - self.quantity_worst - self.excess))
        self.excess = Quantity(self.excess + fresh)
        return fresh

    def check(self) -> None:
        """Stop if the quantities do not add up (invariant 5)."""
        assert self.filled >= 0, "what is filled is never negative"
        assert self.canceled >= 0, "what is canceled is never negative"
        assert self.filled <= self.quantity_worst + self.excess, "an over-fill is recorded as such"
        if self.filled <= self.quantity:
            left = self.quantity - self.filled - self.canceled
            assert self.leaves == left, "leaves = quantity - filled - canceled"


class Orders:
    """All orders, by id, and the working ones of each strategy. Ids are burned for ever."""

    def __init__(self) -> None:
        """Begin without any order."""
        self._orders: dict[OrderId, Order] = {}
        self._working: dict[StrategyId, dict[OrderId, Order]] = {}
        self._last_id: dict[StrategyId, OrderId] = {}
        self._working_count = 0

    def get(self, order: OrderId) -> Order | None:
        """Return an order, None if there never was one of this id."""
        return self._orders.get(order)

    def all(self) -> list[Order]:
        """Return every order that ever was, in the order in which they were asked for."""
        return list(self._orders.values())

    def last_id(self, strategy: StrategyId) -> OrderId:
        """Return the highest id that a strategy ever used, 0 if none."""
        return self._last_id.get(strategy, OrderId(0))

    def working(self, strategy: StrategyId) -> list[Order]:
        """Return the working orders of a strategy, oldest first."""
        found = self._working.get(strategy)
        return list(found.values()) if found else []

    def all_working(self) -> list[Order]:
        """Return the working orders of all strategies, oldest first within each."""
        return [order for found in self._working.values() for order in found.values()]

    @property
    def working_count(self) -> int:
        """How many orders may still trade."""
        return self._working_count

    def is_burned(self, strategy: StrategyId, order: OrderId) -> bool:
        """Whether an id may not be used: it was, or a later one of the same strategy was."""
        return order in self._orders or order <= self.last_id(strategy)

    def add(self, order: Order) -> None:
        """Keep a new order, whatever becomes of it."""
        assert not self.is_burned(order.strategy, order.order), "an order id is used once"
        self._orders[order.order] = order
        self._last_id[order.strategy] = order.order

    def settle(self, order: Order) -> None:
        """Keep the list of working orders true after an order changed."""
        order.check()
        mine = self._working.get(order.strategy)
        if mine is None:
            mine = self._working[order.strategy] = {}
        listed = order.order in mine
        if order.working and not listed:
            mine[order.order] = order
            self._working_count += 1
        elif listed and not order.working:
            del mine[order.order]
            self._working_count -= 1
