"""A stretch of market data that is known to come: handed out whole, taken one by one.

A recording says what reaches us next, as long as nothing of ours leaves. So a world may hand over
a stretch of it. Who plays it moves `next` on before each turn, and the world, which keeps the same
object, goes on from there when it is asked again: it never has to be told what was taken.
"""

from collections.abc import Sequence

from fairlead.model.inputs import Input, Quote
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, UpdateId


class Stretch:
    """Market data with the times at which it reaches us, which never go back."""

    def __init__(self, times: Sequence[Nanos], inputs: Sequence[Input]) -> None:
        """Stand before the first."""
        assert len(times) == len(inputs), "everything has its time"
        self.times: list[Nanos] = list(times)
        self.inputs: list[Input] = list(inputs)
        self.next = 0  # the place of what comes next

    def input(self, place: int) -> Input:
        """Return what comes at a place."""
        return self.inputs[place]

    def end_of_moment(self, place: int) -> int:
        """Return the place after the last that comes at the same time as the one at `place`."""
        times = self.times
        time, end = times[place], place + 1
        while end < len(times) and times[end] == time:
            end += 1
        return end


class Quotes(Stretch):
    """Quotes as columns. An object is made of one when somebody wants to see it."""

    def __init__(self, quotes: Sequence[Quote]) -> None:
        """Take the columns of these quotes, at the times of the venue."""
        super().__init__([quote.venue_time for quote in quotes], quotes)
        self.inputs.clear()
        self.instruments: list[InstrumentId] = [quote.instrument for quote in quotes]
        self.bids: list[Price] = [quote.bid_price for quote in quotes]
        self.bid_quantities: list[Quantity] = [quote.bid_quantity for quote in quotes]
        self.asks: list[Price] = [quote.ask_price for quote in quotes]
        self.ask_quantities: list[Quantity] = [quote.ask_quantity for quote in quotes]
        self.updates: list[UpdateId] = [quote.update for quote in quotes]

    def input(self, place: int) -> Input:
        """Return the quote at a place, made now."""
        return Quote(
            self.instruments[place],
            self.bids[place],
            self.bid_quantities[place],
            self.asks[place],
            self.ask_quantities[place],
            self.updates[place],
            self.times[place],
        )
