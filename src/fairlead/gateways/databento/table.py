"""Databento's CSV files: the same records as in DBN, one to a line, with named columns.

Prices are whole numbers of 10**-9, or decimals with a point; times are nanoseconds or ISO 8601:
Databento leaves the choice (`pretty_px`, `pretty_ts`). Which schema a file is of, its columns tell:
records by order have `order_id`, bars `open`, levels `bid_px_00`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from fairlead.gateways.databento.records import (
    BAR_SECONDS,
    MBO,
    MBP_0,
    UNDEFINED_PRICE,
    UNDEFINED_TIME,
    Bar,
    ByOrder,
    ByPrice,
    Level,
    Record,
)
from fairlead.gateways.errors import MalformedFrame, RecordingUnreadable

_LEVELS: Final = (0, 1, 10)
_NANOS: Final = 10**9
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?")
_DECIMAL: Final = re.compile(r"(-?)(\d{1,10})\.(\d{1,9})0*")
_WHOLE: Final = re.compile(r"-?\d{1,20}")


class Columns:
    """The header of one file, and how its lines become records."""

    def __init__(self, header: bytes, place: str) -> None:
        """Take the first line. Raises `RecordingUnreadable` if it is none of a schema we know."""
        if not header.isascii() or not header.decode("ascii").isprintable():
            raise RecordingUnreadable(f"{place}: neither DBN nor the header of a CSV file")
        self.names = header.decode("ascii").split(",")
        known = set(self.names)
        self._levels = sum(name.startswith("bid_px_") for name in self.names)
        self.has_symbol = "symbol" in known
        needed = {"ts_event", "instrument_id"}
        self._read: Callable[[Mapping[str, str]], Record]
        if "order_id" in known:
            needed |= {"ts_recv", "action", "side", "price", "size"}
            self._read = _by_order
        elif "open" in known:
            needed |= {"rtype", "open", "high", "low", "close", "volume"}
            self._read = _bar
        else:
            needed |= {"ts_recv", "side", "price", "size"}
            self._read = self._by_price
        missing = sorted(needed - known)
        if missing or self._levels not in _LEVELS:
            lacks = f"lacks {', '.join(missing)}" if missing else f"has {self._levels} levels"
            raise RecordingUnreadable(f"{place}: the header {lacks}: no schema of Databento's")

    def record(self, line: str) -> tuple[Record, str]:
        """Return a line as a record, and its symbol if it names one. Raises `MalformedFrame`."""
        values = line.split(",")
        if len(values) != len(self.names):
            found = f"{len(values)} fields, expected {len(self.names)} as in the header"
            raise MalformedFrame("fields", found)
        row = dict(zip(self.names, values, strict=True))
        return self._read(row), row.get("symbol", "")

    def _by_price(self, row: Mapping[str, str]) -> ByPrice:
        levels = tuple(_level(row, number) for number in range(self._levels))
        return ByPrice(
            _whole(row.get("rtype", str(MBP_0)), "rtype"),
            *_instrument_and_time(row),
            _price(row["price"]),
            _whole(row["size"], "size"),
            row.get("action", "N"),
            row["side"],
            _whole(row.get("flags", "0"), "flags"),
            _time(row["ts_recv"]),
            _whole(row.get("sequence", "0"), "sequence"),
            levels,
        )


def _by_order(row: Mapping[str, str]) -> ByOrder:
    return ByOrder(
        MBO,
        *_instrument_and_time(row),
        _whole(row["order_id"], "order_id"),
        _price(row["price"]),
        _whole(row["size"], "size"),
        _whole(row.get("flags", "0"), "flags"),
        row["action"],
        row["side"],
        _time(row["ts_recv"]),
        _whole(row.get("sequence", "0"), "sequence"),
    )


def _bar(row: Mapping[str, str]) -> Bar:
    rtype = _whole(row["rtype"], "rtype")
    if rtype not in BAR_SECONDS:
        raise MalformedFrame("type", f"a bar of type {rtype}, which is not known")
    opened, high, low, close = (_price(row[name]) for name in ("open", "high", "low", "close"))
    volume = _whole(row["volume"], "volume")
    return Bar(rtype, *_instrument_and_time(row), opened, high, low, close, volume)


def _level(row: Mapping[str, str], number: int) -> Level:
    at = f"_{number:02}"
    sizes = (_whole(row[f"{side}_sz{at}"], "size") for side in ("bid", "ask"))
    return Level(_price(row[f"bid_px{at}"]), _price(row[f"ask_px{at}"]), *sizes)


def _instrument_and_time(row: Mapping[str, str]) -> tuple[int, int]:
    return _whole(row["instrument_id"], "instrument_id"), _time(row["ts_event"])


def _whole(text: str, what: str) -> int:
    if not _WHOLE.fullmatch(text) or text.startswith("-"):
        raise MalformedFrame("number", f"{what} {text[:40]!r} is no whole number")
    return int(text)


def _price(text: str) -> int:
    """Return a price in units of 10**-9; an empty one is not there."""
    if not text:
        return UNDEFINED_PRICE
    if _WHOLE.fullmatch(text):
        return int(text)
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise MalformedFrame("number", f"price {text[:40]!r} is no number")
    sign, whole, fraction = found[1], found[2], found[3]
    value = int(whole) * _NANOS + int(fraction.ljust(9, "0"))
    return -value if sign else value


def _time(text: str) -> int:
    """Return a time in nanoseconds; an empty one is not there."""
    if not text:
        return UNDEFINED_TIME
    if _WHOLE.fullmatch(text) and not text.startswith("-"):
        return int(text)
    found = _TIME.fullmatch(text)
    try:
        seconds = datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        seconds = None
    if found is None or seconds is None:
        raise MalformedFrame("time", f"{text[:40]!r} is no time")
    return int(seconds.timestamp()) * _NANOS + int((found[2] or "0").ljust(9, "0"))
