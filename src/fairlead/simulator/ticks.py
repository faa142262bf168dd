"""Tick tables: how fine a price may be at which height.

Source of the idea: Regulation (EU) 2017/588 (RTS 11), whose tables grow with the price.
"""

from bisect import bisect_right
from itertools import pairwise

from fairlead.model.terms import Side
from fairlead.model.units import Price


class TickTable:
    """Steps: from which price on which tick holds."""

    def __init__(self, steps: tuple[tuple[Price, Price], ...]) -> None:
        """Take (price, tick), rising from price 0. Raises `ValueError`."""
        prices = [price for price, _ in steps]
        if not steps or prices[0] != 0 or prices != sorted(dict.fromkeys(prices)):
            raise ValueError(f"tick table: steps at {prices}, expected from 0 on and rising")
        for (_, tick), (price, coarser) in pairwise(steps):
            if price % tick or price % coarser:
                raise ValueError(
                    f"tick table: {price} is no multiple of the ticks beside it, {tick} and"
                    f" {coarser}"
                )
        if min([tick for _, tick in steps]) < 1:
            raise ValueError("tick table: a tick is at least one increment")
        self._prices = prices
        self._ticks = [tick for _, tick in steps]

    def tick(self, price: Price) -> Price:
        """Return the tick at a price."""
        return self._ticks[bisect_right(self._prices, price) - 1]

    def rounded(self, price: Price, side: Side) -> Price:
        """Return the price on its tick, rounded so that its owner gives nothing away."""
        tick = self.tick(price)
        rest = price % tick
        if not rest:
            return price
        return Price(price - rest if side is Side.BUY else price - rest + tick)
