"""A bar of a research file as the trades that are known to have happened in it.

A bar says four prices, and how much traded in all; it says of no trade when it was, and who
traded. So its trades come all together, in the last nanosecond of its span: a strategy that could
see the high before that would look into the future. A rising bar has its low first, a falling one
its high; prices that repeat are one trade, and the quantities add up to the volume. Whoever makes a
bar of them again gets the very same one.
"""

from typing import Final

from fairlead.gateways.errors import MalformedFrame
from fairlead.model.inputs import Trade
from fairlead.model.units import INCREMENTS_MAX, InstrumentId, Nanos, Price, Quantity

CONDITIONS: Final = "bar"  # of such a trade


def last_moment(ends: int) -> Nanos:
    """Return the last time that lies in a span which ends at another one, not included."""
    return Nanos(ends - 1)


def bar_trades(
    instrument: InstrumentId,
    prices: tuple[int, int, int, int],
    volume: int,
    number: str,
    time: Nanos,
) -> list[Trade]:
    """Return the trades of a bar at `time` (`last_moment` of its span); none if nothing traded.

    `prices` are open, high, low and close in increments; `number` tells the bar from all others.
    Raises `MalformedFrame` if the prices contradict each other, or the volume them.
    """
    opened, high, low, close = prices
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high <= INCREMENTS_MAX:
        raise MalformedFrame("bar", f"open, high, low, close {prices} cannot be of one bar")
    if not 0 <= volume <= INCREMENTS_MAX:
        raise MalformedFrame("bar", f"a volume of {volume}")
    if volume == 0:
        return []
    between = (low, high) if close >= opened else (high, low)
    path = [opened]
    for price in (*between, close):
        if price != path[-1]:
            path.append(price)
    if volume < len(path):
        raise MalformedFrame("bar", f"a volume of {volume} in {len(path)} trades or more")
    share, rest = divmod(volume, len(path))
    last = len(path) - 1
    return [
        Trade(
            instrument,
            Price(price),
            Quantity(share + rest if place == last else share),
            None,
            f"{number}-{place + 1}",
            time,
            CONDITIONS,
        )
        for place, price in enumerate(path)
    ]
