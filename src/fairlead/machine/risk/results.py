"""How a scope does: its profit since the beginning, and the day, week and month it falls into.

An account's profit is that of its track record. A firm's and a desk's are the sum of their
accounts', where these count the same money. A strategy's is what its positions made, before what
nobody can attribute to one (interest, adjustments); it has no capital of its own, so its shares are
those of an account in which it alone had traded. Flows are no profit anywhere.

A point is taken with each mark and each movement of money, while every part has a mark. Nothing is
added up again: each part tells by how much it has changed.
"""

from typing import Final

from fairlead.machine.amounts import Amount
from fairlead.machine.track_record import TrackRecord
from fairlead.model.risk_terms import LimitKind
from fairlead.model.units import FINE_UNIT, MILLIONTHS, Fine, Money, Nanos, rounded

BUCKETS: Final = 60  # of a window: a loss is forgotten when it is one to 61/60 windows old
NO_FLOOR: Final = -(2**100)

_DAY_KINDS: Final = (LimitKind.LOSS_DAY, LimitKind.LOSS_DAY_SHARE)
_WEEK_KINDS: Final = (LimitKind.LOSS_WEEK, LimitKind.LOSS_WEEK_SHARE)
_MONTH_KINDS: Final = (LimitKind.LOSS_MONTH, LimitKind.LOSS_MONTH_SHARE)
_DRAWDOWN: Final = LimitKind.DRAWDOWN
_DRAWDOWN_SHARE: Final = LimitKind.DRAWDOWN_SHARE
_LOSS_RATE_SHARE: Final = LimitKind.LOSS_RATE_SHARE
_IN_A_ROW: Final = LimitKind.LOSSES_IN_A_ROW
_MONEY_KINDS: Final = (
    LimitKind.LOSS_DAY,
    LimitKind.LOSS_WEEK,
    LimitKind.LOSS_MONTH,
    LimitKind.DRAWDOWN,
)

Fraction = tuple[int, int]  # numerator and denominator, the latter above 0


class Period:
    """A day, a week or a month: where it began. The first begins with the scope itself."""

    def __init__(self, equity: Fine) -> None:
        """Begin at no profit."""
        self.profit = Fine(0)
        self.equity = equity  # at the beginning: what shares are of
        self.pending = False  # it begins at the next point

    def begin(self, record: TrackRecord, known: bool) -> None:
        """Begin anew here, or with the next point if nothing is known now."""
        self.pending = not known
        if known:
            self.profit = record.profit.fine
            self.equity = Fine(record.capital + self.profit)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [str(self.profit), str(self.equity), self.pending]


class LossWindow:
    """The highest profit of the last N minutes, in buckets: bounded, and never shorter than N."""

    def __init__(self, window: Nanos) -> None:
        """Begin without a point."""
        self.window = window
        self._span = max(1, -(-window // BUCKETS))
        self._tops: list[tuple[int, Fine]] = []  # (bucket, highest profit in it), ascending
        self._last: Fine | None = None

    def point(self, time: Nanos, profit: Fine) -> None:
        """Take a point. The one before stood until now, however long ago it was taken."""
        bucket = time // self._span
        last = self._last
        if last is not None and last > profit:
            self._top(bucket, last)
        self._top(bucket, profit)
        self._last = profit
        if bucket - self._tops[0][0] > BUCKETS:
            self._forget(bucket)

    def loss(self, time: Nanos, profit: Fine) -> Fine:
        """Return how far a profit is below the highest one of the window."""
        oldest = time // self._span - BUCKETS
        for bucket, top in self._tops:
            if bucket >= oldest:
                return Fine(max(0, top - profit))
        return Fine(0)

    def clear(self) -> None:
        """Begin anew."""
        self._tops = []
        self._last = None

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        tops = [[bucket, str(profit)] for bucket, profit in self._tops]
        return [self.window, tops, str(self._last)]

    def _top(self, bucket: int, profit: Fine) -> None:
        """Keep a profit; what is lower than a later one is never asked for again."""
        tops = self._tops
        while tops and tops[-1][1] <= profit:
            tops.pop()
        if not tops or tops[-1][0] != bucket:
            tops.append((bucket, profit))

    def _forget(self, bucket: int) -> None:
        tops = self._tops
        gone = 0
        while gone < len(tops) and tops[gone][0] < bucket - BUCKETS:
            gone += 1
        if gone:
            del tops[:gone]


class Result:
    """The results of one scope."""

    def __init__(self, name: str, record: TrackRecord, currency: str, decimals: int) -> None:
        """Take the track record that this goes by, and in what it counts money."""
        self.name = name  # as its node has it
        self.record = record
        self.currency = currency
        self.money_unit: int = 10**decimals  # units of money in a whole one
        self.watched = False  # something asks for every point
        self.unknown = 0  # parts without a mark
        self.mixed = False  # its parts count different money: nothing can be added
        self.day = Period(record.capital)
        self.week = Period(record.capital)
        self.month = Period(record.capital)
        self.pending = False  # a period begins at the next point
        self.losses_in_a_row = 0
        self.windows: dict[int, LossWindow] = {}
        self.clear = False  # when its limits were asked, all were known and none was reached
        self.floor = NO_FLOOR  # at a profit so low, in whole units, limits are to be asked at once
        self.total = Amount()  # of its parts, where it has such: known or not
        self.told: tuple[Money, int] = (Money(0), 0)  # what its own wholes were told of it
        self.told_capital = record.capital

    @property
    def known(self) -> bool:
        """Whether anything can be said now."""
        return self.unknown == 0 and not self.mixed

    def follow(self, window: Nanos) -> LossWindow:
        """Return the window of a length, kept up from now on."""
        found = self.windows.get(window)
        if found is None:
            found = self.windows[window] = LossWindow(window)
        return found

    def take_total(self) -> None:
        """Let the record go on to what the parts come to."""
        self.record.add(self.total.whole, self.total.rest)

    def point(self, time: Nanos) -> bool:
        """Take a point: the record has gone on. Return whether limits are to be asked at once."""
        record = self.record
        urgent = record.profit.whole <= self.floor
        if self.pending:
            self.pending = False
            urgent = True
            for period in (self.day, self.week, self.month):
                if period.pending:
                    period.begin(record, True)
        if self.windows:
            profit = record.profit.fine
            for window in self.windows.values():
                window.point(time, profit)
        return urgent

    def begin(self, week: bool, month: bool) -> None:
        """Begin a day, and a week or a month with it; with the next point if nothing is known."""
        known = self.known
        self.day.begin(self.record, known)
        if week:
            self.week.begin(self.record, known)
        if month:
            self.month.begin(self.record, known)
        self.pending = not known

    def round_trip(self, whole: int, rest: int) -> None:
        """Take in what a position has made from when it was opened until it was closed."""
        if whole < 0:
            self.losses_in_a_row += 1
        elif whole > 0 or rest > 0:
            self.losses_in_a_row = 0

    def loss(self, kind: LimitKind, time: Nanos, window: Nanos) -> Fraction | None:
        """Return a loss in the unit of its kind; None where it is not known."""
        if kind is _IN_A_ROW:
            return self.losses_in_a_row, 1
        base = self.base(kind, time, window)
        if base is None:
            return None
        lost = max(0, base - self.record.profit.fine)
        if kind in _MONEY_KINDS:
            return lost, FINE_UNIT * self.money_unit
        equity = self._equity(kind)
        return (lost, equity) if equity > 0 else None

    def base(self, kind: LimitKind, time: Nanos, window: Nanos) -> Fine | None:
        """Return the profit below which it is a loss of a kind; None where that is not known."""
        if not self.known:
            return None
        if kind is _DRAWDOWN:
            return self.record.high.fine
        if kind is _DRAWDOWN_SHARE:
            return Fine(self.record.high_equity - self.record.capital)
        if kind is _LOSS_RATE_SHARE:
            profit = self.record.profit.fine
            known = self.windows.get(window)
            return Fine(profit + known.loss(time, profit)) if known is not None else profit
        period = self._period(kind)
        return None if period.pending else period.profit

    def allowed(self, kind: LimitKind, bound: int) -> int | None:
        """Return how much may be lost, in fine parts, before a bound in millionths is exceeded."""
        if kind in _MONEY_KINDS:
            return bound * FINE_UNIT * self.money_unit // MILLIONTHS
        equity = self._equity(kind)
        return bound * equity // MILLIONTHS if equity > 0 else None

    def profit_share(self, period: Period) -> Fraction | None:
        """Return the signed profit of a period as a share of the equity at its beginning."""
        if not self.known or period.pending or period.equity <= 0:
            return None
        return self.record.profit.fine - period.profit, period.equity

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        periods = [period.content() for period in (self.day, self.week, self.month)]
        return [
            [self.name, self.record.content(), self.watched, self.unknown, self.mixed, periods],
            [self.losses_in_a_row, [window.content() for window in self.windows.values()]],
            [
                str(self.floor),
                self.clear,
                self.pending,
                self.total.content(),
                *self.told,
                str(self.told_capital),
            ],
        ]

    def _period(self, kind: LimitKind) -> Period:
        if kind in _DAY_KINDS or kind is _LOSS_RATE_SHARE:
            return self.day
        if kind in _WEEK_KINDS:
            return self.week
        assert kind in _MONTH_KINDS, "there is no other period"
        return self.month

    def _equity(self, kind: LimitKind) -> Fine:
        if kind is _DRAWDOWN_SHARE:
            return self.record.high_equity
        return self._period(kind).equity


def whole_money(capital: Fine) -> tuple[Fine, Money]:
    """Return a capital as `TrackRecord.recapitalise` takes it."""
    return capital, rounded(capital)
