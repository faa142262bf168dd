"""Splits, dividends and other names from Lean's factor and map files, and prices adjusted by them.

A row of a factor file says by what prices up to its day are multiplied to compare with those of
today: once for dividends, once for splits; and the close of its day. So what happened on the day
after a row is the step from its factors to those of the next row:

- a split of `next / this` of the split factors;
- a dividend of `close * (1 - this / next)` of the price factors.

Both are exact ratios of rounded numbers: 1.999996 and 2.649938 where 2 for 1 and 2.65 were meant.
So each becomes the simplest number that its factors, with their last decimals, may stand for.

A row of a map file says which ticker a security had up to its day. A ticker may have been another
security's before: the file is named after the last ticker, with `.1` and so on for older ones.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.gateways.calendars import later_day, start_of
from fairlead.gateways.errors import RecordingDamaged
from fairlead.gateways.lean.files import LocalClock
from fairlead.gateways.research_files import lines
from fairlead.model.inputs import CashDividend, Input, InstrumentRenamed, InstrumentSplit
from fairlead.model.instruments import Instrument
from fairlead.model.units import Money, Nanos

_DECIMALS_MIN: Final = 6  # that a factor is known to: 0.25 is written short, and no 0.249
_COMMON_MAX: Final = 10  # splits are 2 for 1 or 3 for 2: to such a one less exactness will do,
_COMMON_DOUBT: Final = Fraction(1, 20_000)  # for the rounding of several splits has added up
_CENTS: Final = 2
_AMOUNT_DECIMALS_MAX: Final = 6
_WEEK: Final = 7
_SATURDAY: Final = 5
_DAY_NANOS: Final = 86_400 * 10**9
_THURSDAY: Final = 3  # the first day of the epoch


class FactorRow(NamedTuple):
    """What prices up to `day` are multiplied by, and the close of that day."""

    day: int
    price_factor: Fraction
    split_factor: Fraction
    close: Fraction
    price_unit: Fraction  # of the last decimal of a factor
    split_unit: Fraction


class Split(NamedTuple):
    """From `day` on there are `new` units for `old` ones."""

    day: int
    new: int
    old: int


class Dividend(NamedTuple):
    """From `day` on prices are without `amount`; `exact` is what the factors say of it."""

    day: int
    amount: Fraction
    exact: Fraction


class Rename(NamedTuple):
    """From `day` on the security has another ticker."""

    day: int
    ticker: str


class Span(NamedTuple):
    """A ticker that a security had from one day to another, both included."""

    first: int
    last: int
    ticker: str


def read_factors(path: Path) -> list[FactorRow]:
    """Return the rows of a factor file in order of their days. Raises `RecordingError`."""
    found: list[FactorRow] = []
    for number, line in lines(path):
        if not line:
            continue
        fields = line.decode("ascii", "replace").split(",")
        try:
            day = int(fields[0])
            price, split, close = (Fraction(_exact(field)) for field in fields[1:4])
        except (ValueError, InvalidOperation, IndexError) as error:
            raise RecordingDamaged(f"{path}:{number}: no factors: {error}") from error
        if not (price > 0 and split > 0 and close >= 0) or (found and day <= found[-1].day):
            raise RecordingDamaged(f"{path}:{number}: a factor of 0 or less, or out of order")
        units = _unit(fields[1]), _unit(fields[2].rstrip("0"))
        found.append(FactorRow(day, price, split, close, *units))
    return found


def read_map(path: Path) -> list[Span]:
    """Return the tickers of a security in order. Raises `RecordingError`."""
    found: list[Span] = []
    first = 0
    for number, line in lines(path):
        if not line:
            continue
        fields = line.decode("ascii", "replace").split(",")
        if len(fields) < 2 or not fields[0].isdigit() or int(fields[0]) < first:
            raise RecordingDamaged(f"{path}:{number}: no day with a ticker, or out of order")
        day, ticker = int(fields[0]), fields[1].lower()
        if first:  # the first row alone says when the security began to trade
            found.append(Span(first, day, ticker))
            first = later_day(day, 1)
        else:
            first = day
    return found


def splits_and_dividends(rows: list[FactorRow]) -> Iterator[Split | Dividend]:
    """Yield what happened, in order; on one day the dividend first: it is of the old units."""
    for row, after in pairwise(rows):
        day = next_weekday(row.day)
        dividend = _dividend(day, row, after)
        if dividend is not None:
            yield dividend
        if row.split_factor != after.split_factor:
            doubt = row.split_unit / row.split_factor + after.split_unit / after.split_factor
            ratio = simplest_ratio(after.split_factor / row.split_factor, doubt)
            yield Split(day, ratio.numerator, ratio.denominator)


def _dividend(day: int, row: FactorRow, after: FactorRow) -> Dividend | None:
    """Return what was paid, None if nothing was: a price that rises by it is no dividend."""
    ratio = row.price_factor / after.price_factor
    exact = row.close * (1 - ratio)
    if exact <= 0:
        return None
    doubt = row.close * (row.price_unit / row.price_factor + after.price_unit / after.price_factor)
    amount = simplest_decimal(exact, doubt)
    return Dividend(day, amount, exact) if amount else None


def renames(spans: list[Span]) -> Iterator[Rename]:
    """Yield each change of ticker."""
    for before, after in pairwise(spans):
        if before.ticker != after.ticker:
            yield Rename(after.first, after.ticker)


def simplest_ratio(ratio: Fraction, doubt: Fraction) -> Fraction:
    """Return the fraction of the smallest numbers that lies within a share `doubt` of a ratio."""
    if ratio < 1:
        return 1 / simplest_ratio(1 / ratio, doubt)
    for denominator in range(1, _COMMON_MAX + 1):
        found = ratio.limit_denominator(denominator)
        if abs(found / ratio - 1) <= _COMMON_DOUBT:
            return found
    denominator = _COMMON_MAX
    while True:
        found = ratio.limit_denominator(denominator)
        if abs(found / ratio - 1) <= doubt:
            return found
        denominator += 1


def simplest_decimal(exact: Fraction, doubt: Fraction) -> Fraction:
    """Return the amount of the fewest decimals, two at least, that lies within `doubt`."""
    for decimals in range(_CENTS, _AMOUNT_DECIMALS_MAX + 1):
        found = Fraction(round(exact * 10**decimals), 10**decimals)
        if abs(found - exact) <= doubt:
            return found
    return Fraction(round(exact * 10**_AMOUNT_DECIMALS_MAX), 10**_AMOUNT_DECIMALS_MAX)


def adjusted(price: Fraction, day: int, rows: list[FactorRow]) -> Fraction:
    """Return a price of a day as it compares with today's, by splits and dividends."""
    row = next((row for row in rows if row.day >= day), None)
    return price if row is None else price * row.price_factor * row.split_factor


def actions(
    terms: Instrument, rows: list[FactorRow], spans: list[Span], clock: LocalClock
) -> Iterator[tuple[Nanos, Input]]:
    """Yield corporate actions as inputs, each at the first moment of its day, in order."""
    found: list[Split | Dividend | Rename] = [*splits_and_dividends(rows), *renames(spans)]
    symbol = terms.symbol
    for action in sorted(found, key=lambda each: each.day):
        input = _input(terms, action)
        if isinstance(input, InstrumentRenamed):
            if input.symbol == symbol:
                continue  # it was called so from the first line on
            symbol = input.symbol
        yield clock.time(action.day, 0), input


def _input(terms: Instrument, action: Split | Dividend | Rename) -> Input:
    reference = f"{terms.symbol} {action.day}"
    if isinstance(action, Split):
        return InstrumentSplit(terms.instrument, action.new, action.old, f"split {reference}")
    if isinstance(action, Dividend):
        amount = Money(round(action.amount * 10**terms.money_decimals))
        return CashDividend(terms.instrument, amount, f"dividend {reference}")
    symbol = f"{action.ticker.upper()}.{terms.venue}"
    return InstrumentRenamed(terms.instrument, symbol, f"renamed {reference}")


class Maps:
    """All map files of a market: which security had which ticker when."""

    def __init__(self, folder: Path) -> None:
        """Read them, if there are some. Raises `RecordingError`."""
        paths = sorted(folder.glob("*.csv")) if folder.is_dir() else []
        self._tickers = {path.stem: read_map(path) for path in paths}
        self._had: dict[str, list[tuple[Span, str]]] = {}  # by ticker
        for security, spans in self._tickers.items():
            for span in spans:
                self._had.setdefault(span.ticker, []).append((span, security))

    def security(self, ticker: str, day: int) -> tuple[str, list[Span]]:
        """Return who had a ticker on a day (0: the last that had it), and all its tickers.

        Without a map file the ticker is its own security, for ever.
        """
        had = [
            (span.last, security)
            for span, security in self._had.get(ticker, [])
            if not day or span.first <= day <= span.last
        ]
        if not had:
            return ticker, []
        _, security = max(had)
        return security, self._tickers[security]


def next_weekday(day: int) -> int:
    """Return the day after, or Monday: holidays are left to those who have a calendar."""
    while True:
        day = later_day(day, 1)
        if (start_of(day) // _DAY_NANOS + _THURSDAY) % _WEEK < _SATURDAY:
            return day


def _unit(text: str) -> Fraction:
    return Fraction(1, 10 ** max(_DECIMALS_MIN, len(text.partition(".")[2])))


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number")
    return number
