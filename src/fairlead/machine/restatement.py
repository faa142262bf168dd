"""What a corporate action makes of an order: the same wish in the terms of the day after.

Prices are rounded to the safe side, a buy down and a sell up, and no stop fires because of the
rounding. An order that does not come out in whole lots is asked to cancel; until it is gone it
counts at its worst case.
"""

from math import gcd
from typing import Final

from fairlead.machine.orders import PLAIN, Order
from fairlead.machine.requests import request_cancel
from fairlead.machine.settling import settle
from fairlead.machine.state import State
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import OrderReplaced, Output
from fairlead.model.terms import Side
from fairlead.model.units import (
    INCREMENTS_MAX,
    Money,
    Nanos,
    Price,
    Quantity,
    divide_half_even,
)

_BUY: Final = Side.BUY


class Ratio:
    """How many new units come for how many old ones, in lowest terms."""

    def __init__(self, new: int, old: int) -> None:
        """Take both as they were said: 4 for 2 is 2 for 1."""
        common = gcd(new, old)
        self.new = new // common
        self.old = old // common

    def divides(self, quantity: int, lot: int) -> bool:
        """Whether a quantity comes out in whole lots."""
        return quantity * self.new % (self.old * lot) == 0

    def up(self, quantity: Quantity) -> Quantity:
        """Return what a quantity becomes, rounded up."""
        return Quantity(-(-quantity * self.new // self.old))

    def down(self, quantity: Quantity) -> Quantity:
        """Return what a quantity becomes, rounded down."""
        return Quantity(quantity * self.new // self.old)

    def price_up(self, price: Price, tick: Price) -> Price:
        """Return what a price becomes, rounded up to the tick."""
        return Price(-(-price * self.old // (self.new * tick)) * tick)

    def price_down(self, price: Price, tick: Price) -> Price:
        """Return what a price becomes, rounded down to the tick, at least one; 0 stays none."""
        return Price(max(price * self.old // (self.new * tick), 1) * tick) if price else price

    def nearest(self, price: Price) -> Price:
        """Return what a price becomes, to the nearest increment, at least one; 0 stays none."""
        return Price(max(divide_half_even(price * self.old, self.new), 1)) if price else price


def split_order(
    state: State,
    order: Order,
    terms: Instrument,
    ratio: Ratio,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Bring an order into the new units, or have it canceled where it does not come out."""
    whole = _comes_out(order, terms, ratio)
    order.quantity = ratio.up(order.quantity)
    order.new_quantity = ratio.up(order.new_quantity)
    order.wanted_quantity = ratio.up(order.wanted_quantity)
    order.filled = ratio.down(order.filled)
    order.cumulative = ratio.down(order.cumulative)
    order.decision_price = ratio.nearest(order.decision_price)
    order.price_worst = ratio.price_up(order.price_worst, Price(1))
    safe = ratio.price_down if order.side is _BUY else ratio.price_up
    order.price = safe(order.price, terms.price_tick)
    order.new_price = safe(order.new_price, terms.price_tick)
    if order.conditions is not PLAIN:
        _split_conditions(order, terms, ratio)
    _announce(state, order, time, outputs)
    if not whole:
        reason = f"after the split it is not a whole number of lots: {ratio.new} for {ratio.old}"
        request_cancel(state, order, time, outputs, reason=reason)


def _split_conditions(order: Order, terms: Instrument, ratio: Ratio) -> None:
    """Bring what few orders have into the new units. No stop fires because of the rounding."""
    conditions = order.conditions
    lot = terms.quantity_lot
    late = ratio.price_up if order.side is _BUY else ratio.price_down
    conditions.trigger_price = late(conditions.trigger_price, terms.price_tick)
    conditions.trail = ratio.nearest(conditions.trail)
    conditions.peg_offset = Price(divide_half_even(conditions.peg_offset * ratio.old, ratio.new))
    if conditions.display_quantity:
        lots = ratio.down(conditions.display_quantity) // lot
        conditions.display_quantity = Quantity(max(lots, 1) * lot)


def _comes_out(order: Order, terms: Instrument, ratio: Ratio) -> bool:
    """Whether an order can go on in the new units: in whole lots, within what the venue takes."""
    lot = terms.quantity_lot
    if not ratio.divides(order.quantity, lot) or not ratio.divides(order.filled, lot):
        return False
    if not ratio.divides(order.new_quantity, lot):
        return False
    quantity = ratio.up(order.quantity)
    price_up = ratio.price_up(order.price, terms.price_tick)
    trigger_up = ratio.price_up(order.conditions.trigger_price, terms.price_tick)
    return (
        terms.quantity_min <= quantity <= terms.quantity_max
        and max(price_up, trigger_up) <= INCREMENTS_MAX
        and (order.price == 0 or order.price * ratio.old >= ratio.new * terms.price_tick)
    )


def lower_order(
    state: State,
    order: Order,
    terms: Instrument,
    amount: Money,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Lower a buy limit or a sell stop by a dividend: the market falls by it, and means nothing."""
    conditions = order.conditions
    stops = conditions.trigger_price != 0
    order.decision_price = max(_lower(order.decision_price, amount, terms, Price(1)), Price(0))
    if stops == (order.side is _BUY) or not (stops or order.price):
        return
    tick = terms.price_tick
    price = _lower(order.price, amount, terms, tick)
    new_price = _lower(order.new_price, amount, terms, tick)
    trigger_price = _lower(conditions.trigger_price, amount, terms, tick)
    if min(price, new_price, trigger_price) < 0:
        reason = "the dividend leaves nothing of its price"
        request_cancel(state, order, time, outputs, reason=reason)
        return
    order.price = price
    order.new_price = new_price
    if stops:
        conditions.trigger_price = trigger_price
    _announce(state, order, time, outputs)


def _lower(price: Price, amount: Money, terms: Instrument, tick: Price) -> Price:
    """Return a price less a dividend, rounded down to the tick; -1 if nothing is left, 0 for 0."""
    if price == 0:
        return price
    step = units_of(terms) * terms.money_unit
    lowered = (price * step - amount) // (step * tick) * tick
    return Price(lowered if lowered > 0 else -1)


def _announce(state: State, order: Order, time: Nanos, outputs: list[Output]) -> None:
    outputs.append(
        OrderReplaced(order.order, order.strategy, order.instrument, order.quantity, order.price)
    )
    settle(state, order, time, outputs)


def units_of(terms: Instrument) -> Quantity:
    """Return how many quantity increments a whole unit has."""
    return Quantity(10**terms.quantity_decimals)
