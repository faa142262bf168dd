"""Trading days of the firm: how many fills each account had, and who signed off which day.

A market that never closes begins a day when it ends the one before; so what a day ended with is
kept until the next one ends, and is signed off meanwhile.
"""

from fairlead.model.units import AccountId, Money


class DayEnd:
    """What a trading day of an account ended with."""

    def __init__(
        self,
        fills: int,
        working_orders: int,
        cash: Money,
        equity: Money | None,
        daily_profit: Money | None,
    ) -> None:
        """Take the figures."""
        self.fills = fills
        self.working_orders = working_orders
        self.cash = cash
        self.equity = equity
        self.daily_profit = daily_profit

    def content(self) -> list[object]:
        """Return all of it, for the state digest."""
        return [self.fills, self.working_orders, self.cash, self.equity, self.daily_profit]


class Days:
    """The fills of the present trading day, what the one before it ended with, and who signed."""

    def __init__(self) -> None:
        """Begin before the first day."""
        self.date_before = 0  # of the day before the present one; 0: there was none
        self._fills: dict[AccountId, int] = {}
        self._ended: dict[AccountId, DayEnd] = {}
        self._signatures: dict[AccountId, dict[int, str]] = {}

    def count_fill(self, account: AccountId) -> None:
        """Count a fill of the present day."""
        self._fills[account] = self._fills.get(account, 0) + 1

    def fills(self, account: AccountId) -> int:
        """Return how many fills an account had on the present day."""
        return self._fills.get(account, 0)

    def end(self, session_date: int, ended: dict[AccountId, DayEnd]) -> None:
        """End a day, and keep what it ended with until the next one ends."""
        self.date_before = session_date
        self._ended = ended
        self._fills.clear()

    def ended(self, account: AccountId) -> DayEnd | None:
        """Return what the day before the present one ended with, None if there was none."""
        return self._ended.get(account)

    def signed(self, account: AccountId, session_date: int) -> str:
        """Return who signed off a day, empty if nobody did."""
        return self._signatures.get(account, {}).get(session_date, "")

    def sign(self, account: AccountId, session_date: int, person: str) -> None:
        """Remember who signed off a day."""
        assert not self.signed(account, session_date), "a day is signed off once"
        self._signatures.setdefault(account, {})[session_date] = person

    def content(self) -> list[object]:
        """Return what a later output may depend on."""
        return [
            [self.date_before, list(self._fills.items())],
            [[account, end.content()] for account, end in self._ended.items()],
            [[account, list(days.items())] for account, days in self._signatures.items()],
        ]
