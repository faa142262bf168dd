"""The risk gate: the one way from what a strategy wants to what may leave.

Every check is evaluated, every failed one is recorded with what was measured and what would have
passed. A check that cannot measure fails: missing, stale or absurd input is never a legal value.
The gate alone makes `Approved`, and `SendOrder` and `ReplaceOrder` take nothing else.
"""

from typing import Final

from fairlead.machine.books import NEVER, Book
from fairlead.machine.orders import Order
from fairlead.machine.risk.exposure import Exposure
from fairlead.machine.risk.rate import MessageThrottle
from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.outputs import Approved, FailedCheck
from fairlead.model.terms import OrderType, Side, Unit
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    MONEY_MAX,
    BasisPoints,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    notional,
)

_BUY: Final = Side.BUY
_MARKET: Final = OrderType.MARKET
_NONE: Final = Unit.NONE


class Terms:
    """What is asked of the gate: a new order, or new terms for a working one."""

    def __init__(self, order: Order, quantity: Quantity, price: Price) -> None:
        """Take the order with the total quantity and the price that it shall have."""
        self.order = order
        self.quantity = quantity
        self.price = price
        self.reference_twice = 0  # twice the reference price: a mid may lie on a half
        self.price_worst = Price(0)
        self.value = Money(0)
        self.position_worst = SignedQuantity(0)


class Gate:
    """Who may trade, within which limits, and what is on its way already."""

    def __init__(self) -> None:
        """Begin closed: no limits are set, so nothing passes."""
        self.killed = False
        self.stopped = False
        self.exposure = Exposure()
        self.throttle = MessageThrottle()
        self._limits: dict[InstrumentId, Limits] = {}
        self._disabled: dict[StrategyId, str] = {}
        self._closed: dict[InstrumentId, str] = {}

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

    def close(self, instrument: InstrumentId, reason: str) -> None:
        """Let no new order into an instrument until what happened there is explained."""
        self._closed[instrument] = reason

    def reopen(self, instrument: InstrumentId) -> bool:
        """Let new orders in again; return False if the instrument was not closed."""
        return self._closed.pop(instrument, None) is not None

    def closed(self) -> list[tuple[InstrumentId, str]]:
        """Return the instruments that are closed, with the reason."""
        return list(self._closed.items())

    def review(
        self,
        terms: Terms,
        instrument: Instrument,
        book: Book,
        net: SignedQuantity,
        now: Nanos,
    ) -> Approved | list[FailedCheck]:
        """Return the approval, or every check that failed. The order of the checks is this page."""
        failed: list[FailedCheck] = []
        self._check_permission(terms, failed)
        self._check_rate(now, failed)
        self._check_terms(terms, instrument, failed)
        limits = self._limits.get(instrument.instrument)
        if limits is None:
            failed.append(FailedCheck("limits_set", None, None, _NONE))
            return failed
        self._check_reference(terms, limits, book, now, failed)
        self._check_size(terms, instrument, limits, failed)
        self._check_position(terms, limits, net, failed)
        return failed or _approve(terms)

    def review_cancel(self, now: Nanos) -> FailedCheck | None:
        """Return why a cancel may not leave: its reserve of the message rate is used up."""
        rate = self.throttle.rate
        limit = rate.count_max + rate.cancel_reserve if rate is not None else 0
        used = self.throttle.used(now)
        return FailedCheck("message_rate", used + 1, limit, Unit.COUNT) if used >= limit else None

    def _check_permission(self, terms: Terms, failed: list[FailedCheck]) -> None:
        if self.killed:
            failed.append(FailedCheck("killed", None, None, _NONE))
        if self.stopped:
            failed.append(FailedCheck("trading_stopped", None, None, _NONE))
        if terms.order.strategy in self._disabled:
            failed.append(FailedCheck("strategy_disabled", None, None, _NONE))
        if terms.order.instrument in self._closed:
            failed.append(FailedCheck("instrument_closed", None, None, _NONE))
        unknown = len(self.exposure.of(terms.order.instrument).unknown)
        if unknown:
            failed.append(FailedCheck("orders_unknown", unknown, 0, Unit.COUNT))

    def _check_rate(self, now: Nanos, failed: list[FailedCheck]) -> None:
        rate = self.throttle.rate
        limit = rate.count_max if rate is not None else 0
        used = self.throttle.used(now)
        if used >= limit:
            failed.append(FailedCheck("message_rate", used + 1, limit, Unit.COUNT))

    def _check_terms(self, terms: Terms, instrument: Instrument, failed: list[FailedCheck]) -> None:
        """Hold the order against the grid and the bounds of the venue."""
        quantity, price = terms.quantity, terms.price
        if quantity < instrument.quantity_min:
            failed.append(
                FailedCheck("quantity_min", quantity, instrument.quantity_min, Unit.QUANTITY)
            )
        if quantity > instrument.quantity_max:
            failed.append(
                FailedCheck("quantity_max", quantity, instrument.quantity_max, Unit.QUANTITY)
            )
        if quantity % instrument.quantity_lot != 0:
            failed.append(
                FailedCheck("quantity_lot", quantity, instrument.quantity_lot, Unit.QUANTITY)
            )
        if terms.order.order_type is _MARKET:
            if price != 0:
                failed.append(FailedCheck("price_absent", price, 0, Unit.PRICE))
        elif price <= 0:
            failed.append(FailedCheck("price_present", price, 1, Unit.PRICE))
        elif price % instrument.price_tick != 0:
            failed.append(FailedCheck("price_tick", price, instrument.price_tick, Unit.PRICE))

    def _check_reference(
        self, terms: Terms, limits: Limits, book: Book, now: Nanos, failed: list[FailedCheck]
    ) -> None:
        """Hold the price against the reference: a fresh mid, else a fresh last price."""
        if book.stale:
            failed.append(FailedCheck("book_fresh", None, None, _NONE))
            return
        two_sided = book.bid_price > 0 and book.ask_price > 0
        seen = book.touch_time if two_sided else book.last_time
        if seen == NEVER:
            failed.append(FailedCheck("reference_present", None, None, _NONE))
            return
        if now - seen > limits.reference_age_max:
            failed.append(
                FailedCheck("reference_age", now - seen, limits.reference_age_max, Unit.NANOS)
            )
            return
        twice = book.bid_price + book.ask_price if two_sided else book.last_price * 2
        terms.reference_twice = twice
        upper = twice * (BASIS_POINTS_UNIT + limits.collar) // (2 * BASIS_POINTS_UNIT)
        if terms.order.order_type is _MARKET:
            lower = -(-twice * (BASIS_POINTS_UNIT - limits.collar) // (2 * BASIS_POINTS_UNIT))
            terms.price_worst = Price(upper if terms.order.side is _BUY else lower)
            return
        terms.price_worst = terms.price
        distance = abs(2 * terms.price - twice)
        if distance * BASIS_POINTS_UNIT > limits.collar * twice:
            measured = _writable(-(-distance * BASIS_POINTS_UNIT // twice))  # up: never the limit
            failed.append(FailedCheck("price_collar", measured, limits.collar, Unit.BASIS_POINTS))

    def _check_size(
        self,
        terms: Terms,
        instrument: Instrument,
        limits: Limits,
        failed: list[FailedCheck],
    ) -> None:
        quantity = terms.quantity
        if quantity > limits.order_quantity_max:
            failed.append(
                FailedCheck(
                    "order_quantity_max", quantity, limits.order_quantity_max, Unit.QUANTITY
                )
            )
        if terms.reference_twice == 0:  # no price to value it at: the reference check has failed
            assert failed, "an order without a reference has failed a check"
            return
        reference_up = -(-terms.reference_twice // 2)
        dearest = _dearest(terms, limits.collar, reference_up)
        terms.value = notional(dearest, quantity, instrument.money_unit)
        measured = _writable(terms.value)
        value_max = min(limits.order_notional_max, MONEY_MAX)
        if terms.value > value_max:
            failed.append(FailedCheck("order_notional_max", measured, value_max, Unit.MONEY))
        if terms.value < instrument.notional_min:
            failed.append(
                FailedCheck("notional_min", measured, instrument.notional_min, Unit.MONEY)
            )

    def _check_position(
        self, terms: Terms, limits: Limits, net: SignedQuantity, failed: list[FailedCheck]
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
        if over > limits.position_quantity_max:
            failed.append(
                FailedCheck(
                    "position_quantity_max",
                    _writable(over),
                    limits.position_quantity_max,
                    Unit.QUANTITY,
                )
            )


def _writable(measured: int) -> int:
    """Return a measure that a record can hold: `MONEY_MAX` where it lies beyond."""
    return max(-MONEY_MAX, min(measured, MONEY_MAX))


def _dearest(terms: Terms, collar: BasisPoints, reference_up: int) -> Price:
    """Return the highest price at which the order may trade: what it is valued at."""
    if terms.order.order_type is _MARKET:
        edge = -(-terms.reference_twice * (BASIS_POINTS_UNIT + collar) // (2 * BASIS_POINTS_UNIT))
        return Price(edge)
    if terms.order.side is _BUY:
        return terms.price
    return Price(max(terms.price, reference_up))


def _approve(terms: Terms) -> Approved:
    order = terms.order
    return Approved(
        order.order,
        order.strategy,
        order.instrument,
        order.side,
        order.order_type,
        order.time_in_force,
        order.post_only,
        terms.quantity,
        terms.price,
        terms.price_worst,
        Price(terms.reference_twice // 2),
        terms.value,
        terms.position_worst,
    )
