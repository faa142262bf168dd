"""The last mile: what is asked directly before the wire, of every message and by nobody else.

It knows no machine. It counts by itself what it let out, takes its limits from whoever starts the
node, reads the kill switch, and believes about orders what their venue reported. A message that may
not leave is answered with the reason; that a machine, an algorithm or a strategy wanted it does not
count. Cancels always pass.

Values are counted for each currency on its own: a limit of money holds for every one of them.
"""

from collections import deque
from typing import Final, NamedTuple, Protocol

import msgspec

from fairlead.gateways import let_out
from fairlead.gateways.let_out import LetOutOrders
from fairlead.model.actions import Approved, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.instruments import Instrument
from fairlead.model.market_data import TradingDayBegan
from fairlead.model.setup import InstrumentDefinition
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Money,
    Nanos,
    Quantity,
    notional,
)
from fairlead.model.venue_reports import VenueRejected, VenueReplaceRejected

OBSERVED: Final = let_out.OBSERVED | {InstrumentDefinition, TradingDayBegan}
_INVERSE: Final = InstrumentKind.INVERSE


class KillFlag(Protocol):
    """What the last mile asks of the kill switch on each message."""

    @property
    def engaged(self) -> bool:
        """Whether nothing new may leave."""

    @property
    def closing_allowed(self) -> bool:
        """Whether orders of a kill that close positions may leave all the same."""


class NoSwitch:
    """The switch of a backtest: there is nobody to reach for it."""

    engaged = False
    closing_allowed = False


class InstrumentBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave for one instrument."""

    order_quantity_max: Quantity
    order_notional_max: Money
    window_quantity_max: Quantity  # of all orders in the window


class LastMileLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave. What is not set may not leave at all."""

    instruments: dict[InstrumentId, InstrumentBounds]
    orders_per_second_max: int  # new orders and replaces
    window: Nanos  # that quantities and values are added up in
    window_notional_max: Money
    day_notional_max: Money  # from one trading day of the firm to the next


class _Left(NamedTuple):
    """One message that left within the window."""

    time: Nanos
    instrument: InstrumentId
    quantity: Quantity
    currency: str
    value: int


class _Known(NamedTuple):
    """What is known of an instrument: what it is worth, and what may leave for it."""

    unit: Money
    is_inverse: bool
    currency: str
    bounds: InstrumentBounds


class LastMile:
    """The guard of one node's wires."""

    def __init__(
        self, limits: LastMileLimits, switch: KillFlag, orders: LetOutOrders | None = None
    ) -> None:
        """Begin with nothing let out."""
        assert limits.window > 0, "a window has a length"
        self.limits = limits
        self.orders = orders or LetOutOrders()
        self.blocked = 0  # how many messages were held back
        self._switch = switch
        self._known: dict[InstrumentId, _Known] = {}
        self._times: deque[Nanos] = deque()  # of what left within a second
        self._left: deque[_Left] = deque()  # of what left within the window
        self._window_quantity: dict[InstrumentId, int] = {}
        self._window_value: dict[str, int] = {}
        self._day_value: dict[str, int] = {}

    def check(self, action: SendOrder | ReplaceOrder | CancelOrder, now: Nanos) -> str:
        """Return why a message may not leave; nothing lets it out, and counts it."""
        if isinstance(action, CancelOrder):
            return ""
        reason = self._unfit(action, now)
        if reason:
            self.blocked += 1
        else:
            self._count(action.approved, now)
        return reason

    def count(self, action: SendOrder | ReplaceOrder | CancelOrder, now: Nanos) -> None:
        """Count a message that left, without asking: of a journal that is lived through again."""
        if not isinstance(action, CancelOrder):
            self._forget(now)
            self._count(action.approved, now)

    def stayed(self, action: SendOrder | ReplaceOrder, reason: str, now: Nanos) -> None:
        """Take note that a message was let out and nothing of it left: it is as if refused.

        Rates and sums keep it: they may count too much, and never too little.
        """
        approved = action.approved
        place = (approved.order, approved.instrument, reason, now)
        if isinstance(action, SendOrder):
            self.orders.reported(VenueRejected(*place, False, approved.request))
        else:
            self.orders.reported(VenueReplaceRejected(*place, approved.request))

    def reported(self, input: object) -> None:
        """Take what a venue says, what is defined, and that a day begins: `OBSERVED`."""
        if isinstance(input, InstrumentDefinition):
            self._define(input.instrument)
        elif isinstance(input, TradingDayBegan):
            if input.venue == "":
                self._day_value.clear()
        else:
            self.orders.reported(input)

    def _define(self, terms: Instrument) -> None:
        """Learn what an instrument is worth, once. Without bounds it is as if it were unknown."""
        bounds = self.limits.instruments.get(terms.instrument)
        if bounds is not None and terms.instrument not in self._known:
            inverse = terms.kind is _INVERSE
            known = _Known(terms.money_unit, inverse, terms.currency, bounds)
            self._known[terms.instrument] = known
            self._window_quantity[terms.instrument] = 0
            self._window_value.setdefault(terms.currency, 0)

    def _unfit(self, action: SendOrder | ReplaceOrder, now: Nanos) -> str:
        """Return the first reason against a message. The order of the questions is this page."""
        approved = action.approved
        if self._switch.engaged and not self._passes_kill(action):
            return "the kill switch is engaged"
        known = self._known.get(approved.instrument)
        if known is None:
            return f"no limits are set for instrument {approved.instrument}"
        quantity = approved.quantity
        if quantity <= 0:
            return f"its quantity is {quantity}"
        bounds = known.bounds
        if quantity > bounds.order_quantity_max:
            return _over("quantity", quantity, bounds.order_quantity_max)
        value = max(_value(approved, known, quantity), approved.notional)
        if value > bounds.order_notional_max:
            return _over("value", value, bounds.order_notional_max)
        return self.orders.unfit(approved) or self._over_sums(approved, known, now)

    def _passes_kill(self, action: SendOrder | ReplaceOrder) -> bool:
        """Whether a message may leave although everything new is stopped."""
        approved = action.approved
        if approved.closing and self._switch.closing_allowed:
            return True
        if isinstance(action, SendOrder):
            return False
        known = self.orders.get(approved.order)
        return known is not None and known.open and not known.increases(approved)

    def _over_sums(self, approved: Approved, known: _Known, now: Nanos) -> str:
        """Return which rate or sum a message would exceed, with what it adds."""
        self._forget(now)
        limits = self.limits
        added = self.orders.added(approved)
        value = _value(approved, known, added)
        rate = len(self._times) + 1
        if rate > limits.orders_per_second_max:
            return _over("orders in a second", rate, limits.orders_per_second_max)
        quantity = self._window_quantity[approved.instrument] + added
        if quantity > known.bounds.window_quantity_max:
            return _over("quantity in the window", quantity, known.bounds.window_quantity_max)
        in_window = self._window_value[known.currency] + value
        if in_window > limits.window_notional_max:
            return _over("value in the window", in_window, limits.window_notional_max)
        in_day = self._day_value.get(known.currency, 0) + value
        if in_day > limits.day_notional_max:
            return _over("value in the day", in_day, limits.day_notional_max)
        return ""

    def _count(self, approved: Approved, now: Nanos) -> None:
        added = self.orders.added(approved)
        self.orders.count(approved)
        self._times.append(now)
        known = self._known.get(approved.instrument)
        if known is None:
            return
        value, currency = _value(approved, known, added), known.currency
        self._left.append(_Left(now, approved.instrument, added, currency, value))
        self._window_quantity[approved.instrument] += added
        self._window_value[currency] += value
        self._day_value[currency] = self._day_value.get(currency, 0) + value

    def _forget(self, now: Nanos) -> None:
        """Drop what left before the second and the window that end now."""
        times, left = self._times, self._left
        while times and now - times[0] >= NANOS_PER_SECOND:
            times.popleft()
        while left and now - left[0].time >= self.limits.window:
            gone = left.popleft()
            self._window_quantity[gone.instrument] -= gone.quantity
            self._window_value[gone.currency] -= gone.value


def _over(what: str, measured: int, limit: int) -> str:
    return f"{what}: {measured}, at most {limit}"


def _value(approved: Approved, known: _Known, quantity: Quantity) -> int:
    """Return the most that a quantity may be worth, at the dearest price that the message names.

    Valued here once more, so that a value that risk got wrong is noticed.
    """
    prices = (approved.price, approved.price_worst, approved.reference_price)
    if known.is_inverse:
        lowest = max(1, min((price for price in prices if price > 0), default=1))
        return -(-quantity * known.unit // lowest)
    return notional(max(prices), quantity, known.unit)
