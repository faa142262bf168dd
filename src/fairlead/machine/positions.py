"""Positions, cash, profit and loss: exact integers, from fills and from nothing else.

Average cost. A position remembers what its open quantity cost (`open_cost`, negative for a short),
so no average is ever rounded and carried on. A fill that reduces takes its share of the open cost
out, rounded half to even to the smallest unit of money; what the rounding gives to the realised
profit it takes from the open cost, so equity never moves by it. A fill through zero closes all,
then opens at the trade's own price; a flat position has no cost.

The identity `equity = initial + realised + unrealised - fees` is asserted after every fill, in the
form that needs no price: cash plus the cost of what was paid in full equals initial + realised -
fees.
"""

from typing import Final

from fairlead.machine.books import Book
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged, PositionChanged
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
    divide_half_even,
    notional,
)

_BUY: Final = Side.BUY
_SPOT: Final = InstrumentKind.SPOT


class Position:
    """What one strategy holds of one instrument, and what it has earned with it."""

    def __init__(self, strategy: StrategyId, instrument: InstrumentId) -> None:
        """Begin flat."""
        self.strategy = strategy
        self.instrument = instrument
        self.quantity = SignedQuantity(0)
        self.open_cost = Money(0)
        self.realised = Money(0)  # before fees
        self.fees = Money(0)
        self.bought = Quantity(0)
        self.sold = Quantity(0)

    def fill(self, side: Side, price: Price, quantity: Quantity, unit: Money) -> Money:
        """Apply a fill; return the profit that it realised, before fees."""
        assert quantity > 0, "a fill has a quantity"
        signed = quantity if side is _BUY else -quantity
        closing = min(quantity, abs(self.quantity)) if (self.quantity > 0) != (signed > 0) else 0
        realised = self._close(side, price, Quantity(closing), unit) if closing else Money(0)
        opening = quantity - closing
        if opening:
            value = notional(price, Quantity(opening), unit)
            self.open_cost = Money(self.open_cost + (value if signed > 0 else -value))
        self.quantity = SignedQuantity(self.quantity + signed)
        if side is _BUY:
            self.bought = Quantity(self.bought + quantity)
        else:
            self.sold = Quantity(self.sold + quantity)
        assert self.quantity == self.bought - self.sold, "a position is the sum of its fills"
        assert self.quantity != 0 or self.open_cost == 0, "a flat position has no cost"
        return realised

    def value(self, book: Book | None, unit: Money) -> Money | None:
        """Return what closing now would bring: a long at the bid, a short at the ask.

        None where the book is stale or nobody quotes: a missing mark is never taken for zero.
        """
        if self.quantity == 0:
            return Money(0)
        if book is None or book.stale:
            return None
        price = book.bid_price if self.quantity > 0 else book.ask_price
        return Money(price * self.quantity * unit) if price else None

    def _close(self, side: Side, price: Price, quantity: Quantity, unit: Money) -> Money:
        held = abs(self.quantity)
        cost = divide_half_even(self.open_cost * quantity, held)
        proceeds = notional(price, quantity, unit)
        realised = Money((-proceeds if side is _BUY else proceeds) - cost)
        self.open_cost = Money(self.open_cost - cost)
        self.realised = Money(self.realised + realised)
        return realised


class Account:
    """One currency: cash, and the totals that must tie out with it."""

    def __init__(
        self, account: AccountId, name: str, currency: str, money_decimals: int, initial: Money
    ) -> None:
        """Begin with `initial` cash and no history."""
        self.account = account
        self.name = name
        self.currency = currency
        self.money_decimals = money_decimals
        self.initial = initial
        self.cash = initial
        self.realised = Money(0)
        self.fees = Money(0)
        self.paid_cost = Money(0)  # open cost of what is paid in full (spot)

    def check_identity(self) -> None:
        """Stop if the money does not tie out."""
        left = self.cash + self.paid_cost
        right = self.initial + self.realised - self.fees
        assert left == right, f"account {self.name}: {left} != {right}: money was made or lost"


class Positions:
    """All positions and accounts. Fed by fills alone."""

    def __init__(self) -> None:
        """Begin without any account."""
        self._positions: dict[tuple[StrategyId, InstrumentId], Position] = {}
        self._net: dict[InstrumentId, SignedQuantity] = {}
        self._accounts: dict[AccountId, Account] = {}

    def get(self, strategy: StrategyId, instrument: InstrumentId) -> Position:
        """Return the position of a strategy; a flat one if it never traded the instrument."""
        return self._positions.get((strategy, instrument)) or Position(strategy, instrument)

    def all(self) -> list[Position]:
        """Return every position that ever was, in the order of first fills."""
        return list(self._positions.values())

    def net(self, instrument: InstrumentId) -> SignedQuantity:
        """Return the position over all strategies."""
        return self._net.get(instrument, SignedQuantity(0))

    def add_account(self, account: Account) -> None:
        """Make an account known."""
        self._accounts[account.account] = account

    def account(self, account: AccountId) -> Account | None:
        """Return an account, None if it is not known."""
        return self._accounts.get(account)

    def accounts(self) -> list[Account]:
        """Return every account, in the order in which they became known."""
        return list(self._accounts.values())

    def fill(
        self,
        account: Account,
        strategy: StrategyId,
        instrument: Instrument,
        side: Side,
        price: Price,
        quantity: Quantity,
        fee: Money,
    ) -> tuple[PositionChanged, AccountChanged]:
        """Apply a fill to its position and its account; return what changed."""
        key = (strategy, instrument.instrument)
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = Position(strategy, instrument.instrument)
        unit = instrument.money_unit
        open_cost = position.open_cost
        realised = position.fill(side, price, quantity, unit)
        position.fees = Money(position.fees + fee)
        signed = quantity if side is _BUY else -quantity
        self._net[instrument.instrument] = SignedQuantity(self.net(instrument.instrument) + signed)
        account.realised = Money(account.realised + realised)
        account.fees = Money(account.fees + fee)
        if instrument.kind is _SPOT:
            account.cash = Money(account.cash - price * signed * unit - fee)
            account.paid_cost = Money(account.paid_cost + position.open_cost - open_cost)
        else:
            account.cash = Money(account.cash + realised - fee)
        account.check_identity()
        return _changes(position, account)


def _changes(position: Position, account: Account) -> tuple[PositionChanged, AccountChanged]:
    return (
        PositionChanged(
            position.strategy,
            position.instrument,
            position.quantity,
            position.open_cost,
            position.realised,
            position.fees,
        ),
        AccountChanged(account.account, account.cash, account.realised, account.fees),
    )
