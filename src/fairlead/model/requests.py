"""What strategies ask for, and what becomes of them; and time."""

from collections.abc import Container

from fairlead.model.record import Record
from fairlead.model.terms import Contingency, OrderType, Peg, Side, TimeInForce, Trigger
from fairlead.model.units import (
    BasisPoints,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
)


class SubmitRequest(Record, frozen=True, tag=60):
    """A strategy wants a new order. `price` is 0 for a market order."""

    strategy: StrategyId
    order: OrderId
    instrument: InstrumentId
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Quantity
    price: Price
    tag: str = ""
    trigger_price: Price = Price(0)  # of a stop
    trigger: Trigger = Trigger.LAST
    trail: Price = Price(0)  # the distance of a trailing stop, in price increments ...
    trail_share: BasisPoints = BasisPoints(0)  # ... or as a share of the market
    display_quantity: Quantity = Quantity(0)  # of an iceberg; 0 shows all
    peg: Peg = Peg.NONE
    peg_offset: Price = Price(0)  # towards the other side
    reduce_only: bool = False  # may bring the position nearer to zero, and no further
    expire_time: Nanos = Nanos(0)  # of GTD
    timeout: Nanos = Nanos(0)  # after which it is given up; 0: by the order policy
    slippage_max: BasisPoints = BasisPoints(0)  # from the decision price; 0: by the order policy
    decision_price: Price = Price(0)  # 0: the reference price at the request
    decision_time: Nanos = Nanos(0)  # 0: the time of the request
    parent: OrderId = OrderId(0)  # the order that an algorithm works
    after: OrderId = OrderId(0)  # held until this order fills (OTO), for as much as it fills
    group: OrderId = OrderId(0)  # those of one group are contingent on each other
    contingency: Contingency = Contingency.NONE
    trader: str = ""  # "": that of the strategy
    reason: str = ""


def order_type_of(given: Container[str]) -> OrderType:
    """Return the type of an order that does not say it: it follows from the fields that it gives.

    A trail makes a trailing stop, a trigger price a stop, with a price a stop-limit; a peg makes a
    pegged order; a price alone a limit order, and nothing of these a market order.
    """
    if "trail" in given or "trail_share" in given:
        return OrderType.TRAILING_STOP
    if "trigger_price" in given:
        return OrderType.STOP_LIMIT if "price" in given else OrderType.STOP
    if "peg" in given:
        return OrderType.PEGGED
    return OrderType.LIMIT if "price" in given else OrderType.MARKET


class CancelRequest(Record, frozen=True, tag=61):
    """A strategy wants an order gone."""

    strategy: StrategyId
    order: OrderId


class ReplaceRequest(Record, frozen=True, tag=62):
    """A strategy wants other terms: total quantity (what is filled included) and price."""

    strategy: StrategyId
    order: OrderId
    instrument: InstrumentId
    quantity: Quantity
    price: Price


class StrategyFailed(Record, frozen=True, tag=63):
    """A strategy raised an error, or broke the port's rules. It is disabled."""

    strategy: StrategyId
    error: str


class TimerFired(Record, frozen=True, tag=64):
    """A timer that a strategy set has run out."""

    strategy: StrategyId
    timer: int


class TimePassed(Record, frozen=True, tag=65):
    """Nothing but time: something in the machine was due."""


class ClockChecked(Record, frozen=True, tag=117):
    """Our clock was held against the time of day of the machine, both at one moment.

    Ours goes on evenly whatever the other one does. Beyond `warning` and `alarm` apart a fact says
    so; where they moved by more than `halt` against each other, nothing new leaves until a person
    has looked.
    """

    ours: Nanos  # the time by our clock
    wall: Nanos  # by the machine's time of day, as it was read
    source: str  # where that is from
    warning: Nanos = Nanos(100_000)
    alarm: Nanos = Nanos(1_000_000)
    halt: Nanos = Nanos(1_000_000_000)
