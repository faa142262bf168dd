"""Positions by what was booked: their cost, their profit, and their round trips, in fine parts.

Cost is kept as the cost of the open quantity, so nothing that was rounded is carried on. A closing
fill takes out its share of it, or under first in, first out that of the oldest lots; a share that
is no whole number of fine parts is rounded half to even, and what stays is what is left. Beside it
runs the plain sum of everything paid and received, which knows neither averages nor lots.
"""

from collections import deque
from typing import Final

from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    Fine,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    divide_half_even,
    rounded,
)

_INVERSE: Final = InstrumentKind.INVERSE


class Trips:
    """Closed round trips, from flat to flat (or through zero), each net of its fees."""

    def __init__(self) -> None:
        """Begin without any."""
        self.won = 0
        self.lost = 0
        self.even = 0
        self.profit = Fine(0)  # of those won
        self.loss = Fine(0)  # of those lost, as a positive amount

    @property
    def count(self) -> int:
        """How many round trips were closed."""
        return self.won + self.lost + self.even

    @property
    def gross_profit(self) -> Money:
        """What those won brought."""
        return rounded(self.profit)

    @property
    def gross_loss(self) -> Money:
        """What those lost cost, as a positive amount."""
        return rounded(self.loss)

    def add(self, profit: int) -> None:
        """Count one, with its profit in fine parts."""
        if profit > 0:
            self.won += 1
            self.profit = Fine(self.profit + profit)
        elif profit < 0:
            self.lost += 1
            self.loss = Fine(self.loss - profit)
        else:
            self.even += 1


class Lot:
    """What is left of one opening, and what that cost."""

    def __init__(self, quantity: int, cost: int) -> None:
        """Take a quantity above 0, and its cost in fine parts: negative for a short."""
        self.quantity = quantity
        self.cost = cost

    def take(self, quantity: int) -> int:
        """Take a part out; return its cost."""
        cost = divide_half_even(self.cost * quantity, self.quantity)
        self.quantity -= quantity
        self.cost -= cost
        return cost

    def pour(self, other: "Lot", quantity: int) -> None:
        """Take a part of another lot in."""
        self.cost += other.take(quantity)
        self.quantity += quantity


class LedgerPosition:
    """What one strategy holds of one instrument, by what was booked."""

    def __init__(
        self,
        strategy: StrategyId,
        instrument: Instrument,
        account: AccountId,
        first_in_first_out: bool = False,
    ) -> None:
        """Begin flat."""
        self.strategy = strategy  # 0: held for none
        self.instrument = instrument
        self.account = account
        self.quantity = SignedQuantity(0)
        self.cost = Fine(0)  # of the open quantity: negative for a short
        self.profit = Fine(0)  # realised, before fees
        self.fees = Money(0)
        self.net_paid = Fine(0)  # sum of all that was paid, less all that was received
        self.fills = 0
        self.bought = Quantity(0)
        self.sold = Quantity(0)
        self.volume = Fine(0)  # worth of all fills
        self.trips = Trips()  # those of this position alone
        self.inverse = instrument.kind is _INVERSE
        self._unit = instrument.money_unit
        self._trip = Fine(0)  # profit of the open round trip, net of fees
        self._lots: deque[Lot] | None = deque() if first_in_first_out else None
        # What can still be taken back: quantity, price and name of each trade since the last split,
        # what they earned, and where the position stood before them.
        self._trades: list[tuple[int, Price, str]] = []
        self._traded = Fine(0)
        self._before: tuple[SignedQuantity, Fine, list[Lot]] = (SignedQuantity(0), Fine(0), [])

    @property
    def open_cost(self) -> Money:
        """What the open quantity cost: negative for a short."""
        return rounded(self.cost)

    @property
    def realised(self) -> Money:
        """The realised profit, before fees."""
        return rounded(self.profit)

    def value(self, signed: int, price: Price) -> Fine:
        """Return what a quantity is worth at a price: negative for a short."""
        if self.inverse:
            return Fine(divide_half_even(FINE_UNIT * signed * self._unit, price))
        return Fine(FINE_UNIT * signed * price * self._unit)

    def gain(self, worth: Fine) -> Fine:
        """Return the profit that is not realised, if the open quantity is worth so much.

        An inverse contract gains what its worth in the coin falls.
        """
        return Fine(self.cost - worth if self.inverse else worth - self.cost)

    def trade(self, signed: int, price: Price, fee: Money, trips: Trips, name: str = "") -> Fine:
        """Book a quantity that came or (negative) went; return its realised profit before fees."""
        self._trades.append((signed, price, name))
        size = abs(signed)
        closing = min(size, abs(self.quantity)) if self.quantity * signed < 0 else 0
        direction = 1 if signed > 0 else -1
        realised = self._close(closing, -direction, price)
        closing_fee = divide_half_even(FINE_UNIT * fee * closing, size)
        self._trip = Fine(self._trip + realised - closing_fee)
        self.quantity = SignedQuantity(self.quantity + signed)
        self.fees = Money(self.fees + fee)
        if closing and (self.quantity == 0 or closing < size):
            self._end_trip(trips)
        self._trip = Fine(self._trip - FINE_UNIT * fee + closing_fee)
        self._open((size - closing) * direction, price)
        if signed > 0:
            self.bought = Quantity(self.bought + size)
        else:
            self.sold = Quantity(self.sold + size)
        return realised

    def take_back(self, name: str, fee: Money, trips: Trips) -> tuple[Fine, int, Price]:
        """Take a trade back by going through all others again.

        Return the change of the profit, and what the trade was.
        """
        place = max(at for at, trade in enumerate(self._trades) if trade[2] == name)
        signed, price, _ = self._trades.pop(place)
        profit, paid = self.profit, Fine(self.net_paid - self.value(signed, price))
        self._go_back()
        for quantity, at, _ in self._trades:
            closing = min(abs(quantity), abs(self.quantity)) if self.quantity * quantity < 0 else 0
            direction = 1 if quantity > 0 else -1
            self._close(closing, -direction, at)
            self.quantity = SignedQuantity(self.quantity + quantity)
            self._open((abs(quantity) - closing) * direction, at)
        self.net_paid = paid
        realised = Fine(self.profit - profit)
        self.fees = Money(self.fees - fee)
        if signed > 0:
            self.bought = Quantity(self.bought - signed)
        else:
            self.sold = Quantity(self.sold + signed)
        self._trip = Fine(self._trip + realised + FINE_UNIT * fee)
        if self.quantity == 0 and self._trip:
            self._end_trip(trips)
        return realised, signed, price

    def earn(self, profit: Fine, fee: Money) -> None:
        """Book a profit and a fee that came without a quantity."""
        self.profit = Fine(self.profit + profit)
        self.fees = Money(self.fees + fee)
        self._trip = Fine(self._trip + profit - FINE_UNIT * fee)

    def split(self, new: int, old: int, lieu_price: Price, trips: Trips) -> tuple[Fine, Fine]:
        """Turn `old` units into `new` ones, and sell what is left over of a unit.

        Return what that brought and the profit on it.
        """
        parts = abs(self.quantity) * new  # `old` of them make a unit
        sign = 1 if self.quantity > 0 else -1
        whole, left = divmod(parts, old)
        received = divide_half_even(FINE_UNIT * sign * left * lieu_price * self._unit, old)
        if self._lots is not None:
            cost = self._split_lots(self._lots, new, old)
        else:
            cost = divide_half_even(self.cost * left, parts) if left else 0
        realised = Fine(received - cost)
        self.cost = Fine(self.cost - cost)
        self.profit = Fine(self.profit + realised)
        self.net_paid = Fine(self.net_paid - received)
        self._trip = Fine(self._trip + realised)
        self.quantity = SignedQuantity(whole * sign)
        if whole == 0:
            self._end_trip(trips)
        lots = [Lot(lot.quantity, lot.cost) for lot in self._lots or ()]
        self._trades, self._traded = [], Fine(0)
        self._before = (self.quantity, self.cost, lots)
        return Fine(received), realised

    def average_price(self, decimals: int) -> int | None:
        """Return the average price of the open quantity in units of 10**-decimals, half to even.

        None for a flat position.
        """
        if self.quantity == 0:
            return None
        ours, theirs = abs(self.cost), FINE_UNIT * abs(self.quantity) * self._unit
        if self.inverse:
            ours, theirs = theirs, ours
        shift = 10**self.instrument.price_decimals
        return divide_half_even(ours * 10**decimals, theirs * shift)

    def _open(self, signed: int, price: Price) -> None:
        if signed == 0:
            return
        cost = self.value(signed, price)
        self.cost = Fine(self.cost + cost)
        self.net_paid = Fine(self.net_paid + cost)
        if self._lots is not None:
            self._lots.append(Lot(abs(signed), cost))

    def _close(self, quantity: int, sign: int, price: Price) -> Fine:
        """Take a quantity of this sign out; return the profit on it."""
        if quantity == 0:
            return Fine(0)
        value = self.value(quantity * sign, price)
        if self._lots is not None:
            cost = _take(self._lots, quantity)
        else:
            cost = divide_half_even(self.cost * quantity, abs(self.quantity))
        realised = Fine(cost - value if self.inverse else value - cost)
        self.cost = Fine(self.cost - cost)
        self.profit = Fine(self.profit + realised)
        self._traded = Fine(self._traded + realised)
        self.net_paid = Fine(self.net_paid - value)
        return realised

    def _go_back(self) -> None:
        """Stand where it stood before the trades that can be taken back."""
        self.profit = Fine(self.profit - self._traded)
        self._traded = Fine(0)
        self.quantity, self.cost, lots = self._before
        if self._lots is not None:
            self._lots = deque(Lot(lot.quantity, lot.cost) for lot in lots)

    def _split_lots(self, lots: deque[Lot], new: int, old: int) -> int:
        """Bring the lots into whole new units; return the cost of what is left over and sold.

        The oldest lot is sold from. A unit that parts of several lots make up is a lot of its own.
        """
        in_parts = deque(Lot(lot.quantity * new, lot.cost) for lot in lots)
        sold = _take(in_parts, sum(lot.quantity for lot in in_parts) % old)
        lots.clear()
        shared = Lot(0, 0)
        for lot in in_parts:
            if shared.quantity:
                shared.pour(lot, min(lot.quantity, old - shared.quantity))
                if shared.quantity == old:
                    lots.append(Lot(1, shared.cost))
                    shared = Lot(0, 0)
            units = lot.quantity // old
            if units:
                lots.append(Lot(units, lot.take(units * old)))
            if lot.quantity:
                shared.pour(lot, lot.quantity)
        return sold

    def _end_trip(self, trips: Trips) -> None:
        trips.add(self._trip)
        self.trips.add(self._trip)
        self._trip = Fine(0)


def _take(lots: deque[Lot], quantity: int) -> int:
    """Take a quantity out of the oldest lots; return its cost."""
    cost = 0
    while quantity > 0:
        oldest = lots[0]
        taken = min(quantity, oldest.quantity)
        quantity -= taken
        cost += oldest.take(taken)
        if oldest.quantity == 0:
            lots.popleft()
    return cost
