"""An order as one JSON object: everything that it carries, amounts as decimal text.

The average price is written twice: rounded half to even to four decimals more than the price has,
and as the exact ratio of whole numbers that it is.
"""

from fractions import Fraction
from typing import Any, Final

from fairlead.machine.machine import Machine
from fairlead.machine.orders import PLAIN, Conditions, Order
from fairlead.model.decimals import decimal_text
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.units import divide_half_even

AVERAGE_DECIMALS_MORE: Final = 4  # an average price lies between ticks


def order_object(order: Order, machine: Machine, names: Names) -> dict[str, Any]:
    """Return an order: who wants what, what became of it, and what is still asked for."""
    terms = machine.instruments[order.instrument]
    return {
        **_identity(order, machine, names),
        **_terms(order, terms),
        **_outcome(order, terms),
        **_pending(order, terms),
        **_decision(order, terms),
        "conditions": None if order.conditions is PLAIN else _conditions(order.conditions, terms),
    }


def average_price(order: Order, terms: Instrument) -> str | None:
    """Return the average price of the fills, rounded half to even; None without a fill."""
    if order.filled == 0:
        return None
    scaled = divide_half_even(order.filled_cost * 10**AVERAGE_DECIMALS_MORE, order.filled)
    return decimal_text(scaled, terms.price_decimals + AVERAGE_DECIMALS_MORE)


def average_price_exact(order: Order, terms: Instrument) -> str | None:
    """Return the average price of the fills as the ratio that it is; None without a fill."""
    if order.filled == 0:
        return None
    ratio = Fraction(order.filled_cost, order.filled * 10**terms.price_decimals)
    return f"{ratio.numerator}/{ratio.denominator}"


def _identity(order: Order, machine: Machine, names: Names) -> dict[str, Any]:
    account = machine.state.strategies[order.strategy].account
    return {
        "order": order.order,
        "client_order": order.client_order,
        "venue_order": order.venue_order,
        "account": names.accounts.name(account),
        "strategy": names.strategies.name(order.strategy),
        "trader": order.trader,
        "stage": order.stage,
        "parent": order.parent,
        "instrument": names.instruments.name(order.instrument),
    }


def _terms(order: Order, terms: Instrument) -> dict[str, Any]:
    return {
        "side": order.side.name.lower(),
        "order_type": order.order_type.name.lower(),
        "time_in_force": order.time_in_force.name.lower(),
        "post_only": order.post_only,
        "quantity": decimal_text(order.quantity, terms.quantity_decimals),
        "price": decimal_text(order.price, terms.price_decimals),
        "sent_type": order.sent_type.name.lower() if order.requests else None,
        "sent_time_in_force": order.sent_time_in_force.name.lower() if order.requests else None,
    }


def _outcome(order: Order, terms: Instrument) -> dict[str, Any]:
    decimals = terms.quantity_decimals
    return {
        "status": order.status.name.lower(),
        "hold": order.hold.name.lower(),
        "filled": decimal_text(order.filled, decimals),
        "canceled": decimal_text(order.canceled, decimals),
        "leaves": decimal_text(order.leaves if order.live else 0, decimals),
        "excess": decimal_text(order.excess, decimals),
        "cumulative": decimal_text(order.cumulative, decimals),
        "average_price": average_price(order, terms),
        "average_price_exact": average_price_exact(order, terms),
        "failure": order.failure,
    }


def _pending(order: Order, terms: Instrument) -> dict[str, Any]:
    """Describe what was asked for and is not answered yet; zeros where nothing is."""
    return {
        "epoch": order.epoch,
        "requests": order.requests,
        "attempts": order.attempts,
        "cancel_wanted": order.cancel_wanted,
        "new_quantity": decimal_text(order.new_quantity, terms.quantity_decimals),
        "new_price": decimal_text(order.new_price, terms.price_decimals),
        "wanted_quantity": decimal_text(order.wanted_quantity, terms.quantity_decimals),
    }


def _decision(order: Order, terms: Instrument) -> dict[str, Any]:
    """Describe why and when: our times and the venue's stand apart."""
    return {
        "decision_price": decimal_text(order.decision_price, terms.price_decimals),
        "decision_time": order.decision_time,
        "reason": order.reason,
        "tag": order.tag,
        "time": order.time,
        "updated": order.updated,
        "venue_time": order.venue_time,
        "unknown_since": order.unknown_since,
    }


def _conditions(conditions: Conditions, terms: Instrument) -> dict[str, Any]:
    """Describe triggers, pegs, limits in time and price, and contingencies; zeros where none."""
    return {
        "trigger_price": decimal_text(conditions.trigger_price, terms.price_decimals),
        "trigger": conditions.trigger.name.lower(),
        "trail": decimal_text(conditions.trail, terms.price_decimals),
        "trail_share": conditions.trail_share,
        "display_quantity": decimal_text(conditions.display_quantity, terms.quantity_decimals),
        "peg": conditions.peg.name.lower(),
        "peg_offset": decimal_text(conditions.peg_offset, terms.price_decimals),
        "reduce_only": conditions.reduce_only,
        "expire_time": conditions.expire_time,
        "timeout": conditions.timeout,
        "slippage_max": conditions.slippage_max,
        "after": conditions.after,
        "group": conditions.group,
        "contingency": conditions.contingency.name.lower(),
    }
