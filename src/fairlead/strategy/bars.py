"""Bars: what traded in one interval of time. Intervals are aligned to the epoch and half open.

A bar of [start, end) holds the trades that reached us at or after `start` and before `end`, by the
time that the sequencer stamped on them, and no trade at or after `end`: a bar never knows what came
after it. A bar never claims an interval that it has not watched from its start, so the first one is
that of the first whole interval.
"""

import msgspec

from fairlead.model.units import InstrumentId, Nanos, Price, Quantity


class Bar(msgspec.Struct, frozen=True, gc=False):
    """What traded in [start, end), in increments; `volume` and `count` of a filled gap are 0."""

    instrument: InstrumentId
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    count: int
    start: Nanos
    end: Nanos


class BarBuilder:
    """Trades in, bars out. Time is given, and never goes back."""

    def __init__(
        self, instrument: InstrumentId, interval: Nanos, since: Nanos, fill_gaps: bool
    ) -> None:
        """Begin with the first whole interval at or after `since`."""
        assert interval > 0, "an interval has a length"
        self.instrument = instrument
        self.interval = interval
        self.fill_gaps = fill_gaps
        self._open = self._high = self._low = self._close = Price(0)
        self.restart(since)

    def restart(self, since: Nanos) -> None:
        """Forget all trades, and begin with the first whole interval at or after `since`."""
        self._last = Price(0)  # the last close; 0: no bar yet
        self._move_to(Nanos(-(-since // self.interval) * self.interval))

    @property
    def due(self) -> Nanos | None:
        """When the next bar closes, None if none is under way."""
        return self.end if self._count or (self.fill_gaps and self._last) else None

    def add(self, time: Nanos, price: Price, quantity: Quantity) -> bool:
        """Count a trade, after `close(time)`; return whether it is the first of its bar."""
        assert time < self.end, "a bar never holds a trade at or after its end"
        if time < self.start:
            return False
        if self._count == 0:
            self._open = self._high = self._low = price
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume += quantity
        self._count += 1
        return self._count == 1

    def close(self, time: Nanos) -> list[Bar]:
        """Return the bars that ended at or before `time`, oldest first."""
        if time < self.end:
            return []
        bars = [self._bar()] if self._count else []
        if bars:
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
        self._volume = 0
        self._count = 0

    def _bar(self) -> Bar:
        assert self._low <= min(self._open, self._close), "nothing traded below the low"
        assert self._high >= max(self._open, self._close), "nothing traded above the high"
        return Bar(
            self.instrument,
            self._open,
            self._high,
            self._low,
            self._close,
            Quantity(self._volume),
            self._count,
            self.start,
            self.end,
        )

    def _flat(self) -> Bar:
        last = self._last
        return Bar(self.instrument, last, last, last, last, Quantity(0), 0, self.start, self.end)
