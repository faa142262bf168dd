"""Price bands that follow the market, after the plan "Limit Up-Limit Down" of the US exchanges.

The reference price is the mean of what traded in the last five minutes; it is taken anew where that
mean has moved by a percent, and at most every 30 seconds. Nothing trades outside of the bands
around it. Where the best bid stands at the upper band, or the best ask at the lower one, the
instrument is in a limit state; if that lasts 15 seconds, it pauses, and trades again after a call.
Source: "Plan to Address Extraordinary Market Volatility", sections V to VII. Not as there: the mean
counts whole seconds, bands are not doubled near the open and the close, and a priced order beyond
them is turned away, not repriced.
"""

from collections import deque
from typing import Final

from fairlead.model.terms import Side
from fairlead.model.units import BASIS_POINTS_UNIT, NANOS_PER_SECOND, BasisPoints, Nanos, Price
from fairlead.simulator.queues import BookOrder
from fairlead.simulator.world import NEVER

_BUY: Final = Side.BUY
_WINDOW: Final = 300  # seconds that the mean is over
_REST: Final = Nanos(30 * NANOS_PER_SECOND)
_SHIFT: Final = 100  # a mean within a hundredth of the reference price changes nothing
_LIMIT_STATE: Final = Nanos(15 * NANOS_PER_SECOND)
_PAUSE: Final = Nanos(300 * NANOS_PER_SECOND)


class BandTerms:
    """How wide the bands are, and how long limit states and pauses last."""

    def __init__(
        self, width: BasisPoints, limit_state: Nanos = _LIMIT_STATE, pause: Nanos = _PAUSE
    ) -> None:
        """Take the terms. Raises `ValueError`."""
        if not 0 < width < BASIS_POINTS_UNIT or limit_state < 1 or pause < 1:
            raise ValueError(
                f"bands: found width {width} bp, limit state {limit_state} ns, pause {pause} ns;"
                f" expected 1 to {BASIS_POINTS_UNIT - 1} bp and times of at least 1 ns"
            )
        self.width = width
        self.limit_state = limit_state
        self.pause = pause


class Bands:
    """The bands of one instrument. Before the first trade there are none: both are 0."""

    def __init__(self, terms: BandTerms, tick: Price) -> None:
        """Begin without a reference price."""
        self.terms = terms
        self.lower: Price = Price(0)
        self.upper: Price = Price(0)
        self.limit_since: Nanos = NEVER  # NEVER: in no limit state
        self._tick = tick
        self._reference: Price = Price(0)
        self._set: Nanos = Nanos(0)
        self._seconds: deque[tuple[int, int, int]] = deque()  # second, sum of prices, trades
        self._sum: int = 0
        self._count: int = 0

    def traded(self, price: Price, time: Nanos) -> bool:
        """Take in a trade. Return whether the bands are others now."""
        second = time // NANOS_PER_SECOND
        while self._seconds and self._seconds[0][0] <= second - _WINDOW:
            _, total, count = self._seconds.popleft()
            self._sum -= total
            self._count -= count
        if self._seconds and self._seconds[-1][0] == second:
            _, total, count = self._seconds.pop()
            self._seconds.append((second, total + price, count + 1))
        else:
            self._seconds.append((second, int(price), 1))
        self._sum += price
        self._count += 1
        if not self._reference:
            return self.begin(price, time)
        mean = self._sum // self._count
        if time < self._set + _REST or abs(mean - self._reference) * _SHIFT < self._reference:
            return False
        return self.begin(Price(mean), time)

    def begin(self, reference: Price, time: Nanos) -> bool:
        """Set the bands around a reference price: the open, the price of an auction."""
        self._reference, self._set = reference, time
        width = reference * self.terms.width // BASIS_POINTS_UNIT
        lower = -((width - reference) // self._tick) * self._tick  # rounded to the inside
        upper = (reference + width) // self._tick * self._tick
        before = (self.lower, self.upper)
        self.lower, self.upper = Price(max(self._tick, lower)), Price(upper)
        return before != (self.lower, self.upper)

    def forget(self) -> None:
        """Forget what traded before an auction: it says nothing about what comes."""
        self._seconds.clear()
        self._sum = self._count = 0
        self._reference = Price(0)
        self.limit_since = NEVER

    def is_beyond(self, side: Side, price: Price) -> bool:
        """Return whether an order with this limit asks for what no band allows."""
        if not self.upper:
            return False
        return price > self.upper if side is _BUY else price < self.lower

    def hold(self, order: BookOrder) -> None:
        """Keep an order from trading, and from waiting, outside of the bands."""
        if not self.upper:
            return
        if order.side is _BUY:
            order.price = min(order.price or self.upper, self.upper)
        else:
            order.price = max(order.price, self.lower)

    def looked_at(self, bid: Price, ask: Price, time: Nanos) -> bool:
        """Take in the touch. Return whether a limit state began or ended."""
        limited = self.upper > 0 and (bid == self.upper or (ask == self.lower and ask > 0))
        if limited == (self.limit_since != NEVER):
            return False
        self.limit_since = time if limited else NEVER
        return True
