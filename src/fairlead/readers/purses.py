"""Accounts by what was booked: a purse for each currency, and what they are in the base currency.

Every movement of another currency is taken into the base currency at the exchange rate of its time;
what came before the first rate, at the first one. What the account is worth now is taken at the
present rate. The difference between the two is what the currencies themselves have brought (fx).
"""

from typing import Final, NamedTuple

from fairlead.model.inputs import AccountDefinition
from fairlead.model.terms import CashKind, CostBasis, InstrumentKind
from fairlead.model.units import (
    FINE_UNIT,
    Fine,
    Money,
    Nanos,
    Price,
    divide_half_even,
    fine,
    rounded,
)
from fairlead.readers.holdings import LedgerPosition, Trips

_SPOT: Final = InstrumentKind.SPOT
_FLOWS: Final = (CashKind.DEPOSIT, CashKind.WITHDRAWAL)
_COSTS: Final = (CashKind.BORROW, CashKind.FEE)


class Rate(NamedTuple):
    """What one unit of a currency is worth in the base currency, as a quotient."""

    numerator: int
    denominator: int

    def of(self, amount: int) -> int:
        """Return what an amount is worth, half to even."""
        return divide_half_even(amount * self.numerator, self.denominator)


PAR: Final = Rate(1, 1)  # of the base currency itself


class Purse:
    """One currency of an account. `cash`, `profit` and `volume` are in fine parts."""

    def __init__(self, currency: str, initial: Money, rate: Rate | None) -> None:
        """Begin with `initial` cash and no history. Without a rate nothing is known in base."""
        self.currency = currency
        self.initial = initial
        self.flows = Money(0)  # deposits less withdrawals
        self.converted = Money(0)  # what exchanges brought less what they took
        self.fees = Money(0)
        self.cash = fine(initial)
        self.profit = Fine(0)  # realised, before fees
        self.earned = Fine(0)  # the part of it that came without a trade
        self.volume = Fine(0)
        self.trips = Trips()
        self.rate = rate
        self.in_base = [0, 0, 0, 0, 0]  # initial, flows, realised, fees, volume: fine
        self._seen = [0, 0, 0, 0, 0]  # how much of each of them that is

    @property
    def realised(self) -> Money:
        """The realised profit, before fees."""
        return rounded(self.profit)

    @property
    def put_in(self) -> Fine:
        """All that is no profit, less the fees."""
        return fine(Money(self.initial + self.flows + self.converted - self.fees))

    def book(self, kind: CashKind, amount: Fine, position: LedgerPosition | None) -> None:
        """Book cash that came or (negative) went without a fill."""
        self.cash = Fine(self.cash + amount)
        if kind in _FLOWS:
            self.flows = Money(self.flows + rounded(amount))
        elif kind in _COSTS:
            fee = Money(-rounded(amount))
            self.fees = Money(self.fees + fee)
            if position is not None:
                position.earn(Fine(0), fee)
        else:
            self.profit = Fine(self.profit + amount)
            self.earned = Fine(self.earned + amount)
            if position is not None:
                position.earn(amount, Money(0))
        self.translate()

    def exchange(self, amount: Money) -> None:
        """Book what an exchange of currencies brought, or (negative) took."""
        self.cash = Fine(self.cash + fine(amount))
        self.converted = Money(self.converted + amount)
        self.translate()

    def trade(
        self,
        position: LedgerPosition,
        signed: int,
        price: Price,
        fee: Money,
        traded: int,
        name: str,
    ) -> None:
        """Book a quantity that came or (negative) went.

        `traded` is 1 for a fill, 0 for a correction; `name` is what a bust will call it.
        """
        paid = position.net_paid
        realised = position.trade(signed, price, fee, self.trips, name)
        self._book(position, realised, paid, fee)
        self._count(position, signed, price, traded)

    def take_back(self, position: LedgerPosition, name: str, fee: Money) -> None:
        """Take a fill back."""
        paid = position.net_paid
        realised, signed, price = position.take_back(name, fee, self.trips)
        self._book(position, realised, paid, Money(-fee))
        self._count(position, signed, price, -1)

    def split(self, position: LedgerPosition, new: int, old: int, lieu_price: Price) -> None:
        """Book what a split does to a position."""
        received, realised = position.split(new, old, lieu_price, self.trips)
        spot = position.instrument.kind is _SPOT
        self.cash = Fine(self.cash + (received if spot else realised))
        self.profit = Fine(self.profit + realised)
        self.translate()

    def _book(self, position: LedgerPosition, realised: Fine, paid: Fine, fee: Money) -> None:
        """Book what a trade of a position brought, that had paid so much before it."""
        moved = paid - position.net_paid if position.instrument.kind is _SPOT else realised
        self.cash = Fine(self.cash + moved - FINE_UNIT * fee)
        self.profit = Fine(self.profit + realised)
        self.fees = Money(self.fees + fee)

    def _count(self, position: LedgerPosition, signed: int, price: Price, traded: int) -> None:
        worth = traded * abs(position.value(signed, price))
        position.volume = Fine(position.volume + worth)
        position.fills += traded
        self.volume = Fine(self.volume + worth)
        self.translate()

    def translate(self) -> None:
        """Take what was booked since into the base currency."""
        rate = self.rate
        if rate is None or rate is PAR:
            return
        amounts = (
            FINE_UNIT * self.initial,
            FINE_UNIT * self.flows,
            self.profit,
            FINE_UNIT * self.fees,
            self.volume,
        )
        for place, amount in enumerate(amounts):
            if amount != self._seen[place]:
                self.in_base[place] += rate.of(amount - self._seen[place])
                self._seen[place] = amount


class LedgerAccount:
    """One account: its purses, its round trips, and how long it was exposed.

    Amounts are in the base currency; `cash` is that of the base currency alone.
    """

    def __init__(self, definition: AccountDefinition) -> None:
        """Begin with the cash of the definition and no history."""
        self.definition = definition
        self.base = Purse(definition.currency, definition.cash, PAR)
        self.purses = {definition.currency: self.base}
        self.first_in_first_out = definition.cost_basis is CostBasis.FIFO
        self.fills = 0
        self.positions: list[LedgerPosition] = []
        self._exposed = 0
        self._exposed_since = Nanos(0)
        self._open_count = 0

    @property
    def others(self) -> list[Purse]:
        """The purses of all currencies but the base one."""
        return list(self.purses.values())[1:]

    @property
    def initial(self) -> Money:
        """What it began with."""
        return self._in_base(0, FINE_UNIT * self.base.initial)

    @property
    def cash(self) -> Money:
        """What it has of the base currency."""
        return rounded(self.base.cash)

    @property
    def flows(self) -> Money:
        """Deposits less withdrawals: they are no profit."""
        return self._in_base(1, FINE_UNIT * self.base.flows)

    @property
    def realised(self) -> Money:
        """The realised profit, before fees."""
        return self._in_base(2, self.base.profit)

    @property
    def fees(self) -> Money:
        """All fees, less all rebates."""
        return self._in_base(3, FINE_UNIT * self.base.fees)

    @property
    def volume(self) -> Money:
        """What was bought and sold was worth."""
        return self._in_base(4, self.base.volume)

    @property
    def trips(self) -> Trips:
        """The round trips in all currencies, at the present rates. Without a rate, counted only."""
        if len(self.purses) == 1:
            return self.base.trips
        total = Trips()
        for purse in self.purses.values():
            total.won += purse.trips.won
            total.lost += purse.trips.lost
            total.even += purse.trips.even
            if purse.rate is not None:
                total.profit = Fine(total.profit + purse.rate.of(purse.trips.profit))
                total.loss = Fine(total.loss + purse.rate.of(purse.trips.loss))
        return total

    def exposed(self, now: Nanos) -> Nanos:
        """Return for how long any position was open until `now`."""
        return Nanos(self._exposed + (now - self._exposed_since if self._open_count else 0))

    def watch_exposure(self, opened: int, time: Nanos) -> None:
        """Take in that positions were opened, or (negative) closed."""
        if opened and self._open_count == 0:
            self._exposed_since = time
        self._open_count += opened
        if opened and self._open_count == 0:
            self._exposed += time - self._exposed_since

    def _in_base(self, place: int, base: int) -> Money:
        if len(self.purses) == 1:
            return rounded(Fine(base))
        return rounded(Fine(base + sum(purse.in_base[place] for purse in self.others)))
