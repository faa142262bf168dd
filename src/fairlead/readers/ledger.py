"""Positions and money from facts alone: the second opinion on what the machine says.

It shares no accounting with the machine, on purpose: what one gets wrong, the other shows. It books
fills, what was taken back, corrections, cash, exchanges, splits and dividends as the record tells
them (`holdings.py`, `purses.py`), values what is open by itself (`appraisal.py`), and holds the
result against every position and account that the machine reports. Beside the profit and loss runs
the plain sum of everything paid and received, from which equity follows without any average, any
lot and any rounding of theirs. The two must meet to the last part (`Identity`).

A ledger never changes what it follows. It remembers every trade since the last split of its
instrument, since a venue may take any of them back: then all others are gone through again.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from fairlead.machine.books import Book
from fairlead.model.inputs import (
    AccountDefinition,
    CashDividend,
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    InstrumentRenamed,
    InstrumentSplit,
    MarkPolicyChange,
    MarkPrice,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    AccountChanged,
    BookRestored,
    BookStale,
    CashBooked,
    CashExchanged,
    DayStarted,
    FillBusted,
    InputRefused,
    OrderFilled,
    Output,
    PositionChanged,
    PositionCorrected,
)
from fairlead.model.terms import CashKind, Side
from fairlead.model.units import (
    FINE_UNIT,
    AccountId,
    Fine,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Sequence,
    StrategyId,
    divide_half_even,
    fine,
    rounded,
)
from fairlead.readers import books
from fairlead.readers.agreement import (
    account_difference,
    book_difference,
    dividend_difference,
    equity_difference,
    position_difference,
)
from fairlead.readers.appraisal import Appraisal, Mark
from fairlead.readers.holdings import LedgerPosition
from fairlead.readers.purses import LedgerAccount, Purse

DISAGREEMENTS_MAX: Final = 20  # enough to see what is wrong; the rest is counted
_BUY: Final = Side.BUY

PositionKey = tuple[StrategyId, InstrumentId]  # of no strategy: the account, negative


class Valuation(NamedTuple):
    """What an account is worth, in its base currency.

    `unrealised`, `fx` and `equity` are None where a mark or an exchange rate is missing.
    """

    equity: Money | None
    flows: Money
    realised: Money
    unrealised: Money | None
    fees: Money
    fx: Money | None
    reason: str


class Identity(NamedTuple):
    """Equity in two ways: from all that was paid and received, and from the profit and loss.

    `at_cost` counts the open positions without a mark: both sides take them at what they cost.
    Amounts are in the base currency; `holds` is said of each currency, to the last part.
    """

    paid_and_received: Money
    profit_and_loss: Money
    at_cost: int
    holds: bool


class Ledger:
    """All positions, accounts and marks of a session. Follows as a reader does."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.time = Nanos(0)
        self._sequence = Sequence(0)
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.strategies: dict[StrategyId, StrategyDefinition] = {}
        self.accounts: dict[AccountId, LedgerAccount] = {}
        self.positions: dict[PositionKey, LedgerPosition] = {}
        self.appraisal = Appraisal()
        self.books = self.appraisal.books
        self.disagreements: list[str] = []  # with what the machine says
        self.disagreement_count = 0

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Take one input with its outputs."""
        self.time = time
        self._sequence = sequence
        learn = _LEARN.get(type(input))
        if learn is not None:
            learn(self, input, bool(outputs) and _is_refused(outputs))
        if not outputs:
            return
        said: list[Output] = []
        for output in outputs:
            kind = type(output)
            book = _BOOKED.get(kind)
            if book is not None:
                book(self, output, input)
            elif kind in _SAID:
                said.append(output)
        for place, fact in enumerate(said, 1):
            if not _is_said_again(fact, said[place:]):
                self._disagree(_SAID[type(fact)](self, fact))

    def mark(self, position: LedgerPosition) -> Mark:
        """Return twice the price that an open position is valued at, or why there is none."""
        return self.appraisal.mark(position, self.time)

    def unrealised(self, position: LedgerPosition) -> tuple[Money | None, str]:
        """Return what closing at the mark would add to the realised profit, or None and why."""
        gain, reason = self._gain(position)
        return (None if gain is None else rounded(gain)), reason

    def profit(self, position: LedgerPosition) -> Money | None:
        """Return what a position has made after fees, None where it has no mark."""
        gain, _ = self._gain(position)
        if gain is None:
            return None
        return Money(rounded(Fine(position.profit + gain)) - position.fees)

    def valuation(self, account: LedgerAccount) -> Valuation:
        """Return what an account is worth now."""
        worth = unrealised = 0
        reason = ""
        for purse in account.purses.values():
            gain, reason = self._purse_gain(account, purse)
            if gain is None:
                break
            total = purse.put_in + purse.profit + gain
            if purse.rate is not None:
                worth += purse.rate.of(total)
                unrealised += purse.rate.of(gain)
            elif total:
                base = account.definition.currency
                reason = f"{purse.currency}: no exchange rate to {base} is known"
                break
        flows, realised, fees = account.flows, account.realised, account.fees
        if reason:
            return Valuation(None, flows, realised, None, fees, None, reason)
        equity, gained = rounded(Fine(worth)), rounded(Fine(unrealised))
        fx = Money(equity - account.initial - flows - realised - gained + fees)
        return Valuation(equity, flows, realised, gained, fees, fx, "")

    def identity(self, account: LedgerAccount) -> Identity:
        """Return equity in two ways that share nothing but what was booked, and the marks."""
        lefts = rights = 0
        at_cost = 0
        holds = True
        for purse in account.purses.values():
            left = purse.put_in + purse.earned
            right = purse.put_in + purse.profit
            for position in account.positions:
                if position.instrument.currency == purse.currency:
                    gain, _ = self._gain(position)
                    at_cost += gain is None
                    right += gain or 0
                    left += _received(position, gain or 0)
            holds = holds and left == right
            if purse.rate is not None:
                lefts += purse.rate.of(left)
                rights += purse.rate.of(right)
        return Identity(rounded(Fine(lefts)), rounded(Fine(rights)), at_cost, holds)

    def owner(self, position: LedgerPosition) -> str:
        """Return the name of who holds a position."""
        definition = self.strategies.get(position.strategy)
        if definition is not None:
            return definition.name
        return f"{self.accounts[position.account].definition.name}, no strategy"

    # --- values ---

    def _gain(self, position: LedgerPosition) -> tuple[Fine | None, str]:
        if position.quantity == 0:
            return Fine(0), ""
        worth, reason = self.appraisal.worth(position, self.time)
        return (None if worth is None else position.gain(worth)), reason

    def _purse_gain(self, account: LedgerAccount, purse: Purse) -> tuple[Fine | None, str]:
        total = 0
        for position in account.positions:
            if position.quantity and position.instrument.currency == purse.currency:
                gain, reason = self._gain(position)
                if gain is None:
                    return None, reason
                total += gain
        return Fine(total), ""

    # --- what is booked ---

    def _fill(self, fact: OrderFilled, input: Input) -> None:
        signed = fact.quantity if fact.side is _BUY else -fact.quantity
        position = self._position(fact.strategy, fact.instrument, AccountId(0))
        self._trade(position, signed, fact.price, fact.fee, 1, _name(fact))

    def _bust(self, fact: FillBusted, input: Input) -> None:
        position = self._position(fact.strategy, fact.instrument, AccountId(0))
        account = self.accounts[position.account]
        was_open = position.quantity != 0
        purse = account.purses[position.instrument.currency]
        purse.take_back(position, _name(fact), fact.fee)
        account.fills -= 1
        account.watch_exposure((position.quantity != 0) - was_open, self.time)

    def _correct(self, fact: PositionCorrected, input: Input) -> None:
        position = self._position(fact.strategy, fact.instrument, fact.account)
        self._trade(position, fact.quantity, fact.price, Money(0), 0, "")

    def _trade(
        self,
        position: LedgerPosition,
        signed: int,
        price: Price,
        fee: Money,
        traded: int,
        name: str,
    ) -> None:
        account = self.accounts[position.account]
        was_open = position.quantity != 0
        purse = account.purses[position.instrument.currency]
        purse.trade(position, signed, price, fee, traded, name)
        account.fills += traded
        account.watch_exposure((position.quantity != 0) - was_open, self.time)

    def _cash(self, fact: CashBooked, input: Input) -> None:
        """Book cash; that of a dividend is booked already, and told to whole units."""
        position = None
        if fact.instrument:
            position = self._position(fact.strategy, fact.instrument, fact.account)
        if isinstance(input, CashDividend) and position is not None:
            paid = rounded(_dividend(position, input.amount))
            place = (fact.account, fact.instrument)
            self._disagree(dividend_difference(*place, fact.amount, paid))
            return
        purse = self.accounts[fact.account].purses[fact.currency]
        purse.book(fact.kind, fine(fact.amount), position)

    def _exchange(self, fact: CashExchanged, input: Input) -> None:
        purses = self.accounts[fact.account].purses
        purses[fact.paid_currency].exchange(Money(-fact.paid))
        purses[fact.received_currency].exchange(fact.received)

    def _position(
        self, strategy: StrategyId, instrument: InstrumentId, account: AccountId
    ) -> LedgerPosition:
        key = (strategy or StrategyId(-account), instrument)
        position = self.positions.get(key)
        if position is None:
            owner = self.strategies[strategy].account if strategy else account
            holder = self.accounts[owner]
            terms = self.instruments[instrument]
            position = LedgerPosition(strategy, terms, owner, holder.first_in_first_out)
            self.positions[key] = position
            holder.positions.append(position)
        return position

    def _open_in(self, instrument: InstrumentId) -> list[LedgerPosition]:
        held = self.positions.values()
        return [one for one in held if one.quantity and one.instrument.instrument == instrument]

    # --- what the machine says ---

    def _compare_position(self, fact: PositionChanged) -> str:
        if fact.strategy:
            mine = self.positions.get((fact.strategy, fact.instrument))
            return position_difference([] if mine is None else [mine], fact)
        everybody = self.positions.values()
        nobodys = [one for one in everybody if one.strategy == 0]
        held = [one for one in nobodys if one.instrument.instrument == fact.instrument]
        return position_difference(held, fact)

    def _compare_account(self, fact: AccountChanged) -> str:
        return account_difference(self.accounts.get(fact.account), fact)

    def _compare_book(self, fact: BookStale | BookRestored) -> str:
        return book_difference(self.books, fact)

    def _compare_day(self, fact: DayStarted) -> str:
        account = self.accounts.get(fact.account)
        equity = None if account is None else self.valuation(account).equity
        return equity_difference(equity, fact)

    def _disagree(self, difference: str) -> None:
        if difference:
            self.disagreement_count += 1
            if len(self.disagreements) < DISAGREEMENTS_MAX:
                self.disagreements.append(f"input {self._sequence}: {difference}")

    # --- what is defined and what the market is ---

    def _account(self, input: AccountDefinition, refused: bool) -> None:
        if not refused:
            self.accounts[input.account] = LedgerAccount(input)

    def _currency(self, input: CurrencyDefinition, refused: bool) -> None:
        if not refused:
            account = self.accounts[input.account]
            rate = self.appraisal.rate(input.currency, account.definition.currency)
            purse = Purse(input.currency, input.cash, rate)
            account.purses[input.currency] = purse
            purse.translate()

    def _instrument(self, input: InstrumentDefinition, refused: bool) -> None:
        if not refused:
            terms = input.instrument
            self.instruments[terms.instrument] = terms
            self.books[terms.instrument] = Book(terms.instrument)

    def _strategy(self, input: StrategyDefinition, refused: bool) -> None:
        if not refused:
            self.strategies[input.strategy] = input

    def _rename(self, input: InstrumentRenamed, refused: bool) -> None:
        if not refused:
            terms = msgspec.structs.replace(self.instruments[input.instrument], symbol=input.symbol)
            self.instruments[input.instrument] = terms
            for position in self.positions.values():
                if position.instrument.instrument == input.instrument:
                    position.instrument = terms

    def _split(self, input: InstrumentSplit, refused: bool) -> None:
        if refused:
            return
        for position in self._open_in(input.instrument):
            account = self.accounts[position.account]
            purse = account.purses[position.instrument.currency]
            purse.split(position, input.new, input.old, input.lieu_price)
            account.watch_exposure((position.quantity != 0) - 1, self.time)
        self.appraisal.split(self.instruments[input.instrument], input.new, input.old)

    def _pay_dividend(self, input: CashDividend, refused: bool) -> None:
        if refused:
            return
        for position in self._open_in(input.instrument):
            purse = self.accounts[position.account].purses[position.instrument.currency]
            purse.book(CashKind.DIVIDEND, _dividend(position, input.amount), position)
        self.appraisal.dividend(self.instruments[input.instrument], input.amount)

    def _mark_policy(self, input: MarkPolicyChange, refused: bool) -> None:
        if not refused:
            self.appraisal.policy = input.policy
            self.appraisal.age_max = input.age_max

    def _mark_price(self, input: MarkPrice, refused: bool) -> None:
        if not refused:
            self.appraisal.set_mark(input.instrument, input.price, self.time)

    def _rate(self, input: ExchangeRate, refused: bool) -> None:
        if refused:
            return
        self.appraisal.set_rate(input.currency, input.quote_currency, input.rate)
        for account in self.accounts.values():
            for purse in account.others:
                purse.rate = self.appraisal.rate(purse.currency, account.definition.currency)
                purse.translate()

    def _follow_book(self, input: Any, refused: bool) -> None:
        book = self.books.get(input.instrument)
        if book is not None:
            books.follow(book, input, refused, self.time)


def _is_refused(outputs: list[Output]) -> bool:
    return any(isinstance(output, InputRefused) for output in outputs)


def _is_said_again(fact: Output, later: list[Output]) -> bool:
    """Whether the machine says more of the same in one input: what it says last is compared."""
    if isinstance(fact, PositionChanged):
        key = (fact.strategy, fact.instrument)
        return fact.strategy != 0 and any(
            isinstance(other, PositionChanged) and (other.strategy, other.instrument) == key
            for other in later
        )
    if isinstance(fact, AccountChanged):
        return any(
            isinstance(other, AccountChanged)
            and (other.account, other.currency) == (fact.account, fact.currency)
            for other in later
        )
    return False


def _name(fact: OrderFilled | FillBusted) -> str:
    """Return what a fill and its bust are both called."""
    return f"{fact.order} {fact.execution}"


def _dividend(position: LedgerPosition, amount: Money) -> Fine:
    """Return what a dividend per whole unit brings a position, or (negative) takes."""
    units = 10**position.instrument.quantity_decimals
    return Fine(divide_half_even(FINE_UNIT * position.quantity * amount, units))


def _received(position: LedgerPosition, gain: int) -> int:
    """Return what a position has brought in all, if it were closed with this gain."""
    if position.inverse:
        return position.net_paid - position.cost + gain
    return position.cost + gain - position.net_paid


# A step takes the input of its own kind; the tables are what pairs the two.
_LEARN: Final[dict[type, Callable[[Ledger, Any, bool], None]]] = {
    **dict.fromkeys(books.FOLLOWED, Ledger._follow_book),
    MarkPrice: Ledger._mark_price,
    ExchangeRate: Ledger._rate,
    MarkPolicyChange: Ledger._mark_policy,
    AccountDefinition: Ledger._account,
    CurrencyDefinition: Ledger._currency,
    InstrumentDefinition: Ledger._instrument,
    StrategyDefinition: Ledger._strategy,
    InstrumentRenamed: Ledger._rename,
    InstrumentSplit: Ledger._split,
    CashDividend: Ledger._pay_dividend,
}
_BOOKED: Final[dict[type, Callable[[Ledger, Any, Input], None]]] = {
    OrderFilled: Ledger._fill,
    FillBusted: Ledger._bust,
    PositionCorrected: Ledger._correct,
    CashBooked: Ledger._cash,
    CashExchanged: Ledger._exchange,
}
_SAID: Final[dict[type, Callable[[Ledger, Any], str]]] = {
    PositionChanged: Ledger._compare_position,
    AccountChanged: Ledger._compare_account,
    BookStale: Ledger._compare_book,
    BookRestored: Ledger._compare_book,
    DayStarted: Ledger._compare_day,
}
