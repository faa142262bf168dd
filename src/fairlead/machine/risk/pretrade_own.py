"""Self-trade prevention: no order of the firm trades with another one of the firm.

All accounts of a node count as one owner. What rests is known by its price (`lanes.py`),
so the best price of ours answers. An order without a limit is taken to reach the edge of its
collar, and one that posts only, or a stop of the venue's own that has not fired, reaches nothing.

- `cancel_newest`: the new order is refused.
- `cancel_oldest`: those that rest are canceled; the new one waits here until they are gone, and
  passes the gate then. What rests may trade with others before: then there is nothing to prevent.
- `cancel_both`: those that rest are canceled, and the new one is refused.
- `decrement`: each loses what both would have traded. What rests is canceled or made smaller; the
  new one goes with what is left of it once they are gone, or is refused if nothing is left.
- `allow`: the venue prevents it.

New terms of a working order that would trade with our own are refused in every mode but `allow`.
An order is held up only where nothing but this is wrong with it: a bad order cancels nobody.
"""

from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.lanes import Lane
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType, Unit
from fairlead.model.units import OrderId

_ALLOW: Final = SelfTrade.ALLOW
_CANCEL_OLDEST: Final = SelfTrade.CANCEL_OLDEST
_DECREMENT: Final = SelfTrade.DECREMENT
_PRICE: Final = Unit.PRICE
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
_NOTHING: Final = 0


class Meeting:
    """A new order that would trade with our own."""

    def __init__(self, order: Order, others: list[Order], replaces: bool) -> None:
        """Take the new order and those that rest, best first."""
        self.order = order
        self.others = others
        self.replaces = replaces


class OwnTrades:
    """Who would trade with whom, and who waits for whom to be gone.

    Bounded by the orders that live: a waiting order is one, and so is each that it waits for.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self.meetings: list[Meeting] = []  # of one input, to be acted upon
        self.free: list[OrderId] = []  # of one input: nothing stands in their way any more
        self._left: dict[OrderId, int] = {}  # by waiting order: how many it waits for
        self._waiters: dict[OrderId, list[OrderId]] = {}  # by resting order

    def check(self, terms: Terms, lane: Lane, mode: SelfTrade, checks: Checks) -> None:
        """Hold an order against the best price of ours on the other side."""
        if mode is _ALLOW:
            return
        ladder = lane.sells if terms.buys else lane.buys
        best = ladder.best()
        if best == _NOTHING or terms.order.post_only or terms.order_type in _STOPS:
            checks.hold_optional(True, "self_trade", None, None, _PRICE)
            return
        price = terms.price if terms.has_limit else terms.price_worst
        tick = terms.instrument.price_tick
        nearer = price < best if terms.buys else price > best
        passed = nearer and price != _NOTHING  # without one nobody knows how far it reaches
        nearest = best - tick if terms.buys else best + tick  # the nearest that would pass
        checks.hold_optional(passed, "self_trade", price or None, nearest, _PRICE)
        if not passed:
            terms.cancels = ladder.reached(price or best)

    def meet(self, terms: Terms, mode: SelfTrade) -> bool:
        """Note that an order met our own; return whether it waits for them to be gone."""
        replaces = terms.order.working
        others = terms.cancels
        assert others is not None, "what met our own has found whom"
        self.meetings.append(Meeting(terms.order, others, replaces))
        if replaces:
            return False
        if mode is _CANCEL_OLDEST:
            return True
        return mode is _DECREMENT and rest_of(terms.order, others) > 0

    def wait(self, order: Order, others: list[Order]) -> None:
        """Let an order wait until others are gone."""
        self._left[order.order] = len(others)
        for other in others:
            self._waiters.setdefault(other.order, []).append(order.order)

    def ended(self, order: Order) -> None:
        """Take in that an order is gone: who waited for it alone may go."""
        if not self._waiters:
            return
        for waiter in self._waiters.pop(order.order, []):
            self._left[waiter] -= 1
            if self._left[waiter] == 0:
                del self._left[waiter]
                self.free.append(waiter)

    @property
    def pending(self) -> bool:
        """Whether there is something to be done."""
        return bool(self.meetings or self.free)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [list(self._left.items()), list(self._waiters.items())]


def rest_of(order: Order, others: list[Order]) -> int:
    """Return what is left of an order after it lost what it would have traded with others."""
    left = int(order.leaves)
    for other in others:
        left -= other.leaves_worst
    return max(0, left)
