"""A machine with an account, instruments and strategies, and short names for what moves its money.

Account 1 has 1,000,000 units of USD and, where a test says so, EUR. Instruments are those of
`oracle.py`: 1 perpetual, 2 spot, 3 future, 4 inverse, 5 spot in EUR. Strategies 1 and 2 trade with
account 1, strategy 3 with account 2.
"""

from collections.abc import Iterable
from typing import Final

from hypothesis import strategies as st

from fairlead.machine import performance
from fairlead.machine.accounts import Account
from fairlead.machine.holdings import Position
from fairlead.machine.machine import Machine
from fairlead.machine.positions import Positions
from fairlead.model.inputs import (
    AccountDefinition,
    CashConverted,
    CashMoved,
    CurrencyDefinition,
    ExchangeRate,
    Input,
    InstrumentDefinition,
    MarkPolicyChange,
    MarkPrice,
    Quote,
    StrategyDefinition,
    Trade,
    TradingDayBegan,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import AccountChanged, Output, PositionChanged
from fairlead.model.terms import CashKind, CostBasis, MarkPolicy
from fairlead.model.units import (
    NANOS_PER_SECOND,
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Price,
    Quantity,
    Rate,
    Sequence,
    StrategyId,
    UpdateId,
)
from tests.machine.oracle import (
    BUY,
    CASH,
    EURO_SPOT,
    FUTURE,
    INVERSE,
    PERPETUAL,
    SELL,
    SPOT,
    Fill,
)

STRATEGIES: Final = (1, 2, 3)
INSTRUMENTS: Final = (PERPETUAL, SPOT, FUTURE, INVERSE, EURO_SPOT)
NO_TIME: Final = Nanos(0)
ONE: Final = AccountId(1)
TWO: Final = AccountId(2)


def quote(bid: int, ask: int, instrument: Instrument = PERPETUAL) -> Quote:
    """Return a touch. A price of 0 takes its side away."""
    return Quote(
        instrument.instrument,
        Price(bid),
        Quantity(10 if bid else 0),
        Price(ask),
        Quantity(10 if ask else 0),
        UpdateId(0),
        NO_TIME,
    )


def trade(price: int, instrument: Instrument = PERPETUAL) -> Trade:
    """Return a public trade."""
    return Trade(instrument.instrument, Price(price), Quantity(1), BUY, "T", NO_TIME)


def mark_price(price: int, instrument: Instrument = PERPETUAL) -> MarkPrice:
    """Return the mark price of a venue."""
    return MarkPrice(instrument.instrument, Price(price), NO_TIME)


def mark_policy(policy: MarkPolicy, age_max: int = 0) -> MarkPolicyChange:
    """Return the policy by which positions are valued."""
    return MarkPolicyChange(policy, Nanos(age_max), "ann", "as agreed")


def moved(kind: CashKind, amount: int, reference: str, currency: str = "USD") -> CashMoved:
    """Return cash of account 1 that came or went."""
    return CashMoved(ONE, currency, kind, Money(amount), reference, "ann", "as agreed")


def converted(dollars: int, euros: int, reference: str) -> CashConverted:
    """Return an exchange of dollars for euros."""
    return CashConverted(ONE, "USD", Money(dollars), "EUR", Money(euros), reference, "ann", "hedge")


def euro(hundredths: int) -> ExchangeRate:
    """Return what a euro is worth, in hundredths of a dollar."""
    return ExchangeRate("EUR", "USD", Rate(hundredths * RATE_UNIT // 100), NO_TIME)


def day(session_date: int) -> TradingDayBegan:
    """Return the beginning of a day of the firm."""
    return TradingDayBegan(session_date)


class Desk:
    """A machine that books."""

    def __init__(self, *inputs: Input, basis: CostBasis = CostBasis.AVERAGE) -> None:
        """Define accounts, instruments and strategies; then apply `inputs`."""
        self.machine = Machine()
        self.state = self.machine.state
        self.time = Nanos(NANOS_PER_SECOND)
        self.give(
            AccountDefinition(ONE, "one", "USD", 2, CASH, basis),
            AccountDefinition(TWO, "two", "USD", 2, CASH, basis),
            CurrencyDefinition(TWO, "EUR"),
            *[InstrumentDefinition(instrument) for instrument in INSTRUMENTS],
            StrategyDefinition(StrategyId(1), "first", ONE, "{}"),
            StrategyDefinition(StrategyId(2), "second", ONE, "{}"),
            StrategyDefinition(StrategyId(3), "third", TWO, "{}"),
            *inputs,
        )

    def give(self, *inputs: Input) -> list[Output]:
        """Apply inputs at the present time; return the outputs of all of them."""
        outputs: list[Output] = []
        for given in inputs:
            following = Sequence(self.state.sequence + 1)
            outputs += self.machine.apply(following, self.time, given)
        return outputs

    def wait(self, nanos: int) -> None:
        """Let time go by."""
        self.time = Nanos(self.time + nanos)

    def fill(self, *fills: Fill) -> None:
        """Book fills, as the step of a fill does."""
        for fill in fills:
            account = self.account(2 if fill.strategy == 3 else 1)
            self.state.positions.fill(
                account,
                StrategyId(fill.strategy),
                fill.instrument,
                fill.side,
                Price(fill.price),
                Quantity(fill.quantity),
                Money(fill.fee),
            )
            performance.moved(self.state, account)

    def account(self, number: int = 1) -> Account:
        """Return an account."""
        found = self.state.positions.account(AccountId(number))
        assert found is not None
        return found

    def position(self, instrument: Instrument = PERPETUAL, strategy: int = 1) -> Position:
        """Return a position."""
        number = InstrumentId(instrument.instrument)
        return self.state.positions.get(StrategyId(strategy), number)


class Trader:
    """Positions with one account in USD, and nothing else of a machine."""

    def __init__(self, basis: CostBasis = CostBasis.AVERAGE, cash: Money = CASH) -> None:
        """Begin with cash."""
        self.positions = Positions()
        self.account = Account(ONE, "main", "USD", 2, cash, basis)
        self.positions.add_account(self.account)

    def book(self, fill: Fill) -> tuple[PositionChanged, AccountChanged]:
        """Book a fill as the machine does; return what changed."""
        return self.positions.fill(
            self.account,
            StrategyId(fill.strategy),
            fill.instrument,
            fill.side,
            Price(fill.price),
            Quantity(fill.quantity),
            Money(fill.fee),
        )

    def book_all(self, fills: Iterable[Fill], instrument: Instrument | None = None) -> None:
        """Book fills; those of strategy 1 in one instrument if it is named."""
        for fill in fills:
            moved = fill._replace(instrument=instrument, strategy=1) if instrument else fill
            self.book(moved)

    def position(self, instrument: Instrument = PERPETUAL, strategy: int = 1) -> Position:
        """Return a position."""
        return self.positions.get(StrategyId(strategy), instrument.instrument)


def fills_in(*instruments: Instrument) -> st.SearchStrategy[list[Fill]]:
    """Return sequences of fills."""
    fill = st.builds(
        Fill,
        side=st.sampled_from([BUY, SELL]),
        quantity=st.integers(1, 4) | st.integers(1, 60),
        price=st.integers(1, 1_000),
        fee=st.integers(-50, 50),
        strategy=st.sampled_from(STRATEGIES),
        instrument=st.sampled_from(instruments),
    )
    return st.lists(fill, max_size=40)
