"""Which name belongs to which number: what definitions say of instruments, accounts, strategies.

Inside, everything is a number; a person reads and writes names. The first definition of a number or
of a name stands, as it does in the machine. What has no name of its own is written as `#7`, which
is read back as number 7.
"""

from difflib import get_close_matches
from typing import Final

from fairlead.model.decimals import usable_decimals
from fairlead.model.inputs import (
    AccountDefinition,
    Input,
    InstrumentDefinition,
    InstrumentRenamed,
    StrategyDefinition,
)
from fairlead.model.instruments import Instrument

NUMBER_MARK: Final = "#"
_NUMBER_DIGITS_MAX: Final = 18  # fits a record


class Directory:
    """The names and numbers of one kind of thing."""

    def __init__(self) -> None:
        """Begin empty."""
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def add(self, number: int, name: str) -> None:
        """Learn a pair, unless its number or its name is taken, or the name could be read as a
        number.
        """
        if number not in self._names and name not in self._numbers and name[:1] != NUMBER_MARK:
            self._names[number] = name
            self._numbers[name] = number

    def rename(self, number: int, name: str) -> None:
        """Learn another name of a number; the old one is forgotten."""
        new = name.strip() != "" and name not in self._numbers and name[:1] != NUMBER_MARK
        if number in self._names and new:
            del self._numbers[self._names[number]]
            self._names[number] = name
            self._numbers[name] = number

    def name(self, number: int) -> str:
        """Return the name of a number, `#7` if it has none."""
        return self._names.get(number) or f"{NUMBER_MARK}{number}"

    def number(self, name: str) -> int | None:
        """Return the number of a name, None if it was not defined."""
        found = self._numbers.get(name)
        digits = name[1:]
        if found is None and name[:1] == NUMBER_MARK and digits.isdecimal() and digits.isascii():
            found = int(digits) if len(digits) <= _NUMBER_DIGITS_MAX else None
        return found

    def free_number(self, name: str) -> int:
        """Return the number of a name that is known, else the next that is free: 1, 2, ..."""
        return self._numbers.get(name) or max(self._names, default=0) + 1

    def all(self) -> list[str]:
        """Return all names, in the order in which they were learned."""
        return list(self._numbers)


class Names:
    """The names of everything that was defined so far, and with them the decimals of prices and
    money.
    """

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.instruments = Directory()
        self.accounts = Directory()
        self.strategies = Directory()
        self._terms: dict[int, Instrument] = {}
        self._money_decimals: dict[int, int] = {}
        self._renames: dict[str, str] = {}  # each is booked once

    def learn(self, record: Input) -> None:
        """Learn from a definition; anything else changes nothing."""
        if isinstance(record, InstrumentDefinition):
            terms = record.instrument
            self.instruments.add(terms.instrument, terms.symbol)
            self._terms.setdefault(terms.instrument, terms)
        elif isinstance(record, AccountDefinition):
            self.accounts.add(record.account, record.name)
            self._money_decimals.setdefault(record.account, record.money_decimals)
        elif isinstance(record, StrategyDefinition):
            self.strategies.add(record.strategy, record.name)
        elif isinstance(record, InstrumentRenamed) and record.reference not in self._renames:
            self._renames[record.reference] = record.symbol
            self.instruments.rename(record.instrument, record.symbol)

    def instrument(self, number: int) -> Instrument | None:
        """Return the terms of an instrument, None if it was not defined."""
        return self._terms.get(number)

    def money_decimals(self, account: int) -> int:
        """Return the decimals of an account's money; 0, so plain units, if it was not defined."""
        return usable_decimals(self._money_decimals.get(account, 0))


def did_you_mean(word: str, known: list[str]) -> str:
    """Return `; did you mean 'word'?` for the nearest known word, empty if none is near."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
