"""Lines of Lean's files as rows with exact numbers. Shape only, no meaning.

Times are milliseconds of the local clock since midnight, with decimals of them at will; of hours
and days they are `yyyymmdd hh:mm`. Sizes of crypto went through binary floats on their way and have
their noise from the 14th digit on: what is within 10**-10 of a whole lot is that lot.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from fairlead.gateways.errors import MalformedFrame
from fairlead.gateways.lean.files import QUOTE, TICK, TRADE, LeanFile
from fairlead.model.units import INCREMENTS_MAX

_MILLIS: Final = re.compile(r"(\d{1,8})(?:\.(\d{1,6})\d*)?")
_STAMP: Final = re.compile(r"(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)")
_NUMBER: Final = re.compile(r"\d{1,18}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_CONDITION: Final = re.compile(r"[0-9A-Fa-f]{0,16}")
_EXCHANGE: Final = re.compile(r"[A-Za-z0-9]{0,8}")
_MILLIS_OF_DAY: Final = 86_400_000
_NOISE: Final = Decimal("1e-10")


class Clock(NamedTuple):
    """A time as a line says it: of the file's day, or (day not 0) of its own."""

    day: int
    millis: int
    nanos: int = 0


class TradeTick(NamedTuple):
    """A trade. `flags` are Lean's `TradeConditionFlags`."""

    clock: Clock
    price: int
    size: int
    exchange: str
    condition: str
    suspicious: bool

    @property
    def flags(self) -> int:
        """Return the condition as flags."""
        return int(self.condition, 16) if self.condition else 0


class QuoteTick(NamedTuple):
    """A change of the consolidated best bid or ask: one side, the other has zeros."""

    clock: Clock
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    suspicious: bool


class TradeBar(NamedTuple):
    """Open, high, low, close and volume of the span that begins at `clock`."""

    clock: Clock
    prices: tuple[int, int, int, int]
    volume: int


class QuoteBar(NamedTuple):
    """Open, high, low, close and the last size of bid and ask; zeros where there was none."""

    clock: Clock
    bid: tuple[int, int, int, int]
    bid_size: int
    ask: tuple[int, int, int, int]
    ask_size: int


Row = TradeTick | QuoteTick | TradeBar | QuoteBar

_FIELDS: Final = {  # by kind, whether it is a tick, and whether it is of a stock
    (TRADE, True, True): 6,
    (QUOTE, True, True): 8,
    (TRADE, True, False): 3,
    (QUOTE, True, False): 5,
    (TRADE, False, True): 6,
    (TRADE, False, False): 6,
    (QUOTE, False, True): 11,
    (QUOTE, False, False): 11,
}


class RowReader:
    """Reads the lines of one file."""

    def __init__(self, file: LeanFile, price_decimals: int, quantity_decimals: int) -> None:
        """Take what the file is, and the decimals of its instrument."""
        self._tick = file.resolution == TICK
        self._kind = file.kind
        self._stamped = file.day == 0
        self._equity = file.security == "equity"
        self._fields = _FIELDS[file.kind, self._tick, self._equity]
        self._price_decimals = price_decimals
        self._quantity_decimals = quantity_decimals

    def read(self, line: str) -> Row:
        """Return a line as a row. Raises `MalformedFrame`."""
        fields = line.split(",")
        if len(fields) != self._fields:
            raise MalformedFrame("fields", f"{len(fields)} fields, expected {self._fields}")
        clock = _stamp(fields[0]) if self._stamped else _millis(fields[0])
        if not self._tick:
            return self._bar(clock, fields)
        if self._kind == TRADE:
            return self._trade(clock, fields)
        bid, bid_size, ask, ask_size = fields[1:5]
        return QuoteTick(
            clock,
            self._price(bid),
            self._size(bid_size),
            self._price(ask),
            self._size(ask_size),
            self._equity and _flag(fields[7]),
        )

    def _trade(self, clock: Clock, fields: list[str]) -> TradeTick:
        exchange, condition, suspicious = fields[3:6] if self._equity else ("", "", "0")
        if not (_CONDITION.fullmatch(condition) and _EXCHANGE.fullmatch(exchange)):
            raise MalformedFrame("condition", f"{condition[:20]!r} at {exchange[:9]!r}")
        return TradeTick(
            clock,
            self._price(fields[1]),
            self._size(fields[2]),
            exchange,
            condition,
            _flag(suspicious),
        )

    def _bar(self, clock: Clock, fields: list[str]) -> Row:
        if self._kind == TRADE:
            return TradeBar(clock, self._prices(fields[1:5]), self._size(fields[5]))
        return QuoteBar(
            clock,
            self._prices(fields[1:5]),
            self._size(fields[5]),
            self._prices(fields[6:10]),
            self._size(fields[10]),
        )

    def _prices(self, fields: list[str]) -> tuple[int, int, int, int]:
        opened, high, low, close = (self._price(field) for field in fields)
        return opened, high, low, close

    def _price(self, text: str) -> int:
        return _increments(text, 0 if self._equity else self._price_decimals)

    def _size(self, text: str) -> int:
        return _increments(text, self._quantity_decimals)


def _millis(text: str) -> Clock:
    found = _MILLIS.fullmatch(text)
    if found is None or int(found[1]) >= _MILLIS_OF_DAY:
        raise MalformedFrame("time", f"{text[:30]!r} is no millisecond of a day")
    return Clock(0, int(found[1]), int((found[2] or "0").ljust(6, "0")))


def _stamp(text: str) -> Clock:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise MalformedFrame("time", f"{text[:30]!r}, expected yyyymmdd hh:mm")
    year, month, day, hour, minute = (int(part) for part in found.groups())
    if not (year and 1 <= month <= 12 and 1 <= day <= _days(year, month)):
        raise MalformedFrame("time", f"{text[:30]!r} is no day")
    if hour > 23 or minute > 59:
        raise MalformedFrame("time", f"{text[:30]!r} is no time of a day")
    return Clock(year * 10_000 + month * 100 + day, (hour * 60 + minute) * 60_000)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise MalformedFrame("flag", f"suspicious is {text[:20]!r}, expected 0 or 1")
    return text == "1"


def _increments(text: str, decimals: int) -> int:
    """Return a number in increments; an empty one is none. Raises `MalformedFrame`."""
    if text.isdigit() and text.isascii() and len(text) < 16:
        value = int(text) * int(10**decimals)
    elif not text:
        value = 0
    elif _NUMBER.fullmatch(text) is None:
        raise MalformedFrame("number", f"{text[:40]!r} is no number")
    else:
        number = Decimal(text)
        whole = number.scaleb(decimals).to_integral_value(ROUND_HALF_EVEN)
        if abs(whole.scaleb(-decimals) - number) > _NOISE:
            raise MalformedFrame("number", f"{text!r} is finer than {decimals} decimals")
        value = int(whole)
    if value > INCREMENTS_MAX:
        raise MalformedFrame("number", f"{text!r} is absurd")
    return value
