"""The return histories that the risk of portfolios is measured with, joined by date.

Two histories are compared on the dates that both have, never by their place in a list: one that
begins later, or lacks a day, would otherwise be compared with another day. What has to be left out
is counted. A history is kept whole or refused whole; a new one replaces the old one.
"""

from typing import Final, NamedTuple

from fairlead.machine.dates import is_date
from fairlead.model.portfolio import ReturnHistory
from fairlead.model.units import (
    RATE_UNIT,
    AccountId,
    InstrumentId,
    Nanos,
    Rate,
)

DATES_MAX: Final = 5_000  # twenty years: more says nothing about today, and must be held in memory
BENCHMARKS_MAX: Final = 16  # a name that is mistyped each time must not fill the memory
RETURN_MAX: Final = Rate(100 * RATE_UNIT)  # a hundredfold in one day is a wrong price, or a split


class History:
    """The returns of one thing, by date."""

    def __init__(self, dates: tuple[int, ...], returns: tuple[Rate, ...]) -> None:
        """Take dates that ascend, and as many returns."""
        self.dates = dates
        self.returns = returns
        self.by_date = dict(zip(dates, returns, strict=True))


class Aligned(NamedTuple):
    """Histories on the dates that all of them have."""

    dates: list[int]
    rows: list[list[Rate]]  # of each history
    dropped: int  # dates that not all of them have


class MeasuredAt:
    """With which positions an account was measured last, and until when that serves."""

    def __init__(self, quantities: dict[InstrumentId, int], until: Nanos) -> None:
        """Take the quantity of each instrument."""
        self.quantities = quantities
        self.until = until


class Histories:
    """The histories of instruments and benchmarks, and when what was measured with them."""

    def __init__(self) -> None:
        """Begin without any."""
        self._instruments: dict[InstrumentId, History] = {}
        self._benchmarks: dict[str, History] = {}
        self.measured: dict[AccountId, MeasuredAt] = {}

    @property
    def known(self) -> bool:
        """Whether there is any history of an instrument."""
        return bool(self._instruments)

    def of(self, instrument: InstrumentId) -> History | None:
        """Return the history of an instrument, None if there is none."""
        return self._instruments.get(instrument)

    def benchmark(self, name: str) -> History | None:
        """Return the history of a benchmark, None if there is none."""
        return self._benchmarks.get(name)

    def benchmarks(self) -> list[str]:
        """Return the names of the benchmarks, in the order in which they became known."""
        return list(self._benchmarks)

    def take(self, given: ReturnHistory) -> None:
        """Keep a history that has no problem, in the place of the one before."""
        history = History(given.dates, given.returns)
        if given.instrument:
            self._instruments[given.instrument] = history
        else:
            self._benchmarks[given.benchmark] = history

    def problem(self, given: ReturnHistory) -> str:
        """Return why a history cannot be kept, empty if it can. The instrument is not asked."""
        name = given.benchmark
        if bool(given.instrument) == bool(name.strip()):
            return "it is of one instrument or of one benchmark: name one of the two"
        if name and name not in self._benchmarks and len(self._benchmarks) >= BENCHMARKS_MAX:
            return f"{BENCHMARKS_MAX} benchmarks are known already"
        return history_problem(given.dates, given.returns)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [[key, one.dates, one.returns] for key, one in self._instruments.items()],
            [[key, one.dates, one.returns] for key, one in self._benchmarks.items()],
            [
                [account, list(one.quantities.items()), one.until]
                for account, one in self.measured.items()
            ],
        ]


def history_problem(dates: tuple[int, ...], returns: tuple[Rate, ...]) -> str:
    """Return why dates and returns are no history, empty if they are one."""
    if len(dates) != len(returns):
        return f"it has {len(dates)} dates and {len(returns)} returns"
    if not 0 < len(dates) <= DATES_MAX:
        return f"it has {len(dates)} dates, expected 1 to {DATES_MAX}"
    before = 0
    for date, value in zip(dates, returns, strict=True):
        if not is_date(date):
            return f"{date} is no yyyymmdd"
        if date <= before:
            return f"{date} stands twice" if date == before else f"{date} follows {before}"
        if not -RATE_UNIT < value <= RETURN_MAX:
            return f"the return of {date} is not above -100 % and at most +10,000 %: {value}e-8"
        before = date
    return ""


def aligned(histories: list[History]) -> Aligned:
    """Return histories on the dates that all of them have."""
    assert histories, "there is something to join"
    first = histories[0]
    if all(each.dates == first.dates for each in histories):
        return Aligned(list(first.dates), [list(each.returns) for each in histories], 0)
    counts: dict[int, int] = {}
    for history in histories:
        for date in history.dates:
            counts[date] = counts.get(date, 0) + 1
    dates = [date for date in first.dates if counts[date] == len(histories)]
    rows = [[each.by_date[date] for date in dates] for each in histories]
    return Aligned(dates, rows, len(counts) - len(dates))
