"""One review: what is asked of the gate, what it was held against, and what came of each check."""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.totals import Market
from fairlead.machine.risk.tree import Path
from fairlead.model.outputs import FailedCheck
from fairlead.model.risk_terms import ShortSale
from fairlead.model.terms import OrderType, Side, Unit
from fairlead.model.units import (
    MONEY_MAX,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
)

_NONE: Final = Unit.NONE
_BUY: Final = Side.BUY
_NOT_MARKED: Final = ShortSale.NONE
_LIMIT: Final = OrderType.LIMIT
_SURELY_WRITABLE: Final = MONEY_MAX // 2  # compiled, it is compared faster than the bound itself
_STOP_LIMIT: Final = OrderType.STOP_LIMIT


class Terms:
    """What is asked of the gate: a new order, or new terms for a working one."""

    def __init__(
        self,
        order: Order,
        quantity: Quantity,
        price: Price,
        market: Market,
        path: Path,
        now: Nanos,
    ) -> None:
        """Take the order with the total quantity and the price that it shall have."""
        self.order = order
        self.quantity = quantity
        self.price = price
        self.market = market
        self.instrument = market.instrument
        self.book = market.book
        self.path = path  # the scopes that it is in
        self.now = now
        self.buys: bool = order.side is _BUY
        self.order_type = order.order_type  # as the venue will get it
        self.time_in_force = order.time_in_force
        self.reducible: Quantity | None = None  # of a reduce-only order: how much it may trade
        self.adverse_only = False  # the collar holds only a price worse than the reference
        self.closing = False  # it closes a position after a kill: see `kills.py`
        self.problem = ""  # what closes the instrument: a break, or that nothing confirmed it yet
        self.disconnected = False  # whether the session with the venue is broken
        # Found by the checks, in their order.
        self.added = Quantity(0)  # what it adds to what works already
        self.reduces = False  # whatever of it trades brings every position nearer to zero
        # Value at risk and expected shortfall with it, as millionths of equity, where it is asked.
        self.tail_risk: tuple[int | None, int | None] | None = None
        self.rate = (1, 1)  # of its currency in the base one; zeros: not known
        self.reference_twice = 0  # twice the reference price: a mid may lie on a half
        self.price_worst = Price(0)
        self.price_dearest = Price(0)  # at which it is valued
        self.value = Money(0)
        self.position_worst = SignedQuantity(0)
        self.value_added = 0  # to what was sent of it before
        self.quantity_added = 0
        self.cost_added = 0  # to the cost of what buys, at the dearest of its prices
        self.short_sale = _NOT_MARKED
        self.override = 0  # the number of the override that it leaves under
        self.waived: tuple[str, ...] = ()  # by it
        self.cancels: list[Order] | None = None  # own orders that must go before it leaves

    @property
    def has_limit(self) -> bool:
        """Whether it names the worst price at which it trades."""
        return self.order_type is _LIMIT or self.order_type is _STOP_LIMIT


class Checks:
    """The checks of one review: those that failed, and for who asks those that passed."""

    def __init__(
        self, order: OrderId, trace: list[tuple[OrderId, FailedCheck, bool]] | None
    ) -> None:
        """Begin without any; `trace` takes every check with whether it passed."""
        self.failed: list[FailedCheck] = []
        self._order = order
        self._trace = trace

    @property
    def traced(self) -> bool:
        """Whether those that passed are kept too."""
        return self._trace is not None

    def hold(
        self, passed: bool, check: str, measured: int, limit: int, unit: Unit, scope: str = ""
    ) -> None:
        """Keep one check, with what was measured and what would have passed."""
        if not passed or self._trace is not None:
            self._keep(passed, check, measured, limit, unit, scope)

    def hold_optional(
        self,
        passed: bool,
        check: str,
        measured: int | None,
        limit: int | None,
        unit: Unit,
        scope: str = "",
    ) -> None:
        """Keep one check; None where it could not be measured, or where nothing passes."""
        if not passed or self._trace is not None:
            self._keep(passed, check, measured, limit, unit, scope)

    def fact(self, passed: bool, check: str, scope: str = "") -> None:
        """Keep a check that measures nothing."""
        if not passed or self._trace is not None:
            self._keep(passed, check, None, None, _NONE, scope)

    def _keep(
        self,
        passed: bool,
        check: str,
        measured: int | None,
        limit: int | None,
        unit: Unit,
        scope: str,
    ) -> None:
        found = FailedCheck(check, measured, limit, unit, scope)
        if not passed:
            self.failed.append(found)
        if self._trace is not None:
            self._trace.append((self._order, found, passed))


def writable(measured: int) -> int:
    """Return a measure that a record can hold: `MONEY_MAX` where it lies beyond."""
    if -_SURELY_WRITABLE <= measured <= _SURELY_WRITABLE:
        return measured
    return max(-MONEY_MAX, min(measured, MONEY_MAX))
