"""What every order must be by itself: on the venue's grid, near the market, of a bounded size.

A check that cannot measure fails: missing, stale or absurd input is never a legal value. The price
is held against the reference: a fresh mid, else a fresh last price. A market order is valued at the
edge of the collar, never at a default price.
"""

from typing import Final

from fairlead.machine.books import NEVER
from fairlead.machine.orders import PLAIN
from fairlead.machine.risk.terms import Checks, Terms, writable
from fairlead.model.limits import Limits
from fairlead.model.risk_terms import LimitKind
from fairlead.model.terms import OrderType, Unit
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    MILLIONTHS,
    BasisPoints,
    Money,
    Price,
    notional,
)

_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_PRICE: Final = Unit.PRICE
_QUANTITY: Final = Unit.QUANTITY
_MONEY: Final = Unit.MONEY
_NANOS: Final = Unit.NANOS
_BASIS_POINTS: Final = Unit.BASIS_POINTS
_SHARE: Final = Unit.SHARE
_ORDER_QUANTITY: Final = LimitKind.ORDER_QUANTITY
_ORDER_NOTIONAL: Final = LimitKind.ORDER_NOTIONAL
_PRICE_COLLAR: Final = LimitKind.PRICE_COLLAR


def share(limit: int, millionths: int) -> int:
    """Return what is left of a limit where a share of it holds."""
    return limit if millionths == MILLIONTHS else limit * millionths // MILLIONTHS


def check_grid(terms: Terms, checks: Checks) -> None:
    """Hold the order against the grid and the bounds of the venue."""
    quantity, price, market = terms.quantity, terms.price, terms.market
    least, most, lot = market.quantity_min, market.quantity_max, market.quantity_lot
    checks.hold(quantity >= least, "quantity_min", quantity, least, _QUANTITY)
    checks.hold(quantity <= most, "quantity_max", quantity, most, _QUANTITY)
    checks.hold(quantity % lot == 0, "quantity_lot", quantity, lot, _QUANTITY)
    if terms.has_limit:
        checks.hold(price > 0, "price_present", price, 1, _PRICE)
        if price > 0:
            tick = market.price_tick
            checks.hold(price % tick == 0, "price_tick", price, tick, _PRICE)
    else:
        checks.hold(price == 0, "price_absent", price, 0, _PRICE)
    if terms.reducible is not None:
        left = quantity - terms.order.filled
        checks.hold(left <= terms.reducible, "reduce_only", left, terms.reducible, _QUANTITY)


def check_reference(
    terms: Terms, limits: Limits, collar: BasisPoints, collar_share: int, checks: Checks
) -> None:
    """Hold the price against the reference, which is found here; in a warning more tightly."""
    book, now = terms.book, terms.now
    checks.fact(not book.stale, "book_fresh")
    if book.stale:
        return
    bid, ask = book.bid_price, book.ask_price
    two_sided = bid > 0 and ask > 0
    seen = book.touch_time if two_sided else book.last_time
    checks.fact(seen != NEVER, "reference_present")
    if seen == NEVER:
        return
    age, age_max = now - seen, limits.reference_age_max
    checks.hold(age <= age_max, "reference_age", age, age_max, _NANOS)
    if age > age_max:
        return
    terms.reference_twice = bid + ask if two_sided else book.last_price * 2
    if terms.has_limit:
        terms.price_worst = terms.price
        _check_collar(terms, collar, collar_share, checks)
        return
    _price_worst_at_market(terms, collar)
    if terms.order.conditions.peg_offset:
        _check_collar(terms, collar, collar_share, checks)


def check_size(
    terms: Terms, limits: Limits, collar: BasisPoints, size_share: int, checks: Checks
) -> None:
    """Hold quantity and worth against their limits; in a warning these are smaller."""
    quantity = terms.quantity
    most = share(limits.order_quantity_max, size_share)
    checks.hold(quantity <= most, "order_quantity_max", quantity, most, _QUANTITY)
    _check_scoped_quantity(terms, size_share, checks)
    if terms.reference_twice == 0:  # no price to value it at: the reference check has failed
        assert checks.failed, "an order without a reference has failed a check"
        return
    terms.value = _worth_worst(terms, collar)
    value, measured = terms.value, writable(terms.value)
    value_max = writable(share(limits.order_notional_max, size_share))
    value_min = terms.market.notional_min
    checks.hold(value <= value_max, "order_notional_max", measured, value_max, _MONEY)
    checks.hold(value >= value_min, "notional_min", measured, value_min, _MONEY)
    _check_scoped_notional(terms, size_share, checks)


def _check_collar(terms: Terms, collar: BasisPoints, collar_share: int, checks: Checks) -> None:
    """Hold the price against the collar of the instrument, and the tightest one of a scope."""
    twice = _collared_twice(terms)
    distance = _distance(terms, twice)
    passed = distance * BASIS_POINTS_UNIT <= collar * twice
    measured = writable(-(-distance * BASIS_POINTS_UNIT // twice))  # up: never the limit
    checks.hold(passed, "price_collar", measured, collar, _BASIS_POINTS)
    bound = terms.path.tightest(_PRICE_COLLAR)
    if bound is None:
        return
    limit, node = bound
    most = limit.hard * collar_share // MILLIONTHS
    passed = distance * MILLIONTHS <= most * twice
    measured = writable(-(-distance * MILLIONTHS // twice))
    checks.hold(passed, "price_collar_share", measured, most, _SHARE, node.name)


def _collared_twice(terms: Terms) -> int:
    """Return twice what the price is held against: the reference, and of a stop-limit order that
    waits at the venue the reference on the day it fires. Nobody here is asked then.
    """
    twice = terms.reference_twice
    if terms.order_type is not _STOP_LIMIT:
        return twice
    trigger = 2 * terms.order.conditions.trigger_price
    return max(twice, trigger) if terms.buys else min(twice, max(trigger, 1))


def _distance(terms: Terms, twice: int) -> int:
    """Return twice the distance from what the price is held against, of a pegged order that from
    what it follows; where the policy holds only what is adverse, a better price lies nowhere.
    """
    if terms.has_limit:
        beyond = 2 * terms.price - twice
        adverse = beyond if terms.buys else -beyond
    else:
        beyond = adverse = 2 * terms.order.conditions.peg_offset  # towards the other side
    return max(0, adverse) if terms.adverse_only else abs(beyond)


def _check_scoped_quantity(terms: Terms, size_share: int, checks: Checks) -> None:
    bound = terms.path.tightest(_ORDER_QUANTITY)
    if bound is None:
        return
    limit, node = bound
    unit = terms.market.quantity_unit
    most = limit.hard * unit * size_share // (MILLIONTHS * MILLIONTHS)
    passed = terms.quantity <= most
    checks.hold(passed, "order_quantity", terms.quantity, writable(most), _QUANTITY, node.name)


def _check_scoped_notional(terms: Terms, size_share: int, checks: Checks) -> None:
    bound = terms.path.tightest(_ORDER_NOTIONAL)
    if bound is None:
        return
    limit, node = bound
    unit = terms.market.money_unit
    most = limit.hard * unit * size_share // (MILLIONTHS * MILLIONTHS)
    numerator, denominator = terms.rate
    if denominator == 0:  # in base money nobody knows what it is worth
        checks.hold_optional(False, "order_notional", None, writable(most), _MONEY, node.name)
        return
    value = -(-terms.value * numerator // denominator)
    passed = value <= most
    checks.hold(passed, "order_notional", writable(value), writable(most), _MONEY, node.name)


def _price_worst_at_market(terms: Terms, collar: BasisPoints) -> None:
    """Put the edge of the collar for the worst price of an order without a limit."""
    twice = terms.reference_twice
    upper = twice * (BASIS_POINTS_UNIT + collar) // (2 * BASIS_POINTS_UNIT)
    lower = -(-twice * (BASIS_POINTS_UNIT - collar) // (2 * BASIS_POINTS_UNIT))
    terms.price_worst = Price(upper if terms.buys else lower)


def _worth_worst(terms: Terms, collar: BasisPoints) -> Money:
    """Return the most that the order may be worth at a price at which it may trade."""
    unit = terms.market.unit
    reference_up = -(-terms.reference_twice // 2)
    if not terms.market.inverse:
        terms.price_dearest = _dearest(terms, collar, reference_up)
        return notional(terms.price_dearest, terms.quantity, unit)
    lowest = terms.reference_twice * (BASIS_POINTS_UNIT - collar) // (2 * BASIS_POINTS_UNIT)
    if terms.has_limit and terms.price < reference_up:
        lowest = min(terms.price, terms.reference_twice // 2)
    terms.price_dearest = Price(max(1, lowest))  # the lower the price, the more it is worth
    return Money(-(-terms.quantity * unit // terms.price_dearest))


def _dearest(terms: Terms, collar: BasisPoints, reference_up: int) -> Price:
    """Return the highest price at which the order may trade: what it is valued at."""
    if not terms.has_limit:
        conditions = terms.order.conditions
        trigger = 0 if conditions is PLAIN else conditions.trigger_price
        twice = max(terms.reference_twice, 2 * trigger)  # a stop of the venue's own trades there
        return Price(-(-twice * (BASIS_POINTS_UNIT + collar) // (2 * BASIS_POINTS_UNIT)))
    if terms.buys:
        return terms.price
    return Price(max(terms.price, reference_up))
