"""What our own trading does to the prices that we get: market impact and slippage.

A recording does not know of us, so what we bought is there again with the next update at the price
of before. In a market it is not: who buys moves the price up, more the more he buys, and part of it
comes back with time. Two laws are offered, in shares of the price:

    square root   I = Y sigma sqrt(Q / V)
    linear        I = Y sigma Q / V

with sigma the volatility of a day, V the volume of a day, and Q what we bought lately: each trade
counts in full at first and half as much after each `half_life`. Y is a number without a unit, about
1 for the square root (Toth et al., "Anomalous price impact and the critical nature of liquidity in
financial markets", Physical Review X 1, 2011; Almgren et al., "Direct estimation of equity market
impact", Risk, 2005, found a power of 3/5). Beside that a *permanent* part, G sigma N / V, of what
we bought net, which does not decay; it is linear, because any other form would let who trades round
in circles earn by it (Huberman and Stanzl, "Price manipulation and quasi-arbitrage", Econometrica
72, 2004). Almgren et al. measured G = 0.314.

The two sides are counted apart, and impact is only ever against us: buying makes buying dearer.
That it would let us sell higher is not believed, for nobody was there to pay it. A trade pays the
impact of itself, too, also in a book whose levels it walks down: rather dearer than it would have
been than cheaper. Shifts are rounded to the nearest tick.

Slippage is a share of the price that every taking trade pays on top, rounded against us.
"""

from enum import Enum
from math import isqrt
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import MILLIONTHS, RATE_UNIT, Nanos, Price, Quantity, Rate
from fairlead.simulator.fixed import decayed

_BUY: Final = Side.BUY
_ROOT_UNIT: Final = 10**9  # square roots of shares are in parts of it
_NO_SLIPPAGE: Final = Rate(0)


class ImpactLaw(Enum):
    """How impact grows with what was traded."""

    SQUARE_ROOT = "square_root"
    LINEAR = "linear"


class ImpactConfig:
    """The impact of our trades in one instrument.

    `coefficient` (Y) and `permanent` (G) are in millionths. `volatility` is that of a day, in parts
    of `RATE_UNIT`. `volume` is that of a day, in increments of quantity.
    """

    def __init__(
        self,
        law: ImpactLaw,
        *,
        coefficient: int,
        permanent: int,
        half_life: Nanos,
        volatility: Rate,
        volume: Quantity,
    ) -> None:
        """Take the terms. Raises `ValueError`."""
        if min(coefficient, permanent, half_life, volatility) < 0 or volume < 1:
            raise ValueError(
                f"impact: found coefficient {coefficient}, permanent {permanent}, half life"
                f" {half_life}, volatility {volatility}, volume {volume}; expected at least 0, and"
                " a volume of at least 1"
            )
        self.law = law
        self.coefficient = coefficient
        self.permanent = permanent
        self.half_life = half_life
        self.volatility = volatility
        self.volume = volume


class Pressure:
    """What we traded lately on one side, as much of it as still presses on the price."""

    def __init__(self) -> None:
        """Begin with none."""
        self._quantity: int = 0
        self._time: Nanos = Nanos(0)

    def at(self, time: Nanos, half_life: Nanos) -> int:
        """Return how much presses at a time."""
        return decayed(self._quantity, max(0, time - self._time), half_life)

    def add(self, quantity: int, time: Nanos, half_life: Nanos) -> None:
        """Count a trade."""
        self._quantity = self.at(time, half_life) + quantity
        self._time = max(time, self._time)


class Costs:
    """What taking costs beyond the price that is displayed, in one instrument."""

    def __init__(
        self,
        instrument: Instrument,
        impact: ImpactConfig | None = None,
        slippage: Rate = _NO_SLIPPAGE,
    ) -> None:
        """Begin without any trade of ours. Raises `ValueError`."""
        if not 0 <= slippage < RATE_UNIT:
            raise ValueError(f"slippage is {slippage}, expected 0 to below {RATE_UNIT} (all)")
        self._tick = int(instrument.price_tick)
        self._impact = impact
        self._slippage = slippage
        self._bought = Pressure()
        self._sold = Pressure()
        self._net: int = 0  # bought less sold
        self.is_free: bool = impact is None and not slippage

    def paid(self, side: Side, price: Price, quantity: int, time: Nanos) -> Price:
        """Return the price for taking at a displayed one, with `quantity` taken at once with it.

        A price to sell at is at least one tick.
        """
        if self.is_free:
            return price
        slipped = -(-price * self._slippage // (RATE_UNIT * self._tick)) * self._tick
        worse = self.shift(side, price, quantity, time) + slipped
        return Price(price + worse if side is _BUY else max(self._tick, price - worse))

    def shift(self, side: Side, price: Price, quantity: int, time: Nanos) -> int:
        """Return by how much our trading has moved the price against us, in whole ticks.

        With `quantity` that is about to trade.
        """
        impact = self._impact
        if impact is None:
            return 0
        pressing = (self._bought if side is _BUY else self._sold).at(time, impact.half_life)
        net = max(0, (self._net if side is _BUY else -self._net) + quantity)
        pressing += quantity
        if impact.law is ImpactLaw.SQUARE_ROOT:
            share = isqrt(pressing * _ROOT_UNIT * _ROOT_UNIT // impact.volume)
        else:
            share = pressing * _ROOT_UNIT // impact.volume
        parts = impact.coefficient * share + impact.permanent * (net * _ROOT_UNIT // impact.volume)
        unit = MILLIONTHS * _ROOT_UNIT * RATE_UNIT * self._tick
        return (2 * price * impact.volatility * parts + unit) // (2 * unit) * self._tick

    def traded(self, side: Side, quantity: Quantity, time: Nanos) -> None:
        """Count a trade of ours, whether it took or waited."""
        if self._impact is None:
            return
        if side is _BUY:
            self._bought.add(quantity, time, self._impact.half_life)
            self._net += quantity
        else:
            self._sold.add(quantity, time, self._impact.half_life)
            self._net -= quantity
