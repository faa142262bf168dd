"""What was defined and what the market is: all that a projection keeps beside its tables.

It is learned from the inputs alone, so a projection that starts again learns it anew on its way to
where it stood. It grows with what there is to trade, never with the journal.
"""

from typing import Final

from fairlead.model.inputs import (
    AccountDefinition,
    CashDividend,
    CurrencyDefinition,
    Input,
    InstrumentDefinition,
    InstrumentRenamed,
    InstrumentSplit,
    MarkPolicyChange,
    MarkPrice,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument
from fairlead.model.names import Names
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    Sequence,
    SignedQuantity,
    StrategyId,
    divide_half_even,
    rounded,
)
from fairlead.readers.books import FOLLOWED
from fairlead.readers.holdings import LedgerPosition
from fairlead.readers.ledger import Ledger
from fairlead.readers.sql.workspace import Row

AVERAGE_DECIMALS_MORE: Final = 4  # an average price lies between ticks
DECIMALS_MAX: Final = 18  # of an average
RATE_DECIMALS: Final = 8
_MARKET: Final = (
    *FOLLOWED,
    MarkPrice,
    MarkPolicyChange,
    InstrumentSplit,
    CashDividend,
)
_DEFINITIONS: Final = (
    AccountDefinition,
    CurrencyDefinition,
    InstrumentDefinition,
    InstrumentRenamed,
    StrategyDefinition,
)
_LEARNED: Final = (*_MARKET, *_DEFINITIONS)


class Knowledge:
    """Instruments, accounts, strategies, and the books that positions are valued by."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.names = Names()
        # It is shown no fact that books anything: it holds books and definitions, and no position.
        self._market = Ledger()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Learn from an input."""
        self._market.time = time
        if isinstance(input, _LEARNED):
            refused: list[Output] = [one for one in outputs if isinstance(one, InputRefused)]
            self._market.follow(sequence, time, input, refused)
            if isinstance(input, _DEFINITIONS):
                self.names.learn(input)

    def instrument(self, instrument: int) -> Instrument | None:
        """Return the terms of an instrument, None if it is not known."""
        return self._market.instruments.get(InstrumentId(instrument))

    def strategy(self, strategy: int) -> StrategyDefinition | None:
        """Return a strategy, None if it is not known."""
        return self._market.strategies.get(StrategyId(strategy))

    def account(self, account: int) -> AccountDefinition | None:
        """Return an account, None if it is not known."""
        known = self._market.accounts.get(AccountId(account))
        return None if known is None else known.definition

    def decimals(self, unit: str, row: Row) -> int:
        """Return in how many decimals an amount of a row is written."""
        if unit == "rate":
            return RATE_DECIMALS
        if "instrument_id" not in row:
            account = self.account(row["account_id"])
            assert account is not None, "a row of an account comes after its definition"
            return account.money_decimals
        terms = self.instrument(row["instrument_id"])
        assert terms is not None, "a row of an instrument comes after its definition"
        if unit == "price":
            return terms.price_decimals
        if unit == "quantity":
            return terms.quantity_decimals
        if unit == "money":
            return terms.money_decimals
        if unit == "multiplier":
            return terms.multiplier_decimals
        if unit == "product":
            return terms.price_decimals + terms.quantity_decimals
        assert unit == "average", f"{unit}: no such unit"
        return min(terms.price_decimals + AVERAGE_DECIMALS_MORE, DECIMALS_MAX)

    def average_shift(self, terms: Instrument) -> int:
        """Return how many decimals an average has more than a price."""
        return min(AVERAGE_DECIMALS_MORE, DECIMALS_MAX - terms.price_decimals)

    def average_cost(self, terms: Instrument, quantity: int, cost: int) -> int | None:
        """Return what one of an open position cost, half to even; None where it is flat."""
        if quantity == 0:
            return None
        ours, theirs = abs(cost), abs(quantity) * terms.money_unit
        if terms.kind is InstrumentKind.INVERSE:
            ours, theirs = theirs, ours
        if theirs == 0:
            return None
        return divide_half_even(ours * 10 ** self.average_shift(terms), theirs)

    def unrealised(self, row: Row) -> tuple[Money | None, str]:
        """Return what closing a position at its mark would add, or None and why."""
        if row["quantity"] == 0:
            return Money(0), ""
        terms = self.instrument(row["instrument_id"])
        assert terms is not None, "a position is in an instrument that is known"
        position = LedgerPosition(StrategyId(0), terms, AccountId(0))
        position.quantity = SignedQuantity(row["quantity"])
        worth, reason = self._market.appraisal.worth(position, self._market.time)
        if worth is None:
            return None, reason
        value = rounded(worth)
        cost = row["open_cost"]
        return Money(cost - value if position.inverse else value - cost), ""
