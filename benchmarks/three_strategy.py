"""The strategy of `three_processes.py`: an order on every tick, and how long its reports take.

It runs in a process of its own, as anybody's does. The venue stamps each quote with the time for
which its publication was fixed; the same clock is read here when a report has arrived.
"""

from pathlib import Path
from time import monotonic_ns

import msgspec

from fairlead.model.inputs import Quote
from fairlead.model.outputs import OrderFilled
from fairlead.model.units import OrderId, Quantity
from fairlead.strategy import Context, OrderFact, Strategy

_SIZES = 37  # orders differ in size, so that none is taken for the one before, sent twice


class Answering(Strategy):
    """Buys at the bid and sells at the ask by turns, once a tick: it never meets itself."""

    class Parameters(Strategy.Parameters, frozen=True):
        """Where the spans go, and what lies between the clock of the venue's stamps and ours."""

        rows: str
        offset_ns: int

    parameters: Parameters

    def on_start(self, context: Context) -> None:
        """Begin with nothing measured."""
        self.ticks = 0
        self.stamps: dict[OrderId, int] = {}
        self.first: dict[
            int, int
        ] = {}  # by the tick's stamp: to the first report, then to the fill
        self.filled: dict[int, int] = {}

    def on_quote(self, context: Context, quote: Quote) -> None:
        """Join the touch; the venue fills every order at its price."""
        size = Quantity(self.ticks // 2 % _SIZES + 1)
        if self.ticks % 2:
            order = context.sell(quote.instrument, size, quote.ask_price)
        else:
            order = context.buy(quote.instrument, size, quote.bid_price)
        self.ticks += 1
        self.stamps[order] = quote.venue_time

    def on_order(self, context: Context, fact: OrderFact) -> None:
        """Take the time of the first report."""
        stamp = self.stamps.get(fact.order)
        if stamp is not None and type(fact).__name__ == "OrderAccepted":
            self.first.setdefault(stamp, monotonic_ns() + self.parameters.offset_ns - stamp)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        """Take the time of the fill."""
        stamp = self.stamps[fill.order]
        self.filled[stamp] = monotonic_ns() + self.parameters.offset_ns - stamp

    def on_stop(self, context: Context) -> None:
        """Write down what was measured, in the order of the ticks."""
        rows = {"accepted": list(self.first.items()), "filled": list(self.filled.items())}
        Path(self.parameters.rows).write_bytes(msgspec.json.encode(rows))
