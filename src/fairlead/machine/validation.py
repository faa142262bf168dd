"""What an order must say to be one: the rules of its type, its time in force and its conditions.

The grid and the bounds of the venue are held by the gate, which sees every message; here is what is
asked once, when an order is made. Every rule that is broken is named.
"""

from typing import Final

from fairlead.machine.orders import PLAIN, Order
from fairlead.machine.state import State
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import FailedCheck
from fairlead.model.terms import Contingency, OrderType, Peg, TimeInForce, Unit
from fairlead.model.units import Nanos

_NONE: Final = Unit.NONE
_STOP: Final = OrderType.STOP
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_TRAILING_STOP: Final = OrderType.TRAILING_STOP
_PEGGED: Final = OrderType.PEGGED
_RESTING: Final = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.PEGGED, OrderType.UNSET)
_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_AT_OPEN: Final = TimeInForce.AT_OPEN
_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_GTD: Final = TimeInForce.GTD


def problems(state: State, order: Order, instrument: Instrument, time: Nanos) -> list[FailedCheck]:
    """Return every rule of an order's making that it breaks."""
    failed: list[FailedCheck] = []
    time_in_force = order.time_in_force
    if order.post_only and (order.order_type not in _RESTING or time_in_force in _AT_ONCE):
        failed.append(_no("post_only_can_rest"))
    auction = time_in_force is _AT_OPEN or time_in_force is _AT_CLOSE
    if auction and time_in_force not in instrument.times_in_force:
        failed.append(_no("time_in_force_offered"))
    if state.live and not order.trader:
        failed.append(_no("trader_named"))
    if order.conditions is not PLAIN:
        _check_trigger(order, instrument, failed)
        _check_shown(order, instrument, failed)
        _check_life(order, time, failed)
        failed += state.links.problems(order, state.orders)
    elif time_in_force is _GTD:
        failed.append(_no("expire_time_present"))
    elif order.order_type is _PEGGED:
        failed.append(_no("peg_present"))
    return failed


def _check_trigger(order: Order, instrument: Instrument, failed: list[FailedCheck]) -> None:
    """Hold triggers and trails against the type: present where it needs them, absent elsewhere."""
    conditions = order.conditions
    price = conditions.trigger_price
    if order.order_type is _STOP or order.order_type is _STOP_LIMIT:
        if price <= 0:
            failed.append(FailedCheck("trigger_price_present", price, 1, Unit.PRICE))
    elif price != 0 and order.order_type is not _TRAILING_STOP:
        failed.append(FailedCheck("trigger_price_absent", price, 0, Unit.PRICE))
    if price < 0 or price % instrument.price_tick != 0:
        failed.append(FailedCheck("trigger_price_tick", price, instrument.price_tick, Unit.PRICE))
    trails = (conditions.trail != 0) + (conditions.trail_share != 0)
    if order.order_type is _TRAILING_STOP:
        if trails != 1 or conditions.trail < 0 or not 0 <= conditions.trail_share < 10_000:
            failed.append(_no("trail_present"))
    elif trails:
        failed.append(_no("trail_absent"))


def _check_shown(order: Order, instrument: Instrument, failed: list[FailedCheck]) -> None:
    """Hold icebergs and pegs against what the venue offers."""
    conditions = order.conditions
    shown = conditions.display_quantity
    if shown:
        if not instrument.icebergs:
            failed.append(_no("iceberg_offered"))
        if shown > order.quantity or shown % instrument.quantity_lot != 0:
            failed.append(FailedCheck("display_quantity", shown, order.quantity, Unit.QUANTITY))
    pegged = conditions.peg is not Peg.NONE
    if pegged != (order.order_type is _PEGGED):
        failed.append(_no("peg_absent" if pegged else "peg_present"))
    if order.order_type is _PEGGED and _PEGGED not in instrument.order_types:
        failed.append(_no("order_type_offered"))


def _check_life(order: Order, time: Nanos, failed: list[FailedCheck]) -> None:
    """Hold expiry and contingency against each other and the time."""
    conditions = order.conditions
    expires = conditions.expire_time
    if order.time_in_force is _GTD:
        if expires <= time:
            failed.append(FailedCheck("expire_time_future", expires, time, Unit.NANOS))
    elif expires != 0:
        failed.append(FailedCheck("expire_time_absent", expires, 0, Unit.NANOS))
    contingent = conditions.contingency is not Contingency.NONE
    if contingent != (conditions.group != 0):
        failed.append(_no("group_and_contingency"))
    if order.post_only and conditions.trigger_price and order.order_type is _STOP:
        failed.append(_no("post_only_can_rest"))


def _no(check: str) -> FailedCheck:
    return FailedCheck(check, None, None, _NONE)
