"""Positions in exact rationals, written for clearness: what the machine must agree with.

Nothing here is rounded, and nothing of the machine is used.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from fairlead.model.instruments import Instrument
from fairlead.model.terms import CostBasis, InstrumentKind, Side
from fairlead.model.units import FINE_UNIT, InstrumentId, Money, Price, Quantity, Rate

BUY: Final = Side.BUY
SELL: Final = Side.SELL
CASH: Final = Money(1_000_000)

PERPETUAL: Final = Instrument(
    instrument=InstrumentId(1),
    symbol="ABCUSD",
    venue="VENUE",
    currency="USD",
    kind=InstrumentKind.PERPETUAL,
    price_decimals=2,
    quantity_decimals=0,
    money_decimals=2,
    price_tick=Price(1),
    quantity_lot=Quantity(1),
    quantity_min=Quantity(1),
    quantity_max=Quantity(1_000),
    notional_min=Money(0),
    maker_fee=Rate(0),
    taker_fee=Rate(0),
)
SPOT: Final[Instrument] = msgspec.structs.replace(
    PERPETUAL,
    instrument=InstrumentId(2),
    symbol="XYZ/USD",
    kind=InstrumentKind.SPOT,
    price_decimals=1,
)
FUTURE: Final[Instrument] = msgspec.structs.replace(
    PERPETUAL, instrument=InstrumentId(3), symbol="FUTURE", multiplier=50
)
INVERSE: Final[Instrument] = msgspec.structs.replace(
    PERPETUAL,
    instrument=InstrumentId(4),
    symbol="ABCUSD.INVERSE",
    kind=InstrumentKind.INVERSE,
    multiplier=100,
)
EURO_SPOT: Final[Instrument] = msgspec.structs.replace(
    SPOT, instrument=InstrumentId(5), symbol="XYZ/EUR", currency="EUR"
)


class Fill(NamedTuple):
    """One fill of one strategy in one instrument."""

    side: Side
    quantity: int
    price: int
    fee: int = 0
    strategy: int = 1
    instrument: Instrument = PERPETUAL

    @property
    def signed(self) -> int:
        """The quantity as it moves the position."""
        return self.quantity if self.side is BUY else -self.quantity


class ExactPosition:
    """A position under average cost or FIFO: a list of lots, each with the price of its cost."""

    def __init__(self, instrument: Instrument, basis: CostBasis = CostBasis.AVERAGE) -> None:
        """Begin flat."""
        self.instrument = instrument
        self.basis = basis
        self.lots: list[tuple[Fraction, Fraction]] = []  # signed quantity, worth of one
        self.realised = Fraction(0)

    @property
    def quantity(self) -> Fraction:
        """What is open; negative for a short."""
        return sum((quantity for quantity, _ in self.lots), Fraction(0))

    @property
    def cost(self) -> Fraction:
        """What that cost; negative for a short."""
        return sum((quantity * each for quantity, each in self.lots), Fraction(0))

    def worth_of_one(self, price: int | Fraction) -> Fraction:
        """Return what one quantity increment is worth at a price."""
        unit = self.instrument.money_unit
        inverse = self.instrument.kind is InstrumentKind.INVERSE
        return unit / Fraction(price) if inverse else unit * Fraction(price)

    def unrealised(self, price: int | Fraction) -> Fraction:
        """Return what closing at a price would earn."""
        return self.direction * (self.quantity * self.worth_of_one(price) - self.cost)

    @property
    def direction(self) -> int:
        """An inverse contract gains when its worth in money falls."""
        return -1 if self.instrument.kind is InstrumentKind.INVERSE else 1

    def trade(self, signed: int | Fraction, price: int | Fraction) -> Fraction:
        """Close what is open the other way, then open the rest; return the profit."""
        each = self.worth_of_one(price)
        left = Fraction(signed)
        profit = Fraction(0)
        while left and self.lots and (self.lots[0][0] > 0) != (left > 0):
            quantity, cost = self.lots[0]
            closing = -left if abs(left) < abs(quantity) else quantity
            profit += self.direction * closing * (each - cost)
            left += closing
            self.lots[0] = (quantity - closing, cost)
            if quantity == closing:
                self.lots.pop(0)
        if left:
            self.lots.append((left, each))
        if self.basis is CostBasis.AVERAGE and self.lots:
            self.lots = [(self.quantity, self.cost / self.quantity)]
        self.realised += profit
        return profit

    def split(self, new: int, old: int, lieu_price: int) -> Fraction:
        """Make `new` units of `old`; sell the fraction. Return what it brought."""
        ratio = Fraction(new, old)
        self.lots = [(quantity * ratio, each / ratio) for quantity, each in self.lots]
        quantity = self.quantity
        fraction = quantity - int(quantity)  # towards zero
        if fraction == 0:
            return Fraction(0)
        self.trade(-fraction, lieu_price)
        return fraction * self.worth_of_one(lieu_price)


class ExactTranslation:
    """What a ledger of another currency is in base money: each amount at the rate of its time."""

    def __init__(self, initial: int) -> None:
        """Begin without a rate; what is booked until then waits for it."""
        self.rate: Fraction | None = None
        self.balance = Fraction(0)
        self.terms = dict.fromkeys(("initial", "flows", "realised", "fees", "fx"), Fraction(0))
        self.waiting: list[tuple[str, Fraction]] = [("initial", Fraction(initial))]

    def book(self, term: str, amount: int | Fraction) -> None:
        """Book an amount; an exchange of currencies is fx."""
        if self.rate is None:
            self.waiting.append((term, Fraction(amount)))
            return
        self.terms[term] += amount * self.rate
        self.balance += -amount if term == "fees" else amount

    def set_rate(self, rate: Fraction) -> None:
        """Let the balance be worth otherwise."""
        if self.rate is not None:
            self.terms["fx"] += self.balance * (rate - self.rate)
        self.rate = rate
        for term, amount in self.waiting:
            self.book(term, amount)
        self.waiting.clear()


def near(fine: int, exact: Fraction, operations: int) -> bool:
    """Whether a fine amount is an exact one, but for half a part in each operation."""
    return abs(fine - exact * FINE_UNIT) <= operations


def nearest_even(exact: Fraction) -> int:
    """Return an amount as it is written: Python rounds a Fraction half to even, as the rule is."""
    return round(exact)


def total(amounts: Iterable[Fraction]) -> Fraction:
    """Return a sum that is a fraction even of nothing."""
    return sum(amounts, Fraction(0))
