"""What conditions may be about: the names, what each is counted in, and where it can be measured.

Rates are counted in windows of buckets, so that what they cost and hold does not grow with what
happens. A window is never shorter than it is called: what happened is forgotten when it is one to
61/60 windows old. Counting begins when a condition that needs it is first defined.
"""

from collections.abc import Iterable
from typing import Final

from fairlead.machine.risk.rules import Kind
from fairlead.machine.risk.rules_nodes import Value
from fairlead.machine.risk.tree import Node
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.units import NANOS_PER_SECOND, Millionths, Nanos

BUCKETS: Final = 60
SECOND: Final = NANOS_PER_SECOND
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
SAMPLE_MIN: Final = 20  # of orders; a share of fewer says nothing, so it is taken for 0

_NUMBER: Final = Kind.NUMBER
_SHARE: Final = Kind.SHARE
_MONEY: Final = Kind.MONEY
_DURATION: Final = Kind.DURATION
_TRUTH: Final = Kind.TRUTH

# Of the results of a firm, a desk, an account or a strategy.
RESULTS: Final[dict[str, Kind]] = {
    "daily_pnl": _SHARE,  # of the equity at the beginning of the day; a loss is negative
    "weekly_pnl": _SHARE,
    "monthly_pnl": _SHARE,
    "mtd_return": _SHARE,  # another name for the profit of the month
    "daily_loss": _SHARE,  # positive, 0 without one
    "weekly_loss": _SHARE,
    "monthly_loss": _SHARE,
    "drawdown": _SHARE,  # of the equity at the high; positive
    "loss_rate_1m": _SHARE,  # below the highest of the last minutes; of the equity of the morning
    "loss_rate_5m": _SHARE,
    "loss_rate_15m": _SHARE,
    "loss_rate_1h": _SHARE,
    "losses_in_a_row": _NUMBER,  # round trips
}
# Of what a scope has in the market.
MARKET: Final[dict[str, Kind]] = {
    "gross_exposure": _SHARE,  # positions at their marks, of equity
    "net_exposure": _SHARE,  # longs less shorts
    "leverage": _SHARE,  # another name for the gross exposure
    "var_utilisation": _SHARE,  # of the limit of the value at risk
}
# Of any scope.
COUNTED: Final[dict[str, tuple[str, int]]] = {  # what is counted, and in which window
    "error_count_1h": ("errors", HOUR),
    "errors_5m": ("errors", 5 * MINUTE),
    "orders_5m": ("orders", 5 * MINUTE),
    "rejects_5m": ("rejects", 5 * MINUTE),
    "requests_5m": ("requests", 5 * MINUTE),
    "refusals_5m": ("refusals", 5 * MINUTE),
    "order_rate": ("orders", SECOND),
    "notional_rate": ("notional", SECOND),
}
RATES: Final[dict[str, tuple[str, str]]] = {  # a share of two of them
    "error_rate": ("errors_5m", "orders_5m"),
    "reject_rate": ("rejects_5m", "orders_5m"),
    "refusal_rate": ("refusals_5m", "requests_5m"),
}
ANYWHERE: Final[dict[str, Kind]] = {
    "max_divergence": _SHARE,  # the largest open difference of a position, of our position
    "max_position_divergence": _SHARE,
    "position_count": _NUMBER,
    "data_age": _DURATION,  # of the oldest price of what is held or works
    "stale_books": _NUMBER,  # of what is held or works
    "error_count_1h": _NUMBER,
    "error_rate": _SHARE,  # errors of the last 5 minutes, of the orders sent
    "reject_rate": _SHARE,  # orders turned down by venues, likewise
    "refusal_rate": _SHARE,  # requests turned down by risk, of all
    "order_rate": _NUMBER,  # orders and replaces sent in the last second
    "notional_rate": _MONEY,  # their value
    "system_error": _TRUTH,  # something of ours failed within the last hour
}
LOSS_RATES: Final[dict[str, int]] = {
    "loss_rate_1m": MINUTE,
    "loss_rate_5m": 5 * MINUTE,
    "loss_rate_15m": 15 * MINUTE,
    "loss_rate_1h": HOUR,
}
LOSSES: Final[dict[str, LimitKind]] = {
    "daily_loss": LimitKind.LOSS_DAY_SHARE,
    "weekly_loss": LimitKind.LOSS_WEEK_SHARE,
    "monthly_loss": LimitKind.LOSS_MONTH_SHARE,
    "drawdown": LimitKind.DRAWDOWN_SHARE,
    "losses_in_a_row": LimitKind.LOSSES_IN_A_ROW,
    **dict.fromkeys(LOSS_RATES, LimitKind.LOSS_RATE_SHARE),
}
OF_THE_CLOCK: Final = ("data_age", "stale_books")  # change although nothing happens
OUTSIDE: Final = ("vix",)  # known before they are first said

_MONEY_SCOPES: Final = (
    ScopeKind.FIRM,
    ScopeKind.DESK,
    ScopeKind.ACCOUNT,
    ScopeKind.STRATEGY,
)
# Errors are of a strategy or of the whole node: they count for the firm, and for that strategy.
_ERROR_SCOPES: Final = (ScopeKind.FIRM, ScopeKind.STRATEGY)
_ERRORS: Final = ("error_count_1h", "error_rate", "system_error")
_NO_EQUITY: Final = ("var_utilisation",)


def vocabulary(kind: ScopeKind, outside: Iterable[str]) -> dict[str, Kind]:
    """Return the names that a condition of a scope may use, and what each is."""
    names: dict[str, Kind] = {}
    if kind in _MONEY_SCOPES:
        names |= RESULTS
        names |= MARKET
        if kind is not ScopeKind.ACCOUNT:
            for name in _NO_EQUITY:
                del names[name]
    names |= ANYWHERE
    if kind not in _ERROR_SCOPES:
        for name in _ERRORS:
            del names[name]
    return names | dict.fromkeys([*OUTSIDE, *outside], _NUMBER)


class Rolling:
    """How much happened in a window, in buckets."""

    def __init__(self, window: int) -> None:
        """Begin with nothing."""
        self.span = -(-window // BUCKETS)
        self._sum = 0
        self._counts: list[tuple[int, int]] = []  # (bucket, how much), ascending

    def add(self, time: Nanos, count: int) -> None:
        """Count something."""
        bucket = time // self.span
        counts = self._counts
        if counts and counts[-1][0] == bucket:
            counts[-1] = (bucket, counts[-1][1] + count)
        else:
            counts.append((bucket, count))
            self._forget(bucket)
        self._sum += count

    def total(self, time: Nanos) -> int:
        """Return how much it was in the window."""
        oldest = time // self.span - BUCKETS
        total = self._sum
        for bucket, count in self._counts:
            if bucket >= oldest:
                break
            total -= count
        return total

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [self.span, [[bucket, str(count)] for bucket, count in self._counts]]

    def _forget(self, bucket: int) -> None:
        counts = self._counts
        gone = 0
        while gone < len(counts) and counts[gone][0] < bucket - BUCKETS:
            self._sum -= counts[gone][1]
            gone += 1
        if gone:
            del counts[:gone]


class Counters:
    """What is counted of each scope, as far as a condition asks for it."""

    def __init__(self) -> None:
        """Begin counting nothing."""
        self.counting = False
        self._of: dict[Node, dict[str, list[Rolling]]] = {}  # by scope, by what is counted
        self._named: dict[tuple[Node, str], Rolling] = {}  # by scope and name

    def count_for(self, node: Node, names: Iterable[str]) -> None:
        """Count what the names of a condition need."""
        for name in names:
            if name == "system_error":
                self._need(node, "error_count_1h")
            elif name in RATES:
                for part in RATES[name]:
                    self._need(node, part)
            elif name in COUNTED:
                self._need(node, name)

    def scope(self, node: Node) -> dict[str, list[Rolling]] | None:
        """Return what is counted of a scope, None if nothing is."""
        return self._of.get(node)

    def measure(self, node: Node, name: str, time: Nanos) -> Value:
        """Return a count, or a share of two; a share of too few is taken for 0."""
        if name == "system_error":
            return (1 if self._total(node, "error_count_1h", time) else 0), 1
        if name not in RATES:
            return self._total(node, name, time), 1
        part, whole = RATES[name]
        sample = self._total(node, whole, time)
        return (self._total(node, part, time), sample) if sample >= SAMPLE_MIN else (0, 1)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[node.name, name, one.content()] for (node, name), one in self._named.items()]

    def _total(self, node: Node, name: str, time: Nanos) -> int:
        return self._named[node, name].total(time)

    def _need(self, node: Node, name: str) -> None:
        if (node, name) in self._named:
            return
        what, window = COUNTED[name]
        rolling = self._named[node, name] = Rolling(window)
        self._of.setdefault(node, {}).setdefault(what, []).append(rolling)
        self.counting = True


class Outside:
    """The values that come from outside, by name."""

    def __init__(self) -> None:
        """Begin knowing none."""
        self.values: dict[str, Millionths | None] = {}
        self._said: dict[str, Nanos] = {}  # when, by our time

    def take(self, name: str, value: Millionths | None, time: Nanos) -> None:
        """Take in a value; None says that nobody knows it now."""
        self.values[name] = value
        self._said[name] = time

    def value(self, name: str, age_max: Nanos, time: Nanos) -> Millionths | None:
        """Return a value, None if it is not known or too old; with an `age_max` of 0 none is."""
        said = self._said.get(name, time)
        return self.values.get(name) if age_max == 0 or time - said <= age_max else None

    def next_old(self, names: Iterable[str], age_max: Nanos, time: Nanos) -> Nanos | None:
        """Return when the next of these values is too old, None if none ever is."""
        if age_max == 0:
            return None
        times = [
            Nanos(self._said[name] + age_max + 1)
            for name in names
            if self.value(name, age_max, time) is not None
        ]
        return min(times) if times else None

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [[name, value, self._said[name]] for name, value in self.values.items()]
