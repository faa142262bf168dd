"""Bars: what traded in one interval of time, or in so many trades, so much quantity or money.

Intervals of time are aligned to the epoch and half open. A bar of [start, end) holds the trades
that reached us at or after `start` and before `end`, by the time that the sequencer stamped on
them, and no trade at or after `end`: a bar never knows what came after it. A bar never claims an
interval that it has not watched from its start, so the first one is that of the first whole
interval.

A bar by trades, quantity or money is over with the trade that fills it, which it holds whole: its
`end` is the time of that trade, and the next one begins with the next trade.

Which trades count, and for what, is said by a table (`sale_conditions.py`). One that counts for
volume alone makes no price: where nothing else traded there is no bar. A trade that is busted later
stays in the bar that it was in: what was delivered is not taken back.
"""

import msgspec

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity
from fairlead.strategy.sale_conditions import Counts


class Bar(msgspec.Struct, frozen=True, gc=False):
    """What traded in a bar, in increments; `volume` and `count` of a filled gap are 0."""

    instrument: InstrumentId
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    count: int  # of the trades in the volume
    start: Nanos
    end: Nanos


class TickBars(msgspec.Struct, frozen=True):
    """Bars of `count` trades that make a price."""

    count: int

    @property
    def least(self) -> int:
        """How much fills a bar."""
        return self.count


class VolumeBars(msgspec.Struct, frozen=True):
    """Bars in which `quantity` traded, or more: a trade is never divided."""

    quantity: Quantity

    @property
    def least(self) -> int:
        """How much fills a bar."""
        return self.quantity


class ValueBars(msgspec.Struct, frozen=True):
    """Bars in which `amount` of the instrument's currency changed hands, or more."""

    amount: Money

    @property
    def least(self) -> int:
        """How much fills a bar."""
        return self.amount


BarSize = TickBars | VolumeBars | ValueBars


class Tally:
    """The prices and the volume of one bar that is under way."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.open = self.high = self.low = self.close = Price(0)
        self.clear()

    def clear(self) -> None:
        """Forget all trades."""
        self.priced = False  # a trade made a price
        self.volume = 0
        self.count = 0
        self._firm = False  # one of them says where the market is

    def add(self, price: Price, quantity: Quantity, counts: Counts) -> None:
        """Count a trade for what it counts for."""
        if counts is Counts.NOTHING:
            return
        self.volume += quantity
        self.count += 1
        if counts is Counts.VOLUME:
            return
        if not self.priced:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.priced = True
        firm = counts is Counts.ALL
        if firm and not self._firm:
            self.open, self._firm = price, True  # what came late before it opened nothing
        if firm or not self._firm:
            self.close = price

    def bar(self, instrument: InstrumentId, start: Nanos, end: Nanos) -> Bar:
        """Return the bar."""
        assert self.priced, "a bar has prices"
        assert self.low <= min(self.open, self.close), "nothing traded below the low"
        assert self.high >= max(self.open, self.close), "nothing traded above the high"
        volume = Quantity(self.volume)
        return Bar(
            *(instrument, self.open, self.high, self.low, self.close, volume, self.count),
            start=start,
            end=end,
        )


class BarBuilder:
    """Trades in, bars of an interval of time out. Time is given, and never goes back."""

    def __init__(
        self, instrument: InstrumentId, interval: Nanos, since: Nanos, fill_gaps: bool
    ) -> None:
        """Begin with the first whole interval at or after `since`."""
        assert interval > 0, "an interval has a length"
        self.instrument = instrument
        self.interval = interval
        self.fill_gaps = fill_gaps
        self._tally = Tally()
        self.restart(since)

    def restart(self, since: Nanos) -> None:
        """Forget all trades, and begin with the first whole interval at or after `since`."""
        self._last = Price(0)  # the last close; 0: no bar yet
        self._move_to(Nanos(-(-since // self.interval) * self.interval))

    @property
    def due(self) -> Nanos | None:
        """When the next bar closes, None if none is under way."""
        return self.end if self._tally.priced or (self.fill_gaps and self._last) else None

    def add(
        self, time: Nanos, price: Price, quantity: Quantity, counts: Counts = Counts.ALL
    ) -> bool:
        """Count a trade, after `close(time)`; return whether it is the first price of its bar."""
        assert time < self.end, "a bar never holds a trade at or after its end"
        if time < self.start:
            return False
        priced = self._tally.priced
        self._tally.add(price, quantity, counts)
        return self._tally.priced and not priced

    def close(self, time: Nanos) -> list[Bar]:
        """Return the bars that ended at or before `time`, oldest first."""
        if time < self.end:
            return []
        bars = []
        if self._tally.priced:
            bars.append(self._tally.bar(self.instrument, self.start, self.end))
            self._last = bars[0].close
            self._move_to(self.end)
        if self.fill_gaps and self._last:
            while self.end <= time:
                bars.append(self._flat())
                self._move_to(self.end)
        self._move_to(Nanos(time - time % self.interval))
        return bars

    def _move_to(self, start: Nanos) -> None:
        self.start = start
        self.end = Nanos(start + self.interval)
        self._tally.clear()

    def _flat(self) -> Bar:
        last, traded = self._last, self._tally  # in volume alone, if at all
        return Bar(
            *(self.instrument, last, last, last, last, Quantity(traded.volume), traded.count),
            start=self.start,
            end=self.end,
        )


class SizedBarBuilder:
    """Trades in, bars of so many trades, so much quantity or money out."""

    def __init__(self, instrument: Instrument, size: BarSize) -> None:
        """Begin with the next trade."""
        self.instrument = instrument.instrument
        self.size = size
        self._unit = instrument.money_unit
        self._inverse = instrument.kind is InstrumentKind.INVERSE
        self._tally = Tally()
        self.restart()

    def restart(self) -> None:
        """Forget all trades."""
        self._tally.clear()
        self._measured = 0
        self._start: Nanos | None = None

    def add(self, time: Nanos, price: Price, quantity: Quantity, counts: Counts) -> Bar | None:
        """Count a trade; return the bar that it fills, None as long as it is under way."""
        if counts is Counts.NOTHING:
            return None
        if self._start is None:
            self._start = time
        self._tally.add(price, quantity, counts)
        self._measured += self._measure(price, quantity, counts)
        if self._measured < self.size.least or not self._tally.priced:
            return None
        bar = self._tally.bar(self.instrument, self._start, time)
        self.restart()
        return bar

    def _measure(self, price: Price, quantity: Quantity, counts: Counts) -> int:
        if isinstance(self.size, TickBars):
            return counts < Counts.VOLUME
        if isinstance(self.size, VolumeBars):
            return quantity
        worth = quantity * self._unit
        return worth // price if self._inverse else worth * price
