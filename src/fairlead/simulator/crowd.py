"""Everybody else in one instrument: market makers, noise, trend followers, the informed.

What an instrument is worth is a random walk that nobody sees exactly: the market makers quote
around it, so the price follows it with the volatility that was asked for. Noise traders wait in the
queue or take from it for reasons of their own, trend followers take in the direction in which the
price went. The informed know what it will be worth a while later, and take towards it; whoever
quotes around the value of now loses to them. Each arrival is one act of one of them. Prices and
quantities are integers throughout; all chance is drawn from one stream. The crowd keeps a bounded
number of orders, so hours of it need no more memory than minutes.
"""

from collections import deque
from math import isqrt
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.terms import Side
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    NANOS_PER_MILLISECOND,
    NANOS_PER_SECOND,
    RATE_UNIT,
    BasisPoints,
    Nanos,
    Price,
    Quantity,
    Rate,
    divide_half_even,
)
from fairlead.simulator.chance import BELL_DEVIATION, Chance
from fairlead.simulator.day_shape import USUAL, DayShape
from fairlead.simulator.exchange import Exchange
from fairlead.simulator.listing import Listing
from fairlead.simulator.scenarios import CRASH_SPREAD, Scenario, ScenarioKind
from fairlead.simulator.world import Handling

_VOLATILITY: Final = BasisPoints(250)
_DAY: Final = 86_400 * NANOS_PER_SECOND
_WALK_STEP: Final = 100 * NANOS_PER_MILLISECOND  # shorter than a maker needs to look again
_WALK_UNIT: Final = 10**12  # a step's relative size is counted in these parts
_FRACTION_BITS: Final = 16  # binary places of the value below one price increment
_HUNDREDTHS: Final = 100

_NO_SCENARIOS: Final[list[Scenario]] = []
_MAKERS: Final = 3  # each quotes wider than the one before it
_MAKER_LEVELS: Final = 4  # per side
_PATIENT_MAX: Final = 240  # orders of noise traders that may wait at once, over both sides
_PATIENT_AT_START: Final = 120
_TREND_BITS: Final = 6  # the price is compared with its average over about 2**6 arrivals
_TREND_TICKS: Final = 2  # a smaller move is no trend

# Of 100 arrivals: who acts. The rest are impatient noise traders.
_MAKER_SHARE: Final = 42
_PATIENT_SHARE: Final = 28
_CANCEL_SHARE: Final = 16
_TREND_SHARE: Final = 3
INFORMED_MAX: Final = 100 - _MAKER_SHARE - _PATIENT_SHARE - _CANCEL_SHARE - _TREND_SHARE
_LEAD: Final = Nanos(5 * NANOS_PER_SECOND)
_SAME_SIDE_PERCENT: Final = 60  # large orders are worked in pieces: takers repeat their side
_IMPROVE_PERCENT: Final = 25  # patient orders that better the touch when the spread leaves room


class CrowdConfig:
    """The market of one instrument.

    `volatility` is the standard deviation of a day of 24 hours: 250 basis points are 48 % a year.
    `arrivals` is how often per second somebody acts. `half_spread` is how far the closest market
    maker stays from the value, in hundredths of a tick. `quantity` is the typical size of an order;
    sizes are skewed, large ones are rare. `informed` of 100 arrivals know the value `lead` ahead.
    """

    def __init__(
        self,
        instrument: Instrument,
        *,
        price_start: Price,
        quantity: Quantity,
        volatility: BasisPoints = _VOLATILITY,
        arrivals: int = 18,
        half_spread: int = 40,
        informed: int = 0,
        lead: Nanos = _LEAD,
    ) -> None:
        """Take the terms. Raises `ValueError` that names the instrument."""
        if price_start <= 0 or price_start % instrument.price_tick:
            raise ValueError(
                f"market of {instrument.symbol!r}: price_start is {price_start}, expected a"
                f" positive multiple of the tick, {instrument.price_tick}"
            )
        if not instrument.quantity_min <= quantity <= instrument.quantity_max:
            raise ValueError(
                f"market of {instrument.symbol!r}: quantity is {quantity}, expected"
                f" {instrument.quantity_min} to {instrument.quantity_max}"
            )
        if volatility < 0 or arrivals < 1 or half_spread < 1:
            raise ValueError(
                f"market of {instrument.symbol!r}: found volatility {volatility}, arrivals"
                f" {arrivals}, half_spread {half_spread}; expected at least 0, 1 and 1"
            )
        if not 0 <= informed <= INFORMED_MAX or lead < _WALK_STEP:
            raise ValueError(
                f"market of {instrument.symbol!r}: found {informed} informed of 100, {lead} ns"
                f" ahead; expected 0 to {INFORMED_MAX}, and at least {_WALK_STEP} ns"
            )
        self.informed = informed
        self.lead = lead
        self.instrument = instrument
        self.price_start = price_start
        self.quantity = quantity
        self.volatility = volatility
        self.arrivals = arrivals
        self.half_spread = half_spread


class Slot:
    """A place in a market maker's ladder, and the order that stands there now (0: none)."""

    def __init__(self, side: Side, depth: int) -> None:
        """Begin empty, `depth` ticks behind the maker's touch."""
        self.side = side
        self.depth = depth
        self.order: int = 0
        self.price: Price = Price(0)


class Maker:
    """A market maker: how wide it quotes, and its ladder."""

    def __init__(self, half_spread: int) -> None:
        """Begin without orders."""
        self.half_spread = half_spread  # in fractions of a price increment
        self.slots = [
            Slot(side, depth) for depth in range(_MAKER_LEVELS) for side in (Side.BUY, Side.SELL)
        ]


class Crowd:
    """All participants but us in one instrument."""

    def __init__(
        self,
        exchange: Exchange,
        listing: Listing,
        config: CrowdConfig,
        chance: Chance,
        start: Nanos,
        shape: DayShape | None = None,
        scenarios: list[Scenario] = _NO_SCENARIOS,
    ) -> None:
        """Begin with an empty book and the value at the start price."""
        tick = config.instrument.price_tick
        self._exchange = exchange
        self._listing = listing
        self._book = listing.book
        self._config = config
        self._chance = chance
        self._tick = int(tick)
        self._value: int = config.price_start << _FRACTION_BITS
        self._walk_size = isqrt(
            (config.volatility * (_WALK_UNIT // BASIS_POINTS_UNIT)) ** 2 * _WALK_STEP // _DAY
        )
        self._walk_time: int = int(start)
        self._average: int = self._value
        half_spread = (tick << _FRACTION_BITS) * config.half_spread // _HUNDREDTHS
        self._makers = [Maker(max(1, half_spread << rank)) for rank in range(_MAKERS)]
        self._patient: list[int] = []
        self._taker_side: Side = Side.BUY
        self._shape = shape
        self._crashes = [one for one in scenarios if one.kind is ScenarioKind.FLASH_CRASH]
        # What it will be worth, as far ahead as the informed see; the last is the furthest.
        self._ahead: deque[int] = deque()
        if config.informed:
            last = self._value
            for step in range(1, config.lead // _WALK_STEP + 1):
                last = self._stepped(last, int(start) + step * _WALK_STEP)
                self._ahead.append(last)

    def settle(self, time: Nanos) -> None:
        """Fill the empty book."""
        for maker in self._makers:
            self._quote(maker, time)
        for _ in range(_PATIENT_AT_START):
            self._wait_in_line(time)

    def act(self, time: Nanos) -> None:
        """Let one of the crowd act."""
        self._walk(time)
        self._average += (self._middle() - self._average) >> _TREND_BITS
        draw = self._chance.below(100)
        if draw >= 100 - self._config.informed:
            self._take_informed(time)
            return
        if draw < _MAKER_SHARE:
            self._quote(self._makers[draw % _MAKERS], time)
            return
        draw -= _MAKER_SHARE
        if draw < _PATIENT_SHARE and len(self._patient) < _PATIENT_MAX:
            self._wait_in_line(time)
            return
        draw -= _PATIENT_SHARE
        if draw < _CANCEL_SHARE:
            self._give_up(time)
        elif draw < _CANCEL_SHARE + _TREND_SHARE:
            self._follow_trend(time)
        else:
            self._take_at_random(time)

    def follow(self, other: "Crowd", time: Nanos) -> None:
        """Take what the instrument is worth from another crowd: the same thing elsewhere."""
        other._walk(time)
        self._value = other._value
        self._ahead = other._ahead
        self._walk_time = other._walk_time

    # --- what it is worth -------------------------------------------------------------------------

    def _walk(self, time: Nanos) -> None:
        """Let the value walk up to `time`, in steps of one length."""
        while self._walk_time + _WALK_STEP <= time:
            self._walk_time += _WALK_STEP
            if not self._ahead:
                self._value = self._stepped(self._value, self._walk_time)
            else:
                lead = len(self._ahead) * _WALK_STEP
                self._ahead.append(self._stepped(self._ahead[-1], self._walk_time + lead))
                self._value = self._ahead.popleft()

    def _stepped(self, value: int, time: int) -> int:
        """Return a value one step later."""
        move = value * self._walk_size * self._chance.bell()
        if self._shape is not None:
            move = move * self._shape.volatility(time) // USUAL
        return value + divide_half_even(move, _WALK_UNIT * BELL_DEVIATION)

    def _worth(self, time: Nanos) -> int:
        """Return what market makers quote around: the value, unless it crashes."""
        value = self._value
        for crash in self._crashes:
            value += value * crash.moved(time) // RATE_UNIT
        return value

    def _wider(self, half_spread: int, time: Nanos) -> int:
        """Return how far a market maker stays away at a time."""
        if self._shape is not None:
            half_spread = half_spread * self._shape.spread(time) // USUAL
        if any(crash.lasts(time) for crash in self._crashes):
            half_spread *= CRASH_SPREAD
        return max(1, half_spread)

    def _narrowest(self, time: Nanos) -> int:
        """Return the spread that no noise trader improves: one tick, unless it is a wide time."""
        if self._shape is None or self._shape.spread(time) <= USUAL:
            return self._tick
        closest = self._wider(self._makers[0].half_spread, time)
        return max(self._tick, 2 * closest >> _FRACTION_BITS)

    def flee(self, time: Nanos) -> None:
        """Take everything back; who acts next comes back."""
        for maker in self._makers:
            for slot in maker.slots:
                self._clear(slot, time)
        for order in self._patient:
            self._exchange.withdraw(self._listing, order, time)
        self._patient.clear()

    def gap(self, size: Rate, time: Nanos) -> None:
        """Leave, and come back with everything worth another price."""
        self.flee(time)
        self._value += self._value * size // RATE_UNIT
        for index in range(len(self._ahead)):
            self._ahead[index] += self._ahead[index] * size // RATE_UNIT
        self._average = self._value
        self.settle(time)

    def _middle(self) -> int:
        """Return the middle of the touch, or the value while a side is empty."""
        bid = self._book.bids.prices.best()
        ask = self._book.asks.prices.best()
        return (bid + ask) << (_FRACTION_BITS - 1) if bid and ask else self._value

    # --- market makers ----------------------------------------------------------------------------

    def _quote(self, maker: Maker, time: Nanos) -> None:
        """Move a maker's ladder to where the value is; one that stands right gets one new size."""
        fixed_tick = self._tick << _FRACTION_BITS
        worth, half_spread = self._worth(time), self._wider(maker.half_spread, time)
        bid = (worth - half_spread) // fixed_tick
        ask = -((-worth - half_spread) // fixed_tick)
        stands_right = True
        for slot in maker.slots:
            ticks = bid - slot.depth if slot.side is Side.BUY else ask + slot.depth
            price = Price(max(1, ticks) * self._tick)
            if slot.price != price:
                self._clear(slot, time)
                slot.price = price
            if not self._book.leaves(slot.order):
                slot.order = 0
                stands_right = False
        if stands_right:
            self._clear(maker.slots[self._chance.below(len(maker.slots))], time)
        for slot in maker.slots:
            if not slot.order:
                slot.order = self._enter(slot.side, slot.price, Handling.LIMIT, time)

    def _clear(self, slot: Slot, time: Nanos) -> None:
        if slot.order:
            self._exchange.withdraw(self._listing, slot.order, time)
            slot.order = 0

    # --- noise ------------------------------------------------------------------------------------

    def _wait_in_line(self, time: Nanos) -> None:
        """Enter an order near the touch of its own side, sometimes better, seldom far away."""
        side = Side.BUY if self._chance.below(2) else Side.SELL
        sign = 1 if side is Side.BUY else -1
        bid = self._book.bids.prices.best()
        ask = self._book.asks.prices.best()
        if not bid or not ask:
            return  # the makers come back first
        touch = bid if side is Side.BUY else ask
        away = self._chance.halvings(4) + self._chance.below(1 + self._chance.halvings(4) * 4)
        if ask - bid > self._narrowest(time) and self._chance.below(100) < _IMPROVE_PERCENT:
            away = -1
        price = Price(max(self._tick, touch - sign * away * self._tick))
        self._patient.append(self._enter(side, price, Handling.LIMIT, time))

    def _give_up(self, time: Nanos) -> None:
        """Cancel a waiting order of a noise trader, any of them."""
        patient = self._patient
        while patient:
            index = self._chance.below(len(patient))
            order, patient[index] = patient[index], patient[-1]
            patient.pop()
            if self._exchange.withdraw(self._listing, order, time):
                return

    def _take_at_random(self, time: Nanos) -> None:
        if self._chance.below(100) >= _SAME_SIDE_PERCENT:
            self._taker_side = Side.SELL if self._taker_side is Side.BUY else Side.BUY
        self._take(self._taker_side, time)

    def _follow_trend(self, time: Nanos) -> None:
        move = self._middle() - self._average
        if abs(move) >= _TREND_TICKS * self._tick << _FRACTION_BITS:
            self._take(Side.BUY if move > 0 else Side.SELL, time)
        else:
            self._give_up(time)

    def _take_informed(self, time: Nanos) -> None:
        """Take where the touch is worse than what it will be worth; else there is nothing to do."""
        ask, bid = self._book.asks.prices.best(), self._book.bids.prices.best()
        will_be = self._ahead[-1]
        if ask and will_be > ask << _FRACTION_BITS:
            self._take(Side.BUY, time)
        elif bid and will_be < bid << _FRACTION_BITS:
            self._take(Side.SELL, time)

    def _take(self, side: Side, time: Nanos) -> None:
        """Take from the touch, and a tick beyond it if that is not enough."""
        buying = side is Side.BUY
        touch = self._book.asks.prices.best() if buying else self._book.bids.prices.best()
        if touch:
            price = Price(touch + self._tick if buying else max(self._tick, touch - self._tick))
            self._enter(side, price, Handling.IOC, time)

    def _enter(self, side: Side, price: Price, handling: Handling, time: Nanos) -> int:
        return self._exchange.enter(
            self._listing, side, price, self._order_quantity(), handling, time
        )

    def _order_quantity(self) -> Quantity:
        """Return a size: around the typical one, sometimes twice, four, eight times as large."""
        instrument = self._config.instrument
        percent = 40 + self._chance.below(80)
        quantity = self._config.quantity * percent * (1 << self._chance.halvings(3)) // 100
        quantity -= quantity % instrument.quantity_lot
        return Quantity(min(max(quantity, instrument.quantity_min), instrument.quantity_max))
