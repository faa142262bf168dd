"""Bars from ticks as Lean makes them.

Which sale counts how is not written down anywhere; this is what makes all 26,505 second bars and
all 2,155 minute bars of IBM from 2013-10-07 to 11, and no other bar:

- A sale at the regular terms, or in extended hours, opens bars and moves their prices.
- An intermarket sweep, and a sale whose price is derived, averaged or a seller's option, adds its
  volume alone: to the bar of its span if there is one, else to the last one before it.
- The official open and close repeat a sale. They count for nothing.
- The opening print is the open of the first minute of the session, if it came in it, and the
  closing print is the close of the last one, however late it came. Second bars have neither.
"""

from bisect import bisect_right
from typing import Final

from fairlead.gateways.lean.rows import TradeTick

Bar = tuple[int, int, int, int, int]  # open, high, low, close, volume

SESSION_BEGINS: Final = 34_200_000  # 9:30, in milliseconds since midnight
SESSION_ENDS: Final = 57_600_000

_SELLER: Final = 1 << 3
_SWEEP: Final = 1 << 5
_OPENING_PRINT: Final = 1 << 6
_CLOSING_PRINT: Final = 1 << 7
_DERIVED: Final = 1 << 9
_EXTENDED: Final = 1 << 13
_AVERAGE: Final = 1 << 20
_OFFICIAL: Final = 1 << 24 | 1 << 26
_EXEMPT: Final = 1 << 29  # from the rule on trade-throughs


class BarMaker:
    """Makes the bars of one day from its ticks."""

    def __init__(self, span: int, *, auctions: bool) -> None:
        """Take the span in milliseconds, and whether the prints of auctions belong into bars."""
        self._span = span
        self._auctions = auctions
        self._bars: dict[int, list[int]] = {}
        self._volumes: list[tuple[int, int]] = []  # of sales that move no price
        self._prints: list[TradeTick] = []

    def add(self, tick: TradeTick) -> None:
        """Count a sale."""
        flags, start = tick.flags, tick.clock.millis // self._span * self._span
        if tick.suspicious or flags & _OFFICIAL:
            return
        if flags & (_OPENING_PRINT | _CLOSING_PRINT):
            self._prints.append(tick)
        elif _moves_price(flags):
            bar = self._bars.setdefault(start, [tick.price] * 4 + [0])
            _extend(bar, tick.price)
            bar[3] = tick.price
            bar[4] += tick.size
        else:
            self._volumes.append((start, tick.size))

    def bars(self) -> dict[int, Bar]:
        """Return the bars by the milliseconds at which they begin."""
        bars = {start: [*bar] for start, bar in self._bars.items()}
        starts = sorted(bars)
        for start, size in self._volumes:
            place = bisect_right(starts, start) - 1
            if place >= 0:
                bars[starts[place]][4] += size
        if self._auctions:
            for tick in self._prints:
                self._print(bars, tick)
        return {start: _whole(bar) for start, bar in bars.items()}

    def _print(self, bars: dict[int, list[int]], tick: TradeTick) -> None:
        if tick.flags == _OPENING_PRINT:
            start, price_at = tick.clock.millis // self._span * self._span, 0
            counts = start == SESSION_BEGINS
        else:
            start, price_at = SESSION_ENDS - self._span, 3
            counts = tick.flags == _CLOSING_PRINT
        bar = bars.get(start)
        if counts and bar is not None:
            _extend(bar, tick.price)
            bar[price_at] = tick.price
            bar[4] += tick.size


def _moves_price(flags: int) -> bool:
    if flags & _EXTENDED:
        return True
    if flags & (_SWEEP | _SELLER | _DERIVED):
        return False
    return not (flags & _AVERAGE and flags & _EXEMPT)


def _extend(bar: list[int], price: int) -> None:
    bar[1] = max(bar[1], price)
    bar[2] = min(bar[2], price)


def _whole(bar: list[int]) -> Bar:
    opened, high, low, close, volume = bar
    return opened, high, low, close, volume
