"""Orders: their terms, what became of them, and what may still become of them.

An order walks the table of `lifecycle.py`. It is done when nothing of it can trade any more. Every
order that ever was stays, and is found by its number, its client order id or the venue's.
"""

from enum import IntEnum
from typing import Final

from mypy_extensions import mypyc_attr

from fairlead.machine.lifecycle import EVENTS, IS_WORKING, STEP, Event
from fairlead.model.inputs import SubmitRequest
from fairlead.model.terms import Contingency, OrderType, Peg, Side, Status, TimeInForce
from fairlead.model.units import (
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)

_CANCEL_PENDING: Final = Status.CANCEL_PENDING
_UNKNOWN: Final = Status.UNKNOWN
_FILLED: Final = Status.FILLED
_CANCELED: Final = Status.CANCELED
_EXPIRED: Final = Status.EXPIRED
_HELD: Final = Status.HELD
_REFUSED: Final = Status.REFUSED
_NO_PEG: Final = Peg.NONE
_NO_CONTINGENCY: Final = Contingency.NONE
_STOP: Final = OrderType.STOP
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_TRAILING_STOP: Final = OrderType.TRAILING_STOP
STOPS: Final = (_STOP, _STOP_LIMIT, _TRAILING_STOP)
# The ids of orders that close positions after a kill: the last 256th of what a strategy has, which
# makes its ids of its number and 40 bits that count. They use up none of its own.
_COUNTER_BITS: Final = 40
_CLOSING_FIRST: Final = 0xFF << 32
CLOSING_STRATEGY_MAX: Final = (1 << (63 - _COUNTER_BITS)) - 1  # an id fits 63 bits
NO_LANE: Final = -1  # of an order that was not put before the gate yet
_CLIENT_DIGITS_MAX: Final = 18  # of each number in a client order id: fits a record


class Hold(IntEnum):
    """What a held order waits for."""

    NONE = 0
    TRIGGER = 1  # the price that fires it
    PARENT = 2  # a fill of the order that it comes after
    GROUP = 3  # the others of its group to be gone
    RETRY = 4  # its next attempt
    OWN = 5  # orders of ours that it would trade with to be gone


@mypyc_attr(acyclic=True)
class Conditions:
    """What few orders have: triggers, pegs, icebergs, limits in time and price, contingencies."""

    def __init__(self, request: SubmitRequest) -> None:
        """Take what the request says."""
        self.trigger_price = request.trigger_price
        self.trigger = request.trigger
        self.trail = request.trail
        self.trail_share = request.trail_share
        self.display_quantity = request.display_quantity
        self.peg = request.peg
        self.peg_offset = request.peg_offset
        self.reduce_only = request.reduce_only
        self.expire_time = request.expire_time
        self.timeout = request.timeout
        self.slippage_max = request.slippage_max
        self.after = request.after
        self.group = request.group
        self.contingency = request.contingency

    def content(self) -> list[object]:
        """Return all of them in a fixed order, for the state digest."""
        return [
            [self.trigger_price, self.trigger, self.trail, self.trail_share],
            [self.display_quantity, self.peg, self.peg_offset, self.reduce_only],
            [self.expire_time, self.timeout, self.slippage_max],
            [self.after, self.group, self.contingency],
        ]


def _plain() -> Conditions:
    """Return the conditions of an order that has none."""
    return Conditions(
        SubmitRequest(
            StrategyId(0),
            OrderId(0),
            InstrumentId(0),
            Side.BUY,
            OrderType.MARKET,
            TimeInForce.GTC,
            False,
            Quantity(0),
            Price(0),
        )
    )


PLAIN: Final = _plain()  # shared by all orders without conditions: never written to


def _has_conditions(request: SubmitRequest) -> bool:
    return (
        request.trigger_price != 0
        or request.trail != 0
        or request.trail_share != 0
        or request.display_quantity != 0
        or request.peg is not _NO_PEG
        or request.reduce_only
        or request.expire_time != 0
        or request.timeout != 0
        or request.slippage_max != 0
        or request.after != 0
        or request.group != 0
        or request.contingency is not _NO_CONTINGENCY
        or request.order_type is _STOP
        or request.order_type is _STOP_LIMIT
        or request.order_type is _TRAILING_STOP
    )


@mypyc_attr(acyclic=True)
class Order:
    """One order. Prices and quantities in the increments of its instrument."""

    def __init__(self, request: SubmitRequest, time: Nanos) -> None:
        """Begin refused: only the risk gate makes it anything else."""
        self.order = request.order
        self.strategy = request.strategy
        self.instrument = request.instrument
        self.side = request.side
        self.order_type = request.order_type
        self.time_in_force = request.time_in_force
        self.post_only = request.post_only
        self.quantity = request.quantity
        self.price = request.price
        self.tag = request.tag
        self.reason = request.reason  # why the strategy wants it
        self.trader = request.trader
        self.parent = request.parent
        self.stage = ""  # of the node that it was asked of
        self.decision_price = request.decision_price
        self.decision_time = request.decision_time
        self.conditions = Conditions(request) if _has_conditions(request) else PLAIN
        self.time = self.updated = time  # when it was asked for, and when it last changed
        self.venue_time = Nanos(0)  # of the last report, by the venue's
        self.status = _REFUSED
        self.hold = Hold.NONE
        self.filled = self.canceled = Quantity(0)
        self.filled_cost = 0  # sum of price * quantity over the fills: the average price, exactly
        self.cumulative = Quantity(0)  # the most that the venue said it filled
        self.excess = Quantity(0)  # how much of an over-fill is recorded as such
        self.venue_order = ""
        self.epoch = 0  # of the node that sent it; 0: it never left
        self.requests = 0  # messages to the venue about it
        self.known_request = 0  # the message whose client order id the venue knows it by
        self.attempts = 0
        self.sent_type = request.order_type  # what the venue got: emulated types are sent as others
        self.sent_time_in_force = request.time_in_force
        self.failure = ""  # why it was refused, rejected or returned
        self.cancel_wanted = self.listed = False  # listed among the working ones: see `Orders`
        self.new_quantity = Quantity(0)  # asked for by a replace that is not answered; 0: none
        self.new_price = Price(0)
        self.replace_request = 0  # the number of that replace
        self.replace_time = Nanos(0)  # when it was sent
        self.wanted_quantity = Quantity(0)  # as soon as it can be replaced; 0: as it is
        self.unknown_since = Nanos(0)
        self.ended_by = ""  # the evidence, where no report of the venue's own has ended it
        self.reserved = Quantity(0)  # what the exposure counts for it
        # At which it is valued: the dearest it may trade at; and at which it is counted as resting.
        self.price_worst = self.resting_price = Price(0)
        self.cost_reserved = 0  # what the exposure counts for it in money, if it buys
        self.parent_quantity = self.parent_value = self.parent_filled = 0  # what its parent counts
        self.lane = NO_LANE  # the number of its lane: see `risk/lanes.py`
        self.in_lane = self.unanswered = False  # what it counts as there: it works, it was sent
        # What the exposure counts of it as sent: in all while it lives, and on the present day.
        self.value_sent = self.quantity_sent = self.value_today = self.quantity_today = 0
        self.due_kinds = 0  # which deadlines it has: a bit of each kind

    @property
    def working(self) -> bool:
        """Whether it may still trade at the venue."""
        return IS_WORKING[self.status]

    @property
    def live(self) -> bool:
        """Whether anything may still become of it: it works, or waits in the machine."""
        return IS_WORKING[self.status] or self.status is _HELD

    @property
    def leaves(self) -> Quantity:
        """What is neither filled nor canceled; 0 after an over-fill."""
        left = self.quantity - self.filled - self.canceled
        return Quantity(max(0, left))

    @property
    def quantity_worst(self) -> Quantity:
        """The most that may ever be filled: its quantity, or that of a replace not yet answered."""
        return max(self.quantity, self.new_quantity)

    @property
    def leaves_worst(self) -> Quantity:
        """The most that may still trade."""
        left = self.quantity_worst - self.filled
        return Quantity(left if left > 0 and IS_WORKING[self.status] else 0)

    @property
    def client_order(self) -> str:
        """What the venue knows it by: the id of its order or last replace; "" before it left."""
        return f"{self.epoch}-{self.order}-{self.known_request}" if self.requests else ""

    def own_conditions(self) -> Conditions:
        """Return conditions that may be written to."""
        if self.conditions is PLAIN:
            self.conditions = _plain()
        return self.conditions

    def step(self, event: Event) -> bool:
        """Take a step of the table; return False, and change nothing, if there is no such step."""
        row: int = self.status  # compiled, plain numbers are added without making objects
        column: int = event
        following = STEP[row * EVENTS + column]
        if following is None:
            return False
        if following is _UNKNOWN and self.status is _CANCEL_PENDING:
            self.cancel_wanted = True  # whether the venue got it is not known: it is asked again
        self.status = following
        if following is _CANCELED or following is _EXPIRED:
            self.canceled = Quantity(max(0, self.quantity - self.filled))
        if following is not _HELD:
            self.hold = Hold.NONE
            if not IS_WORKING[following]:
                self.cancel_wanted = False
                self.new_quantity = Quantity(0)
                self.new_price = Price(0)
                self.wanted_quantity = Quantity(0)
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

    def bust(self, price: Price, quantity: Quantity, event: Event = Event.BUSTED) -> bool:
        """Take a fill back; return False, and change nothing, if the table has no such step."""
        assert quantity <= self.filled, "only what was filled can be taken back"
        if not self.step(event):
            return False
        self.filled = Quantity(self.filled - quantity)
        self.filled_cost -= price * quantity
        self.excess = Quantity(max(0, min(self.excess, self.filled - self.quantity_worst)))
        if not self.working:
            self.canceled = Quantity(max(0, self.quantity - self.filled))
        return True

    def ask_replace(self, quantity: Quantity, price: Price) -> None:
        """Remember the terms asked for until the venue answers."""
        self.new_quantity = quantity
        self.new_price = price
        self.replace_request = self.requests

    def replaced(self, quantity: Quantity, price: Price) -> None:
        """Take the terms that the venue says it works under now."""
        self.quantity = quantity
        self.price = price
        if self.new_quantity:
            self.known_request = self.replace_request
        self.settle_terms()

    def settle_terms(self) -> None:
        """Forget the replace that was answered; the order is done if nothing is left of it."""
        self.new_quantity = Quantity(0)
        self.new_price = Price(0)
        if self.working and self.filled >= self.quantity:
            self.step(Event.FILLED_WHOLLY)

    def take_excess(self) -> Quantity:
        """Return how much was filled beyond what may be filled and is not yet recorded as such."""
        fresh = self.filled - self.quantity_worst - self.excess
        if fresh <= 0:
            return Quantity(0)
        self.excess = Quantity(self.excess + fresh)
        return Quantity(fresh)

    def check(self) -> None:
        """Stop if the quantities do not add up (invariant 5)."""
        assert self.filled >= 0, "what is filled is never negative"
        assert self.canceled >= 0, "what is canceled is never negative"
        assert self.filled <= self.quantity_worst + self.excess, "an over-fill is recorded as such"
        if self.filled <= self.quantity:
            left = self.quantity - self.filled - self.canceled
            assert self.leaves == left, "leaves = quantity - filled - canceled"


class Orders:
    """All orders, and the indexes to find them. Ids are burned for ever."""

    def __init__(self) -> None:
        """Begin without any order."""
        self._orders: dict[OrderId, Order] = {}
        self._by_strategy: dict[StrategyId, list[Order]] = {}
        self._by_instrument: dict[InstrumentId, list[Order]] = {}
        self._by_venue: dict[str, dict[str, Order]] = {}
        self._working: dict[StrategyId, dict[OrderId, Order]] = {}
        self._working_in: dict[InstrumentId, dict[OrderId, Order]] = {}
        self._held: dict[OrderId, Order] = {}
        self._last_id: dict[StrategyId, OrderId] = {}
        self._burned: dict[OrderId, bool] = {}  # parents have ids, too
        self._last_closing_id: dict[StrategyId, OrderId] = {}
        self._working_count = 0

    def get(self, order: OrderId) -> Order | None:
        """Return an order, None if there never was one of this id."""
        return self._orders.get(order)

    def by_client(self, client_order: str) -> Order | None:
        """Return the order that a client order id of ours names, None if it is none of ours."""
        parts = client_order.split("-")
        if len(parts) != 3 or not all(_is_number(part) for part in parts):
            return None
        order = self._orders.get(OrderId(int(parts[1])))
        if order is None or order.epoch != int(parts[0]) or int(parts[2]) > order.requests:
            return None
        return order

    def by_venue(self, venue: str, venue_order: str) -> Order | None:
        """Return the order that a venue knows under its own id, None if there is none."""
        known = self._by_venue.get(venue)
        return known.get(venue_order) if known else None

    def name(self, order: Order, venue: str, venue_order: str) -> None:
        """Learn the venue's id of an order; an earlier one still finds it."""
        if venue_order and venue_order != order.venue_order:
            order.venue_order = venue_order
            self._by_venue.setdefault(venue, {})[venue_order] = order

    def all(self) -> list[Order]:
        """Return every order that ever was, in the order in which they were asked for."""
        return list(self._orders.values())

    def of_strategy(self, strategy: StrategyId) -> list[Order]:
        """Return every order that a strategy ever asked for; not to be changed."""
        return self._by_strategy.get(strategy, [])

    def of_instrument(self, instrument: InstrumentId) -> list[Order]:
        """Return every order that ever was in an instrument; not to be changed."""
        return self._by_instrument.get(instrument, [])

    def last_id(self, strategy: StrategyId) -> OrderId:
        """Return the highest id that a strategy ever used, 0 if none."""
        return self._last_id.get(strategy, OrderId(0))

    def working(self, strategy: StrategyId) -> list[Order]:
        """Return the working orders of a strategy, oldest first."""
        found = self._working.get(strategy)
        return list(found.values()) if found else []

    def working_in(self, instrument: InstrumentId) -> list[Order]:
        """Return the working orders in an instrument, oldest first."""
        found = self._working_in.get(instrument)
        return list(found.values()) if found else []

    def all_working(self) -> list[Order]:
        """Return the working orders of all strategies, oldest first within each."""
        return [order for found in self._working.values() for order in found.values()]

    def held(self) -> list[Order]:
        """Return the orders that wait in the machine, oldest first."""
        return list(self._held.values())

    @property
    def working_count(self) -> int:
        """How many orders may still trade."""
        return self._working_count

    def is_burned(self, strategy: StrategyId, order: OrderId) -> bool:
        """Whether an id may not be used: it was, or a later one of the same strategy was."""
        used = order in self._orders or order in self._burned
        return used or order <= self.last_id(strategy) or is_closing(order)

    def closing_id(self, strategy: StrategyId) -> OrderId:
        """Return the id of the next order that closes a position of a strategy after a kill."""
        first = OrderId((strategy << _COUNTER_BITS) + _CLOSING_FIRST)
        return OrderId(self._last_closing_id.get(strategy, first) + 1)

    def add(self, order: Order) -> None:
        """Keep a new order, whatever becomes of it."""
        assert not self.is_burned(order.strategy, order.order), "an order id is used once"
        self._last_id[order.strategy] = order.order
        self._keep(order)

    def add_closing(self, order: Order) -> None:
        """Keep a new order that closes a position after a kill."""
        assert order.order == self.closing_id(order.strategy), "ids of closing orders are in order"
        self._last_closing_id[order.strategy] = order.order
        self._keep(order)

    def burn(self, strategy: StrategyId, order: OrderId) -> None:
        """Use up an id for what is no order: no order is ever called so."""
        assert not self.is_burned(strategy, order), "an id is used once"
        self._last_id[strategy] = order
        self._burned[order] = True

    def settle(self, order: Order) -> None:
        """Keep the lists of working and held orders true after an order changed."""
        order.check()
        if order.working is not order.listed:
            self._list(order)
        if order.status is _HELD:
            self._held[order.order] = order
        elif self._held:
            self._held.pop(order.order, None)

    def _list(self, order: Order) -> None:
        """Put an order among the working ones, or take it from them."""
        mine = self._working[order.strategy]
        here = self._working_in.get(order.instrument)
        if here is None:
            here = self._working_in[order.instrument] = {}
        order.listed = not order.listed
        if order.listed:
            mine[order.order] = order
            here[order.order] = order
            self._working_count += 1
        else:
            del mine[order.order]
            del here[order.order]
            self._working_count -= 1

    def _keep(self, order: Order) -> None:
        self._orders[order.order] = order
        mine = self._by_strategy.get(order.strategy)
        if mine is None:
            mine = self._by_strategy[order.strategy] = []
            self._working[order.strategy] = {}
        mine.append(order)
        here = self._by_instrument.get(order.instrument)
        if here is None:
            here = self._by_instrument[order.instrument] = []
        here.append(order)


def is_closing(order: OrderId) -> bool:
    """Whether an id is of those that orders have which close positions after a kill."""
    return order & _CLOSING_FIRST == _CLOSING_FIRST


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _CLIENT_DIGITS_MAX
