"""Where Lean keeps what: a path says the market, the ticker, the resolution and the day.

Source: the read-me files of Lean's own data folder. High resolutions have a zip for each day and
kind, `equity/usa/minute/spy/20131007_trade.zip`, low ones a zip for each ticker,
`equity/usa/daily/aapl.zip`.
"""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fairlead.gateways.errors import InstrumentNotInferred, RecordingDamaged
from fairlead.gateways.research_files import opened
from fairlead.model.units import NANOS_PER_SECOND, Nanos

TRADE: Final = "trade"
QUOTE: Final = "quote"
TICK: Final = "tick"
SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "daily": 86_400}

_HIGH: Final = re.compile(r"(\d{8})_(trade|quote)\.zip")
_LOW: Final = re.compile(r"([A-Za-z0-9.-]+)\.zip")
_ZONES: Final = {("equity", "usa"): "America/New_York", "crypto": "UTC"}  # where nothing says it
_HOURS: Final = ("market-hours-database.json", "market-hours-database.json.gz")
_MILLIS_OF_DAY: Final = 86_400_000
_NANOS_PER_MILLI: Final = 1_000_000


class LeanFile(NamedTuple):
    """One file, as its path tells it."""

    path: Path
    root: Path  # the data folder
    security: str  # equity, crypto
    market: str
    resolution: str
    ticker: str  # in lower case
    day: int  # yyyymmdd, 0 of a file of many days
    kind: str  # trade or quote

    def beside(self, resolution: str) -> Path:
        """Return where the same day is in another resolution."""
        return self.path.parent.parent.parent / resolution / self.ticker / self.path.name


def lean_file(path: Path) -> LeanFile:
    """Return what a path says. Raises `InstrumentNotInferred`."""
    parts = path.absolute().parts
    high, low = _HIGH.fullmatch(path.name), _LOW.fullmatch(path.name)
    if high and len(parts) > 5 and parts[-3] in (TICK, "second", "minute"):
        security, market, resolution, ticker = parts[-5:-1]
        root = path.absolute().parents[4]
        return LeanFile(
            path, root, security, market, resolution, ticker.lower(), int(high[1]), high[2]
        )
    if low and len(parts) > 4 and parts[-2] in ("hour", "daily"):
        security, market, resolution = parts[-4:-1]
        root = path.absolute().parents[3]
        return LeanFile(path, root, security, market, resolution, low[1].lower(), 0, TRADE)
    raise InstrumentNotInferred(
        f"{path}: expected a path such as equity/usa/minute/spy/20131007_trade.zip"
        " or equity/usa/daily/aapl.zip"
    )


def time_zone(file: LeanFile) -> ZoneInfo:
    """Return the zone of the times in a file, by the market hours of its data folder if there."""
    entries = _market_hours(file.root)
    begin = f"{file.security.capitalize()}-{file.market}-"
    entry = entries.get(begin + file.ticker.upper()) or entries.get(begin + "[*]") or {}
    name = entry.get("dataTimeZone") or _ZONES.get((file.security, file.market))
    name = name or _ZONES.get(file.security)
    if not name:
        raise InstrumentNotInferred(
            f"{file.path}: no time zone of {file.security} at {file.market},"
            f" expected market-hours/{_HOURS[0]} in {file.root}"
        )
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InstrumentNotInferred(f"{file.root}: {name!r} is no time zone") from error


class LocalClock:
    """Times of a place on its days, in UTC, with the hour that a change of clocks takes or gives.

    Of an hour that comes twice the first one is meant; one that does not come is as much later.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the zone."""
        self._zone = zone
        self._day = 0
        self._midnight = 0
        self._even = False  # whether clocks keep their distance from UTC all day

    def time(self, day: int, millis: int, rest: int = 0) -> Nanos:
        """Return a time of a day: milliseconds of the clock since midnight, and nanoseconds."""
        if day != self._day:
            self._turn_to(day)
        if self._even or not 0 <= millis < _MILLIS_OF_DAY:
            return Nanos(self._midnight + millis * _NANOS_PER_MILLI + rest)
        local = _midnight(day) + timedelta(milliseconds=millis)
        seconds = int(local.replace(tzinfo=self._zone, microsecond=0).astimezone(UTC).timestamp())
        return Nanos(seconds * NANOS_PER_SECOND + millis % 1_000 * _NANOS_PER_MILLI + rest)

    def _turn_to(self, day: int) -> None:
        begins = _midnight(day).replace(tzinfo=self._zone)
        ends = (_midnight(day) + timedelta(days=1)).replace(tzinfo=self._zone)
        self._even = begins.utcoffset() == ends.utcoffset()
        self._midnight = int(begins.astimezone(UTC).timestamp()) * NANOS_PER_SECOND
        self._day = day


def _midnight(day: int) -> datetime:
    of = date(day // 10_000, day // 100 % 100, day % 100)
    return datetime.combine(of, datetime.min.time())


def _market_hours(root: Path) -> dict[str, Any]:
    found = next((root / "market-hours" / name for name in _HOURS if _is(root, name)), None)
    if found is None:
        return {}
    try:
        with opened(found) as file:
            entries = json.loads(file.read())["entries"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordingDamaged(f"{found}: no market hours: {error}") from error
    return entries if isinstance(entries, dict) else {}


def _is(root: Path, name: str) -> bool:
    return (root / "market-hours" / name).is_file()
