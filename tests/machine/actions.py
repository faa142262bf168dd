"""Corporate actions as inputs, and a twin that keeps the accounts in exact rationals."""

from fractions import Fraction

from fairlead.model.inputs import CashDividend, Input, InstrumentRenamed, InstrumentSplit
from fairlead.model.terms import MarkPolicy, Side
from fairlead.model.units import InstrumentId, Money, Price, StrategyId
from tests.machine.build import CASH, accepted, filled, submit

Action = InstrumentSplit | CashDividend | InstrumentRenamed


def split(
    new: int, old: int, number: int = 1, lieu: int = 0, reference: str = "S"
) -> InstrumentSplit:
    """Return a split."""
    return InstrumentSplit(InstrumentId(number), new, old, reference, Price(lieu))


def dividend(amount: int, number: int = 1, reference: str = "D") -> CashDividend:
    """Return a dividend, in units of money."""
    return CashDividend(InstrumentId(number), Money(amount), reference)


def renamed(symbol: str, number: int = 1, reference: str = "R") -> InstrumentRenamed:
    """Return another name."""
    return InstrumentRenamed(InstrumentId(number), symbol, reference)


def traded(
    number: int, side: Side, quantity: int, price: int = 100, where: int = 1, who: int = 1
) -> list[Input]:
    """Return an order with its acknowledgement and its fill."""
    here = {"instrument": InstrumentId(where)}
    return [
        submit(number, side, quantity, price, strategy=StrategyId(who), **here),
        accepted(number, where),
        filled(number, quantity, f"E{number}", price, **here),
    ]


class Twin:
    """Accounts in exact rationals: what was paid, what is held, and what one increment is worth."""

    def __init__(self) -> None:
        """Begin with the usual cash and the usual prices."""
        self.cash = {1: Fraction(CASH), 2: Fraction(CASH)}
        self.held: dict[tuple[int, int], int] = {}  # by account and instrument
        self.unit = {1: 1, 2: 10}
        self.bid = {1: Fraction(99), 2: Fraction(990)}
        self.ask = {1: Fraction(101), 2: Fraction(1_010)}
        self.last = {1: Fraction(100), 2: Fraction(1_000)}
        self.mark = {1: Fraction(102), 2: Fraction(1_020)}

    def trade(self, account: int, number: int, signed: int, price: int) -> None:
        """Pay for what is bought."""
        self.held[account, number] = self.held.get((account, number), 0) + signed
        self.cash[account] -= signed * price * self.unit[number]

    def divides(self, number: int, new: int, old: int) -> bool:
        """Whether a split leaves no fraction to anybody."""
        return all(q * new % old == 0 for (_, where), q in self.held.items() if where == number)

    def split(self, number: int, new: int, old: int) -> None:
        """Count everything in new units."""
        for key in self.held:
            if key[1] == number:
                self.held[key] = self.held[key] * new // old
        for prices in (self.bid, self.ask, self.last, self.mark):
            prices[number] *= Fraction(old, new)

    def dividend(self, number: int, amount: int) -> None:
        """Pay everybody, and have everything worth so much less."""
        for (mine, where), quantity in self.held.items():
            if where == number:
                self.cash[mine] += quantity * amount
        for prices in (self.bid, self.ask, self.last, self.mark):
            prices[number] -= amount

    def worth(self, account: int, policy: MarkPolicy) -> int:
        """Return what an account is worth, rounded half to even."""
        total = self.cash[account]
        for (mine, number), quantity in self.held.items():
            if mine == account:
                total += quantity * self._price(number, quantity, policy)
        return round(total)

    def _price(self, number: int, quantity: int, policy: MarkPolicy) -> Fraction:
        if policy is MarkPolicy.MID:
            return (self.bid[number] + self.ask[number]) / 2
        if policy is MarkPolicy.LAST:
            return self.last[number]
        if policy is MarkPolicy.MARK:
            return self.mark[number]
        return self.bid[number] if quantity > 0 else self.ask[number]
