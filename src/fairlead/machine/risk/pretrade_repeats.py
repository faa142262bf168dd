"""What is done again: the same order twice, and a strategy that trades on with nobody looking."""

from collections import deque
from typing import Final

from fairlead.machine.orders import Order
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.risk import Limit
from fairlead.model.terms import OrderType, Side, Unit
from fairlead.model.units import (
    MILLIONTHS,
    AccountId,
    InstrumentId,
    Nanos,
    Price,
    Quantity,
    StrategyId,
)

_NANOS: Final = Unit.NANOS
_COUNT: Final = Unit.COUNT

_Key = tuple[AccountId, InstrumentId, Side, Quantity, Price, OrderType]


class Duplicates:
    """The orders that left within a window, by what they are.

    Bounded: what is older than the window is dropped before a new one comes, and the message rate
    bounds a window.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._last: dict[_Key, tuple[Nanos, Order]] = {}
        self._times: deque[tuple[Nanos, _Key]] = deque()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._times)

    def check(self, terms: Terms, window: Nanos, checks: Checks) -> None:
        """Hold an order against the last one that is the same.

        One that is gone without a fill, or that has other terms by now, is no such one: what was
        canceled may be asked for again.
        """
        found = self._last.get(_key(terms))
        if found is None or not _stands(found[1], terms):
            checks.hold_optional(True, "duplicate_order", None, window, _NANOS)
            return
        age = terms.now - found[0]
        checks.hold(age >= window, "duplicate_order", age, window, _NANOS)

    def sent(self, terms: Terms, window: Nanos) -> None:
        """Remember an order that leaves."""
        times = self._times
        while times and terms.now - times[0][0] >= window:
            time, key = times.popleft()
            known = self._last.get(key)
            if known is not None and known[0] == time:
                del self._last[key]
        key = _key(terms)
        self._last[key] = (terms.now, terms.order)
        times.append((terms.now, key))

    def clear(self) -> None:
        """Forget all: nothing is a duplicate any more."""
        self._last.clear()
        self._times.clear()

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[time, order.order] for time, order in self._last.values()]


class Repeats:
    """When the orders of a strategy began to trade, since a person last had a look.

    Bounded: per strategy one more than the limit allows, for that takes the strategy off.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._times: dict[StrategyId, deque[Nanos]] = {}

    def traded(self, strategy: StrategyId, limit: Limit, now: Nanos) -> int:
        """Count an order that begins to trade; return how many did within the window."""
        times = self._times.get(strategy)
        if times is None:
            times = self._times[strategy] = deque()
        times.append(now)
        most = limit.hard // MILLIONTHS
        while len(times) > most + 1 or now - times[0] >= limit.window:
            times.popleft()
        return len(times)

    def check(self, strategy: StrategyId, limit: Limit, checks: Checks, now: Nanos) -> None:
        """Show how many orders traded in the window, and hold them against the limit."""
        times = self._times.get(strategy)
        while times and now - times[0] >= limit.window:
            times.popleft()
        count, most = len(times) if times else 0, limit.hard // MILLIONTHS
        checks.hold(count <= most, "repeated_executions", count, most, _COUNT)

    def count(self, strategy: StrategyId) -> int:
        """Return how many times are kept of a strategy."""
        times = self._times.get(strategy)
        return len(times) if times is not None else 0

    def looked(self, strategy: StrategyId) -> None:
        """Begin anew: a person had a look at a strategy."""
        self._times.pop(strategy, None)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[strategy, list(times)] for strategy, times in self._times.items()]


def _stands(earlier: Order, terms: Terms) -> bool:
    """Return whether an earlier order still is what it left as, or has traded as that."""
    if earlier is terms.order or not (earlier.live or earlier.filled):
        return False
    if not terms.has_limit:
        return True
    same = earlier.price == terms.price and earlier.quantity == terms.quantity
    pending = earlier.new_price == terms.price and earlier.new_quantity == terms.quantity
    return same or pending


def _key(terms: Terms) -> _Key:
    order = terms.order
    return (
        terms.path.account,
        order.instrument,
        order.side,
        terms.quantity,
        terms.price,
        terms.order_type,
    )
