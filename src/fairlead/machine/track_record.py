"""How an account has done: the profit of the day, the highest it ever stood, and how far it fell.

Everything rests on the profit since the beginning: equity less the initial cash and all deposits,
plus all withdrawals. Cash that comes or goes moves none of it, so a deposit neither makes a profit
nor hides a drawdown. As a share, the drawdown is that of the equity at the high; a deposit or a
withdrawal changes that equity in proportion, as units of a fund are made or taken back at their
price, so the share stays what it was.

A point is taken whenever a mark or money moved and every open position has a mark; while one has
none, nothing is known, and nothing is invented.
"""

from fairlead.machine.accounts import Account
from fairlead.machine.amounts import Amount
from fairlead.model.units import (
    BASIS_POINTS_UNIT,
    FINE_UNIT,
    AccountId,
    BasisPoints,
    Fine,
    Money,
    Nanos,
    divide_half_even,
    fine,
)


class TrackRecord:
    """What one account has made of its money."""

    def __init__(self, capital: Money) -> None:
        """Begin with a capital and no profit."""
        self.capital = fine(capital)  # initial cash and flows
        self.capital_whole = capital  # the same, where it is whole: fast to compare
        self.profit = Amount()  # when it was last known
        self.high = Amount()  # the highest profit
        self.high_capital = self.capital  # so that the equity of the high is this and the profit
        self.drawdown_max = Fine(0)
        self._drawdown_whole = 0  # the same without its rest: fast to compare
        self.day_profit = Amount()  # where the day began
        self.day_pending = False  # the day begins at the next point
        self.fresh_until = Nanos(0)  # until then no mark becomes too old

    @property
    def high_equity(self) -> Fine:
        """What the account stood at when it stood highest, flows since counted in."""
        return Fine(self.high_capital + self.high.fine)

    def drawdown(self, profit: Fine) -> Fine:
        """Return how far a profit is below the highest one."""
        return Fine(max(0, self.high.fine - profit))

    def drawdown_share(self, profit: Fine) -> BasisPoints | None:
        """Return by which share of the equity at the high the account is down.

        None where that equity is nothing; rounded half to even.
        """
        high_equity = self.high_equity
        if high_equity <= 0:
            return None
        lost = max(0, high_equity - self.capital - profit)
        return BasisPoints(divide_half_even(lost * BASIS_POINTS_UNIT, high_equity))

    def daily_profit(self, profit: Fine) -> Fine | None:
        """Return what a profit is since the day began, None where that has no value yet."""
        return None if self.day_pending else Fine(profit - self.day_profit.fine)

    def begin_day(self, known: bool) -> None:
        """Begin a day here, or at the next point if nothing is known now."""
        self.day_pending = not known
        if known:
            self.day_profit.set(self.profit.whole, self.profit.rest)

    def add(self, whole: int, rest: int) -> None:
        """Take a point: the profit now, as whole units and fine parts."""
        profit = self.profit
        profit.whole = Money(0)
        profit.rest = 0
        profit.add(whole, rest)
        if profit.exceeds(self.high):
            self.high.set(profit.whole, profit.rest)
            self.high_capital = self.capital
        elif self.high.whole - profit.whole + 1 > self._drawdown_whole:
            self.drawdown_max = Fine(max(self.drawdown_max, self.high.fine - profit.fine))
            self._drawdown_whole = self.drawdown_max // FINE_UNIT
        if self.day_pending:
            self.day_pending = False
            self.day_profit.set(profit.whole, profit.rest)

    def recapitalise(self, capital: Fine, whole: Money) -> None:
        """Take in that cash came or went: the share by which the account is down stays."""
        before = self.capital + self.profit.fine
        change = capital - self.capital
        self.capital = capital
        self.capital_whole = whole
        if before > 0 and before + change > 0:
            equity = divide_half_even(self.high_equity * (before + change), before)
            self.high_capital = Fine(equity - self.high.fine)
        else:
            self.high_capital = Fine(self.high_capital + change)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on; fine money is beyond 64 bits."""
        return [
            [str(self.capital), self.capital_whole, str(self.high_capital)],
            [self.profit.content(), self.high.content(), str(self.drawdown_max)],
            [self.day_profit.content(), self.day_pending, self.fresh_until],
        ]


class Performance:
    """The track records of all accounts."""

    def __init__(self) -> None:
        """Begin without any."""
        self.session_date = 0  # of the day that profit is counted in; 0: none has begun
        self._records: dict[AccountId, TrackRecord] = {}

    def of(self, account: Account) -> TrackRecord:
        """Return the track record of an account, to read; one of nothing where there is none."""
        return self._records.get(account.account) or TrackRecord(account.initial)

    def kept(self, account: Account) -> TrackRecord:
        """Return the track record of an account, to go on with."""
        found = self._records.get(account.account)
        if found is None:
            found = self._records[account.account] = TrackRecord(account.initial)
        return found

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        records = [[account, record.content()] for account, record in self._records.items()]
        return [self.session_date, records]
