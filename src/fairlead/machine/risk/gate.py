"""The risk gate: the one way from what a strategy wants to what may leave.

Every check is evaluated, every failed one is recorded with what was measured and what would have
passed. A check that cannot measure fails: missing, stale or absurd input is never a legal value.
The gate alone makes `Approved`, and `SendOrder` and `ReplaceOrder` take nothing else.
"""

from typing import Final

import msgspec

from fairlead.machine.books import NEVER, Book
from fairlead.machine.orders import PLAIN, STOPS, Order
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.rate import MessageThrottle
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Approved, FailedCheck
from fairlead.model.terms import InstrumentKind, OrderType, Side, TimeInForce, Unit
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    MONEY_MAX,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    notional,
)

_BUY: Final = Side.BUY
_LIMIT: Final = OrderType.LIMIT
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_INVERSE: Final = InstrumentKind.INVERSE
_GTD: Final = TimeInForce.GTD
_NONE: Final = Unit.NONE
_COUNT: Final = Unit.COUNT
_PRICE: Final = Unit.PRICE
_QUANTITY: Final = Unit.QUANTITY
_MONEY: Final = Unit.MONEY
_NANOS: Final = Unit.NANOS
_BASIS_POINTS: Final = Unit.BASIS_POINTS


class Terms:
    """What is asked of the gate: a new order, or new terms for a working one."""

    def __init__(self, order: Order, quantity: Quantity, price: Price) -> None:
        """Take the order with the total quantity and the price that it shall have."""
        self.order = order
        self.quantity = quantity
        self.price = price
        self.order_type = order.order_type  # as the venue will get it
        self.time_in_force = order.time_in_force
        self.reducible: Quantity | None = None  # of a reduce-only order: how much it may trade
        self.problem = ""  # what closes the instrument: a break, or that nothing confirmed it yet
        self.disconnected = False  # whether the session with the venue is broken
        self.reference_twice = 0  # twice the reference price: a mid may lie on a half
        self.price_worst = Price(0)
        self.value = Money(0)
        self.position_worst = SignedQuantity(0)


class Checks:
    """The checks of one review: those that failed, and for who asks those that passed."""

    def __init__(
        self, order: OrderId, trace: list[tuple[OrderId, FailedCheck, bool]] | None
    ) -> None:
        """Begin without any; `trace` takes every check with whether it passed."""
        self.failed: list[FailedCheck] = []
        self._order = order
        self._trace = trace

    def hold(
        self, passed: bool, check: str, measured: int | None, limit: int | None, unit: Unit
    ) -> None:
        """Keep one check, with what was measured and what would have passed."""
        if not passed:
            self.failed.append(FailedCheck(check, measured, limit, unit))
        if self._trace is not None:
            self._trace.append((self._order, FailedCheck(check, measured, limit, unit), passed))

    def fact(self, passed: bool, check: str) -> None:
        """Keep a check that measures nothing."""
        self.hold(passed, check, None, None, _NONE)


class Gate:
    """Who may trade, within which limits, and what is on its way already."""

    def __init__(self) -> None:
        """Begin closed: no limits are set, so nothing passes."""
        self.killed = False
        self.stopped = False
        self.exposure = Exposure()
        self.throttle = MessageThrottle()
        # Every check of an order with whether it passed, for who replays a journal to explain it.
        # No decision reads it.
        self.trace: list[tuple[OrderId, FailedCheck, bool]] | None = None
        self._limits: dict[InstrumentId, Limits] = {}
        self._disabled: dict[StrategyId, str] = {}

    def set_limits(self, limits: Limits) -> None:
        """Hold orders against these limits from now on."""
        self._limits[limits.instrument] = limits

    def limits(self, instrument: InstrumentId) -> Limits | None:
        """Return the limits of an instrument, None if none were set."""
        return self._limits.get(instrument)

    def set_rate(self, rate: MessageRate) -> None:
        """Hold messages against this rate from now on."""
        self.throttle.rate = rate

    def disable(self, strategy: StrategyId, reason: str) -> bool:
        """Take a strategy off; return False if it was off already."""
        if strategy in self._disabled:
            return False
        self._disabled[strategy] = reason
        return True

    def disabled(self) -> list[tuple[StrategyId, str]]:
        """Return the strategies that are off, with the reason."""
        return list(self._disabled.items())

    def review(
        self,
        terms: Terms,
        instrument: Instrument,
        book: Book,
        net: SignedQuantity,
        now: Nanos,
    ) -> Approved | list[FailedCheck]:
        """Return the approval, or every check that failed. The order of the checks is this page."""
        checks = Checks(terms.order.order, self.trace)
        self._check_permission(terms, book, checks)
        self._check_rate(now, checks)
        self._check_terms(terms, instrument, checks)
        limits = self._limits.get(instrument.instrument)
        checks.fact(limits is not None, "limits_set")
        if limits is None:
            checks.fact(not book.stale, "book_fresh")
            return checks.failed
        self._check_reference(terms, limits, book, now, checks)
        self._check_size(terms, instrument, limits, checks)
        self._check_position(terms, limits, net, checks)
        return checks.failed or _approve(terms)

    def review_held(
        self, terms: Terms, instrument: Instrument, book: Book | None
    ) -> list[FailedCheck]:
        """Return why an order may not even wait in the machine. The rest is asked when it goes."""
        assert book is not None, "every instrument has a book"
        checks = Checks(terms.order.order, self.trace)
        self._check_permission(terms, book, checks)
        self._check_terms(terms, instrument, checks)
        checks.fact(instrument.instrument in self._limits, "limits_set")
        return checks.failed

    def review_cancel(self, now: Nanos) -> FailedCheck | None:
        """Return why a cancel may not leave: its reserve of the message rate is used up."""
        rate = self.throttle.rate
        limit = rate.count_max + rate.cancel_reserve if rate is not None else 0
        used = self.throttle.used(now)
        return FailedCheck("message_rate", used + 1, limit, Unit.COUNT) if used >= limit else None

    def _check_permission(self, terms: Terms, book: Book, checks: Checks) -> None:
        order = terms.order
        checks.fact(not self.killed, "killed")
        checks.fact(not self.stopped, "trading_stopped")
        checks.fact(order.strategy not in self._disabled, "strategy_disabled")
        checks.fact(not terms.disconnected, "venue_connected")
        if terms.problem:
            checks.fact(False, terms.problem)
        checks.fact(not book.halted, "instrument_tradable")
        unknown = len(self.exposure.of(order.instrument).unknown)
        checks.hold(unknown == 0, "orders_unknown", unknown, 0, _COUNT)

    def _check_rate(self, now: Nanos, checks: Checks) -> None:
        rate = self.throttle.rate
        limit = rate.count_max if rate is not None else 0
        used = self.throttle.used(now)
        checks.hold(used < limit, "message_rate", used + 1, limit, _COUNT)

    def _check_terms(self, terms: Terms, instrument: Instrument, checks: Checks) -> None:
        """Hold the order against the grid and the bounds of the venue."""
        quantity, price = terms.quantity, terms.price
        least, most, lot = instrument.quantity_min, instrument.quantity_max, instrument.quantity_lot
        checks.hold(quantity >= least, "quantity_min", quantity, least, _QUANTITY)
        checks.hold(quantity <= most, "quantity_max", quantity, most, _QUANTITY)
        checks.hold(quantity % lot == 0, "quantity_lot", quantity, lot, _QUANTITY)
        if _has_limit(terms):
            checks.hold(price > 0, "price_present", price, 1, _PRICE)
            if price > 0:
                tick = instrument.price_tick
                checks.hold(price % tick == 0, "price_tick", price, tick, _PRICE)
        else:
            checks.hold(price == 0, "price_absent", price, 0, _PRICE)
        if terms.reducible is not None:
            left = quantity - terms.order.filled
            checks.hold(left <= terms.reducible, "reduce_only", left, terms.reducible, _QUANTITY)

    def _check_reference(
        self, terms: Terms, limits: Limits, book: Book, now: Nanos, checks: Checks
    ) -> None:
        """Hold the price against the reference: a fresh mid, else a fresh last price."""
        checks.fact(not book.stale, "book_fresh")
        if book.stale:
            return
        two_sided = book.bid_price > 0 and book.ask_price > 0
        seen = book.touch_time if two_sided else book.last_time
        checks.fact(seen != NEVER, "reference_present")
        if seen == NEVER:
            return
        age, age_max = now - seen, limits.reference_age_max
        checks.hold(age <= age_max, "reference_age", age, age_max, _NANOS)
        if age > age_max:
            return
        twice = book.bid_price + book.ask_price if two_sided else book.last_price * 2
        terms.reference_twice = twice
        if not _has_limit(terms):
            _price_worst_at_market(terms, limits.collar)
            return
        terms.price_worst = terms.price
        if terms.order_type is _STOP_LIMIT:
            return  # it waits for the market to come: the collar holds what is sent when it does
        distance = abs(2 * terms.price - twice)
        passed = distance * BASIS_POINTS_UNIT <= limits.collar * twice
        measured = _writable(-(-distance * BASIS_POINTS_UNIT // twice))  # up: never the limit
        checks.hold(passed, "price_collar", measured, limits.collar, _BASIS_POINTS)

    def _check_size(
        self, terms: Terms, instrument: Instrument, limits: Limits, checks: Checks
    ) -> None:
        quantity, most = terms.quantity, limits.order_quantity_max
        checks.hold(quantity <= most, "order_quantity_max", quantity, most, _QUANTITY)
        if terms.reference_twice == 0:  # no price to value it at: the reference check has failed
            assert checks.failed, "an order without a reference has failed a check"
            return
        terms.value = _worth_worst(terms, limits.collar, instrument)
        measured = _writable(terms.value)
        value_max = min(limits.order_notional_max, MONEY_MAX)
        value_min = instrument.notional_min
        checks.hold(terms.value <= value_max, "order_notional_max", measured, value_max, _MONEY)
        checks.hold(terms.value >= value_min, "notional_min", measured, value_min, _MONEY)

    def _check_position(
        self, terms: Terms, limits: Limits, net: SignedQuantity, checks: Checks
    ) -> None:
        """Hold the worst case against the limit: all that works on this side fills."""
        order = terms.order
        working = self.exposure.of(order.instrument)
        added = max(0, terms.quantity - order.filled) - order.reserved
        if order.side is _BUY:
            worst = net + working.buys + max(0, added)
        else:
            worst = net - working.sells - max(0, added)
        terms.position_worst = SignedQuantity(worst)
        over = worst if order.side is _BUY else -worst
        most = limits.position_quantity_max
        checks.hold(over <= most, "position_quantity_max", _writable(over), most, _QUANTITY)


def _has_limit(terms: Terms) -> bool:
    return terms.order_type is _LIMIT or terms.order_type is _STOP_LIMIT


def _price_worst_at_market(terms: Terms, collar: BasisPoints) -> None:
    """Put the edge of the collar for the worst price of an order without a limit."""
    twice = terms.reference_twice
    upper = twice * (BASIS_POINTS_UNIT + collar) // (2 * BASIS_POINTS_UNIT)
    lower = -(-twice * (BASIS_POINTS_UNIT - collar) // (2 * BASIS_POINTS_UNIT))
    terms.price_worst = Price(upper if terms.order.side is _BUY else lower)


def _writable(measured: int) -> int:
    """Return a measure that a record can hold: `MONEY_MAX` where it lies beyond."""
    return max(-MONEY_MAX, min(measured, MONEY_MAX))


def _worth_worst(terms: Terms, collar: BasisPoints, instrument: Instrument) -> Money:
    """Return the most that the order may be worth at a price at which it may trade."""
    unit = instrument.money_unit
    reference_up = -(-terms.reference_twice // 2)
    if instrument.kind is not _INVERSE:
        return notional(_dearest(terms, collar, reference_up), terms.quantity, unit)
    lowest = terms.reference_twice * (BASIS_POINTS_UNIT - collar) // (2 * BASIS_POINTS_UNIT)
    if _has_limit(terms) and terms.price < reference_up:
        lowest = min(terms.price, terms.reference_twice // 2)
    return Money(-(-terms.quantity * unit // max(1, lowest)))  # the lower the price, the more


def _dearest(terms: Terms, collar: BasisPoints, reference_up: int) -> Price:
    """Return the highest price at which the order may trade: what it is valued at."""
    if not _has_limit(terms):
        trigger = terms.order.conditions.trigger_price  # a stop of the venue's own trades there
        twice = max(terms.reference_twice, 2 * trigger)
        return Price(-(-twice * (BASIS_POINTS_UNIT + collar) // (2 * BASIS_POINTS_UNIT)))
    if terms.order.side is _BUY:
        return terms.price
    return Price(max(terms.price, reference_up))


def _approve(terms: Terms) -> Approved:
    order = terms.order
    conditions = order.conditions
    request = order.requests + 1
    approved = Approved(
        order.order,
        order.strategy,
        order.instrument,
        order.side,
        terms.order_type,
        terms.time_in_force,
        order.post_only,
        terms.quantity,
        terms.price,
        terms.price_worst,
        Price(terms.reference_twice // 2),
        terms.value,
        terms.position_worst,
        request,
        f"{order.epoch}-{order.order}-{request}",
    )
    if conditions is PLAIN:
        return approved
    native = terms.order_type in STOPS
    return msgspec.structs.replace(
        approved,
        trigger_price=conditions.trigger_price if native else Price(0),
        display_quantity=conditions.display_quantity,
        reduce_only=conditions.reduce_only,
        expire_time=conditions.expire_time if terms.time_in_force is _GTD else Nanos(0),
        peg=conditions.peg,
        peg_offset=conditions.peg_offset,
    )
