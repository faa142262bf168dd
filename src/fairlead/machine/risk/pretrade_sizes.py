"""What an order is by itself, beside what the gate holds it to: its price and its share of volume.

Also the counts of layer 1: orders that work, orders without an answer, messages for each trade.
"""

from typing import Final

from fairlead.machine.risk.alerts import Alerts
from fairlead.machine.risk.lanes import Count, Lane
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.model.risk import Limit, Profile
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import Unit
from fairlead.model.units import MILLIONTHS, Nanos

_PRICE_FLOOR: Final = LimitKind.PRICE_FLOOR
_VOLUME_SHARE: Final = LimitKind.ORDER_VOLUME_SHARE
_WORKING: Final = LimitKind.WORKING_ORDERS
_UNACKNOWLEDGED: Final = LimitKind.UNACKNOWLEDGED
_ORDER_TO_TRADE: Final = LimitKind.ORDER_TO_TRADE
_COUNT: Final = Unit.COUNT
_NANOS: Final = Unit.NANOS
_PRICE: Final = Unit.PRICE
_SHARE: Final = Unit.SHARE


def check_price_floor(terms: Terms, checks: Checks) -> None:
    """Hold the price against the least that is traded: its limit, at the market the reference.

    A sell that reduces passes, and what closes after a kill: who holds what has become a penny
    stock may leave it.
    """
    bound = terms.path.tightest(_PRICE_FLOOR)
    if bound is None:
        return
    limit, node = bound
    unit = 10**terms.instrument.price_decimals
    least = -(-limit.hard * unit // MILLIONTHS)
    twice = 2 * terms.price if terms.has_limit else terms.reference_twice
    excused = terms.closing or (terms.reduces and not terms.buys)
    if twice <= 0:
        checks.hold_optional(excused, "price_floor", None, least, _PRICE, node.name)
        return
    passed = twice * MILLIONTHS >= 2 * limit.hard * unit
    checks.hold(passed or excused, "price_floor", twice // 2, least, _PRICE, node.name)


def check_volume_share(terms: Terms, profile: Profile | None, checks: Checks) -> None:
    """Hold the quantity against its share of the average daily volume; not known, it fails."""
    bound = terms.path.tightest(_VOLUME_SHARE)
    if bound is None or terms.closing:
        return
    limit, node = bound
    volume = profile.average_daily_volume if profile is not None else None
    if volume is None or volume <= 0:
        checks.hold_optional(False, "volume_share", None, limit.hard, _SHARE, node.name)
        return
    whole = volume * terms.market.quantity_unit
    exact = terms.quantity * MILLIONTHS * MILLIONTHS
    measured = writable(-(-exact // whole))  # up: never the limit
    passed = exact <= limit.hard * whole
    checks.hold(passed, "volume_share", measured, limit.hard, _SHARE, node.name)


def check_counts(terms: Terms, lane: Lane, age_max: Nanos, alerts: Alerts, checks: Checks) -> None:
    """Hold the orders that work, and those without an answer, against the limits of each scope.

    New terms for an order that works add none.
    """
    if age_max:
        since = next(iter(lane.unanswered.values()), terms.now)  # the oldest of the venue
        age = terms.now - since
        venue = f"venue {terms.instrument.venue}"
        checks.hold(age <= age_max, "unacknowledged_age", age, age_max, _NANOS, venue)
    if terms.order.working or terms.closing:
        return
    path = terms.path
    if path.tightest(_WORKING) is not None:
        for count in lane.counts:
            limit = count.node.limit(_WORKING)
            if limit is not None:
                hold_count(count, limit, "working_orders", count.working + 1, alerts, checks)
    if path.tightest(_UNACKNOWLEDGED) is not None:
        for count in lane.counts:
            limit = count.node.limit(_UNACKNOWLEDGED)
            if limit is not None:
                hold_count(count, limit, "unacknowledged", count.unanswered + 1, alerts, checks)


def check_order_to_trade(terms: Terms, lane: Lane, alerts: Alerts, checks: Checks) -> None:
    """Hold messages per trade, less one, against the limits of each scope (RTS 9).

    Before the first trade of the day it counts as if that one was about to come. What reduces
    passes.
    """
    if terms.path.tightest(_ORDER_TO_TRADE) is None:
        return
    for count in lane.counts:
        limit = count.node.limit(_ORDER_TO_TRADE)
        if limit is None:
            continue
        trades = max(1, count.trades)
        exact = (count.messages + 1 - trades) * MILLIONTHS
        measured = writable(-(-exact // trades))
        passed = exact <= limit.hard * trades or terms.reduces or terms.closing
        if passed:
            alerts.see(count.node, limit, measured)
        name = count.node.name
        checks.hold(passed, "order_to_trade", measured, limit.hard, _SHARE, name)


def count_trades(lane: Lane) -> None:
    """Count an execution, likewise."""
    if lane.path.tightest(_ORDER_TO_TRADE) is not None:
        for count in lane.counts:
            count.trades += count.node.limit(_ORDER_TO_TRADE) is not None


def hold_count(
    count: Count, limit: Limit, name: str, measured: int, alerts: Alerts, checks: Checks
) -> None:
    """Hold what is counted in one scope against its limit; equality passes."""
    most = limit.hard // MILLIONTHS
    passed = measured <= most
    if passed:
        alerts.see(count.node, limit, measured * MILLIONTHS)
    checks.hold(passed, name, measured, most, _COUNT, count.node.name)
