"""The last mile: what is asked directly before the wire, of every message and by nobody else.

It knows no machine. It counts by itself what it let out, takes its limits from whoever starts the
node, reads the kill switch, and believes about orders what their venue reported. A message that may
not leave is answered with the reason; that a machine, an algorithm or a strategy wanted it does not
count. Cancels always pass.

Values are counted for each currency on its own: a limit of money holds for every one of them.
"""

from collections import deque
from typing import Final, Protocol, cast

from mypy_extensions import mypyc_attr

from fairlead.gateways import let_out
from fairlead.gateways.last_mile_limits import InstrumentBounds, LastMileLimits
from fairlead.gateways.let_out import LetOutOrders
from fairlead.model.actions import Approved, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.instruments import Instrument
from fairlead.model.market_data import TradingDayBegan
from fairlead.model.setup import InstrumentDefinition
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    NANOS_PER_SECOND,
    InstrumentId,
    Nanos,
    Price,
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


@mypyc_attr(acyclic=True)
class _Purse:
    """What left in one currency."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.window_value = 0
        self.day_value = 0


@mypyc_attr(acyclic=True)
class _Known:
    """What is known of an instrument: what it is worth, what may leave for it, and what left."""

    def __init__(self, terms: Instrument, bounds: InstrumentBounds, purse: _Purse) -> None:
        """Take what is asked of every message out of the definition and the limits."""
        self.unit = terms.money_unit
        self.inverse = terms.kind is _INVERSE
        self.order_quantity_max = bounds.order_quantity_max
        self.order_notional_max = bounds.order_notional_max
        self.window_quantity_max = bounds.window_quantity_max
        self.window_quantity = 0
        self.purse = purse

    def dearest(self, approved: Approved) -> int:
        """Return which of the prices that a message names makes it worth the most."""
        price, worst, reference = approved.price, approved.price_worst, approved.reference_price
        if not self.inverse:
            dearest = max(price, worst)
            return max(dearest, reference)
        lowest = 0
        for named in (price, worst, reference):
            if named > 0 and (lowest == 0 or named < lowest):
                lowest = named
        return lowest or 1

    def value(self, price: int, quantity: int) -> int:
        """Return what a quantity is worth at its dearest price.

        Valued here once more, so that a value that risk got wrong is noticed.
        """
        if self.inverse:
            return -(-quantity * self.unit // price)
        return notional(Price(price), Quantity(quantity), self.unit)


@mypyc_attr(acyclic=True)
class _Left:
    """One message that left within the window."""

    def __init__(self, time: Nanos, known: _Known, quantity: int, value: int) -> None:
        """Remember what is to be taken out of the sums when the window has passed."""
        self.time = time
        self.known = known
        self.quantity = quantity
        self.value = value


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
        self._window = limits.window
        self._rate_max = limits.orders_per_second_max
        self._window_value_max = limits.window_notional_max
        self._day_value_max = limits.day_notional_max
        self._known: dict[InstrumentId, _Known] = {}
        self._purses: dict[str, _Purse] = {}  # by currency
        self._times: deque[Nanos] = deque()  # of what left within a second
        self._left: deque[_Left] = deque()  # of what left within the window

    def check(self, action: SendOrder | ReplaceOrder | CancelOrder, now: Nanos) -> str:
        """Return why a message may not leave; nothing lets it out, and counts it."""
        if type(action) is CancelOrder:
            return ""
        action = cast(SendOrder | ReplaceOrder, action)
        approved = action.approved
        known = self._known.get(approved.instrument)
        reason = self._unfit(action, known)
        if known is not None and not reason:
            self._forget(now)
            added = self.orders.added(approved)
            value = known.value(known.dearest(approved), added)
            reason = self._over_sums(known, added, value)
            if not reason:
                self._times.append(now)
                self.orders.count(approved)
                self._note(known, added, value, now)
                return ""
        assert reason, "what does not leave has a reason"
        self.blocked += 1
        return reason

    def count(self, action: SendOrder | ReplaceOrder | CancelOrder, now: Nanos) -> None:
        """Count a message that left, without asking: of a journal that is lived through again."""
        if isinstance(action, CancelOrder):
            return
        approved = action.approved
        added = self.orders.added(approved)
        self._forget(now)
        self._times.append(now)
        self.orders.count(approved)
        known = self._known.get(approved.instrument)
        if known is not None:
            self._note(known, added, known.value(known.dearest(approved), added), now)

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
        if type(input) in let_out.OBSERVED:
            self.orders.reported(input)
        elif isinstance(input, InstrumentDefinition):
            self._define(input.instrument)
        elif isinstance(input, TradingDayBegan) and input.venue == "":
            for purse in self._purses.values():
                purse.day_value = 0

    def _define(self, terms: Instrument) -> None:
        """Learn what an instrument is worth, once. Without bounds it is as if it were unknown."""
        bounds = self.limits.instruments.get(terms.instrument)
        if bounds is not None and terms.instrument not in self._known:
            purse = self._purses.setdefault(terms.currency, _Purse())
            self._known[terms.instrument] = _Known(terms, bounds, purse)

    def _unfit(self, action: SendOrder | ReplaceOrder, known: _Known | None) -> str:
        """Return the first reason against a message by itself, and by the orders before it."""
        approved = action.approved
        if self._switch.engaged and not self._passes_kill(action):
            return "the kill switch is engaged"
        if known is None:
            return f"no limits are set for instrument {approved.instrument}"
        quantity = approved.quantity
        if quantity <= 0:
            return f"its quantity is {quantity}"
        if quantity > known.order_quantity_max:
            return _over("quantity", quantity, known.order_quantity_max)
        value = max(known.value(known.dearest(approved), quantity), approved.notional)
        if value > known.order_notional_max:
            return _over("value", value, known.order_notional_max)
        return self.orders.unfit(approved)

    def _passes_kill(self, action: SendOrder | ReplaceOrder) -> bool:
        """Whether a message may leave although everything new is stopped."""
        approved = action.approved
        if approved.closing and self._switch.closing_allowed:
            return True
        if isinstance(action, SendOrder):
            return False
        known = self.orders.get(approved.order)
        return known is not None and known.open and not known.increases(approved)

    def _over_sums(self, known: _Known, added: int, value: int) -> str:
        """Return which rate or sum a message would exceed, with what it adds."""
        rate = len(self._times) + 1
        if rate > self._rate_max:
            return _over("orders in a second", rate, self._rate_max)
        quantity = known.window_quantity + added
        if quantity > known.window_quantity_max:
            return _over("quantity in the window", quantity, known.window_quantity_max)
        in_window = known.purse.window_value + value
        if in_window > self._window_value_max:
            return _over("value in the window", in_window, self._window_value_max)
        in_day = known.purse.day_value + value
        if in_day > self._day_value_max:
            return _over("value in the day", in_day, self._day_value_max)
        return ""

    def _note(self, known: _Known, added: int, value: int, now: Nanos) -> None:
        """Add a message that leaves to the sums."""
        self._left.append(_Left(now, known, added, value))
        known.window_quantity += added
        known.purse.window_value += value
        known.purse.day_value += value

    def _forget(self, now: Nanos) -> None:
        """Drop what left before the second and the window that end now."""
        times, left = self._times, self._left
        while times and now - times[0] >= NANOS_PER_SECOND:
            times.popleft()
        while left and now - left[0].time >= self._window:
            gone = left.popleft()
            gone.known.window_quantity -= gone.quantity
            gone.known.purse.window_value -= gone.value


def _over(what: str, measured: int, limit: int) -> str:
    return f"{what}: {measured}, at most {limit}"
