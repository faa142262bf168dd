"""Positions and money from fills alone: the second opinion on what the machine says.

It shares no accounting with `machine/positions.py`, on purpose: what one gets wrong, the other
shows. Average cost is kept as the cost of the open quantity, so nothing that was rounded is carried
on; beside it runs the plain sum of everything paid and received, from which equity follows without
any average and without any rounding. The two must meet to the last unit (`Identity`).

A long is valued at the bid, a short at the ask: what closing now would bring. Where the book is
stale or nobody quotes there is no value, and the reason is said; a missing mark is never taken for
zero. A ledger never changes what it follows, and its memory does not grow with the number of orders
or fills.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from fairlead.machine.books import Book
from fairlead.model.inputs import (
    AccountDefinition,
    BookChange,
    BookGap,
    BookSnapshot,
    Input,
    InstrumentDefinition,
    Quote,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    AccountChanged,
    BookRestored,
    BookStale,
    InputRefused,
    OrderFilled,
    Output,
    PositionChanged,
)
from fairlead.model.terms import InstrumentKind, Side
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Sequence,
    SignedQuantity,
    StrategyId,
    divide_half_even,
    notional,
)

_BOOK_FACTS: Final = (BookStale, BookRestored)
DISAGREEMENTS_MAX: Final = 20  # enough to see what is wrong; the rest is counted


class Mark(NamedTuple):
    """The price that a position would close at, or why there is none."""

    price: Price | None
    reason: str


class Valuation(NamedTuple):
    """What an account is worth. `unrealised` and `equity` are None where a mark is missing."""

    equity: Money | None
    realised: Money
    unrealised: Money | None
    fees: Money
    reason: str


class Identity(NamedTuple):
    """Equity in two ways: from all that was paid and received, and from the profit and loss.

    `at_cost` counts the open positions without a mark: both sides take them at what they cost.
    """

    paid_and_received: Money
    profit_and_loss: Money
    at_cost: int

    @property
    def holds(self) -> bool:
        """Whether the two ways meet to the last unit."""
        return self.paid_and_received == self.profit_and_loss


class Trips:
    """Closed round trips, from flat to flat (or through zero), each net of its fees."""

    def __init__(self) -> None:
        """Begin without any."""
        self.won = 0
        self.lost = 0
        self.even = 0
        self.gross_profit = Money(0)
        self.gross_loss = Money(0)  # as a positive amount

    @property
    def count(self) -> int:
        """How many round trips were closed."""
        return self.won + self.lost + self.even

    def add(self, profit: Money) -> None:
        """Count one."""
        if profit > 0:
            self.won += 1
            self.gross_profit = Money(self.gross_profit + profit)
        elif profit < 0:
            self.lost += 1
            self.gross_loss = Money(self.gross_loss - profit)
        else:
            self.even += 1


class LedgerPosition:
    """What one strategy holds of one instrument, by the fills that were seen."""

    def __init__(self, strategy: StrategyId, instrument: Instrument) -> None:
        """Begin flat."""
        self.strategy = strategy
        self.instrument = instrument
        self.quantity = SignedQuantity(0)
        self.open_cost = Money(0)  # negative for a short
        self.realised = Money(0)  # before fees
        self.fees = Money(0)
        self.net_paid = Money(0)  # sum of all that was paid, less all that was received
        self.fills = 0
        self.bought = Quantity(0)
        self.sold = Quantity(0)
        self.volume = Money(0)  # notional of all fills
        self._trip = Money(0)  # profit of the open round trip, net of fees

    def fill(self, fact: OrderFilled, trips: Trips) -> Money:
        """Book a fill; return the profit that it realised, before fees."""
        signed = fact.quantity if fact.side is Side.BUY else -fact.quantity
        closing = min(fact.quantity, abs(self.quantity)) if self.quantity * signed < 0 else 0
        realised = self._close(fact, closing)
        closing_fee = divide_half_even(fact.fee * closing, fact.quantity)
        self._trip = Money(self._trip + realised - closing_fee)
        self._count(fact, signed)
        if closing and (self.quantity == 0 or closing < fact.quantity):
            trips.add(self._trip)
            self._trip = Money(0)
        self._trip = Money(self._trip - fact.fee + closing_fee)
        self._open(fact, fact.quantity - closing)
        return realised

    def average_price(self, decimals: int) -> int | None:
        """Return the average price of the open quantity in units of 10**-decimals, half to even.

        None for a flat position.
        """
        if self.quantity == 0:
            return None
        terms = self.instrument
        numerator = abs(self.open_cost) * 10 ** (decimals + terms.quantity_decimals)
        return divide_half_even(numerator, abs(self.quantity) * 10**terms.money_decimals)

    def _close(self, fact: OrderFilled, closing: int) -> Money:
        if closing == 0:
            return Money(0)
        value = notional(fact.price, Quantity(closing), self.instrument.money_unit)
        cost = divide_half_even(self.open_cost * closing, abs(self.quantity))
        realised = Money((value if fact.side is Side.SELL else -value) - cost)
        self.open_cost = Money(self.open_cost - cost)
        self.realised = Money(self.realised + realised)
        return realised

    def _open(self, fact: OrderFilled, opening: int) -> None:
        value = notional(fact.price, Quantity(opening), self.instrument.money_unit)
        self.open_cost = Money(self.open_cost + (value if fact.side is Side.BUY else -value))

    def _count(self, fact: OrderFilled, signed: int) -> None:
        value = notional(fact.price, fact.quantity, self.instrument.money_unit)
        self.quantity = SignedQuantity(self.quantity + signed)
        self.net_paid = Money(self.net_paid + (value if signed > 0 else -value))
        self.volume = Money(self.volume + value)
        self.fees = Money(self.fees + fact.fee)
        self.fills += 1
        if signed > 0:
            self.bought = Quantity(self.bought + fact.quantity)
        else:
            self.sold = Quantity(self.sold + fact.quantity)


class LedgerAccount:
    """One account: its cash, its totals, its round trips, and how long it was exposed."""

    def __init__(self, definition: AccountDefinition) -> None:
        """Begin with the cash of the definition and no history."""
        self.definition = definition
        self.initial = definition.cash
        self.cash = definition.cash
        self.realised = Money(0)
        self.fees = Money(0)
        self.volume = Money(0)
        self.fills = 0
        self.trips = Trips()
        self.positions: list[LedgerPosition] = []
        self._exposed = 0
        self._exposed_since = Nanos(0)
        self._open_count = 0

    def exposed(self, now: Nanos) -> Nanos:
        """Return for how long any position was open until `now`."""
        return Nanos(self._exposed + (now - self._exposed_since if self._open_count else 0))

    def fill(self, position: LedgerPosition, fact: OrderFilled, time: Nanos) -> None:
        """Book a fill of one of its positions."""
        was_open = position.quantity != 0
        paid = position.net_paid
        realised = position.fill(fact, self.trips)
        paid = Money(position.net_paid - paid)
        if position.instrument.kind is InstrumentKind.SPOT:
            self.cash = Money(self.cash - paid - fact.fee)
        else:
            self.cash = Money(self.cash + realised - fact.fee)
        self.realised = Money(self.realised + realised)
        self.fees = Money(self.fees + fact.fee)
        self.volume = Money(self.volume + abs(paid))
        self.fills += 1
        self._watch_exposure((position.quantity != 0) - was_open, time)

    def _watch_exposure(self, change: int, time: Nanos) -> None:
        if change and self._open_count == 0:
            self._exposed_since = time
        self._open_count += change
        if change and self._open_count == 0:
            self._exposed += time - self._exposed_since


class Ledger:
    """All positions, accounts and marks of a session. Follows as a reader does."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.time = Nanos(0)
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.strategies: dict[StrategyId, StrategyDefinition] = {}
        self.accounts: dict[AccountId, LedgerAccount] = {}
        self.positions: dict[tuple[StrategyId, InstrumentId], LedgerPosition] = {}
        self.books: dict[InstrumentId, Book] = {}
        self.disagreements: list[str] = []  # with what the machine says
        self.disagreement_count = 0

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        self.time = time
        learn = _LEARN.get(type(input))
        if learn is not None:
            learn(self, input, bool(outputs) and _is_refused(outputs))
        for output in outputs:
            if isinstance(output, OrderFilled):
                self._fill(output)
            elif isinstance(output, PositionChanged):
                self._compare_position(sequence, output)
            elif isinstance(output, AccountChanged):
                self._compare_account(sequence, output)
            elif isinstance(output, _BOOK_FACTS):
                self._compare_book(sequence, output)

    def mark(self, position: LedgerPosition) -> Mark:
        """Return the bid for a long, the ask for a short, or why there is none."""
        instrument = position.instrument
        book = self.books[instrument.instrument]
        if book.stale:
            return Mark(None, f"{instrument.symbol}: {book.reason}")
        price = book.bid_price if position.quantity > 0 else book.ask_price
        if price == 0:
            side = "bids" if position.quantity > 0 else "asks"
            return Mark(None, f"{instrument.symbol}: nobody {side}")
        return Mark(price, "")

    def unrealised(self, position: LedgerPosition) -> tuple[Money | None, str]:
        """Return what closing now would add to the realised profit, or None and why."""
        if position.quantity == 0:
            return Money(0), ""
        mark = self.mark(position)
        if mark.price is None:
            return None, mark.reason
        value = mark.price * position.quantity * position.instrument.money_unit
        return Money(value - position.open_cost), ""

    def valuation(self, account: LedgerAccount) -> Valuation:
        """Return what an account is worth now."""
        total = 0
        for position in account.positions:
            unrealised, reason = self.unrealised(position)
            if unrealised is None:
                return Valuation(None, account.realised, None, account.fees, reason)
            total += unrealised
        equity = Money(account.initial + account.realised + total - account.fees)
        return Valuation(equity, account.realised, Money(total), account.fees, "")

    def identity(self, account: LedgerAccount) -> Identity:
        """Return equity in two ways that share nothing but the fills and the marks."""
        left = account.initial - account.fees
        right = account.initial + account.realised - account.fees
        at_cost = 0
        for position in account.positions:
            unrealised, _ = self.unrealised(position)
            at_cost += unrealised is None
            worth = position.open_cost + (unrealised or 0)
            left += worth - position.net_paid
            right += unrealised or 0
        return Identity(Money(left), Money(right), at_cost)

    def _fill(self, fact: OrderFilled) -> None:
        key = (fact.strategy, fact.instrument)
        account = self.accounts[self.strategies[fact.strategy].account]
        position = self.positions.get(key)
        if position is None:
            position = LedgerPosition(fact.strategy, self.instruments[fact.instrument])
            self.positions[key] = position
            account.positions.append(position)
        account.fill(position, fact, self.time)

    def _compare_position(self, sequence: Sequence, fact: PositionChanged) -> None:
        mine = self.positions.get((fact.strategy, fact.instrument))
        found = (fact.quantity, fact.open_cost, fact.realised, fact.fees)
        expected = mine and (mine.quantity, mine.open_cost, mine.realised, mine.fees)
        if found != expected:
            self._disagree(
                f"input {sequence}: position of strategy {fact.strategy} in instrument"
                f" {fact.instrument}: the machine says (quantity, open cost, realised, fees) ="
                f" {found}, the fills say {expected}"
            )

    def _compare_account(self, sequence: Sequence, fact: AccountChanged) -> None:
        mine = self.accounts.get(fact.account)
        found = (fact.cash, fact.realised, fact.fees)
        expected = mine and (mine.cash, mine.realised, mine.fees)
        if found != expected:
            self._disagree(
                f"input {sequence}: account {fact.account}: the machine says (cash, realised, fees)"
                f" = {found}, the fills say {expected}"
            )

    def _compare_book(self, sequence: Sequence, fact: BookStale | BookRestored) -> None:
        book = self.books.get(fact.instrument)
        if book is None or book.stale != isinstance(fact, BookStale):
            self._disagree(
                f"input {sequence}: book of instrument {fact.instrument}: the machine says"
                f" {type(fact).__name__}, the market data do not"
            )

    def _disagree(self, message: str) -> None:
        self.disagreement_count += 1
        if len(self.disagreements) < DISAGREEMENTS_MAX:
            self.disagreements.append(message)

    def _account(self, input: AccountDefinition, refused: bool) -> None:
        if not refused:
            self.accounts[input.account] = LedgerAccount(input)

    def _instrument(self, input: InstrumentDefinition, refused: bool) -> None:
        if not refused:
            terms = input.instrument
            self.instruments[terms.instrument] = terms
            self.books[terms.instrument] = Book(terms.instrument)

    def _strategy(self, input: StrategyDefinition, refused: bool) -> None:
        if not refused:
            self.strategies[input.strategy] = input

    def _quote(self, input: Quote, refused: bool) -> None:
        if not refused:
            self.books[input.instrument].quote(input, self.time)

    def _snapshot(self, input: BookSnapshot, refused: bool) -> None:
        if not refused:
            book = self.books[input.instrument]
            book.snapshot(input.bids, input.asks, input.update, self.time)

    def _change(self, input: BookChange, refused: bool) -> None:
        book = self.books.get(input.instrument)
        if refused and book is not None:
            book.lose("a refused change")
        elif book is not None:
            book.change(input.bids, input.asks, input.update, self.time)

    def _gap(self, input: BookGap, refused: bool) -> None:
        if not refused:
            self.books[input.instrument].lose(input.reason or "the feed lost its place")


def _is_refused(outputs: list[Output]) -> bool:
    return any(isinstance(output, InputRefused) for output in outputs)


# A step takes the input of its own kind; the table is what pairs the two.
_LEARN: Final[dict[type, Callable[[Ledger, Any, bool], None]]] = {
    Quote: Ledger._quote,
    BookChange: Ledger._change,
    BookSnapshot: Ledger._snapshot,
    BookGap: Ledger._gap,
    AccountDefinition: Ledger._account,
    InstrumentDefinition: Ledger._instrument,
    StrategyDefinition: Ledger._strategy,
}
