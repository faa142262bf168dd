"""Files of daily returns or prices, as `fairlead risk` reads them: date, symbol, number.

A return with more than eight decimals is rounded half to even: it is a statistic, not an amount.
From prices a return is made where a symbol has one on that date and on the date before, of all
dates in the file; so no return spans a day that is missing.
"""

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.cli.console import fail
from fairlead.machine.dates import is_date
from fairlead.machine.risk.histories import Histories
from fairlead.model.names import Names
from fairlead.model.portfolio import ReturnHistory
from fairlead.model.units import RATE_UNIT, InstrumentId, Rate
from fairlead.readers.written import printable

_ROWS_MAX: Final = 5_000_000  # a thousand symbols over twenty years
_TEXT_MAX: Final = 100  # of a symbol or a number
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", re.ASCII)

# Of each symbol: what stands at each date.
Columns = dict[str, dict[int, Fraction]]


class Row(NamedTuple):
    """A line of the file."""

    date: int
    symbol: str
    number: Fraction


def read_histories(path: Path, prices: bool, names: Names, benchmark: str) -> Histories:
    """Return the histories that a file has of the instruments of a journal and of a benchmark.

    Other symbols are passed over. Ends the command where the file cannot be believed.
    """
    columns = _columns(path, "price" if prices else "return")
    if prices:
        columns = _changes(path, columns)
    histories = Histories()
    for symbol, numbers in columns.items():
        instrument = names.instruments.number(symbol)
        wanted = [(instrument, "")] if instrument else []
        wanted += [(0, symbol)] if symbol == benchmark else []
        dates = tuple(sorted(numbers))
        returns = tuple(Rate(round(numbers[date] * RATE_UNIT)) for date in dates)
        for number, name in wanted:
            history = ReturnHistory(dates, returns, InstrumentId(number), name)
            problem = histories.problem(history)
            if problem:
                fail(printable(f"{path}: {symbol}: {problem}"))
            histories.take(history)
    return histories


def _columns(path: Path, what: str) -> Columns:
    columns: Columns = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            for line, row in enumerate(_rows(path, csv.reader(file, strict=True), what), 2):
                column = columns.setdefault(row.symbol, {})
                if row.date in column:
                    fail(printable(f"{path}:{line}: {row.symbol} has {row.date} twice"))
                column[row.date] = row.number
        except (csv.Error, UnicodeDecodeError) as error:
            fail(f"{path}: found what is no CSV in UTF-8: {error}")
    return columns


def _rows(path: Path, lines: Iterator[list[str]], what: str) -> Iterator[Row]:
    expected = ["date", "symbol", what]
    header = [name.strip().lower() for name in next(lines, [])]
    if header != expected:
        found = ",".join(header)[:_TEXT_MAX]
        fail(printable(f"{path}:1: found {found!r}, expected the header {','.join(expected)}"))
    for line, cells in enumerate(lines, 2):
        if line > _ROWS_MAX:
            fail(f"{path}: more than {_ROWS_MAX:,} lines")
        if len(cells) != len(expected) or max(map(len, cells)) > _TEXT_MAX:
            fail(f"{path}:{line}: found {len(cells)} cells, expected a date, a symbol, a {what}")
        date, symbol, number = [cell.strip() for cell in cells]
        yield Row(_date(path, line, date), symbol, _number(path, line, number))


def _date(path: Path, line: int, text: str) -> int:
    digits = text.replace("-", "") if text.count("-") in (0, 2) else ""
    if not (len(digits) == 8 and digits.isascii() and digits.isdecimal() and is_date(int(digits))):
        fail(printable(f"{path}:{line}: found {text!r}, expected a date: 20240808 or 2024-08-08"))
    return int(digits)


def _number(path: Path, line: int, text: str) -> Fraction:
    if _NUMBER.fullmatch(text) is None:
        fail(printable(f"{path}:{line}: found {text!r}, expected a decimal number"))
    return Fraction(text)


def _changes(path: Path, columns: Columns) -> Columns:
    """Return what prices make from each date of the file to the next."""
    dates = sorted({date for column in columns.values() for date in column})
    for symbol, column in columns.items():
        if min(column.values()) <= 0:
            fail(printable(f"{path}: {symbol}: a price is not above 0"))
    following = list(pairwise(dates))
    return {
        symbol: {
            date: column[date] / column[before] - 1
            for before, date in following
            if date in column and before in column
        }
        for symbol, column in columns.items()
    }
